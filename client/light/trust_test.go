package light_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/privval"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/client/internal/testnet"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/internal/rpcproxy"
)

// forge makes a proxy show, from a height on, other blocks than the chain has, which the chain's validator has signed: a fork that only a
// validator can make.
func forge(t *testing.T, p *rpcproxy.Proxy, from int64) (evidence *atomic.Int64) {
	t.Helper()
	home := testnet.Network.Nodes[0].Home
	key := privval.LoadFilePVEmptyState(filepath.Join(home, "config", "priv_validator_key.json"), "").Key.PrivKey
	evidence = &atomic.Int64{}
	p.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		if c.Method == "broadcast_evidence" {
			evidence.Add(1) // the network must go on
			return rpcproxy.Answer{Drop: true}
		}
		result, failed := c.Forward()
		var commit coretypes.ResultCommit
		if c.Method != "commit" || failed != nil {
			return rpcproxy.Answer{Result: result, Error: failed}
		}
		if err := cmtjson.Unmarshal(result, &commit); err != nil {
			t.Error(err)
		}
		if commit.Height < from {
			return rpcproxy.Answer{Result: result}
		}
		commit.AppHash = make([]byte, 32)
		commit.Commit.BlockID.Hash = commit.Header.Hash()
		signature, err := key.Sign(commit.Commit.VoteSignBytes(commit.ChainID, 0))
		if err != nil {
			t.Error(err)
		}
		commit.Commit.Signatures[0].Signature = signature
		forged, err := cmtjson.Marshal(commit)
		if err != nil {
			t.Error(err)
		}
		return rpcproxy.Answer{Result: forged}
	})
	return evidence
}

func TestConflictingChainsEndAllTrust(t *testing.T) {
	testnet.Needed(t)
	ctx := testnet.Context(t)
	for name, order := range map[string][]int{"a witness forks": {0, 1}, "the primary forks": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			honest, forked := rpcproxy.New(t, testnet.Network.Nodes[0].RPC), rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
			// Evidence would be right, and end the network of one validator.
			var evidence atomic.Int64
			honest.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
				if c.Method == "broadcast_evidence" {
					evidence.Add(1)
					return rpcproxy.Answer{Drop: true}
				}
				result, failed := c.Forward()
				return rpcproxy.Answer{Result: result, Error: failed}
			})
			urls := []string{honest.URL, forked.URL}
			setup := config(t)
			setup.Nodes = []string{urls[order[0]], urls[order[1]]}
			client, err := light.New(ctx, setup)
			require.NoError(t, err)
			before, err := client.Latest(ctx)
			require.NoError(t, err)
			_, err = before.OracleParams(ctx)
			require.NoError(t, err)

			shown := forge(t, forked, before.Header().Height+1)
			require.NoError(t, testnet.Network.Nodes[0].WaitForHeight(ctx, before.Header().Height+2))
			_, err = client.Latest(ctx)
			require.ErrorIs(t, err, light.ErrDivergence)
			require.Positive(t, evidence.Load()+shown.Load(), "the fork is reported to the nodes")

			// Nothing is trusted any more, whatever nodes show from now on.
			honest.Honest()
			forked.Honest()
			_, err = client.Latest(ctx)
			require.ErrorIs(t, err, light.ErrDivergence)
			_, err = client.Fresh(ctx, time.Hour)
			require.ErrorIs(t, err, light.ErrDivergence)
			_, err = client.At(ctx, before.Height())
			require.ErrorIs(t, err, light.ErrDivergence)
			_, err = before.OracleParams(ctx)
			require.ErrorIs(t, err, light.ErrDivergence)
		})
	}
}

