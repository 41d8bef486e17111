package events_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/events"
	"github.com/medibloc/panacea/client/internal/testnet"
	"github.com/medibloc/panacea/internal/rpcproxy"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

func TestMain(m *testing.M) { testnet.Main(m) }

func alice(t testing.TB) *client.Account {
	t.Helper()
	signer, err := client.KeyringSigner(testnet.Keyring(t), "alice")
	require.NoError(t, err)
	c, err := client.New(client.Config{ChainID: testnet.Network.ChainID, Nodes: []string{testnet.Network.Nodes[0].RPC}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c.Account(client.AccountConfig{Signer: signer})
}

func reader(t testing.TB, from events.Position, nodes ...string) *events.Reader {
	t.Helper()
	r, err := events.NewReader(events.Config{Nodes: nodes, Poll: 100 * time.Millisecond}, from)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// created reads up to the event that a DID was created, and checks that events come in order.
func created(t testing.TB, r *events.Reader, id string) events.Event {
	t.Helper()
	var last events.Event
	for {
		e, err := r.Next(testnet.Context(t))
		require.NoError(t, err)
		if last.Height == e.Height {
			require.Equal(t, last.Index+1, e.Index, "in height %d", e.Height)
		} else {
			require.Greater(t, e.Height, last.Height)
			require.True(t, last.Height == 0 || e.Index == 0, "event %d of height %d comes first", e.Index, e.Height)
		}
		last = e
		message, err := e.Typed()
		if err != nil {
			continue // of a module that has no typed events
		}
		if c, ok := message.(*didtypes.EventDIDCreated); ok && c.Did == id {
			return e
		}
	}
}

func TestEventsAreTypedAndOrdered(t *testing.T) {
	from := alice(t)
	height, err := testnet.Network.Nodes[0].Height(testnet.Context(t))
	require.NoError(t, err)
	r := reader(t, events.Position{Height: height}, testnet.Network.Nodes[0].RPC)
	d := apptest.NewDID(t, t.Name())
	result, err := from.Send(testnet.Context(t), d.Create(from.Address()))
	require.NoError(t, err)
	e := created(t, r, d.ID)
	require.Equal(t, result.Height, e.Height)
	require.Equal(t, result.Hash, fmt.Sprintf("%X", e.TxHash))
	require.False(t, e.Time.IsZero())
}

func TestReadingGoesOnWhereItStopped(t *testing.T) {
	from := alice(t)
	ctx := testnet.Context(t)
	start, err := testnet.Network.Nodes[0].Height(ctx)
	require.NoError(t, err)
	var ids []string
	for i := range 3 {
		d := apptest.NewDID(t, fmt.Sprint(t.Name(), i))
		_, err := from.Send(ctx, d.Create(from.Address()))
		require.NoError(t, err)
		ids = append(ids, d.ID)
	}
	end, err := testnet.Network.Nodes[0].Height(ctx)
	require.NoError(t, err)

	all := readUpTo(t, events.Position{Height: start}, end, 1<<30)
	require.NotEmpty(t, all)
	// However often reading stops and goes on, the same events come, each once.
	for _, atOnce := range []int{1, 2, 7} {
		var pieces []string
		position := events.Position{Height: start}
		for position.Height <= end {
			r := reader(t, position, testnet.Network.Nodes[0].RPC)
			for range atOnce {
				e, err := r.Next(ctx)
				require.NoError(t, err)
				position = e.After()
				if e.Height > end {
					break
				}
				pieces = append(pieces, name(e))
			}
			r.Close()
		}
		require.Equal(t, all, pieces)
	}
	for _, id := range ids {
		created(t, reader(t, events.Position{Height: start}, testnet.Network.Nodes[0].RPC), id)
	}
}

func name(e events.Event) string { return fmt.Sprintf("%d/%d %s", e.Height, e.Index, e.Type) }

func readUpTo(t *testing.T, from events.Position, end int64, most int) []string {
	t.Helper()
	r := reader(t, from, testnet.Network.Nodes[0].RPC)
	var names []string
	for len(names) < most {
		e, err := r.Next(testnet.Context(t))
		require.NoError(t, err)
		if e.Height > end {
			break
		}
		names = append(names, name(e))
	}
	return names
}

func TestNothingIsMissedWhateverBreaks(t *testing.T) {
	from := alice(t)
	ctx := testnet.Context(t)
	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	var calls atomic.Int64
	// Every fifth call fails, and connections break all the time.
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		if calls.Add(1)%5 == 0 {
			proxy.Disconnect()
			return rpcproxy.Answer{Drop: true}
		}
		result, failed := c.Forward()
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	start, err := testnet.Network.Nodes[0].Height(ctx)
	require.NoError(t, err)
	broken := reader(t, events.Position{Height: start}, proxy.URL)
	var got []string
	d := apptest.NewDID(t, t.Name())
	result, err := from.Send(ctx, d.Create(from.Address()))
	require.NoError(t, err)
	for {
		e, err := broken.Next(ctx)
		require.NoError(t, err)
		if e.Height > result.Height {
			break
		}
		got = append(got, name(e))
	}
	require.Equal(t, readUpTo(t, events.Position{Height: start}, result.Height, 1<<30), got)
}

func TestAReaderWaitsForTheContext(t *testing.T) {
	testnet.Needed(t)
	height, err := testnet.Network.Nodes[0].Height(testnet.Context(t))
	require.NoError(t, err)
	r := reader(t, events.Position{Height: height + 1_000_000}, testnet.Network.Nodes[0].RPC)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = r.Next(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, events.Position{Height: height + 1_000_000}, r.Position())
}

func TestBlocksThatDoNotFollowAreRefused(t *testing.T) {
	testnet.Needed(t)
	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	blocks, err := events.NewBlocks(events.Config{Nodes: []string{proxy.URL}, From: 2})
	require.NoError(t, err)
	defer blocks.Close()
	ctx := testnet.Context(t)
	first, err := blocks.Next(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, first.Height)
	proxy.Alter("block", func(result json.RawMessage) json.RawMessage {
		var o map[string]any
		require.NoError(t, json.Unmarshal(result, &o))
		o["block"].(map[string]any)["header"].(map[string]any)["last_block_id"].(map[string]any)["hash"] = fmt.Sprintf("%064d", 7)
		altered, err := json.Marshal(o)
		require.NoError(t, err)
		return altered
	})
	_, err = blocks.Next(ctx)
	require.ErrorIs(t, err, events.ErrFork)
	proxy.Honest()
	second, err := blocks.Next(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 3, second.Height)
	require.Equal(t, first.Hash, second.Parent)
}

func TestBlocksThatNodesHavePrunedAreAnError(t *testing.T) {
	testnet.Needed(t)
	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		if c.Method == "block" {
			failed := json.RawMessage(`{"code":-32603,"message":"Internal error","data":"height 2 is not available, lowest height is 3"}`)
			return rpcproxy.Answer{Error: &failed}
		}
		result, failed := c.Forward()
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	blocks, err := events.NewBlocks(events.Config{Nodes: []string{proxy.URL}, From: 2})
	require.NoError(t, err)
	defer blocks.Close()
	_, err = blocks.Next(testnet.Context(t))
	require.ErrorIs(t, err, events.ErrPruned)
}
