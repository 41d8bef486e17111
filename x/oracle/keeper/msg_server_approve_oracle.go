package keeper

import (
	"bytes"
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// ApproveOracle records that an active oracle has verified a newcomer and sealed the secret to it. When those who have hold
// more than the quorum of active oracle power, the newcomer is judged once more and becomes an oracle.
func (s msgServer) ApproveOracle(ctx context.Context, msg *types.MsgApproveOracle) (*types.MsgApproveOracleResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if _, err := s.k.addressBytes(msg.Sender); err != nil {
		return nil, err
	}
	target, err := s.k.addressBytes(msg.Target)
	if err != nil {
		return nil, err
	}
	registration, err := s.k.pending(ctx, target, msg.TargetNodeSigningKey, msg.TargetMeasurement)
	if err != nil {
		return nil, err
	}
	approver, oracle, err := s.k.authenticate(ctx, msg)
	if err != nil {
		return nil, err
	}
	if approver.Equals(target) {
		return nil, types.ErrSelfApproval.Wrap(msg.Target)
	}
	if _, err := s.k.activate(ctx, approver, oracle); err != nil {
		return nil, err
	}
	key := collections.Join(msg.TargetNodeSigningKey, approver)
	approved, err := s.k.Approvals.Has(ctx, key)
	if err != nil {
		return nil, err
	}
	if approved {
		return nil, types.ErrAlreadyApproved.Wrapf("%s by %s", msg.Target, msg.Approver)
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	approval := types.Approval{Approver: msg.Approver, SealedSecret: msg.SealedSecret, Height: sdkCtx.BlockHeight()}
	if err := s.k.Approvals.Set(ctx, key, approval); err != nil {
		return nil, err
	}
	err = sdkCtx.EventManager().EmitTypedEvent(&types.EventOracleApproval{
		Oracle: msg.Target, NodeSigningKey: msg.TargetNodeSigningKey, Approver: msg.Approver,
	})
	if err != nil {
		return nil, err
	}
	reached, err := s.k.quorumReached(ctx, msg.TargetNodeSigningKey)
	if err != nil || !reached {
		return &types.MsgApproveOracleResponse{}, err
	}
	if registration, err = s.k.judgeNewcomer(ctx, registration); err != nil {
		return nil, err
	}
	return &types.MsgApproveOracleResponse{Approved: true}, s.k.approve(ctx, target, registration)
}

// pending returns the registration that an approver means. The error is ErrNotPending.
func (k Keeper) pending(ctx context.Context, target sdk.AccAddress, nodeKey, measurement []byte) (types.Oracle, error) {
	registration, err := k.Registrations.Get(ctx, target)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Oracle{}, types.ErrNotPending.Wrapf("%s", target)
	}
	if err != nil {
		return types.Oracle{}, err
	}
	if !bytes.Equal(registration.NodeSigningKey, nodeKey) || !bytes.Equal(registration.Attestation.Measurement, measurement) {
		return types.Oracle{}, types.ErrNotPending.Wrapf("that of %s has another node key or measurement", target)
	}
	return registration, nil
}

// quorumReached says whether those who approved a newcomer and are active now hold more than the quorum of all active power.
func (k Keeper) quorumReached(ctx context.Context, nodeKey []byte) (bool, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return false, err
	}
	active, err := k.ActiveOracles(ctx)
	if err != nil {
		return false, err
	}
	var approving types.ActiveOracles
	for _, oracle := range active {
		approves, err := k.Approvals.Has(ctx, collections.Join(nodeKey, oracle.Address))
		if err != nil {
			return false, err
		}
		if approves {
			approving = append(approving, oracle)
		}
	}
	return params.ApprovalQuorum.ExceededBy(approving.Power(), active.Power()), nil
}

// judgeNewcomer judges a registration once more, because collateral and measurements may have changed since it was made, and
// nobody judges what only waits. Errors: ErrAttestationExpired, ErrAttestationFailed, ErrMeasurementNotAllowed.
func (k Keeper) judgeNewcomer(ctx context.Context, registration types.Oracle) (types.Oracle, error) {
	if err := registration.Attestation.CheckTime(blockTime(ctx)); err != nil {
		return types.Oracle{}, err
	}
	if err := k.checkMeasurement(ctx, registration.Attestation); err != nil {
		return types.Oracle{}, err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(types.GasPerEvidence, "x/oracle: attestation evidence")
	params, err := k.GetParams(ctx)
	if err != nil {
		return types.Oracle{}, err
	}
	raw, err := k.Evidence.Get(ctx, registration.NodeSigningKey)
	if err != nil {
		return types.Oracle{}, err
	}
	if registration.Attestation, err = k.judge(ctx, params, raw, registration.Attestation); err != nil {
		return types.Oracle{}, err
	}
	if f := registration.Attestation.Failure; f != nil {
		return types.Oracle{}, types.ErrAttestationFailed.Wrap(f.Reason)
	}
	return registration, nil
}
