package simulation

import (
	"math/rand"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// RandomizedGenState makes a state with random parameters and no deals: those need DIDs and oracles, which do not exist yet.
func RandomizedGenState(state *module.SimulationState) {
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(&types.GenesisState{Params: randomParams(state.Rand, state.BondDenom)})
}

// randomParams returns parameters that leave room for what the operations make.
func randomParams(r *rand.Rand, denom string) types.Params {
	params := types.DefaultParams()
	params.MinimumQuorum = oracletypes.Fraction{Numerator: 1, Denominator: uint32(3 + r.Intn(5))}
	params.MinimumPrice = sdk.Coin{Denom: denom, Amount: math.NewInt(int64(1 + r.Intn(minPrice)))}
	params.MaxDealLifetime = maxLifetime + time.Duration(r.Int63n(int64(maxLifetime)))
	params.MaxDataCount = maxData + uint64(r.Intn(100))
	params.MaxClosuresPerBlock = uint32(1 + r.Intn(5))
	return params
}
