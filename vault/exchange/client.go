package exchange

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vault/store"
)

// FetchOptions of a transfer.
type FetchOptions struct {
	store.ReceiveOptions
	Grant    string                    // a grant to bring along; "" for none
	Attempts int                       // connections to try before giving up, each of which continues where the last one broke; zero for 4
	Progress func(have, total int64)   // bytes of the content; total is -1 before it is known; called from one goroutine at a time
	OnRetry  func(err error, n int)    // told before another attempt
	Peers    []peer.AddrInfo           // where to ask, instead of the vaults that the DID's document names
	Wait     func(n int) time.Duration // pause before attempt n; nil for 0.25 s, doubling
}

// Fetch gets an object from a vault of a DID and stores it. What has arrived stays when the transfer breaks, and the next Fetch goes on there.
// Errors: ErrUnavailable, ErrNoVault, ErrUnreachable, ErrNotTheirs, ErrPeer, and those of the store.
func (e *Exchange) Fetch(ctx context.Context, from string, root cid.Cid, opts FetchOptions) (store.Info, error) {
	r, err := e.Store.Receive(ctx, root, opts.ReceiveOptions)
	if err != nil {
		return store.Info{}, err
	}
	info, err := e.fetch(ctx, r, from, root, opts)
	nothing := r.Size() < 0
	err = errors.Join(err, r.Close())
	if err != nil {
		e.counters.failed.Add(1)
		if nothing {
			// Not a block came: leave no trace.
			pin := opts.Pin
			if pin == "" {
				pin = store.DefaultPin
			}
			err = errors.Join(err, e.Store.Delete(context.WithoutCancel(ctx), root, pin))
		}
		return store.Info{}, fmt.Errorf("fetch %s from %s: %w", root, from, err)
	}
	e.counters.fetched.Add(1)
	return info, nil
}

func (e *Exchange) fetch(ctx context.Context, r *store.Receiver, from string, root cid.Cid, opts FetchOptions) (store.Info, error) {
	if r.Done() {
		return r.Finish(ctx)
	}
	peers, err := e.locate(ctx, from, opts.Peers)
	if err != nil {
		return store.Info{}, err
	}
	attempts := opts.Attempts
	if attempts == 0 {
		attempts = 4
	}
	var last error
	for n := 0; n < attempts && len(peers) > 0; n++ {
		if n > 0 {
			if err := pause(ctx, opts, last, n); err != nil {
				return store.Info{}, errors.Join(last, err)
			}
			if err := r.Resume(ctx); err != nil {
				return store.Info{}, err
			}
		}
		i := n % len(peers)
		before := r.Position()
		if last = e.transfer(ctx, r, from, peers[i], root, opts); last == nil {
			return r.Finish(ctx)
		}
		if ctx.Err() != nil || errors.Is(last, store.ErrTooLarge) || errors.Is(last, store.ErrQuota) {
			return store.Info{}, last
		}
		if errors.Is(last, ErrPeer) || errors.Is(last, ErrUnavailable) || errors.Is(last, ErrNotTheirs) {
			peers = append(peers[:i:i], peers[i+1:]...)
		} else if r.Position() > before {
			n = 0 // it goes on, however haltingly
		}
	}
	return store.Info{}, last
}

