package validate

import (
	"context"
	"errors"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
)

// ContentKey returns the key of a datum, sealed to the deal's consumer key, to whoever asks: once the consent is proven to be on the
// chain. Errors are refusals: api.ConsentNotFound, api.DealNotFound, api.OracleNotActive, api.ChainUnavailable.
func (v *Validator) ContentKey(ctx context.Context, dealID string, c seal.Commitment) (*api.ContentKeyResponse, error) {
	secret, err := v.config.Keys.Secret()
	if err != nil {
		return nil, notReady(err)
	}
	consent, err := v.config.Chain.Consent(ctx, dealID, c)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, api.Refuse(api.ConsentNotFound, "", "the chain has no consent for this datum in this deal at the height that the oracle has verified")
	case err != nil:
		return nil, unavailable(err)
	}
	// The client has proven the consent under its key. That it is the one asked for is cheap to see once more.
	if consent.Certificate.ChainId != v.config.ChainID || consent.Certificate.DealId != dealID || string(consent.Certificate.DataCommitment) != string(c[:]) {
		return nil, api.Refuse(api.ConsentNotFound, "", "the consent is another's")
	}
	deal, err := v.deal(ctx, dealID)
	if err != nil {
		return nil, err
	}
	consumer, err := seal.ParsePublicKey(deal.ConsumerKey)
	if err != nil {
		return nil, err
	}
	d := seal.Deal{ChainID: v.config.ChainID, ID: dealID}
	key := secret.ContentKey(d, c)
	defer key.Zero()
	sealed, err := seal.SealContentKey(key, consumer, d, c)
	if err != nil {
		return nil, err
	}
	return &api.ContentKeyResponse{SealedKey: sealed, ObjectCid: consent.Certificate.ObjectCid}, nil
}
