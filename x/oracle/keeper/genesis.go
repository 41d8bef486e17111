package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// InitGenesis stores a genesis state.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if err := k.Params.Set(ctx, g.Params); err != nil {
		return fmt.Errorf("storing the parameters of x/oracle: %w", err)
	}
	if err := k.AllowSimulated.Set(ctx, g.AllowSimulatedEnclaves); err != nil {
		return err
	}
	if len(g.OraclePublicKey) > 0 {
		if err := k.PublicKey.Set(ctx, g.OraclePublicKey); err != nil {
			return err
		}
	}
	for _, m := range g.Measurements {
		if err := k.Measurements.Set(ctx, m.Measurement, m); err != nil {
			return fmt.Errorf("storing measurement %X: %w", m.Measurement, err)
		}
	}
	for _, p := range g.Collateral {
		if err := k.Collateral.Set(ctx, pieceKey(p.Kind, p.Subject), p); err != nil {
			return fmt.Errorf("storing collateral: %w", err)
		}
	}
	for _, b := range g.Blocks {
		if err := k.Blocks.Set(ctx, b.Height, b.Hash); err != nil {
			return fmt.Errorf("storing block %d: %w", b.Height, err)
		}
	}
	if err := k.initOracles(ctx, g); err != nil {
		return err
	}
	return k.initPowers(ctx, g)
}

func (k Keeper) initOracles(ctx context.Context, g *types.GenesisState) error {
	store := func(to collections.Map[sdk.AccAddress, types.Oracle], oracles []types.Oracle) error {
		for _, oracle := range oracles {
			address, err := k.addressBytes(oracle.Address)
			if err != nil {
				return err
			}
			if err := to.Set(ctx, address, oracle); err != nil {
				return fmt.Errorf("storing oracle %s: %w", oracle.Address, err)
			}
		}
		return nil
	}
	if err := store(k.Oracles, g.Oracles); err != nil {
		return err
	}
	for _, oracle := range g.Oracles {
		address, err := k.addressBytes(oracle.Address)
		if err != nil {
			return err
		}
		if err := k.listApproved(ctx, address); err != nil {
			return err
		}
	}
	if err := store(k.Registrations, g.Registrations); err != nil {
		return err
	}
	for _, key := range g.NodeKeys {
		if err := k.NodeKeys.Set(ctx, key.NodeSigningKey, key.NodeKey); err != nil {
			return fmt.Errorf("storing a node key of %s: %w", key.NodeKey.Oracle, err)
		}
	}
	for _, e := range g.Evidence {
		if err := k.Evidence.Set(ctx, e.NodeSigningKey, e.Evidence); err != nil {
			return fmt.Errorf("storing evidence: %w", err)
		}
	}
	for _, a := range g.Approvals {
		approver, err := k.addressBytes(a.Approval.Approver)
		if err != nil {
			return err
		}
		if err := k.Approvals.Set(ctx, collections.Join(a.NodeSigningKey, approver), a.Approval); err != nil {
			return fmt.Errorf("storing an approval by %s: %w", a.Approval.Approver, err)
		}
	}
	for _, waiting := range g.Judgements {
		address, err := k.addressBytes(waiting)
		if err != nil {
			return err
		}
		if err := k.Judgements.Set(ctx, address); err != nil {
			return fmt.Errorf("storing the judgement of %s: %w", waiting, err)
		}
	}
	return nil
}

func (k Keeper) initPowers(ctx context.Context, g *types.GenesisState) error {
	for _, p := range g.Powers {
		address, err := k.addressBytes(p.Oracle)
		if err != nil {
			return err
		}
		if err := k.Powers.Set(ctx, address, p.Period); err != nil {
			return fmt.Errorf("storing the power of %s: %w", p.Oracle, err)
		}
	}
	for _, p := range g.PastPowers {
		address, err := k.addressBytes(p.Oracle)
		if err != nil {
			return err
		}
		if err := k.PastPowers.Set(ctx, collections.Join(address, p.Until), p.Period); err != nil {
			return fmt.Errorf("storing a past power of %s: %w", p.Oracle, err)
		}
		if err := k.PastPowersByHeight.Set(ctx, collections.Join(p.Until, address)); err != nil {
			return fmt.Errorf("storing a past power of %s: %w", p.Oracle, err)
		}
	}
	return nil
}

