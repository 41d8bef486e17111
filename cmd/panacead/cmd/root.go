// Package cmd holds the commands of panacead.
package cmd

import (
	"fmt"
	"os"

	"cosmossdk.io/log/v2"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cast"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	clientconfig "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/debug"
	"github.com/cosmos/cosmos-sdk/client/flags"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/client/pruning"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	"github.com/cosmos/cosmos-sdk/client/snapshot"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/medibloc/panacea/app"
	didcli "github.com/medibloc/panacea/x/did/client/cli"
)

// NewRootCmd returns the command panacead with everything below it. Its default home directory is home. Each of prepare
// changes a node's state machine before its state is loaded: a binary that rehearses an upgrade adds that with it.
func NewRootCmd(home string, prepare ...func(*app.App)) (*cobra.Command, error) {
	// A state machine over an empty store knows the modules, and so the commands and encodings; it is never started.
	scratch, err := os.MkdirTemp("", "panacead")
	if err != nil {
		return nil, fmt.Errorf("making a scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	model := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.NewAppOptionsWithFlagHome(scratch))
	encoding := model.Encoding()

	base := client.Context{}.
		WithCodec(encoding.Codec).
		WithInterfaceRegistry(encoding.Registry).
		WithTxConfig(encoding.TxConfig).
		WithLegacyAmino(encoding.Amino).
		WithInput(os.Stdin).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(home).
		WithViper("PANACEAD")

	root := &cobra.Command{
		Use:   "panacead",
		Short: "Panacea: a public chain for health data that patients own",
		Long: `panacead runs a node of the Panacea chain and talks to one.

A network to play with, on this machine:   panacead localnet start
A node of a real network:                  panacead init NAME --chain-id ID, put its genesis.json in place, panacead start
A question:                                panacead query ...      (--output json for machines)
A transaction:                             panacead tx ... --from KEY`,
		SilenceUsage: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(cmd.OutOrStdout())
			cmd.SetErr(cmd.ErrOrStderr())
			ctx, err := client.ReadPersistentCommandFlags(base.WithCmdContext(cmd.Context()), cmd.Flags())
			if err != nil {
				return err
			}
			if ctx, err = clientconfig.ReadFromClientConfig(ctx); err != nil {
				return err
			}
			if err := client.SetCmdClientContextHandler(ctx, cmd); err != nil {
				return err
			}
			return readConfigs(cmd)
		},
	}
	addCommands(root, model, home, creator(prepare))

	options := model.AutoCLIOptions(base)
	node := nodeservice.NewNodeCommands()
	options.ModuleOptions[node.Name()] = node.AutoCLIOptions()
	if err := options.EnhanceRootCommand(root); err != nil {
		return nil, fmt.Errorf("making the modules' commands: %w", err)
	}
	return root, nil
}

// readConfigs reads config.toml and app.toml, writing them first if there are none. Logs go to standard error, so that what
// a command prints (an exported genesis, say) can be piped.
func readConfigs(cmd *cobra.Command) error {
	ctx, err := server.InterceptConfigsAndCreateContext(cmd, appConfigTemplate(), defaultAppConfig(), defaultCometConfig())
	if err != nil {
		return err
	}
	logger, err := server.CreateSDKLogger(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	ctx.Logger = logger.With(log.ModuleKey, "server")
	return server.SetCmdServerContext(cmd, ctx)
}

func addCommands(root *cobra.Command, model *app.App, home string, create creator) {
	basics, encoding := model.BasicModuleManager, model.Encoding()
	server.AddCommandsWithStartCmdOptions(root, home, create.app, create.export, server.StartCmdOptions{})
	root.AddCommand(
		initCmd(basics, home),
		localnetCmd(),
		genutilcli.Commands(encoding.TxConfig, basics, home),
		keys.Commands(),
		didcli.NewDIDKeysCmd(),
		queryCmd(),
		txCmd(),
		debug.Cmd(),
		pruning.Cmd(create.app, home),
		snapshot.Cmd(create.app),
		server.StatusCommand(),
	)
}

func queryCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "query", Aliases: []string{"q"}, Short: "Ask a node",
		DisableFlagParsing: false, SuggestionsMinimumDistance: 2, RunE: client.ValidateCmd,
	}
	cmd.AddCommand(
		rpc.WaitTxCmd(),
		server.QueryBlockCmd(),
		server.QueryBlocksCmd(),
		server.QueryBlockResultsCmd(),
		authcmd.QueryTxsByEventsCmd(),
		authcmd.QueryTxCmd(),
	)
	return cmd
}

func txCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "tx", Short: "Make, sign and send transactions",
		DisableFlagParsing: false, SuggestionsMinimumDistance: 2, RunE: client.ValidateCmd,
	}
	cmd.AddCommand(
		authcmd.GetSignCommand(),
		authcmd.GetSignBatchCommand(),
		authcmd.GetMultiSignCommand(),
		authcmd.GetMultiSignBatchCmd(),
		authcmd.GetValidateSignaturesCommand(),
		authcmd.GetBroadcastCommand(),
		authcmd.GetEncodeCommand(),
		authcmd.GetDecodeCommand(),
		authcmd.GetSimulateCmd(),
	)
	return cmd
}

// creator makes the state machine of a node, prepared by each of its functions before the state is loaded.
type creator []func(*app.App)

func (c creator) prepared(logger log.Logger, db dbm.DB, options servertypes.AppOptions, base ...func(*baseapp.BaseApp)) *app.App {
	prepared := app.New(logger, db, false, options, base...)
	for _, prepare := range c {
		prepare(prepared)
	}
	return prepared
}

// app returns the state machine of a node that runs. It panics if the state cannot be loaded, as the SDK's commands expect.
func (c creator) app(logger log.Logger, db dbm.DB, options servertypes.AppOptions) servertypes.Application {
	if cast.ToString(options.Get(server.FlagBlockExecutor)) == serverconfig.BlockExecutorBlockSTM {
		app.CollectForParallel()
	}
	created := c.prepared(logger, db, options, server.DefaultBaseappOptions(options)...)
	if err := created.LoadLatestVersion(); err != nil {
		panic(fmt.Errorf("loading the state: %w", err))
	}
	return created
}

// export returns the state at a height (-1 for the last one) as a genesis.
func (c creator) export(
	logger log.Logger, db dbm.DB, height int64, forZeroHeight bool, jailAllowed []string,
	options servertypes.AppOptions, modules []string,
) (servertypes.ExportedApp, error) {
	if home, ok := options.Get(flags.FlagHome).(string); !ok || home == "" {
		return servertypes.ExportedApp{}, fmt.Errorf("the home directory is not set: give --home")
	}
	exported := c.prepared(logger, db, options)
	if height == -1 {
		if err := exported.LoadLatestVersion(); err != nil {
			return servertypes.ExportedApp{}, fmt.Errorf("loading the state: %w", err)
		}
	} else if err := exported.LoadHeight(height); err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("loading height %d (it may have been pruned): %w", height, err)
	}
	return exported.ExportAppStateAndValidators(forZeroHeight, jailAllowed, modules)
}
