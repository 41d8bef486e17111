package store_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ipfs/go-cid"
	ds "github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/store"
)

var (
	ctx = context.Background()
	key = bytes.Repeat([]byte{7}, store.KeySize)
)

func content(seed byte, size int) []byte {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// open opens a store in dir; close it before it is opened again.
func open(t require.TestingT, dir string, opts store.Options) (*store.Store, func()) {
	backend, err := embedded.Open(dir, embedded.Options{})
	require.NoError(t, err)
	s, err := store.Open(ctx, backend, key, opts)
	require.NoError(t, err)
	return s, func() { require.NoError(t, backend.Close()) }
}

func newStore(t testing.TB, opts store.Options) *store.Store {
	s, closeStore := open(t, t.TempDir(), opts)
	t.Cleanup(closeStore)
	return s
}

func put(t require.TestingT, s *store.Store, data []byte) cid.Cid {
	info, err := s.Put(ctx, bytes.NewReader(data), store.PutOptions{})
	require.NoError(t, err)
	require.EqualValues(t, len(data), info.Size)
	return info.CID
}

func read(t require.TestingT, s *store.Store, c cid.Cid) []byte {
	r, err := s.Open(ctx, c)
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return b
}

func blocksOf(t require.TestingT, data []byte) (cid.Cid, map[cid.Cid][]byte) {
	blocks := map[cid.Cid][]byte{}
	root, err := dag.Import(bytes.NewReader(data), func(c cid.Cid, b []byte) error {
		blocks[c] = bytes.Clone(b)
		return nil
	})
	require.NoError(t, err)
	return root, blocks
}

// feed gives a receiver up to n blocks.
func feed(t require.TestingT, r *store.Receiver, blocks map[cid.Cid][]byte, n int) {
	for ; n > 0; n-- {
		c, ok := r.Next()
		if !ok {
			return
		}
		require.NoError(t, r.Feed(ctx, blocks[c]))
	}
}

// TestModel runs random histories and compares the store with a plain model of it after each step: what is readable, what space it takes,
// and that a full check finds nothing wrong.
func TestModel(t *testing.T) {
	chunks := [][]byte{content(1, dag.ChunkSize), content(2, dag.ChunkSize), content(3, 1000), {}}
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "store")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		s, closeStore := open(t, dir, store.Options{})
		defer func() { closeStore() }()
		type object struct {
			data []byte
			pins map[string]bool
		}
		whole, partial := map[cid.Cid]object{}, map[cid.Cid]map[cid.Cid][]byte{}
		draw := func(t *rapid.T) []byte {
			var data []byte
			for range rapid.IntRange(0, 4).Draw(t, "chunks") {
				data = append(data, chunks[rapid.IntRange(0, len(chunks)-1).Draw(t, "chunk")]...)
			}
			return data
		}
		pin := rapid.SampledFrom([]string{store.DefaultPin, "a", "b"})
		some := func(t *rapid.T) cid.Cid {
			var all []cid.Cid
			for c := range whole {
				all = append(all, c)
			}
			if len(all) == 0 {
				t.Skip("nothing there")
			}
			slices.SortFunc(all, func(a, b cid.Cid) int { return strings.Compare(a.String(), b.String()) })
			return rapid.SampledFrom(all).Draw(t, "object")
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				data, p := draw(t), pin.Draw(t, "pin")
				info, err := s.Put(ctx, bytes.NewReader(data), store.PutOptions{Pin: p})
				require.NoError(t, err)
				o, ok := whole[info.CID]
				if !ok {
					o = object{data, map[string]bool{}}
				}
				o.pins[p] = true
				if partial[info.CID] != nil {
					o.pins["a"] = true
					delete(partial, info.CID)
				}
				whole[info.CID] = o
			},
			"receive": func(t *rapid.T) {
				data := draw(t)
				root, blocks := blocksOf(t, data)
				r, err := s.Receive(ctx, root, store.ReceiveOptions{PutOptions: store.PutOptions{Pin: "a"}})
				require.NoError(t, err)
				feed(t, r, blocks, rapid.IntRange(0, 6).Draw(t, "blocks"))
				_, err = r.Finish(ctx)
				o, known := whole[root]
				switch {
				case known:
					require.NoError(t, err)
					o.pins["a"] = true
				case err == nil:
					whole[root] = object{data, map[string]bool{"a": true}}
					delete(partial, root)
				default:
					require.ErrorIs(t, err, store.ErrPartial)
					partial[root] = blocks
				}
				require.NoError(t, r.Close())
			},
			"pin": func(t *rapid.T) {
				c, p := some(t), pin.Draw(t, "pin")
				require.NoError(t, s.Pin(ctx, c, p))
				whole[c].pins[p] = true
			},
			"unpin": func(t *rapid.T) {
				c, p := some(t), pin.Draw(t, "pin")
				require.NoError(t, s.Unpin(ctx, c, p))
				delete(whole[c].pins, p)
				if len(whole[c].pins) == 0 {
					delete(whole, c)
				}
			},
			"delete": func(t *rapid.T) {
				c := some(t)
				err := s.Delete(ctx, c, "a")
				if whole[c].pins["b"] {
					require.ErrorIs(t, err, store.ErrPinned)
					return
				}
				require.NoError(t, err)
				delete(whole, c)
			},
			"give up": func(t *rapid.T) {
				for c := range partial {
					require.NoError(t, s.Delete(ctx, c, "a"))
				}
				clear(partial)
			},
			"collect": func(t *rapid.T) {
				_, err := s.CollectGarbage(ctx)
				require.NoError(t, err)
				if len(partial) > 0 {
					return
				}
				needed := map[cid.Cid]int64{}
				for _, o := range whole {
					_, blocks := blocksOf(t, o.data)
					for c, b := range blocks {
						needed[c] = int64(len(b))
					}
				}
				want := store.Stats{Objects: int64(len(whole)), Blocks: int64(len(needed))}
				for _, n := range needed {
					want.Bytes += n
				}
				require.Equal(t, want, s.Stats())
			},
			"reopen": func(t *rapid.T) {
				closeStore()
				s, closeStore = open(t, dir, store.Options{})
			},
			"": func(t *rapid.T) {
				n := 0
				for info, err := range s.Objects(ctx) {
					require.NoError(t, err)
					n++
					if info.Partial {
						require.Contains(t, partial, info.CID)
						_, err := s.Open(ctx, info.CID)
						require.ErrorIs(t, err, store.ErrPartial)
						continue
					}
					o, ok := whole[info.CID]
					require.True(t, ok)
					require.True(t, bytes.Equal(o.data, read(t, s, info.CID)))
					require.Len(t, info.Pins, len(o.pins))
				}
				require.Equal(t, len(whole)+len(partial), n)
				report, err := s.Check(ctx, false, nil)
				require.NoError(t, err)
				require.True(t, report.OK(), "%+v", report)
			},
		})
	})
}

