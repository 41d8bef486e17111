package app

import (
	"encoding/json"
	"errors"
	"fmt"

	"cosmossdk.io/math"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// ExportAppStateAndValidators returns the state as a genesis. A network started from it goes on at the next height, or, if
// forZeroHeight is set, starts anew at height 0: then rewards are paid out, heights in the state are reset, and validators
// outside jailAllowed (operator addresses; empty for all) are jailed.
func (app *App) ExportAppStateAndValidators(forZeroHeight bool, jailAllowed, modules []string) (servertypes.ExportedApp, error) {
	ctx := app.NewContextLegacy(true, cmtproto.Header{Height: app.LastBlockHeight()})
	height := app.LastBlockHeight() + 1
	if forZeroHeight {
		height = 0
		if err := app.resetHeights(ctx, jailAllowed); err != nil {
			return servertypes.ExportedApp{}, err
		}
	}
	state, err := app.ModuleManager.ExportGenesisForModules(ctx, app.encoding.Codec, modules)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("exporting the modules' state: %w", err)
	}
	raw, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("encoding the exported state: %w", err)
	}
	validators, err := staking.WriteValidators(ctx, app.StakingKeeper)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("exporting the validators: %w", err)
	}
	return servertypes.ExportedApp{
		AppState:        raw,
		Validators:      validators,
		Height:          height,
		ConsensusParams: app.GetConsensusParams(ctx),
	}, nil
}

// resetHeights makes the state one of height 0: whatever refers to a height of the old network is settled or moved.
func (app *App) resetHeights(ctx sdk.Context, jailAllowed []string) error {
	steps := []struct {
		what string
		do   func(sdk.Context) error
	}{
		{"paying out rewards", app.withdrawRewards},
		{"restarting the distribution of rewards", app.restartDistribution},
		{"resetting heights of unbonding stake", app.resetUnbonding},
		{"jailing validators", func(ctx sdk.Context) error { return app.jailOthers(ctx, jailAllowed) }},
		{"resetting signing records", app.resetSigningInfos},
		{"moving the heights of oracles", func(ctx sdk.Context) error { return app.OracleKeeper.PrepareForHeightZero(ctx) }},
		{"moving the heights of deals", func(ctx sdk.Context) error { return app.DataDealKeeper.PrepareForHeightZero(ctx) }},
	}
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s for a genesis at height 0: %w", step.what, err)
		}
	}
	return nil
}

func (app *App) withdrawRewards(ctx sdk.Context) error {
	validators, err := app.StakingKeeper.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		operator, err := app.StakingKeeper.ValidatorAddressCodec().StringToBytes(validator.GetOperator())
		if err != nil {
			return err
		}
		// A validator without commission is no error here.
		_, _ = app.DistrKeeper.WithdrawValidatorCommission(ctx, operator)
	}
	delegations, err := app.StakingKeeper.GetAllDelegations(ctx)
	if err != nil {
		return err
	}
	for _, delegation := range delegations {
		delegator, operator, err := delegationAddresses(app, delegation)
		if err != nil {
			return err
		}
		if _, err := app.DistrKeeper.WithdrawDelegationRewards(ctx, delegator, operator); err != nil {
			return err
		}
	}
	return nil
}

func delegationAddresses(app *App, delegation stakingtypes.Delegation) (sdk.AccAddress, sdk.ValAddress, error) {
	operator, err := app.StakingKeeper.ValidatorAddressCodec().StringToBytes(delegation.ValidatorAddress)
	if err != nil {
		return nil, nil, err
	}
	delegator, err := app.AccountKeeper.AddressCodec().StringToBytes(delegation.DelegatorAddress)
	return delegator, operator, err
}

// restartDistribution forgets the reward periods of the old network and opens new ones at height 0. Fractions of umed that
// no delegator can withdraw go to the community pool.
func (app *App) restartDistribution(ctx sdk.Context) error {
	app.DistrKeeper.DeleteAllValidatorSlashEvents(ctx)
	app.DistrKeeper.DeleteAllValidatorHistoricalRewards(ctx)
	start := ctx.WithBlockHeight(0)

	validators, err := app.StakingKeeper.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		operator, err := app.StakingKeeper.ValidatorAddressCodec().StringToBytes(validator.GetOperator())
		if err != nil {
			return err
		}
		scraps, err := app.DistrKeeper.GetValidatorOutstandingRewardsCoins(ctx, operator)
		if err != nil {
			return err
		}
		pool, err := app.DistrKeeper.FeePool.Get(ctx)
		if err != nil {
			return err
		}
		pool.CommunityPool = pool.CommunityPool.Add(scraps...)
		if err := app.DistrKeeper.FeePool.Set(ctx, pool); err != nil {
			return err
		}
		if err := app.DistrKeeper.Hooks().AfterValidatorCreated(start, operator); err != nil {
			return err
		}
	}
	delegations, err := app.StakingKeeper.GetAllDelegations(ctx)
	if err != nil {
		return err
	}
	for _, delegation := range delegations {
		delegator, operator, err := delegationAddresses(app, delegation)
		if err != nil {
			return err
		}
		if err := app.DistrKeeper.Hooks().BeforeDelegationCreated(start, delegator, operator); err != nil {
			return err
		}
		if err := app.DistrKeeper.Hooks().AfterDelegationModified(start, delegator, operator); err != nil {
			return err
		}
	}
	return nil
}

func (app *App) resetUnbonding(ctx sdk.Context) error {
	var failed error
	err := app.StakingKeeper.IterateRedelegations(ctx, func(_ int64, red stakingtypes.Redelegation) bool {
		for i := range red.Entries {
			red.Entries[i].CreationHeight = 0
		}
		failed = app.StakingKeeper.SetRedelegation(ctx, red)
		return failed != nil
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	err = app.StakingKeeper.IterateUnbondingDelegations(ctx, func(_ int64, ubd stakingtypes.UnbondingDelegation) bool {
		for i := range ubd.Entries {
			ubd.Entries[i].CreationHeight = 0
		}
		failed = app.StakingKeeper.SetUnbondingDelegation(ctx, ubd)
		return failed != nil
	})
	return errors.Join(err, failed)
}

func (app *App) jailOthers(ctx sdk.Context, allowed []string) error {
	stay := make(map[string]bool, len(allowed))
	for _, operator := range allowed {
		if _, err := sdk.ValAddressFromBech32(operator); err != nil {
			return fmt.Errorf("%q is not a validator's operator address: %w", operator, err)
		}
		stay[operator] = true
	}
	validators, err := app.StakingKeeper.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		validator.UnbondingHeight = 0
		if len(stay) > 0 && !stay[validator.OperatorAddress] {
			validator.Jailed = true
		}
		if validator.Tokens.LT(math.OneInt()) {
			validator.Jailed = true
		}
		if err := app.StakingKeeper.SetValidator(ctx, validator); err != nil {
			return err
		}
	}
	_, err = app.StakingKeeper.ApplyAndReturnValidatorSetUpdates(ctx)
	return err
}

func (app *App) resetSigningInfos(ctx sdk.Context) error {
	type record struct {
		address sdk.ConsAddress
		info    slashingtypes.ValidatorSigningInfo
	}
	var records []record
	err := app.SlashingKeeper.IterateValidatorSigningInfos(ctx, func(address sdk.ConsAddress, info slashingtypes.ValidatorSigningInfo) bool {
		info.StartHeight = 0
		records = append(records, record{address, info})
		return false
	})
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := app.SlashingKeeper.SetValidatorSigningInfo(ctx, r.address, r.info); err != nil {
			return err
		}
	}
	return nil
}
