package keeper

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
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

// Deal returns a whole deal.
func (s queryServer) Deal(ctx context.Context, req *types.QueryDealRequest) (*types.QueryDealResponse, error) {
	deal, err := s.k.GetDeal(ctx, req.GetDealId())
	return &types.QueryDealResponse{Deal: deal}, err
}

// Deals lists deals without their contents: a consumer's, those of a status, those of both, or all.
func (s queryServer) Deals(ctx context.Context, req *types.QueryDealsRequest) (*types.QueryDealsResponse, error) {
	page, err := boundedPage(req.GetPagination())
	if err != nil {
		return nil, err
	}
	consumer, status := req.GetConsumer(), req.GetStatus()
	if status < types.DEAL_STATUS_UNSPECIFIED || status > types.DEAL_STATUS_EXPIRED {
		return nil, types.ErrInvalidRequest.Wrapf("there is no status %d", status)
	}
	var deals []types.Deal
	var next *query.PageResponse
	switch {
	case consumer != "":
		deals, next, err = s.dealsOf(ctx, consumer, status, page)
	case status != types.DEAL_STATUS_UNSPECIFIED:
		deals, next, err = query.CollectionPaginate(ctx, s.k.DealsByStatus, page,
			func(key statusKey, _ collections.NoValue) (types.Deal, error) { return s.k.deal(ctx, key.K2()) },
			query.WithCollectionPaginationPairPrefix[int32, []byte](int32(status)))
	default:
		deals, next, err = query.CollectionPaginate(ctx, s.k.Deals, page,
			func(_ []byte, deal types.Deal) (types.Deal, error) { return deal, nil })
	}
	return &types.QueryDealsResponse{Deals: deals, Pagination: next}, pageError(err)
}

// dealsOf lists a page of a consumer's deals, in the order of their numbers. With a status it gives those of the page that have it, so
// that a page reads no more deals than its limit.
func (s queryServer) dealsOf(ctx context.Context, consumer string, status types.DealStatus, page *query.PageRequest) ([]types.Deal, *query.PageResponse, error) {
	account, err := s.k.addressBytes(consumer)
	if err != nil {
		return nil, nil, err
	}
	deals, next, err := query.CollectionPaginate(ctx, s.k.DealsByConsumer, page,
		func(_ numberKey, id []byte) (types.Deal, error) { return s.k.deal(ctx, id) },
		query.WithCollectionPaginationPairPrefix[sdk.AccAddress, uint64](account))
	return slices.DeleteFunc(deals, func(deal types.Deal) bool {
		return status != types.DEAL_STATUS_UNSPECIFIED && deal.Status != status
	}), next, err
}

// Consent returns a consent by deal and data commitment.
func (s queryServer) Consent(ctx context.Context, req *types.QueryConsentRequest) (*types.QueryConsentResponse, error) {
	commitment, err := hex.DecodeString(req.GetDataCommitment())
	if err != nil || len(commitment) != oracletypes.DigestSize {
		return nil, types.ErrInvalidRequest.Wrapf("the data commitment is not %d hexadecimal characters", 2*oracletypes.DigestSize)
	}
	consent, err := s.k.GetConsent(ctx, req.DealId, commitment)
	return &types.QueryConsentResponse{Consent: consent}, err
}

// DealConsents lists a deal's consents by data commitment.
func (s queryServer) DealConsents(ctx context.Context, req *types.QueryDealConsentsRequest) (*types.QueryDealConsentsResponse, error) {
	id, err := types.DealIDBytes(req.GetDealId())
	if err != nil {
		return nil, err
	}
	page, err := boundedPage(req.Pagination)
	if err != nil {
		return nil, err
	}
	if _, err := s.k.deal(ctx, id); err != nil {
		return nil, err
	}
	consents, next, err := query.CollectionPaginate(ctx, s.k.Consents, page,
		func(_ datumKey, consent types.Consent) (types.Consent, error) { return consent, nil },
		query.WithCollectionPaginationPairPrefix[[]byte, []byte](id))
	return &types.QueryDealConsentsResponse{Consents: consents, Pagination: next}, pageError(err)
}

// ProviderConsents lists what a provider sold, by deal and data commitment.
func (s queryServer) ProviderConsents(ctx context.Context, req *types.QueryProviderConsentsRequest) (*types.QueryProviderConsentsResponse, error) {
	consents, next, err := s.consentsOf(ctx, s.k.ConsentsByProvider, req.GetProvider(), req.GetPagination())
	return &types.QueryProviderConsentsResponse{Consents: consents, Pagination: next}, err
}

// ConsumerConsents lists what a consumer bought in all deals, by deal and data commitment.
func (s queryServer) ConsumerConsents(ctx context.Context, req *types.QueryConsumerConsentsRequest) (*types.QueryConsumerConsentsResponse, error) {
	consents, next, err := s.consentsOf(ctx, s.k.ConsentsByConsumer, req.GetConsumer(), req.GetPagination())
	return &types.QueryConsumerConsentsResponse{Consents: consents, Pagination: next}, err
}

// consentsOf lists a page of an account's consents out of an index.
func (s queryServer) consentsOf(ctx context.Context, index consentSet, account string, page *query.PageRequest) ([]types.Consent, *query.PageResponse, error) {
	address, err := s.k.addressBytes(account)
	if err != nil {
		return nil, nil, err
	}
	if page, err = boundedPage(page); err != nil {
		return nil, nil, err
	}
	consents, next, err := query.CollectionPaginate(ctx, index, page,
		func(key accountKey, _ collections.NoValue) (types.Consent, error) {
			return s.k.consent(ctx, key.K2(), key.K3())
		},
		func(o *query.CollectionsPaginateOptions[accountKey]) {
			prefix := collections.TriplePrefix[sdk.AccAddress, []byte, []byte](address)
			o.Prefix = &prefix
		})
	return consents, next, pageError(err)
}

// ObjectConsent returns the consent that sold an object.
func (s queryServer) ObjectConsent(ctx context.Context, req *types.QueryObjectConsentRequest) (*types.QueryObjectConsentResponse, error) {
	if cid := req.GetObjectCid(); len(cid) != oracletypes.ObjectCIDLength {
		return nil, types.ErrInvalidRequest.Wrapf("the object CID has %d characters, not %d", len(cid), oracletypes.ObjectCIDLength)
	}
	key, err := s.k.Objects.Get(ctx, req.ObjectCid)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, types.ErrConsentNotFound.Wrapf("of object %s", req.ObjectCid)
	}
	if err != nil {
		return nil, err
	}
	consent, err := s.k.consent(ctx, key.K1(), key.K2())
	return &types.QueryObjectConsentResponse{Consent: consent}, err
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

// pageError makes an error of the module of what the SDK says about a page.
func pageError(err error) error {
	if err == nil || errors.Is(err, types.ErrInvalidAddress) {
		return err
	}
	return types.ErrInvalidRequest.Wrap(err.Error())
}
