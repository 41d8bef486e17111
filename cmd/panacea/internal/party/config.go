package party

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/exchange"
)

// ConfigFile is the name of the configuration in a home.
const ConfigFile = "config.toml"

const maxConfig = 256 << 10

var (
	// ErrNoHome says that there is no configuration in the home.
	ErrNoHome = errors.New("there is no configuration here")
	// ErrConfig says that a configuration cannot be meant.
	ErrConfig = errors.New("bad configuration")
)

// Config is a home's configuration. It holds no secret.
type Config struct {
	// Network names the profile that is used unless another is asked for.
	Network string `toml:"network" comment:"profile of [networks] that is used unless --network names another"`
	// Keyring is the SDK's backend for the account's key: os, file or test.
	Keyring string `toml:"keyring" comment:"where the account's key is: os, file (under the home's passphrase), test (not protected)"`
	// Account is the name of the account's key in the keyring.
	Account string `toml:"account"`
	// DID is the home's own.
	DID string `toml:"did"`
	// Networks are the profiles, by names that CheckNetworkName takes.
	Networks map[string]Profile `toml:"networks"`
}

// Profile says how a network is reached and what is taken for granted of it.
type Profile struct {
	ChainID string   `toml:"chain_id"`
	Nodes   []string `toml:"nodes" comment:"RPC addresses of nodes; more than one, of different operators, makes a fork seen"`
	REST    string   `toml:"rest" comment:"a node's REST address, by which a vault resolves DIDs when it runs on its own"`
	// GasPrice is what is paid for a unit of gas; empty for the chain's least.
	GasPrice string `toml:"gas_price,omitempty"`
	// TrustedHeight and TrustedHash are the block that trust starts from.
	TrustedHeight int64  `toml:"trusted_height" comment:"the block that trust starts from: ask several people you trust"`
	TrustedHash   string `toml:"trusted_hash"`
	// TrustingPeriod is for how long a block is trusted.
	TrustingPeriod string `toml:"trusting_period"`
	// SimulatedEnclaves sends data to oracles without hardware: for development only.
	SimulatedEnclaves bool `toml:"simulated_enclaves,omitempty" comment:"send data to oracles WITHOUT hardware enclaves: for development only"`
}

// DefaultTrustingPeriod fits an unbonding period of three weeks.
const DefaultTrustingPeriod = 14 * 24 * time.Hour

func (p Profile) trustingPeriod() (time.Duration, error) {
	if p.TrustingPeriod == "" {
		return DefaultTrustingPeriod, nil
	}
	d, err := time.ParseDuration(p.TrustingPeriod)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%w: trusting_period %q is no duration such as \"336h\"", ErrConfig, p.TrustingPeriod)
	}
	return d, nil
}

// check tells whether a network could be reached by the profile.
func (p Profile) check() error {
	if p.ChainID == "" || len(p.Nodes) == 0 {
		return fmt.Errorf("%w: a profile needs chain_id and nodes", ErrConfig)
	}
	if _, err := (trustedBlock{ChainID: p.ChainID, Height: p.TrustedHeight, Hash: p.TrustedHash}).parse(); err != nil {
		return err
	}
	if _, err := sdk.ParseDecCoins(p.GasPrice); err != nil {
		return fmt.Errorf("%w: gas_price %q: %w", ErrConfig, p.GasPrice, err)
	}
	_, err := p.trustingPeriod()
	return err
}

// same says whether two profiles are of the same network, reached in the same way; one without a trusted block takes the other's.
func (p Profile) same(other Profile) bool {
	if other.TrustedHash == "" {
		other.TrustedHeight, other.TrustedHash = p.TrustedHeight, p.TrustedHash
	}
	return reflect.DeepEqual(p, other)
}

// networkName is what a name of a network is like: a file is named by it.
var networkName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckNetworkName tells whether a network can have a name. Error: ErrConfig.
func CheckNetworkName(name string) error {
	if !networkName.MatchString(name) {
		return fmt.Errorf("%w: %.70q is no name for a network: take up to 64 of letters, digits, and . _ -", ErrConfig, name)
	}
	return nil
}

// SetProfile adds or replaces a network's profile. Error: ErrConfig, ErrTrust.
func (c *Config) SetProfile(name string, p Profile) error {
	if c.Networks == nil {
		c.Networks = map[string]Profile{}
	}
	c.Networks[name] = p
	return errors.Join(CheckNetworkName(name), p.check())
}

// Profile returns a network's profile; "" names the default.
func (c Config) Profile(name string) (string, Profile, error) {
	if name == "" {
		name = c.Network
	}
	if err := CheckNetworkName(name); err != nil {
		return name, Profile{}, err
	}
	p, ok := c.Networks[name]
	if !ok {
		var known []string
		for n := range c.Networks {
			known = append(known, n)
		}
		slices.Sort(known)
		return name, p, fmt.Errorf("%w: no network %q; there are: %s", ErrConfig, name, strings.Join(known, ", "))
	}
	return name, p, nil
}

// ReadConfig reads a home's configuration. Errors: ErrNoHome, ErrConfig.
func ReadConfig(home string) (Config, error) {
	path := filepath.Join(home, ConfigFile)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fmt.Errorf("%w: %s", ErrNoHome, path)
	}
	if err != nil {
		return Config{}, err
	}
	if info.Size() > maxConfig {
		return Config{}, fmt.Errorf("%w: %s has %d bytes", ErrConfig, path, info.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	decoder := toml.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var c Config
	if err := decoder.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("%w: %s: %w", ErrConfig, path, err)
	}
	return c, nil
}

// write replaces a home's configuration.
func (c Config) write(home string) error {
	raw, err := toml.Marshal(c)
	if err != nil {
		return err
	}
	return exchange.WriteFile(filepath.Join(home, ConfigFile), func(f *os.File) error {
		_, err := f.Write(raw)
		return err
	})
}

// EditConfig changes a home's configuration.
func EditConfig(home string, change func(*Config) error) error {
	c, err := ReadConfig(home)
	if err != nil {
		return err
	}
	if err := change(&c); err != nil {
		return err
	}
	return c.write(home)
}