func TestReadRanges(t *testing.T) {
	s := newStore(t, store.Options{})
	data := content(1, 2*dag.ChunkSize+77)
	r, err := s.Open(ctx, put(t, s, data))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Int64Range(0, int64(len(data))).Draw(t, "from")
		n := rapid.Int64Range(0, int64(len(data))-from).Draw(t, "n")
		_, err := r.Seek(from, io.SeekStart)
		require.NoError(t, err)
		got := make([]byte, n)
		_, err = io.ReadFull(r, got)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data[from:from+n], got))
	})
	end, err := r.Seek(0, io.SeekEnd)
	require.NoError(t, err)
	require.EqualValues(t, len(data), end)
	_, err = r.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// TestDiskTellsNothing looks for everything the store was told in everything it wrote.
func TestDiskTellsNothing(t *testing.T) {
	dir := t.TempDir()
	s, closeStore := open(t, dir, store.Options{})
	secrets := map[string][]byte{"pin": []byte("diagnosis-of-alice"), "meta": []byte("discharge summary.json"), "record": []byte("did:key:zAlice")}
	var small, large cid.Cid
	for i, size := range []int{2000, 300 << 10} {
		data := content(byte(i), size)
		info, err := s.Put(ctx, bytes.NewReader(data), store.PutOptions{Pin: string(secrets["pin"]), Meta: secrets["meta"]})
		require.NoError(t, err)
		secrets[fmt.Sprint("content ", i)] = data[100:132]
		small, large = large, info.CID
	}
	for _, c := range []cid.Cid{small, large} {
		hash := c.Hash()[2:]
		secrets["CID "+c.String()] = []byte(c.String()[:20])
		secrets["hash of "+c.String()] = hash
		secrets["hex hash of "+c.String()] = []byte(hex.EncodeToString(hash))
	}
	require.NoError(t, s.PutRecord(ctx, "grant", store.Record{Name: string(secrets["record"]), Value: secrets["record"]}))
	closeStore()
	read := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		read += len(b)
		for name, secret := range secrets {
			require.False(t, bytes.Contains(b, secret) || strings.Contains(path, string(secret)), "%s in %s", name, path)
		}
		return err
	}))
	require.Greater(t, read, 300<<10, "the data were among what was read")
}

