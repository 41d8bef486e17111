package client_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/internal/testnet"
	"github.com/medibloc/panacea/internal/rpcproxy"
)

// fund makes an account that nothing else uses, and returns its key.
func fund(t *testing.T, c *client.Client) client.Signer {
	t.Helper()
	key := sha256.Sum256([]byte(t.Name()))
	signer, err := client.KeySigner(key[:])
	require.NoError(t, err)
	alice := account(t, c, "alice")
	_, err = alice.Send(testnet.Context(t), send(alice.Address(), sdk.AccAddress(signer.PubKey().Address()), 1_000_000_000))
	require.NoError(t, err)
	return signer
}

// received returns how much an address that only tests pay has got.
func received(t *testing.T, address sdk.AccAddress) int64 {
	t.Helper()
	node, err := testnet.Network.Nodes[0].Client()
	require.NoError(t, err)
	request, err := (&banktypes.QueryBalanceRequest{Address: address.String(), Denom: app.BaseDenom}).Marshal()
	require.NoError(t, err)
	answer, err := node.ABCIQuery(testnet.Context(t), "/cosmos.bank.v1beta1.Query/Balance", request)
	require.NoError(t, err)
	var response banktypes.QueryBalanceResponse
	require.NoError(t, response.Unmarshal(answer.Response.Value))
	return response.Balance.Amount.Int64()
}

// sink returns an address that nobody has the key of.
func sink(t *testing.T) sdk.AccAddress {
	hash := sha256.Sum256([]byte("sink of " + t.Name()))
	return hash[:20]
}

// through returns a client of the network through a proxy.
func through(t *testing.T, proxy *rpcproxy.Proxy, change ...func(*client.Config)) *client.Client {
	return newClient(t, append([]func(*client.Config){func(c *client.Config) {
		c.Nodes, c.Resubmit = []string{proxy.URL}, 300*time.Millisecond
	}}, change...)...)
}

func rpcError(message string) rpcproxy.Answer {
	raw := json.RawMessage(`{"code":-32603,"message":"Internal error","data":"` + message + `"}`)
	return rpcproxy.Answer{Error: &raw}
}

// TestWhateverFailsATransactionIsExecutedOnce breaks the first sendings of a transaction in every way that leaves it open whether the node
// has it.
func TestWhateverFailsATransactionIsExecutedOnce(t *testing.T) {
	direct := newClient(t)
	for name, fail := range map[string]func(c rpcproxy.Call) rpcproxy.Answer{
		"the node breaks the connection before it takes it": func(rpcproxy.Call) rpcproxy.Answer { return rpcproxy.Answer{Drop: true} },
		"the node takes it and breaks the connection": func(c rpcproxy.Call) rpcproxy.Answer {
			c.Forward()
			return rpcproxy.Answer{Drop: true}
		},
		"the node takes it and says that it timed out": func(c rpcproxy.Call) rpcproxy.Answer {
			c.Forward()
			return rpcError("broadcast confirmation not received: context deadline exceeded")
		},
		"the node's mempool is full":  func(rpcproxy.Call) rpcproxy.Answer { return rpcError("mempool is full: number of txs 5000") },
		"the node is catching up":     func(rpcproxy.Call) rpcproxy.Answer { return rpcError("endpoint is closed while node is catching up") },
		"the node says nothing of it": func(rpcproxy.Call) rpcproxy.Answer { return rpcError("something odd") },
		"the node says that it took it and loses it": func(c rpcproxy.Call) rpcproxy.Answer {
			return rpcproxy.Answer{Result: json.RawMessage(`{"code":0,"data":"","log":"","codespace":"","hash":""}`)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
			payer := through(t, proxy).Account(client.AccountConfig{Signer: fund(t, direct)})
			var sent atomic.Int64
			var bytes sync.Map
			proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
				if c.Method == "broadcast_tx_sync" {
					bytes.Store(string(c.Params), true)
					if sent.Add(1) <= 3 {
						return fail(c)
					}
				}
				result, failed := c.Forward()
				return rpcproxy.Answer{Result: result, Error: failed}
			})
			to := sink(t)
			result, err := payer.Send(testnet.Context(t), send(payer.Address(), to, 7))
			require.NoError(t, err)
			require.Positive(t, result.Height)
			distinct := 0
			bytes.Range(func(any, any) bool { distinct++; return true })
			require.Equal(t, 1, distinct, "only the very same bytes are sent again")
			// Whatever else was sent would be in the next blocks.
			require.NoError(t, testnet.Network.Nodes[0].WaitForHeight(testnet.Context(t), result.Height+2))
			require.EqualValues(t, 7, received(t, to))
		})
	}
}