func TestTrustBeginsWithTheTrustedBlockOnly(t *testing.T) {
	testnet.Needed(t)
	ctx := testnet.Context(t)
	t.Run("another hash", func(t *testing.T) {
		setup := config(t)
		setup.Trusted.Hash[3] ^= 1
		_, err := light.New(ctx, setup)
		require.ErrorIs(t, err, light.ErrTrustedBlock)
	})
	t.Run("no node that answers", func(t *testing.T) {
		setup := config(t)
		down := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
		down.Handle(func(rpcproxy.Call) rpcproxy.Answer { return rpcproxy.Answer{Drop: true} })
		setup.Nodes = []string{down.URL}
		_, err := light.New(ctx, setup)
		require.ErrorIs(t, err, light.ErrUnverified)
		require.NotErrorIs(t, err, light.ErrTrustedBlock, "nobody has shown another block")
	})
	t.Run("none", func(t *testing.T) {
		setup := config(t)
		setup.Trusted = light.TrustedBlock{}
		_, err := light.New(ctx, setup)
		require.ErrorIs(t, err, light.ErrConfig)
	})
	t.Run("too old", func(t *testing.T) {
		setup := config(t)
		setup.Now = func() time.Time { return time.Now().Add(setup.TrustingPeriod) }
		_, err := light.New(ctx, setup)
		require.ErrorIs(t, err, light.ErrTrustExpired)
	})
	t.Run("from the store", func(t *testing.T) {
		setup := config(t)
		first, err := light.New(ctx, setup)
		require.NoError(t, err)
		seen, err := first.Latest(ctx)
		require.NoError(t, err)

		again := setup
		again.Trusted = light.TrustedBlock{}
		second, err := light.New(ctx, again)
		require.NoError(t, err)
		kept, err := second.Fresh(ctx, time.Hour)
		require.NoError(t, err)
		require.Equal(t, seen.Height(), kept.Height(), "the newest header is in the store")

		again.Trusted = light.TrustedBlock{Height: seen.Header().Height, Hash: make([]byte, 32)}
		_, err = light.New(ctx, again)
		require.ErrorIs(t, err, light.ErrTrustedBlock, "the store has another block of that height")
	})
	t.Run("anew when the store is too old", func(t *testing.T) {
		setup := config(t)
		_, err := light.New(ctx, setup)
		require.NoError(t, err)
		block := trusted(t)
		height := block.Height + 2
		require.NoError(t, testnet.Network.Nodes[0].WaitForHeight(ctx, height+1))
		node, err := testnet.Network.Nodes[0].Client()
		require.NoError(t, err)
		first, err := node.Commit(ctx, &block.Height)
		require.NoError(t, err)
		second, err := node.Commit(ctx, &height)
		require.NoError(t, err)
		// A clock at which the stored block has just expired and the newer one has not.
		setup.Now = func() time.Time { return first.Time.Add(setup.TrustingPeriod).Add(second.Time.Sub(first.Time) / 2) }
		_, err = light.New(ctx, setup)
		require.ErrorIs(t, err, light.ErrTrustExpired)
		setup.Trusted = light.TrustedBlock{Height: height, Hash: second.Hash()}
		_, err = light.New(ctx, setup)
		require.NoError(t, err)
	})
}

func TestTheClockIsTheCallers(t *testing.T) {
	testnet.Needed(t)
	ctx := testnet.Context(t)
	var ahead atomic.Int64
	setup := config(t)
	setup.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	client, err := light.New(ctx, setup)
	require.NoError(t, err)
	_, err = client.Latest(ctx)
	require.NoError(t, err)

	ahead.Store(int64(setup.TrustingPeriod + time.Hour))
	_, err = client.Latest(ctx)
	require.ErrorIs(t, err, light.ErrTrustExpired)

	ahead.Store(int64(-time.Hour))
	next, err := testnet.Network.Nodes[0].Height(ctx)
	require.NoError(t, err)
	require.NoError(t, testnet.Network.Nodes[0].WaitForHeight(ctx, next+1))
	_, err = client.Latest(ctx)
	require.ErrorIs(t, err, light.ErrUnverified, "the newest header is from the future")
	_, err = client.Fresh(ctx, time.Minute)
	require.ErrorIs(t, err, light.ErrUnverified, "what is known already does not stay fresh for an hour")
}

func TestAnOldStateIsNotTakenForAFreshOne(t *testing.T) {
	testnet.Needed(t)
	ctx := testnet.Context(t)
	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	setup := config(t)
	setup.Nodes = []string{proxy.URL}
	var ahead atomic.Int64
	setup.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	client, err := light.New(ctx, setup)
	require.NoError(t, err)
	newest, err := client.Latest(ctx)
	require.NoError(t, err)

	// The node stands still for whoever asks for the newest block.
	var first sync.Once
	var frozen json.RawMessage
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		result, failed := c.Forward()
		if c.Method == "commit" {
			first.Do(func() { frozen = result })
			result = frozen
		}
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	again, err := client.Latest(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, again.Height(), newest.Height())
	ahead.Store(int64(time.Minute))
	_, err = client.Fresh(ctx, 10*time.Second)
	require.ErrorIs(t, err, light.ErrStale)
	still, err := client.Fresh(ctx, time.Hour)
	require.NoError(t, err)
	require.Equal(t, again.Height(), still.Height())

	// Then it shows an older block than it did.
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		if c.Method == "commit" {
			c = c.With(map[string]any{"height": "3"})
		}
		result, failed := c.Forward()
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	latest, err := client.Latest(ctx)
	require.NoError(t, err)
	require.Equal(t, again.Height(), latest.Height(), "time does not go back")
}

