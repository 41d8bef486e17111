package exchange

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/access"
	"github.com/medibloc/panacea/vault/store"
)

// Options of an exchange. Zero values stand for what is said.
type Options struct {
	// RefusalTime is when a refusal is sent, counted from the request: 100 ms. It bounds what a decision may take, so it must leave room
	// for the resolver and the authorizers.
	RefusalTime time.Duration
	// HandshakeTime bounds a stream's handshake: 15 s.
	HandshakeTime time.Duration
	// IdleTime bounds how long a stream waits for the other side to send or take a block, or to make another request: 30 s.
	IdleTime time.Duration
	// MaxStreams and MaxStreamsPerPeer bound what is served at once: 256 and 8. More are reset.
	MaxStreams, MaxStreamsPerPeer int
	// Now is the clock: time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.RefusalTime == 0 {
		o.RefusalTime = 100 * time.Millisecond
	}
	if o.HandshakeTime == 0 {
		o.HandshakeTime = 15 * time.Second
	}
	if o.IdleTime == 0 {
		o.IdleTime = 30 * time.Second
	}
	if o.MaxStreams == 0 {
		o.MaxStreams = 256
	}
	if o.MaxStreamsPerPeer == 0 {
		o.MaxStreamsPerPeer = 8
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Config says whose exchange it is.
type Config struct {
	Host     host.Host
	Store    *store.Store
	Policy   *access.Policy
	Resolver did.Resolver
	DID      string // the owner's; "" for one who asks without a name, and gets only what everybody gets: nothing
	Binding  string // by SignBinding; "" if the DID's document names the host
	Options  Options
}

// Exchange serves and fetches. Close it before its host and its store.
type Exchange struct {
	Config
	ctx     context.Context
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	binding atomic.Pointer[string]

	mu      sync.Mutex
	closed  bool
	serving map[peer.ID]int
	streams int

	counters counters
}

type counters struct {
	served, refused, blocksSent, bytesSent, fetched, blocksReceived, bytesReceived, failed atomic.Int64
}

// Stats count since the exchange was started.
type Stats struct {
	Served         int64 `json:"served"` // requests answered with an object
	Refused        int64 `json:"refused"`
	BlocksSent     int64 `json:"blocksSent"`
	BytesSent      int64 `json:"bytesSent"`
	Fetched        int64 `json:"fetched"`
	BlocksReceived int64 `json:"blocksReceived"`
	BytesReceived  int64 `json:"bytesReceived"`
	Failed         int64 `json:"failed"` // fetches
}

// New starts serving.
func New(c Config) (*Exchange, error) {
	if c.Host == nil || c.Store == nil || c.Policy == nil || c.Resolver == nil {
		return nil, errors.New("exchange: host, store, policy and resolver are needed")
	}
	c.Options = c.Options.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	e := &Exchange{Config: c, ctx: ctx, cancel: cancel, serving: map[peer.ID]int{}}
	e.SetBinding(c.Binding)
	c.Host.SetStreamHandler(Protocol, e.handle)
	return e, nil
}

// SetBinding replaces the binding, before it is over: a binding lasts up to MaxBindingLifetime, and an exchange may run for longer.
func (e *Exchange) SetBinding(binding string) { e.binding.Store(&binding) }

// Close stops serving and waits for what is being served to end.
func (e *Exchange) Close() error {
	e.Host.RemoveStreamHandler(Protocol)
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.cancel()
	e.wg.Wait()
	return nil
}

// Stats returns the counts.
func (e *Exchange) Stats() Stats {
	c := &e.counters
	return Stats{
		c.served.Load(), c.refused.Load(), c.blocksSent.Load(), c.bytesSent.Load(),
		c.fetched.Load(), c.blocksReceived.Load(), c.bytesReceived.Load(), c.failed.Load(),
	}
}

// admit takes a place for a peer's stream, and says whether there was one.
func (e *Exchange) admit(id peer.ID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.streams >= e.Options.MaxStreams || e.serving[id] >= e.Options.MaxStreamsPerPeer {
		return false
	}
	e.streams++
	e.serving[id]++
	e.wg.Add(1)
	return true
}

func (e *Exchange) dismiss(id peer.ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.streams--
	if e.serving[id]--; e.serving[id] == 0 {
		delete(e.serving, id)
	}
	e.wg.Done()
}
