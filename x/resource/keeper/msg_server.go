package keeper

import (
	"context"

	"github.com/medibloc/panacea/x/resource/types"
)

type msgServer struct {
	types.UnimplementedMsgServer
	k Keeper
}

// NewMsgServer returns the server that executes the module's messages.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k: k} }

// UpdateParams replaces the parameters.
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
