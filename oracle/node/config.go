package node

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"github.com/pelletier/go-toml/v2"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/oracle/internal/durable"
	"github.com/medibloc/panacea/tee"
)

// ErrConfig says that the configuration is not usable.
var ErrConfig = errors.New("configuration")

// ConfigFile is the configuration's file in an oracle's home.
const ConfigFile = "config.toml"

const maxConfigSize = 1 << 20

// Config is config.toml in an oracle's home. It holds no secret.
type Config struct {
	Chain      ChainConfig      `toml:"chain"`
	Enclave    EnclaveConfig    `toml:"enclave"`
	Oracle     OracleConfig     `toml:"oracle"`
	Sender     SenderConfig     `toml:"sender"`
	API        APIConfig        `toml:"api"`
	Vault      VaultConfig      `toml:"vault"`
	Metrics    MetricsConfig    `toml:"metrics"`
	Collateral CollateralConfig `toml:"collateral"`
	Log        LogConfig        `toml:"log"`
}

// ChainConfig says which chain, and whom to ask about it.
type ChainConfig struct {
	ID             string   `toml:"id"`
	Nodes          []string `toml:"nodes"`
	TrustingPeriod Duration `toml:"trusting_period"`
	MaxBlockAge    Duration `toml:"max_block_age"`
	PollInterval   Duration `toml:"poll_interval"`
	GasPrice       string   `toml:"gas_price"`
}

// EnclaveConfig says what the process runs in.
type EnclaveConfig struct {
	Type        string   `toml:"type"`
	Build       string   `toml:"build"`
	RenewBefore Duration `toml:"renew_before"`
}

// OracleConfig says whose oracle it is.
type OracleConfig struct {
	Operator string `toml:"operator"`
}

// SenderConfig names the key that pays for the node's transactions.
type SenderConfig struct {
	KeyringBackend string `toml:"keyring_backend"`
	KeyringDir     string `toml:"keyring_dir"`
	Key            string `toml:"key"`
}

// APIConfig says where providers and consumers reach the oracle.
type APIConfig struct {
	Listen    string `toml:"listen"`
	PublicURL string `toml:"public_url"`
	TLSCert   string `toml:"tls_cert"`
	TLSKey    string `toml:"tls_key"`
	// MaxSubmission is in bytes.
	MaxSubmission int64 `toml:"max_submission"`
	// Memory is in bytes, for all validations that run at once.
	Memory int64 `toml:"memory"`
}

// VaultConfig says where the vault is reached, and what it may hold.
type VaultConfig struct {
	Listen        []string `toml:"listen"`
	Announce      []string `toml:"announce"`
	Quota         int64    `toml:"quota"`
	UnsoldMargin  int64    `toml:"unsold_margin"`
	CleanInterval Duration `toml:"clean_interval"`
}

// MetricsConfig says where metrics and health are read.
type MetricsConfig struct {
	Listen string `toml:"listen"`
}

// CollateralConfig says where Intel's collateral comes from.
type CollateralConfig struct {
	PCCS     string   `toml:"pccs"`
	Interval Duration `toml:"interval"`
}

// LogConfig says what is logged.
type LogConfig struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// Duration is a duration that is written as in Go, such as "1h30m".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// String returns the duration as it is written.
func (d Duration) String() string { return time.Duration(d).String() }

// Kinds of enclaves in EnclaveConfig.Type.
const (
	EnclaveSGX       = "sgx"
	EnclaveSimulated = "simulated"
)

// DefaultBuild names the simulated enclave's build. Its measurement is tee.SimulatedMeasurement of it; local networks allow that one.
const DefaultBuild = tee.SimulatedOracle

// DefaultConfig returns the configuration of a new home.
func DefaultConfig() Config {
	return Config{
		Chain: ChainConfig{
			Nodes: []string{"http://127.0.0.1:26657"}, TrustingPeriod: Duration(14 * 24 * time.Hour), MaxBlockAge: Duration(time.Minute),
			PollInterval: Duration(2 * time.Second),
		},
		Enclave:    EnclaveConfig{Type: EnclaveSGX, Build: DefaultBuild},
		Sender:     SenderConfig{KeyringBackend: "file", Key: "sender"},
		API:        APIConfig{Listen: "127.0.0.1:4380", MaxSubmission: 1 << 30, Memory: 1 << 30},
		Vault:      VaultConfig{Listen: []string{"/ip4/0.0.0.0/tcp/4381", "/ip4/0.0.0.0/udp/4381/quic-v1"}, UnsoldMargin: 100, CleanInterval: Duration(10 * time.Minute)},
		Metrics:    MetricsConfig{Listen: "127.0.0.1:4382"},
		Collateral: CollateralConfig{PCCS: "https://localhost:8081/sgx/certification/v4", Interval: Duration(time.Hour)},
		Log:        LogConfig{Level: "info", Format: "text"},
	}
}

