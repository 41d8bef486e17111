package types

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/cosmos/cosmos-sdk/x/evidence/exported"
)

var _ exported.Evidence = (*Contradiction)(nil)

// NewContradiction makes evidence of two certificates and their signatures by one node key, in either order.
func NewContradiction(nodeKey []byte, first Certificate, firstSignature []byte, second Certificate, secondSignature []byte) *Contradiction {
	if bytes.Compare(first.SignBytes(), second.SignBytes()) > 0 {
		first, second, firstSignature, secondSignature = second, first, secondSignature, firstSignature
	}
	return &Contradiction{
		NodeSigningKey: nodeKey, First: first, FirstSignature: firstSignature, Second: second, SecondSignature: secondSignature,
	}
}

// Route names the module, whose handler x/evidence calls.
func (e *Contradiction) Route() string { return ModuleName }

// Hash identifies the evidence by key and certificates: other signatures of the same do not make other evidence.
func (e *Contradiction) Hash() []byte {
	sum := sha256.Sum256(labelled("panacea/oracle/contradiction/v1", e.NodeSigningKey, e.First.SignBytes(), e.Second.SignBytes()))
	return sum[:]
}

// GetHeight returns the later of both certificates' last heights: no certificate says when it was signed. How the chain dates
// the infraction stands in the keeper.
func (e *Contradiction) GetHeight() int64 { return max(e.First.LastHeight, e.Second.LastHeight) }

// ValidateBasic checks everything but the signatures: that both certificates are well-formed, in order, and contradict each
// other. The error is ErrInvalidMisbehaviour.
func (e *Contradiction) ValidateBasic() error {
	if len(e.NodeSigningKey) != ed25519.PublicKeySize {
		return ErrInvalidMisbehaviour.Wrapf("the node key has %d bytes, not %d", len(e.NodeSigningKey), ed25519.PublicKeySize)
	}
	for _, c := range []*Certificate{&e.First, &e.Second} {
		if err := c.ValidateBasic(); err != nil {
			return ErrInvalidMisbehaviour.Wrap(err.Error())
		}
	}
	if len(e.FirstSignature) != ed25519.SignatureSize || len(e.SecondSignature) != ed25519.SignatureSize {
		return ErrInvalidMisbehaviour.Wrap("a signature has not 64 bytes")
	}
	if !e.First.Contradicts(&e.Second) {
		return ErrInvalidMisbehaviour.Wrap("the certificates do not contradict each other")
	}
	if bytes.Compare(e.First.SignBytes(), e.Second.SignBytes()) >= 0 {
		return ErrInvalidMisbehaviour.Wrap("the certificates are not in order")
	}
	return nil
}

// VerifySignatures checks that the node key signed both certificates. The error is ErrInvalidSignature.
func (e *Contradiction) VerifySignatures() error {
	if err := e.First.VerifySignature(e.NodeSigningKey, e.FirstSignature); err != nil {
		return err
	}
	return e.Second.VerifySignature(e.NodeSigningKey, e.SecondSignature)
}
