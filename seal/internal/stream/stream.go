// Package stream is the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár ("Online Authenticated-Encryption
// and its Nonce-Reuse Misuse-Resistance", 2015) with AES-256-GCM: a plaintext of any length in chunks of 1 MiB, each under
// a nonce of its number and a mark on the last, so that chunks cannot be changed, moved, left out, or added unnoticed, in
// memory of one chunk.
//
// A key must be used for one plaintext only.
package stream

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// ChunkSize is the size of every chunk's plaintext but the last's, in bytes.
	ChunkSize = 1 << 20
	// Overhead is what each chunk adds, in bytes.
	Overhead = 16
	// KeySize is the size of a key in bytes.
	KeySize = 32

	sealedSize = ChunkSize + Overhead
	nonceSize  = 12
	// maxChunks keeps the counter within 32 bits: 4 PiB, and far below what one AES-GCM key may encrypt.
	maxChunks = 1 << 32
)

var (
	// ErrTruncated is returned where the stream ends before its last chunk.
	ErrTruncated = errors.New("seal: stream ends before its last chunk")
	// ErrChunk is returned for a chunk that is not authentic.
	ErrChunk = errors.New("seal: chunk of the stream is not authentic")
	// ErrExtended is returned where the stream goes on after its last chunk.
	ErrExtended = errors.New("seal: stream goes on after its last chunk")
	// ErrTooLong is returned for a stream of too many chunks.
	ErrTooLong = errors.New("seal: stream is too long")
	errClosed  = errors.New("seal: write after close")
)

// SealedSize returns the size of the stream of n bytes of plaintext.
func SealedSize(n int64) int64 {
	chunks := max((n+ChunkSize-1)/ChunkSize, 1)
	return n + chunks*Overhead
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("seal: stream key of %d bytes", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// nonce is the chunk's number in eleven bytes, big-endian, and one byte that is 1 for the last chunk.
func nonce(number uint64, last bool) []byte {
	n := make([]byte, nonceSize)
	binary.BigEndian.PutUint64(n[3:], number)
	if last {
		n[nonceSize-1] = 1
	}
	return n
}

// Writer encrypts what is written to it. Close writes the last chunk; without it the stream is truncated.
type Writer struct {
	aead   cipher.AEAD
	dst    io.Writer
	buf    []byte // plaintext of the chunk that is being filled
	out    []byte
	number uint64
	err    error
}

// NewWriter returns a writer of a stream to dst. It does not close dst.
func NewWriter(key []byte, dst io.Writer) (*Writer, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return &Writer{aead: aead, dst: dst, buf: make([]byte, 0, ChunkSize)}, nil
}

// Write implements io.Writer. A full chunk is only written when more follows, since it might be the last.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	written := 0
	for len(p) > 0 {
		if len(w.buf) == ChunkSize {
			if err := w.flush(false); err != nil {
				return written, err
			}
		}
		n := min(len(p), ChunkSize-len(w.buf))
		w.buf = append(w.buf, p[:n]...)
		p = p[n:]
		written += n
	}
	return written, nil
}

// Close writes the last chunk and overwrites the buffer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	err := w.flush(true)
	clear(w.buf[:cap(w.buf)])
	if w.err == nil {
		w.err = errClosed
	}
	return err
}

func (w *Writer) flush(last bool) error {
	if w.number >= maxChunks {
		w.err = ErrTooLong
		return w.err
	}
	w.out = w.aead.Seal(w.out[:0], nonce(w.number, last), w.buf, nil)
	w.number++
	w.buf = w.buf[:0]
	if _, err := w.dst.Write(w.out); err != nil {
		w.err = fmt.Errorf("seal: write sealed chunk: %w", err)
		return w.err
	}
	return nil
}

// Reader decrypts a stream. What it hands out is authentic; that it was all is said by io.EOF.
type Reader struct {
	aead   cipher.AEAD
	src    io.Reader
	sealed []byte // the next chunk, and one byte that tells whether another follows
	held   int    // bytes in sealed
	buf    []byte
	plain  []byte // of buf, not yet handed out
	number uint64
	err    error
}

// NewReader returns a reader of the stream in src.
func NewReader(key []byte, src io.Reader) (*Reader, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return &Reader{aead: aead, src: src}, nil
}

// Read implements io.Reader. Errors beside src's own: ErrTruncated, ErrChunk, ErrExtended, ErrTooLong.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.plain) == 0 && len(p) > 0 {
		if r.err != nil {
			clear(r.buf[:cap(r.buf)]) // plaintext is not left behind
			return 0, r.err
		}
		r.next()
	}
	n := copy(p, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

// next opens one chunk, or sets err.
func (r *Reader) next() {
	if r.sealed == nil {
		r.sealed = make([]byte, sealedSize+1)
	}
	n, err := io.ReadFull(r.src, r.sealed[r.held:])
	r.held += n
	last := false
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		last = true
	case err != nil:
		r.err = fmt.Errorf("seal: read sealed chunk: %w", err)
		return
	}
	if r.number >= maxChunks {
		r.err = ErrTooLong
		return
	}
	chunk := r.sealed[:min(r.held, sealedSize)]
	plain, err := r.aead.Open(r.buf[:0], nonce(r.number, last), chunk, nil)
	if err != nil {
		r.err = r.diagnose(chunk, last)
		return
	}
	if last && len(plain) == 0 && r.number > 0 {
		r.err = ErrChunk // a last chunk is empty only if everything is: one plaintext, one stream
		return
	}
	r.buf, r.plain = plain, plain
	r.number++
	if last {
		r.err = io.EOF
		return
	}
	r.sealed[0] = r.sealed[sealedSize]
	r.held = 1
}

// diagnose says why a chunk does not open: a stream was cut, or goes on, if the chunk opens with the other mark.
func (r *Reader) diagnose(chunk []byte, last bool) error {
	if len(chunk) == 0 {
		return ErrTruncated
	}
	if plain, err := r.aead.Open(r.buf[:0], nonce(r.number, !last), chunk, nil); err == nil {
		clear(plain)
		if last {
			return ErrTruncated
		}
		return ErrExtended
	}
	return ErrChunk
}
