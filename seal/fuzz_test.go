package seal_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/seal"
)

// fuzzVectors reads the test vectors: sealing is random, and a fuzzer's processes must agree on what was made.
func fuzzVectors(f *testing.F) (vectors, seal.Deal, seal.Commitment) {
	b, err := os.ReadFile(vectorsFile)
	require.NoError(f, err)
	var v vectors
	require.NoError(f, json.Unmarshal(b, &v))
	return v, seal.Deal{ChainID: v.ChainID, ID: v.DealID}, seal.Commitment(unhex(f, v.Content.Commitment))
}

// fuzzOpener fuzzes an opener with the vectors of both suites, whose keys and sealed messages are given: nothing but what was
// made opens.
func fuzzOpener(f *testing.F, key, sealed func(hpkeVector) string, open func(k *seal.PrivateKey, b []byte) error) {
	v, _, _ := fuzzVectors(f)
	var keys []*seal.PrivateKey
	made := map[string]bool{}
	for _, h := range v.HPKE {
		k, err := seal.ParsePrivateKey(unhex(f, key(h)))
		require.NoError(f, err)
		keys = append(keys, k)
		b := unhex(f, sealed(h))
		require.NoError(f, open(k, b))
		made[string(b)] = true
		f.Add(b)
		f.Add(b[:len(b)-16])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range keys {
			if open(k, b) == nil && !made[string(b)] {
				t.Fatal("what nobody sealed opens")
			}
		}
	})
}

func FuzzOpenSubmission(f *testing.F) {
	v, d, _ := fuzzVectors(f)
	s := seal.Submission{Deal: d, Provider: unhex(f, v.Provider)}
	fuzzOpener(f, func(h hpkeVector) string { return h.OraclePrivateKey }, func(h hpkeVector) string { return h.Submission },
		func(k *seal.PrivateKey, b []byte) error {
			_, err := openSubmission(k, s, b)
			return err
		})
}

func FuzzOpenContentKey(f *testing.F) {
	_, d, c := fuzzVectors(f)
	fuzzOpener(f, func(h hpkeVector) string { return h.ConsumerKey }, func(h hpkeVector) string { return h.SealedContentKey },
		func(k *seal.PrivateKey, b []byte) error {
			_, err := seal.OpenContentKey(k, d, c, b)
			return err
		})
}

func FuzzOpenOracleSecret(f *testing.F) {
	v, d, _ := fuzzVectors(f)
	h := seal.Handshake{ChainID: d.ChainID, Target: unhex(f, v.HPKE[0].Target), Measurement: [32]byte(unhex(f, v.HPKE[0].Measurement))}
	fuzzOpener(f, func(h hpkeVector) string { return h.NewcomerKey }, func(h hpkeVector) string { return h.SealedSecret },
		func(k *seal.PrivateKey, b []byte) error {
			_, err := seal.OpenOracleSecret(k, h, b)
			return err
		})
}

func FuzzParsePublicKey(f *testing.F) {
	for _, suite := range suites {
		k, err := secretOf(9).HPKEKey(suite)
		require.NoError(f, err)
		f.Add(k.Public().Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if k, err := seal.ParsePublicKey(b); err == nil && !bytes.Equal(k.Bytes(), b) {
			t.Fatal("one key has two encodings")
		}
	})
}

func FuzzParsePrivateKey(f *testing.F) {
	for _, suite := range suites {
		k, err := secretOf(9).HPKEKey(suite)
		require.NoError(f, err)
		b, err := k.Bytes()
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if k, err := seal.ParsePrivateKey(b); err == nil && k.Public().Bytes() == nil {
			t.Fatal("a key without a public half")
		}
	})
}

func FuzzOpenObject(f *testing.F) {
	content := []byte("record")
	c := seal.Commit(seal.Salt{1}, content)
	k := secretOf(1).ContentKey(deal, c)
	object := sealObject(f, k, seal.Salt{1}, content)
	f.Add(object)
	f.Add(object[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := seal.OpenObject(k, c, bytes.NewReader(b))
		if err != nil {
			return
		}
		if _, err := io.ReadAll(r); err == nil && !bytes.Equal(b, object) {
			t.Fatal("a changed object opens")
		}
	})
}
