//go:build unix

package store_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/store"
)

// The tests below run themselves again as a process of their own, which writes until it is killed or its disk is full.
const (
	envChildDir   = "PANACEA_STORE_TEST_DIR"
	envChildFirst = "PANACEA_STORE_TEST_FIRST"
	envChildLimit = "PANACEA_STORE_TEST_FILE_LIMIT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(envChildDir); dir != "" {
		child(dir)
		os.Exit(0)
	}
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		flag.Set("rapid.checks", "15") // each history writes real files and syncs them
	}
	os.Exit(m.Run())
}

// sizeOf is the size of the n-th object: mostly small, sometimes of many blocks.
func sizeOf(n int) int { return []int{100, 20 << 10, dag.ChunkSize + 1, 1<<20 + 5}[n%4] }

func object(n int) []byte {
	b := make([]byte, sizeOf(n))
	rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), 1}).Read(b)
	return b
}

// child puts objects, says so after each, and deletes some.
func child(dir string) {
	first, _ := strconv.Atoi(os.Getenv(envChildFirst))
	if limit, _ := strconv.ParseUint(os.Getenv(envChildLimit), 10, 64); limit > 0 {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			panic(err)
		}
	}
	backend, err := embedded.Open(dir, embedded.Options{})
	if err != nil {
		panic(err)
	}
	s, err := store.Open(ctx, backend, key, store.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println("open")
	for n := first; ; n++ {
		info, err := s.Put(ctx, bytes.NewReader(object(n)), store.PutOptions{})
		if err != nil {
			fmt.Println("failed", n, err)
			return
		}
		fmt.Println("put", n, info.CID)
		if n%5 == 4 && n > first {
			fmt.Println("deleting", n-1)
			c, _ := blocksOf(failer{}, object(n-1))
			if err := s.Delete(ctx, c); err != nil {
				panic(err)
			}
			if _, err := s.CollectGarbage(ctx); err != nil {
				panic(err)
			}
			fmt.Println("deleted", n-1)
		}
	}
}

type failer struct{}

func (failer) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (failer) FailNow()                          { panic("failed") }

// history is what a child said of each object.
type history map[int]string

// run starts a child and returns when it has said lines lines and the delay is over; it is killed then. lines 0 waits for its end.
func (h history) run(t *testing.T, lines int, delay time.Duration, env ...string) (last int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	scanner := bufio.NewScanner(out)
	heard := 0
	for scanner.Scan() {
		f := strings.Fields(scanner.Text())
		if len(f) > 1 {
			n, err := strconv.Atoi(f[1])
			require.NoError(t, err)
			h[n] = f[0]
			if f[0] == "put" || f[0] == "failed" {
				last = n
			}
		}
		if heard++; heard == lines {
			// What the child says after this line is heard too: only the moment of its death is random.
			time.AfterFunc(delay, func() { cmd.Process.Kill() })
		}
	}
	err = cmd.Wait()
	if lines == 0 {
		require.NoError(t, err)
	}
	return last
}

// verify opens what a child left: everything accepted is intact, and nothing else can be read.
func (h history) verify(t *testing.T, dir string) {
	t.Helper()
	s, closeStore := open(t, dir, store.Options{})
	defer closeStore()
	report, err := s.Check(ctx, false, nil)
	require.NoError(t, err)
	require.True(t, report.OK(), "%+v", report)
	for n, said := range h {
		data := object(n)
		c, _ := blocksOf(t, data)
		has, err := s.Has(ctx, c)
		require.NoError(t, err)
		switch said {
		case "put":
			require.True(t, has, "object %d was accepted", n)
		case "deleted", "failed":
			require.False(t, has, "object %d was %s", n, said)
		}
		if has {
			r, err := s.Open(ctx, c)
			require.NoError(t, err)
			got, err := io.ReadAll(r)
			require.NoError(t, err)
			require.True(t, bytes.Equal(data, got))
		}
	}
}

// TestKill kills a writing process at random moments, again and again, until 200 objects have been put.
func TestKill(t *testing.T) {
	dir, h := t.TempDir(), history{}
	random := rand.New(rand.NewPCG(1, 2))
	for next := 0; next < 200; {
		delay := time.Duration(random.IntN(40)) * time.Millisecond
		last := h.run(t, 1+random.IntN(25), delay, envChildDir+"="+dir, envChildFirst+"="+strconv.Itoa(next))
		h.verify(t, dir)
		next = max(next, last+2) // the one after the last may have been put without a word
	}
}

// TestFileLimit lets every write beyond a size fail in the middle, as a full disk does.
func TestFileLimit(t *testing.T) {
	for _, limit := range []int{64 << 10, 300 << 10, 2 << 20} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			dir, h := t.TempDir(), history{}
			last := h.run(t, 0, 0, envChildDir+"="+dir, envChildFirst+"=0", envChildLimit+"="+strconv.Itoa(limit))
			require.Equal(t, "failed", h[last])
			h.verify(t, dir)
			// With space again, the same object goes in.
			s, closeStore := open(t, dir, store.Options{})
			defer closeStore()
			put(t, s, object(last))
		})
	}
}
