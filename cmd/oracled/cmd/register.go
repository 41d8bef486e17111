package cmd

import (
	"errors"
	"fmt"

	"cosmossdk.io/math"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/oracle/node"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

type registerFlags struct {
	registration         node.Registration
	rate, most, change   string
	from, backend, dir   string
	printOnly, waitForIt bool
}

func registerCmd(o *options) *cobra.Command {
	f := &registerFlags{}
	d := node.DefaultCommission()
	cmd := &cobra.Command{
		Use:   "register",
		Short: "Ask the chain to take this enclave as your validator's oracle",
		Long: `Ask the chain to take this enclave as your validator's oracle, with fresh evidence of the enclave, and wait until the other
oracles have verified and approved it. The chain's first oracle is approved at once.

The operator's key signs. It need not be on this machine: --print writes the message, which is good for about three hours,
for "panacead tx oracle register FILE --from KEY" elsewhere.

An oracle's next enclave registers in the same way, from a home of its own; the present one goes on until it is approved.`,
		Example: `  ego run oracled register --from operator --keyring-dir ~/.panacea --keyring-backend file
  ego run oracled register --print > registration.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRegister(cmd, o, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "", "name of the operator's key")
	flags.StringVar(&f.backend, "keyring-backend", "os", "keyring of the operator's key: os, file, or test for development")
	flags.StringVar(&f.dir, "keyring-dir", "", "directory of that keyring (default: the home)")
	flags.BoolVar(&f.printOnly, "print", false, "print the message for panacead, and send nothing")
	flags.BoolVar(&f.waitForIt, "wait", true, "wait for the approval")
	flags.StringVar(&f.registration.Endpoint, "endpoint", "", "URL of the API (default: as configured)")
	flags.StringVar(&f.registration.VaultPeer, "vault-peer", "", "where the vault is reached (default: as configured)")
	flags.StringVar(&f.rate, "commission-rate", d.Rate.String(), "share of a datum's price for the oracles' work")
	flags.StringVar(&f.most, "commission-max-rate", d.MaxRate.String(), "the most that it may ever be")
	flags.StringVar(&f.change, "commission-max-change-rate", d.MaxChangeRate.String(), "the most that it may rise in a day")
	return cmd
}

func (f *registerFlags) commission() (stakingtypes.CommissionRates, error) {
	var rates [3]math.LegacyDec
	for i, text := range []string{f.rate, f.most, f.change} {
		rate, err := math.LegacyNewDecFromStr(text)
		if err != nil {
			return stakingtypes.CommissionRates{}, fmt.Errorf("the commission %q is no decimal fraction such as 0.1", text)
		}
		rates[i] = rate
	}
	return stakingtypes.NewCommissionRates(rates[0], rates[1], rates[2]), nil
}

func runRegister(cmd *cobra.Command, o *options, f *registerFlags) error {
	if f.from == "" && !f.printOnly {
		return errors.New("--from is missing: name the operator's key, or take --print and sign elsewhere")
	}
	var err error
	if f.registration.Commission, err = f.commission(); err != nil {
		return err
	}
	h, err := o.openHome(cmd)
	if err != nil {
		return err
	}
	defer h.Close()
	warnSimulated(cmd, h.Enclave().Kind())
	if err := f.send(cmd, o, h); err != nil || f.printOnly {
		return err
	}
	if f.waitForIt {
		progress := func(p node.Progress) {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s at height %d, %d approvals\n", p.State, p.Height, p.Approvals)
		}
		if err := h.AwaitApproval(cmd.Context(), progress); err != nil {
			return err
		}
		return o.print(cmd, map[string]any{"oracle": h.Address().String(), "approved": true}, "approved: `oracled start` serves")
	}
	return o.print(cmd, map[string]any{"oracle": h.Address().String(), "approved": false}, "registered; `oracled status` shows when it is approved")
}

// send registers, unless that is done already.
func (f *registerFlags) send(cmd *cobra.Command, o *options, h *node.Home) error {
	message, err := h.Register(cmd.Context(), f.registration)
	if errors.Is(err, node.ErrRegistered) {
		fmt.Fprintln(cmd.ErrOrStderr(), err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := h.WriteCard(cmd.Context()); err != nil { // node keys may be new
		return err
	}
	if f.printOnly {
		return printMessage(cmd, message)
	}
	dir := f.dir
	if dir == "" {
		dir = o.home
	}
	keys, err := node.OpenKeyring(f.backend, dir)
	if err != nil {
		return err
	}
	height, err := h.SendRegistration(cmd.Context(), message, keys, f.from)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "registered at height %d; the other oracles verify now\n", height)
	return nil
}

func printMessage(cmd *cobra.Command, message *oracletypes.MsgRegisterOracle) error {
	raw, err := codec.NewProtoCodec(types.NewInterfaceRegistry()).MarshalJSON(message)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), string(raw))
	return err
}
