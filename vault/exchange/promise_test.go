package exchange_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	dhtpb "github.com/libp2p/go-libp2p-kad-dht/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/medibloc/panacea/vault/exchange"
	"github.com/medibloc/panacea/vault/store"
)

// rawPeer is a hacked client: it speaks the protocol by hand, as docs/protocol/vault.md says, and looks at every byte.
type rawPeer struct {
	t testing.TB
	v *vault
	s network.Stream
}

func (p *rawPeer) write(v any) {
	body, err := json.Marshal(v)
	require.NoError(p.t, err)
	_, err = p.s.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	require.NoError(p.t, err)
}

func (p *rawPeer) read() map[string]any {
	var head [4]byte
	_, err := io.ReadFull(p.s, head[:])
	require.NoError(p.t, err)
	body := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err = io.ReadFull(p.s, body)
	require.NoError(p.t, err)
	var m map[string]any
	require.NoError(p.t, json.Unmarshal(body, &m))
	return m
}

// dial opens a stream and authenticates as a DID, with a proof by the vault's host, or with a wrong one.
func dial(t testing.TB, v *vault, to *vault, as string, honest bool) *rawPeer {
	require.NoError(t, v.host.Connect(ctx, peer.AddrInfo{ID: to.host.ID(), Addrs: to.host.Addrs()}))
	s, err := v.host.NewStream(ctx, to.host.ID(), exchange.Protocol)
	require.NoError(t, err)
	require.NoError(t, s.SetDeadline(time.Now().Add(30*time.Second)))
	p := &rawPeer{t, v, s}
	nonce := make([]byte, 32)
	p.write(map[string]any{"did": as, "nonce": nonce})
	var theirs struct{ DID, Nonce, Proof []byte }
	hello := p.read()
	raw, err := json.Marshal(hello["nonce"])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &theirs.Nonce))
	h := sha256.New()
	for _, part := range [][]byte{
		[]byte("panacea vault authentication v1"), []byte("client"), []byte(v.host.ID()), []byte(to.host.ID()),
		[]byte(as), []byte(to.did), nonce, theirs.Nonce,
	} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	sig, err := v.hostKey.Sign(h.Sum([]byte("panacea-vault-auth:")))
	require.NoError(t, err)
	if !honest {
		sig[0] ^= 1
	}
	p.write(map[string]any{"proof": sig})
	return p
}

// ask makes a request and returns the first answer's bytes, as far as they tell anything, and when they came.
func (p *rawPeer) ask(request map[string]any) ([]byte, time.Duration) {
	start := time.Now()
	p.write(request)
	head := make([]byte, 5)
	_, err := io.ReadFull(p.s, head)
	require.NoError(p.t, err)
	took := time.Since(start)
	if n := binary.BigEndian.Uint32(head[1:]); n > 0 {
		body := make([]byte, n)
		_, err := io.ReadFull(p.s, body)
		require.NoError(p.t, err)
		return append(head, body...), took
	}
	return head, took
}

// refusalTime is shorter than the default, for the sake of the tests' length.
const refusalTime = 30 * time.Millisecond

// refusal is what everyone without a right gets.
var refusal = []byte{3, 0, 0, 0, 0}

// early is the time that a tenth of the answers came before: other work on the machine delays answers, and never hastens one.
func early(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/10]
}

