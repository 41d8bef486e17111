package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
	"github.com/medibloc/panacea/vault/access"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/exchange"
	"github.com/medibloc/panacea/vault/record"
	"github.com/medibloc/panacea/vault/store"
)

// ErrOffline says that a vault has not joined the network.
var ErrOffline = errors.New("vault: offline")

// ErrNoKey says that an object is encrypted under a key that the vault does not have.
var ErrNoKey = errors.New("vault: no key for this object; fetch it with the grant that carries its key, or read it as it is")

// Options of an open vault.
type Options struct {
	Resolver    did.Resolver // nil for did:key and what the configuration's resolver resolves
	Authorizers []access.Authorizer
	Now         func() time.Time
	Exchange    exchange.Options
}

// Vault is an open vault. Its methods are safe for concurrent use.
type Vault struct {
	Config
	Store  *store.Store
	Grants *access.Registry

	keys     *keys
	opts     Options
	resolver did.Resolver
	policy   *access.Policy
	backend  *embedded.Datastore

	mu       sync.Mutex
	host     *exchange.Host
	exchange *exchange.Exchange
}

// Open opens a vault, offline. One process can have it open.
func Open(ctx context.Context, home, passphrase string, opts Options) (*Vault, error) {
	v, err := closedVault(home, passphrase)
	if err != nil {
		return nil, err
	}
	v.opts = opts
	if v.opts.Now == nil {
		v.opts.Now = time.Now
	}
	if v.resolver, err = newResolver(opts.Resolver, v.Resolver); err != nil {
		return nil, err
	}
	if v.backend, err = embedded.Open(filepath.Join(home, dataDir), embedded.Options{}); err != nil {
		return nil, err
	}
	if err := v.open(ctx); err != nil {
		return nil, errors.Join(err, v.backend.Close())
	}
	return v, nil
}

// closedVault is a vault's configuration and its keys.
func closedVault(home, passphrase string) (*Vault, error) {
	c, err := ReadConfig(home)
	if err != nil {
		return nil, err
	}
	v := &Vault{Config: c}
	if v.keys, err = openKeys(home, passphrase); err != nil {
		return nil, err
	}
	v.keys.agreement, err = record.OwnAgreementKey(v.keys.did, v.keys.secret)
	return v, err
}

func newResolver(given did.Resolver, url string) (did.Resolver, error) {
	if given != nil {
		return given, nil
	}
	router := did.MethodRouter{"key": did.KeyResolver{}}
	if url != "" {
		client, err := httpresolver.NewClient(url, nil)
		if err != nil {
			return nil, fmt.Errorf("%w: resolver: %w", ErrConfig, err)
		}
		router[did.MethodPanacea] = client
	}
	return router, nil
}

func (v *Vault) open(ctx context.Context) error {
	var err error
	if v.Store, err = store.Open(ctx, v.backend, v.keys.store, store.Options{Quota: v.Quota, Now: v.opts.Now}); err != nil {
		return err
	}
	if v.Grants, err = access.OpenRegistry(ctx, v.Store, v.DID, v.resolver, v.opts.Now); err != nil {
		return err
	}
	v.policy = &access.Policy{Owner: v.DID, Store: v.Store, Grants: v.Grants, Authorizers: v.opts.Authorizers}
	return nil
}

// Close leaves the network and closes the store.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var err error
	if v.exchange != nil {
		err = errors.Join(v.exchange.Close(), v.host.Close())
		v.exchange, v.host = nil, nil
	}
	return errors.Join(err, v.backend.Close())
}

// Listen joins the network as the configuration says, and serves.
func (v *Vault) Listen(ctx context.Context) error { return v.join(ctx, v.Config.Listen, v.Router) }

// Dial joins the network to fetch only: it listens nowhere.
func (v *Vault) Dial(ctx context.Context) error { return v.join(ctx, nil, false) }

