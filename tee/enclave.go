package tee

import "errors"

// Errors of enclaves.
var (
	// ErrNoEnclave is returned where the hardware or the runtime of an enclave is not there.
	ErrNoEnclave = errors.New("tee: not inside an enclave")
	// ErrUnseal is returned for bytes that this build of the enclave, on this machine, has not sealed for this purpose.
	ErrUnseal = errors.New("tee: does not unseal: sealed by another build, on another machine, for another purpose, or damaged")
)

// Enclave is the trusted execution environment that the process runs in, seen from inside. Implementations: package sgx for
// hardware, SimulatedEnclave for development. They are safe for concurrent use.
type Enclave interface {
	// Kind says what vouches for the enclave: of KindSimulated, nothing does.
	Kind() Kind
	// Measurement names the build that runs (MRENCLAVE).
	Measurement() [32]byte
	// Attest returns evidence, for anyone, that this build wants to say these 64 bytes (Binding.ReportData).
	Attest(reportData [64]byte) (Evidence, error)
	// Seal encrypts for this build on this machine, for one purpose.
	Seal(plaintext, purpose []byte) ([]byte, error)
	// Unseal opens what Seal returned for the same purpose. Error: ErrUnseal. It can not tell old bytes from new ones.
	Unseal(sealed, purpose []byte) ([]byte, error)
}
