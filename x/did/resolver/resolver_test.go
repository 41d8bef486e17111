package resolver_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/resolver"
	"github.com/medibloc/panacea/x/did/types"
)

// world has a subject with three versions, ten seconds apart, and one that has ended.
func world(t *testing.T) (c *fixture.Chain, subject, ended fixture.Subject) {
	c, subject, ended = fixture.New(t), fixture.NewSubject(t, "subject"), fixture.NewSubject(t, "ended")
	c.Create(subject)
	c.Create(ended)
	c.NextBlock(10 * time.Second)
	c.Update(subject, fixture.WithService(subject.Document(), "one"), 0)
	c.Deactivate(ended, 0)
	c.NextBlock(10 * time.Second)
	c.Update(subject, fixture.WithService(subject.Document(), "two"), 1)
	return c, subject, ended
}

func TestResolutionHasTheMetadataOfTheVersion(t *testing.T) {
	c, s, _ := world(t)
	r := resolver.New(c.QueryClient())
	created, updated, last := fixture.Genesis, fixture.Genesis.Add(10*time.Second), fixture.Genesis.Add(20*time.Second)

	latest, err := r.Resolve(c.Ctx, s.ID, did.ResolveOptions{})
	require.NoError(t, err)
	require.Equal(t, s.ID, latest.Document.ID)
	require.Equal(t, did.DocumentMetadata{Created: created, Updated: last, VersionID: "2"}, latest.DocumentMetadata)

	first, err := r.Resolve(c.Ctx, s.ID, did.ResolveOptions{VersionID: "0"})
	require.NoError(t, err)
	require.Empty(t, first.Document.Services)
	require.Equal(t, did.DocumentMetadata{Created: created, VersionID: "0", NextVersionID: "1", NextUpdate: updated}, first.DocumentMetadata)

	published, err := did.ParseVersionTime(did.FormatTime(updated))
	require.NoError(t, err)
	atTime, err := r.Resolve(c.Ctx, s.ID, did.ResolveOptions{VersionTime: published})
	require.NoError(t, err)
	require.Equal(t, "1", atTime.DocumentMetadata.VersionID, "a published time names its own version")
}

func TestADeactivatedDIDResolvesToNoDocument(t *testing.T) {
	c, _, ended := world(t)
	r := resolver.New(c.QueryClient())
	resolution, err := r.Resolve(c.Ctx, ended.ID, did.ResolveOptions{})
	require.NoError(t, err)
	require.Nil(t, resolution.Document)
	require.True(t, resolution.DocumentMetadata.Deactivated)
	_, err = did.ResolveDocument(c.Ctx, r, ended.ID, did.ResolveOptions{})
	require.ErrorIs(t, err, did.ErrDeactivated)
	earlier, err := r.Resolve(c.Ctx, ended.ID, did.ResolveOptions{VersionID: "0"})
	require.NoError(t, err)
	require.NotNil(t, earlier.Document)
	require.True(t, earlier.DocumentMetadata.Deactivated, "the DID is deactivated, whatever its version")
}

func TestRelativeURLsAreExpanded(t *testing.T) {
	c, s := fixture.New(t), fixture.NewSubject(t, "relative")
	document := s.Document()
	document.VerificationMethods[0].Id = "#key1"
	document.Authentications[0] = types.NewReference("#key1")
	_, err := c.Msgs.CreateDID(c.Ctx, s.CreateMsg(document))
	require.NoError(t, err)
	resolution, err := resolver.New(c.QueryClient()).Resolve(c.Ctx, s.ID, did.ResolveOptions{ExpandRelativeURLs: true})
	require.NoError(t, err)
	require.Equal(t, s.Method("key1"), resolution.Document.VerificationMethods[0].ID)
	require.Equal(t, s.Method("key1"), resolution.Document.Authentication[0].Reference)
}

// answering is a query client that a node has taken over, or lost.
type answering struct {
	types.QueryClient
	response *types.QueryDocumentResponse
	err      error
}

func (a answering) Document(context.Context, *types.QueryDocumentRequest, ...grpc.CallOption) (*types.QueryDocumentResponse, error) {
	return a.response, a.err
}

