package seal_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/seal"
)

// fuzzKeys returns fixed keys of both suites.
func fuzzKeys(f *testing.F) []*seal.PrivateKey {
	var keys []*seal.PrivateKey
	for _, suite := range suites {
		k, err := secretOf(9).HPKEKey(suite)
		require.NoError(f, err)
		keys = append(keys, k)
	}
	return keys
}

func FuzzParsePublicKey(f *testing.F) {
	for _, k := range fuzzKeys(f) {
		f.Add(k.Public().Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if k, err := seal.ParsePublicKey(b); err == nil && !bytes.Equal(k.Bytes(), b) {
			t.Fatal("one key has two encodings")
		}
	})
}

func FuzzOpenSubmission(f *testing.F) {
	s := seal.Submission{Deal: deal, Provider: provider}
	keys := fuzzKeys(f)
	made := map[string]bool{}
	for _, k := range keys {
		sealed := sealSubmission(f, k.Public(), s, []byte("record"))
		made[string(sealed)] = true
		f.Add(sealed)
		f.Add(sealed[:len(sealed)-16])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range keys {
			if _, err := openSubmission(k, s, b); err == nil && !made[string(b)] {
				t.Fatal("a changed submission opens")
			}
		}
	})
}

func FuzzOpenContentKey(f *testing.F) {
	keys := fuzzKeys(f)
	made := map[string]bool{}
	for _, k := range keys {
		sealed, err := seal.SealContentKey(secretOf(1).ContentKey(deal, seal.Commitment{}), k.Public(), deal, seal.Commitment{})
		require.NoError(f, err)
		made[string(sealed)] = true
		f.Add(sealed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range keys {
			if _, err := seal.OpenContentKey(k, deal, seal.Commitment{}, b); err == nil && !made[string(b)] {
				t.Fatal("a changed content key opens")
			}
		}
	})
}

func FuzzOpenOracleSecret(f *testing.F) {
	keys := fuzzKeys(f)
	h := seal.Handshake{ChainID: deal.ChainID, Target: provider}
	made := map[string]bool{}
	for _, k := range keys {
		sealed, err := seal.SealOracleSecret(secretOf(1), k.Public(), h)
		require.NoError(f, err)
		made[string(sealed)] = true
		f.Add(sealed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range keys {
			if _, err := seal.OpenOracleSecret(k, h, b); err == nil && !made[string(b)] {
				t.Fatal("a changed oracle secret opens")
			}
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
