package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/medibloc/panacea/app"
)

// initCmd is the SDK's init with Panacea's consensus parameters in the genesis that it writes.
func initCmd(basics module.BasicManager, home string) *cobra.Command {
	cmd := genutilcli.InitCmd(basics, home)
	cmd.Long = `Write the configuration, keys and a first genesis of a node.

To join a network that exists, replace config/genesis.json by that network's and name its peers in config/config.toml.
To found one: panacead genesis add-genesis-account, panacead genesis gentx, panacead genesis collect-gentxs.`
	cmd.Example = "  panacead init my-node --chain-id panacea-4"
	write := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := write(cmd, args); err != nil {
			return err
		}
		file := server.GetServerContextFromCmd(cmd).Config.GenesisFile()
		genesis, err := genutiltypes.AppGenesisFromFile(file)
		if err != nil {
			return fmt.Errorf("reading the genesis just written: %w", err)
		}
		keyTypes := genesis.Consensus.Params.Validator
		genesis.Consensus.Params = app.DefaultConsensusParams()
		genesis.Consensus.Params.Validator = keyTypes
		return genutil.ExportGenesisFile(genesis, file)
	}
	return cmd
}
