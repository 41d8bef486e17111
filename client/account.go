package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// AccountConfig says how an account's transactions are made.
type AccountConfig struct {
	// Signer signs them.
	Signer Signer
	// FeeGranter pays the fees, out of an allowance that it has granted to the account; the account itself if empty.
	FeeGranter sdk.AccAddress
	// GasLimit is how much gas a transaction may use: what a simulation used, adjusted, if 0.
	GasLimit uint64
	// Memo is written into each transaction.
	Memo string
	// Keep, if not nil, is given each transaction before any node is, and the next only once the one before is in no block and never will
	// be. Whoever keeps the last can have it sent by another process too: it is executed once. If Keep fails, nothing is sent.
	Keep func(Signed) error
}

// Signed is a transaction that can be sent as it is: see Client.Broadcast.
type Signed struct {
	Tx            []byte `json:"tx"`
	Sequence      uint64 `json:"sequence"`       // of its account
	TimeoutHeight int64  `json:"timeout_height"` // the last height whose block may have it
}

// Account sends transactions of one account. It may be used by many goroutines, and there may be several of one address: those of one
// Client share its sequence numbers.
type Account struct {
	client   *Client
	config   AccountConfig
	address  sdk.AccAddress
	sequence *sequence
}

// Account returns an account that the configuration's signer signs for.
func (c *Client) Account(config AccountConfig) *Account {
	address := sdk.AccAddress(config.Signer.PubKey().Address())
	c.mu.Lock()
	defer c.mu.Unlock()
	shared, ok := c.sequences[string(address)]
	if !ok {
		shared = &sequence{lock: make(chan struct{}, 1)}
		c.sequences[string(address)] = shared
	}
	return &Account{client: c, config: config, address: address, sequence: shared}
}

// Address returns the account's address.
func (a *Account) Address() sdk.AccAddress { return a.address }

// Result is what became of a transaction in a block.
type Result struct {
	// Hash is the transaction's, upper case hexadecimal.
	Hash string
	// Height is that of its block.
	Height int64
	// Code is 0 if it succeeded; else Codespace and Code name the error, and Log explains it.
	Code      uint32
	Codespace string
	Log       string
	// GasWanted is its gas limit, GasUsed what it used.
	GasWanted, GasUsed int64
	// Events are those that it emitted; if it failed, those of its fee.
	Events []abci.Event
	// Data are its messages' responses (sdk.TxMsgData, protobuf).
	Data []byte
}

// Send sends the messages in one transaction and returns when a block has it. If it turns out that the transaction is in no block and
// never will be, because another process used its sequence number or because it expired, it is made anew: at most once it is executed.
//
// Errors: *TxError if the chain refused it, then with a Result if it failed in a block; ErrUnconfirmed if ctx ended before its fate was
// known; ErrUnavailable if nothing was sent; ErrClosed.
func (a *Account) Send(ctx context.Context, messages ...sdk.Msg) (Result, error) {
	for {
		pending, err := a.Submit(ctx, messages...)
		if err != nil {
			return Result{}, err
		}
		result, err := pending.Wait(ctx)
		if isGone(err) && ctx.Err() == nil {
			continue
		}
		return result, err
	}
}

// Pending is a transaction that was sent.
type Pending struct {
	account  *Account
	tx       cmttypes.Tx
	sequence uint64
	timeout  int64 // the last height whose block may have it

	// done is closed when its fate is known: result, or err if it is in no block and will be in none.
	done   chan struct{}
	result Result
	err    error
}

// Hash returns the transaction's hash, upper case hexadecimal.
func (p *Pending) Hash() string { return hashOf(p.tx) }

func hashOf(tx cmttypes.Tx) string { return fmt.Sprintf("%X", tx.Hash()) }

// Submit sends the messages in one transaction and returns when a node has accepted it, which does not mean that it will be in a block:
// see Wait. Errors: *TxError if it was refused; ErrUnavailable if nothing was sent; ErrUnconfirmed, together with the transaction, if ctx
// ended before it was known whether a node has it; ErrClosed.
func (a *Account) Submit(ctx context.Context, messages ...sdk.Msg) (*Pending, error) {
	if err := a.sequence.acquire(ctx); err != nil {
		return nil, fmt.Errorf("%w: waiting for the account's other transactions: %w", ErrUnavailable, err)
	}
	defer a.sequence.release()
	for {
		pending, err := a.submitNext(ctx, messages)
		if !errors.Is(err, errResign) {
			return pending, err
		}
	}
}

