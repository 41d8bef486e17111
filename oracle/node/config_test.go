package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/app"
)

func TestMain(m *testing.M) {
	app.ConfigureSDK()
	os.Exit(m.Run())
}

// testConfig is that of a simulated oracle that listens on free ports of the loopback interface.
func testConfig() Config {
	c := DefaultConfig()
	c.Chain.ID = "panacea-test"
	c.Oracle.Operator = sdk.AccAddress(strings.Repeat("o", 20)).String()
	c.Enclave.Type, c.Sender.KeyringBackend = EnclaveSimulated, "test"
	c.API.Listen, c.Metrics.Listen, c.Vault.Listen = "127.0.0.1:0", "127.0.0.1:0", []string{"/ip4/127.0.0.1/tcp/0"}
	return c
}

func TestAConfigurationIsReadAsItWasWritten(t *testing.T) {
	home, c := t.TempDir(), testConfig()
	c.Chain.Nodes = []string{"http://127.0.0.1:1", `http://"quoted"`}
	c.Chain.PollInterval, c.Enclave.RenewBefore = Duration(1500*time.Millisecond), Duration(time.Hour)
	c.Vault.Announce, c.Vault.Quota, c.API.PublicURL, c.Log.Level = []string{"/dns4/a.example/tcp/1"}, 5, "https://a.example", "debug"
	require.NoError(t, WriteConfig(home, c))
	read, err := ReadConfig(home)
	require.NoError(t, err)
	require.Equal(t, c, read)
}

func TestWhatCanNotBeMeantIsRefusedByItsName(t *testing.T) {
	require.NoError(t, testConfig().Validate())
	for name, change := range map[string]func(*Config){
		"chain.id":                 func(c *Config) { c.Chain.ID = "" },
		"chain.nodes":              func(c *Config) { c.Chain.Nodes = nil },
		"chain.trusting_period":    func(c *Config) { c.Chain.TrustingPeriod = 0 },
		"chain.poll_interval":      func(c *Config) { c.Chain.PollInterval = -1 },
		"oracle.operator":          func(c *Config) { c.Oracle.Operator = "panacea1oops" },
		"enclave.type":             func(c *Config) { c.Enclave.Type = "tdx" },
		"enclave.build":            func(c *Config) { c.Enclave.Build = "" },
		"sender.key":               func(c *Config) { c.Sender.Key = "" },
		"api.listen":               func(c *Config) { c.API.Listen = "4380" },
		"api.tls_cert":             func(c *Config) { c.API.TLSKey = "key.pem" },
		"there is no api.tls_cert": func(c *Config) { c.API.Listen = "0.0.0.0:4380" },
		"api.public_url":           func(c *Config) { c.API.PublicURL = "oracle.example.org" },
		"api.max_submission":       func(c *Config) { c.API.MaxSubmission = 0 },
		"metrics.listen":           func(c *Config) { c.Metrics.Listen = "" },
		"vault.unsold_margin":      func(c *Config) { c.Vault.UnsoldMargin = -1 },
		"log.format":               func(c *Config) { c.Log.Format = "xml" },
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig()
			change(&c)
			err := c.Validate()
			require.ErrorIs(t, err, ErrConfig)
			require.ErrorContains(t, err, name)
		})
	}
}

func TestAMistakeInTheFileIsShownWhereItIs(t *testing.T) {
	home := t.TempDir()
	_, err := ReadConfig(home)
	require.ErrorIs(t, err, ErrConfig)
	require.ErrorContains(t, err, "oracled init")

	require.NoError(t, WriteConfig(home, testConfig()))
	path := filepath.Join(home, ConfigFile)
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, c := range [][3]string{
		{"poll_interval", "pol_interval", "pol_interval"},
		{`trusting_period = "`, `trusting_period = "x`, "trusting_period"},
		{"[log]", "[log", "[log"},
	} {
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(good), c[0], c[1], 1)), 0o600))
		_, err := ReadConfig(home)
		require.ErrorIs(t, err, ErrConfig)
		require.ErrorContains(t, err, c[2])
	}
}
