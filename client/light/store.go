package light

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	corestore "cosmossdk.io/core/store"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// The chain's own keepers read proven state: they are given a store whose every read is proven. So a key or a rule is written once,
// in x/, and a verified answer is the one that the chain itself would give.

// reading is one read of a snapshot by a keeper: its context carries it.
type reading struct {
	snapshot *Snapshot

	mu sync.Mutex
	// fault is the first failure of the store. Keepers may swallow errors, and iterators end early, so it is asked in the end.
	fault error
}

type readingKey struct{}

// read runs f over a snapshot. Whatever f returns is worth nothing if the error is not nil.
func (s *Snapshot) read(ctx context.Context, f func(ctx context.Context) error) error {
	r := &reading{snapshot: s}
	sdkCtx := sdk.NewContext(nil, *s.block.Header.ToProto(), false, nil).WithContext(context.WithValue(ctx, readingKey{}, r))
	err := f(sdkCtx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != nil {
		return r.fault
	}
	return err
}

// failed notes and returns an error of the store.
func (r *reading) failed(err error) error {
	if err == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil {
		r.fault = err
	}
	return err
}

// storeService opens a store of the snapshot that a context's reading is of.
type storeService struct{ store string }

// OpenKVStore implements corestore.KVStoreService.
func (s storeService) OpenKVStore(ctx context.Context) corestore.KVStore {
	r, _ := ctx.Value(readingKey{}).(*reading)
	return provenStore{ctx: ctx, reading: r, name: s.store}
}

// provenStore is one store of a snapshot.
type provenStore struct {
	ctx     context.Context
	reading *reading
	name    string
}

func (s provenStore) prove(key []byte) (position, error) {
	if s.reading == nil {
		return position{}, ErrNoSnapshot
	}
	p, err := s.reading.snapshot.prove(s.ctx, s.name, key)
	return p, s.reading.failed(err)
}

// Get implements corestore.KVStore.
func (s provenStore) Get(key []byte) ([]byte, error) {
	p, err := s.prove(key)
	if err != nil || !p.found {
		return nil, err
	}
	return append([]byte{}, p.value...), nil // the cache's own stays as it is
}

// Has implements corestore.KVStore.
func (s provenStore) Has(key []byte) (bool, error) {
	p, err := s.prove(key)
	return p.found, err
}

// Set implements corestore.KVStore. It only fails.
func (s provenStore) Set(_, _ []byte) error { return s.write() }

// Delete implements corestore.KVStore. It only fails.
func (s provenStore) Delete(_ []byte) error { return s.write() }

func (s provenStore) write() error {
	if s.reading == nil {
		return ErrNoSnapshot
	}
	return s.reading.failed(ErrReadOnly)
}

// Iterator implements corestore.KVStore: it goes through the keys from start to before end, and proves that it leaves none out.
func (s provenStore) Iterator(start, end []byte) (corestore.Iterator, error) {
	return s.iterate(start, end, ascending{})
}

// ReverseIterator implements corestore.KVStore: it goes through the keys from before end down to start, and proves that it leaves
// none out.
func (s provenStore) ReverseIterator(start, end []byte) (corestore.Iterator, error) {
	return s.iterate(start, end, descending{})
}

func (s provenStore) iterate(start, end []byte, direction direction) (corestore.Iterator, error) {
	if s.reading == nil {
		return nil, ErrNoSnapshot
	}
	if start != nil && end != nil && bytes.Compare(start, end) > 0 {
		return nil, s.reading.failed(fmt.Errorf("%w: a range that ends before it starts", ErrConfig))
	}
	i := &iterator{store: s, start: start, end: end, direction: direction}
	i.settle(direction.first(s, start, end))
	return i, i.err
}
