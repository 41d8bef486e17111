package types_test

import (
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/tx/signing/aminojson"

	"github.com/medibloc/panacea/x/resource/types"
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
	encoder := aminojson.NewEncoder(aminojson.EncoderOptions{})
	out, err := encoder.Marshal(dynamic)
	require.NoError(t, err)
	return string(out)
}

// TestAminoJSON: what wallets sign, written by hand. Empty fields are left out; bytes are base64.
func TestAminoJSON(t *testing.T) {
	amino := codec.NewLegacyAmino()
	amino.RegisterInterface((*sdk.Msg)(nil), nil)
	types.RegisterLegacyAminoCodec(amino)
	for want, msg := range map[string]sdk.Msg{
		`{"type":"resource/CreateResource","value":{"data":"e30=","did":"did:panacea:x","from_address":"panacea1","id":"u","media_type":"a/b","name":"n\u003c",` +
			`"previous_version_id":"p","resource_type":"T","signature":"AQI=","verification_method_id":"did:panacea:x#key1","version":"1"}}`: &types.MsgCreateResource{
			Did: "did:panacea:x", Id: "u", Name: "n<", ResourceType: "T", Version: "1", MediaType: "a/b", Data: []byte("{}"), PreviousVersionId: "p",
			VerificationMethodId: "did:panacea:x#key1", Signature: []byte{1, 2}, FromAddress: "panacea1",
		},
		`{"type":"resource/CreateResource","value":{"data":"AA==","did":"d","from_address":"f","id":"u","media_type":"a/b","name":"n",` +
			`"resource_type":"T","signature":"AQI=","verification_method_id":"k"}}`: &types.MsgCreateResource{
			Did: "d", Id: "u", Name: "n", ResourceType: "T", MediaType: "a/b", Data: []byte{0}, VerificationMethodId: "k", Signature: []byte{1, 2}, FromAddress: "f",
		},
		`{"type":"resource/UpdateParams","value":{"authority":"panacea1","params":{"gas_per_byte":2,"max_data_bytes":262144}}}`: &types.MsgUpdateParams{
			Authority: "panacea1", Params: types.DefaultParams(),
		},
	} {
		require.Equal(t, want, aminoJSON(t, msg))
		legacy, err := amino.MarshalJSON(msg)
		require.NoError(t, err)
		sorted, err := sdk.SortJSON(legacy) //lint:ignore SA1019 that is how clients of the legacy codec sort
		require.NoError(t, err)
		require.Equal(t, want, string(sorted), "the legacy codec signs the same")
	}
}

func TestProtoAnnotations(t *testing.T) {
	registry, err := proto.MergedRegistry()
	require.NoError(t, err)
	require.NoError(t, msgservice.ValidateProtoAnnotations(registry))
}