func pause(ctx context.Context, opts FetchOptions, last error, n int) error {
	if opts.OnRetry != nil {
		opts.OnRetry(last, n)
	}
	wait := 125 * time.Millisecond << min(n, 6)
	if opts.Wait != nil {
		wait = opts.Wait(n)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// locate returns the peers to ask.
func (e *Exchange) locate(ctx context.Context, d string, given []peer.AddrInfo) ([]peer.AddrInfo, error) {
	if len(given) > 0 {
		return given, nil
	}
	doc, err := did.ResolveDocument(ctx, e.Resolver, d, did.ResolveOptions{})
	if err != nil {
		return nil, err
	}
	peers := Vaults(doc)
	if len(peers) == 0 {
		return nil, ErrNoVault
	}
	return peers, nil
}

// transfer asks one peer for what is missing.
func (e *Exchange) transfer(ctx context.Context, r *store.Receiver, from string, p peer.AddrInfo, root cid.Cid, opts FetchOptions) error {
	// Connect asks peer routing where the document has no addresses, or old ones.
	if err := e.Host.Connect(ctx, p); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	s, err := e.Host.NewStream(network.WithAllowLimitedConn(ctx, "vault"), p.ID, Protocol)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	stop := context.AfterFunc(ctx, func() { s.Reset() })
	defer stop()
	defer s.Reset()
	in := bufio.NewReaderSize(s, 64<<10)
	if err := e.authenticateServer(ctx, s, in, from); err != nil {
		return err
	}
	if err := writeMessage(s, request{Root: root.String(), From: r.Offset(), Grant: opts.Grant}); err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	return e.receive(ctx, r, s, in, opts)
}

// authenticateServer makes sure that the peer is the DID's, and proves who we are. Nothing about the object has been said before it returns.
func (e *Exchange) authenticateServer(ctx context.Context, s network.Stream, in *bufio.Reader, want string) error {
	if err := s.SetDeadline(time.Now().Add(e.Options.HandshakeTime)); err != nil {
		return err
	}
	t := transcript{
		clientPeer: s.Conn().LocalPeer(), serverPeer: s.Conn().RemotePeer(), clientDID: e.DID, serverDID: want,
		clientNonce: make([]byte, nonceSize),
	}
	rand.Read(t.clientNonce)
	if err := writeMessage(s, hello{DID: e.DID, Nonce: t.clientNonce, Binding: *e.binding.Load()}); err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	var theirs hello
	if err := readMessage(in, &theirs); err != nil {
		return fmt.Errorf("exchange: handshake: %w", err)
	}
	if theirs.DID != want || len(theirs.Nonce) != nonceSize {
		return fmt.Errorf("%w: it says that it is %.80q", ErrNotTheirs, theirs.DID)
	}
	t.serverNonce = theirs.Nonce
	if ok, err := s.Conn().RemotePublicKey().Verify(t.bytes("server"), theirs.Proof); err != nil || !ok {
		return fmt.Errorf("%w: proof", ErrNotTheirs)
	}
	if err := speaksFor(ctx, e.Resolver, want, t.serverPeer, theirs.Binding, e.Options.Now()); err != nil {
		return err
	}
	sig, err := e.sign(t, "client")
	if err != nil {
		return err
	}
	if err := writeMessage(s, proof{sig}); err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	return nil
}

type frame struct {
	kind byte
	data []byte
	buf  []byte // that data stand in, to be used again
	err  error
}

// receive takes frames while another goroutine reads ahead; that one ends when the stream is reset, which every way out of here leads to.
func (e *Exchange) receive(ctx context.Context, r *store.Receiver, s network.Stream, in io.Reader, opts FetchOptions) error {
	frames, free := make(chan frame, readAhead), make(chan []byte, readAhead+2)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for {
			var f frame
			select {
			case f.buf = <-free:
			default:
			}
			if f.err = s.SetReadDeadline(time.Now().Add(e.Options.IdleTime)); f.err == nil {
				f.kind, f.data, f.err = readFrame(in, f.buf)
			}
			select {
			case frames <- f:
			case <-ctx.Done():
				return
			}
			if f.err != nil || f.kind != frameBlock {
				return
			}
		}
	}()
	err := e.take(ctx, r, frames, free, opts)
	s.Reset()
	for {
		select {
		case <-frames:
		case <-finished:
			return err
		}
	}
}

func (e *Exchange) take(ctx context.Context, r *store.Receiver, frames <-chan frame, free chan<- []byte, opts FetchOptions) error {
	for {
		var f frame
		select {
		case f = <-frames:
		case <-ctx.Done():
			return ctx.Err()
		}
		if f.err != nil {
			if errors.Is(f.err, io.EOF) {
				f.err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("exchange: the transfer broke: %w", f.err)
		}
		_, missing := r.Next()
		switch {
		case f.kind == frameUnavailable:
			return ErrUnavailable
		case f.kind == frameEnd && !missing:
			return nil
		case f.kind == frameEnd || !missing:
			return fmt.Errorf("%w: it sent another number of blocks than the object has", ErrPeer)
		}
		if err := r.Feed(ctx, f.data); err != nil {
			if isBlockError(err) {
				return fmt.Errorf("%w: %w", ErrPeer, err)
			}
			return err
		}
		e.counters.blocksReceived.Add(1)
		e.counters.bytesReceived.Add(int64(len(f.data)))
		if opts.Progress != nil {
			opts.Progress(r.Position(), r.Size())
		}
		select {
		case free <- f.data:
		default:
		}
	}
}

// isBlockError says whether a block, not the store, was at fault.
func isBlockError(err error) bool {
	return errors.Is(err, dag.ErrHash) || errors.Is(err, dag.ErrMalformed) || errors.Is(err, dag.ErrBlockSize) || errors.Is(err, dag.ErrCID)
}
