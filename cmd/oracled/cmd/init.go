package cmd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/node"
)

type initFlags struct {
	config        node.Config
	trustedHeight int64
	trustedHash   string
}

func initCmd(o *options) *cobra.Command {
	f := &initFlags{config: node.DefaultConfig()}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make an oracle: its enclave's keys, sealed, and its configuration",
		Long: `Make an oracle in a new --home: node keys and vault key, born in the enclave and sealed to it, a configuration file with
every setting explained, and an account that will pay for the enclave's transactions.

The light client starts from a block that you trust. Without --trusted-height and --trusted-hash it is the newest that the
first node shows, and it is printed: compare its hash with what others see before you register. (The chain compares too,
when you register.)`,
		Example: `  ego run oracled init --chain-id panacea-3 --operator panacea1... \
      --node http://127.0.0.1:26657 --node https://rpc.example.org:443
  oracled init --home /tmp/oracle --enclave simulated --keyring-backend test --chain-id panacea-local --operator panacea1... --node http://127.0.0.1:26657`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runInit(cmd, o, f) },
	}
	c := &f.config
	flags := cmd.Flags()
	flags.StringVar(&c.Chain.ID, "chain-id", "", "the chain")
	flags.StringVar(&c.Oracle.Operator, "operator", "", "account of the operator of the validator that the oracle belongs to")
	flags.StringSliceVar(&c.Chain.Nodes, "node", c.Chain.Nodes, "RPC address of a node; several times for several")
	flags.Int64Var(&f.trustedHeight, "trusted-height", 0, "height of the block to trust")
	flags.StringVar(&f.trustedHash, "trusted-hash", "", "its hash, in hexadecimal")
	flags.StringVar(&c.Enclave.Type, "enclave", c.Enclave.Type, "sgx, or simulated for development")
	flags.StringVar(&c.Enclave.Build, "build", c.Enclave.Build, "the build that a simulated enclave pretends to be")
	flags.StringVar(&c.Sender.KeyringBackend, "keyring-backend", c.Sender.KeyringBackend, "keyring of the account that pays: os, file, or test for development")
	flags.StringVar(&c.Sender.KeyringDir, "keyring-dir", "", "directory of that keyring (default: the home)")
	flags.StringVar(&c.Sender.Key, "sender", c.Sender.Key, "name of the account's key; made if there is none")
	flags.StringVar(&c.API.Listen, "api-listen", c.API.Listen, "address that providers and consumers reach; port 0 takes a free one")
	flags.StringVar(&c.API.PublicURL, "public-url", "", "what the chain says of where the API is (default: the address that it listens on)")
	flags.StringVar(&c.Metrics.Listen, "metrics-listen", c.Metrics.Listen, "address of metrics and health; port 0 takes a free one")
	flags.StringSliceVar(&c.Vault.Listen, "vault-listen", c.Vault.Listen, "multiaddress that the vault listens on; several times for several")
	flags.StringSliceVar(&c.Vault.Announce, "vault-announce", nil, "multiaddress to tell others instead")
	flags.StringVar(&c.Collateral.PCCS, "pccs", c.Collateral.PCCS, "PCCS that Intel's collateral is fetched from")
	flags.DurationVar((*time.Duration)(&c.Chain.PollInterval), "poll-interval", time.Duration(c.Chain.PollInterval), "how often the chain is looked at")
	return cmd
}

// initialised is what init prints.
type initialised struct {
	Home string `json:"home"`
	node.Card
	Sender string `json:"sender"`
	// Compared says whether the operator gave the trusted block.
	Compared bool `json:"trusted_block_given"`
}

func runInit(cmd *cobra.Command, o *options, f *initFlags) error {
	home, err := filepath.Abs(o.home)
	if err != nil {
		return err
	}
	if err := f.config.Validate(); err != nil {
		return err
	}
	trusted, err := f.trusted(cmd)
	if err != nil {
		return err
	}
	log, err := logger(cmd, f.config.Log)
	if err != nil {
		return err
	}
	h, err := node.Init(cmd.Context(), home, f.config, trusted, log)
	if err != nil {
		return err
	}
	defer h.Close()
	warnSimulated(cmd, h.Enclave().Kind())
	sender, err := makeSender(f.config, home)
	if err != nil {
		return err
	}
	if err := h.WriteCard(cmd.Context()); err != nil {
		return err
	}
	card, err := h.Card(cmd.Context())
	if err != nil {
		return err
	}
	done := initialised{Home: home, Card: card, Sender: sender.String(), Compared: f.trustedHash != ""}
	return o.print(cmd, done, done.text())
}

func (d initialised) text() string {
	text := table{
		{"home", d.Home}, {"chain", d.ChainID}, {"oracle", d.Oracle}, {"enclave", d.Enclave}, {"measurement", d.Measurement},
		{"trusted block", fmt.Sprintf("%d  %s", d.TrustedHeight, d.TrustedHash)}, {"pays", d.Sender}, {"vault", d.VaultDID},
	}.String()
	if !d.Compared {
		text += "\nThe trusted block is what the node shows. Compare its hash with what others see (their node's /block?height=" + fmt.Sprint(d.TrustedHeight) + ").\n"
	}
	return text + "\nNext: send some MED to " + d.Sender + ", look through " + node.ConfigFile + ", then `oracled register --from OPERATOR`.\n" +
		"The account that pays needs no backup: it has no rights, and another can take its place in " + node.ConfigFile + ".\n"
}

// trusted returns the block to trust: the one that was given, or the newest that a node shows.
func (f *initFlags) trusted(cmd *cobra.Command) (light.TrustedBlock, error) {
	if (f.trustedHeight == 0) != (f.trustedHash == "") {
		return light.TrustedBlock{}, errTrustedFlags
	}
	return trustedBlock(cmd, f.config.Chain.ID, f.config.Chain.Nodes, f.trustedHeight, f.trustedHash)
}

var errTrustedFlags = errors.New("--trusted-height and --trusted-hash go together")

// trustedBlock returns the block of a height and a hash in hexadecimal or, without a hash, the newest that a node of the chain shows.
func trustedBlock(cmd *cobra.Command, chainID string, nodes []string, height int64, hash string) (light.TrustedBlock, error) {
	if hash != "" {
		raw, err := hex.DecodeString(hash)
		if err != nil || len(raw) != 32 || height <= 0 {
			return light.TrustedBlock{}, errors.New("--trusted-hash takes 64 hexadecimal digits, and --trusted-height a positive number")
		}
		return light.TrustedBlock{Height: height, Hash: raw}, nil
	}
	shown, block, err := node.FetchTrustedBlock(cmd.Context(), nodes)
	if err != nil {
		return light.TrustedBlock{}, err
	}
	if shown != chainID {
		return light.TrustedBlock{}, fmt.Errorf("the node is of chain %s, and not of %s", shown, chainID)
	}
	return block, nil
}

// makeSender makes the key of the account that pays, if there is none, and returns its address.
func makeSender(c node.Config, home string) (sdk.AccAddress, error) {
	keys, err := c.SenderKeyring(home)
	if err != nil {
		return nil, err
	}
	record, err := keys.Key(c.Sender.Key)
	if err != nil {
		record, _, err = keys.NewMnemonic(c.Sender.Key, keyring.English, sdk.GetConfig().GetFullBIP44Path(), keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	}
	if err != nil {
		return nil, fmt.Errorf("making the key of the account that pays: %w", err)
	}
	return record.GetAddress()
}
