// Package resolver follows the DID URLs that name resources of did:panacea DIDs, through the queries of x/resource: the same code
// runs over any query client, one of a node that is trusted or one that verifies what it is told.
//
//	dereferencer := did.Dereferencer{Resolver: documents, Resources: resolver.New(types.NewQueryClient(connection))}
//	schema, err := dereferencer.Dereference(ctx, "did:panacea:…?resourceName=patient&resourceType=JsonSchema", did.DereferenceOptions{})
//
// A URL names a resource by its id, `/resources/<uuid>`, or by parameters; README.md of x/resource lists them. One answer comes as the
// resource's bytes, several come as their list, in JSON.
//
// # Trust
//
// It believes its query client. It checks only that bytes are those of the checksum, and resources those that were asked for.
package resolver

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
	didresolver "github.com/medibloc/panacea/x/did/resolver"
	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/resource/types"
)

// MediaTypeList is the media type of a list of several answers.
const MediaTypeList = "application/json"

// Bounds of an answer that is a list: entries in it, entries looked at to find them, and entries asked for at once.
const (
	maxListed  = 1000
	maxScanned = 10_000
	pageSize   = 500
)

// Resolver is a did.ResourceDereferencer of the method did:panacea.
type Resolver struct{ client types.QueryClient }

var _ did.ResourceDereferencer = Resolver{}

// New returns a resolver that asks client.
func New(client types.QueryClient) Resolver { return Resolver{client: client} }

// NewHandler returns the handler of GET /1.0/identifiers/ for documents and resources of did:panacea, and for did:key.
func NewHandler(dids didtypes.QueryClient, resources types.QueryClient) http.Handler {
	return httpresolver.NewHandler(did.Dereferencer{
		Resolver:  did.MethodRouter{did.MethodPanacea: didresolver.New(dids), "key": did.KeyResolver{}},
		Resources: New(resources),
	})
}

// Mount serves GET /1.0/identifiers/ on a node's REST router. Call it before anything takes all paths.
func Mount(router *mux.Router, dids didtypes.QueryClient, resources types.QueryClient) {
	router.PathPrefix(httpresolver.Path).Handler(NewHandler(dids, resources))
}

// DereferenceResource implements did.ResourceDereferencer. The metadata of a single resource are those of DID-Linked Resources
// (resourceURI, resourceName and so on); a list has none. A URL's fragment is left to the caller, as RFC 3986 §3.5 has it. Errors
// are *did.Error.
func (r Resolver) DereferenceResource(ctx context.Context, u did.URL, opts did.DereferenceOptions) (*did.Resource, error) {
	q, err := parseQuestion(u, opts)
	if err != nil {
		return nil, err
	}
	return r.answer(ctx, q)
}

func (r Resolver) answer(ctx context.Context, q question) (*did.Resource, error) {
	switch {
	case q.id != "":
		return r.byID(ctx, q)
	case q.listsAll():
		return r.list(ctx, q, r.versions(q))
	case q.name != "" && q.resourceType != "":
		return r.byName(ctx, q)
	case q.version != "" || q.checksum != "":
		return r.oneOrList(ctx, q, r.versions(q)) // any version may be the one
	}
	return r.oneOrList(ctx, q, r.latest(q))
}

// Get returns the bytes of the one resource that a DID URL names, for whoever reads schemas, JSON-LD contexts and status lists from
// the chain. A URL that several resources match is ErrInvalidDIDURL; the other errors are those of DereferenceResource.
func (r Resolver) Get(ctx context.Context, url string) ([]byte, error) {
	u, err := did.ParseURL(url)
	if err != nil {
		return nil, err
	}
	q, err := parseQuestion(u, did.DereferenceOptions{})
	if err != nil {
		return nil, err
	}
	resource, err := r.answer(ctx, q)
	if err != nil {
		return nil, err
	}
	if resource.Metadata == nil {
		return nil, &did.Error{Code: did.CodeInvalidDIDURL, Detail: "it names several resources, or their metadata"}
	}
	return resource.Content, nil
}

