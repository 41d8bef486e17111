package types

import (
	"context"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// StakingKeeper is what the module needs of x/staking.
type StakingKeeper interface {
	// GetValidator returns a validator, or stakingtypes.ErrNoValidatorFound.
	GetValidator(ctx context.Context, operator sdk.ValAddress) (stakingtypes.Validator, error)
	// PowerReduction returns how much stake is one unit of consensus power.
	PowerReduction(ctx context.Context) math.Int
}

// SlashingKeeper is what the module needs of x/slashing.
type SlashingKeeper interface {
	SlashWithInfractionReason(ctx context.Context, validator sdk.ConsAddress, fraction math.LegacyDec, power, infractionHeight int64, reason stakingtypes.Infraction) error
	Jail(ctx context.Context, validator sdk.ConsAddress) error
	JailUntil(ctx context.Context, validator sdk.ConsAddress, until time.Time) error
	GetValidatorSigningInfo(ctx context.Context, validator sdk.ConsAddress) (slashingtypes.ValidatorSigningInfo, error)
	IsTombstoned(ctx context.Context, validator sdk.ConsAddress) bool
}
