package state_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	ds "github.com/ipfs/go-datastore"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/state"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/vault/embedded"
)

// home is a machine with a simulated enclave and a directory for a store.
type home struct{ machine, dir string }

func newHome(t testing.TB) home {
	machine := t.TempDir()
	return home{machine, filepath.Join(machine, "state")}
}

func (h home) enclave(t testing.TB, build string) tee.Enclave {
	e, err := tee.OpenSimulated(h.machine, build)
	require.NoError(t, err)
	return e
}

func (h home) open(t testing.TB) *state.Store {
	t.Helper()
	s, err := state.Open(context.Background(), h.dir, h.enclave(t, "oracled/test"))
	require.NoError(t, err)
	return s
}

// raw lets the operator at the disk.
func (h home) raw(t testing.TB, edit func(d *embedded.Datastore)) {
	t.Helper()
	d, err := embedded.Open(filepath.Join(h.dir, "values"), embedded.Options{})
	require.NoError(t, err)
	edit(d)
	require.NoError(t, d.Close())
}

func rawName(space, key string) ds.Key {
	return ds.RawKey("/" + space + "/" + hex.EncodeToString([]byte(key)))
}

func TestWhatWasWrittenIsThereAfterReopening(t *testing.T) {
	h := newHome(t)
	s := h.open(t)
	require.NoError(t, s.Update(t.Context(), state.Put("keys", []byte("a"), []byte("1")), state.Put("keys", []byte("b"), nil)))
	require.NoError(t, s.Update(t.Context(), state.Put("keys", []byte("a"), []byte("2")), state.Delete("keys", []byte("none"))))
	require.NoError(t, s.Close())

	s = h.open(t)
	defer s.Close()
	a, err := s.Get(t.Context(), "keys", []byte("a"))
	require.NoError(t, err)
	require.Equal(t, "2", string(a))
	b, err := s.Get(t.Context(), "keys", []byte("b"))
	require.NoError(t, err)
	require.Empty(t, b)
	_, err = s.Get(t.Context(), "keys", []byte("none"))
	require.ErrorIs(t, err, state.ErrNotFound)
	_, err = s.Get(t.Context(), "other", []byte("a"))
	require.ErrorIs(t, err, state.ErrNotFound)
}

func TestAStoreIsAMapOfNamesToValuesWhateverTheOrder(t *testing.T) {
	h, ctx, random := newHome(t), t.Context(), rand.New(rand.NewPCG(1, 2))
	s, model := h.open(t), map[string]string{}
	keys := []string{"a", "ab", "b", "\x00", "\xff"}
	for step := range 300 {
		k := keys[random.IntN(len(keys))]
		switch random.IntN(10) {
		case 0:
			require.NoError(t, s.Close())
			s = h.open(t)
		case 1, 2, 3:
			require.NoError(t, s.Update(ctx, state.Delete("space", []byte(k))))
			delete(model, k)
		default:
			model[k] = fmt.Sprint("value ", step)
			require.NoError(t, s.Update(ctx, state.Put("space", []byte(k), []byte(model[k]))))
		}
		found, last := map[string]string{}, ""
		for e, err := range s.Scan(ctx, "space") {
			require.NoError(t, err)
			require.True(t, len(found) == 0 || last < string(e.Key), "keys are in order")
			last, found[string(e.Key)] = string(e.Key), string(e.Value)
		}
		require.Equal(t, model, found)
	}
	require.NoError(t, s.Close())
}

func TestAnotherBuildOrMachineOpensNothing(t *testing.T) {
	h := newHome(t)
	require.NoError(t, h.open(t).Close())
	_, err := state.Open(t.Context(), h.dir, h.enclave(t, "oracled/changed"))
	require.ErrorIs(t, err, tee.ErrUnseal)
	_, err = state.Open(t.Context(), h.dir, newHome(t).enclave(t, "oracled/test"))
	require.ErrorIs(t, err, tee.ErrUnseal)
}

func TestNothingOnTheDiskShowsAValue(t *testing.T) {
	h := newHome(t)
	s := h.open(t)
	marker := strings.Repeat("ORACLE-SECRET-MARKER", 2000) // larger than what the back end keeps in its tree
	require.NoError(t, s.Update(t.Context(), state.Put("keys", []byte("small"), []byte("ORACLE-SECRET-MARKER")), state.Put("keys", []byte("large"), []byte(marker))))
	require.NoError(t, s.Close())
	files := 0
	require.NoError(t, filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files++
		require.NotContains(t, string(content), "ORACLE-SECRET", path)
		return err
	}))
	require.Greater(t, files, 2)
}

