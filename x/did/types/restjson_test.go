package types_test

import (
	"testing"

	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/x/did/types"
)

// restJSON is how a node's REST API writes JSON.
func restJSON(t *testing.T, response *types.QueryDIDResponse) string {
	text, err := (&jsonpb.Marshaler{OrigName: true, EmitDefaults: true}).MarshalToString(response)
	require.NoError(t, err)
	return text
}

func TestRESTAnswersAsMainnet(t *testing.T) {
	text := restJSON(t, &types.QueryDIDResponse{DidDocumentWithSeq: &types.DIDDocumentWithSeq{
		Sequence: 1,
		Document: &types.DIDDocument{
			Contexts:   &types.Strings{Values: []string{"https://www.w3.org/ns/did/v1"}},
			Id:         "did:panacea:a",
			Controller: &types.Strings{Values: []string{"did:panacea:a", "did:panacea:b"}},
			Authentications: []*types.VerificationRelationship{
				{Content: &types.VerificationRelationship_VerificationMethodId{VerificationMethodId: "did:panacea:a#key1"}},
				{Content: &types.VerificationRelationship_VerificationMethod{VerificationMethod: &types.VerificationMethod{
					Id: "did:panacea:a#key2", Type: "EcdsaSecp256k1VerificationKey2019", Controller: "did:panacea:a", PublicKeyBase58: "b58",
				}}},
			},
		},
	}})
	require.JSONEq(t, `{"did_document_with_seq": {
		"document": {
			"contexts": ["https://www.w3.org/ns/did/v1"],
			"id": "did:panacea:a",
			"controller": ["did:panacea:a", "did:panacea:b"],
			"verification_methods": [],
			"authentications": ["did:panacea:a#key1", {
				"id": "did:panacea:a#key2", "type": "EcdsaSecp256k1VerificationKey2019",
				"controller": "did:panacea:a", "public_key_base58": "b58"
			}],
			"assertion_methods": [], "key_agreements": [], "capability_invocations": [], "capability_delegations": [],
			"services": [],
			"also_known_as": [], "context_json": "", "extra": ""
		},
		"sequence": "1"
	}}`, text)
}

func TestRESTAnswersForAnEmptyResponse(t *testing.T) {
	require.JSONEq(t, `{"did_document_with_seq": {"document": null, "sequence": "0"}}`, restJSON(t, &types.QueryDIDResponse{}))
}
