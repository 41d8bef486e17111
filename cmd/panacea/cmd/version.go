package cmd

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/version"
)

func newVersion(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show which version this is", Args: cobra.NoArgs,
		Example: `  panacea version --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			v := version.Version
			if v == "" {
				v = "dev"
			}
			return g.print(c, map[string]any{"version": v, "commit": version.Commit, "go": runtime.Version()}, func(w io.Writer) {
				fmt.Fprintf(w, "panacea %s (%s)\n", v, runtime.Version())
			})
		},
	}
}
