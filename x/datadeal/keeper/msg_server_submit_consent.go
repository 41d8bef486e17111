package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// SubmitConsent sells a datum: what the checks accept is paid for and recorded at once.
func (s msgServer) SubmitConsent(ctx context.Context, msg *types.MsgSubmitConsent) (*types.MsgSubmitConsentResponse, error) {
	offer, err := s.k.accept(ctx, msg)
	if err != nil {
		return nil, err
	}
	consent, err := s.k.pay(ctx, offer)
	if err != nil {
		return nil, err
	}
	if err := s.k.storeConsent(ctx, offer.deal, consent); err != nil {
		return nil, err
	}
	if err := s.k.count(ctx, offer, consent); err != nil {
		return nil, err
	}
	event := &types.EventConsent{
		DealId: offer.deal.Id, Provider: msg.Provider, Consumer: offer.deal.Consumer, DataCommitment: msg.Certificate.DataCommitment,
		ObjectCid: msg.Certificate.ObjectCid, ProviderReward: consent.ProviderReward,
	}
	for _, signature := range msg.Signatures {
		event.Oracles = append(event.Oracles, signature.Oracle)
	}
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event); err != nil {
		return nil, err
	}
	return &types.MsgSubmitConsentResponse{ProviderReward: consent.ProviderReward}, nil
}

// pay divides the price among provider and oracles, out of the deal's escrow. The provider has it at once. The oracles, who may
// vouch for every datum of a block, are credited at the block's end, so that payments to them do not contend.
func (k Keeper) pay(ctx context.Context, o *offer) (types.Consent, error) {
	escrow, err := types.EscrowAddress(o.deal.Id)
	if err != nil {
		return types.Consent{}, err
	}
	price := o.deal.Price()
	coin := func(amount math.Int) sdk.Coin { return sdk.Coin{Denom: price.Denom, Amount: amount} }
	provider, oracles := types.SplitPrice(price.Amount, o.vouching)
	consent := types.Consent{
		Certificate: o.msg.Certificate, Signatures: o.msg.Signatures, Answers: o.msg.Answers, ProviderReward: coin(provider),
		Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Time: blockTime(ctx), Status: types.CONSENT_STATUS_PAID,
	}
	if provider.IsPositive() {
		if err := k.bank.SendCoins(ctx, escrow, o.provider, sdk.NewCoins(coin(provider))); err != nil {
			return types.Consent{}, err
		}
	}
	for i, reward := range oracles {
		consent.OracleRewards = append(consent.OracleRewards, types.OracleReward{Oracle: o.msg.Signatures[i].Oracle, Amount: coin(reward)})
		if !reward.IsPositive() {
			continue
		}
		if err := k.bank.SendCoinsToVirtual(ctx, escrow, o.vouching[i].Address, sdk.NewCoins(coin(reward))); err != nil {
			return types.Consent{}, err
		}
	}
	return consent, nil
}

// count adds a consent to its deal, and closes the deal that has all data that it wanted.
func (k Keeper) count(ctx context.Context, o *offer, consent types.Consent) error {
	o.deal.Consents++
	o.deal.Paid = o.deal.Paid.Add(consent.Cost())
	if o.deal.Consents == o.deal.DataCount {
		_, err := k.close(ctx, o.deal, types.DEAL_STATUS_COMPLETED)
		return err
	}
	return k.Deals.Set(ctx, o.id, o.deal)
}
