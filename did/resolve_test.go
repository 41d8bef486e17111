package did_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
)

// registry is a resolver over documents in memory, each with its versions, the last one being current.
type registry map[string][]version

type version struct {
	doc  *did.Document
	meta did.DocumentMetadata
}

func (r registry) Resolve(_ context.Context, id string, opts did.ResolveOptions) (*did.Resolution, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	versions := r[id]
	for i := len(versions) - 1; i >= 0; i-- {
		v := versions[i]
		if opts.VersionID != "" && opts.VersionID != v.meta.VersionID || !opts.VersionTime.IsZero() && v.meta.Updated.After(opts.VersionTime) {
			continue
		}
		return &did.Resolution{Document: v.doc, DocumentMetadata: v.meta}, nil
	}
	return nil, did.ErrNotFound
}

func at(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }

// testRegistry holds the document of DID Resolution 1.0 §5.5, in two versions, and a deactivated DID.
func testRegistry(t require.TestingT) registry {
	doc := parse(t, `{
		"@context": ["https://www.w3.org/ns/did/v1.1", "https://didcomm.org/messaging/contexts/v2"],
		"id": "did:example:123456789abcdefghi",
		"verificationMethod": [{"id": "#keys-1", "type": "Multikey", "controller": "did:example:123456789abcdefghi",
			"publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"},
			{"id": "#foreign", "type": "Multikey", "controller": "did:example:other",
			"publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}],
		"authentication": ["#keys-1", "#foreign"],
		"service": [
			{"id": "did:example:123456789abcdefghi#messages", "type": "DIDCommMessaging", "serviceEndpoint": "https://example.com/messages/8377464"},
			{"id": "#files", "type": ["Files", "LinkedDomains"], "serviceEndpoint": ["https://example.com/files/", {"a": 1}, "https://mirror.example/"]},
			{"id": "#map", "type": "Map", "serviceEndpoint": {"uri": "https://example.com"}},
			{"id": "#mail", "type": "Mail", "serviceEndpoint": "mailto:a@example.com"},
			{"id": "#frag", "type": "Frag", "serviceEndpoint": "https://example.com/a#b"}
		]
	}`)
	old := parse(t, `{"id": "did:example:123456789abcdefghi"}`)
	return registry{
		doc.ID: {
			{old, did.DocumentMetadata{VersionID: "1", Created: at(1), Updated: at(1), NextUpdate: at(5), NextVersionID: "2"}},
			{doc, did.DocumentMetadata{VersionID: "2", Created: at(1), Updated: at(5)}},
		},
		"did:example:gone": {{nil, did.DocumentMetadata{Deactivated: true, VersionID: "9"}}},
	}
}

const subject = "did:example:123456789abcdefghi"

