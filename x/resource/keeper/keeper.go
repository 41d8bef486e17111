// Package keeper holds the state of x/resource and what changes it: the versions of the resources that DIDs publish.
//
// It trusts x/did for which keys speak for a DID, and the transaction's signature for who pays, and nothing else: what may be
// published is decided by the signature inside each message. A message writes keys of its own DID only, so that independent
// publications execute in parallel.
package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/medibloc/panacea/x/resource/types"
)

// Keys of the state. A collection is a DID's method-specific id; a series is the versions of one name and type in it.
type (
	resourceKey = collections.Pair[string, string]                 // collection, id
	seriesKey   = collections.Triple[string, string, string]       // collection, name, type
	typeKey     = collections.Triple[string, string, string]       // collection, type, name
	versionKey  = collections.Quad[string, string, string, uint64] // collection, name, type, number
	labelKey    = collections.Quad[string, string, string, string] // collection, name, type, version label
)

// Keeper reads and writes the module's state.
type Keeper struct {
	addressCodec address.Codec
	dids         types.DIDKeeper
	authority    string

	// Schema describes all of the state below.
	Schema collections.Schema
	// Params bound what resources may cost.
	Params collections.Item[types.Params]
	// Metadata describes each version. Data holds its bytes under a key of their own, so that listing reads none of them.
	Metadata collections.Map[resourceKey, types.Metadata]
	Data     collections.Map[resourceKey, []byte]
	// Latest holds the id of the latest version of each series.
	Latest collections.Map[seriesKey, string]
	// Types finds series by their type.
	Types collections.KeySet[typeKey]
	// Versions holds the ids of a series' versions by number, from 1.
	Versions collections.Map[versionKey, string]
	// Labels holds the ids of versions that have a label.
	Labels collections.Map[labelKey, string]
}

// NewKeeper makes a keeper over a store. authority is the address that may change the parameters: governance's. It panics
// if the authority is no address, because the application is then wired wrongly.
func NewKeeper(
	cdc codec.BinaryCodec, storeService corestore.KVStoreService, addressCodec address.Codec, dids types.DIDKeeper, authority string,
) Keeper {
	if _, err := addressCodec.StringToBytes(authority); err != nil {
		panic(fmt.Sprintf("x/resource: the authority is no address: %v", err))
	}
	text, number := newTextKey(), collections.Uint64Key
	resources, series := collections.PairKeyCodec(text, text), collections.TripleKeyCodec(text, text, text)
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		addressCodec: addressCodec,
		dids:         dids,
		authority:    authority,
		Params:       collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Metadata:     collections.NewMap(sb, types.MetadataPrefix, "metadata", resources, codec.CollValue[types.Metadata](cdc)),
		Data:         collections.NewMap(sb, types.DataPrefix, "data", resources, collections.BytesValue),
		Latest:       collections.NewMap(sb, types.LatestPrefix, "latest", series, collections.StringValue),
		Types:        collections.NewKeySet(sb, types.TypesPrefix, "types", series),
		Versions: collections.NewMap(sb, types.VersionsPrefix, "versions",
			collections.QuadKeyCodec(text, text, text, number), collections.StringValue),
		Labels: collections.NewMap(sb, types.LabelsPrefix, "labels",
			collections.QuadKeyCodec(text, text, text, text), collections.StringValue),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(fmt.Sprintf("x/resource: building the schema: %v", err))
	}
	k.Schema = schema
	return k
}

// Authority returns the address that may change the parameters.
func (k Keeper) Authority() string { return k.authority }

// checkAddress checks an account address.
func (k Keeper) checkAddress(s string) error {
	if _, err := k.addressCodec.StringToBytes(s); err != nil {
		return types.ErrInvalidAddress.Wrapf("%.100q: %v", s, err)
	}
	return nil
}

// GetParams returns the parameters.
func (k Keeper) GetParams(ctx context.Context) (types.Params, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Params{}, fmt.Errorf("reading the parameters of x/resource: %w", err)
	}
	return params, nil
}
