package oracle

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/node"
)

// patience bounds every wait, generously: the machine may be busy.
const patience = 2 * time.Minute

// operator is one who runs oracles for a validator of the network.
type operator struct {
	t         *testing.T
	validator string // name of its key
	sender    string // name of the key that pays
	home      string

	process *exec.Cmd
	done    chan error
	log     *bytes.Buffer
}

func newOperator(t *testing.T, validator, sender string) *operator {
	t.Helper()
	if network == nil {
		t.Skip("runs a real network: left out with -short")
	}
	return &operator{t: t, validator: validator, sender: sender, home: filepath.Join(t.TempDir(), "oracle")}
}

func (o *operator) command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(o.t, err)
	cmd := exec.Command(self, append(args, "--home", o.home)...)
	cmd.Env = append(os.Environ(), program+"=oracled")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// try runs a command of oracled to its end.
func (o *operator) try(args ...string) (stdout, stderr string, err error) {
	o.t.Helper()
	var out, errs bytes.Buffer
	cmd := o.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(o.t, cmd.Start())
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	err = cmd.Wait()
	return out.String(), errs.String(), err
}

// run is try of what succeeds.
func (o *operator) run(args ...string) string {
	o.t.Helper()
	stdout, stderr, err := o.try(args...)
	require.NoError(o.t, err, "oracled %s: %s", strings.Join(args, " "), stderr)
	return stdout
}

// init makes the oracle of a build.
func (o *operator) init(build string) {
	o.t.Helper()
	args := []string{
		"init", "--enclave", "simulated", "--build", build, "--chain-id", network.ChainID, "--operator", network.Accounts[o.validator],
		"--keyring-backend", "test", "--keyring-dir", network.Home, "--sender", o.sender, "--api-listen", "127.0.0.1:0",
		"--metrics-listen", "127.0.0.1:0", "--vault-listen", "/ip4/127.0.0.1/tcp/0", "--poll-interval", "300ms",
	}
	for _, n := range network.Nodes {
		args = append(args, "--node", n.RPC)
	}
	o.run(args...)
}

// setting changes a line of the configuration.
func (o *operator) setting(before, after string) {
	o.t.Helper()
	path := filepath.Join(o.home, node.ConfigFile)
	raw, err := os.ReadFile(path)
	require.NoError(o.t, err)
	require.Contains(o.t, string(raw), before)
	require.NoError(o.t, os.WriteFile(path, []byte(strings.Replace(string(raw), before, after, 1)), 0o600))
}

func (o *operator) registerArgs(more ...string) []string {
	return append([]string{"register", "--from", o.validator, "--keyring-backend", "test", "--keyring-dir", network.Home}, more...)
}

// start starts the oracle and returns where it listens.
func (o *operator) start() node.Addresses {
	o.t.Helper()
	cmd := o.command("start")
	o.log = &bytes.Buffer{}
	cmd.Stderr = o.log
	out, err := cmd.StdoutPipe()
	require.NoError(o.t, err)
	require.NoError(o.t, cmd.Start())
	o.process, o.done = cmd, make(chan error, 1)
	o.t.Cleanup(o.kill)
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	kill.Stop()
	go func() { o.done <- cmd.Wait() }()
	require.NoError(o.t, err, "oracled did not start: %s", o.log)
	var at node.Addresses
	require.NoError(o.t, json.Unmarshal(line, &at))
	return at
}

// stop asks the oracle to end.
func (o *operator) stop() {
	o.t.Helper()
	require.NoError(o.t, o.process.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-o.done:
		require.NoError(o.t, err, "oracled did not end well: %s", o.log)
	case <-time.After(patience):
		o.kill()
		o.t.Fatal("oracled did not end")
	}
	o.process = nil
}

// kill ends the oracle as a power failure would.
func (o *operator) kill() {
	if o.process == nil {
		return
	}
	_ = o.process.Process.Kill() // fails only if it has ended
	<-o.done
	o.process = nil
}

// health asks a running oracle.
func health(t *testing.T, at node.Addresses) (h node.Health) {
	t.Helper()
	response, err := http.Get(at.Metrics + "/health")
	require.NoError(t, err)
	defer response.Body.Close()
	require.NoError(t, json.NewDecoder(response.Body).Decode(&h))
	require.Equal(t, h.Healthy, response.StatusCode == http.StatusOK)
	return h
}

// eventually waits for something to hold.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatal("waited in vain: " + what)
		case <-tick.C:
		}
	}
}

// becomesHealthy waits for an oracle to be active, with the oracle secret.
func (o *operator) becomesHealthy(at node.Addresses) {
	o.t.Helper()
	eventually(o.t, "oracle of "+o.validator+" is healthy", func() bool { return health(o.t, at).Healthy })
}

// status is what oracled status prints, and whether it found everything well.
func (o *operator) status() (found struct {
	Running *node.Health `json:"running"`
	Chain   struct {
		State              node.State `json:"state"`
		AttestationExpires time.Time  `json:"attestation_expires"`
		Endpoint           string     `json:"endpoint"`
		VaultPeer          string     `json:"vault_peer"`
	} `json:"chain"`
}, well bool) {
	o.t.Helper()
	stdout, stderr, err := o.try("status", "--output", "json")
	require.NoError(o.t, json.Unmarshal([]byte(stdout), &found), stderr)
	return found, err == nil
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}
