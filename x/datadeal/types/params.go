package types

import (
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// Hard limits of the parameters, whatever governance decides.
const (
	maxDealLifetime      = 10 * 366 * 24 * time.Hour
	maxRetention         = 10 * 366 * 24 * time.Hour
	maxDataCount         = 1 << 40
	maxSchemas           = 64
	maxDefinitionSize    = 256 << 10 // what package vc/pex reads
	maxTerms             = 256
	maxTermSize          = 64 << 10
	maxClosuresPerBlock  = 1000
	maxFractionPrecision = 1_000_000
)

// Gas of a message beside what its reads and writes of the store cost.
const (
	// GasPerSignature pays for verifying an oracle's signature.
	GasPerSignature = oracletypes.GasPerSignature
	// GasPerDefinitionByte pays for checking the form of a byte of a presentation definition.
	GasPerDefinitionByte = 5
)

// DefaultParams returns the parameters of a new chain.
func DefaultParams() Params {
	return Params{
		MinimumQuorum:       oracletypes.Fraction{Numerator: 1, Denominator: 3},
		MinimumPrice:        sdk.Coin{Denom: "umed", Amount: math.OneInt()},
		MaxDealLifetime:     366 * 24 * time.Hour,
		MaxDataCount:        1_000_000,
		MaxSchemas:          8,
		MaxDefinitionSize:   64 << 10,
		MaxTerms:            32,
		MaxTermSize:         16 << 10,
		MaxClosuresPerBlock: 20,
		Retention:           90 * 24 * time.Hour,
	}
}

// Validate checks every parameter's range. The error is ErrInvalidParams.
func (p Params) Validate() error {
	if err := validateShare(p.MinimumQuorum); err != nil {
		return ErrInvalidParams.Wrapf("minimum_quorum: %v", err)
	}
	if err := p.MinimumPrice.Validate(); err != nil || !p.MinimumPrice.IsPositive() {
		return ErrInvalidParams.Wrapf("minimum_price is %s; it must be positive: %v", p.MinimumPrice, err)
	}
	for _, bound := range []struct {
		name             string
		value, min, most uint64
	}{
		{"max_data_count", p.MaxDataCount, 1, maxDataCount},
		{"max_schemas", uint64(p.MaxSchemas), 0, maxSchemas},
		{"max_definition_size", uint64(p.MaxDefinitionSize), 0, maxDefinitionSize},
		{"max_terms", uint64(p.MaxTerms), 0, maxTerms},
		{"max_term_size", uint64(p.MaxTermSize), 1, maxTermSize},
		{"max_closures_per_block", uint64(p.MaxClosuresPerBlock), 1, maxClosuresPerBlock},
	} {
		if bound.value < bound.min || bound.value > bound.most {
			return ErrInvalidParams.Wrapf("%s is %d; it must be %d to %d", bound.name, bound.value, bound.min, bound.most)
		}
	}
	if p.MaxDealLifetime < time.Second || p.MaxDealLifetime > maxDealLifetime {
		return ErrInvalidParams.Wrapf("max_deal_lifetime is %s; it must be 1s to %s", p.MaxDealLifetime, maxDealLifetime)
	}
	if p.Retention < 0 || p.Retention > maxRetention {
		return ErrInvalidParams.Wrapf("retention is %s; it must be 0s to %s", p.Retention, maxRetention)
	}
	return nil
}

// validateShare checks that a fraction is more than nothing and less than all.
func validateShare(f oracletypes.Fraction) error {
	if f.Denominator < 2 || f.Denominator > maxFractionPrecision || f.Numerator < 1 || f.Numerator >= f.Denominator {
		return ErrInvalidQuorum.Wrapf("%d/%d is not between 0 and 1, with a denominator of 2 to %d", f.Numerator, f.Denominator, maxFractionPrecision)
	}
	return nil
}
