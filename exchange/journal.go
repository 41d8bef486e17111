package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// maxJournal bounds a journal's size in bytes.
const maxJournal = 4 << 20

// journal is one operation's memory: a file that is replaced as a whole, so that a crash leaves the old or the new one, and a
// lock that one process at a time holds.
type journal struct {
	path string
	lock *os.File
}

// openJournal locks an operation and reads what is known of it into v, which stays as it is if nothing is. Error: ErrBusy, ErrJournal.
func openJournal(dir, name string, v any) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, name+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrBusy, name), lock.Close())
	}
	j := &journal{path: filepath.Join(dir, name+".json"), lock: lock}
	if err := readJournal(j.path, v); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

// readJournal reads without locking. Errors: os.ErrNotExist, ErrJournal.
func readJournal(path string, v any) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxJournal {
		return fmt.Errorf("%w: %s has %d bytes", ErrJournal, path, info.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrJournal, path, err)
	}
	return nil
}

// write makes v what is known, and returns when that is on disk.
func (j *journal) write(v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	return WriteFile(j.path, func(f *os.File) error {
		_, err := f.Write(append(raw, '\n'))
		return err
	})
}

func (j *journal) close() error { return j.lock.Close() }

// WriteFile makes a file with what write writes, readable by its owner only: wholly or not at all, and on disk when it returns. What a killed
// process leaves beside it, .NAME.part, goes away the next time.
func WriteFile(path string, write func(*os.File) error) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("exchange: %s is there, and is no file", path)
	}
	f, err := openPart(filepath.Join(dir, "."+filepath.Base(path)+".part"))
	if err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
		err = errors.Join(err, f.Close())
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// openPart opens an empty file that no other process writes: they wait for one another.
func openPart(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := flock(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		ours, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if there, err := os.Stat(path); err != nil || !os.SameFile(ours, there) { // the other process has put it in its place
			if err := f.Close(); err != nil {
				return nil, err
			}
			continue
		}
		if err := errors.Join(f.Chmod(0o600), f.Truncate(0)); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
}

func flock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
