package httpresolver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
)

const (
	subject  = "did:example:123"
	document = `{"@context":"https://www.w3.org/ns/did/v1","id":"did:example:123",` +
		`"verificationMethod":[{"id":"#k","type":"Multikey","controller":"did:example:123","publicKeyMultibase":"z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"}],` +
		`"authentication":["#k"],"service":[{"id":"#files","type":"Files","serviceEndpoint":"https://files.example/"}]}`
)

// registry resolves a few DIDs and remembers the options it was asked with.
type registry struct{ asked did.ResolveOptions }

func (r *registry) Resolve(_ context.Context, id string, opts did.ResolveOptions) (*did.Resolution, error) {
	r.asked = opts
	meta := did.DocumentMetadata{VersionID: "2", Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	switch id {
	case subject:
		doc, err := did.ParseDocument([]byte(document))
		if err != nil {
			return nil, err
		}
		return &did.Resolution{Document: doc, DocumentMetadata: meta}, nil
	case "did:example:gone":
		meta.Deactivated = true
		return &did.Resolution{DocumentMetadata: meta}, nil
	case "did:example:broken":
		return nil, errors.New("the database password is hunter2")
	}
	return nil, did.ErrNotFound
}

// resources serves HTML at one path.
type resources struct{}

func (resources) DereferenceResource(_ context.Context, u did.URL, _ did.DereferenceOptions) (*did.Resource, error) {
	if u.Path != "/resources/1" {
		return nil, did.ErrNotFound
	}
	return &did.Resource{MediaType: "text/html", Content: []byte("<script>alert(1)</script>"), Metadata: did.Properties{"resourceName": []byte(`"x"`)}}, nil
}

func newHandler() (*registry, http.Handler) {
	r := &registry{}
	router := did.MethodRouter{"example": r, "key": did.KeyResolver{}}
	return r, httpresolver.NewHandler(did.Dereferencer{Resolver: router, Resources: resources{}})
}

func ask(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "http://node.example"+httpresolver.Path+target, nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func TestHandlerStatusAndForm(t *testing.T) {
	_, h := newHandler()
	const result, legacyResult, dereferenced = did.MediaTypeResolution, did.MediaTypeResolutionLegacy, did.MediaTypeDereferencing
	for name, c := range map[string]struct {
		target, accept string
		status         int
		contentType    string
		body           string // part of it
	}{
		"document by default":          {subject, "", 200, did.MediaTypeDID, document},
		"for a browser":                {subject, "text/html,*/*;q=0.8", 200, did.MediaTypeDID, document},
		"as did":                       {subject, "application/did", 200, did.MediaTypeDID, document},
		"as did+json":                  {subject, "application/did+json", 200, did.MediaTypeDIDJSON, document},
		"as did+ld+json":               {subject, "application/did+ld+json", 200, did.MediaTypeDIDLD, document},
		"as a resolution result":       {subject, result, 200, result, `"didResolutionMetadata":{"contentType":"application/did"},"didDocumentMetadata":{"created":"2026-01-01T00:00:00Z","versionId":"2"}}`},
		"as a legacy result":           {subject, legacyResult, 200, legacyResult, `{"didDocument":` + document},
		"as a dereferencing result":    {subject, dereferenced, 200, dereferenced, `{"content":` + document},
		"DID percent-encoded":          {url.QueryEscape(subject), "", 200, did.MediaTypeDID, document},
		"result of a version":          {subject + "?versionId=2", result, 200, result, `"didDocument":{`},
		"fragment":                     {subject + "%23k", "", 200, did.MediaTypeDID, `"publicKeyMultibase":"z6Mk`},
		"fragment, all encoded":        {url.QueryEscape(subject + "#k"), "", 200, did.MediaTypeDID, `"publicKeyMultibase":"z6Mk`},
		"fragment as result":           {subject + "%23k", dereferenced, 200, dereferenced, `{"content":{"@context"`},
		"fragment has no resolution":   {subject + "%23k", result, 406, result, "REPRESENTATION_NOT_SUPPORTED"},
		"relationship it has":          {url.QueryEscape(subject+"#k") + "?verificationRelationship=authentication", "", 200, did.MediaTypeDID, "z6Mk"},
		"relationship it lacks":        {url.QueryEscape(subject+"#k") + "?verificationRelationship=keyAgreement", "", 500, did.MediaTypeProblem, "INVALID_RELATIONSHIP"},
		"services":                     {subject + "?service=files", "", 200, did.MediaTypeDID, `"#files"`},
		"services, encoded":            {subject + "%3Fservice=files", "", 200, did.MediaTypeDID, `"#files"`},
		"endpoint":                     {subject + "?service=files&relativeRef=%2Fa.pdf", did.MediaTypeURIList, 303, did.MediaTypeURIList, ""},
		"endpoint as result":           {subject + "?service=files", dereferenced, 200, dereferenced, `"serviceEndpoint":"https://files.example/"`},
		"expanded":                     {url.QueryEscape(subject) + "?expandRelativeUrls=true", "", 200, did.MediaTypeDID, `"authentication":["did:example:123#k"]`},
		"resource":                     {subject + "/resources/1", "", 200, "text/html", "<script>"},
		"resource as result":           {subject + "/resources/1", dereferenced, 200, dereferenced, `{"content":"<script>alert(1)</script>","dereferencingMetadata":{"contentType":"text/html"},"contentMetadata":{"resourceName":"x"}}`},
		"no such resource":             {subject + "/resources/2", "", 404, did.MediaTypeProblem, "NOT_FOUND"},
		"resource in another form":     {subject + "/resources/1", "application/json", 406, did.MediaTypeProblem, "REPRESENTATION_NOT_SUPPORTED"},
		"did:key":                      {"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "", 200, did.MediaTypeDID, "keyAgreement"},
		"unknown DID":                  {"did:example:nobody", "", 404, did.MediaTypeProblem, `{"type":"https://www.w3.org/ns/did#NOT_FOUND","title":"not found","status":404}`},
		"unknown DID as result":        {"did:example:nobody", result, 404, result, `{"didDocument":null,"didResolutionMetadata":{"error":{"type":"https://www.w3.org/ns/did#NOT_FOUND"`},
		"unknown DID, dereferencing":   {"did:example:nobody", dereferenced, 404, dereferenced, `{"content":null,"dereferencingMetadata":{"error":{`},
		"invalid DID":                  {"did:Example:1", "", 400, did.MediaTypeProblem, "INVALID_DID_URL"},
		"no DID":                       {"nonsense", "", 400, did.MediaTypeProblem, "INVALID_DID_URL"},
		"empty":                        {"", "", 400, did.MediaTypeProblem, "INVALID_DID"},
		"method unknown":               {"did:nothing:1", "", 501, did.MediaTypeProblem, "METHOD_NOT_SUPPORTED"},
		"deactivated":                  {"did:example:gone", "", 410, did.MediaTypeProblem, `"status":410`},
		"deactivated as result":        {"did:example:gone", result, 410, result, `{"didDocument":null,"didResolutionMetadata":{"contentType":"application/did"},"didDocumentMetadata":{"created":"2026-01-01T00:00:00Z","deactivated":true`},
		"deactivated, dereferencing":   {"did:example:gone%23k", dereferenced, 410, dereferenced, `"deactivated":true`},
		"not acceptable":               {subject, "text/html", 406, did.MediaTypeProblem, "REPRESENTATION_NOT_SUPPORTED"},
		"broken resolver tells nobody": {"did:example:broken", "", 500, did.MediaTypeProblem, `{"type":"https://www.w3.org/ns/did#INTERNAL_ERROR","title":"internal error","status":500}`},
		"unknown option":               {url.QueryEscape(subject) + "?foo=1", "", 501, did.MediaTypeProblem, "FEATURE_NOT_SUPPORTED"},
		"option twice":                 {url.QueryEscape(subject) + "?versionId=1&versionId=1", "", 400, did.MediaTypeProblem, "INVALID_OPTIONS"},
		"malformed options":            {url.QueryEscape(subject) + "?versionId=%zz", "", 400, did.MediaTypeProblem, "INVALID_OPTIONS"},
		"malformed boolean":            {url.QueryEscape(subject) + "?expandRelativeUrls=1", "", 400, did.MediaTypeProblem, "INVALID_OPTIONS"},
		"version and time":             {url.QueryEscape(subject) + "?versionId=1&versionTime=2026-01-01T00:00:00Z", "", 400, did.MediaTypeProblem, "INVALID_OPTIONS"},
		"malformed time":               {subject + "?versionTime=yesterday", "", 400, did.MediaTypeProblem, "INVALID_OPTIONS"},
		"parameter twice":              {subject + "?versionId=1&versionId=2", "", 400, did.MediaTypeProblem, "INVALID_DID_URL"},
		"oversized":                    {subject + strings.Repeat("a", 100_000), "", 400, did.MediaTypeProblem, "too long"},
		"oversized DID":                {subject + strings.Repeat("a", 5000), "", 400, did.MediaTypeProblem, "INVALID_DID_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(h, http.MethodGet, c.target, "Accept", c.accept)
			require.Equal(t, c.status, w.Code, w.Body.String())
			require.Equal(t, c.contentType, w.Header().Get("Content-Type"))
			require.Contains(t, w.Body.String(), c.body)
			require.NotContains(t, w.Body.String(), "hunter2")
			require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
			require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			require.Contains(t, w.Header().Get("Content-Security-Policy"), "sandbox")
			if c.contentType != "text/html" && c.status != http.StatusSeeOther {
				require.True(t, json.Valid(w.Body.Bytes()))
			}
			head := ask(h, http.MethodHead, c.target, "Accept", c.accept)
			require.Equal(t, c.status, head.Code)
			require.Empty(t, head.Body.String())
			require.Equal(t, fmt.Sprint(w.Body.Len()), head.Header().Get("Content-Length"))
		})
	}
}

func TestHandlerRedirectsToTheEndpoint(t *testing.T) {
	_, h := newHandler()
	w := ask(h, http.MethodGet, subject+"?service=files&relativeRef=a%2Fb.pdf", "Accept", did.MediaTypeURIList)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "https://files.example/a/b.pdf", w.Header().Get("Location"))
	require.Empty(t, w.Body.String())
}

func TestHandlerPassesOptionsOn(t *testing.T) {
	r, h := newHandler()
	ask(h, http.MethodGet, subject+"?versionId=7")
	require.Equal(t, "7", r.asked.VersionID)
	ask(h, http.MethodGet, url.QueryEscape(subject)+"?versionTime=2026-01-02T03:04:05Z&expandRelativeUrls=true")
	require.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), r.asked.VersionTime)
	require.True(t, r.asked.ExpandRelativeURLs)
}

