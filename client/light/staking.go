package light

import (
	"context"
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// validators reads the proven state of x/staking.
type validators struct {
	codec codec.BinaryCodec
	store storeService
}

// GetValidator returns a validator, or stakingtypes.ErrNoValidatorFound.
func (v validators) GetValidator(ctx context.Context, operator sdk.ValAddress) (stakingtypes.Validator, error) {
	value, err := v.store.OpenKVStore(ctx).Get(stakingtypes.GetValidatorKey(operator))
	if err != nil {
		return stakingtypes.Validator{}, err
	}
	if value == nil {
		return stakingtypes.Validator{}, stakingtypes.ErrNoValidatorFound
	}
	return stakingtypes.UnmarshalValidator(v.codec, value)
}

// PowerReduction returns how much stake is one unit of consensus power.
func (v validators) PowerReduction(context.Context) math.Int { return sdk.DefaultPowerReduction }

// noSlashing stands for x/slashing where nobody is slashed: a keeper that is only read never calls it but for errors.
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
