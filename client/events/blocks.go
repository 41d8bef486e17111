package events

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/medibloc/panacea/client/internal/rpc"
)

var (
	// ErrPruned says that no node has a block any more that comes next.
	ErrPruned = errors.New("events: the nodes have pruned the next block")
	// ErrFork says that a node shows a block that does not follow the one before.
	ErrFork = errors.New("events: the nodes show a block that does not follow the one before")
)

// DefaultPoll is how often nodes are asked for the next block when nothing wakes the reader earlier.
const DefaultPoll = time.Second

// Config says which blocks to read, and from whom.
type Config struct {
	// Nodes are the RPC addresses of nodes, which are trusted for what happened. The first that answers is asked.
	Nodes []string
	// From is the height of the first block to read. If it is 0, reading begins with the first block to come when Next is first called.
	From int64
	// Poll is how often nodes are asked for the next block when nothing wakes the reader earlier: DefaultPoll if it is 0.
	Poll time.Duration
	// OnFault, if not nil, is told of each node that does not answer.
	OnFault func(node string, err error)
}

// Block is a block that the chain has executed.
type Block struct {
	Height int64
	Time   time.Time
	// Hash is the block's, and Parent that of the block before.
	Hash, Parent []byte
	// Txs are the transactions, and Results what each did.
	Txs     cmttypes.Txs
	Results []*abci.ExecTxResult
	// Events are those of the block itself, of no transaction.
	Events []abci.Event
}

// Blocks reads a chain's blocks one after the other, each once, and waits for those to come. It is not for several goroutines at once.
type Blocks struct {
	config Config
	nodes  []*node
	next   int64
	parent []byte
	bell   *bell
	// current is the index of the node that is asked first.
	current int
}

type node struct {
	address string
	*cmthttp.HTTP
	// executed is a height whose block the node has executed and committed.
	executed int64
}

// NewBlocks makes a reader. It must be closed.
func NewBlocks(config Config) (*Blocks, error) {
	if len(config.Nodes) == 0 {
		return nil, errors.New("events: no node to read from")
	}
	if config.Poll == 0 {
		config.Poll = DefaultPoll
	}
	if config.OnFault == nil {
		config.OnFault = func(string, error) {}
	}
	b := &Blocks{config: config, next: config.From}
	for _, address := range config.Nodes {
		client, err := rpc.New(address)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		b.nodes = append(b.nodes, &node{address: address, HTTP: client})
	}
	b.bell = newBell(b.nodes, config.Poll)
	return b, nil
}

// Close ends the reader's connections.
func (b *Blocks) Close() { b.bell.close() }

// Next returns the next block when the chain has executed it. If ctx ends before, the next call goes on with the same block. Errors:
// ErrPruned, ErrFork, and that of the context; a node that does not answer is no error while time is left.
func (b *Blocks) Next(ctx context.Context) (Block, error) {
	for {
		rung := b.bell.listen()
		block, err := b.fetch(ctx)
		if err == nil || errors.Is(err, ErrPruned) || errors.Is(err, ErrFork) {
			return block, err
		}
		select {
		case <-ctx.Done():
			return Block{}, fmt.Errorf("waiting for block %d: %w", b.next, ctx.Err())
		case <-rung:
		case <-time.After(b.config.Poll):
		}
	}
}

// fetch returns the next block if a node has executed it.
func (b *Blocks) fetch(ctx context.Context) (Block, error) {
	var last error
	gone := 0
	for i := range b.nodes {
		index := (b.current + i) % len(b.nodes)
		block, err := b.fetchFrom(ctx, b.nodes[index])
		if err == nil {
			b.current = index
			b.next, b.parent = block.Height+1, block.Hash
			return block, nil
		}
		if errors.Is(err, ErrPruned) {
			gone++
		}
		if ctx.Err() == nil && !errors.Is(err, errNotYet) {
			b.config.OnFault(b.nodes[index].address, err)
		}
		last = err
	}
	if errors.Is(last, ErrPruned) && gone < len(b.nodes) {
		last = errNotYet // another node may have it and be down
	}
	return Block{}, last
}

