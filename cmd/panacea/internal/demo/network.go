package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/localnet"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/exchange"
)

// networkName names the demonstration's network in the homes.
const networkName = "demo"

// funder is the key of the local network that pays for everybody's beginning.
const funder = "alice"

// binary finds a program of this project: beside this one, else in the path.
func binary(name string) (string, error) {
	self, err := os.Executable()
	if err == nil {
		path := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("the program %s is neither beside panacea nor in the path: build all with \"make build\"", name)
	}
	return path, nil
}

// startChain starts the validators.
func startChain(ctx context.Context, home string, validators int) (*localnet.Network, error) {
	config := localnet.DefaultConfig(filepath.Join(home, "net"))
	config.Validators = validators
	var err error
	if config.Binary, err = binary("panacead"); err != nil {
		return nil, err
	}
	return localnet.Start(ctx, config)
}

// profileOf is how the parties reach the network. They trust its newest block, since this machine made it.
func profileOf(ctx context.Context, n *localnet.Network) (party.Profile, error) {
	chainID, newest, err := light.Newest(ctx, n.Nodes[0].RPC)
	if err != nil {
		return party.Profile{}, err
	}
	p := party.Profile{ChainID: chainID, REST: n.Nodes[0].REST, TrustedHeight: newest.Height, TrustedHash: fmt.Sprintf("%X", newest.Hash),
		TrustingPeriod: party.DefaultTrustingPeriod.String(), SimulatedEnclaves: true}
	for _, node := range n.Nodes {
		p.Nodes = append(p.Nodes, node.RPC)
	}
	return p, nil
}

// writeProfile writes the network's profile for whoever wants to join: panacea init --profile FILE.
func writeProfile(home string, p party.Profile) (string, error) {
	raw, err := toml.Marshal(p)
	if err != nil {
		return "", err
	}
	path := filepath.Join(home, "network.toml")
	return path, exchange.WriteFile(path, func(f *os.File) error {
		_, err := f.Write(raw)
		return err
	})
}

// networkKeys is the keyring of the local network, with the validators' keys.
func networkKeys(n *localnet.Network) (keyring.Keyring, error) {
	encoding, err := app.NewEncoding()
	if err != nil {
		return nil, err
	}
	return keyring.New(app.Name, keyring.BackendTest, n.Home, nil, encoding.Codec)
}

// openParty makes, or opens, a party's home.
func openParty(ctx context.Context, home, name string, p party.Profile, issuer bool) (*party.Party, error) {
	dir := filepath.Join(home, name)
	if party.Exists(dir) { // ports and trusted block are new
		if err := party.EditConfig(dir, func(c *party.Config) error {
			return c.SetProfile(networkName, p)
		}); err != nil {
			return nil, err
		}
	}
	opened, _, err := party.Init(ctx, dir, party.InitOptions{
		Network: networkName, Profile: p, Keyring: keyring.BackendTest, Issuer: issuer,
		VaultListen: []string{"/ip4/127.0.0.1/tcp/0"}, Passphrase: func() (string, error) { return Passphrase, nil },
	})
	if err != nil && opened != nil {
		err = errors.Join(err, opened.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("the %s's home: %w", name, err)
	}
	return opened, nil
}

// Passphrase protects the homes of a demonstration, and nothing else.
const Passphrase = "only for the demo"

// umed is an amount of the base denomination.
func umed(n int64) sdk.Coin { return sdk.NewInt64Coin(app.BaseDenom, n) }
