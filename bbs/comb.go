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
		for t := range chain {
			for d := range combColumns {
				if t > 0 && d > 0 {
					p.DoubleAssign()
				}
			}
			powers = append(powers, p)
			p.DoubleAssign()
			powers = append(powers, p)
		}
	}
	affine := normalise(powers)

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
	flat := normalise(entries)

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

// normalise returns the points in affine coordinates with one inversion for all. The library's function of this kind
// starts goroutines, which for few points costs more than it saves.
func normalise(points []bls.G1Jac) []bls.G1Affine {
	affine := make([]bls.G1Affine, len(points))
	inverses := make([]fp.Element, len(points))
	var product fp.Element
	product.SetOne()
	for i := range points {
		inverses[i] = product
		if !points[i].Z.IsZero() { // the identity stays (0, 0)
			product.Mul(&product, &points[i].Z)
		}
	}
	product.Inverse(&product)
	for i := len(points) - 1; i >= 0; i-- {
		p := &points[i]
		if p.Z.IsZero() {
			continue
		}
		var z, z2 fp.Element
		z.Mul(&inverses[i], &product)
		product.Mul(&product, &p.Z)
		z2.Square(&z)
		affine[i].X.Mul(&p.X, &z2)
		affine[i].Y.Mul(&p.Y, z.Mul(&z, &z2))
	}
	return affine
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

// A combSum is a sum Σ scalars[i]·P_i over the base points P_i of tables.
type combSum struct {
	tables  []*table
	scalars []fr.Element
}

func (s *combSum) add(base *table, k *fr.Element) {
	s.tables = append(s.tables, base)
	s.scalars = append(s.scalars, *k)
}

// sumChunk is how many terms of each sum are added at a time: what bounds the memory, and keeps it in the cache.
const sumChunk = 32

// sumPublic evaluates sums. Its time and its memory accesses depend on the scalars.
func sumPublic(sums ...combSum) []bls.G1Jac { return evaluate(sums, nil) }

// sumSecret evaluates sums whose scalars nobody may learn.
//
// Picking the points and adding them takes the same steps at the same addresses whatever the scalars: every entry of a
// table is read, and the arithmetic is the library's multiplication, which does not branch (on amd64 and arm64), and a
// subtraction of ours. Where the library's other functions follow, whose time depends on their operands, the operands
// are blinded by a fresh random u: inversions by a factor, points by the isomorphism (X, Y) → (u²X, u³Y) to another
// curve, on which the same formulas hold.
func sumSecret(sums ...combSum) []bls.G1Jac {
	u := randomBlind()
	return evaluate(sums, &u)
}

func evaluate(sums []combSum, u *fp.Element) []bls.G1Jac {
	columns := make([]column, combColumns*len(sums))
	widest, chunk := 0, 0
	for n := range sums {
		widest = max(widest, len(sums[n].tables))
		chunk += combs * combColumns * min(len(sums[n].tables), sumChunk)
	}
	points := make([]bls.G1Affine, chunk)
	scratch := make([]fp.Element, chunk) // half for denominators, half for their products
	for start := 0; start < widest; start += sumChunk {
		free := points
		for n := range sums {
			tables := sums[n].tables[min(start, len(sums[n].tables)):]
			tables = tables[:min(sumChunk, len(tables))]
			sum := columns[combColumns*n:][:combColumns]
			for i := range sum {
				sum[i].points, free = free[:combs*len(tables)], free[combs*len(tables):]
			}
			for j := range tables {
				digits := newCombDigits(&sums[n].scalars[start+j])
				fill(sum, combs*j, tables[j], &digits, u != nil)
				digits = combDigits{}
			}
		}
		addColumns(columns, scratch, u)
	}
	if u != nil {
		clear(points)
		clear(scratch)
	}

	results := make([]bls.G1Jac, len(sums))
	for n := range results {
		acc := columns[combColumns*n+combColumns-1].sum
		for i := combColumns - 2; i >= 0; i-- {
			acc.DoubleAssign()
			acc.AddAssign(&columns[combColumns*n+i].sum)
		}
		if u != nil {
			acc.Z.Mul(&acc.Z, u) // back to the curve: x = (X/u²)/Z², y = (Y/u³)/Z³
		}
		results[n] = acc
	}
	return results
}

// A column holds the points of one column that are yet to be added to its sum. An unset sum is the identity.
type column struct {
	points []bls.G1Affine
	sum    bls.G1Jac
}

// fill sets, in each column, the points of one term from an offset on; if secret, without a secret address.
func fill(columns []column, offset int, t *table, digits *combDigits, secret bool) {
	for c := range combs {
		for i := range columns {
			entry, negative := digits.pick(c, i)
			p := &columns[i].points[offset+c]
			if secret {
				selectPoint(p, &t[c], entry)
			} else {
				*p = t[c][entry]
			}
			var minus fp.Element
			subtract(&minus, &minus, &p.Y)
			p.Y.Select(int(negative), &p.Y, &minus)
		}
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
// relation between the base points, that is discrete logarithms; the sum is right all the same.
func addColumns(columns []column, scratch []fp.Element, u *fp.Element) {
	denominators, products := scratch[:len(scratch)/2], scratch[len(scratch)/2:]
	for {
		n := 0
		var product fp.Element
		product.SetOne()
		for i := range columns {
			points := columns[i].points
			for ; len(points) > 1; points = points[2:] {
				subtract(&denominators[n], &points[1].X, &points[0].X)
				products[n] = product
				product.Mul(&product, &denominators[n])
				n++
			}
		}
		if n == 0 || product.IsZero() {
			break
		}
		if u != nil {
			product.Mul(&product, u)
		}
		product.Inverse(&product)
		if u != nil {
			product.Mul(&product, u)
		}
		for k := n - 1; k >= 0; k-- {
			products[k].Mul(&products[k], &product) // now the inverse of denominator k
			product.Mul(&product, &denominators[k])
		}
		n = 0
		for i := range columns {
			points := columns[i].points
			pairs := len(points) / 2
			for j := range pairs {
				addAffine(&points[j], &points[2*j], &points[2*j+1], &products[n])
				n++
			}
			if len(points)%2 == 1 {
				points[pairs] = points[len(points)-1]
				pairs++
			}
			columns[i].points = points[:pairs]
		}
	}
	var u2, u3 fp.Element
	if u != nil {
		u2.Square(u)
		u3.Mul(&u2, u)
	}
	for i := range columns {
		for _, p := range columns[i].points {
			if u != nil {
				p.X.Mul(&p.X, &u2)
				p.Y.Mul(&p.Y, &u3)
			}
			columns[i].sum.AddMixed(&p)
		}
	}
}

// addAffine sets p to a + b, given the inverse of b.X - a.X. p may be a.
func addAffine(p, a, b *bls.G1Affine, inverse *fp.Element) {
	var slope, x, y fp.Element
	subtract(&slope, &b.Y, &a.Y)
	slope.Mul(&slope, inverse)
	x.Square(&slope)
	subtract(&x, &x, &a.X)
	subtract(&x, &x, &b.X)
	subtract(&y, &a.X, &x)
	y.Mul(&y, &slope)
	subtract(&p.Y, &y, &a.Y)
	p.X = x
}

// subtract sets z to x - y. The library's subtraction branches on the borrow, which depends on the operands.
func subtract(z, x, y *fp.Element) {
	var t fp.Element
	var b, c uint64
	t[0], b = bits.Sub64(x[0], y[0], 0)
	t[1], b = bits.Sub64(x[1], y[1], b)
	t[2], b = bits.Sub64(x[2], y[2], b)
	t[3], b = bits.Sub64(x[3], y[3], b)
	t[4], b = bits.Sub64(x[4], y[4], b)
	t[5], b = bits.Sub64(x[5], y[5], b)
	z[0], c = bits.Add64(t[0], 0xb9feffffffffaaab&-b, 0) // the modulus p, if there was a borrow
	z[1], c = bits.Add64(t[1], 0x1eabfffeb153ffff&-b, c)
	z[2], c = bits.Add64(t[2], 0x6730d2a0f6b0f624&-b, c)
	z[3], c = bits.Add64(t[3], 0x64774b84f38512bf&-b, c)
	z[4], c = bits.Add64(t[4], 0x4b1ba7b6434bacd7&-b, c)
	z[5], _ = bits.Add64(t[5], 0x1a0111ea397fe69a&-b, c)
}
