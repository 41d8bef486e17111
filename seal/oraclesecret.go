package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// OracleSecretSize is the size of the oracle secret in bytes.
const OracleSecretSize = 32

// OracleSecret is what all oracles' enclaves share and nothing outside them has. It is used for nothing but to derive, under
// labels of their own: the HPKE keys that providers seal to, the root of content keys, and the duplicate-detection key.
type OracleSecret struct {
	secret [OracleSecretSize]byte
}

// NewOracleSecret makes the secret, in the first oracle's enclave.
func NewOracleSecret() *OracleSecret {
	s := &OracleSecret{}
	rand.Read(s.secret[:]) // never fails since Go 1.24
	return s
}

// ParseOracleSecret takes the secret back from the bytes that an enclave unsealed. Error: ErrKey.
func ParseOracleSecret(b []byte) (*OracleSecret, error) {
	if len(b) != OracleSecretSize {
		return nil, fmt.Errorf("%w: oracle secret of %d bytes", ErrKey, len(b))
	}
	return &OracleSecret{[OracleSecretSize]byte(b)}, nil
}

// Bytes returns the secret for the enclave to seal to itself. The caller overwrites it when done.
func (s *OracleSecret) Bytes() []byte { return append([]byte(nil), s.secret[:]...) }

// Zero overwrites the secret, which is of no use after that.
func (s *OracleSecret) Zero() { clear(s.secret[:]) }

// Format prints no secret, whatever the verb.
func (s *OracleSecret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[oracle secret]") }

// derive is HKDF-SHA256 with empty salt (RFC 5869), 32 bytes.
func derive(secret, info []byte) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, string(info), 32)
	if err != nil {
		panic(err) // only for lengths that SHA-256 cannot give
	}
	return key
}

// HPKEKey returns the key pair of a suite that providers seal to. Error: ErrKey for an unknown suite.
func (s *OracleSecret) HPKEKey(suite Suite) (*PrivateKey, error) {
	kem, err := suite.kem()
	if err != nil {
		return nil, err
	}
	seed := derive(s.secret[:], encode(labelDeriveHPKE, binary.BigEndian.AppendUint16(nil, uint16(suite))))
	defer clear(seed)
	key, err := kem.DeriveKeyPair(seed)
	if err != nil {
		return nil, fmt.Errorf("%w: derive %v key", ErrKey, suite)
	}
	return &PrivateKey{suite, key}, nil
}

// ContentKey returns the key of one object: of the datum with this commitment in this deal. All oracles derive the same.
func (s *OracleSecret) ContentKey(d Deal, c Commitment) *ContentKey {
	root := derive(s.secret[:], encode(labelDeriveContentRoot))
	defer clear(root)
	key := derive(root, d.encode(labelDeriveContentKey, c[:]))
	defer clear(key)
	return &ContentKey{[32]byte(key)}
}

// Tag is a uniqueness tag: two data of one deal have the same tag exactly if they are the same in the sense the deal asks
// for, and nobody without the oracle secret can tell more.
type Tag [32]byte

// ContentTag is the tag of a content, by its digest (DigestJSON, DigestBytes).
func (s *OracleSecret) ContentTag(d Deal, digest ContentDigest) Tag {
	return s.tag(d.encode(labelTagContent, digest[:]))
}

// CredentialTag is the tag of a credential, by its id.
func (s *OracleSecret) CredentialTag(d Deal, credentialID string) Tag {
	return s.tag(d.encode(labelTagCredential, []byte(credentialID)))
}

// SubjectTag is the tag of a credential's subject, by its id.
func (s *OracleSecret) SubjectTag(d Deal, subjectID string) Tag {
	return s.tag(d.encode(labelTagSubject, []byte(subjectID)))
}

// tag is HMAC-SHA256 under the duplicate-detection key.
func (s *OracleSecret) tag(message []byte) Tag {
	key := derive(s.secret[:], encode(labelDeriveDuplicates))
	defer clear(key)
	mac := hmac.New(sha256.New, key)
	mac.Write(message)
	return Tag(mac.Sum(nil))
}

// Handshake says for whom the oracle secret is sealed: a newcomer's address on a chain, whose enclave has this measurement.
// The approver signs the sealed bytes with its node key in its approval.
type Handshake struct {
	ChainID     string
	Target      []byte // the newcomer's account address, raw bytes
	Measurement [32]byte
}

func (h Handshake) info() []byte {
	return encode(labelOracleSecret, []byte(h.ChainID), h.Target, h.Measurement[:])
}

// SealOracleSecret seals the secret to a newcomer's receiving key.
func SealOracleSecret(s *OracleSecret, receiving PublicKey, h Handshake) ([]byte, error) {
	return receiving.seal(h.info(), s.secret[:])
}

// OpenOracleSecret opens what an approver sealed, inside the newcomer's enclave, which names itself in h. Errors: ErrFormat,
// ErrOpen.
func OpenOracleSecret(receiving *PrivateKey, h Handshake, sealed []byte) (*OracleSecret, error) {
	b, err := receiving.open(h.info(), sealed)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	if len(b) != OracleSecretSize {
		return nil, fmt.Errorf("%w: oracle secret of another size", ErrFormat)
	}
	return ParseOracleSecret(b)
}
