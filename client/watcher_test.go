package client

import (
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/medibloc/panacea/client/events"
)

// A block may have a transaction too early, which then can be in a later one: to make another instead would pay twice.
func TestATransactionThatIsTooEarlyInABlockIsStillWaitedFor(t *testing.T) {
	c := &Client{}
	c.watcher = newWatcher(c)
	t.Cleanup(c.watcher.close)
	p := &Pending{account: &Account{client: c, sequence: &sequence{pending: map[uint64]*Pending{}}}, tx: cmttypes.Tx("tx"), timeout: 10, done: make(chan struct{})}
	c.watcher.waiting[p.Hash()] = p
	block := func(height int64, code uint32) events.Block {
		return events.Block{Height: height, Txs: []cmttypes.Tx{p.tx}, Results: []*abci.ExecTxResult{{Codespace: sdkerrors.RootCodespace, Code: code}}}
	}
	c.watcher.look(block(5, sdkerrors.ErrWrongSequence.ABCICode()))
	select {
	case <-p.done:
		t.Fatal("it was given up")
	default:
	}
	c.watcher.look(block(6, sdkerrors.ErrInsufficientFunds.ABCICode()))
	<-p.done
	require.NoError(t, p.err)
	require.EqualValues(t, 6, p.result.Height)
	require.Equal(t, sdkerrors.ErrInsufficientFunds.ABCICode(), p.result.Code)
}
