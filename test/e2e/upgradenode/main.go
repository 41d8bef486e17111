// Command upgradenode is panacead with one upgrade more: to a running chain, what the next release looks like. The tests
// let governance schedule the upgrade, and replace panacead by it when the nodes have stopped.
package main

import (
	"fmt"
	"os"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/cmd/panacead/cmd"
)

// rehearsal is the name of the upgrade, and of the store that comes with it.
const rehearsal = "rehearsal"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	app.ConfigureSDK()
	home, err := app.DefaultHome()
	if err != nil {
		return err
	}
	root, err := cmd.NewRootCmd(home, addUpgrade)
	if err != nil {
		return err
	}
	return svrcmd.Execute(root, "PANACEAD", home)
}

func addUpgrade(chain *app.App) {
	chain.MountKVStores(storetypes.NewKVStoreKeys(rehearsal))
	chain.RegisterUpgrade(app.Upgrade{
		Name:   rehearsal,
		Stores: storetypes.StoreUpgrades{Added: []string{rehearsal}},
	})
}