// byID answers a question that names a version by its id: the other parameters must agree with it.
func (r Resolver) byID(ctx context.Context, q question) (*did.Resource, error) {
	if q.metadataOnly {
		answer, err := r.client.Metadata(ctx, &types.QueryMetadataRequest{Did: q.did, Id: q.id})
		if err != nil {
			return nil, queryError(err)
		}
		return q.only(answer.Metadata)
	}
	answer, err := r.client.Resource(ctx, &types.QueryResourceRequest{Did: q.did, Id: q.id})
	if err != nil {
		return nil, queryError(err)
	}
	if answer.Metadata.Id != q.id {
		return nil, unasked()
	}
	return q.content(answer.Metadata, answer.Data)
}

// byName answers a question that names a series.
func (r Resolver) byName(ctx context.Context, q question) (*did.Resource, error) {
	request := &types.QueryNamedResourceRequest{Did: q.did, Name: q.name, ResourceType: q.resourceType, Version: q.version}
	if q.version == "" {
		request.VersionTime = q.time
	}
	answer, err := r.client.NamedResource(ctx, request)
	if err != nil {
		return nil, queryError(err)
	}
	if answer.Metadata.Name != q.name || answer.Metadata.ResourceType != q.resourceType {
		return nil, unasked()
	}
	return q.content(answer.Metadata, answer.Data)
}

// page returns the next page of what may answer a question.
type page func(ctx context.Context, request *query.PageRequest) ([]types.Metadata, *query.PageResponse, error)

// latest lists one version of each series.
func (r Resolver) latest(q question) page {
	return func(ctx context.Context, request *query.PageRequest) ([]types.Metadata, *query.PageResponse, error) {
		answer, err := r.client.Latest(ctx, &types.QueryLatestRequest{
			Did: q.did, Name: q.name, ResourceType: q.resourceType, VersionTime: q.time, Pagination: request,
		})
		return answer.GetResources(), answer.GetPagination(), err
	}
}

// versions lists every version: of one series if the question names one, else of all.
func (r Resolver) versions(q question) page {
	if q.time != nil && q.version == "" {
		return r.latest(q)
	}
	if q.name != "" && q.resourceType != "" {
		return func(ctx context.Context, request *query.PageRequest) ([]types.Metadata, *query.PageResponse, error) {
			answer, err := r.client.Versions(ctx, &types.QueryVersionsRequest{
				Did: q.did, Name: q.name, ResourceType: q.resourceType, Pagination: request,
			})
			return answer.GetVersions(), answer.GetPagination(), err
		}
	}
	return func(ctx context.Context, request *query.PageRequest) ([]types.Metadata, *query.PageResponse, error) {
		answer, err := r.client.Resources(ctx, &types.QueryResourcesRequest{Did: q.did, Pagination: request})
		return answer.GetResources(), answer.GetPagination(), err
	}
}

// collect reads pages and keeps what answers the question. more says that a bound was reached before the end.
func (q question) collect(ctx context.Context, next page) (found []types.Metadata, more bool, err error) {
	request := &query.PageRequest{Limit: pageSize}
	for scanned := 0; scanned < maxScanned; scanned += pageSize {
		entries, response, err := next(ctx, request)
		if err != nil {
			return nil, false, queryError(err)
		}
		for _, m := range entries {
			if !q.matches(m) {
				continue
			}
			if len(found) == maxListed {
				return found, true, nil
			}
			found = append(found, m)
		}
		if len(response.GetNextKey()) == 0 {
			return found, false, nil
		}
		request = &query.PageRequest{Key: response.NextKey, Limit: pageSize}
	}
	return found, true, nil
}

// list answers with a list of whatever matches.
func (r Resolver) list(ctx context.Context, q question, next page) (*did.Resource, error) {
	found, more, err := q.collect(ctx, next)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound()
	}
	return listOf(found, more)
}

// oneOrList answers with the bytes of what matches, or with a list if several do.
func (r Resolver) oneOrList(ctx context.Context, q question, next page) (*did.Resource, error) {
	found, more, err := q.collect(ctx, next)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound()
	}
	if len(found) > 1 || more {
		return listOf(found, more)
	}
	q.id = found[0].Id
	return r.byID(ctx, q)
}