func (v *Vault) join(ctx context.Context, listen []string, router bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.exchange != nil {
		return nil
	}
	o := exchange.HostOptions{Key: v.keys.host, ServeRouting: router, ServeRelay: router}
	var err error
	if o.Listen, err = multiaddresses(listen); err == nil {
		o.Announce, err = multiaddresses(v.Announce)
	}
	if err == nil {
		o.Bootstrap, err = peers(v.Bootstrap)
	}
	if err == nil {
		o.Relays, err = peers(v.Relays)
	}
	if err != nil {
		return err
	}
	host, err := exchange.NewHost(context.WithoutCancel(ctx), o)
	if err != nil {
		return err
	}
	binding, err := exchange.SignBinding(v.DID, v.Method, v.keys.did, host.ID(), v.opts.Now(), exchange.MaxBindingLifetime)
	if err != nil {
		return errors.Join(err, host.Close())
	}
	// Where the document names the host, that is the proof; the binding stands in where it does not.
	if doc, err := did.ResolveDocument(ctx, v.resolver, v.DID, did.ResolveOptions{}); err == nil {
		for _, p := range exchange.Vaults(doc) {
			if p.ID == host.ID() {
				binding = ""
			}
		}
	}
	e, err := exchange.New(exchange.Config{
		Host: host, Store: v.Store, Policy: v.policy, Resolver: v.resolver, DID: v.DID, Binding: binding, Options: v.opts.Exchange,
	})
	if err != nil {
		return errors.Join(err, host.Close())
	}
	v.host, v.exchange = host, e
	return nil
}

// network returns the host and the exchange, or ErrOffline.
func (v *Vault) network() (*exchange.Host, *exchange.Exchange, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.exchange == nil {
		return nil, nil, ErrOffline
	}
	return v.host, v.exchange, nil
}

func multiaddresses(texts []string) ([]ma.Multiaddr, error) {
	var all []ma.Multiaddr
	for _, text := range texts {
		a, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("%w: address %q: %w", ErrConfig, text, err)
		}
		all = append(all, a)
	}
	return all, nil
}

func peers(texts []string) ([]peer.AddrInfo, error) {
	addrs, err := multiaddresses(texts)
	if err != nil {
		return nil, err
	}
	found, err := peer.AddrInfosFromP2pAddrs(addrs...)
	if err != nil {
		return nil, fmt.Errorf("%w: a peer's address ends with /p2p/ID: %w", ErrConfig, err)
	}
	return found, nil
}

// meta is what a vault keeps with an object.
type meta struct {
	Name      string `json:"name,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
	Key       string `json:"key,omitempty"` // of package record; "" for an object that is kept as it is
	From      string `json:"from,omitempty"`
}

// RecordOptions describe what is put.
type RecordOptions struct {
	Name      string // of the file, for people
	MediaType string
	Pin       string // collection; "" for store.DefaultPin
	Raw       bool   // store the bytes as they are: they are ciphertext already, or to be shared under their own CID
}

const maxName = 512

// Object describes an object to the owner.
type Object struct {
	store.Info
	CID       string `json:"cid"`
	Name      string `json:"name,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
	Encrypted bool   `json:"encrypted"` // under a key of its own, which the vault has
	From      string `json:"from,omitempty"`
}

func newObject(info store.Info) (Object, meta, error) {
	var m meta
	if len(info.Meta) > 0 {
		if err := json.Unmarshal(info.Meta, &m); err != nil {
			return Object{}, m, fmt.Errorf("vault: object %s: %w", info.CID, err)
		}
	}
	info.Meta = nil
	return Object{Info: info, CID: info.CID.String(), Name: m.Name, MediaType: m.MediaType, Encrypted: m.Key != "", From: m.From}, m, nil
}

// PutRecord encrypts and stores what r gives. The CID is that of the ciphertext, so the same record put twice is two objects.
func (v *Vault) PutRecord(ctx context.Context, r io.Reader, o RecordOptions) (Object, error) {
	if len(o.Name) > maxName || len(o.MediaType) > maxName {
		return Object{}, fmt.Errorf("%w: name", store.ErrInvalid)
	}
	m := meta{Name: o.Name, MediaType: o.MediaType}
	source := r
	if !o.Raw {
		key, err := record.NewKey()
		if err != nil {
			return Object{}, err
		}
		m.Key = key
		pr, pw := io.Pipe()
		done := make(chan struct{})
		defer func() {
			pr.CloseWithError(io.ErrClosedPipe)
			<-done
		}()
		go func() {
			defer close(done)
			pw.CloseWithError(encrypt(key, pw, r))
		}()
		source = pr
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return Object{}, err
	}
	info, err := v.Store.Put(ctx, source, store.PutOptions{Pin: o.Pin, Meta: raw})
	if err != nil {
		return Object{}, err
	}
	object, _, err := newObject(info)
	return object, err
}

