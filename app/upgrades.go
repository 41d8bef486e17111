package app

import (
	"context"
	"fmt"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// Upgrade is a version of this software that governance can schedule by name. At the height of the plan every node
// stops, cosmovisor (or the operator) puts in the binary that knows the name, and that binary migrates the state.
type Upgrade struct {
	// Name is the plan's.
	Name string
	// Stores lists the stores that come, go and change their name with it.
	Stores storetypes.StoreUpgrades
}

// upgrades returns the upgrades that this binary knows how to carry out, oldest first.
func upgrades() []Upgrade {
	return []Upgrade{
		{Name: "v3"},
	}
}

// RegisterUpgrade installs the handler of an upgrade, and prepares the stores if this start is the first after its height.
// It does nothing to a state that is already loaded.
func (app *App) RegisterUpgrade(up Upgrade) {
	pending, err := app.UpgradeKeeper.ReadUpgradeInfoFromDisk()
	must(err)
	app.UpgradeKeeper.SetUpgradeHandler(up.Name, app.migrate)
	if pending.Name == up.Name && !app.UpgradeKeeper.IsSkipHeight(pending.Height) {
		app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(pending.Height, &up.Stores))
	}
}

// migrate runs the migration of every module whose consensus version grew, and the genesis of every new module.
func (app *App) migrate(ctx context.Context, plan upgradetypes.Plan, from module.VersionMap) (module.VersionMap, error) {
	to, err := app.ModuleManager.RunMigrations(ctx, app.configurator, from)
	if err != nil {
		return nil, fmt.Errorf("migrating to %s: %w", plan.Name, err)
	}
	return to, nil
}
