package keeper

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// EndBlock closes deals whose time is over and refunds what is left, in the order of their expiry, at most as many in a block as the
// parameters say. Those that wait for a later block take no consents meanwhile.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	due, err := k.due(ctx, int(params.MaxClosuresPerBlock))
	if err != nil {
		return fmt.Errorf("looking for expired deals: %w", err)
	}
	for _, id := range due {
		deal, err := k.deal(ctx, id)
		if err != nil {
			return err
		}
		if _, err := k.close(ctx, deal, types.DEAL_STATUS_EXPIRED); err != nil {
			return err
		}
	}
	return nil
}

// due returns the ids of the first deals of the queue whose time is over.
func (k Keeper) due(ctx context.Context, limit int) (ids [][]byte, err error) {
	expired := collections.NewPrefixUntilPairRange[time.Time, []byte](blockTime(ctx))
	err = k.Expiries.Walk(ctx, expired, func(key expiryKey) (bool, error) {
		ids = append(ids, key.K2())
		return len(ids) == limit, nil
	})
	return ids, err
}
