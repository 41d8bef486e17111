package keeper_test

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

func TestTheLifeOfADID(t *testing.T) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	c.Create(s)
	record, err := c.Keeper.Record(c.Ctx, s.ID)
	require.NoError(t, err)
	require.Zero(t, record.Current.Sequence)
	require.Equal(t, fixture.Genesis, *record.Created)
	require.Equal(t, int64(1), record.Metadata.Height)
	require.Equal(t, fixture.Address(t, "payer"), record.Metadata.FromAddress)

	c.NextBlock(5 * time.Second)
	second := fixture.WithService(s.Document(), "one")
	c.Update(s, second, 0)
	c.NextBlock(5 * time.Second)
	c.Deactivate(s, 1)

	record, err = c.Keeper.Record(c.Ctx, s.ID)
	require.NoError(t, err)
	require.True(t, record.Metadata.Deactivated)
	require.Equal(t, uint64(2), record.Current.Sequence)
	require.NotNil(t, record.Current.Document)
	require.True(t, record.Current.Document.IsEmpty(), "a deactivated DID keeps an empty document")
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))

	response, err := c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: s.ID, VersionId: "1"})
	require.NoError(t, err)
	require.True(t, second.Equal(response.Document), "history stays")
	require.True(t, response.Deactivated)
}

func TestEventsAreTyped(t *testing.T) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	c.Create(s)
	c.Update(s, fixture.WithService(s.Document(), "one"), 0)
	c.Deactivate(s, 1)
	var names []string
	for _, event := range c.Ctx.EventManager().Events() {
		names = append(names, event.Type)
		attribute, ok := event.GetAttribute("did")
		require.True(t, ok)
		require.Equal(t, `"`+s.ID+`"`, attribute.Value)
	}
	require.Equal(t, []string{"panacea.did.v2.EventDIDCreated", "panacea.did.v2.EventDIDUpdated", "panacea.did.v2.EventDIDDeactivated"}, names)
}

// refusal is a message that must fail with an error and leave the state as it was.
type refusal struct {
	name string
	send func(c *fixture.Chain, s fixture.Subject) error
	want *errorsmod.Error
}

// world makes a chain on which subject and controlled exist, the latter controlled by subject, and ended is deactivated.
func world(t *testing.T) (*fixture.Chain, fixture.Subject) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	c.Create(s)
	c.NextBlock(time.Second)
	c.Update(s, fixture.WithService(s.Document(), "one"), 0)

	controlled := fixture.NewSubject(t, "controlled")
	document := controlled.Document()
	document.Controller = &types.Strings{Values: []string{controlled.ID, s.ID, fixture.NewSubject(t, "absent").ID, "did:key:z6MkexampleKey"}}
	_, err := c.Msgs.CreateDID(c.Ctx, controlled.CreateMsg(document))
	require.NoError(t, err)

	ended := fixture.NewSubject(t, "ended")
	c.Create(ended)
	c.Deactivate(ended, 0)
	c.NextBlock(time.Second)
	return c, s
}

func checkRefusals(t *testing.T, refusals []refusal) {
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) {
			c, s := world(t)
			before := c.Export()
			ctx, _ := c.Ctx.CacheContext()
			c.Ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
			err := r.send(c, s)
			require.ErrorIs(t, err, r.want)
			codespace, code, _ := errorsmod.ABCIInfo(err, false)
			require.Equal(t, types.ModuleName, codespace, "the error is registered")
			require.Equal(t, r.want.ABCICode(), code)
			require.Equal(t, before, c.Export(), "the state is unchanged even within the transaction")
		})
	}
}

