package bbs

import (
	"crypto/rand"
	"fmt"
	"io"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// A proof is the value of draft §3.7.2 and §4.2.4.5.
type proof struct {
	abar, bbar, d bls.G1Affine
	points        []byte // their encodings

	eHat, r1Hat, r3Hat fr.Element
	commitments        []fr.Element // m^_j of the undisclosed messages
	challenge          fr.Element
}

const minProofSize = 3*pointSize + 4*scalarSize

// ProofSize is the size in bytes of a proof that leaves so many messages undisclosed.
func ProofSize(undisclosed int) int { return minProofSize + undisclosed*scalarSize }

// decodeProof is octets_to_proof, draft §4.2.4.5. It decodes at most MaxMessages commitments.
func decodeProof(b []byte) (*proof, error) {
	if len(b) < minProofSize || (len(b)-minProofSize)%scalarSize != 0 {
		return nil, fmt.Errorf("%w: proof of %d bytes, want %d and a multiple of %d", ErrMalformed, len(b), minProofSize, scalarSize)
	}
	n := (len(b) - minProofSize) / scalarSize
	if n > MaxMessages {
		return nil, fmt.Errorf("%w: proof with %d undisclosed messages, want at most %d", ErrTooLarge, n, MaxMessages)
	}
	scalars, err := decodeScalars(b[3*pointSize:])
	if err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	p := &proof{
		points: b[:3*pointSize],
		eHat:   scalars[0], r1Hat: scalars[1], r3Hat: scalars[2],
		commitments: scalars[3 : 3+n],
		challenge:   scalars[3+n],
	}
	for i, q := range []*bls.G1Affine{&p.abar, &p.bbar, &p.d} {
		if *q, err = decodePoint(b[i*pointSize : (i+1)*pointSize]); err != nil {
			return nil, fmt.Errorf("proof: %w", err)
		}
	}
	return p, nil
}

// encode is proof_to_octets, draft §4.2.4.4.
func (p *proof) encode() []byte {
	b := make([]byte, 0, ProofSize(len(p.commitments)))
	b = append(b, p.points...)
	b = appendScalars(b, p.eHat, p.r1Hat, p.r3Hat)
	b = appendScalars(b, p.commitments...)
	return appendScalars(b, p.challenge)
}

// ProveDisclosure makes a proof that discloses some of the messages of a signature, ProofGen of draft §3.5.3. The
// indexes of the messages to disclose ascend strictly from 0; the presentation header (may be nil) is what a verifier
// wants bound, such as its challenge. The result has [ProofSize] bytes and is different each time.
//
// The signature is not verified: call [PublicKey.Verify] once when it is received. A proof from a wrong signature is
// made, and does not verify.
//
// Errors wrap [ErrTooLarge], [ErrIndexes] or [ErrMalformed] (of the signature).
func (k *PublicKey) ProveDisclosure(sig, header, presentationHeader []byte, messages [][]byte, disclosed []int) ([]byte, error) {
	return k.prove(rand.Reader, sig, header, presentationHeader, messages, disclosed)
}

// TestingOnlyProveDisclosure is [PublicKey.ProveDisclosure] with randomness that the caller supplies, for reproducing
// published test vectors: 48 bytes for each scalar of calculate_random_scalars, draft §4.2.1. A proof whose randomness
// someone else can guess, or that was used twice, gives away the hidden messages and the signature. Nothing but tests
// may call it.
func TestingOnlyProveDisclosure(random io.Reader, k *PublicKey, sig, header, presentationHeader []byte, messages [][]byte,
	disclosed []int) ([]byte, error) {
	return k.prove(random, sig, header, presentationHeader, messages, disclosed)
}

func (k *PublicKey) prove(random io.Reader, sig, header, ph []byte, messages [][]byte, disclosed []int) ([]byte, error) {
	if err := checkHeaders(header, ph); err != nil {
		return nil, err
	}
	if err := checkMessages(messages); err != nil {
		return nil, err
	}
	if err := checkIndexes(disclosed, len(messages)); err != nil {
		return nil, err
	}
	decoded, err := decodeSignature(sig)
	if err != nil {
		return nil, err
	}
	scalars := k.suite.messagesToScalars(messages)
	defer clear(scalars)
	randoms, err := randomScalars(random, 5+len(messages)-len(disclosed))
	if err != nil {
		return nil, err
	}
	defer clear(randoms)
	p, err := k.coreProve(decoded, header, ph, scalars, disclosed, randoms)
	if err != nil {
		return nil, err
	}
	encoded := p.encode()
	_, err = decodeScalars(encoded[3*pointSize:])
	if err != nil || p.abar.IsInfinity() || p.bbar.IsInfinity() || p.d.IsInfinity() {
		// Once in 2^250, a value that no decoder accepts.
		return nil, fmt.Errorf("%w: the randomness makes no proof", ErrMalformed)
	}
	return encoded, nil
}

// coreProve is CoreProofGen of draft §3.6.3 with ProofInit and ProofFinalize, §3.7.1 and §3.7.2.
func (k *PublicKey) coreProve(sig signature, header, ph []byte, messages []fr.Element, disclosed []int, random []fr.Element) (*proof, error) {
	s := k.suite
	g := s.cache.forSecrets(len(messages) + 1)
	domain := k.domain(g, len(messages), header)
	r1, r2, eTilde, r1Tilde, r3Tilde, mTilde := random[0], random[1], random[2], random[3], random[4], random[5:]
	undisclosed := complement(disclosed, len(messages))

	// D = B * r2. The factor goes into the scalars of B, so that B itself is never made, and every scalar that is
	// multiplied from here on is uniformly random and used once.
	var dom fr.Element
	dom.Mul(&domain, &r2)
	hidden := make([]fr.Element, len(messages))
	for i := range messages {
		hidden[i].Mul(&messages[i], &r2)
	}
	d := normalise(totals(s.commitSecret(g, &r2, &dom, hidden)))[0]
	clear(hidden)

	tables := newTables([]bls.G1Affine{sig.a, d})
	onA, onD := &tables[0], &tables[1]
	var r1r2, minusE, aT1 fr.Element
	r1r2.Mul(&r1, &r2)
	minusE.Mul(&r1r2, &sig.e)
	minusE.Neg(&minusE)
	aT1.Mul(&r1r2, &eTilde)

	// T2 = D * r3~ + H_j1 * m~_j1 + ... + H_jU * m~_jU
	var t2 secretSum
	t2.add(onD, &r3Tilde)
	for n, j := range undisclosed {
		t2.addGenerator(g, j+1, &mTilde[n])
	}
	points := normalise(totals(&t2,
		// Abar = A * (r1 * r2)
		&secretSum{tables: []*table{onA}, scalars: []fr.Element{r1r2}},
		// Bbar = D * r1 - Abar * e
		&secretSum{tables: []*table{onD, onA}, scalars: []fr.Element{r1, minusE}},
		// T1 = Abar * e~ + D * r1~
		&secretSum{tables: []*table{onD, onA}, scalars: []fr.Element{r1Tilde, aT1}},
	))
	p := &proof{abar: points[1], bbar: points[2], d: d}
	p.points = append(encodedG1(&p.abar), encodedG1(&p.bbar)...)
	p.points = append(p.points, encodedG1(&p.d)...)
	p.challenge = s.challenge(p.points, points[3], points[0], pick(messages, disclosed), disclosed, &domain, ph)

	var zero fr.Element
	r3, err := inverseOfSum(&r2, &zero)
	if err != nil {
		return nil, err
	}
	p.eHat.Mul(&sig.e, &p.challenge)
	addSecret(&p.eHat, &p.eHat, &eTilde)
	p.r1Hat.Mul(&r1, &p.challenge)
	subtractSecret(&p.r1Hat, &r1Tilde, &p.r1Hat)
	p.r3Hat.Mul(&r3, &p.challenge)
	subtractSecret(&p.r3Hat, &r3Tilde, &p.r3Hat)
	p.commitments = pick(messages, undisclosed)
	for n := range p.commitments {
		p.commitments[n].Mul(&p.commitments[n], &p.challenge)
		addSecret(&p.commitments[n], &p.commitments[n], &mTilde[n])
	}
	return p, nil
}

// VerifyProof checks a proof against what it discloses, ProofVerify of draft §3.5.4. A nil error means that the prover
// has a signature of the key's owner over this header and over a list of messages that has these messages at these
// indexes, and that the prover bound the proof to the presentation header. The list's length is the number of disclosed
// messages and that of the undisclosed ones, which follows from the proof's size.
//
// Errors wrap [ErrTooLarge], [ErrIndexes], [ErrMalformed] or [ErrNotVerified].
func (k *PublicKey) VerifyProof(proof, header, presentationHeader []byte, disclosed []int, messages [][]byte) error {
	p, err := k.decodeClaim(proof, header, presentationHeader, disclosed, messages)
	if err != nil {
		return err
	}
	// The pairings come first: only somebody who has a signature of the key can cause the work that grows with the
	// number of messages.
	if !k.proofPairings(&p.abar, &p.bbar) {
		return fmt.Errorf("%w: proof", ErrNotVerified)
	}
	return k.verifyChallenge(p, header, presentationHeader, disclosed, messages)
}

// decodeClaim decodes a proof, and checks whatever can be checked without curve arithmetic on several points.
func (k *PublicKey) decodeClaim(proof, header, ph []byte, disclosed []int, messages [][]byte) (*proof, error) {
	if err := checkHeaders(header, ph); err != nil {
		return nil, err
	}
	if err := checkMessages(messages); err != nil {
		return nil, err
	}
	if len(messages) != len(disclosed) {
		return nil, fmt.Errorf("%w: %d indexes for %d messages", ErrIndexes, len(disclosed), len(messages))
	}
	p, err := decodeProof(proof)
	if err != nil {
		return nil, err
	}
	count := len(p.commitments) + len(messages)
	if count > MaxMessages {
		return nil, fmt.Errorf("%w: %d messages, want at most %d", ErrTooLarge, count, MaxMessages)
	}
	return p, checkIndexes(disclosed, count)
}

// proofPairings checks h(Abar, W) * h(Bbar, -BP2) = Identity_GT, step 6 of draft §3.6.4.
func (k *PublicKey) proofPairings(abar, bbar *bls.G1Affine) bool {
	var minus bls.G1Affine
	minus.Neg(bbar)
	return k.pairingsCancel(*abar, minus)
}

// verifyChallenge is steps 1 to 5 of CoreProofVerify, draft §3.6.4.
func (k *PublicKey) verifyChallenge(p *proof, header, ph []byte, disclosed []int, messages [][]byte) error {
	s := k.suite
	count := len(p.commitments) + len(messages)
	g := s.cache.forPublic(count + 1)
	domain := k.domain(g, count, header)
	scalars := s.messagesToScalars(messages)
	t1, t2 := k.commitments(p, g, &domain, scalars, disclosed)
	c := s.challenge(p.points, t1, t2, scalars, disclosed, &domain, ph)
	if !c.Equal(&p.challenge) {
		return fmt.Errorf("%w: proof", ErrNotVerified)
	}
	return nil
}

// commitments returns T1 and T2 of ProofVerifyInit, draft §3.7.3.
func (k *PublicKey) commitments(p *proof, g *generators, domain *fr.Element, messages []fr.Element, disclosed []int) (t1, t2 bls.G1Affine) {
	// T1 = Bbar * c + Abar * e^ + D * r1^
	multiples := newOddMultiples(onceWindow, p.d, p.abar, p.bbar)
	var sum1 publicSum
	sum1.add(&multiples[0], &p.r1Hat)
	sum1.add(&multiples[1], &p.eHat)
	sum1.add(&multiples[2], &p.challenge)

	// T2 = Bv * c + D * r3^ + H_j1 * m^_j1 + ..., with Bv = P1 + Q_1 * domain + H_i1 * msg_i1 + ...
	exponents := make([]fr.Element, len(messages)+len(p.commitments))
	for n, i := range disclosed {
		exponents[i].Mul(&messages[n], &p.challenge)
	}
	for n, j := range complement(disclosed, len(exponents)) {
		exponents[j] = p.commitments[n]
	}
	var onQ1 fr.Element
	onQ1.Mul(domain, &p.challenge)
	sum2 := k.suite.commitPublic(g, &p.challenge, &onQ1, exponents)
	sum2.add(&multiples[0], &p.r3Hat)

	points := normalise([]bls.G1Jac{sum1.total(), sum2.total()})
	return points[0], points[1]
}

// challenge is ProofChallengeCalculate, draft §3.7.4. Points are the encodings of Abar, Bbar and D.
func (s *Suite) challenge(points []byte, t1, t2 bls.G1Affine, messages []fr.Element, disclosed []int, domain *fr.Element, ph []byte) fr.Element {
	b := make([]byte, 0, 8+len(disclosed)*(8+scalarSize)+5*pointSize+scalarSize+8)
	b = append(b, octets8(len(disclosed))...)
	for n, i := range disclosed {
		b = append(b, octets8(i)...)
		b = appendScalars(b, messages[n])
	}
	b = append(b, points...)
	b = append(b, encodedG1(&t1)...)
	b = append(b, encodedG1(&t2)...)
	b = appendScalars(b, *domain)
	b = append(b, octets8(len(ph))...)
	return s.hashToScalar(s.tagScalar, b, ph)
}

// checkIndexes checks that indexes ascend strictly and lie below count.
func checkIndexes(indexes []int, count int) error {
	last := -1
	for _, i := range indexes {
		if i <= last || i >= count {
			return fmt.Errorf("%w: index %d after %d, of %d messages", ErrIndexes, i, last, count)
		}
		last = i
	}
	return nil
}

// complement returns the indexes below count that are not among the given ones, which ascend.
func complement(indexes []int, count int) []int {
	rest := make([]int, 0, count-len(indexes))
	for i := range count {
		if len(indexes) > 0 && indexes[0] == i {
			indexes = indexes[1:]
			continue
		}
		rest = append(rest, i)
	}
	return rest
}

func pick(scalars []fr.Element, indexes []int) []fr.Element {
	picked := make([]fr.Element, len(indexes))
	for n, i := range indexes {
		picked[n] = scalars[i]
	}
	return picked
}
