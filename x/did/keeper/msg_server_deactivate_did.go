package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/did/types"
)

// DeactivateDID ends an active DID for ever. Its record stays with an empty document, so that it can never be created again.
func (s msgServer) DeactivateDID(ctx context.Context, msg *types.MsgDeactivateDIDRequest) (*types.MsgDeactivateDIDResponse, error) {
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
	signed := types.DeactivationDocument(msg.Did)
	if err := s.k.authorise(ctx, msg.Did, stored, signed, msg.VerificationMethodId, msg.Signature); err != nil {
		return nil, err
	}

	next := stored.Next(&types.DIDDocument{}, versionMetadata(ctx, msg.FromAddress))
	if err := s.k.supersede(ctx, msg.Did, stored, next); err != nil {
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDIDDeactivated{
		Did: msg.Did, VersionId: next.Metadata.VersionId,
		VerificationMethodId: msg.VerificationMethodId, FromAddress: msg.FromAddress,
	})
	return &types.MsgDeactivateDIDResponse{}, err
}
