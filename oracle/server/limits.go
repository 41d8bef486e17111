package server

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"github.com/medibloc/panacea/oracle/api"
)

// gauges limit the rate of many, and count what each has under way. They are bounded: whoever has nothing under way and has not asked for
// long is forgotten, which does not change what it may do.
type gauges struct {
	rate  rate.Limit
	burst int

	mu    sync.Mutex
	known map[string]*gauge
}

type gauge struct {
	limiter *rate.Limiter
	active  int
}

// maxGauges is how many are known at a time: some 200 bytes each.
const maxGauges = 50_000

func newGauges(perSecond float64, burst int) *gauges {
	return &gauges{rate: rate.Limit(perSecond), burst: burst, known: map[string]*gauge{}}
}

func (g *gauges) of(name string) *gauge {
	have, ok := g.known[name]
	if !ok {
		if len(g.known) >= maxGauges {
			g.forget()
		}
		have = &gauge{limiter: rate.NewLimiter(g.rate, g.burst)}
		g.known[name] = have
	}
	return have
}

// forget drops those that are as good as new, and if that is not enough, any that have nothing under way.
func (g *gauges) forget() {
	for name, have := range g.known {
		if have.active == 0 && have.limiter.Tokens() >= float64(g.burst) {
			delete(g.known, name)
		}
	}
	for name, have := range g.known {
		if len(g.known) < maxGauges*3/4 {
			return
		}
		if have.active == 0 {
			delete(g.known, name)
		}
	}
}

// allow says whether one may ask now.
func (g *gauges) allow(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of(name).limiter.Allow()
}

// begin counts something of one that is under way, if fewer than most are.
func (g *gauges) begin(name string, most int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	have := g.of(name)
	if have.active >= most {
		return false
	}
	have.active++
	return true
}

func (g *gauges) end(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known[name].active--
}

// upload takes a place among the submissions on their way in.
func (s *Server) upload(ctx context.Context) (release func(), err error) {
	peer, _ := ctx.Value(peerKey{}).(string)
	if s.draining.Load() {
		return nil, api.Refuse(api.Busy, "", "the oracle is about to stop; ask another oracle")
	}
	if !s.peers.begin(peer, s.limits.PeerUploads) {
		return nil, api.Refuse(api.Busy, "", "too many submissions from this address are on their way in")
	}
	select {
	case s.uploads <- struct{}{}:
	default:
		s.peers.end(peer)
		return nil, api.Refuse(api.Busy, "", "too many submissions are on their way in; ask again later")
	}
	s.metrics.uploads.Inc()
	return func() { <-s.uploads; s.peers.end(peer); s.metrics.uploads.Dec() }, nil
}