// documents that no message may store, each with what it is refused for.
func hostileDocuments(t testing.TB) []struct {
	name   string
	change func(s fixture.Subject, d *types.DIDDocument)
	want   *errorsmod.Error
} {
	type change = func(s fixture.Subject, d *types.DIDDocument)
	invalid, tooLarge := types.ErrInvalidDocument, types.ErrDocumentTooLarge
	extra := func(text string) change {
		return func(_ fixture.Subject, d *types.DIDDocument) { d.Extra = text }
	}
	method := func(f func(m *types.VerificationMethod)) change {
		return func(s fixture.Subject, d *types.DIDDocument) {
			m := s.NewMethod("key2", did.EcdsaSecp256k1VerificationKey2019, fixture.Key(t, did.Secp256k1, "second").Public())
			f(m)
			d.VerificationMethods = append(slices.Clone(d.VerificationMethods), m)
		}
	}
	service := func(f func(s *types.Service)) change {
		return func(s fixture.Subject, d *types.DIDDocument) {
			added := &types.Service{Id: s.Method("service"), Type: "T", ServiceEndpoint: "https://a.example"}
			f(added)
			d.Services = append(slices.Clone(d.Services), added)
		}
	}
	p384 := fixture.Key(t, did.P384, "p384")
	return []struct {
		name   string
		change change
		want   *errorsmod.Error
	}{
		{"over the hard limit", extra(`{"a":"` + strings.Repeat("x", types.MaxDocumentBytes) + `"}`), tooLarge},
		{"over the parameter's bytes", extra(`{"a":"` + strings.Repeat("x", 17<<10) + `"}`), tooLarge},
		{"too many verification methods", func(s fixture.Subject, d *types.DIDDocument) {
			for range 64 {
				d.VerificationMethods = append(slices.Clone(d.VerificationMethods), &types.VerificationMethod{})
			}
		}, tooLarge},
		{"too many embedded verification methods", func(s fixture.Subject, d *types.DIDDocument) {
			for range 64 {
				d.KeyAgreements = append(d.KeyAgreements, types.NewEmbedded(&types.VerificationMethod{}))
			}
		}, tooLarge},
		{"too many services", func(s fixture.Subject, d *types.DIDDocument) {
			for range 65 {
				d.Services = append(slices.Clone(d.Services), &types.Service{})
			}
		}, tooLarge},
		{"too many controllers", func(s fixture.Subject, d *types.DIDDocument) {
			d.Controller = &types.Strings{Values: slices.Repeat([]string{s.ID}, 17)}
		}, tooLarge},
		{"deeply nested", extra(`{"a":` + strings.Repeat("[", 4000) + strings.Repeat("]", 4000) + `}`), invalid},
		{"nested beyond JSON's parser", extra(`{"a":` + strings.Repeat("[", 8000)), invalid},
		{"another id", func(s fixture.Subject, d *types.DIDDocument) { d.Id = fixture.NewSubject(t, "other").ID }, invalid},
		{"no id", func(s fixture.Subject, d *types.DIDDocument) { d.Id = "" }, invalid},
		{"non-UTF-8 text", func(s fixture.Subject, d *types.DIDDocument) { d.AlsoKnownAs = []string{"https://\xff.example"} }, invalid},
		{"non-UTF-8 JSON", extra("{\"a\":\"\xff\"}"), invalid},
		{"a context that is no URI", func(s fixture.Subject, d *types.DIDDocument) {
			d.Contexts = &types.Strings{Values: []string{"not a URI"}}
		}, invalid},
		{"context_json of strings only", func(s fixture.Subject, d *types.DIDDocument) {
			d.Contexts, d.ContextJson = nil, `["https://www.w3.org/ns/did/v1"]`
		}, invalid},
		{"two contexts", func(s fixture.Subject, d *types.DIDDocument) { d.ContextJson = `[{"a":"b"}]` }, invalid},
		{"context_json that is no list", func(s fixture.Subject, d *types.DIDDocument) { d.Contexts, d.ContextJson = nil, `{}` }, invalid},
		{"a controller that is no DID", func(s fixture.Subject, d *types.DIDDocument) {
			d.Controller = &types.Strings{Values: []string{"https://a.example"}}
		}, invalid},
		{"a controller twice", func(s fixture.Subject, d *types.DIDDocument) {
			d.Controller = &types.Strings{Values: []string{s.ID, s.ID}}
		}, invalid},
		{"an alias that is no URI", func(s fixture.Subject, d *types.DIDDocument) { d.AlsoKnownAs = []string{"me"} }, invalid},
		{"an alias twice", func(s fixture.Subject, d *types.DIDDocument) {
			d.AlsoKnownAs = []string{"https://a.example", "https://a.example"}
		}, invalid},
		{"an empty relationship entry", func(s fixture.Subject, d *types.DIDDocument) {
			d.AssertionMethods = []*types.VerificationRelationship{{}}
		}, invalid},
		{"an empty reference", func(s fixture.Subject, d *types.DIDDocument) {
			d.AssertionMethods = []*types.VerificationRelationship{types.NewReference("")}
		}, invalid},
		{"a reference twice", func(s fixture.Subject, d *types.DIDDocument) {
			d.AssertionMethods = []*types.VerificationRelationship{types.NewReference("#key1"), types.NewReference(s.Method("key1"))}
		}, invalid},
		{"a method id twice", method(func(m *types.VerificationMethod) { m.Id = strings.Replace(m.Id, "key2", "key1", 1) }), invalid},
		{"a method id twice, relative", method(func(m *types.VerificationMethod) { m.Id = "#key1" }), invalid},
		{"a service with a method's id", service(func(s *types.Service) { s.Id = strings.Replace(s.Id, "service", "key1", 1) }), invalid},
		{"an empty method", method(func(m *types.VerificationMethod) { *m = types.VerificationMethod{} }), invalid},
		{"a method without type", method(func(m *types.VerificationMethod) { m.Type = "" }), invalid},
		{"a method without controller", method(func(m *types.VerificationMethod) { m.Controller = "" }), invalid},
		{"bad base58", method(func(m *types.VerificationMethod) { m.PublicKeyBase58 = "0OIl" }), invalid},
		{"a key of the wrong length", method(func(m *types.VerificationMethod) { m.PublicKeyBase58 = m.PublicKeyBase58[:20] }), invalid},
		{"a key of another type", method(func(m *types.VerificationMethod) {
			m.PublicKeyBase58, m.PublicKeyMultibase = "", p384.Public().Multibase()
		}), invalid},
		{"a key twice", method(func(m *types.VerificationMethod) {
			m.PublicKeyMultibase = fixture.Key(t, did.Secp256k1, "second").Public().Multibase()
		}), invalid},
		{"a private key", method(func(m *types.VerificationMethod) {
			m.Extra = `{"secretKeyMultibase":"` + fixture.Key(t, did.Secp256k1, "second").Multibase() + `"}`
		}), invalid},
		{"a private key as the public one", method(func(m *types.VerificationMethod) {
			m.Type, m.PublicKeyBase58, m.PublicKeyMultibase = did.Multikey, "", fixture.Key(t, did.Secp256k1, "second").Multibase()
		}), invalid},
		{"a private JWK", method(func(m *types.VerificationMethod) {
			m.Type, m.PublicKeyBase58 = did.JSONWebKey, ""
			m.PublicKeyJwk = `{"crv":"Ed25519","d":"AA","kty":"OKP","x":"AA"}`
		}), invalid},
		{"a JWK that is no object", method(func(m *types.VerificationMethod) {
			m.Type, m.PublicKeyBase58, m.PublicKeyJwk = did.JSONWebKey, "", `"key"`
		}), invalid},
		{"a JWK with white space", method(func(m *types.VerificationMethod) {
			jwk, err := fixture.Key(t, did.Secp256k1, "second").Public().JWK()
			require.NoError(t, err)
			m.Type, m.PublicKeyBase58, m.PublicKeyJwk = did.JSONWebKey, "", " "+string(jwk)
		}), invalid},
		{"an expiry that is no time", method(func(m *types.VerificationMethod) { m.Extra = `{"expires":"soon"}` }), invalid},
		{"an expiry that is no text", method(func(m *types.VerificationMethod) { m.Extra = `{"expires":1}` }), invalid},
		{"an expiry that is empty", method(func(m *types.VerificationMethod) { m.Extra = `{"expires":""}` }), invalid},
		{"a service without type", service(func(s *types.Service) { s.Type = "" }), invalid},
		{"a service with types twice", service(func(s *types.Service) { s.Types = []string{"A", "B"} }), invalid},
		{"a service with one type as a list", service(func(s *types.Service) { s.Type, s.Types = "", []string{"A"} }), invalid},
		{"a service without endpoint", service(func(s *types.Service) { s.ServiceEndpoint = "" }), invalid},
		{"a service with two endpoints", service(func(s *types.Service) { s.ServiceEndpointJson = `{"a":1}` }), invalid},
		{"a service endpoint that is a number", service(func(s *types.Service) { s.ServiceEndpoint, s.ServiceEndpointJson = "", `1` }), invalid},
		{"a service endpoint that is a JSON string", service(func(s *types.Service) {
			s.ServiceEndpoint, s.ServiceEndpointJson = "", `"https://a.example"`
		}), invalid},
		{"a service endpoint that is no URI", service(func(s *types.Service) { s.ServiceEndpoint = "somewhere" }), invalid},
		{"a service endpoint that is no JSON", service(func(s *types.Service) { s.ServiceEndpoint, s.ServiceEndpointJson = "", `{` }), invalid},
		{"extra that is no object", extra(`[]`), invalid},
		{"extra that is null", extra(`null`), invalid},
		{"extra that is empty", extra(`{}`), invalid},
		{"extra with white space", extra(`{"a": 1}`), invalid},
		{"extra out of order", extra(`{"b":1,"a":2}`), invalid},
		{"extra with a name twice", extra(`{"a":1,"a":1}`), invalid},
		{"extra with a name twice inside", extra(`{"a":{"b":1,"b":1}}`), invalid},
		{"extra that says the id again", extra(`{"id":"did:panacea:11111111111111111111111111111111"}`), invalid},
		{"extra that says keys again", extra(`{"authentication":["#key2"]}`), invalid},
		{"extra of a method that says its key again", method(func(m *types.VerificationMethod) {
			m.Extra = `{"publicKeyMultibase":"` + fixture.Key(t, did.Secp256k1, "third").Public().Multibase() + `"}`
		}), invalid},
		{"extra of a service that says its endpoint again", service(func(s *types.Service) {
			s.Extra = `{"serviceEndpoint":"https://b.example"}`
		}), invalid},
		{"nothing but the id", func(s fixture.Subject, d *types.DIDDocument) { *d = *types.DeactivationDocument(d.Id) }, invalid},
	}
}

