package simulation

import (
	"math/rand"

	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/medibloc/panacea/x/resource/types"
)

// RandomizedGenState makes a state with random parameters and no resources: those come from DIDs, which do not exist yet.
func RandomizedGenState(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	genesis.Params = randomParams(state.Rand)
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// randomParams returns parameters that leave room for what the operations make.
func randomParams(r *rand.Rand) types.Params {
	return types.Params{
		MaxDataBytes: uint32(maxData + r.Intn(types.MaxDataBytes-maxData)),
		GasPerByte:   uint32(1 + r.Intn(5)),
	}
}
