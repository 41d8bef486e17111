package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/internal/jws"
)

// ServiceType is the type of the service in a DID document that names the DID's vaults.
const ServiceType = "PanaceaVault"

const (
	bindingType = "panacea-peer+jwt"
	// MaxBindingLifetime bounds how long a statement that a peer speaks for a DID is valid.
	MaxBindingLifetime = 30 * 24 * time.Hour
	clockSkew          = time.Minute
	maxVaults          = 16 // of a DID
	maxAddresses       = 16 // of a vault
)

// endpoint is the serviceEndpoint of a PanaceaVault service.
type endpoint struct {
	PeerID    string   `json:"peerId"`
	Addresses []string `json:"addresses,omitempty"`
}

// NewService makes the service that a DID document names a vault with. Without addresses, peers find the vault by peer routing.
func NewService(id string, p peer.AddrInfo) (did.Service, error) {
	e := endpoint{PeerID: p.ID.String()}
	for _, a := range p.Addrs {
		e.Addresses = append(e.Addresses, a.String())
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return did.Service{}, err
	}
	return did.Service{ID: id, Types: []string{ServiceType}, Endpoint: raw}, nil
}

// Vaults returns the peers that a DID document names. Entries that are none are left out, and addresses that are none.
func Vaults(doc *did.Document) []peer.AddrInfo {
	var found []peer.AddrInfo
	for _, s := range doc.Services {
		if !slices.Contains(s.Types, ServiceType) {
			continue
		}
		var several []json.RawMessage
		if json.Unmarshal(s.Endpoint, &several) != nil {
			several = []json.RawMessage{s.Endpoint}
		}
		for _, raw := range several {
			if p, ok := parseEndpoint(raw); ok && len(found) < maxVaults {
				found = append(found, p)
			}
		}
	}
	return found
}

func parseEndpoint(raw json.RawMessage) (peer.AddrInfo, bool) {
	var e endpoint
	if json.Unmarshal(raw, &e) != nil {
		return peer.AddrInfo{}, false
	}
	id, err := peer.Decode(e.PeerID)
	if err != nil {
		return peer.AddrInfo{}, false
	}
	p := peer.AddrInfo{ID: id}
	for _, text := range e.Addresses[:min(len(e.Addresses), maxAddresses)] {
		if a, err := ma.NewMultiaddr(text); err == nil {
			p.Addrs = append(p.Addrs, a)
		}
	}
	return p, true
}

type bindingClaims struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
}

// SignBinding states, by an authentication key of a DID, that a peer speaks for the DID. It serves DIDs whose documents can not name the peer,
// and peers that only ask.
func SignBinding(d, method string, key did.PrivateKey, id peer.ID, now time.Time, lifetime time.Duration) (string, error) {
	if lifetime <= 0 || lifetime > MaxBindingLifetime {
		return "", fmt.Errorf("exchange: a binding lasts up to %s", MaxBindingLifetime)
	}
	return jws.Sign(bindingType, method, key, bindingClaims{d, id.String(), now.Unix(), now.Add(lifetime).Unix()})
}

// speaksFor returns nil if a peer speaks for a DID: the DID's document, as it is now, names it, or has a key that signed the binding.
func speaksFor(ctx context.Context, r did.Resolver, d string, id peer.ID, binding string, now time.Time) error {
	if _, err := did.ParseDID(d); err != nil {
		return fmt.Errorf("%w: %w", ErrNotTheirs, err)
	}
	if binding != "" {
		var c bindingClaims
		err := jws.Verify(ctx, r, bindingType, binding, &c, func() string { return c.Issuer }, did.Authentication)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotTheirs, err)
		}
		issued, expires := time.Unix(c.Issued, 0), time.Unix(c.Expires, 0)
		if c.Issuer != d || c.Subject != id.String() || now.After(expires) || now.Add(clockSkew).Before(issued) || expires.Sub(issued) > MaxBindingLifetime {
			return fmt.Errorf("%w: the binding is another's, or over", ErrNotTheirs)
		}
		return nil
	}
	doc, err := did.ResolveDocument(ctx, r, d, did.ResolveOptions{})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotTheirs, err)
	}
	for _, v := range Vaults(doc) {
		if v.ID == id {
			return nil
		}
	}
	return fmt.Errorf("%w: its document does not name the peer", ErrNotTheirs)
}

// transcript is what both sides sign, each in its role.
type transcript struct {
	clientPeer, serverPeer   peer.ID
	clientDID, serverDID     string
	clientNonce, serverNonce []byte
}

func (t transcript) bytes(role string) []byte {
	h := sha256.New()
	for _, part := range [][]byte{
		[]byte("panacea vault authentication v1"), []byte(role), []byte(t.clientPeer), []byte(t.serverPeer),
		[]byte(t.clientDID), []byte(t.serverDID), t.clientNonce, t.serverNonce,
	} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	return h.Sum([]byte("panacea-vault-auth:"))
}
