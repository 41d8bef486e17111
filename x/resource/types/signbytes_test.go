package types_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

// TestSignBytes: written out by hand, as README.md has it.
func TestSignBytes(t *testing.T) {
	const id = "11111111111111111111111111111111"
	msg := &types.MsgCreateResource{
		Did: "did:panacea:" + id, Id: "2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e11", Name: "n", ResourceType: "T", Version: "1", MediaType: "a/b",
		Data: []byte("abc"), PreviousVersionId: "", VerificationMethodId: "not signed", FromAddress: "not signed",
	}
	got, err := types.SignBytes("c", msg)
	require.NoError(t, err)
	digest := sha256.Sum256([]byte("abc"))
	want := hex.EncodeToString([]byte("panacea/resource/v1")) + "00" +
		"0a0163" + // chain_id (1) "c"
		"122c" + hex.EncodeToString([]byte("did:panacea:"+id)) + // did (2), 44 bytes
		"1a20" + hex.EncodeToString([]byte(id)) + // collection_id (3), 32 bytes
		"2224" + hex.EncodeToString([]byte(msg.Id)) + // id (4), 36 bytes
		"2a016e" + "320154" + "3a0131" + "4203" + hex.EncodeToString([]byte("a/b")) + // name (5) to media_type (8)
		"4a20" + hex.EncodeToString(digest[:]) // sha256 (9); an empty previous_version_id (10) is not written
	require.Equal(t, want, hex.EncodeToString(got))
}

func TestSignaturesVerifyOnlyAsSigned(t *testing.T) {
	p := fixture.NewPublisher(t, "publisher")
	for _, keyType := range []did.KeyType{did.Secp256k1, did.Ed25519, did.P256} {
		key := fixture.Key(t, keyType, "key")
		msg := p.Message(fixture.Resource{ID: fixture.UUID("x"), Name: "n", Type: "T", MediaType: "a/b", Data: []byte("abc")})
		require.NoError(t, msg.Sign("chain", key))
		require.Len(t, msg.Signature, types.SignatureSize)
		require.NoError(t, msg.VerifySignature("chain", key.Public()))
		require.ErrorIs(t, msg.VerifySignature("another chain", key.Public()), types.ErrInvalidSignature)
		require.ErrorIs(t, msg.VerifySignature("chain", fixture.Key(t, keyType, "other").Public()), types.ErrInvalidSignature)
		msg.Data = []byte("abd")
		require.ErrorIs(t, msg.VerifySignature("chain", key.Public()), types.ErrInvalidSignature)
	}
	for _, keyType := range []did.KeyType{did.P384, did.X25519, did.BLS12381G2} {
		key := fixture.Key(t, keyType, "key")
		msg := p.Message(fixture.Resource{ID: fixture.UUID("x"), Name: "n", Type: "T", MediaType: "a/b", Data: []byte("abc")})
		require.ErrorIs(t, msg.Sign("chain", key), types.ErrUnsupportedKey)
		require.ErrorIs(t, msg.VerifySignature("chain", key.Public()), types.ErrUnsupportedKey)
	}
}

// FuzzSignBytes: messages that differ in anything that is signed, or are for different chains, never sign the same bytes.
func FuzzSignBytes(f *testing.F) {
	p := fixture.NewPublisher(f, "publisher")
	msg, err := p.Message(fixture.Resource{ID: fixture.UUID("x"), Name: "n", Type: "T", MediaType: "a/b", Data: []byte("abc")}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("chain", msg, "chain", msg)
	f.Add("chain", msg, "", []byte{})
	signed := func(chain string, m types.MsgCreateResource) types.SignDoc {
		return types.SignDoc{ChainId: chain, Did: m.Did, Id: m.Id, Name: m.Name, ResourceType: m.ResourceType, Version: m.Version,
			MediaType: m.MediaType, Sha256: m.Data, PreviousVersionId: m.PreviousVersionId}
	}
	f.Fuzz(func(t *testing.T, firstChain string, first []byte, secondChain string, second []byte) {
		var a, b types.MsgCreateResource
		if a.Unmarshal(first) != nil || b.Unmarshal(second) != nil {
			return
		}
		bytesA, errA := types.SignBytes(firstChain, &a)
		bytesB, errB := types.SignBytes(secondChain, &b)
		if errA != nil || errB != nil {
			return
		}
		docA, docB := signed(firstChain, a), signed(secondChain, b)
		encodedA, errA := docA.Marshal()
		encodedB, errB := docB.Marshal()
		require.NoError(t, errA)
		require.NoError(t, errB)
		require.Equal(t, bytes.Equal(encodedA, encodedB), bytes.Equal(bytesA, bytesB))
	})
}
