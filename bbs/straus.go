package bbs

import (
	"math/bits"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// This file adds up multiples of points of G1 in verification, where everything is public: its time and its memory
// accesses depend on the scalars. It is Straus's method: both halves of every scalar (see split) become sparse signed
// digits, each digit that is not zero puts a precomputed point into the column of its position, and the columns are
// joined by doublings that all terms share.

const (
	onceWindow  = 5 // for points that are met once: 8 precomputed points for either half
	fixedWindow = 8 // for generators: 64
)

// oddMultiples are P, 3P, 5P and so on for a point P, and the same for x²·P: 2^(w-2) each for digits of w bits.
type oddMultiples [2][]bls.G1Affine

// newOddMultiples precomputes for points of order r.
func newOddMultiples(window int, points ...bls.G1Affine) []oddMultiples {
	entries := 1 << (window - 2)
	jac := make([]bls.G1Jac, 0, len(points)*entries)
	for i := range points {
		var p, twice bls.G1Jac
		p.FromAffine(&points[i])
		twice.Double(&p)
		for range entries {
			jac = append(jac, p)
			p.AddAssign(&twice)
		}
	}
	affine := normalise(jac)

	multiples := make([]oddMultiples, len(points))
	for i := range multiples {
		first := affine[i*entries:][:entries:entries]
		second := make([]bls.G1Affine, entries)
		for e, p := range first {
			p.X.Mul(&p.X, &beta)
			p.Y.Neg(&p.Y)
			second[e] = p
		}
		multiples[i] = oddMultiples{first, second}
	}
	return multiples
}

// A publicSum is a sum of multiples of points. Generators without precomputed multiples get temporary ones, some at a
// time.
type publicSum struct {
	multiples []*oddMultiples
	scalars   []halves

	points       []bls.G1Affine // without precomputed multiples
	pointScalars []halves
}

// halves are a public scalar k0 + k1·x².
type halves [2]half

func (s *publicSum) add(m *oddMultiples, k *fr.Element) {
	k0, k1 := split(k)
	s.addHalves(m, halves{k0, k1})
}

func (s *publicSum) addHalves(m *oddMultiples, k halves) {
	s.multiples = append(s.multiples, m)
	s.scalars = append(s.scalars, k)
}

func (s *publicSum) addGenerator(g *generators, i int, k *fr.Element) {
	if i < len(g.odd) {
		s.add(&g.odd[i], k)
		return
	}
	k0, k1 := split(k)
	s.points = append(s.points, g.points[i])
	s.pointScalars = append(s.pointScalars, halves{k0, k1})
}

// publicChunk is how many terms are added at a time: what bounds the memory, and keeps it in the cache.
const publicChunk = 128

func (s *publicSum) total() bls.G1Jac {
	var columns [maxSparse]column
	var scratch publicScratch
	for at := 0; at < len(s.multiples); at += publicChunk {
		end := min(at+publicChunk, len(s.multiples))
		scratch.addDigits(&columns, s.multiples[at:end], s.scalars[at:end])
	}
	for at := 0; at < len(s.points); at += publicChunk {
		end := min(at+publicChunk, len(s.points))
		multiples := newOddMultiples(onceWindow, s.points[at:end]...)
		refs := make([]*oddMultiples, len(multiples))
		for i := range multiples {
			refs[i] = &multiples[i]
		}
		scratch.addDigits(&columns, refs, s.pointScalars[at:end])
	}
	var acc bls.G1Jac
	for i := len(columns) - 1; i >= 0; i-- {
		acc.DoubleAssign()
		if sum := &columns[i].sum; sum.Z.IsOne() { // it is, but in sums of several chunks
			acc.AddMixed(&bls.G1Affine{X: sum.X, Y: sum.Y})
		} else {
			acc.AddAssign(sum)
		}
	}
	return acc
}

// publicScratch is the memory that the chunks of a sum use one after the other.
type publicScratch struct {
	digits   [][2][maxSparse]int8
	points   []bls.G1Affine
	elements []fp.Element
}

// addDigits adds the terms to the sums of the columns.
func (s *publicScratch) addDigits(columns *[maxSparse]column, multiples []*oddMultiples, scalars []halves) {
	s.digits = resized(s.digits, len(scalars))
	clear(s.digits)
	var count [maxSparse]int
	total := 0
	for i := range scalars {
		window := bits.Len(uint(len(multiples[i][0]))) + 1
		for h := range 2 {
			total += sparseDigits(&s.digits[i][h], scalars[i][h], window, &count)
		}
	}
	s.points, s.elements = resized(s.points, total), resized(s.elements, total)
	points := s.points
	for at, n := range count {
		columns[at].points, points = points[:0:n], points[n:]
	}
	for i := range scalars {
		for h := range 2 {
			for at, d := range s.digits[i][h] {
				if d == 0 {
					continue
				}
				var p bls.G1Affine
				if d > 0 {
					p = multiples[i][h][d/2]
				} else {
					p.Neg(&multiples[i][h][-d/2])
				}
				columns[at].points = append(columns[at].points, p)
			}
		}
	}
	addColumns(columns[:], s.elements, nil)
}

// resized returns a slice of n elements, whatever they are, in the memory of s if there is enough.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// maxSparse is the most digits of a half of a scalar, which has at most 129 bits.
const maxSparse = 131

// sparseDigits writes k, which is not negative, as Σ d_i 2^i with digits that are zero or odd and below 2^(w-1) in
// magnitude, of which any w in a row hold at most one that is not zero. It counts the digits that are not zero at each
// position, and returns how many there are.
func sparseDigits(d *[maxSparse]int8, k half, window int, count *[maxSparse]int) (total int) {
	for i := 0; k != (half{}); {
		zeros := min(bits.TrailingZeros64(k[0]), 63)
		k = half{k[0]>>zeros | k[1]<<(64-zeros), k[1]>>zeros | k[2]<<(64-zeros), k[2] >> zeros}
		i += zeros
		if k[0]&1 == 0 {
			continue
		}
		v := int64(k[0] & (1<<window - 1))
		if v >= 1<<(window-1) {
			v -= 1 << window
		}
		d[i] = int8(v)
		count[i]++
		total++
		k = k.plus(half{uint64(-v), uint64(-v >> 63), uint64(-v >> 63)})
	}
	return total
}
