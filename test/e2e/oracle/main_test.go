package oracle

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/localnet"
	oracledcmd "github.com/medibloc/panacea/cmd/oracled/cmd"
	panaceadcmd "github.com/medibloc/panacea/cmd/panacead/cmd"
)

// program names the program that the test's own binary is, in a process that the tests start: so nothing has to be built besides.
const program = "PANACEA_E2E_PROGRAM"

// network is that of all tests here. It is nil with -short.
var network *localnet.Network

func TestMain(m *testing.M) {
	app.ConfigureSDK()
	switch os.Getenv(program) {
	case "panacead":
		os.Exit(runPanacead())
	case "oracled":
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := oracledcmd.Execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run())
	}
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func runPanacead() int {
	home, err := app.DefaultHome()
	if err == nil {
		root, rootErr := panaceadcmd.NewRootCmd(home)
		if err = rootErr; err == nil {
			err = svrcmd.Execute(root, "PANACEAD", home)
		}
	}
	if err != nil {
		return 1
	}
	return 0
}

func runTests(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "panacea-oracle")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv(program, "panacead"); err != nil { // what the network's nodes are
		return 0, err
	}
	config := localnet.DefaultConfig(filepath.Join(dir, "net"))
	if config.Binary, err = os.Executable(); err != nil {
		return 0, err
	}
	config.BlockTime = 500 * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if network, err = localnet.Start(ctx, config); err != nil {
		return 0, fmt.Errorf("starting the network: %w", err)
	}
	code := m.Run()
	return code, network.Stop()
}
