package did

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"math/big"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secpecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// Errors of keys and signatures, for errors.Is.
var (
	// ErrInvalidKey says that bytes, text or a JWK are not a key of the stated type: wrong length, not on the curve,
	// outside the prime-order group, or the group's identity.
	ErrInvalidKey = errors.New("did: invalid key")
	// ErrUnsupportedKeyType says that the key is of a type that this package does not know.
	ErrUnsupportedKeyType = errors.New("did: unsupported key type")
	// ErrPrivateKey says that private key material stands where only a public key may.
	ErrPrivateKey = errors.New("did: private key material in a public key")
	// ErrInvalidSignature says that a signature does not verify, or is not of the form that the key type demands.
	ErrInvalidSignature = errors.New("did: invalid signature")
	// ErrKeyUsage says that keys of this type do not do what was asked of them.
	ErrKeyUsage = errors.New("did: key type cannot be used so")
)

// KeyType names an elliptic curve, the encoding of its points, and the one signature scheme that this system uses on it.
// The zero KeyType is no type.
type KeyType int

// The key types.
const (
	Secp256k1  KeyType = iota + 1 // ECDSA with SHA-256, r‖s, low s
	Ed25519                       // EdDSA, RFC 8032, pure
	P256                          // ECDSA with SHA-256, r‖s
	P384                          // ECDSA with SHA-384, r‖s
	BLS12381G2                    // BBS: public key in G2; sign and verify with package bbs
	X25519                        // key agreement only, RFC 7748
)

// keyInfo holds what the encodings need to know of a key type.
type keyInfo struct {
	name        string
	publicSize  int    // bytes of the compressed public key
	privateSize int    // bytes of the private scalar or seed
	codePublic  string // multicodec of the public key, as a varint
	codePrivate string // multicodec of the private key, as a varint
	kty, crv    string // JWK
}

// info returns the facts of a key type; ok is false for a value that is none.
//
// Multicodec values are those of the multicodec table (secp256k1-pub 0xe7 and so on). CID 1.0 §2.2.2 writes the prefix of
// BLS12-381 secret keys as 0x8030, which is not the varint of 0x130a that it names; the varint is used here.
func (t KeyType) info() (i keyInfo, ok bool) {
	switch t {
	case Secp256k1:
		return keyInfo{"secp256k1", 33, 32, "\xe7\x01", "\x81\x26", "EC", "secp256k1"}, true
	case Ed25519:
		return keyInfo{"ed25519", 32, 32, "\xed\x01", "\x80\x26", "OKP", "Ed25519"}, true
	case P256:
		return keyInfo{"p256", 33, 32, "\x80\x24", "\x86\x26", "EC", "P-256"}, true
	case P384:
		return keyInfo{"p384", 49, 48, "\x81\x24", "\x87\x26", "EC", "P-384"}, true
	case BLS12381G2:
		return keyInfo{"bls12381g2", 96, 32, "\xeb\x01", "\x8a\x26", "OKP", "BLS12381G2"}, true
	case X25519:
		return keyInfo{"x25519", 32, 32, "\xec\x01", "\x82\x26", "OKP", "X25519"}, true
	}
	return keyInfo{}, false
}

// maxMultikeySize bounds a decoded Multikey: two bytes of multicodec and the longest key, a point of G2.
const maxMultikeySize = 2 + 96

// KeyTypes lists every key type, in a fixed order.
func KeyTypes() []KeyType { return []KeyType{Secp256k1, Ed25519, P256, P384, BLS12381G2, X25519} }

// String returns the type's name: "secp256k1", "ed25519", "p256", "p384", "bls12381g2" or "x25519".
func (t KeyType) String() string {
	if i, ok := t.info(); ok {
		return i.name
	}
	return fmt.Sprintf("KeyType(%d)", int(t))
}

