package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
)

// Record is a small value that is kept beside the objects, encrypted as they are, such as a grant.
type Record struct {
	Name  string
	Value []byte
}

// recordName joins a kind and a name so that no two pairs are the same.
func recordName(kind, name string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(kind)))
	return append(append(b, kind...), name...)
}

// PutRecord writes a record, durably.
func (s *Store) PutRecord(ctx context.Context, kind string, r Record) error {
	if len(r.Value) > MaxMetaSize || len(kind) > MaxPinLength || len(r.Name) > 4<<10 {
		return fmt.Errorf("%w: record too large", ErrInvalid)
	}
	id := recordName(kind, r.Name)
	key := s.crypt.key(spaceRecord+"/"+s.kindKey(kind), id)
	value := binary.AppendUvarint(nil, uint64(len(r.Name)))
	value = append(append(value, r.Name...), r.Value...)
	sealed, err := s.crypt.seal(key, value)
	if err != nil {
		return err
	}
	if err := s.backend.Put(ctx, key, sealed); err != nil {
		return fmt.Errorf("store: write a record: %w", err)
	}
	return s.sync(ctx)
}

// kindKey is the part of a back-end key that records of a kind share.
func (s *Store) kindKey(kind string) string { return s.crypt.key("kind", []byte(kind)).BaseNamespace() }

// GetRecord reads a record's value, or returns ErrNotFound.
func (s *Store) GetRecord(ctx context.Context, kind, name string) ([]byte, error) {
	raw, err := s.get(ctx, spaceRecord+"/"+s.kindKey(kind), recordName(kind, name))
	if err != nil {
		return nil, err
	}
	r, err := parseRecord(raw)
	return r.Value, err
}

// DeleteRecord removes a record, durably; that there is none is no error.
func (s *Store) DeleteRecord(ctx context.Context, kind, name string) error {
	if err := s.backend.Delete(ctx, s.crypt.key(spaceRecord+"/"+s.kindKey(kind), recordName(kind, name))); err != nil {
		return fmt.Errorf("store: delete a record: %w", err)
	}
	return s.sync(ctx)
}

// Records lists the records of a kind.
func (s *Store) Records(ctx context.Context, kind string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for raw, err := range s.scan(ctx, spaceRecord+"/"+s.kindKey(kind)) {
			var r Record
			if err == nil {
				r, err = parseRecord(raw)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func parseRecord(raw []byte) (Record, error) {
	n, k := binary.Uvarint(raw)
	if k <= 0 || n > uint64(len(raw)-k) {
		return Record{}, fmt.Errorf("%w: record", ErrCorrupt)
	}
	return Record{Name: string(raw[k : k+int(n)]), Value: bytes.Clone(raw[k+int(n):])}, nil
}

// unreadable lists the keys of a space whose values do not open.
func (s *Store) unreadable(ctx context.Context, space string) iter.Seq2[ds.Key, error] {
	return func(yield func(ds.Key, error) bool) {
		results, err := s.backend.Query(ctx, query.Query{Prefix: "/" + space, KeysOnly: true})
		if err != nil {
			yield(ds.Key{}, fmt.Errorf("store: %w", err))
			return
		}
		defer results.Close()
		for {
			result, ok := results.NextSync()
			if !ok {
				return
			}
			if result.Error != nil && result.Key == "" {
				yield(ds.Key{}, fmt.Errorf("store: %w", result.Error))
				return
			}
			key := ds.RawKey(result.Key)
			sealed, err := s.backend.Get(ctx, key)
			if err == nil {
				_, err = s.crypt.open(key, sealed)
			}
			if err == nil || errors.Is(err, ds.ErrNotFound) {
				continue
			}
			if ctx.Err() != nil {
				yield(ds.Key{}, ctx.Err())
				return
			}
			if !yield(key, nil) {
				return
			}
		}
	}
}
