// Package bench measures Panacea against its peers, side by side in one run. It is a module of its own, so that the peers
// are no dependencies of Panacea.
package bench

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	trustbloc "github.com/trustbloc/bbs-signature-go/bbs12381g2pub"

	"github.com/medibloc/panacea/bbs"
)

// must ends the benchmark on an error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// peers are one issuer, holder and verifier of ours and of the peer's, over the same messages with the same disclosure.
type peers struct {
	messages, disclosed [][]byte
	indexes             []int

	key   *bbs.PrivateKey
	sig   []byte
	proof []byte

	theirs                                  *trustbloc.BBSG2Pub
	theirSecret, theirPublic, theirSig, pok []byte
}

var header, nonce = []byte("header"), []byte("nonce")

func newPeers(count int) *peers {
	p := &peers{theirs: trustbloc.New()}
	for i := range count {
		p.messages = append(p.messages, fmt.Appendf(nil, "message %d", i))
		if i%2 == 0 {
			p.indexes = append(p.indexes, i)
			p.disclosed = append(p.disclosed, p.messages[i])
		}
	}
	p.key = must(bbs.SHA256().GenerateKey())
	p.sig = must(p.key.Sign(header, p.messages))
	p.proof = must(p.key.Public().ProveDisclosure(p.sig, header, nonce, p.messages, p.indexes))

	public, secret, err := trustbloc.GenerateKeyPair(sha256.New, nil)
	if err != nil {
		panic(err)
	}
	p.theirPublic, p.theirSecret = must(public.Marshal()), must(secret.Marshal())
	p.theirSig = must(p.theirs.Sign(p.messages, p.theirSecret))
	p.pok = must(p.theirs.DeriveProof(p.messages, p.theirSig, nonce, p.theirPublic, p.indexes))
	return p
}

// A contest times operations in turn, so that whatever else the machine does falls on all of them alike, and compares
// the medians of the processor time that each took. On an idle machine that is the time on the clock: none of the
// operations runs in parallel.
type contest struct {
	name  string
	f     func() error
	times []time.Duration
}

func race(b *testing.B, contestants ...*contest) {
	b.Helper()
	for b.Loop() {
		for _, c := range contestants {
			start := processorTime(b)
			err := c.f()
			c.times = append(c.times, processorTime(b)-start)
			if err != nil {
				b.Fatalf("%s: %v", c.name, err)
			}
		}
	}
	for _, c := range contestants {
		b.ReportMetric(c.median(), c.name+"-µs")
	}
	b.ReportMetric(0, "ns/op") // the sum of all contestants says nothing
}

// processorTime is what the process has used so far, in user and system mode.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// median is in microseconds.
func (c *contest) median() float64 {
	times := slices.Sorted(slices.Values(c.times))
	return float64(times[len(times)/2].Nanoseconds()) / 1000
}

// BenchmarkBBS compares package bbs with trustbloc's implementation. The metric "ratio" says how many times faster ours
// is. The two are not interoperable: theirs is BBS+ of 2020, before the IETF draft, and signs one more scalar.
//
// Each works from bytes, as its interface has it, but for our keys, which callers keep as values.
func BenchmarkBBS(b *testing.B) {
	for _, count := range []int{10, 100, 1000} {
		p := newPeers(count)
		public := p.key.Public()
		for _, operation := range []struct {
			name         string
			ours, theirs func() error
		}{
			{"Sign",
				func() error { _, err := p.key.Sign(header, p.messages); return err },
				func() error { _, err := p.theirs.Sign(p.messages, p.theirSecret); return err }},
			{"Verify",
				func() error { return public.Verify(header, p.messages, p.sig) },
				func() error { return p.theirs.Verify(p.messages, p.theirSig, p.theirPublic) }},
			{"Derive",
				func() error {
					_, err := public.ProveDisclosure(p.sig, header, nonce, p.messages, p.indexes)
					return err
				},
				func() error {
					_, err := p.theirs.DeriveProof(p.messages, p.theirSig, nonce, p.theirPublic, p.indexes)
					return err
				}},
			{"VerifyProof",
				func() error { return public.VerifyProof(p.proof, header, nonce, p.indexes, p.disclosed) },
				// Theirs reverses part of the proof where it lies.
				func() error { return p.theirs.VerifyProof(p.disclosed, bytes.Clone(p.pok), nonce, p.theirPublic) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", operation.name, count), func(b *testing.B) {
				ours := &contest{name: "ours", f: operation.ours}
				theirs := &contest{name: "trustbloc", f: operation.theirs}
				race(b, ours, theirs)
				b.ReportMetric(theirs.median()/ours.median(), "ratio")
			})
		}
	}
}

// BenchmarkBBSAgainstPairing compares the verification of a signature over 10 messages with the floor: the curve
// library's bare check of two pairings. The metric "of-bare" is ours over theirs.
func BenchmarkBBSAgainstPairing(b *testing.B) {
	p := newPeers(10)
	var w bls.G2Affine
	must(w.SetBytes(p.key.Public().Bytes()))
	_, _, g1, g2 := bls.Generators()
	ours := &contest{name: "verify", f: func() error { return p.key.Public().Verify(header, p.messages, p.sig) }}
	bare := &contest{name: "bare", f: func() error {
		_, err := bls.PairingCheck([]bls.G1Affine{g1, g1}, []bls.G2Affine{w, g2})
		return err
	}}
	race(b, ours, bare)
	b.ReportMetric(ours.median()/bare.median(), "of-bare")
}

// BenchmarkBBSBatch compares verifying 100 proofs of one issuer one by one and in a batch, with 10 messages of which 5
// are disclosed.
func BenchmarkBBSBatch(b *testing.B) {
	const n = 100
	p := newPeers(10)
	public := p.key.Public()
	var proofs [n][]byte
	for i := range proofs {
		proofs[i] = must(public.ProveDisclosure(p.sig, header, nonce, p.messages, p.indexes))
	}
	single := &contest{name: "one-by-one", f: func() error {
		for i := range proofs {
			if err := public.VerifyProof(proofs[i], header, nonce, p.indexes, p.disclosed); err != nil {
				return err
			}
		}
		return nil
	}}
	batch := &contest{name: "batch", f: func() error {
		batch := public.NewBatchVerifier()
		for i := range proofs {
			if err := batch.Add(proofs[i], header, nonce, p.indexes, p.disclosed); err != nil {
				return err
			}
		}
		return batch.Verify()
	}}
	race(b, single, batch)
	b.ReportMetric(single.median()/batch.median(), "ratio")
}
