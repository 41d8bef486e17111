package app

import (
	"encoding/json"
	"fmt"
	"time"

	"cosmossdk.io/math"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	icagenesis "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/genesis/types"
	icatypes "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/types"

	"github.com/medibloc/panacea/tee"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	didtypes "github.com/medibloc/panacea/x/did/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

const (
	// unbondingTime is how long stake stays slashable after it was withdrawn, and so how long evidence is accepted and how
	// far a light client may trust.
	unbondingTime = 21 * 24 * time.Hour
	// blockTime is what a network with the default consensus timeouts takes for a block; minting is paced by it.
	blockTime = 5 * time.Second
	// maxBlockGas bounds the work of one block.
	maxBlockGas = 200_000_000
	// maxBlockBytes bounds the size of one block.
	maxBlockBytes = 4 << 20
)

// med returns an amount of MED as coins of umed.
func med(amount int64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(BaseDenom, math.NewInt(amount).MulRaw(1_000_000)))
}

// patchedBasic is a module whose default genesis the chain changes.
type patchedBasic struct {
	module.AppModuleBasic
	patch func(codec.JSONCodec, json.RawMessage) json.RawMessage
}

// DefaultGenesis returns the module's default genesis as changed for Panacea.
func (p patchedBasic) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return p.patch(cdc, p.AppModuleBasic.(module.HasGenesisBasics).DefaultGenesis(cdc))
}

// ValidateGenesis is the module's own.
func (p patchedBasic) ValidateGenesis(cdc codec.JSONCodec, config client.TxEncodingConfig, genesis json.RawMessage) error {
	return p.AppModuleBasic.(module.HasGenesisBasics).ValidateGenesis(cdc, config, genesis)
}

// patch returns a change of a genesis state of type T.
func patch[T any, P interface {
	*T
	proto.Message
}](change func(*T)) func(codec.JSONCodec, json.RawMessage) json.RawMessage {
	return func(cdc codec.JSONCodec, raw json.RawMessage) json.RawMessage {
		var state T
		cdc.MustUnmarshalJSON(raw, P(&state))
		change(&state)
		return cdc.MustMarshalJSON(P(&state))
	}
}

// genesisDefaults returns the modules whose default genesis Panacea changes: the parameters of a public network.
func genesisDefaults(manager *module.Manager) map[string]module.AppModuleBasic {
	patches := map[string]func(codec.JSONCodec, json.RawMessage) json.RawMessage{
		banktypes.ModuleName:     patch(bankGenesis),
		govtypes.ModuleName:      patch(govGenesis),
		icatypes.ModuleName:      patch(icaGenesis),
		minttypes.ModuleName:     patch(mintGenesis),
		slashingtypes.ModuleName: patch(slashingGenesis),
		stakingtypes.ModuleName:  patch(stakingGenesis),
	}
	basics := map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
	}
	for name, change := range patches {
		basics[name] = patchedBasic{AppModuleBasic: manager.Modules[name].(module.AppModuleBasic), patch: change}
	}
	return basics
}

func bankGenesis(state *banktypes.GenesisState) {
	state.DenomMetadata = []banktypes.Metadata{{
		Description: "The native token of Panacea",
		DenomUnits: []*banktypes.DenomUnit{
			{Denom: BaseDenom, Exponent: 0, Aliases: []string{"micromed"}},
			{Denom: "mmed", Exponent: 3, Aliases: []string{"millimed"}},
			{Denom: DisplayDenom, Exponent: 6},
		},
		Base: BaseDenom, Display: DisplayDenom, Name: "MediBloc", Symbol: "MED",
	}}
}

func stakingGenesis(state *stakingtypes.GenesisState) {
	state.Params.BondDenom = BaseDenom
	state.Params.UnbondingTime = unbondingTime
	state.Params.MaxValidators = 50
	state.Params.MinCommissionRate = math.LegacyNewDecWithPrec(3, 2)
}

func mintGenesis(state *minttypes.GenesisState) {
	state.Params.MintDenom = BaseDenom
	state.Params.InflationMin = math.LegacyNewDecWithPrec(7, 2)
	state.Params.InflationMax = math.LegacyNewDecWithPrec(10, 2)
	state.Params.InflationRateChange = math.LegacyNewDecWithPrec(3, 2)
	state.Params.GoalBonded = math.LegacyNewDecWithPrec(67, 2)
	state.Params.BlocksPerYear = uint64(365 * 24 * time.Hour / blockTime)
	state.Minter = minttypes.InitialMinter(state.Params.InflationMin)
}

func slashingGenesis(state *slashingtypes.GenesisState) {
	state.Params.SignedBlocksWindow = 10_000 // about 14 hours
	state.Params.MinSignedPerWindow = math.LegacyNewDecWithPrec(5, 2)
	state.Params.DowntimeJailDuration = 10 * time.Minute
	state.Params.SlashFractionDoubleSign = math.LegacyNewDecWithPrec(5, 2)
	state.Params.SlashFractionDowntime = math.LegacyNewDecWithPrec(1, 4)
}

