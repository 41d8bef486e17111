package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/seal"
)

const benchSize = 64 << 20

// BenchmarkAESGCM is the yardstick of the object benchmarks: AES-256-GCM alone, in place, chunks of 1 MiB.
func BenchmarkAESGCM(b *testing.B) {
	block, err := aes.NewCipher(make([]byte, 32))
	require.NoError(b, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(b, err)
	chunk := make([]byte, chunkSize, chunkSize+16)
	nonce := make([]byte, 12)
	b.SetBytes(benchSize)
	for b.Loop() {
		for range benchSize / chunkSize {
			aead.Seal(chunk[:0], nonce, chunk, nil)
		}
	}
}

func BenchmarkSealObject(b *testing.B) {
	content := pattern(chunkSize)
	k := secretOf(1).ContentKey(deal, seal.Commitment{})
	b.SetBytes(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		w, err := seal.SealObject(k, seal.Salt{}, io.Discard)
		require.NoError(b, err)
		for range benchSize / chunkSize {
			_, err := w.Write(content)
			require.NoError(b, err)
		}
		require.NoError(b, w.Close())
	}
}

// BenchmarkOpenObject includes the commitment (HMAC-SHA256 over everything), which sealing does not.
func BenchmarkOpenObject(b *testing.B) {
	content := pattern(benchSize)
	c := seal.Commit(seal.Salt{}, content)
	k := secretOf(1).ContentKey(deal, c)
	object := sealObject(b, k, seal.Salt{}, content)
	buf := make([]byte, 64<<10)
	b.SetBytes(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		r, err := seal.OpenObject(k, c, bytes.NewReader(object))
		require.NoError(b, err)
		_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, buf)
		require.NoError(b, err)
	}
}

// BenchmarkOpenSubmission is decryption alone, as an oracle does it.
func BenchmarkOpenSubmission(b *testing.B) {
	s := seal.Submission{Deal: deal, Provider: provider}
	k := key(b, seal.Hybrid)
	sealed := sealSubmission(b, k.Public(), s, pattern(benchSize))
	buf := make([]byte, 64<<10)
	b.SetBytes(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		r, err := seal.OpenSubmission(k, s, bytes.NewReader(sealed))
		require.NoError(b, err)
		_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, buf)
		require.NoError(b, err)
	}
}

func BenchmarkCommit(b *testing.B) {
	content := pattern(benchSize)
	b.SetBytes(benchSize)
	for b.Loop() {
		seal.Commit(seal.Salt{}, content)
	}
}

func BenchmarkSealContentKey(b *testing.B) {
	for _, suite := range suites {
		b.Run(suite.String(), func(b *testing.B) {
			k, consumer := secretOf(1).ContentKey(deal, seal.Commitment{}), key(b, suite).Public()
			for b.Loop() {
				_, err := seal.SealContentKey(k, consumer, deal, seal.Commitment{})
				require.NoError(b, err)
			}
		})
	}
}

func BenchmarkDigestJSON(b *testing.B) {
	var text bytes.Buffer
	text.WriteString(`[0`)
	for text.Len() < 1<<20 {
		text.WriteString(`,{"resourceType":"Observation","valueQuantity":{"value":1.10,"unit":"mg/dL"},"code":["x","y"]}`)
	}
	text.WriteString(`]`)
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		_, err := seal.DigestJSON(text.Bytes())
		require.NoError(b, err)
	}
}
