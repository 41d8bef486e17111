package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// GetConsent returns a deal's consent to the sale of a datum. Errors are ErrConsentNotFound and ErrInvalidRequest.
func (k Keeper) GetConsent(ctx context.Context, dealID string, commitment []byte) (types.Consent, error) {
	id, err := types.DealIDBytes(dealID)
	if err != nil {
		return types.Consent{}, err
	}
	return k.consent(ctx, id, commitment)
}

func (k Keeper) consent(ctx context.Context, id, commitment []byte) (types.Consent, error) {
	consent, err := k.Consents.Get(ctx, collections.Join(id, commitment))
	if errors.Is(err, collections.ErrNotFound) {
		return types.Consent{}, types.ErrConsentNotFound.Wrapf("deal %x, data commitment %x", id, commitment)
	}
	if err != nil {
		return types.Consent{}, fmt.Errorf("reading consent %x of deal %x: %w", commitment, id, err)
	}
	return consent, nil
}

// storeConsent stores a consent and every index of it.
func (k Keeper) storeConsent(ctx context.Context, deal types.Deal, consent types.Consent) error {
	certificate := consent.Certificate
	id, err := types.DealIDBytes(certificate.DealId)
	if err != nil {
		return err
	}
	provider, err := k.addressBytes(certificate.Provider)
	if err != nil {
		return err
	}
	consumer, err := k.addressBytes(deal.Consumer)
	if err != nil {
		return err
	}
	key := collections.Join(id, certificate.DataCommitment)
	for _, set := range []func() error{
		func() error { return k.Consents.Set(ctx, key, consent) },
		func() error {
			return k.Tags.Set(ctx, collections.Join(id, certificate.UniquenessTag), certificate.DataCommitment)
		},
		func() error { return k.Objects.Set(ctx, certificate.ObjectCid, key) },
		func() error {
			return k.ConsentsByProvider.Set(ctx, collections.Join3(provider, id, certificate.DataCommitment))
		},
		func() error {
			return k.ConsentsByConsumer.Set(ctx, collections.Join3(consumer, id, certificate.DataCommitment))
		},
	} {
		if err := set(); err != nil {
			return fmt.Errorf("storing consent %x of deal %x: %w", certificate.DataCommitment, id, err)
		}
	}
	return nil
}
