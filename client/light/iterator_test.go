package light

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sort"
	"testing"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/light/store"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"

	"github.com/medibloc/panacea/client/internal/rpc"
)

// serve answers ABCI queries for testStore out of a multistore, as a node does.
func serve(t testing.TB, current func() *rootmulti.Store) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			ID     json.RawMessage
			Params json.RawMessage
		}
		var params struct {
			Data hexBytes `json:"data"`
		}
		if json.NewDecoder(r.Body).Decode(&call) != nil || json.Unmarshal(call.Params, &params) != nil {
			t.Errorf("the node was asked what is no query")
			return
		}
		answer, err := cmtjson.Marshal(coretypes.ResultABCIQuery{Response: askTree(t, current(), params.Data)})
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, call.ID, answer)
	}))
	t.Cleanup(server.Close)
	return server
}

// hexBytes is bytes in hexadecimal, as calls have them.
type hexBytes []byte

func (b *hexBytes) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	_, err := fmt.Sscanf(text, "%X", (*[]byte)(b))
	return err
}

func TestWalksAreCompleteInBothDirections(t *testing.T) {
	var multi *rootmulti.Store
	server := serve(t, func() *rootmulti.Store { return multi })
	client, err := rpc.New(server.URL)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		entries := drawEntries(t)
		var appHash []byte
		multi, appHash = tree(t, entries)
		config := Config{ChainID: "c", Nodes: []string{server.URL}, TrustingPeriod: 1, Store: emptyStore{}}
		require.NoError(t, config.complete())
		c := &Client{config: config, nodes: []node{{server.URL, client}}, cache: newCache(config.CacheBytes)}
		snapshot := &Snapshot{client: c, block: &cmttypes.LightBlock{
			SignedHeader: &cmttypes.SignedHeader{Header: &cmttypes.Header{Height: 3, AppHash: appHash}},
		}}

		bound := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0xfe, 0xff}), 1, 5)
		start, end := bound.Draw(t, "start"), bound.Draw(t, "end")
		if bytes.Compare(start, end) > 0 {
			start, end = end, start
		}
		if rapid.Bool().Draw(t, "from the beginning") {
			start = nil
		}
		if rapid.Bool().Draw(t, "to the end") {
			end = nil
		}
		var want []string
		for k := range entries {
			if (start == nil || k >= string(start)) && (end == nil || k < string(end)) {
				want = append(want, k)
			}
		}
		sort.Strings(want)

		require.NoError(t, snapshot.read(context.Background(), func(ctx context.Context) error {
			kv := storeService{testStore}.OpenKVStore(ctx)
			up, err := kv.Iterator(start, end)
			require.NoError(t, err)
			for _, k := range want {
				require.True(t, up.Valid())
				require.Equal(t, k, string(up.Key()))
				require.True(t, bytes.Equal(entries[k], up.Value()))
				up.Next()
			}
			require.False(t, up.Valid())
			require.NoError(t, up.Error())

			down, err := kv.ReverseIterator(start, end)
			require.NoError(t, err)
			for i := len(want) - 1; i >= 0; i-- {
				require.True(t, down.Valid())
				require.Equal(t, want[i], string(down.Key()))
				down.Next()
			}
			require.False(t, down.Valid())
			return down.Error()
		}))
	})
}

func TestAKeeperThatSwallowsAnErrorGivesNoAnswer(t *testing.T) {
	multi, _ := tree(t, map[string][]byte{"k": []byte("v")})
	server := serve(t, func() *rootmulti.Store { return multi }) // an app hash is expected that it has not
	client, err := rpc.New(server.URL)
	require.NoError(t, err)
	config := Config{ChainID: "c", Nodes: []string{server.URL}, TrustingPeriod: 1, Store: emptyStore{}}
	require.NoError(t, config.complete())
	c := &Client{config: config, nodes: []node{{server.URL, client}}, cache: newCache(config.CacheBytes)}
	snapshot := &Snapshot{client: c, block: &cmttypes.LightBlock{SignedHeader: &cmttypes.SignedHeader{Header: &cmttypes.Header{Height: 3}}}}
	for name, read := range map[string]func(kv provenStore){
		"get":     func(kv provenStore) { _, _ = kv.Get([]byte("k")) },
		"has":     func(kv provenStore) { _, _ = kv.Has([]byte("k")) },
		"iterate": func(kv provenStore) { _, _ = kv.Iterator(nil, nil) },
		"reverse": func(kv provenStore) { _, _ = kv.ReverseIterator(nil, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			value, err := get(t.Context(), snapshot, func(ctx context.Context) (string, error) {
				read(storeService{testStore}.OpenKVStore(ctx).(provenStore))
				return "an answer that ignores that", nil
			})
			require.ErrorIs(t, err, ErrProof)
			require.Empty(t, value)
		})
	}
	_, err = get(t.Context(), snapshot, func(ctx context.Context) (string, error) {
		return "", storeService{testStore}.OpenKVStore(ctx).Set([]byte("k"), []byte("v"))
	})
	require.ErrorIs(t, err, ErrReadOnly)
	_, err = storeService{testStore}.OpenKVStore(t.Context()).Get([]byte("k"))
	require.ErrorIs(t, err, ErrNoSnapshot)
}

// emptyStore stands for a store of headers where none is looked at.
type emptyStore struct{ store.Store }

func TestTheCacheIsBoundedAndForgetsWhatIsNotUsed(t *testing.T) {
	c := newCache(10 * (entryCost + 11))
	q := func(i int) question { return question{1, "s", fmt.Sprint(i)} }
	for i := range 100 {
		c.put(q(i), position{found: true, value: make([]byte, 9)})
		_, kept := c.get(q(0))
		require.True(t, kept, "what is used is kept")
		require.LessOrEqual(t, c.cost, c.most)
	}
	require.LessOrEqual(t, len(c.entries), 10)
	_, kept := c.get(q(99))
	require.True(t, kept)
	_, kept = c.get(q(50))
	require.False(t, kept)
	c.put(q(1000), position{found: true, value: make([]byte, c.most)})
	_, kept = c.get(q(1000))
	require.False(t, kept, "what is larger than the cache does not empty it")
	_, kept = c.get(q(0))
	require.True(t, kept)
}
