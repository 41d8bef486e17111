package embedded

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	ds "github.com/ipfs/go-datastore"
)

// checkEvery is how many bytes a batch writes into packs between two looks at the room that is left.
const checkEvery = 16 << 20

// batch collects writes. Large values are on disk when Put returns, but nothing points to them before Commit.
type batch struct {
	d     *Datastore
	ops   map[string]op
	packs []*packWriter // the last is open, the others are finished
	wrote int64         // bytes since the last look at the room that is left
	ready bool          // Prepare has run
	done  bool
}

type op struct {
	deleted bool
	entry   []byte // of the tree
	place   place  // size in the pack, if packed
	packed  bool
	// onlyIf, if set, is the place that the key must still have; else the op is skipped. Rewriting packs uses it.
	onlyIf *place
}

// Batch starts a batch. One that is not committed must be given up with Discard, or its files stay until the store is opened again. A
// batch is not safe for concurrent use; different batches are.
func (d *Datastore) Batch(context.Context) (ds.Batch, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	if err := d.room(0); err != nil {
		return nil, err
	}
	return &batch{d: d, ops: map[string]op{}}, nil
}

// room says whether n more bytes leave the reserve untouched.
func (d *Datastore) room(n int64) error {
	free, err := freeBytes(d.dir)
	if err != nil {
		return fmt.Errorf("embedded: look for space: %w", err)
	}
	if free-n < d.opts.Reserve {
		return ErrNoSpace
	}
	return nil
}

// Put adds a write. Values are copied or written before it returns.
func (b *batch) Put(ctx context.Context, key ds.Key, value []byte) error {
	return b.put(ctx, key.String(), value, nil)
}