func TestDereference(t *testing.T) {
	d := did.Dereferencer{Resolver: testRegistry(t)}
	const ctxs = `"@context":["https://www.w3.org/ns/did/v1.1","https://didcomm.org/messaging/contexts/v2"],`
	for name, c := range map[string]struct {
		url, accept string
		want        string // the content, or a part of it
	}{
		"a DID":                     {subject, "", `"id":"did:example:123456789abcdefghi"`},
		"a version":                 {subject + "?versionId=1", "", `{"@context":"https://www.w3.org/ns/did/v1.1","id":"did:example:123456789abcdefghi"}`},
		"a version in JSON":         {subject + "?versionId=1", did.MediaTypeDIDJSON, `{"id":"did:example:123456789abcdefghi"}`},
		"a time":                    {subject + "?versionTime=2026-01-01T00:00:04Z", "", `{"@context":"https://www.w3.org/ns/did/v1.1","id":"did:example:123456789abcdefghi"}`},
		"a time, encoded":           {subject + "?versionTime=2026-01-01T00%3A00%3A05Z", "", `#messages`},
		"a verification method":     {subject + "#keys-1", "", `{` + ctxs + `"id":"#keys-1","type":"Multikey","controller":"did:example:123456789abcdefghi","publicKeyMultibase":"z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"}`},
		"a method in a version":     {subject + "?versionId=2#keys-1", "", `"publicKeyMultibase"`},
		"a service":                 {subject + "#mail", "", `{` + ctxs + `"id":"#mail","type":"Mail","serviceEndpoint":"mailto:a@example.com"}`},
		"the document of a service": {subject + "?service=messages", "", `"service":[{"id":"did:example:123456789abcdefghi#messages","type":"DIDCommMessaging","serviceEndpoint":"https://example.com/messages/8377464"}]}`},
		"no such service":           {subject + "?service=nothing", "", `"authentication":["#keys-1","#foreign"]}`},
		"services of a type":        {subject + "?serviceType=LinkedDomains", "", `"service":[{"id":"#files"`},
		"an endpoint":               {subject + "?service=messages", did.MediaTypeURIList, "https://example.com/messages/8377464\r\n"},
		"endpoints":                 {subject + "?service=%23files", did.MediaTypeURIList, "https://example.com/files/\r\nhttps://mirror.example/\r\n"},
		"an endpoint by DID URL":    {subject + "?service=did:example:123456789abcdefghi%23messages", did.MediaTypeURIList, "https://example.com/messages/8377464\r\n"},
		"relativeRef":               {subject + "?service=files&relativeRef=a%2Fb%3Fc%3Dd", did.MediaTypeURIList, "https://example.com/files/a/b?c=d\r\nhttps://mirror.example/a/b?c=d\r\n"},
		"relativeRef, RFC 3986":     {subject + "?service=messages&relativeRef=%2Fsome%2Fpath%3Fquery#frag", did.MediaTypeURIList, "https://example.com/some/path?query#frag\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := d.Dereference(t.Context(), c.url, did.DereferenceOptions{ResolveOptions: did.ResolveOptions{Accept: c.accept}})
			require.NoError(t, err)
			content, err := out.Content()
			require.NoError(t, err)
			if strings.HasPrefix(c.want, "{") || strings.HasPrefix(c.want, "http") {
				require.Equal(t, c.want, string(content))
			} else {
				require.Contains(t, string(content), c.want)
			}
			result, err := out.MarshalJSON()
			require.NoError(t, err)
			require.True(t, json.Valid(result))
		})
	}
}

