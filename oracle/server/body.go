package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc/stats"
)

var errSlow = errors.New("server: the body comes too slowly")

// ahead is how many bytes of a gRPC request's body are read before its messages are taken: more than a message has.
const ahead = 4 << 20

// body is a request's body that must keep coming, because whoever sends a byte a second holds a connection; and that is not read
// faster than it is taken, because grpc-go reads what comes through ServeHTTP into memory without bound.
type body struct {
	r       io.ReadCloser
	control *http.ResponseController
	limits  *Limits
	start   time.Time
	read    int64

	mu     sync.Mutex
	room   sync.Cond
	most   int64 // of read; -1 if whoever reads is who takes
	closed bool
}

func newBody(r *http.Request, w http.ResponseWriter, limits *Limits, isRPC bool) *body {
	b := &body{r: r.Body, control: http.NewResponseController(w), limits: limits, start: time.Now(), most: -1}
	b.room.L = &b.mu
	if isRPC {
		b.most = ahead
	}
	return b
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.wait(); err != nil {
		return 0, err
	}
	now := time.Now()
	latest := b.start.Add(b.limits.StartTime + time.Duration(b.read/b.limits.MinimumRate)*time.Second)
	if now.After(latest) {
		return 0, errSlow
	}
	if idle := now.Add(b.limits.Idle); idle.Before(latest) {
		latest = idle
	}
	// A writer that knows no deadlines is a test's.
	if err := b.control.SetReadDeadline(latest); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	if errors.Is(err, io.EOF) {
		// The request may take its time now. After any other error the rest of the body is nobody's business, but package net/http reads some
		// of it before it answers: not for longer than this.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// wait waits until there is room for more.
func (b *body) wait() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.most >= 0 && b.read >= b.most && !b.closed {
		b.room.Wait()
	}
	if b.closed {
		return http.ErrBodyReadAfterClose
	}
	return nil
}

// take makes room for as many bytes as have been taken.
func (b *body) take(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.most += int64(n)
	b.room.Signal()
}

// Close ends a Read that waits for room.
func (b *body) Close() error {
	b.mu.Lock()
	b.closed = true
	b.room.Signal()
	b.mu.Unlock()
	return b.r.Close()
}

// taken tells bodies which of their bytes have become messages.
type taken struct{}

type bodyKey struct{}

var _ stats.Handler = taken{}

// HandleRPC implements stats.Handler.
func (taken) HandleRPC(ctx context.Context, s stats.RPCStats) {
	b, ok := ctx.Value(bodyKey{}).(*body)
	if in, isMessage := s.(*stats.InPayload); ok && isMessage {
		b.take(in.WireLength)
	}
}

// TagRPC implements stats.Handler.
func (taken) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// TagConn implements stats.Handler.
func (taken) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (taken) HandleConn(context.Context, stats.ConnStats) {}
