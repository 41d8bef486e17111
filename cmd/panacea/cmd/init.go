package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vault"
)

// networkFlags describe a network on the command line.
type networkFlags struct {
	profile    string
	nodes      []string
	rest, hash string
	height     int64
	simulated  bool
	gasPrice   string
	trustNode  bool
}

func (n *networkFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&n.profile, "profile", "", "file with a network's profile, as network operators (and \"panacea demo\") hand it out")
	f.StringArrayVar(&n.nodes, "node", nil, "RPC `URL` of a node; may be repeated, the more operators the better")
	f.StringVar(&n.rest, "rest", "", "REST `URL` of a node, by which the vault resolves DIDs when it runs on its own")
	f.Int64Var(&n.height, "trusted-height", 0, "height of the block that trust starts from")
	f.StringVar(&n.hash, "trusted-hash", "", "hash of that block, in hexadecimal: compare it with people whom you trust")
	f.BoolVar(&n.trustNode, "trust-node", false, "trust the first node's newest block instead: for a node of your own")
	f.StringVar(&n.gasPrice, "gas-price", "", "price of a unit of gas, such as 5umed (default the chain's least)")
	f.BoolVar(&n.simulated, "simulated-enclaves", false, "send data to oracles WITHOUT hardware enclaves: for development only")
}

// given says whether a network is described.
func (n *networkFlags) given() bool { return n.profile != "" || len(n.nodes) > 0 }

// read makes the profile, and asks the first node for what is missing and may be asked for.
func (n *networkFlags) read(c *cobra.Command) (party.Profile, error) {
	if n.profile != "" {
		raw, err := readFile(n.profile)
		if err != nil {
			return party.Profile{}, err
		}
		var p party.Profile
		if err := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields().Decode(&p); err != nil {
			return p, withHint(fmt.Errorf("%s is no profile of a network: %w", n.profile, err), "ask the network's operators for it; \"panacea demo\" writes one")
		}
		return p, nil
	}
	if len(n.nodes) == 0 {
		return party.Profile{}, withHint(errors.New("which network?"),
			"give --profile FILE, or --node URL with --trusted-height and --trusted-hash; \"panacea demo\" makes a network to try things on")
	}
	p := party.Profile{
		Nodes: n.nodes, REST: n.rest, GasPrice: n.gasPrice, TrustedHeight: n.height, TrustedHash: strings.ToUpper(n.hash),
		TrustingPeriod: party.DefaultTrustingPeriod.String(), SimulatedEnclaves: n.simulated,
	}
	chainID, newest, err := light.Newest(c.Context(), n.nodes[0])
	if err != nil {
		return p, withHint(err, "is the node's RPC address right, and is it running?")
	}
	p.ChainID = chainID
	switch {
	case n.trustNode:
		p.TrustedHeight, p.TrustedHash = newest.Height, fmt.Sprintf("%X", newest.Hash)
	case n.height <= 0 || n.hash == "":
		return p, withHint(errors.New("no block to start trust from"),
			fmt.Sprintf("give --trusted-height and --trusted-hash; the node says %d and %X: compare that with people whom you trust, or give --trust-node if it is your own", newest.Height, newest.Hash))
	}
	return p, nil
}