func TestAContextThatEndsLeavesItOpenAndWaitTells(t *testing.T) {
	direct := newClient(t)
	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	payer := through(t, proxy).Account(client.AccountConfig{Signer: fund(t, direct), GasLimit: 200_000})
	to := sink(t)
	_, err := payer.Send(testnet.Context(t), send(payer.Address(), to, 1)) // the account's number is known
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(testnet.Context(t))
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		result, failed := c.Forward()
		if c.Method == "broadcast_tx_sync" {
			cancel()
			return rpcproxy.Answer{Drop: true}
		}
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	pending, err := payer.Submit(ctx, send(payer.Address(), to, 1))
	require.ErrorIs(t, err, client.ErrUnconfirmed)
	require.ErrorIs(t, err, context.Canceled)
	proxy.Honest()
	result, err := pending.Wait(testnet.Context(t))
	require.NoError(t, err)
	require.Equal(t, pending.Hash(), result.Hash)
	require.EqualValues(t, 2, received(t, to))
}

func TestNodesThatAreDownAreLeftOut(t *testing.T) {
	testnet.Needed(t)
	down := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	var blamed atomic.Int64
	c := newClient(t, func(c *client.Config) {
		c.Nodes = []string{down.URL, testnet.Network.Nodes[0].RPC}
		c.OnFault = func(node string, _ error) {
			if node == down.URL {
				blamed.Add(1)
			}
		}
	})
	down.Handle(func(rpcproxy.Call) rpcproxy.Answer { return rpcproxy.Answer{Drop: true} })
	alice := account(t, c, "alice")
	_, err := alice.Send(testnet.Context(t), send(alice.Address(), sink(t), 1))
	require.NoError(t, err)
	require.Positive(t, blamed.Load())
}

