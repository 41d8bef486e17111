package types_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

// whole has every property of DID Core, and some that have no field.
const whole = `{
  "@context": ["https://www.w3.org/ns/did/v1", {"@vocab": "https://example.com/#"}],
  "id": "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm",
  "alsoKnownAs": ["https://example.com/me"],
  "controller": ["did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm", "did:web:example.com"],
  "verificationMethod": [
    {"id": "#relative", "type": "Multikey", "controller": "did:example:123",
     "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu", "expires": "2040-01-01T00:00:00Z", "note": [1.10, {"b": 1, "a": "<&>"}]},
    {"id": "#jwk", "type": "JsonWebKey", "controller": "did:example:123",
     "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": "VCpo2LMLhn6iWku8MKvSLg2ZAoC-nlOyPVQaO3FxVeQ", "kid": "1"}},
    {"id": "#future", "type": "FutureKey2040", "controller": "did:example:123", "publicKeyFuture": "abc"}
  ],
  "authentication": ["#relative", {"id": "#embedded", "type": "Multikey", "controller": "did:example:123",
     "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu", "revoked": "2030-01-01T00:00:00Z"}],
  "assertionMethod": ["#relative"],
  "keyAgreement": ["did:other:1#key"],
  "capabilityInvocation": ["#jwk"],
  "capabilityDelegation": ["#jwk"],
  "service": [
    {"id": "#one", "type": "A", "serviceEndpoint": "https://example.com/?a=1&b=2"},
    {"id": "#two", "type": ["A", "B"], "serviceEndpoint": {"uri": "https://example.com", "n": 1e3}, "priority": 0},
    {"id": "#three", "type": "C", "serviceEndpoint": ["https://example.com", {"x": null}]}
  ],
  "zeta": null, "alpha": {"nested": [true, "\u2028"]}
}`