func TestDereferenceRefuses(t *testing.T) {
	d := did.Dereferencer{Resolver: did.MethodRouter{"example": testRegistry(t), "key": did.KeyResolver{}, "broken": brokenResolver{}}}
	for name, c := range map[string]struct {
		url  string
		opts did.DereferenceOptions
		want error
	}{
		"no DID URL":                     {url: "https://example.com", want: did.ErrInvalidDIDURL},
		"empty":                          {url: "", want: did.ErrInvalidDIDURL},
		"unknown method":                 {url: "did:nothing:1", want: did.ErrMethodNotSupported},
		"unknown DID":                    {url: "did:example:nobody", want: did.ErrNotFound},
		"unknown version":                {url: subject + "?versionId=3", want: did.ErrNotFound},
		"before the first version":       {url: subject + "?versionTime=2025-12-31T23:59:59Z", want: did.ErrNotFound},
		"unknown fragment":               {url: subject + "#nothing", want: did.ErrNotFound},
		"empty fragment":                 {url: subject + "#", want: did.ErrNotFound},
		"fragment of another version":    {url: subject + "?versionId=1#keys-1", want: did.ErrNotFound},
		"path":                           {url: subject + "/resources/1", want: did.ErrNotFound},
		"unknown parameter":              {url: subject + "?hl=z1", want: did.ErrFeatureNotSupported},
		"parameter twice":                {url: subject + "?versionId=1&versionId=1", want: did.ErrInvalidDIDURL},
		"version and time":               {url: subject + "?versionId=1&versionTime=2026-01-01T00:00:04Z", want: did.ErrInvalidOptions},
		"empty versionId":                {url: subject + "?versionId=", want: did.ErrInvalidOptions},
		"time without zone":              {url: subject + "?versionTime=2026-01-01T00:00:04", want: did.ErrInvalidOptions},
		"time with fraction":             {url: subject + "?versionTime=2026-01-01T00:00:04.5Z", want: did.ErrInvalidOptions},
		"time that is none":              {url: subject + "?versionTime=2026-13-01T00:00:04Z", want: did.ErrInvalidOptions},
		"version differs from option":    {url: subject + "?versionId=1", opts: did.DereferenceOptions{ResolveOptions: did.ResolveOptions{VersionID: "2"}}, want: did.ErrInvalidOptions},
		"relativeRef without service":    {url: subject + "?relativeRef=a", want: did.ErrInvalidDIDURL},
		"relativeRef climbs":             {url: subject + "?service=files&relativeRef=..%2Fa", opts: uriList(), want: did.ErrInvalidDIDURL},
		"relativeRef climbs, encoded":    {url: subject + "?service=files&relativeRef=%252e%252e%252Fa", opts: uriList(), want: did.ErrInvalidDIDURL},
		"relativeRef climbs, thrice":     {url: subject + "?service=files&relativeRef=%25252e%25252e/a", opts: uriList(), want: did.ErrInvalidDIDURL},
		"relativeRef names a host":       {url: subject + "?service=files&relativeRef=%2F%2Fevil.example", opts: uriList(), want: did.ErrInvalidDIDURL},
		"relativeRef has a scheme":       {url: subject + "?service=files&relativeRef=javascript:alert", opts: uriList(), want: did.ErrInvalidDIDURL},
		"relativeRef with backslash":     {url: subject + "?service=files&relativeRef=..%5Ca", opts: uriList(), want: did.ErrInvalidDIDURL},
		"relativeRef with line break":    {url: subject + "?service=files&relativeRef=a%0D%0AX:y", opts: uriList(), want: did.ErrInvalidDIDURL},
		"relativeRef on mailto":          {url: subject + "?service=mail&relativeRef=a", opts: uriList(), want: did.ErrNotFound},
		"endpoint with its own fragment": {url: subject + "?service=frag#x", opts: uriList(), want: did.ErrInvalidDIDURL},
		"endpoint that is a map":         {url: subject + "?service=map", opts: uriList(), want: did.ErrNotFound},
		"URI list without a service":     {url: subject, opts: uriList(), want: did.ErrRepresentationNotSupported},
		"representation":                 {url: subject, opts: did.DereferenceOptions{ResolveOptions: did.ResolveOptions{Accept: "text/html"}}, want: did.ErrRepresentationNotSupported},
		"relationship it lacks":          {url: subject + "#keys-1", opts: did.DereferenceOptions{VerificationRelationship: did.KeyAgreement}, want: did.ErrInvalidRelationship},
		"relationship of a service":      {url: subject + "#mail", opts: did.DereferenceOptions{VerificationRelationship: did.KeyAgreement}, want: did.ErrInvalidVerificationMethod},
		"relationship of a document":     {url: subject, opts: did.DereferenceOptions{VerificationRelationship: did.KeyAgreement}, want: did.ErrInvalidVerificationMethod},
		"did:key with a version":         {url: "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK?versionId=1", want: did.ErrFeatureNotSupported},
		"resolver that fails":            {url: "did:broken:fail", want: did.ErrInternal},
		"resolver that lies":             {url: "did:broken:other", want: did.ErrInternal},
		"resolver with nothing":          {url: "did:broken:nothing", want: did.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := d.Dereference(t.Context(), c.url, c.opts)
			require.ErrorIs(t, err, c.want)
			require.Nil(t, out)
		})
	}
}

func uriList() did.DereferenceOptions {
	return did.DereferenceOptions{ResolveOptions: did.ResolveOptions{Accept: did.MediaTypeURIList}}
}

// brokenResolver misbehaves as the DID says.
type brokenResolver struct{}

