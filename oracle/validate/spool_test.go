package validate

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"

	"github.com/medibloc/panacea/oracle/api"
)

func TestASpoolGivesBackWhatArrived(t *testing.T) {
	disk := semaphore.NewWeighted(64 << 20)
	for _, size := range []int{0, 1, spoolBlock - 1, spoolBlock, spoolBlock + 1, 3*spoolBlock + 17} {
		sent := bytes.Repeat([]byte{byte(size), 2, 3}, size/3+1)[:size]
		s, err := receive(t.Context(), iotest.HalfReader(bytes.NewReader(sent)), t.TempDir(), int64(size), disk)
		require.NoError(t, err)
		for range 2 {
			got, err := io.ReadAll(s.reader())
			require.NoError(t, err)
			require.True(t, bytes.Equal(sent, got))
		}
		s.close()
	}
	require.True(t, disk.TryAcquire(64<<20), "all is given back")
}

// Between two readings the operator changes the file.
func TestAChangedSpoolIsNoticed(t *testing.T) {
	disk := semaphore.NewWeighted(64 << 20)
	s, err := receive(t.Context(), bytes.NewReader(make([]byte, 4*spoolBlock)), t.TempDir(), 1<<30, disk)
	require.NoError(t, err)
	defer s.close()
	stored := make([]byte, 3*(spoolBlock+spoolOverhead))
	_, err = s.file.ReadAt(stored, 0)
	require.NoError(t, err)
	require.False(t, bytes.Contains(stored, make([]byte, 64)), "the file shows what arrived")

	first := stored[:spoolBlock+spoolOverhead]
	for name, change := range map[string]func() error{
		"a bit":                 func() error { _, err := s.file.WriteAt([]byte{stored[9] ^ 1}, 9); return err },
		"a block for another":   func() error { _, err := s.file.WriteAt(first, int64(len(first))); return err },
		"the end is taken away": func() error { return s.file.Truncate(int64(len(stored)) - 1) },
	} {
		_, err := s.file.WriteAt(stored, 0)
		require.NoError(t, err)
		_, err = io.ReadAll(s.reader())
		require.NoError(t, err)
		require.NoError(t, change())
		_, err = io.ReadAll(s.reader())
		require.ErrorIs(t, err, errSpool, name)
	}
}

func TestWhatDoesNotArriveLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	disk := semaphore.NewWeighted(2 * spoolBlock)
	broken := errors.New("connection lost")
	_, err := receive(t.Context(), io.MultiReader(bytes.NewReader(make([]byte, 2*spoolBlock)), iotest.ErrReader(broken)), dir, 1<<30, disk)
	require.ErrorIs(t, err, broken)
	_, err = receive(t.Context(), bytes.NewReader(make([]byte, 2*spoolBlock)), dir, 2*spoolBlock-1, disk)
	require.Equal(t, string(api.TooLarge), api.RefusalOf(err).GetCode())
	_, err = receive(t.Context(), bytes.NewReader(make([]byte, 4*spoolBlock)), dir, 1<<30, disk)
	require.Equal(t, string(api.Busy), api.RefusalOf(err).GetCode(), "there is no more disk for it")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
	require.True(t, disk.TryAcquire(2*spoolBlock))
	_, err = receive(t.Context(), bytes.NewReader(make([]byte, 2*spoolBlock)), filepath.Join(dir, "none"), 1<<30, semaphore.NewWeighted(1<<30))
	require.Error(t, err)
}