func TestAnotherKeyIsRefused(t *testing.T) {
	backend := dssync.MutexWrap(ds.NewMapDatastore())
	s, err := store.Open(ctx, backend, key, store.Options{})
	require.NoError(t, err)
	c := put(t, s, []byte("x"))
	_, err = store.Open(ctx, backend, bytes.Repeat([]byte{8}, store.KeySize), store.Options{})
	require.ErrorIs(t, err, store.ErrKey)
	_, err = store.Open(ctx, backend, key[1:], store.Options{})
	require.Error(t, err)
	s, err = store.Open(ctx, backend, key, store.Options{})
	require.NoError(t, err, "any datastore will do")
	require.Equal(t, "x", string(read(t, s, c)))
}

func TestQuota(t *testing.T) {
	s := newStore(t, store.Options{Quota: 1 << 20})
	kept := put(t, s, content(1, 600<<10))
	_, err := s.Put(ctx, bytes.NewReader(content(2, 600<<10)), store.PutOptions{})
	require.ErrorIs(t, err, store.ErrQuota)
	require.EqualValues(t, 1, s.Stats().Objects)
	put(t, s, content(1, 600<<10)) // what is here already takes no space
	require.NoError(t, s.Delete(ctx, kept))
	_, err = s.CollectGarbage(ctx)
	require.NoError(t, err)
	put(t, s, content(2, 600<<10))
}

func TestDamageIsFoundAndHealed(t *testing.T) {
	dir := t.TempDir()
	s, closeStore := open(t, dir, store.Options{})
	data := content(1, 3*dag.ChunkSize)
	hurt, fine := put(t, s, data), put(t, s, content(2, 3*dag.ChunkSize))
	closeStore()
	packs, err := filepath.Glob(filepath.Join(dir, "packs", "*"))
	require.NoError(t, err)
	require.Len(t, packs, 2)
	b, err := os.ReadFile(packs[0])
	require.NoError(t, err)
	b[len(b)/2] ^= 0x40
	require.NoError(t, os.WriteFile(packs[0], b, 0o600))

	s, closeStore = open(t, dir, store.Options{})
	defer closeStore()
	r, err := s.Open(ctx, hurt)
	require.NoError(t, err)
	got, err := io.ReadAll(r)
	require.ErrorIs(t, err, store.ErrCorrupt)
	require.True(t, bytes.HasPrefix(data, got), "nothing wrong is read before the error")
	read(t, s, fine)

	report, err := s.Check(ctx, true, nil)
	require.NoError(t, err)
	require.Len(t, report.Damaged, 1)
	require.Equal(t, []cid.Cid{hurt}, report.Affected)
	report, err = s.Check(ctx, false, nil)
	require.NoError(t, err)
	require.True(t, report.OK(), "%+v", report)
	_, err = s.Open(ctx, hurt)
	require.ErrorIs(t, err, store.ErrPartial)

	_, blocks := blocksOf(t, data)
	rec, err := s.Receive(ctx, hurt, store.ReceiveOptions{})
	require.NoError(t, err)
	require.EqualValues(t, dag.ChunkSize, rec.Offset(), "only what is missing, and what follows it, is fetched")
	feed(t, rec, blocks, 10)
	_, err = rec.Finish(ctx)
	require.NoError(t, err)
	require.NoError(t, rec.Close())
	require.True(t, bytes.Equal(data, read(t, s, hurt)))
}

