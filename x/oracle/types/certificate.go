package types

import (
	"crypto/ed25519"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/cosmos/cosmos-sdk/types/bech32"
)

// certificateLabel stands before what an oracle signs, so that no signature under a node key means two things.
const certificateLabel = "panacea/certificate/v1"

// Sizes of a certificate's fields.
const (
	// MaxChainIDLength is CometBFT's limit of a chain id, in bytes.
	MaxChainIDLength = 50
	// DealIDLength is the length of a deal id: 16 bytes in lower-case hexadecimal.
	DealIDLength = 32
	// DigestSize is the size of a data commitment and of a uniqueness tag, in bytes.
	DigestSize = 32
	// ObjectCIDLength is the length of an object's CID: version 1, raw or dag-pb, SHA-256, in lower-case base32.
	ObjectCIDLength = 59
	// maxAddressLength bounds the Bech32 form of an account address, in bytes (BIP 173).
	maxAddressLength = 90
)

// SignBytes returns what an oracle signs: the label, a zero byte, and the certificate's protobuf encoding.
func (c *Certificate) SignBytes() []byte {
	encoded, err := c.Marshal()
	if err != nil { // a message of scalars always encodes
		panic(fmt.Sprintf("encoding a certificate: %v", err))
	}
	return append([]byte(certificateLabel+"\x00"), encoded...)
}

// VerifySignature checks an oracle's signature of the certificate. The error is ErrInvalidSignature.
func (c *Certificate) VerifySignature(nodeKey, signature []byte) error {
	return verifyNodeSignature(nodeKey, c.SignBytes(), signature)
}

// ValidateBasic checks every field's form. The error is ErrInvalidCertificate.
func (c *Certificate) ValidateBasic() error {
	switch {
	case c.ChainId == "" || len(c.ChainId) > MaxChainIDLength:
		return ErrInvalidCertificate.Wrapf("the chain id has %d bytes; it must have 1 to %d", len(c.ChainId), MaxChainIDLength)
	case !isLowerHex(c.DealId, DealIDLength):
		return ErrInvalidCertificate.Wrapf("the deal id %.40q is not %d lower-case hexadecimal characters", c.DealId, DealIDLength)
	case len(c.DataCommitment) != DigestSize:
		return ErrInvalidCertificate.Wrapf("the data commitment has %d bytes, not %d", len(c.DataCommitment), DigestSize)
	case len(c.UniquenessTag) != DigestSize:
		return ErrInvalidCertificate.Wrapf("the uniqueness tag has %d bytes, not %d", len(c.UniquenessTag), DigestSize)
	case c.ObjectSize == 0:
		return ErrInvalidCertificate.Wrap("the object is empty")
	case c.LastHeight <= 0:
		return ErrInvalidCertificate.Wrapf("the last height is %d", c.LastHeight)
	}
	if err := validateAddress(c.Provider); err != nil {
		return ErrInvalidCertificate.Wrapf("provider: %v", err)
	}
	if err := validateObjectCID(c.ObjectCid); err != nil {
		return ErrInvalidCertificate.Wrapf("object CID %.100q: %v", c.ObjectCid, err)
	}
	return nil
}

// ValidateBasic checks the form of the oracle's address and the signature's size. The error is ErrInvalidSignature.
func (s *OracleSignature) ValidateBasic() error {
	if err := validateAddress(s.Oracle); err != nil {
		return ErrInvalidSignature.Wrapf("oracle: %v", err)
	}
	if len(s.Signature) != ed25519.SignatureSize {
		return ErrInvalidSignature.Wrapf("the signature has %d bytes, not %d", len(s.Signature), ed25519.SignatureSize)
	}
	return nil
}

// Contradicts reports whether two certificates can not both come from a correct enclave: the same chain, deal and data
// commitment, and another provider, object or uniqueness tag. The last height may differ, because a provider may ask again.
func (c *Certificate) Contradicts(other *Certificate) bool {
	same := c.ChainId == other.ChainId && c.DealId == other.DealId && string(c.DataCommitment) == string(other.DataCommitment)
	return same && (c.Provider != other.Provider || c.ObjectCid != other.ObjectCid || c.ObjectSize != other.ObjectSize ||
		string(c.UniquenessTag) != string(other.UniquenessTag))
}

// cidEncoding is multibase "b" without its prefix.
var cidEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Codecs of an object's CID: a single block of raw bytes, or a UnixFS DAG.
const (
	cidRaw   = 0x55
	cidDagPB = 0x70
)

// NewObjectCID returns the CID of a single raw block with that SHA-256.
func NewObjectCID(digest [32]byte) string {
	return "b" + cidEncoding.EncodeToString(append([]byte{1, cidRaw, 0x12, 32}, digest[:]...))
}

// validateObjectCID accepts the one form that objects have, so that one object has one name.
func validateObjectCID(s string) error {
	if len(s) != ObjectCIDLength || s[0] != 'b' {
		return fmt.Errorf("not a CID of %d characters in lower-case base32", ObjectCIDLength)
	}
	b, err := cidEncoding.DecodeString(s[1:])
	if err != nil || len(b) != 36 || cidEncoding.EncodeToString(b) != s[1:] {
		return fmt.Errorf("not canonical base32")
	}
	if b[0] != 1 || b[1] != cidRaw && b[1] != cidDagPB || b[2] != 0x12 || b[3] != 32 {
		return fmt.Errorf("not version 1, raw or dag-pb, SHA-256")
	}
	return nil
}

func isLowerHex(s string, length int) bool {
	if len(s) != length {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}

// validateAddress checks that a string is an address in the one Bech32 spelling that the chain writes: lower case.
func validateAddress(s string) error {
	if s == "" || len(s) > maxAddressLength || strings.ToLower(s) != s {
		return fmt.Errorf("not an account address: %.100q", s)
	}
	if _, _, err := bech32.DecodeAndConvert(s); err != nil {
		return fmt.Errorf("not an account address: %.100q: %w", s, err)
	}
	return nil
}

// verifyNodeSignature checks a signature by a node key. The error is ErrInvalidSignature.
func verifyNodeSignature(nodeKey, message, signature []byte) error {
	if len(nodeKey) != ed25519.PublicKeySize || len(signature) != ed25519.SignatureSize {
		return ErrInvalidSignature.Wrapf("a key of %d bytes and a signature of %d", len(nodeKey), len(signature))
	}
	if !ed25519.Verify(nodeKey, message, signature) {
		return ErrInvalidSignature.Wrap("it does not verify under the node key")
	}
	return nil
}
