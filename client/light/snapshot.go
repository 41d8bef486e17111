package light

import (
	"context"
	"errors"
	"fmt"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"
)

// Snapshot reads proven values of the chain's state at one height. It may be used by many goroutines and kept for as long as nodes
// keep that state.
//
// State of height H is what the block of height H left behind. Its hash stands in the header of H+1, which proves it. Rules that
// depend on time and height see the block H+1, the first to run on that state.
type Snapshot struct {
	client *Client
	// block is the verified block H+1.
	block *cmttypes.LightBlock
}

// Height returns the height of the state: of the last block that changed it.
func (s *Snapshot) Height() int64 { return s.block.Height - 1 }

// Header returns the verified header that proves the state: of the block after Height.
func (s *Snapshot) Header() *cmttypes.Header { return s.block.Header }

// Time returns the time of the header that proves the state.
func (s *Snapshot) Time() time.Time { return s.block.Time }

// At returns the snapshot of the state after the block of a height, which the header of the next one proves. Errors: those of Header.
func (c *Client) At(ctx context.Context, height int64) (*Snapshot, error) {
	if newest := c.newest.Load(); newest.Height() == height {
		return newest, c.halted()
	}
	block, err := c.Header(ctx, height+1)
	if err != nil {
		return nil, fmt.Errorf("verifying the state of height %d by the header of the next: %w", height, err)
	}
	return c.offer(block), nil
}

// Latest asks a node for the newest header, verifies it, and returns the snapshot that it proves. It never goes back. Errors:
// ErrUnverified, ErrTrustExpired, ErrDivergence. How old the newest is, is up to that node: Fresh bounds it, and Since waits for a height.
func (c *Client) Latest(ctx context.Context) (*Snapshot, error) {
	before := c.newest.Load().block
	learned := func(block *cmttypes.LightBlock) bool { return block != before }
	return c.newer(ctx, learned, func(*cmttypes.LightBlock) bool { return true })
}

// newer returns the newest snapshot, after asking nodes until it is new enough or all have been asked, unless what is known is.
func (c *Client) newer(ctx context.Context, known, enough func(*cmttypes.LightBlock) bool) (*Snapshot, error) {
	block, err := c.update(ctx, known, enough)
	if err != nil {
		return nil, err
	}
	return c.offer(block), nil
}

// sincePoll is how often Since asks for a newer header.
const sincePoll = 200 * time.Millisecond

// Since returns the snapshot of the newest state that is proven, once that is of a height or of a later one: what a transaction in the block of
// that height did is in it. It waits until ctx ends, whatever nodes answer meanwhile. Errors: ErrDivergence, ErrTrustExpired, and that of
// the context, with the last failure.
func (c *Client) Since(ctx context.Context, height int64) (*Snapshot, error) {
	if newest := c.newest.Load(); newest.Height() >= height {
		return newest, c.halted()
	}
	enough := func(block *cmttypes.LightBlock) bool { return block.Height > height }
	for {
		latest, err := c.newer(ctx, enough, enough)
		switch {
		case err == nil && latest.Height() >= height:
			return latest, nil
		case errors.Is(err, ErrDivergence), errors.Is(err, ErrTrustExpired):
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("waiting for the proof of height %d: %w", height, ctx.Err()), err)
		case <-time.After(sincePoll):
		}
	}
}

// Fresh returns a snapshot whose header is at most maxAge old by the client's clock: the newest that it has, so that values proven
// before are served again without asking, else the newest that nodes have. A block's time is that of the votes for the one before,
// so a header is about a block old when it appears; one from the future tells of a wrong clock. Errors: ErrStale, and those of Latest.
func (c *Client) Fresh(ctx context.Context, maxAge time.Duration) (*Snapshot, error) {
	enough := func(block *cmttypes.LightBlock) bool {
		age := c.config.Now().Sub(block.Time)
		return -c.config.MaxClockDrift <= age && age <= maxAge // by a clock that is behind, nothing ever gets old
	}
	if newest := c.newest.Load(); enough(newest.block) {
		return newest, c.halted()
	}
	latest, err := c.newer(ctx, enough, enough)
	if err != nil {
		return nil, err
	}
	if !enough(latest.block) {
		return nil, fmt.Errorf("%w: height %d is %s old by the clock here, and %s are allowed", ErrStale, latest.Header().Height, c.config.Now().Sub(latest.Time()), maxAge)
	}
	return latest, nil
}

// offer makes a snapshot of a verified block, and the newest if it is.
func (c *Client) offer(block *cmttypes.LightBlock) *Snapshot {
	s := &Snapshot{client: c, block: block}
	for {
		newest := c.newest.Load()
		if newest != nil && newest.block.Height >= block.Height {
			if newest.block.Height == block.Height {
				return newest
			}
			return s
		}
		if c.newest.CompareAndSwap(newest, s) {
			return s
		}
	}
}

// Get returns the proven value of a key of a store, nil if it is proven that the store has no such key. The value may be empty
// without being nil, and must not be changed. Errors: ErrUnavailable, and that of the context.
func (s *Snapshot) Get(ctx context.Context, store string, key []byte) ([]byte, error) {
	p, err := s.prove(ctx, store, key)
	if err != nil || !p.found {
		return nil, err
	}
	if p.value == nil {
		return []byte{}, nil
	}
	return p.value, nil
}

func (s *Snapshot) prove(ctx context.Context, store string, key []byte) (position, error) {
	if len(key) == 0 {
		return position{}, fmt.Errorf("%w: an empty key", ErrConfig)
	}
	if err := s.client.halted(); err != nil {
		return position{}, err
	}
	return s.client.prove(ctx, question{s.Height(), store, string(key)}, s.block.AppHash)
}