// content answers with the bytes of a version, if that is what was asked for.
func (q question) content(m types.Metadata, data []byte) (*did.Resource, error) {
	if m.CollectionId != q.collectionID || types.Checksum(data) != m.Checksum {
		return nil, unasked()
	}
	if !q.matches(m) {
		return nil, notFound()
	}
	metadata, err := properties(m)
	if err != nil {
		return nil, err
	}
	return &did.Resource{MediaType: m.MediaType, Content: data, Metadata: metadata}, nil
}

// only answers with the metadata of one version.
func (q question) only(m types.Metadata) (*did.Resource, error) {
	if m.CollectionId != q.collectionID || m.Id != q.id {
		return nil, unasked()
	}
	if !q.matches(m) {
		return nil, notFound()
	}
	return listOf([]types.Metadata{m}, false)
}

// queryError gives an error of a query a code of DID Resolution 1.0 §11. What the chain calls invalid, a name or an id, is one that
// no resource can have.
func queryError(err error) error {
	switch status.Code(err) {
	case codes.NotFound, codes.InvalidArgument:
		return &did.Error{Code: did.CodeNotFound, Detail: "there is no such resource", Err: err}
	}
	return &did.Error{Code: did.CodeInternalError, Err: err}
}

func notFound() error {
	return &did.Error{Code: did.CodeNotFound, Detail: "there is no such resource"}
}

func unasked() error {
	return &did.Error{Code: did.CodeInternalError, Detail: "the chain answered with another resource, or with other bytes"}
}

// linkedResource is a resource's metadata as DID-Linked Resources publishes it (its section Resource Response Parameters).
type linkedResource struct {
	URI               string  `json:"resourceURI"`
	CollectionID      string  `json:"resourceCollectionId"`
	ID                string  `json:"resourceId"`
	Name              string  `json:"resourceName"`
	Type              string  `json:"resourceType"`
	MediaType         string  `json:"mediaType"`
	Version           string  `json:"resourceVersion"`
	Created           string  `json:"created"`
	Checksum          string  `json:"checksum"`
	PreviousVersionID *string `json:"previousVersionId"`
	NextVersionID     *string `json:"nextVersionId"`
}

func linkedResourceOf(m types.Metadata) linkedResource {
	orNull := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return linkedResource{
		URI: m.URL(), CollectionID: m.CollectionId, ID: m.Id, Name: m.Name, Type: m.ResourceType, MediaType: m.MediaType, Version: m.Version,
		Created: did.FormatTime(m.Created), Checksum: m.Checksum,
		PreviousVersionID: orNull(m.PreviousVersionId), NextVersionID: orNull(m.NextVersionId),
	}
}

// properties returns a version's metadata as content metadata.
func properties(m types.Metadata) (did.Properties, error) {
	encoded, err := encode(linkedResourceOf(m))
	if err != nil {
		return nil, err
	}
	var p did.Properties
	if err := json.Unmarshal(encoded, &p); err != nil {
		return nil, &did.Error{Code: did.CodeInternalError, Err: err}
	}
	return p, nil
}

// listOf makes the answer that several resources match. more says that it leaves some out.
func listOf(found []types.Metadata, more bool) (*did.Resource, error) {
	list := struct {
		Resources []linkedResource `json:"linkedResourceMetadata"`
		More      bool             `json:"more,omitempty"`
	}{More: more}
	for _, m := range found {
		list.Resources = append(list.Resources, linkedResourceOf(m))
	}
	encoded, err := encode(list)
	if err != nil {
		return nil, err
	}
	return &did.Resource{MediaType: MediaTypeList, Content: encoded}, nil
}

// encode writes JSON that escapes nothing but what it must: names may hold any letters.
func encode(v any) ([]byte, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, &did.Error{Code: did.CodeInternalError, Err: err}
	}
	return []byte(strings.TrimSuffix(out.String(), "\n")), nil
}