// TestPromise: a hacked client asks in every form of request for blocks that it has no right to, before and after they exist, after its grant was
// revoked and after it expired; and for blocks that do not exist. The answers are the same bytes, and come at the same time.
func TestPromise(t *testing.T) {
	reg := newRegistry()
	var mu sync.Mutex
	var ahead time.Duration
	alice := newVault(t, reg, func(v *vault) {
		v.options.RefusalTime = refusalTime
		v.now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(ahead)
		}
	})
	mallory, clinic := newVault(t, reg), newVault(t, reg)
	data := content(1, 700<<10)
	secret, blocks := blocksOf(t, data)
	var leaf cid.Cid
	for c := range blocks {
		if !c.Equals(secret) {
			leaf = c
		}
	}
	never, _ := blocksOf(t, content(2, 700<<10))

	forms := func(root cid.Cid) map[string]map[string]any {
		stolen := alice.sign(clinic.did, root, time.Hour)
		forged := mallory.sign(mallory.did, root, time.Hour)
		return map[string]map[string]any{
			"root":                {"root": root.String(), "from": 0},
			"in the middle":       {"root": root.String(), "from": 300 << 10},
			"beyond the end":      {"root": root.String(), "from": int64(math.MaxInt64)},
			"before the start":    {"root": root.String(), "from": -1},
			"as raw":              {"root": cid.NewCidV1(cid.Raw, root.Hash()).String(), "from": 0},
			"as dag-pb":           {"root": cid.NewCidV1(cid.DagProtobuf, root.Hash()).String(), "from": 0},
			"as version 0":        {"root": cid.NewCidV0(root.Hash()).String(), "from": 0},
			"with a stolen grant": {"root": root.String(), "from": 0, "grant": stolen},
			"with a forged grant": {"root": root.String(), "from": 0, "grant": forged},
			"with garbage":        {"root": root.String(), "from": 0, "grant": "x.y.z"},
		}
	}
	type identity struct {
		name, did string
		honest    bool
	}
	identities := []identity{{"mallory", mallory.did, true}, {"nobody", "", true}, {"as the clinic, proven by another peer", clinic.did, true}, {"as the owner", alice.did, true}, {"as the owner, without proof", alice.did, false}}
	probe := func(stage string, root cid.Cid) []time.Duration {
		var times []time.Duration
		for _, who := range identities {
			p := dial(t, mallory, alice, who.did, who.honest)
			for name, form := range forms(root) {
				answer, took := p.ask(form)
				require.Equal(t, refusal, answer, "%s: %s, %s", stage, who.name, name)
				times = append(times, took)
			}
			require.NoError(t, p.s.Close())
		}
		return times
	}
	times := map[string][]time.Duration{}
	times["a root that never exists"] = probe("never", never)
	times["a root before it exists"] = probe("before", secret)
	require.Equal(t, secret, alice.put(data))
	times["a root that exists"] = probe("after", secret)
	times["a leaf that exists"] = probe("leaf", leaf)
	g := alice.grant(mallory.did, secret)
	p := dial(t, mallory, alice, mallory.did, true)
	answer, _ := p.ask(map[string]any{"root": secret.String(), "from": 0})
	require.Equal(t, byte(1), answer[0], "with a grant it is served")
	require.Equal(t, blocks[secret], answer[5:])
	require.NotEqual(t, refusal, answer)
	require.NoError(t, p.s.Reset())
	for name, root := range map[string]cid.Cid{"leaf": leaf, "never": never} {
		p := dial(t, mallory, alice, mallory.did, true)
		answer, _ := p.ask(map[string]any{"root": root.String(), "from": 0})
		require.Equal(t, refusal, answer, "a grant for another object, %s", name)
		require.NoError(t, p.s.Close())
	}
	require.NoError(t, alice.grants.Revoke(ctx, g.ID))
	times["after the grant was revoked"] = probe("revoked", secret)
	alice.grant(mallory.did, secret)
	mu.Lock()
	ahead = 2 * time.Hour
	mu.Unlock()
	times["after the grant expired"] = probe("expired", secret)
	require.NoError(t, alice.store.Delete(ctx, secret))
	times["after it was deleted"] = probe("deleted", secret)

	want := early(times["a root that never exists"])
	for name, d := range times {
		t.Logf("%-30s first tenth %v, median %v, %v to %v", name, early(d), d[len(d)/2], d[0], d[len(d)-1])
		require.GreaterOrEqual(t, d[0], refusalTime, name)
		require.InDelta(t, want.Seconds(), early(d).Seconds(), 0.003, name)
	}
}

// slowAuthorizer decides after a while, and differently, whether or not it knows the object.
type slowAuthorizer struct{ known cid.Cid }

func (a slowAuthorizer) MayRead(ctx context.Context, _ string, root cid.Cid) (bool, error) {
	if root.Equals(a.known) {
		<-ctx.Done() // a chain that does not answer in time
		return true, nil
	}
	return false, nil
}

func TestSlowDecisionsAreRefusalsAtTheSameTime(t *testing.T) {
	reg := newRegistry()
	alice := newVault(t, reg, func(v *vault) { v.options.RefusalTime = refusalTime })
	mallory := newVault(t, reg)
	secret := alice.put(content(1, 1000))
	never, _ := blocksOf(t, content(2, 1000))
	alice.policy.Authorizers = append(alice.policy.Authorizers, slowAuthorizer{secret})
	p := dial(t, mallory, alice, mallory.did, true)
	var known, unknown []time.Duration
	for range 20 {
		answer, took := p.ask(map[string]any{"root": secret.String(), "from": 0})
		require.Equal(t, refusal, answer)
		known = append(known, took)
		answer, took = p.ask(map[string]any{"root": never.String(), "from": 0})
		require.Equal(t, refusal, answer)
		unknown = append(unknown, took)
	}
	require.InDelta(t, early(unknown).Seconds(), early(known).Seconds(), 0.003)
}