func (brokenResolver) Resolve(_ context.Context, id string, _ did.ResolveOptions) (*did.Resolution, error) {
	switch id {
	case "did:broken:fail":
		return nil, errors.New("database password is hunter2")
	case "did:broken:other":
		return &did.Resolution{Document: &did.Document{ID: "did:broken:another"}}, nil
	case "did:broken:error":
		return &did.Resolution{ResolutionMetadata: did.ResolutionMetadata{Error: did.ErrNotFound}}, nil
	}
	return &did.Resolution{}, nil
}

func TestDeactivatedDIDHasNoContent(t *testing.T) {
	r := testRegistry(t)
	out, err := did.Dereferencer{Resolver: r}.Dereference(t.Context(), "did:example:gone#key", did.DereferenceOptions{})
	require.NoError(t, err)
	require.True(t, out.Metadata.Deactivated)
	content, err := out.Content()
	require.NoError(t, err)
	require.Nil(t, content)
	result, err := out.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, `{"content":null,"dereferencingMetadata":{"contentType":"application/did"},"contentMetadata":{"deactivated":true,"versionId":"9"}}`, string(result))
	_, err = did.ResolveDocument(t.Context(), r, "did:example:gone", did.ResolveOptions{})
	require.ErrorIs(t, err, did.ErrDeactivated)
}

func TestInternalErrorsKeepTheirCauseToThemselves(t *testing.T) {
	_, err := did.Dereferencer{Resolver: brokenResolver{}}.Dereference(t.Context(), "did:broken:fail", did.DereferenceOptions{})
	b, marshalErr := json.Marshal(did.AsError(err))
	require.NoError(t, marshalErr)
	require.Equal(t, `{"type":"https://www.w3.org/ns/did#INTERNAL_ERROR","title":"internal error","status":500}`, string(b))
}

func TestResolveDocumentChecksTheResolver(t *testing.T) {
	for id, want := range map[string]error{
		"did:broken:other": did.ErrInvalidDocument, "did:broken:nothing": did.ErrNotFound, "did:broken:error": did.ErrNotFound, "x": did.ErrInvalidDID,
	} {
		_, err := did.ResolveDocument(t.Context(), brokenResolver{}, id, did.ResolveOptions{})
		require.ErrorIs(t, err, want)
	}
}

func TestResolveMethod(t *testing.T) {
	r := testRegistry(t)
	m, err := did.ResolveMethod(t.Context(), r, subject+"#keys-1", did.Authentication, did.ResolveOptions{})
	require.NoError(t, err)
	require.Equal(t, "#keys-1", m.ID)
	for name, c := range map[string]struct {
		url  string
		want error
	}{
		"relationship it lacks":          {subject + "#keys-2", did.ErrNotFound},
		"a method of another controller": {subject + "#foreign", did.ErrInvalidVerificationMethod},
		"no fragment":                    {subject, did.ErrInvalidDIDURL},
		"a path":                         {subject + "/a#keys-1", did.ErrInvalidDIDURL},
		"a service parameter":            {subject + "?service=a#keys-1", did.ErrInvalidDIDURL},
		"an unknown parameter":           {subject + "?x=a#keys-1", did.ErrInvalidDIDURL},
		"not yet there":                  {subject + "?versionId=1#keys-1", did.ErrNotFound},
		"a deactivated DID":              {"did:example:gone#keys-1", did.ErrDeactivated},
		"no URL":                         {"keys-1", did.ErrInvalidDIDURL},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := did.ResolveMethod(t.Context(), r, c.url, did.Authentication, did.ResolveOptions{})
			require.ErrorIs(t, err, c.want)
		})
	}
	_, err = did.ResolveMethod(t.Context(), r, subject+"#keys-1", did.AssertionMethod, did.ResolveOptions{})
	require.ErrorIs(t, err, did.ErrInvalidRelationship)
}

