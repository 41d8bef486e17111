package state

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/cometbft/cometbft/light/store"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// lightSpace holds the light client's blocks by height.
const lightSpace = "light"

// LightBlocks keeps the light client's verified blocks in a sealed store.
type LightBlocks struct {
	store *Store

	mu      sync.Mutex
	heights []int64 // sorted
}

var _ store.Store = (*LightBlocks)(nil)

// LightBlocks returns the light client's store. There must be one at a time.
func (s *Store) LightBlocks(ctx context.Context) (*LightBlocks, error) {
	l := &LightBlocks{store: s}
	for entry, err := range s.Scan(ctx, lightSpace) {
		if err != nil {
			return nil, err
		}
		if len(entry.Key) != 8 {
			return nil, ErrTampered
		}
		l.heights = append(l.heights, int64(binary.BigEndian.Uint64(entry.Key)))
	}
	return l, nil
}

func heightKey(height int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(height)) }

// SaveLightBlock implements store.Store.
func (l *LightBlocks) SaveLightBlock(block *types.LightBlock) error {
	if block.Height <= 0 {
		return fmt.Errorf("%w: a block of height %d", ErrInvalid, block.Height)
	}
	message, err := block.ToProto()
	if err != nil {
		return fmt.Errorf("state: encoding the block of height %d: %w", block.Height, err)
	}
	raw, err := message.Marshal()
	if err != nil {
		return fmt.Errorf("state: encoding the block of height %d: %w", block.Height, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.store.Update(context.Background(), Put(lightSpace, heightKey(block.Height), raw)); err != nil {
		return err
	}
	if i, found := slices.BinarySearch(l.heights, block.Height); !found {
		l.heights = slices.Insert(l.heights, i, block.Height)
	}
	return nil
}

// DeleteLightBlock implements store.Store.
func (l *LightBlocks) DeleteLightBlock(height int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delete(height)
}

func (l *LightBlocks) delete(heights ...int64) error {
	var changes []Change
	for _, height := range heights {
		changes = append(changes, Delete(lightSpace, heightKey(height)))
	}
	if err := l.store.Update(context.Background(), changes...); err != nil {
		return err
	}
	l.heights = slices.DeleteFunc(l.heights, func(height int64) bool { return slices.Contains(heights, height) })
	return nil
}

// LightBlock implements store.Store. Errors: store.ErrLightBlockNotFound, ErrTampered.
func (l *LightBlocks) LightBlock(height int64) (*types.LightBlock, error) {
	raw, err := l.store.Get(context.Background(), lightSpace, heightKey(height))
	if errors.Is(err, ErrNotFound) {
		return nil, store.ErrLightBlockNotFound
	}
	if err != nil {
		return nil, err
	}
	var message cmtproto.LightBlock
	if err := message.Unmarshal(raw); err != nil {
		return nil, ErrTampered
	}
	block, err := types.LightBlockFromProto(&message)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	return block, nil
}

// LastLightBlockHeight implements store.Store.
func (l *LightBlocks) LastLightBlockHeight() (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.heights) == 0 {
		return -1, nil
	}
	return l.heights[len(l.heights)-1], nil
}

// FirstLightBlockHeight implements store.Store.
func (l *LightBlocks) FirstLightBlockHeight() (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.heights) == 0 {
		return -1, nil
	}
	return l.heights[0], nil
}

// LightBlockBefore implements store.Store. Errors: store.ErrLightBlockNotFound, ErrTampered.
func (l *LightBlocks) LightBlockBefore(height int64) (*types.LightBlock, error) {
	l.mu.Lock()
	i, _ := slices.BinarySearch(l.heights, height)
	before := int64(-1)
	if i > 0 {
		before = l.heights[i-1]
	}
	l.mu.Unlock()
	if before < 0 {
		return nil, store.ErrLightBlockNotFound
	}
	return l.LightBlock(before)
}

// Prune implements store.Store: it keeps the newest blocks.
func (l *LightBlocks) Prune(size uint16) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	excess := len(l.heights) - int(size)
	if excess <= 0 {
		return nil
	}
	return l.delete(slices.Clone(l.heights[:excess])...)
}

// Size implements store.Store.
func (l *LightBlocks) Size() uint16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint16(min(len(l.heights), math.MaxUint16))
}
