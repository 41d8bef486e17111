package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cosmossdk.io/log/v2"
	dbm "github.com/cosmos/cosmos-db"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/internal/programs"
)

var (
	// panacead and upgradenode are the paths of the programs under test, built by TestMain.
	panacead, upgradenode string
	// model is a state machine over an empty store. It knows the modules, and so the encodings; it is never run.
	model *app.App
)

func TestMain(m *testing.M) {
	flag.Parse()
	app.ConfigureSDK()
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

func runTests(m *testing.M) (int, error) {
	dir, err := programs.Build(context.Background(), "cmd/panacead", "test/e2e/upgradenode")
	if err != nil {
		return 0, err
	}
	panacead, upgradenode = filepath.Join(dir, "panacead"), filepath.Join(dir, "upgradenode")
	home, err := os.MkdirTemp("", "panacea-e2e")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(home)
	model = app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.NewAppOptionsWithFlagHome(home))
	return m.Run(), nil
}

// needsProcesses skips a test that runs networks where only quick tests are wanted.
func needsProcesses(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs real networks for some time: left out with -short")
	}
}
