package keeper

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/x/did/types"
)

// Bounds of a page, in entries.
const (
	defaultPageLimit = 100
	maxPageLimit     = 1000
)

// maxDIDBase64Length bounds the DID in base64 before it is decoded; a did:panacea DID has at most 56 characters.
const maxDIDBase64Length = 128

type queryServer struct {
	types.UnimplementedQueryServer
	k Keeper
}

// NewQueryServer returns the server that answers the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k: k} }

// existingClientsNotFound is what existing clients look for in an error to know that a DID is not there.
const existingClientsNotFound = "rpc error: code = NotFound"

// DID returns the current document as mainnet does: one that is unknown or deactivated is not found.
func (s queryServer) DID(ctx context.Context, req *types.QueryDIDRequest) (*types.QueryDIDResponse, error) {
	if len(req.GetDidBase64()) > maxDIDBase64Length {
		return nil, types.ErrInvalidDID.Wrapf("did_base64 has %d characters; at most %d", len(req.DidBase64), maxDIDBase64Length)
	}
	id, err := base64.StdEncoding.DecodeString(req.GetDidBase64())
	if err != nil {
		return nil, types.ErrInvalidDID.Wrapf("did_base64 is not standard base64: %v", err)
	}
	record, err := s.record(ctx, string(id))
	switch {
	case errors.Is(err, types.ErrDIDNotFound):
		return nil, errorsmod.Wrap(err, existingClientsNotFound)
	case err != nil:
		return nil, err
	case record.Metadata.Deactivated:
		return nil, types.ErrDIDNotFound.Wrapf("%s: %s is deactivated", existingClientsNotFound, id)
	}
	return &types.QueryDIDResponse{DidDocumentWithSeq: &record.Current}, nil
}

// Params returns the parameters.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.k.GetParams(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}

// Document returns the current version, the one with an id, or the one that was in force at a time.
func (s queryServer) Document(ctx context.Context, req *types.QueryDocumentRequest) (*types.QueryDocumentResponse, error) {
	record, err := s.record(ctx, req.GetDid())
	if err != nil {
		return nil, err
	}
	version, err := s.selectVersion(ctx, req, record)
	if err != nil {
		return nil, err
	}
	response := &types.QueryDocumentResponse{
		Document: version.Document, Metadata: version.Metadata, Created: record.Created, Deactivated: record.Metadata.Deactivated,
	}
	if version.Metadata.Deactivated {
		response.Document = types.DeactivationDocument(req.Did)
	}
	if version.Metadata.VersionId < record.Current.Sequence {
		next, err := s.k.version(ctx, req.Did, record, version.Metadata.VersionId+1)
		if err != nil {
			return nil, err
		}
		response.Next = &next.Metadata
	}
	return response, nil
}

func (s queryServer) selectVersion(ctx context.Context, req *types.QueryDocumentRequest, record types.Record) (types.Version, error) {
	switch {
	case req.VersionId != "" && req.VersionTime != nil:
		return types.Version{}, types.ErrInvalidRequest.Wrap("ask for a version id or for a version time, not for both")
	case req.VersionId != "":
		versionID, err := parseVersionID(req.VersionId)
		if err != nil {
			return types.Version{}, err
		}
		return s.k.version(ctx, req.Did, record, versionID)
	case req.VersionTime != nil:
		return s.k.versionAt(ctx, req.Did, record, *req.VersionTime)
	}
	return record.Version(), nil
}

func parseVersionID(s string) (uint64, error) {
	versionID, err := strconv.ParseUint(s, 10, 64)
	if err != nil || strconv.FormatUint(versionID, 10) != s {
		return 0, types.ErrInvalidRequest.Wrapf("version id %.40q is not a decimal number", s)
	}
	return versionID, nil
}

