package keeper

import (
	"context"
	"fmt"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// InitGenesis stores a genesis state, and makes the indexes that follow from it. It runs after x/auth's and x/bank's: each escrow
// must hold exactly what is left of its deal's budget, in a plain account.
func (k Keeper) InitGenesis(ctx context.Context, state *types.GenesisState) error {
	if err := state.Validate(); err != nil {
		return err
	}
	if err := k.Params.Set(ctx, state.Params); err != nil {
		return fmt.Errorf("storing the parameters of x/datadeal: %w", err)
	}
	deals := make(map[string]types.Deal, len(state.Deals))
	for _, deal := range state.Deals {
		if err := k.initDeal(ctx, deal); err != nil {
			return err
		}
		deals[deal.Id] = deal
	}
	for _, consent := range state.Consents {
		if err := k.storeConsent(ctx, deals[consent.Certificate.DealId], consent); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initDeal(ctx context.Context, deal types.Deal) error {
	consumer, err := k.addressBytes(deal.Consumer)
	if err != nil {
		return err
	}
	if err := k.checkEscrow(ctx, deal); err != nil {
		return types.ErrInvalidGenesis.Wrap(err.Error())
	}
	last, err := k.lastNumber(ctx, consumer)
	if err != nil {
		return err
	}
	if err := k.Numbers.Set(ctx, consumer, max(last, deal.Number)); err != nil {
		return err
	}
	return k.storeDeal(ctx, consumer, deal)
}

// ExportGenesis returns the whole state. A chain that starts from it has the same bytes in this module's store.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	state := &types.GenesisState{Params: params}
	err = k.Deals.Walk(ctx, nil, func(id []byte, deal types.Deal) (bool, error) {
		contents, err := k.Contents.Get(ctx, id)
		state.Deals = append(state.Deals, contents.Join(deal))
		return false, err
	})
	if err != nil {
		return nil, fmt.Errorf("exporting deals: %w", err)
	}
	err = k.Consents.Walk(ctx, nil, func(_ datumKey, consent types.Consent) (bool, error) {
		state.Consents = append(state.Consents, consent)
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("exporting consents: %w", err)
	}
	return state, nil
}
