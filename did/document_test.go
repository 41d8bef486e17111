package did_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/did"
)

// everything has each property of DID Core at least once, in each of its forms, and unknown properties at every level.
const everything = `{
  "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1", {"ext": "https://ext.example/#"}],
  "id": "did:example:123456789abcdefghi",
  "alsoKnownAs": ["https://alice.example/", "did:example:abc"],
  "controller": ["did:example:bcehfew7h32f32h7af3", "did:example:xyz"],
  "verificationMethod": [{
    "id": "did:example:123456789abcdefghi#keys-1", "type": "Multikey", "controller": "did:example:123456789abcdefghi",
    "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu", "blockchainAccountId": "x", "n": 1.10
  }, {
    "id": "#keys-2", "type": "JsonWebKey", "controller": "did:example:bcehfew7h32f32h7af3", "revoked": "2024-12-10T15:28:32Z", "expires": "2025-12-01T00:00:00.5+09:00",
    "publicKeyJwk": {"kid": "key-20240828", "kty": "EC", "crv": "P-256", "alg": "ES256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
  }],
  "authentication": ["did:example:123456789abcdefghi#keys-1", {
    "id": "#embedded", "type": "Ed25519VerificationKey2018", "controller": "did:example:123456789abcdefghi",
    "publicKeyBase58": "H3C2AVvLMv6gmMNam3uVAjZpfkcJCwDwnZn6z3wXmqPV"
  }],
  "assertionMethod": ["#keys-2"],
  "keyAgreement": [{
    "id": "did:example:123456789abcdefghi#agree", "type": "X25519KeyAgreementKey2019", "controller": "did:example:123456789abcdefghi",
    "publicKeyBase58": "9hFgmPVfmBZwRvFEyniQDBkz9LmV7gDEqytWyGZLmDXE"
  }],
  "capabilityInvocation": ["did:example:other#key"],
  "capabilityDelegation": ["#keys-1", "#gone"],
  "service": [
    {"id": "did:example:123456789abcdefghi#linked-domain", "type": "LinkedDomains", "serviceEndpoint": "https://bar.example.com/<&>?a=1"},
    {"id": "#map", "type": ["A", "B"], "serviceEndpoint": {"origins": ["https://a.example"], "big": 123456789012345678901234567890}, "priority": 0},
    {"id": "#list", "type": "DIDCommMessaging", "serviceEndpoint": ["https://a.example", {"uri": "wss://b.example"}, "https://c.example"]}
  ],
  "zeta": {"deep": [1e400, {"a": null}]},
  "proof": []
}`

func parse(t require.TestingT, s string) *did.Document {
	d, err := did.ParseDocument([]byte(s))
	require.NoError(t, err)
	return d
}

func TestDocumentKeepsEverything(t *testing.T) {
	// The text has no "<&>" in a URL, which are no URI characters.
	text := strings.Replace(everything, "<&>", "", 1)
	d := parse(t, text)
	out, err := d.MarshalJSON()
	require.NoError(t, err)
	require.JSONEq(t, strings.ReplaceAll(text, "1e400", "1"), strings.ReplaceAll(string(out), "1e400", "1"))
	for _, exact := range []string{"1e400", "123456789012345678901234567890", `"n":1.10`} {
		require.Contains(t, string(out), exact)
	}
	again := parse(t, string(out))
	require.Equal(t, d, again)
	second, err := again.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(out), string(second))
	clone, err := d.Clone().MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(out), string(clone))
	require.Equal(t, []string{"https://a.example", "https://c.example"}, d.Services[2].EndpointURLs())
	require.True(t, d.IsController("did:example:xyz"))
	require.False(t, d.IsController("did:example:zzz"))
	_, err = did.ParseDocument([]byte(everything))
	require.ErrorIs(t, err, did.ErrInvalidDocument, "< in a URL")
}

