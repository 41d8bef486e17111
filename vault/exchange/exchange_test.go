package exchange_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	mrand "math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
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

func content(seed byte, size int) []byte {
	b := make([]byte, size)
	mrand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// registry is the resolver until there is a chain: documents that tests write.
type registry struct {
	mu   sync.Mutex
	docs map[string]*did.Document
}

func (r *registry) Resolve(ctx context.Context, d string, opts did.ResolveOptions) (*did.Resolution, error) {
	r.mu.Lock()
	doc, ok := r.docs[d]
	r.mu.Unlock()
	if !ok {
		return did.KeyResolver{}.Resolve(ctx, d, opts)
	}
	return &did.Resolution{Document: doc.Clone()}, nil
}

// vault is a whole one, in a directory, with a host on the loopback.
type vault struct {
	t       testing.TB
	dir     string
	key     did.PrivateKey
	did     string
	method  string
	hostKey crypto.PrivKey
	now     func() time.Time
	options exchange.Options
	net     exchange.HostOptions
	reg     *registry

	backend  *embedded.Datastore
	store    *store.Store
	grants   *access.Registry
	policy   *access.Policy
	host     *exchange.Host
	exchange *exchange.Exchange
}

func newVault(t testing.TB, reg *registry, edit ...func(*vault)) *vault {
	t.Helper()
	key, err := did.GenerateKey(did.Secp256k1, nil)
	require.NoError(t, err)
	d, err := did.PanaceaDID(key.Public())
	require.NoError(t, err)
	hostKey, _, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	v := &vault{
		t: t, dir: t.TempDir(), key: key, did: d.String(), method: d.String() + "#key1", hostKey: hostKey, now: time.Now, reg: reg,
		net: exchange.HostOptions{Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/tcp/0"), ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")}},
	}
	for _, e := range edit {
		e(v)
	}
	v.start()
	v.publish(v.host.Addrs()...)
	t.Cleanup(v.stop)
	return v
}

func (v *vault) start() {
	var err error
	v.backend, err = embedded.Open(v.dir, embedded.Options{})
	require.NoError(v.t, err)
	v.store, err = store.Open(ctx, v.backend, make([]byte, store.KeySize), store.Options{})
	require.NoError(v.t, err)
	v.grants, err = access.OpenRegistry(ctx, v.store, v.did, v.reg, func() time.Time { return v.now() })
	require.NoError(v.t, err)
	v.policy = &access.Policy{Owner: v.did, Store: v.store, Grants: v.grants}
	v.net.Key = v.hostKey
	v.host, err = exchange.NewHost(ctx, v.net)
	require.NoError(v.t, err)
	v.exchange, err = exchange.New(exchange.Config{
		Host: v.host, Store: v.store, Policy: v.policy, Resolver: v.reg, DID: v.did, Options: v.options,
	})
	require.NoError(v.t, err)
}

func (v *vault) stop() {
	if v.exchange == nil {
		return
	}
	require.NoError(v.t, v.exchange.Close())
	require.NoError(v.t, v.host.Close())
	require.NoError(v.t, v.backend.Close())
	v.exchange = nil
}

// publish writes the DID document, with the vault's service if there are addresses, and with the peer id alone if told so by none.
func (v *vault) publish(addrs ...ma.Multiaddr) {
	service, err := exchange.NewService(v.did+"#vault", peer.AddrInfo{ID: v.host.ID(), Addrs: addrs})
	require.NoError(v.t, err)
	doc := &did.Document{
		Contexts: did.ContextURLs(did.ContextV1), ID: v.did,
		VerificationMethods: []did.VerificationMethod{{ID: v.method, Type: did.Multikey, Controller: v.did, PublicKeyMultibase: v.key.Public().Multibase()}},
		Authentication:      []did.MethodRef{{Reference: v.method}},
		Services:            []did.Service{service},
	}
	require.NoError(v.t, did.DefaultLimits().Validate(doc))
	v.reg.mu.Lock()
	defer v.reg.mu.Unlock()
	v.reg.docs[v.did] = doc
}

func (v *vault) put(data []byte, pins ...string) cid.Cid {
	info, err := v.store.Put(ctx, bytes.NewReader(data), store.PutOptions{Pin: strings.Join(pins, "")})
	require.NoError(v.t, err)
	return info.CID
}

func (v *vault) sign(to string, root cid.Cid, lifetime time.Duration) string {
	now := v.now()
	token, err := access.Sign(access.Grant{Issuer: v.did, Subject: to, CID: root, Issued: now, Expires: now.Add(lifetime)}, v.method, v.key)
	require.NoError(v.t, err)
	return token
}