// Versions lists the metadata of a DID's versions. A page's key is a version id, 8 bytes, big-endian.
func (s queryServer) Versions(ctx context.Context, req *types.QueryVersionsRequest) (*types.QueryVersionsResponse, error) {
	record, err := s.record(ctx, req.GetDid())
	if err != nil {
		return nil, err
	}
	page, err := boundedPage(req.Pagination)
	if err != nil {
		return nil, err
	}
	first, err := s.k.firstVersion(ctx, req.Did, record)
	if err != nil {
		return nil, err
	}
	from, to, err := versionPage(page, first, record.Current.Sequence)
	if err != nil {
		return nil, err
	}
	response := &types.QueryVersionsResponse{Pagination: &query.PageResponse{}}
	for id := from; ; {
		version, err := s.k.version(ctx, req.Did, record, id)
		if err != nil {
			return nil, err
		}
		response.Versions = append(response.Versions, version.Metadata)
		if id == to {
			return response, nil
		}
		if page.Reverse {
			id--
		} else {
			id++
		}
		if uint64(len(response.Versions)) == page.Limit {
			response.Pagination.NextKey = binary.BigEndian.AppendUint64(nil, id)
			return response, nil
		}
	}
}

// versionPage returns the version to start a page from and the last one in its direction.
func versionPage(page *query.PageRequest, first, last uint64) (from, to uint64, err error) {
	from, to = first, last
	if page.Reverse {
		from, to = last, first
	}
	if page.Key == nil {
		return from, to, nil
	}
	if len(page.Key) != 8 {
		return 0, 0, types.ErrInvalidRequest.Wrap("the page key is not one that this query returned")
	}
	from = binary.BigEndian.Uint64(page.Key)
	if from < first || from > last {
		return 0, 0, types.ErrInvalidRequest.Wrapf("the page key is version %d; there are %d to %d", from, first, last)
	}
	return from, to, nil
}

// Documents lists all DIDs with their current versions.
func (s queryServer) Documents(ctx context.Context, req *types.QueryDocumentsRequest) (*types.QueryDocumentsResponse, error) {
	page, err := boundedPage(req.GetPagination())
	if err != nil {
		return nil, err
	}
	records, next, err := query.CollectionPaginate(ctx, s.k.Documents, page,
		func(id string, record types.Record) (types.DIDRecord, error) {
			return types.DIDRecord{Did: id, Record: record}, nil
		})
	if err != nil {
		return nil, types.ErrInvalidRequest.Wrap(err.Error())
	}
	return &types.QueryDocumentsResponse{Dids: records, Pagination: next}, nil
}

// AccountDIDs lists the DIDs whose creation an account paid for.
func (s queryServer) AccountDIDs(ctx context.Context, req *types.QueryAccountDIDsRequest) (*types.QueryAccountDIDsResponse, error) {
	account, err := s.k.addressBytes(req.GetAddress())
	if err != nil {
		return nil, err
	}
	page, err := boundedPage(req.Pagination)
	if err != nil {
		return nil, err
	}
	ids, next, err := query.CollectionPaginate(ctx, s.k.AccountDIDs, page,
		func(key collections.Pair[[]byte, string], _ collections.NoValue) (string, error) {
			return key.K2(), nil
		},
		query.WithCollectionPaginationPairPrefix[[]byte, string](account))
	if err != nil {
		return nil, types.ErrInvalidRequest.Wrap(err.Error())
	}
	return &types.QueryAccountDIDsResponse{Dids: ids, Pagination: next}, nil
}

func (s queryServer) record(ctx context.Context, id string) (types.Record, error) {
	if err := types.ValidateDID(id); err != nil {
		return types.Record{}, err
	}
	return s.k.Record(ctx, id)
}

// boundedPage fills in and checks a page request. Pages are addressed by key: offsets and totals would read what they skip.
func boundedPage(page *query.PageRequest) (*query.PageRequest, error) {
	if page == nil {
		return &query.PageRequest{Limit: defaultPageLimit}, nil
	}
	if page.Offset != 0 || page.CountTotal {
		return nil, types.ErrInvalidRequest.Wrap("offset and count_total are not offered: continue with the key of the page before")
	}
	bounded := query.PageRequest{Key: page.Key, Limit: page.Limit, Reverse: page.Reverse}
	if len(bounded.Key) == 0 {
		bounded.Key = nil
	}
	if bounded.Limit == 0 {
		bounded.Limit = defaultPageLimit
	}
	bounded.Limit = min(bounded.Limit, maxPageLimit)
	return &bounded, nil
}