func TestDocumentOfOneElementSetsWritesPlainStrings(t *testing.T) {
	d := parse(t, `{"@context":["https://www.w3.org/ns/did/v1"],"controller":["did:example:1"],"id":"did:example:1","authentication":[]}`)
	out, err := json.Marshal(d)
	require.NoError(t, err)
	require.Equal(t, `{"@context":"https://www.w3.org/ns/did/v1","id":"did:example:1","controller":"did:example:1"}`, string(out))
	var back did.Document
	require.NoError(t, json.Unmarshal(out, &back))
	require.Equal(t, d, &back)
}

func TestJSONLDAddsTheDIDContext(t *testing.T) {
	for in, want := range map[string]string{
		`{"id":"did:example:1"}`: `{"@context":"https://www.w3.org/ns/did/v1.1","id":"did:example:1"}`,
		`{"@context":"https://www.w3.org/ns/did/v1","id":"did:example:1"}`:       `{"@context":"https://www.w3.org/ns/did/v1","id":"did:example:1"}`,
		`{"@context":["https://other.example/v1",{}],"id":"did:example:1"}`:      `{"@context":["https://www.w3.org/ns/did/v1.1","https://other.example/v1",{}],"id":"did:example:1"}`,
		`{"@context":"https://www.w3.org/ns/did/v1.1","id":"did:example:1"}`:     `{"@context":"https://www.w3.org/ns/did/v1.1","id":"did:example:1"}`,
		`{"@context":{"a":"https://www.w3.org/ns/did/v1"},"id":"did:example:1"}`: `{"@context":["https://www.w3.org/ns/did/v1.1",{"a":"https://www.w3.org/ns/did/v1"}],"id":"did:example:1"}`,
	} {
		out, err := parse(t, in).JSONLD()
		require.NoError(t, err)
		require.Equal(t, want, string(out))
	}
}

func TestLookupAndAuthorization(t *testing.T) {
	d := parse(t, strings.Replace(everything, "<&>", "", 1))
	const base = "did:example:123456789abcdefghi"
	for _, id := range []string{"keys-1", "#keys-1", base + "#keys-1", "#keys-2", "embedded", base + "#embedded", "agree"} {
		_, ok := d.VerificationMethod(id)
		require.True(t, ok, id)
	}
	for _, id := range []string{"", "#", "keys", "did:example:other#keys-1", "did:example:123456789ABCDEFGHI#keys-1", "#linked-domain", "\xff", "//x"} {
		_, ok := d.VerificationMethod(id)
		require.False(t, ok, id)
	}
	_, ok := d.Service("#list")
	require.True(t, ok)
	_, ok = d.Service("#keys-1")
	require.False(t, ok)

	for _, c := range []struct {
		r    did.Relationship
		id   string
		want bool
	}{
		{did.Authentication, "#keys-1", true},
		{did.Authentication, base + "#embedded", true},
		{did.Authentication, "#keys-2", false},
		{did.AssertionMethod, base + "#keys-2", true},
		{did.AssertionMethod, "#embedded", false},
		{did.KeyAgreement, "#agree", true},
		{did.CapabilityInvocation, "did:example:other#key", true}, // another DID's method: that DID's document has it
		{did.CapabilityDelegation, "keys-1", true},
		{did.CapabilityDelegation, "#gone", false}, // listed, but the document has no such method any more
		{"nonsense", "#keys-1", false},
		{did.Authentication, "", false},
	} {
		require.Equal(t, c.want, d.Authorizes(c.r, c.id), "%s %s", c.r, c.id)
	}
}

// TestPathIDsAreNotFragments: "k" as an id is a path, so a method of that id must not pass for the method "#k".
func TestPathIDsAreNotFragments(t *testing.T) {
	d := parse(t, `{"id":"did:example:1","verificationMethod":[
		{"id":"k","type":"A","controller":"did:example:1"},{"id":"#k","type":"B","controller":"did:example:1"},{"id":"#l","type":"C","controller":"did:example:1"}],
		"authentication":["#k","#l"],"assertionMethod":["k"]}`)
	for id, want := range map[string]string{"k": "A", "#k": "B", "l": "C", "did:example:1/k": "A"} {
		m, ok := d.VerificationMethod(id)
		require.True(t, ok)
		require.Equal(t, want, m.Type, id)
	}
	require.False(t, d.Authorizes(did.Authentication, "k"))
	require.True(t, d.Authorizes(did.Authentication, "l"))
	require.True(t, d.Authorizes(did.AssertionMethod, "k"))
	require.False(t, d.Authorizes(did.AssertionMethod, "#k"))
}

