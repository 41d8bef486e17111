package light

import (
	"context"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// Keepers depend on others of which reading needs nothing. These stand in their place and refuse.

// noSlashing stands for x/slashing.
type noSlashing struct{}

func (noSlashing) SlashWithInfractionReason(context.Context, sdk.ConsAddress, math.LegacyDec, int64, int64, stakingtypes.Infraction) error {
	return ErrReadOnly
}

func (noSlashing) Jail(context.Context, sdk.ConsAddress) error { return ErrReadOnly }

func (noSlashing) JailUntil(context.Context, sdk.ConsAddress, time.Time) error { return ErrReadOnly }

func (noSlashing) GetValidatorSigningInfo(context.Context, sdk.ConsAddress) (slashingtypes.ValidatorSigningInfo, error) {
	return slashingtypes.ValidatorSigningInfo{}, ErrReadOnly
}

func (noSlashing) IsTombstoned(context.Context, sdk.ConsAddress) bool { return false }

// noPayments stands for the part of x/bank that moves coins. Balances come out of proven state.
type noPayments struct{ balances }

// balances is the part of x/bank that is read.
type balances interface {
	GetBalance(ctx context.Context, account sdk.AccAddress, denom string) sdk.Coin
}

func (noPayments) SendCoins(context.Context, sdk.AccAddress, sdk.AccAddress, sdk.Coins) error {
	return ErrReadOnly
}

func (noPayments) SendCoinsToVirtual(context.Context, sdk.AccAddress, sdk.AccAddress, sdk.Coins) error {
	return ErrReadOnly
}
