package light

import (
	"context"

	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

// Deals returns the queries of x/datadeal, answered as DIDs does. Lists are proven to be complete, by a request for each entry.
func (s *Snapshot) Deals() datadealtypes.QueryClient {
	return datadealtypes.NewQueryClient(connection{s})
}

// Deal returns a deal with its requirements and terms. Errors: datadealtypes.ErrDealNotFound, ErrInvalidRequest.
func (s *Snapshot) Deal(ctx context.Context, id string) (datadealtypes.Deal, error) {
	return get(ctx, s, func(ctx context.Context) (datadealtypes.Deal, error) {
		return s.client.modules.datadeal.GetDeal(ctx, id)
	})
}

// Consent returns the consent to the sale of a datum in a deal, by its data commitment (32 bytes). Errors:
// datadealtypes.ErrConsentNotFound, ErrInvalidRequest.
func (s *Snapshot) Consent(ctx context.Context, dealID string, commitment []byte) (datadealtypes.Consent, error) {
	return get(ctx, s, func(ctx context.Context) (datadealtypes.Consent, error) {
		return s.client.modules.datadeal.GetConsent(ctx, dealID, commitment)
	})
}

// ObjectConsent returns the consent to the sale of an object by its CID. The error is datadealtypes.ErrConsentNotFound.
func (s *Snapshot) ObjectConsent(ctx context.Context, cid string) (datadealtypes.Consent, error) {
	answer, err := s.Deals().ObjectConsent(ctx, &datadealtypes.QueryObjectConsentRequest{ObjectCid: cid})
	if err != nil {
		return datadealtypes.Consent{}, err
	}
	return answer.Consent, nil
}

// DealParams returns the parameters of x/datadeal.
func (s *Snapshot) DealParams(ctx context.Context) (datadealtypes.Params, error) {
	return get(ctx, s, s.client.modules.datadeal.GetParams)
}