// TestKeyResolverExample is the example "Ed25519 with X25519" of the did:key report, with the agreement key by reference, as
// the report's algorithm makes it.
func TestKeyResolverExample(t *testing.T) {
	const id = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	res, err := did.KeyResolver{}.Resolve(t.Context(), id, did.ResolveOptions{})
	require.NoError(t, err)
	sign, agree := id+"#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", id+"#z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p"
	want := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/did/v1.1","id":%[1]q,"verificationMethod":[
		{"id":%[2]q,"type":"Multikey","controller":%[1]q,"publicKeyMultibase":"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
		{"id":%[3]q,"type":"Multikey","controller":%[1]q,"publicKeyMultibase":"z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p"}],
		"authentication":[%[2]q],"assertionMethod":[%[2]q],"capabilityInvocation":[%[2]q],"capabilityDelegation":[%[2]q],"keyAgreement":[%[3]q]}`, id, sign, agree)
	got, err := res.Document.JSONLD()
	require.NoError(t, err)
	require.JSONEq(t, want, string(got))
}

func TestKeyResolverKnowsEveryPublishedKey(t *testing.T) {
	for _, v := range vectors {
		id := "did:key:" + v.key
		res, err := did.KeyResolver{}.Resolve(t.Context(), id, did.ResolveOptions{})
		require.NoError(t, err, v.source)
		require.NoError(t, res.Document.Validate())
		require.Equal(t, id, res.Document.ID)
		relationship := did.AssertionMethod
		if v.t == did.X25519 {
			relationship = did.KeyAgreement
			require.Empty(t, res.Document.Authentication)
		}
		m, err := did.ResolveMethod(t.Context(), did.KeyResolver{}, id+"#"+v.key, relationship, did.ResolveOptions{})
		require.NoError(t, err)
		key, err := m.PublicKey()
		require.NoError(t, err)
		require.Equal(t, id, key.DIDKey())
		_, err = did.KeyResolver{}.Resolve(t.Context(), "did:key:1:"+v.key, did.ResolveOptions{})
		require.NoError(t, err)
	}
	for _, id := range []string{"did:key:", "did:key:z", "did:key:z1", "did:key:2:" + vectors[0].key, "did:key:uAA", "did:key:" + vectors[0].key[1:],
		"did:key:" + vectors[0].key + "x", "did:key:" + strings.Repeat("z", 1000), "did:key:z6Mkf5rGMoatrSj1f4CyvuHBeXJELe9RPdzo2PKGNCKVtZx0"} {
		_, err := did.KeyResolver{}.Resolve(t.Context(), id, did.ResolveOptions{})
		require.ErrorIs(t, err, did.ErrInvalidDID, id)
	}
	_, err := did.KeyResolver{}.Resolve(t.Context(), subject, did.ResolveOptions{})
	require.ErrorIs(t, err, did.ErrMethodNotSupported)
}

func TestResolutionRoundTrip(t *testing.T) {
	res := did.Resolution{
		Document: parse(t, `{"@context":"https://www.w3.org/ns/did/v1","id":"did:example:1"}`),
		DocumentMetadata: did.DocumentMetadata{Created: at(1), Updated: at(2), NextUpdate: at(3), VersionID: "1", NextVersionID: "2",
			EquivalentID: []string{"did:example:one"}, CanonicalID: "did:example:1", Extra: did.Properties{"block": []byte(`{"height":7}`)}},
		ResolutionMetadata: did.ResolutionMetadata{ContentType: did.MediaTypeDID, Extra: did.Properties{"retrieved": []byte(`"x"`)}},
	}
	b, err := json.Marshal(res)
	require.NoError(t, err)
	require.Equal(t, `{"didDocument":{"@context":"https://www.w3.org/ns/did/v1","id":"did:example:1"},"didResolutionMetadata":{"contentType":"application/did","retrieved":"x"},`+
		`"didDocumentMetadata":{"created":"2026-01-01T00:00:01Z","updated":"2026-01-01T00:00:02Z","nextUpdate":"2026-01-01T00:00:03Z","versionId":"1","nextVersionId":"2",`+
		`"equivalentId":["did:example:one"],"canonicalId":"did:example:1","block":{"height":7}}}`, string(b))
	back, err := did.ParseResolution(b, did.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, &res, back)

	for _, code := range []did.Code{did.CodeNotFound, did.CodeInvalidDID, did.CodeInvalidRelationship} {
		b, err := did.Resolution{ResolutionMetadata: did.ResolutionMetadata{Error: &did.Error{Code: code, Detail: "d"}}}.MarshalJSON()
		require.NoError(t, err)
		back, err := did.ParseResolution(b, did.DefaultLimits())
		require.NoError(t, err)
		require.ErrorIs(t, back.ResolutionMetadata.Error, &did.Error{Code: code})
	}
	legacy, err := did.ParseResolution([]byte(`{"didResolutionMetadata":{"error":"notFound"}}`), did.DefaultLimits())
	require.NoError(t, err)
	require.ErrorIs(t, legacy.ResolutionMetadata.Error, did.ErrNotFound)
}

func TestNegotiate(t *testing.T) {
	offers := []string{did.MediaTypeDID, did.MediaTypeDIDLD, did.MediaTypeDIDJSON, did.MediaTypeResolution, did.MediaTypeResolutionLegacy}
	for _, c := range []struct{ accept, want string }{
		{"", did.MediaTypeDID},
		{"  ", did.MediaTypeDID},
		{"*/*", did.MediaTypeDID},
		{"application/*", did.MediaTypeDID},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", did.MediaTypeDID},
		{"application/did+json", did.MediaTypeDIDJSON},
		{"application/did+ld+json, application/did;q=0.9", did.MediaTypeDIDLD},
		{"application/did;q=0.1, application/did+json;q=0.5", did.MediaTypeDIDJSON},
		{"application/did;q=0, */*", did.MediaTypeDIDLD},
		{"application/did-resolution, application/did", did.MediaTypeResolution},
		{"*/*, application/did+json", did.MediaTypeDIDJSON},
		{`application/ld+json;profile="https://w3id.org/did-resolution"`, did.MediaTypeResolutionLegacy},
		{`application/ld+json; Profile="https://w3id.org/did-resolution" ; q=1.000`, did.MediaTypeResolutionLegacy},
		{"APPLICATION/DID+JSON", did.MediaTypeDIDJSON},
		{"nonsense;;, application/did+json", did.MediaTypeDIDJSON},
	} {
		got, ok := did.Negotiate(c.accept, offers...)
		require.True(t, ok, c.accept)
		require.Equal(t, c.want, got, c.accept)
	}
	for _, accept := range []string{
		"text/html", "application/json", "application/ld+json", "*/*;q=0", "application/did;q=2", "application/did;q=0.0000", "application/did;q=-1",
		"application/did;q=1.001", `application/ld+json;profile="https://other.example"`, "application/did;profile=x", ",,,", "\x00",
		strings.Repeat("a/b,", 100) + "*/*", strings.Repeat("a", 5000), `"`, `application/did;x="`,
	} {
		_, ok := did.Negotiate(accept, offers...)
		require.False(t, ok, "%.50q", accept)
	}
	_, ok := did.Negotiate("*/*")
	require.False(t, ok)
}

func TestErrorCodes(t *testing.T) {
	for code, want := range map[did.Code]struct {
		uri    string
		status int
	}{ // DID Resolution 1.0 §12.1
		did.CodeInvalidDID:                 {"https://www.w3.org/ns/did#INVALID_DID", 400},
		did.CodeInvalidDIDURL:              {"https://www.w3.org/ns/did#INVALID_DID_URL", 400},
		did.CodeInvalidOptions:             {"https://www.w3.org/ns/did#INVALID_OPTIONS", 400},
		did.CodeNotFound:                   {"https://www.w3.org/ns/did#NOT_FOUND", 404},
		did.CodeRepresentationNotSupported: {"https://www.w3.org/ns/did#REPRESENTATION_NOT_SUPPORTED", 406},
		did.CodeInvalidDIDDocument:         {"https://www.w3.org/ns/did#INVALID_DID_DOCUMENT", 500},
		did.CodeMethodNotSupported:         {"https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED", 501},
		did.CodeFeatureNotSupported:        {"https://www.w3.org/ns/did#FEATURE_NOT_SUPPORTED", 501},
		did.CodeInternalError:              {"https://www.w3.org/ns/did#INTERNAL_ERROR", 500},
		did.CodeInvalidRelationship:        {"https://w3id.org/security#INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD", 500},
		did.CodeInvalidVerificationMethod:  {"https://w3id.org/security#INVALID_VERIFICATION_METHOD", 500},
	} {
		require.Equal(t, want.uri, code.URI())
		require.Equal(t, want.status, code.HTTPStatus())
	}
}

func FuzzDereference(f *testing.F) {
	reg := testRegistry(f)
	d := did.Dereferencer{Resolver: did.MethodRouter{"example": reg, "key": did.KeyResolver{}}}
	for _, u := range []string{subject, subject + "#keys-1", subject + "?service=files&relativeRef=a%2Fb#c", subject + "?versionTime=2026-01-01T00:00:04Z",
		"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p", "did:example:gone", subject + "/path"} {
		f.Add(u, "", "")
		f.Add(u, did.MediaTypeURIList, "authentication")
		f.Add(u, `application/ld+json;profile="https://w3id.org/did-resolution", */*;q=0.1`, "keyAgreement")
	}
	f.Fuzz(func(t *testing.T, u, accept, relationship string) {
		opts := did.DereferenceOptions{ResolveOptions: did.ResolveOptions{Accept: accept}, VerificationRelationship: did.Relationship(relationship)}
		out, err := d.Dereference(t.Context(), u, opts)
		if err != nil {
			require.NotErrorIs(t, err, did.ErrInternal)
			b, err := did.MarshalDereferencingError(did.AsError(err))
			require.NoError(t, err)
			require.True(t, json.Valid(b))
			return
		}
		_, err = out.Content()
		require.NoError(t, err)
		b, err := out.MarshalJSON()
		require.NoError(t, err)
		require.True(t, json.Valid(b))
		for _, endpoint := range out.URLs {
			require.True(t, strings.HasPrefix(endpoint, "https://example.com/") || strings.HasPrefix(endpoint, "https://mirror.example/") || endpoint == "mailto:a@example.com" ||
				strings.HasPrefix(endpoint, "mailto:a@example.com#"), endpoint)
			require.NotContains(t, endpoint, "\n")
		}
	})
}

func FuzzParseResolution(f *testing.F) {
	f.Add([]byte(`{"didDocument":{"id":"did:example:1"},"didResolutionMetadata":{"error":{"type":"https://www.w3.org/ns/did#NOT_FOUND"}},"didDocumentMetadata":{"created":"2026-01-01T00:00:01Z","deactivated":true}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		res, err := did.ParseResolution(b, did.DefaultLimits())
		if err != nil {
			require.ErrorIs(t, err, did.ErrInvalidDocument)
			return
		}
		out, err := res.MarshalJSON()
		require.NoError(t, err)
		_, err = did.ParseResolution(out, did.DefaultLimits())
		require.NoError(t, err)
	})
}

func ExampleResolveMethod() {
	resolver := did.MethodRouter{"key": did.KeyResolver{}}
	url := "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	method, err := did.ResolveMethod(context.Background(), resolver, url, did.Authentication, did.ResolveOptions{})
	if err != nil {
		panic(err)
	}
	key, err := method.PublicKey()
	fmt.Println(key.Type(), err)
	// Output: ed25519 <nil>
}

func ExampleDereferencer() {
	d := did.Dereferencer{Resolver: did.KeyResolver{}}
	out, err := d.Dereference(context.Background(), "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", did.DereferenceOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Println(out.Document.ID, out.ContentType)
	// Output: did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme application/did
}
