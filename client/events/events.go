package events

import (
	"context"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Position is where a reader stands: before the event of an index in the block of a height. Save it after an event has been dealt
// with, and resume there.
type Position struct {
	Height int64 `json:"height"`
	Index  int   `json:"index"`
}

// Event is something that happened in a block.
type Event struct {
	// Height and Index order events and name each: the index counts through the block, first the events of its transactions in order,
	// then the block's own.
	Height int64
	Index  int
	// Time is the block's.
	Time time.Time
	// TxHash is that of the transaction that made the event, nil for the block's own.
	TxHash []byte
	// Event is what the chain said. The events of a failed transaction are those of its fee.
	abci.Event
}

// After returns the position behind the event.
func (e Event) After() Position { return Position{e.Height, e.Index + 1} }

// Typed returns the event as the message that it was emitted as, such as *didtypes.EventDIDCreated. It fails for events that are not
// typed, such as x/bank's.
func (e Event) Typed() (proto.Message, error) {
	message, err := sdk.ParseTypedEvent(e.Event)
	if err != nil {
		return nil, fmt.Errorf("reading event %d of block %d, of type %s: %w", e.Index, e.Height, e.Type, err)
	}
	return message, nil
}

// Reader reads events in order, each once. It is not for several goroutines at once.
type Reader struct {
	blocks *Blocks
	// queue is what is left of the block that was read last; skip is how many events of the next block are not wanted.
	queue []Event
	skip  int
	next  Position
}

// NewReader makes a reader that begins at a position; the zero position is that of the first block to come when Next is first
// called. From of the configuration is not used. The reader must be closed.
func NewReader(config Config, from Position) (*Reader, error) {
	config.From = from.Height
	blocks, err := NewBlocks(config)
	if err != nil {
		return nil, err
	}
	return &Reader{blocks: blocks, skip: from.Index, next: from}, nil
}

// Close ends the reader's connections.
func (r *Reader) Close() { r.blocks.Close() }

// Position returns where a reader has to begin to go on with the event that Next returns next. Blocks without events move it on.
func (r *Reader) Position() Position { return r.next }

// Next returns the next event, when there is one. Errors are those of Blocks.Next.
func (r *Reader) Next(ctx context.Context) (Event, error) {
	for len(r.queue) == 0 {
		block, err := r.blocks.Next(ctx)
		if err != nil {
			return Event{}, err
		}
		events := eventsOf(block)
		r.queue, r.skip = events[min(r.skip, len(events)):], 0
		if len(r.queue) == 0 {
			r.next = Position{Height: block.Height + 1}
		}
	}
	event := r.queue[0]
	r.queue = r.queue[1:]
	r.next = event.After()
	if len(r.queue) == 0 {
		r.next = Position{Height: event.Height + 1}
	}
	return event, nil
}

// eventsOf lists a block's events in their order.
func eventsOf(block Block) []Event {
	var events []Event
	add := func(hash []byte, emitted []abci.Event) {
		for _, e := range emitted {
			events = append(events, Event{Height: block.Height, Index: len(events), Time: block.Time, TxHash: hash, Event: e})
		}
	}
	for i, result := range block.Results {
		add(block.Txs[i].Hash(), result.Events)
	}
	add(nil, block.Events)
	return events
}
