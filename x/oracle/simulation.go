package oracle

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/medibloc/panacea/x/oracle/simulation"
	"github.com/medibloc/panacea/x/oracle/types"
)

// GenerateGenesisState makes a random genesis state.
func (AppModule) GenerateGenesisState(state *module.SimulationState) {
	simulation.RandomizedGenState(state)
}

// RegisterStoreDecoder registers how differences between stores are shown.
func (m AppModule) RegisterStoreDecoder(decoders simtypes.StoreDecoderRegistry) {
	decoders[types.StoreKey] = simtypes.NewStoreDecoderFuncFromCollectionsSchema(m.keeper.Schema)
}

// WeightedOperations is what WeightedOperationsX replaces.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// WeightedOperationsX registers the operations.
func (m AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_register_oracle", 80), simulation.MsgRegisterOracleFactory(m.keeper))
	registry.Add(weights.Get("msg_approve_oracle", 80), simulation.MsgApproveOracleFactory(m.keeper))
	registry.Add(weights.Get("msg_renew_attestation", 30), simulation.MsgRenewAttestationFactory(m.keeper))
	registry.Add(weights.Get("msg_update_oracle_info", 10), simulation.MsgUpdateOracleInfoFactory(m.keeper))
	registry.Add(weights.Get("msg_update_oracle_commission", 10), simulation.MsgUpdateOracleCommissionFactory(m.keeper))
	registry.Add(weights.Get("msg_deregister_oracle", 3), simulation.MsgDeregisterOracleFactory(m.keeper))
	registry.Add(weights.Get("msg_submit_contradiction", 3), simulation.ContradictionFactory(m.keeper))
}

// ProposalMsgsX registers what governance may decide.
func (AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_update_params", 60), simulation.MsgUpdateParamsFactory())
	registry.Add(weights.Get("msg_set_measurement", 100), simulation.MsgSetMeasurementFactory())
}
