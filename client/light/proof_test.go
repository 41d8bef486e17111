package light

import (
	"bytes"
	"fmt"
	"sort"
	"testing"

	"cosmossdk.io/log/v2"
	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
)

const testStore = "things"

// tree is a multistore with one store of the given entries beside another, as the chain has them, and its app hash.
func tree(t require.TestingT, entries map[string][]byte) (*rootmulti.Store, []byte) {
	store := rootmulti.NewStore(dbm.NewMemDB(), log.NewNopLogger())
	key, other := storetypes.NewKVStoreKey(testStore), storetypes.NewKVStoreKey("others")
	store.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	store.MountStoreWithDB(other, storetypes.StoreTypeIAVL, nil)
	require.NoError(t, store.LoadLatestVersion())
	store.GetKVStore(other).Set([]byte("k"), []byte("v"))
	for k, v := range entries {
		store.GetKVStore(key).Set([]byte(k), v)
	}
	store.Commit()
	// Proofs are not given of the first version.
	return store, store.Commit().Hash
}

// ask asks for a key with proof.
func askTree(t require.TestingT, store *rootmulti.Store, key []byte) abci.ResponseQuery {
	answer, err := store.Query(&storetypes.RequestQuery{Path: "/" + testStore + "/key", Data: key, Height: 2, Prove: true})
	require.NoError(t, err)
	return abci.ResponseQuery{Value: answer.Value, ProofOps: answer.ProofOps}
}

// drawEntries draws the entries of a store. Keys share prefixes and lengths, some end in zero bytes, and some values are empty, as
// those of the chain's sets.
func drawEntries(t *rapid.T) map[string][]byte {
	key := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0xfe, 0xff}), 1, 5)
	n := rapid.IntRange(1, 40).Draw(t, "entries")
	entries := map[string][]byte{}
	for i := range n {
		value := []byte(fmt.Sprintf("value %d", i))
		if rapid.Bool().Draw(t, "empty") {
			value = []byte{}
		}
		entries[string(key.Draw(t, "key"))] = value
	}
	return entries
}

func sortedKeys(entries map[string][]byte) []string {
	keys := make([]string, 0, len(entries))
	for k := range entries {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func TestEveryKeyIsProvenToBeThereOrNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := drawEntries(t)
		store, appHash := tree(t, entries)
		keys := sortedKeys(entries)
		for range 10 {
			key := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0xfe, 0xff}), 1, 5).Draw(t, "asked")
			p, err := verifyAnswer(appHash, testStore, key, askTree(t, store, key))
			require.NoError(t, err)
			value, there := entries[string(key)]
			require.Equal(t, there, p.found)
			if there {
				require.True(t, bytes.Equal(value, p.value))
				continue
			}
			at := sort.SearchStrings(keys, string(key))
			if at == 0 {
				require.Nil(t, p.left)
			} else {
				require.Equal(t, keys[at-1], string(p.left.key))
				require.True(t, bytes.Equal(entries[keys[at-1]], p.left.value))
			}
			if at == len(keys) {
				require.Nil(t, p.right)
			} else {
				require.Equal(t, keys[at], string(p.right.key))
				require.True(t, bytes.Equal(entries[keys[at]], p.right.value))
			}
		}
	})
}

func TestAnAnswerProvesNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := drawEntries(t)
		store, appHash := tree(t, entries)
		draw := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0xfe, 0xff}), 1, 5)
		key, other := draw.Draw(t, "key"), draw.Draw(t, "other")
		answer := askTree(t, store, key)

		_, err := verifyAnswer(append([]byte{}, appHash[1:]...), testStore, key, answer)
		require.ErrorIs(t, err, ErrProof, "under another app hash")
		_, err = verifyAnswer(appHash, "others", key, answer)
		require.ErrorIs(t, err, ErrProof, "in another store")
		if p, err := verifyAnswer(appHash, testStore, other, answer); err == nil {
			// One proof of absence may serve several absent keys.
			_, there := entries[string(other)]
			require.Equal(t, there, p.found, "of another key")
		}
		lie := answer
		lie.Value = append([]byte("x"), answer.Value...)
		_, err = verifyAnswer(appHash, testStore, key, lie)
		require.ErrorIs(t, err, ErrProof, "with another value")
	})
}

func TestAlteredProofsAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := drawEntries(t)
		store, appHash := tree(t, entries)
		key := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0xfe, 0xff}), 1, 5).Draw(t, "key")
		answer := askTree(t, store, key)
		truth, err := verifyAnswer(appHash, testStore, key, answer)
		require.NoError(t, err)

		op := &answer.ProofOps.Ops[rapid.IntRange(0, 1).Draw(t, "op")]
		at := rapid.IntRange(0, len(op.Data)-1).Draw(t, "at")
		op.Data = bytes.Clone(op.Data)
		op.Data[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if p, err := verifyAnswer(appHash, testStore, key, answer); err == nil {
			require.Equal(t, truth.found, p.found)
			require.True(t, bytes.Equal(truth.value, p.value))
			require.Equal(t, neighbours(truth), neighbours(p), "an altered proof may be accepted only for what is true")
		} else {
			require.ErrorIs(t, err, ErrProof)
		}
	})
}

func neighbours(p position) string {
	text := ""
	for _, e := range []*entry{p.left, p.right} {
		if e == nil {
			text += "none "
			continue
		}
		text += fmt.Sprintf("%x=%x ", e.key, e.value)
	}
	return text
}

func FuzzVerifyKey(f *testing.F) {
	store, appHash := tree(f, map[string][]byte{"a": []byte("1"), "c": {}, "e": []byte("3")})
	for _, key := range []string{"a", "b", "c", "d", "f", "0"} {
		answer := askTree(f, store, []byte(key))
		f.Add([]byte(key), answer.ProofOps.Ops[0].Data, answer.ProofOps.Ops[1].Data)
	}
	f.Fuzz(func(t *testing.T, key, inner, outer []byte) {
		answer := askTree(t, store, []byte("a"))
		answer.ProofOps.Ops[0].Data, answer.ProofOps.Ops[1].Data, answer.Value = inner, outer, nil
		if p, err := verifyAnswer(appHash, testStore, key, answer); err == nil {
			require.Equal(t, string(key) == "c", p.found, "only c has no value")
		}
	})
}
