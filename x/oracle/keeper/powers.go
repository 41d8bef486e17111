package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// The power of the past: x/staking keeps none, and an infraction is slashed by the power of its height. A period holds for
// the beginnings of the blocks after the one at whose end it began, up to and including the one at whose end it ended.

// prunedPerBlock bounds how much of the past one block forgets; more than one block adds.
const prunedPerBlock = 2 * types.MaxOracles

// currentPower returns the consensus power that a validator has, 0 if it takes no part in consensus.
func (k Keeper) currentPower(ctx context.Context, operator sdk.AccAddress) (int64, error) {
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return validator.ConsensusPower(k.staking.PowerReduction(ctx)), nil
}

// trackPower notes the present power of an oracle's validator, and keeps the one before if it was another.
func (k Keeper) trackPower(ctx context.Context, address sdk.AccAddress) error {
	power, err := k.currentPower(ctx, address)
	if err != nil {
		return err
	}
	before, err := k.Powers.Get(ctx, address)
	switch {
	case errors.Is(err, collections.ErrNotFound):
	case err != nil:
		return err
	case before.Power == power:
		return nil
	default:
		if err := k.endPeriod(ctx, address, before); err != nil {
			return err
		}
	}
	return k.Powers.Set(ctx, address, types.PowerPeriod{Since: sdk.UnwrapSDKContext(ctx).BlockHeight(), Power: power})
}

// forgetPower ends the present period of one who is no oracle any more. What it was stays until evidence would be too old.
func (k Keeper) forgetPower(ctx context.Context, address sdk.AccAddress) error {
	period, err := k.Powers.Get(ctx, address)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.Powers.Remove(ctx, address); err != nil {
		return err
	}
	return k.endPeriod(ctx, address, period)
}

// endPeriod moves a period to the past. If one ended in this block already, that was the power at the block's beginning.
func (k Keeper) endPeriod(ctx context.Context, address sdk.AccAddress, period types.PowerPeriod) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	key := collections.Join(address, height)
	if has, err := k.PastPowers.Has(ctx, key); err != nil || has {
		return err
	}
	if err := k.PastPowers.Set(ctx, key, period); err != nil {
		return err
	}
	return k.PastPowersByHeight.Set(ctx, collections.Join(height, address))
}

// powerAt returns the power that an oracle's validator had at the beginning of a block.
func (k Keeper) powerAt(ctx context.Context, address sdk.AccAddress, height int64) (int64, error) {
	var power int64
	found := false
	from := collections.NewPrefixedPairRange[sdk.AccAddress, int64](address).StartInclusive(height)
	err := k.PastPowers.Walk(ctx, from, func(_ collections.Pair[sdk.AccAddress, int64], period types.PowerPeriod) (bool, error) {
		power, found = period.Power, true
		return true, nil
	})
	if err != nil || found {
		return power, err
	}
	period, err := k.Powers.Get(ctx, address)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	return period.Power, err
}

// trackPowers notes the power of every approved oracle at the end of a block, and ends those whose validator is gone for ever.
func (k Keeper) trackPowers(ctx context.Context) error {
	var gone []sdk.AccAddress
	err := k.Oracles.Walk(ctx, nil, func(address sdk.AccAddress, _ types.Oracle) (bool, error) {
		lost, err := k.validatorGone(ctx, address)
		if err != nil {
			return true, err
		}
		if lost {
			gone = append(gone, address)
			return false, nil
		}
		return false, k.trackPower(ctx, address)
	})
	if err != nil {
		return err
	}
	for _, address := range gone {
		if err := k.remove(ctx, address, "its validator is gone or tombstoned"); err != nil {
			return err
		}
	}
	return nil
}

// validatorGone says whether an operator has no validator, or a tombstoned one, which never comes back.
func (k Keeper) validatorGone(ctx context.Context, operator sdk.AccAddress) (bool, error) {
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return true, nil
	}
	if err != nil || !validator.IsJailed() {
		return false, err
	}
	consensus, err := validator.GetConsAddr()
	if err != nil {
		return false, err
	}
	return k.slashing.IsTombstoned(ctx, consensus), nil
}

// prunePowers forgets powers of heights for which evidence would be too old.
func (k Keeper) prunePowers(ctx context.Context) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	oldest := sdk.UnwrapSDKContext(ctx).BlockHeight() - int64(params.MaxEvidenceAge)
	if oldest <= 0 {
		return nil
	}
	var old []collections.Pair[int64, sdk.AccAddress]
	err = k.PastPowersByHeight.Walk(ctx, nil, func(key collections.Pair[int64, sdk.AccAddress]) (bool, error) {
		if key.K1() >= oldest || len(old) == prunedPerBlock {
			return true, nil
		}
		old = append(old, key)
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, key := range old {
		if err := k.PastPowersByHeight.Remove(ctx, key); err != nil {
			return err
		}
		if err := k.PastPowers.Remove(ctx, collections.Join(key.K2(), key.K1())); err != nil {
			return err
		}
	}
	return nil
}