func TestTwoProcessesShareAnAccount(t *testing.T) {
	direct := newClient(t)
	signer := fund(t, direct)
	to := sink(t)
	const each = 15
	var wait sync.WaitGroup
	for range 2 {
		payer := newClient(t, func(c *client.Config) { c.Resubmit = 300 * time.Millisecond }).Account(client.AccountConfig{Signer: signer})
		for range 3 {
			wait.Go(func() {
				for range each {
					if _, err := payer.Send(testnet.Context(t), send(payer.Address(), to, 1)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	wait.Wait()
	require.EqualValues(t, 6*each, received(t, to), "each transaction was executed once")
}

func TestATransactionWhosePlaceWasTakenIsReplaced(t *testing.T) {
	direct := newClient(t)
	signer := fund(t, direct)
	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	loser := through(t, proxy).Account(client.AccountConfig{Signer: signer, GasLimit: 200_000})
	winner := direct.Account(client.AccountConfig{Signer: signer, GasLimit: 200_000})
	to := sink(t)
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		if c.Method == "broadcast_tx_sync" {
			return rpcproxy.Answer{Result: json.RawMessage(`{"code":0,"data":"","log":"","codespace":"","hash":""}`)}
		}
		result, failed := c.Forward()
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	pending, err := loser.Submit(testnet.Context(t), send(loser.Address(), to, 1))
	require.NoError(t, err)
	_, err = winner.Send(testnet.Context(t), send(loser.Address(), to, 10))
	require.NoError(t, err)
	_, err = pending.Wait(testnet.Context(t))
	require.ErrorIs(t, err, client.ErrReplaced)
	require.EqualValues(t, 10, received(t, to))
	proxy.Honest()
	_, err = loser.Send(testnet.Context(t), send(loser.Address(), to, 100))
	require.NoError(t, err, "the account goes on")
	require.EqualValues(t, 110, received(t, to))
}

func TestATransactionThatNoBlockTakesExpires(t *testing.T) {
	direct := newClient(t)
	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	payer := through(t, proxy, func(c *client.Config) { c.TimeoutBlocks = 3 }).Account(client.AccountConfig{Signer: fund(t, direct), GasLimit: 200_000})
	to := sink(t)
	var swallow atomic.Bool
	swallow.Store(true)
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		if c.Method == "broadcast_tx_sync" && swallow.Load() {
			return rpcproxy.Answer{Result: json.RawMessage(`{"code":0,"data":"","log":"","codespace":"","hash":""}`)}
		}
		result, failed := c.Forward()
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	pending, err := payer.Submit(testnet.Context(t), send(payer.Address(), to, 1))
	require.NoError(t, err)
	_, err = pending.Wait(testnet.Context(t))
	require.ErrorIs(t, err, client.ErrExpired)
	swallow.Store(false)
	_, err = payer.Send(testnet.Context(t), send(payer.Address(), to, 10))
	require.NoError(t, err)
	require.EqualValues(t, 10, received(t, to))
}

func TestFeesArePaidByAGranter(t *testing.T) {
	c := newClient(t)
	alice := account(t, c, "alice")
	poor := fund(t, c)
	allowance, err := feegrant.NewMsgGrantAllowance(&feegrant.BasicAllowance{}, alice.Address(), sdk.AccAddress(poor.PubKey().Address()))
	require.NoError(t, err)
	_, err = alice.Send(testnet.Context(t), allowance)
	require.NoError(t, err)
	granted := c.Account(client.AccountConfig{Signer: poor, FeeGranter: alice.Address()})
	before := received(t, granted.Address())
	_, err = granted.Send(testnet.Context(t), apptest.NewDID(t, t.Name()).Create(granted.Address()))
	require.NoError(t, err)
	require.Equal(t, before, received(t, granted.Address()))
}

func TestAClosedClientEndsWhatWaits(t *testing.T) {
	direct := newClient(t)
	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	c := through(t, proxy)
	payer := c.Account(client.AccountConfig{Signer: fund(t, direct), GasLimit: 200_000})
	proxy.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		if c.Method == "broadcast_tx_sync" {
			return rpcproxy.Answer{Result: json.RawMessage(`{"code":0,"data":"","log":"","codespace":"","hash":""}`)}
		}
		result, failed := c.Forward()
		return rpcproxy.Answer{Result: result, Error: failed}
	})
	pending, err := payer.Submit(testnet.Context(t), send(payer.Address(), sink(t), 1))
	require.NoError(t, err)
	c.Close()
	_, err = pending.Wait(testnet.Context(t))
	require.ErrorIs(t, err, client.ErrClosed)
	_, err = payer.Submit(testnet.Context(t), send(payer.Address(), sink(t), 1))
	require.ErrorIs(t, err, client.ErrClosed)
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	for name, config := range map[string]client.Config{
		"no chain id": {Nodes: []string{"http://127.0.0.1:1"}},
		"no node":     {ChainID: "c"},
		"odd node":    {ChainID: "c", Nodes: []string{"http://%zz"}},
		"odd price":   {ChainID: "c", Nodes: []string{"http://127.0.0.1:1"}, GasPrice: "much"},
		"shrinking":   {ChainID: "c", Nodes: []string{"http://127.0.0.1:1"}, GasAdjustment: 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.New(config)
			require.ErrorIs(t, err, client.ErrConfig)
		})
	}
	_, err := client.KeySigner([]byte("short"))
	require.ErrorIs(t, err, client.ErrConfig)
}
