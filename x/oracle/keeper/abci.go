package keeper

import "context"

// BeginBlock remembers the block's hash, so that quotes can be dated.
func (k Keeper) BeginBlock(ctx context.Context) error { return k.recordBlock(ctx) }

// EndBlock judges oracles anew whose collateral has changed, and notes what power each oracle ended the block with. It runs
// after x/staking, and its work is bounded: a few quotes, and one validator for each approved oracle.
func (k Keeper) EndBlock(ctx context.Context) error {
	if err := k.judgeQueued(ctx); err != nil {
		return err
	}
	if err := k.trackPowers(ctx); err != nil {
		return err
	}
	return k.prunePowers(ctx)
}
