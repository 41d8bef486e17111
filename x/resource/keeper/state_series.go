package keeper

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/resource/types"
)

// series names the versions of one thing.
type series struct{ collectionID, name, resourceType string }

func (s series) String() string {
	return fmt.Sprintf("%s, name %q, type %q", types.DIDOf(s.collectionID), s.name, s.resourceType)
}

// latest describes the latest version of a series. The error is ErrResourceNotFound if the series has none.
func (k Keeper) latest(ctx context.Context, s series) (types.Metadata, error) {
	id, err := k.Latest.Get(ctx, collections.Join3(s.collectionID, s.name, s.resourceType))
	return k.found(ctx, s, id, err)
}

// labelled describes the version of a series that has a label. The error is ErrResourceNotFound if there is none.
func (k Keeper) labelled(ctx context.Context, s series, label string) (types.Metadata, error) {
	id, err := k.Labels.Get(ctx, collections.Join4(s.collectionID, s.name, s.resourceType, label))
	return k.found(ctx, s, id, err)
}

// numbered describes the version of a series that has a number. The error is ErrResourceNotFound if there is none.
func (k Keeper) numbered(ctx context.Context, s series, number uint64) (types.Metadata, error) {
	id, err := k.Versions.Get(ctx, collections.Join4(s.collectionID, s.name, s.resourceType, number))
	return k.found(ctx, s, id, err)
}

// found finishes the lookup of a version in an index.
func (k Keeper) found(ctx context.Context, s series, id string, err error) (types.Metadata, error) {
	if errors.Is(err, collections.ErrNotFound) {
		return types.Metadata{}, types.ErrResourceNotFound.Wrap(s.String())
	}
	if err != nil {
		return types.Metadata{}, fmt.Errorf("looking up %s: %w", s, err)
	}
	return k.GetMetadata(ctx, s.collectionID, id)
}

// at describes the version of a series that was the latest at a time, found by binary search. The error is ErrResourceNotFound
// if the series began later.
func (k Keeper) at(ctx context.Context, s series, t time.Time) (types.Metadata, error) {
	last, err := k.latest(ctx, s)
	if err != nil || last.InForceAt(t) {
		return last, err
	}
	var failed error
	later := sort.Search(int(last.Number), func(i int) bool {
		version, err := k.numbered(ctx, s, uint64(i)+1)
		if err != nil {
			failed = err
		}
		return failed != nil || !version.InForceAt(t)
	})
	if failed != nil {
		return types.Metadata{}, failed
	}
	if later == 0 {
		return types.Metadata{}, types.ErrResourceNotFound.Wrapf("%s, had no version at %s", s, t.UTC().Format(time.RFC3339))
	}
	return k.numbered(ctx, s, uint64(later))
}
