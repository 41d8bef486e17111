package seal

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/binary"
	"fmt"
)

// Suite is the key encapsulation of HPKE, by its number in the IANA registry "HPKE KEM Identifiers". KDF and AEAD are
// always HKDF-SHA256 and AES-256-GCM.
type Suite uint16

const (
	// X25519 is DHKEM(X25519, HKDF-SHA256), RFC 9180 §7.1.
	X25519 Suite = 0x0020
	// Hybrid is MLKEM768-X25519 (X-Wing), which stays safe if either of its halves does: the default.
	Hybrid Suite = 0x647a
)

// MaxKeySize is the size of the largest encoded public key, in bytes.
const MaxKeySize = 2 + 1216

// String returns the suite's name.
func (s Suite) String() string {
	switch s {
	case X25519:
		return "X25519"
	case Hybrid:
		return "MLKEM768-X25519"
	}
	return "unknown"
}

func (s Suite) kem() (hpke.KEM, error) {
	switch s {
	case X25519:
		return hpke.DHKEM(ecdh.X25519()), nil
	case Hybrid:
		return hpke.MLKEM768X25519(), nil
	}
	return nil, fmt.Errorf("%w: unknown suite %#04x", ErrKey, uint16(s))
}

// encapsulationSize is the size of HPKE's enc in bytes.
func (s Suite) encapsulationSize() int {
	if s == Hybrid {
		return 1120
	}
	return 32
}

// PublicKey is a key to seal to. The zero value is invalid, and sealing to it an error.
type PublicKey struct {
	suite Suite
	key   hpke.PublicKey
}

// ParsePublicKey reads an encoded public key: the suite in two bytes, big-endian, then the key as RFC 9180 serialises it.
// It is deterministic, so a chain may validate keys with it. Error: ErrKey.
func ParsePublicKey(b []byte) (PublicKey, error) {
	suite, kem, err := keySuite(b)
	if err != nil {
		return PublicKey{}, err
	}
	key, err := kem.NewPublicKey(b[2:])
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %v public key: %v", ErrKey, suite, err)
	}
	return PublicKey{suite, key}, nil
}

func keySuite(b []byte) (Suite, hpke.KEM, error) {
	if len(b) < 2 || len(b) > MaxKeySize {
		return 0, nil, fmt.Errorf("%w: %d bytes", ErrKey, len(b))
	}
	suite := Suite(binary.BigEndian.Uint16(b))
	kem, err := suite.kem()
	return suite, kem, err
}

// Bytes returns the encoded public key.
func (k PublicKey) Bytes() []byte {
	if k.key == nil {
		return nil
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(k.suite)), k.key.Bytes()...)
}

// Suite returns the key's suite.
func (k PublicKey) Suite() Suite { return k.suite }

// Equal reports whether two keys are the same.
func (k PublicKey) Equal(other PublicKey) bool { return bytes.Equal(k.Bytes(), other.Bytes()) }

// PrivateKey opens what was sealed to its public key.
type PrivateKey struct {
	suite Suite
	key   hpke.PrivateKey
}

// GenerateKey makes a new key.
func GenerateKey(suite Suite) (*PrivateKey, error) {
	kem, err := suite.kem()
	if err != nil {
		return nil, err
	}
	key, err := kem.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("seal: generate %v key: %w", suite, err)
	}
	return &PrivateKey{suite, key}, nil
}

// ParsePrivateKey reads what Bytes returns: the suite in two bytes, then the key as RFC 9180 serialises it. Error: ErrKey,
// which says nothing of the key.
func ParsePrivateKey(b []byte) (*PrivateKey, error) {
	suite, kem, err := keySuite(b)
	if err != nil {
		return nil, err
	}
	key, err := kem.NewPrivateKey(b[2:])
	if err != nil {
		return nil, fmt.Errorf("%w: %v private key", ErrKey, suite)
	}
	return &PrivateKey{suite, key}, nil
}

// Bytes returns the encoded private key: 34 bytes of either suite. The caller overwrites it when done.
func (k *PrivateKey) Bytes() ([]byte, error) {
	b, err := k.key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%w: %v private key", ErrKey, k.suite)
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(k.suite)), b...), nil
}

// Public returns the public key.
func (k *PrivateKey) Public() PublicKey { return PublicKey{k.suite, k.key.PublicKey()} }

// Format prints the suite only, whatever the verb.
func (k *PrivateKey) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%v private key]", k.suite) }
