// Package resolver resolves did:panacea DIDs through the queries of x/did: the same resolver runs over any query client, one
// of a node that is trusted or one that verifies what it is told.
//
//	documents := resolver.New(types.NewQueryClient(connection))
//	resolution, err := documents.Resolve(ctx, "did:panacea:…", did.ResolveOptions{})
//
// # Trust
//
// It believes its query client. It checks only that documents are well formed and are those that were asked for.
package resolver

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
	"github.com/medibloc/panacea/x/did/types"
)

// Resolver is a did.Resolver of the method did:panacea.
type Resolver struct{ client types.QueryClient }

// New returns a resolver that asks client.
func New(client types.QueryClient) Resolver { return Resolver{client: client} }

// NewHandler returns the handler of GET /1.0/identifiers/ for did:panacea, by client, and did:key.
func NewHandler(client types.QueryClient) http.Handler {
	return httpresolver.NewHandler(did.Dereferencer{
		Resolver: did.MethodRouter{did.MethodPanacea: New(client), "key": did.KeyResolver{}},
	})
}

// Mount serves GET /1.0/identifiers/ on a node's REST router. Call it before anything takes all paths.
func Mount(router *mux.Router, client types.QueryClient) {
	router.PathPrefix(httpresolver.Path).Handler(NewHandler(client))
}

// Resolve implements did.Resolver. A deactivated DID has metadata that says so, and a document only if an earlier version was
// asked for. Errors are *did.Error.
func (r Resolver) Resolve(ctx context.Context, id string, opts did.ResolveOptions) (*did.Resolution, error) {
	if err := did.ValidatePanaceaDID(id); err != nil {
		return nil, err
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	request := &types.QueryDocumentRequest{Did: id, VersionId: opts.VersionID}
	if !opts.VersionTime.IsZero() {
		request.VersionTime = &opts.VersionTime
	}
	response, err := r.client.Document(ctx, request)
	if err != nil {
		return nil, resolutionError(id, opts, err)
	}
	resolution := &did.Resolution{DocumentMetadata: documentMetadata(response)}
	if response.Metadata.Deactivated {
		return resolution, nil
	}
	resolution.Document, err = document(id, response.Document)
	if err != nil {
		return nil, err
	}
	if opts.ExpandRelativeURLs {
		resolution.Document = resolution.Document.ExpandRelativeURLs()
	}
	return resolution, nil
}

// document converts a stored document. One that came in through genesis may be malformed.
func document(id string, stored *types.DIDDocument) (*did.Document, error) {
	if stored == nil {
		stored = &types.DIDDocument{}
	}
	converted, err := stored.ToW3C()
	if err == nil {
		err = converted.Validate()
	}
	if err != nil {
		return nil, &did.Error{Code: did.CodeInvalidDIDDocument, Detail: "the stored document is malformed", Err: err}
	}
	if converted.ID != id {
		return nil, &did.Error{Code: did.CodeInternalError, Detail: "the chain answered with another DID's document"}
	}
	return converted, nil
}

// documentMetadata converts a version's metadata (DID Resolution 1.0 §4.3).
func documentMetadata(r *types.QueryDocumentResponse) did.DocumentMetadata {
	metadata := did.DocumentMetadata{
		Created:     timeOf(r.Created),
		Deactivated: r.Deactivated,
		VersionID:   strconv.FormatUint(r.Metadata.VersionId, 10),
	}
	if r.Metadata.VersionId > 0 {
		metadata.Updated = timeOf(r.Metadata.Time)
	}
	if r.Next != nil {
		metadata.NextVersionID = strconv.FormatUint(r.Next.VersionId, 10)
		metadata.NextUpdate = timeOf(r.Next.Time)
	}
	return metadata
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// resolutionError gives an error of the query a code of DID Resolution 1.0 §10.
func resolutionError(id string, opts did.ResolveOptions, err error) error {
	detail := "there is no " + id
	if opts.VersionID != "" || !opts.VersionTime.IsZero() {
		detail += ", or no such version of it"
	}
	switch code := status.Code(err); {
	case code == codes.NotFound, code == codes.InvalidArgument && opts.VersionID != "": // text that no version has as its id
		return &did.Error{Code: did.CodeNotFound, Detail: detail, Err: err}
	}
	return &did.Error{Code: did.CodeInternalError, Err: err}
}
