package resolver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/resolver"
	"github.com/medibloc/panacea/x/resource/types"
)

// world makes a chain on which publisher has: two versions of a schema "patient", 10 seconds apart; a schema "lab"; an HTML page "patient";
// and ended, which is deactivated, has a schema.
func world(t testing.TB) (*fixture.Chain, fixture.Publisher) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	c.Publish(p, fixture.Resource{ID: fixture.UUID("patient 1"), Name: "patient", Type: "JsonSchema", Version: "1.0", MediaType: "application/schema+json", Data: []byte(`{"v":1}`)})
	c.NextBlock(10 * time.Second)
	c.Publish(p, fixture.Resource{ID: fixture.UUID("patient 2"), Name: "patient", Type: "JsonSchema", Version: "2.0", MediaType: "application/schema+json", Data: []byte(`{"v":2}`), Previous: fixture.UUID("patient 1")})
	c.Publish(p, fixture.Resource{ID: fixture.UUID("lab"), Name: "lab", Type: "JsonSchema", Version: "1.0", MediaType: "application/schema+json", Data: []byte(`{"lab":1}`)})
	c.Publish(p, fixture.Resource{ID: fixture.UUID("page"), Name: "patient", Type: "Page & more", MediaType: "text/html", Data: []byte(`<script>alert(1)</script>`)})
	c.Publish(p, fixture.Resource{ID: fixture.UUID("binary"), Name: "환자", Type: "Blob", MediaType: "application/octet-stream", Data: []byte{0xff, 0x00}})
	ended := fixture.NewPublisher(t, "ended")
	c.CreateDID(ended, ended.Document())
	c.Publish(ended, fixture.Resource{ID: fixture.UUID("of ended"), Name: "patient", Type: "JsonSchema", MediaType: "application/schema+json", Data: []byte(`{"e":1}`)})
	c.DeactivateDID(ended)
	return c, p
}

// listed names the resources of a list.
func listed(t testing.TB, body []byte) (ids []string) {
	var list struct {
		Resources []map[string]any `json:"linkedResourceMetadata"`
	}
	require.NoError(t, json.Unmarshal(body, &list), string(body))
	for _, r := range list.Resources {
		ids = append(ids, r["resourceId"].(string))
	}
	return ids
}

