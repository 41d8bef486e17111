//go:build linux

package exchange

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// faultRuns is how often the story is told with a process killed: 2, or what PANACEA_FAULT_RUNS says (make soak-exchange).
func faultRuns() int {
	if n, err := strconv.Atoi(os.Getenv("PANACEA_FAULT_RUNS")); err == nil && n > 0 {
		return n
	}
	return 2
}

// daemon is a process of the network that is killed and started again.
type daemon struct {
	name, home string
	start      []string
}

func (n *network) daemons() []daemon {
	var all []daemon
	for i := range 4 {
		home := filepath.Join(n.home, "net", fmt.Sprintf("node%d", i))
		all = append(all, daemon{"node" + strconv.Itoa(i), home, []string{"panacead", "start", "--home", home}})
	}
	for i := range 3 {
		home := filepath.Join(n.home, fmt.Sprintf("oracle%d", i))
		all = append(all, daemon{"oracle" + strconv.Itoa(i), home, []string{"oracled", "start", "--home", home}})
	}
	return all
}

// pid finds the process that runs in the daemon's home, 0 if none does.
func (d daemon) pid() (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && strings.Contains(string(line), d.home+"\x00") && strings.Contains(string(line), d.start[0]) || err == nil &&
			strings.HasSuffix(string(line), d.home+"\x00") {
			return pid, nil
		}
	}
	return 0, nil
}

// strike kills the daemon at a moment as a power failure would, and starts it again, until the test t ends.
func (d daemon) strike(t *testing.T, after time.Duration) error {
	time.Sleep(after) // the moment is what the test draws
	pid, err := d.pid()
	if err != nil || pid == 0 {
		return fmt.Errorf("%s does not run: %w", d.name, err)
	}
	if err := kill(pid); err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	log, err := os.OpenFile(filepath.Join(d.home, "restarted.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	command := exec.Command(filepath.Join(built, d.start[0]), d.start[1:]...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return err
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
		_ = log.Close()
	})
	return nil
}

// kill kills a process that is not a child of this one, and waits until it is gone.
func kill(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return fmt.Errorf("open process %d: %w", pid, err)
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 30_000)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("wait for process %d: %w", pid, err)
		case n == 0:
			return fmt.Errorf("process %d does not die", pid)
		}
		return nil
	}
}

// strikeWindow is about how long a story with interruptions takes: each process of the network dies once within it.
const strikeWindow = 12 * time.Second

// faults tells the story while every process of the network is killed once, at a moment that is drawn, and started again: validators, oracles, and
// each command of the provider's tool and of the consumer's. The story completes, nothing is paid twice, and nothing is lost.
func faults(t *testing.T, n *network, runs int) {
	for run := range runs {
		seed := uint64(time.Now().UnixNano())
		t.Logf("run %d, seed %d", run, seed)
		faultRun(t, n, rand.New(rand.NewPCG(seed, 0)), seed)
	}
}

func faultRun(t *testing.T, n *network, random *rand.Rand, seed uint64) {
	moment := func(within time.Duration) time.Duration { return time.Duration(random.Int64N(int64(within))) }
	patient, researcher := n.person("patient"), n.person("researcher")
	before := len(researcher.deals())
	daemons := n.daemons()
	struck := make(chan error, len(daemons))
	for _, d := range daemons {
		after := moment(strikeWindow)
		go func() { struck <- d.strike(n.whole, after) }()
	}
	// interrupted kills a command once, unless it is done before; then it is given again, as by a person who is told that it did not end well.
	interrupted := func(p *person, into any, args ...string) {
		t.Helper()
		require.NoError(t, p.killAfter(moment(4*time.Second), args...))
		p.eventually(into, args...)
	}
	var deal struct{ ID string }
	interrupted(researcher, &deal, "deal", "create", "--name", fmt.Sprint("fault-", seed), "--budget", "2000000umed", "--count", "2", "--media-type", "text/plain")

	file := patient.write("fault.txt", fmt.Sprintf("%s %d", hiddenMarker, seed))
	var sale struct {
		State  string
		Reward string `json:"reward_umed"`
	}
	interrupted(patient, &sale, "provide", "submit", file, "--deal", deal.ID, "--yes")
	require.Equal(t, "paid", sale.State)
	require.Equal(t, "900000", sale.Reward, "half the budget less the oracles' tenth")

	out := filepath.Join(researcher.home, "faults")
	var delivered []struct{ File string }
	interrupted(researcher, &delivered, "consume", "fetch", deal.ID, "--out", out)
	require.Len(t, delivered, 1)
	got, err := os.ReadFile(delivered[0].File)
	require.NoError(t, err)
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, want, got)

	var shown struct {
		Status   string
		Consents int    `json:"consents"`
		Paid     string `json:"paid_umed"`
		Refund   string `json:"refunded_umed"`
	}
	interrupted(researcher, &shown, "deal", "deactivate", deal.ID)
	require.Equal(t, "deactivated", shown.Status)
	require.Equal(t, 1, shown.Consents, "sold once")
	require.Equal(t, "1000000", shown.Paid)
	require.Equal(t, "1000000", shown.Refund)
	for range daemons {
		require.NoError(t, <-struck)
	}
	require.Len(t, researcher.deals(), before+1, "one deal more")
}

// killAfter runs a command and kills it after a time, unless it has ended by then.
func (p *person) killAfter(d time.Duration, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	err := p.command(ctx, args...).Run() // killed with SIGKILL
	if exit := (*exec.ExitError)(nil); err == nil || errors.As(err, &exit) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// deals are those that the person has made, whatever their status.
func (p *person) deals() (all []struct{ ID string }) {
	p.n.t.Helper()
	p.eventually(&all, "deal", "list", "--mine")
	return all
}

// eventually runs a command again until it works, as a person would who is told what to do next.
func (p *person) eventually(into any, args ...string) {
	p.n.t.Helper()
	var last error
	for range 5 {
		var out []byte
		if out, last = p.tool(append(args, "--json")...); last == nil {
			requireJSON(p.n.t, out, into)
			return
		}
	}
	require.NoError(p.n.t, last)
}
