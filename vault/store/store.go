package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"

	"github.com/medibloc/panacea/vault/dag"
)

// Spaces of back-end keys.
const (
	spaceBlock  = "b" // CID → block
	spaceNode   = "n" // CID → node
	spaceZero   = "z" // CID of a block that nothing leads to → CID
	spaceObject = "o" // root CID → Info
	spaceRecord = "r" // kind and name → record
	spaceStats  = "s" // one record: Stats
)

const (
	// DefaultPin is the pin of what the owner puts without naming another.
	DefaultPin = "local"
	// MaxPins is the number of pins of an object.
	MaxPins = 64
	// MaxPinLength bounds the name of a pin, in bytes.
	MaxPinLength = 128
	// MaxMetaSize bounds what an object carries beside its content, in bytes.
	MaxMetaSize = 64 << 10
)

var (
	// ErrNotFound says that there is no such object, block or record.
	ErrNotFound = errors.New("store: not found")
	// ErrCorrupt says that what the disk holds does not open or does not have its hash. Check finds what is affected.
	ErrCorrupt = errors.New("store: stored data are damaged; run fsck, then fetch the affected objects again")
	// ErrPartial says that an object has not arrived wholly.
	ErrPartial = errors.New("store: object is incomplete; resume its transfer")
	// ErrPinned says that an object is pinned by others than the caller named.
	ErrPinned = errors.New("store: object is pinned")
	// ErrQuota says that the store would grow beyond its quota.
	ErrQuota = errors.New("store: quota exceeded; remove objects and collect garbage, or raise the quota")
	// ErrKey says that the store belongs to another key.
	ErrKey = errors.New("store: the key is not this store's")
	// ErrInvalid says that a pin, a name or a value is not acceptable.
	ErrInvalid = errors.New("store: invalid argument")
)

// Options of a store.
type Options struct {
	Quota int64            // bytes of blocks; zero for no bound
	Now   func() time.Time // nil for time.Now
}

// Stats are the sizes of a store.
type Stats struct {
	Objects int64 `json:"objects"`
	Blocks  int64 `json:"blocks"`
	Bytes   int64 `json:"bytes"` // of blocks
}

// Info describes an object.
type Info struct {
	CID     cid.Cid   `json:"cid"`
	Size    int64     `json:"size"` // of the content in bytes; -1 if nothing has arrived yet
	Created time.Time `json:"created"`
	Pins    []string  `json:"pins"` // sorted
	Meta    []byte    `json:"meta,omitempty"`
	Partial bool      `json:"partial,omitempty"` // still arriving
}

// HasPin says whether the object has a pin.
func (i Info) HasPin(pin string) bool { return slices.Contains(i.Pins, pin) }

// Store is the store. Its methods are safe for concurrent use.
type Store struct {
	backend ds.Batching
	crypt   *crypt
	opts    Options

	mu       sync.Mutex // held by whoever changes nodes, objects or stats
	stats    Stats
	reserved int64           // bytes of blocks on their way into the store
	leases   map[cid.Cid]int // blocks that somebody in progress counts on: garbage collection leaves them
}

