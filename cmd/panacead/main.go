// Command panacead is a node of the Panacea chain, and the command line of everything on the chain.
package main

import (
	"fmt"
	"os"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/cmd/panacead/cmd"
)

func main() {
	app.ConfigureSDK()
	home, err := app.DefaultHome()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	root, err := cmd.NewRootCmd(home)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := svrcmd.Execute(root, "PANACEAD", home); err != nil {
		os.Exit(1)
	}
}
