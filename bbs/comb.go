package bbs

import (
	"math/bits"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// This file adds up multiples of points of G1 by a signed comb: the one method here that may see secret scalars.
//
// A scalar k is written as k0 + k1·x², where x is the curve's seed and multiplication by x² is, on G1, a negation and
// one field multiplication (the endomorphism). Each half is a sum of 130 digits, all of them +1 or -1, so that no digit
// is ever zero and every scalar takes the very same steps. The digits are read in groups of five, 13 positions apart:
// digits i, i+13, …, i+52 of a half pick one of 16 precomputed points and its sign, and so do digits i+65, …, i+117.
// A term therefore puts four points into each of 13 columns; the points of a column are added in affine coordinates,
// those of all columns and terms sharing their field inversions, and the columns are joined by twelve doublings.

const (
	combTeeth   = 5
	combColumns = 13
	combs       = 4 // two for k0, two for k1
	combEntries = 1 << (combTeeth - 1)
	halfDigits  = combTeeth * combColumns * combs / 2 // 130
)

// A table holds the precomputed points for one base point P, 6 KiB. Entry e of comb c is
//
//	Σ ±2^(13(5c+t)) P for t in 0…4, with + for t = 4 and where bit t of e is set,
//
// for combs 0 and 1; combs 2 and 3 are the same for x²·P.
type table [combs][combEntries]bls.G1Affine

// beta is the cube root of unity for which x²·(X, Y) = (beta·X, -Y) on G1.
var beta = func() fp.Element {
	e, _ := fp.BigEndian.Element(&[fp.Bytes]byte{
		8: 0x5f, 0x19, 0x67, 0x2f, 0xdf, 0x76, 0xce, 0x51, 0xba, 0x69, 0xc6, 0x07, 0x6a, 0x0f, 0x77, 0xea,
		0xdd, 0xb3, 0xa9, 0x3b, 0xe6, 0xf8, 0x96, 0x88, 0xde, 0x17, 0xd8, 0x13, 0x62, 0x0a, 0x00, 0x02,
		0x2e, 0x01, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xfe,
	})
	return e
}()

// newTables precomputes the tables of points of order r.
func newTables(points []bls.G1Affine) []table {
	const chain = 2 * combTeeth // the teeth of combs 0 and 1

	// For each point the multiples by 2^(13t) and by 2^(13t+1): a tooth, and what flips its sign.
	powers := make([]bls.G1Jac, 0, 2*chain*len(points))
	for i := range points {
		var p bls.G1Jac
		p.FromAffine(&points[i])
		for range chain {
			powers = append(powers, p)
			p.DoubleAssign()
			powers = append(powers, p)
			for range combColumns - 1 {
				p.DoubleAssign()
			}
		}
	}
	affine := bls.BatchJacobianToAffineG1(powers)

	entries := make([]bls.G1Jac, 0, 2*combEntries*len(points))
	for i := range points {
		for c := range 2 {
			teeth := affine[2*chain*i+2*combTeeth*c:][:2*combTeeth]
			entries = append(entries, make([]bls.G1Jac, combEntries)...)
			comb := entries[len(entries)-combEntries:]
			// In the order of a Gray code each entry differs from the one before in the sign of one tooth.
			var e bls.G1Jac
			e.FromAffine(&teeth[2*(combTeeth-1)])
			for t := range combTeeth - 1 {
				var minus bls.G1Affine
				minus.Neg(&teeth[2*t])
				e.AddMixed(&minus)
			}
			comb[0] = e
			for n := 1; n < combEntries; n++ {
				code, t := n^n>>1, bits.TrailingZeros(uint(n))
				step := teeth[2*t+1]
				if code>>t&1 == 0 {
					step.Neg(&step)
				}
				e.AddMixed(&step)
				comb[code] = e
			}
		}
	}
	flat := bls.BatchJacobianToAffineG1(entries)

	tables := make([]table, len(points))
	for i := range tables {
		for c := range 2 {
			for e := range combEntries {
				p := flat[(2*i+c)*combEntries+e]
				tables[i][c][e] = p
				p.X.Mul(&p.X, &beta)
				p.Y.Neg(&p.Y)
				tables[i][2+c][e] = p
			}
		}
	}
	return tables
}

// A half is a signed integer in two's complement, little-endian. The halves of a scalar have at most 130 bits.
type half [3]uint64

var (
	seedSquared  = half{0x0000000100000000, 0xac45a4010001a402}                                              // x²
	seedInverse  = [4]uint64{0xd0d4396b40c5f204, 0x01a75a5c93d6e013, 0xb1fb72917b67f717, 0xbe35f678f00fd56e} // ⌊2^383/x²⌋
	minusHalfOne = half{^uint64(0), ^uint64(0), ^uint64(0)}
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

// combDigits are the digits of a scalar's halves: bit i of a half says whether its digit i is +1; else it is -1.
type combDigits [2]half

func newCombDigits(k *fr.Element) combDigits {
	k0, k1 := split(k)

	// Digits of ±1 add up to odd numbers. As x⁴ - x² + 1 = r, adding (1, x² - 1) to the halves leaves k and changes the
	// parity of both; adding (x², -1) leaves k and changes the parity of k1 alone.
	even := (k0[0] & 1) - 1
	k0 = k0.plus(half{1}.masked(even))
	k1 = k1.plus(seedSquared.plus(minusHalfOne).masked(even))
	even = (k1[0] & 1) - 1
	k0 = k0.plus(seedSquared.masked(even))
	k1 = k1.plus(minusHalfOne.masked(even))

	return combDigits{signDigits(k0), signDigits(k1)}
}

// signDigits returns b = (k + 2^130 - 1) / 2, for which k = Σ ±2^i with + where bit i of b is set, for i below 130.
func signDigits(k half) half {
	k = k.plus(half{^uint64(0), ^uint64(0), 1<<(halfDigits-128) - 1})
	return half{k[0]>>1 | k[1]<<63, k[1]>>1 | k[2]<<63, k[2] >> 1}
}

// pick returns the entry of comb c and column i, and whether it is to be negated: 1 if so, else 0.
func (d *combDigits) pick(c, i int) (entry, negative uint64) {
	h := &d[c/2]
	for t := range combTeeth {
		at := combColumns*(combTeeth*(c%2)+t) + i
		entry |= (h[at/64] >> (at % 64) & 1) << t
	}
	negative = entry>>(combTeeth-1) ^ 1
	return (entry ^ -negative) & (combEntries - 1), negative
}

// sumChunk is how many terms are added at a time: what bounds the memory of a sum, and keeps it in the cache.
const sumChunk = 32

// sumPublic returns Σ scalars[i]·P_i for the base points P_i of the tables. Its time and its memory accesses depend on
// the scalars.
func sumPublic(tables []*table, scalars []fr.Element) bls.G1Jac {
	return sum(tables, scalars, nil)
}

// sumSecret is the same for scalars that nobody may learn: the steps and the addresses are the same for every scalar,
// and the coordinates are hidden by a random isomorphism (X, Y) → (u²X, u³Y).
func sumSecret(tables []*table, scalars []fr.Element) bls.G1Jac {
	u := randomBlind()
	return sum(tables, scalars, &u)
}

func sum(tables []*table, scalars []fr.Element, u *fp.Element) bls.G1Jac {
	var columns [combColumns]bls.G1Jac
	for i := range columns {
		columns[i].X.SetOne()
		columns[i].Y.SetOne()
	}
	scratch := newCombScratch(min(len(tables), sumChunk))
	for len(tables) > 0 {
		n := min(len(tables), sumChunk)
		scratch.fill(tables[:n], scalars[:n], u)
		scratch.addColumns(&columns)
		tables, scalars = tables[n:], scalars[n:]
	}
	if u != nil {
		scratch.clear()
	}

	// The formulas use neither of the curve's constants, so they serve the isomorphic curve as well.
	acc := columns[combColumns-1]
	for i := combColumns - 2; i >= 0; i-- {
		acc.DoubleAssign()
		acc.AddAssign(&columns[i])
	}
	if u != nil {
		acc.Z.Mul(&acc.Z, u) // back to the curve: x = (X/u²)/Z², y = (Y/u³)/Z³
	}
	return acc
}

// combScratch holds the points of all columns, and what adding them needs.
type combScratch struct {
	width  int            // points in a column
	points []bls.G1Affine // column after column
	dx     []fp.Element   // differences of x to invert, then their inverses
	prefix []fp.Element
}

func newCombScratch(terms int) *combScratch {
	width := combs * terms
	return &combScratch{
		points: make([]bls.G1Affine, combColumns*width),
		dx:     make([]fp.Element, combColumns*width/2),
		prefix: make([]fp.Element, combColumns*width/2),
	}
}

func (s *combScratch) clear() {
	clear(s.points)
	clear(s.dx)
	clear(s.prefix)
}

// fill picks the points of the terms, for u != nil without a secret address and hidden by u.
func (s *combScratch) fill(tables []*table, scalars []fr.Element, u *fp.Element) {
	s.width = combs * len(tables)
	var u2, u3 fp.Element
	if u != nil {
		u2.Square(u)
		u3.Mul(&u2, u)
	}
	for n := range tables {
		d := newCombDigits(&scalars[n])
		for c := range combs {
			for i := range combColumns {
				entry, negative := d.pick(c, i)
				p := &s.points[i*s.width+n*combs+c]
				if u == nil {
					*p = tables[n][c][entry]
				} else {
					selectPoint(p, &tables[n][c], entry)
					p.X.Mul(&p.X, &u2)
					p.Y.Mul(&p.Y, &u3)
				}
				var minus fp.Element
				minus.Neg(&p.Y)
				p.Y.Select(int(negative), &p.Y, &minus)
			}
		}
		d = combDigits{}
	}
}

// selectPoint sets p to one entry, reading all of them.
func selectPoint(p *bls.G1Affine, entries *[combEntries]bls.G1Affine, entry uint64) {
	var x, y fp.Element
	for e := range entries {
		diff := uint64(e) ^ entry
		mask := -((diff - 1) &^ diff >> 63)
		q := &entries[e]
		x[0] |= q.X[0] & mask
		x[1] |= q.X[1] & mask
		x[2] |= q.X[2] & mask
		x[3] |= q.X[3] & mask
		x[4] |= q.X[4] & mask
		x[5] |= q.X[5] & mask
		y[0] |= q.Y[0] & mask
		y[1] |= q.Y[1] & mask
		y[2] |= q.Y[2] & mask
		y[3] |= q.Y[3] & mask
		y[4] |= q.Y[4] & mask
		y[5] |= q.Y[5] & mask
	}
	p.X, p.Y = x, y
}

// addColumns adds the points of each column to its sum. It adds pairs of points until one is left, and inverts the
// denominators of a round together.
//
// The affine formula does not serve equal or opposite points. Two of them meet in a column only if someone knows a
// relation between the generators, that is discrete logarithms; the sum is right all the same.
func (s *combScratch) addColumns(columns *[combColumns]bls.G1Jac) {
	width := s.width // now; a column keeps its place
	for width > 1 {
		pairs := width / 2
		dx, prefix := s.dx[:combColumns*pairs], s.prefix[:combColumns*pairs]
		var product fp.Element
		product.SetOne()
		for i := range columns {
			column := s.points[i*s.width:][:width]
			for j := range pairs {
				k := i*pairs + j
				dx[k].Sub(&column[2*j+1].X, &column[2*j].X)
				prefix[k] = product
				product.Mul(&product, &dx[k])
			}
		}
		if product.IsZero() {
			break
		}
		product.Inverse(&product)
		for k := len(dx) - 1; k >= 0; k-- {
			prefix[k].Mul(&prefix[k], &product)
			product.Mul(&product, &dx[k])
		}
		for i := range columns {
			column := s.points[i*s.width:][:width]
			for j := range pairs {
				addAffine(&column[j], &column[2*j], &column[2*j+1], &prefix[i*pairs+j])
			}
			if width%2 == 1 {
				column[pairs] = column[width-1]
			}
		}
		width -= pairs
	}
	for i := range columns {
		for j := range width {
			columns[i].AddMixed(&s.points[i*s.width+j])
		}
	}
}

// addAffine sets p to a + b, given the inverse of b.X - a.X. p may be a.
func addAffine(p, a, b *bls.G1Affine, inverse *fp.Element) {
	var slope, x fp.Element
	slope.Sub(&b.Y, &a.Y)
	slope.Mul(&slope, inverse)
	x.Square(&slope)
	x.Sub(&x, &a.X)
	x.Sub(&x, &b.X)
	var y fp.Element
	y.Sub(&a.X, &x)
	y.Mul(&y, &slope)
	p.Y.Sub(&y, &a.Y)
	p.X = x
}
