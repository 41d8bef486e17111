// Package cli holds the commands of x/datadeal that read files: a deal as a consumer writes it, and a certificate as oracles signed
// it.
package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// maxFileSize bounds what is read from a file, in bytes.
const maxFileSize = 4 << 20

// Flags of the answers to a deal's terms.
const (
	flagAgree   = "agree"
	flagDecline = "decline"
)

// NewTxCmd returns the transactions that are not generated.
func NewTxCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        types.ModuleName,
		Short:                      "Make deals for health data, and sell data to them",
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newCreateCmd(), newConsentCmd())
	return cmd
}

func newCreateCmd() *cobra.Command {
	return fileCmd(&cobra.Command{
		Use:   "create FILE",
		Short: "Ask for data, and put the budget into escrow",
		Long: `Ask for data, and put the budget into escrow.

FILE is JSON with these members; use - for standard input.

  consumer_did             the DID whose vault may fetch the data; it must be on the chain
  consumer_key             the HPKE public key that content keys are sealed to, in base64
  budget                   such as 300000000umed; a multiple of data_count
  data_count               how many data are wanted; each costs budget / data_count
  expires_at               such as 2027-01-31T00:00:00Z; what is left goes back then
  media_type               of the data; application/json if it is left out
  schemas                  JSON Schemas that a datum must satisfy: digest (SHA-256 in hexadecimal), and url where people find it
  presentation_definition  DIF Presentation Exchange definition that a datum must answer
  trusted_issuers          DIDs whose credentials are accepted; any if it is left out
  terms                    what providers are asked to agree to: id (ascending from 1), required, title, text
  uniqueness               content (default), credential or subject: what is bought only once
  quorum                   share of oracle power that must vouch for a datum, such as 2/3; the chain's minimum if it is left out`,
		Example: `  cat > deal.json <<'JSON'
  {
    "consumer_did": "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm",
    "consumer_key": "ACBQ2FjgmF7Mf2BBiq8MxatYf0LCVwqIQJWp6Mys0PZUXA==",
    "budget": "300000000umed",
    "data_count": 3,
    "expires_at": "2027-01-31T00:00:00Z",
    "schemas": [{"digest": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "url": "https://schemas.example/patient.json"}],
    "terms": [{"id": 1, "required": true, "title": "Research", "text": "The data serve research only."}],
    "quorum": "2/3"
  }
  JSON
  panacead tx datadeal create deal.json --from consumer`,
	}, func(_ *cobra.Command, ctx client.Context, raw []byte) (sdk.Msg, error) {
		return parseDeal(ctx.GetFromAddress(), raw)
	})
}

func newConsentCmd() *cobra.Command {
	cmd := fileCmd(&cobra.Command{
		Use:   "consent FILE",
		Short: "Sell a datum for which oracles vouch",
		Long: `Sell a datum for which oracles vouch, and be paid for it in the same block.

FILE is JSON with the members certificate and signatures, as oracles return them: certificate as panacea.oracle.v1.Certificate, and
signatures with the members oracle and signature, in any order. The certificate's provider must be the account that signs. Every term
of the deal needs an answer by --agree or --decline. Use - for standard input.`,
		Example: `  cat > certificate.json <<'JSON'
  {
    "certificate": {
      "chain_id": "panacea-3", "deal_id": "7d1f0c0de0b3a9b8c6f8d2f0a1b2c3d4", "provider": "panacea1…", "data_commitment": "X3C/GKCGAHAW6UiwSu07ghA6Nr6kF1W2zd+vEKzjxu8=",
      "object_cid": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", "object_size": "1066", "uniqueness_tag": "LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=",
      "last_height": "120345"
    },
    "signatures": [{"oracle": "panacea1…", "signature": "…"}, {"oracle": "panacea1…", "signature": "…"}]
  }
  JSON
  panacead query datadeal deal 7d1f0c0de0b3a9b8c6f8d2f0a1b2c3d4    # read its terms first
  panacead tx datadeal consent certificate.json --agree 1,2 --decline 3 --from provider`,
	}, parseConsent)
	cmd.Flags().UintSlice(flagAgree, nil, "ids of the deal's terms that you agree to")
	cmd.Flags().UintSlice(flagDecline, nil, "ids of the deal's terms that you do not agree to")
	return cmd
}

// parseConsent reads a certificate with its signatures, and joins the answers of the flags.
func parseConsent(cmd *cobra.Command, ctx client.Context, raw []byte) (sdk.Msg, error) {
	msg := &types.MsgSubmitConsent{}
	if err := ctx.Codec.UnmarshalJSON(raw, msg); err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	from := ctx.GetFromAddress().String()
	if msg.Certificate.Provider != from {
		return nil, fmt.Errorf("the certificate is for provider %s; sign with that account, not with %s", msg.Certificate.Provider, from)
	}
	if len(msg.Answers) > 0 {
		return nil, errors.New("answers come from --agree and --decline, not from the file")
	}
	msg.Provider = from
	sort.Slice(msg.Signatures, func(i, j int) bool { return msg.Signatures[i].Oracle < msg.Signatures[j].Oracle })
	for _, flag := range []struct {
		name   string
		agreed bool
	}{{flagAgree, true}, {flagDecline, false}} {
		ids, err := cmd.Flags().GetUintSlice(flag.name)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if id == 0 || id > 1<<32-1 {
				return nil, fmt.Errorf("--%s: there is no term %d", flag.name, id)
			}
			msg.Answers = append(msg.Answers, types.TermAnswer{TermId: uint32(id), Agreed: flag.agreed})
		}
	}
	return msg, nil
}

// fileCmd completes a command that makes a message of a file and sends it.
func fileCmd(cmd *cobra.Command, message func(cmd *cobra.Command, ctx client.Context, raw []byte) (sdk.Msg, error)) *cobra.Command {
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
		msg, err := message(cmd, ctx, raw)
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
