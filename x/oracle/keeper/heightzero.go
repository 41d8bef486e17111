package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// PrepareForHeightZero changes the state for a new chain that begins at height zero with it: heights to come are counted from
// here, and what dates from past heights, block hashes and past powers, goes. Nobody is punished on the new chain for what
// was done on the old one, whose certificates name another chain.
func (k Keeper) PrepareForHeightZero(ctx context.Context) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	for _, clear := range []func() error{
		func() error { return k.Blocks.Clear(ctx, nil) },
		func() error { return k.PastPowers.Clear(ctx, nil) },
		func() error { return k.PastPowersByHeight.Clear(ctx, nil) },
	} {
		if err := clear(); err != nil {
			return err
		}
	}
	g, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	for _, m := range g.Measurements {
		m.ActivationHeight = max(0, m.ActivationHeight-height)
		if m.ExpiryHeight != 0 {
			m.ExpiryHeight = max(m.ActivationHeight+1, m.ExpiryHeight-height)
		}
		if err := k.Measurements.Set(ctx, m.Measurement, m); err != nil {
			return err
		}
	}
	for _, key := range g.NodeKeys {
		key.NodeKey.RegisteredHeight = 0
		key.NodeKey.RetiredHeight = min(1, key.NodeKey.RetiredHeight)
		if err := k.NodeKeys.Set(ctx, key.NodeSigningKey, key.NodeKey); err != nil {
			return err
		}
	}
	for _, a := range g.Approvals {
		approver, err := k.addressBytes(a.Approval.Approver)
		if err != nil {
			return err
		}
		a.Approval.Height = 0
		if err := k.Approvals.Set(ctx, collections.Join(a.NodeSigningKey, approver), a.Approval); err != nil {
			return err
		}
	}
	for _, p := range g.Collateral {
		p.Height = 0
		if err := k.Collateral.Set(ctx, pieceKey(p.Kind, p.Subject), p); err != nil {
			return err
		}
	}
	return k.restartOracles(ctx, g)
}

func (k Keeper) restartOracles(ctx context.Context, g *types.GenesisState) error {
	for _, p := range g.Powers {
		address, err := k.addressBytes(p.Oracle)
		if err != nil {
			return err
		}
		p.Period.Since = 0
		if err := k.Powers.Set(ctx, address, p.Period); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		to      collections.Map[sdk.AccAddress, types.Oracle]
		oracles []types.Oracle
	}{{k.Oracles, g.Oracles}, {k.Registrations, g.Registrations}} {
		for _, oracle := range list.oracles {
			address, err := k.addressBytes(oracle.Address)
			if err != nil {
				return err
			}
			oracle.RegisteredHeight, oracle.ApprovedHeight = 0, min(1, oracle.ApprovedHeight)
			if err := list.to.Set(ctx, address, oracle); err != nil {
				return err
			}
		}
	}
	return nil
}
