// Package cli holds the commands of x/oracle that read files: what an enclave has made, and what Intel has signed.
package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/x/oracle/types"
)

// maxFileSize bounds what is read from a file, in bytes; collateral in JSON is about three times its canonical form.
const maxFileSize = 1 << 20

// NewTxCmd returns the transactions that are not generated.
func NewTxCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        types.ModuleName,
		Short:                      "Register and approve oracles, bring collateral, report misbehaviour",
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newRegisterCmd(), newRelayCmd(), newSubmitCollateralCmd(), newReportCmd())
	return cmd
}

func newRegisterCmd() *cobra.Command {
	return fileCmd(&cobra.Command{
		Use:   "register FILE",
		Short: "Register the enclave of your validator as an oracle",
		Long: `Register the enclave of your validator as an oracle.

FILE is the registration that oracled has made in its enclave, as JSON: the message panacea.oracle.v1.MsgRegisterOracle with
its keys, evidence and trusted block. The operator in it must be the account that signs; a trusted block is good for about
three hours. Use - for standard input.`,
		Example: "  oracled register --print > registration.json\n  panacead tx oracle register registration.json --from operator",
	}, func(ctx client.Context, raw []byte) (sdk.Msg, error) {
		msg := &types.MsgRegisterOracle{}
		if err := ctx.Codec.UnmarshalJSON(raw, msg); err != nil {
			return nil, fmt.Errorf("reading the registration: %w", err)
		}
		if from := ctx.GetFromAddress().String(); msg.Operator != from {
			return nil, fmt.Errorf("the registration is for operator %s; sign with that account, not with %s", msg.Operator, from)
		}
		return msg, nil
	})
}

func newRelayCmd() *cobra.Command {
	return fileCmd(&cobra.Command{
		Use:   "relay FILE",
		Short: "Send a message that an oracle's node key has signed, and pay for it",
		Long: `Send a message that an oracle's node key has signed, and pay for it.

FILE is the message as JSON with its type in "@type": an approval, a renewal, or a change of endpoint or commission. Whoever
sends it becomes its sender, which the node key does not sign. Use - for standard input.`,
		Example: "  panacead tx oracle relay renewal.json --from anyone",
	}, func(ctx client.Context, raw []byte) (sdk.Msg, error) {
		var msg sdk.Msg
		if err := ctx.Codec.UnmarshalInterfaceJSON(raw, &msg); err != nil {
			return nil, fmt.Errorf("reading the message: %w", err)
		}
		from := ctx.GetFromAddress().String()
		switch m := msg.(type) {
		case *types.MsgApproveOracle:
			m.Sender = from
		case *types.MsgRenewAttestation:
			m.Sender = from
		case *types.MsgUpdateOracleInfo:
			m.Sender = from
		case *types.MsgUpdateOracleCommission:
			m.Sender = from
		default:
			return nil, fmt.Errorf("%s is no message that a node key signs", sdk.MsgTypeURL(msg))
		}
		return msg, nil
	})
}

func newSubmitCollateralCmd() *cobra.Command {
	return fileCmd(&cobra.Command{
		Use:   "submit-collateral FILE",
		Short: "Bring newer collateral, signed by Intel",
		Long: `Bring newer collateral, signed by Intel: TCB info, QE identity and both revocation lists of one platform.

FILE is JSON in the form in which clients of a PCCS keep it, with the members pck_crl_issuer_chain, root_ca_crl, pck_crl,
tcb_info_issuer_chain, tcb_info, tcb_info_signature, qe_identity_issuer_chain, qe_identity and qe_identity_signature. The
chain takes whichever parts are newer than its own. Use - for standard input.`,
		Example: "  panacead tx oracle submit-collateral collateral.json --from anyone",
	}, func(ctx client.Context, raw []byte) (sdk.Msg, error) {
		collateral, err := dcap.ParseCollateral(raw)
		if err != nil {
			return nil, fmt.Errorf("reading the collateral: %w", err)
		}
		return &types.MsgSubmitCollateral{Sender: ctx.GetFromAddress().String(), Collateral: collateral.Marshal()}, nil
	})
}

func newReportCmd() *cobra.Command {
	return fileCmd(&cobra.Command{
		Use:   "report-contradiction FILE",
		Short: "Report an oracle that signed two contradictory certificates",
		Long: `Report an oracle that signed two contradictory certificates: of one deal and data commitment, with another provider, object
or uniqueness tag. Its validator is slashed and jailed, and the oracle ends.

FILE is JSON with the members node_signing_key, first, first_signature, second and second_signature, keys and signatures in
base64, certificates as panacea.oracle.v1.Certificate. Use - for standard input.`,
		Example: "  panacead tx oracle report-contradiction contradiction.json --from anyone",
	}, func(ctx client.Context, raw []byte) (sdk.Msg, error) {
		var read types.Contradiction
		if err := ctx.Codec.UnmarshalJSON(raw, &read); err != nil {
			return nil, fmt.Errorf("reading the evidence: %w", err)
		}
		ordered := types.NewContradiction(read.NodeSigningKey, read.First, read.FirstSignature, read.Second, read.SecondSignature)
		if err := ordered.ValidateBasic(); err != nil {
			return nil, err
		}
		if err := ordered.VerifySignatures(); err != nil {
			return nil, err
		}
		return evidencetypes.NewMsgSubmitEvidence(ctx.GetFromAddress(), ordered)
	})
}

// fileCmd completes a command that makes a message of a file and sends it.
func fileCmd(cmd *cobra.Command, message func(ctx client.Context, raw []byte) (sdk.Msg, error)) *cobra.Command {
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, err := client.GetClientTxContext(cmd)
		if err != nil {
			return err
		}
		raw, err := readFile(cmd.InOrStdin(), args[0])
		if err != nil {
			return err
		}
		msg, err := message(ctx, raw)
		if err != nil {
			return err
		}
		if checked, ok := msg.(sdk.HasValidateBasic); ok {
			if err := checked.ValidateBasic(); err != nil {
				return err
			}
		}
		return tx.GenerateOrBroadcastTxCLI(ctx, cmd.Flags(), msg)
	}
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}

// readFile reads a JSON file of bounded size, or standard input for "-".
func readFile(stdin io.Reader, name string) ([]byte, error) {
	from := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close() //nolint:errcheck // it is only read
		from = file
	}
	raw, err := io.ReadAll(io.LimitReader(from, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(raw) > maxFileSize {
		return nil, fmt.Errorf("%s has more than %d bytes", name, maxFileSize)
	}
	if !json.Valid(raw) {
		return nil, fmt.Errorf("%s is not JSON", name)
	}
	return raw, nil
}
