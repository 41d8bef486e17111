package types_test

import (
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/tx/signing/aminojson"

	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
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
	encoder := aminojson.NewEncoder(aminojson.EncoderOptions{FileResolver: proto.HybridResolver})
	out, err := encoder.Marshal(dynamic)
	require.NoError(t, err)
	return string(out)
}

func messages() []sdk.Msg {
	return []sdk.Msg{
		&types.MsgCreateDeal{
			Consumer: "panacea1", ConsumerDid: "did:panacea:x", ConsumerKey: []byte{1}, Budget: sdk.NewInt64Coin("umed", 300), DataCount: 1 << 60,
			Requirements: types.Requirements{
				MediaType: "application/json", Schemas: []types.SchemaRequirement{{Digest: []byte{2}, Url: "https://a/?b&c"}},
				PresentationDefinition: []byte("{}"), TrustedIssuers: []string{"did:web:x"},
			},
			Terms:      []types.AgreementTerm{{Id: 1, Required: true, Title: "t", Text: "<x>"}, {Id: 2}},
			Uniqueness: types.UNIQUENESS_SUBJECT, Quorum: oracletypes.Fraction{Numerator: 1, Denominator: 3},
			ExpiresAt: time.Date(2027, 1, 2, 3, 4, 5, 600, time.UTC),
		},
		&types.MsgCreateDeal{
			Budget: sdk.NewInt64Coin("umed", 0), ExpiresAt: time.Unix(0, 0).UTC(), DisputeWindow: time.Second,
			Requirements: types.Requirements{Schemas: []types.SchemaRequirement{{}}}, Terms: []types.AgreementTerm{{}},
		},
		&types.MsgSubmitConsent{
			Provider: "p", Certificate: oracletypes.Certificate{ChainId: "c", DealId: "d", Provider: "p", ObjectSize: 1 << 60, LastHeight: 7},
			Signatures: []oracletypes.OracleSignature{{Oracle: "o", Signature: []byte{1}}}, Answers: []types.TermAnswer{{TermId: 1, Agreed: true}, {TermId: 2}},
		},
		&types.MsgDeactivateDeal{Consumer: "c", DealId: "d"},
		&types.MsgUpdateParams{Authority: "a", Params: types.DefaultParams()},
	}
}

// TestAminoJSONIsTheSameInBothCodecs: a wallet that signs in amino JSON signs what the chain and the legacy codec write.
func TestAminoJSONIsTheSameInBothCodecs(t *testing.T) {
	amino := codec.NewLegacyAmino()
	amino.RegisterInterface((*sdk.Msg)(nil), nil)
	types.RegisterLegacyAminoCodec(amino)
	for _, msg := range messages() {
		legacy, err := amino.MarshalJSON(msg)
		require.NoError(t, err)
		require.JSONEq(t, string(legacy), aminoJSON(t, msg), "%T", msg)
	}
}

// TestAminoJSON: what wallets sign, written by hand.
func TestAminoJSON(t *testing.T) {
	require.Equal(t, `{"type":"datadeal/SubmitConsent","value":{"answers":[{"agreed":true,"term_id":1},{"term_id":2}],"certificate":{"chain_id":"c","deal_id":"d",`+
		`"last_height":"7","object_size":"1152921504606846976","provider":"p"},"provider":"p","signatures":[{"oracle":"o","signature":"AQ=="}]}}`,
		aminoJSON(t, messages()[2]))
	require.Equal(t, `{"type":"datadeal/CreateDeal","value":{"budget":{"amount":"3","denom":"umed"},"dispute_window":"0","expires_at":"1970-01-01T00:00:00Z","quorum":{},`+
		`"requirements":{"media_type":"a/b"}}}`, aminoJSON(t, &types.MsgCreateDeal{
		Budget: sdk.NewInt64Coin("umed", 3), ExpiresAt: time.Unix(0, 0).UTC(), Requirements: types.Requirements{MediaType: "a/b"},
	}), "empty lists are left out")
	require.Equal(t, `{"type":"datadeal/DeactivateDeal","value":{"consumer":"c","deal_id":"d"}}`, aminoJSON(t, messages()[3]))
}

func TestProtoAnnotations(t *testing.T) {
	registry, err := proto.MergedRegistry()
	require.NoError(t, err)
	require.NoError(t, msgservice.ValidateProtoAnnotations(registry))
}