func TestCreateRefuses(t *testing.T) {
	newcomer := fixture.NewSubject(t, "newcomer")
	create := func(change func(m *types.MsgCreateDIDRequest)) func(*fixture.Chain, fixture.Subject) error {
		return func(c *fixture.Chain, _ fixture.Subject) error {
			msg := newcomer.CreateMsg(newcomer.Document())
			change(msg)
			_, err := c.Msgs.CreateDID(c.Ctx, msg)
			return err
		}
	}
	// resigned changes the document before it is signed by a key.
	resigned := func(key did.PrivateKey, change func(d *types.DIDDocument)) func(*fixture.Chain, fixture.Subject) error {
		return create(func(m *types.MsgCreateDIDRequest) {
			change(m.Document)
			m.Signature = fixture.Sign(t, key, m.Document, 0)
		})
	}
	other := fixture.Key(t, did.Secp256k1, "other")
	refusals := append(proofRefusals(t, func(c *fixture.Chain, _ fixture.Subject, p proofChange) error {
		msg := newcomer.CreateMsg(newcomer.Document())
		p(&msg.Did, &msg.VerificationMethodId, &msg.Signature, &msg.FromAddress)
		_, err := c.Msgs.CreateDID(c.Ctx, msg)
		return err
	}), []refusal{
		{"no document", create(func(m *types.MsgCreateDIDRequest) { m.Document = nil }), types.ErrInvalidDocument},
		{"an existing DID", func(c *fixture.Chain, s fixture.Subject) error {
			_, err := c.Msgs.CreateDID(c.Ctx, s.CreateMsg(s.Document()))
			return err
		}, types.ErrDIDExists},
		{"a deactivated DID", func(c *fixture.Chain, _ fixture.Subject) error {
			ended := fixture.NewSubject(t, "ended")
			_, err := c.Msgs.CreateDID(c.Ctx, ended.CreateMsg(ended.Document()))
			return err
		}, types.ErrDIDDeactivated},
		{"a DID that does not derive from the key", resigned(other, func(d *types.DIDDocument) {
			d.VerificationMethods[0] = newcomer.NewMethod("key1", did.Multikey, other.Public())
		}), types.ErrNotDerived},
		{"a DID that derives from another key of the document", func(c *fixture.Chain, _ fixture.Subject) error {
			document := newcomer.Document()
			document.VerificationMethods = append(document.VerificationMethods, newcomer.NewMethod("key2", did.Multikey, other.Public()))
			document.Authentications = append(document.Authentications, types.NewReference(newcomer.Method("key2")))
			msg := newcomer.CreateMsg(document)
			msg.VerificationMethodId, msg.Signature = newcomer.Method("key2"), fixture.Sign(t, other, document, 0)
			_, err := c.Msgs.CreateDID(c.Ctx, msg)
			return err
		}, types.ErrNotDerived},
		{"an Ed25519 key", resigned(newcomer.Key, func(d *types.DIDDocument) {
			d.VerificationMethods[0] = newcomer.NewMethod("key1", did.Multikey, fixture.Key(t, did.Ed25519, "ed").Public())
		}), types.ErrUnsupportedKey},
		{"a type of method that is not known", resigned(newcomer.Key, func(d *types.DIDDocument) {
			d.VerificationMethods[0].Type = "FutureKey2040"
		}), types.ErrUnsupportedKey},
		{"a signature over sequence 1", create(func(m *types.MsgCreateDIDRequest) {
			m.Signature = fixture.Sign(t, newcomer.Key, m.Document, 1)
		}), types.ErrInvalidSignature},
		{"a document changed after signing", create(func(m *types.MsgCreateDIDRequest) {
			m.Document = fixture.WithService(m.Document, "one")
		}), types.ErrInvalidSignature},
		{"a method that only asserts", resigned(newcomer.Key, func(d *types.DIDDocument) {
			d.AssertionMethods, d.Authentications = d.Authentications, nil
		}), types.ErrMethodNotFound},
		{"an expired method", resigned(newcomer.Key, func(d *types.DIDDocument) {
			d.VerificationMethods[0].Extra = `{"expires":"2020-01-01T00:00:00Z"}`
		}), types.ErrMethodInactive},
		{"a revoked method", resigned(newcomer.Key, func(d *types.DIDDocument) {
			d.VerificationMethods[0].Extra = `{"revoked":"2020-01-01T00:00:00Z"}`
		}), types.ErrMethodInactive},
	}...)
	for _, hostile := range hostileDocuments(t) {
		refusals = append(refusals, refusal{hostile.name, resigned(newcomer.Key, func(d *types.DIDDocument) { hostile.change(newcomer, d) }), hostile.want})
	}
	checkRefusals(t, refusals)
}

