package bbs

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A PrivateKey is an issuer's secret key. It is safe for concurrent use, until [PrivateKey.Destroy].
type PrivateKey struct {
	suite  *Suite
	sk     fr.Element
	public *PublicKey
}

// NewPrivateKey decodes a secret key of 32 bytes: a big-endian integer in the range 1 to r - 1. Errors wrap
// [ErrInvalidKey].
func (s *Suite) NewPrivateKey(key []byte) (*PrivateKey, error) {
	if len(key) != SecretKeySize {
		return nil, fmt.Errorf("%w: secret key of %d bytes, want %d", ErrInvalidKey, len(key), SecretKeySize)
	}
	sk, err := fr.BigEndian.Element((*[scalarSize]byte)(key))
	if err != nil {
		return nil, fmt.Errorf("%w: secret key is not reduced", ErrInvalidKey)
	}
	return s.newPrivateKey(sk)
}

func (s *Suite) newPrivateKey(sk fr.Element) (*PrivateKey, error) {
	if sk.IsZero() {
		return nil, fmt.Errorf("%w: secret key is zero", ErrInvalidKey)
	}
	// SkToPk, draft §3.4.2
	return &PrivateKey{suite: s, sk: sk, public: newPublicKey(s, multiplyBP2(&sk))}, nil
}

// Bytes returns the key's encoding, 32 bytes. It is the caller's to protect and to clear.
func (k *PrivateKey) Bytes() []byte {
	b := k.sk.Bytes()
	return b[:]
}

// Public returns the public key that belongs to the secret key.
func (k *PrivateKey) Public() *PublicKey { return k.public }

// Equal reports whether both are the same key of the same suite. It takes the same time for every key.
func (k *PrivateKey) Equal(other *PrivateKey) bool {
	a, b := k.sk.Bytes(), other.sk.Bytes()
	return k.suite == other.suite && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Destroy overwrites the secret. After it, [PrivateKey.Sign] returns an error that wraps [ErrInvalidKey].
func (k *PrivateKey) Destroy() { k.sk.SetZero() }

// A PublicKey is an issuer's public key: a point of the prime-order subgroup of G2 other than the identity. It holds
// the precomputed lines of its pairing, 24 KiB, so keep and reuse the value for an issuer whom you meet again. It is
// immutable and safe for concurrent use.
type PublicKey struct {
	suite   *Suite
	encoded [PublicKeySize]byte
	lines   lines
}

// NewPublicKey decodes a public key of 96 bytes, with all checks of octets_to_pubkey, draft §4.2.4.6. Errors wrap
// [ErrInvalidKey].
func (s *Suite) NewPublicKey(key []byte) (*PublicKey, error) {
	if len(key) != PublicKeySize {
		return nil, fmt.Errorf("%w: public key of %d bytes, want %d", ErrInvalidKey, len(key), PublicKeySize)
	}
	var w bls.G2Affine
	if _, err := w.SetBytes(key); err != nil { // checks the encoding, the curve and the subgroup
		return nil, fmt.Errorf("%w: public key: %w", ErrInvalidKey, err)
	}
	if w.IsInfinity() {
		return nil, fmt.Errorf("%w: public key is the identity", ErrInvalidKey)
	}
	return newPublicKey(s, w), nil
}

func newPublicKey(s *Suite, w bls.G2Affine) *PublicKey {
	return &PublicKey{suite: s, encoded: w.Bytes(), lines: bls.PrecomputeLines(w)}
}

// Bytes returns the key's encoding, 96 bytes.
func (k *PublicKey) Bytes() []byte { return bytes.Clone(k.encoded[:]) }

// Suite returns the key's ciphersuite.
func (k *PublicKey) Suite() *Suite { return k.suite }

// Equal reports whether both are the same key of the same suite.
func (k *PublicKey) Equal(other *PublicKey) bool {
	return k.suite == other.suite && k.encoded == other.encoded
}

// lines are what a pairing needs of its point in G2, precomputed.
type lines = [2][63]bls.LineEvaluationAff

var linesBP2 = sync.OnceValue(func() *lines {
	_, _, _, bp2 := bls.Generators()
	l := bls.PrecomputeLines(bp2)
	return &l
})

// pairingsCancel reports whether h(p, W) * h(q, BP2) is the identity, for the key's point W. Both Miller loops run on
// precomputed lines and share their squarings and one final exponentiation.
func (k *PublicKey) pairingsCancel(p, q bls.G1Affine) bool {
	if p.IsInfinity() || q.IsInfinity() {
		// Neither W nor BP2 is the identity, so a pairing is the identity just when its point is. The library's loop
		// over fixed lines relies on an inverse of zero here; we do not.
		return p.IsInfinity() && q.IsInfinity()
	}
	copies := [2]lines{k.lines, *linesBP2()} // the library scales the lines where they lie
	ok, err := bls.PairingCheckFixedQ([]bls.G1Affine{p, q}, copies[:])
	return err == nil && ok
}

// multiplyBP2 returns sk * BP2 for a secret scalar: one doubling and one addition of BP2 or its negative for each of
// 256 digits, whatever the scalar, on coordinates that are freshly randomised.
func multiplyBP2(sk *fr.Element) bls.G2Affine {
	_, _, _, bp2 := bls.Generators()

	// 256 digits d_i of ±1: sk = Σ d_i 2^i = 2b - (2^256 - 1) modulo r, where bit i of b says whether d_i is +1.
	var b fr.Element
	addSecret(&b, sk, &twoTo256Minus1)
	b.Mul(&b, &oneHalf)
	digits := b.Bits()

	z := randomBlind()
	var acc bls.G2Jac // -BP2: b < r < 2^255, so the top digit is -1
	acc.FromAffine(&bp2)
	acc.Neg(&acc)
	var z2, z3 fp.Element
	z2.Square(&z)
	z3.Mul(&z2, &z)
	acc.X.MulByElement(&acc.X, &z2)
	acc.Y.MulByElement(&acc.Y, &z3)
	acc.Z.MulByElement(&acc.Z, &z)

	var negY bls.E2
	negY.Neg(&bp2.Y)
	addend := bp2
	for i := 254; i >= 0; i-- {
		bit := int(digits[i/64] >> (i % 64) & 1)
		addend.Y.A0.Select(bit, &negY.A0, &bp2.Y.A0)
		addend.Y.A1.Select(bit, &negY.A1, &bp2.Y.A1)
		acc.DoubleAssign()
		acc.AddMixed(&addend)
	}
	clear(digits[:])

	var w bls.G2Affine
	w.FromJacobian(&acc)
	return w
}

var twoTo256Minus1 = func() fr.Element {
	e := fr.NewElement(1 << 32)
	for range 3 {
		e.Square(&e)
	}
	one := fr.One()
	e.Sub(&e, &one)
	return e
}()

var oneHalf = func() fr.Element {
	e := fr.One()
	e.Halve()
	return e
}()

// randomBlind returns a random non-zero field element that hides the coordinates of a secret computation. Its 368
// random bits are below the modulus whatever they are.
func randomBlind() fp.Element {
	var buf [fp.Bytes]byte
	for {
		rand.Read(buf[2:]) // never fails, crypto/rand
		if z, err := fp.BigEndian.Element(&buf); err == nil && !z.IsZero() {
			clear(buf[:])
			return z
		}
	}
}
