package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/x/resource/types"
)

// Bounds of a page, in entries.
const (
	defaultPageLimit = 100
	maxPageLimit     = 1000
)

type queryServer struct {
	types.UnimplementedQueryServer
	k Keeper
}

// NewQueryServer returns the server that answers the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k: k} }

// Params returns the parameters.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.k.GetParams(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}

// Resource returns one version with its bytes.
func (s queryServer) Resource(ctx context.Context, req *types.QueryResourceRequest) (*types.QueryResourceResponse, error) {
	metadata, err := s.byID(ctx, req.GetDid(), req.GetId())
	if err != nil {
		return nil, err
	}
	data, err := s.k.GetData(ctx, metadata.CollectionId, metadata.Id)
	return &types.QueryResourceResponse{Metadata: metadata, Data: data}, err
}

// Metadata returns one version without its bytes.
func (s queryServer) Metadata(ctx context.Context, req *types.QueryMetadataRequest) (*types.QueryMetadataResponse, error) {
	metadata, err := s.byID(ctx, req.GetDid(), req.GetId())
	return &types.QueryMetadataResponse{Metadata: metadata}, err
}

func (s queryServer) byID(ctx context.Context, id, resourceID string) (types.Metadata, error) {
	collectionID, err := types.CollectionOf(id)
	if err != nil {
		return types.Metadata{}, err
	}
	if err := types.ValidateID(resourceID); err != nil {
		return types.Metadata{}, err
	}
	return s.k.GetMetadata(ctx, collectionID, resourceID)
}

// NamedResource returns a version by name and type, with its bytes.
func (s queryServer) NamedResource(ctx context.Context, req *types.QueryNamedResourceRequest) (*types.QueryNamedResourceResponse, error) {
	metadata, err := s.byName(ctx, req.GetDid(), req.GetName(), req.GetResourceType(), req.GetVersion(), req.GetVersionTime())
	if err != nil {
		return nil, err
	}
	data, err := s.k.GetData(ctx, metadata.CollectionId, metadata.Id)
	return &types.QueryNamedResourceResponse{Metadata: metadata, Data: data}, err
}

// NamedMetadata returns a version by name and type, without its bytes.
func (s queryServer) NamedMetadata(ctx context.Context, req *types.QueryNamedMetadataRequest) (*types.QueryNamedMetadataResponse, error) {
	metadata, err := s.byName(ctx, req.GetDid(), req.GetName(), req.GetResourceType(), req.GetVersion(), req.GetVersionTime())
	return &types.QueryNamedMetadataResponse{Metadata: metadata}, err
}

func (s queryServer) byName(ctx context.Context, id, name, resourceType, version string, at *time.Time) (types.Metadata, error) {
	asked, err := seriesOf(id, name, resourceType)
	if err != nil {
		return types.Metadata{}, err
	}
	if err := types.ValidateVersion(version); err != nil {
		return types.Metadata{}, err
	}
	switch {
	case version != "" && at != nil:
		return types.Metadata{}, types.ErrInvalidRequest.Wrap("ask for a version or for a version time, not for both")
	case version != "":
		return s.k.labelled(ctx, asked, version)
	case at != nil:
		return s.k.at(ctx, asked, *at)
	}
	return s.k.latest(ctx, asked)
}

func seriesOf(id, name, resourceType string) (series, error) {
	collectionID, err := types.CollectionOf(id)
	if err != nil {
		return series{}, err
	}
	if err := types.ValidateName(name); err != nil {
		return series{}, err
	}
	return series{collectionID, name, resourceType}, types.ValidateType(resourceType)
}

// Resources lists every version of every resource of a DID, by id.
func (s queryServer) Resources(ctx context.Context, req *types.QueryResourcesRequest) (*types.QueryResourcesResponse, error) {
	collectionID, err := types.CollectionOf(req.GetDid())
	if err != nil {
		return nil, err
	}
	page, err := boundedPage(req.Pagination)
	if err != nil {
		return nil, err
	}
	list, next, err := query.CollectionPaginate(ctx, s.k.Metadata, page,
		func(_ resourceKey, metadata types.Metadata) (types.Metadata, error) { return metadata, nil },
		query.WithCollectionPaginationPairPrefix[string, string](collectionID))
	if err != nil {
		return nil, types.ErrInvalidRequest.Wrap(err.Error())
	}
	return &types.QueryResourcesResponse{Resources: list, Pagination: next}, nil
}

