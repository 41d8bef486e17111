package tee

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// SimulatedKeyFile is the file in an oracle's home that stands in for the secret that a CPU derives sealing keys from.
const SimulatedKeyFile = "SIMULATED-ENCLAVE-PROTECTS-NOTHING.key"

const simulatedKeySize = 32

// SimulatedEnclave is an enclave for development, with the interface of a real one and none of its protection: whoever reads
// the file SimulatedKeyFile unseals everything, and everyone can attest in its name (SimulatedKey).
type SimulatedEnclave struct {
	measurement [32]byte
	aead        cipher.AEAD
}

var _ Enclave = (*SimulatedEnclave)(nil)

// OpenSimulated returns the simulated enclave of a build, by name and version (SimulatedMeasurement), on the "machine" that a
// directory stands for: it makes its key file there if there is none. Another build does not unseal what this one sealed.
func OpenSimulated(dir, build string) (*SimulatedEnclave, error) {
	machine, err := simulatedMachineKey(filepath.Join(dir, SimulatedKeyFile))
	if err != nil {
		return nil, err
	}
	defer clear(machine)
	e := &SimulatedEnclave{measurement: SimulatedMeasurement(build)}
	key, err := hkdf.Key(sha256.New, machine, nil, "panacea/v1/tee/simulated-seal\x00"+string(e.measurement[:]), 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if e.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, err
	}
	return e, nil
}

func simulatedMachineKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key = make([]byte, simulatedKeySize)
		rand.Read(key)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, fmt.Errorf("tee: making the simulated enclave's key: %w", err)
		}
		_, err = f.Write(key)
		if err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("tee: making the simulated enclave's key: %w", err)
		}
		return key, nil
	}
	if err != nil {
		return nil, fmt.Errorf("tee: reading the simulated enclave's key: %w", err)
	}
	if len(key) != simulatedKeySize {
		return nil, fmt.Errorf("tee: %s has %d bytes, not %d: what was sealed with it is lost; begin with a new home", path, len(key), simulatedKeySize)
	}
	return key, nil
}

// Kind returns KindSimulated.
func (*SimulatedEnclave) Kind() Kind { return KindSimulated }

// Measurement returns SimulatedMeasurement of the build's name.
func (e *SimulatedEnclave) Measurement() [32]byte { return e.measurement }

// Attest returns Simulated evidence, with no signer, and product id and security version 1.
func (e *SimulatedEnclave) Attest(reportData [64]byte) (Evidence, error) {
	return SignSimulated(e.measurement, [32]byte{}, 1, 1, reportData), nil
}

// Seal implements Enclave with AES-256-GCM, the purpose being its additional data.
func (e *SimulatedEnclave) Seal(plaintext, purpose []byte) ([]byte, error) {
	return e.aead.Seal(nil, nil, plaintext, purpose), nil
}

// Unseal implements Enclave.
func (e *SimulatedEnclave) Unseal(sealed, purpose []byte) ([]byte, error) {
	plain, err := e.aead.Open(nil, nil, sealed, purpose)
	if err != nil {
		return nil, ErrUnseal
	}
	return plain, nil
}
