package bbs

import (
	"crypto/sha256"
	"crypto/sha3"
	"encoding/binary"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/hash_to_curve"
)

// expandLen is the draft's expand_len, §6.2: bytes of uniform output behind one scalar.
const expandLen = 48

// A tag is a domain separation tag with its length appended, RFC 9380 §5.3.1: DST_prime.
type tag []byte

// newTag takes a tag of at most 255 bytes: those of this package are constants, and DeriveKey checks its caller's.
func newTag(dst string) tag { return append([]byte(dst), byte(len(dst))) }

// A hasher is RFC 9380's expand_message over the concatenation of parts. It fills out, which has at most 8160 bytes.
type hasher func(out []byte, dst tag, parts ...[]byte)

// expandXMD is expand_message_xmd with SHA-256, RFC 9380 §5.3.1.
func expandXMD(out []byte, dst tag, parts ...[]byte) {
	var block [sha256.BlockSize]byte
	h := sha256.New()
	h.Write(block[:])
	for _, p := range parts {
		h.Write(p)
	}
	h.Write([]byte{byte(len(out) >> 8), byte(len(out)), 0})
	h.Write(dst)
	var b0, b [sha256.Size]byte
	h.Sum(b0[:0])

	for i := byte(1); len(out) > 0; i++ {
		for j := range b {
			b[j] ^= b0[j] // b_1 hashes b_0 itself: b is still zero
		}
		h.Reset()
		h.Write(b[:])
		h.Write([]byte{i})
		h.Write(dst)
		h.Sum(b[:0])
		out = out[copy(out, b[:]):]
	}
	clear(b0[:])
	clear(b[:])
}

// expandXOF is expand_message_xof with SHAKE-256, RFC 9380 §5.3.2.
func expandXOF(out []byte, dst tag, parts ...[]byte) {
	h := sha3.NewSHAKE256()
	for _, p := range parts {
		h.Write(p)
	}
	h.Write([]byte{byte(len(out) >> 8), byte(len(out))})
	h.Write(dst)
	h.Read(out)
}

// hashToScalar is hash_to_scalar of draft §4.2.2, over the concatenation of parts.
func (s *Suite) hashToScalar(dst tag, parts ...[]byte) fr.Element {
	var uniform [expandLen]byte
	s.hash(uniform[:], dst, parts...)
	e := scalarFromUniform(&uniform)
	clear(uniform[:])
	return e
}

// messagesToScalars is messages_to_scalars of draft §4.1.2.
func (s *Suite) messagesToScalars(messages [][]byte) []fr.Element {
	scalars := make([]fr.Element, len(messages))
	for i, m := range messages {
		scalars[i] = s.hashToScalar(s.tagMessage, m)
	}
	return scalars
}

// hashToCurve is hash_to_curve for G1 of RFC 9380 §3 and §8.8.1 (and draft appendix A.1 for SHAKE-256): the two suites
// differ in expand_message alone.
func hashToCurve(h hasher, dst tag, msg []byte) bls.G1Affine {
	var uniform [2 * 64]byte
	h(uniform[:], dst, msg)

	var sum bls.G1Jac
	for i := range 2 {
		var u fp.Element
		u.SetBytes(uniform[64*i : 64*(i+1)]) // reduces modulo p
		q := bls.MapToCurve1(&u)
		hash_to_curve.G1Isogeny(&q.X, &q.Y)
		sum.AddMixed(&q)
	}
	sum.ClearCofactor(&sum)
	var p bls.G1Affine
	p.FromJacobian(&sum)
	return p
}

// octets8 is I2OSP(n, 8).
func octets8(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