// proofChange spoils what all three messages have in common.
type proofChange = func(id, method *string, signature *[]byte, from *string)

func proofRefusals(t testing.TB, send func(*fixture.Chain, fixture.Subject, proofChange) error) []refusal {
	spoil := func(p proofChange) func(*fixture.Chain, fixture.Subject) error {
		return func(c *fixture.Chain, s fixture.Subject) error { return send(c, s, p) }
	}
	other := fixture.NewSubject(t, "other")
	return []refusal{
		{"no DID", spoil(func(id, _ *string, _ *[]byte, _ *string) { *id = "" }), types.ErrInvalidDID},
		{"another method's DID", spoil(func(id, _ *string, _ *[]byte, _ *string) { *id = strings.Replace(*id, "panacea", "other", 1) }), types.ErrInvalidDID},
		{"a DID that is not base58", spoil(func(id, _ *string, _ *[]byte, _ *string) { *id = (*id)[:len(*id)-1] + "0" }), types.ErrInvalidDID},
		{"a DID that is too short", spoil(func(id, _ *string, _ *[]byte, _ *string) { *id = (*id)[:40] }), types.ErrInvalidDID},
		{"a DID that is too long", spoil(func(id, _ *string, _ *[]byte, _ *string) { *id += "11111" }), types.ErrInvalidDID},
		{"a DID with a NUL", spoil(func(id, _ *string, _ *[]byte, _ *string) { *id = (*id)[:len(*id)-1] + "\x00" }), types.ErrInvalidDID},
		{"a DID that is not UTF-8", spoil(func(id, _ *string, _ *[]byte, _ *string) { *id = (*id)[:len(*id)-1] + "\xff" }), types.ErrInvalidDID},
		{"a DID URL", spoil(func(id, _ *string, _ *[]byte, _ *string) { *id += "#key1" }), types.ErrInvalidDID},
		{"no verification method", spoil(func(_, m *string, _ *[]byte, _ *string) { *m = "" }), types.ErrMethodNotFound},
		{"a verification method that is not there", spoil(func(_, m *string, _ *[]byte, _ *string) { *m += "0" }), types.ErrMethodNotFound},
		{"a verification method of a stranger", spoil(func(_, m *string, _ *[]byte, _ *string) { *m = other.Method("key1") }), types.ErrMethodNotFound},
		{"a verification method's name that is too long", spoil(func(_, m *string, _ *[]byte, _ *string) {
			*m += strings.Repeat("x", types.MaxVerificationMethodIDLength)
		}), types.ErrMethodNotFound},
		{"no signature", spoil(func(_, _ *string, s *[]byte, _ *string) { *s = nil }), types.ErrInvalidSignature},
		{"63 bytes of signature", spoil(func(_, _ *string, s *[]byte, _ *string) { *s = (*s)[:63] }), types.ErrInvalidSignature},
		{"65 bytes of signature", spoil(func(_, _ *string, s *[]byte, _ *string) { *s = append(*s, 0) }), types.ErrInvalidSignature},
		{"a zero signature", spoil(func(_, _ *string, s *[]byte, _ *string) { *s = make([]byte, 64) }), types.ErrInvalidSignature},
		{"one bit of the signature flipped", spoil(func(_, _ *string, s *[]byte, _ *string) { (*s)[40] ^= 1 }), types.ErrInvalidSignature},
		{"a high s", spoil(func(_, _ *string, s *[]byte, _ *string) { *s = highS(*s) }), types.ErrInvalidSignature},
		{"an s beyond the group order", spoil(func(_, _ *string, s *[]byte, _ *string) {
			copy((*s)[32:], []byte(strings.Repeat("\xff", 32)))
		}), types.ErrInvalidSignature},
		{"no payer", spoil(func(_, _ *string, _ *[]byte, f *string) { *f = "" }), types.ErrInvalidAddress},
		{"a payer of another chain", spoil(func(_, _ *string, _ *[]byte, f *string) {
			*f = "cosmos1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnrujsuw"
		}), types.ErrInvalidAddress},
		{"a payer that is no address", spoil(func(_, _ *string, _ *[]byte, f *string) { *f = (*f)[:20] }), types.ErrInvalidAddress},
	}
}

