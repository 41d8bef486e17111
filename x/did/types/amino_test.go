package types_test

import (
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/tx/signing/aminojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/medibloc/panacea/x/did/types"
)

// aminoJSON writes a message as a transaction that is signed in amino JSON does.
func aminoJSON(t *testing.T, msg proto.Message) string {
	t.Helper()
	descriptor, err := proto.HybridResolver.FindDescriptorByName(protoreflect.FullName(proto.MessageName(msg)))
	require.NoError(t, err)
	encoded, err := proto.Marshal(msg)
	require.NoError(t, err)
	dynamic := dynamicpb.NewMessage(descriptor.(protoreflect.MessageDescriptor))
	require.NoError(t, protov2.Unmarshal(encoded, dynamic))
	out, err := types.DefineAminoJSON(aminojson.NewEncoder(aminojson.EncoderOptions{})).Marshal(dynamic)
	require.NoError(t, err)
	return string(out)
}

func aminoMessages() map[string]sdk.Msg {
	method := &types.VerificationMethod{Id: "did:panacea:x#key1", Type: "EcdsaSecp256k1VerificationKey2019", Controller: "did:panacea:x", PublicKeyBase58: "2Bg"}
	document := &types.DIDDocument{
		Contexts:            &types.Strings{Values: []string{"https://www.w3.org/ns/did/v1"}},
		Id:                  "did:panacea:x",
		Controller:          &types.Strings{Values: []string{"did:panacea:x", "did:panacea:y"}},
		VerificationMethods: []*types.VerificationMethod{method},
		Authentications:     []*types.VerificationRelationship{types.NewReference(method.Id), types.NewEmbedded(method)},
		Services:            []*types.Service{{Id: "s", Type: "T", ServiceEndpoint: "https://a.example/?b=1&c=<2>"}},
	}
	const embedded = `{"controller":"did:panacea:x","id":"did:panacea:x#key1","public_key_base58":"2Bg","type":"EcdsaSecp256k1VerificationKey2019"}`
	const text = `{"authentications":["did:panacea:x#key1",` + embedded + `],` +
		`"contexts":"https://www.w3.org/ns/did/v1","controller":["did:panacea:x","did:panacea:y"],"id":"did:panacea:x",` +
		`"services":[{"id":"s","service_endpoint":"https://a.example/?b=1\u0026c=\u003c2\u003e","type":"T"}],` +
		`"verification_methods":[` + embedded + `]}`
	return map[string]sdk.Msg{
		`{"type":"did/CreateDID","value":{"did":"did:panacea:x","document":` + text + `,"from_address":"panacea1","signature":"AQI=","verification_method_id":"did:panacea:x#key1"}}`: &types.MsgCreateDIDRequest{Did: "did:panacea:x", Document: document, VerificationMethodId: method.Id, Signature: []byte{1, 2}, FromAddress: "panacea1"},
		`{"type":"did/UpdateDID","value":{"did":"did:panacea:x","document":` + text + `,"from_address":"panacea1","signature":"AQI=","verification_method_id":"did:panacea:x#key1"}}`: &types.MsgUpdateDIDRequest{Did: "did:panacea:x", Document: document, VerificationMethodId: method.Id, Signature: []byte{1, 2}, FromAddress: "panacea1"},
		`{"type":"did/DeactivateDID","value":{"did":"did:panacea:x","from_address":"panacea1","signature":"AQI=","verification_method_id":"did:panacea:x#key1"}}`: &types.MsgDeactivateDIDRequest{
			Did: "did:panacea:x", VerificationMethodId: method.Id, Signature: []byte{1, 2}, FromAddress: "panacea1"},
	}
}

// TestAminoJSON: what wallets sign, written by hand.
func TestAminoJSON(t *testing.T) {
	amino := codec.NewLegacyAmino()
	amino.RegisterInterface((*sdk.Msg)(nil), nil)
	types.RegisterLegacyAminoCodec(amino)
	for want, msg := range aminoMessages() {
		require.Equal(t, want, aminoJSON(t, msg))
		legacy, err := amino.MarshalJSON(msg)
		require.NoError(t, err)
		require.JSONEq(t, want, string(legacy), "the legacy codec writes the same")
	}
}

func TestAminoJSONOfFieldsThatMainnetLacks(t *testing.T) {
	document := &types.DIDDocument{
		Contexts: &types.Strings{}, Id: "d", AlsoKnownAs: []string{"a"}, ContextJson: "[{}]", Extra: `{"a":1}`,
		VerificationMethods: []*types.VerificationMethod{{Id: "k", PublicKeyMultibase: "z", PublicKeyJwk: "{}", Extra: "{}"}},
		Services:            []*types.Service{{Types: []string{"A", "B"}, ServiceEndpointJson: "{}", Extra: "{}"}},
	}
	require.Equal(t, `{"type":"did/CreateDID","value":{"document":{"also_known_as":["a"],"context_json":"[{}]","contexts":[],`+
		`"extra":"{\"a\":1}","id":"d","services":[{"extra":"{}","service_endpoint_json":"{}","types":["A","B"]}],`+
		`"verification_methods":[{"extra":"{}","id":"k","public_key_jwk":"{}","public_key_multibase":"z"}]}}}`,
		aminoJSON(t, &types.MsgCreateDIDRequest{Document: document}))
}

func TestProtoAnnotations(t *testing.T) {
	registry, err := proto.MergedRegistry()
	require.NoError(t, err)
	require.NoError(t, msgservice.ValidateProtoAnnotations(registry))
}