// Versions lists the versions of one series, oldest first.
func (s queryServer) Versions(ctx context.Context, req *types.QueryVersionsRequest) (*types.QueryVersionsResponse, error) {
	asked, err := seriesOf(req.GetDid(), req.GetName(), req.GetResourceType())
	if err != nil {
		return nil, err
	}
	page, err := boundedPage(req.Pagination)
	if err != nil {
		return nil, err
	}
	if _, err := s.k.latest(ctx, asked); err != nil {
		return nil, err
	}
	list, next, err := query.CollectionPaginate(ctx, s.k.Versions, page,
		func(_ versionKey, id string) (types.Metadata, error) {
			return s.k.GetMetadata(ctx, asked.collectionID, id)
		},
		within(collections.QuadSuperPrefix3[string, string, string, uint64](asked.collectionID, asked.name, asked.resourceType)))
	if err != nil {
		return nil, types.ErrInvalidRequest.Wrap(err.Error())
	}
	return &types.QueryVersionsResponse{Versions: list, Pagination: next}, nil
}

// Latest lists one version of each series of a DID: the latest, or the one in force at a time.
func (s queryServer) Latest(ctx context.Context, req *types.QueryLatestRequest) (*types.QueryLatestResponse, error) {
	collectionID, err := types.CollectionOf(req.GetDid())
	if err != nil {
		return nil, err
	}
	page, err := boundedPage(req.Pagination)
	if err != nil {
		return nil, err
	}
	list, next, err := s.listSeries(ctx, collectionID, req, page)
	if err != nil {
		return nil, err
	}
	response := &types.QueryLatestResponse{Pagination: next}
	for _, found := range list {
		metadata, err := s.inForce(ctx, found, req.VersionTime)
		if errors.Is(err, types.ErrResourceNotFound) {
			continue // the series began later
		}
		if err != nil {
			return nil, err
		}
		response.Resources = append(response.Resources, metadata)
	}
	return response, nil
}

func (s queryServer) inForce(ctx context.Context, found series, at *time.Time) (types.Metadata, error) {
	if at != nil {
		return s.k.at(ctx, found, *at)
	}
	return s.k.latest(ctx, found)
}

// listSeries lists a page of a DID's series: all, those of a name, those of a type, or the one of both.
func (s queryServer) listSeries(ctx context.Context, collectionID string, req *types.QueryLatestRequest, page *query.PageRequest) ([]series, *query.PageResponse, error) {
	if req.Name != "" {
		if err := types.ValidateName(req.Name); err != nil {
			return nil, nil, err
		}
	}
	if req.ResourceType != "" {
		if err := types.ValidateType(req.ResourceType); err != nil {
			return nil, nil, err
		}
	}
	var (
		list []series
		next *query.PageResponse
		err  error
	)
	switch {
	case req.Name != "" && req.ResourceType != "":
		return []series{{collectionID, req.Name, req.ResourceType}}, &query.PageResponse{}, nil
	case req.ResourceType != "":
		list, next, err = query.CollectionPaginate(ctx, s.k.Types, page,
			func(key typeKey, _ collections.NoValue) (series, error) {
				return series{key.K1(), key.K3(), key.K2()}, nil
			},
			within(collections.TripleSuperPrefix[string, string, string](collectionID, req.ResourceType)))
	default:
		prefix := collections.TriplePrefix[string, string, string](collectionID)
		if req.Name != "" {
			prefix = collections.TripleSuperPrefix[string, string, string](collectionID, req.Name)
		}
		list, next, err = query.CollectionPaginate(ctx, s.k.Latest, page,
			func(key seriesKey, _ string) (series, error) { return series{key.K1(), key.K2(), key.K3()}, nil }, within(prefix))
	}
	if err != nil {
		return nil, nil, types.ErrInvalidRequest.Wrap(err.Error())
	}
	return list, next, nil
}

// within limits a page to the keys that start with prefix.
func within[K any](prefix K) func(*query.CollectionsPaginateOptions[K]) {
	return func(o *query.CollectionsPaginateOptions[K]) { o.Prefix = &prefix }
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
