// Package cmd holds the commands of oracled.
package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/node"
	"github.com/medibloc/panacea/oracle/state"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/vault/embedded"
)

// options are the flags that all commands have.
type options struct {
	home   string
	output string
}

// Execute runs oracled with arguments and returns its exit code.
func Execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCmd()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(stderr, "oracled:", err)
		if advice := advise(err); advice != "" {
			fmt.Fprintln(stderr, advice)
		}
		return 1
	}
	return 0
}

func newRootCmd() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "oracled",
		Short: "A confidential oracle: validates health data inside an enclave, and vouches for it",
		Long: `oracled validates data inside a trusted execution environment, vouches for it, and forgets it.

  1. oracled init ...                an enclave with its keys, for your validator on a chain
  2. oracled register --from KEY     ask the chain, with the operator's key; the other oracles verify and approve
  3. oracled start                   serve
     oracled status                  how it stands, at any time

The chain's first oracle makes the secret that all oracles share: run "oracled genesis-key" before step 2.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if o.output != "text" && o.output != "json" {
				return fmt.Errorf("--output is %q; it takes text or json", o.output)
			}
			return nil
		},
	}
	home := ".oracled"
	if dir, err := os.UserHomeDir(); err == nil {
		home = filepath.Join(dir, home)
	}
	root.PersistentFlags().StringVar(&o.home, "home", home, "directory of the oracle")
	root.PersistentFlags().StringVarP(&o.output, "output", "o", "text", "what is printed: text, or json for machines")
	root.AddCommand(initCmd(o), genesisKeyCmd(o), registerCmd(o), startCmd(o), statusCmd(o), updateInfoCmd(o), verifyEvidenceCmd(o), versionCmd(o))
	return root
}

// advise says what to do about an error that does not say so itself.
func advise(err error) string {
	switch {
	case errors.Is(err, light.ErrTrustExpired):
		return "The oracle was off for longer than chain.trusting_period. Make a new one (another --home) with a block that you have compared, and register it."
	case errors.Is(err, light.ErrDivergence):
		return "The chain may be under attack, or chain.nodes names nodes of another chain. Compare block hashes with other operators before you go on."
	case errors.Is(err, tee.ErrUnseal):
		return "This home was made by another build of oracled, or on another machine. Run that build there; an upgrade is a new home that is registered beside."
	case errors.Is(err, state.ErrTampered):
		return "If the disk is sound, somebody changed files below the home."
	case errors.Is(err, embedded.ErrNoSpace):
		return "Free some disk space: objects that are not needed any more are dropped by themselves, see vault.clean_interval."
	}
	return ""
}

// print prints a value as JSON, or as text.
func (o *options) print(cmd *cobra.Command, value any, text string) error {
	if o.output == "json" {
		raw, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return err
		}
		text = string(raw)
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(text, "\n"))
	return err
}

// logger logs to standard error. Before a configuration is read, c is the default one.
func logger(cmd *cobra.Command, c node.LogConfig) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, fmt.Errorf("log.level is %q; it takes debug, info, warn or error", c.Level)
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), options)), nil
	}
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), options)), nil
}

// openHome opens the oracle's home with its log.
func (o *options) openHome(cmd *cobra.Command) (*node.Home, error) {
	log, err := o.log(cmd)
	if err != nil {
		return nil, err
	}
	home, err := node.OpenHome(cmd.Context(), o.home, log)
	return home, inUse(err)
}

func (o *options) log(cmd *cobra.Command) (*slog.Logger, error) {
	c, err := node.ReadConfig(o.home)
	if err != nil {
		return nil, err
	}
	return logger(cmd, c.Log)
}

// inUse explains the error of a home that another process has open.
func inUse(err error) error {
	if errors.Is(err, embedded.ErrInUse) {
		return fmt.Errorf("%w: another oracled has this home open: stop it first, or ask it with `oracled status`", err)
	}
	return err
}

// warnSimulated says, where a person sees it, that nothing is protected.
func warnSimulated(cmd *cobra.Command, kind tee.Kind) {
	if kind == tee.KindSimulated {
		fmt.Fprintln(cmd.ErrOrStderr(), "SIMULATED ENCLAVE: nothing here is protected. For development only.")
	}
}

type table [][2]string

// String lines names and values up.
func (t table) String() string {
	width := 0
	for _, row := range t {
		width = max(width, len(row[0]))
	}
	var b strings.Builder
	for _, row := range t {
		if row[1] != "" {
			fmt.Fprintf(&b, "%-*s  %s\n", width, row[0], row[1])
		}
	}
	return b.String()
}