func TestEveryPropertyOfADocumentSurvives(t *testing.T) {
	document, err := did.ParseDocument([]byte(whole))
	require.NoError(t, err)
	message, err := types.FromW3C(document)
	require.NoError(t, err)
	require.NoError(t, message.Validate())
	encoded, err := message.Marshal()
	require.NoError(t, err)
	var decoded types.DIDDocument
	require.NoError(t, decoded.Unmarshal(encoded))
	back, err := decoded.ToW3C()
	require.NoError(t, err)
	want, err := document.MarshalJSON()
	require.NoError(t, err)
	got, err := back.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// TestRandomDocumentsSurvive: a document becomes the message of which it is the document, and back.
func TestRandomDocumentsSurvive(t *testing.T) {
	key := fixture.Key(t, did.Ed25519, "any").Public()
	rapid.Check(t, func(rt *rapid.T) {
		document := randomW3C(rt, key)
		if document.Validate() != nil {
			rt.Skip("not a valid document")
		}
		message, err := types.FromW3C(document)
		require.NoError(rt, err)
		if err := message.Validate(); err != nil {
			text, _ := document.MarshalJSON()
			if _, parseErr := did.ParseDocument(text); parseErr != nil || message.Size() == types.DeactivationDocument(message.Id).Size() {
				rt.Skip("not a document that is accepted")
			}
			rt.Fatalf("%s: %v", text, err)
		}
		back, err := message.ToW3C()
		require.NoError(rt, err)
		want, err := document.MarshalJSON()
		require.NoError(rt, err)
		got, err := back.MarshalJSON()
		require.NoError(rt, err)
		require.Equal(rt, string(want), string(got))
		again, err := types.FromW3C(back)
		require.NoError(rt, err)
		require.True(rt, message.Equal(again))
	})
}

func randomW3C(rt *rapid.T, key did.PublicKey) *did.Document {
	const id = "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm"
	n := 0
	newID := func() string { n++; return fmt.Sprintf("%s#n%d", id, n) }
	method := func() did.VerificationMethod {
		m := did.VerificationMethod{ID: newID(), Type: did.Multikey, Controller: id, Extra: randomProperties(rt)}
		switch rapid.IntRange(0, 3).Draw(rt, "key") {
		case 0:
			m.PublicKeyMultibase = key.Multibase()
		case 1:
			m.Type = did.JSONWebKey
			m.PublicKeyJWK, _ = key.JWK()
		case 2:
			m.Type = "Unknown"
		case 3:
			m.PublicKeyMultibase, m.Expires = key.Multibase(), "2030-01-01T00:00:00Z"
		}
		return m
	}
	d := &did.Document{ID: id, Extra: randomProperties(rt)}
	if rapid.Bool().Draw(rt, "context") {
		d.Contexts = did.ContextURLs(did.ContextV1)
	}
	if rapid.Bool().Draw(rt, "context object") {
		d.Contexts = append(d.Contexts, json.RawMessage(`{"a":"b"}`))
	}
	d.AlsoKnownAs = rapid.SliceOfNDistinct(rapid.StringMatching(`https://[a-z]{1,5}\.example`), 0, 2, rapid.ID[string]).Draw(rt, "also known as")
	d.Controllers = rapid.SliceOfNDistinct(rapid.StringMatching(`did:[a-z]{1,5}:[a-z]{1,5}`), 0, 3, rapid.ID[string]).Draw(rt, "controllers")
	for range rapid.IntRange(0, 2).Draw(rt, "methods") {
		d.VerificationMethods = append(d.VerificationMethods, method())
	}
	for _, set := range []*[]did.MethodRef{&d.Authentication, &d.AssertionMethod, &d.KeyAgreement, &d.CapabilityInvocation, &d.CapabilityDelegation} {
		for range rapid.IntRange(0, 2).Draw(rt, "references") {
			if rapid.Bool().Draw(rt, "embedded") {
				m := method()
				*set = append(*set, did.MethodRef{Embedded: &m})
			} else {
				*set = append(*set, did.MethodRef{Reference: newID()})
			}
		}
	}
	for range rapid.IntRange(0, 2).Draw(rt, "services") {
		endpoint := rapid.SampledFrom([]string{`"https://a.example"`, `{"a":1.10}`, `["https://a.example",{}]`, `["https://a.example"]`}).Draw(rt, "endpoint")
		d.Services = append(d.Services, did.Service{
			ID: newID(), Endpoint: json.RawMessage(endpoint), Extra: randomProperties(rt),
			Types: rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Z][a-z]{0,3}`), 1, 3, rapid.ID[string]).Draw(rt, "types"),
		})
	}
	return d
}

func randomProperties(rt *rapid.T) did.Properties {
	values := []string{`1`, `1.10`, `"x<>&y"`, `null`, `[]`, `{"b":1,"a":2}`, `[1e400,{"\u0001":"\u2028"}]`, `"` + "\u2028" + `é"`}
	var p did.Properties
	for range rapid.IntRange(0, 2).Draw(rt, "properties") {
		if p == nil {
			p = did.Properties{}
		}
		name := rapid.SampledFrom([]string{"a", "Z", "é", "x y", "<&>", `"`, `\`, "\u2028", "expires2", "id ", ""}).Draw(rt, "name")
		p[name] = json.RawMessage(rapid.SampledFrom(values).Draw(rt, "value"))
	}
	return p
}

// FuzzConvert decodes documents from arbitrary bytes, converts and validates them. What is valid must convert back to itself.
func FuzzConvert(f *testing.F) {
	document, err := did.ParseDocument([]byte(whole))
	if err != nil {
		f.Fatal(err)
	}
	message, err := types.FromW3C(document)
	if err != nil {
		f.Fatal(err)
	}
	seed, err := message.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, encoded []byte) {
		var message types.DIDDocument
		if message.Unmarshal(encoded) != nil || message.Validate() != nil {
			return
		}
		document, err := message.ToW3C()
		if err != nil {
			t.Fatal(err)
		}
		if err := document.Validate(); err != nil {
			t.Fatal(err)
		}
		back, err := types.FromW3C(document)
		if err != nil {
			t.Fatal(err)
		}
		if err := back.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
