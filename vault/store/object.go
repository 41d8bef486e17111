package store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/vault/dag"
)

// PutOptions of an object.
type PutOptions struct {
	Pin  string // "" for DefaultPin
	Meta []byte // kept with the object, encrypted; at most MaxMetaSize
}

func (o *PutOptions) check() error {
	if o.Pin == "" {
		o.Pin = DefaultPin
	}
	if len(o.Meta) > MaxMetaSize {
		return fmt.Errorf("%w: metadata larger than %d bytes", ErrInvalid, MaxMetaSize)
	}
	return checkPin(o.Pin)
}

// Put stores what r gives, and returns when it is durable: before, there is no such object. Memory does not grow with the object. An object
// that is here already gets the pin, and the metadata if there are any.
func (s *Store) Put(ctx context.Context, r io.Reader, opts PutOptions) (Info, error) {
	if err := opts.check(); err != nil {
		return Info{}, err
	}
	w := s.session(flushPut)
	defer w.close()
	counted := &counter{r: r}
	root, err := dag.Import(counted, func(c cid.Cid, data []byte) error { return w.add(ctx, c, data) })
	if err != nil {
		return Info{}, fmt.Errorf("put an object: %w", err)
	}
	var info Info
	err = w.flush(ctx, func(t *tx) error {
		info, err = s.complete(t, root, counted.n, opts)
		return err
	})
	if err == nil {
		err = s.sync(ctx)
	}
	if err != nil {
		return Info{}, fmt.Errorf("put an object: %w", err)
	}
	return info, nil
}

// complete records that the whole object is here.
func (s *Store) complete(t *tx, root cid.Cid, size int64, opts PutOptions) (Info, error) {
	info, err := s.Stat(t.ctx, root)
	known := err == nil
	if errors.Is(err, ErrNotFound) {
		info, err = Info{CID: root, Created: s.opts.Now().UTC().Truncate(0)}, nil
	}
	if err != nil {
		return Info{}, err
	}
	info.Size, info.Partial = size, false
	if err := info.merge(opts); err != nil {
		return Info{}, err
	}
	if known {
		return info, t.putObject(info)
	}
	return info, t.addObject(info)
}

func (i *Info) merge(opts PutOptions) error {
	if !i.HasPin(opts.Pin) {
		if len(i.Pins) == MaxPins {
			return fmt.Errorf("%w: an object has at most %d pins", ErrInvalid, MaxPins)
		}
		i.Pins = insert(i.Pins, opts.Pin)
	}
	if opts.Meta != nil {
		i.Meta = opts.Meta
	}
	return nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// Reader reads an object. It is not safe for concurrent use.
type Reader struct {
	s    *Store
	ctx  context.Context
	info Info
	pos  int64
	w    *dag.Walker // at pos + len(rest), nil after a Seek
	rest []byte
}

var _ io.ReadSeeker = (*Reader)(nil)

// Open opens an object for reading, from any offset. The reader holds no resources.
func (s *Store) Open(ctx context.Context, root cid.Cid) (*Reader, error) {
	info, err := s.Stat(ctx, root)
	if err == nil && info.Partial {
		err = ErrPartial
	}
	if err != nil {
		return nil, fmt.Errorf("open object %s: %w", root, err)
	}
	return &Reader{s: s, ctx: ctx, info: info}, nil
}

// Info describes the object.
func (r *Reader) Info() Info { return r.info }

// Read implements io.Reader. Errors are ErrCorrupt, ErrNotFound if the object was deleted meanwhile, and those of the back end.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.pos >= r.info.Size {
		return 0, io.EOF
	}
	if r.w == nil {
		r.w, r.rest = dag.NewWalker(r.info.CID, r.pos, dag.Whole), nil
	}
	for len(r.rest) == 0 {
		content, err := r.next()
		if err != nil {
			return 0, fmt.Errorf("read object %s at %d: %w", r.info.CID, r.pos, err)
		}
		r.rest = content
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.pos += int64(n)
	return n, nil
}

func (r *Reader) next() ([]byte, error) {
	c, ok := r.w.Next()
	if !ok {
		return nil, fmt.Errorf("%w: the object ends early", ErrCorrupt)
	}
	block, err := r.s.Block(r.ctx, c)
	if err != nil {
		return nil, err
	}
	visit, err := r.w.Feed(block, false)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return visit.Content, nil
}

// Seek implements io.Seeker.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.info.Size
	}
	if offset < 0 {
		return 0, fmt.Errorf("%w: seek before the start", ErrInvalid)
	}
	if offset != r.pos {
		r.pos, r.w, r.rest = offset, nil, nil
	}
	return offset, nil
}
