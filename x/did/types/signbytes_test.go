package types_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

// TestSignBytes: written out by hand from wire/did-v2.md.
func TestSignBytes(t *testing.T) {
	document := &types.DIDDocument{Contexts: &types.Strings{Values: []string{"c"}}, Id: "id"}
	encoded := "0a03" + "0a0163" + // contexts (1), 3 bytes: values (1) "c"
		"1202" + "6964" // id (2) "id"
	for sequence, want := range map[uint64]string{
		0:   "0a09" + encoded, // data (1), 9 bytes; a sequence of 0 is not written
		1:   "0a09" + encoded + "1001",
		300: "0a09" + encoded + "10ac02",
	} {
		got, err := types.SignBytes(document, sequence)
		require.NoError(t, err)
		require.Equal(t, want, hex.EncodeToString(got))
	}
	got, err := types.SignBytes(types.DeactivationDocument("id"), 1)
	require.NoError(t, err)
	require.Equal(t, "0a04"+"12026964"+"1001", hex.EncodeToString(got))
}

func TestSignaturesVerifyOnlyAsSigned(t *testing.T) {
	key := fixture.Key(t, did.Secp256k1, "key")
	document := fixture.NewSubject(t, "subject").Document()
	signature, err := types.Sign(key, document, 3)
	require.NoError(t, err)
	require.Len(t, signature, types.SignatureSize)
	require.NoError(t, types.VerifySignature(key.Public(), document, 3, signature))
	require.ErrorIs(t, types.VerifySignature(key.Public(), document, 4, signature), types.ErrInvalidSignature)
	require.ErrorIs(t, types.VerifySignature(key.Public(), fixture.WithService(document, "one"), 3, signature), types.ErrInvalidSignature)
	require.ErrorIs(t, types.VerifySignature(fixture.Key(t, did.Secp256k1, "other").Public(), document, 3, signature), types.ErrInvalidSignature)
	for _, keyType := range []did.KeyType{did.Ed25519, did.P256, did.P384, did.X25519, did.BLS12381G2} {
		other := fixture.Key(t, keyType, "key")
		_, err := types.Sign(other, document, 3)
		require.ErrorIs(t, err, types.ErrUnsupportedKey)
		require.ErrorIs(t, types.VerifySignature(other.Public(), document, 3, signature), types.ErrUnsupportedKey)
	}
}

// FuzzSignBytes: different documents or sequences never sign the same bytes, and no signature of arbitrary bytes panics.
func FuzzSignBytes(f *testing.F) {
	key := fixture.Key(f, did.Secp256k1, "key")
	document, err := fixture.NewSubject(f, "subject").Document().Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(document, uint64(1), []byte{}, uint64(0), make([]byte, 64))
	f.Fuzz(func(t *testing.T, first []byte, firstSequence uint64, second []byte, secondSequence uint64, signature []byte) {
		var a, b types.DIDDocument
		if a.Unmarshal(first) != nil || b.Unmarshal(second) != nil {
			return
		}
		bytesA, err := types.SignBytes(&a, firstSequence)
		if err != nil {
			t.Fatal(err)
		}
		bytesB, err := types.SignBytes(&b, secondSequence)
		if err != nil {
			t.Fatal(err)
		}
		if same := firstSequence == secondSequence && a.Equal(&b); bytes.Equal(bytesA, bytesB) != same {
			t.Fatalf("same message: %v, same bytes: %v", same, !same)
		}
		if types.VerifySignature(key.Public(), &a, firstSequence, signature) == nil {
			t.Fatal("a signature that nobody made verifies")
		}
	})
}