func encrypt(key string, dst io.Writer, src io.Reader) error {
	w, err := record.Encrypt(key, dst)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, src); err != nil {
		return err
	}
	return w.Close()
}

// Stat describes an object.
func (v *Vault) Stat(ctx context.Context, root cid.Cid) (Object, error) {
	info, err := v.Store.Stat(ctx, root)
	if err != nil {
		return Object{}, err
	}
	object, _, err := newObject(info)
	return object, err
}

// OpenRecord reads a record decrypted, or an object that was stored raw as it is. Only io.EOF says that it was all.
func (v *Vault) OpenRecord(ctx context.Context, root cid.Cid) (io.Reader, Object, error) {
	return v.openRecord(ctx, root)
}

func (v *Vault) openRecord(ctx context.Context, root cid.Cid) (io.ReadSeeker, Object, error) {
	r, err := v.Store.Open(ctx, root)
	if err != nil {
		return nil, Object{}, err
	}
	object, m, err := newObject(r.Info())
	if err != nil || m.Key == "" {
		return r, object, err
	}
	plain, err := record.Decrypt(m.Key, r)
	return plain, object, err
}

// GrantRequest says who may read what, how long.
type GrantRequest struct {
	To         string
	CID        cid.Cid
	Collection string
	Lifetime   time.Duration
	// KeepKey leaves the record's key out of the grant: the reader gets ciphertext only, as one who keeps a replica does.
	KeepKey bool
	// Carry does not remember the grant: the vault knows it when the reader brings it.
	Carry bool
}

// Grant signs a grant and, unless it is to be carried, remembers it.
func (v *Vault) Grant(ctx context.Context, q GrantRequest) (access.Grant, string, error) {
	now := v.opts.Now().UTC().Truncate(time.Second)
	g := access.Grant{
		ID: access.NewID(), Issuer: v.DID, Subject: q.To, CID: q.CID, Collection: q.Collection, Issued: now, Expires: now.Add(q.Lifetime),
	}
	if q.CID.Defined() && !q.KeepKey {
		info, err := v.Store.Stat(ctx, q.CID)
		if err != nil {
			return g, "", fmt.Errorf("vault: grant %s: %w", q.CID, err)
		}
		_, m, err := newObject(info)
		if err != nil {
			return g, "", err
		}
		if m.Key != "" {
			to, err := record.AgreementKey(ctx, v.resolver, q.To)
			if err != nil {
				return g, "", err
			}
			if g.SealedKey, err = record.SealKey(m.Key, to, sealInfo(g)); err != nil {
				return g, "", err
			}
		}
	}
	token, err := access.Sign(g, v.Method, v.keys.did)
	if err != nil {
		return g, "", err
	}
	if q.Carry {
		return g, token, nil
	}
	g, err = v.Grants.Add(ctx, token)
	return g, token, err
}

// sealInfo binds a sealed key to the grant's parties and object.
func sealInfo(g access.Grant) []byte {
	raw, err := json.Marshal([]string{g.Issuer, g.Subject, g.CID.String()})
	if err != nil {
		return nil // strings always marshal
	}
	return raw
}

// FetchRequest says what to get from whom.
type FetchRequest struct {
	From     string // DID; "" for the issuer of Grant
	CID      cid.Cid
	Grant    string // "" if the other vault remembers it and the object is not encrypted
	Pin      string
	MaxSize  int64
	Peers    []peer.AddrInfo // where to ask, if not where the DID's document says
	Progress func(have, total int64)
	OnRetry  func(err error, n int)
}

