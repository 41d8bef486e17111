package party

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault"
)

func TestMain(m *testing.M) {
	app.ConfigureSDK()
	os.Exit(m.Run())
}

var testProfile = Profile{ChainID: "panacea-test-1", Nodes: []string{"http://127.0.0.1:1"}, TrustedHeight: 5, TrustedHash: strings.Repeat("AB", 32)}

func testOptions() InitOptions {
	return InitOptions{
		Network: "test", Profile: testProfile, Keyring: "test", VaultListen: []string{"/ip4/127.0.0.1/tcp/0"},
		Passphrase: func() (string, error) { return "correct horse", nil },
	}
}

// TestInit: what cannot be meant is refused before anything is written; what was interrupted goes on; what is there is not made into another.
func TestInit(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	for name, spoil := range map[string]func(*InitOptions){
		"address of the vault": func(o *InitOptions) { o.VaultListen = []string{"here"} },
		"resolver":             func(o *InitOptions) { o.Profile.REST = "ftp://a" },
		"name of the network":  func(o *InitOptions) { o.Network = "../../etc" },
		"no nodes":             func(o *InitOptions) { o.Profile.Nodes = nil },
		"no block to trust":    func(o *InitOptions) { o.Profile.TrustedHash = "AB" },
		"gas price":            func(o *InitOptions) { o.Profile.GasPrice = "much" },
		"trusting period":      func(o *InitOptions) { o.Profile.TrustingPeriod = "long" },
		"keyring":              func(o *InitOptions) { o.Keyring = "paper" },
		"mnemonic":             func(o *InitOptions) { o.Mnemonic = "abandon hope" },
		"passphrase":           func(o *InitOptions) { o.Passphrase = func() (string, error) { return "short", nil } },
	} {
		o := testOptions()
		spoil(&o)
		_, mnemonic, err := Init(t.Context(), home, o)
		require.Error(t, err, name)
		require.Empty(t, mnemonic)
		_, err = os.Stat(filepath.Join(home, ConfigFile))
		require.ErrorIs(t, err, os.ErrNotExist, name)
		_, err = os.Stat(filepath.Join(home, didKeysDir))
		require.ErrorIs(t, err, os.ErrNotExist, name)
	}

	// A file is in the way of the vault: the account is not made, so no mnemonic is lost.
	require.NoError(t, os.MkdirAll(home, 0o700))
	inTheWay := filepath.Join(home, vaultDir)
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	p, mnemonic, err := Init(t.Context(), home, testOptions())
	require.Error(t, err)
	require.Empty(t, mnemonic)
	_, err = p.Address()
	require.Error(t, err)
	require.NoError(t, os.Remove(inTheWay))
	p, mnemonic, err = Init(t.Context(), home, testOptions())
	require.NoError(t, err)
	require.Len(t, strings.Fields(mnemonic), 24)
	address, err := p.Address()
	require.NoError(t, err)

	same := testOptions()
	same.Mnemonic = mnemonic
	again, made, err := Init(t.Context(), home, same)
	require.NoError(t, err)
	require.Empty(t, made)
	require.Equal(t, p.Config, again.Config)
	for name, other := range map[string]func(*InitOptions){
		"address of the vault": func(o *InitOptions) { o.VaultListen = vault.DefaultListen() },
		"network":              func(o *InitOptions) { o.Network = "other" },
		"profile":              func(o *InitOptions) { o.Profile.GasPrice = "7umed" },
		"keyring":              func(o *InitOptions) { o.Keyring = "file" },
		"key to issue with":    func(o *InitOptions) { o.Issuer = true },
		"account": func(o *InitOptions) {
			o.Mnemonic = strings.Repeat("abandon ", 23) + "art"
		},
	} {
		o := testOptions()
		other(&o)
		_, _, err := Init(t.Context(), home, o)
		require.ErrorIs(t, err, ErrDiffers, name)
	}
	p, err = Open(home, Options{})
	require.NoError(t, err)
	kept, err := p.Address()
	require.NoError(t, err)
	require.Equal(t, address, kept)
	_, err = p.methodOfType(did.BLS12381G2)
	require.Error(t, err)
}