// ParseKeyType reads a name that KeyType.String writes.
func ParseKeyType(s string) (KeyType, error) {
	for _, t := range KeyTypes() {
		if t.String() == s {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%w: %.32q; use one of secp256k1, ed25519, p256, p384, bls12381g2, x25519", ErrUnsupportedKeyType, s)
}

// PublicKey is a public key that has been checked: a PublicKey other than the zero value always is a point on its curve,
// canonically encoded, neither the identity nor of small order, and for BLS12-381 in the prime-order subgroup. Its methods
// are safe for concurrent use.
type PublicKey struct {
	t   KeyType
	raw string // compressed encoding, immutable
	ec  any    // *secp256k1.PublicKey or *ecdsa.PublicKey: the decompressed point, else nil
}

// NewPublicKey checks raw and makes it a key. raw is the compressed SEC 1 point for secp256k1 and P-256 (33 bytes) and
// P-384 (49 bytes), 32 bytes for Ed25519 and X25519, and the 96-byte compressed point of G2 for BLS12-381. It copies raw.
// Errors are ErrInvalidKey and ErrUnsupportedKeyType.
func NewPublicKey(t KeyType, raw []byte) (PublicKey, error) {
	i, ok := t.info()
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: %v", ErrUnsupportedKeyType, t)
	}
	if len(raw) != i.publicSize {
		return PublicKey{}, fmt.Errorf("%w: a %s public key has %d bytes, not %d", ErrInvalidKey, t, i.publicSize, len(raw))
	}
	ec, err := checkPoint(t, raw)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %s: %w", ErrInvalidKey, t, err)
	}
	return PublicKey{t: t, raw: string(raw), ec: ec}, nil
}

// checkPoint validates raw, which has the right length, and returns the decompressed point where verification needs it.
func checkPoint(t KeyType, raw []byte) (any, error) {
	switch t {
	case Secp256k1:
		return secp256k1.ParsePubKey(raw)
	case P256, P384:
		return parseNISTPoint(t, raw)
	case Ed25519:
		return nil, checkEd25519(raw)
	case X25519:
		return nil, checkX25519(raw)
	default: // BLS12381G2
		return nil, checkG2(raw)
	}
}

func nistCurve(t KeyType) elliptic.Curve {
	if t == P384 {
		return elliptic.P384()
	}
	return elliptic.P256()
}

func parseNISTPoint(t KeyType, compressed []byte) (*ecdsa.PublicKey, error) {
	x, y := elliptic.UnmarshalCompressed(nistCurve(t), compressed)
	if x == nil {
		return nil, errors.New("not a compressed point of the curve")
	}
	n := len(compressed) - 1
	uncompressed := make([]byte, 1+2*n)
	uncompressed[0] = 4
	x.FillBytes(uncompressed[1 : 1+n])
	y.FillBytes(uncompressed[1+n:])
	return ecdsa.ParseUncompressedPublicKey(nistCurve(t), uncompressed)
}

// nistUncompressed is the uncompressed SEC 1 form of a P-256 or P-384 key.
func nistUncompressed(k PublicKey) []byte {
	b, err := k.ec.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		panic("did: a checked key does not encode: " + err.Error()) // unreachable: the curve is one of ours
	}
	return b
}

func checkEd25519(raw []byte) error {
	p, err := new(edwards25519.Point).SetBytes(raw)
	if err != nil {
		return errors.New("not a point of the curve")
	}
	if string(p.Bytes()) != string(raw) {
		return errors.New("point is not canonically encoded")
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return errors.New("point of small order")
	}
	return nil
}

func checkX25519(raw []byte) error {
	u, err := new(field.Element).SetBytes(raw)
	if err != nil || string(u.Bytes()) != string(raw) {
		return errors.New("coordinate is not canonically encoded")
	}
	// RFC 7748 §6.1: the shared secret is all zero exactly if the peer's point has small order, whatever the scalar.
	pub, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return err
	}
	scalar, err := ecdh.X25519().NewPrivateKey([]byte("any scalar tells small order now"))
	if err != nil {
		return err
	}
	if _, err := scalar.ECDH(pub); err != nil {
		return errors.New("point of small order")
	}
	return nil
}

func checkG2(raw []byte) error {
	if raw[0]&0x80 == 0 {
		return errors.New("point is not compressed")
	}
	var p bls12381.G2Affine
	if _, err := p.SetBytes(raw); err != nil { // on the curve, in the subgroup
		return err
	}
	if p.IsInfinity() {
		return errors.New("identity point")
	}
	if canonical := p.Bytes(); string(canonical[:]) != string(raw) {
		return errors.New("point is not canonically encoded")
	}
	return nil
}

// Type returns the key's type, 0 for the zero PublicKey.
func (k PublicKey) Type() KeyType { return k.t }

// Bytes returns the encoding that NewPublicKey takes.
func (k PublicKey) Bytes() []byte { return []byte(k.raw) }

// IsZero says whether k is the zero PublicKey, which is no key.
func (k PublicKey) IsZero() bool { return k.t == 0 }

// Equal says whether both are the same key of the same type.
func (k PublicKey) Equal(o PublicKey) bool { return k.t == o.t && k.raw == o.raw }

// String returns the Multikey form, "z…".
func (k PublicKey) String() string { return k.Multibase() }

