package keeper

import (
	"context"

	"github.com/medibloc/panacea/x/datadeal/types"
)

type msgServer struct {
	types.UnimplementedMsgServer
	k Keeper
}

// NewMsgServer returns the server that executes the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k: k} }

// DeactivateDeal ends an active deal and refunds what is left.
func (s msgServer) DeactivateDeal(ctx context.Context, msg *types.MsgDeactivateDeal) (*types.MsgDeactivateDealResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	id, err := types.DealIDBytes(msg.DealId)
	if err != nil {
		return nil, err
	}
	deal, err := s.k.deal(ctx, id)
	if err != nil {
		return nil, err
	}
	if deal.Consumer != msg.Consumer {
		return nil, types.ErrNotConsumer.Wrapf("%s is %s's", deal.Id, deal.Consumer)
	}
	if deal.Status != types.DEAL_STATUS_ACTIVE {
		return nil, types.ErrDealNotActive.Wrapf("%s is %s", deal.Id, deal.Status)
	}
	refund, err := s.k.close(ctx, deal, types.DEAL_STATUS_DEACTIVATED)
	if err != nil {
		return nil, err
	}
	return &types.MsgDeactivateDealResponse{Refund: refund}, nil
}

// UpdateParams replaces the parameters. Deals that exist keep what they were made with.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if msg.Authority != s.k.authority {
		return nil, types.ErrUnauthorized.Wrapf("the authority is %s, not %.100q", s.k.authority, msg.Authority)
	}
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.k.Params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, nil
}
