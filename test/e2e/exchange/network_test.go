//go:build linux

package exchange

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/internal/programs"
)

const passphrase = "only for the demo"

// built is the directory of the programs under test.
var built string

func TestMain(m *testing.M) {
	var err error
	built, err = programs.Build(context.Background(), "cmd/panacead", "cmd/oracled", "cmd/panacea")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// report is what "panacea demo --json" prints: the fields that others rely on.
type report struct {
	OK              bool                   `json:"ok"`
	ChainID         string                 `json:"chain_id"`
	DealID          string                 `json:"deal_id"`
	DataSHA256      string                 `json:"data_sha256"`
	DeliveredSHA256 string                 `json:"delivered_sha256"`
	ProviderPaid    json.Number            `json:"provider_paid_umed"`
	OraclesPaid     map[string]json.Number `json:"oracles_paid_umed"`
	Refund          json.Number            `json:"consumer_refund_umed"`
	Refusals        []struct{ Case, Code string }
	Steps           []struct {
		Name string
		MS   int64
	}
}

// network is a running "panacea demo".
type network struct {
	t      *testing.T // the part of the test that is at it
	whole  *testing.T // as long as the network runs
	home   string
	report report
	story  *lockedBuffer
}

// lockedBuffer is written by one goroutine while another reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startNetwork runs a demonstration, which leaves its network up until the test ends.
func startNetwork(t *testing.T, args ...string) *network {
	t.Helper()
	n := &network{t: t, whole: t, home: t.TempDir(), story: &lockedBuffer{}}
	command := exec.Command(filepath.Join(built, "panacea"), append([]string{"demo", "--json", "--home", n.home}, args...)...)
	command.Stderr = n.story
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGINT)
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err, "%s", n.story)
	require.NoError(t, json.Unmarshal(line, &n.report))
	require.True(t, n.report.OK, "%s", n.story)
	// The homes are free as soon as the explanation of how to go on is printed.
	require.Eventually(t, func() bool { return strings.Contains(n.story.String(), "stays up") }, time.Minute, 50*time.Millisecond)
	return n
}

// person is a home of the tool.
type person struct {
	n    *network
	home string
}

func (n *network) person(name string) *person { return &person{n, filepath.Join(n.home, name)} }

// tool runs a command in a process of its own, and returns what it prints.
func (p *person) tool(args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	command := p.command(ctx, args...)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return out, fmt.Errorf("panacea %s: %w\n%s%s", strings.Join(args, " "), err, out, problems.Bytes())
	}
	return out, nil
}

func (p *person) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(built, "panacea"), args...)
	command.Env = append(os.Environ(), "PANACEA_HOME="+p.home, "PANACEA_PASSPHRASE="+passphrase)
	return command
}

// must runs a command that must work, and reads its JSON.
func (p *person) must(into any, args ...string) {
	p.n.t.Helper()
	out, err := p.tool(append(args, "--json")...)
	require.NoError(p.n.t, err)
	if into != nil {
		require.NoError(p.n.t, json.Unmarshal(out, into), "%s", out)
	}
}

// join makes a new person, and gives a beginning.
func (n *network) join(name string, args ...string) (p *person, did string) {
	n.t.Helper()
	p = &person{n, filepath.Join(n.t.TempDir(), name)}
	var made struct{ Address, DID string }
	p.must(&made, append([]string{"init", "--keyring", "test", "--vault-listen", "/ip4/127.0.0.1/tcp/0", "--profile", filepath.Join(n.home, "network.toml")}, args...)...)
	n.person("stranger").must(nil, "send", made.Address, "40000000umed")
	p.must(nil, "did", "create")
	return p, made.DID
}

func (p *person) balance() int64 {
	p.n.t.Helper()
	var b struct{ Umed string }
	p.must(&b, "balance")
	amount, err := strconv.ParseInt(b.Umed, 10, 64)
	require.NoError(p.n.t, err)
	return amount
}

// write makes a file in the person's home.
func (p *person) write(name, content string) string {
	path := filepath.Join(p.home, name)
	require.NoError(p.n.t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func requireJSON(t *testing.T, text []byte, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(text, into), "%s", text)
}
