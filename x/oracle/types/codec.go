package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/evidence/exported"
)

// RegisterLegacyAminoCodec registers the messages and the evidence under their amino names.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgRegisterOracle{}, "oracle/RegisterOracle")
	legacy.RegisterAminoMsg(cdc, &MsgApproveOracle{}, "oracle/ApproveOracle")
	legacy.RegisterAminoMsg(cdc, &MsgRenewAttestation{}, "oracle/RenewAttestation")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateOracleInfo{}, "oracle/UpdateOracleInfo")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateOracleCommission{}, "oracle/UpdateOracleCommission")
	legacy.RegisterAminoMsg(cdc, &MsgDeregisterOracle{}, "oracle/DeregisterOracle")
	legacy.RegisterAminoMsg(cdc, &MsgSubmitCollateral{}, "oracle/SubmitCollateral")
	legacy.RegisterAminoMsg(cdc, &MsgSetMeasurement{}, "oracle/SetMeasurement")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "oracle/UpdateParams")
	cdc.RegisterConcrete(&Contradiction{}, "oracle/Contradiction", nil)
}

// RegisterInterfaces registers the messages and the evidence as such.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgRegisterOracle{}, &MsgApproveOracle{}, &MsgRenewAttestation{}, &MsgUpdateOracleInfo{}, &MsgUpdateOracleCommission{},
		&MsgDeregisterOracle{}, &MsgSubmitCollateral{}, &MsgSetMeasurement{}, &MsgUpdateParams{})
	registry.RegisterImplementations((*exported.Evidence)(nil), &Contradiction{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