func TestAnotherNodeIsAskedWhenOneStandsStill(t *testing.T) {
	testnet.Needed(t)
	ctx := testnet.Context(t)
	stuck := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	setup := config(t)
	setup.Nodes = []string{stuck.URL, testnet.Network.Nodes[0].RPC}
	client, err := light.New(ctx, setup)
	require.NoError(t, err)
	stuck.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		if c.Method == "commit" && !strings.Contains(string(c.Params), "height") {
			c = c.With(map[string]any{"height": "3"})
		}
		result, failed := c.Forward()
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	height, err := testnet.Network.Nodes[0].Height(ctx)
	require.NoError(t, err)
	snapshot, err := client.Since(ctx, height)
	require.NoError(t, err)
	require.GreaterOrEqual(t, snapshot.Height(), height)
	fresh, err := client.Fresh(ctx, time.Minute)
	require.NoError(t, err)
	require.GreaterOrEqual(t, fresh.Height(), height)
}

func TestWhenNoNodeAnswersNothingIsTheLatest(t *testing.T) {
	testnet.Needed(t)
	ctx := testnet.Context(t)
	setup := config(t)
	first, second, third := rpcproxy.New(t, testnet.Network.Nodes[0].RPC), rpcproxy.New(t, testnet.Network.Nodes[0].RPC), rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	setup.Nodes = []string{first.URL, second.URL, third.URL}
	client, err := light.New(ctx, setup)
	require.NoError(t, err)
	_, err = client.Latest(ctx)
	require.NoError(t, err)

	down := func(rpcproxy.Call) rpcproxy.Answer { return rpcproxy.Answer{Drop: true} }
	first.Handle(down)
	_, err = client.Latest(ctx)
	require.NoError(t, err, "the others answer, and confirm each other")
	second.Handle(down)
	third.Handle(down)
	_, err = client.Latest(ctx)
	require.ErrorIs(t, err, light.ErrUnverified)
	_, err = client.Fresh(ctx, time.Hour)
	require.NoError(t, err, "what was proven before is still there")
}

func TestWaitsEndWithTheContext(t *testing.T) {
	client := newLight(t)
	ctx, cancel := context.WithTimeout(testnet.Context(t), 300*time.Millisecond)
	defer cancel()
	_, err := client.Since(ctx, 1_000_000)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestWhatWasProvenIsNotAskedForAgain(t *testing.T) {
	alice := account(t, "alice")
	ctx := testnet.Context(t)
	d := apptest.NewDID(t, t.Name())
	created, err := alice.Send(ctx, d.Create(alice.Address()))
	require.NoError(t, err)

	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	var calls atomic.Int64
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		calls.Add(1)
		result, failed := c.Forward()
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	setup := config(t)
	setup.Nodes = []string{proxy.URL}
	client, err := light.New(ctx, setup)
	require.NoError(t, err)
	snapshot, err := client.Since(ctx, created.Height)
	require.NoError(t, err)

	calls.Store(0)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := snapshot.DIDRecord(ctx, d.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 1, calls.Load(), "goroutines that ask the same at once share an answer")

	for range 10 {
		fresh, err := client.Fresh(ctx, time.Hour)
		require.NoError(t, err)
		_, err = fresh.DIDRecord(ctx, d.ID)
		require.NoError(t, err)
		_, err = client.Dereferencer(time.Hour).Resolver.Resolve(ctx, d.ID, didOptions)
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, calls.Load())
}

func BenchmarkCachedQuery(b *testing.B) {
	alice := account(b, "alice")
	ctx := testnet.Context(b)
	d := apptest.NewDID(b, b.Name())
	created, err := alice.Send(ctx, d.Create(alice.Address()))
	require.NoError(b, err)
	client := newLight(b)
	_, err = client.Since(ctx, created.Height)
	require.NoError(b, err)
	b.Run("record", func(b *testing.B) {
		for b.Loop() {
			snapshot, err := client.Fresh(ctx, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := snapshot.DIDRecord(ctx, d.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("resolved", func(b *testing.B) {
		resolver := client.Dereferencer(time.Hour).Resolver
		for b.Loop() {
			if _, err := resolver.Resolve(ctx, d.ID, didOptions); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("asked", func(b *testing.B) {
		// Without a cache: what a proof costs, from a node on the same machine.
		setup := config(b)
		setup.CacheBytes = 1
		client, err := light.New(ctx, setup)
		require.NoError(b, err)
		snapshot, err := client.Latest(ctx)
		require.NoError(b, err)
		for b.Loop() {
			if _, err := snapshot.DIDRecord(ctx, d.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
}
