package bbs

import (
	"fmt"
	"io"

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
	hi.Add(&hi, &lo)
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

// invert returns the inverse of a secret scalar. The curve library's inversion takes a time that depends on its
// operand, so it only ever sees the secret multiplied by a blind: a fresh, uniform, non-zero scalar.
func invert(x, blind *fr.Element) fr.Element {
	var t fr.Element
	t.Mul(x, blind)
	t.Inverse(&t)
	t.Mul(&t, blind)
	return t
}
