package datadeal

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/medibloc/panacea/x/datadeal/simulation"
	"github.com/medibloc/panacea/x/datadeal/types"
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
	registry.Add(weights.Get("msg_create_deal", 60), simulation.MsgCreateDealFactory(m.keeper))
	registry.Add(weights.Get("msg_submit_consent", 150), simulation.MsgSubmitConsentFactory(m.keeper))
	registry.Add(weights.Get("msg_deactivate_deal", 8), simulation.MsgDeactivateDealFactory(m.keeper))
}

// ProposalMsgsX registers what governance may decide.
func (AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_update_datadeal_params", 60), simulation.MsgUpdateParamsFactory())
}