// errResign says that a transaction was refused for its sequence number before any node had accepted it, and that another is known.
var errResign = errors.New("client: sign again with another sequence number")

// errTwin says that a node knows a transaction that was never sent to any: another process has made the very same one. It is that
// process's, and must not be taken for one's own.
var errTwin = errors.New("client: another process has sent the same transaction")

// submitNext makes a transaction with the account's next sequence number and sends it. The account's sequence is held.
func (a *Account) submitNext(ctx context.Context, messages []sdk.Msg) (*Pending, error) {
	account, number, err := a.sequence.number(ctx, a)
	if err != nil {
		return nil, err
	}
	height, err := a.client.watcher.height(ctx)
	if err != nil {
		return nil, err
	}
	// Random, so that processes that send the same messages from one account at once do not make the very same transaction.
	timeout := height + int64(a.client.config.TimeoutBlocks+rand.Uint64N(a.client.config.TimeoutBlocks))
	tx, err := a.build(ctx, messages, account, number, uint64(timeout))
	if err != nil {
		return nil, a.learn(ctx, number, err)
	}
	if a.config.Keep != nil {
		if err := a.config.Keep(Signed{tx, number, timeout}); err != nil {
			return nil, err
		}
	}
	pending := &Pending{account: a, tx: tx, sequence: number, timeout: timeout, done: make(chan struct{})}
	if err := a.client.watcher.wait(pending, height+1); err != nil {
		return nil, err
	}
	err = a.deliver(ctx, pending)
	if err != nil && !errors.Is(err, ErrUnconfirmed) {
		a.client.watcher.forget(pending)
		return nil, a.learn(ctx, number, err)
	}
	a.sequence.add(pending)
	return pending, err
}

// learn sets the account's sequence by why number was refused. It returns errResign if that helps, else err.
func (a *Account) learn(ctx context.Context, number uint64, err error) error {
	if errors.Is(err, errTwin) {
		a.sequence.set(number + 1)
		return errResign
	}
	var refused *TxError
	if !errors.As(err, &refused) {
		return err
	}
	expected, ok := refused.expectedSequence()
	if !ok || expected == number {
		return err
	}
	if expected < number && a.resubmit(ctx) {
		return errResign // the node had lost transactions, and has them again
	}
	a.sequence.set(expected)
	return errResign
}

// retryPause is the pause before a transaction that no node took is sent again.
const retryPause = 200 * time.Millisecond

// deliver sends a transaction until a node has it or refuses it. Nodes that do not answer, or whose mempool is full, are asked again:
// with the same bytes, which can be executed once only.
func (a *Account) deliver(ctx context.Context, pending *Pending) error {
	uncertain := false // whether a node may have it although it did not say so
	for {
		outcome, unsure, err := a.client.broadcast(ctx, pending.tx)
		uncertain = uncertain || unsure
		switch {
		case outcome == known && !uncertain:
			return errTwin
		case outcome == accepted || outcome == known:
			return nil
		case outcome == refused && uncertain:
			// The refusal may be because of the transaction itself, which another node has: what is in a block decides.
			return nil
		case outcome == refused:
			return err
		}
		select {
		case <-ctx.Done():
			if uncertain {
				return fmt.Errorf("%w: %s: %w: %w", ErrUnconfirmed, pending.Hash(), ctx.Err(), err)
			}
			return fmt.Errorf("%w: %w: %w", ErrUnavailable, ctx.Err(), err)
		case <-time.After(retryPause):
		}
	}
}

// resubmit sends the account's pending transactions again, in order, and says whether there were any. The account's sequence is held.
func (a *Account) resubmit(ctx context.Context) bool {
	sent := false
	for _, pending := range a.sequence.inOrder() {
		if outcome, _, _ := a.client.broadcast(ctx, pending.tx); outcome == accepted || outcome == known {
			sent = true
		}
	}
	return sent
}

