package tee

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/medibloc/panacea/tee/dcap"
)

// Errors of evidence.
var (
	// ErrEvidenceFormat is returned for bytes that are not evidence in a known version and of a known kind.
	ErrEvidenceFormat = errors.New("tee: malformed evidence")
	// ErrEvidenceSize is returned for evidence larger than MaxEvidenceSize, before any work on it.
	ErrEvidenceSize = errors.New("tee: evidence exceeds the size limit")
)

// MaxEvidenceSize is the largest evidence that is read, in bytes. SGX evidence has about 4.7 KiB.
const MaxEvidenceSize = 2 + dcap.MaxQuoteSize

// evidenceVersion is the first byte of encoded evidence.
const evidenceVersion = 1

// Kind is what vouches for an enclave.
type Kind uint8

const (
	// KindSGX is Intel SGX hardware, by a DCAP quote.
	KindSGX Kind = 1
	// KindSimulated is nothing at all: an enclave simulated for development.
	KindSimulated Kind = 2
)

// String returns "sgx" or "simulated".
func (k Kind) String() string {
	switch k {
	case KindSGX:
		return "sgx"
	case KindSimulated:
		return "simulated"
	}
	return "unknown"
}

// Evidence is SGX or Simulated, and nothing else.
type Evidence interface {
	Kind() Kind
	// body is what stands after version and kind.
	body() []byte
}

// SGX is a quote of an SGX enclave, bare or behind the report header of Open Enclave and EGo.
type SGX struct {
	Quote []byte
}

// Kind returns KindSGX.
func (SGX) Kind() Kind { return KindSGX }

func (e SGX) body() []byte { return e.Quote }

// MarshalEvidence encodes evidence for messages and storage: a version byte 1, the kind in a byte, then the quote as it is,
// or the simulated enclave's statement and signature.
func MarshalEvidence(e Evidence) []byte {
	return append([]byte{evidenceVersion, byte(e.Kind())}, e.body()...)
}

// ParseEvidence reads encoded evidence and verifies nothing. Errors: ErrEvidenceSize, ErrEvidenceFormat.
func ParseEvidence(b []byte) (Evidence, error) {
	if len(b) > MaxEvidenceSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrEvidenceSize, len(b), MaxEvidenceSize)
	}
	if len(b) < 2 || b[0] != evidenceVersion {
		return nil, fmt.Errorf("%w: not version %d", ErrEvidenceFormat, evidenceVersion)
	}
	switch Kind(b[1]) {
	case KindSGX:
		if len(b) == 2 {
			return nil, fmt.Errorf("%w: no quote", ErrEvidenceFormat)
		}
		return SGX{Quote: bytes.Clone(b[2:])}, nil
	case KindSimulated:
		return parseSimulated(b[2:])
	}
	return nil, fmt.Errorf("%w: kind %d", ErrEvidenceFormat, b[1])
}
