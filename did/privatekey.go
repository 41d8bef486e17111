package did

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secpecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/medibloc/panacea/did/multibase"
)

// PrivateKey is a private key that has been checked, with its public key. It prints as its public key, whatever the
// format verb, so that it cannot reach a log by accident. Copies share their secret: Zero on one erases all.
type PrivateKey struct {
	secret *secret
	pub    PublicKey
}

// secret is shared by all copies of a key, so that erasing one erases all. bytes is nil once erased.
type secret struct{ bytes []byte }

// secretBytes returns the secret itself, not a copy; it has no bytes for the zero PrivateKey and for an erased one.
func (k PrivateKey) secretBytes() []byte {
	if k.secret == nil {
		return nil
	}
	return k.secret.bytes
}

// maxKeyAttempts bounds rejection sampling: a draw is refused with a probability below 2^-31 for secp256k1 and P-256.
const maxKeyAttempts = 64

// GenerateKey makes a key from the randomness in r, crypto/rand if r is nil. The same bytes of r give the same key.
func GenerateKey(t KeyType, r io.Reader) (PrivateKey, error) {
	i, ok := t.info()
	if !ok {
		return PrivateKey{}, fmt.Errorf("%w: %v", ErrUnsupportedKeyType, t)
	}
	if r == nil {
		r = rand.Reader
	}
	for range maxKeyAttempts {
		raw := make([]byte, i.privateSize)
		if _, err := io.ReadFull(r, raw); err != nil {
			return PrivateKey{}, fmt.Errorf("did: read randomness for a %s key: %w", t, err)
		}
		if t == BLS12381G2 {
			raw[0] &= 0x7f // the order has 255 bits; without this, half of the draws would be refused
		}
		if k, err := NewPrivateKey(t, raw); err == nil {
			return k, nil
		}
	}
	return PrivateKey{}, fmt.Errorf("%w: the randomness given makes no %s key", ErrInvalidKey, t)
}

// NewPrivateKey makes a key of its secret: the big-endian scalar for secp256k1, P-256 and BLS12-381 (32 bytes) and P-384
// (48 bytes), the 32-byte seed for Ed25519, the 32-byte scalar for X25519. It copies raw.
//
// The public half of a BLS12-381 key is computed in time that depends on the secret; make such keys where nobody times it.
func NewPrivateKey(t KeyType, raw []byte) (PrivateKey, error) {
	i, ok := t.info()
	if !ok {
		return PrivateKey{}, fmt.Errorf("%w: %v", ErrUnsupportedKeyType, t)
	}
	if len(raw) != i.privateSize {
		return PrivateKey{}, fmt.Errorf("%w: a %s private key has %d bytes, not %d", ErrInvalidKey, t, i.privateSize, len(raw))
	}
	point, err := publicPoint(t, raw)
	if err != nil {
		// The cause is not wrapped: an error about a secret must not describe it.
		return PrivateKey{}, fmt.Errorf("%w: secret outside the range of %s", ErrInvalidKey, t)
	}
	pub, err := NewPublicKey(t, point)
	if err != nil {
		return PrivateKey{}, err
	}
	return PrivateKey{secret: &secret{append([]byte(nil), raw...)}, pub: pub}, nil
}

// errErased says that Zero was called.
var errErased = fmt.Errorf("%w: the private key has been erased", ErrInvalidKey)

var errScalarRange = errors.New("scalar is zero or not below the group order")

// publicPoint computes the encoded public key of a secret that has the right length.
func publicPoint(t KeyType, raw []byte) ([]byte, error) {
	switch t {
	case Secp256k1:
		var d secp256k1.ModNScalar
		defer d.Zero()
		if d.SetByteSlice(raw) || d.IsZero() {
			return nil, errScalarRange
		}
		k := secp256k1.NewPrivateKey(&d)
		defer k.Zero()
		return k.PubKey().SerializeCompressed(), nil
	case Ed25519:
		return ed25519.NewKeyFromSeed(raw).Public().(ed25519.PublicKey), nil
	case P256, P384:
		k, err := ecdsa.ParseRawPrivateKey(nistCurve(t), raw)
		if err != nil {
			return nil, err
		}
		uncompressed, err := k.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		return compress(uncompressed[1:]), nil
	case X25519:
		k, err := ecdh.X25519().NewPrivateKey(raw)
		if err != nil {
			return nil, err
		}
		return k.PublicKey().Bytes(), nil
	default: // BLS12381G2
		return blsPublicPoint(raw)
	}
}

func blsPublicPoint(raw []byte) ([]byte, error) {
	var d fr.Element
	if err := d.SetBytesCanonical(raw); err != nil || d.IsZero() {
		return nil, errScalarRange
	}
	var p bls12381.G2Affine
	p.ScalarMultiplicationBase(d.BigInt(new(big.Int)))
	b := p.Bytes()
	return b[:], nil
}

