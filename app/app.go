// Package app is the Panacea chain: which modules it has, how they are joined, and in which order they run.
//
// It trusts the Cosmos SDK, CometBFT and ibc-go for consensus, accounts and packets. Every node runs exactly this state
// machine; nothing in it may depend on the machine that runs it (clock, map order, network, floating point).
package app

import (
	"encoding/json"
	"fmt"
	"slices"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	reflectionv1 "cosmossdk.io/api/cosmos/reflection/v1"
	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/core/appmodule"
	"cosmossdk.io/log/v2"
	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cast"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/baseapp/blockexec"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/version"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authcodec "github.com/cosmos/cosmos-sdk/x/auth/codec"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/auth/vesting"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distr "github.com/cosmos/cosmos-sdk/x/distribution"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/evidence"
	evidencekeeper "github.com/cosmos/cosmos-sdk/x/evidence/keeper"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantkeeper "github.com/cosmos/cosmos-sdk/x/feegrant/keeper"
	feegrantmodule "github.com/cosmos/cosmos-sdk/x/feegrant/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"
	"github.com/cosmos/cosmos-sdk/x/mint"
	mintkeeper "github.com/cosmos/cosmos-sdk/x/mint/keeper"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/cosmos-sdk/x/upgrade"
	upgradekeeper "github.com/cosmos/cosmos-sdk/x/upgrade/keeper"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	ica "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts"
	icacontroller "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/controller"
	icacontrollerkeeper "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/controller/keeper"
	icacontrollertypes "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/controller/types"
	icahost "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/host"
	icahostkeeper "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/host/keeper"
	icahosttypes "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/host/types"
	icatypes "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/types"
	"github.com/cosmos/ibc-go/v11/modules/apps/transfer"
	transferkeeper "github.com/cosmos/ibc-go/v11/modules/apps/transfer/keeper"
	transfertypes "github.com/cosmos/ibc-go/v11/modules/apps/transfer/types"
	transferv2 "github.com/cosmos/ibc-go/v11/modules/apps/transfer/v2"
	ibc "github.com/cosmos/ibc-go/v11/modules/core"
	porttypes "github.com/cosmos/ibc-go/v11/modules/core/05-port/types"
	ibcapi "github.com/cosmos/ibc-go/v11/modules/core/api"
	ibcexported "github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibckeeper "github.com/cosmos/ibc-go/v11/modules/core/keeper"
	ibctm "github.com/cosmos/ibc-go/v11/modules/light-clients/07-tendermint"

	"github.com/medibloc/panacea/x/datadeal"
	datadealkeeper "github.com/medibloc/panacea/x/datadeal/keeper"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	"github.com/medibloc/panacea/x/did"
	didkeeper "github.com/medibloc/panacea/x/did/keeper"
	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/oracle"
	oraclekeeper "github.com/medibloc/panacea/x/oracle/keeper"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	"github.com/medibloc/panacea/x/resource"
	resourcekeeper "github.com/medibloc/panacea/x/resource/keeper"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// App is the chain's state machine.
type App struct {
	*baseapp.BaseApp
	encoding Encoding
	keys     map[string]*storetypes.KVStoreKey
	objects  map[string]*storetypes.ObjectStoreKey

	AccountKeeper       authkeeper.AccountKeeper
	AuthzKeeper         authzkeeper.Keeper
	BankKeeper          bankkeeper.Keeper
	ConsensusKeeper     consensuskeeper.Keeper
	DistrKeeper         distrkeeper.Keeper
	EvidenceKeeper      evidencekeeper.Keeper
	FeeGrantKeeper      feegrantkeeper.Keeper
	GovKeeper           *govkeeper.Keeper
	MintKeeper          mintkeeper.Keeper
	SlashingKeeper      slashingkeeper.Keeper
	StakingKeeper       *stakingkeeper.Keeper
	UpgradeKeeper       *upgradekeeper.Keeper
	IBCKeeper           *ibckeeper.Keeper
	ICAControllerKeeper *icacontrollerkeeper.Keeper
	ICAHostKeeper       *icahostkeeper.Keeper
	TransferKeeper      *transferkeeper.Keeper
	DIDKeeper           didkeeper.Keeper
	ResourceKeeper      resourcekeeper.Keeper
	OracleKeeper        oraclekeeper.Keeper
	DataDealKeeper      datadealkeeper.Keeper

	ModuleManager      *module.Manager
	BasicModuleManager module.BasicManager
	simulations        *module.SimulationManager
	configurator       module.Configurator
}

var _ servertypes.Application = (*App)(nil)

// moduleAccounts names the modules that hold coins, and what each may do with the supply.
func moduleAccounts() map[string][]string {
	return map[string][]string{
		authtypes.FeeCollectorName:     nil,
		distrtypes.ModuleName:          nil,
		govtypes.ModuleName:            {authtypes.Burner},
		icatypes.ModuleName:            nil,
		minttypes.ModuleName:           {authtypes.Minter},
		stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
		stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
		transfertypes.ModuleName:       {authtypes.Minter, authtypes.Burner},
	}
}

// BlockedAddresses returns the accounts that a transfer may not pay into: every module account but governance's, which
// receives what proposals are granted.
func BlockedAddresses() map[string]bool {
	blocked := make(map[string]bool)
	for name := range moduleAccounts() {
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	delete(blocked, authtypes.NewModuleAddress(govtypes.ModuleName).String())
	return blocked
}

// New returns the state machine over db, with its latest state loaded if loadLatest is set. The options are a node's
// app.toml and flags. It panics on a programming error in the wiring and on a database that cannot be read, as the SDK does.
func New(
	logger log.Logger, db dbm.DB, loadLatest bool,
	options servertypes.AppOptions, baseAppOptions ...func(*baseapp.BaseApp),
) *App {
	encoding, err := NewEncoding()
	must(err)

	base := baseapp.NewBaseApp(Name, logger, db, encoding.TxConfig.TxDecoder(), baseAppOptions...)
	base.SetVersion(version.Version)
	base.SetInterfaceRegistry(encoding.Registry)
	base.SetTxEncoder(encoding.TxConfig.TxEncoder())

	app := &App{
		BaseApp:  base,
		encoding: encoding,
		keys: storetypes.NewKVStoreKeys(
			authtypes.StoreKey, authzkeeper.StoreKey, banktypes.StoreKey, consensustypes.StoreKey, distrtypes.StoreKey,
			evidencetypes.StoreKey, feegrant.StoreKey, govtypes.StoreKey, minttypes.StoreKey, slashingtypes.StoreKey,
			stakingtypes.StoreKey, upgradetypes.StoreKey,
			ibcexported.StoreKey, icacontrollertypes.StoreKey, icahosttypes.StoreKey, transfertypes.StoreKey,
			didtypes.StoreKey, resourcetypes.StoreKey, oracletypes.StoreKey, datadealtypes.StoreKey,
		),
		objects: storetypes.NewObjectStoreKeys(banktypes.ObjectStoreKey),
	}
	must(base.RegisterStreamingServices(options, app.keys))

	app.newKeepers(logger, options)
	lightClient := app.newIBCRoutes()
	app.newModules(lightClient)

	app.MountKVStores(app.keys)
	app.MountObjectStores(app.objects)
	blockexec.Apply(base, options, app.parallelStores(), encoding.TxConfig.TxDecoder(),
		func(storetypes.MultiStore) string { return BaseDenom })

	app.SetInitChainer(app.InitChainer)
	app.SetPreBlocker(app.PreBlocker)
	app.SetBeginBlocker(app.BeginBlocker)
	app.SetEndBlocker(app.EndBlocker)
	app.SetAnteHandler(app.NewAnteHandler(feeCollector{app.BankKeeper}))
	for _, up := range upgrades() {
		app.RegisterUpgrade(up)
	}

	files, err := proto.MergedRegistry()
	must(err)
	must(msgservice.ValidateProtoAnnotations(files))

	if loadLatest {
		must(app.LoadLatestVersion())
	}
	return app
}

// must panics on an error in the wiring, which no operator can cause or mend at run time.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// parallelStores returns every store that transactions touch, for the Block-STM executor.
func (app *App) parallelStores() []storetypes.StoreKey {
	stores := app.GetStoreKeys()
	for _, key := range app.objects {
		stores = append(stores, key)
	}
	return stores
}

// newKeepers makes the keepers, each after those that it depends on.
func (app *App) newKeepers(logger log.Logger, options servertypes.AppOptions) {
	cdc := app.encoding.Codec
	gov := authtypes.NewModuleAddress(govtypes.ModuleName).String()
	accounts := authcodec.NewBech32Codec(AccountPrefix)
	validators := authcodec.NewBech32Codec(AccountPrefix + "valoper")
	consensusNodes := authcodec.NewBech32Codec(AccountPrefix + "valcons")
	store := func(name string) *storetypes.KVStoreKey { return app.keys[name] }

	app.ConsensusKeeper = consensuskeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(consensustypes.StoreKey)), gov, runtime.EventService{})
	app.SetParamStore(app.ConsensusKeeper.ParamsStore)

	app.AccountKeeper = authkeeper.NewAccountKeeper(cdc, runtime.NewKVStoreService(store(authtypes.StoreKey)),
		authtypes.ProtoBaseAccount, moduleAccounts(), accounts, AccountPrefix, gov, authkeeper.WithUnorderedTransactions(true))
	app.BankKeeper = bankkeeper.NewBaseKeeper(cdc, runtime.NewKVStoreService(store(banktypes.StoreKey)),
		accountKeeper{app.AccountKeeper}, BlockedAddresses(), gov, logger).WithObjStoreKey(app.objects[banktypes.ObjectStoreKey])
	app.StakingKeeper = stakingkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(stakingtypes.StoreKey)),
		app.AccountKeeper, app.BankKeeper, gov, validators, consensusNodes)
	app.MintKeeper = mintkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(minttypes.StoreKey)),
		app.StakingKeeper, app.AccountKeeper, app.BankKeeper, authtypes.FeeCollectorName, gov)
	app.DistrKeeper = distrkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(distrtypes.StoreKey)),
		app.AccountKeeper, app.BankKeeper, app.StakingKeeper, authtypes.FeeCollectorName, gov)
	app.SlashingKeeper = slashingkeeper.NewKeeper(cdc, app.encoding.Amino, runtime.NewKVStoreService(store(slashingtypes.StoreKey)),
		app.StakingKeeper, gov)
	app.StakingKeeper.SetHooks(stakingtypes.NewMultiStakingHooks(app.DistrKeeper.Hooks(), app.SlashingKeeper.Hooks()))
	app.FeeGrantKeeper = feegrantkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(feegrant.StoreKey)), accountKeeper{app.AccountKeeper})
	app.AuthzKeeper = authzkeeper.NewKeeper(runtime.NewKVStoreService(store(authzkeeper.StoreKey)), cdc, app.MsgServiceRouter(), accountKeeper{app.AccountKeeper})

	skip := map[int64]bool{}
	for _, height := range cast.ToIntSlice(options.Get(server.FlagUnsafeSkipUpgrades)) {
		skip[int64(height)] = true
	}
	app.UpgradeKeeper = upgradekeeper.NewKeeper(skip, runtime.NewKVStoreService(store(upgradetypes.StoreKey)), cdc,
		cast.ToString(options.Get(flags.FlagHome)), app.BaseApp, gov)
	app.EvidenceKeeper = *evidencekeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(evidencetypes.StoreKey)),
		app.StakingKeeper, app.SlashingKeeper, accounts, runtime.ProvideCometInfoService())
	app.GovKeeper = govkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(govtypes.StoreKey)),
		app.AccountKeeper, app.BankKeeper, app.DistrKeeper, app.MsgServiceRouter(), govtypes.DefaultConfig(), gov,
		govkeeper.NewDefaultCalculateVoteResultsAndVotingPower(app.StakingKeeper))
	// Text proposals of the old form still reach this router; without it they would panic.
	app.GovKeeper.SetLegacyRouter(govv1beta1.NewRouter().AddRoute(govtypes.RouterKey, govv1beta1.ProposalHandler))

	app.IBCKeeper = ibckeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(ibcexported.StoreKey)), app.UpgradeKeeper, gov)
	app.TransferKeeper = transferkeeper.NewKeeper(cdc, accounts, runtime.NewKVStoreService(store(transfertypes.StoreKey)),
		app.IBCKeeper.ChannelKeeper, app.MsgServiceRouter(), app.AccountKeeper, app.BankKeeper, gov)
	app.ICAControllerKeeper = icacontrollerkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(icacontrollertypes.StoreKey)),
		app.IBCKeeper.ChannelKeeper, app.MsgServiceRouter(), gov)
	app.ICAHostKeeper = icahostkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(icahosttypes.StoreKey)),
		app.IBCKeeper.ChannelKeeper, accountKeeper{app.AccountKeeper}, app.MsgServiceRouter(), app.GRPCQueryRouter(), gov)

	app.DIDKeeper = didkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(didtypes.StoreKey)), accounts, gov)
	app.ResourceKeeper = resourcekeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(resourcetypes.StoreKey)), accounts, app.DIDKeeper, gov)
	app.OracleKeeper = oraclekeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(oracletypes.StoreKey)), accounts,
		app.StakingKeeper, app.SlashingKeeper, gov)
	app.EvidenceKeeper.SetRouter(evidencetypes.NewRouter().
		AddRoute(oracletypes.ModuleName, oraclekeeper.NewEvidenceHandler(app.OracleKeeper)))
	app.DataDealKeeper = datadealkeeper.NewKeeper(cdc, runtime.NewKVStoreService(store(datadealtypes.StoreKey)), accounts,
		app.BankKeeper, app.AccountKeeper, app.OracleKeeper, app.DIDKeeper, gov)
	app.BankKeeper.AppendSendRestriction(app.DataDealKeeper.SendRestriction)
}

