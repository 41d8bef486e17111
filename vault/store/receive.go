package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/vault/dag"
)

// ErrTooLarge says that an object that arrives is larger than the caller allows.
var ErrTooLarge = errors.New("store: object larger than allowed")

// ReceiveOptions of an object that arrives from a peer.
type ReceiveOptions struct {
	PutOptions
	MaxSize int64 // of the content in bytes; zero for no bound
}

// Receiver takes an object block by block, root first. Nothing of it can be read as an object before Finish; what has arrived stays when
// the transfer breaks, even by a crash, and is not asked for again. It is not safe for concurrent use.
type Receiver struct {
	s    *Store
	w    *session
	opts ReceiveOptions
	info Info
	walk *dag.Walker
	from int64
	done bool
}

// Receive starts or resumes the arrival of an object.
func (s *Store) Receive(ctx context.Context, root cid.Cid, opts ReceiveOptions) (*Receiver, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	if err := dag.CheckCID(root); err != nil {
		return nil, err
	}
	r := &Receiver{s: s, opts: opts, w: s.session(flushReceive)}
	err := s.update(ctx, func(t *tx) error {
		info, err := s.Stat(ctx, root)
		known := err == nil
		if errors.Is(err, ErrNotFound) {
			info, err = Info{CID: root, Size: -1, Created: s.opts.Now().UTC(), Partial: true}, nil
		}
		if err != nil {
			return err
		}
		if err := info.merge(opts.PutOptions); err != nil {
			return err
		}
		r.info, r.done = info, !info.Partial
		if known {
			return t.putObject(info)
		}
		return t.addObject(info)
	})
	if err == nil {
		err = r.Resume(ctx)
	}
	if err != nil {
		r.w.close()
		return nil, fmt.Errorf("receive object %s: %w", root, err)
	}
	return r, nil
}

// Resume looks what is here and starts over at the first block that is not: after it, a sender's blocks must begin with the root and go on at
// Offset.
func (r *Receiver) Resume(ctx context.Context) error {
	if r.done {
		r.from = r.info.Size
		return nil
	}
	walk := dag.NewWalker(r.info.CID, 0, dag.Whole)
	for {
		c, ok := walk.Next()
		if !ok {
			break
		}
		has, err := r.w.has(ctx, c)
		if err != nil {
			return err
		}
		if !has {
			break
		}
		if walk.Skip() {
			continue
		}
		data, err := r.block(ctx, c)
		if err != nil {
			return err
		}
		if _, err := walk.Feed(data, false); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	if r.from = 0; walk.Size() >= 0 {
		r.info.Size = walk.Size()
		r.from = walk.Position()
	}
	r.walk = dag.NewWalker(r.info.CID, r.from, dag.Whole)
	return nil
}

// block reads a block that may be staged only.
func (r *Receiver) block(ctx context.Context, c cid.Cid) ([]byte, error) {
	if _, ok := r.w.staged[c]; ok {
		if err := r.w.flush(ctx, nil); err != nil {
			return nil, err
		}
	}
	return r.s.Block(ctx, c)
}

// Done says whether the object was here already, wholly.
func (r *Receiver) Done() bool { return r.done }

// Offset is where in the content a sender must begin, in bytes.
func (r *Receiver) Offset() int64 { return r.from }

// Size is that of the whole content in bytes, -1 as long as it is not known.
func (r *Receiver) Size() int64 { return r.info.Size }

// Position is how much of the content, from its start, is here.
func (r *Receiver) Position() int64 {
	if r.done {
		return r.info.Size
	}
	if r.walk.Size() < 0 {
		return r.from
	}
	return r.walk.Position()
}

// Next returns the CID of the block that Feed wants, and false when there is none left.
func (r *Receiver) Next() (cid.Cid, bool) {
	if r.done {
		return cid.Undef, false
	}
	return r.walk.Next()
}

// Feed checks and keeps the next block. Errors about the block are those of package dag, and ErrTooLarge.
func (r *Receiver) Feed(ctx context.Context, data []byte) error {
	visit, err := r.walk.Feed(data, false)
	if err != nil {
		return err
	}
	if r.info.Size = r.walk.Size(); r.opts.MaxSize > 0 && r.info.Size > r.opts.MaxSize {
		return ErrTooLarge
	}
	return r.w.add(ctx, visit.CID, data)
}

// Finish makes the object readable, when all of it is here, and durable.
func (r *Receiver) Finish(ctx context.Context) (Info, error) {
	if r.done {
		return r.info, nil
	}
	if _, missing := r.walk.Next(); missing {
		return Info{}, ErrPartial
	}
	// Parts may have come in any order over several transfers: only a walk from the start shows that nothing is missing.
	if err := r.Resume(ctx); err != nil {
		return Info{}, err
	}
	if r.from != r.info.Size {
		return Info{}, ErrPartial
	}
	err := r.w.flush(ctx, func(t *tx) error {
		info, err := r.s.complete(t, r.info.CID, r.info.Size, r.opts.PutOptions)
		r.info = info
		return err
	})
	if err == nil {
		err = r.s.sync(ctx)
	}
	if err != nil {
		return Info{}, fmt.Errorf("receive object %s: %w", r.info.CID, err)
	}
	r.done = true
	return r.info, nil
}

// Close ends the transfer and keeps what has arrived. Use Store.Delete to give it up.
func (r *Receiver) Close() error {
	defer r.w.close()
	if r.done || len(r.w.staged) == 0 {
		return nil
	}
	return r.w.flush(context.Background(), nil)
}

func insert(sorted []string, s string) []string {
	i, _ := slices.BinarySearch(sorted, s)
	return slices.Insert(slices.Clone(sorted), i, s)
}
