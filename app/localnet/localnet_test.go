package localnet

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cosmossdk.io/log/v2"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/medibloc/panacea/app"
)

func TestMain(m *testing.M) {
	app.ConfigureSDK()
	os.Exit(m.Run())
}

// validConfig returns a configuration of a small network whose binary is never run.
func validConfig(t *testing.T) Config {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	config := DefaultConfig(filepath.Join(t.TempDir(), "net"))
	config.Validators, config.Binary = 2, binary
	return config
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	require.NoError(t, validConfig(t).validate())
	for name, change := range map[string]func(*Config){
		"no home":             func(c *Config) { c.Home = "" },
		"no validators":       func(c *Config) { c.Validators = 0 },
		"too many validators": func(c *Config) { c.Validators = MaxValidators + 1 },
		"negative port":       func(c *Config) { c.BasePort = -1 },
		"ports beyond 65535":  func(c *Config) { c.BasePort = 65535 - portsPerNode*c.Validators + 1 },
		"blocks too fast":     func(c *Config) { c.BlockTime = time.Millisecond },
		"blocks too slow":     func(c *Config) { c.BlockTime = time.Hour },
		"no chain id":         func(c *Config) { c.ChainID = "" },
		"no binary":           func(c *Config) { c.Binary = filepath.Join(c.Home, "none") },
	} {
		t.Run(name, func(t *testing.T) {
			config := validConfig(t)
			change(&config)
			_, err := Start(t.Context(), config)
			require.ErrorIs(t, err, ErrConfig)
		})
	}
}

func TestOneProcessAtATimeHoldsAHome(t *testing.T) {
	home := t.TempDir()
	held, err := lockHome(home)
	require.NoError(t, err)
	_, err = lockHome(home)
	require.ErrorContains(t, err, "a network already runs in "+home)
	require.NoError(t, held.Close())
	again, err := lockHome(home)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestFreePortsAreDistinct(t *testing.T) {
	nodes, err := freePorts(MaxValidators)
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, node := range nodes {
		require.Len(t, node.list(), portsPerNode)
		for _, port := range node.list() {
			require.NotZero(t, port)
			require.False(t, seen[port], "port %d twice", port)
			seen[port] = true
		}
	}
}

func TestPortsOfTheLastRunAreKeptWhileTheyAreFree(t *testing.T) {
	config := validConfig(t)
	last, err := freePorts(config.Validators)
	require.NoError(t, err)
	chosen, err := choosePorts(config, last)
	require.NoError(t, err)
	require.Equal(t, last, chosen)

	taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", last[1].REST))
	require.NoError(t, err)
	defer taken.Close()
	chosen, err = choosePorts(config, last)
	require.NoError(t, err)
	require.NotEqual(t, last, chosen)

	// Ports that were asked for are not replaced by others.
	config.BasePort = last[1].REST
	_, err = choosePorts(config, last)
	require.ErrorContains(t, err, fmt.Sprintf("port %d is taken", last[1].REST))
}

func TestBasePortGivesEveryNodeSixPorts(t *testing.T) {
	require.Equal(t, []int{30000, 30001, 30002, 30003, 30004, 30005}, portsFrom(30000).list())
}

func TestTheGenesisOfANewNetworkIsValid(t *testing.T) {
	config := validConfig(t)
	model := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.NewAppOptionsWithFlagHome(t.TempDir()))
	require.NoError(t, found(config, model))
	var first []byte
	for i := range config.Validators {
		file := filepath.Join(config.nodeHome(nodeName(i)), "config", "genesis.json")
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		if first == nil {
			first = raw
		}
		require.Equal(t, string(first), string(raw), "the nodes begin with different states")
		genesis, err := genutiltypes.AppGenesisFromFile(file)
		require.NoError(t, err)
		require.NoError(t, genesis.ValidateAndComplete())
		require.Equal(t, config.ChainID, genesis.ChainID)
		state, err := genutiltypes.GenesisStateFromAppGenesis(genesis)
		require.NoError(t, err)
		require.NoError(t, model.BasicModuleManager.ValidateGenesis(model.AppCodec(), model.TxConfig(), state))
		require.Len(t, genutiltypes.GetGenesisStateFromAppState(model.AppCodec(), state).GenTxs, config.Validators)
	}
}

func TestANodeHasAllOthersAsPeers(t *testing.T) {
	config := validConfig(t)
	network := &Network{config: config}
	for i, p := range []ports{portsFrom(1000), portsFrom(2000), portsFrom(3000)} {
		network.Nodes = append(network.Nodes, newNode(config, nodeName(i), fmt.Sprintf("id%d", i), p))
	}
	require.Equal(t, []string{"id0@127.0.0.1:1000", "id2@127.0.0.1:3000"}, network.peersOf(network.Nodes[1]))
}