// Wait returns when a block has the transaction, or when it is certain that none will. Errors: *TxError, with a Result, if it failed in
// its block; ErrReplaced and ErrExpired if it is in none; ErrUnconfirmed if ctx ended, and then Wait may be called again; ErrClosed.
func (p *Pending) Wait(ctx context.Context) (Result, error) {
	tick := time.NewTicker(p.account.client.config.Resubmit)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			if p.err == nil && p.result.Code != 0 {
				return p.result, &TxError{
					Hash: p.result.Hash, Height: p.result.Height, Codespace: p.result.Codespace, Code: p.result.Code, Log: p.result.Log,
				}
			}
			return p.result, p.err
		case <-ctx.Done():
			return Result{}, fmt.Errorf("%w: %s: %w", ErrUnconfirmed, p.Hash(), ctx.Err())
		case <-tick.C:
			p.account.chase(ctx)
		}
	}
}

// chase sends the account's transactions again that are in no block yet, and ends those that will be in none because their sequence
// numbers were used. It does so once in a while, however many ask. A node that does not answer will the next time.
func (a *Account) chase(ctx context.Context) {
	if !a.sequence.chaseNow(a.client.config.Resubmit) {
		return
	}
	used, height, err := a.client.committedSequence(ctx, a.address)
	if err != nil {
		return
	}
	// Blocks are looked through up to where the account was read, before anything is concluded from its sequence number.
	if a.client.watcher.seenUpTo() >= height {
		for _, pending := range a.sequence.inOrder() {
			if pending.sequence < used {
				a.client.watcher.finish(pending, Result{}, fmt.Errorf("%w: %s, by sequence number %d of %s",
					ErrReplaced, pending.Hash(), pending.sequence, a.address))
			}
		}
	}
	if err := a.sequence.acquire(ctx); err != nil {
		return
	}
	defer a.sequence.release()
	a.resubmit(ctx)
}

// sequence numbers the transactions of one account. lock is held by the goroutine that makes one.
type sequence struct {
	lock chan struct{}

	mu      sync.Mutex
	chased  time.Time
	loaded  bool
	account uint64 // the account's number on the chain
	next    uint64
	pending map[uint64]*Pending
}

func (s *sequence) acquire(ctx context.Context) error {
	select {
	case s.lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sequence) release() { <-s.lock }

// chaseNow says whether the account's transactions were last chased at least a period ago, and if so notes that they are now.
func (s *sequence) chaseNow(period time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.chased) < period {
		return false
	}
	s.chased = now
	return true
}

// number returns the account's number and the next sequence number, which it reads from the chain unless that has been done.
func (s *sequence) number(ctx context.Context, a *Account) (account, next uint64, err error) {
	s.mu.Lock()
	account, next, loaded := s.account, s.next, s.loaded
	s.mu.Unlock()
	if loaded {
		return account, next, nil
	}
	read, _, err := a.client.account(ctx, a.address)
	if err != nil {
		return 0, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account, s.next, s.loaded = read.GetAccountNumber(), read.GetSequence(), true
	s.skipPending()
	return s.account, s.next, nil
}

func (s *sequence) set(next uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next
	s.skipPending()
}

// skipPending moves next behind the transactions that have been sent.
func (s *sequence) skipPending() {
	for s.pending[s.next] != nil {
		s.next++
	}
}

func (s *sequence) add(p *Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-p.done: // a block had it at once
		s.next = max(s.next, p.sequence+1)
		return
	default:
	}
	if s.pending == nil {
		s.pending = map[uint64]*Pending{}
	}
	s.pending[p.sequence] = p
	s.skipPending()
}

// remove forgets a transaction whose fate is known. If it is in no block, the chain is asked anew what comes next.
func (s *sequence) remove(p *Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[p.sequence] == p {
		delete(s.pending, p.sequence)
	}
	if p.err != nil {
		s.loaded = false
	}
}

// inOrder returns the transactions that have been sent and whose fate is not known, by sequence number.
func (s *sequence) inOrder() []*Pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.pending), func(a, b *Pending) int { return cmp.Compare(a.sequence, b.sequence) })
}
