package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app/localnet"
)

const (
	// patience bounds every wait for one condition: generous, for the machine may be busy with other things.
	patience = 2 * time.Minute
	// blockTime is that of the networks under test.
	blockTime = 400 * time.Millisecond
)

// eventually returns as soon as check succeeds, and fails the test with check's last error when patience ends.
func eventually(t testing.TB, what string, check func() error) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			require.FailNow(t, "waited in vain until "+what, err.Error())
		}
	}
}

// startNetwork runs a network until the test ends. If the test fails the ends of the nodes' logs are shown.
func startNetwork(t *testing.T, validators int) *localnet.Network {
	t.Helper()
	needsProcesses(t)
	config := localnet.DefaultConfig(filepath.Join(t.TempDir(), "net"))
	config.Validators, config.Binary, config.BlockTime = validators, panacead, blockTime
	return runNetwork(t, config)
}

func runNetwork(t *testing.T, config localnet.Config) *localnet.Network {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	network, err := localnet.Start(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, node := range network.Nodes {
			showLog(t, node.LogFile())
		}
		require.NoError(t, network.Stop())
	})
	return network
}

// showLog prints the end of a log if the test has failed.
func showLog(t testing.TB, file string) {
	if !t.Failed() {
		return
	}
	const end = 4 << 10
	log, err := os.ReadFile(file)
	if err != nil {
		t.Logf("no log: %v", err)
		return
	}
	t.Logf("%s ends with:\n%s", file, log[max(0, len(log)-end):])
}

// waitForHeight waits until the nodes have executed a block of the height.
func waitForHeight(t testing.TB, height int64, nodes ...*localnet.Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, node := range nodes {
		require.NoError(t, node.WaitForHeight(ctx, height))
	}
}

// height returns the height of the last block that a node has executed.
func height(t testing.TB, node *localnet.Node) int64 {
	t.Helper()
	h, err := node.Height(t.Context())
	require.NoError(t, err)
	return h
}

// blocksGoOn waits until the nodes have made some blocks more than the first of them has now.
func blocksGoOn(t testing.TB, nodes ...*localnet.Node) {
	t.Helper()
	waitForHeight(t, height(t, nodes[0])+3, nodes...)
}

// run runs panacead to its end and returns what it wrote to standard output; it must succeed.
func run(t testing.TB, args ...string) string {
	t.Helper()
	stdout, stderr, err := try(t, args...)
	require.NoError(t, err, "panacead %v\n%s%s", args, stdout, stderr)
	return stdout
}

// try runs panacead to its end and returns what it wrote.
func try(t testing.TB, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, panacead, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// process is a panacead that runs until it is told to stop.
type process struct {
	cmd     *exec.Cmd
	stdout  string // file
	logFile string // standard error
	done    chan struct{}
	err     error
}

// launch starts panacead in the background, with extra environment variables. It is killed when the test ends, if it still runs.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	dir := t.TempDir()
	p := &process{stdout: filepath.Join(dir, "stdout"), logFile: filepath.Join(dir, "stderr"), done: make(chan struct{})}
	stdout, err := os.Create(p.stdout)
	require.NoError(t, err)
	stderr, err := os.Create(p.logFile)
	require.NoError(t, err)
	p.cmd = exec.Command(panacead, args...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	require.NoError(t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		stdout.Close()
		stderr.Close()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // fails if it has ended, as it should have
		<-p.done
		showLog(t, p.stdout)
		showLog(t, p.logFile)
	})
	return p
}

// signal sends a signal and returns how the process ended.
func (p *process) signal(t testing.TB, signal syscall.Signal) error {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(signal))
	eventually(t, fmt.Sprintf("panacead has ended after %s", signal), func() error {
		if !p.ended() {
			return errors.New("it still runs")
		}
		return nil
	})
	return p.err
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// freePorts returns the first of n consecutive TCP ports that nobody listens on, below those of outgoing connections.
func freePorts(t testing.TB, n int) int {
	t.Helper()
	var base int
	eventually(t, fmt.Sprintf("%d consecutive ports are free", n), func() error {
		base = 10_000 + rand.IntN(20_000)
		for port := base; port < base+n; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				return err
			}
			defer l.Close()
		}
		return nil
	})
	return base
}
