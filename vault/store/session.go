package store

import (
	"context"
	"fmt"

	"github.com/ipfs/go-cid"
	ds "github.com/ipfs/go-datastore"

	"github.com/medibloc/panacea/vault/dag"
)

// How many bytes of blocks a session keeps out of the index at most. A receiver that is killed loses no more than its part.
const (
	flushPut     = 64 << 20
	flushReceive = 16 << 20
)

// session adds blocks. Their data go to the back end at once, and are made known in steps. It is not safe for concurrent use.
type session struct {
	s      *Store
	batch  ds.Batch
	staged map[cid.Cid]staged
	bytes  int64 // of staged blocks
	limit  int64 // of bytes
	leased map[cid.Cid]bool
}

type staged struct {
	size  int64
	links []cid.Cid
}

func (s *Store) session(limit int64) *session {
	return &session{s: s, limit: limit, staged: map[cid.Cid]staged{}, leased: map[cid.Cid]bool{}}
}

// has says whether a block is present or staged, and keeps garbage collection from it until the session closes or a block above it is known.
func (w *session) has(ctx context.Context, c cid.Cid) (bool, error) {
	if _, ok := w.staged[c]; ok {
		return true, nil
	}
	w.lease(c)
	n, err := w.s.node(ctx, c)
	return n.present, err
}

// add stores a block whose hash the caller has checked.
func (w *session) add(ctx context.Context, c cid.Cid, data []byte) error {
	if has, err := w.has(ctx, c); has || err != nil {
		return err
	}
	links, err := dag.Links(c, data)
	if err != nil {
		return err
	}
	if w.bytes+int64(len(data)) > w.limit {
		if err := w.flush(ctx, nil); err != nil {
			return err
		}
	}
	if w.batch == nil {
		if w.batch, err = w.s.backend.Batch(ctx); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	size := int64(len(data))
	if err := w.s.reserve(size); err != nil {
		return err
	}
	w.bytes += size
	w.staged[c] = staged{size, links}
	key := w.s.crypt.key(spaceBlock, c.Bytes())
	sealed, err := w.s.crypt.seal(key, data)
	if err != nil {
		return err
	}
	if err := w.batch.Put(ctx, key, sealed); err != nil {
		return fmt.Errorf("store: write a block: %w", err)
	}
	return nil
}

func (s *Store) reserve(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stats.Bytes+s.reserved+n > s.opts.Quota {
		return ErrQuota
	}
	s.reserved += n
	return nil
}

func (w *session) lease(c cid.Cid) {
	if w.leased[c] {
		return
	}
	w.leased[c] = true
	w.s.mu.Lock()
	w.s.leases[c]++
	w.s.mu.Unlock()
}

// release gives a lease back. The caller holds Store.mu.
func (w *session) release(c cid.Cid) {
	if !w.leased[c] {
		return
	}
	delete(w.leased, c)
	if w.s.leases[c]--; w.s.leases[c] == 0 {
		delete(w.s.leases, c)
	}
}

// flush makes the staged blocks known, together with what also does. If it fails, they are given up.
func (w *session) flush(ctx context.Context, also func(*tx) error) error {
	batch := w.batch
	w.batch = nil
	if p, ok := batch.(interface{ Prepare() error }); ok {
		if err := p.Prepare(); err != nil {
			discard(batch)
			w.forget()
			return fmt.Errorf("store: %w", err)
		}
	}
	w.s.mu.Lock()
	t := w.s.begin(ctx, batch)
	err := w.apply(t, also)
	if err != nil {
		t.discard()
	} else if err = t.commit(); err == nil {
		for _, b := range w.staged {
			for _, link := range b.links {
				w.release(link) // counted now
			}
		}
	}
	w.s.mu.Unlock()
	w.forget()
	return err
}

func (w *session) apply(t *tx, also func(*tx) error) error {
	for c, b := range w.staged {
		if err := t.arrive(c, b.size, b.links); err != nil {
			return err
		}
	}
	if also == nil {
		return nil
	}
	return also(t)
}

// forget ends the account of staged blocks, which are known by now or given up.
func (w *session) forget() {
	w.s.mu.Lock()
	w.s.reserved -= w.bytes
	w.s.mu.Unlock()
	w.bytes = 0
	clear(w.staged)
}

// close ends the session; what was not flushed is given up.
func (w *session) close() {
	if w.batch != nil {
		discard(w.batch)
		w.batch = nil
	}
	w.forget()
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for c := range w.leased {
		w.release(c)
	}
}
