// Package keeper holds the state of x/oracle and what changes it: the registry of oracles, what their enclaves attested, Intel's
// collateral, and the power that each had.
//
// It trusts the trusted roots of its parameters for what hardware is, x/staking for who validates with how much, and x/slashing
// for their punishment. What an oracle says is trusted for the signature of its node key, whoever sends it. Whether an oracle
// is active is derived anew at each use; nothing that every transaction writes is kept.
package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// Keeper reads and writes the module's state.
type Keeper struct {
	addressCodec address.Codec
	staking      types.StakingKeeper
	slashing     types.SlashingKeeper
	authority    string

	// Schema describes all of the state below.
	Schema collections.Schema
	// Params are governance's.
	Params collections.Item[types.Params]
	// AllowSimulated is genesis's word on simulated enclaves; no message writes it.
	AllowSimulated collections.Item[bool]
	// PublicKey is what providers encrypt to, since the first oracle registered; never written again.
	PublicKey collections.Item[[]byte]
	// Measurements holds the enclaves that governance allows, by measurement.
	Measurements collections.Map[[]byte, types.Measurement]
	// Collateral holds the newest of each piece of Intel's, by kind and subject.
	Collateral collections.Map[collections.Pair[int32, string], types.CollateralPiece]
	// Oracles holds the approved oracles, at most as many as the parameters say.
	Oracles collections.Map[sdk.AccAddress, types.Oracle]
	// Approved holds the keys of Oracles in their order, each behind its length in a byte: to read them all without an iterator, which
	// costs a consent more than the oracles do, above all under Block-STM.
	Approved collections.Item[[]byte]
	// Registrations holds who waits for approval: newcomers, and next enclaves of approved oracles.
	Registrations collections.Map[sdk.AccAddress, types.Oracle]
	// NodeKeys holds every node signing key that was ever registered.
	NodeKeys collections.Map[[]byte, types.NodeKey]
	// Evidence holds, by node signing key, what oracles and registrations attested with.
	Evidence collections.Map[[]byte, []byte]
	// Approvals holds, by the newcomer's node signing key and the approver, the approvals of oracles and registrations.
	Approvals collections.Map[collections.Pair[[]byte, sdk.AccAddress], types.Approval]
	// Judgements holds the approved oracles that wait to be judged anew.
	Judgements collections.KeySet[sdk.AccAddress]
	// Powers holds the present power of each approved oracle's validator, and that of a registration when it was made.
	Powers collections.Map[sdk.AccAddress, types.PowerPeriod]
	// PastPowers holds, by oracle and last height, the powers before; PastPowersByHeight orders them by age.
	PastPowers         collections.Map[collections.Pair[sdk.AccAddress, int64], types.PowerPeriod]
	PastPowersByHeight collections.KeySet[collections.Pair[int64, sdk.AccAddress]]
	// Blocks holds the hashes of recent blocks by height.
	Blocks collections.Map[int64, []byte]
}

// NewKeeper makes a keeper over a store. authority is the address that may change the parameters: governance's. It panics
// if the authority is no address, because the application is then wired wrongly.
func NewKeeper(
	cdc codec.BinaryCodec, storeService corestore.KVStoreService, addressCodec address.Codec,
	staking types.StakingKeeper, slashing types.SlashingKeeper, authority string,
) Keeper {
	if _, err := addressCodec.StringToBytes(authority); err != nil {
		panic(fmt.Sprintf("x/oracle: the authority is no address: %v", err))
	}
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		addressCodec:   addressCodec,
		staking:        staking,
		slashing:       slashing,
		authority:      authority,
		Params:         collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		AllowSimulated: collections.NewItem(sb, types.AllowSimulatedPrefix, "allow_simulated", collections.BoolValue),
		PublicKey:      collections.NewItem(sb, types.OraclePublicKeyPrefix, "oracle_public_key", collections.BytesValue),
		Measurements: collections.NewMap(sb, types.MeasurementsPrefix, "measurements",
			collections.BytesKey, codec.CollValue[types.Measurement](cdc)),
		Collateral: collections.NewMap(sb, types.CollateralPrefix, "collateral",
			collections.PairKeyCodec(collections.Int32Key, collections.StringKey), codec.CollValue[types.CollateralPiece](cdc)),
		Oracles:  collections.NewMap(sb, types.OraclesPrefix, "oracles", sdk.AccAddressKey, codec.CollValue[types.Oracle](cdc)),
		Approved: collections.NewItem(sb, types.ApprovedPrefix, "approved", collections.BytesValue),
		Registrations: collections.NewMap(sb, types.RegistrationsPrefix, "registrations",
			sdk.AccAddressKey, codec.CollValue[types.Oracle](cdc)),
		NodeKeys: collections.NewMap(sb, types.NodeKeysPrefix, "node_keys", collections.BytesKey, codec.CollValue[types.NodeKey](cdc)),
		Evidence: collections.NewMap(sb, types.EvidencePrefix, "evidence", collections.BytesKey, collections.BytesValue),
		Approvals: collections.NewMap(sb, types.ApprovalsPrefix, "approvals",
			collections.PairKeyCodec(collections.BytesKey, sdk.AccAddressKey), codec.CollValue[types.Approval](cdc)),
		Judgements: collections.NewKeySet(sb, types.JudgementsPrefix, "judgements", sdk.AccAddressKey),
		Powers:     collections.NewMap(sb, types.PowersPrefix, "powers", sdk.AccAddressKey, codec.CollValue[types.PowerPeriod](cdc)),
		PastPowers: collections.NewMap(sb, types.PastPowersPrefix, "past_powers",
			collections.PairKeyCodec(sdk.AccAddressKey, collections.Int64Key), codec.CollValue[types.PowerPeriod](cdc)),
		PastPowersByHeight: collections.NewKeySet(sb, types.PastPowersTimePrefix, "past_powers_by_height",
			collections.PairKeyCodec(collections.Int64Key, sdk.AccAddressKey)),
		Blocks: collections.NewMap(sb, types.BlocksPrefix, "blocks", collections.Int64Key, collections.BytesValue),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(fmt.Sprintf("x/oracle: building the schema: %v", err))
	}
	k.Schema = schema
	return k
}

// Authority returns the address that may change the parameters.
func (k Keeper) Authority() string { return k.authority }

// GetParams returns the parameters.
func (k Keeper) GetParams(ctx context.Context) (types.Params, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Params{}, fmt.Errorf("reading the parameters of x/oracle: %w", err)
	}
	return params, nil
}

// OraclePublicKey returns the HPKE public key that providers encrypt to. It is empty until the first oracle registers.
func (k Keeper) OraclePublicKey(ctx context.Context) ([]byte, error) {
	key, err := k.PublicKey.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the oracle public key: %w", err)
	}
	return key, nil
}

// MaxCertificateLifetime returns the most blocks that may lie between the present height and the last height of a certificate
// that is used now. Evidence of misbehaviour is dated by it.
func (k Keeper) MaxCertificateLifetime(ctx context.Context) (int64, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return 0, err
	}
	return int64(params.MaxCertificateLifetime), nil
}

// addressBytes reads an account address.
func (k Keeper) addressBytes(s string) (sdk.AccAddress, error) {
	account, err := k.addressCodec.StringToBytes(s)
	if err != nil {
		return nil, types.ErrInvalidAddress.Wrapf("%.100q: %v", s, err)
	}
	return account, nil
}

func (k Keeper) addressString(address sdk.AccAddress) (string, error) {
	s, err := k.addressCodec.BytesToString(address)
	if err != nil {
		return "", types.ErrInvalidAddress.Wrap(err.Error())
	}
	return s, nil
}
