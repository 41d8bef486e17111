package localnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	cmthttp "github.com/cometbft/cometbft/rpc/client/http"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/medibloc/panacea/app"
)

// stopGrace is how long a node may take to stop by itself before it is killed.
const stopGrace = 20 * time.Second

// Node is one node of a network.
type Node struct {
	// Name is the node's directory below the network's home.
	Name string `json:"name"`
	// Home is the node's home directory.
	Home string `json:"home"`
	// ID is the node's identity in the peer-to-peer network.
	ID string `json:"id"`
	// P2P, GRPC are host:port; RPC, REST and Metrics are URLs.
	P2P     string `json:"p2p"`
	RPC     string `json:"rpc"`
	GRPC    string `json:"grpc"`
	REST    string `json:"rest"`
	Metrics string `json:"metrics"`
	// Validator is the operator address, empty for a node that does not validate.
	Validator string `json:"validator,omitempty"`

	config  Config
	ports   ports
	process *process
}

// process is a running node. done is closed when it has ended, and err says how.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

func newNode(config Config, name, id string, p ports) *Node {
	return &Node{
		Name: name, Home: config.nodeHome(name), ID: id,
		P2P:  fmt.Sprintf("127.0.0.1:%d", p.P2P),
		RPC:  fmt.Sprintf("http://127.0.0.1:%d", p.RPC),
		GRPC: fmt.Sprintf("127.0.0.1:%d", p.GRPC),
		REST: fmt.Sprintf("http://127.0.0.1:%d", p.REST), Metrics: fmt.Sprintf("http://127.0.0.1:%d/metrics", p.Metrics),
		config: config, ports: p,
	}
}

// writeConfig writes config.toml and app.toml for the node's ports, with the given peers (id@host:port).
func (n *Node) writeConfig(peers []string) error {
	comet := cmtcfg.DefaultConfig()
	comet.SetRoot(n.Home)
	comet.Moniker = n.Name
	comet.ProxyApp = fmt.Sprintf("tcp://127.0.0.1:%d", n.ports.ABCI)
	comet.P2P.ListenAddress = "tcp://" + n.P2P
	comet.P2P.PersistentPeers = strings.Join(peers, ",")
	comet.P2P.AddrBookStrict = false
	comet.P2P.AllowDuplicateIP = true
	comet.RPC.ListenAddress = "tcp://" + strings.TrimPrefix(n.RPC, "http://")
	comet.RPC.PprofListenAddress = ""
	comet.Instrumentation.Prometheus = true
	comet.Instrumentation.PrometheusListenAddr = fmt.Sprintf("127.0.0.1:%d", n.ports.Metrics)
	// A local network agrees within milliseconds: what remains of the block time is spent waiting for transactions.
	comet.Consensus.TimeoutPropose = max(n.config.BlockTime, time.Second)
	comet.Consensus.TimeoutCommit = n.config.BlockTime * 9 / 10
	cmtcfg.WriteConfigFile(filepath.Join(n.Home, "config", "config.toml"), comet)

	cfg := serverconfig.DefaultConfig()
	cfg.MinGasPrices = app.DefaultMinGasPrice
	cfg.API.Enable = true
	cfg.API.Swagger = true
	cfg.API.Address = "tcp://" + strings.TrimPrefix(n.REST, "http://")
	cfg.GRPC.Address = n.GRPC
	//lint:ignore SA1019 the SDK's own metrics have no other Prometheus endpoint yet
	cfg.Telemetry.Enabled, cfg.Telemetry.PrometheusRetentionTime = true, 60
	serverconfig.WriteConfigFile(filepath.Join(n.Home, "config", "app.toml"), cfg)
	return nil
}

// LogFile is where the node writes its log.
func (n *Node) LogFile() string { return filepath.Join(n.Home, "node.log") }

// Running says whether the node's process lives.
func (n *Node) Running() bool {
	if n.process == nil {
		return false
	}
	select {
	case <-n.process.done:
		return false
	default:
		return true
	}
}

// Start starts the node's process. It does not wait for it to be ready: see WaitForHeight.
func (n *Node) Start() error {
	if n.Running() {
		return nil
	}
	log, err := os.OpenFile(n.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", n.Name, err)
	}
	args := []string{"start", "--home", n.Home, "--log_format", "json", "--log_level", n.config.LogLevel}
	cmd := exec.Command(n.config.Binary, append(args, n.config.StartArgs...)...)
	cmd.Stdout, cmd.Stderr = log, log
	// Its own group, so that Ctrl-C in a terminal reaches only us, who then stop the nodes in order; and it dies with us.
	cmd.SysProcAttr = childAttributes()
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// A child dies with the thread that made it: the thread stays until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting %s: %w", n.Name, err)
	}
	n.process = p
	return nil
}

// Stop asks the node to stop, waits until it has, and kills it if it takes too long.
func (n *Node) Stop() error {
	if !n.Running() {
		return nil
	}
	if err := n.process.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", n.Name, err)
	}
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-n.process.done:
		return nil
	case <-timer.C:
		n.Kill()
		return fmt.Errorf("%s did not stop within %s and was killed: see %s", n.Name, stopGrace, n.LogFile())
	}
}

// Kill ends the node as a power failure would (SIGKILL), and returns when it is gone.
func (n *Node) Kill() {
	if !n.Running() {
		return
	}
	_ = n.process.cmd.Process.Kill() // fails only if it has ended
	<-n.process.done
}

// Client returns a client of the node's RPC.
func (n *Node) Client() (*cmthttp.HTTP, error) {
	client, err := cmthttp.New(n.RPC, "/websocket")
	if err != nil {
		return nil, fmt.Errorf("making an RPC client of %s: %w", n.Name, err)
	}
	return client, nil
}

// Height returns the height of the last block that the node has executed: queries see the state after it.
func (n *Node) Height(ctx context.Context) (int64, error) {
	client, err := n.Client()
	if err != nil {
		return 0, err
	}
	info, err := client.ABCIInfo(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking %s for its height: %w", n.Name, err)
	}
	return info.Response.LastBlockHeight, nil
}

// WaitForHeight returns when the node has executed a block of the height, or with an error when ctx ends or the node's process does.
func (n *Node) WaitForHeight(ctx context.Context, height int64) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if h, err := n.Height(ctx); err == nil && h >= height {
			return nil
		}
		if !n.Running() {
			return fmt.Errorf("%s has ended before height %d: see %s", n.Name, height, n.LogFile())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for height %d of %s (see %s): %w", height, n.Name, n.LogFile(), ctx.Err())
		case <-n.process.done:
		case <-tick.C:
		}
	}
}
