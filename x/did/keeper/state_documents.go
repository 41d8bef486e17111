package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/did/types"
)

// Record returns what is kept of a DID. The error is ErrDIDNotFound if there is no such DID.
func (k Keeper) Record(ctx context.Context, id string) (types.Record, error) {
	record, err := k.Documents.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Record{}, types.ErrDIDNotFound.Wrap(id)
	}
	if err != nil {
		return types.Record{}, fmt.Errorf("reading the record of %s: %w", id, err)
	}
	return record, nil
}

// ActiveRecord returns what is kept of a DID that has not been deactivated. The errors are ErrDIDNotFound and
// ErrDIDDeactivated.
func (k Keeper) ActiveRecord(ctx context.Context, id string) (types.Record, error) {
	record, err := k.Record(ctx, id)
	if err != nil {
		return types.Record{}, err
	}
	if record.Metadata.Deactivated {
		return types.Record{}, types.ErrDIDDeactivated.Wrap(id)
	}
	return record, nil
}

// create stores the first version of a DID and who paid for it. The caller has checked that there is none.
func (k Keeper) create(ctx context.Context, id string, record types.Record, account []byte) error {
	if err := k.Documents.Set(ctx, id, record); err != nil {
		return fmt.Errorf("storing %s: %w", id, err)
	}
	if err := k.AccountDIDs.Set(ctx, collections.Join(account, id)); err != nil {
		return fmt.Errorf("storing the account of %s: %w", id, err)
	}
	return nil
}

// supersede moves the current version of a DID to its history, and stores the next.
func (k Keeper) supersede(ctx context.Context, id string, current, next types.Record) error {
	if err := k.Versions.Set(ctx, collections.Join(id, current.Metadata.VersionId), current.Version()); err != nil {
		return fmt.Errorf("storing version %d of %s: %w", current.Metadata.VersionId, id, err)
	}
	if err := k.Documents.Set(ctx, id, next); err != nil {
		return fmt.Errorf("storing %s: %w", id, err)
	}
	return nil
}

// versionMetadata describes a version that is written in this block.
func versionMetadata(ctx context.Context, fromAddress string) types.VersionMetadata {
	header := sdk.UnwrapSDKContext(ctx).BlockHeader()
	blockTime := header.Time.UTC()
	return types.VersionMetadata{Time: &blockTime, Height: header.Height, FromAddress: fromAddress}
}
