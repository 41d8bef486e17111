package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/x/oracle/types"
)

// SubmitCollateral takes what is newer than the chain's of a set of collateral, from anyone: Intel's signature is what counts.
// The whole set must verify and be in force now; a set of which nothing is newer is refused.
func (s msgServer) SubmitCollateral(ctx context.Context, msg *types.MsgSubmitCollateral) (*types.MsgSubmitCollateralResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if _, err := s.k.addressBytes(msg.Sender); err != nil {
		return nil, err
	}
	meter := sdk.UnwrapSDKContext(ctx).GasMeter()
	meter.ConsumeGas(types.GasPerCollateral+types.GasPerCollateralByte*uint64(len(msg.Collateral)), "x/oracle: collateral")
	params, err := s.k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	collateral, err := verifyUnder(params, func(dcap.Root) (*dcap.Collateral, error) { return dcap.UnmarshalCollateral(msg.Collateral) })
	if err != nil {
		return nil, types.ErrInvalidCollateral.Wrap(err.Error())
	}
	if err := checkFresh(collateral, blockTime(ctx), params); err != nil {
		return nil, err
	}
	updated, err := s.k.takeNewer(ctx, collateral)
	if err != nil {
		return nil, err
	}
	if len(updated) == 0 {
		return nil, types.ErrCollateralOutdated
	}
	return &types.MsgSubmitCollateralResponse{Updated: updated}, nil
}
