package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/store"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// shelf is an oracle's vault with its journal, at a height that a test sets.
type shelf struct {
	*objects
	at  int64
	now time.Time
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{at: 100, now: time.Now()}
	backend, err := embedded.Open(t.TempDir(), embedded.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = backend.Close() })
	vault, err := store.Open(t.Context(), backend, make([]byte, store.KeySize), store.Options{Quota: 1 << 20, Now: func() time.Time { return s.now }})
	require.NoError(t, err)
	s.objects = newObjects(vault, newHome(t).state)
	return s
}

const testDeal = "00112233445566778899aabbccddeeff"

// vouch stores an object and records it, as a validation does. The certificate can be used for ten blocks.
func (s *shelf) vouch(t *testing.T, content, provider string) (cid string, record, stored []byte) {
	t.Helper()
	cid, err := s.Put(t.Context(), testDeal, strings.NewReader(content))
	require.NoError(t, err)
	record, stored, err = s.record(t, content, provider, cid, s.at+10)
	require.NoError(t, err)
	return cid, record, stored
}

func (s *shelf) record(t *testing.T, content, provider, cid string, lastHeight int64) (record, stored []byte, err error) {
	t.Helper()
	commitment := bytes.Repeat([]byte{content[0]}, 32)
	c := oracletypes.Certificate{DealId: testDeal, Provider: provider, DataCommitment: commitment, ObjectCid: cid, LastHeight: lastHeight}
	record, err = c.Marshal()
	require.NoError(t, err)
	stored, err = s.PutIfAbsent(t.Context(), fmt.Sprintf("%s/%x", testDeal, commitment), record)
	return record, stored, err
}

func (s *shelf) has(t *testing.T, c string) bool {
	t.Helper()
	root, err := cid.Decode(c)
	require.NoError(t, err)
	has, err := s.store.Has(t.Context(), root)
	require.NoError(t, err)
	return has
}

func (s *shelf) clean(t *testing.T, ask asks) int {
	t.Helper()
	n, err := s.objects.clean(t.Context(), 5, ask)
	require.NoError(t, err)
	return n
}

func (s *shelf) unsold(context.Context, kept) (fate, error) {
	return fate{Height: s.at, Time: s.now}, nil
}

func TestTheFirstRecordOfADatumIsTheOnlyOne(t *testing.T) {
	s := newShelf(t)
	_, first, stored := s.vouch(t, "datum", "alice")
	require.Equal(t, first, stored)
	_, second, stored := s.vouch(t, "datum", "bob")
	require.NotEqual(t, first, second)
	require.Equal(t, first, stored)
}

func TestOfManyWhoRecordAtOnceOneDoes(t *testing.T) {
	s := newShelf(t)
	object, err := s.Put(t.Context(), testDeal, strings.NewReader("object"))
	require.NoError(t, err)
	var mu sync.Mutex
	kept := map[string]bool{}
	var writers sync.WaitGroup
	for i := range 16 {
		writers.Go(func() {
			c := oracletypes.Certificate{DealId: testDeal, Provider: fmt.Sprint(i), ObjectCid: object}
			record, err := c.Marshal()
			require.NoError(t, err)
			stored, err := s.PutIfAbsent(t.Context(), "name", record)
			require.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			kept[string(stored)] = true
		})
	}
	writers.Wait()
	require.Len(t, kept, 1)
}

func TestAnUnsoldObjectIsKeptUntilItsCertificateCanBeUsedNoMore(t *testing.T) {
	s := newShelf(t)
	object, record, _ := s.vouch(t, "unsold", "alice")
	s.at = 115 // usable until 110, and a margin of 5
	require.Zero(t, s.clean(t, s.unsold))
	require.True(t, s.has(t, object))

	s.vouch(t, "unsold", "alice") // again: the certificate is fresh
	_, _, err := s.record(t, "unsold", "alice", object, 116)
	require.NoError(t, err)
	_, _, err = s.record(t, "unsold", "mallory", object, 10_000)
	require.NoError(t, err)
	s.at = 130 // the last of those that were signed counts
	require.Zero(t, s.clean(t, s.unsold))
	require.True(t, s.has(t, object))

	s.at = 131
	require.Equal(t, 1, s.clean(t, s.unsold))
	require.False(t, s.has(t, object))
	require.Zero(t, s.store.Stats().Blocks, "its space is free")
	_, _, stored := s.vouch(t, "unsold", "mallory")
	require.Equal(t, record, stored, "that it was vouched for is remembered for ever")
}

