package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"cosmossdk.io/log/v2"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/baseapp"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/medibloc/panacea/app"
)

// The simulation runs random transactions of every module against the whole application. PANACEA_SIM_BLOCKS and
// PANACEA_SIM_SEEDS make it longer (make sim).

func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text, ok := os.LookupEnv(name)
	if !ok {
		return otherwise
	}
	value, err := strconv.Atoi(text)
	require.NoError(t, err, "%s must be a number", name)
	return value
}

func simulationConfig(t *testing.T) simtypes.Config {
	t.Helper()
	return simtypes.Config{
		ChainID:            simsx.SimAppChainID,
		InitialBlockHeight: 1,
		GenesisTime:        time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
		NumBlocks:          fromEnv(t, "PANACEA_SIM_BLOCKS", 50),
		BlockSize:          fromEnv(t, "PANACEA_SIM_BLOCK_SIZE", 50),
		Lean:               true,
		Commit:             true,
		DBBackend:          "memdb",
	}
}

// forSeeds runs a subtest for one seed after the other until PANACEA_SIM_SEEDS of them have simulated all their blocks. A random
// history in which every validator is jailed or unbonds ends early, and the subtest is skipped: no chain goes on from there.
func forSeeds(t *testing.T, run func(t *testing.T, seed int64, ended func())) {
	t.Helper()
	want, complete := fromEnv(t, "PANACEA_SIM_SEEDS", 3), 0
	for seed := int64(1); complete < want; seed++ {
		require.LessOrEqual(t, seed, int64(10*want), "hardly any history lasts")
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			run(t, seed, func() { complete++ })
		})
		if t.Failed() {
			return
		}
	}
}

// newSimulated returns a chain that credits fees and what oracles earn at once: the simulation delivers its transactions after
// the end-blocker, which would credit them otherwise.
func newSimulated(logger log.Logger, db dbm.DB, loadLatest bool, options servertypes.AppOptions, baseOptions ...func(*baseapp.BaseApp)) *app.App {
	chain := app.New(logger, db, false, options, baseOptions...)
	chain.SetAnteHandler(chain.NewAnteHandler(chain.BankKeeper))
	chain.SetPostHandler(func(ctx sdk.Context, _ sdk.Tx, _, success bool) (sdk.Context, error) {
		if !success {
			return ctx, nil
		}
		return ctx, chain.CreditAtOnce(ctx)
	})
	if loadLatest {
		if err := chain.LoadLatestVersion(); err != nil {
			panic(err) // the simulation's factory has no other way to say so
		}
	}
	return chain
}

func simulationState(chain *app.App) simsx.SimStateFactory {
	return simsx.SimStateFactory{
		Codec:         chain.AppCodec(),
		AppStateFn:    simtestutil.AppStateFn(chain.AppCodec(), chain.SimulationManager(), chain.DefaultGenesis()),
		BlockedAddr:   app.BlockedAddresses(),
		AccountSource: chain.AccountKeeper,
		BalanceSource: chain.BankKeeper,
	}
}

// TestSimulation: no module fails, its invariants hold, and the state survives export and import.
func TestSimulation(t *testing.T) {
	forSeeds(t, func(t *testing.T, seed int64, ended func()) {
		simsx.RunWithSeed(t, simulationConfig(t), newSimulated, simulationState, seed, nil, invariantsHold, importsWhatItExports)
		ended()
	})
}

func invariantsHold(t testing.TB, instance simsx.TestInstance[*app.App], _ []simtypes.Account) {
	ctx := instance.App.NewContext(true)
	require.NoError(t, instance.App.DIDKeeper.CheckInvariants(ctx))
	require.NoError(t, instance.App.ResourceKeeper.CheckInvariants(ctx))
	require.NoError(t, instance.App.OracleKeeper.CheckInvariants(ctx))
	require.NoError(t, instance.App.DataDealKeeper.CheckInvariants(ctx))

	bank := instance.App.BankKeeper
	held := sdk.NewCoins()
	for _, balance := range bank.GetAccountsBalances(ctx) {
		held = held.Add(balance.Coins...)
	}
	supply := sdk.NewCoins()
	bank.IterateTotalSupply(ctx, func(coin sdk.Coin) bool {
		supply = supply.Add(coin)
		return false
	})
	require.Equal(t, supply.String(), held.String(), "the supply is the sum of all balances")
}