// highS turns a signature into the other one that plain ECDSA accepts: (r, n - s).
func highS(signature []byte) []byte {
	n, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	s := new(big.Int).SetBytes(signature[32:])
	return append(slices.Clone(signature[:32]), new(big.Int).Sub(n, s).FillBytes(make([]byte, 32))...)
}

func TestUpdateRefuses(t *testing.T) {
	update := func(change func(s fixture.Subject, d *types.DIDDocument)) func(*fixture.Chain, fixture.Subject) error {
		return func(c *fixture.Chain, s fixture.Subject) error {
			document := s.Document()
			change(s, document)
			_, err := c.Msgs.UpdateDID(c.Ctx, s.UpdateMsg(document, 1))
			return err
		}
	}
	// asController changes controlled's document with a key of another DID.
	asController := func(key did.PrivateKey, method string) func(*fixture.Chain, fixture.Subject) error {
		return func(c *fixture.Chain, _ fixture.Subject) error {
			controlled := fixture.NewSubject(t, "controlled")
			document := fixture.WithService(controlled.Document(), "one")
			msg := controlled.UpdateMsg(document, 0)
			msg.VerificationMethodId, msg.Signature = method, fixture.Sign(t, key, document, 0)
			_, err := c.Msgs.UpdateDID(c.Ctx, msg)
			return err
		}
	}
	ended, absent, subject := fixture.NewSubject(t, "ended"), fixture.NewSubject(t, "absent"), fixture.NewSubject(t, "subject")
	refusals := append(proofRefusals(t, func(c *fixture.Chain, s fixture.Subject, p proofChange) error {
		msg := s.UpdateMsg(fixture.WithService(s.Document(), "two"), 1)
		p(&msg.Did, &msg.VerificationMethodId, &msg.Signature, &msg.FromAddress)
		_, err := c.Msgs.UpdateDID(c.Ctx, msg)
		return err
	}), []refusal{
		{"no document", func(c *fixture.Chain, s fixture.Subject) error {
			msg := s.UpdateMsg(s.Document(), 1)
			msg.Document = nil
			_, err := c.Msgs.UpdateDID(c.Ctx, msg)
			return err
		}, types.ErrInvalidDocument},
		{"a DID that is not there", func(c *fixture.Chain, _ fixture.Subject) error {
			_, err := c.Msgs.UpdateDID(c.Ctx, absent.UpdateMsg(absent.Document(), 0))
			return err
		}, types.ErrDIDNotFound},
		{"a deactivated DID", func(c *fixture.Chain, _ fixture.Subject) error {
			_, err := c.Msgs.UpdateDID(c.Ctx, ended.UpdateMsg(ended.Document(), 1))
			return err
		}, types.ErrDIDDeactivated},
		{"a stale sequence", func(c *fixture.Chain, s fixture.Subject) error {
			_, err := c.Msgs.UpdateDID(c.Ctx, s.UpdateMsg(fixture.WithService(s.Document(), "two"), 0))
			return err
		}, types.ErrInvalidSignature},
		{"a sequence of the future", func(c *fixture.Chain, s fixture.Subject) error {
			_, err := c.Msgs.UpdateDID(c.Ctx, s.UpdateMsg(fixture.WithService(s.Document(), "two"), 2))
			return err
		}, types.ErrInvalidSignature},
		{"the replay of an update", func(c *fixture.Chain, s fixture.Subject) error {
			msg := s.UpdateMsg(fixture.WithService(s.Document(), "two"), 1)
			ctx, _ := c.Ctx.CacheContext()
			for _, m := range []*types.MsgUpdateDIDRequest{msg, s.UpdateMsg(s.Document(), 2)} {
				if _, err := c.Msgs.UpdateDID(ctx, m); err != nil {
					return err
				}
			}
			_, err := c.Msgs.UpdateDID(ctx, msg)
			return err
		}, types.ErrInvalidSignature},
		{"the replay of a creation", func(c *fixture.Chain, _ fixture.Subject) error {
			newcomer := fixture.NewSubject(t, "newcomer")
			ctx, _ := c.Ctx.CacheContext()
			created := newcomer.CreateMsg(newcomer.Document())
			if _, err := c.Msgs.CreateDID(ctx, created); err != nil {
				return err
			}
			_, err := c.Msgs.UpdateDID(ctx, &types.MsgUpdateDIDRequest{Did: created.Did, Document: created.Document,
				VerificationMethodId: created.VerificationMethodId, Signature: created.Signature, FromAddress: created.FromAddress})
			return err
		}, types.ErrNothingChanged},
		{"the stored document", func(c *fixture.Chain, s fixture.Subject) error {
			_, err := c.Msgs.UpdateDID(c.Ctx, s.UpdateMsg(fixture.WithService(s.Document(), "one"), 1))
			return err
		}, types.ErrNothingChanged},
		{"a key that stands in the new document only", func(c *fixture.Chain, s fixture.Subject) error {
			thief := fixture.Key(t, did.Secp256k1, "thief")
			document := s.Document()
			document.VerificationMethods = append(document.VerificationMethods, s.NewMethod("key2", did.Multikey, thief.Public()))
			document.Authentications = append(document.Authentications, types.NewReference(s.Method("key2")))
			msg := s.UpdateMsg(document, 1)
			msg.VerificationMethodId, msg.Signature = s.Method("key2"), fixture.Sign(t, thief, document, 1)
			_, err := c.Msgs.UpdateDID(c.Ctx, msg)
			return err
		}, types.ErrMethodNotFound},
		{"someone else's DID, as oneself", func(c *fixture.Chain, s fixture.Subject) error {
			controlled := fixture.NewSubject(t, "controlled")
			document := fixture.WithService(s.Document(), "two")
			msg := s.UpdateMsg(document, 1)
			msg.VerificationMethodId, msg.Signature = controlled.Method("key1"), fixture.Sign(t, controlled.Key, document, 1)
			_, err := c.Msgs.UpdateDID(c.Ctx, msg)
			return err
		}, types.ErrMethodNotFound},
		{"a controller with another's key", asController(fixture.Key(t, did.Secp256k1, "thief"), subject.Method("key1")), types.ErrInvalidSignature},
		{"a controller's method that is not there", asController(subject.Key, subject.Method("key9")), types.ErrMethodNotFound},
		{"a controller that does not exist", asController(absent.Key, absent.Method("key1")), types.ErrMethodNotFound},
		{"a controller of another DID method", asController(subject.Key, "did:key:z6MkexampleKey#z6MkexampleKey"), types.ErrMethodNotFound},
		{"a DID that is no controller", asController(fixture.NewSubject(t, "newcomer").Key, fixture.NewSubject(t, "newcomer").Method("key1")), types.ErrMethodNotFound},
	}...)
	for _, hostile := range hostileDocuments(t) {
		refusals = append(refusals, refusal{hostile.name, update(hostile.change), hostile.want})
	}
	checkRefusals(t, refusals)
}

