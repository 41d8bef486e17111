package bbs

import (
	"math/bits"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// This file adds many points of G1 in affine coordinates, sharing field inversions: the group operation in half the
// multiplications that the curve library's projective formulas need.

// A column holds the points of one column that are yet to be added to its sum. An unset sum is the identity.
type column struct {
	points []bls.G1Affine
	sum    bls.G1Jac
}

// worthInverting is the number of affine additions that together save what their common inversion costs.
const worthInverting = 13

// addColumns adds the points of each column to its sum, with scratch space for as many elements as there are points. It
// adds pairs of points until few are left, and inverts the denominators of a round together.
//
// The affine formula does not serve equal or opposite points. Two of them meet in a column only if someone knows a
// relation between the base points, that is discrete logarithms; the sum is right all the same.
//
// A blind u, if not nil, hides the operands of inversions, and the sums are those of the isomorphic curve: (u²X, u³Y).
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
		if n < worthInverting || product.IsZero() {
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
