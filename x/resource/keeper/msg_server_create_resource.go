package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/resource/types"
)

// CreateResource stores a version of a resource that an active DID publishes. Checks come in the order of their cost, and each is
// paid for before it is made.
func (s msgServer) CreateResource(ctx context.Context, msg *types.MsgCreateResource) (*types.MsgCreateResourceResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := s.k.checkAddress(msg.FromAddress); err != nil {
		return nil, err
	}
	if err := s.k.checkSize(ctx, msg.Data); err != nil {
		return nil, err
	}
	collectionID, err := types.CollectionOf(msg.Did)
	if err != nil {
		return nil, err
	}
	if err := s.k.requireNew(ctx, collectionID, msg); err != nil {
		return nil, err
	}
	previous, err := s.k.previous(ctx, collectionID, msg)
	if err != nil {
		return nil, err
	}
	if err := s.k.authorise(ctx, msg); err != nil {
		return nil, err
	}

	metadata := newMetadata(ctx, collectionID, previous, msg)
	if err := s.k.create(ctx, previous, metadata, msg.Data); err != nil {
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventResourceCreated{
		Did: msg.Did, Id: msg.Id, Name: msg.Name, ResourceType: msg.ResourceType, Version: msg.Version, MediaType: msg.MediaType,
		Checksum: metadata.Checksum, Number: metadata.Number, PreviousVersionId: msg.PreviousVersionId,
		VerificationMethodId: msg.VerificationMethodId, FromAddress: msg.FromAddress,
	})
	return &types.MsgCreateResourceResponse{}, err
}

// checkSize checks a resource's size against the parameters, and charges for hashing, copying and keeping its bytes.
func (k Keeper) checkSize(ctx context.Context, data []byte) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	if err := params.CheckSize(data); err != nil {
		return err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(uint64(params.GasPerByte)*uint64(len(data)), "x/resource: bytes")
	return nil
}

// requireNew checks that the collection has never had a resource with the id, nor the series a version with the label.
func (k Keeper) requireNew(ctx context.Context, collectionID string, msg *types.MsgCreateResource) error {
	exists, err := k.Metadata.Has(ctx, collections.Join(collectionID, msg.Id))
	if err != nil {
		return fmt.Errorf("looking for %s: %w", types.URLOf(collectionID, msg.Id), err)
	}
	if exists {
		return types.ErrResourceExists.Wrap(types.URLOf(collectionID, msg.Id))
	}
	if msg.Version == "" {
		return nil
	}
	exists, err = k.Labels.Has(ctx, collections.Join4(collectionID, msg.Name, msg.ResourceType, msg.Version))
	if err != nil {
		return fmt.Errorf("looking for version %q: %w", msg.Version, err)
	}
	if exists {
		return types.ErrVersionExists.Wrapf("%q of name %q, type %q", msg.Version, msg.Name, msg.ResourceType)
	}
	return nil
}

// previous returns the version that the new one follows, nil if the series has none. The error is ErrNotLatest if the publisher
// meant another one: the series has moved on since the message was signed.
func (k Keeper) previous(ctx context.Context, collectionID string, msg *types.MsgCreateResource) (*types.Metadata, error) {
	latest, err := k.latest(ctx, series{collectionID, msg.Name, msg.ResourceType})
	if errors.Is(err, types.ErrResourceNotFound) {
		if msg.PreviousVersionId != "" {
			return nil, types.ErrNotLatest.Wrapf("the series has no version yet, and the previous one is said to be %s", msg.PreviousVersionId)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if latest.Id != msg.PreviousVersionId {
		return nil, types.ErrNotLatest.Wrapf("the latest is %s, not %q", latest.Id, msg.PreviousVersionId)
	}
	return &latest, nil
}

// authorise checks the publisher's signature, by an assertion method of the DID as it stands now.
func (k Keeper) authorise(ctx context.Context, msg *types.MsgCreateResource) error {
	record, err := k.dids.ActiveRecord(ctx, msg.Did)
	if err != nil {
		return err
	}
	document, sdkCtx := record.Current.Document, sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(types.GasPerDocumentByte*uint64(document.Size()), "x/resource: DID document")
	sdkCtx.GasMeter().ConsumeGas(types.GasPerSignature, "x/resource: signature")
	key, err := types.AssertionKey(document, msg.VerificationMethodId, sdkCtx.BlockTime())
	if err != nil {
		return err
	}
	return msg.VerifySignature(sdkCtx.ChainID(), key)
}

// newMetadata describes the version that a message publishes in this block.
func newMetadata(ctx context.Context, collectionID string, previous *types.Metadata, msg *types.MsgCreateResource) types.Metadata {
	header := sdk.UnwrapSDKContext(ctx).BlockHeader()
	number := uint64(1)
	if previous != nil {
		number = previous.Number + 1
	}
	return types.Metadata{
		CollectionId: collectionID, Id: msg.Id, Name: msg.Name, ResourceType: msg.ResourceType, Version: msg.Version, MediaType: msg.MediaType,
		Checksum: types.Checksum(msg.Data), DataSize: uint32(len(msg.Data)), Created: header.Time.UTC(), Height: header.Height,
		Number: number, PreviousVersionId: msg.PreviousVersionId,
		VerificationMethodId: msg.VerificationMethodId, FromAddress: msg.FromAddress,
	}
}