func TestReceiveRefusesWrongBlocksAndResumes(t *testing.T) {
	dir := t.TempDir()
	s, closeStore := open(t, dir, store.Options{})
	data := content(1, 5*dag.ChunkSize+1)
	root, blocks := blocksOf(t, data)
	r, err := s.Receive(ctx, root, store.ReceiveOptions{})
	require.NoError(t, err)
	require.ErrorIs(t, r.Feed(ctx, []byte("garbage")), dag.ErrHash)
	feed(t, r, blocks, 3)
	require.ErrorIs(t, r.Feed(ctx, blocks[root]), dag.ErrHash)
	_, err = r.Finish(ctx)
	require.ErrorIs(t, err, store.ErrPartial)
	require.NoError(t, r.Close())
	_, err = s.CollectGarbage(ctx)
	require.NoError(t, err)
	closeStore()

	s, closeStore = open(t, dir, store.Options{})
	defer closeStore()
	has, err := s.Has(ctx, root)
	require.NoError(t, err)
	require.False(t, has)
	r, err = s.Receive(ctx, root, store.ReceiveOptions{})
	require.NoError(t, err)
	require.EqualValues(t, 2*dag.ChunkSize, r.Offset())
	require.EqualValues(t, len(data), r.Size())
	feed(t, r, blocks, 100)
	info, err := r.Finish(ctx)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.EqualValues(t, len(data), info.Size)
	require.True(t, bytes.Equal(data, read(t, s, root)))

	r, err = s.Receive(ctx, root, store.ReceiveOptions{})
	require.NoError(t, err)
	require.True(t, r.Done())
	require.NoError(t, r.Close())

	other, blocks := blocksOf(t, content(2, 2*dag.ChunkSize))
	r, err = s.Receive(ctx, other, store.ReceiveOptions{MaxSize: dag.ChunkSize})
	require.NoError(t, err)
	require.ErrorIs(t, r.Feed(ctx, blocks[other]), store.ErrTooLarge)
	require.NoError(t, r.Close())
}

// TestConcurrentUse lets writers of shared blocks, deleters and garbage collection run at once: nothing that was accepted may miss a block.
func TestConcurrentUse(t *testing.T) {
	s := newStore(t, store.Options{})
	shared := content(1, dag.ChunkSize)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 12 {
				own := content(byte(16*i+j+2), 20<<10)
				data := append(bytes.Clone(shared), own...)
				c := put(t, s, data)
				if !bytes.Equal(data, read(t, s, c)) {
					t.Error("not what was put")
				}
				if j%3 != 0 {
					if err := s.Delete(ctx, c); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	stop := make(chan struct{})
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		for {
			if _, err := s.CollectGarbage(ctx); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	wg.Wait()
	close(stop)
	<-collected
	report, err := s.Check(ctx, false, nil)
	require.NoError(t, err)
	require.True(t, report.OK(), "%+v", report)
	require.EqualValues(t, 16, report.Objects)
}

func TestListPages(t *testing.T) {
	s := newStore(t, store.Options{})
	want := map[cid.Cid]bool{}
	for i := range 10 {
		info, err := s.Put(ctx, bytes.NewReader(content(byte(i), 10)), store.PutOptions{Pin: []string{"even", "odd"}[i%2]})
		require.NoError(t, err)
		want[info.CID] = i%2 == 0
	}
	seen := 0
	for cursor := ""; ; {
		page, next, err := s.List(ctx, "even", cursor, 2)
		require.NoError(t, err)
		for _, info := range page {
			require.True(t, want[info.CID])
			seen++
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	require.Equal(t, 5, seen)
}

func TestRecords(t *testing.T) {
	s := newStore(t, store.Options{})
	_, err := s.GetRecord(ctx, "grant", "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, s.PutRecord(ctx, "grant", store.Record{Name: "a", Value: []byte("1")}))
	require.NoError(t, s.PutRecord(ctx, "gran", store.Record{Name: "ta", Value: []byte("2")}))
	v, err := s.GetRecord(ctx, "grant", "a")
	require.NoError(t, err)
	require.Equal(t, "1", string(v))
	n := 0
	for r, err := range s.Records(ctx, "grant") {
		require.NoError(t, err)
		require.Equal(t, store.Record{Name: "a", Value: []byte("1")}, r)
		n++
	}
	require.Equal(t, 1, n)
	require.NoError(t, s.DeleteRecord(ctx, "grant", "a"))
	_, err = s.GetRecord(ctx, "grant", "a")
	require.ErrorIs(t, err, store.ErrNotFound)
}