func TestHandlerAnswersPreflightAndRefusesOtherMethods(t *testing.T) {
	_, h := newHandler()
	w := ask(h, http.MethodOptions, subject, "Origin", "https://app.example", "Access-Control-Request-Method", "GET")
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Contains(t, w.Header().Get("Access-Control-Allow-Methods"), "GET")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, "NONSENSE"} {
		w = ask(h, method, subject)
		require.Equal(t, http.StatusMethodNotAllowed, w.Code)
		require.Equal(t, did.MediaTypeProblem, w.Header().Get("Content-Type"))
		require.NotEmpty(t, w.Header().Get("Allow"))
	}
}

func TestHandlerRevalidates(t *testing.T) {
	_, h := newHandler()
	tag := ask(h, http.MethodGet, subject).Header().Get("ETag")
	require.NotEmpty(t, tag)
	for _, value := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		w := ask(h, http.MethodGet, subject, "If-None-Match", value)
		require.Equal(t, http.StatusNotModified, w.Code)
		require.Empty(t, w.Body.String())
	}
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, subject, "If-None-Match", `"x"`).Code)
	require.NotEqual(t, tag, ask(h, http.MethodGet, subject, "Accept", did.MediaTypeDIDJSON).Header().Get("ETag"))
	require.Equal(t, "no-store", ask(h, http.MethodGet, "did:example:nobody").Header().Get("Cache-Control"))
}

