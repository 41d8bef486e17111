package state

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"

	"github.com/medibloc/panacea/oracle/internal/durable"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/vault/embedded"
)

var (
	// ErrNotFound says that there is no value of a name.
	ErrNotFound = errors.New("state: not found")
	// ErrTampered says that the disk does not hold what the enclave wrote there last.
	ErrTampered = errors.New("state: the disk holds something else than the enclave wrote: it decayed, or somebody exchanged files; " +
		"this home can not be used any more: begin with a new one, and register anew")
	// ErrInvalid says that a space, a key or a value is not acceptable.
	ErrInvalid = errors.New("state: invalid argument")
)

const (
	// MaxValueSize bounds a value, in bytes.
	MaxValueSize = 16 << 20
	// MaxKeySize bounds a key, in bytes.
	MaxKeySize = 256

	keyFile     = "state.key"
	dataDir     = "values"
	headSpace   = "head"
	maxSealed   = 64 << 10 // of the key file
	sealPurpose = "panacea/v1/oracle/state"
)

// Store is the store. Its methods are safe for concurrent use.
type Store struct {
	backend *embedded.Datastore
	crypt   *crypt

	mu   sync.Mutex // held by whoever changes something
	head head
}

// head says what the store should hold.
type head struct {
	Values int64       `json:"values"`
	Sum    fingerprint `json:"sum"` // of all values, joined by exclusive or
}

func (h *head) add(f fingerprint, values int64) {
	for i := range h.Sum {
		h.Sum[i] ^= f[i]
	}
	h.Values += values
}

// Open opens the store in a directory, which it makes if there is none, and compares all of it with what the enclave wrote last: that
// takes about a second for a million small values. One process can have it open. Errors: tee.ErrUnseal if it is another enclave's,
// ErrTampered.
func Open(ctx context.Context, dir string, enclave tee.Enclave) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	key, fresh, err := openKey(filepath.Join(dir, keyFile), enclave)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	s := &Store{}
	if s.crypt, err = newCrypt(key); err != nil {
		return nil, err
	}
	if s.backend, err = embedded.Open(filepath.Join(dir, dataDir), embedded.Options{}); err != nil {
		return nil, fmt.Errorf("state: opening %s: %w", dir, err)
	}
	if err := s.load(ctx, fresh); err != nil {
		return nil, errors.Join(err, s.backend.Close())
	}
	return s, nil
}

// openKey unseals the store's key, or makes it.
func openKey(path string, enclave tee.Enclave) (key []byte, fresh bool, err error) {
	sealed, err := readSmall(path)
	if err == nil {
		key, err = enclave.Unseal(sealed, []byte(sealPurpose))
		if err != nil {
			return nil, false, fmt.Errorf("state: %s: %w", path, err)
		}
		if len(key) != keySize {
			return nil, false, ErrTampered
		}
		return key, false, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, false, fmt.Errorf("state: %w", err)
	}
	key = make([]byte, keySize)
	rand.Read(key)
	if sealed, err = enclave.Seal(key, []byte(sealPurpose)); err != nil {
		return nil, false, fmt.Errorf("state: %w", err)
	}
	if err := durable.WriteFile(path, sealed); err != nil {
		return nil, false, fmt.Errorf("state: %w", err)
	}
	return key, true, nil
}

// load reads the head and compares the store with it. A store without a head has not been written to.
func (s *Store) load(ctx context.Context, fresh bool) error {
	raw, err := s.get(ctx, headName)
	if errors.Is(err, ErrNotFound) {
		// A crash may have come between the key file and the first head: then nothing else can be there.
		if err := s.compare(ctx); err != nil {
			return err
		}
		return s.commit(ctx, s.head, nil)
	}
	if err != nil {
		return err
	}
	if fresh {
		return ErrTampered // the key file is gone
	}
	if err := json.Unmarshal(raw, &s.head); err != nil {
		return ErrTampered
	}
	return s.compare(ctx)
}