// ExportGenesis returns the whole state. A chain that starts from it has the same bytes in this module's store.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	for _, export := range []func(context.Context, *types.GenesisState) error{
		k.exportSettings, k.exportOracles, k.exportKeys, k.exportPowers,
	} {
		if err := export(ctx, g); err != nil {
			return nil, fmt.Errorf("exporting x/oracle: %w", err)
		}
	}
	return g, nil
}

func (k Keeper) exportSettings(ctx context.Context, g *types.GenesisState) (err error) {
	if g.Params, err = k.GetParams(ctx); err != nil {
		return err
	}
	if g.AllowSimulatedEnclaves, err = k.AllowSimulated.Get(ctx); err != nil {
		return err
	}
	if g.OraclePublicKey, err = k.OraclePublicKey(ctx); err != nil {
		return err
	}
	err = k.Measurements.Walk(ctx, nil, func(_ []byte, m types.Measurement) (bool, error) {
		g.Measurements = append(g.Measurements, m)
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.Collateral.Walk(ctx, nil, func(_ collections.Pair[int32, string], p types.CollateralPiece) (bool, error) {
		g.Collateral = append(g.Collateral, p)
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.Blocks.Walk(ctx, nil, func(height int64, hash []byte) (bool, error) {
		g.Blocks = append(g.Blocks, types.TrustedBlock{Height: height, Hash: hash})
		return false, nil
	})
}

func (k Keeper) exportOracles(ctx context.Context, g *types.GenesisState) error {
	err := k.Oracles.Walk(ctx, nil, func(_ sdk.AccAddress, oracle types.Oracle) (bool, error) {
		g.Oracles = append(g.Oracles, oracle)
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.Registrations.Walk(ctx, nil, func(_ sdk.AccAddress, oracle types.Oracle) (bool, error) {
		g.Registrations = append(g.Registrations, oracle)
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.Judgements.Walk(ctx, nil, func(address sdk.AccAddress) (bool, error) {
		waiting, err := k.addressString(address)
		g.Judgements = append(g.Judgements, waiting)
		return false, err
	})
}

func (k Keeper) exportKeys(ctx context.Context, g *types.GenesisState) error {
	err := k.NodeKeys.Walk(ctx, nil, func(key []byte, remembered types.NodeKey) (bool, error) {
		g.NodeKeys = append(g.NodeKeys, types.GenesisNodeKey{NodeSigningKey: key, NodeKey: remembered})
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.Evidence.Walk(ctx, nil, func(key, evidence []byte) (bool, error) {
		g.Evidence = append(g.Evidence, types.GenesisEvidence{NodeSigningKey: key, Evidence: evidence})
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.Approvals.Walk(ctx, nil, func(key collections.Pair[[]byte, sdk.AccAddress], approval types.Approval) (bool, error) {
		g.Approvals = append(g.Approvals, types.GenesisApproval{NodeSigningKey: key.K1(), Approval: approval})
		return false, nil
	})
}

func (k Keeper) exportPowers(ctx context.Context, g *types.GenesisState) error {
	err := k.Powers.Walk(ctx, nil, func(address sdk.AccAddress, period types.PowerPeriod) (bool, error) {
		oracle, err := k.addressString(address)
		g.Powers = append(g.Powers, types.GenesisPower{Oracle: oracle, Period: period})
		return false, err
	})
	if err != nil {
		return err
	}
	return k.PastPowers.Walk(ctx, nil, func(key collections.Pair[sdk.AccAddress, int64], period types.PowerPeriod) (bool, error) {
		oracle, err := k.addressString(key.K1())
		g.PastPowers = append(g.PastPowers, types.GenesisPower{Oracle: oracle, Period: period, Until: key.K2()})
		return false, err
	})
}
