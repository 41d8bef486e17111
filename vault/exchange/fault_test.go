package exchange_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vault/exchange"
	"github.com/medibloc/panacea/vault/store"
)

func blocksOf(t require.TestingT, data []byte) (cid.Cid, map[cid.Cid][]byte) {
	blocks := map[cid.Cid][]byte{}
	root, err := dag.Import(bytes.NewReader(data), func(c cid.Cid, b []byte) error {
		blocks[c] = bytes.Clone(b)
		return nil
	})
	require.NoError(t, err)
	return root, blocks
}

// faultyHost lets a server's streams misbehave: it hands the exchange streams whose writes a fault may change.
type faultyHost struct {
	host.Host
	fault func() fault
}

// fault changes what a stream sends; sent counts the bytes before.
type fault func(s network.Stream, sent int, p []byte) ([]byte, error)

func (h faultyHost) SetStreamHandler(id protocol.ID, handler network.StreamHandler) {
	h.Host.SetStreamHandler(id, func(s network.Stream) { handler(&faultyStream{Stream: s, fault: h.fault()}) })
}

type faultyStream struct {
	network.Stream
	fault fault
	sent  int
}

func (s *faultyStream) Write(p []byte) (int, error) {
	out, err := s.fault(s.Stream, s.sent, p)
	if err != nil {
		return 0, err
	}
	s.sent += len(p)
	if _, err := s.Stream.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

var errCut = errors.New("cut")

// withFault makes a vault serve through faulty streams.
func (v *vault) withFault(f func() fault) {
	require.NoError(v.t, v.exchange.Close())
	var err error
	v.exchange, err = exchange.New(exchange.Config{
		Host: faultyHost{v.host, f}, Store: v.store, Policy: v.policy, Resolver: v.reg, DID: v.did, Options: v.options,
	})
	require.NoError(v.t, err)
}

func noWait(int) time.Duration { return 0 }

// TestBrokenTransfersResume cuts transfers at random places, again and again; each goes on where it was.
func TestBrokenTransfersResume(t *testing.T) {
	reg := newRegistry()
	alice, clinic := newVault(t, reg), newVault(t, reg)
	random := rand.New(rand.NewPCG(1, 2))
	var cuts atomic.Int64
	alice.withFault(func() fault {
		at := 1000 + random.IntN(3<<20)
		return func(s network.Stream, sent int, p []byte) ([]byte, error) {
			if sent+len(p) <= at {
				return p, nil
			}
			cuts.Add(1)
			if _, err := s.Write(p[:max(at-sent, 0)]); err != nil {
				return nil, err
			}
			return nil, errors.Join(errCut, s.Reset())
		}
	})
	for i := range 5 {
		data := content(byte(i), 8<<20)
		root := alice.put(data)
		alice.grant(clinic.did, root)
		before := clinic.exchange.Stats().BytesReceived
		require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{Wait: noWait, Attempts: 30}))
		clinic.has(root, data)
		got := clinic.exchange.Stats().BytesReceived - before
		require.Less(t, got, int64(10<<20), "what had arrived was not sent again")
	}
	require.Greater(t, cuts.Load(), int64(5))
}

func TestCorruptionOnTheWireIsRefused(t *testing.T) {
	reg := newRegistry()
	alice, clinic := newVault(t, reg), newVault(t, reg)
	data := content(1, 2<<20)
	root := alice.put(data)
	alice.grant(clinic.did, root)
	alice.withFault(func() fault {
		return func(_ network.Stream, sent int, p []byte) ([]byte, error) {
			if sent < 1<<20 {
				return p, nil
			}
			p = bytes.Clone(p)
			p[len(p)/2] ^= 1
			return p, nil
		}
	})
	require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{Wait: noWait}), exchange.ErrPeer)
	has, err := clinic.store.Has(ctx, root)
	require.NoError(t, err)
	require.False(t, has)
	report, err := clinic.store.Check(ctx, false, nil)
	require.NoError(t, err)
	require.True(t, report.OK(), "%+v", report)
	alice.withFault(func() fault {
		return func(_ network.Stream, _ int, p []byte) ([]byte, error) { return p, nil }
	})
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}))
	clinic.has(root, data)
}

// TestStallingPeerIsLeft after the idle time.
func TestStallingPeerIsLeft(t *testing.T) {
	reg := newRegistry()
	alice := newVault(t, reg)
	clinic := newVault(t, reg, func(v *vault) { v.options.IdleTime = 200 * time.Millisecond })
	root := alice.put(content(1, 2<<20))
	alice.grant(clinic.did, root)
	release := make(chan struct{})
	defer close(release)
	alice.withFault(func() fault {
		return func(_ network.Stream, sent int, p []byte) ([]byte, error) {
			if sent > 1<<20 {
				<-release
				return nil, errCut
			}
			return p, nil
		}
	})
	start := time.Now()
	require.Error(t, clinic.fetch(alice, root, exchange.FetchOptions{Wait: noWait, Attempts: 1}))
	require.Less(t, time.Since(start), 10*time.Second)
}