// Validate reports a configuration that cannot be meant. The error is ErrConfig and names the setting.
func (c Config) Validate() error {
	if c.Chain.ID == "" {
		return fmt.Errorf("%w: chain.id is empty", ErrConfig)
	}
	if len(c.Chain.Nodes) == 0 {
		return fmt.Errorf("%w: chain.nodes is empty: name the RPC address of a node, better of several operators", ErrConfig)
	}
	if _, err := sdk.AccAddressFromBech32(c.Oracle.Operator); err != nil {
		return fmt.Errorf("%w: oracle.operator %q is no account address: %w", ErrConfig, c.Oracle.Operator, err)
	}
	switch {
	case c.Enclave.Type != EnclaveSGX && c.Enclave.Type != EnclaveSimulated:
		return fmt.Errorf("%w: enclave.type is %q; it takes %q or %q", ErrConfig, c.Enclave.Type, EnclaveSGX, EnclaveSimulated)
	case c.Enclave.Type == EnclaveSimulated && c.Enclave.Build == "":
		return fmt.Errorf("%w: enclave.build is empty", ErrConfig)
	case c.Sender.Key == "":
		return fmt.Errorf("%w: sender.key is empty", ErrConfig)
	case (c.API.TLSCert == "") != (c.API.TLSKey == ""):
		return fmt.Errorf("%w: api.tls_cert and api.tls_key go together", ErrConfig)
	case c.API.MaxSubmission <= 0 || c.API.Memory <= 0:
		return fmt.Errorf("%w: api.max_submission and api.memory must be positive", ErrConfig)
	case c.Vault.Quota < 0 || c.Vault.UnsoldMargin < 0:
		return fmt.Errorf("%w: vault.quota and vault.unsold_margin must not be negative", ErrConfig)
	case c.Log.Format != "text" && c.Log.Format != "json":
		return fmt.Errorf("%w: log.format is %q; it takes \"text\" or \"json\"", ErrConfig, c.Log.Format)
	}
	for name, d := range map[string]Duration{
		"chain.trusting_period": c.Chain.TrustingPeriod, "chain.max_block_age": c.Chain.MaxBlockAge, "chain.poll_interval": c.Chain.PollInterval,
		"vault.clean_interval": c.Vault.CleanInterval, "collateral.interval": c.Collateral.Interval,
	} {
		if d <= 0 {
			return fmt.Errorf("%w: %s is %s; it must be positive", ErrConfig, name, d)
		}
	}
	return c.validateListeners()
}

