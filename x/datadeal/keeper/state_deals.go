package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// GetDeal returns a whole deal. Errors are ErrDealNotFound and ErrInvalidRequest.
func (k Keeper) GetDeal(ctx context.Context, dealID string) (types.Deal, error) {
	id, err := types.DealIDBytes(dealID)
	if err != nil {
		return types.Deal{}, err
	}
	deal, err := k.deal(ctx, id)
	if err != nil {
		return types.Deal{}, err
	}
	contents, err := k.Contents.Get(ctx, id)
	if err != nil {
		return types.Deal{}, fmt.Errorf("reading the contents of deal %s: %w", dealID, err)
	}
	return contents.Join(deal), nil
}

// deal returns a deal without its contents. The error is ErrDealNotFound if there is none.
func (k Keeper) deal(ctx context.Context, id []byte) (types.Deal, error) {
	deal, err := k.Deals.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Deal{}, types.ErrDealNotFound.Wrap(types.DealIDString(id))
	}
	if err != nil {
		return types.Deal{}, fmt.Errorf("reading deal %x: %w", id, err)
	}
	return deal, nil
}

// lastNumber returns the number of a consumer's last deal, 0 if there is none.
func (k Keeper) lastNumber(ctx context.Context, consumer sdk.AccAddress) (uint64, error) {
	last, err := k.Numbers.Get(ctx, consumer)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return 0, fmt.Errorf("reading the number of %s's last deal: %w", consumer, err)
	}
	return last, nil
}

// storeDeal stores a new deal, or one of a genesis, and every index of it.
func (k Keeper) storeDeal(ctx context.Context, consumer sdk.AccAddress, whole types.Deal) error {
	id, err := types.DealIDBytes(whole.Id)
	if err != nil {
		return err
	}
	escrow, err := k.addressBytes(whole.Escrow)
	if err != nil {
		return err
	}
	deal, contents := whole.Split()
	for _, set := range []func() error{
		func() error { return k.Deals.Set(ctx, id, deal) },
		func() error { return k.Contents.Set(ctx, id, contents) },
		func() error { return k.DealsByConsumer.Set(ctx, collections.Join(consumer, deal.Number), id) },
		func() error { return k.DealsByStatus.Set(ctx, collections.Join(int32(deal.Status), id)) },
		func() error { return k.Escrows.Set(ctx, escrow, id) },
		func() error {
			if deal.Status != types.DEAL_STATUS_ACTIVE {
				return nil
			}
			return k.Expiries.Set(ctx, collections.Join(deal.ExpiresAt, id))
		},
	} {
		if err := set(); err != nil {
			return fmt.Errorf("storing deal %s: %w", deal.Id, err)
		}
	}
	return nil
}

// close ends an active deal, and returns what is left of its budget to its consumer.
func (k Keeper) close(ctx context.Context, deal types.Deal, status types.DealStatus) (sdk.Coin, error) {
	id, err := types.DealIDBytes(deal.Id)
	if err != nil {
		return sdk.Coin{}, err
	}
	refund := deal.Remaining()
	if err := k.refund(ctx, deal, refund); err != nil {
		return sdk.Coin{}, fmt.Errorf("refunding deal %s: %w", deal.Id, err)
	}
	before := deal.Status
	deal.Status, deal.Refunded = status, deal.Refunded.Add(refund)
	deal.ClosedHeight = sdk.UnwrapSDKContext(ctx).BlockHeight()
	for _, change := range []func() error{
		func() error { return k.Deals.Set(ctx, id, deal) },
		func() error { return k.DealsByStatus.Remove(ctx, collections.Join(int32(before), id)) },
		func() error { return k.DealsByStatus.Set(ctx, collections.Join(int32(status), id)) },
		func() error { return k.Expiries.Remove(ctx, collections.Join(deal.ExpiresAt, id)) },
	} {
		if err := change(); err != nil {
			return sdk.Coin{}, fmt.Errorf("closing deal %s: %w", deal.Id, err)
		}
	}
	return refund, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDealClosed{
		DealId: deal.Id, Consumer: deal.Consumer, Status: status, Refund: refund,
	})
}