// importsWhatItExports starts a second chain from the export of the first: its stores hold the same, key by key, and what it
// exports in turn is the same, byte for byte.
func importsWhatItExports(t testing.TB, instance simsx.TestInstance[*app.App], _ []simtypes.Account) {
	exported, err := instance.App.ExportAppStateAndValidators(false, nil, nil)
	require.NoError(t, err)
	imported := simsx.NewSimulationAppInstance(t, instance.Cfg, newSimulated).App
	var genesis map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(exported.AppState, &genesis))

	before := instance.App.NewContextLegacy(true, cmtproto.Header{Height: instance.App.LastBlockHeight()})
	after := imported.NewNextBlockContext(before.BlockHeader())
	_, err = imported.ModuleManager.InitGenesis(after, imported.AppCodec(), genesis)
	require.NoError(t, err)
	require.NoError(t, imported.StoreConsensusParams(after, exported.ConsensusParams))

	for _, key := range instance.App.GetStoreKeys() {
		compareStores(t, key.Name(), before.KVStore(key), after.KVStore(imported.GetKey(key.Name())))
	}
	again, err := imported.ModuleManager.ExportGenesis(after, imported.AppCodec())
	require.NoError(t, err)
	for module, state := range genesis {
		require.JSONEq(t, string(state), string(again[module]), "module %s exports something else after an import", module)
	}
}

// notInGenesis lists, by store, the prefixes of keys that a genesis does not carry: queues and indexes that an import builds
// anew in another encoding or order, and records of the software rather than of the chain.
func notInGenesis(store string) [][]byte {
	return map[string][][]byte{
		upgradetypes.StoreKey: {{upgradetypes.VersionMapByte}},
		stakingtypes.StoreKey: {
			stakingtypes.UnbondingQueueKey, stakingtypes.RedelegationQueueKey, stakingtypes.ValidatorQueueKey,
			stakingtypes.HistoricalInfoKey, stakingtypes.UnbondingIDKey, stakingtypes.UnbondingIndexKey,
			stakingtypes.UnbondingTypeKey, stakingtypes.ValidatorUpdatesKey,
		},
		authzkeeper.StoreKey:   {authzkeeper.GrantQueuePrefix},
		feegrant.StoreKey:      {feegrant.FeeAllowanceQueueKeyPrefix.Bytes()},
		slashingtypes.StoreKey: {slashingtypes.ValidatorMissedBlockBitmapKeyPrefix},
	}[store]
}

func compareStores(t testing.TB, name string, before, after storetypes.KVStore) {
	t.Helper()
	onlyBefore, onlyAfter := simtestutil.DiffKVStores(before, after, notInGenesis(name))
	require.Equal(t, len(onlyBefore), len(onlyAfter), "store %s", name)
	require.Empty(t, onlyBefore, "store %s lost or changed keys", name)
}

// TestSimulationIsDeterministic: the same seed gives the same app hash, run after run. (Simulated transactions run one by one;
// parallel execution has its own test.)
func TestSimulationIsDeterministic(t *testing.T) {
	config := simulationConfig(t)
	config.NumBlocks = min(config.NumBlocks, 20)
	forSeeds(t, func(t *testing.T, seed int64, ended func()) {
		hash := func() (hash []byte) {
			simsx.RunWithSeed(t, config, newSimulated, simulationState, seed, nil,
				func(_ testing.TB, instance simsx.TestInstance[*app.App], _ []simtypes.Account) {
					hash = instance.App.LastCommitID().Hash
				})
			return hash
		}
		require.Equal(t, hash(), hash())
		ended()
	})
}