func TestExpandRelativeURLs(t *testing.T) {
	d := parse(t, strings.Replace(everything, "<&>", "", 1))
	before, err := d.MarshalJSON()
	require.NoError(t, err)
	expanded, err := d.ExpandRelativeURLs().MarshalJSON()
	require.NoError(t, err)
	require.NotContains(t, string(expanded), `"#`)
	require.Contains(t, string(expanded), `"did:example:123456789abcdefghi#embedded"`)
	after, err := d.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(before), string(after), "the original must not change")
}

// TestHostileDocuments has one fault a case.
func TestHostileDocuments(t *testing.T) {
	method := func(extra string) string {
		return `{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"Multikey","controller":"did:example:1"` + extra + `}]}`
	}
	service := func(s string) string { return `{"id":"did:example:1","service":[` + s + `]}` }
	nested := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	many := func(n int, item string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(item, i)
		}
		return strings.Join(items, ",")
	}
	for name, in := range map[string]string{
		"empty":                           ``,
		"null":                            `null`,
		"array":                           `[]`,
		"string":                          `"did:example:1"`,
		"no id":                           `{}`,
		"id is null":                      `{"id":null}`,
		"id is a number":                  `{"id":1}`,
		"id is a DID URL":                 `{"id":"did:example:1#a"}`,
		"id is no DID":                    `{"id":"https://example.com"}`,
		"id twice":                        `{"id":"did:example:1","id":"did:example:1"}`,
		"id twice, escaped":               `{"id":"did:example:1","\u0069d":"did:example:2"}`,
		"not UTF-8":                       "{\"id\":\"did:example:1\",\"x\":\"\xff\"}",
		"lone surrogate":                  `{"id":"did:example:1","x":"\ud800"}`,
		"oversized":                       `{"id":"did:example:1","x":"` + strings.Repeat("a", 64<<10) + `"}`,
		"deeply nested unknown":           `{"id":"did:example:1","x":` + nested + `}`,
		"deep without end":                `{"id":` + strings.Repeat(`{"id":`, 10000),
		"too many values":                 `{"id":"did:example:1","x":[` + strings.Repeat("1,", 9000) + `1]}`,
		"trailing text":                   `{"id":"did:example:1"} x`,
		"context is a number":             `{"id":"did:example:1","@context":1}`,
		"context is null":                 `{"id":"did:example:1","@context":null}`,
		"context is no URL":               `{"id":"did:example:1","@context":"x"}`,
		"nested context list":             `{"id":"did:example:1","@context":[["https://www.w3.org/ns/did/v1"]]}`,
		"controller is a map":             `{"id":"did:example:1","controller":{}}`,
		"controller is a DID URL":         `{"id":"did:example:1","controller":"did:example:2#a"}`,
		"controller empty":                `{"id":"did:example:1","controller":""}`,
		"controller twice":                `{"id":"did:example:1","controller":["did:example:2","did:example:2"]}`,
		"alsoKnownAs is a string":         `{"id":"did:example:1","alsoKnownAs":"https://a.example"}`,
		"alsoKnownAs is relative":         `{"id":"did:example:1","alsoKnownAs":["a"]}`,
		"alsoKnownAs twice":               `{"id":"did:example:1","alsoKnownAs":["a:b","a:b"]}`,
		"alsoKnownAs with control char":   `{"id":"did:example:1","alsoKnownAs":["a:\n"]}`,
		"methods are a map":               `{"id":"did:example:1","verificationMethod":{}}`,
		"method is a string":              `{"id":"did:example:1","verificationMethod":["#k"]}`,
		"method without id":               `{"id":"did:example:1","verificationMethod":[{"type":"Multikey","controller":"did:example:1"}]}`,
		"method without type":             `{"id":"did:example:1","verificationMethod":[{"id":"#k","controller":"did:example:1"}]}`,
		"method without controller":       `{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"Multikey"}]}`,
		"method with type list":           `{"id":"did:example:1","verificationMethod":[{"id":"#k","type":["Multikey"],"controller":"did:example:1"}]}`,
		"method with no DID URL":          `{"id":"did:example:1","verificationMethod":[{"id":"https://a.example","type":"Multikey","controller":"did:example:1"}]}`,
		"method with bad controller":      `{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"Multikey","controller":"x"}]}`,
		"method with two keys":            method(`,"publicKeyMultibase":"z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu","publicKeyBase58":"1"`),
		"method with a private key":       method(`,"secretKeyMultibase":"z1"`),
		"method with a legacy secret":     method(`,"privateKeyBase58":"1"`),
		"method with a private JWK":       method(`,"publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":"1","d":"1"}`),
		"method with a JWK string":        method(`,"publicKeyJwk":"x"`),
		"method with key as number":       method(`,"publicKeyMultibase":1`),
		"method with empty key":           method(`,"publicKeyMultibase":""`),
		"method that expires never":       method(`,"expires":"never"`),
		"method revoked without zone":     method(`,"revoked":"2024-12-10T15:28:32"`),
		"method twice":                    `{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"M","controller":"did:example:1"},{"id":"did:example:1#k","type":"M","controller":"did:example:1"}]}`,
		"embedded method twice":           `{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"M","controller":"did:example:1"}],"authentication":[{"id":"#k","type":"M","controller":"did:example:1"}]}`,
		"service has a method's id":       `{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"M","controller":"did:example:1"}],"service":[{"id":"#k","type":"T","serviceEndpoint":"https://a.example"}]}`,
		"reference is a number":           `{"id":"did:example:1","authentication":[1]}`,
		"reference is no DID URL":         `{"id":"did:example:1","authentication":["https://a.example"]}`,
		"reference to a host":             `{"id":"did:example:1","authentication":["//evil.example"]}`,
		"reference twice, in two forms":   `{"id":"did:example:1","authentication":["#k","did:example:1#k"]}`,
		"relationship is a string":        `{"id":"did:example:1","authentication":"#k"}`,
		"embedded method without type":    `{"id":"did:example:1","authentication":[{"id":"#k","controller":"did:example:1"}]}`,
		"services are a map":              `{"id":"did:example:1","service":{}}`,
		"service is a string":             service(`"x"`),
		"service without id":              service(`{"type":"T","serviceEndpoint":"https://a.example"}`),
		"service without type":            service(`{"id":"#s","serviceEndpoint":"https://a.example"}`),
		"service without endpoint":        service(`{"id":"#s","type":"T"}`),
		"service with empty type":         service(`{"id":"#s","type":[],"serviceEndpoint":"https://a.example"}`),
		"service with number type":        service(`{"id":"#s","type":[1],"serviceEndpoint":"https://a.example"}`),
		"service twice":                   service(`{"id":"#s","type":"T","serviceEndpoint":"a:b"},{"id":"did:example:1#s","type":"T","serviceEndpoint":"a:b"}`),
		"endpoint is a number":            service(`{"id":"#s","type":"T","serviceEndpoint":1}`),
		"endpoint is null":                service(`{"id":"#s","type":"T","serviceEndpoint":null}`),
		"endpoint is relative":            service(`{"id":"#s","type":"T","serviceEndpoint":"/a"}`),
		"endpoint is an empty list":       service(`{"id":"#s","type":"T","serviceEndpoint":[]}`),
		"endpoint is a list in a list":    service(`{"id":"#s","type":"T","serviceEndpoint":[["https://a.example"]]}`),
		"endpoint is text":                service(`{"id":"#s","type":"T","serviceEndpoint":"https://a.example/ b"}`),
		"257 methods":                     `{"id":"did:example:1","verificationMethod":[` + many(257, `{"id":"#%d","type":"M","controller":"did:example:1"}`) + `]}`,
		"257 services":                    service(many(257, `{"id":"#%d","type":"M","serviceEndpoint":"a:b"}`)),
		"257 references":                  `{"id":"did:example:1","authentication":[` + many(257, `"#%d"`) + `]}`,
		"257 controllers":                 `{"id":"did:example:1","controller":[` + many(257, `"did:example:%d"`) + `]}`,
		"a megabyte of nested duplicates": `{"id":"did:example:1","x":{"a":1,"a":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := did.ParseDocument([]byte(in))
			require.ErrorIs(t, err, did.ErrInvalidDocument)
			require.Less(t, len(err.Error()), 2048)
		})
	}
}

func TestValidateChecksDocumentsMadeByHand(t *testing.T) {
	for name, change := range map[string]func(*did.Document){
		"reference and embedded at once": func(d *did.Document) {
			d.Authentication = []did.MethodRef{{Reference: "#k", Embedded: &did.VerificationMethod{ID: "#k", Type: "M", Controller: d.ID}}}
		},
		"neither reference nor embedded": func(d *did.Document) { d.Authentication = []did.MethodRef{{}} },
		"endpoint that is no JSON": func(d *did.Document) {
			d.Services = []did.Service{{ID: "#s", Types: []string{"T"}, Endpoint: []byte("{")}}
		},
		"context that is no JSON": func(d *did.Document) { d.Contexts = []json.RawMessage{[]byte("x")} },
	} {
		t.Run(name, func(t *testing.T) {
			d := &did.Document{ID: "did:example:1"}
			require.NoError(t, d.Validate())
			change(d)
			require.ErrorIs(t, d.Validate(), did.ErrInvalidDocument)
		})
	}
	for name, extra := range map[string]did.Properties{
		"known property among the unknown": {"service": []byte("[]")},
		"property that is no JSON":         {"x": []byte("}")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&did.Document{ID: "did:example:1", Extra: extra}).MarshalJSON()
			require.Error(t, err)
		})
	}
	require.NoError(t, (&did.Document{ID: "did:example:1", Services: []did.Service{did.NewService("#s", "T", "https://a.example")}}).Validate())
}

// TestMethodsOfEveryType checks the key forms of the wire table and of CID 1.0.
func TestMethodsOfEveryType(t *testing.T) {
	const id, controller = "did:example:1#k", "did:example:1"
	for methodType, keyTypes := range map[string][]did.KeyType{
		did.Multikey: did.KeyTypes(), did.JSONWebKey: did.KeyTypes(), did.JSONWebKey2020: did.KeyTypes(),
		did.EcdsaSecp256k1VerificationKey2019: {did.Secp256k1}, did.Secp256k1VerificationKey2018: {did.Secp256k1},
		did.Ed25519VerificationKey2018: {did.Ed25519}, did.Ed25519VerificationKey2020: {did.Ed25519},
		did.X25519KeyAgreementKey2019: {did.X25519}, did.X25519KeyAgreementKey2020: {did.X25519},
		did.Bls12381G2Key2020: {did.BLS12381G2},
	} {
		for _, kt := range did.KeyTypes() {
			key := testKey(t, kt, 11).Public()
			m, err := did.NewVerificationMethod(id, methodType, controller, key)
			if !contains(keyTypes, kt) {
				require.ErrorIs(t, err, did.ErrInvalidKey)
				continue
			}
			require.NoError(t, err)
			b, err := m.MarshalJSON()
			require.NoError(t, err)
			base, err := did.ParseDID(controller)
			require.NoError(t, err)
			back, err := did.ParseVerificationMethod(b, base)
			require.NoError(t, err)
			got, err := back.PublicKey()
			require.NoError(t, err)
			require.True(t, key.Equal(got), "%s %s", methodType, kt)
		}
	}
	_, err := did.NewVerificationMethod(id, "RsaVerificationKey2018", controller, testKey(t, did.P256, 1).Public())
	require.ErrorIs(t, err, did.ErrUnsupportedKeyType)
	_, err = did.NewVerificationMethod(id, did.Multikey, controller, did.PublicKey{})
	require.ErrorIs(t, err, did.ErrInvalidKey)
}

func contains(types []did.KeyType, t did.KeyType) bool {
	for _, x := range types {
		if x == t {
			return true
		}
	}
	return false
}

func TestMethodsWithBadKeys(t *testing.T) {
	ed := testKey(t, did.Ed25519, 1).Public()
	for name, c := range map[string]struct {
		m    did.VerificationMethod
		want error
	}{
		"unknown type":                {did.VerificationMethod{Type: "X", PublicKeyMultibase: ed.Multibase()}, did.ErrUnsupportedKeyType},
		"no key":                      {did.VerificationMethod{Type: did.Multikey}, did.ErrInvalidKey},
		"key in the wrong property":   {did.VerificationMethod{Type: did.JSONWebKey, PublicKeyMultibase: ed.Multibase()}, did.ErrInvalidKey},
		"two keys":                    {did.VerificationMethod{Type: did.Ed25519VerificationKey2018, PublicKeyMultibase: ed.Multibase(), PublicKeyBase58: "1"}, did.ErrInvalidKey},
		"key of another type":         {did.VerificationMethod{Type: did.EcdsaSecp256k1VerificationKey2019, PublicKeyMultibase: ed.Multibase()}, did.ErrInvalidKey},
		"base58 with forbidden signs": {did.VerificationMethod{Type: did.Secp256k1VerificationKey2018, PublicKeyBase58: "0OIl"}, did.ErrInvalidKey},
		"endless base58":              {did.VerificationMethod{Type: did.Secp256k1VerificationKey2018, PublicKeyBase58: strings.Repeat("z", 60000)}, did.ErrInvalidKey},
		"uncompressed secp256k1":      {did.VerificationMethod{Type: did.Secp256k1VerificationKey2018, PublicKeyBase58: strings.Repeat("2", 88)}, did.ErrInvalidKey},
		"private JWK":                 {did.VerificationMethod{Type: did.JSONWebKey, PublicKeyJWK: []byte(`{"kty":"OKP","crv":"Ed25519","d":"","x":""}`)}, did.ErrPrivateKey},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.m.PublicKey()
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestCheckActive(t *testing.T) {
	m := did.VerificationMethod{ID: "#k", Expires: "2025-12-01T00:00:00Z", Revoked: "2024-12-10T15:28:32+09:00"}
	require.NoError(t, m.CheckActive(time.Date(2024, 12, 10, 6, 28, 31, 0, time.UTC)))
	require.ErrorIs(t, m.CheckActive(time.Date(2024, 12, 10, 6, 28, 32, 0, time.UTC)), did.ErrMethodInactive)
	m.Revoked = ""
	require.NoError(t, m.CheckActive(time.Date(2025, 11, 30, 23, 59, 59, 0, time.UTC)))
	require.ErrorIs(t, m.CheckActive(time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)), did.ErrMethodInactive)
	require.ErrorIs(t, did.VerificationMethod{Expires: "x"}.CheckActive(time.Time{}), did.ErrMethodInactive)
}

// genJSON draws a JSON value of bounded depth.
func genJSON(depth int) *rapid.Generator[string] {
	scalar := rapid.OneOf(
		rapid.SampledFrom([]string{"null", "true", "false", "0", "-0.0", "1e+400", "12345678901234567890.123456789"}),
		rapid.Map(rapid.String(), func(s string) string { b, _ := json.Marshal(s); return string(b) }),
	)
	if depth == 0 {
		return scalar
	}
	return rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(genJSON(depth-1), 0, 3), func(s []string) string { return "[" + strings.Join(s, ", ") + "]" }),
		rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-z]{1,4}`), genJSON(depth-1), 0, 3), func(m map[string]string) string {
			var members []string
			for k, v := range m {
				members = append(members, fmt.Sprintf("%q : %s", k, v))
			}
			return "{" + strings.Join(members, ",\n") + "}"
		}))
}

func TestDocumentsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := genDID().Draw(t, "id")
		d := &did.Document{ID: id, Contexts: did.ContextURLs(did.ContextV1)}
		for i := range rapid.IntRange(0, 4).Draw(t, "methods") {
			key := testKey(t, rapid.SampledFrom(did.KeyTypes()).Draw(t, "type"), byte(i+1)).Public()
			m, err := did.NewVerificationMethod(fmt.Sprintf("#k%d", i), rapid.SampledFrom([]string{did.Multikey, did.JSONWebKey}).Draw(t, "form"), id, key)
			require.NoError(t, err)
			m.Extra = did.Properties{"note": []byte(genJSON(2).Draw(t, "note"))}
			if rapid.Bool().Draw(t, "embed") {
				d.KeyAgreement = append(d.KeyAgreement, did.MethodRef{Embedded: &m})
			} else {
				d.VerificationMethods = append(d.VerificationMethods, m)
				d.Authentication = append(d.Authentication, did.MethodRef{Reference: m.ID})
			}
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "services") {
			d.Services = append(d.Services, did.NewService(fmt.Sprintf("#s%d", i), "T", "https://a.example/"))
		}
		d.Extra = did.Properties{"unknown": []byte(genJSON(3).Draw(t, "unknown"))}
		require.NoError(t, d.Validate())
		first, err := d.MarshalJSON()
		require.NoError(t, err)
		back, err := did.ParseDocument(first)
		require.NoError(t, err)
		second, err := back.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
		for _, m := range append(back.VerificationMethods, d.VerificationMethods...) {
			require.True(t, back.Authorizes(did.Authentication, m.ID))
			_, err := m.PublicKey()
			require.NoError(t, err)
		}
	})
}

