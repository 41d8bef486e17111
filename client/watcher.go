package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/medibloc/panacea/client/events"
)

// watcher looks for sent transactions in each block, from the first that may have one on. Blocks and not a node's index of transactions
// are asked, because an index may be off or behind.
type watcher struct {
	client *Client
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	running bool
	// seen is the height of the last block that was looked through.
	seen    int64
	waiting map[string]*Pending // by hash
}

func newWatcher(c *Client) *watcher {
	w := &watcher{client: c, waiting: map[string]*Pending{}}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

func (w *watcher) close() {
	w.cancel()
	w.done.Wait()
}

// height returns about the chain's height: not above it.
func (w *watcher) height(ctx context.Context) (int64, error) {
	w.mu.Lock()
	running, seen := w.running, w.seen
	w.mu.Unlock()
	if running {
		return seen, nil
	}
	return w.client.height(ctx)
}

func (w *watcher) seenUpTo() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

// wait looks for a transaction that has not been sent yet, in blocks from a height on. The error is ErrClosed.
func (w *watcher) wait(p *Pending, from int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		return ErrClosed
	}
	w.waiting[p.Hash()] = p
	if w.running {
		return nil
	}
	blocks, err := events.NewBlocks(events.Config{Nodes: w.client.config.Nodes, From: from, OnFault: w.client.config.OnFault})
	if err != nil {
		return err
	}
	w.running, w.seen = true, from-1
	w.done.Go(func() {
		defer blocks.Close()
		w.run(blocks)
	})
	return nil
}

// forget stops looking for a transaction.
func (w *watcher) forget(p *Pending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, p.Hash())
}

// finish ends a transaction whose fate is known, unless it has ended.
func (w *watcher) finish(p *Pending, result Result, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end(p, result, err)
}

// end is finish for who holds mu.
func (w *watcher) end(p *Pending, result Result, err error) {
	if w.waiting[p.Hash()] != p {
		return
	}
	delete(w.waiting, p.Hash())
	p.result, p.err = result, err
	close(p.done)
	p.account.sequence.remove(p)
}

// run looks through blocks until the client is closed, or until the chain cannot be followed.
func (w *watcher) run(blocks *events.Blocks) {
	for {
		block, err := blocks.Next(w.ctx)
		if err != nil {
			w.stop(err)
			return
		}
		w.look(block)
	}
}

// stop ends every transaction that is waited for when blocks cannot be read any more.
func (w *watcher) stop(err error) {
	if w.ctx.Err() != nil {
		err = ErrClosed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = false
	for hash, p := range w.waiting {
		w.end(p, Result{}, fmt.Errorf("%w: %s: %w", ErrUnconfirmed, hash, err))
	}
}

// look ends the transactions that a block has, and those that it was the last to be able to have.
func (w *watcher) look(block events.Block) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, tx := range block.Txs {
		p, ok := w.waiting[hashOf(tx)]
		if !ok {
			continue
		}
		r := block.Results[i]
		if r.Codespace == sdkerrors.RootCodespace && r.Code == sdkerrors.ErrWrongSequence.ABCICode() {
			// Its proposer had no time to see that the one before had gone from its pool. It has used nothing, and may be in a block again.
			continue
		}
		w.end(p, Result{
			Hash: p.Hash(), Height: block.Height, Code: r.Code, Codespace: r.Codespace, Log: r.Log,
			GasWanted: r.GasWanted, GasUsed: r.GasUsed, Events: r.Events, Data: r.Data,
		}, nil)
	}
	w.seen = block.Height
	for hash, p := range w.waiting {
		if p.timeout <= block.Height {
			w.end(p, Result{}, fmt.Errorf("%w: %s, at height %d", ErrExpired, hash, p.timeout))
		}
	}
}

// isGone says whether an error says that a transaction is in no block and will be in none.
func isGone(err error) bool { return errors.Is(err, ErrReplaced) || errors.Is(err, ErrExpired) }
