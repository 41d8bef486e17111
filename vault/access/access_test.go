package access_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	ds "github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/access"
	"github.com/medibloc/panacea/vault/store"
)

var ctx = context.Background()

type person struct {
	did, method string
	key         did.PrivateKey
}

func newPerson(t testing.TB, kind did.KeyType) person {
	k, err := did.GenerateKey(kind, nil)
	require.NoError(t, err)
	d := k.Public().DIDKey()
	return person{d, d + "#" + strings.TrimPrefix(d, "did:key:"), k}
}

type world struct {
	t      testing.TB
	now    time.Time
	store  *store.Store
	policy *access.Policy
	owner  person
	object cid.Cid
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: time.Unix(1_800_000_000, 0), owner: newPerson(t, did.Secp256k1)}
	s, err := store.Open(ctx, dssync.MutexWrap(ds.NewMapDatastore()), make([]byte, store.KeySize), store.Options{})
	require.NoError(t, err)
	w.store = s
	info, err := s.Put(ctx, bytes.NewReader([]byte("record")), store.PutOptions{Pin: "lab"})
	require.NoError(t, err)
	w.object = info.CID
	w.policy = &access.Policy{Owner: w.owner.did, Store: s}
	w.reopen()
	return w
}

func (w *world) reopen() {
	r, err := access.OpenRegistry(ctx, w.store, w.owner.did, did.KeyResolver{}, func() time.Time { return w.now })
	require.NoError(w.t, err)
	w.policy.Grants = r
}

func (w *world) sign(by person, g access.Grant) string {
	g.Issuer, g.Issued = by.did, w.now
	if g.Expires.IsZero() {
		g.Expires = w.now.Add(time.Hour)
	}
	token, err := access.Sign(g, by.method, by.key)
	require.NoError(w.t, err)
	return token
}

func TestGrantsAreForSomeoneForSomethingForATime(t *testing.T) {
	for _, kind := range []did.KeyType{did.Secp256k1, did.Ed25519, did.P256} {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t)
			w.owner = newPerson(t, kind)
			w.policy.Owner = w.owner.did
			w.reopen()
			clinic, other := newPerson(t, did.Ed25519), newPerson(t, did.Ed25519)
			elsewhere := cid.MustParse("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")
			may := func(reader string, root cid.Cid, carried string) bool {
				return w.policy.MayRead(ctx, reader, root, carried)
			}
			require.True(t, may(w.owner.did, w.object, ""))
			require.False(t, may("", w.object, ""))
			require.False(t, may(clinic.did, w.object, ""))
			for name, g := range map[string]access.Grant{
				"object":     {Subject: clinic.did, CID: w.object},
				"collection": {Subject: clinic.did, Collection: "lab"},
			} {
				token := w.sign(w.owner, g)
				require.True(t, may(clinic.did, w.object, token), name)
				require.False(t, may(other.did, w.object, token), name)
				require.False(t, may(clinic.did, elsewhere, token), name)
				require.False(t, may(clinic.did, w.object, ""), name)
				stored, err := w.policy.Grants.Add(ctx, token)
				require.NoError(t, err)
				require.True(t, may(clinic.did, w.object, ""), name)
				require.False(t, may(other.did, w.object, ""), name)
				require.False(t, may(clinic.did, elsewhere, ""), name)
				w.reopen()
				require.True(t, may(clinic.did, w.object, ""), "%s, after a restart", name)
				require.NoError(t, w.policy.Grants.Revoke(ctx, stored.ID))
				for range 2 {
					require.False(t, may(clinic.did, w.object, ""), name)
					require.False(t, may(clinic.did, w.object, token), name)
					_, err = w.policy.Grants.Add(ctx, token)
					require.ErrorIs(t, err, access.ErrRevoked)
					w.reopen()
				}
			}
			require.Len(t, w.policy.Grants.List(), 2)
			token := w.sign(w.owner, access.Grant{Subject: clinic.did, CID: w.object})
			require.NoError(t, w.policy.Grants.Revoke(ctx, token), "a carried grant that the vault has not seen")
			require.False(t, may(clinic.did, w.object, token))
			token = w.sign(w.owner, access.Grant{Subject: clinic.did, CID: w.object})
			_, err := w.policy.Grants.Add(ctx, token)
			require.NoError(t, err)
			w.now = w.now.Add(time.Hour)
			require.False(t, may(clinic.did, w.object, ""))
			require.False(t, may(clinic.did, w.object, token))
			w.now = w.now.Add(time.Hour)
			w.reopen()
			require.Empty(t, w.policy.Grants.List(), "what is over is forgotten")
		})
	}
}

