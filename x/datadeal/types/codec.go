package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterLegacyAminoCodec registers the messages under their amino names.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgCreateDeal{}, "datadeal/CreateDeal")
	legacy.RegisterAminoMsg(cdc, &MsgSubmitConsent{}, "datadeal/SubmitConsent")
	legacy.RegisterAminoMsg(cdc, &MsgDeactivateDeal{}, "datadeal/DeactivateDeal")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "datadeal/UpdateParams")
}

// RegisterInterfaces registers the messages as such.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil), &MsgCreateDeal{}, &MsgSubmitConsent{}, &MsgDeactivateDeal{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