func TestDeactivateRefuses(t *testing.T) {
	checkRefusals(t, append(proofRefusals(t, func(c *fixture.Chain, s fixture.Subject, p proofChange) error {
		msg := s.DeactivateMsg(1)
		p(&msg.Did, &msg.VerificationMethodId, &msg.Signature, &msg.FromAddress)
		_, err := c.Msgs.DeactivateDID(c.Ctx, msg)
		return err
	}), []refusal{
		{"a DID that is not there", func(c *fixture.Chain, _ fixture.Subject) error {
			_, err := c.Msgs.DeactivateDID(c.Ctx, fixture.NewSubject(t, "absent").DeactivateMsg(0))
			return err
		}, types.ErrDIDNotFound},
		{"a deactivated DID", func(c *fixture.Chain, _ fixture.Subject) error {
			_, err := c.Msgs.DeactivateDID(c.Ctx, fixture.NewSubject(t, "ended").DeactivateMsg(1))
			return err
		}, types.ErrDIDDeactivated},
		{"a stale sequence", func(c *fixture.Chain, s fixture.Subject) error {
			_, err := c.Msgs.DeactivateDID(c.Ctx, s.DeactivateMsg(0))
			return err
		}, types.ErrInvalidSignature},
		{"a signature over the stored document", func(c *fixture.Chain, s fixture.Subject) error {
			msg := s.DeactivateMsg(1)
			msg.Signature = fixture.Sign(t, s.Key, fixture.WithService(s.Document(), "one"), 1)
			_, err := c.Msgs.DeactivateDID(c.Ctx, msg)
			return err
		}, types.ErrInvalidSignature},
		{"a signature for another DID", func(c *fixture.Chain, s fixture.Subject) error {
			msg := s.DeactivateMsg(1)
			msg.Signature = fixture.Sign(t, s.Key, types.DeactivationDocument(fixture.NewSubject(t, "other").ID), 1)
			_, err := c.Msgs.DeactivateDID(c.Ctx, msg)
			return err
		}, types.ErrInvalidSignature},
	}...))
}