func TestErrorsHaveTheirCodes(t *testing.T) {
	c, s, _ := world(t)
	absent, honest := fixture.NewSubject(t, "absent"), c.QueryClient()
	other := answering{response: &types.QueryDocumentResponse{Document: absent.Document()}}
	malformed := answering{response: &types.QueryDocumentResponse{Document: &types.DIDDocument{Id: s.ID, Extra: "["}}}
	for name, test := range map[string]struct {
		client types.QueryClient
		id     string
		opts   did.ResolveOptions
		want   error
	}{
		"absent":                          {honest, absent.ID, did.ResolveOptions{}, did.ErrNotFound},
		"not a DID":                       {honest, "panacea", did.ResolveOptions{}, did.ErrInvalidDID},
		"not base58":                      {honest, "did:panacea:0000000000000000000000000000000000000000", did.ResolveOptions{}, did.ErrInvalidDID},
		"a version that is not there":     {honest, s.ID, did.ResolveOptions{VersionID: "3"}, did.ErrNotFound},
		"a version that is no number":     {honest, s.ID, did.ResolveOptions{VersionID: "latest"}, did.ErrNotFound},
		"before its creation":             {honest, s.ID, did.ResolveOptions{VersionTime: fixture.Genesis.Add(-time.Hour)}, did.ErrNotFound},
		"version and time":                {honest, s.ID, did.ResolveOptions{VersionID: "0", VersionTime: fixture.Genesis}, did.ErrInvalidOptions},
		"the node is away":                {answering{err: errors.New("connection refused")}, s.ID, did.ResolveOptions{}, did.ErrInternal},
		"the node sends another document": {other, s.ID, did.ResolveOptions{}, did.ErrInternal},
		"the node sends no document":      {answering{response: &types.QueryDocumentResponse{}}, s.ID, did.ResolveOptions{}, did.ErrInvalidDocument},
		"the document is malformed":       {malformed, s.ID, did.ResolveOptions{}, did.ErrInvalidDocument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := resolver.New(test.client).Resolve(c.Ctx, test.id, test.opts)
			require.ErrorIs(t, err, test.want)
		})
	}
}

// TestHTTPS: the binding on a node's router, with the statuses of DID Resolution 1.0 §11.1.
func TestHTTPS(t *testing.T) {
	c, s, ended := world(t)
	router := mux.NewRouter()
	resolver.Mount(router, c.QueryClient())
	router.PathPrefix("/").HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	server := httptest.NewServer(router)
	defer server.Close()
	get := func(path string) (int, []byte) {
		response, err := server.Client().Get(server.URL + httpresolver.Path + path)
		require.NoError(t, err)
		defer func() { require.NoError(t, response.Body.Close()) }()
		require.Equal(t, "*", response.Header.Get("Access-Control-Allow-Origin"))
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, body
	}
	status, body := get(s.ID)
	require.Equal(t, http.StatusOK, status)
	document, err := did.ParseDocument(body)
	require.NoError(t, err)
	require.Equal(t, s.ID, document.ID)

	status, body = get(url.PathEscape(s.Method("key1")))
	require.Equal(t, http.StatusOK, status)
	var method map[string]any
	require.NoError(t, json.Unmarshal(body, &method))
	require.Equal(t, s.Method("key1"), method["id"])

	for path, want := range map[string]int{
		s.ID + "?versionId=1":                      http.StatusOK,
		s.ID + "?versionId=9":                      http.StatusNotFound,
		s.ID + "?versionTime=2020-01-01T00:00:00Z": http.StatusNotFound,
		ended.ID:                           http.StatusGone,
		fixture.NewSubject(t, "absent").ID: http.StatusNotFound,
		"did:panacea:0":                    http.StatusBadRequest,
		"did:unknown:1":                    http.StatusNotImplemented,
		fixture.Key(t, did.Ed25519, "any").Public().DIDKey(): http.StatusOK,
	} {
		status, _ := get(path)
		require.Equal(t, want, status, path)
	}
}