// newIBCRoutes joins the IBC applications to ports, and returns the light client through which other chains are seen.
func (app *App) newIBCRoutes() ibctm.LightClientModule {
	app.IBCKeeper.SetRouter(porttypes.NewRouter().
		AddRoute(transfertypes.ModuleName, transfer.NewIBCModule(app.TransferKeeper)).
		AddRoute(icacontrollertypes.SubModuleName, icacontroller.NewIBCMiddleware(app.ICAControllerKeeper)).
		AddRoute(icahosttypes.SubModuleName, icahost.NewIBCModule(app.ICAHostKeeper)))
	app.IBCKeeper.SetRouterV2(ibcapi.NewRouter().
		AddRoute(transfertypes.PortID, transferv2.NewIBCModule(app.TransferKeeper)))

	clients := app.IBCKeeper.ClientKeeper
	tendermint := ibctm.NewLightClientModule(app.encoding.Codec, clients.GetStoreProvider())
	clients.AddRoute(ibctm.ModuleName, &tendermint)
	return tendermint
}

// newModules makes the modules and fixes the order in which they run.
func (app *App) newModules(lightClient ibctm.LightClientModule) {
	cdc, registry := app.encoding.Codec, app.encoding.Registry
	app.ModuleManager = module.NewManager(
		genutil.NewAppModule(app.AccountKeeper, app.StakingKeeper, app, app.encoding.TxConfig),
		auth.NewAppModule(cdc, app.AccountKeeper, authsims.RandomGenesisAccounts, nil),
		authzmodule.NewAppModule(cdc, app.AuthzKeeper, app.AccountKeeper, app.BankKeeper, registry),
		bank.NewAppModule(cdc, app.BankKeeper, app.AccountKeeper, nil),
		consensus.NewAppModule(cdc, app.ConsensusKeeper),
		distr.NewAppModule(cdc, app.DistrKeeper, app.AccountKeeper, app.BankKeeper, app.StakingKeeper, nil),
		evidence.NewAppModule(app.EvidenceKeeper),
		feegrantmodule.NewAppModule(cdc, app.AccountKeeper, app.BankKeeper, app.FeeGrantKeeper, registry),
		gov.NewAppModule(cdc, app.GovKeeper, app.AccountKeeper, app.BankKeeper, nil),
		mint.NewAppModule(cdc, app.MintKeeper, app.AccountKeeper, nil, nil),
		slashing.NewAppModule(cdc, app.SlashingKeeper, app.AccountKeeper, app.BankKeeper, app.StakingKeeper, nil, registry),
		staking.NewAppModule(cdc, app.StakingKeeper, app.AccountKeeper, app.BankKeeper, nil),
		upgrade.NewAppModule(app.UpgradeKeeper, app.AccountKeeper.AddressCodec()),
		vesting.NewAppModule(app.AccountKeeper, app.BankKeeper),
		ibc.NewAppModule(app.IBCKeeper),
		ibctm.NewAppModule(lightClient),
		ica.NewAppModule(app.ICAControllerKeeper, app.ICAHostKeeper),
		transfer.NewAppModule(app.TransferKeeper),
		did.NewAppModule(app.DIDKeeper),
		resource.NewAppModule(app.ResourceKeeper, app.DIDKeeper),
		oracle.NewAppModule(app.OracleKeeper),
		datadeal.NewAppModule(app.DataDealKeeper),
	)
	app.BasicModuleManager = module.NewBasicManagerFromManager(app.ModuleManager, genesisDefaults(app.ModuleManager))
	app.BasicModuleManager.RegisterLegacyAminoCodec(app.encoding.Amino)
	app.BasicModuleManager.RegisterInterfaces(registry)

	// Upgrades first: what follows must run the code of the height. Auth forgets expired unordered transactions.
	app.ModuleManager.SetOrderPreBlockers(upgradetypes.ModuleName, authtypes.ModuleName)
	// Distribution before slashing, so that rewards of the last block are shared among those who earned them.
	app.ModuleManager.SetOrderBeginBlockers(
		minttypes.ModuleName, distrtypes.ModuleName, slashingtypes.ModuleName, evidencetypes.ModuleName, stakingtypes.ModuleName,
		ibcexported.ModuleName, transfertypes.ModuleName, icatypes.ModuleName,
		genutiltypes.ModuleName, authz.ModuleName, didtypes.ModuleName, resourcetypes.ModuleName, oracletypes.ModuleName,
		datadealtypes.ModuleName,
	)
	// Governance first: it executes what was decided, all that a message may do. Then the bank, which credits what transactions and
	// proposals have left to the end of the block: fees, and the rewards of oracles. What is left after it would be lost. Staking after
	// governance, which may have changed its parameters. Oracles after staking: they note the power that each validator ends the
	// block with.
	app.ModuleManager.SetOrderEndBlockers(
		govtypes.ModuleName, banktypes.ModuleName, stakingtypes.ModuleName,
		ibcexported.ModuleName, transfertypes.ModuleName, icatypes.ModuleName,
		genutiltypes.ModuleName, feegrant.ModuleName, didtypes.ModuleName, resourcetypes.ModuleName, oracletypes.ModuleName,
		datadealtypes.ModuleName,
	)
	// Genutil delivers the genesis transactions, and so comes after everything that they touch.
	genesis := []string{
		authtypes.ModuleName, banktypes.ModuleName, distrtypes.ModuleName, stakingtypes.ModuleName, slashingtypes.ModuleName,
		govtypes.ModuleName, minttypes.ModuleName, ibcexported.ModuleName, evidencetypes.ModuleName, authz.ModuleName,
		feegrant.ModuleName, transfertypes.ModuleName, icatypes.ModuleName, upgradetypes.ModuleName, vestingtypes.ModuleName,
		consensustypes.ModuleName, didtypes.ModuleName, resourcetypes.ModuleName, oracletypes.ModuleName, datadealtypes.ModuleName,
		genutiltypes.ModuleName,
	}
	app.ModuleManager.SetOrderInitGenesis(genesis...)
	app.ModuleManager.SetOrderExportGenesis(genesis...)

	app.configurator = module.NewConfigurator(cdc, app.MsgServiceRouter(), app.GRPCQueryRouter())
	must(app.ModuleManager.RegisterServices(app.configurator))
	autocliv1.RegisterQueryServer(app.GRPCQueryRouter(), runtimeservices.NewAutoCLIQueryService(app.ModuleManager.Modules))
	reflection, err := runtimeservices.NewReflectionService()
	must(err)
	reflectionv1.RegisterReflectionServiceServer(app.GRPCQueryRouter(), reflection)

	app.simulations = module.NewSimulationManagerFromAppModules(app.ModuleManager.Modules, map[string]module.AppModuleSimulation{
		authtypes.ModuleName: auth.NewAppModule(cdc, app.AccountKeeper, authsims.RandomGenesisAccounts, nil),
	})
	app.simulations.RegisterStoreDecoders()
}

