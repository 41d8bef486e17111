package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
	ds "github.com/ipfs/go-datastore"
)

// node is what the store knows of a block, which may not have arrived yet.
type node struct {
	cid     cid.Cid
	present bool
	size    int64 // in bytes, if present
	refs    uint64
}

func (n node) encode() []byte {
	b := []byte{0}
	if n.present {
		b[0] = 1
	}
	b = binary.AppendUvarint(b, n.refs)
	b = binary.AppendUvarint(b, uint64(n.size))
	return append(b, n.cid.Bytes()...)
}

func parseNode(b []byte) (node, error) {
	damaged := fmt.Errorf("%w: record of a block", ErrCorrupt)
	if len(b) == 0 || b[0] > 1 {
		return node{}, damaged
	}
	n := node{present: b[0] == 1}
	rest := b[1:]
	refs, k := binary.Uvarint(rest)
	if k <= 0 {
		return node{}, damaged
	}
	rest = rest[k:]
	size, k := binary.Uvarint(rest)
	if k <= 0 {
		return node{}, damaged
	}
	_, c, err := cid.CidFromBytes(rest[k:])
	if err != nil {
		return node{}, damaged
	}
	n.cid, n.refs, n.size = c, refs, int64(size)
	return n, nil
}

func (s *Store) node(ctx context.Context, c cid.Cid) (node, error) {
	raw, err := s.get(ctx, spaceNode, c.Bytes())
	if errors.Is(err, ErrNotFound) {
		return node{cid: c}, nil
	}
	if err != nil {
		return node{}, err
	}
	return parseNode(raw)
}

// tx is a change of nodes, objects and stats that happens wholly or not at all. The caller holds Store.mu from begin to commit.
type tx struct {
	s     *Store
	ctx   context.Context
	batch ds.Batch
	err   error
	was   map[cid.Cid]node
	now   map[cid.Cid]*node
	stats Stats
}

// begin starts a change. batch may hold the blocks that the change makes known, and may be nil.
func (s *Store) begin(ctx context.Context, batch ds.Batch) *tx {
	t := &tx{s: s, ctx: ctx, batch: batch, was: map[cid.Cid]node{}, now: map[cid.Cid]*node{}, stats: s.stats}
	if t.batch == nil {
		t.batch, t.err = s.backend.Batch(ctx)
	}
	return t
}

func (t *tx) node(c cid.Cid) (*node, error) {
	if n, ok := t.now[c]; ok {
		return n, nil
	}
	n, err := t.s.node(t.ctx, c)
	if err != nil {
		return nil, err
	}
	t.was[c] = n
	t.now[c] = &n
	return &n, nil
}

// arrive makes a block present, unless it is already, and counts the links that it holds.
func (t *tx) arrive(c cid.Cid, size int64, links []cid.Cid) error {
	n, err := t.node(c)
	if err != nil {
		return err
	}
	if n.present {
		return nil
	}
	n.present, n.size = true, size
	t.stats.Blocks++
	t.stats.Bytes += size
	for _, link := range links {
		if err := t.ref(link); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) ref(c cid.Cid) error {
	n, err := t.node(c)
	if err == nil {
		n.refs++
	}
	return err
}

func (t *tx) deref(c cid.Cid) error {
	n, err := t.node(c)
	if err != nil {
		return err
	}
	if n.refs == 0 {
		return fmt.Errorf("%w: a reference too few", ErrCorrupt)
	}
	n.refs--
	return nil
}

// leave removes a present block that nothing refers to.
func (t *tx) leave(c cid.Cid, links []cid.Cid) error {
	n, err := t.node(c)
	if err != nil {
		return err
	}
	n.present = false
	t.stats.Blocks--
	t.stats.Bytes -= n.size
	for _, link := range links {
		if err := t.deref(link); err != nil {
			return err
		}
	}
	return t.delete(spaceBlock, c.Bytes())
}

func (t *tx) put(space string, name, value []byte) error {
	if t.err != nil {
		return t.err
	}
	key := t.s.crypt.key(space, name)
	sealed, err := t.s.crypt.seal(key, value)
	if err != nil {
		return err
	}
	return t.batch.Put(t.ctx, key, sealed)
}

func (t *tx) delete(space string, name []byte) error { return t.deleteKey(t.s.crypt.key(space, name)) }

func (t *tx) deleteKey(key ds.Key) error {
	if t.err != nil {
		return t.err
	}
	return t.batch.Delete(t.ctx, key)
}

func (t *tx) putObject(info Info) error {
	raw, err := json.Marshal(info)
	if err != nil {
		return err
	}
	return t.put(spaceObject, info.CID.Bytes(), raw)
}

// addObject makes an object known and counts its root.
func (t *tx) addObject(info Info) error {
	t.stats.Objects++
	if err := t.ref(info.CID); err != nil {
		return err
	}
	return t.putObject(info)
}

func (t *tx) deleteObject(info Info) error {
	t.stats.Objects--
	if err := t.deref(info.CID); err != nil {
		return err
	}
	return t.delete(spaceObject, info.CID.Bytes())
}

// commit writes the nodes that changed and keeps the lists of what nothing refers to.
func (t *tx) commit() error {
	if err := t.write(); err != nil {
		t.discard()
		return fmt.Errorf("store: commit: %w", err)
	}
	if err := t.batch.Commit(t.ctx); err != nil {
		return fmt.Errorf("store: commit: %w", err)
	}
	t.s.stats = t.stats
	return nil
}

func (t *tx) write() error {
	for c, n := range t.now {
		was := t.was[c]
		if *n == was {
			continue
		}
		var err error
		if !n.present && n.refs == 0 {
			err = t.delete(spaceNode, c.Bytes())
		} else {
			err = t.put(spaceNode, c.Bytes(), n.encode())
		}
		if err != nil {
			return err
		}
		wasZero, isZero := was.present && was.refs == 0, n.present && n.refs == 0
		switch {
		case isZero && !wasZero:
			err = t.put(spaceZero, c.Bytes(), c.Bytes())
		case wasZero && !isZero:
			err = t.delete(spaceZero, c.Bytes())
		}
		if err != nil {
			return err
		}
	}
	stats, err := json.Marshal(t.stats)
	if err != nil {
		return err
	}
	return t.put(spaceStats, nil, stats)
}

// discard gives up what a batch has written, where the back end can.
func (t *tx) discard() { discard(t.batch) }

func discard(b ds.Batch) {
	if d, ok := b.(interface{ Discard() }); ok {
		d.Discard()
	}
}
