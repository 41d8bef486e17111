package light

import (
	"fmt"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/codec/address"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	icatypes "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/types"

	"github.com/medibloc/panacea/app"
	datadealkeeper "github.com/medibloc/panacea/x/datadeal/keeper"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	didkeeper "github.com/medibloc/panacea/x/did/keeper"
	didtypes "github.com/medibloc/panacea/x/did/types"
	oraclekeeper "github.com/medibloc/panacea/x/oracle/keeper"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourcekeeper "github.com/medibloc/panacea/x/resource/keeper"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// modules are the chain's keepers over proven state. They serve all snapshots: each call's context says which.
type modules struct {
	accounts authkeeper.AccountKeeper
	bank     bankkeeper.BaseViewKeeper
	staking  validators
	did      didkeeper.Keeper
	resource resourcekeeper.Keeper
	oracle   oraclekeeper.Keeper
	datadeal datadealkeeper.Keeper
	queries  queries
}

func newModules() (*modules, error) {
	encoding, err := app.NewEncoding()
	if err != nil {
		return nil, err
	}
	authtypes.RegisterInterfaces(encoding.Registry)
	vestingtypes.RegisterInterfaces(encoding.Registry)
	icatypes.RegisterInterfaces(encoding.Registry)
	cdc := encoding.Codec
	addresses := address.NewBech32Codec(app.AccountPrefix)
	authority, err := addresses.BytesToString(authtypes.NewModuleAddress(govtypes.ModuleName))
	if err != nil {
		return nil, fmt.Errorf("naming the module of governance: %w", err)
	}
	accounts := authkeeper.NewAccountKeeper(cdc, storeService{authtypes.StoreKey}, authtypes.ProtoBaseAccount, nil,
		addresses, app.AccountPrefix, authority)
	m := &modules{
		accounts: accounts,
		bank:     bankkeeper.NewBaseViewKeeper(cdc, storeService{banktypes.StoreKey}, accounts, log.NewNopLogger()),
		staking:  validators{cdc, storeService{stakingtypes.StoreKey}},
		did:      didkeeper.NewKeeper(cdc, storeService{didtypes.StoreKey}, addresses, authority),
	}
	m.resource = resourcekeeper.NewKeeper(cdc, storeService{resourcetypes.StoreKey}, addresses, m.did, authority)
	m.oracle = oraclekeeper.NewKeeper(cdc, storeService{oracletypes.StoreKey}, addresses, m.staking, noSlashing{}, authority)
	m.datadeal = datadealkeeper.NewKeeper(cdc, storeService{datadealtypes.StoreKey}, addresses, noPayments{m.bank}, accounts, m.oracle, m.did, authority)
	didtypes.RegisterQueryServer(&m.queries, didkeeper.NewQueryServer(m.did))
	resourcetypes.RegisterQueryServer(&m.queries, resourcekeeper.NewQueryServer(m.resource))
	oracletypes.RegisterQueryServer(&m.queries, oraclekeeper.NewQueryServer(m.oracle))
	datadealtypes.RegisterQueryServer(&m.queries, datadealkeeper.NewQueryServer(m.datadeal))
	return m, nil
}
