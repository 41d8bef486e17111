package bbs

import (
	"fmt"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/stretchr/testify/require"
)

// sample is a signature over numbered messages, of which the even ones are disclosed.
type sample struct {
	key       *PrivateKey
	messages  [][]byte
	sig       []byte
	indexes   []int
	disclosed [][]byte
	proof     []byte
}

func newSample(tb testing.TB, s *Suite, count int) *sample {
	tb.Helper()
	key, err := s.DeriveKey([]byte("a key for tests, of no other use"), nil, nil)
	require.NoError(tb, err)
	x := &sample{key: key}
	for i := range count {
		x.messages = append(x.messages, fmt.Appendf(nil, "message %d", i))
		if i%2 == 0 {
			x.indexes = append(x.indexes, i)
			x.disclosed = append(x.disclosed, x.messages[i])
		}
	}
	x.sig, err = key.Sign([]byte("header"), x.messages)
	require.NoError(tb, err)
	x.proof, err = key.Public().ProveDisclosure(x.sig, []byte("header"), []byte("nonce"), x.messages, x.indexes)
	require.NoError(tb, err)
	return x
}

func (x *sample) verifyProof() error {
	return x.key.Public().VerifyProof(x.proof, []byte("header"), []byte("nonce"), x.indexes, x.disclosed)
}

func BenchmarkSuite(b *testing.B) {
	for _, s := range []*Suite{SHA256(), SHAKE256()} {
		for _, count := range []int{10, 100, 1000} {
			x := newSample(b, s, count)
			public := x.key.Public()
			run := func(name string, f func() error) {
				b.Run(fmt.Sprintf("%s/%s/%d", s, name, count), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if err := f(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			run("Sign", func() error { _, err := x.key.Sign([]byte("header"), x.messages); return err })
			run("Verify", func() error { return public.Verify([]byte("header"), x.messages, x.sig) })
			run("ProveDisclosure", func() error {
				_, err := public.ProveDisclosure(x.sig, []byte("header"), []byte("nonce"), x.messages, x.indexes)
				return err
			})
			run("VerifyProof", x.verifyProof)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	x := newSample(b, SHA256(), 10)
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				batch := x.key.Public().NewBatchVerifier()
				for range n {
					if err := batch.Add(x.proof, []byte("header"), []byte("nonce"), x.indexes, x.disclosed); err != nil {
						b.Fatal(err)
					}
				}
				if err := batch.Verify(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/proof")
		})
	}
}

func BenchmarkNewPublicKey(b *testing.B) {
	key := newSample(b, SHA256(), 1).key.Public().Bytes()
	for b.Loop() {
		if _, err := SHA256().NewPublicKey(key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewPrivateKey(b *testing.B) {
	key := newSample(b, SHA256(), 1).key.Bytes()
	for b.Loop() {
		if _, err := SHA256().NewPrivateKey(key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGenerators measures what the first use of a suite costs for each new generator.
func BenchmarkGenerators(b *testing.B) {
	const n = 64
	for name, grow := range map[string]func(*generatorCache, int) *generators{
		"signing and proving": (*generatorCache).forSecrets,
		"verifying":           (*generatorCache).forPublic,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				grow(&newSuite("cold", "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_", expandXMD).cache, n)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*(n+1)), "µs/generator")
		})
	}
}

// BenchmarkPairingCheck is the floor of every verification: the curve library's check of two pairings.
func BenchmarkPairingCheck(b *testing.B) {
	_, _, g1, g2 := bls.Generators()
	// h(2G, BP2) * h(-G, 2BP2). With the same points on both sides the library would skip most of the work.
	var twice, minus bls.G1Affine
	twice.Double(&g1)
	minus.Neg(&g1)
	var twice2 bls.G2Affine
	twice2.Double(&g2)
	for b.Loop() {
		if ok, err := bls.PairingCheck([]bls.G1Affine{twice, minus}, []bls.G2Affine{g2, twice2}); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}
