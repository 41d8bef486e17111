package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
)

// InlineLimit is the size in bytes from which on a value stands in a pack file instead of the tree.
const InlineLimit = 16 << 10

// MaxValueSize bounds a value, in bytes.
const MaxValueSize = 64 << 20

// corrupt is the type of ErrCorrupt. Its method lets package store tell damage from other errors of whatever back end it has.
type corrupt struct{}

func (corrupt) Error() string { return "embedded: data on disk are damaged" }

// Corrupt implements what package store asks errors for.
func (corrupt) Corrupt() bool { return true }

// ErrCorrupt says that what the disk holds is not what was written.
var ErrCorrupt error = corrupt{}

var (
	// ErrNoSpace says that the file system has less room left than the reserve; nothing was written.
	ErrNoSpace = errors.New("embedded: no space left; free some, or move the vault to a larger disk")
	// ErrFailed says that an earlier write failed in a way after which only reopening tells what is on disk. Nothing that
	// was committed is lost by it.
	ErrFailed = errors.New("embedded: the store failed to write and must be reopened")
	// ErrValueSize says that a value is larger than MaxValueSize.
	ErrValueSize = errors.New("embedded: value too large")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("embedded: closed")
	// ErrInUse says that the store is open already, in another process or in this one.
	ErrInUse = errors.New("embedded: the store is in use")
	// ErrBatchDone says that a batch is used after Commit.
	ErrBatchDone = errors.New("embedded: batch already committed")
)

// Options of a store. The zero value is what most want.
type Options struct {
	// Reserve is how many bytes of the file system a write leaves free. Zero stands for 64 MiB.
	Reserve int64
	// CacheBytes bounds the memory that the tree keeps blocks in. Zero stands for 16 MiB.
	CacheBytes int64
	// PackBytes is the size at which a batch starts another pack file. Zero stands for 256 MiB.
	PackBytes int64
}

const (
	treeDir        = "tree"
	defaultReserve = 64 << 20
	defaultCache   = 16 << 20
	defaultPack    = 256 << 20
	memTableBytes  = 8 << 20
)

func (o Options) withDefaults() Options {
	if o.Reserve == 0 {
		o.Reserve = defaultReserve
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCache
	}
	if o.PackBytes == 0 {
		o.PackBytes = defaultPack
	}
	return o
}

// Datastore is the store. Its methods are safe for concurrent use.
type Datastore struct {
	dir   string
	opts  Options
	db    *pebble.DB
	packs *packSet

	mu     sync.Mutex // orders commits: they read and change the packs' counts of live bytes
	failed atomic.Bool
	closed atomic.Bool
	use    sync.RWMutex // held for reading while the tree is in use, for writing to close it
}

var (
	_ ds.Batching            = (*Datastore)(nil)
	_ ds.PersistentDatastore = (*Datastore)(nil)
)

// Open opens the store in dir, which it makes if there is none. It removes pack files that no committed batch refers to: what a crash
// left of batches in progress.
func Open(dir string, opts Options) (*Datastore, error) {
	opts = opts.withDefaults()
	if err := os.MkdirAll(filepath.Join(dir, packDir), 0o700); err != nil {
		return nil, fmt.Errorf("embedded: make %s: %w", dir, err)
	}
	lock, err := lockTree(filepath.Join(dir, treeDir))
	if err != nil {
		return nil, fmt.Errorf("embedded: open %s: %w", dir, err)
	}
	defer lock.Close() // the tree holds it on its own, once it is open
	d := &Datastore{dir: dir, opts: opts}
	db, err := guard(d, func() (*pebble.DB, error) {
		o := treeOptions(opts)
		o.Lock = lock
		return pebble.Open(filepath.Join(dir, treeDir), o)
	})
	if err != nil {
		return nil, fmt.Errorf("embedded: open %s: %w", dir, corruption(err))
	}
	d.db = db
	d.packs, err = openPacks(filepath.Join(dir, packDir), db)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded: open %s: %w", dir, corruption(err)), db.Close())
	}
	return d, nil
}