func (v *vault) grant(to string, root cid.Cid) access.Grant {
	g, err := v.grants.Add(ctx, v.sign(to, root, time.Hour))
	require.NoError(v.t, err)
	return g
}

func (v *vault) fetch(from *vault, root cid.Cid, opts exchange.FetchOptions) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err := v.exchange.Fetch(ctx, from.did, root, opts)
	return err
}

func (v *vault) has(root cid.Cid, want []byte) {
	r, err := v.store.Open(ctx, root)
	require.NoError(v.t, err)
	var got bytes.Buffer
	_, err = got.ReadFrom(r)
	require.NoError(v.t, err)
	require.True(v.t, bytes.Equal(want, got.Bytes()))
}

func newRegistry() *registry { return &registry{docs: map[string]*did.Document{}} }

func TestFetch(t *testing.T) {
	reg := newRegistry()
	alice, clinic := newVault(t, reg), newVault(t, reg)
	for i, size := range []int{0, 1, dag.ChunkSize, 3*dag.ChunkSize + 5, 8 << 20} {
		data := content(byte(i), size)
		root := alice.put(data)
		require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{}), exchange.ErrUnavailable)
		_, err := clinic.store.Stat(ctx, root)
		require.ErrorIs(t, err, store.ErrNotFound, "a refusal leaves no trace")
		alice.grant(clinic.did, root)
		var have, total int64
		require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{Progress: func(h, n int64) { have, total = h, n }}))
		clinic.has(root, data)
		require.EqualValues(t, size, have)
		require.EqualValues(t, size, total)
		require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}), "what is here is not asked for again")
	}
	require.EqualValues(t, 5, alice.exchange.Stats().Served)
	root := alice.put(content(99, 1000))
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{Grant: alice.sign(clinic.did, root, time.Hour)}), "a carried grant")
	require.ErrorIs(t, clinic.fetch(clinic, alice.put([]byte("y")), exchange.FetchOptions{Peers: []peer.AddrInfo{{ID: alice.host.ID(), Addrs: alice.host.Addrs()}}}), exchange.ErrNotTheirs)
}

func TestTransports(t *testing.T) {
	for _, listen := range []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"} {
		t.Run(listen, func(t *testing.T) {
			reg := newRegistry()
			only := func(v *vault) { v.net.Listen = []ma.Multiaddr{ma.StringCast(listen)} }
			alice, clinic := newVault(t, reg, only), newVault(t, reg, only)
			data := content(1, 1<<20)
			root := alice.put(data)
			alice.grant(clinic.did, root)
			require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}))
			clinic.has(root, data)
		})
	}
}

// TestNoAddresses: two vaults that know of each other nothing but a DID, and of the network one peer that is neither.
func TestNoAddresses(t *testing.T) {
	reg := newRegistry()
	serving := func(v *vault) { v.net.ServeRouting = true }
	router := newVault(t, reg, serving)
	joined := func(v *vault) {
		v.net.ServeRouting = true
		v.net.Bootstrap = []peer.AddrInfo{{ID: router.host.ID(), Addrs: router.host.Addrs()}}
	}
	alice, clinic := newVault(t, reg, joined), newVault(t, reg, joined)
	alice.publish()
	for _, v := range []*vault{alice, clinic} {
		require.NoError(t, v.host.Connect(ctx, peer.AddrInfo{ID: router.host.ID(), Addrs: router.host.Addrs()}))
		require.Eventually(t, func() bool { return v.host.RoutingPeers() > 0 && router.host.RoutingPeers() > 0 }, 20*time.Second, 10*time.Millisecond)
	}
	doc, err := did.ResolveDocument(ctx, reg, alice.did, did.ResolveOptions{})
	require.NoError(t, err)
	require.Equal(t, []peer.AddrInfo{{ID: alice.host.ID()}}, exchange.Vaults(doc), "the document has no addresses")
	data := content(1, 1<<20)
	root := alice.put(data)
	alice.grant(clinic.did, root)
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}))
	clinic.has(root, data)
}