func FuzzParseDocument(f *testing.F) {
	f.Add([]byte(strings.Replace(everything, "<&>", "", 1)))
	f.Add([]byte(`{"id":"did:example:1","authentication":[{"id":"#k","type":"Multikey","controller":"did:example:1"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := did.ParseDocument(b)
		if err != nil {
			require.ErrorIs(t, err, did.ErrInvalidDocument)
			return
		}
		first, err := d.MarshalJSON()
		require.NoError(t, err)
		again, err := did.ParseDocument(first)
		require.NoError(t, err)
		second, err := again.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
		_, err = d.JSONLD()
		require.NoError(t, err)
		require.NoError(t, d.ExpandRelativeURLs().Validate())
		for _, m := range d.VerificationMethods {
			_, ok := d.VerificationMethod(m.ID)
			require.True(t, ok)
			if k, err := m.PublicKey(); err == nil {
				_ = k.Verify(b, b)
			}
		}
	})
}

func FuzzVerificationMethod(f *testing.F) {
	for _, v := range vectors {
		f.Add([]byte(`{"id":"#k","type":"Multikey","controller":"did:example:1","publicKeyMultibase":"` + v.key + `"}`))
		f.Add([]byte(v.key))
	}
	f.Add([]byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	f.Add([]byte(`{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`))
	f.Add([]byte(`{"id":"#k","type":"Secp256k1VerificationKey2018","controller":"did:example:1","publicKeyBase58":"rb1"}`))
	base, err := did.ParseDID("did:example:1")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := did.ParseVerificationMethod(b, base); err == nil {
			if k, err := m.PublicKey(); err == nil {
				requireEveryEncoding(t, k)
			}
			_ = m.CheckActive(time.Time{})
		}
		if k, err := did.ParsePublicKeyJWK(b); err == nil {
			requireEveryEncoding(t, k)
		}
		if k, err := did.ParsePublicKeyMultibase(string(b)); err == nil {
			requireEveryEncoding(t, k)
		}
		_, _ = did.ParsePrivateKeyMultibase(string(b))
		for _, kt := range did.KeyTypes() {
			if k, err := did.NewPublicKey(kt, b); err == nil {
				require.Error(t, k.Verify(b, b))
			}
		}
	})
}

func ExampleParseDocument() {
	doc, err := did.ParseDocument([]byte(`{
		"id": "did:example:123",
		"verificationMethod": [{
			"id": "#key-1", "type": "Multikey", "controller": "did:example:123",
			"publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"
		}],
		"authentication": ["#key-1"]
	}`))
	if err != nil {
		panic(err)
	}
	method, _ := doc.VerificationMethod("did:example:123#key-1")
	key, err := method.PublicKey()
	if err != nil {
		panic(err)
	}
	fmt.Println(key.Type(), doc.Authorizes(did.Authentication, "#key-1"), doc.Authorizes(did.AssertionMethod, "#key-1"))
	// Output: ed25519 true false
}
