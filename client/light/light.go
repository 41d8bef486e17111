package light

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	cmtlight "github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/light/provider"
	"github.com/cometbft/cometbft/light/store"
	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/medibloc/panacea/client/internal/rpc"
)

// Defaults of a configuration.
const (
	DefaultMaxClockDrift = 10 * time.Second
	DefaultWitnessLag    = 5 * time.Second
	DefaultTimeout       = 5 * time.Second
	DefaultCacheBytes    = 64 << 20
)

// TrustedBlock is what a light client takes for granted: the hash of the block of a height.
type TrustedBlock struct {
	Height int64
	Hash   []byte
}

// Config says what a client trusts and whom it asks.
type Config struct {
	// ChainID is the chain's.
	ChainID string
	// Nodes are the RPC addresses of nodes, none of them trusted, such as http://127.0.0.1:26657. Each header comes from one and must be
	// confirmed by another, so more than one, of different operators, makes a fork seen; of two, both must answer, and of three one may be down.
	// Values come from any.
	Nodes []string
	// Trusted is the block that trust starts from. It is not needed once the store has blocks.
	Trusted TrustedBlock
	// TrustingPeriod is for how long a block is trusted after its time. It is less than the chain's unbonding period: two thirds of that
	// are usual.
	TrustingPeriod time.Duration
	// Store keeps verified headers. They are trusted at the next start: keep it where nobody else writes.
	Store store.Store
	// Now is the clock; time.Now by default.
	Now func() time.Time
	// MaxClockDrift is how far in the future of the clock a header's time may be.
	MaxClockDrift time.Duration
	// WitnessLag is how long a node may take to learn of a block that another has shown.
	WitnessLag time.Duration
	// Timeout bounds one request to one node.
	Timeout time.Duration
	// CacheBytes bounds the proven values that are kept in memory.
	CacheBytes int
	// OnFault, if not nil, is told of each node that did not answer, or whose answer did not verify. It must not block.
	OnFault func(node string, err error)
}

