package bbs

import (
	"fmt"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A signature is the pair (A, e) of draft §3.6.1.
type signature struct {
	a bls.G1Affine
	e fr.Element
}

// encode is signature_to_octets, draft §4.2.4.2.
func (s *signature) encode() []byte {
	e := s.e.Bytes()
	return append(encodedG1(&s.a), e[:]...)
}

// decodeSignature is octets_to_signature, draft §4.2.4.3.
func decodeSignature(b []byte) (signature, error) {
	if len(b) != SignatureSize {
		return signature{}, fmt.Errorf("%w: signature of %d bytes, want %d", ErrMalformed, len(b), SignatureSize)
	}
	a, err := decodePoint(b[:pointSize])
	if err != nil {
		return signature{}, fmt.Errorf("signature: %w", err)
	}
	e, err := decodeScalar(b[pointSize:])
	if err != nil {
		return signature{}, fmt.Errorf("signature: %w", err)
	}
	return signature{a, e}, nil
}

// decodePoint reads a point of G1 other than the identity: octets_to_point_E1 and subgroup_check_G1.
func decodePoint(b []byte) (bls.G1Affine, error) {
	var p bls.G1Affine
	if _, err := p.SetBytes(b[:pointSize:pointSize]); err != nil {
		return p, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if p.IsInfinity() {
		return p, fmt.Errorf("%w: point is the identity", ErrMalformed)
	}
	return p, nil
}

// Sign signs a header and a list of messages, Sign of draft §3.5.1. Either may be empty; the same input gives the same
// signature, of [SignatureSize] bytes. Errors wrap [ErrTooLarge], or [ErrInvalidKey] after [PrivateKey.Destroy].
func (k *PrivateKey) Sign(header []byte, messages [][]byte) ([]byte, error) {
	if err := checkHeaders(header); err != nil {
		return nil, err
	}
	if err := checkMessages(messages); err != nil {
		return nil, err
	}
	if k.sk.IsZero() {
		return nil, fmt.Errorf("%w: the key was destroyed", ErrInvalidKey)
	}
	sig, err := k.coreSign(header, k.suite.messagesToScalars(messages))
	if err != nil {
		return nil, err
	}
	return sig.encode(), nil
}

// coreSign is CoreSign of draft §3.6.1. It clears the scalars.
func (k *PrivateKey) coreSign(header []byte, messages []fr.Element) (signature, error) {
	defer clear(messages)
	s := k.suite
	g := s.cache.forSecrets(len(messages) + 1)
	domain := k.public.domain(g, len(messages), header)

	// e = hash_to_scalar(serialize((SK, msg_1, ..., msg_L, domain)))
	input := make([]byte, 0, (len(messages)+2)*scalarSize)
	input = appendScalars(input, k.sk)
	input = appendScalars(input, messages...)
	input = appendScalars(input, domain)
	e := s.hashToScalar(s.tagScalar, input)
	clear(input)

	inverse, err := inverseOfSum(&k.sk, &e)
	if err != nil {
		return signature{}, err
	}

	// A = B * 1/(SK + e). The factor goes into the scalars of B, so that B itself is never made: all bases are known
	// ones, and no scalar that is multiplied is a message's.
	for i := range messages {
		messages[i].Mul(&messages[i], &inverse)
	}
	domain.Mul(&domain, &inverse)
	a := s.commitSecret(g, &inverse, &domain, messages)
	inverse.SetZero()
	domain.SetZero()

	sig := signature{a: normalise(totals(a))[0], e: e}
	if sig.a.IsInfinity() || e.IsZero() {
		return signature{}, fmt.Errorf("%w: SK + e or e is zero for these messages", ErrInvalidKey)
	}
	return sig, nil
}

// Verify checks a signature, Verify of draft §3.5.2. A nil error means that the owner of the key signed this header and
// these messages in this order. Errors wrap [ErrTooLarge], [ErrMalformed] or [ErrNotVerified].
func (k *PublicKey) Verify(header []byte, messages [][]byte, sig []byte) error {
	if err := checkHeaders(header); err != nil {
		return err
	}
	if err := checkMessages(messages); err != nil {
		return err
	}
	decoded, err := decodeSignature(sig)
	if err != nil {
		return err
	}
	return k.coreVerify(decoded, header, k.suite.messagesToScalars(messages))
}

// coreVerify is CoreVerify of draft §3.6.2.
func (k *PublicKey) coreVerify(sig signature, header []byte, messages []fr.Element) error {
	g := k.suite.cache.forPublic(len(messages) + 1)
	domain := k.domain(g, len(messages), header)
	one := fr.One()
	b := k.suite.commitPublic(g, &one, &domain, messages)

	// h(A, W) * h(A * e - B, BP2) = Identity_GT
	var minusE fr.Element
	minusE.Neg(&sig.e)
	b.add(&newOddMultiples(onceWindow, sig.a)[0], &minusE)
	q := normalise([]bls.G1Jac{b.total()})[0]
	q.Neg(&q)
	if !k.pairingsCancel(sig.a, q) {
		return fmt.Errorf("%w: signature", ErrNotVerified)
	}
	return nil
}

// domain is calculate_domain of draft §4.2.3 for a count of messages.
func (k *PublicKey) domain(g *generators, count int, header []byte) fr.Element {
	s := k.suite
	return s.hashToScalar(s.tagScalar, k.encoded[:], octets8(count), g.encoded[:(count+1)*pointSize], s.apiID,
		octets8(len(header)), header)
}

// commitSecret and commitPublic make the sum P1 * factor + Q_1 * domain + H_1 * messages[0] + ... + H_L * messages[L-1].
func (s *Suite) commitSecret(g *generators, factor, domain *fr.Element, messages []fr.Element) *secretSum {
	var sum secretSum
	sum.add(&s.p1.tables[0], factor)
	sum.addGenerator(g, 0, domain)
	for i := range messages {
		sum.addGenerator(g, i+1, &messages[i])
	}
	return &sum
}

func (s *Suite) commitPublic(g *generators, factor, domain *fr.Element, messages []fr.Element) *publicSum {
	var sum publicSum
	sum.add(&s.p1.odd[0], factor)
	sum.addGenerator(g, 0, domain)
	for i := range messages {
		sum.addGenerator(g, i+1, &messages[i])
	}
	return &sum
}

func appendScalars(b []byte, scalars ...fr.Element) []byte {
	for i := range scalars {
		e := scalars[i].Bytes()
		b = append(b, e[:]...)
		clear(e[:])
	}
	return b
}