func TestUpdateParamsRefuses(t *testing.T) {
	update := func(authority string, change func(p *types.Params)) func(*fixture.Chain, fixture.Subject) error {
		return func(c *fixture.Chain, _ fixture.Subject) error {
			params := types.DefaultParams()
			change(&params)
			_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: fixture.Address(t, authority), Params: params})
			return err
		}
	}
	checkRefusals(t, []refusal{
		{"another account", update("payer", func(*types.Params) {}), types.ErrUnauthorized},
		{"no bytes", update("governance", func(p *types.Params) { p.MaxDocumentBytes = 0 }), types.ErrInvalidParams},
		{"more bytes than the hard limit", update("governance", func(p *types.Params) { p.MaxDocumentBytes = types.MaxDocumentBytes + 1 }), types.ErrInvalidParams},
		{"no verification methods", update("governance", func(p *types.Params) { p.MaxVerificationMethods = 0 }), types.ErrInvalidParams},
		{"too many services", update("governance", func(p *types.Params) { p.MaxServices = 257 }), types.ErrInvalidParams},
		{"too many controllers", update("governance", func(p *types.Params) { p.MaxControllers = 257 }), types.ErrInvalidParams},
	})
}

func TestGovernanceChangesTheBounds(t *testing.T) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	params := types.DefaultParams()
	params.MaxServices = 1
	_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: fixture.Address(t, "governance"), Params: params})
	require.NoError(t, err)
	two := fixture.WithService(fixture.WithService(s.Document(), "one"), "two")
	_, err = c.Msgs.CreateDID(c.Ctx, s.CreateMsg(two))
	require.ErrorIs(t, err, types.ErrDocumentTooLarge)
	_, err = c.Msgs.CreateDID(c.Ctx, s.CreateMsg(fixture.WithService(s.Document(), "one")))
	require.NoError(t, err)
}

// TestWhoMayProveOwnership: every type of method that carries a secp256k1 key, by reference or embedded, absolute or relative.
func TestWhoMayProveOwnership(t *testing.T) {
	for _, methodType := range []string{did.EcdsaSecp256k1VerificationKey2019, did.Secp256k1VerificationKey2018, did.Multikey, did.JSONWebKey, did.JSONWebKey2020} {
		t.Run(methodType, func(t *testing.T) {
			c, s := fixture.New(t), fixture.NewSubject(t, "subject")
			document := s.Document()
			document.VerificationMethods[0] = s.NewMethod("key1", methodType, s.Key.Public())
			_, err := c.Msgs.CreateDID(c.Ctx, s.CreateMsg(document))
			require.NoError(t, err)

			document = s.Document()
			document.VerificationMethods = nil
			document.Authentications = []*types.VerificationRelationship{types.NewEmbedded(s.NewMethod("key1", methodType, s.Key.Public()))}
			c.Update(s, document, 0)

			document = s.Document()
			document.VerificationMethods[0].Id = "#key1"
			document.Authentications[0] = types.NewReference("#key1")
			c.Update(s, document, 1)
			msg := s.UpdateMsg(fixture.WithService(document, "one"), 2)
			msg.VerificationMethodId = "#key1"
			_, err = c.Msgs.UpdateDID(c.Ctx, msg)
			require.NoError(t, err)
			c.Deactivate(s, 3)
		})
	}
}

func TestAMethodExpiresWithBlockTime(t *testing.T) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	document := s.Document()
	expires, err := json.Marshal(map[string]string{"expires": fixture.Genesis.Add(time.Hour).Format(time.RFC3339)})
	require.NoError(t, err)
	document.VerificationMethods[0].Extra = string(expires)
	_, err = c.Msgs.CreateDID(c.Ctx, s.CreateMsg(document))
	require.NoError(t, err)
	c.NextBlock(2 * time.Hour)
	_, err = c.Msgs.UpdateDID(c.Ctx, s.UpdateMsg(s.Document(), 0))
	require.ErrorIs(t, err, types.ErrMethodInactive)
}

