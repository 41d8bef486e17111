// Package peer runs npm's implementations of verifiable credentials for tests and benchmarks: it installs them by `npm ci` from
// the lock file beside it and talks to js/peer.mjs by lines of JSON.
package peer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Peer is a running Node.js process.
type Peer struct {
	t   testing.TB
	in  io.WriteCloser
	out *bufio.Reader
	mu  sync.Mutex
}

// maximumLine bounds an answer, in bytes.
const maximumLine = 16 << 20

// Start installs what source (the folder of package.json) names into a temporary directory and starts it; it ends with the
// test. Where Node.js or npm is missing, the test fails.
func Start(t testing.TB, source string) *Peer {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is needed for this test; install Node.js 20.19 or later: %v", program, err)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "js/peer.mjs"} {
		b, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = dir
	if output, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, output)
	}
	// The context of the test is done before its cleanups run, which end the process in order.
	node := exec.CommandContext(context.WithoutCancel(t.Context()), "node", "js/peer.mjs")
	node.Dir = dir
	var stderr bytes.Buffer
	node.Stderr = &stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	p := &Peer{t: t, in: in, out: bufio.NewReaderSize(out, maximumLine)}
	t.Cleanup(func() {
		_ = in.Close() // the end of its input is how the process knows
		if err := node.Wait(); err != nil {
			t.Errorf("node: %v\n%s", err, stderr.Bytes())
		}
	})
	return p
}

// Call asks for an operation and reads its answer into result, which may be nil. An error of the other side is an error.
func (p *Peer) Call(op string, request map[string]any, result any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	message := map[string]any{"op": op}
	for k, v := range request {
		message[k] = v
	}
	line, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	line, err = p.out.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("peer: %s: %w", op, err)
	}
	var answer struct {
		OK    json.RawMessage
		Error string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return fmt.Errorf("peer: %s: %w", op, err)
	}
	if answer.Error != "" {
		return fmt.Errorf("peer: %s: %s", op, answer.Error)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer.OK, result)
}

// Must is Call that ends the test on an error.
func (p *Peer) Must(op string, request map[string]any, result any) {
	p.t.Helper()
	if err := p.Call(op, request, result); err != nil {
		p.t.Fatal(err)
	}
}
