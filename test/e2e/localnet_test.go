package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app/localnet"
)

// launchLocalnet runs `panacead localnet start` with two validators and returns what its line of JSON says.
func launchLocalnet(t *testing.T, home string, args ...string) (*process, localnet.Network) {
	t.Helper()
	p := launch(t, nil, append([]string{
		"localnet", "start", "--home", home, "--validators", "2", "--block-time", blockTime.String(),
	}, args...)...)
	var network localnet.Network
	eventually(t, "the network says where it listens", func() error {
		if p.ended() {
			return fmt.Errorf("it has ended: %w", p.err)
		}
		out, err := os.ReadFile(p.stdout)
		if err != nil {
			return err
		}
		if !bytes.HasSuffix(out, []byte("\n")) {
			return errors.New("no line yet")
		}
		return json.Unmarshal(out, &network)
	})
	return p, network
}

func TestLocalnetSpeaksOneLineStopsOnInterruptAndGoesOn(t *testing.T) {
	needsProcesses(t)
	home := filepath.Join(t.TempDir(), "net")
	p, network := launchLocalnet(t, home)
	require.Len(t, network.Nodes, 2)
	require.Equal(t, home, network.Home)
	for _, name := range []string{"alice", "bob", "carol", "validator0", "validator1"} {
		require.Regexp(t, "^panacea1[a-z0-9]{38}$", network.Accounts[name])
		require.Equal(t, network.Accounts[name], strings.TrimSpace(run(t, "keys", "show", name, "-a", "--home", home)))
	}
	for _, node := range network.Nodes {
		require.Regexp(t, "^panaceavaloper1[a-z0-9]{38}$", node.Validator)
		for _, address := range endpoints(node) {
			require.True(t, listens(address), "nobody listens on %s", address)
		}
	}
	before := height(t, network.Nodes[1])
	block := dialNode(t, &network, network.Nodes[1]).blockIDs(t, before)

	_, said, err := try(t, "localnet", "start", "--home", home)
	require.Error(t, err, "a second network started in the same home")
	require.Contains(t, said, "a network already runs in "+home)

	nodes := children(t, p)
	require.NoError(t, p.signal(t, syscall.SIGINT), "the exit status after Ctrl-C")
	require.Empty(t, alive(nodes))
	out, err := os.ReadFile(p.stdout)
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(out, []byte("\n")), "standard output has more than the line: %s", out)

	again, network := launchLocalnet(t, home)
	require.Greater(t, height(t, network.Nodes[1]), before)
	require.Equal(t, block, dialNode(t, &network, network.Nodes[1]).blockIDs(t, before), "it is another chain")
	require.NoError(t, again.signal(t, syscall.SIGTERM), "the exit status after SIGTERM")
}

func TestLocalnetLeavesNoOrphansWhenItIsKilled(t *testing.T) {
	needsProcesses(t)
	p, _ := launchLocalnet(t, filepath.Join(t.TempDir(), "net"))
	nodes := children(t, p)
	require.Len(t, nodes, 2)
	require.Error(t, p.signal(t, syscall.SIGKILL))
	eventually(t, "the nodes have ended with their parent", func() error {
		if left := alive(nodes); len(left) > 0 {
			return fmt.Errorf("processes %v live", left)
		}
		return nil
	})
}

func TestLocalnetUsesTheBasePort(t *testing.T) {
	needsProcesses(t)
	home, base := filepath.Join(t.TempDir(), "net"), freePorts(t, 12)
	p, network := launchLocalnet(t, home, "--base-port", strconv.Itoa(base))
	for i, node := range network.Nodes {
		for _, address := range endpoints(node) {
			_, text, err := net.SplitHostPort(address)
			require.NoError(t, err)
			port, err := strconv.Atoi(text)
			require.NoError(t, err)
			require.GreaterOrEqual(t, port, base+6*i)
			require.Less(t, port, base+6*(i+1))
		}
	}
	_, said, err := try(t, "localnet", "start", "--home", home+"2", "--base-port", strconv.Itoa(base))
	require.Error(t, err)
	require.Regexp(t, `port \d+ is taken: stop what uses it, or choose another`, said)
	require.NoError(t, p.signal(t, syscall.SIGINT))
}

func TestLocalnetRefusesBadFlags(t *testing.T) {
	needsProcesses(t)
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no validators":        {[]string{"--validators", "0"}, "0 validators: it takes from 1 to 50"},
		"too many validators":  {[]string{"--validators", "51"}, "51 validators: it takes from 1 to 50"},
		"negative base port":   {[]string{"--base-port", "-1"}, "base port -1: it takes from 1 to"},
		"base port too high":   {[]string{"--base-port", "65530"}, "base port 65530: it takes from 1 to"},
		"blocks too fast":      {[]string{"--block-time", "1ms"}, "block time 1ms: it takes from 100ms to 1m"},
		"blocks too slow":      {[]string{"--block-time", "1h"}, "block time 1h0m0s: it takes from 100ms to 1m"},
		"block time no number": {[]string{"--block-time", "soon"}, `invalid argument "soon" for "--block-time"`},
		"no chain id":          {[]string{"--chain-id", ""}, "no chain id"},
		"an argument":          {[]string{"now"}, `unknown command "now"`},
		"an unknown flag":      {[]string{"--fast"}, "unknown flag: --fast"},
	} {
		t.Run(name, func(t *testing.T) {
			home := filepath.Join(t.TempDir(), "net")
			_, said, err := try(t, append([]string{"localnet", "start", "--home", home}, test.args...)...)
			require.Error(t, err)
			require.Contains(t, said, test.says)
			require.NoDirExists(t, home, "it left something behind")
		})
	}
}

// endpoints returns where a node listens, as host:port.
func endpoints(node *localnet.Node) []string {
	rest := func(url string) string { return strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/metrics") }
	return []string{node.P2P, node.GRPC, rest(node.RPC), rest(node.REST), rest(node.Metrics)}
}

func listens(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// children returns the processes that a process has started.
func children(t *testing.T, p *process) []int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("looks for processes in /proc, which only Linux has")
	}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	require.NoError(t, err)
	var pids []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(field)
			require.NoError(t, err)
			pids = append(pids, pid)
		}
	}
	return pids
}

// alive returns those of the processes that run. One that has ended and that nobody has asked for its status does not.
func alive(pids []int) []int {
	var left []int
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		_, state, found := strings.Cut(string(stat), ") ")
		if !found || !strings.HasPrefix(state, "Z") {
			left = append(left, pid)
		}
	}
	return left
}