func TestTheNodeServesResources(t *testing.T) {
	c, p := world(t)
	router := mux.NewRouter()
	resolver.Mount(router, c.DIDClient(), c.Client())
	const (
		first  = "?resourceName=patient&resourceType=JsonSchema"
		second = "2026-01-02T03:04:15Z" // when the second version was published
	)
	id := func(name string) string { return "/resources/" + fixture.UUID(name) }
	absent := fixture.NewPublisher(t, "absent").ID
	collection := strings.TrimPrefix(p.ID, "did:panacea:")
	checksum := types.Checksum([]byte(`{"v":1}`))
	ended := fixture.NewPublisher(t, "ended").ID
	for name, want := range map[string]struct {
		target, accept string
		status         int
		contentType    string
		body           string   // exact, or
		list           []string // names of the resources listed, or
		contains       string
	}{
		"by id":                            {target: p.ID + id("patient 1"), body: `{"v":1}`},
		"by id, encoded":                   {target: url.QueryEscape(p.ID + id("patient 1")), body: `{"v":1}`},
		"by the parameter of the id":       {target: p.ID + "?resourceId=" + fixture.UUID("patient 1"), body: `{"v":1}`},
		"by the version's id":              {target: p.ID + first + "&resourceVersionId=" + fixture.UUID("patient 1"), body: `{"v":1}`},
		"by a version's id of another":     {target: p.ID + first + "&resourceVersionId=" + fixture.UUID("lab"), status: 404},
		"by two ids":                       {target: p.ID + id("lab") + "?resourceId=" + fixture.UUID("patient 1"), status: 404},
		"as text/html":                     {target: p.ID + id("page"), contentType: "text/html", body: "<script>alert(1)</script>"},
		"as bytes":                         {target: p.ID + id("binary"), contentType: "application/octet-stream", body: "\xff\x00"},
		"bytes as a result":                {target: p.ID + id("binary"), accept: did.MediaTypeDereferencing, status: 406},
		"in a form that it has not":        {target: p.ID + id("page"), accept: "application/json", status: 406},
		"in the form that it has":          {target: p.ID + id("lab"), accept: "application/schema+json", body: `{"lab":1}`},
		"in a resolution result":           {target: p.ID + id("lab"), accept: did.MediaTypeResolution, status: 406},
		"latest by name and type":          {target: p.ID + first, body: `{"v":2}`},
		"with a label":                     {target: p.ID + first + "&resourceVersion=1.0", body: `{"v":1}`},
		"with an absent label":             {target: p.ID + first + "&resourceVersion=3.0", status: 404},
		"at a time":                        {target: p.ID + first + "&versionTime=2026-01-02T03:04:14Z", body: `{"v":1}`},
		"at the time of the next":          {target: p.ID + first + "&resourceVersionTime=" + second, body: `{"v":2}`},
		"before the first":                 {target: p.ID + first + "&versionTime=2026-01-02T03:04:04Z", status: 404},
		"with a label that came later":     {target: p.ID + first + "&resourceVersion=2.0&versionTime=2026-01-02T03:04:14Z", status: 404},
		"with the time as an option":       {target: url.QueryEscape(p.ID+first) + "?versionTime=2026-01-02T03:04:14Z", body: `{"v":1}`},
		"with two times":                   {target: p.ID + first + "&versionTime=2026-01-02T03:04:14Z&resourceVersionTime=" + second, status: 400},
		"with a malformed time":            {target: p.ID + first + "&resourceVersionTime=yesterday", status: 400},
		"with a document's version":        {target: p.ID + first + "&versionId=1", status: 400},
		"by a name in Korean":              {target: p.ID + "?resourceName=" + url.PathEscape("환자") + "&resourceType=Blob", contentType: "application/octet-stream", body: "\xff\x00"},
		"by a type with a sign":            {target: p.ID + "?resourceType=" + strings.ReplaceAll(url.PathEscape("Page & more"), "&", "%26"), contentType: "text/html", body: "<script>alert(1)</script>"},
		"by a name that has two types":     {target: p.ID + "?resourceName=patient", list: []string{"patient 2", "page"}},
		"by a name that has one type":      {target: p.ID + "?resourceName=lab", body: `{"lab":1}`},
		"by a type that has two names":     {target: p.ID + "?resourceType=JsonSchema", list: []string{"lab", "patient 2"}},
		"by a type at a time":              {target: p.ID + "?resourceType=JsonSchema&resourceVersionTime=2026-01-02T03:04:14Z", body: `{"v":1}`},
		"by a label that two have":         {target: p.ID + "?resourceVersion=1.0&resourceType=JsonSchema", list: []string{"lab", "patient 1"}},
		"by a label that one has":          {target: p.ID + "?resourceVersion=2.0", body: `{"v":2}`},
		"by its digest":                    {target: p.ID + "?checksum=" + strings.ToUpper(checksum), contentType: "application/schema+json", body: `{"v":1}`},
		"by id with its digest":            {target: p.ID + id("patient 1") + "?checksum=" + checksum, body: `{"v":1}`},
		"by id with another digest":        {target: p.ID + id("patient 2") + "?checksum=" + checksum, status: 404},
		"by name with another digest":      {target: p.ID + first + "&checksum=" + checksum, status: 404},
		"the whole collection":             {target: p.ID + "?resourceCollectionId=" + collection, list: []string{"lab", "patient 2", "page", "binary"}},
		"another collection":               {target: p.ID + "?resourceCollectionId=x", status: 404},
		"metadata by id":                   {target: p.ID + id("patient 1") + "?resourceMetadata=true", list: []string{"patient 1"}},
		"metadata of all versions":         {target: p.ID + first + "&resourceMetadata=true", list: []string{"patient 1", "patient 2"}},
		"metadata at a time":               {target: p.ID + first + "&resourceMetadata=true&versionTime=2026-01-02T03:04:14Z", list: []string{"patient 1"}},
		"metadata of a type":               {target: p.ID + "?resourceType=Blob&resourceMetadata=true", list: []string{"binary"}},
		"metadata of nothing":              {target: p.ID + "?resourceType=x&resourceMetadata=true", status: 404},
		"metadata not asked for":           {target: p.ID + first + "&resourceMetadata=false", body: `{"v":2}`},
		"metadata asked for oddly":         {target: p.ID + first + "&resourceMetadata=yes", status: 400},
		"of a deactivated DID, by id":      {target: ended + id("of ended"), body: `{"e":1}`},
		"of a deactivated DID, by name":    {target: ended + first, body: `{"e":1}`},
		"a fragment is the client's":       {target: p.ID + id("patient 1") + "%23v", body: `{"v":1}`},
		"an absent id":                     {target: p.ID + id("x"), status: 404},
		"another DID's id":                 {target: ended + id("lab"), status: 404},
		"a malformed id":                   {target: p.ID + "/resources/x", status: 404},
		"an id in upper case":              {target: p.ID + "/resources/" + strings.ToUpper(fixture.UUID("lab")), status: 404},
		"no id":                            {target: p.ID + "/resources/", status: 404},
		"another path":                     {target: p.ID + "/elsewhere", status: 404},
		"a path behind the id":             {target: p.ID + id("lab") + "/", status: 404},
		"an absent name":                   {target: p.ID + "?resourceName=x&resourceType=JsonSchema", status: 404},
		"an empty name":                    {target: p.ID + "?resourceName=", status: 404},
		"a name with a NUL":                {target: p.ID + "?resourceName=patient%00&resourceType=JsonSchema", status: 404},
		"a name that is not UTF-8":         {target: p.ID + "?resourceName=%ff&resourceType=JsonSchema", status: 404},
		"an absent DID":                    {target: absent + first, status: 404},
		"a malformed DID":                  {target: "did:panacea:0" + first, status: 400},
		"another method with a path":       {target: "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK/resources/x", status: 404},
		"another method with a name":       {target: "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK" + first, status: 501},
		"a parameter that nobody knows":    {target: p.ID + "?foo=1", status: 501},
		"it beside those that are known":   {target: p.ID + first + "&foo=1", status: 501},
		"a service beside a name":          {target: p.ID + first + "&service=files", status: 501},
		"nothing but a time":               {target: p.ID + "?resourceVersionTime=" + second, status: 400},
		"a parameter twice":                {target: p.ID + first + "&resourceName=lab", status: 400},
		"a document, as before":            {target: p.ID, contentType: did.MediaTypeDID, contains: `"assertionMethod"`},
		"a method, as before":              {target: p.ID + "%23key1", contentType: did.MediaTypeDID, contains: `"publicKeyMultibase"`},
		"a document at a time, as before":  {target: p.ID + "?versionTime=" + second, contentType: did.MediaTypeDID, contains: `"assertionMethod"`},
		"a result":                         {target: p.ID + id("patient 1"), accept: did.MediaTypeDereferencing, contentType: did.MediaTypeDereferencing, contains: `{"content":{"v":1},"dereferencingMetadata":{"contentType":"application/schema+json"},"contentMetadata":{"checksum":"` + checksum + `"`},
		"a list as a result":               {target: p.ID + "?resourceName=patient", accept: did.MediaTypeDereferencing, contentType: did.MediaTypeDereferencing, contains: `{"content":{"linkedResourceMetadata":[{"resourceURI":"` + p.ID + id("patient 2") + `"`},
		"metadata in the list":             {target: p.ID + first + "&resourceMetadata=true", contentType: "application/json", contains: `"resourceVersion":"1.0","created":"2026-01-02T03:04:05Z","checksum":"` + checksum + `","previousVersionId":null,"nextVersionId":"` + fixture.UUID("patient 2") + `"}`},
		"a name with a sign in the result": {target: p.ID + id("page") + "?resourceMetadata=true", contentType: "application/json", contains: `"resourceType":"Page & more"`},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodGet, "http://node.example"+httpresolver.Path+want.target, nil)
			if want.accept != "" {
				request.Header.Set("Accept", want.accept)
			}
			w := httptest.NewRecorder()
			router.ServeHTTP(w, request)
			if want.status == 0 {
				want.status = 200
			}
			require.Equal(t, want.status, w.Code, w.Body.String())
			require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			require.Equal(t, "default-src 'none'; sandbox", w.Header().Get("Content-Security-Policy"))
			switch {
			case want.status != 200:
			case want.list != nil:
				require.Equal(t, resolver.MediaTypeList, w.Header().Get("Content-Type"))
				var ids []string
				for _, name := range want.list {
					ids = append(ids, fixture.UUID(name))
				}
				require.ElementsMatch(t, ids, listed(t, w.Body.Bytes()))
			case want.contains != "":
				require.Equal(t, want.contentType, w.Header().Get("Content-Type"))
				require.Contains(t, w.Body.String(), want.contains)
			default:
				if want.contentType == "" {
					want.contentType = "application/schema+json"
				}
				require.Equal(t, want.contentType, w.Header().Get("Content-Type"))
				require.Equal(t, want.body, w.Body.String())
			}
		})
	}
}