// Open opens the store that a back end holds, or starts one in an empty back end. Whoever opens a back end closes it. The error is
// ErrKey if the store is another key's.
func Open(ctx context.Context, backend ds.Batching, key []byte, opts Options) (*Store, error) {
	c, err := newCrypt(key)
	if err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Quota == 0 {
		opts.Quota = math.MaxInt64
	}
	s := &Store{backend: backend, crypt: c, opts: opts, leases: map[cid.Cid]int{}}
	raw, err := s.get(ctx, spaceStats, nil)
	if errors.Is(err, ErrNotFound) {
		if err := s.mustBeEmpty(ctx); err != nil {
			return nil, err
		}
		t := s.begin(ctx, nil)
		if err := t.commit(); err != nil {
			return nil, err
		}
		return s, s.sync(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &s.stats); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return s, nil
}

// mustBeEmpty tells a new back end from one that another key wrote.
func (s *Store) mustBeEmpty(ctx context.Context) error {
	results, err := s.backend.Query(ctx, query.Query{KeysOnly: true, Limit: 1})
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	entries, err := results.Rest()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if len(entries) > 0 {
		return ErrKey
	}
	return nil
}

// Stats returns the sizes.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Stat describes an object, complete or not.
func (s *Store) Stat(ctx context.Context, root cid.Cid) (Info, error) {
	raw, err := s.get(ctx, spaceObject, root.Bytes())
	if err != nil {
		return Info{}, err
	}
	return parseInfo(raw)
}

// Has says whether the whole object is here.
func (s *Store) Has(ctx context.Context, root cid.Cid) (bool, error) {
	info, err := s.Stat(ctx, root)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && !info.Partial, err
}

// Objects lists all objects, in an order that says nothing and does not change.
func (s *Store) Objects(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for raw, err := range s.scan(ctx, spaceObject) {
			var info Info
			if err == nil {
				info, err = parseInfo(raw)
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// List returns up to limit objects that have a pin ("" for any), after the one named by cursor, and the cursor of the next page: "" at the end.
func (s *Store) List(ctx context.Context, pin, cursor string, limit int) ([]Info, string, error) {
	var page []Info
	skipping := cursor != ""
	for info, err := range s.Objects(ctx) {
		if err != nil {
			return nil, "", err
		}
		if skipping {
			skipping = info.CID.String() != cursor
			continue
		}
		if pin != "" && !info.HasPin(pin) {
			continue
		}
		if len(page) == limit {
			return page, page[limit-1].CID.String(), nil
		}
		page = append(page, info)
	}
	if skipping {
		return nil, "", fmt.Errorf("%w: cursor; the object that it names has gone", ErrInvalid)
	}
	return page, "", nil
}

// Pin gives an object a pin more.
func (s *Store) Pin(ctx context.Context, root cid.Cid, pin string) error {
	if err := checkPin(pin); err != nil {
		return err
	}
	return s.change(ctx, root, func(info *Info) error {
		if info.HasPin(pin) {
			return nil
		}
		if len(info.Pins) == MaxPins {
			return fmt.Errorf("%w: an object has at most %d pins", ErrInvalid, MaxPins)
		}
		info.Pins = append(info.Pins, pin)
		slices.Sort(info.Pins)
		return nil
	})
}

// Unpin takes a pin away. An object whose last pin it was is deleted.
func (s *Store) Unpin(ctx context.Context, root cid.Cid, pin string) error {
	return s.change(ctx, root, func(info *Info) error {
		info.Pins = slices.DeleteFunc(info.Pins, func(p string) bool { return p == pin })
		return nil
	})
}

// Delete removes an object whose only pins, if any, are DefaultPin and pins; with others it is ErrPinned. From then on it is neither listed
// nor read; its space comes back with CollectGarbage.
func (s *Store) Delete(ctx context.Context, root cid.Cid, pins ...string) error {
	return s.change(ctx, root, func(info *Info) error {
		for _, p := range info.Pins {
			if p != DefaultPin && !slices.Contains(pins, p) {
				return fmt.Errorf("%w: %q", ErrPinned, p)
			}
		}
		info.Pins = nil
		return nil
	})
}

// SetMeta replaces what an object carries beside its content.
func (s *Store) SetMeta(ctx context.Context, root cid.Cid, meta []byte) error {
	if len(meta) > MaxMetaSize {
		return fmt.Errorf("%w: metadata larger than %d bytes", ErrInvalid, MaxMetaSize)
	}
	return s.change(ctx, root, func(info *Info) error {
		info.Meta = meta
		return nil
	})
}

// change changes an object's record, and deletes the object if it has no pin left.
func (s *Store) change(ctx context.Context, root cid.Cid, edit func(*Info) error) error {
	err := s.update(ctx, func(t *tx) error {
		info, err := s.Stat(ctx, root)
		if err != nil {
			return err
		}
		if err := edit(&info); err != nil {
			return err
		}
		if len(info.Pins) > 0 {
			return t.putObject(info)
		}
		return t.deleteObject(info)
	})
	if err != nil {
		return fmt.Errorf("change object %s: %w", root, err)
	}
	return nil
}

// update runs a change under the lock and makes it durable.
func (s *Store) update(ctx context.Context, do func(*tx) error) error {
	s.mu.Lock()
	t := s.begin(ctx, nil)
	err := do(t)
	if err == nil {
		err = t.commit()
	} else {
		t.discard()
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.sync(ctx)
}

func (s *Store) sync(ctx context.Context) error {
	if err := s.backend.Sync(ctx, ds.RawKey("/")); err != nil {
		return fmt.Errorf("store: sync: %w", err)
	}
	return nil
}

// Block returns a block of any object, complete or not, as it was verified when it was stored and authenticated now.
func (s *Store) Block(ctx context.Context, c cid.Cid) ([]byte, error) {
	return s.get(ctx, spaceBlock, c.Bytes())
}

// get reads and opens a record.
func (s *Store) get(ctx context.Context, space string, name []byte) ([]byte, error) {
	key := s.crypt.key(space, name)
	sealed, err := s.backend.Get(ctx, key)
	if errors.Is(err, ds.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, s.backendError(err)
	}
	value, err := s.crypt.open(key, sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return value, nil
}

// backendError marks damage that the back end found as ours; errors that pass, such as a cancelled context, stay what they are.
func (s *Store) backendError(err error) error {
	if damaged := (interface{ Corrupt() bool })(nil); errors.As(err, &damaged) && damaged.Corrupt() {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return fmt.Errorf("store: %w", err)
}

// scan opens all records of a space.
func (s *Store) scan(ctx context.Context, space string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		results, err := s.backend.Query(ctx, query.Query{Prefix: "/" + space})
		if err != nil {
			yield(nil, s.backendError(err))
			return
		}
		defer results.Close()
		for {
			result, ok := results.NextSync()
			if !ok {
				if err := ctx.Err(); err != nil {
					yield(nil, err)
				}
				return
			}
			if result.Error != nil {
				if !yield(nil, s.backendError(result.Error)) {
					return
				}
				continue
			}
			value, err := s.crypt.open(ds.RawKey(result.Key), result.Value)
			if err != nil {
				err = fmt.Errorf("%w: %w", ErrCorrupt, err)
			}
			if !yield(value, err) {
				return
			}
		}
	}
}

func checkPin(pin string) error {
	if pin == "" || len(pin) > MaxPinLength {
		return fmt.Errorf("%w: a pin has 1 to %d bytes", ErrInvalid, MaxPinLength)
	}
	for _, r := range pin {
		if r < 0x20 || r == 0x7f || r == 0xfffd {
			return fmt.Errorf("%w: a pin is text without control characters", ErrInvalid)
		}
	}
	return nil
}

func parseInfo(raw []byte) (Info, error) {
	var info Info
	if err := json.Unmarshal(raw, &info); err != nil {
		return Info{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if err := dag.CheckCID(info.CID); err != nil {
		return Info{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return info, nil
}
