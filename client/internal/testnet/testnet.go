// Package testnet runs a real network for the tests of a package.
package testnet

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/localnet"
	"github.com/medibloc/panacea/internal/programs"
)

// BlockTime is about the time between the network's blocks.
const BlockTime = 300 * time.Millisecond

// Network is the network of the package under test, with one validator. It is nil with -short.
var Network *localnet.Network

// Main runs a package's tests with a network. Call it from TestMain.
func Main(m *testing.M) {
	flag.Parse()
	app.ConfigureSDK()
	if testing.Short() {
		os.Exit(m.Run())
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "panacea-client")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	built, err := programs.Build(context.Background(), "cmd/panacead")
	if err != nil {
		return 0, err
	}
	panacead := filepath.Join(built, "panacead")
	config := localnet.DefaultConfig(filepath.Join(dir, "net"))
	config.Validators, config.Binary, config.BlockTime = 1, panacead, BlockTime
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	if Network, err = localnet.Start(ctx, config); err != nil {
		return 0, fmt.Errorf("starting the network: %w", err)
	}
	code := m.Run()
	return code, Network.Stop()
}

// Keyring returns the network's keyring, with the funded keys alice, bob, carol and validator0.
func Keyring(t testing.TB) keyring.Keyring {
	t.Helper()
	Needed(t)
	encoding, err := app.NewEncoding()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyring.New(app.Name, keyring.BackendTest, Network.Home, nil, encoding.Codec)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Needed skips a test that needs the network where only quick tests are wanted.
func Needed(t testing.TB) {
	t.Helper()
	if Network == nil {
		t.Skip("runs a real network: left out with -short")
	}
}

// Context returns a context that ends with the test, or after a time that is generous on a busy machine.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