func TestClientAsksTheHandler(t *testing.T) {
	r, h := newHandler()
	mux := http.NewServeMux()
	mux.Handle(httpresolver.Path, h)
	server := httptest.NewServer(mux)
	defer server.Close()
	c, err := httpresolver.NewClient(server.URL, nil)
	require.NoError(t, err)

	res, err := c.Resolve(t.Context(), subject, did.ResolveOptions{})
	require.NoError(t, err)
	got, err := res.Document.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, document, string(got))
	require.Equal(t, "2", res.DocumentMetadata.VersionID)

	_, err = c.Resolve(t.Context(), subject, did.ResolveOptions{VersionTime: time.Unix(1000, 0), ExpandRelativeURLs: true})
	require.NoError(t, err)
	require.True(t, r.asked.VersionTime.Equal(time.Unix(1000, 0)))
	_, err = c.Resolve(t.Context(), subject, did.ResolveOptions{VersionID: "a b&c=#d"})
	require.NoError(t, err)
	require.Equal(t, "a b&c=#d", r.asked.VersionID)

	gone, err := c.Resolve(t.Context(), "did:example:gone", did.ResolveOptions{})
	require.NoError(t, err)
	require.True(t, gone.DocumentMetadata.Deactivated)
	require.Nil(t, gone.Document)

	for id, want := range map[string]error{
		"did:example:nobody": did.ErrNotFound, "did:nothing:1": did.ErrMethodNotSupported, "did:example:broken": did.ErrInternal, "x": did.ErrInvalidDID,
		"did:key:z1": did.ErrInvalidDID,
	} {
		_, err := c.Resolve(t.Context(), id, did.ResolveOptions{})
		require.ErrorIs(t, err, want, id)
	}
	_, err = c.Resolve(t.Context(), subject, did.ResolveOptions{VersionID: "1", VersionTime: time.Unix(1, 0)})
	require.ErrorIs(t, err, did.ErrInvalidOptions)
}

