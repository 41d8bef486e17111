package simulation

import (
	"math/rand"
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/medibloc/panacea/x/oracle/types"
)

// RandomizedGenState makes a state without oracles that allows simulated enclaves: which of the genesis accounts operate
// validators is not known here, so that the first oracle registers in the first blocks.
func RandomizedGenState(state *module.SimulationState) {
	genesis := &types.GenesisState{Params: randomParams(state.Rand), AllowSimulatedEnclaves: true}
	for version := range versions {
		id := measurement(version)
		genesis.Measurements = append(genesis.Measurements, types.Measurement{Measurement: id[:], Simulated: true, MinimumSvn: uint32(state.Rand.Intn(2))})
	}
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// randomParams returns parameters under which oracles come and go within a short simulation.
func randomParams(r *rand.Rand) types.Params {
	params := types.DefaultParams()
	params.AttestationLifetime = time.Hour + time.Duration(r.Int63n(int64(240*time.Hour)))
	params.TrustedBlockMaxAge = uint64(4 + r.Intn(100))
	params.ApprovalQuorum = types.Fraction{Numerator: uint32(1 + r.Intn(2)), Denominator: uint32(3 + r.Intn(7))}
	params.MaxOracles = uint32(3 + r.Intn(60))
	params.MaxCertificateLifetime = uint64(1 + r.Intn(20))
	params.MaxEvidenceAge = params.MaxCertificateLifetime + uint64(1+r.Intn(100))
	params.SlashFractionContradiction = math.LegacyNewDecWithPrec(int64(r.Intn(50)), 2)
	params.ContradictionJailDuration = time.Duration(r.Int63n(int64(time.Hour)))
	return params
}