func (c *Config) complete() error {
	if c.ChainID == "" {
		return fmt.Errorf("%w: no chain id", ErrConfig)
	}
	if len(c.Nodes) == 0 {
		return fmt.Errorf("%w: no node", ErrConfig)
	}
	if c.TrustingPeriod <= 0 {
		return fmt.Errorf("%w: the trusting period is not positive", ErrConfig)
	}
	if c.Store == nil {
		return fmt.Errorf("%w: no store", ErrConfig)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnFault == nil {
		c.OnFault = func(string, error) {}
	}
	setDefault(&c.MaxClockDrift, DefaultMaxClockDrift)
	setDefault(&c.WitnessLag, DefaultWitnessLag)
	setDefault(&c.Timeout, DefaultTimeout)
	setDefault(&c.CacheBytes, DefaultCacheBytes)
	return nil
}

func setDefault[T int | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// Client follows a chain by its headers and reads proven values of its state. It may be used by many goroutines.
type Client struct {
	config  Config
	nodes   []node
	modules *modules
	cache   *cache
	asks    flights

	// lock is held while headers are verified: CometBFT's light client is not made for several goroutines.
	lock  chan struct{}
	light *cmtlight.Client
	// primary is the index of the node that headers come from.
	primary int

	// diverged is ErrDivergence with its details once nodes have shown conflicting chains.
	diverged atomic.Pointer[error]
	// newest is the snapshot of the newest verified header.
	newest atomic.Pointer[Snapshot]
	// preferred is the index of the node that values are asked of first.
	preferred atomic.Int64
}

// node is a node's address and its client.
type node struct {
	address string
	*cmthttp.HTTP
}

// New starts a client from its store or, if that is empty or has only blocks that are too old, from the configuration's trusted
// block, which it then asks the nodes for. Errors: ErrConfig, ErrTrustedBlock, ErrTrustExpired, ErrDivergence, ErrUnverified.
func New(ctx context.Context, config Config) (*Client, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	modules, err := newModules()
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, modules: modules, cache: newCache(config.CacheBytes), lock: make(chan struct{}, 1)}
	for _, address := range config.Nodes {
		client, err := rpc.New(address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
		c.nodes = append(c.nodes, node{address, client})
	}
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// start takes up the store's trust, or the configuration's.
func (c *Client) start(ctx context.Context) error {
	last, err := c.lastStored()
	if err != nil {
		return err
	}
	if last == nil || c.expired(last) && c.config.Trusted.Height > last.Height {
		if err := c.trustConfigured(ctx); err != nil {
			return err
		}
		if last, err = c.lastStored(); err != nil {
			return err
		}
	} else if err := c.compareWithStored(); err != nil {
		return err
	}
	if last == nil || c.expired(last) {
		return fmt.Errorf("%w: start from a newer trusted block", ErrTrustExpired)
	}
	if c.light == nil {
		if err := c.useStored(); err != nil {
			return err
		}
	}
	c.offer(last)
	return nil
}

// lastStored returns the newest block of the store, nil if it has none.
func (c *Client) lastStored() (*cmttypes.LightBlock, error) {
	height, err := c.config.Store.LastLightBlockHeight()
	if err != nil {
		return nil, fmt.Errorf("reading the store of trusted blocks: %w", err)
	}
	if height <= 0 {
		return nil, nil
	}
	block, err := c.config.Store.LightBlock(height)
	if err != nil {
		return nil, fmt.Errorf("reading the trusted block of height %d: %w", height, err)
	}
	return block, nil
}

func (c *Client) expired(block *cmttypes.LightBlock) bool {
	return cmtlight.HeaderExpired(block.SignedHeader, c.config.TrustingPeriod, c.config.Now())
}

// compareWithStored checks that the configured trusted block is not another than the stored one of its height.
func (c *Client) compareWithStored() error {
	trusted := c.config.Trusted
	if trusted.Height == 0 {
		return nil
	}
	stored, err := c.config.Store.LightBlock(trusted.Height)
	if errors.Is(err, store.ErrLightBlockNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the trusted block of height %d: %w", trusted.Height, err)
	}
	if !bytes.Equal(stored.Hash(), trusted.Hash) {
		return fmt.Errorf("%w: %d: the store has %X, not %X", ErrTrustedBlock, trusted.Height, stored.Hash(), trusted.Hash)
	}
	return nil
}

// trustConfigured starts anew from the configuration's trusted block, through the first node that shows it.
func (c *Client) trustConfigured(ctx context.Context) error {
	trusted := c.config.Trusted
	if trusted.Height <= 0 || len(trusted.Hash) != 32 {
		return fmt.Errorf("%w: the store is empty or too old, and the trusted block is not a height with a hash of 32 bytes", ErrConfig)
	}
	options := cmtlight.TrustOptions{Period: c.config.TrustingPeriod, Height: trusted.Height, Hash: trusted.Hash}
	var errs []error
	kind := ErrUnverified
	for range c.nodes {
		primary, witnesses := c.sources()
		light, err := cmtlight.NewClient(ctx, c.config.ChainID, options, primary, witnesses, c.config.Store, c.options()...)
		if err == nil {
			c.light = light
			return nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", c.nodes[c.primary].address, err))
		c.primary = (c.primary + 1) % len(c.nodes)
		if !errors.Is(err, provider.ErrNoResponse) && ctx.Err() == nil {
			kind = ErrTrustedBlock
		}
	}
	return fmt.Errorf("%w: height %d, hash %X: %w", kind, trusted.Height, trusted.Hash, errors.Join(errs...))
}

// sources returns the node that headers come from and those that confirm them. A single node confirms its own.
func (c *Client) sources() (primary provider.Provider, witnesses []provider.Provider) {
	for i := range c.nodes {
		n := c.nodes[(c.primary+i)%len(c.nodes)]
		source := headers{
			node: n, chainID: c.config.ChainID, lag: c.config.WitnessLag, timeout: c.config.Timeout, fault: c.config.OnFault,
		}
		if i == 0 {
			primary = source
		}
		if i > 0 || len(c.nodes) == 1 {
			witnesses = append(witnesses, source)
		}
	}
	return primary, witnesses
}

func (c *Client) options() []cmtlight.Option {
	return []cmtlight.Option{cmtlight.MaxClockDrift(c.config.MaxClockDrift)}
}

// useStored makes a light client of the store's blocks and of all nodes.
func (c *Client) useStored() error {
	primary, witnesses := c.sources()
	light, err := cmtlight.NewClientFromTrustedStore(c.config.ChainID, c.config.TrustingPeriod, primary, witnesses, c.config.Store, c.options()...)
	if err != nil {
		return fmt.Errorf("reading the store of trusted blocks: %w", err)
	}
	c.light = light
	return nil
}

// verified runs a step of the light client, with one node after the other as the source of headers until it succeeds.
func (c *Client) verified(ctx context.Context, step func() (*cmttypes.LightBlock, error)) (*cmttypes.LightBlock, error) {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnverified, ctx.Err())
	}
	if err := c.halted(); err != nil {
		return nil, err
	}
	var errs []error
	for range c.nodes {
		block, err := step()
		if err == nil {
			return block, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
		var expired cmtlight.ErrOldHeaderExpired
		switch {
		case errors.Is(err, cmtlight.ErrLightClientAttack):
			halted := fmt.Errorf("%w: %w", ErrDivergence, err)
			c.diverged.Store(&halted)
			return nil, halted
		case errors.As(err, &expired):
			return nil, fmt.Errorf("%w: %w", ErrTrustExpired, err)
		}
		// The light client has dropped nodes that it found wanting: begin again with all, another one first.
		c.config.OnFault(c.nodes[c.primary].address, err)
		if err := c.rotate(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrUnverified, errors.Join(errs...))
}

// rotate takes the next node as the source of headers, and all others as witnesses again. The lock is held.
func (c *Client) rotate() error {
	c.primary = (c.primary + 1) % len(c.nodes)
	return c.useStored()
}

// halted returns ErrDivergence once nothing is trusted any more.
func (c *Client) halted() error {
	if diverged := c.diverged.Load(); diverged != nil {
		return *diverged
	}
	return nil
}

// update learns the newest header, and returns it or, if nodes have none that is newer, the newest that was trusted before. If that is not
// enough, because the node that headers come from stands still or holds back, the others are asked. None is if known says that the newest
// will do.
func (c *Client) update(ctx context.Context, known, enough func(*cmttypes.LightBlock) bool) (*cmttypes.LightBlock, error) {
	return c.verified(ctx, func() (*cmttypes.LightBlock, error) {
		// Another goroutine may have done the work while this one waited for the lock.
		if newest := c.newest.Load().block; known(newest) {
			return newest, nil
		}
		var last *cmttypes.LightBlock
		for range c.nodes {
			block, err := c.light.Update(ctx, c.config.Now())
			if err != nil {
				return nil, err
			}
			if last = block; last == nil {
				if last, err = c.lastTrusted(); err != nil {
					return nil, err
				}
			}
			if enough(last) {
				return last, nil
			}
			if err := c.rotate(); err != nil {
				return nil, err
			}
		}
		return last, nil
	})
}

// lastTrusted returns the newest block of the store, while it can be trusted.
func (c *Client) lastTrusted() (*cmttypes.LightBlock, error) {
	last, err := c.lastStored()
	if err != nil {
		return nil, err
	}
	if c.expired(last) {
		return nil, cmtlight.ErrOldHeaderExpired{At: last.Time.Add(c.config.TrustingPeriod), Now: c.config.Now()}
	}
	return last, nil
}

// Header returns the verified block of a height: its header, the commit that signed it, and its validators. Errors: ErrUnverified,
// ErrTrustExpired, ErrDivergence.
func (c *Client) Header(ctx context.Context, height int64) (*cmttypes.LightBlock, error) {
	return c.verified(ctx, func() (*cmttypes.LightBlock, error) {
		return c.light.VerifyLightBlockAtHeight(ctx, height, c.config.Now())
	})
}
