package app

import (
	"fmt"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/std"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	txsigning "github.com/cosmos/cosmos-sdk/x/tx/signing"
	"github.com/cosmos/cosmos-sdk/x/tx/signing/aminojson"
	"github.com/cosmos/gogoproto/proto"

	didtypes "github.com/medibloc/panacea/x/did/types"
)

// Encoding is how the chain's values become bytes and JSON.
type Encoding struct {
	Registry codectypes.InterfaceRegistry
	Codec    codec.Codec
	Amino    *codec.LegacyAmino
	TxConfig client.TxConfig
}

// NewEncoding returns the chain's encoding. Transactions are signed directly or as amino JSON; in the latter DID documents
// look as mainnet's wallets sign them (see didtypes.DefineAminoJSON), which the generic encoder cannot produce.
func NewEncoding() (Encoding, error) {
	signing := txsigning.Options{
		AddressCodec:          address.NewBech32Codec(AccountPrefix),
		ValidatorAddressCodec: address.NewBech32Codec(AccountPrefix + "valoper"),
	}
	registry, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles:     proto.HybridResolver,
		SigningOptions: signing,
	})
	if err != nil {
		return Encoding{}, fmt.Errorf("building the interface registry: %w", err)
	}
	amino := codec.NewLegacyAmino()
	std.RegisterLegacyAminoCodec(amino)
	std.RegisterInterfaces(registry)

	signing.FileResolver = registry
	encoder := didtypes.DefineAminoJSON(aminojson.NewEncoder(aminojson.EncoderOptions{FileResolver: registry}))
	cdc := codec.NewProtoCodec(registry)
	txConfig, err := authtx.NewTxConfigWithOptions(cdc, authtx.ConfigOptions{
		EnabledSignModes: []signingtypes.SignMode{
			signingtypes.SignMode_SIGN_MODE_DIRECT,
			signingtypes.SignMode_SIGN_MODE_DIRECT_AUX,
		},
		SigningOptions: &signing,
		CustomSignModes: []txsigning.SignModeHandler{
			aminojson.NewSignModeHandler(aminojson.SignModeHandlerOptions{FileResolver: registry, Encoder: &encoder}),
		},
	})
	if err != nil {
		return Encoding{}, fmt.Errorf("building the transaction configuration: %w", err)
	}
	return Encoding{Registry: registry, Codec: cdc, Amino: amino, TxConfig: txConfig}, nil
}
