package bbs

import (
	"crypto/rand"
	"fmt"
	"io"
	"math/bits"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// scalarFromUniform is OS2IP(b) mod r for 48 bytes. Unlike the curve library's own reduction it takes no detour
// through math/big, whose buffers are pooled and never cleared.
func scalarFromUniform(b *[expandLen]byte) fr.Element {
	var buf [scalarSize]byte
	half := func(h []byte) fr.Element {
		copy(buf[8:], h)
		e, _ := fr.BigEndian.Element(&buf) // 192 bits: always below r
		return e
	}
	hi, lo := half(b[:24]), half(b[24:])
	hi.Mul(&hi, &twoTo192)
	addSecret(&hi, &hi, &lo)
	clear(buf[:])
	return hi
}

var twoTo192 = func() fr.Element {
	e, _ := fr.BigEndian.Element(&[scalarSize]byte{7: 1})
	return e
}()

// decodeScalar reads a scalar in the range 1 to r - 1, as the draft's decoders require everywhere.
func decodeScalar(b []byte) (fr.Element, error) {
	e, err := fr.BigEndian.Element((*[scalarSize]byte)(b))
	if err != nil || e.IsZero() {
		return fr.Element{}, fmt.Errorf("%w: scalar is zero or not reduced", ErrMalformed)
	}
	return e, nil
}

// decodeScalars reads as many as there are.
func decodeScalars(b []byte) ([]fr.Element, error) {
	scalars := make([]fr.Element, len(b)/scalarSize)
	for i := range scalars {
		var err error
		if scalars[i], err = decodeScalar(b[i*scalarSize : (i+1)*scalarSize]); err != nil {
			return nil, err
		}
	}
	return scalars, nil
}

// randomScalars is calculate_random_scalars of draft §4.2.1.
func randomScalars(random io.Reader, n int) ([]fr.Element, error) {
	var uniform [expandLen]byte
	defer clear(uniform[:])
	scalars := make([]fr.Element, n)
	for i := range scalars {
		if _, err := io.ReadFull(random, uniform[:]); err != nil {
			return nil, fmt.Errorf("bbs: read randomness: %w", err)
		}
		scalars[i] = scalarFromUniform(&uniform)
	}
	return scalars, nil
}

// inverseOfSum returns 1/(x + y) for a secret x. The curve library's inversion takes a time that depends on its operand,
// so it only ever sees the sum multiplied by a blind: a fresh, uniform, non-zero scalar.
func inverseOfSum(x, y *fr.Element) (fr.Element, error) {
	blind, err := randomScalars(rand.Reader, 1)
	if err != nil {
		return fr.Element{}, err
	}
	defer clear(blind)
	var t fr.Element
	addSecret(&t, x, y)
	t.Mul(&t, &blind[0])
	t.Inverse(&t)
	t.Mul(&t, &blind[0])
	return t, nil
}

// order is r, little-endian.
var order = [4]uint64{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48}

// addSecret sets z to x + y. The curve library's addition branches on whether the sum reaches r, which tells something
// of the operands where the sum is published, as the scalars of a proof are.
func addSecret(z, x, y *fr.Element) {
	var sum, reduced [4]uint64
	var c, b uint64
	sum[0], c = bits.Add64(x[0], y[0], 0)
	sum[1], c = bits.Add64(x[1], y[1], c)
	sum[2], c = bits.Add64(x[2], y[2], c)
	sum[3], _ = bits.Add64(x[3], y[3], c) // below 2r, hence below 2^256
	reduced[0], b = bits.Sub64(sum[0], order[0], 0)
	reduced[1], b = bits.Sub64(sum[1], order[1], b)
	reduced[2], b = bits.Sub64(sum[2], order[2], b)
	reduced[3], b = bits.Sub64(sum[3], order[3], b)
	for i := range z {
		z[i] = reduced[i] ^ (reduced[i]^sum[i])&-b
	}
}

// subtractSecret sets z to x - y, likewise.
func subtractSecret(z, x, y *fr.Element) {
	var minus fr.Element // r - y: at most r, which addSecret takes as well
	var b uint64
	minus[0], b = bits.Sub64(order[0], y[0], 0)
	minus[1], b = bits.Sub64(order[1], y[1], b)
	minus[2], b = bits.Sub64(order[2], y[2], b)
	minus[3], _ = bits.Sub64(order[3], y[3], b)
	addSecret(z, x, &minus)
}