// errNotYet says that a node has not executed the next block.
var errNotYet = errors.New("events: not yet executed")

// pruned is how a node says that it has no block of a height any more (CometBFT, rpc/core/env.go).
var pruned = regexp.MustCompile(`is not available, lowest height is \d+`)

// fetchFrom returns the next block if a node has executed it, and so committed it that its queries see what the block did.
func (b *Blocks) fetchFrom(ctx context.Context, n *node) (Block, error) {
	if b.next == 0 || n.executed < b.next {
		info, err := n.ABCIInfo(ctx)
		if err != nil {
			return Block{}, err
		}
		n.executed = info.Response.LastBlockHeight
	}
	if b.next == 0 {
		b.next = n.executed + 1
	}
	if n.executed < b.next {
		return Block{}, errNotYet
	}
	height := b.next
	block, err := n.Block(ctx, &height)
	if err != nil {
		if pruned.MatchString(err.Error()) {
			return Block{}, fmt.Errorf("%w: %d: %w", ErrPruned, height, err)
		}
		return Block{}, err
	}
	results, err := n.BlockResults(ctx, &height)
	if err != nil {
		return Block{}, err
	}
	return b.join(block, results)
}

// join checks that a node's answers are of the next block, and joins them.
func (b *Blocks) join(answer *coretypes.ResultBlock, results *coretypes.ResultBlockResults) (Block, error) {
	if answer.Block == nil || answer.Block.Height != b.next || results.Height != b.next {
		return Block{}, fmt.Errorf("the node answered with another block than %d", b.next)
	}
	if len(answer.Block.Txs) != len(results.TxsResults) {
		return Block{}, fmt.Errorf("block %d has %d transactions and %d results", b.next, len(answer.Block.Txs), len(results.TxsResults))
	}
	block := Block{
		Height: b.next, Time: answer.Block.Time, Hash: answer.Block.Hash(), Parent: answer.Block.LastBlockID.Hash,
		Txs: answer.Block.Txs, Results: results.TxsResults, Events: results.FinalizeBlockEvents,
	}
	if b.parent != nil && string(b.parent) != string(block.Parent) {
		return Block{}, fmt.Errorf("%w: block %d follows %X, not %X", ErrFork, b.next, block.Parent, b.parent)
	}
	return block, nil
}

// bell wakes a reader when a node announces a block. It may be silent, and ring for nothing: it never says what happened.
type bell struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu   sync.Mutex
	rung chan struct{}
}

// bellRetry is the pause before a connection for announcements is tried again.
const bellRetry = time.Second

func newBell(nodes []*node, patience time.Duration) *bell {
	ctx, cancel := context.WithCancel(context.Background())
	b := &bell{cancel: cancel, rung: make(chan struct{})}
	b.done.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			b.subscribe(ctx, nodes[i%len(nodes)].address, patience)
			select {
			case <-ctx.Done():
			case <-time.After(bellRetry):
			}
		}
	})
	return b
}

func (b *bell) close() {
	b.cancel()
	b.done.Wait()
}

// listen returns a channel that is closed at the next ring.
func (b *bell) listen() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rung
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.rung)
	b.rung = make(chan struct{})
}

// subscriber names the reader to the node; a connection has one.
const subscriber = "panacea-client"

// quietPeriods is how many polls may pass without an announcement before the connection is made anew, with the next node.
const quietPeriods = 60

// subscribe rings for each block that a node announces, until the connection is silent for long.
func (b *bell) subscribe(ctx context.Context, address string, patience time.Duration) {
	client, err := rpc.New(address)
	if err != nil || client.Start() != nil {
		return
	}
	defer func() { _ = client.Stop() }() // it is stopped, or was already
	bounded, cancel := context.WithTimeout(ctx, rpc.Timeout)
	defer cancel()
	announced, err := client.Subscribe(bounded, subscriber, cmttypes.EventQueryNewBlockHeader.String(), 16)
	if err != nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-announced:
			if !ok {
				return
			}
			b.ring()
		case <-time.After(quietPeriods * patience):
			return
		}
	}
}
