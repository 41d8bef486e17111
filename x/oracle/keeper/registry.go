package keeper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// register stores a registration with its node key and evidence, in place of one that waited before.
func (k Keeper) register(ctx context.Context, address sdk.AccAddress, registration types.Oracle, evidence []byte) error {
	if err := k.dropRegistration(ctx, address, "replaced by another registration"); err != nil {
		return err
	}
	nodeKey := types.NodeKey{Oracle: registration.Address, RegisteredHeight: registration.RegisteredHeight}
	if err := k.NodeKeys.Set(ctx, registration.NodeSigningKey, nodeKey); err != nil {
		return fmt.Errorf("storing the node key of %s: %w", registration.Address, err)
	}
	if err := k.Evidence.Set(ctx, registration.NodeSigningKey, evidence); err != nil {
		return fmt.Errorf("storing the evidence of %s: %w", registration.Address, err)
	}
	if err := k.Registrations.Set(ctx, address, registration); err != nil {
		return fmt.Errorf("storing the registration of %s: %w", registration.Address, err)
	}
	if err := k.trackPower(ctx, address); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventOracleRegistered{
		Oracle: registration.Address, NodeSigningKey: registration.NodeSigningKey, Measurement: registration.Attestation.Measurement,
	})
}

// approve makes a registration its address's oracle, in place of the enclave before, whose commission goes on.
func (k Keeper) approve(ctx context.Context, address sdk.AccAddress, registration types.Oracle) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	before, err := k.Oracles.Get(ctx, address)
	switch {
	case err == nil:
		if err := k.retire(ctx, before.NodeSigningKey); err != nil {
			return err
		}
		registration.Commission = before.Commission
	case !errors.Is(err, collections.ErrNotFound):
		return err
	default:
		if err := k.requireRoom(ctx, params); err != nil {
			return err
		}
	}
	registration.ApprovedHeight = sdk.UnwrapSDKContext(ctx).BlockHeight()
	if err := k.Registrations.Remove(ctx, address); err != nil {
		return err
	}
	if err := k.Oracles.Set(ctx, address, registration); err != nil {
		return fmt.Errorf("storing oracle %s: %w", registration.Address, err)
	}
	if err := k.listApproved(ctx, address); err != nil {
		return err
	}
	if err := k.trackPower(ctx, address); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventOracleApproved{
		Oracle: registration.Address, NodeSigningKey: registration.NodeSigningKey,
	})
}

// requireRoom checks that one more oracle may be approved. The error is ErrTooManyOracles.
func (k Keeper) requireRoom(ctx context.Context, params types.Params) error {
	approved, err := k.approved(ctx)
	if err == nil && len(approved) >= int(params.MaxOracles) {
		return types.ErrTooManyOracles.Wrapf("%d are approved", len(approved))
	}
	return err
}

// approved returns the addresses of the approved oracles, in their order.
func (k Keeper) approved(ctx context.Context) ([]sdk.AccAddress, error) {
	list, err := k.Approved.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the list of approved oracles: %w", err)
	}
	var addresses []sdk.AccAddress
	for len(list) > 0 {
		size := int(list[0])
		if len(list) <= size {
			return nil, fmt.Errorf("the list of approved oracles ends within an address")
		}
		addresses, list = append(addresses, list[1:1+size]), list[1+size:]
	}
	return addresses, nil
}

// listApproved lists an approved oracle, unless it stands in the list.
func (k Keeper) listApproved(ctx context.Context, address sdk.AccAddress) error {
	approved, err := k.approved(ctx)
	if err != nil {
		return err
	}
	at, found := slices.BinarySearchFunc(approved, address, compareAddresses)
	if found {
		return nil
	}
	return k.setApproved(ctx, slices.Insert(approved, at, address))
}

// unlistApproved takes one who is no oracle any more off the list.
func (k Keeper) unlistApproved(ctx context.Context, address sdk.AccAddress) error {
	approved, err := k.approved(ctx)
	if err != nil {
		return err
	}
	return k.setApproved(ctx, slices.DeleteFunc(approved, func(a sdk.AccAddress) bool { return a.Equals(address) }))
}

func (k Keeper) setApproved(ctx context.Context, approved []sdk.AccAddress) error {
	if len(approved) == 0 {
		return k.Approved.Remove(ctx)
	}
	var list []byte
	for _, address := range approved {
		list = append(append(list, byte(len(address))), address...)
	}
	return k.Approved.Set(ctx, list)
}

