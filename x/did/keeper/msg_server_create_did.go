package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/did/types"
)

// CreateDID stores the first document of a DID that derives from the key that signed.
func (s msgServer) CreateDID(ctx context.Context, msg *types.MsgCreateDIDRequest) (*types.MsgCreateDIDResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	account, err := s.k.addressBytes(msg.FromAddress)
	if err != nil {
		return nil, err
	}
	if err := s.k.requireNew(ctx, msg.Did); err != nil {
		return nil, err
	}
	if err := s.k.checkDocument(ctx, msg.Document); err != nil {
		return nil, err
	}
	method := msg.Document.FindAuthentication(msg.VerificationMethodId)
	if method == nil {
		return nil, types.ErrMethodNotFound.Wrapf("%.200q is not in the document's authentications", msg.VerificationMethodId)
	}
	key, err := ownershipKey(ctx, method)
	if err != nil {
		return nil, err
	}
	if err := types.CheckDerives(msg.Did, key); err != nil {
		return nil, err
	}
	if err := types.VerifySignature(key, msg.Document, 0, msg.Signature); err != nil {
		return nil, err
	}

	record := types.NewRecord(msg.Document, versionMetadata(ctx, msg.FromAddress))
	if err := s.k.create(ctx, msg.Did, record, account); err != nil {
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDIDCreated{
		Did: msg.Did, VerificationMethodId: msg.VerificationMethodId, FromAddress: msg.FromAddress,
	})
	return &types.MsgCreateDIDResponse{}, err
}
