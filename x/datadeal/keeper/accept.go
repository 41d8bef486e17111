package keeper

import (
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// offer is a consent on its way through the checks, with what they found.
type offer struct {
	msg      *types.MsgSubmitConsent
	provider sdk.AccAddress
	id       []byte
	deal     types.Deal
	// active are the oracles that might sign, and vouching those who did, in the order of the signatures.
	active, vouching oracletypes.ActiveOracles
}

// accept decides whether a consent is accepted (DESIGN §8). Each check has an error of its own; signatures, which cost most, come
// last.
func (k Keeper) accept(ctx context.Context, msg *types.MsgSubmitConsent) (*offer, error) {
	o := &offer{msg: msg}
	for _, check := range []func(context.Context, *offer) error{
		k.checkForm,
		k.checkProvider,
		k.checkChain,
		k.checkDeal,
		k.checkHeight,
		k.checkCommitment,
		k.checkTag,
		k.checkObject,
		k.checkAnswers,
		k.checkSignatures,
		k.checkQuorum,
	} {
		if err := check(ctx, o); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// checkForm checks what needs no state: sizes, encodings, that there are signatures and not too many, each of another oracle.
func (k Keeper) checkForm(_ context.Context, o *offer) error { return o.msg.ValidateBasic() }

// checkProvider checks that the signer is the certificate's provider. The error is ErrNotProvider.
func (k Keeper) checkProvider(_ context.Context, o *offer) (err error) {
	if o.msg.Provider != o.msg.Certificate.Provider {
		return types.ErrNotProvider.Wrapf("the certificate is for %s", o.msg.Certificate.Provider)
	}
	o.provider, err = k.addressBytes(o.msg.Provider)
	return err
}

// checkChain checks that the certificate is for this chain. The error is ErrWrongChain.
func (k Keeper) checkChain(ctx context.Context, o *offer) error {
	if chainID := sdk.UnwrapSDKContext(ctx).ChainID(); o.msg.Certificate.ChainId != chainID {
		return types.ErrWrongChain.Wrapf("%s, and this is %s", o.msg.Certificate.ChainId, chainID)
	}
	return nil
}

// checkDeal checks that the deal is there and takes consents. Errors: ErrDealNotFound, ErrDealNotActive, ErrDealExpired.
func (k Keeper) checkDeal(ctx context.Context, o *offer) (err error) {
	if o.id, err = types.DealIDBytes(o.msg.Certificate.DealId); err != nil {
		return err
	}
	if o.deal, err = k.deal(ctx, o.id); err != nil {
		return err
	}
	if o.deal.Status != types.DEAL_STATUS_ACTIVE {
		return types.ErrDealNotActive.Wrapf("%s is %s", o.deal.Id, o.deal.Status)
	}
	if !blockTime(ctx).Before(o.deal.ExpiresAt) {
		return types.ErrDealExpired.Wrapf("%s, at %s", o.deal.Id, o.deal.ExpiresAt)
	}
	return nil
}

// checkHeight checks that the certificate may be used now. Errors: ErrCertificateExpired, ErrCertificateTooEarly.
func (k Keeper) checkHeight(ctx context.Context, o *offer) error {
	lifetime, err := k.oracles.MaxCertificateLifetime(ctx)
	if err != nil {
		return err
	}
	height, last := sdk.UnwrapSDKContext(ctx).BlockHeight(), o.msg.Certificate.LastHeight
	if last < height {
		return types.ErrCertificateExpired.Wrapf("its last height is %d, and this is %d", last, height)
	}
	if last-height > lifetime {
		return types.ErrCertificateTooEarly.Wrapf("its last height is %d, and this is %d; at most %d blocks before", last, height, lifetime)
	}
	return nil
}

// checkCommitment checks that the deal has not bought the datum. The error is ErrDataUsed.
func (k Keeper) checkCommitment(ctx context.Context, o *offer) error {
	used, err := k.Consents.Has(ctx, collections.Join(o.id, o.msg.Certificate.DataCommitment))
	if err == nil && used {
		return types.ErrDataUsed.Wrapf("%x", o.msg.Certificate.DataCommitment)
	}
	return err
}

// checkTag checks that the deal has bought nothing with the uniqueness tag. The error is ErrTagUsed.
func (k Keeper) checkTag(ctx context.Context, o *offer) error {
	used, err := k.Tags.Has(ctx, collections.Join(o.id, o.msg.Certificate.UniquenessTag))
	if err == nil && used {
		return types.ErrTagUsed.Wrapf("%x", o.msg.Certificate.UniquenessTag)
	}
	return err
}

// checkObject checks that no deal has bought the object. The error is ErrObjectUsed.
func (k Keeper) checkObject(ctx context.Context, o *offer) error {
	used, err := k.Objects.Has(ctx, o.msg.Certificate.ObjectCid)
	if err == nil && used {
		return types.ErrObjectUsed.Wrap(o.msg.Certificate.ObjectCid)
	}
	return err
}

// checkAnswers checks that each term is answered once, and each required one agreed to. Errors: ErrTermUnknown,
// ErrTermAnsweredTwice, ErrTermNotAnswered, ErrTermNotAgreed.
func (k Keeper) checkAnswers(_ context.Context, o *offer) error {
	return o.deal.CheckAnswers(o.msg.Answers)
}

// checkSignatures checks that each signer is an active oracle, and its signature. The errors are x/oracle's: why the oracle is not
// active, or ErrInvalidSignature.
func (k Keeper) checkSignatures(ctx context.Context, o *offer) (err error) {
	if o.active, err = k.oracles.ActiveOracles(ctx); err != nil {
		return err
	}
	meter := sdk.UnwrapSDKContext(ctx).GasMeter()
	for _, signature := range o.msg.Signatures {
		oracle, err := k.signer(ctx, o.active, signature.Oracle)
		if err != nil {
			return errorsmod.Wrapf(err, "oracle %s", signature.Oracle)
		}
		meter.ConsumeGas(types.GasPerSignature, "x/datadeal: signature of a certificate")
		if err := o.msg.Certificate.VerifySignature(oracle.NodeKey, signature.Signature); err != nil {
			return errorsmod.Wrapf(err, "oracle %s", signature.Oracle)
		}
		o.vouching = append(o.vouching, oracle)
	}
	return nil
}

// signer returns the active oracle of a name, or why it is not active.
func (k Keeper) signer(ctx context.Context, active oracletypes.ActiveOracles, name string) (oracletypes.ActiveOracle, error) {
	for _, oracle := range active {
		if oracle.Bech32 == name {
			return oracle, nil
		}
	}
	address, err := k.addressBytes(name)
	if err != nil {
		return oracletypes.ActiveOracle{}, err
	}
	return k.oracles.ActiveOracle(ctx, address)
}

// checkQuorum checks that the signers' power exceeds the deal's share of all active oracles' power. The error is
// ErrQuorumNotReached.
func (k Keeper) checkQuorum(_ context.Context, o *offer) error {
	power, total := o.vouching.Power(), o.active.Power()
	if !o.deal.Quorum.ExceededBy(power, total) {
		return types.ErrQuorumNotReached.Wrapf("%s of %s umed; it must be more than %d/%d", power, total, o.deal.Quorum.Numerator, o.deal.Quorum.Denominator)
	}
	return nil
}
