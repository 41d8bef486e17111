package embedded

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

const (
	packDir    = "packs"
	packSuffix = ".pack"
	// headerSize is that of a record's head: CRC-32C of the rest (4), length of the key (2), length of the value (4), all
	// big-endian. The key and the value follow.
	headerSize = 10
	maxOpen    = 64 // pack files kept open for reading
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	// errPackGone says that a pack file is not there: it was rewritten a moment ago, or it is lost.
	errPackGone = errors.New("embedded: pack file is missing")
)

// packSet knows the pack files. The counts belong to whoever holds Datastore.mu; the rest has a lock of its own.
type packSet struct {
	dir    string
	counts map[uint64]counts
	dead   []uint64 // no record of them is live; to be removed once that is durable

	mu   sync.Mutex
	next uint64
	open map[uint64]*packFile
	used []uint64 // the ids of open, least recently used first
}

// packFile is a file that readers share. It is closed when the last of them and the set have let go.
type packFile struct {
	f    *os.File
	refs int
}

// openPacks reads the counts from the tree and removes the files that it does not name.
func openPacks(dir string, db *pebble.DB) (*packSet, error) {
	s := &packSet{dir: dir, counts: map[uint64]counts{}, open: map[uint64]*packFile{}}
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{spacePack}, UpperBound: []byte{spacePack + 1}})
	if err != nil {
		return nil, err
	}
	for ok := it.First(); ok; ok = it.Next() {
		c, err := parseCounts(it.Value())
		if err != nil || len(it.Key()) != 9 {
			return nil, errors.Join(ErrCorrupt, it.Close())
		}
		id := binary.BigEndian.Uint64(it.Key()[1:])
		s.counts[id] = c
		s.next = max(s.next, id)
	}
	if err := it.Close(); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		id, ok := parsePackName(file.Name())
		if ok {
			s.next = max(s.next, id)
		}
		if _, known := s.counts[id]; ok && !known {
			if err := os.Remove(filepath.Join(dir, file.Name())); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func packName(id uint64) string { return fmt.Sprintf("%016x%s", id, packSuffix) }

func parsePackName(name string) (uint64, bool) {
	hex, ok := strings.CutSuffix(name, packSuffix)
	if !ok || len(hex) != 16 {
		return 0, false
	}
	id, err := strconv.ParseUint(hex, 16, 64)
	return id, err == nil
}

func recordSize(keyLen, valueLen int) int64 { return headerSize + int64(keyLen) + int64(valueLen) }

// read returns the value at a place, after it has checked the record's checksum and that it is the key's.
func (s *packSet) read(p place, key string) ([]byte, error) {
	file, err := s.acquire(p.pack)
	if err != nil {
		return nil, err
	}
	defer s.release(file)
	record := make([]byte, recordSize(len(key), int(p.size)))
	if _, err := file.f.ReadAt(record, p.offset); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: pack file is too short", ErrCorrupt)
		}
		return nil, err
	}
	if binary.BigEndian.Uint32(record) != crc32.Checksum(record[4:], castagnoli) ||
		int(binary.BigEndian.Uint16(record[4:])) != len(key) || binary.BigEndian.Uint32(record[6:]) != p.size ||
		string(record[headerSize:headerSize+len(key)]) != key {
		return nil, fmt.Errorf("%w: record in a pack", ErrCorrupt)
	}
	return record[headerSize+len(key):], nil
}