// compare checks that the values on the disk are those of the head.
func (s *Store) compare(ctx context.Context) error {
	results, err := s.backend.Query(ctx, query.Query{})
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	defer results.Close()
	var found head
	for {
		r, ok := results.NextSync()
		if !ok {
			break
		}
		if r.Error != nil {
			return fmt.Errorf("%w: %w", ErrTampered, r.Error)
		}
		if r.Key != headName.String() {
			found.add(s.crypt.fingerprint(ds.RawKey(r.Key), r.Value), 1)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if found != s.head {
		return fmt.Errorf("%w: %d values, of which %d should be there, or others", ErrTampered, found.Values, s.head.Values)
	}
	return nil
}

// Close makes the directory free for another process.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.backend.Close()
}

// Change is a part of an update.
type Change struct {
	space  string
	key    []byte
	value  []byte
	delete bool
}

// Put is the change that gives a name a value. A space is lower-case letters and "-"; values of a space are listed together.
func Put(space string, key, value []byte) Change { return Change{space: space, key: key, value: value} }

// Delete is the change that takes a value away; that there is none is no error.
func Delete(space string, key []byte) Change { return Change{space: space, key: key, delete: true} }

// Update makes all changes, or none, and returns when they are durable. No two may be of one name. Errors: ErrInvalid,
// embedded.ErrNoSpace.
func (s *Store) Update(ctx context.Context, changes ...Change) error {
	if err := s.change(ctx, changes); err != nil {
		return err
	}
	// Not under the lock: those who come together wait for the disk together.
	if err := s.backend.Sync(ctx, ds.RawKey("/")); err != nil {
		return fmt.Errorf("state: sync: %w", err)
	}
	return nil
}

func (s *Store) change(ctx context.Context, changes []Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, sealed := s.head, make(map[ds.Key][]byte, len(changes))
	for _, c := range changes {
		name, err := nameOf(c.space, c.key)
		if err != nil {
			return err
		}
		if _, twice := sealed[name]; twice || len(c.value) > MaxValueSize {
			return fmt.Errorf("%w: a name twice in an update, or a value larger than %d bytes", ErrInvalid, MaxValueSize)
		}
		before, err := s.backend.Get(ctx, name)
		switch {
		case err == nil:
			next.add(s.crypt.fingerprint(name, before), -1)
		case !errors.Is(err, ds.ErrNotFound):
			return fmt.Errorf("state: %w", err)
		case c.delete:
			continue
		}
		sealed[name] = nil
		if !c.delete {
			if sealed[name], err = s.crypt.seal(name, c.value); err != nil {
				return err
			}
			next.add(s.crypt.fingerprint(name, sealed[name]), 1)
		}
	}
	return s.commit(ctx, next, sealed)
}

// commit writes sealed values, nil ones being deleted, together with the next head.
func (s *Store) commit(ctx context.Context, next head, sealed map[ds.Key][]byte) error {
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	sealedHead, err := s.crypt.seal(headName, raw)
	if err != nil {
		return err
	}
	batch, err := s.backend.Batch(ctx)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	for name, value := range sealed {
		if value == nil {
			err = errors.Join(err, batch.Delete(ctx, name))
		} else {
			err = errors.Join(err, batch.Put(ctx, name, value))
		}
	}
	if err = errors.Join(err, batch.Put(ctx, headName, sealedHead)); err != nil {
		if b, ok := batch.(interface{ Discard() }); ok {
			b.Discard()
		}
		return fmt.Errorf("state: %w", err)
	}
	if err := batch.Commit(ctx); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	s.head = next
	return nil
}

// Get returns a value. Errors: ErrNotFound, ErrTampered.
func (s *Store) Get(ctx context.Context, space string, key []byte) ([]byte, error) {
	name, err := nameOf(space, key)
	if err != nil {
		return nil, err
	}
	return s.get(ctx, name)
}

func (s *Store) get(ctx context.Context, name ds.Key) ([]byte, error) {
	sealed, err := s.backend.Get(ctx, name)
	if errors.Is(err, ds.ErrNotFound) {
		return nil, ErrNotFound
	}
	if errors.Is(err, embedded.ErrCorrupt) {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return s.crypt.open(name, sealed)
}

// Entry is a value with its key.
type Entry struct {
	Key, Value []byte
}

// Scan lists the values of a space in the order of their keys, as they are when the scan begins.
func (s *Store) Scan(ctx context.Context, space string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		prefix, err := nameOf(space, nil)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		results, err := s.backend.Query(ctx, query.Query{Prefix: prefix.String()})
		if err != nil {
			yield(Entry{}, fmt.Errorf("state: %w", err))
			return
		}
		defer results.Close()
		for {
			r, ok := results.NextSync()
			if !ok {
				if err := ctx.Err(); err != nil {
					yield(Entry{}, err)
				}
				return
			}
			entry, err := s.entry(r)
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) entry(r query.Result) (Entry, error) {
	if r.Error != nil {
		return Entry{}, fmt.Errorf("state: %w", r.Error)
	}
	name := ds.RawKey(r.Key)
	key, err := hex.DecodeString(name.BaseNamespace())
	if err != nil {
		return Entry{}, ErrTampered
	}
	value, err := s.crypt.open(name, r.Value)
	return Entry{Key: key, Value: value}, err
}

var headName = ds.RawKey("/" + headSpace)

// nameOf makes the name of a value in the back end; without a key, what the names of a space begin with.
func nameOf(space string, key []byte) (ds.Key, error) {
	invalid := space == "" || space == headSpace || len(space) > 32 || len(key) > MaxKeySize
	for _, r := range space {
		invalid = invalid || (r < 'a' || r > 'z') && r != '-'
	}
	if invalid {
		return ds.Key{}, fmt.Errorf("%w: space %q, key of %d bytes", ErrInvalid, space, len(key))
	}
	if key == nil {
		return ds.RawKey("/" + space), nil
	}
	return ds.RawKey("/" + space + "/" + hex.EncodeToString(key)), nil
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxSealed {
		return nil, fmt.Errorf("%s is too large", path)
	}
	return os.ReadFile(path)
}

// GetJSON reads a value that PutJSON wrote. Errors: ErrNotFound, ErrTampered.
func GetJSON[T any](ctx context.Context, s *Store, space string, key []byte) (value T, err error) {
	raw, err := s.Get(ctx, space, key)
	if err != nil {
		return value, err
	}
	defer clear(raw)
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		return value, fmt.Errorf("%w: %s/%s", ErrTampered, space, key)
	}
	return value, nil
}

// PutJSON is the change that gives a name a value in JSON. Error: ErrInvalid for what has no JSON.
func PutJSON(space string, key []byte, value any) (Change, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return Change{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return Put(space, key, raw), nil
}
