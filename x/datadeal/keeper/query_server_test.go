package keeper_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
)

func TestQueries(t *testing.T) {
	c, active, completed, deactivated, expired := eventful(t)
	t.Run("parameters", func(t *testing.T) {
		response, err := c.Queries.Params(c.Ctx, &types.QueryParamsRequest{})
		require.NoError(t, err)
		require.Equal(t, types.DefaultParams(), response.Params)
	})
	t.Run("a deal, whole", func(t *testing.T) {
		response, err := c.Queries.Deal(c.Ctx, &types.QueryDealRequest{DealId: active.Id})
		require.NoError(t, err)
		require.Equal(t, active, response.Deal)
		require.Equal(t, fixture.Definition, string(response.Deal.Requirements.PresentationDefinition))
		require.Equal(t, "The data serve research only.", response.Deal.Terms[0].Text)
	})
	t.Run("no deal", func(t *testing.T) {
		_, err := c.Queries.Deal(c.Ctx, &types.QueryDealRequest{DealId: "00112233445566778899aabbccddeeff"})
		require.ErrorIs(t, err, types.ErrDealNotFound)
		_, err = c.Queries.Deal(c.Ctx, &types.QueryDealRequest{DealId: "x"})
		require.ErrorIs(t, err, types.ErrInvalidRequest)
	})
	t.Run("deals, page by page", func(t *testing.T) {
		consumer, other := fixture.Address(t, "consumer"), fixture.Address(t, "other")
		for _, test := range []struct {
			consumer string
			status   types.DealStatus
			want     []types.Deal
		}{
			{"", types.DEAL_STATUS_UNSPECIFIED, []types.Deal{active, completed, deactivated, expired}},
			{"", types.DEAL_STATUS_ACTIVE, []types.Deal{active}},
			{"", types.DEAL_STATUS_COMPLETED, []types.Deal{completed}},
			{"", types.DEAL_STATUS_DEACTIVATED, []types.Deal{deactivated}},
			{"", types.DEAL_STATUS_EXPIRED, []types.Deal{expired}},
			{consumer, types.DEAL_STATUS_UNSPECIFIED, []types.Deal{active, completed}},
			{other, types.DEAL_STATUS_UNSPECIFIED, []types.Deal{expired, deactivated}},
			{other, types.DEAL_STATUS_EXPIRED, []types.Deal{expired}},
			{other, types.DEAL_STATUS_ACTIVE, nil},
			{fixture.Address(t, "nobody"), types.DEAL_STATUS_UNSPECIFIED, nil},
		} {
			var want []types.Deal
			for _, deal := range test.want {
				summary, _ := deal.Split()
				want = append(want, summary)
			}
			for _, limit := range []uint64{1, 3, 100} {
				var have []types.Deal
				for page := (&query.PageRequest{Limit: limit}); page != nil; {
					response, err := c.Queries.Deals(c.Ctx, &types.QueryDealsRequest{Consumer: test.consumer, Status: test.status, Pagination: page})
					require.NoError(t, err)
					have = append(have, response.Deals...)
					page = after(response.Pagination, limit)
				}
				if test.consumer == "" {
					require.ElementsMatch(t, want, have)
				} else {
					require.Equal(t, want, have, "in the order of their numbers")
				}
			}
		}
	})
	t.Run("a page looks at no more deals than its limit", func(t *testing.T) {
		first, err := c.Queries.Deals(c.Ctx, &types.QueryDealsRequest{
			Consumer: fixture.Address(t, "other"), Status: types.DEAL_STATUS_DEACTIVATED, Pagination: &query.PageRequest{Limit: 1},
		})
		require.NoError(t, err)
		require.Empty(t, first.Deals, "the consumer's first deal has expired")
		require.NotEmpty(t, first.Pagination.NextKey)
	})
	t.Run("a consent", func(t *testing.T) {
		certificate := c.Certificate(active, "a", "provider")
		response, err := c.Queries.Consent(c.Ctx, &types.QueryConsentRequest{DealId: active.Id, DataCommitment: hex.EncodeToString(certificate.DataCommitment)})
		require.NoError(t, err)
		require.Equal(t, certificate.ObjectCid, response.Consent.Certificate.ObjectCid)
		require.Equal(t, types.CONSENT_STATUS_PAID, response.Consent.Status)
		byObject, err := c.Queries.ObjectConsent(c.Ctx, &types.QueryObjectConsentRequest{ObjectCid: certificate.ObjectCid})
		require.NoError(t, err)
		require.Equal(t, response.Consent, byObject.Consent)
	})
	t.Run("no consent", func(t *testing.T) {
		for _, test := range []struct {
			deal, commitment string
			want             error
		}{
			{active.Id, fmt.Sprintf("%064x", 1), types.ErrConsentNotFound},
			{active.Id, "1", types.ErrInvalidRequest},
			{active.Id, fmt.Sprintf("%066x", 1), types.ErrInvalidRequest},
			{"x", fmt.Sprintf("%064x", 1), types.ErrInvalidRequest},
		} {
			_, err := c.Queries.Consent(c.Ctx, &types.QueryConsentRequest{DealId: test.deal, DataCommitment: test.commitment})
			require.ErrorIs(t, err, test.want)
		}
		_, err := c.Queries.ObjectConsent(c.Ctx, &types.QueryObjectConsentRequest{ObjectCid: "x"})
		require.ErrorIs(t, err, types.ErrInvalidRequest)
		_, err = c.Queries.ObjectConsent(c.Ctx, &types.QueryObjectConsentRequest{ObjectCid: c.Certificate(active, "unsold", "provider").ObjectCid})
		require.ErrorIs(t, err, types.ErrConsentNotFound)
		_, err = c.Queries.DealConsents(c.Ctx, &types.QueryDealConsentsRequest{DealId: "00112233445566778899aabbccddeeff"})
		require.ErrorIs(t, err, types.ErrDealNotFound)
		_, err = c.Queries.ProviderConsents(c.Ctx, &types.QueryProviderConsentsRequest{Provider: "x"})
		require.ErrorIs(t, err, types.ErrInvalidAddress)
		_, err = c.Queries.Deals(c.Ctx, &types.QueryDealsRequest{Consumer: "x"})
		require.ErrorIs(t, err, types.ErrInvalidAddress)
		_, err = c.Queries.Deals(c.Ctx, &types.QueryDealsRequest{Status: 9})
		require.ErrorIs(t, err, types.ErrInvalidRequest)
	})
	t.Run("consents, page by page", func(t *testing.T) {
		lists := map[string]struct {
			want int
			list func(page *query.PageRequest) ([]types.Consent, *query.PageResponse, error)
		}{
			"of a deal": {3, func(page *query.PageRequest) ([]types.Consent, *query.PageResponse, error) {
				r, err := c.Queries.DealConsents(c.Ctx, &types.QueryDealConsentsRequest{DealId: completed.Id, Pagination: page})
				return r.GetConsents(), r.GetPagination(), err
			}},
			"of a deal without any": {0, func(page *query.PageRequest) ([]types.Consent, *query.PageResponse, error) {
				r, err := c.Queries.DealConsents(c.Ctx, &types.QueryDealConsentsRequest{DealId: expired.Id, Pagination: page})
				return r.GetConsents(), r.GetPagination(), err
			}},
			"of a provider": {4, func(page *query.PageRequest) ([]types.Consent, *query.PageResponse, error) {
				r, err := c.Queries.ProviderConsents(c.Ctx, &types.QueryProviderConsentsRequest{Provider: fixture.Address(t, "provider"), Pagination: page})
				return r.GetConsents(), r.GetPagination(), err
			}},
			"of another": {1, func(page *query.PageRequest) ([]types.Consent, *query.PageResponse, error) {
				r, err := c.Queries.ProviderConsents(c.Ctx, &types.QueryProviderConsentsRequest{Provider: fixture.Address(t, "another"), Pagination: page})
				return r.GetConsents(), r.GetPagination(), err
			}},
			"of a consumer": {4, func(page *query.PageRequest) ([]types.Consent, *query.PageResponse, error) {
				r, err := c.Queries.ConsumerConsents(c.Ctx, &types.QueryConsumerConsentsRequest{Consumer: fixture.Address(t, "consumer"), Pagination: page})
				return r.GetConsents(), r.GetPagination(), err
			}},
		}
		for name, test := range lists {
			for _, limit := range []uint64{0, 1, 2, 4} {
				found := map[string]bool{}
				for page := (&query.PageRequest{Limit: limit}); page != nil; {
					consents, next, err := test.list(page)
					require.NoError(t, err)
					for _, consent := range consents {
						found[consent.Certificate.ObjectCid] = true
					}
					page = after(next, limit)
				}
				require.Len(t, found, test.want, "%s by %d", name, limit)
			}
			_, _, err := test.list(&query.PageRequest{Offset: 1})
			require.ErrorIs(t, err, types.ErrInvalidRequest, "pages are addressed by key")
			_, _, err = test.list(&query.PageRequest{CountTotal: true})
			require.ErrorIs(t, err, types.ErrInvalidRequest)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		_, err := c.Queries.Deal(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.Consent(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.DealConsents(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.ProviderConsents(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.ConsumerConsents(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.ObjectConsent(c.Ctx, nil)
		require.Error(t, err)
		all, err := c.Queries.Deals(c.Ctx, nil)
		require.NoError(t, err)
		require.Len(t, all.Deals, 4, "who asks for nothing in particular gets all")
	})
}

// after returns the request for the page after one, nil if that was the last.
func after(page *query.PageResponse, limit uint64) *query.PageRequest {
	if page == nil || len(page.NextKey) == 0 {
		return nil
	}
	return &query.PageRequest{Key: page.NextKey, Limit: limit}
}
