package types

import (
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// ActiveOracle is what other modules need of an oracle that is active now.
type ActiveOracle struct {
	// Address is the account of its validator's operator, and Bech32 the same in text, as signatures name it.
	Address sdk.AccAddress
	Bech32  string
	// NodeKey is the Ed25519 public key that it signs certificates with, 32 bytes.
	NodeKey []byte
	// Power is its validator's bonded stake in umed.
	Power math.Int
	// Commission is the share of a price that it asks for, 0 to 1.
	Commission math.LegacyDec
}

// ActiveOracles are oracles that are active at one time.
type ActiveOracles []ActiveOracle

// Power returns the sum of their power, in umed.
func (all ActiveOracles) Power() math.Int {
	sum := math.ZeroInt()
	for _, oracle := range all {
		sum = sum.Add(oracle.Power)
	}
	return sum
}

// CheckTime says whether an attestation holds at a time. Errors: ErrAttestationExpired, ErrAttestationFailed.
func (a Attestation) CheckTime(now time.Time) error {
	if !now.Before(a.ExpiresAt) {
		return ErrAttestationExpired.Wrapf("at %s", a.ExpiresAt.UTC().Format(time.RFC3339))
	}
	if a.Failure != nil && !now.Before(a.Failure.GraceUntil) {
		return ErrAttestationFailed.Wrap(a.Failure.Reason)
	}
	return nil
}
