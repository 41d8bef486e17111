package keeper

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/did/types"
)

// firstVersion returns the id of the oldest version that the chain has of a DID: 0, unless the DID came in through genesis
// without its history.
func (k Keeper) firstVersion(ctx context.Context, id string, record types.Record) (uint64, error) {
	if record.Created != nil || record.Current.Sequence == 0 {
		return 0, nil
	}
	iterator, err := k.Versions.Iterate(ctx, collections.NewPrefixedPairRange[string, uint64](id))
	if err != nil {
		return 0, fmt.Errorf("reading the first version of %s: %w", id, err)
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return record.Current.Sequence, nil
	}
	key, err := iterator.Key()
	if err != nil {
		return 0, fmt.Errorf("reading the first version of %s: %w", id, err)
	}
	return key.K2(), nil
}

// version returns one version of a DID, the current one included. The error is ErrVersionNotFound if there is none.
func (k Keeper) version(ctx context.Context, id string, record types.Record, versionID uint64) (types.Version, error) {
	if versionID == record.Current.Sequence {
		return record.Version(), nil
	}
	version, err := k.Versions.Get(ctx, collections.Join(id, versionID))
	if errors.Is(err, collections.ErrNotFound) {
		return types.Version{}, types.ErrVersionNotFound.Wrapf("version %d of %s", versionID, id)
	}
	if err != nil {
		return types.Version{}, fmt.Errorf("reading version %d of %s: %w", versionID, id, err)
	}
	return version, nil
}

// versionAt returns the version of a DID that was in force at a time, found by binary search. The error is
// ErrVersionNotFound if the DID was created later.
func (k Keeper) versionAt(ctx context.Context, id string, record types.Record, at time.Time) (types.Version, error) {
	if record.Metadata.InForceAt(at) {
		return record.Version(), nil
	}
	first, err := k.firstVersion(ctx, id, record)
	if err != nil {
		return types.Version{}, err
	}
	var failed error
	later := sort.Search(int(record.Current.Sequence-first), func(i int) bool {
		version, err := k.version(ctx, id, record, first+uint64(i))
		if err != nil {
			failed = err
		}
		return failed != nil || !version.Metadata.InForceAt(at)
	})
	if failed != nil {
		return types.Version{}, failed
	}
	if later == 0 {
		return types.Version{}, types.ErrVersionNotFound.Wrapf("%s had no document at %s", id, at.UTC().Format(time.RFC3339))
	}
	return k.version(ctx, id, record, first+uint64(later)-1)
}