func TestTheOperatorsEditsAreNoticedAtTheNextStart(t *testing.T) {
	read := func(t *testing.T, d *embedded.Datastore, name ds.Key) []byte {
		value, err := d.Get(t.Context(), name)
		require.NoError(t, err)
		return value
	}
	for name, edit := range map[string]func(t *testing.T, h home, old, oldHead []byte){
		"a value put back as it was": func(t *testing.T, h home, old, _ []byte) {
			h.raw(t, func(d *embedded.Datastore) { require.NoError(t, d.Put(t.Context(), rawName("journal", "a"), old)) })
		},
		"the head put back as it was": func(t *testing.T, h home, _, oldHead []byte) {
			h.raw(t, func(d *embedded.Datastore) { require.NoError(t, d.Put(t.Context(), ds.RawKey("/head"), oldHead)) })
		},
		"the head taken away": func(t *testing.T, h home, _, _ []byte) {
			h.raw(t, func(d *embedded.Datastore) { require.NoError(t, d.Delete(t.Context(), ds.RawKey("/head"))) })
		},
		"a value taken away": func(t *testing.T, h home, _, _ []byte) {
			h.raw(t, func(d *embedded.Datastore) { require.NoError(t, d.Delete(t.Context(), rawName("journal", "b"))) })
		},
		"a value under another name": func(t *testing.T, h home, _, _ []byte) {
			h.raw(t, func(d *embedded.Datastore) {
				require.NoError(t, d.Put(t.Context(), rawName("journal", "a"), read(t, d, rawName("journal", "b"))))
			})
		},
		"a value twice": func(t *testing.T, h home, _, _ []byte) {
			h.raw(t, func(d *embedded.Datastore) {
				require.NoError(t, d.Put(t.Context(), rawName("journal", "c"), read(t, d, rawName("journal", "b"))))
			})
		},
		"a bit": func(t *testing.T, h home, _, _ []byte) {
			h.raw(t, func(d *embedded.Datastore) {
				value := read(t, d, rawName("journal", "a"))
				value[len(value)/2] ^= 1
				require.NoError(t, d.Put(t.Context(), rawName("journal", "a"), value))
			})
		},
		"a new key file": func(t *testing.T, h home, _, _ []byte) {
			require.NoError(t, os.Remove(filepath.Join(h.dir, "state.key")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			s := h.open(t)
			require.NoError(t, s.Update(t.Context(), state.Put("journal", []byte("a"), []byte("old")), state.Put("journal", []byte("b"), []byte("kept"))))
			require.NoError(t, s.Close())
			var old, oldHead []byte
			h.raw(t, func(d *embedded.Datastore) {
				old, oldHead = read(t, d, rawName("journal", "a")), read(t, d, ds.RawKey("/head"))
			})
			s = h.open(t)
			require.NoError(t, s.Update(t.Context(), state.Put("journal", []byte("a"), []byte("new"))))
			require.NoError(t, s.Close())

			edit(t, h, old, oldHead)
			_, err := state.Open(t.Context(), h.dir, h.enclave(t, "oracled/test"))
			require.ErrorIs(t, err, state.ErrTampered)
		})
	}
}

func TestAnUpdateIsWholeOrNotAtAll(t *testing.T) {
	h := newHome(t)
	s := h.open(t)
	for _, changes := range [][]state.Change{
		{state.Put("a", []byte("x"), nil), state.Put("a", []byte("x"), nil)},
		{state.Put("a", []byte("x"), nil), state.Put("Upper", []byte("x"), nil)},
		{state.Put("a", []byte("x"), nil), state.Put("head", []byte("x"), nil)},
		{state.Put("a", []byte("x"), nil), state.Put("a", make([]byte, state.MaxKeySize+1), nil)},
		{state.Put("a", []byte("x"), nil), state.Put("a", []byte("y"), make([]byte, state.MaxValueSize+1))},
	} {
		require.ErrorIs(t, s.Update(t.Context(), changes...), state.ErrInvalid)
		_, err := s.Get(t.Context(), "a", []byte("x"))
		require.ErrorIs(t, err, state.ErrNotFound)
	}
	require.NoError(t, s.Close())
	require.NoError(t, h.open(t).Close())
}

func TestManyMayWriteAtOnce(t *testing.T) {
	h := newHome(t)
	s := h.open(t)
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for j := range 20 {
				require.NoError(t, s.Update(t.Context(), state.Put("journal", fmt.Appendf(nil, "%d-%d", i, j), []byte("v")),
					state.Put("last", fmt.Append(nil, i), fmt.Append(nil, j))))
			}
		})
	}
	writers.Wait()
	require.NoError(t, s.Close())
	s = h.open(t)
	defer s.Close()
	n := 0
	for _, err := range s.Scan(t.Context(), "journal") {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 160, n)
}