func TestForgedGrants(t *testing.T) {
	w := newWorld(t)
	clinic := newPerson(t, did.Ed25519)
	good := w.sign(w.owner, access.Grant{Subject: clinic.did, CID: w.object})
	parts := strings.Split(good, ".")
	others := strings.Split(w.sign(w.owner, access.Grant{Subject: clinic.did, Collection: "x"}), ".")
	g := access.Grant{Issuer: w.owner.did, Subject: clinic.did, CID: w.object, Issued: w.now, Expires: w.now.Add(time.Hour)}
	stranger, err := access.Sign(g, clinic.method, clinic.key)
	require.NoError(t, err)
	borrowed, err := access.Sign(g, w.owner.method, clinic.key)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"another's claims":   {parts[0] + "." + others[1] + "." + parts[2], access.ErrNotIssuer},
		"the clinic's key":   {stranger, access.ErrNotIssuer},
		"a borrowed kid":     {borrowed, access.ErrNotIssuer},
		"the clinic's grant": {w.sign(clinic, access.Grant{Subject: clinic.did, CID: w.object}), access.ErrNotIssuer},
		"no signature":       {parts[0] + "." + parts[1] + ".", access.ErrNotIssuer},
		"no token":           {"x", access.ErrInvalid},
		"too long":           {good + strings.Repeat("A", 10<<10), access.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.policy.Grants.Add(ctx, c.token)
			require.ErrorIs(t, err, c.want)
			require.False(t, w.policy.MayRead(ctx, clinic.did, w.object, c.token))
		})
	}
	for name, g := range map[string]access.Grant{
		"for nothing":  {Subject: clinic.did, Expires: w.now.Add(1)},
		"for ever":     {Subject: clinic.did, CID: w.object, Expires: w.now.Add(2 * access.MaxLifetime)},
		"to nobody":    {CID: w.object, Expires: w.now.Add(time.Hour)},
		"for too much": {Subject: clinic.did, CID: w.object, Collection: "x", Expires: w.now.Add(time.Hour)},
	} {
		g.Issuer, g.Issued = w.owner.did, w.now
		_, err := access.Sign(g, w.owner.method, w.owner.key)
		require.ErrorIs(t, err, access.ErrInvalid, name)
	}
}

type deals struct {
	state  access.DealState
	oracle string
	err    error
}

func (d deals) DealOf(context.Context, cid.Cid) (access.DealState, error) { return d.state, d.err }
func (d deals) IsActiveOracle(_ context.Context, did string) (bool, error) {
	return did == d.oracle, nil
}

func TestDeals(t *testing.T) {
	w := newWorld(t)
	consumer, oracle := newPerson(t, did.Ed25519).did, newPerson(t, did.Ed25519).did
	for name, c := range map[string]struct {
		state            access.DealState
		err              error
		consumer, oracle bool
	}{
		"no deal":         {},
		"before consent":  {state: access.DealState{Consumer: consumer}},
		"after consent":   {state: access.DealState{Consumer: consumer, Consented: true}, consumer: true},
		"dispute":         {state: access.DealState{Consumer: consumer, Consented: true, DisputePossible: true}, consumer: true, oracle: true},
		"chain not there": {state: access.DealState{Consumer: consumer, Consented: true, DisputePossible: true}, err: errors.New("no chain")},
	} {
		t.Run(name, func(t *testing.T) {
			w.policy.Authorizers = []access.Authorizer{access.Deals{Querier: deals{c.state, oracle, c.err}}}
			require.Equal(t, c.consumer, w.policy.MayRead(ctx, consumer, w.object, ""))
			require.Equal(t, c.oracle, w.policy.MayRead(ctx, oracle, w.object, ""))
			require.False(t, w.policy.MayRead(ctx, newPerson(t, did.Ed25519).did, w.object, ""))
		})
	}
}

// FuzzParse reads grants from strangers.
func FuzzParse(f *testing.F) {
	owner := newPerson(f, did.Ed25519)
	token, err := access.Sign(access.Grant{Issuer: owner.did, Subject: owner.did, Collection: "c", Issued: time.Unix(1, 0), Expires: time.Unix(2, 0)}, owner.method, owner.key)
	require.NoError(f, err)
	f.Add(token)
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		g, err := access.Parse(token)
		if err != nil {
			require.ErrorIs(t, err, access.ErrInvalid)
			return
		}
		_, err = access.Verify(ctx, did.KeyResolver{}, token, g.Issued)
		if err != nil && !errors.Is(err, access.ErrNotIssuer) && !errors.Is(err, access.ErrExpired) {
			t.Fatal(err)
		}
	})
}
