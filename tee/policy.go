package tee

import (
	"errors"
	"fmt"

	"github.com/medibloc/panacea/tee/dcap"
)

// ErrPolicy is returned for a policy that cannot be meant.
var ErrPolicy = errors.New("tee: invalid policy")

// MaxEnclaves is the largest number of enclaves that a policy allows at once.
const MaxEnclaves = 256

// AllowedEnclave is one build of an enclave that a policy accepts.
type AllowedEnclave struct {
	// Kind is what must vouch for it: an entry for hardware never accepts a simulation, nor the reverse.
	Kind Kind
	// Measurement (MRENCLAVE) is the build itself; it is always compared.
	Measurement [32]byte
	// Signer (MRSIGNER) is compared unless it is all zero. The measurement alone already fixes the code.
	Signer [32]byte
	// MinSVN is the lowest security version (ISVSVN) accepted.
	MinSVN uint16
}

// Policy is what a relying party accepts. The zero value accepts nothing; debug enclaves are accepted by none.
type Policy struct {
	Enclaves []AllowedEnclave
	// TCB says which security levels of the hardware are good enough.
	TCB dcap.Policy
	// AllowSimulated must be set as well as an entry of KindSimulated, for evidence of a simulated enclave to be accepted.
	AllowSimulated bool
}

// Validate reports a policy that cannot be meant: an entry of an unknown kind, without measurement, or twice; one for a
// simulated enclave where these are not allowed; TCB statuses that cannot be accepted, or none for hardware entries. A
// policy without entries is valid and accepts nothing. Error: ErrPolicy.
func (p Policy) Validate() error {
	if len(p.Enclaves) > MaxEnclaves {
		return fmt.Errorf("%w: %d enclaves, at most %d", ErrPolicy, len(p.Enclaves), MaxEnclaves)
	}
	hardware := false
	for i, e := range p.Enclaves {
		switch e.Kind {
		case KindSGX:
			hardware = true
		case KindSimulated:
			if !p.AllowSimulated {
				return fmt.Errorf("%w: simulated enclave %x where none is allowed", ErrPolicy, e.Measurement)
			}
		default:
			return fmt.Errorf("%w: enclave %x of unknown kind %d", ErrPolicy, e.Measurement, e.Kind)
		}
		if e.Measurement == ([32]byte{}) {
			return fmt.Errorf("%w: enclave without measurement", ErrPolicy)
		}
		for _, earlier := range p.Enclaves[:i] {
			if earlier.Kind == e.Kind && earlier.Measurement == e.Measurement {
				return fmt.Errorf("%w: enclave %x stands twice", ErrPolicy, e.Measurement)
			}
		}
	}
	if hardware || len(p.TCB.AcceptedStatuses) > 0 {
		if err := p.TCB.Validate(); err != nil {
			return fmt.Errorf("%w: %w", ErrPolicy, err)
		}
	}
	return nil
}