func (b *batch) put(ctx context.Context, key string, value []byte, onlyIf *place) error {
	if b.done {
		return ErrBatchDone
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(value) > MaxValueSize || len(key) > 1<<10 {
		return ErrValueSize
	}
	if len(value) < InlineLimit {
		b.ops[key] = op{entry: inlineEntry(value), onlyIf: onlyIf}
		return nil
	}
	if b.wrote += int64(len(value)); b.wrote >= checkEvery {
		if err := b.d.room(int64(len(value))); err != nil {
			return err
		}
		b.wrote = 0
	}
	if b.ready {
		w, err := b.d.packs.create()
		if err != nil {
			return err
		}
		b.packs, b.ready = append(b.packs, w), false
	}
	w, err := b.writer()
	if err != nil {
		return err
	}
	p, err := w.append(key, value)
	if err != nil {
		return err
	}
	b.ops[key] = op{entry: p.entry(), place: p, packed: true, onlyIf: onlyIf}
	return nil
}

// writer returns the pack to append to.
func (b *batch) writer() (*packWriter, error) {
	if n := len(b.packs); n > 0 {
		if w := b.packs[n-1]; w.at < b.d.opts.PackBytes {
			return w, nil
		}
		if err := b.packs[n-1].finish(); err != nil {
			return nil, err
		}
	}
	w, err := b.d.packs.create()
	if err != nil {
		return nil, err
	}
	b.packs = append(b.packs, w)
	return w, nil
}

// Delete adds a removal.
func (b *batch) Delete(ctx context.Context, key ds.Key) error {
	if b.done {
		return ErrBatchDone
	}
	b.ops[key.String()] = op{deleted: true}
	return ctx.Err()
}

// Discard gives the batch up, and removes what it has written.
func (b *batch) Discard() {
	if b.done {
		return
	}
	b.done = true
	for _, w := range b.packs {
		w.discard()
	}
}

// Prepare does the slow part of Commit, which waits for the disk, so that a caller can commit under a lock of its own. It is optional; no
// write may follow it.
func (b *batch) Prepare() error {
	if b.done || b.ready {
		return nil
	}
	if n := len(b.packs); n > 0 {
		if err := b.packs[n-1].finish(); err != nil {
			return err
		}
		if err := syncDir(b.d.packs.dir); err != nil {
			return fmt.Errorf("embedded: sync packs: %w", err)
		}
	}
	b.ready = true
	return nil
}

// Commit applies all writes at once. After an error none is applied, except after ErrFailed, when reopening tells.
func (b *batch) Commit(ctx context.Context) error {
	if b.done {
		return ErrBatchDone
	}
	err := b.commit(ctx)
	if err != nil && !errors.Is(err, ErrFailed) {
		b.Discard()
	}
	b.done = true
	return err
}

func (b *batch) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d := b.d
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	var inline int64
	for key, o := range b.ops {
		inline += int64(len(key) + len(o.entry))
	}
	if err := d.room(2 * inline); err != nil {
		return err
	}
	if err := b.Prepare(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := guard(d, func() (struct{}, error) { return struct{}{}, b.apply() })
	return err
}

// apply writes the tree. The caller holds Datastore.mu.
func (b *batch) apply() error {
	d := b.d
	tree := d.db.NewBatch()
	defer tree.Close()
	changed := map[uint64]counts{}
	for _, w := range b.packs {
		changed[w.id] = counts{total: w.at}
	}
	count := func(p place, keyLen int, sign int64) {
		c, ok := changed[p.pack]
		if !ok {
			c, ok = d.packs.counts[p.pack]
		}
		if ok {
			c.live += sign * recordSize(keyLen, int(p.size))
			changed[p.pack] = c
		}
	}
	for key, o := range b.ops {
		tk := dataKey(ds.RawKey(key))
		old, err := b.old(tk)
		if err != nil {
			return err
		}
		if o.onlyIf != nil && (old == nil || *old != *o.onlyIf) {
			continue
		}
		if old != nil {
			count(*old, len(key), -1)
		}
		if o.deleted {
			err = tree.Delete(tk, nil)
		} else {
			err = tree.Set(tk, o.entry, nil)
		}
		if err != nil {
			return err
		}
		if o.packed {
			count(o.place, len(key), 1)
		}
	}
	for id, c := range changed {
		var err error
		if c.live == 0 {
			err = tree.Delete(packKey(id), nil)
		} else {
			err = tree.Set(packKey(id), c.encode(), nil)
		}
		if err != nil {
			return err
		}
	}
	if err := tree.Commit(pebble.NoSync); err != nil {
		d.failed.Store(true)
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	for id, c := range changed {
		if c.live == 0 {
			delete(d.packs.counts, id)
			d.packs.dead = append(d.packs.dead, id)
		} else {
			d.packs.counts[id] = c
		}
	}
	return nil
}

// old returns the place in a pack that a key has now, nil if it has none.
func (b *batch) old(treeKey []byte) (*place, error) {
	raw, closer, err := b.d.db.Get(treeKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, corruption(err)
	}
	defer closer.Close()
	if len(raw) != packedSize || raw[0] != entryPacked {
		return nil, nil
	}
	e, err := parseEntry(raw)
	if err != nil {
		return nil, err
	}
	return &e.place, nil
}

// CollectGarbage rewrites packs more than half of which is dead, and gives their space back. Readers and writers may go on meanwhile.
func (d *Datastore) CollectGarbage(ctx context.Context) error {
	d.mu.Lock()
	var sparse []uint64
	for id, c := range d.packs.counts {
		if c.live < c.total/2 {
			sparse = append(sparse, id)
		}
	}
	d.mu.Unlock()
	for _, id := range sparse {
		if err := d.rewrite(ctx, id); err != nil {
			return fmt.Errorf("embedded: rewrite a pack: %w", err)
		}
	}
	return d.Sync(ctx, ds.Key{})
}

func (d *Datastore) rewrite(ctx context.Context, id uint64) error {
	started, err := d.Batch(ctx)
	if err != nil {
		return err
	}
	b := started.(*batch)
	defer b.Discard()
	err = d.packs.scan(id, func(key string, p place) error {
		e, err := d.entry(ctx, ds.RawKey(key))
		if errors.Is(err, ds.ErrNotFound) || err == nil && (e.inline != nil || e.place != p) {
			return nil
		}
		if err != nil {
			return err
		}
		value, err := d.packs.read(p, key)
		if err != nil {
			return err
		}
		return b.put(ctx, key, value, &p)
	})
	if errors.Is(err, errPackGone) || errors.Is(err, ErrCorrupt) {
		return nil // a damaged pack stays as it is: what can be read of it still is, and a check finds the rest
	}
	if err != nil {
		return err
	}
	return b.Commit(ctx)
}
