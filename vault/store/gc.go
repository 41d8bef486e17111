package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/vault/dag"
)

// collectStep is how many blocks are removed under one hold of the lock.
const collectStep = 256

// Collected says what CollectGarbage removed.
type Collected struct {
	Blocks int64 `json:"blocks"`
	Bytes  int64 `json:"bytes"`
}

// CollectGarbage removes the blocks that no object leads to, and lets the back end give space back. Reading and writing go on meanwhile. It
// costs what there is to remove, not what there is.
func (s *Store) CollectGarbage(ctx context.Context) (Collected, error) {
	var sum Collected
	for {
		removed, err := s.collect(ctx, &sum)
		if err != nil {
			return sum, fmt.Errorf("collect garbage: %w", err)
		}
		if !removed {
			break
		}
	}
	if err := s.sync(ctx); err != nil {
		return sum, err
	}
	if c, ok := s.backend.(interface {
		CollectGarbage(context.Context) error
	}); ok {
		if err := c.CollectGarbage(ctx); err != nil {
			return sum, fmt.Errorf("collect garbage: %w", err)
		}
	}
	return sum, nil
}

// collect removes the blocks that are listed now; their children may be listed then.
func (s *Store) collect(ctx context.Context, sum *Collected) (bool, error) {
	var listed []cid.Cid
	for raw, err := range s.scan(ctx, spaceZero) {
		if err != nil {
			return false, err
		}
		_, c, err := cid.CidFromBytes(raw)
		if err != nil {
			return false, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		if listed = append(listed, c); len(listed) == 1<<16 {
			break
		}
	}
	removed := false
	for len(listed) > 0 {
		n := min(len(listed), collectStep)
		some, err := s.collectStep(ctx, listed[:n], sum)
		if err != nil {
			return false, err
		}
		removed = removed || some
		listed = listed[n:]
	}
	return removed, nil
}

func (s *Store) collectStep(ctx context.Context, cids []cid.Cid, sum *Collected) (removed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.stats
	t := s.begin(ctx, nil)
	for _, c := range cids {
		n, err := t.node(c)
		if err != nil {
			t.discard()
			return false, err
		}
		if !n.present || n.refs > 0 || s.leases[c] > 0 {
			continue
		}
		links, err := s.linksOf(ctx, c)
		if err == nil {
			err = t.leave(c, links)
		}
		if err != nil {
			t.discard()
			return false, err
		}
		removed = true
	}
	if !removed {
		t.discard()
		return false, nil
	}
	if err := t.commit(); err != nil {
		return false, err
	}
	sum.Blocks += before.Blocks - s.stats.Blocks
	sum.Bytes += before.Bytes - s.stats.Bytes
	return true, nil
}

// linksOf reads the children of a block. A damaged block's are unknown: none is named, and Check finds the counts that are too high.
func (s *Store) linksOf(ctx context.Context, c cid.Cid) ([]cid.Cid, error) {
	if c.Prefix().Codec == cid.Raw {
		return nil, nil
	}
	data, err := s.Block(ctx, c)
	if err == nil {
		err = dag.Verify(c, data)
	}
	if errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotFound) || errors.Is(err, dag.ErrHash) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return dag.Links(c, data)
}
