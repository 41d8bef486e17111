package cmd

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/oracle/node"
)

func versionCmd(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Which oracled this is",
		Long:    "Which oracled this is. What runs inside an enclave is named by its measurement: `oracled status` shows it.",
		Example: "  oracled version --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := map[string]string{"version": node.Version(), "go": runtime.Version()}
			return o.print(cmd, v, "oracled "+v["version"]+" ("+v["go"]+")")
		},
	}
}
