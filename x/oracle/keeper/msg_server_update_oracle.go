package keeper

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/oracle/types"
)

// UpdateOracleInfo changes where an oracle is reached.
func (s msgServer) UpdateOracleInfo(ctx context.Context, msg *types.MsgUpdateOracleInfo) (*types.MsgUpdateOracleInfoResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if _, err := s.k.addressBytes(msg.Sender); err != nil {
		return nil, err
	}
	address, oracle, err := s.k.authenticate(ctx, msg)
	if err != nil {
		return nil, err
	}
	oracle.Endpoint, oracle.VaultPeer = msg.Endpoint, msg.VaultPeer
	if err := s.k.Oracles.Set(ctx, address, oracle); err != nil {
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventOracleInfoUpdated{
		Oracle: msg.Oracle, Endpoint: msg.Endpoint, VaultPeer: msg.VaultPeer,
	})
	return &types.MsgUpdateOracleInfoResponse{}, err
}

// UpdateOracleCommission changes an oracle's commission rate, under the rules that validators have.
func (s msgServer) UpdateOracleCommission(ctx context.Context, msg *types.MsgUpdateOracleCommission) (*types.MsgUpdateOracleCommissionResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if _, err := s.k.addressBytes(msg.Sender); err != nil {
		return nil, err
	}
	address, oracle, err := s.k.authenticate(ctx, msg)
	if err != nil {
		return nil, err
	}
	params, err := s.k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	now := blockTime(ctx)
	if now.Sub(oracle.Commission.UpdateTime) < 24*time.Hour {
		return nil, types.ErrInvalidCommission.Wrapf("it changed at %s; once in 24 hours is allowed", oracle.Commission.UpdateTime.Format(time.RFC3339))
	}
	if err := oracle.Commission.ValidateNewRate(msg.Rate, now); err != nil {
		return nil, types.ErrInvalidCommission.Wrap(err.Error())
	}
	if msg.Rate.GT(params.MaxCommissionRate) {
		return nil, types.ErrInvalidCommission.Wrapf("the rate is %s; at most %s", msg.Rate, params.MaxCommissionRate)
	}
	oracle.Commission.Rate, oracle.Commission.UpdateTime = msg.Rate, now
	if err := s.k.Oracles.Set(ctx, address, oracle); err != nil {
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventOracleCommissionUpdated{Oracle: msg.Oracle, Rate: msg.Rate.String()})
	return &types.MsgUpdateOracleCommissionResponse{}, err
}
