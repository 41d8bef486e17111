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

// smallStore is a store of small objects, as a directory that is opened and closed.
type smallStore struct {
	t          *testing.T
	dir        string
	n          int64
	opens      []time.Duration
	puts       []time.Duration
	heap       int64
	lastObject int64
}

func (s *smallStore) open() (*embedded.Datastore, *store.Store) {
	backend, err := embedded.Open(s.dir, embedded.Options{})
	require.NoError(s.t, err)
	opened, err := store.Open(ctx, backend, make([]byte, store.KeySize), store.Options{})
	require.NoError(s.t, err)
	return backend, opened
}

func object(i int64) io.Reader { return bytes.NewReader([]byte(fmt.Sprintf("%01000d", i))) }

// fill puts n objects.
func fill(t *testing.T, n int64) *smallStore {
	s := &smallStore{t: t, dir: directory(t), n: n, lastObject: n}
	backend, opened := s.open()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1); i <= n; i = next.Add(1) {
				if _, err := opened.Put(ctx, object(i), store.PutOptions{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, n, opened.Stats().Objects)
	require.NoError(t, backend.Close())
	return s
}

// putOne measures one more put.
func (s *smallStore) putOne(opened *store.Store) {
	s.lastObject++
	start := time.Now()
	_, err := opened.Put(ctx, object(s.lastObject), store.PutOptions{})
	require.NoError(s.t, err)
	s.puts = append(s.puts, time.Since(start))
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func median(all []time.Duration) time.Duration { return slices.Sorted(slices.Values(all))[len(all)/2] }

// TestManySmallObjects takes turns, so that what else the disk has to do falls on both stores alike: what a store takes to open and to put is
// mostly what the disk takes to sync. The first openings find the tree still being compacted from the filling.
func TestManySmallObjects(t *testing.T) {
	few, many := fill(t, 1000), fill(t, number(t, "PANACEA_BENCH_OBJECTS", 100_000))
	both := []*smallStore{few, many}
	for range 31 {
		for _, s := range both {
			start := time.Now()
			backend, _ := s.open()
			s.opens = append(s.opens, time.Since(start))
			require.NoError(t, backend.Close())
		}
	}
	var opened [2]*store.Store
	for i, s := range both {
		before := heap()
		var backend *embedded.Datastore
		backend, opened[i] = s.open()
		defer backend.Close()
		for range 500 {
			s.putOne(opened[i])
		}
		s.heap = heap() - before
		s.puts = nil
	}
	for range 500 {
		few.putOne(opened[0])
		many.putOne(opened[1])
	}
	for _, s := range []*smallStore{few, many} {
		t.Logf("%8d objects: open %v (first %v), put %v, heap %.1f MB", s.n, median(s.opens), s.opens[:3], median(s.puts), float64(s.heap)/1e6)
	}
	require.LessOrEqual(t, median(many.opens), 2*median(few.opens))
	require.LessOrEqual(t, median(many.puts), 2*median(few.puts))
	require.LessOrEqual(t, many.heap, 2*few.heap+4<<20)
}