// compress writes an affine point x‖y in compressed SEC 1 form (SEC 1 §2.3.3).
func compress(xy []byte) []byte {
	n := len(xy) / 2
	out := make([]byte, 1+n)
	out[0] = 2 + xy[2*n-1]&1
	copy(out[1:], xy[:n])
	return out
}

// ParsePrivateKeyMultibase reads a secretKeyMultibase value (CID 1.0 §2.2.2): "z" or "u" with a private-key multicodec.
func ParsePrivateKeyMultibase(s string) (PrivateKey, error) {
	b, err := multibase.Decode(s, maxMultikeySize)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	for _, t := range KeyTypes() {
		i, _ := t.info()
		if len(b) >= 2 && string(b[:2]) == i.codePrivate {
			return NewPrivateKey(t, b[2:])
		}
	}
	return PrivateKey{}, fmt.Errorf("%w: multibase text does not start with a private-key multicodec", ErrUnsupportedKeyType)
}

// Type returns the key's type, 0 for the zero PrivateKey.
func (k PrivateKey) Type() KeyType { return k.pub.t }

// Public returns the public key.
func (k PrivateKey) Public() PublicKey { return k.pub }

// Bytes returns a copy of the secret in the form that NewPrivateKey takes. Erase it after use.
func (k PrivateKey) Bytes() []byte { return append([]byte(nil), k.secretBytes()...) }

// Multibase returns the secretKeyMultibase form, "z…", or "" for the zero PrivateKey.
func (k PrivateKey) Multibase() string {
	i, ok := k.pub.t.info()
	if !ok {
		return ""
	}
	b := append([]byte(i.codePrivate), k.secretBytes()...)
	defer clear(b)
	return multibase.Encode(multibase.Base58BTC, b)
}

// Zero erases the secret, in all copies of the key: none can sign afterwards. It must not run beside the key's other methods.
func (k PrivateKey) Zero() {
	clear(k.secretBytes())
	if k.secret != nil {
		k.secret.bytes = nil
	}
}

// Sign signs msg in the form that PublicKey.Verify checks. Signatures are deterministic (RFC 6979, RFC 8032). X25519 and
// BLS12-381 keys return ErrKeyUsage.
func (k PrivateKey) Sign(msg []byte) ([]byte, error) {
	if k.pub.t == Ed25519 {
		if len(k.secretBytes()) == 0 {
			return nil, errErased
		}
		seedKey := ed25519.NewKeyFromSeed(k.secretBytes())
		defer clear(seedKey)
		return ed25519.Sign(seedKey, msg), nil
	}
	digest, err := digestOf(k.pub.t, msg)
	if err != nil {
		return nil, err
	}
	return k.SignDigest(digest)
}

// SignDigest signs a digest that the caller made, in the form that PublicKey.VerifyDigest checks.
func (k PrivateKey) SignDigest(digest []byte) ([]byte, error) {
	if err := checkDigest(k.pub.t, digest); err != nil {
		return nil, err
	}
	if len(k.secretBytes()) == 0 {
		return nil, errErased
	}
	if k.pub.t == Secp256k1 {
		return signSecp256k1(k.secretBytes(), digest), nil
	}
	return signNIST(k.pub.t, k.secretBytes(), digest)
}

func signSecp256k1(raw, digest []byte) []byte {
	key := secp256k1.PrivKeyFromBytes(raw)
	defer key.Zero()
	sig := secpecdsa.Sign(key, digest)
	r, s := sig.R(), sig.S()
	out := make([]byte, 64)
	r.PutBytesUnchecked(out[:32])
	s.PutBytesUnchecked(out[32:])
	return out
}

func signNIST(t KeyType, raw, digest []byte) ([]byte, error) {
	key, err := ecdsa.ParseRawPrivateKey(nistCurve(t), raw)
	if err != nil {
		return nil, fmt.Errorf("did: sign with %s: the key is damaged", t)
	}
	hash := crypto.SHA256
	if t == P384 {
		hash = crypto.SHA384
	}
	der, err := key.Sign(nil, digest, hash) // no randomness: RFC 6979
	if err != nil {
		return nil, fmt.Errorf("did: sign with %s: %w", t, err)
	}
	var r, s big.Int
	in := cryptobyte.String(der)
	var body cryptobyte.String
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&r) || !body.ReadASN1Integer(&s) {
		return nil, fmt.Errorf("did: sign with %s: unexpected signature encoding", t)
	}
	out := make([]byte, signatureSize(t))
	r.FillBytes(out[:len(out)/2])
	s.FillBytes(out[len(out)/2:])
	return out, nil
}

// Format prints the public key under every verb; the secret is never printed.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "did.PrivateKey(%s %s)", k.pub.t, k.pub.Multibase())
}
