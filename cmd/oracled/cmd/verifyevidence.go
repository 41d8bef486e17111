package cmd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/node"
	"github.com/medibloc/panacea/tee"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

type verifyFlags struct {
	chainID       string
	nodes         []string
	trustedHeight int64
	trustedHash   string
	registration  bool
}

func verifyEvidenceCmd(o *options) *cobra.Command {
	f := &verifyFlags{}
	cmd := &cobra.Command{
		Use:   "verify-evidence ORACLE_ADDRESS",
		Short: "Verify any oracle's enclave, as the chain did",
		Long: `Verify the enclave of any registered oracle once more: its evidence against the chain's measurements, parameters and
collateral, all of it proven by a light client. Anyone can, without an enclave.

In an oracle's home the home's chain and trusted block are used. Elsewhere name them; without a trusted block the newest that
the first node shows is trusted, and printed to be compared.

The exit code is 0 only if everything holds.`,
		Example: `  oracled verify-evidence panacea1...
  oracled verify-evidence panacea1... --chain-id panacea-3 --node https://rpc.example.org:443 --trusted-height 123 --trusted-hash 9F3A...`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runVerifyEvidence(cmd, o, f, args[0]) },
	}
	cmd.Flags().StringVar(&f.chainID, "chain-id", "", "the chain (default: the home's)")
	cmd.Flags().StringSliceVar(&f.nodes, "node", nil, "RPC address of a node; several times for several (default: the home's)")
	cmd.Flags().Int64Var(&f.trustedHeight, "trusted-height", 0, "height of a block to trust")
	cmd.Flags().StringVar(&f.trustedHash, "trusted-hash", "", "its hash, in hexadecimal")
	cmd.Flags().BoolVar(&f.registration, "registration", false, "verify the registration that waits for approval")
	return cmd
}

// verdict is what verify-evidence prints.
type verdict struct {
	Oracle        string    `json:"oracle"`
	ChainID       string    `json:"chain_id"`
	Height        int64     `json:"height"`
	Enclave       string    `json:"enclave"`
	Simulated     bool      `json:"simulated"`
	Measurement   string    `json:"measurement"`
	Version       string    `json:"version,omitempty"`
	SVN           uint16    `json:"svn"`
	Signer        string    `json:"signer,omitempty"`
	TCBStatus     string    `json:"tcb_status,omitempty"`
	Advisories    []string  `json:"advisories,omitempty"`
	Platform      string    `json:"platform,omitempty"`
	TrustedHeight int64     `json:"trusted_height"`
	AttestedAt    time.Time `json:"attested_at"`
	ExpiresAt     time.Time `json:"expires_at"`
	Holds         bool      `json:"holds"`
	Problem       string    `json:"problem,omitempty"`
}

func runVerifyEvidence(cmd *cobra.Command, o *options, f *verifyFlags, text string) error {
	address, err := sdk.AccAddressFromBech32(text)
	if err != nil {
		return fmt.Errorf("%q is no oracle's address: %w", text, err)
	}
	client, err := f.observe(cmd, o)
	if err != nil {
		return err
	}
	s, err := client.Latest(cmd.Context())
	if err != nil {
		return err
	}
	read := s.Oracle
	if f.registration {
		read = s.Registration
	}
	oracle, err := read(cmd.Context(), address)
	if errors.Is(err, oracletypes.ErrOracleNotFound) && f.registration {
		return fmt.Errorf("no registration waits at %s on chain %s", text, s.Header().ChainID)
	}
	if errors.Is(err, oracletypes.ErrOracleNotFound) {
		return fmt.Errorf("%s is no approved oracle of chain %s: one that waits for approval is verified with --registration", text, s.Header().ChainID)
	}
	if err != nil {
		return err
	}
	judgement, problem := node.VerifyEvidence(cmd.Context(), client, s, oracle)
	if problem != nil && !errors.Is(problem, node.ErrEvidence) {
		return problem
	}
	v := newVerdict(oracle, judgement, problem, s)
	if measurement, found, err := s.Measurement(cmd.Context(), oracle.Attestation.Measurement); err == nil && found {
		v.Version = measurement.Name
	}
	if err := o.print(cmd, v, v.text()); err != nil {
		return err
	}
	return problem
}