// Fetch gets an object from another vault, and its key from the grant.
func (v *Vault) Fetch(ctx context.Context, q FetchRequest) (Object, error) {
	_, e, err := v.network()
	if err != nil {
		return Object{}, err
	}
	m := meta{}
	if q.Grant != "" {
		g, err := access.Verify(ctx, v.resolver, q.Grant, v.opts.Now())
		if err != nil {
			return Object{}, err
		}
		if q.From == "" {
			q.From = g.Issuer
		}
		if !q.CID.Defined() {
			q.CID = g.CID
		}
		if len(g.SealedKey) > 0 && g.CID.Equals(q.CID) {
			if m.Key, err = record.OpenKey(g.SealedKey, v.keys.agreement, sealInfo(g)); err != nil {
				return Object{}, err
			}
		}
	}
	m.From = q.From
	raw, err := json.Marshal(m)
	if err != nil {
		return Object{}, err
	}
	info, err := e.Fetch(ctx, q.From, q.CID, exchange.FetchOptions{
		ReceiveOptions: store.ReceiveOptions{PutOptions: store.PutOptions{Pin: q.Pin, Meta: raw}, MaxSize: q.MaxSize},
		Grant:          q.Grant, Peers: q.Peers, Progress: q.Progress, OnRetry: q.OnRetry,
	})
	if err != nil {
		return Object{}, err
	}
	object, _, err := newObject(info)
	return object, err
}

// Identity is what others need to find the vault, and what its owner's DID document should hold.
type Identity struct {
	DID       string      `json:"did"`
	PeerID    string      `json:"peerId"`
	Addresses []string    `json:"addresses,omitempty"`
	Service   did.Service `json:"service"`      // for the DID document
	Agreement string      `json:"keyAgreement"` // X25519 Multikey for the DID document, which records' keys are sealed to
}

// Identity describes the vault.
func (v *Vault) Identity() (Identity, error) {
	id, err := peer.IDFromPrivateKey(v.keys.host)
	if err != nil {
		return Identity{}, err
	}
	info := peer.AddrInfo{ID: id}
	if host, _, err := v.network(); err == nil {
		info.Addrs = host.Addrs()
	}
	service, err := exchange.NewService(v.DID+"#vault", peer.AddrInfo{ID: id})
	if err != nil {
		return Identity{}, err
	}
	out := Identity{DID: v.DID, PeerID: id.String(), Service: service, Agreement: v.keys.agreement.Public().Multibase()}
	for _, a := range info.Addrs {
		out.Addresses = append(out.Addresses, a.String())
	}
	return out, nil
}

// ReadIdentity describes the vault of a directory, offline, whoever has it open.
func ReadIdentity(home, passphrase string) (Identity, error) {
	v, err := closedVault(home, passphrase)
	if err != nil {
		return Identity{}, err
	}
	return v.Identity()
}

// Peer is one that the vault is connected to.
type Peer struct {
	ID      string `json:"id"`
	Address string `json:"address"`
	Relayed bool   `json:"relayed,omitempty"`
}

// Peers lists the connections.
func (v *Vault) Peers() ([]Peer, error) {
	host, _, err := v.network()
	if err != nil {
		return nil, err
	}
	var all []Peer
	for _, c := range host.Network().Conns() {
		all = append(all, Peer{c.RemotePeer().String(), c.RemoteMultiaddr().String(), c.Stat().Limited})
	}
	return all, nil
}

// Stats are a vault's counts.
type Stats struct {
	Store    store.Stats    `json:"store"`
	Disk     uint64         `json:"diskBytes"`
	Quota    int64          `json:"quotaBytes,omitempty"`
	Grants   int            `json:"grants"`
	Online   bool           `json:"online"`
	Peers    int            `json:"peers"`
	Routing  int            `json:"routingPeers"`
	Exchange exchange.Stats `json:"exchange"`
}

// Stats returns the counts.
func (v *Vault) Stats(ctx context.Context) (Stats, error) {
	disk, err := v.backend.DiskUsage(ctx)
	if err != nil {
		return Stats{}, err
	}
	s := Stats{Store: v.Store.Stats(), Disk: disk, Quota: v.Quota, Grants: len(v.Grants.List())}
	if host, e, err := v.network(); err == nil {
		s.Online, s.Peers, s.Routing, s.Exchange = true, len(host.Network().Peers()), host.RoutingPeers(), e.Stats()
	}
	return s, nil
}
