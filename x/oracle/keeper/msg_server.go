package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

type msgServer struct {
	types.UnimplementedMsgServer
	k Keeper
}

// NewMsgServer returns the server that executes the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k: k} }

func (k Keeper) requireAuthority(address string) error {
	if address != k.authority {
		return types.ErrUnauthorized.Wrapf("the authority is %s, not %.100q", k.authority, address)
	}
	return nil
}

// SetMeasurement allows an enclave, or changes when it is allowed. A simulated one needs a genesis that allows simulation.
func (s msgServer) SetMeasurement(ctx context.Context, msg *types.MsgSetMeasurement) (*types.MsgSetMeasurementResponse, error) {
	if err := s.k.requireAuthority(msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.k.checkSimulated(ctx, msg.Measurement.Simulated); err != nil {
		return nil, err
	}
	if err := s.k.Measurements.Set(ctx, msg.Measurement.Measurement, msg.Measurement); err != nil {
		return nil, err
	}
	err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventMeasurementSet{
		Measurement:      msg.Measurement.Measurement,
		ActivationHeight: msg.Measurement.ActivationHeight,
		ExpiryHeight:     msg.Measurement.ExpiryHeight,
	})
	return &types.MsgSetMeasurementResponse{}, err
}

// UpdateParams replaces the parameters. Oracles are judged anew if that may change how they are judged.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := s.k.requireAuthority(msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	before, err := s.k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.k.Params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	if before.ChangesJudgement(msg.Params) {
		if err := s.k.queueJudgements(ctx, func(types.Platform) bool { return true }); err != nil {
			return nil, err
		}
	}
	return &types.MsgUpdateParamsResponse{}, nil
}
