package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/did/types"
)

// UpdateDID replaces the document of an active DID, and keeps the one before.
func (s msgServer) UpdateDID(ctx context.Context, msg *types.MsgUpdateDIDRequest) (*types.MsgUpdateDIDResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if _, err := s.k.addressBytes(msg.FromAddress); err != nil {
		return nil, err
	}
	stored, err := s.k.ActiveRecord(ctx, msg.Did)
	if err != nil {
		return nil, err
	}
	if err := s.k.checkDocument(ctx, msg.Document); err != nil {
		return nil, err
	}
	if msg.Document.Equal(stored.Current.Document) {
		return nil, types.ErrNothingChanged.Wrap(msg.Did)
	}
	if err := s.k.authorise(ctx, msg.Did, stored, msg.Document, msg.VerificationMethodId, msg.Signature); err != nil {
		return nil, err
	}

	next := stored.Next(msg.Document, versionMetadata(ctx, msg.FromAddress))
	if err := s.k.supersede(ctx, msg.Did, stored, next); err != nil {
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDIDUpdated{
		Did: msg.Did, VersionId: next.Metadata.VersionId,
		VerificationMethodId: msg.VerificationMethodId, FromAddress: msg.FromAddress,
	})
	return &types.MsgUpdateDIDResponse{}, err
}