// TestGarbageServers answer with anything; the client ends with an error, in bounded memory.
func TestGarbageServers(t *testing.T) {
	reg := newRegistry()
	alice, clinic := newVault(t, reg), newVault(t, reg)
	root, blocks := blocksOf(t, content(1, 2<<20))
	whole := alice.put(content(1, 2<<20))
	require.Equal(t, root, whole)
	alice.grant(clinic.did, root)
	frame := func(kind byte, n uint32, data []byte) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{kind}, n), data...)
	}
	other, otherBlocks := blocksOf(t, content(2, 2<<20))
	for name, answer := range map[string][]byte{
		"noise":                     content(9, 10000),
		"a frame of four gigabytes": frame(1, 1<<32-1, nil),
		"an unknown frame":          frame(9, 0, nil),
		"an end with data":          frame(2, 4, []byte("data")),
		"an end at once":            frame(2, 0, nil),
		"another object":            frame(1, uint32(len(otherBlocks[other])), otherBlocks[other]),
		"an empty block":            frame(1, 0, nil),
		"the root twice":            bytes.Repeat(frame(1, uint32(len(blocks[root])), blocks[root]), 2),
		"the root and the end":      append(frame(1, uint32(len(blocks[root])), blocks[root]), frame(2, 0, nil)...),
	} {
		t.Run(name, func(t *testing.T) {
			alice.withFault(func() fault {
				messages := 0
				return func(_ network.Stream, _ int, p []byte) ([]byte, error) {
					switch messages++; messages {
					case 1:
						return p, nil // the handshake
					case 2:
						return append(bytes.Clone(answer), make([]byte, 10)...), nil
					}
					return nil, nil
				}
			})
			require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{Wait: noWait, Attempts: 2}), exchange.ErrPeer)
			has, err := clinic.store.Has(ctx, root)
			require.NoError(t, err)
			require.False(t, has)
		})
	}
}

// TestGarbageClients send anything, stall and come in crowds: the server neither fails nor grows, and serves others meanwhile.
func TestGarbageClients(t *testing.T) {
	reg := newRegistry()
	alice := newVault(t, reg, func(v *vault) {
		v.options.MaxStreamsPerPeer = 4
		v.options.HandshakeTime = 300 * time.Millisecond
		v.options.RefusalTime = 10 * time.Millisecond
	})
	mallory, clinic := newVault(t, reg), newVault(t, reg)
	require.NoError(t, mallory.host.Connect(ctx, peer.AddrInfo{ID: alice.host.ID(), Addrs: alice.host.Addrs()}))
	data := content(1, 1<<20)
	root := alice.put(data)
	alice.grant(clinic.did, root)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 200 {
		s, err := mallory.host.NewStream(ctx, alice.host.ID(), exchange.Protocol)
		if err != nil {
			continue // it was turned away
		}
		switch i % 4 {
		case 0:
			s.Write(content(byte(i), 5000))
		case 1:
			s.Write([]byte{0xff, 0xff, 0xff, 0xff})
		case 2:
			s.Write(append([]byte{0, 0, 0, 2}, "{}"...))
		}
		if i%8 != 3 { // every eighth stays open and says nothing
			s.Reset()
		}
	}
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}))
	clinic.has(root, data)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapInuse)-int64(before.HeapInuse), int64(64<<20))
}

// TestVaultThatDisappears and comes back, as the same peer, at another port: found by its DID, the transfer goes on.
func TestVaultThatDisappears(t *testing.T) {
	reg := newRegistry()
	alice, clinic := newVault(t, reg), newVault(t, reg)
	data := content(1, 8<<20)
	root := alice.put(data)
	alice.grant(clinic.did, root)
	var gone atomic.Bool
	alice.withFault(func() fault {
		return func(s network.Stream, sent int, p []byte) ([]byte, error) {
			if sent > 3<<20 {
				gone.Store(true)
				return nil, errors.Join(errCut, s.Reset())
			}
			return p, nil
		}
	})
	require.Error(t, clinic.fetch(alice, root, exchange.FetchOptions{Wait: noWait, Attempts: 1}))
	require.True(t, gone.Load())
	alice.stop()
	require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{Wait: noWait, Attempts: 1}), exchange.ErrUnreachable)
	info, err := clinic.store.Stat(ctx, root)
	require.NoError(t, err)
	require.True(t, info.Partial)
	clinic.stop()
	clinic.start()
	alice.start()
	alice.publish(alice.host.Addrs()...)
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}))
	clinic.has(root, data)
	require.Less(t, clinic.exchange.Stats().BytesReceived, int64(6<<20), "it went on, after a restart of both")
}

func TestTooLargeForTheReceiver(t *testing.T) {
	reg := newRegistry()
	alice, clinic := newVault(t, reg), newVault(t, reg)
	root := alice.put(content(1, 2<<20))
	alice.grant(clinic.did, root)
	require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{ReceiveOptions: store.ReceiveOptions{MaxSize: 1 << 20}}), store.ErrTooLarge)
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{ReceiveOptions: store.ReceiveOptions{MaxSize: 4 << 20}}))
}

// TestDamagedDiskOfTheSender: what decayed is not served; what arrived before it stays, and the rest is fetched when the sender is healed.
func TestDamagedDiskOfTheSender(t *testing.T) {
	reg := newRegistry()
	alice, clinic := newVault(t, reg), newVault(t, reg)
	data := content(1, 4<<20)
	root := alice.put(data)
	alice.grant(clinic.did, root)
	alice.stop()
	packs, err := filepath.Glob(filepath.Join(alice.dir, "packs", "*"))
	require.NoError(t, err)
	require.Len(t, packs, 1)
	b, err := os.ReadFile(packs[0])
	require.NoError(t, err)
	b[len(b)/2] ^= 1
	require.NoError(t, os.WriteFile(packs[0], b, 0o600))
	alice.start()
	alice.publish(alice.host.Addrs()...)
	require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{Wait: noWait}), exchange.ErrUnavailable)
	info, err := clinic.store.Stat(ctx, root)
	require.NoError(t, err)
	require.True(t, info.Partial)
	report, err := alice.store.Check(ctx, true, nil)
	require.NoError(t, err)
	require.Len(t, report.Damaged, 1)
	require.Equal(t, root, alice.put(data))
	before := clinic.exchange.Stats().BytesReceived
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}))
	clinic.has(root, data)
	require.Less(t, clinic.exchange.Stats().BytesReceived-before, int64(3<<20))
}
