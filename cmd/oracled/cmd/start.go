package cmd

import (
	"encoding/json"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/oracle/node"
)

func startCmd(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "Serve: validate, approve newcomers, stay attested",
		Long: `Serve until SIGINT or SIGTERM, then let what is being served end.

As soon as everything listens, one line of JSON on standard output says where. Logs go to standard error. It may be started
before the registration is approved, and picks the oracle secret up when it is.`,
		Example: "  ego run oracled start\n  curl http://127.0.0.1:4382/health",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := o.log(cmd)
			if err != nil {
				return err
			}
			// What a crash leaves must not be the memory that secrets are in.
			if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
				return fmt.Errorf("turning core dumps off: %w", err)
			}
			n, err := node.Open(cmd.Context(), o.home, log)
			if err != nil {
				return inUse(err)
			}
			defer n.Close()
			warnSimulated(cmd, n.Enclave().Kind())
			return n.Run(cmd.Context(), func(at node.Addresses) {
				_ = json.NewEncoder(cmd.OutOrStdout()).Encode(at) // nobody may be reading
			})
		},
	}
}
