package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/resource/types"
)

// CheckInvariants returns an error if the state breaks one of the module's invariants:
//
//   - the bytes of every version are those that its checksum and size say, and there are no others;
//   - the versions of a series are numbered from 1 without a gap, linked both ways, in the order of time, their labels unique;
//   - every index says exactly what follows from the metadata;
//   - every collection belongs to a DID that exists.
//
// It reads all of the state, and is for tests and simulation.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	state, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	if err := state.Validate(); err != nil {
		return fmt.Errorf("x/resource invariant: %w", err)
	}
	var want counts
	for _, r := range state.Resources {
		if err := k.checkIndexes(ctx, r.Metadata); err != nil {
			return err
		}
		if _, err := k.dids.Record(ctx, r.Metadata.DID()); err != nil {
			return fmt.Errorf("x/resource invariant: %s: %w", r.Metadata.URL(), err)
		}
		want.add(r.Metadata)
	}
	have, err := k.count(ctx)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("x/resource invariant: the indexes have %+v entries, not %+v", have, want)
	}
	return nil
}

// checkIndexes checks that a version stands in the indexes where it belongs.
func (k Keeper) checkIndexes(ctx context.Context, m types.Metadata) error {
	s := series{m.CollectionId, m.Name, m.ResourceType}
	numbered, err := k.numbered(ctx, s, m.Number)
	if err != nil || numbered.Id != m.Id {
		return fmt.Errorf("x/resource invariant: version %d of %s is %q, not %q: %v", m.Number, s, numbered.Id, m.Id, err)
	}
	latest, err := k.latest(ctx, s)
	if err != nil || (latest.Id == m.Id) != (m.NextVersionId == "") {
		return fmt.Errorf("x/resource invariant: the latest version of %s is %q: %v", s, latest.Id, err)
	}
	listed, err := k.Types.Has(ctx, collections.Join3(m.CollectionId, m.ResourceType, m.Name))
	if err != nil || !listed {
		return fmt.Errorf("x/resource invariant: %s is not listed by its type: %v", s, err)
	}
	if m.Version == "" {
		return nil
	}
	labelled, err := k.labelled(ctx, s, m.Version)
	if err != nil || labelled.Id != m.Id {
		return fmt.Errorf("x/resource invariant: version %q of %s is %q, not %q: %v", m.Version, s, labelled.Id, m.Id, err)
	}
	return nil
}

// counts are the sizes of the data and of the indexes.
type counts struct{ data, latest, types, versions, labels int }

func (c *counts) add(m types.Metadata) {
	c.data++
	c.versions++
	if m.NextVersionId == "" {
		c.latest++
		c.types++
	}
	if m.Version != "" {
		c.labels++
	}
}

func (k Keeper) count(ctx context.Context) (counts, error) {
	var c counts
	for _, walk := range []func() error{
		func() error {
			return k.Data.Walk(ctx, nil, func(resourceKey, []byte) (bool, error) { c.data++; return false, nil })
		},
		func() error {
			return k.Latest.Walk(ctx, nil, func(seriesKey, string) (bool, error) { c.latest++; return false, nil })
		},
		func() error {
			return k.Types.Walk(ctx, nil, func(typeKey) (bool, error) { c.types++; return false, nil })
		},
		func() error {
			return k.Versions.Walk(ctx, nil, func(versionKey, string) (bool, error) { c.versions++; return false, nil })
		},
		func() error {
			return k.Labels.Walk(ctx, nil, func(labelKey, string) (bool, error) { c.labels++; return false, nil })
		},
	} {
		if err := walk(); err != nil {
			return counts{}, err
		}
	}
	return c, nil
}