// InitChainer writes the state of the genesis file.
func (app *App) InitChainer(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var genesis map[string]json.RawMessage
	if err := json.Unmarshal(req.AppStateBytes, &genesis); err != nil {
		return nil, fmt.Errorf("reading app_state of the genesis file: %w", err)
	}
	if err := app.UpgradeKeeper.SetModuleVersionMap(ctx, app.ModuleManager.GetVersionMap()); err != nil {
		return nil, fmt.Errorf("recording module versions: %w", err)
	}
	response, err := app.ModuleManager.InitGenesis(ctx, app.encoding.Codec, genesis)
	if err != nil {
		return nil, err
	}
	return response, app.restoreUnbondingIDs(ctx)
}

// PreBlocker runs before everything else of a block.
func (app *App) PreBlocker(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
	return app.ModuleManager.PreBlock(ctx)
}

// BeginBlocker runs before a block's transactions.
func (app *App) BeginBlocker(ctx sdk.Context) (sdk.BeginBlock, error) {
	return app.ModuleManager.BeginBlock(ctx)
}

// EndBlocker runs after a block's transactions.
func (app *App) EndBlocker(ctx sdk.Context) (sdk.EndBlock, error) {
	return app.ModuleManager.EndBlock(ctx)
}

// LoadHeight loads the state as it was at a height.
func (app *App) LoadHeight(height int64) error { return app.LoadVersion(height) }

