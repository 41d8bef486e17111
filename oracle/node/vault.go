package node

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/oracle/state"
	"github.com/medibloc/panacea/vault/access"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/exchange"
	"github.com/medibloc/panacea/vault/store"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

const (
	vaultSecretSize = 32
	vaultDir        = "vault"
	// vaultDecision is what deciding about a reader may take: it may need proofs that no one has asked for yet.
	vaultDecision = 2 * time.Second
	// bindingRenewal is how often the statement that the host speaks for the vault's DID is made anew.
	bindingRenewal = exchange.MaxBindingLifetime / 4
)

// vaultKeys are the vault's, born in the enclave.
type vaultKeys struct {
	secret []byte
	store  []byte         // encrypts what lies in the vault
	did    did.PrivateKey // Ed25519; the vault's DID is its did:key
	host   crypto.PrivKey // of the libp2p host
}

func deriveVaultKeys(secret []byte) (vaultKeys, error) {
	k := vaultKeys{secret: secret}
	if len(secret) != vaultSecretSize {
		return k, state.ErrTampered
	}
	derive := func(label string) []byte {
		key, err := hkdf.Expand(sha256.New, secret, "panacea/v1/oracle/vault/"+label, 32)
		if err != nil {
			panic(err) // 32 bytes can always be derived
		}
		return key
	}
	k.store = derive("store")
	var err error
	if k.did, err = did.NewPrivateKey(did.Ed25519, derive("did")); err != nil {
		return k, fmt.Errorf("deriving the vault's keys: %w", err)
	}
	if k.host, err = crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(derive("host"))); err != nil {
		return k, fmt.Errorf("deriving the vault's keys: %w", err)
	}
	return k, nil
}

// name returns the vault's DID.
func (k vaultKeys) name() string { return "did:key:" + k.did.Public().Multibase() }

// method returns the DID URL of the vault's key.
func (k vaultKeys) method() string { return k.name() + "#" + k.did.Public().Multibase() }

// vault holds the objects that the oracle vouched for, and serves them.
type vault struct {
	keys     vaultKeys
	backend  *embedded.Datastore
	store    *store.Store
	host     *exchange.Host
	exchange *exchange.Exchange
	announce []ma.Multiaddr
}

// openVault opens the vault and joins the network. Who may read is decided by the authorizers alone: nobody holds grants of an enclave.
func openVault(ctx context.Context, dir string, keys vaultKeys, c VaultConfig, resolver did.Resolver, authorizers ...access.Authorizer) (*vault, error) {
	listen, err := multiaddresses("vault.listen", c.Listen)
	if err != nil {
		return nil, err
	}
	v := &vault{keys: keys}
	if v.announce, err = multiaddresses("vault.announce", c.Announce); err != nil {
		return nil, err
	}
	if v.backend, err = embedded.Open(filepath.Join(dir, vaultDir), embedded.Options{}); err != nil {
		return nil, fmt.Errorf("opening the vault: %w", err)
	}
	if err := v.join(ctx, listen, c.Quota, resolver, authorizers); err != nil {
		return nil, errors.Join(err, v.close())
	}
	return v, nil
}

func (v *vault) join(ctx context.Context, listen []ma.Multiaddr, quota int64, resolver did.Resolver, authorizers []access.Authorizer) error {
	var err error
	if v.store, err = store.Open(ctx, v.backend, v.keys.store, store.Options{Quota: quota}); err != nil {
		return fmt.Errorf("opening the vault: %w", err)
	}
	grants, err := access.OpenRegistry(ctx, v.store, v.keys.name(), resolver, time.Now)
	if err != nil {
		return fmt.Errorf("opening the vault: %w", err)
	}
	v.host, err = exchange.NewHost(context.WithoutCancel(ctx), exchange.HostOptions{Key: v.keys.host, Listen: listen, Announce: v.announce})
	if err != nil {
		return fmt.Errorf("opening the vault to the network: %w", err)
	}
	binding, err := v.bind()
	if err != nil {
		return err
	}
	v.exchange, err = exchange.New(exchange.Config{
		Host: v.host, Store: v.store, Resolver: resolver, DID: v.keys.name(), Binding: binding,
		Policy:  &access.Policy{Owner: v.keys.name(), Store: v.store, Grants: grants, Authorizers: authorizers},
		Options: exchange.Options{RefusalTime: vaultDecision},
	})
	return err
}

func (v *vault) bind() (string, error) {
	return exchange.SignBinding(v.keys.name(), v.keys.method(), v.keys.did, v.host.ID(), time.Now(), exchange.MaxBindingLifetime)
}

// keepBound renews the binding until the context ends.
func (v *vault) keepBound(ctx context.Context) error {
	tick := time.NewTicker(bindingRenewal)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			binding, err := v.bind()
			if err != nil {
				return err
			}
			v.exchange.SetBinding(binding)
		}
	}
}

// peer returns what the chain says of where the vault is reached: its DID, then as many of its addresses as fit, separated by commas.
func (v *vault) peer() string { return vaultPeer(v.keys.name(), v.host.ID().String(), v.host.Addrs()) }

func vaultPeer(name, id string, addresses []ma.Multiaddr) string {
	peer := name
	for _, a := range addresses {
		next := "," + a.String() + "/p2p/" + id
		if strings.ContainsAny(next[1:], ", ") || len(peer)+len(next) > oracletypes.MaxEndpointLength {
			continue
		}
		peer += next
	}
	return peer
}

func (v *vault) close() error {
	var errs []error
	if v.exchange != nil {
		errs = append(errs, v.exchange.Close())
	}
	if v.host != nil {
		errs = append(errs, v.host.Close())
	}
	return errors.Join(append(errs, v.backend.Close())...)
}

func multiaddresses(setting string, texts []string) ([]ma.Multiaddr, error) {
	var all []ma.Multiaddr
	for _, text := range texts {
		a, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %q is no multiaddress: %w", ErrConfig, setting, text, err)
		}
		all = append(all, a)
	}
	return all, nil
}

// peerID returns the id of the vault's libp2p host.
func (k vaultKeys) peerID() (string, error) {
	id, err := peer.IDFromPrivateKey(k.host)
	if err != nil {
		return "", fmt.Errorf("naming the vault's host: %w", err)
	}
	return id.String(), nil
}
