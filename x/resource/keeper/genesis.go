package keeper

import (
	"context"
	"fmt"

	"github.com/medibloc/panacea/x/resource/types"
)

// InitGenesis stores a genesis state, and makes the indexes that follow from it.
func (k Keeper) InitGenesis(ctx context.Context, state *types.GenesisState) error {
	if err := state.Validate(); err != nil {
		return err
	}
	if err := k.Params.Set(ctx, state.Params); err != nil {
		return fmt.Errorf("storing the parameters of x/resource: %w", err)
	}
	for _, r := range state.Resources {
		if err := k.checkAddress(r.Metadata.FromAddress); err != nil {
			return err
		}
		if err := k.store(ctx, r.Metadata, r.Data); err != nil {
			return err
		}
	}
	return nil
}

// ExportGenesis returns the whole state. A chain that starts from it has the same bytes in this module's store.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	state := &types.GenesisState{Params: params}
	err = k.Metadata.Walk(ctx, nil, func(key resourceKey, metadata types.Metadata) (bool, error) {
		data, err := k.GetData(ctx, key.K1(), key.K2())
		state.Resources = append(state.Resources, types.GenesisResource{Metadata: metadata, Data: data})
		return false, err
	})
	if err != nil {
		return nil, fmt.Errorf("exporting resources: %w", err)
	}
	return state, nil
}
