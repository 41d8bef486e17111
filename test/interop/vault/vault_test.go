package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/store"
)

const testTimeout = 10 * time.Minute

// TestSameCIDs: a file put into a vault has the CID that `ipfs add --cid-version=1 --raw-leaves` gives it, at every size where the DAG's shape
// changes.
func TestSameCIDs(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	dir := install(ctx, t)
	backend, err := embedded.Open(t.TempDir(), embedded.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	s, err := store.Open(ctx, backend, make([]byte, store.KeySize), store.Options{})
	require.NoError(t, err)

	const chunk = 256 << 10
	ours := map[string]string{}
	var files []string
	for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 1 << 20, 174 * chunk, 174*chunk + 1, 100 << 20} {
		path := filepath.Join(t.TempDir(), fmt.Sprint(size))
		content := make([]byte, size)
		rand.NewChaCha8([32]byte{byte(size), byte(size >> 8), byte(size >> 16)}).Read(content)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		info, err := s.Put(ctx, bytes.NewReader(content), store.PutOptions{})
		require.NoError(t, err)
		ours[path] = info.CID.String()
		files = append(files, path)
	}
	input, err := json.Marshal(map[string]any{"files": files})
	require.NoError(t, err)
	node := exec.CommandContext(ctx, "node", "cids.mjs")
	node.Dir, node.Stdin = dir, bytes.NewReader(input)
	var errOut bytes.Buffer
	node.Stderr = &errOut
	out, err := node.Output()
	require.NoError(t, err, "%s", errOut.String())
	seen := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); seen++ {
		var theirs struct{ Path, CID string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &theirs))
		require.Equal(t, theirs.CID, ours[theirs.Path], "a file of %s bytes", filepath.Base(theirs.Path))
	}
	require.Equal(t, len(files), seen)
}

// install copies the script to a directory of its own and installs what it depends on, as the lock file pins it. Nothing that comes from npm
// may run code of its own at installation.
func install(ctx context.Context, t *testing.T) string {
	for _, program := range []string{"node", "npm"} {
		_, err := exec.LookPath(program)
		require.NoErrorf(t, err, "this test needs %s: install Node.js 20.19 or later (see test/interop/README.md)", program)
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("js")))
	for _, name := range []string{"package.json", "package-lock.json"} {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier")
	npm.Dir = dir
	out, err := npm.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}
