package embedded_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/vault/embedded"
)

var ctx = context.Background()

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		flag.Set("rapid.checks", "15") // each history writes real files and syncs them
	}
	os.Exit(m.Run())
}

func open(t testing.TB, dir string, opts embedded.Options) *embedded.Datastore {
	t.Helper()
	d, err := embedded.Open(dir, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func value(seed byte, size int) []byte { return bytes.Repeat([]byte{seed}, size) }

func packs(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "packs", "*"))
	require.NoError(t, err)
	return files
}

// TestModel drives the store and a map with the same operations, reopening now and then; both must agree.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "embedded")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		opts := embedded.Options{PackBytes: 64 << 10}
		d, err := embedded.Open(dir, opts)
		require.NoError(t, err)
		defer func() { require.NoError(t, d.Close()) }()
		model := map[string][]byte{}
		key := rapid.Custom(func(t *rapid.T) ds.Key {
			return ds.NewKey(fmt.Sprintf("/%s/%d", rapid.SampledFrom([]string{"a", "b", "ab"}).Draw(t, "space"), rapid.IntRange(0, 9).Draw(t, "n")))
		})
		size := rapid.SampledFrom([]int{0, 1, 100, embedded.InlineLimit - 1, embedded.InlineLimit, 40 << 10})
		t.Repeat(map[string]func(*rapid.T){
			"batch": func(t *rapid.T) {
				b, err := d.Batch(ctx)
				require.NoError(t, err)
				next := map[string][]byte{}
				for range rapid.IntRange(0, 6).Draw(t, "ops") {
					k := key.Draw(t, "key")
					if rapid.Bool().Draw(t, "delete") {
						require.NoError(t, b.Delete(ctx, k))
						next[k.String()] = nil
						continue
					}
					v := value(rapid.Byte().Draw(t, "seed"), size.Draw(t, "size"))
					require.NoError(t, b.Put(ctx, k, v))
					next[k.String()] = v
				}
				if rapid.IntRange(0, 4).Draw(t, "discard") == 0 {
					b.(interface{ Discard() }).Discard()
					return
				}
				require.NoError(t, b.Commit(ctx))
				for k, v := range next {
					if v == nil {
						delete(model, k)
					} else {
						model[k] = v
					}
				}
			},
			"collect": func(t *rapid.T) { require.NoError(t, d.CollectGarbage(ctx)) },
			"reopen": func(t *rapid.T) {
				require.NoError(t, d.Close())
				d, err = embedded.Open(dir, opts)
				require.NoError(t, err)
			},
			"": func(t *rapid.T) {
				for _, prefix := range []string{"", "/a"} {
					results, err := d.Query(ctx, query.Query{Prefix: prefix})
					require.NoError(t, err)
					entries, err := results.Rest()
					require.NoError(t, err)
					want := 0
					for k := range model {
						if prefix == "" || k[:3] == "/a/" {
							want++
						}
					}
					require.Len(t, entries, want)
					for _, e := range entries {
						require.Equal(t, model[e.Key], e.Value)
						require.Equal(t, len(e.Value), e.Size)
					}
				}
				for k, v := range model {
					got, err := d.Get(ctx, ds.RawKey(k))
					require.NoError(t, err)
					require.Equal(t, v, got)
				}
			},
		})
	})
}

func TestAbandonedPacksDisappear(t *testing.T) {
	dir := t.TempDir()
	d, err := embedded.Open(dir, embedded.Options{})
	require.NoError(t, err)
	b, err := d.Batch(ctx)
	require.NoError(t, err)
	require.NoError(t, b.Put(ctx, ds.NewKey("/x"), value(1, 1<<20)))
	require.Len(t, packs(t, dir), 1)
	require.NoError(t, d.Close())
	d = open(t, dir, embedded.Options{})
	require.Empty(t, packs(t, dir))
	has, err := d.Has(ctx, ds.NewKey("/x"))
	require.NoError(t, err)
	require.False(t, has)
}

func TestSpaceOfTheDeadIsGivenBack(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, embedded.Options{})
	b, err := d.Batch(ctx)
	require.NoError(t, err)
	for i := range 8 {
		require.NoError(t, b.Put(ctx, ds.NewKey(fmt.Sprint(i)), value(byte(i), 1<<20)))
	}
	require.NoError(t, b.Commit(ctx))
	before, err := d.DiskUsage(ctx)
	require.NoError(t, err)
	for i := range 7 {
		require.NoError(t, d.Delete(ctx, ds.NewKey(fmt.Sprint(i))))
	}
	require.NoError(t, d.CollectGarbage(ctx))
	after, err := d.DiskUsage(ctx)
	require.NoError(t, err)
	require.Less(t, after, before-6<<20)
	got, err := d.Get(ctx, ds.NewKey("7"))
	require.NoError(t, err)
	require.Equal(t, value(7, 1<<20), got)
	require.NoError(t, d.Delete(ctx, ds.NewKey("7")))
	require.NoError(t, d.Sync(ctx, ds.Key{}))
	require.Empty(t, packs(t, dir))
}

func TestDamageIsFound(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, pack string){
		"a flipped bit": func(t *testing.T, pack string) {
			b, err := os.ReadFile(pack)
			require.NoError(t, err)
			b[len(b)/2] ^= 1
			require.NoError(t, os.WriteFile(pack, b, 0o600))
		},
		"a torn file": func(t *testing.T, pack string) { require.NoError(t, os.Truncate(pack, 1000)) },
		"a lost file": func(t *testing.T, pack string) { require.NoError(t, os.Remove(pack)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d, err := embedded.Open(dir, embedded.Options{})
			require.NoError(t, err)
			require.NoError(t, d.Put(ctx, ds.NewKey("/x"), value(1, 1<<20)))
			require.NoError(t, d.Close())
			damage(t, packs(t, dir)[0])
			d = open(t, dir, embedded.Options{})
			_, err = d.Get(ctx, ds.NewKey("/x"))
			require.ErrorIs(t, err, embedded.ErrCorrupt)
			require.NoError(t, d.Put(ctx, ds.NewKey("/x"), value(2, 1<<20)), "a new copy takes its place")
			got, err := d.Get(ctx, ds.NewKey("/x"))
			require.NoError(t, err)
			require.Equal(t, value(2, 1<<20), got)
		})
	}
}

func TestReserveStaysFree(t *testing.T) {
	dir := t.TempDir()
	d, err := embedded.Open(dir, embedded.Options{})
	require.NoError(t, err)
	require.NoError(t, d.Put(ctx, ds.NewKey("/x"), value(1, 1<<20)))
	require.NoError(t, d.Close())
	d = open(t, dir, embedded.Options{Reserve: 1 << 60})
	require.ErrorIs(t, d.Put(ctx, ds.NewKey("/y"), []byte{1}), embedded.ErrNoSpace)
	got, err := d.Get(ctx, ds.NewKey("/x"))
	require.NoError(t, err, "reading goes on")
	require.Equal(t, value(1, 1<<20), got)
}

func TestClosedAndOversized(t *testing.T) {
	dir := t.TempDir()
	d, err := embedded.Open(dir, embedded.Options{})
	require.NoError(t, err)
	require.ErrorIs(t, d.Put(ctx, ds.NewKey("/x"), make([]byte, embedded.MaxValueSize+1)), embedded.ErrValueSize)
	_, err = embedded.Open(dir, embedded.Options{})
	require.ErrorIs(t, err, embedded.ErrInUse)
	require.NoError(t, d.Close())
	require.NoError(t, d.Close())
	_, err = d.Get(ctx, ds.NewKey("/x"))
	require.ErrorIs(t, err, embedded.ErrClosed)
}