// lockTree keeps others from opening the tree.
func lockTree(dir string) (*pebble.Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := pebble.LockDirectory(dir, vfs.Default)
	var file *fs.PathError
	if err != nil && !errors.As(err, &file) {
		err = fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return lock, err
}

func treeOptions(opts Options) *pebble.Options {
	o := &pebble.Options{
		CacheSize:          opts.CacheBytes,
		FormatMajorVersion: pebble.FormatNewest,
		MemTableSize:       memTableBytes,
		MaxOpenFiles:       256,
		Logger:             logger{},
	}
	for i := range o.Levels {
		// Most looks at the tree are for keys that it does not have; and what is encrypted does not compress.
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		o.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
	}
	return o
}

// Close makes everything committed durable and gives the directory free. Batches that were not committed are dropped.
func (d *Datastore) Close() error {
	d.use.Lock()
	defer d.use.Unlock()
	if d.closed.Swap(true) {
		return nil
	}
	var errs []error
	if !d.failed.Load() {
		// What is in tables need not be replayed when the store is opened again.
		_, err := guard(d, func() (struct{}, error) { return struct{}{}, d.db.Flush() })
		errs = append(errs, err)
	}
	errs = append(errs, d.packs.close())
	_, err := guard(d, func() (struct{}, error) { return struct{}{}, d.db.Close() })
	return errors.Join(append(errs, err)...)
}

// enter is called before the tree is used, and leave after.
func (d *Datastore) enter() error {
	d.use.RLock()
	if d.closed.Load() {
		d.use.RUnlock()
		return ErrClosed
	}
	if d.failed.Load() {
		d.use.RUnlock()
		return ErrFailed
	}
	return nil
}

func (d *Datastore) leave() { d.use.RUnlock() }

// Get returns the value of a key, ds.ErrNotFound if there is none, ErrCorrupt if it is damaged.
func (d *Datastore) Get(ctx context.Context, key ds.Key) ([]byte, error) {
	// A pack may be rewritten between the look into the tree and the look into the pack; the second look finds the new place.
	for range 8 {
		v, moved, err := d.get(ctx, key)
		if !moved {
			return v, err
		}
	}
	return nil, fmt.Errorf("embedded: read %s: %w", key, ErrCorrupt)
}

func (d *Datastore) get(ctx context.Context, key ds.Key) (value []byte, moved bool, err error) {
	entry, err := d.entry(ctx, key)
	if err != nil {
		return nil, false, err
	}
	if entry.inline != nil {
		return entry.inline, false, nil
	}
	value, err = d.packs.read(entry.place, key.String())
	if errors.Is(err, errPackGone) {
		now, again := d.entry(ctx, key)
		if again != nil {
			return nil, false, again
		}
		if now.inline != nil || now.place != entry.place {
			return nil, true, nil
		}
		err = ErrCorrupt
	}
	if err != nil {
		return nil, false, fmt.Errorf("embedded: read %s: %w", key, err)
	}
	return value, false, nil
}

// entry reads what the tree holds of a key.
func (d *Datastore) entry(ctx context.Context, key ds.Key) (entry, error) {
	if err := ctx.Err(); err != nil {
		return entry{}, err
	}
	if err := d.enter(); err != nil {
		return entry{}, err
	}
	defer d.leave()
	return guard(d, func() (entry, error) {
		raw, closer, err := d.db.Get(dataKey(key))
		if errors.Is(err, pebble.ErrNotFound) {
			return entry{}, ds.ErrNotFound
		}
		if err != nil {
			return entry{}, corruption(err)
		}
		defer closer.Close()
		return parseEntry(raw)
	})
}

// Has says whether there is a value.
func (d *Datastore) Has(ctx context.Context, key ds.Key) (bool, error) {
	_, err := d.entry(ctx, key)
	if errors.Is(err, ds.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// GetSize returns the size of a value in bytes, or ds.ErrNotFound.
func (d *Datastore) GetSize(ctx context.Context, key ds.Key) (int, error) {
	e, err := d.entry(ctx, key)
	if err != nil {
		return -1, err
	}
	if e.inline != nil {
		return len(e.inline), nil
	}
	return int(e.place.size), nil
}

// Put writes one value.
func (d *Datastore) Put(ctx context.Context, key ds.Key, value []byte) error {
	return d.one(ctx, func(b ds.Batch) error { return b.Put(ctx, key, value) })
}

// Delete removes a value; that there is none is no error.
func (d *Datastore) Delete(ctx context.Context, key ds.Key) error {
	return d.one(ctx, func(b ds.Batch) error { return b.Delete(ctx, key) })
}

func (d *Datastore) one(ctx context.Context, op func(ds.Batch) error) error {
	b, err := d.Batch(ctx)
	if err != nil {
		return err
	}
	if err := op(b); err != nil {
		b.(*batch).Discard()
		return err
	}
	return b.Commit(ctx)
}

// Sync makes every batch whose Commit returned before durable. The prefix does not matter.
func (d *Datastore) Sync(ctx context.Context, _ ds.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	d.mu.Lock()
	dead := d.packs.takeDead()
	d.mu.Unlock()
	_, err := guard(d, func() (struct{}, error) { return struct{}{}, d.db.LogData(nil, pebble.Sync) })
	if err != nil {
		d.failed.Store(true)
		return fmt.Errorf("embedded: sync: %w", err)
	}
	// Only now does no crash bring back an entry that points into them.
	return d.packs.remove(dead)
}

// DiskUsage returns the bytes that the store takes on disk.
func (d *Datastore) DiskUsage(context.Context) (uint64, error) {
	if err := d.enter(); err != nil {
		return 0, err
	}
	defer d.leave()
	return d.db.Metrics().DiskSpaceUsage() + d.packs.size(), nil
}

// Query lists entries by prefix, in the order of keys. Filters and orders are applied as package query does.
func (d *Datastore) Query(ctx context.Context, q query.Query) (query.Results, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	lower, upper := bounds(q.Prefix)
	it, err := guard(d, func() (*pebble.Iterator, error) {
		return d.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	})
	if err != nil {
		d.leave()
		return nil, fmt.Errorf("embedded: query: %w", corruption(err))
	}
	valid := it.First()
	next := func() (query.Result, bool) {
		if err := ctx.Err(); err != nil {
			return query.Result{Error: err}, false
		}
		if !valid {
			if err := it.Error(); err != nil {
				return query.Result{Error: fmt.Errorf("embedded: query: %w", corruption(err))}, true
			}
			return query.Result{}, false
		}
		key := ds.RawKey(string(it.Key()[1:]))
		result := query.Result{Entry: query.Entry{Key: key.String(), Size: -1}}
		e, err := parseEntry(it.Value())
		switch {
		case err != nil:
			result.Error = fmt.Errorf("embedded: query %s: %w", key, err)
		case e.inline != nil:
			result.Size = len(e.inline)
			if !q.KeysOnly {
				result.Value = e.inline
			}
		default:
			result.Size = int(e.place.size)
			if !q.KeysOnly {
				result.Value, result.Error = d.Get(ctx, key)
			}
		}
		valid = it.Next()
		return result, true
	}
	var once sync.Once
	end := func() error {
		var err error
		once.Do(func() {
			err = it.Close()
			d.leave()
		})
		return err
	}
	results := query.ResultsFromIterator(q, query.Iterator{Next: next, Close: end})
	naive := q
	naive.Prefix = "" // the iterator's bounds are exact
	return query.NaiveQueryApply(naive, results), nil
}

// bounds are those of the keys strictly below a prefix; "" and "/" stand for all keys.
func bounds(prefix string) (lower, upper []byte) {
	prefix = strings.TrimSuffix(prefix, "/")
	lower = append([]byte{spaceData}, prefix+"/"...)
	upper = append([]byte{spaceData}, prefix+"0"...) // "0" follows "/"
	return lower, upper
}

// corruption turns what pebble says of damage into ErrCorrupt.
func corruption(err error) error {
	if err != nil && pebble.IsCorruptionError(err) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// fatal is what logger panics with when pebble can not go on.
type fatal struct{ message string }

// logger keeps pebble silent: it says what matters in errors. Fatalf must not return.
type logger struct{}

func (logger) Infof(string, ...any)  {}
func (logger) Errorf(string, ...any) {}
func (logger) Fatalf(format string, args ...any) {
	panic(fatal{fmt.Sprintf(format, args...)})
}

// guard runs op and turns pebble's fatal errors into ErrFailed: a disk that does not take a write must not end the process.
func guard[T any](d *Datastore, op func() (T, error)) (result T, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case fatal:
			d.failed.Store(true)
			err = fmt.Errorf("%w: %s", ErrFailed, r.message)
		default:
			panic(r)
		}
	}()
	return op()
}
