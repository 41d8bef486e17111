// Package keeper holds the state of x/did and what changes it: DIDs, their documents, and every version that those had.
//
// It trusts the transaction's signature for who pays, and nothing else: what may be changed is decided by the proof of
// ownership inside each message. No message writes a key that another DID's message writes, so that independent changes
// execute in parallel.
package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/medibloc/panacea/x/did/types"
)

// Keeper reads and writes the module's state.
type Keeper struct {
	addressCodec address.Codec
	authority    string

	// Schema describes all of the state below.
	Schema collections.Schema
	// Params bound what documents may cost.
	Params collections.Item[types.Params]
	// Documents holds, by DID, the current version. A deactivated DID stays, with an empty document.
	Documents collections.Map[string, types.Record]
	// Versions holds, by DID and version id, what has been superseded.
	Versions collections.Map[collections.Pair[string, uint64], types.Version]
	// AccountDIDs holds which account paid for the creation of which DID.
	AccountDIDs collections.KeySet[collections.Pair[[]byte, string]]
}

// NewKeeper makes a keeper over a store. authority is the address that may change the parameters: governance's. It panics
// if the authority is no address, because the application is then wired wrongly.
func NewKeeper(cdc codec.BinaryCodec, storeService corestore.KVStoreService, addressCodec address.Codec, authority string) Keeper {
	if _, err := addressCodec.StringToBytes(authority); err != nil {
		panic(fmt.Sprintf("x/did: the authority is no address: %v", err))
	}
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		addressCodec: addressCodec,
		authority:    authority,
		Params:       collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Documents: collections.NewMap(sb, types.DocumentsPrefix, "documents",
			collections.StringKey, codec.CollValue[types.Record](cdc)),
		Versions: collections.NewMap(sb, types.VersionsPrefix, "versions",
			collections.PairKeyCodec(collections.StringKey, collections.Uint64Key), codec.CollValue[types.Version](cdc)),
		AccountDIDs: collections.NewKeySet(sb, types.AccountDIDsPrefix, "account_dids",
			collections.PairKeyCodec(collections.BytesKey, collections.StringKey)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(fmt.Sprintf("x/did: building the schema: %v", err))
	}
	k.Schema = schema
	return k
}

// Authority returns the address that may change the parameters.
func (k Keeper) Authority() string { return k.authority }

// addressBytes reads an account address.
func (k Keeper) addressBytes(s string) ([]byte, error) {
	account, err := k.addressCodec.StringToBytes(s)
	if err != nil {
		return nil, types.ErrInvalidAddress.Wrapf("%.100q: %v", s, err)
	}
	return account, nil
}

// GetParams returns the parameters.
func (k Keeper) GetParams(ctx context.Context) (types.Params, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Params{}, fmt.Errorf("reading the parameters of x/did: %w", err)
	}
	return params, nil
}
