package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const soloChain = "operator-1"

// operator runs one node of a chain, as a person does: by commands, flags and the environment.
type operator struct {
	owner *testing.T // the test whose end is the node's, which may have been started by one of its parts
	home  string
	port  int // the first of the five that the node uses
	env   []string
	node  *process
}

// newOperator returns an operator whose node lives in a new directory, and at most as long as the test.
func newOperator(t *testing.T) *operator {
	t.Helper()
	return &operator{owner: t, home: filepath.Join(t.TempDir(), "home"), port: freePorts(t, 5)}
}

func (o *operator) rpc() string     { return fmt.Sprintf("http://127.0.0.1:%d", o.port) }
func (o *operator) metrics() string { return fmt.Sprintf("http://127.0.0.1:%d/metrics", o.port+4) }

// run runs a command on the node's home.
func (o *operator) run(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, append(args, "--home", o.home)...)
}

// start starts the node, and returns when it has made a block.
func (o *operator) start(t *testing.T) {
	t.Helper()
	env := append([]string{
		"PANACEAD_CONSENSUS_TIMEOUT_COMMIT=" + blockTime.String(),
		fmt.Sprintf("PANACEAD_INSTRUMENTATION_PROMETHEUS_LISTEN_ADDR=127.0.0.1:%d", o.port+4),
		"PANACEAD_TELEMETRY_ENABLED=true",
		"PANACEAD_TELEMETRY_PROMETHEUS_RETENTION_TIME=60",
	}, o.env...)
	o.node = launch(o.owner, env, "start", "--home", o.home,
		"--rpc.laddr", fmt.Sprintf("tcp://127.0.0.1:%d", o.port), "--rpc.pprof_laddr", "",
		"--p2p.laddr", fmt.Sprintf("tcp://127.0.0.1:%d", o.port+1),
		"--grpc.address", fmt.Sprintf("127.0.0.1:%d", o.port+2),
		"--api.enable", "--api.address", fmt.Sprintf("tcp://127.0.0.1:%d", o.port+3),
		"--state-sync.snapshot-interval", "5", "--state-sync.snapshot-keep-recent", "0", "--log_no_color")
	eventually(t, "the node makes blocks", func() error { return o.reached(t, 1) })
	o.waitFor(t, o.height(t)+2)
}

// stop ends the node as systemd does; it must end well.
func (o *operator) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, o.node.signal(t, syscall.SIGTERM), "the node's exit status")
}

func (o *operator) chain(t *testing.T) chain { return dial(t, o.rpc(), soloChain, o.home) }

// reached fails unless the node has executed a block of the height.
func (o *operator) reached(t *testing.T, height int64) error {
	if o.node.ended() {
		return fmt.Errorf("the node has ended: %w", o.node.err)
	}
	info, err := o.chain(t).rpc.ABCIInfo(t.Context())
	if err == nil && info.Response.LastBlockHeight < height {
		err = fmt.Errorf("the node is at height %d", info.Response.LastBlockHeight)
	}
	return err
}

func (o *operator) waitFor(t *testing.T, height int64) {
	t.Helper()
	eventually(t, fmt.Sprintf("the node is at height %d", height), func() error { return o.reached(t, height) })
}

func (o *operator) height(t *testing.T) int64 {
	t.Helper()
	info, err := o.chain(t).rpc.ABCIInfo(t.Context())
	require.NoError(t, err)
	return info.Response.LastBlockHeight
}

// TestOperator founds a chain of one validator by the commands that an operator types, and takes its node through an
// operator's life. Each part goes on where the one before has left the node: running.
func TestOperator(t *testing.T) {
	needsProcesses(t)
	solo := newOperator(t)
	solo.run(t, "init", "solo", "--chain-id", soloChain)
	solo.run(t, "keys", "add", "founder", "--keyring-backend", "test")
	solo.run(t, "genesis", "add-genesis-account", "founder", "1000000000000umed", "--keyring-backend", "test")
	solo.run(t, "genesis", "gentx", "founder", "500000000000umed", "--chain-id", soloChain, "--keyring-backend", "test")
	solo.run(t, "genesis", "collect-gentxs")
	solo.run(t, "genesis", "validate")
	solo.start(t)

	parts := []struct {
		claim string
		test  func(*testing.T, *operator)
	}{
		{"Prometheus sees consensus and the modules", prometheusSees},
		{"a fresh node joins by state sync", joinsByStateSync},
		{"SIGTERM ends the node well, and it goes on after a restart", stopsAndGoesOn},
		{"a rollback takes back one height, and the node makes it again", rollsBack},
		{"pruning forgets old states and keeps recent ones", prunes},
		{"an export starts a new chain at the next height", exportGoesOn},
		{"an export for height zero starts a new chain at height 1", exportStartsAnew},
	}
	for _, part := range parts {
		if !t.Run(part.claim, func(t *testing.T) { part.test(t, solo) }) {
			return
		}
	}
}

func prometheusSees(t *testing.T, solo *operator) {
	answer, err := http.Get(solo.metrics())
	require.NoError(t, err)
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	for _, metric := range []string{"cometbft_consensus_height", "cometbft_mempool_size", "begin_blocker", "minted_tokens"} {
		require.Regexp(t, "(?m)^"+metric+`(\{.*\})? [0-9.e+]+$`, string(page))
	}
}

