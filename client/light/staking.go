package light

import (
	"context"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
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