func TestGetIsForOneResource(t *testing.T) {
	c, p := world(t)
	r := resolver.New(c.Client())
	for target, want := range map[string]string{
		p.ID + "/resources/" + fixture.UUID("lab"):                                                 `{"lab":1}`,
		p.ID + "?resourceName=patient&resourceType=JsonSchema":                                     `{"v":2}`,
		p.ID + "?resourceName=patient&resourceType=JsonSchema&versionTime=2026-01-02T03:04:14Z":    `{"v":1}`,
		p.ID + "?resourceName=patient&resourceType=JsonSchema&resourceVersion=1.0#/definitions/id": `{"v":1}`,
	} {
		content, err := r.Get(t.Context(), target)
		require.NoError(t, err)
		require.Equal(t, want, string(content))
	}
	for target, want := range map[string]error{
		p.ID:                           did.ErrInvalidDIDURL,
		p.ID + "#key1":                 did.ErrInvalidDIDURL,
		p.ID + "?versionId=1":          did.ErrInvalidOptions,
		p.ID + "?resourceName=patient": did.ErrInvalidDIDURL,
		p.ID + "/resources/" + fixture.UUID("lab") + "?resourceMetadata=true": did.ErrInvalidDIDURL,
		p.ID + "/resources/x":        did.ErrNotFound,
		"https://example.com/schema": did.ErrInvalidDIDURL,
		"did:key:z6Mk/resources/x":   did.ErrNotFound,
	} {
		_, err := r.Get(t.Context(), target)
		require.ErrorIs(t, err, want, target)
	}
}