func compareAddresses(a, b sdk.AccAddress) int { return bytes.Compare(a, b) }

// remove ends an address's oracle and its registration.
func (k Keeper) remove(ctx context.Context, address sdk.AccAddress, reason string) error {
	if err := k.dropRegistration(ctx, address, reason); err != nil {
		return err
	}
	oracle, err := k.Oracles.Get(ctx, address)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if err == nil {
		if err := k.Oracles.Remove(ctx, address); err != nil {
			return err
		}
		if err := k.unlistApproved(ctx, address); err != nil {
			return err
		}
		if err := k.Judgements.Remove(ctx, address); err != nil {
			return err
		}
		if err := k.end(ctx, oracle, reason); err != nil {
			return err
		}
	}
	return k.forgetPower(ctx, address)
}

// dropRegistration ends an address's registration, if one waits.
func (k Keeper) dropRegistration(ctx context.Context, address sdk.AccAddress, reason string) error {
	registration, err := k.Registrations.Get(ctx, address)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.Registrations.Remove(ctx, address); err != nil {
		return err
	}
	return k.end(ctx, registration, reason)
}

func (k Keeper) end(ctx context.Context, oracle types.Oracle, reason string) error {
	if err := k.retire(ctx, oracle.NodeSigningKey); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventOracleRemoved{
		Oracle: oracle.Address, NodeSigningKey: oracle.NodeSigningKey, Reason: reason,
	})
}

// retire ends the use of a node key: its evidence and approvals go, the key itself is remembered.
func (k Keeper) retire(ctx context.Context, nodeKey []byte) error {
	remembered, err := k.NodeKeys.Get(ctx, nodeKey)
	if err != nil {
		return err
	}
	remembered.RetiredHeight = sdk.UnwrapSDKContext(ctx).BlockHeight()
	if err := k.NodeKeys.Set(ctx, nodeKey, remembered); err != nil {
		return err
	}
	if err := k.Evidence.Remove(ctx, nodeKey); err != nil {
		return err
	}
	return k.Approvals.Clear(ctx, collections.NewPrefixedPairRange[[]byte, sdk.AccAddress](nodeKey))
}

// checkTrustedBlock checks that a trusted block is one of the chain's recent ones, so that what names it is fresh. The error is
// ErrTrustedBlock.
func (k Keeper) checkTrustedBlock(ctx context.Context, params types.Params, block types.TrustedBlock) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if block.Height > height || height-block.Height > int64(params.TrustedBlockMaxAge) {
		return types.ErrTrustedBlock.Wrapf("height %d is not among the last %d before %d", block.Height, params.TrustedBlockMaxAge, height)
	}
	hash, err := k.Blocks.Get(ctx, block.Height)
	if errors.Is(err, collections.ErrNotFound) || err == nil && !bytes.Equal(hash, block.Hash) {
		return types.ErrTrustedBlock.Wrapf("block %d of this chain has not the hash %X", block.Height, block.Hash)
	}
	return err
}

// authenticate checks that a message is an approved oracle's, and that it is its next one. Errors: ErrOracleNotFound,
// ErrNotApproved, ErrInvalidSequence, ErrInvalidSignature.
func (k Keeper) authenticate(ctx context.Context, msg types.NodeMessage) (sdk.AccAddress, types.Oracle, error) {
	address, err := k.addressBytes(msg.Author())
	if err != nil {
		return nil, types.Oracle{}, err
	}
	oracle, err := k.oracle(ctx, address)
	if err != nil {
		return nil, types.Oracle{}, err
	}
	nodeKey, err := k.NodeKeys.Get(ctx, oracle.NodeSigningKey)
	if err != nil {
		return nil, types.Oracle{}, err
	}
	if msg.GetSequence() != nodeKey.Sequence {
		return nil, types.Oracle{}, types.ErrInvalidSequence.Wrapf("the message is signed for %d; the next is %d", msg.GetSequence(), nodeKey.Sequence)
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(types.GasPerSignature, "x/oracle: signature of a node key")
	if err := types.VerifyNodeMessage(sdkCtx.ChainID(), oracle.NodeSigningKey, msg); err != nil {
		return nil, types.Oracle{}, err
	}
	nodeKey.Sequence++
	return address, oracle, k.NodeKeys.Set(ctx, oracle.NodeSigningKey, nodeKey)
}
