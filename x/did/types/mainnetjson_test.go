package types_test

import (
	"encoding/json"
	"testing"

	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/x/did/types"
)

const someDID = "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm"

func readGenesis(t *testing.T, text string) *types.GenesisState {
	t.Helper()
	raw, err := types.FromMainnetJSON(json.RawMessage(text))
	require.NoError(t, err)
	var state types.GenesisState
	require.NoError(t, jsonpb.UnmarshalString(string(raw), &state))
	return &state
}

func TestMainnetGenesisReads(t *testing.T) {
	want := &types.DIDDocument{
		Contexts:   &types.Strings{Values: []string{"https://www.w3.org/ns/did/v1"}},
		Id:         someDID,
		Controller: &types.Strings{Values: []string{"did:panacea:a", "did:panacea:b"}},
		VerificationMethods: []*types.VerificationMethod{{
			Id: someDID + "#key1", Type: "Secp256k1VerificationKey2018", Controller: someDID, PublicKeyBase58: "b58",
		}},
		Authentications: []*types.VerificationRelationship{
			types.NewReference(someDID + "#key1"),
			types.NewEmbedded(&types.VerificationMethod{Id: someDID + "#key2", Type: "T", Controller: someDID, PublicKeyBase58: "b58"}),
		},
	}
	for name, document := range map[string]string{
		"field names": `{"contexts":"https://www.w3.org/ns/did/v1","id":"` + someDID + `","controller":["did:panacea:a","did:panacea:b"],
			"verification_methods":[{"id":"` + someDID + `#key1","type":"Secp256k1VerificationKey2018","controller":"` + someDID + `","public_key_base58":"b58"}],
			"authentications":["` + someDID + `#key1",{"id":"` + someDID + `#key2","type":"T","controller":"` + someDID + `","public_key_base58":"b58"}],
			"services":[]}`,
		"W3C names": `{"@context":["https://www.w3.org/ns/did/v1"],"id":"` + someDID + `","controller":["did:panacea:a","did:panacea:b"],
			"verificationMethod":[{"id":"` + someDID + `#key1","type":"Secp256k1VerificationKey2018","controller":"` + someDID + `","publicKeyBase58":"b58"}],
			"authentication":["` + someDID + `#key1",{"id":"` + someDID + `#key2","type":"T","controller":"` + someDID + `","publicKeyBase58":"b58"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			state := readGenesis(t, `{"documents":{"`+someDID+`":{"document":`+document+`,"sequence":"3"}}}`)
			require.Equal(t, uint64(3), state.Documents[someDID].Sequence)
			require.True(t, want.Equal(state.Documents[someDID].Document))
			again, err := (&jsonpb.Marshaler{OrigName: true}).MarshalToString(state)
			require.NoError(t, err)
			require.True(t, want.Equal(readGenesis(t, again).Documents[someDID].Document), "our own form is left alone")
		})
	}
}

func TestGenesisThatIsNoObjectIsLeftToTheDecoder(t *testing.T) {
	for _, text := range []string{`null`, `[]`, `"x"`, `{"documents":[]}`, `{"documents":{"a":null}}`, `{"documents":{"a":{"document":7}}}`} {
		_, err := types.FromMainnetJSON(json.RawMessage(text))
		require.NoError(t, err, text)
	}
	_, err := types.FromMainnetJSON(json.RawMessage(`{"documents":`))
	require.Error(t, err)
}
