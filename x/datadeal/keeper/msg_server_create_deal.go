package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// CreateDeal puts a budget into escrow and asks for data. Checks come in the order of their cost, and each is paid for before it
// is made.
func (s msgServer) CreateDeal(ctx context.Context, msg *types.MsgCreateDeal) (*types.MsgCreateDealResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	consumer, err := s.k.addressBytes(msg.Consumer)
	if err != nil {
		return nil, err
	}
	params, err := s.k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	if err := params.CheckDeal(msg, blockTime(ctx)); err != nil {
		return nil, err
	}
	if _, err := s.k.dids.ActiveRecord(ctx, msg.ConsumerDid); err != nil {
		return nil, err
	}
	definition := msg.Requirements.PresentationDefinition
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(types.GasPerDefinitionByte*uint64(len(definition)), "x/datadeal: presentation definition")
	if err := msg.Requirements.ValidateDefinition(); err != nil {
		return nil, err
	}

	deal, err := s.k.newDeal(ctx, consumer, params, msg)
	if err != nil {
		return nil, err
	}
	if err := s.k.Numbers.Set(ctx, consumer, deal.Number); err != nil {
		return nil, err
	}
	if err := s.k.storeDeal(ctx, consumer, deal); err != nil {
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDealCreated{
		DealId: deal.Id, Consumer: deal.Consumer, ConsumerDid: deal.ConsumerDid, Budget: deal.Budget, DataCount: deal.DataCount,
	})
	return &types.MsgCreateDealResponse{DealId: deal.Id}, err
}

// newDeal makes the consumer's next deal and funds its escrow.
func (k Keeper) newDeal(ctx context.Context, consumer sdk.AccAddress, params types.Params, msg *types.MsgCreateDeal) (types.Deal, error) {
	last, err := k.lastNumber(ctx, consumer)
	if err != nil {
		return types.Deal{}, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	id := types.DealID(sdkCtx.ChainID(), consumer, last+1)
	escrow, err := types.EscrowAddress(id)
	if err != nil {
		return types.Deal{}, err
	}
	escrowText, err := k.addressString(escrow)
	if err != nil {
		return types.Deal{}, err
	}
	if err := k.fund(ctx, consumer, escrow, msg.Budget); err != nil {
		return types.Deal{}, err
	}
	nothing := sdk.Coin{Denom: msg.Budget.Denom, Amount: math.ZeroInt()}
	deal := types.Deal{
		Id: id, Consumer: msg.Consumer, Number: last + 1, ConsumerDid: msg.ConsumerDid, ConsumerKey: msg.ConsumerKey, Escrow: escrowText,
		Budget: msg.Budget, DataCount: msg.DataCount, Requirements: msg.Requirements, Terms: msg.Terms, Uniqueness: msg.Uniqueness,
		Quorum: msg.Quorum, CreatedAt: blockTime(ctx), ExpiresAt: msg.ExpiresAt.UTC(), DisputeWindow: msg.DisputeWindow,
		Status: types.DEAL_STATUS_ACTIVE, Paid: nothing, Refunded: nothing, CreatedHeight: sdkCtx.BlockHeight(),
	}
	if deal.Uniqueness == types.UNIQUENESS_UNSPECIFIED {
		deal.Uniqueness = types.UNIQUENESS_CONTENT
	}
	if deal.Quorum == (oracletypes.Fraction{}) {
		deal.Quorum = params.MinimumQuorum
	}
	return deal, nil
}
