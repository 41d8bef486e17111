package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client/flags"

	"github.com/medibloc/panacea/app/localnet"
)

// startTimeout bounds how long a local network may take to its first block.
const startTimeout = 2 * time.Minute

func localnetCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "localnet",
		Short: "Run a whole network on this machine, to play with",
	}
	cmd.AddCommand(localnetStartCmd())
	return cmd
}

func localnetStartCmd() *cobra.Command {
	config := localnet.DefaultConfig("")
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start a network of real nodes, and continue it if it exists",
		Long: `Start a network of N validators, each a process of its own, with funded keys alice, bob and carol in the test keyring.

As soon as blocks flow one line of JSON says where everything listens; Ctrl-C stops all nodes cleanly. Starting again with the
same --home continues the same chain. Logs are in node0/node.log and so on below the home.

The keys are not protected, and the parameters are made for impatient people (proposals are decided in 20 seconds): not for
anything of value.`,
		Example: `  panacead localnet start --validators 4 --home /tmp/net
  panacead --home /tmp/net query bank balances $(panacead --home /tmp/net keys show alice -a)
  panacead --home /tmp/net tx bank send alice bob 1000000umed --fees 1000000umed --from alice`,
		Args: cobra.NoArgs,
		// The home is the network's, not a node's: no configuration files are read or written there.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runLocalnet(cmd, config)
		},
	}
	cmd.Flags().IntVar(&config.Validators, "validators", config.Validators, "validators of a new network")
	cmd.Flags().StringVar(&config.ChainID, flags.FlagChainID, config.ChainID, "chain id of a new network")
	cmd.Flags().IntVar(&config.BasePort, "base-port", 0, "first of six ports a node (0: free ports)")
	cmd.Flags().DurationVar(&config.BlockTime, "block-time", config.BlockTime, "time between blocks, about")
	cmd.Flags().StringSliceVar(&config.StartArgs, "start-arg", nil, "argument added to each node's start, such as --block-executor=block-stm")
	return cmd
}

func runLocalnet(cmd *cobra.Command, config localnet.Config) error {
	home, err := cmd.Flags().GetString(flags.FlagHome)
	if err != nil {
		return err
	}
	if !cmd.Flags().Changed(flags.FlagHome) {
		home = filepath.Join(home, "localnet")
	}
	if config.Home, err = filepath.Abs(home); err != nil {
		return fmt.Errorf("finding the network's home: %w", err)
	}
	if config.Binary, err = os.Executable(); err != nil {
		return fmt.Errorf("finding the panacead binary: %w", err)
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Fprintf(cmd.ErrOrStderr(), "starting the network in %s; Ctrl-C stops it\n", config.Home)

	starting, cancel := context.WithTimeout(ctx, startTimeout)
	network, err := localnet.Start(starting, config)
	cancel()
	if err != nil {
		if ctx.Err() != nil {
			return nil // interrupted while starting
		}
		return err
	}
	line, err := json.Marshal(network)
	if err != nil {
		return errors.Join(err, network.Stop())
	}
	fmt.Fprintln(cmd.OutOrStdout(), string(line))
	<-ctx.Done()
	fmt.Fprintln(cmd.ErrOrStderr(), "stopping")
	return network.Stop()
}