// observe starts a light client from the home, or from the flags.
func (f *verifyFlags) observe(cmd *cobra.Command, o *options) (*light.Client, error) {
	if (f.chainID == "") != (len(f.nodes) == 0) {
		return nil, errors.New("--chain-id and --node go together; without both, the home's are used")
	}
	if (f.trustedHeight == 0) != (f.trustedHash == "") {
		return nil, errTrustedFlags
	}
	period := node.DefaultConfig().Chain.TrustingPeriod
	height, hash := f.trustedHeight, f.trustedHash
	if f.chainID == "" {
		c, err := node.ReadConfig(o.home)
		if err != nil {
			return nil, fmt.Errorf("%w; or name a chain with --chain-id and --node", err)
		}
		f.chainID, f.nodes, period = c.Chain.ID, c.Chain.Nodes, c.Chain.TrustingPeriod
		if card, err := node.ReadCard(o.home); err == nil && hash == "" {
			height, hash = card.TrustedHeight, card.TrustedHash
		}
	}
	trusted, err := trustedBlock(cmd, f.chainID, f.nodes, height, hash)
	if err != nil {
		return nil, err
	}
	if hash == "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "trusting block %d %X of %s, as the node shows it: compare it, or give --trusted-height and --trusted-hash\n",
			trusted.Height, trusted.Hash, f.chainID)
	}
	return node.Observe(cmd.Context(), f.chainID, f.nodes, trusted, time.Duration(period))
}

func newVerdict(o oracletypes.Oracle, j node.Judgement, problem error, s *light.Snapshot) verdict {
	v := verdict{
		Oracle: o.Address, ChainID: s.Header().ChainID, Height: s.Height(), Enclave: tee.KindSGX.String(), Simulated: o.Attestation.Simulated,
		Measurement: hex.EncodeToString(o.Attestation.Measurement), SVN: uint16(o.Attestation.Svn), Platform: j.Platform.TcbInfo,
		TrustedHeight: o.Attestation.TrustedBlock.Height, AttestedAt: o.Attestation.AttestedAt, ExpiresAt: o.Attestation.ExpiresAt, Holds: problem == nil,
	}
	if v.Simulated {
		v.Enclave = tee.KindSimulated.String()
	}
	if problem != nil {
		v.Problem = problem.Error()
		return v
	}
	if j.Report.Signer != ([32]byte{}) {
		v.Signer = hex.EncodeToString(j.Report.Signer[:])
	}
	if !v.Simulated {
		v.TCBStatus, v.Advisories = j.Report.TCBStatus.String(), j.Report.AdvisoryIDs
	}
	return v
}

func (v verdict) text() string {
	holds := "yes: this code runs in that enclave, and its keys live there"
	if v.Simulated {
		holds = "yes, but the enclave is simulated: this proves nothing"
	}
	if !v.Holds {
		holds = "NO: " + v.Problem
	}
	return table{
		{"oracle", v.Oracle}, {"chain", fmt.Sprintf("%s at height %d", v.ChainID, v.Height)}, {"enclave", v.Enclave}, {"measurement", v.Measurement},
		{"version", v.Version}, {"signer", v.Signer}, {"security version", fmt.Sprint(v.SVN)}, {"platform", v.Platform}, {"TCB status", v.TCBStatus},
		{"advisories", strings.Join(v.Advisories, ", ")}, {"not before block", fmt.Sprint(v.TrustedHeight)},
		{"attested", v.AttestedAt.Format(time.RFC3339)}, {"until", v.ExpiresAt.Format(time.RFC3339)}, {"holds", holds},
	}.String()
}