// TestThroughARelay: a vault that nobody can dial is reached through a relay, for more than a relay's default limit.
func TestThroughARelay(t *testing.T) {
	reg := newRegistry()
	router := newVault(t, reg, func(v *vault) { v.net.ServeRelay = true })
	at := peer.AddrInfo{ID: router.host.ID(), Addrs: router.host.Addrs()}
	alice := newVault(t, reg, func(v *vault) { v.net.Listen = nil })
	clinic := newVault(t, reg, func(v *vault) { v.net.Listen = nil })
	require.NoError(t, alice.host.Connect(ctx, at))
	require.Eventually(t, func() bool {
		_, err := client.Reserve(ctx, alice.host, at)
		return err == nil
	}, 20*time.Second, 50*time.Millisecond)
	alice.publish(ma.StringCast(at.Addrs[0].String() + "/p2p/" + at.ID.String() + "/p2p-circuit"))
	data := content(1, 2<<20)
	root := alice.put(data)
	alice.grant(clinic.did, root)
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{}))
	clinic.has(root, data)
}

func TestWhoIsNotTheDIDIsNotBelieved(t *testing.T) {
	reg := newRegistry()
	alice, clinic, thief := newVault(t, reg), newVault(t, reg), newVault(t, reg)
	root := alice.put(content(1, 1000))
	alice.grant(clinic.did, root)

	// The thief says that it is the clinic.
	require.NoError(t, thief.exchange.Close())
	e, err := exchange.New(exchange.Config{Host: thief.host, Store: thief.store, Policy: thief.policy, Resolver: reg, DID: clinic.did})
	require.NoError(t, err)
	_, err = e.Fetch(ctx, alice.did, root, exchange.FetchOptions{})
	require.ErrorIs(t, err, exchange.ErrUnavailable)
	// The thief says that it is Alice, and is asked where Alice should be.
	at := []peer.AddrInfo{{ID: thief.host.ID(), Addrs: thief.host.Addrs()}}
	require.NoError(t, e.Close())
	e, err = exchange.New(exchange.Config{Host: thief.host, Store: thief.store, Policy: thief.policy, Resolver: reg, DID: alice.did})
	require.NoError(t, err)
	require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{Peers: at}), exchange.ErrNotTheirs)
	require.NoError(t, e.Close())

	// A DID whose document names no peer speaks by a binding.
	key, err := did.GenerateKey(did.Ed25519, nil)
	require.NoError(t, err)
	phone := key.Public().DIDKey()
	method := phone + "#" + strings.TrimPrefix(phone, "did:key:")
	alice.grant(phone, root)
	as := func(binding string) error {
		e, err := exchange.New(exchange.Config{Host: thief.host, Store: thief.store, Policy: thief.policy, Resolver: reg, DID: phone, Binding: binding})
		require.NoError(t, err)
		defer e.Close()
		_, err = e.Fetch(ctx, alice.did, root, exchange.FetchOptions{})
		return err
	}
	bind := func(id peer.ID, at time.Time) string {
		token, err := exchange.SignBinding(phone, method, key, id, at, time.Hour)
		require.NoError(t, err)
		return token
	}
	require.ErrorIs(t, as(""), exchange.ErrUnavailable)
	require.ErrorIs(t, as(bind(clinic.host.ID(), time.Now())), exchange.ErrUnavailable)
	require.ErrorIs(t, as(bind(thief.host.ID(), time.Now().Add(-2*time.Hour))), exchange.ErrUnavailable)
	require.NoError(t, as(bind(thief.host.ID(), time.Now())))
	thief.exchange = nil
	require.NoError(t, thief.host.Close())
	require.NoError(t, thief.backend.Close())

	// What leaves the document leaves at once.
	clinic.publish(clinic.host.Addrs()...)
	reg.mu.Lock()
	delete(reg.docs, clinic.did)
	reg.mu.Unlock()
	require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{}), exchange.ErrUnavailable)
}

func TestRightsEnd(t *testing.T) {
	reg := newRegistry()
	var mu sync.Mutex
	var ahead time.Duration
	alice := newVault(t, reg, func(v *vault) {
		v.now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(ahead)
		}
	})
	clinic := newVault(t, reg)
	root := alice.put(content(1, 1000))
	g := alice.grant(clinic.did, root)
	require.NoError(t, alice.grants.Revoke(ctx, g.ID))
	require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{}), exchange.ErrUnavailable)
	token := alice.sign(clinic.did, root, time.Minute)
	mu.Lock()
	ahead = time.Hour
	mu.Unlock()
	require.ErrorIs(t, clinic.fetch(alice, root, exchange.FetchOptions{Grant: token}), exchange.ErrUnavailable)
	require.NoError(t, clinic.fetch(alice, root, exchange.FetchOptions{Grant: alice.sign(clinic.did, root, time.Minute)}))
	require.True(t, errors.Is(clinic.fetch(alice, root, exchange.FetchOptions{}), nil))
}
