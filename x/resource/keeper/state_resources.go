package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/resource/types"
)

// GetMetadata describes a version. The error is ErrResourceNotFound if there is none.
func (k Keeper) GetMetadata(ctx context.Context, collectionID, id string) (types.Metadata, error) {
	metadata, err := k.Metadata.Get(ctx, collections.Join(collectionID, id))
	if errors.Is(err, collections.ErrNotFound) {
		return types.Metadata{}, types.ErrResourceNotFound.Wrap(types.URLOf(collectionID, id))
	}
	if err != nil {
		return types.Metadata{}, fmt.Errorf("reading the metadata of %s: %w", types.URLOf(collectionID, id), err)
	}
	return metadata, nil
}

// GetData returns the bytes of a version. The error is ErrResourceNotFound if there is none.
func (k Keeper) GetData(ctx context.Context, collectionID, id string) ([]byte, error) {
	data, err := k.Data.Get(ctx, collections.Join(collectionID, id))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, types.ErrResourceNotFound.Wrap(types.URLOf(collectionID, id))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the bytes of %s: %w", types.URLOf(collectionID, id), err)
	}
	return data, nil
}

// create stores a version as the latest of its series, after previous if that is not nil. The caller has checked that this is
// where it belongs.
func (k Keeper) create(ctx context.Context, previous *types.Metadata, metadata types.Metadata, data []byte) error {
	if previous != nil {
		previous.NextVersionId = metadata.Id
		if err := k.Metadata.Set(ctx, collections.Join(previous.CollectionId, previous.Id), *previous); err != nil {
			return fmt.Errorf("linking %s: %w", previous.URL(), err)
		}
	}
	return k.store(ctx, metadata, data)
}

// store writes a version and, but for the link from the version before it, every index of it.
func (k Keeper) store(ctx context.Context, m types.Metadata, data []byte) error {
	key := collections.Join(m.CollectionId, m.Id)
	if err := k.Metadata.Set(ctx, key, m); err != nil {
		return fmt.Errorf("storing the metadata of %s: %w", m.URL(), err)
	}
	if err := k.Data.Set(ctx, key, data); err != nil {
		return fmt.Errorf("storing the bytes of %s: %w", m.URL(), err)
	}
	if err := k.index(ctx, m); err != nil {
		return fmt.Errorf("indexing %s: %w", m.URL(), err)
	}
	return nil
}

func (k Keeper) index(ctx context.Context, m types.Metadata) error {
	if err := k.Versions.Set(ctx, collections.Join4(m.CollectionId, m.Name, m.ResourceType, m.Number), m.Id); err != nil {
		return err
	}
	if m.NextVersionId == "" {
		if err := k.Latest.Set(ctx, collections.Join3(m.CollectionId, m.Name, m.ResourceType), m.Id); err != nil {
			return err
		}
	}
	if m.PreviousVersionId == "" {
		if err := k.Types.Set(ctx, collections.Join3(m.CollectionId, m.ResourceType, m.Name)); err != nil {
			return err
		}
	}
	if m.Version == "" {
		return nil
	}
	return k.Labels.Set(ctx, collections.Join4(m.CollectionId, m.Name, m.ResourceType, m.Version), m.Id)
}
