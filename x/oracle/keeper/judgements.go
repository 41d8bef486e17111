package keeper

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// judgementsPerBlock bounds the quotes that one end-blocker verifies, at about a millisecond each.
const judgementsPerBlock = 8

// judgementGrace is how long an oracle stays active after a judgement that it failed.
type judgementGrace time.Duration

// failure describes a failed judgement. An oracle that fails again gets no more time than it had.
func failure(before *types.Failure, reason string, now time.Time, grace judgementGrace) *types.Failure {
	until := now.Add(time.Duration(grace))
	if before != nil && before.GraceUntil.Before(until) {
		until = before.GraceUntil
	}
	return &types.Failure{Reason: reason, GraceUntil: until}
}

// queueJudgements has those approved oracles judged anew, in this and the next end-blockers, whose hardware a change concerns.
func (k Keeper) queueJudgements(ctx context.Context, concerns func(types.Platform) bool) error {
	return k.Oracles.Walk(ctx, nil, func(address sdk.AccAddress, oracle types.Oracle) (bool, error) {
		if oracle.Attestation.Simulated || !concerns(oracle.Attestation.Platform) {
			return false, nil
		}
		return false, k.Judgements.Set(ctx, address)
	})
}

// judgeQueued judges the first oracles of the queue.
func (k Keeper) judgeQueued(ctx context.Context) error {
	var queued []sdk.AccAddress
	err := k.Judgements.Walk(ctx, nil, func(address sdk.AccAddress) (bool, error) {
		queued = append(queued, address)
		return len(queued) == judgementsPerBlock, nil
	})
	if err != nil || len(queued) == 0 {
		return err
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	for _, address := range queued {
		if err := k.Judgements.Remove(ctx, address); err != nil {
			return err
		}
		if err := k.judgeAnew(ctx, params, address); err != nil {
			return fmt.Errorf("judging oracle %s anew: %w", address, err)
		}
	}
	return nil
}

// judgeAnew judges an approved oracle and stores the outcome.
func (k Keeper) judgeAnew(ctx context.Context, params types.Params, address sdk.AccAddress) error {
	oracle, err := k.Oracles.Get(ctx, address)
	if err != nil {
		return err
	}
	raw, err := k.Evidence.Get(ctx, oracle.NodeSigningKey)
	if err != nil {
		return err
	}
	if oracle.Attestation, err = k.judge(ctx, params, raw, oracle.Attestation); err != nil {
		return err
	}
	if err := k.Oracles.Set(ctx, address, oracle); err != nil {
		return err
	}
	event := &types.EventOracleJudged{Oracle: oracle.Address}
	if f := oracle.Attestation.Failure; f != nil {
		event.Failure = f.Reason
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event)
}

// recordBlock remembers this block's hash, by which quotes are dated, and forgets those that are too old for that. Where no
// consensus engine gives a hash, in a simulation, it is all zeros.
func (k Keeper) recordBlock(ctx context.Context) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	hash := sdkCtx.HeaderHash()
	if len(hash) != types.BlockHashSize {
		hash = make([]byte, types.BlockHashSize)
	}
	if err := k.Blocks.Set(ctx, sdkCtx.BlockHeight(), hash); err != nil {
		return err
	}
	oldest := sdkCtx.BlockHeight() - int64(params.TrustedBlockMaxAge)
	var old []int64
	err = k.Blocks.Walk(ctx, new(collections.Range[int64]).EndExclusive(oldest), func(height int64, _ []byte) (bool, error) {
		old = append(old, height)
		return len(old) == prunedPerBlock, nil
	})
	if err != nil {
		return err
	}
	for _, height := range old {
		if err := k.Blocks.Remove(ctx, height); err != nil {
			return err
		}
	}
	return nil
}