func (c Config) validateListeners() error {
	for name, address := range map[string]string{"api.listen": c.API.Listen, "metrics.listen": c.Metrics.Listen} {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return fmt.Errorf("%w: %s is %q; it takes host:port, with port 0 for a free one", ErrConfig, name, address)
		}
		if name != "metrics.listen" && c.API.TLSCert == "" && !isLoopback(host) {
			return fmt.Errorf("%w: %s is %q, which others reach, and there is no api.tls_cert: set it with api.tls_key, or listen on 127.0.0.1 "+
				"behind a proxy that terminates TLS", ErrConfig, name, address)
		}
	}
	if c.API.PublicURL != "" {
		if u, err := url.Parse(c.API.PublicURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("%w: api.public_url is %q; it takes one like https://oracle.example.org", ErrConfig, c.API.PublicURL)
		}
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// ReadConfig reads the configuration of a home. The error is ErrConfig.
func ReadConfig(home string) (Config, error) {
	path := filepath.Join(home, ConfigFile)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fmt.Errorf("%w: there is no oracle in %s: make one with `oracled init --home %s`, or name its --home", ErrConfig, home, home)
	}
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if info.Size() > maxConfigSize {
		return Config{}, fmt.Errorf("%w: %s is too large", ErrConfig, path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	c := DefaultConfig()
	d := toml.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return Config{}, fmt.Errorf("%w: %s has settings that do not exist:\n%s", ErrConfig, path, strict.String())
		}
		var decode *toml.DecodeError
		if errors.As(err, &decode) {
			return Config{}, fmt.Errorf("%w: %s:\n%s", ErrConfig, path, decode.String())
		}
		return Config{}, fmt.Errorf("%w: %s: %w", ErrConfig, path, err)
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// WriteConfig writes the configuration of a home, with what each setting means.
func WriteConfig(home string, c Config) error {
	var text bytes.Buffer
	if err := configTemplate.Execute(&text, c); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return durable.WriteFile(filepath.Join(home, ConfigFile), text.Bytes())
}

var configTemplate = template.Must(template.New(ConfigFile).Funcs(template.FuncMap{"toml": tomlValue}).Parse(configText))

func tomlValue(v any) (string, error) {
	raw, err := toml.Marshal(map[string]any{"v": v})
	return string(bytes.TrimPrefix(bytes.TrimSpace(raw), []byte("v = "))), err
}

const configText = `# Configuration of oracled. It holds no secret, and nothing here can make the enclave give one away.
# Durations are written like "90s" or "1h30m". Changes take effect at the next start.

[chain]
# The chain that this oracle is for. The enclave was made for it and works for no other.
id = {{toml .Chain.ID}}
# RPC addresses of nodes. None is trusted: everything is verified by light client. Name three or more, of different operators: a header from
# one must be confirmed by another, so that a fork is noticed and one that is down does no harm.
nodes = {{toml .Chain.Nodes}}
# How long a block is trusted after its time: less than the chain's unbonding period, two thirds of which are usual. An oracle that was off
# for longer starts anew from a trusted block.
trusting_period = "{{.Chain.TrustingPeriod}}"
# How old the newest block may be, by this machine's clock, for the oracle to work.
max_block_age = "{{.Chain.MaxBlockAge}}"
# How often the chain is looked at for newcomers to approve and for what concerns this oracle.
poll_interval = "{{.Chain.PollInterval}}"
# What is paid for a unit of gas, such as "5umed". Empty: the chain's usual minimum.
gas_price = {{toml .Chain.GasPrice}}

[enclave]
# "sgx": the enclave that EGo runs this process in. "simulated": for development, protects nothing, and only chains whose genesis allows it
# accept it.
type = {{toml .Enclave.Type}}
# The build that a simulated enclave pretends to be. Its measurement derives from it.
build = {{toml .Enclave.Build}}
# How long before its end an attestation is renewed. "0s": a third of its lifetime.
renew_before = "{{.Enclave.RenewBefore}}"

[oracle]
# The account of the operator of the validator that this oracle belongs to: the oracle's address. The enclave was made for it.
operator = {{toml .Oracle.Operator}}

[sender]
# The account that sends and pays for what the enclave has to say (approvals, renewals, collateral). It has no rights, so it may lie here,
# hot; it is not the operator's. Keep some MED in it.
# keyring_backend is "os", "file" or "test"; "test" protects nothing.
keyring_backend = {{toml .Sender.KeyringBackend}}
# The directory of the keyring. Empty: this home.
keyring_dir = {{toml .Sender.KeyringDir}}
key = {{toml .Sender.Key}}

[api]
# Where providers and consumers are served, over HTTP and gRPC alike. Port 0 takes a free one. Without a certificate it must be a loopback
# address, for a proxy on this machine that terminates TLS; limits are then for the address that it adds to X-Forwarded-For.
listen = {{toml .API.Listen}}
# What the chain says of where this oracle is reached. Empty: the address that it listens on. A change is sent to the chain at the next start.
public_url = {{toml .API.PublicURL}}
# PEM files of a certificate with its chain, and its key.
tls_cert = {{toml .API.TLSCert}}
tls_key = {{toml .API.TLSKey}}
# The largest sealed submission that is taken, in bytes.
max_submission = {{.API.MaxSubmission}}
# The memory for all validations that run at once, in bytes. What does not fit is asked to come again.
memory = {{.API.Memory}}

[vault]
# Multiaddresses that the vault listens on; consumers fetch objects there. Port 0 takes a free one.
listen = {{toml .Vault.Listen}}
# Multiaddresses to tell others instead, such as "/dns4/oracle.example.org/tcp/4381". Two at most fit on the chain.
announce = {{toml .Vault.Announce}}
# Bytes that the vault may hold; 0 for no bound but the disk's.
quota = {{.Vault.Quota}}
# For how many blocks after its certificate can be used no more an object is kept that was not sold.
unsold_margin = {{.Vault.UnsoldMargin}}
# How often objects are dropped that nobody can ask for any more.
clean_interval = "{{.Vault.CleanInterval}}"

[metrics]
# Prometheus metrics at /metrics, health at /health. Port 0 takes a free one.
listen = {{toml .Metrics.Listen}}

[collateral]
# The base URL of a PCCS or of Intel's PCS, for SGX: Intel's collateral for this machine is fetched there, verified inside, and brought to
# the chain when it is newer. Empty: somebody else brings it.
pccs = {{toml .Collateral.PCCS}}
interval = "{{.Collateral.Interval}}"

[log]
# "debug", "info", "warn" or "error"; "text" or "json". Logs go to standard error.
level = {{toml .Log.Level}}
format = {{toml .Log.Format}}
`