// TestListsAreBounded: a publisher with many resources gets a list that says that there are more.
func TestListsAreBounded(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	for i := range 1003 {
		c.Publish(p, fixture.Resource{ID: fixture.UUID(fmt.Sprint(i)), Name: fmt.Sprint("n", i), Type: "T", MediaType: "a/b", Data: []byte("x")})
	}
	u, err := did.ParseURL(p.ID + "?resourceType=T")
	require.NoError(t, err)
	resource, err := resolver.New(c.Client()).DereferenceResource(t.Context(), u, did.DereferenceOptions{})
	require.NoError(t, err)
	require.Len(t, listed(t, resource.Content), 1000)
	require.True(t, strings.HasSuffix(string(resource.Content), `],"more":true}`))
}

// liar is a query client that answers with what it is told to.
type liar struct {
	types.QueryClient
	metadata types.Metadata
	data     []byte
	err      error
}

func (l liar) Resource(context.Context, *types.QueryResourceRequest, ...grpc.CallOption) (*types.QueryResourceResponse, error) {
	return &types.QueryResourceResponse{Metadata: l.metadata, Data: l.data}, l.err
}

func (l liar) Metadata(context.Context, *types.QueryMetadataRequest, ...grpc.CallOption) (*types.QueryMetadataResponse, error) {
	return &types.QueryMetadataResponse{Metadata: l.metadata}, l.err
}