// Verify checks sig over msg. Secp256k1 and P-256: 64 bytes r‖s over SHA-256; P-384: 96 bytes r‖s over SHA-384; for
// secp256k1, s must be in the lower half, so that a signature cannot be altered into another one. Ed25519: RFC 8032,
// 64 bytes. The errors are ErrInvalidSignature, and ErrKeyUsage for X25519 and BLS12-381 keys.
func (k PublicKey) Verify(msg, sig []byte) error {
	if k.t == Ed25519 {
		if len(sig) != ed25519.SignatureSize || !ed25519.Verify(ed25519.PublicKey(k.raw), msg, sig) {
			return ErrInvalidSignature
		}
		return nil
	}
	digest, err := digestOf(k.t, msg)
	if err != nil {
		return err
	}
	return k.VerifyDigest(digest, sig)
}

// VerifyDigest checks an ECDSA signature over a digest that the caller made: 32 bytes for secp256k1 and P-256, 48 for
// P-384. Other key types return ErrKeyUsage.
func (k PublicKey) VerifyDigest(digest, sig []byte) error {
	if err := checkDigest(k.t, digest); err != nil {
		return err
	}
	if len(sig) != signatureSize(k.t) {
		return fmt.Errorf("%w: a %s signature has %d bytes, not %d", ErrInvalidSignature, k.t, signatureSize(k.t), len(sig))
	}
	r, s := sig[:len(sig)/2], sig[len(sig)/2:]
	if k.t == Secp256k1 {
		return k.verifySecp256k1(digest, r, s)
	}
	pub := k.ec.(*ecdsa.PublicKey)
	if !ecdsa.Verify(pub, digest, new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)) {
		return ErrInvalidSignature
	}
	return nil
}

func (k PublicKey) verifySecp256k1(digest, rBytes, sBytes []byte) error {
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(rBytes) || s.SetByteSlice(sBytes) || r.IsZero() || s.IsZero() {
		return fmt.Errorf("%w: r or s outside the group order", ErrInvalidSignature)
	}
	if s.IsOverHalfOrder() {
		return fmt.Errorf("%w: s is in the upper half", ErrInvalidSignature)
	}
	if !secpecdsa.NewSignature(&r, &s).Verify(digest, k.ec.(*secp256k1.PublicKey)) {
		return ErrInvalidSignature
	}
	return nil
}

// digestOf hashes msg as the key type's signature scheme does.
func digestOf(t KeyType, msg []byte) ([]byte, error) {
	switch t {
	case Secp256k1, P256:
		d := sha256.Sum256(msg)
		return d[:], nil
	case P384:
		d := sha512.Sum384(msg)
		return d[:], nil
	}
	return nil, usageError(t)
}

func checkDigest(t KeyType, digest []byte) error {
	want := 32
	switch t {
	case Secp256k1, P256:
	case P384:
		want = 48
	default:
		return usageError(t)
	}
	if len(digest) != want {
		return fmt.Errorf("%w: a %s digest has %d bytes, not %d", ErrInvalidSignature, t, want, len(digest))
	}
	return nil
}

func signatureSize(t KeyType) int {
	if t == P384 {
		return 96
	}
	return 64
}

func usageError(t KeyType) error {
	switch t {
	case BLS12381G2:
		return fmt.Errorf("%w: BLS12-381 G2 keys sign with BBS; use package bbs", ErrKeyUsage)
	case X25519:
		return fmt.Errorf("%w: X25519 keys only agree on keys", ErrKeyUsage)
	case Ed25519:
		return fmt.Errorf("%w: Ed25519 signs the message itself, not a digest", ErrKeyUsage)
	}
	return fmt.Errorf("%w: %v does not sign", ErrKeyUsage, t)
}

// DIDKey returns the key's did:key identifier, "did:key:z…", or "" for the zero PublicKey.
func (k PublicKey) DIDKey() string {
	if k.IsZero() {
		return ""
	}
	return "did:key:" + k.Multibase()
}

// AgreementKey returns the X25519 key that belongs to an Ed25519 key: the same point in Montgomery form (RFC 7748 §4.1),
// which did:key offers for key agreement. Other types return ErrKeyUsage.
func (k PublicKey) AgreementKey() (PublicKey, error) {
	if k.t != Ed25519 {
		return PublicKey{}, fmt.Errorf("%w: only an Ed25519 key has a derived X25519 key", ErrKeyUsage)
	}
	p, err := new(edwards25519.Point).SetBytes([]byte(k.raw))
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	return NewPublicKey(X25519, p.BytesMontgomery())
}
