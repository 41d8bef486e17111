package validate

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sync/semaphore"

	"github.com/medibloc/panacea/oracle/api"
)

// spool is a submission that has arrived, as it was sealed, or a schema, to be read more than once. Its first block is in memory, the others are in a
// file under a key that exists only here: the operator can neither read them nor, between two readings, put others in their place.
type spool struct {
	aead   cipher.AEAD
	first  []byte // the first block
	file   *os.File
	buffer []byte // what is written to it next
	name   string // of the file, if it still has one
	size   int64
	digest [sha256.Size]byte

	disk *semaphore.Weighted
	held int64 // of disk
}

const (
	spoolBlock    = 256 << 10
	spoolOverhead = 16
)

// errSpool says that the disk did not give back what was written.
var errSpool = errors.New("validate: the temporary file has been changed")

// receive reads to its end what comes. Errors are refusals (api.TooLarge, api.Busy), those of r, and those of the disk.
func receive(ctx context.Context, r io.Reader, dir string, most int64, disk *semaphore.Weighted) (*spool, error) {
	s := &spool{disk: disk}
	if err := s.fill(ctx, r, dir, most); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *spool) fill(ctx context.Context, r io.Reader, dir string, most int64) error {
	hash := sha256.New()
	block := make([]byte, spoolBlock)
	for number := uint64(0); ; number++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(r, block)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return fmt.Errorf("validate: receive: %w", err)
		}
		if s.size += int64(n); s.size > most {
			return api.Refuse(api.TooLarge, "", "at most %d bytes are taken here", most)
		}
		hash.Write(block[:n])
		if number == 0 {
			s.first = append([]byte(nil), block[:n]...)
		} else if n > 0 {
			if err := s.write(dir, number, block[:n]); err != nil {
				return err
			}
		}
		if end {
			s.digest, s.buffer = [32]byte(hash.Sum(nil)), nil
			return nil
		}
	}
}

func nonce(number uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 4, 12), number) }

// write appends a block. Each number is used once under the key, and the reader knows how long each block is.
func (s *spool) write(dir string, number uint64, block []byte) error {
	if s.file == nil {
		if err := s.create(dir); err != nil {
			return err
		}
	}
	if !s.disk.TryAcquire(spoolBlock) {
		return api.Refuse(api.Busy, "", "too many submissions are on their way in; ask again later")
	}
	s.held += spoolBlock
	s.buffer = s.aead.Seal(s.buffer[:0], nonce(number), block, nil)
	if _, err := s.file.Write(s.buffer); err != nil {
		return fmt.Errorf("validate: temporary file: %w", err)
	}
	return nil
}

func (s *spool) create(dir string) error {
	key := make([]byte, 32)
	defer clear(key)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return err
	}
	if s.file, err = os.CreateTemp(dir, "submission-"); err != nil {
		return fmt.Errorf("validate: temporary file: %w", err)
	}
	// Without a name, nothing is left of it when the process ends, however it ends. Where that cannot be, close removes it.
	if os.Remove(s.file.Name()) != nil {
		s.name = s.file.Name()
	}
	return nil
}

// reader reads the submission from its beginning. One reader at a time.
func (s *spool) reader() io.Reader {
	return &spoolReader{spool: s, rest: s.first, left: s.size - int64(len(s.first)), number: 1}
}

type spoolReader struct {
	spool  *spool
	rest   []byte
	buffer []byte
	left   int64 // bytes after rest
	number uint64
}

func (r *spoolReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *spoolReader) next() error {
	n := int(min(r.left, spoolBlock))
	if r.buffer == nil {
		r.buffer = make([]byte, spoolBlock+spoolOverhead)
	}
	sealed := r.buffer[:n+spoolOverhead]
	if _, err := r.spool.file.ReadAt(sealed, int64(r.number-1)*(spoolBlock+spoolOverhead)); err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	block, err := r.spool.aead.Open(sealed[:0], nonce(r.number), sealed, nil)
	if err != nil {
		return errSpool
	}
	r.rest, r.left, r.number = block, r.left-int64(n), r.number+1
	return nil
}

// close forgets the submission.
func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close() // nothing of it is needed any more
		if s.name != "" {
			_ = os.Remove(s.name)
		}
		s.disk.Release(s.held)
		s.file = nil
	}
}
