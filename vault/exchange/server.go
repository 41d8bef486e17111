package exchange

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"

	"github.com/medibloc/panacea/vault/dag"
)

// readAhead is how many blocks are read from the store before the peer has taken them.
const readAhead = 4

// recheck is how often the right to an object is looked at again while it is being sent.
const recheck = time.Second

// handle serves one stream: authentication, then requests, one after the other.
func (e *Exchange) handle(s network.Stream) {
	id := s.Conn().RemotePeer()
	if !e.admit(id) {
		s.Reset()
		return
	}
	defer e.dismiss(id)
	stop := context.AfterFunc(e.ctx, func() { s.Reset() })
	defer stop()
	if err := e.serve(s); err != nil {
		s.Reset()
		return
	}
	s.Close()
}

func (e *Exchange) serve(s network.Stream) error {
	if err := s.SetDeadline(time.Now().Add(e.Options.HandshakeTime)); err != nil {
		return err
	}
	r := bufio.NewReader(s)
	reader, err := e.authenticateClient(s, r)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(s, 64<<10)
	for {
		if err := s.SetDeadline(time.Now().Add(e.Options.IdleTime)); err != nil {
			return err
		}
		var q request
		if err := readMessage(r, &q); err != nil {
			return nil // the peer has no more questions
		}
		if err := e.answer(s, w, reader, q); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

// authenticateClient proves who we are and finds out who the peer is. A peer that speaks for nobody is "", and is treated like one that
// speaks for somebody without rights.
func (e *Exchange) authenticateClient(s network.Stream, r *bufio.Reader) (string, error) {
	var theirs hello
	if err := readMessage(r, &theirs); err != nil {
		return "", err
	}
	if len(theirs.Nonce) != nonceSize {
		return "", fmt.Errorf("%w: nonce", ErrPeer)
	}
	t := transcript{
		clientPeer: s.Conn().RemotePeer(), serverPeer: s.Conn().LocalPeer(), clientDID: theirs.DID, serverDID: e.DID,
		clientNonce: theirs.Nonce, serverNonce: make([]byte, nonceSize),
	}
	rand.Read(t.serverNonce)
	sig, err := e.sign(t, "server")
	if err != nil {
		return "", err
	}
	if err := writeMessage(s, hello{DID: e.DID, Nonce: t.serverNonce, Binding: *e.binding.Load(), Proof: sig}); err != nil {
		return "", err
	}
	var p proof
	if err := readMessage(r, &p); err != nil {
		return "", err
	}
	ok, err := s.Conn().RemotePublicKey().Verify(t.bytes("client"), p.Proof)
	if err != nil || !ok || theirs.DID == "" {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.Options.HandshakeTime)
	defer cancel()
	if speaksFor(ctx, e.Resolver, theirs.DID, t.clientPeer, theirs.Binding, e.Options.Now()) != nil {
		return "", nil
	}
	return theirs.DID, nil
}

func (e *Exchange) sign(t transcript, role string) ([]byte, error) {
	key := e.Host.Peerstore().PrivKey(e.Host.ID())
	if key == nil {
		return nil, fmt.Errorf("exchange: the host has no key")
	}
	return key.Sign(t.bytes(role))
}

// answer serves a request or refuses it. Every refusal is the same bytes at the same time.
func (e *Exchange) answer(s network.Stream, w *bufio.Writer, reader string, q request) error {
	refusal := time.NewTimer(e.Options.RefusalTime)
	defer refusal.Stop()
	root, err := dag.ParseCID(q.Root)
	if err == nil {
		if first, ok := e.decide(reader, root, q.Grant); ok {
			return e.send(s, w, reader, root, q, first)
		}
	}
	select {
	case <-refusal.C:
	case <-e.ctx.Done():
		return e.ctx.Err()
	}
	e.counters.refused.Add(1)
	return writeFrame(w, frameUnavailable, nil)
}

// decide says whether the request is answered with the object, and returns the root block then. Who has the right is decided before anything
// is looked up, and all of it within the refusal time: what is late is no.
func (e *Exchange) decide(reader string, root cid.Cid, grant string) (first []byte, ok bool) {
	// A tenth is left so that an answer that came in time is not sent together with refusals.
	ctx, cancel := context.WithTimeout(e.ctx, e.Options.RefusalTime*9/10)
	defer cancel()
	if !e.Policy.MayRead(ctx, reader, root, grant) {
		return nil, false
	}
	if has, err := e.Store.Has(ctx, root); err != nil || !has {
		return nil, false
	}
	first, err := e.Store.Block(ctx, root)
	if err != nil || ctx.Err() != nil {
		return nil, false
	}
	return first, true
}

// send sends the object's blocks. Blocks are read ahead of the peer by another goroutine, which ends when this returns.
func (e *Exchange) send(s network.Stream, w *bufio.Writer, reader string, root cid.Cid, q request, first []byte) error {
	e.counters.served.Add(1)
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	blocks := make(chan []byte, readAhead)
	var readErr error
	go func() {
		defer close(blocks)
		walk := dag.NewWalker(root, q.From, dag.Whole)
		data := first
		for c, more := walk.Next(); more; c, more = walk.Next() {
			if !c.Equals(root) {
				if data, readErr = e.Store.Block(ctx, c); readErr != nil {
					return
				}
			}
			// The block opened under its CID's key, so it is what was verified when it was stored; the peer verifies it once more.
			if _, readErr = walk.Feed(data, true); readErr != nil {
				return
			}
			select {
			case blocks <- data:
			case <-ctx.Done():
				readErr = ctx.Err()
				return
			}
		}
	}()
	checked := time.Now()
	for data := range blocks {
		if now := time.Now(); now.Sub(checked) > recheck {
			if checked = now; !e.stillMayRead(ctx, reader, root, q.Grant) {
				return writeFrame(w, frameUnavailable, nil)
			}
		}
		if err := s.SetWriteDeadline(time.Now().Add(e.Options.IdleTime)); err != nil {
			return err
		}
		if err := writeFrame(w, frameBlock, data); err != nil {
			return err
		}
		e.counters.blocksSent.Add(1)
		e.counters.bytesSent.Add(int64(len(data)))
	}
	if readErr != nil {
		return writeFrame(w, frameUnavailable, nil)
	}
	return writeFrame(w, frameEnd, nil)
}

func (e *Exchange) stillMayRead(ctx context.Context, reader string, root cid.Cid, grant string) bool {
	ctx, cancel := context.WithTimeout(ctx, e.Options.HandshakeTime)
	defer cancel()
	return e.Policy.MayRead(ctx, reader, root, grant)
}