func (s *packSet) acquire(id uint64) (*packFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.open[id]
	if ok {
		s.used = append(slices.DeleteFunc(s.used, func(u uint64) bool { return u == id }), id)
		file.refs++
		return file, nil
	}
	f, err := os.Open(filepath.Join(s.dir, packName(id)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errPackGone
	}
	if err != nil {
		return nil, err
	}
	if len(s.used) >= maxOpen {
		s.forget(s.used[0])
	}
	file = &packFile{f: f, refs: 2}
	s.open[id] = file
	s.used = append(s.used, id)
	return file, nil
}

// forget closes a file unless somebody reads it; then the reader does. The caller holds mu.
func (s *packSet) forget(id uint64) {
	file, ok := s.open[id]
	if !ok {
		return
	}
	delete(s.open, id)
	s.used = slices.DeleteFunc(s.used, func(u uint64) bool { return u == id })
	s.drop(file)
}

func (s *packSet) release(file *packFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(file)
}

func (s *packSet) drop(file *packFile) {
	if file.refs--; file.refs == 0 {
		file.f.Close() // opened for reading: nothing to lose
	}
}

func (s *packSet) takeDead() []uint64 {
	dead := s.dead
	s.dead = nil
	return dead
}

func (s *packSet) remove(ids []uint64) error {
	var errs []error
	for _, id := range ids {
		s.mu.Lock()
		s.forget(id)
		s.mu.Unlock()
		if err := os.Remove(filepath.Join(s.dir, packName(id))); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("embedded: remove a pack: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (s *packSet) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.used) > 0 {
		s.forget(s.used[0])
	}
	return nil
}

// size is the sum of the files' sizes in bytes.
func (s *packSet) size() uint64 {
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return 0
	}
	var sum uint64
	for _, file := range files {
		if info, err := file.Info(); err == nil {
			sum += uint64(info.Size())
		}
	}
	return sum
}

// packWriter appends records to a pack that no reader knows of yet.
type packWriter struct {
	id      uint64
	path    string
	f       *os.File
	w       *bufio.Writer
	at      int64
	synced  int64         // where the last sync on the way began
	syncing chan struct{} // closed when that sync has ended; nil if there was none
	failed  error         // of that sync, to be read when it has ended: the system tells a failure once
}

// syncEvery is how many bytes are written before the disk is told to begin with them, so that the sync at the end has little left to wait for.
const syncEvery = 8 << 20

func (s *packSet) create() (*packWriter, error) {
	s.mu.Lock()
	s.next++
	id := s.next
	s.mu.Unlock()
	path := filepath.Join(s.dir, packName(id))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("embedded: make a pack: %w", err)
	}
	return &packWriter{id: id, path: path, f: f, w: bufio.NewWriterSize(f, 64<<10)}, nil
}

func (w *packWriter) append(key string, value []byte) (place, error) {
	head := make([]byte, headerSize, headerSize+len(key))
	binary.BigEndian.PutUint16(head[4:], uint16(len(key)))
	binary.BigEndian.PutUint32(head[6:], uint32(len(value)))
	head = append(head, key...)
	sum := crc32.Update(crc32.Checksum(head[4:], castagnoli), castagnoli, value)
	binary.BigEndian.PutUint32(head, sum)
	p := place{pack: w.id, offset: w.at, size: uint32(len(value))}
	if _, err := w.w.Write(head); err != nil {
		return place{}, fmt.Errorf("embedded: write a pack: %w", err)
	}
	if _, err := w.w.Write(value); err != nil {
		return place{}, fmt.Errorf("embedded: write a pack: %w", err)
	}
	w.at += recordSize(len(key), len(value))
	if w.at-w.synced >= syncEvery && w.idle() {
		w.synced, w.syncing = w.at, make(chan struct{})
		go func(done chan struct{}) {
			defer close(done)
			w.failed = errors.Join(w.failed, w.f.Sync())
		}(w.syncing)
	}
	return p, nil
}

// idle says whether no sync is on its way.
func (w *packWriter) idle() bool {
	select {
	case <-w.syncing:
		return true
	default:
		return w.syncing == nil
	}
}

func (w *packWriter) wait() {
	if w.syncing != nil {
		<-w.syncing
	}
}

// finish makes the file durable, its name excepted: that is the directory's, which the caller syncs once for all files.
func (w *packWriter) finish() error {
	w.wait()
	err := errors.Join(w.failed, w.w.Flush())
	if err == nil {
		err = w.f.Sync()
	}
	if err = errors.Join(err, w.f.Close()); err != nil {
		return fmt.Errorf("embedded: finish a pack: %w", err)
	}
	return nil
}

func (w *packWriter) discard() {
	w.wait()
	w.f.Close()       // the file is thrown away: nothing to lose
	os.Remove(w.path) // what stays is removed when the store is opened
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// scan calls each with the records of a pack in order, until it ends or is damaged. Values are not kept.
func (s *packSet) scan(id uint64, each func(key string, p place) error) error {
	file, err := s.acquire(id)
	if err != nil {
		return err
	}
	defer s.release(file)
	info, err := file.f.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, headerSize)
	for at := int64(0); at < info.Size(); {
		if _, err := file.f.ReadAt(head, at); err != nil {
			return fmt.Errorf("%w: record in a pack", ErrCorrupt)
		}
		keyLen, size := int(binary.BigEndian.Uint16(head[4:])), binary.BigEndian.Uint32(head[6:])
		end := at + recordSize(keyLen, int(size))
		if size > MaxValueSize || end > info.Size() {
			return fmt.Errorf("%w: record in a pack", ErrCorrupt)
		}
		key := make([]byte, keyLen)
		if _, err := file.f.ReadAt(key, at+headerSize); err != nil {
			return fmt.Errorf("%w: record in a pack", ErrCorrupt)
		}
		if err := each(string(key), place{pack: id, offset: at, size: size}); err != nil {
			return err
		}
		at = end
	}
	return nil
}