func TestClientRefusesHostileServers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"another DID's document":     body(200, `{"didDocument":{"id":"did:example:evil"},"didResolutionMetadata":{},"didDocumentMetadata":{}}`),
		"nothing":                    body(200, ``),
		"neither document nor error": body(200, `{"didDocument":null,"didResolutionMetadata":{},"didDocumentMetadata":{}}`),
		"a bare document":            body(200, document),
		"not JSON":                   body(200, `<html>`),
		"a document twice":           body(200, `{"didDocument":{"id":"did:example:123"},"didDocument":{"id":"did:example:123"}}`),
		"an invalid document":        body(200, `{"didDocument":{"id":"did:example:123","service":1}}`),
		"a document with 500":        body(500, `{"didDocument":{"id":"did:example:123"}}`),
		"410 without deactivated":    body(410, `{"didDocument":{"id":"did:example:123"}}`),
		"endless":                    func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, io.LimitReader(spaces{}, 1<<20)) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			c, err := httpresolver.NewClient(server.URL, nil)
			require.NoError(t, err)
			res, err := c.Resolve(t.Context(), subject, did.ResolveOptions{})
			require.ErrorIs(t, err, did.ErrInternal)
			require.Nil(t, res)
		})
	}
	for _, endpoint := range []string{"", "node.example", "ftp://node.example", "https://", "https://node.example/?a=b", "https://node.example/#f", "https://a b"} {
		_, err := httpresolver.NewClient(endpoint, nil)
		require.Error(t, err, endpoint)
	}
}

func body(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func FuzzHandler(f *testing.F) {
	_, h := newHandler()
	for _, target := range []string{subject, subject + "%23k", "did%3Aexample%3A123?versionId=1", subject + "?service=files&relativeRef=a", subject + "/resources/1", "did:example:gone", "%", "//"} {
		f.Add(target, "")
		f.Add(target, did.MediaTypeResolution)
		f.Add(target, did.MediaTypeURIList)
	}
	f.Fuzz(func(t *testing.T, target, accept string) {
		u, err := url.Parse("http://node.example" + httpresolver.Path + target)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{"Accept": {accept}}})
		require.Contains(t, []int{200, 303, 400, 404, 406, 410, 500, 501}, w.Code)
		if w.Code == 500 {
			require.True(t, strings.Contains(u.Path+u.RawQuery, "broken") || strings.Contains(w.Body.String(), "w3id.org/security#"), w.Body.String())
		}
		require.NotContains(t, w.Body.String(), "hunter2")
		require.NotContains(t, w.Header().Get("Location"), "\n")
	})
}

func ExampleNewHandler() {
	mux := http.NewServeMux()
	mux.Handle(httpresolver.Path, httpresolver.NewHandler(did.Dereferencer{Resolver: did.KeyResolver{}}))
	server := httptest.NewServer(mux)
	defer server.Close()

	resolver, err := httpresolver.NewClient(server.URL, nil)
	if err != nil {
		panic(err)
	}
	doc, err := did.ResolveDocument(context.Background(), resolver, "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", did.ResolveOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Println(doc.ID)
	// Output: did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv
}
