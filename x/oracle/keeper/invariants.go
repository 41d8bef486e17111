package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// CheckInvariants returns an error if the state breaks one of the module's invariants:
//
//   - every oracle and registration has its node key, evidence and power, and no node key is two's, or in use after it was
//     retired or punished (types.GenesisState.Validate);
//   - no more oracles are approved than the hard limit allows, and each stands in its place in the list of them;
//   - an active oracle's validator is bonded and not jailed, and its power is exactly that validator's stake; the power of all is
//     the sum, and no more than all bonded stake of the oracles' validators;
//   - past powers are indexed by height, each once.
//
// It reads all of the state, and is for tests and simulation.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	state, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	if err := state.Validate(); err != nil {
		return fmt.Errorf("x/oracle invariant: %w", err)
	}
	if err := k.checkPowers(ctx); err != nil {
		return fmt.Errorf("x/oracle invariant: %w", err)
	}
	indexed := 0
	err = k.PastPowersByHeight.Walk(ctx, nil, func(key collections.Pair[int64, sdk.AccAddress]) (bool, error) {
		indexed++
		_, err := k.PastPowers.Get(ctx, collections.Join(key.K2(), key.K1()))
		return false, err
	})
	if err != nil || indexed != len(state.PastPowers) {
		return fmt.Errorf("x/oracle invariant: %d past powers, %d indexed: %w", len(state.PastPowers), indexed, err)
	}
	return nil
}

func (k Keeper) checkPowers(ctx context.Context) error {
	sum := math.ZeroInt()
	approved, err := k.approved(ctx)
	if err != nil {
		return err
	}
	err = k.Oracles.Walk(ctx, nil, func(address sdk.AccAddress, oracle types.Oracle) (bool, error) {
		if len(approved) == 0 || !approved[0].Equals(address) {
			return true, fmt.Errorf("%s does not stand in its place in the list of approved oracles", oracle.Address)
		}
		approved = approved[1:]
		active, err := k.ActiveOracle(ctx, address)
		if err != nil {
			if types.IsInactivity(err) {
				err = nil
			}
			return err != nil, err
		}
		validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(address))
		if errors.Is(err, stakingtypes.ErrNoValidatorFound) || err == nil && (!validator.IsBonded() || validator.IsJailed() || !validator.Tokens.Equal(active.Power)) {
			return true, fmt.Errorf("%s is active with power %s, which is not its validator's", oracle.Address, active.Power)
		}
		sum = sum.Add(active.Power)
		return err != nil, err
	})
	if err != nil {
		return err
	}
	if len(approved) > 0 {
		return fmt.Errorf("%s is listed as approved, and is not", approved[0])
	}
	total, err := k.TotalActivePower(ctx)
	if err != nil {
		return err
	}
	if !total.Equal(sum) {
		return fmt.Errorf("the total active power is %s, the sum %s", total, sum)
	}
	return nil
}
