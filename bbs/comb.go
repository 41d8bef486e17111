package bbs

import (
	"math/bits"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// This file adds up multiples of points of G1 by secret scalars, with a signed comb.
//
// Both halves of a scalar (see split) become sums of 130 digits, all of them +1 or -1, so that no digit is ever zero and
// every scalar takes the very same steps. The digits are read in groups of five, 13 positions apart: digits i, i+13, …,
// i+52 of a half pick one of 16 precomputed points and its sign, and so do digits i+65, …, i+117. A term therefore puts
// four points into each of 13 columns, which are joined by twelve doublings.

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

// combDigits are the digits of a scalar's halves: bit i of a half says whether its digit i is +1; else it is -1.
type combDigits [2]half

func newCombDigits(k *fr.Element) combDigits {
	k0, k1 := split(k)

	// Digits of ±1 add up to odd numbers. As x⁴ - x² + 1 = r, adding (1, x² - 1) to the halves leaves k and changes the
	// parity of both; adding (x², -1) leaves k and changes the parity of k1 alone.
	even := (k0[0] & 1) - 1
	k0 = k0.plus(half{1}.masked(even))
	k1 = k1.plus(seedSquared.plus(halfMinusOne).masked(even))
	even = (k1[0] & 1) - 1
	k0 = k0.plus(seedSquared.masked(even))
	k1 = k1.plus(halfMinusOne.masked(even))

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

// A secretSum is a sum of multiples of points by scalars that nobody may learn. Generators without a precomputed table
// get a temporary one, some at a time.
type secretSum struct {
	tables  []*table
	scalars []fr.Element

	points       []bls.G1Affine // without a precomputed table
	pointScalars []fr.Element
}

func (s *secretSum) add(base *table, k *fr.Element) {
	s.tables = append(s.tables, base)
	s.scalars = append(s.scalars, *k)
}

func (s *secretSum) addGenerator(g *generators, i int, k *fr.Element) {
	if i < len(g.tables) {
		s.add(&g.tables[i], k)
		return
	}
	s.points = append(s.points, g.points[i])
	s.pointScalars = append(s.pointScalars, *k)
}

func (s *secretSum) clear() {
	clear(s.scalars)
	clear(s.pointScalars)
}

// totals returns the sums, and clears their scalars.
func totals(sums ...*secretSum) []bls.G1Jac {
	results := evaluate(sums)
	for n, s := range sums {
		for at := 0; at < len(s.points); at += secretChunk {
			end := min(at+secretChunk, len(s.points))
			tables := newTables(s.points[at:end])
			part := secretSum{scalars: s.pointScalars[at:end]}
			for i := range tables {
				part.tables = append(part.tables, &tables[i])
			}
			results[n].AddAssign(&evaluate([]*secretSum{&part})[0])
		}
		s.clear()
	}
	return results
}

// secretChunk is how many terms of each sum are added at a time: what bounds the memory, and keeps it in the cache.
const secretChunk = 32

// evaluate returns the sums over tables.
//
// Picking the points and adding them takes the same steps at the same addresses whatever the scalars: every entry of a
// table is read, and the arithmetic is the library's multiplication, which does not branch (on amd64 and arm64), and a
// subtraction of ours. Where the library's other functions follow, whose time depends on their operands, the operands
// are blinded by a fresh random u: inversions by a factor, points by the isomorphism (X, Y) → (u²X, u³Y) to another
// curve, on which the same formulas hold.
func evaluate(sums []*secretSum) []bls.G1Jac {
	u := randomBlind()
	columns := make([]column, combColumns*len(sums))
	widest, chunk := 0, 0
	for n := range sums {
		widest = max(widest, len(sums[n].tables))
		chunk += combs * combColumns * min(len(sums[n].tables), secretChunk)
	}
	points := make([]bls.G1Affine, chunk)
	scratch := make([]fp.Element, chunk) // half for denominators, half for their products
	for start := 0; start < widest; start += secretChunk {
		free := points
		for n := range sums {
			tables := sums[n].tables[min(start, len(sums[n].tables)):]
			tables = tables[:min(secretChunk, len(tables))]
			sum := columns[combColumns*n:][:combColumns]
			for i := range sum {
				sum[i].points, free = free[:combs*len(tables)], free[combs*len(tables):]
			}
			for j := range tables {
				digits := newCombDigits(&sums[n].scalars[start+j])
				fill(sum, combs*j, tables[j], &digits)
				digits = combDigits{}
			}
		}
		addColumns(columns, scratch, &u)
	}
	clear(points)
	clear(scratch)

	results := make([]bls.G1Jac, len(sums))
	for n := range results {
		acc := columns[combColumns*n+combColumns-1].sum
		for i := combColumns - 2; i >= 0; i-- {
			acc.DoubleAssign()
			acc.AddAssign(&columns[combColumns*n+i].sum)
		}
		acc.Z.Mul(&acc.Z, &u) // back to the curve: x = (X/u²)/Z², y = (Y/u³)/Z³
		results[n] = acc
	}
	return results
}

// fill sets, in each column, the points of one term from an offset on, without a secret address.
func fill(columns []column, offset int, t *table, digits *combDigits) {
	for c := range combs {
		for i := range columns {
			entry, negative := digits.pick(c, i)
			p := &columns[i].points[offset+c]
			selectPoint(p, &t[c], entry)
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