// AppCodec returns the codec of state and genesis.
func (app *App) AppCodec() codec.Codec { return app.encoding.Codec }

// LegacyAmino returns the amino codec, for what still needs it.
func (app *App) LegacyAmino() *codec.LegacyAmino { return app.encoding.Amino }

// InterfaceRegistry returns the registry of everything that can stand in an Any.
func (app *App) InterfaceRegistry() codectypes.InterfaceRegistry { return app.encoding.Registry }

// TxConfig returns how transactions are encoded and signed.
func (app *App) TxConfig() client.TxConfig { return app.encoding.TxConfig }

// Encoding returns how the chain's values become bytes and JSON.
func (app *App) Encoding() Encoding { return app.encoding }

// GetBaseApp is part of ibc-go's TestingApp and of the simulation's interface.
func (app *App) GetBaseApp() *baseapp.BaseApp { return app.BaseApp }

// GetTxConfig is part of ibc-go's TestingApp.
func (app *App) GetTxConfig() client.TxConfig { return app.encoding.TxConfig }

// GetIBCKeeper is part of ibc-go's TestingApp.
func (app *App) GetIBCKeeper() *ibckeeper.Keeper { return app.IBCKeeper }

// GetKey returns the key of a module's store.
func (app *App) GetKey(name string) *storetypes.KVStoreKey { return app.keys[name] }

