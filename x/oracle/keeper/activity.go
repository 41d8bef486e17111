package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// ActiveOracle returns an oracle that is active now: approved, of a measurement that is allowed at this height, with an
// attestation that holds, and of a validator that is bonded and not jailed. A tombstoned validator is jailed for ever, so it
// needs no check of its own.
//
// Errors: ErrOracleNotFound, ErrNotApproved, ErrAttestationExpired, ErrAttestationFailed, ErrMeasurementNotAllowed,
// ErrValidatorNotBonded, ErrValidatorJailed.
func (k Keeper) ActiveOracle(ctx context.Context, address sdk.AccAddress) (types.ActiveOracle, error) {
	oracle, err := k.oracle(ctx, address)
	if err != nil {
		return types.ActiveOracle{}, err
	}
	return k.activate(ctx, address, oracle)
}

// ActiveOracles returns all oracles that are active now, in the order of their addresses. It reads each approved oracle, of which
// the parameters bound the number.
func (k Keeper) ActiveOracles(ctx context.Context) (types.ActiveOracles, error) {
	approved, err := k.approved(ctx)
	if err != nil {
		return nil, err
	}
	all := make(types.ActiveOracles, 0, len(approved))
	for _, address := range approved {
		active, err := k.ActiveOracle(ctx, address)
		switch {
		case err == nil:
			all = append(all, active)
		case !types.IsInactivity(err):
			return nil, fmt.Errorf("looking for active oracles: %w", err)
		}
	}
	return all, nil
}

// TotalActivePower returns the sum of the power of all active oracles, in umed.
func (k Keeper) TotalActivePower(ctx context.Context) (math.Int, error) {
	active, err := k.ActiveOracles(ctx)
	return active.Power(), err
}

// oracle returns an approved oracle. Errors: ErrOracleNotFound, ErrNotApproved.
func (k Keeper) oracle(ctx context.Context, address sdk.AccAddress) (types.Oracle, error) {
	oracle, err := k.Oracles.Get(ctx, address)
	if !errors.Is(err, collections.ErrNotFound) {
		return oracle, err
	}
	waits, err := k.Registrations.Has(ctx, address)
	if err != nil {
		return types.Oracle{}, err
	}
	if waits {
		return types.Oracle{}, types.ErrNotApproved.Wrapf("%s", address)
	}
	return types.Oracle{}, types.ErrOracleNotFound.Wrapf("%s", address)
}

// activate checks everything about an approved oracle that may change with the block.
func (k Keeper) activate(ctx context.Context, address sdk.AccAddress, oracle types.Oracle) (types.ActiveOracle, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := oracle.Attestation.CheckTime(sdkCtx.BlockTime()); err != nil {
		return types.ActiveOracle{}, err
	}
	if err := k.checkMeasurement(ctx, oracle.Attestation); err != nil {
		return types.ActiveOracle{}, err
	}
	validator, err := k.bondedValidator(ctx, address)
	if err != nil {
		return types.ActiveOracle{}, err
	}
	return types.ActiveOracle{
		Address:    address,
		Bech32:     oracle.Address,
		NodeKey:    oracle.NodeSigningKey,
		Power:      validator.BondedTokens(),
		Commission: oracle.Commission.Rate,
	}, nil
}

// checkMeasurement checks that an attested enclave may work at this height. The error is ErrMeasurementNotAllowed.
func (k Keeper) checkMeasurement(ctx context.Context, attestation types.Attestation) error {
	measurement, err := k.measurement(ctx, attestation.Measurement, attestation.Simulated)
	if err != nil {
		return err
	}
	return measurement.CheckAllowed(sdk.UnwrapSDKContext(ctx).BlockHeight(), attestation.Svn)
}

// measurement returns what governance said about an enclave of a kind. The error is ErrMeasurementNotAllowed.
func (k Keeper) measurement(ctx context.Context, id []byte, simulated bool) (types.Measurement, error) {
	measurement, err := k.Measurements.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) || err == nil && measurement.Simulated != simulated {
		return types.Measurement{}, types.ErrMeasurementNotAllowed.Wrapf("%X is not among those that governance allows", id)
	}
	return measurement, err
}

// bondedValidator returns the validator of an operator if it takes part in consensus. Errors: ErrValidatorNotBonded,
// ErrValidatorJailed.
func (k Keeper) bondedValidator(ctx context.Context, operator sdk.AccAddress) (stakingtypes.Validator, error) {
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	switch {
	case errors.Is(err, stakingtypes.ErrNoValidatorFound):
		return stakingtypes.Validator{}, types.ErrValidatorNotBonded.Wrapf("%s operates none", operator)
	case err != nil:
		return stakingtypes.Validator{}, err
	case validator.IsJailed():
		return stakingtypes.Validator{}, types.ErrValidatorJailed.Wrapf("%s", operator)
	case !validator.IsBonded():
		return stakingtypes.Validator{}, types.ErrValidatorNotBonded.Wrapf("%s", operator)
	}
	return validator, nil
}

// blockTime returns the block's time in UTC, as it is stored.
func blockTime(ctx context.Context) time.Time { return sdk.UnwrapSDKContext(ctx).BlockTime().UTC() }
