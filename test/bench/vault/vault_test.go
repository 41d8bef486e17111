// Package vault_test measures a vault: transfers beside plain Bitswap, put and get beside the cryptography and the disk that they need, and
// stores of few and of many objects. docs/performance/vault.md reports the ratios. Run with
//
//	go test -v -timeout 60m .
//
// PANACEA_BENCH_BYTES is the size of the object that is transferred (default 1 GiB), PANACEA_BENCH_OBJECTS the number of small ones (default
// 100000), PANACEA_BENCH_DIR the directory of all files (default that of temporary files).
package vault_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ipfs/boxo/bitswap"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	"github.com/ipfs/boxo/blockservice"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/boxo/ipld/merkledag"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/access"
	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/exchange"
	"github.com/medibloc/panacea/vault/store"
)

var ctx = context.Background()

func number(t testing.TB, name string, otherwise int64) int64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}

func directory(t testing.TB) string {
	dir, err := os.MkdirTemp(os.Getenv("PANACEA_BENCH_DIR"), "vault-bench-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// content is a stream that does not repeat; the same seed gives the same.
func content(seed byte, size int64) io.Reader {
	return io.LimitReader(mrand.NewChaCha8([32]byte{seed}), size)
}

func rate(n int64, d time.Duration) string {
	return fmt.Sprintf("%.0f MB/s", float64(n)/d.Seconds()/1e6)
}

func newBackend(t testing.TB) *embedded.Datastore {
	d, err := embedded.Open(directory(t), embedded.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func newHost(t testing.TB) (*exchange.Host, peer.AddrInfo) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	h, err := exchange.NewHost(ctx, exchange.HostOptions{Key: key, Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/tcp/0")}, MemoryLimit: 1 << 30})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h, peer.AddrInfo{ID: h.ID(), Addrs: h.Addrs()}
}

// node is a vault of a did:key, which speaks for itself by a binding.
type node struct {
	did      string
	store    *store.Store
	exchange *exchange.Exchange
	policy   *access.Policy
	at       peer.AddrInfo
}

func newNode(t testing.TB) *node {
	key, err := did.GenerateKey(did.Ed25519, nil)
	require.NoError(t, err)
	n := &node{did: key.Public().DIDKey()}
	n.store, err = store.Open(ctx, newBackend(t), make([]byte, store.KeySize), store.Options{})
	require.NoError(t, err)
	grants, err := access.OpenRegistry(ctx, n.store, n.did, did.KeyResolver{}, time.Now)
	require.NoError(t, err)
	n.policy = &access.Policy{Owner: n.did, Store: n.store, Grants: grants}
	host, at := newHost(t)
	n.at = at
	binding, err := exchange.SignBinding(n.did, n.did+"#"+n.did[len("did:key:"):], key, host.ID(), time.Now(), time.Hour)
	require.NoError(t, err)
	n.exchange, err = exchange.New(exchange.Config{
		Host: host, Store: n.store, Policy: n.policy, Resolver: did.KeyResolver{}, DID: n.did, Binding: binding,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.exchange.Close()) })
	return n
}

// everyone may read: the cost of a decision is measured with it, that of the decision's own work is not.
type everyone struct{}

func (everyone) MayRead(context.Context, string, cid.Cid) (bool, error) { return true, nil }

func viaVault(t testing.TB, size int64, seed byte) time.Duration {
	from, to := newNode(t), newNode(t)
	from.policy.Authorizers = []access.Authorizer{everyone{}}
	info, err := from.store.Put(ctx, content(seed, size), store.PutOptions{})
	require.NoError(t, err)
	runtime.GC()
	start := time.Now()
	_, err = to.exchange.Fetch(ctx, from.did, info.CID, exchange.FetchOptions{Peers: []peer.AddrInfo{from.at}})
	require.NoError(t, err)
	return time.Since(start)
}

// viaBitswap moves the same DAG between two unrestricted boxo nodes over the same transport, with blockstores over the same back end, without
// encryption at rest. The receiver has not even synced its disk when the clock stops.
func viaBitswap(t testing.TB, size int64, seed byte) time.Duration {
	type side struct {
		blocks blockstore.Blockstore
		swap   *bitswap.Bitswap
		at     peer.AddrInfo
		host   *exchange.Host
	}
	newSide := func() side {
		host, at := newHost(t)
		bs := blockstore.NewBlockstore(newBackend(t))
		swap := bitswap.New(ctx, bsnet.NewFromIpfsHost(host), nil, bs)
		t.Cleanup(func() { swap.Close() })
		return side{bs, swap, at, host}
	}
	from, to := newSide(), newSide()
	var many []blocks.Block
	root, err := dag.Import(content(seed, size), func(c cid.Cid, data []byte) error {
		b, err := blocks.NewBlockWithCid(bytes.Clone(data), c)
		if err != nil {
			return err
		}
		if many = append(many, b); len(many) == 128 {
			err = from.blocks.PutMany(ctx, many)
			many = many[:0]
		}
		return err
	})
	require.NoError(t, err)
	require.NoError(t, from.blocks.PutMany(ctx, many))
	require.NoError(t, to.host.Connect(ctx, from.at))
	runtime.GC()
	start := time.Now()
	require.NoError(t, merkledag.FetchGraph(ctx, root, merkledag.NewDAGService(blockservice.New(to.blocks, to.swap)), merkledag.Concurrent()))
	return time.Since(start)
}

func TestTransferBesideBitswap(t *testing.T) {
	size := number(t, "PANACEA_BENCH_BYTES", 1<<30)
	const rounds = 3
	var ours, theirs []time.Duration
	for i := range rounds {
		t.Run(fmt.Sprint("round ", i), func(t *testing.T) {
			b := viaBitswap(t, size, byte(i))
			v := viaVault(t, size, byte(i))
			t.Logf("vault %v (%s), Bitswap %v (%s), speed ratio %.2f", v, rate(size, v), b, rate(size, b), b.Seconds()/v.Seconds())
			ours, theirs = append(ours, v), append(theirs, b)
		})
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	ratio := theirs[rounds/2].Seconds() / ours[rounds/2].Seconds()
	t.Logf("medians of %d: vault %v, Bitswap %v, speed ratio %.2f", rounds, ours[rounds/2], theirs[rounds/2], ratio)
	require.GreaterOrEqual(t, ratio, 0.8)
}

// TestPutAndGetBesideCryptography compares with SHA-256, AES-256-GCM and one file, by hand.
func TestPutAndGetBesideCryptography(t *testing.T) {
	const size = 256 << 20
	plain, err := io.ReadAll(content(1, size))
	require.NoError(t, err)
	block, err := aes.NewCipher(make([]byte, 32))
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	const rounds = 5
	var rawPut, rawGet, put, get []time.Duration
	for range rounds {
		path := directory(t) + "/file"
		runtime.GC()
		start := time.Now()
		f, err := os.Create(path)
		require.NoError(t, err)
		nonce := make([]byte, 12)
		for at := 0; at < size; at += dag.ChunkSize {
			chunk := plain[at : at+dag.ChunkSize]
			sha256.Sum256(chunk)
			_, err := f.Write(aead.Seal(nil, nonce, chunk, nil))
			require.NoError(t, err)
		}
		require.NoError(t, f.Sync())
		rawPut = append(rawPut, time.Since(start))
		start = time.Now()
		_, err = f.Seek(0, io.SeekStart)
		require.NoError(t, err)
		buffer := make([]byte, dag.ChunkSize+aead.Overhead())
		for range size / dag.ChunkSize {
			_, err := io.ReadFull(f, buffer)
			require.NoError(t, err)
			chunk, err := aead.Open(nil, nonce, buffer, nil)
			require.NoError(t, err)
			sha256.Sum256(chunk)
		}
		rawGet = append(rawGet, time.Since(start))
		require.NoError(t, f.Close())

		s, err := store.Open(ctx, newBackend(t), make([]byte, store.KeySize), store.Options{})
		require.NoError(t, err)
		runtime.GC()
		start = time.Now()
		info, err := s.Put(ctx, bytes.NewReader(plain), store.PutOptions{})
		require.NoError(t, err)
		put = append(put, time.Since(start))
		start = time.Now()
		r, err := s.Open(ctx, info.CID)
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, r)
		require.NoError(t, err)
		require.EqualValues(t, size, n)
		get = append(get, time.Since(start))
	}
	for _, d := range [][]time.Duration{rawPut, rawGet, put, get} {
		slices.Sort(d)
	}
	middle := rounds / 2
	putRatio, getRatio := put[middle].Seconds()/rawPut[middle].Seconds(), get[middle].Seconds()/rawGet[middle].Seconds()
	t.Logf("put %s beside %s: %.2f times the time", rate(size, put[middle]), rate(size, rawPut[middle]), putRatio)
	t.Logf("get %s beside %s: %.2f times the time", rate(size, get[middle]), rate(size, rawGet[middle]), getRatio)
	require.LessOrEqual(t, putRatio, 2.0)
	require.LessOrEqual(t, getRatio, 2.0)
}

type measured struct {
	open, put time.Duration
	heap      int64
}

// small fills a store with n objects and measures opening it, putting one more, and what it holds in memory.
func small(t *testing.T, n int64) measured {
	dir := directory(t)
	open := func() (*embedded.Datastore, *store.Store) {
		backend, err := embedded.Open(dir, embedded.Options{})
		require.NoError(t, err)
		s, err := store.Open(ctx, backend, make([]byte, store.KeySize), store.Options{})
		require.NoError(t, err)
		return backend, s
	}
	object := func(i int64) io.Reader { return bytes.NewReader([]byte(fmt.Sprintf("%01000d", i))) }
	backend, s := open()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1); i <= n; i = next.Add(1) {
				if _, err := s.Put(ctx, object(i), store.PutOptions{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, n, s.Stats().Objects)
	require.NoError(t, backend.Close())

	var before, after runtime.MemStats
	var opens, puts []time.Duration
	for range 5 {
		start := time.Now()
		backend, s = open()
		opens = append(opens, time.Since(start))
		require.NoError(t, backend.Close())
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	backend, s = open()
	for i := range int64(1000) {
		start := time.Now()
		_, err := s.Put(ctx, object(n+1+i), store.PutOptions{})
		require.NoError(t, err)
		puts = append(puts, time.Since(start))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.NoError(t, backend.Close())
	slices.Sort(opens)
	slices.Sort(puts)
	return measured{opens[2], puts[500], int64(after.HeapAlloc) - int64(before.HeapAlloc)}
}

func TestManySmallObjects(t *testing.T) {
	n := number(t, "PANACEA_BENCH_OBJECTS", 100_000)
	few := small(t, 1000)
	many := small(t, n)
	t.Logf("%8d objects: open %v, put %v, heap %.1f MB", 1000, few.open, few.put, float64(few.heap)/1e6)
	t.Logf("%8d objects: open %v, put %v, heap %.1f MB", n, many.open, many.put, float64(many.heap)/1e6)
	require.LessOrEqual(t, many.open, 2*few.open+20*time.Millisecond)
	require.LessOrEqual(t, many.put, 2*few.put)
	require.LessOrEqual(t, many.heap, 2*few.heap+4<<20)
}
