package app

import (
	"fmt"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// restoreUnbondingIDs rebuilds what the staking module's genesis leaves out: the index of unbonding operations by their id,
// and the counter, without which a chain made from an export would give out ids that are taken.
func (app *App) restoreUnbondingIDs(ctx sdk.Context) error {
	ids, err := app.indexUnbonding(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	for last, used := uint64(0), slices.Max(ids); last < used; {
		if last, err = app.StakingKeeper.IncrementUnbondingID(ctx); err != nil {
			return fmt.Errorf("restoring the counter of unbonding operations: %w", err)
		}
	}
	return nil
}

// indexUnbonding writes the index, and returns the ids in it.
func (app *App) indexUnbonding(ctx sdk.Context) (ids []uint64, failed error) {
	index := func(id uint64, write func() error) {
		if id == 0 || failed != nil { // operations from before ids were given have none
			return
		}
		if err := write(); err != nil {
			failed = fmt.Errorf("indexing unbonding operation %d: %w", id, err)
		}
		ids = append(ids, id)
	}
	err := app.StakingKeeper.IterateUnbondingDelegations(ctx, func(_ int64, ubd stakingtypes.UnbondingDelegation) bool {
		for _, entry := range ubd.Entries {
			index(entry.UnbondingId, func() error {
				return app.StakingKeeper.SetUnbondingDelegationByUnbondingID(ctx, ubd, entry.UnbondingId)
			})
		}
		return failed != nil
	})
	if err != nil {
		return nil, err
	}
	err = app.StakingKeeper.IterateRedelegations(ctx, func(_ int64, red stakingtypes.Redelegation) bool {
		for _, entry := range red.Entries {
			index(entry.UnbondingId, func() error { return app.StakingKeeper.SetRedelegationByUnbondingID(ctx, red, entry.UnbondingId) })
		}
		return failed != nil
	})
	if err != nil {
		return nil, err
	}
	validators, err := app.StakingKeeper.GetAllValidators(ctx)
	if err != nil {
		return nil, err
	}
	for _, validator := range validators {
		for _, id := range validator.UnbondingIds {
			index(id, func() error { return app.StakingKeeper.SetValidatorByUnbondingID(ctx, validator, id) })
		}
	}
	return ids, failed
}
