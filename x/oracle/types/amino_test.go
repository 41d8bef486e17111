package types_test

import (
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/evidence/exported"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/cosmos-sdk/x/tx/signing/aminojson"

	"github.com/medibloc/panacea/x/oracle/types"
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

func contradiction() *types.Contradiction {
	first := types.Certificate{ChainId: "c", DealId: "d", Provider: "p", DataCommitment: []byte{1}, ObjectCid: "o", ObjectSize: 1 << 60, UniquenessTag: []byte{2}, LastHeight: 7}
	second := first
	second.ObjectSize++
	return &types.Contradiction{NodeSigningKey: []byte{3}, First: first, FirstSignature: []byte{4}, Second: second, SecondSignature: []byte{5}}
}

func messages(t *testing.T) []sdk.Msg {
	t.Helper()
	evidence, err := evidencetypes.NewMsgSubmitEvidence(sdk.AccAddress("payer_______________"), contradiction())
	require.NoError(t, err)
	rates := stakingtypes.NewCommissionRates(math.LegacyNewDecWithPrec(1, 1), math.LegacyOneDec(), math.LegacyZeroDec())
	return []sdk.Msg{
		&types.MsgRegisterOracle{
			Operator: "panacea1", NodeSigningKey: []byte{1}, NodeHpkeKey: []byte{2}, OraclePublicKey: []byte{3},
			TrustedBlock: types.TrustedBlock{Height: 5, Hash: []byte{6}}, Evidence: []byte{7}, Endpoint: "https://a/?b&c", VaultPeer: "v", Commission: rates,
		},
		&types.MsgApproveOracle{
			Sender: "panacea1", Approver: "a", Target: "t", TargetNodeSigningKey: []byte{1}, TargetMeasurement: []byte{2}, SealedSecret: []byte{3}, Sequence: 4, Signature: []byte{5},
		},
		&types.MsgRenewAttestation{Sender: "s", Oracle: "o", Evidence: []byte{1}, Sequence: 1 << 60, Signature: []byte{2}},
		&types.MsgUpdateOracleInfo{Sender: "s", Oracle: "o", Endpoint: "e", VaultPeer: "v", Signature: []byte{1}},
		&types.MsgUpdateOracleCommission{Sender: "s", Oracle: "o", Rate: math.LegacyZeroDec(), Sequence: 9, Signature: []byte{1}},
		&types.MsgDeregisterOracle{Operator: "o"},
		&types.MsgSubmitCollateral{Sender: "s", Collateral: []byte{1, 2, 3}},
		&types.MsgSetMeasurement{Authority: "a", Measurement: types.Measurement{Measurement: []byte{1}, Name: "n", ExpiryHeight: 3, Signer: []byte{2}, Simulated: true}},
		&types.MsgSetMeasurement{},
		&types.MsgUpdateParams{Authority: "a", Params: types.DefaultParams()},
		evidence,
	}
}

// TestAminoJSONIsTheSameInBothCodecs: a wallet that signs in amino JSON signs what the chain and the legacy codec write.
func TestAminoJSONIsTheSameInBothCodecs(t *testing.T) {
	amino := codec.NewLegacyAmino()
	amino.RegisterInterface((*sdk.Msg)(nil), nil)
	evidencetypes.RegisterLegacyAminoCodec(amino)
	types.RegisterLegacyAminoCodec(amino)
	for _, msg := range messages(t) {
		legacy, err := amino.MarshalJSON(msg)
		require.NoError(t, err)
		require.JSONEq(t, string(legacy), aminoJSON(t, msg), "%T", msg)
	}
}

// TestAminoJSON: what wallets sign, written by hand.
func TestAminoJSON(t *testing.T) {
	require.Equal(t, `{"type":"oracle/ApproveOracle","value":{"approver":"a","sealed_secret":"Aw==","sender":"panacea1","sequence":"4",`+
		`"signature":"BQ==","target":"t","target_measurement":"Ag==","target_node_signing_key":"AQ=="}}`, aminoJSON(t, messages(t)[1]))
	require.Equal(t, `{"type":"oracle/RegisterOracle","value":{"commission":{"max_change_rate":"0.000000000000000000","max_rate":"1.000000000000000000",`+
		`"rate":"0.100000000000000000"},"endpoint":"https://a/?b\u0026c","evidence":"Bw==","node_hpke_key":"Ag==","node_signing_key":"AQ==",`+
		`"operator":"panacea1","oracle_public_key":"Aw==","trusted_block":{"hash":"Bg==","height":"5"},"vault_peer":"v"}}`, aminoJSON(t, messages(t)[0]))
}

func TestProtoAnnotations(t *testing.T) {
	registry, err := proto.MergedRegistry()
	require.NoError(t, err)
	require.NoError(t, msgservice.ValidateProtoAnnotations(registry))
}

func TestEvidenceTravelsAsAny(t *testing.T) {
	registry := codectypes.NewInterfaceRegistry()
	evidencetypes.RegisterInterfaces(registry)
	types.RegisterInterfaces(registry)
	packed, err := codectypes.NewAnyWithValue(contradiction())
	require.NoError(t, err)
	packed = &codectypes.Any{TypeUrl: packed.TypeUrl, Value: packed.Value}
	var evidence exported.Evidence
	require.NoError(t, registry.UnpackAny(packed, &evidence))
	require.Equal(t, types.ModuleName, evidence.Route())
	require.Equal(t, contradiction().Hash(), evidence.Hash())
	require.Equal(t, int64(7), evidence.GetHeight())
}

func TestParamsOfDurationsRoundTrip(t *testing.T) {
	params := types.DefaultParams()
	params.JudgementGrace = time.Nanosecond
	encoded, err := params.Marshal()
	require.NoError(t, err)
	var read types.Params
	require.NoError(t, read.Unmarshal(encoded))
	require.Equal(t, params, read)
}
