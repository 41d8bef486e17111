package bbs

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// A BatchVerifier checks many proofs under one key with one pairing product for all of them. Add the proofs, then call
// [BatchVerifier.Verify]: no proof is verified before. It is for one goroutine at a time.
//
// A batch with a wrong proof passes with a probability of at most 2^-127, over random coefficients that Verify draws.
// State machines, which must all reach the same verdict, use [PublicKey.VerifyProof].
type BatchVerifier struct {
	key          *PublicKey
	abars, bbars []bls.G1Affine
}

// NewBatchVerifier makes an empty batch for proofs under the key.
func (k *PublicKey) NewBatchVerifier() *BatchVerifier { return &BatchVerifier{key: k} }

// Add checks all of a proof but its pairings, which it leaves to Verify. Arguments and errors are those of
// [PublicKey.VerifyProof]; a proof for which Add returns an error is wrong and not part of the batch. The batch keeps
// 192 bytes of each proof.
func (b *BatchVerifier) Add(proof, header, presentationHeader []byte, disclosed []int, messages [][]byte) error {
	p, err := b.key.decodeClaim(proof, header, presentationHeader, disclosed, messages)
	if err != nil {
		return err
	}
	if err := b.key.verifyChallenge(p, header, presentationHeader, disclosed, messages); err != nil {
		return err
	}
	b.abars, b.bbars = append(b.abars, p.abar), append(b.bbars, p.bbar)
	return nil
}

// Len is the number of proofs in the batch.
func (b *BatchVerifier) Len() int { return len(b.abars) }

// Verify checks the batch, and empties it. If it does not hold, the error is a [*BatchError] that names the wrong
// proofs and wraps [ErrNotVerified]. An empty batch holds.
func (b *BatchVerifier) Verify() error {
	if b.Len() == 0 {
		return nil
	}
	abars, bbars := b.abars, b.bbars
	b.abars, b.bbars = nil, nil

	// h(Σ ρ_i Abar_i, W) * h(Σ ρ_i Bbar_i, -BP2) = Identity_GT, for random ρ_i = a_i + b_i·x² of 128 bits
	var sumA, sumB publicSum
	coefficients := randomHalves(len(abars))
	sumA.points, sumA.pointScalars = abars, coefficients
	sumB.points, sumB.pointScalars = bbars, coefficients
	sums := normalise([]bls.G1Jac{sumA.total(), sumB.total()})
	if b.key.proofPairings(&sums[0], &sums[1]) {
		return nil
	}
	var wrong BatchError
	for i := range abars {
		if !b.key.proofPairings(&abars[i], &bbars[i]) {
			wrong.Indexes = append(wrong.Indexes, i)
		}
	}
	return &wrong
}

// randomHalves draws random public scalars of 128 bits.
func randomHalves(n int) []halves {
	random := make([]byte, 16*n)
	rand.Read(random) // never fails, crypto/rand
	hs := make([]halves, n)
	for i := range hs {
		hs[i][0][0] = binary.LittleEndian.Uint64(random[16*i:])
		hs[i][1][0] = binary.LittleEndian.Uint64(random[16*i+8:])
	}
	return hs
}

// A BatchError names the proofs of a batch that are wrong. It wraps [ErrNotVerified].
type BatchError struct {
	Indexes []int // in the order in which the proofs were added, from 0; ascending
}

func (e *BatchError) Error() string {
	return fmt.Sprintf("%v: proofs %v of the batch", ErrNotVerified, e.Indexes)
}

func (e *BatchError) Unwrap() error { return ErrNotVerified }
