// Package keeper holds the state of x/datadeal and what changes it: deals, their escrowed budgets, and the consents that were paid
// for out of them.
//
// It trusts x/oracle for which oracles are active, with which keys and how much power, x/did for which DIDs there are, and x/bank
// for the money. What a datum is worth buying is decided by oracles' signatures alone. A message writes keys of its own deal, its
// signer and its datum only, and oracles are credited once a block, so that independent deals execute in parallel.
package keeper

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/collections"
	collcodec "cosmossdk.io/collections/codec"
	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// Keys of the state. A deal's id is 16 bytes, a data commitment and a uniqueness tag 32 each.
type (
	datumKey    = collections.Pair[[]byte, []byte]                          // deal id, data commitment or uniqueness tag
	numberKey   = collections.Pair[sdk.AccAddress, uint64]                  // consumer, number
	statusKey   = collections.Pair[int32, []byte]                           // status, deal id
	expiryKey   = collections.Pair[time.Time, []byte]                       // expiry, deal id
	accountKey  = collections.Triple[sdk.AccAddress, []byte, []byte]        // account, deal id, data commitment
	consentSet  = collections.KeySet[accountKey]                            // consents of an account
	consentMap  = collections.Map[datumKey, types.Consent]                  // consents
	contentsMap = collections.Map[[]byte, types.DealContents]               // by deal id
	objectMap   = collections.Map[string, collections.Pair[[]byte, []byte]] // by CID
)

// Keeper reads and writes the module's state.
type Keeper struct {
	addressCodec address.Codec
	bank         types.BankKeeper
	accounts     types.AccountKeeper
	oracles      types.OracleKeeper
	dids         types.DIDKeeper
	authority    string

	// Schema describes all of the state below.
	Schema collections.Schema
	// Params are governance's.
	Params collections.Item[types.Params]
	// Deals holds what each consent of a deal reads and writes, and Contents the rest of it, by deal id.
	Deals    collections.Map[[]byte, types.Deal]
	Contents contentsMap
	// Numbers holds the number of each consumer's last deal; DealsByConsumer finds the ids of all.
	Numbers         collections.Map[sdk.AccAddress, uint64]
	DealsByConsumer collections.Map[numberKey, []byte]
	// DealsByStatus finds the deals of each status.
	DealsByStatus collections.KeySet[statusKey]
	// Expiries queues the active deals by their expiry.
	Expiries collections.KeySet[expiryKey]
	// Escrows knows the deal of each escrow account, for ever.
	Escrows collections.Map[sdk.AccAddress, []byte]
	// Consents holds what was sold, by deal and data commitment.
	Consents consentMap
	// Tags holds the data commitments of the uniqueness tags that each deal has bought.
	Tags collections.Map[datumKey, []byte]
	// ConsentsByProvider and ConsentsByConsumer find consents by who sold and who bought.
	ConsentsByProvider consentSet
	ConsentsByConsumer consentSet
	// Objects finds consents by the CID of what was sold.
	Objects objectMap
}

// NewKeeper makes a keeper over a store. authority is the address that may change the parameters: governance's. It panics
// if the authority is no address, because the application is then wired wrongly.
func NewKeeper(
	cdc codec.BinaryCodec, storeService corestore.KVStoreService, addressCodec address.Codec, bank types.BankKeeper,
	accounts types.AccountKeeper, oracles types.OracleKeeper, dids types.DIDKeeper, authority string,
) Keeper {
	if _, err := addressCodec.StringToBytes(authority); err != nil {
		panic(fmt.Sprintf("x/datadeal: the authority is no address: %v", err))
	}
	sb := collections.NewSchemaBuilder(storeService)
	deal, datum, account := types.DealKeyCodec, types.DatumKeyCodec, sdk.AccAddressKey
	ofAccount := collections.TripleKeyCodec(account, deal, deal)
	k := Keeper{
		addressCodec: addressCodec, bank: bank, accounts: accounts, oracles: oracles, dids: dids, authority: authority,
		Params:   collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Deals:    collections.NewMap(sb, types.DealsPrefix, "deals", deal, codec.CollValue[types.Deal](cdc)),
		Contents: collections.NewMap(sb, types.ContentsPrefix, "contents", deal, codec.CollValue[types.DealContents](cdc)),
		Numbers:  collections.NewMap(sb, types.NumbersPrefix, "numbers", account, collections.Uint64Value),
		DealsByConsumer: collections.NewMap(sb, types.DealsByConsumerPrefix, "deals_by_consumer",
			collections.PairKeyCodec(account, collections.Uint64Key), collections.BytesValue),
		DealsByStatus: collections.NewKeySet(sb, types.DealsByStatusPrefix, "deals_by_status",
			collections.PairKeyCodec(collections.Int32Key, deal)),
		//lint:ignore SA1019 package collections has values that are times, and no keys
		Expiries:           collections.NewKeySet(sb, types.ExpiriesPrefix, "expiries", collections.PairKeyCodec(sdk.TimeKey, deal)),
		Escrows:            collections.NewMap(sb, types.EscrowsPrefix, "escrows", account, collections.BytesValue),
		Consents:           collections.NewMap(sb, types.ConsentsPrefix, "consents", datum, codec.CollValue[types.Consent](cdc)),
		Tags:               collections.NewMap(sb, types.TagsPrefix, "tags", datum, collections.BytesValue),
		ConsentsByProvider: collections.NewKeySet(sb, types.ConsentsByProviderPrefix, "consents_by_provider", ofAccount),
		ConsentsByConsumer: collections.NewKeySet(sb, types.ConsentsByConsumerPrefix, "consents_by_consumer", ofAccount),
		Objects: collections.NewMap(sb, types.ObjectsPrefix, "objects", collections.StringKey,
			collcodec.KeyToValueCodec(datum)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(fmt.Sprintf("x/datadeal: building the schema: %v", err))
	}
	k.Schema = schema
	return k
}

// Authority returns the address that may change the parameters.
func (k Keeper) Authority() string { return k.authority }

// Oracles returns the keeper that knows the oracles.
func (k Keeper) Oracles() types.OracleKeeper { return k.oracles }

// DIDs returns the keeper that knows the DIDs.
func (k Keeper) DIDs() types.DIDKeeper { return k.dids }

// GetParams returns the parameters.
func (k Keeper) GetParams(ctx context.Context) (types.Params, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Params{}, fmt.Errorf("reading the parameters of x/datadeal: %w", err)
	}
	return params, nil
}

// addressBytes reads an account address.
func (k Keeper) addressBytes(s string) (sdk.AccAddress, error) {
	account, err := k.addressCodec.StringToBytes(s)
	if err != nil {
		return nil, types.ErrInvalidAddress.Wrapf("%.100q: %v", s, err)
	}
	return account, nil
}

func (k Keeper) addressString(account sdk.AccAddress) (string, error) {
	s, err := k.addressCodec.BytesToString(account)
	if err != nil {
		return "", types.ErrInvalidAddress.Wrap(err.Error())
	}
	return s, nil
}

// blockTime returns the block's time in UTC, as it is stored.
func blockTime(ctx context.Context) time.Time { return sdk.UnwrapSDKContext(ctx).BlockTime().UTC() }
