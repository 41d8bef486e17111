package tee

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// simulatedLabel starts every statement of a simulated enclave, so that nobody who looks at one takes it for more.
const simulatedLabel = "SIMULATED ENCLAVE v1: NO HARDWARE VOUCHES FOR THIS\n"

// simulatedSize is the size of the body of simulated evidence, in bytes.
const simulatedSize = len(simulatedLabel) + 32 + 32 + 2 + 2 + 64 + ed25519.SignatureSize

// SimulatedOracle names the simulated enclave of oracled. Local networks allow its measurement,
// SimulatedMeasurement(SimulatedOracle), with security version 1.
const SimulatedOracle = "oracled/dev"

// Simulated is the statement of a simulated enclave, signed with a key that everyone knows (SimulatedKey). It shows which
// values a developer's enclave would report, and that they were not damaged on the way; it proves nothing.
type Simulated struct {
	Measurement [32]byte
	Signer      [32]byte
	ProductID   uint16
	SVN         uint16
	ReportData  [64]byte
	signature   [ed25519.SignatureSize]byte
}

// SimulatedKey returns the key with which all simulated enclaves sign. It is public on purpose and worth nothing.
func SimulatedKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("panacea/v1/tee/simulated-enclave: this key is known to everyone"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// SimulatedMeasurement returns the measurement of a simulated enclave of a given name and version. It is a hash under a
// label, so it is never the measurement of a real one.
func SimulatedMeasurement(name string) [32]byte {
	return sha256.Sum256([]byte("panacea/v1/tee/simulated-measurement\x00" + name))
}

// SignSimulated returns a simulated enclave's evidence.
func SignSimulated(measurement, signer [32]byte, productID, svn uint16, reportData [64]byte) Simulated {
	e := Simulated{Measurement: measurement, Signer: signer, ProductID: productID, SVN: svn, ReportData: reportData}
	e.signature = [64]byte(ed25519.Sign(SimulatedKey(), e.statement()))
	return e
}

// Kind returns KindSimulated.
func (Simulated) Kind() Kind { return KindSimulated }

// statement is what is signed.
func (e Simulated) statement() []byte {
	b := append([]byte(simulatedLabel), e.Measurement[:]...)
	b = append(b, e.Signer[:]...)
	b = binary.BigEndian.AppendUint16(b, e.ProductID)
	b = binary.BigEndian.AppendUint16(b, e.SVN)
	return append(b, e.ReportData[:]...)
}

func (e Simulated) body() []byte { return append(e.statement(), e.signature[:]...) }

func parseSimulated(b []byte) (Simulated, error) {
	if len(b) != simulatedSize || !strings.HasPrefix(string(b), simulatedLabel) {
		return Simulated{}, fmt.Errorf("%w: not a statement of a simulated enclave", ErrEvidenceFormat)
	}
	b = b[len(simulatedLabel):]
	return Simulated{
		Measurement: [32]byte(b[0:32]),
		Signer:      [32]byte(b[32:64]),
		ProductID:   binary.BigEndian.Uint16(b[64:]),
		SVN:         binary.BigEndian.Uint16(b[66:]),
		ReportData:  [64]byte(b[68:132]),
		signature:   [64]byte(b[132:]),
	}, nil
}