func TestAControllerChangesWhatItControls(t *testing.T) {
	c, s := world(t)
	controlled := fixture.NewSubject(t, "controlled")
	document := fixture.WithService(controlled.Document(), "one")
	document.Controller = &types.Strings{Values: []string{s.ID}}
	document.VerificationMethods, document.Authentications = nil, nil
	msg := controlled.UpdateMsg(document, 0)
	msg.VerificationMethodId, msg.Signature = s.Method("key1"), fixture.Sign(t, s.Key, document, 0)
	_, err := c.Msgs.UpdateDID(c.Ctx, msg)
	require.NoError(t, err)

	t.Run("but not the other way round", func(t *testing.T) {
		document := fixture.WithService(s.Document(), "two")
		msg := s.UpdateMsg(document, 1)
		msg.VerificationMethodId, msg.Signature = controlled.Method("key1"), fixture.Sign(t, controlled.Key, document, 1)
		_, err := c.Msgs.UpdateDID(c.Ctx, msg)
		require.ErrorIs(t, err, types.ErrMethodNotFound)
	})
	t.Run("nor with a key that it has given up", func(t *testing.T) {
		c.NextBlock(time.Second)
		renewed := s.Document()
		renewed.VerificationMethods[0] = s.NewMethod("key1", did.Multikey, fixture.Key(t, did.Secp256k1, "new").Public())
		c.Update(s, renewed, 1)
		deactivation := controlled.DeactivateMsg(1)
		deactivation.VerificationMethodId = s.Method("key1")
		deactivation.Signature = fixture.Sign(t, s.Key, types.DeactivationDocument(controlled.ID), 1)
		_, err := c.Msgs.DeactivateDID(c.Ctx, deactivation)
		require.ErrorIs(t, err, types.ErrInvalidSignature)
		deactivation.Signature = fixture.Sign(t, fixture.Key(t, did.Secp256k1, "new"), types.DeactivationDocument(controlled.ID), 1)
		ctx, _ := c.Ctx.CacheContext()
		_, err = c.Msgs.DeactivateDID(ctx, deactivation)
		require.NoError(t, err, "the current key ends it")
	})
	t.Run("nor once it is deactivated", func(t *testing.T) {
		end := s.DeactivateMsg(2)
		end.Signature = fixture.Sign(t, fixture.Key(t, did.Secp256k1, "new"), types.DeactivationDocument(s.ID), 2)
		_, err := c.Msgs.DeactivateDID(c.Ctx, end)
		require.NoError(t, err)
		deactivation := controlled.DeactivateMsg(1)
		deactivation.VerificationMethodId = s.Method("key1")
		deactivation.Signature = fixture.Sign(t, fixture.Key(t, did.Secp256k1, "new"), types.DeactivationDocument(controlled.ID), 1)
		_, err = c.Msgs.DeactivateDID(c.Ctx, deactivation)
		require.ErrorIs(t, err, types.ErrMethodNotFound)
	})
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

func TestControllersAreFollowedOneStep(t *testing.T) {
	c := fixture.New(t)
	first, second, third := fixture.NewSubject(t, "first"), fixture.NewSubject(t, "second"), fixture.NewSubject(t, "third")
	c.Create(first)
	for _, pair := range [][2]fixture.Subject{{second, first}, {third, second}} {
		document := pair[0].Document()
		document.Controller = &types.Strings{Values: []string{pair[1].ID}}
		_, err := c.Msgs.CreateDID(c.Ctx, pair[0].CreateMsg(document))
		require.NoError(t, err)
	}
	msg := third.DeactivateMsg(0)
	msg.VerificationMethodId = first.Method("key1")
	msg.Signature = fixture.Sign(t, first.Key, types.DeactivationDocument(third.ID), 0)
	_, err := c.Msgs.DeactivateDID(c.Ctx, msg)
	require.ErrorIs(t, err, types.ErrMethodNotFound)
}

func TestAFrozenDIDIsLegalAndStays(t *testing.T) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	c.Create(s)
	frozen := fixture.WithService(s.Document(), "one")
	frozen.Authentications = nil
	c.Update(s, frozen, 0)
	_, err := c.Msgs.UpdateDID(c.Ctx, s.UpdateMsg(s.Document(), 1))
	require.ErrorIs(t, err, types.ErrMethodNotFound)
	_, err = c.Msgs.DeactivateDID(c.Ctx, s.DeactivateMsg(1))
	require.ErrorIs(t, err, types.ErrMethodNotFound)
}

func TestGasGrowsWithTheDocument(t *testing.T) {
	gas := func(size int) uint64 {
		c, s := fixture.New(t), fixture.NewSubject(t, "subject")
		document := s.Document()
		document.Extra = `{"a":"` + strings.Repeat("x", size) + `"}`
		c.Ctx = c.Ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		_, err := c.Msgs.CreateDID(c.Ctx, s.CreateMsg(document))
		require.NoError(t, err)
		return c.Ctx.GasMeter().GasConsumed()
	}
	small, large := gas(10), gas(10010)
	require.Greater(t, small, uint64(types.GasPerSignature))
	require.GreaterOrEqual(t, large-small, uint64(10000*types.GasPerDocumentByte))
}

func TestAMessageThatCannotPayIsNotExecuted(t *testing.T) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	c.Ctx = c.Ctx.WithGasMeter(storetypes.NewGasMeter(3000))
	require.Panics(t, func() { _, _ = c.Msgs.CreateDID(c.Ctx, s.CreateMsg(s.Document())) }, "out of gas, which the SDK recovers")
}

// TestWritesOfOneDIDTouchOnlyItsKeys: creation writes the document and the account's entry, an update the document and what it
// replaced; so independent changes execute in parallel.
func TestWritesOfOneDIDTouchOnlyItsKeys(t *testing.T) {
	c, s := fixture.New(t), fixture.NewSubject(t, "subject")
	state := func() *types.GenesisState {
		g, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		return g
	}
	c.Create(s)
	g := state()
	require.Len(t, g.Documents, 1)
	require.Len(t, g.Accounts, 1)
	require.Empty(t, g.History)
	c.Update(s, fixture.WithService(s.Document(), "one"), 0)
	g = state()
	require.Len(t, g.Documents, 1)
	require.Len(t, g.History, 1)
	require.Len(t, g.Accounts, 1)
}