func joinsByStateSync(t *testing.T, solo *operator) {
	solo.waitFor(t, 7) // the first snapshot is due at height 5
	rpc := solo.chain(t).rpc
	trusted := int64(2)
	block, err := rpc.Block(t.Context(), &trusted)
	require.NoError(t, err)
	id, err := rpc.Status(t.Context())
	require.NoError(t, err)

	fresh := newOperator(t)
	fresh.run(t, "init", "fresh", "--chain-id", soloChain)
	copyFile(t, solo.home, fresh.home, "config", "genesis.json")
	fresh.env = []string{
		"PANACEAD_STATESYNC_ENABLE=true",
		"PANACEAD_STATESYNC_RPC_SERVERS=" + solo.rpc() + "," + solo.rpc(),
		"PANACEAD_STATESYNC_DISCOVERY_TIME=5s",
		"PANACEAD_STATESYNC_TRUST_HEIGHT=" + strconv.FormatInt(trusted, 10),
		"PANACEAD_STATESYNC_TRUST_HASH=" + block.BlockID.Hash.String(),
		fmt.Sprintf("PANACEAD_P2P_PERSISTENT_PEERS=%s@127.0.0.1:%d", id.NodeInfo.ID(), solo.port+1),
		"PANACEAD_P2P_ALLOW_DUPLICATE_IP=true",
		"PANACEAD_P2P_ADDR_BOOK_STRICT=false",
	}
	fresh.start(t)
	status, err := fresh.chain(t).rpc.Status(t.Context())
	require.NoError(t, err)
	require.Greater(t, status.SyncInfo.EarliestBlockHeight, int64(1), "it replayed the chain from its start")
	synced := fresh.height(t)
	solo.waitFor(t, synced)
	require.Equal(t, solo.chain(t).appHash(t, synced), fresh.chain(t).appHash(t, synced))
	fresh.stop(t)
	require.Regexp(t, `height: 5\b`, solo.stopped(t, "snapshots", "list"))
}

// stopped runs a command while the node is stopped.
func (o *operator) stopped(t *testing.T, args ...string) string {
	t.Helper()
	o.stop(t)
	out := o.run(t, args...)
	o.start(t)
	return out
}

func stopsAndGoesOn(t *testing.T, solo *operator) {
	solo.stop(t)
	next := parseGenesis(t, solo.run(t, "export", "--modules-to-export", "mint")).InitialHeight
	solo.start(t)
	require.Greater(t, next, int64(1))
	require.Greater(t, solo.height(t), next)
	require.Len(t, solo.chain(t).blockIDs(t, next), int(next))
}

func rollsBack(t *testing.T, solo *operator) {
	blocks := solo.chain(t).blockIDs(t, solo.height(t))
	said := regexp.MustCompile(`Rolled back state to height (\d+)`).FindStringSubmatch(solo.stopped(t, "rollback"))
	require.NotNil(t, said)
	height, err := strconv.ParseInt(said[1], 10, 64)
	require.NoError(t, err)
	require.GreaterOrEqual(t, height, int64(len(blocks))-1)
	require.Equal(t, blocks, solo.chain(t).blockIDs(t, int64(len(blocks))))
	require.Greater(t, solo.height(t), height)
}

func prunes(t *testing.T, solo *operator) {
	founder := solo.chain(t).address(t, "founder")
	balance(t, solo.chain(t).at(2), founder) // still there
	said := regexp.MustCompile(`pruning heights up to (\d+)`).FindStringSubmatch(
		solo.stopped(t, "prune", "custom", "--pruning-keep-recent", "5", "--pruning-interval", "10"))
	require.NotNil(t, said)
	last, err := strconv.ParseInt(said[1], 10, 64)
	require.NoError(t, err)

	chain := solo.chain(t)
	balance(t, chain.at(last+1), founder)
	_, err = askBalance(t.Context(), chain.at(2), founder)
	require.ErrorContains(t, err, "version does not exist")
}

func exportGoesOn(t *testing.T, solo *operator) {
	genesis, successor := successorOf(t, solo)
	require.Greater(t, genesis.InitialHeight, int64(1))
	founder := solo.chain(t).address(t, "founder")
	before := balance(t, solo.chain(t).at(genesis.InitialHeight-1), founder)

	successor.start(t)
	status, err := successor.chain(t).rpc.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, genesis.InitialHeight, status.SyncInfo.EarliestBlockHeight)
	require.Equal(t, before, balance(t, successor.chain(t), founder))
	successor.stop(t)
}

func exportStartsAnew(t *testing.T, solo *operator) {
	genesis, successor := successorOf(t, solo, "--for-zero-height")
	require.Zero(t, genesis.InitialHeight)
	founder := solo.chain(t).address(t, "founder")

	successor.start(t)
	status, err := successor.chain(t).rpc.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), status.SyncInfo.EarliestBlockHeight)
	require.Positive(t, balance(t, successor.chain(t), founder))
	successor.stop(t)
}

// exportedGenesis is what these tests look at in an exported genesis.
type exportedGenesis struct {
	InitialHeight int64 `json:"initial_height"`
}

// successorOf exports the state of a node while that is stopped, and returns it with a new node made from it that has the
// same validator's key.
func successorOf(t *testing.T, solo *operator, flags ...string) (exportedGenesis, *operator) {
	t.Helper()
	successor := newOperator(t)
	successor.run(t, "init", "successor", "--chain-id", soloChain)
	exported := solo.stopped(t, append([]string{"export"}, flags...)...)
	require.NoError(t, os.WriteFile(filepath.Join(successor.home, "config", "genesis.json"), []byte(exported), 0o600))
	copyFile(t, solo.home, successor.home, "config", "priv_validator_key.json")
	successor.run(t, "genesis", "validate")
	return parseGenesis(t, exported), successor
}

func parseGenesis(t *testing.T, exported string) exportedGenesis {
	t.Helper()
	var genesis exportedGenesis
	require.NoError(t, json.Unmarshal([]byte(exported), &genesis))
	return genesis
}

func copyFile(t *testing.T, from, to string, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	content, err := os.ReadFile(filepath.Join(from, name))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(to, name), content, 0o600))
}
