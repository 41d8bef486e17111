package dcap

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	// maxSignedSize bounds TCB info and QE identity, in bytes. TCB info has 3 to 20 KiB, QE identity 1 to 2 KiB.
	maxSignedSize = 128 << 10
	maxTCBLevels  = 512
	maxAdvisories = 512
	// maxAdvisorySize bounds one advisory's identifier, in bytes ("INTEL-SA-00615").
	maxAdvisorySize = 64
)

// TCBInfo is SGX TCB info of version 3 (PCS v4, "Get SGX TCB Info").
type TCBInfo struct {
	FMSPC                FMSPC
	PCEID                [2]byte
	EvaluationDataNumber uint32
	IssueDate            time.Time
	NextUpdate           time.Time
	// Levels stand from the highest to the lowest, as Intel's own library orders them, whatever their order in the JSON.
	Levels []TCBLevel
}

// TCBLevel is one security level of a platform.
type TCBLevel struct {
	Components  [16]uint8
	PCESVN      uint16
	Date        time.Time
	Status      TCBStatus
	AdvisoryIDs []string
}

// signedHeader is what TCB info and QE identity have in common.
type signedHeader struct {
	ID                   *string `json:"id"`
	Version              *uint32 `json:"version"`
	IssueDate            *string `json:"issueDate"`
	NextUpdate           *string `json:"nextUpdate"`
	EvaluationDataNumber *uint32 `json:"tcbEvaluationDataNumber"`
}

// parse checks that everything is there, that identifier and version are the ones wanted, and returns both dates.
func (h signedHeader) parse(id string, version uint32) (issued, next time.Time, err error) {
	if h.ID == nil || h.Version == nil || h.IssueDate == nil || h.NextUpdate == nil || h.EvaluationDataNumber == nil {
		return issued, next, fmt.Errorf("id, version, issueDate, nextUpdate or tcbEvaluationDataNumber is missing")
	}
	if *h.ID != id || *h.Version != version {
		return issued, next, fmt.Errorf("%.20q version %d", *h.ID, *h.Version)
	}
	if issued, err = parseDate(*h.IssueDate); err != nil {
		return issued, next, err
	}
	next, err = parseDate(*h.NextUpdate)
	return issued, next, err
}

// parseDate reads a date as the PCS writes it: UTC, whole seconds.
func parseDate(s string) (time.Time, error) {
	t, err := time.Parse("2006-01-02T15:04:05Z", s)
	if err != nil {
		return time.Time{}, fmt.Errorf("date %.40q", s)
	}
	return t, nil
}

func parseAdvisories(ids []string) error {
	if len(ids) > maxAdvisories {
		return fmt.Errorf("%d advisories in one level", len(ids))
	}
	for _, id := range ids {
		if len(id) > maxAdvisorySize {
			return fmt.Errorf("advisory of %d bytes", len(id))
		}
	}
	return nil
}

// decodeHex reads exactly len(to) bytes.
func decodeHex(s *string, to []byte) bool {
	if s == nil || len(*s) != 2*len(to) {
		return false
	}
	_, err := hex.Decode(to, []byte(*s))
	return err == nil
}

// parseTCBInfo reads TCB info whose signature has been verified.
func parseTCBInfo(body []byte) (*TCBInfo, error) {
	var in struct {
		signedHeader
		FMSPC   *string `json:"fmspc"`
		PCEID   *string `json:"pceId"`
		TCBType *uint32 `json:"tcbType"`
		Levels  []struct {
			TCB struct {
				Components []struct {
					SVN *uint8 `json:"svn"`
				} `json:"sgxtcbcomponents"`
				PCESVN *uint16 `json:"pcesvn"`
			} `json:"tcb"`
			Date        string   `json:"tcbDate"`
			Status      string   `json:"tcbStatus"`
			AdvisoryIDs []string `json:"advisoryIDs"`
		} `json:"tcbLevels"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrTCBInfoFormat, err)
	}
	info := &TCBInfo{}
	var err error
	if info.IssueDate, info.NextUpdate, err = in.parse("SGX", 3); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrTCBInfoFormat, err)
	}
	info.EvaluationDataNumber = *in.EvaluationDataNumber
	if !decodeHex(in.FMSPC, info.FMSPC[:]) || !decodeHex(in.PCEID, info.PCEID[:]) {
		return nil, fmt.Errorf("%w: FMSPC or PCEID", ErrTCBInfoFormat)
	}
	// QVL 4.1.2.7.4: type 0 is the only composition of CPUSVN that is defined.
	if in.TCBType == nil || *in.TCBType != 0 {
		return nil, fmt.Errorf("%w: TCB type is not 0", ErrTCBInfoFormat)
	}
	if len(in.Levels) == 0 || len(in.Levels) > maxTCBLevels {
		return nil, fmt.Errorf("%w: %d TCB levels", ErrTCBInfoFormat, len(in.Levels))
	}
	for i, l := range in.Levels {
		level := TCBLevel{AdvisoryIDs: l.AdvisoryIDs}
		if len(l.TCB.Components) != len(level.Components) || l.TCB.PCESVN == nil {
			return nil, fmt.Errorf("%w: level %d has no PCESVN or not 16 components", ErrTCBInfoFormat, i)
		}
		for n, c := range l.TCB.Components {
			if c.SVN == nil {
				return nil, fmt.Errorf("%w: level %d: component %d has no SVN", ErrTCBInfoFormat, i, n+1)
			}
			level.Components[n] = *c.SVN
		}
		level.PCESVN = *l.TCB.PCESVN
		if level.Date, err = parseDate(l.Date); err == nil {
			err = parseAdvisories(l.AdvisoryIDs)
		}
		if err == nil {
			level.Status, err = ParseTCBStatus(l.Status)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: level %d: %v", ErrTCBInfoFormat, i, err)
		}
		info.Levels = append(info.Levels, level)
	}
	slices.SortStableFunc(info.Levels, func(a, b TCBLevel) int { return compareLevels(b, a) })
	for i := 1; i < len(info.Levels); i++ {
		if compareLevels(info.Levels[i-1], info.Levels[i]) == 0 {
			return nil, fmt.Errorf("%w: one TCB level stands twice", ErrTCBInfoFormat)
		}
	}
	return info, nil
}

// compareLevels orders levels by their components, then by PCESVN (QVL, TcbLevel::operator>).
func compareLevels(a, b TCBLevel) int {
	if c := slices.Compare(a.Components[:], b.Components[:]); c != 0 {
		return c
	}
	return cmp.Compare(a.PCESVN, b.PCESVN)
}

// match returns the highest level that a platform has reached (PCS, "Get SGX TCB Info", determination of the TCB status,
// steps 3 (a) and (b); QVL 4.1.2.4.17.1 and .2): every component and the PCESVN at least the level's.
func (t *TCBInfo) match(pck PCK) (TCBLevel, error) {
	for _, level := range t.Levels {
		reached := pck.PCESVN >= level.PCESVN
		for i, svn := range level.Components {
			reached = reached && pck.Components[i] >= svn
		}
		if reached {
			return level, nil
		}
	}
	return TCBLevel{}, fmt.Errorf("%w: platform %v", ErrTCBNotSupported, t.FMSPC)
}