// GetStoreKeys returns the keys of all stores, by name.
func (app *App) GetStoreKeys() []storetypes.StoreKey {
	names := make([]string, 0, len(app.keys))
	for name := range app.keys {
		names = append(names, name)
	}
	slices.Sort(names)
	keys := make([]storetypes.StoreKey, len(names))
	for i, name := range names {
		keys[i] = app.keys[name]
	}
	return keys
}

// SimulationManager runs the modules' simulations.
func (app *App) SimulationManager() *module.SimulationManager { return app.simulations }

// DefaultGenesis returns the genesis of a new network, without validators or balances.
func (app *App) DefaultGenesis() map[string]json.RawMessage {
	return app.BasicModuleManager.DefaultGenesis(app.encoding.Codec)
}

// AutoCLIOptions describes the modules to AutoCLI, which makes commands of them.
func (app *App) AutoCLIOptions(ctx client.Context) autocli.AppOptions {
	modules := make(map[string]appmodule.AppModule)
	for name, m := range app.ModuleManager.Modules {
		if m, ok := m.(appmodule.AppModule); ok {
			modules[name] = m
		}
	}
	return autocli.AppOptions{
		Modules:               modules,
		ModuleOptions:         runtimeservices.ExtractAutoCLIOptions(app.ModuleManager.Modules),
		AddressCodec:          authcodec.NewBech32Codec(AccountPrefix),
		ValidatorAddressCodec: authcodec.NewBech32Codec(AccountPrefix + "valoper"),
		ConsensusAddressCodec: authcodec.NewBech32Codec(AccountPrefix + "valcons"),
		ClientCtx:             ctx,
	}
}
