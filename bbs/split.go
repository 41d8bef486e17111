package bbs

import (
	"math/bits"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// This file halves the length of scalars: multiplication by x², where x is the curve's seed, is cheap on G1 (the
// endomorphism of Gallant, Lambert and Vanstone), so k becomes k0 + k1·x² with halves of about 128 bits.

// beta is the cube root of unity for which x²·(X, Y) = (beta·X, -Y) on G1.
var beta = func() fp.Element {
	e, _ := fp.BigEndian.Element(&[fp.Bytes]byte{
		8: 0x5f, 0x19, 0x67, 0x2f, 0xdf, 0x76, 0xce, 0x51, 0xba, 0x69, 0xc6, 0x07, 0x6a, 0x0f, 0x77, 0xea,
		0xdd, 0xb3, 0xa9, 0x3b, 0xe6, 0xf8, 0x96, 0x88, 0xde, 0x17, 0xd8, 0x13, 0x62, 0x0a, 0x00, 0x02,
		0x2e, 0x01, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xfe,
	})
	return e
}()

// A half is a signed integer in two's complement, little-endian. The halves of a scalar have at most 130 bits.
type half [3]uint64

var (
	seedSquared  = half{0x0000000100000000, 0xac45a4010001a402}                                              // x²
	seedInverse  = [4]uint64{0xd0d4396b40c5f204, 0x01a75a5c93d6e013, 0xb1fb72917b67f717, 0xbe35f678f00fd56e} // ⌊2^383/x²⌋
	halfMinusOne = half{^uint64(0), ^uint64(0), ^uint64(0)}
)

func (a half) plus(b half) half {
	var c uint64
	a[0], c = bits.Add64(a[0], b[0], 0)
	a[1], c = bits.Add64(a[1], b[1], c)
	a[2], _ = bits.Add64(a[2], b[2], c)
	return a
}

func (a half) masked(mask uint64) half { return half{a[0] & mask, a[1] & mask, a[2] & mask} }

// split returns k0 and k1 with k = k0 + k1·x² modulo r and 0 ≤ k0 < 2x², 0 ≤ k1 < 2^128. Its steps do not depend on k.
func split(k *fr.Element) (k0, k1 half) {
	n := k.Bits()

	// q = ⌊n·⌊2^383/x²⌋ / 2^383⌋ is ⌊n/x²⌋ or one less.
	var wide [8]uint64
	for i, a := range n {
		var carry uint64
		for j, b := range seedInverse {
			hi, lo := bits.Mul64(a, b)
			var c uint64
			lo, c = bits.Add64(lo, carry, 0)
			hi += c
			wide[i+j], c = bits.Add64(wide[i+j], lo, 0)
			carry = hi + c
		}
		wide[i+4] = carry
	}
	q := half{wide[5]>>63 | wide[6]<<1, wide[6]>>63 | wide[7]<<1}

	// k0 = n - q·x², of which three words are enough
	h00, l00 := bits.Mul64(q[0], seedSquared[0])
	h01, l01 := bits.Mul64(q[0], seedSquared[1])
	h10, l10 := bits.Mul64(q[1], seedSquared[0])
	_, l11 := bits.Mul64(q[1], seedSquared[1])
	product := half{l00, h00, l11}.plus(half{0, l01, h01}).plus(half{0, l10, h10})
	var b uint64
	k0[0], b = bits.Sub64(n[0], product[0], 0)
	k0[1], b = bits.Sub64(n[1], product[1], b)
	k0[2], _ = bits.Sub64(n[2], product[2], b)
	clear(n[:])
	clear(wide[:])
	return k0, q
}
