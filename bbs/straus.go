package bbs

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// This file adds up multiples of points that are met once: those of signatures and proofs, in verification. It is
// Straus's method on the halves of the scalars, with sparse digits. Its time depends on the scalars, which a verifier's
// are public.

const (
	oddWindow  = 5
	oddEntries = 1 << (oddWindow - 2)
)

// oddMultiples are P, 3P, …, 15P for a point P, and the same for x²·P.
type oddMultiples [2][oddEntries]bls.G1Affine

// newOddMultiples precomputes for points of order r.
func newOddMultiples(points ...bls.G1Affine) []oddMultiples {
	jac := make([]bls.G1Jac, 0, len(points)*oddEntries)
	for i := range points {
		var p, twice bls.G1Jac
		p.FromAffine(&points[i])
		twice.Double(&p)
		for range oddEntries {
			jac = append(jac, p)
			p.AddAssign(&twice)
		}
	}
	affine := normalise(jac)

	multiples := make([]oddMultiples, len(points))
	for i := range multiples {
		for e := range oddEntries {
			p := affine[i*oddEntries+e]
			multiples[i][0][e] = p
			p.X.Mul(&p.X, &beta)
			p.Y.Neg(&p.Y)
			multiples[i][1][e] = p
		}
	}
	return multiples
}

// halves are a public scalar k0 + k1·x².
type halves [2]half

func publicHalves(scalars ...fr.Element) []halves {
	hs := make([]halves, len(scalars))
	for i := range scalars {
		hs[i][0], hs[i][1] = split(&scalars[i])
	}
	return hs
}

// sumOnce returns Σ (k0 + k1·x²)·P.
func sumOnce(multiples []oddMultiples, scalars []halves) bls.G1Jac {
	digits := make([][2][halfDigits]int8, len(scalars))
	length := 0
	for i := range scalars {
		for h := range 2 {
			length = max(length, sparseDigits(&digits[i][h], scalars[i][h]))
		}
	}
	acc := bls.G1Jac{}
	acc.X.SetOne()
	acc.Y.SetOne()
	for at := length - 1; at >= 0; at-- {
		acc.DoubleAssign()
		for i := range digits {
			for h := range 2 {
				switch d := digits[i][h][at]; {
				case d > 0:
					acc.AddMixed(&multiples[i][h][d/2])
				case d < 0:
					p := multiples[i][h][-d/2]
					p.Y.Neg(&p.Y)
					acc.AddMixed(&p)
				}
			}
		}
	}
	return acc
}

// sparseDigits writes k, which has at most 129 bits and is not negative, as Σ d_i 2^i with digits that are zero or odd
// and below 16 in magnitude, of which any five in a row hold at most one that is not zero. It returns how many it used.
func sparseDigits(d *[halfDigits]int8, k half) int {
	length := 0
	for i := 0; k != (half{}); i++ {
		if k[0]&1 == 1 {
			v := int64(k[0] & (1<<oddWindow - 1))
			if v >= 1<<(oddWindow-1) {
				v -= 1 << oddWindow
			}
			d[i] = int8(v)
			length = i + 1
			minus := half{uint64(-v), uint64(-v >> 63), uint64(-v >> 63)}
			k = k.plus(minus)
		}
		k = half{k[0]>>1 | k[1]<<63, k[1]>>1 | k[2]<<63, k[2] >> 1}
	}
	return length
}