func TestASoldObjectIsKeptForTheRetentionAfterItsConsent(t *testing.T) {
	s := newShelf(t)
	object, _, _ := s.vouch(t, "sold", "alice")
	until := s.now.Add(time.Hour)
	asked := 0
	sold := func(_ context.Context, k kept) (fate, error) {
		f := fate{Height: s.at, Time: s.now}
		if k.KeptUntil == nil {
			asked++
			f.Sold = until
		}
		return f, nil
	}
	s.at = 10_000
	require.Zero(t, s.clean(t, sold))
	require.Zero(t, s.clean(t, sold))
	require.True(t, s.has(t, object))
	require.Equal(t, 1, asked, "what is proven once is not asked again")

	s.now = until
	require.Equal(t, 1, s.clean(t, sold))
	require.False(t, s.has(t, object))
}

func TestWhatHasGoneIsNotVouchedFor(t *testing.T) {
	s := newShelf(t)
	object, _, _ := s.vouch(t, "gone", "alice")
	s.at = 116
	// It is submitted again, and its old time ends, before it is recorded again.
	_, err := s.Put(t.Context(), testDeal, strings.NewReader("gone"))
	require.NoError(t, err)
	require.Equal(t, 1, s.clean(t, s.unsold))
	_, _, err = s.record(t, "gone", "alice", object, 126)
	require.ErrorIs(t, err, errDropped)
	s.vouch(t, "gone", "alice")
	require.True(t, s.has(t, object))
}

func TestWhatIsVouchedForWhileTheChainIsAskedStays(t *testing.T) {
	s := newShelf(t)
	object, _, _ := s.vouch(t, "again", "alice")
	s.at = 116
	require.Zero(t, s.clean(t, func(ctx context.Context, k kept) (fate, error) {
		s.vouch(t, "again", "alice")
		return s.unsold(ctx, k)
	}))
	require.True(t, s.has(t, object))
}

func TestAnOrphanThatIsVouchedForWhileOthersAreCountedStays(t *testing.T) {
	s := newShelf(t)
	s.now = time.Now().Add(-2 * orphanAge)
	object, err := s.Put(t.Context(), testDeal, strings.NewReader("found again"))
	require.NoError(t, err)
	s.vouch(t, "other", "alice")
	s.recent = map[string]time.Time{} // the process has begun anew
	require.Zero(t, s.clean(t, func(ctx context.Context, k kept) (fate, error) {
		s.vouch(t, "found again", "alice")
		return s.unsold(ctx, k)
	}))
	require.True(t, s.has(t, object))
}

func TestAChainThatCanNotBeReadDropsNothing(t *testing.T) {
	s := newShelf(t)
	object, _, _ := s.vouch(t, "precious", "alice")
	s.at = 10_000
	down := errors.New("no node answers")
	_, err := s.objects.clean(t.Context(), 5, func(context.Context, kept) (fate, error) { return fate{}, down })
	require.ErrorIs(t, err, down)
	require.True(t, s.has(t, object))
}

func TestWhatACrashLeftIsDroppedAndWhatIsOnItsWayIsNot(t *testing.T) {
	s := newShelf(t)
	s.now = time.Now().Add(-2 * orphanAge)
	left, err := s.Put(t.Context(), testDeal, strings.NewReader("left"))
	require.NoError(t, err)
	require.Zero(t, s.clean(t, s.unsold), "it was stored just now, by this process")
	require.True(t, s.has(t, left))

	s.recent = map[string]time.Time{} // the process has begun anew
	require.Equal(t, 1, s.clean(t, s.unsold))
	require.False(t, s.has(t, left))
}

func TestAFullVaultSaysSo(t *testing.T) {
	s := newShelf(t)
	_, err := s.Put(t.Context(), testDeal, io.LimitReader(rand.Reader, 2<<20))
	require.ErrorIs(t, err, validate.ErrStorageFull)
	_, err = s.Put(t.Context(), testDeal, strings.NewReader("small"))
	require.NoError(t, err)
}
