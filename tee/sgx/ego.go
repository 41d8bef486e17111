//go:build linux && amd64 && cgo

package sgx

import (
	"encoding/binary"
	"fmt"

	"github.com/edgelesssys/ego/attestation"
	"github.com/edgelesssys/ego/ecrypto"
	"github.com/edgelesssys/ego/enclave"

	"github.com/medibloc/panacea/tee"
)

// runtime is what the enclave's runtime does for us.
type runtime struct {
	selfReport   func() (attestation.Report, error)
	remoteReport func(reportData []byte) ([]byte, error)
	seal         func(plaintext, additionalData []byte) ([]byte, error)
	unseal       func(ciphertext, additionalData []byte) ([]byte, error)
}

// ego is EGo's. Sealing is with two of the CPU's keys of 128 bits, joined, that it derives for MRENCLAVE.
var ego = runtime{enclave.GetSelfReport, enclave.GetRemoteReport, ecrypto.SealWithUniqueKey256, ecrypto.Unseal256}

// Enclave is the SGX enclave that this process runs in.
type Enclave struct {
	runtime     runtime
	measurement [32]byte
}

var _ tee.Enclave = (*Enclave)(nil)

// Open returns the enclave that this process runs in. Error: tee.ErrNoEnclave, also for one that can be debugged or runs in
// EGo's simulation mode, in which nothing is protected.
func Open() (*Enclave, error) { return open(ego) }

func open(r runtime) (*Enclave, error) {
	self, err := r.selfReport()
	if err != nil {
		return nil, fmt.Errorf("%w: the SGX runtime answers %w: start the program with `ego run`, signed, on a machine with SGX enabled, "+
			"and without OE_SIMULATION; for development, say enclave = \"simulated\" in the configuration", tee.ErrNoEnclave, err)
	}
	if self.Debug {
		return nil, fmt.Errorf("%w: this is a debug enclave, which no chain accepts: sign with \"debug\": false in enclave.json", tee.ErrNoEnclave)
	}
	e := &Enclave{runtime: r}
	if copy(e.measurement[:], self.UniqueID) != len(e.measurement) || len(self.UniqueID) != len(e.measurement) {
		return nil, fmt.Errorf("%w: the runtime reports a measurement of %d bytes", tee.ErrNoEnclave, len(self.UniqueID))
	}
	return e, nil
}

// Kind returns tee.KindSGX.
func (*Enclave) Kind() tee.Kind { return tee.KindSGX }

// Measurement returns MRENCLAVE.
func (e *Enclave) Measurement() [32]byte { return e.measurement }

// Attest returns a DCAP quote, behind the report header of Open Enclave as the runtime makes it.
func (e *Enclave) Attest(reportData [64]byte) (tee.Evidence, error) {
	quote, err := e.runtime.remoteReport(reportData[:])
	if err != nil {
		return nil, fmt.Errorf("sgx: no quote from the platform: %w: check that aesmd runs (or that in-process quoting is set up), "+
			"and that its PCCS is reachable: it delivers the PCK certificate", err)
	}
	return tee.SGX{Quote: quote}, nil
}

// Seal implements tee.Enclave.
func (e *Enclave) Seal(plaintext, purpose []byte) ([]byte, error) {
	sealed, err := e.runtime.seal(plaintext, purpose)
	if err != nil {
		return nil, fmt.Errorf("sgx: sealing: %w", err)
	}
	return sealed, nil
}

// Unseal implements tee.Enclave.
func (e *Enclave) Unseal(sealed, purpose []byte) ([]byte, error) {
	if !wellFormed(sealed) {
		return nil, tee.ErrUnseal
	}
	plain, err := e.runtime.unseal(sealed, purpose)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", tee.ErrUnseal, err)
	}
	return plain, nil
}

// keyInfoSize is the size of what the CPU derives a sealing key by: two SGX key requests.
const keyInfoSize = 2 * 512

// wellFormed checks the frame of sealed bytes: the disk is the operator's, and EGo hands what stands there to the runtime by
// pointer, trusting its length.
func wellFormed(sealed []byte) bool {
	return len(sealed) > 4+keyInfoSize && binary.LittleEndian.Uint32(sealed) == keyInfoSize
}