func (l liar) NamedResource(context.Context, *types.QueryNamedResourceRequest, ...grpc.CallOption) (*types.QueryNamedResourceResponse, error) {
	return &types.QueryNamedResourceResponse{Metadata: l.metadata, Data: l.data}, l.err
}

func TestAnswersToAnotherQuestionAreRefused(t *testing.T) {
	c, p := world(t)
	collection, err := types.CollectionOf(p.ID)
	require.NoError(t, err)
	lab, err := c.Keeper.GetMetadata(c.Ctx, collection, fixture.UUID("lab"))
	require.NoError(t, err)
	byID, byName := p.ID+"/resources/"+fixture.UUID("lab"), p.ID+"?resourceName=lab&resourceType=JsonSchema"
	honest := liar{metadata: lab, data: []byte(`{"lab":1}`)}
	for _, target := range []string{byID, byName} {
		_, err := resolver.New(honest).Get(t.Context(), target)
		require.NoError(t, err)
		for name, lie := range map[string]func(l *liar){
			"other bytes":        func(l *liar) { l.data = []byte(`{"lab":2}`) },
			"another collection": func(l *liar) { l.metadata.CollectionId = "x" },
			"another resource": func(l *liar) {
				l.metadata.Id, l.metadata.Name = fixture.UUID("x"), "x"
			},
			"a failure": func(l *liar) { l.err = errors.New("the database password is hunter2") },
		} {
			l := honest
			lie(&l)
			_, err := resolver.New(l).Get(t.Context(), target)
			require.ErrorIs(t, err, did.ErrInternal, name)
			require.NotContains(t, did.AsError(err).Detail, "hunter2")
		}
	}
}

// FuzzDereference: whatever a DID URL says, the answer is one of a few kinds of error, or a resource of that DID.
func FuzzDereference(f *testing.F) {
	c, p := world(f)
	d := did.Dereferencer{Resolver: did.MethodRouter{}, Resources: resolver.New(c.Client())}
	for _, tail := range []string{
		"/resources/" + fixture.UUID("lab"), "?resourceName=patient", "?resourceName=patient&resourceType=JsonSchema&resourceVersionTime=2026-01-02T03:04:14Z",
		"?resourceVersion=1.0&checksum=00", "?resourceMetadata=true&resourceType=Blob", "?resourceCollectionId=x#f", "?versionId=1&resourceName=a",
	} {
		f.Add(p.ID + tail)
	}
	f.Fuzz(func(t *testing.T, target string) {
		out, err := d.Dereference(t.Context(), target, did.DereferenceOptions{})
		if err != nil {
			for _, known := range []error{did.ErrInvalidDID, did.ErrInvalidDIDURL, did.ErrInvalidOptions, did.ErrNotFound, did.ErrFeatureNotSupported,
				did.ErrMethodNotSupported, did.ErrRepresentationNotSupported} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("%q: %v", target, err)
		}
		require.NotEmpty(t, out.Resource.Content)
		_, err = out.MarshalJSON()
		require.True(t, err == nil || errors.Is(err, did.ErrRepresentationNotSupported))
	})
}
