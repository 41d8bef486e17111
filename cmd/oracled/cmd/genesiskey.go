package cmd

import (
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"
)

func genesisKeyCmd(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "genesis-key",
		Short: "Make the oracle secret, for the chain's first oracle only",
		Long: `Make the oracle secret inside the enclave, for the chain's first oracle only.

All oracles share this secret; it never leaves their enclaves. The registration that follows brings its public half to the
chain, where providers find it. Run again, it makes no other secret. If another oracle is first after all, this one is
never used.

Back up nothing: what is sealed opens on this machine only. Until a second oracle is approved, this machine is the only one
that has the secret, so let others join before data are sold.`,
		Example: "  ego run oracled genesis-key\n  ego run oracled register --from operator",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := o.openHome(cmd)
			if err != nil {
				return err
			}
			defer h.Close()
			warnSimulated(cmd, h.Enclave().Kind())
			key, err := h.GenesisKey(cmd.Context())
			if err != nil {
				return err
			}
			if err := h.WriteCard(cmd.Context()); err != nil {
				return err
			}
			public := hex.EncodeToString(key)
			return o.print(cmd, map[string]string{"oracle_public_key": public},
				fmt.Sprintf("oracle public key  %s\n\nNext: `oracled register --from OPERATOR`.", public))
		},
	}
}
