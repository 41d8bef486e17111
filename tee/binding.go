package tee

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// ErrReportData is returned where an enclave said something else than was expected.
var ErrReportData = errors.New("tee: report data are not the expected ones")

// bindingLabel separates this hash from every other in the system.
const bindingLabel = "panacea/v1/attestation/oracle"

// Binding is what an oracle's enclave says when it attests for registration or renewal: who it is on which chain, which keys
// live in it, and from which block its light client started. docs/protocol/attestation.md has the encoding.
type Binding struct {
	ChainID       string
	OracleAddress []byte // the operator's account address, raw bytes
	SigningKey    []byte // the node's Ed25519 public key
	ReceivingKey  []byte // the node's HPKE public key, as package seal encodes it
	// OraclePublicKey is the public half of the oracle secret's HPKE key, from the first oracle; empty from all others.
	OraclePublicKey []byte
	// TrustedHeight and TrustedHash name the light client's first block. A relying party that wants fresh evidence asks for
	// a recent one.
	TrustedHeight uint64
	TrustedHash   []byte
}

// ReportData returns the report data: SHA-256 over the binding, then 32 zero bytes.
func (b Binding) ReportData() (data [64]byte) {
	h := sha256.New()
	for _, field := range [][]byte{
		[]byte(bindingLabel),
		[]byte(b.ChainID),
		b.OracleAddress,
		b.SigningKey,
		b.ReceivingKey,
		b.OraclePublicKey,
		binary.BigEndian.AppendUint64(nil, b.TrustedHeight),
		b.TrustedHash,
	} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field))))
		h.Write(field)
	}
	h.Sum(data[:0])
	return data
}

// CheckBinding reports whether the enclave said exactly this. Error: ErrReportData.
func (r Report) CheckBinding(b Binding) error { return r.CheckReportData(b.ReportData()) }

// CheckReportData reports whether the enclave's report data are exactly these. Error: ErrReportData.
func (r Report) CheckReportData(want [64]byte) error {
	if r.ReportData != want {
		return ErrReportData
	}
	return nil
}