func govGenesis(state *govv1.GenesisState) {
	week, day := 7*24*time.Hour, 24*time.Hour
	state.Params.MinDeposit = med(100_000)
	state.Params.ExpeditedMinDeposit = med(500_000)
	state.Params.MaxDepositPeriod = &week
	state.Params.VotingPeriod = &week
	state.Params.ExpeditedVotingPeriod = &day
}

// icaGenesis lists what an account that another chain controls may do here: everything an ordinary account may, but for
// messages that nest others.
func icaGenesis(state *icagenesis.GenesisState) {
	state.HostGenesisState.Params.AllowMessages = []string{
		"/cosmos.bank.v1beta1.MsgSend",
		"/cosmos.distribution.v1beta1.MsgSetWithdrawAddress",
		"/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward",
		"/cosmos.gov.v1.MsgVote",
		"/cosmos.staking.v1beta1.MsgBeginRedelegate",
		"/cosmos.staking.v1beta1.MsgDelegate",
		"/cosmos.staking.v1beta1.MsgUndelegate",
		"/ibc.applications.transfer.v1.MsgTransfer",
		sdk.MsgTypeURL(&didtypes.MsgCreateDIDRequest{}),
		sdk.MsgTypeURL(&didtypes.MsgUpdateDIDRequest{}),
		sdk.MsgTypeURL(&didtypes.MsgDeactivateDIDRequest{}),
		sdk.MsgTypeURL(&resourcetypes.MsgCreateResource{}),
		sdk.MsgTypeURL(&oracletypes.MsgSubmitCollateral{}),
		sdk.MsgTypeURL(&datadealtypes.MsgCreateDeal{}),
		sdk.MsgTypeURL(&datadealtypes.MsgSubmitConsent{}),
		sdk.MsgTypeURL(&datadealtypes.MsgDeactivateDeal{}),
	}
}

// DefaultConsensusParams returns CometBFT's parameters for a new network: blocks are bounded in size and gas, and evidence is
// accepted as long as stake is slashable.
func DefaultConsensusParams() *cmttypes.ConsensusParams {
	params := cmttypes.DefaultConsensusParams()
	params.Block.MaxBytes = maxBlockBytes
	params.Block.MaxGas = maxBlockGas
	params.Evidence.MaxAgeDuration = unbondingTime
	params.Evidence.MaxAgeNumBlocks = int64(unbondingTime / blockTime)
	return params
}

// UseLocalParams changes a genesis to suit a local network that people and tests play with: proposals are decided and stake
// unbonds within minutes, a validator that stays away is noticed within a minute, and oracles may run in the simulated enclave
// of oracled, which no hardware vouches for.
func UseLocalParams(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
	changes := map[string]func(codec.JSONCodec, json.RawMessage) json.RawMessage{
		govtypes.ModuleName: patch(func(s *govv1.GenesisState) {
			deposit, voting, expedited := time.Minute, 20*time.Second, 10*time.Second
			s.Params.MinDeposit, s.Params.ExpeditedMinDeposit = med(10), med(50)
			s.Params.MaxDepositPeriod, s.Params.VotingPeriod, s.Params.ExpeditedVotingPeriod = &deposit, &voting, &expedited
		}),
		slashingtypes.ModuleName: patch(func(s *slashingtypes.GenesisState) {
			s.Params.SignedBlocksWindow = 100
			s.Params.DowntimeJailDuration = time.Minute
		}),
		stakingtypes.ModuleName: patch(func(s *stakingtypes.GenesisState) {
			s.Params.UnbondingTime = 10 * time.Minute
		}),
		minttypes.ModuleName: patch(func(s *minttypes.GenesisState) {
			s.Params.BlocksPerYear = uint64(365 * 24 * time.Hour / time.Second)
		}),
		oracletypes.ModuleName: patch(localOracles),
	}
	for name, change := range changes {
		raw, ok := state[name]
		if !ok {
			return fmt.Errorf("the genesis has no state for module %s", name)
		}
		state[name] = change(cdc, raw)
	}
	return nil
}

// localOracles lets oracles run in simulated enclaves, and keeps evidence against them shorter than stake takes to unbond.
func localOracles(s *oracletypes.GenesisState) {
	measurement := tee.SimulatedMeasurement(tee.SimulatedOracle)
	s.AllowSimulatedEnclaves = true
	s.Measurements = append(s.Measurements, oracletypes.Measurement{
		Measurement: measurement[:], Name: tee.SimulatedOracle, MinimumSvn: 1, Simulated: true,
	})
	s.Params.AttestationLifetime = 24 * time.Hour
	s.Params.JudgementGrace = time.Minute
	s.Params.MaxCertificateLifetime, s.Params.MaxEvidenceAge = 300, 500
	s.Params.ContradictionJailDuration = 5 * time.Minute
}
