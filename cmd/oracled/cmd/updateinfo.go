package cmd

import (
	"errors"
	"fmt"

	"cosmossdk.io/math"
	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/oracle/node"
)

func updateInfoCmd(o *options) *cobra.Command {
	var endpoint, vaultPeer, commission string
	cmd := &cobra.Command{
		Use:   "update-info",
		Short: "Change what the chain says of this oracle: where it is reached, what it asks for",
		Long: `Change what the chain says of this oracle: where its API and its vault are reached, or its commission rate, which may
change once a day and rise by at most the oracle's own daily change. The node key signs and the sender pays, so the oracle
must not be running meanwhile.

Where it is reached is better changed in the configuration (api.public_url, vault.announce): start tells the chain.`,
		Example: "  ego run oracled update-info --endpoint https://oracle.example.org\n  ego run oracled update-info --commission-rate 0.08",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if endpoint == "" && vaultPeer == "" && commission == "" {
				return errors.New("nothing to change: take --endpoint, --vault-peer or --commission-rate")
			}
			return runUpdateInfo(cmd, o, endpoint, vaultPeer, commission)
		},
	}
	cmd.Flags().StringVar(&endpoint, "endpoint", "", "URL of the API")
	cmd.Flags().StringVar(&vaultPeer, "vault-peer", "", "the vault's DID and multiaddresses, separated by commas")
	cmd.Flags().StringVar(&commission, "commission-rate", "", "the new rate, such as 0.08")
	return cmd
}

func runUpdateInfo(cmd *cobra.Command, o *options, endpoint, vaultPeer, commission string) error {
	var rate math.LegacyDec
	if commission != "" {
		var err error
		if rate, err = math.LegacyNewDecFromStr(commission); err != nil {
			return fmt.Errorf("--commission-rate is %q; it takes a decimal fraction such as 0.08", commission)
		}
	}
	log, err := o.log(cmd)
	if err != nil {
		return err
	}
	n, err := node.Connect(cmd.Context(), o.home, log)
	if err != nil {
		return inUse(err)
	}
	defer n.Close()
	warnSimulated(cmd, n.Enclave().Kind())
	if standing := n.Standing(); !standing.Approved() {
		return fmt.Errorf("this enclave is %s: %s", standing.State, standing.Reason)
	}
	if endpoint != "" || vaultPeer != "" {
		if err := n.UpdateInfo(cmd.Context(), endpoint, vaultPeer); err != nil {
			return err
		}
	}
	if commission != "" {
		if err := n.UpdateCommission(cmd.Context(), rate); err != nil {
			return err
		}
	}
	return o.print(cmd, map[string]any{"oracle": n.Address().String(), "updated": true}, "done")
}
