package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// PrepareForHeightZero changes the state for a new chain that begins at height zero with it: the heights of the old chain mean
// nothing there. Deals keep their ids, which name the chain that they were made on; certificates made for the old chain are
// refused if the new one has another id.
func (k Keeper) PrepareForHeightZero(ctx context.Context) error {
	state, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	for _, whole := range state.Deals {
		id, err := types.DealIDBytes(whole.Id)
		if err != nil {
			return err
		}
		deal, _ := whole.Split()
		deal.CreatedHeight, deal.ClosedHeight = 0, min(1, deal.ClosedHeight)
		if err := k.Deals.Set(ctx, id, deal); err != nil {
			return fmt.Errorf("restarting deal %s: %w", whole.Id, err)
		}
	}
	for _, consent := range state.Consents {
		id, err := types.DealIDBytes(consent.Certificate.DealId)
		if err != nil {
			return err
		}
		consent.Height = 0
		if err := k.Consents.Set(ctx, collections.Join(id, consent.Certificate.DataCommitment), consent); err != nil {
			return fmt.Errorf("restarting a consent of deal %x: %w", id, err)
		}
	}
	return nil
}