// TestRoutingTableSeesNoContent: a peer that everybody routes by writes down what it is asked. It hears of peers only, and content records are refused.
func TestRoutingTableSeesNoContent(t *testing.T) {
	reg := newRegistry()
	observer := newVault(t, reg, func(v *vault) { v.net.ServeRouting = true })
	var mu sync.Mutex
	var heard bytes.Buffer
	kinds := map[string]int{}
	observer.host.SetStreamHandler(exchange.RoutingPrefix+"/kad/1.0.0", func(s network.Stream) {
		defer s.Reset()
		for {
			b, m, err := readRouting(s)
			if err != nil {
				return
			}
			mu.Lock()
			heard.Write(b)
			kinds[m.Type.String()]++
			mu.Unlock()
			reply := &dhtpb.Message{Type: m.Type, Key: m.Key}
			out, err := proto.Marshal(reply)
			if err != nil {
				return
			}
			if _, err := s.Write(append(binary.AppendUvarint(nil, uint64(len(out))), out...)); err != nil {
				return
			}
		}
	})
	joined := func(v *vault) {
		v.net.ServeRouting = true
		v.net.Bootstrap = []peer.AddrInfo{{ID: observer.host.ID(), Addrs: observer.host.Addrs()}}
	}
	alice, clinic := newVault(t, reg, joined), newVault(t, reg, joined)
	for _, v := range []*vault{alice, clinic} {
		require.NoError(t, v.host.Connect(ctx, peer.AddrInfo{ID: observer.host.ID(), Addrs: observer.host.Addrs()}))
		require.Eventually(t, func() bool { return v.host.RoutingPeers() > 0 }, 20*time.Second, 10*time.Millisecond)
	}
	data := content(1, 600<<10)
	root, blocks := blocksOf(t, data)
	require.Equal(t, root, alice.put(data))
	alice.grant(clinic.did, root)
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}))
	// Looking for a peer that is gone makes the vault ask for it in the table.
	alice.stop()
	other, _ := blocksOf(t, content(2, 10))
	alice.publishGone()
	short, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, err := clinic.exchange.Fetch(short, alice.did, other, exchange.FetchOptions{Attempts: 1})
	require.Error(t, err)
	mu.Lock()
	defer mu.Unlock()
	require.Greater(t, heard.Len(), 0, "the observer was asked")
	t.Log(kinds)
	for kind := range kinds {
		require.Contains(t, []string{"FIND_NODE", "PING"}, kind)
	}
	blocks[other] = nil
	for c := range blocks {
		for _, form := range [][]byte{c.Bytes(), c.Hash()[2:], []byte(c.String())} {
			require.False(t, bytes.Contains(heard.Bytes(), form), "the observer heard of %s", c)
		}
	}
}

// publishGone writes the DID document of a stopped vault, without addresses.
func (v *vault) publishGone() {
	v.reg.mu.Lock()
	defer v.reg.mu.Unlock()
	service, err := exchange.NewService(v.did+"#vault", peer.AddrInfo{ID: v.host.ID()})
	require.NoError(v.t, err)
	doc := v.reg.docs[v.did].Clone()
	doc.Services[0] = service
	v.reg.docs[v.did] = doc
}

func readRouting(r io.Reader) ([]byte, *dhtpb.Message, error) {
	n, err := binary.ReadUvarint(byteReader{r})
	if err != nil || n > 1<<20 {
		return nil, nil, fmt.Errorf("message: %w", err)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, nil, err
	}
	m := new(dhtpb.Message)
	return b, m, proto.Unmarshal(b, m)
}

type byteReader struct{ io.Reader }

func (r byteReader) ReadByte() (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(r.Reader, b[:])
	return b[0], err
}

// TestIncompleteAndDamagedObjectsDoNotExist, not even for those who may read them.
func TestIncompleteAndDamagedObjectsDoNotExist(t *testing.T) {
	reg := newRegistry()
	alice, clinic := newVault(t, reg), newVault(t, reg)
	root, blocks := blocksOf(t, content(1, 700<<10))
	r, err := alice.store.Receive(ctx, root, store.ReceiveOptions{})
	require.NoError(t, err)
	require.NoError(t, r.Feed(ctx, blocks[root]))
	require.NoError(t, r.Close())
	alice.grant(clinic.did, root)
	p := dial(t, clinic, alice, clinic.did, true)
	answer, took := p.ask(map[string]any{"root": root.String(), "from": 0})
	require.Equal(t, refusal, answer)
	require.GreaterOrEqual(t, took, 100*time.Millisecond)
}
