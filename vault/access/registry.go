package access

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/store"
)

// recordKind is the kind of the store's records that hold grants.
const recordKind = "grant"

// MaxGrants bounds the grants that a vault remembers.
const MaxGrants = 100_000

// Entry is a grant as the vault remembers it.
type Entry struct {
	Grant
	Token   string // "" for a carried grant that was revoked before it was seen
	Revoked bool
}

type record struct {
	Token   string    `json:"token,omitempty"`
	Revoked bool      `json:"revoked,omitempty"`
	Expires time.Time `json:"expires"`
}

// Registry remembers the grants of one owner, in a store and in memory. It is safe for concurrent use.
type Registry struct {
	owner    string
	resolver did.Resolver
	store    *store.Store
	now      func() time.Time

	mu        sync.RWMutex
	byID      map[string]Entry
	bySubject map[string][]string // ids of grants that are not revoked
}

// OpenRegistry reads the grants that a store holds. Those that are long over are forgotten.
func OpenRegistry(ctx context.Context, s *store.Store, owner string, r did.Resolver, now func() time.Time) (*Registry, error) {
	g := &Registry{owner: owner, resolver: r, store: s, now: now, byID: map[string]Entry{}, bySubject: map[string][]string{}}
	var over []string
	for rec, err := range s.Records(ctx, recordKind) {
		if err != nil {
			return nil, fmt.Errorf("access: read grants: %w", err)
		}
		var stored record
		if err := json.Unmarshal(rec.Value, &stored); err != nil {
			return nil, fmt.Errorf("access: read grants: %w", err)
		}
		if now().After(stored.Expires.Add(clockSkew)) {
			over = append(over, rec.Name)
			continue
		}
		e := Entry{Grant: Grant{ID: rec.Name, Expires: stored.Expires}, Token: stored.Token, Revoked: stored.Revoked}
		if stored.Token != "" {
			if e.Grant, err = Parse(stored.Token); err != nil {
				return nil, fmt.Errorf("access: read grants: %w", err)
			}
		}
		g.remember(e)
	}
	for _, id := range over {
		if err := s.DeleteRecord(ctx, recordKind, id); err != nil {
			return nil, fmt.Errorf("access: forget grants: %w", err)
		}
	}
	return g, nil
}

func (r *Registry) remember(e Entry) {
	if old, ok := r.byID[e.ID]; ok {
		r.bySubject[old.Subject] = slices.DeleteFunc(r.bySubject[old.Subject], func(id string) bool { return id == e.ID })
		if len(r.bySubject[old.Subject]) == 0 {
			delete(r.bySubject, old.Subject)
		}
	}
	r.byID[e.ID] = e
	if !e.Revoked {
		r.bySubject[e.Subject] = append(r.bySubject[e.Subject], e.ID)
	}
}

func (r *Registry) write(ctx context.Context, e Entry) error {
	value, err := json.Marshal(record{Token: e.Token, Revoked: e.Revoked, Expires: e.Expires})
	if err != nil {
		return err
	}
	if err := r.store.PutRecord(ctx, recordKind, store.Record{Name: e.ID, Value: value}); err != nil {
		return fmt.Errorf("access: write a grant: %w", err)
	}
	r.remember(e)
	return nil
}

// Add verifies a grant of the owner and remembers it. One that was revoked stays revoked: ErrRevoked.
func (r *Registry) Add(ctx context.Context, token string) (Grant, error) {
	g, err := Verify(ctx, r.resolver, token, r.now())
	if err != nil {
		return Grant{}, err
	}
	if g.Issuer != r.owner {
		return Grant{}, ErrNotIssuer
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	old, known := r.byID[g.ID]
	if known && old.Revoked {
		return Grant{}, ErrRevoked
	}
	if known && old.Token != token {
		return Grant{}, fmt.Errorf("%w: another grant has this id", ErrInvalid)
	}
	if !known && len(r.byID) >= MaxGrants {
		return Grant{}, fmt.Errorf("%w: the vault remembers %d grants; grant collections instead of objects", ErrInvalid, MaxGrants)
	}
	return g, r.write(ctx, Entry{Grant: g, Token: token})
}

// Revoke takes a grant back, by id, at once. For a grant that the vault has not seen, because its subject carries it, give the token.
func (r *Registry) Revoke(ctx context.Context, idOrToken string) error {
	id, expires, token := idOrToken, r.now().Add(MaxLifetime), ""
	if strings.Count(idOrToken, ".") == 2 {
		g, err := Parse(idOrToken)
		if err != nil {
			return err
		}
		if g.Issuer != r.owner {
			return ErrNotIssuer
		}
		id, expires, token = g.ID, g.Expires, idOrToken
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e, known := r.byID[id]
	if !known && token == "" {
		return ErrNotFound
	}
	if !known {
		e = Entry{Grant: Grant{ID: id, Expires: expires}, Token: token}
		e.Grant, _ = Parse(token)
	}
	e.Revoked = true
	return r.write(ctx, e)
}

// List returns all grants, revoked and expired ones included, the newest first.
func (r *Registry) List() []Entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]Entry, 0, len(r.byID))
	for _, e := range r.byID {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int {
		if c := b.Issued.Compare(a.Issued); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// covers says whether a remembered grant lets a reader read an object. pins is called only if a collection's grant may decide.
func (r *Registry) covers(ctx context.Context, reader string, root cid.Cid, pins func() []string) bool {
	now := r.now()
	r.mu.RLock()
	var candidates []Entry
	for _, id := range r.bySubject[reader] {
		e := r.byID[id]
		if e.ValidAt(now) == nil && (e.Collection != "" || e.CID.Equals(root)) {
			candidates = append(candidates, e)
		}
	}
	r.mu.RUnlock()
	for _, e := range candidates {
		var names []string
		if e.Collection != "" {
			names = pins()
		}
		if !e.Covers(root, names) {
			continue
		}
		// The key may have left the owner's document since.
		if _, err := Verify(ctx, r.resolver, e.Token, now); err == nil {
			return true
		}
	}
	return false
}

// carried says whether a grant that the reader brought lets it read an object.
func (r *Registry) carried(ctx context.Context, reader string, root cid.Cid, token string, pins func() []string) bool {
	g, err := Parse(token)
	if err != nil || g.Issuer != r.owner || g.Subject != reader {
		return false
	}
	r.mu.RLock()
	revoked := r.byID[g.ID].Revoked
	r.mu.RUnlock()
	if revoked || !g.Covers(root, pins()) {
		return false
	}
	_, err = Verify(ctx, r.resolver, token, r.now())
	return err == nil
}
