package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/types"
)

// authorise checks the proof that a change of a stored DID carries: a signature over document at the stored sequence, by a
// method in the stored document's authentications, or in those of one of its controllers.
func (k Keeper) authorise(ctx context.Context, id string, stored types.Record, document *types.DIDDocument, methodID string, signature []byte) error {
	method, err := k.findMethod(ctx, id, stored.Current.Document, methodID)
	if err != nil {
		return err
	}
	key, err := ownershipKey(ctx, method)
	if err != nil {
		return err
	}
	return types.VerifySignature(key, document, stored.Current.Sequence, signature)
}

// findMethod looks a verification method up among those that may change the DID. A controller's DID must itself be active;
// its own controllers are not followed.
func (k Keeper) findMethod(ctx context.Context, id string, stored *types.DIDDocument, methodID string) (*types.VerificationMethod, error) {
	if method := stored.FindAuthentication(methodID); method != nil {
		return method, nil
	}
	controller := types.DIDOfURL(methodID)
	if controller == id || !stored.HasController(controller) || types.ValidateDID(controller) != nil {
		return nil, types.ErrMethodNotFound.Wrapf(
			"%.200q is not an authentication method of %s, nor of one of its controllers", methodID, id)
	}
	record, err := k.ActiveRecord(ctx, controller)
	if err != nil {
		return nil, types.ErrMethodNotFound.Wrapf("controller: %v", err)
	}
	method := record.Current.Document.FindAuthentication(methodID)
	if method == nil {
		return nil, types.ErrMethodNotFound.Wrapf("%.200q is not an authentication method of the controller %s", methodID, controller)
	}
	return method, nil
}

// ownershipKey charges for a proof of ownership, and returns the key that it must verify with.
func ownershipKey(ctx context.Context, method *types.VerificationMethod) (did.PublicKey, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(types.GasPerSignature, "x/did: proof of ownership")
	return method.OwnershipKey(sdkCtx.BlockTime())
}

// checkDocument charges for a document in proportion to its size, and validates it against the parameters and DID Core.
func (k Keeper) checkDocument(ctx context.Context, document *types.DIDDocument) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	if err := document.CheckLimits(params); err != nil {
		return err
	}
	meter := sdk.UnwrapSDKContext(ctx).GasMeter()
	meter.ConsumeGas(types.GasPerDocumentByte*uint64(document.Size()), "x/did: document")
	meter.ConsumeGas(types.GasPerVerificationMethod*uint64(document.CountMethods()), "x/did: verification methods")
	return document.Validate()
}
