package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/app/localnet"
)

// kills is how often the node is killed: each time something else of its work is cut off.
const kills = 3

func killedUnderLoad(t *testing.T, network *localnet.Network) {
	victim, others := network.Nodes[3], network.Nodes[:3]
	start := height(t, others[0])
	receiver := newAddress(t)
	pay := func(from sdk.AccAddress, _ int) sdk.Msg {
		return banktypes.NewMsgSend(from, receiver, sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 1)))
	}
	createDID := func(from sdk.AccAddress, n int) sdk.Msg {
		return apptest.NewDID(t, fmt.Sprint("load ", n)).Create(from)
	}
	safe := startLoad(t, dialNode(t, network, others[0]), "alice", pay)
	dids := startLoad(t, dialNode(t, network, others[1]), "carol", createDID)
	risky := startLoad(t, dialNode(t, network, victim), "bob", pay)
	for range kills {
		loaded := height(t, others[0]) + 2
		waitForHeight(t, loaded, network.Nodes...)
		victim.Kill()
		waitForHeight(t, loaded+2, others...)
		require.NoError(t, victim.Start())
		blocksGoOn(t, network.Nodes...)
	}
	for _, load := range []*load{safe, dids, risky} {
		load.stop()
	}

	// What a node that lived has accepted is in a block, though others died meanwhile.
	chain := dialNode(t, network, others[0])
	for _, hash := range slices.Concat(safe.accepted, dids.accepted) {
		chain.included(t, hash)
	}
	blocksGoOn(t, network.Nodes...)
	sameChain(t, network, start, network.Nodes...)

	last := height(t, others[0])
	waitForHeight(t, last+1, network.Nodes...)
	paid := balance(t, chain.at(last), receiver)
	require.GreaterOrEqual(t, paid, int64(len(safe.accepted)))
	require.LessOrEqual(t, paid, int64(safe.tried+risky.tried), "a payment was made twice")
	for _, node := range network.Nodes {
		require.Equal(t, paid, balance(t, dialNode(t, network, node).at(last), receiver), "%s knows of other payments", node.Name)
	}
	t.Logf("%d payments and %d DIDs in %d blocks", paid, len(dids.accepted), last-start)
}

// load is a stream of transactions through one node.
type load struct {
	cancel   context.CancelFunc
	ended    sync.WaitGroup
	tried    int
	accepted [][]byte // hashes of the transactions that the node has answered for
}

// loadInterval is the time between two transactions of a load.
const loadInterval = 25 * time.Millisecond

// startLoad begins to send the messages that a key makes, numbered from 0. A node that does not answer is asked again.
func startLoad(t testing.TB, chain chain, from string, message func(from sdk.AccAddress, n int) sdk.Msg) *load {
	t.Helper()
	sender := chain.address(t, from)
	number, _, err := chain.AccountRetriever.GetAccountNumberSequence(chain.Context, sender)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	l := &load{cancel: cancel}
	l.ended.Go(func() {
		tick := time.NewTicker(loadInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if hash, err := chain.submitUnordered(ctx, from, number, message(sender, l.tried)); err == nil {
					l.accepted = append(l.accepted, hash)
				}
				l.tried++
			}
		}
	})
	return l
}

// stop ends the stream.
func (l *load) stop() {
	l.cancel()
	l.ended.Wait()
}

func newAddress(t testing.TB) sdk.AccAddress {
	t.Helper()
	address := make([]byte, 20)
	_, err := rand.Read(address)
	require.NoError(t, err)
	return address
}

// balance returns what an account has, in umed.
func balance(t testing.TB, chain chain, account sdk.AccAddress) int64 {
	t.Helper()
	amount, err := askBalance(t.Context(), chain, account)
	require.NoError(t, err)
	return amount
}

func askBalance(ctx context.Context, chain chain, account sdk.AccAddress) (int64, error) {
	answer, err := banktypes.NewQueryClient(chain).Balance(ctx, banktypes.NewQueryBalanceRequest(account, app.BaseDenom))
	if err != nil {
		return 0, err
	}
	return answer.Balance.Amount.Int64(), nil
}