func newInit(g *global) *cobra.Command {
	var n networkFlags
	var keyring, mnemonicFile string
	var issuer bool
	var listen []string
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a home: account, DID, vault and configuration in one go",
		Long: `Make a home: an account with a new key, the keys of a DID, a vault, and config.toml with
the network. One passphrase protects all of it. Whoever loses the home or the
passphrase loses what is in it; the account alone comes back by its mnemonic.

If the account has funds the DID is put on the chain as well; else say
"panacea did create" when it has. A run that was interrupted may be repeated. A home that
is there is left as it is; networks are added with "panacea network add".`,
		Example: `  panacea init --profile network.toml
  panacea init --node https://a.example:26657 --node https://b.example:26657 --trusted-height 1200000 --trusted-hash 4F2A…
  panacea init --home hospital --issuer --profile network.toml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			home, err := g.dir()
			if err != nil {
				return err
			}
			o := party.InitOptions{Network: g.network, Keyring: keyring, Issuer: issuer, VaultListen: listen, Passphrase: g.passphrase(c, true)}
			exists := party.Exists(home)
			if !exists || n.given() {
				if o.Profile, err = n.read(c); err != nil {
					return err
				}
				if o.Network == "" {
					o.Network = o.Profile.ChainID
				}
			}
			if exists && n.trustNode { // it is trusted by another block already
				o.Profile.TrustedHeight, o.Profile.TrustedHash = 0, ""
			}
			if mnemonicFile != "" {
				if o.Mnemonic, err = firstLine(mnemonicFile); err != nil {
					return err
				}
			}
			p, mnemonic, err := party.Init(c.Context(), home, o)
			if err != nil {
				if p != nil {
					err = errors.Join(err, p.Close())
				}
				return err
			}
			return errors.Join(g.finishInit(c, p, mnemonic), p.Close())
		},
	}
	n.add(c)
	c.Flags().StringVar(&keyring, "keyring", "", "where the account's key is: os, file (under the home's passphrase), test (not protected) (default file)")
	c.Flags().StringVar(&mnemonicFile, "mnemonic-file", "", "file whose first line is the mnemonic of an account to bring along")
	c.Flags().BoolVar(&issuer, "issuer", false, "add a key that credentials are issued with")
	c.Flags().StringSliceVar(&listen, "vault-listen", nil, "multiaddresses that the vault listens on when it serves (default "+strings.Join(vault.DefaultListen(), ", ")+")")
	return c
}

type initReport struct {
	Home     string `json:"home"`
	Network  string `json:"network"`
	ChainID  string `json:"chain_id"`
	Address  string `json:"address"`
	DID      string `json:"did"`
	OnChain  bool   `json:"did_on_chain"`
	Tx       string `json:"tx,omitempty"`
	Mnemonic string `json:"mnemonic,omitempty"`
}

func (g *global) finishInit(c *cobra.Command, p *party.Party, mnemonic string) error {
	address, err := p.Address()
	if err != nil {
		return err
	}
	r := initReport{Home: p.Home, Network: p.Network, ChainID: p.Profile.ChainID, Address: address.String(), DID: p.Config.DID, Mnemonic: mnemonic}
	if mnemonic != "" && !g.json { // before anything else can go wrong
		fmt.Fprintf(c.OutOrStdout(), "The account's mnemonic, shown this once. Write it on paper:\n  %s\n\n", mnemonic)
	}
	why := func() error {
		balance, err := balanceOf(c, p, address)
		if err != nil || balance.IsZero() {
			return err
		}
		if r.Tx, err = p.CreateDID(c.Context()); err == nil {
			r.OnChain = true
		}
		return err
	}()
	if err := g.print(c, r, func(w io.Writer) {
		fmt.Fprintf(w, "home:    %s (network %s, chain %s)\naccount: %s\nDID:     %s\n", r.Home, r.Network, r.ChainID, r.Address, r.DID)
		if !r.OnChain {
			fmt.Fprintf(w, "\nNext: send some MED to %s, then: panacea did create\n", r.Address)
		}
	}); err != nil {
		return err
	}
	if why != nil {
		fmt.Fprintln(c.ErrOrStderr(), "The home is complete; the chain could not be asked:", why)
	}
	return nil
}

func balanceOf(c *cobra.Command, p *party.Party, address sdk.AccAddress) (sdk.Coin, error) {
	chain, err := p.Chain(c.Context())
	if err != nil {
		return sdk.Coin{}, err
	}
	s, err := chain.Snapshot(c.Context())
	if err != nil {
		return sdk.Coin{}, err
	}
	return s.Balance(c.Context(), address, app.BaseDenom)
}

func newNetwork(g *global) *cobra.Command {
	c := &cobra.Command{Use: "network", Short: "Profiles of networks in the configuration", Example: `  panacea network list
  panacea network add test --profile network.toml
  panacea network use test`}
	var n networkFlags
	add := &cobra.Command{
		Use: "add NAME", Short: "Add or replace a network's profile", Args: cobra.ExactArgs(1),
		Example: "  panacea network add test --profile network.toml",
		RunE: func(c *cobra.Command, args []string) error {
			profile, err := n.read(c)
			if err != nil {
				return err
			}
			return g.edit(func(config *party.Config) error { return config.SetProfile(args[0], profile) })
		},
	}
	n.add(add)
	c.AddCommand(add,
		&cobra.Command{
			Use: "use NAME", Short: "Make a network the one that is used", Args: cobra.ExactArgs(1),
			Example: `  panacea network use test`,
			RunE: func(_ *cobra.Command, args []string) error {
				return g.edit(func(config *party.Config) error {
					if _, _, err := config.Profile(args[0]); err != nil {
						return err
					}
					config.Network = args[0]
					return nil
				})
			},
		},
		&cobra.Command{
			Use: "list", Short: "List the networks", Args: cobra.NoArgs,
			Example: `  panacea network list --json`,
			RunE: func(c *cobra.Command, _ []string) error {
				home, err := g.dir()
				if err != nil {
					return err
				}
				config, err := party.ReadConfig(home)
				if err != nil {
					return err
				}
				return g.print(c, map[string]any{"network": config.Network, "networks": config.Networks}, func(w io.Writer) {
					for name, p := range config.Networks {
						mark := " "
						if name == config.Network {
							mark = "*"
						}
						fmt.Fprintf(w, "%s %s  chain %s  nodes %s  trusted block %d\n", mark, name, p.ChainID, strings.Join(p.Nodes, " "), p.TrustedHeight)
					}
				})
			},
		})
	return c
}

// edit changes the configuration.
func (g *global) edit(change func(*party.Config) error) error {
	home, err := g.dir()
	if err != nil {
		return err
	}
	return party.EditConfig(home, change)
}

func newBalance(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "balance [ADDRESS]", Short: "Show what an account has, by proof", Args: cobra.MaximumNArgs(1),
		Example: `  panacea balance
  panacea balance panacea1…`,
		RunE: func(c *cobra.Command, args []string) error {
			return g.with(c, func(p *party.Party) error {
				address, err := p.Address()
				if len(args) > 0 {
					address, err = parseAddress(args[0])
				}
				if err != nil {
					return err
				}
				coin, err := balanceOf(c, p, address)
				if err != nil {
					return err
				}
				return g.print(c, map[string]any{"address": address.String(), "umed": coin.Amount.String()}, func(w io.Writer) {
					fmt.Fprintf(w, "%s  %s\n", address, med(coin.Amount.String()))
				})
			})
		},
	}
}

func parseAddress(text string) (sdk.AccAddress, error) {
	address, err := sdk.AccAddressFromBech32(text)
	if err != nil {
		err = withHint(fmt.Errorf("%.100q is no address: %w", text, err), "write it as panacea1…; see your own with: panacea did show --address")
	}
	return address, err
}

func newSend(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "send ADDRESS AMOUNT", Short: "Send MED to an account", Args: cobra.ExactArgs(2),
		Example: "  panacea send panacea1… 5000000umed",
		RunE: func(c *cobra.Command, args []string) error {
			return g.with(c, func(p *party.Party) error {
				to, err := parseAddress(args[0])
				if err != nil {
					return err
				}
				coin, err := sdk.ParseCoinNormalized(args[1])
				if err != nil {
					return withHint(err, "write an amount as 5000000umed")
				}
				tx, err := p.SendCoins(c.Context(), to, coin)
				if errors.Is(err, client.ErrUnconfirmed) {
					return withHint(err, "it may still be executed: wait some minutes and see with \"panacea balance\" before you send again")
				}
				if err != nil {
					return err
				}
				return g.print(c, map[string]any{"tx": tx}, func(w io.Writer) { fmt.Fprintf(w, "sent: %s\n", tx) })
			})
		},
	}
}

func writeOut(c *cobra.Command, path string, content []byte) error {
	if path == "" || path == "-" {
		_, err := fmt.Fprintln(c.OutOrStdout(), string(content))
		return err
	}
	return exchange.WriteFile(path, func(f *os.File) error {
		_, err := f.Write(append(content, '\n'))
		return err
	})
}
