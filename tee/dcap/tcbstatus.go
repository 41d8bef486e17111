package dcap

import "fmt"

// TCBStatus is Intel's judgement of a platform's security level (PCS, TCB info, "tcbStatus"). The zero value is none.
type TCBStatus uint8

// The statuses, from the best to the worst.
const (
	UpToDate                          TCBStatus = 1
	SWHardeningNeeded                 TCBStatus = 2 // the enclave must defend itself against a known attack in software
	ConfigurationNeeded               TCBStatus = 3 // a platform setting is weaker than it could be
	ConfigurationAndSWHardeningNeeded TCBStatus = 4
	OutOfDate                         TCBStatus = 5 // known attacks, fixed in a level that the platform does not have
	OutOfDateConfigurationNeeded      TCBStatus = 6
	Revoked                           TCBStatus = 7 // never accepted
)

// String returns Intel's spelling.
func (s TCBStatus) String() string {
	switch s {
	case UpToDate:
		return "UpToDate"
	case SWHardeningNeeded:
		return "SWHardeningNeeded"
	case ConfigurationNeeded:
		return "ConfigurationNeeded"
	case ConfigurationAndSWHardeningNeeded:
		return "ConfigurationAndSWHardeningNeeded"
	case OutOfDate:
		return "OutOfDate"
	case OutOfDateConfigurationNeeded:
		return "OutOfDateConfigurationNeeded"
	case Revoked:
		return "Revoked"
	}
	return "Unknown"
}

// ParseTCBStatus reads Intel's spelling.
func ParseTCBStatus(s string) (TCBStatus, error) {
	for status := UpToDate; status <= Revoked; status++ {
		if status.String() == s {
			return status, nil
		}
	}
	return 0, fmt.Errorf("%w: unknown TCB status %.40q", ErrCollateralFormat, s)
}

// combine joins the platform's status with the quoting enclave's (QVL, convergeTcbStatusWithQeTcbStatus).
func combine(platform, qe TCBStatus) TCBStatus {
	switch {
	case platform == Revoked || qe == Revoked:
		return Revoked
	case qe == UpToDate:
		return platform
	}
	switch platform { // any other status of the quoting enclave is treated as out of date
	case UpToDate, SWHardeningNeeded:
		return OutOfDate
	case ConfigurationNeeded, ConfigurationAndSWHardeningNeeded:
		return OutOfDateConfigurationNeeded
	}
	return platform
}
