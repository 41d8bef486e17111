package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/evidence/exported"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// NewEvidenceHandler returns what x/evidence calls with contradictory certificates, under the route types.ModuleName.
func NewEvidenceHandler(k Keeper) evidencetypes.Handler {
	return func(ctx context.Context, evidence exported.Evidence) error {
		contradiction, ok := evidence.(*types.Contradiction)
		if !ok {
			return types.ErrInvalidMisbehaviour.Wrapf("%T", evidence)
		}
		return k.HandleContradiction(ctx, contradiction)
	}
}

// HandleContradiction punishes the oracle whose node key signed two certificates that contradict each other: its validator is
// slashed by the power at the infraction and jailed, and the oracle ends. A key is punished once.
//
// Errors: ErrInvalidMisbehaviour, ErrInvalidSignature, ErrMisbehaviourTooOld, ErrAlreadyPunished.
func (k Keeper) HandleContradiction(ctx context.Context, e *types.Contradiction) error {
	if err := e.ValidateBasic(); err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if e.First.ChainId != sdkCtx.ChainID() {
		return types.ErrInvalidMisbehaviour.Wrapf("the certificates are for chain %.50q", e.First.ChainId)
	}
	nodeKey, err := k.NodeKeys.Get(ctx, e.NodeSigningKey)
	if errors.Is(err, collections.ErrNotFound) {
		return types.ErrInvalidMisbehaviour.Wrap("no oracle ever had the node key")
	}
	if err != nil {
		return err
	}
	if nodeKey.Punished {
		return types.ErrAlreadyPunished.Wrap(nodeKey.Oracle)
	}
	sdkCtx.GasMeter().ConsumeGas(2*types.GasPerSignature, "x/oracle: contradictory certificates")
	if err := e.VerifySignatures(); err != nil {
		return err
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	height := infractionHeight(e, nodeKey, params, sdkCtx.BlockHeight())
	if sdkCtx.BlockHeight()-height > int64(params.MaxEvidenceAge) {
		return types.ErrMisbehaviourTooOld.Wrapf("it happened at height %d", height)
	}
	address, err := k.addressBytes(nodeKey.Oracle)
	if err != nil {
		return err
	}
	power, err := k.powerAt(ctx, address, height)
	if err != nil {
		return err
	}
	if err := k.punish(ctx, address, params, height, power); err != nil {
		return fmt.Errorf("punishing %s: %w", nodeKey.Oracle, err)
	}
	nodeKey.Punished = true
	if err := k.NodeKeys.Set(ctx, e.NodeSigningKey, nodeKey); err != nil {
		return err
	}
	if err := k.remove(ctx, address, "contradictory certificates"); err != nil {
		return err
	}
	return sdkCtx.EventManager().EmitTypedEvent(&types.EventContradiction{
		Oracle: nodeKey.Oracle, NodeSigningKey: e.NodeSigningKey, DealId: e.First.DealId, InfractionHeight: height, Power: power,
	})
}

// infractionHeight dates a contradiction: the first height at which its later certificate could be used. A certificate does
// not say when it was signed, but it is of no use more than its longest lifetime before its last height, so that this is the
// earliest height at which the contradiction could do harm: stake that was withdrawn after it is slashed too. It is not
// before the key was known, nor after now.
func infractionHeight(e *types.Contradiction, nodeKey types.NodeKey, params types.Params, now int64) int64 {
	usable := e.GetHeight() - int64(params.MaxCertificateLifetime)
	return min(max(usable, nodeKey.RegisteredHeight), now)
}

// punish slashes and jails the validator of an operator as x/evidence does for double signing, but without its tombstone: the
// consensus key is not at fault. A validator that has left for good has nothing to lose here.
func (k Keeper) punish(ctx context.Context, operator sdk.AccAddress, params types.Params, height, power int64) error {
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) || err == nil && validator.IsUnbonded() {
		return nil
	}
	if err != nil {
		return err
	}
	consensus, err := validator.GetConsAddr()
	if err != nil {
		return err
	}
	err = k.slashing.SlashWithInfractionReason(ctx, consensus, params.SlashFractionContradiction, power, height,
		stakingtypes.Infraction_INFRACTION_UNSPECIFIED)
	if err != nil {
		return err
	}
	if k.slashing.IsTombstoned(ctx, consensus) {
		return nil // jailed for ever
	}
	if !validator.IsJailed() {
		if err := k.slashing.Jail(ctx, consensus); err != nil {
			return err
		}
	}
	return k.jailUntil(ctx, consensus, blockTime(ctx).Add(params.ContradictionJailDuration))
}

// jailUntil lengthens a jail term, and never shortens one.
func (k Keeper) jailUntil(ctx context.Context, consensus sdk.ConsAddress, until time.Time) error {
	info, err := k.slashing.GetValidatorSigningInfo(ctx, consensus)
	if err != nil {
		return err
	}
	if !until.After(info.JailedUntil) {
		return nil
	}
	return k.slashing.JailUntil(ctx, consensus, until)
}
