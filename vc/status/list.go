package status

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/medibloc/panacea/did/multibase"
)

const (
	// MinimumLength is the least number of entries of a list (§3.2): it hides a credential among 131,072.
	MinimumLength = 131072
	// MaximumBytes is the greatest length of an uncompressed list that is made or read, in bytes: 128 Mi entries of one bit.
	MaximumBytes = 16 << 20
	// MaximumSize is the greatest statusSize that is made or read, in bits.
	MaximumSize = 16

	// maximumEncoded bounds the compressed list; gzip adds at most some bytes per 64 KiB to what does not compress.
	maximumEncoded = MaximumBytes + 8192
)

// List is a bitstring of entries of one size each. It may be read by several goroutines as long as none sets.
type List struct {
	bits []byte
	size int // of an entry, in bits
}

// NewList makes a list of at least length entries of size bits each, all zero. Length is rounded up to whole bytes of
// entries. Errors are ErrLength for less than MinimumLength, ErrTooLarge for more than MaximumBytes, ErrMalformed for a
// size that is not 1 to MaximumSize.
func NewList(length, size int) (*List, error) {
	if size < 1 || size > MaximumSize {
		return nil, fmt.Errorf("%w: statusSize %d, want 1 to %d", ErrMalformed, size, MaximumSize)
	}
	if length < MinimumLength {
		return nil, fmt.Errorf("%w: %d entries, at least %d hide a credential among others", ErrLength, length, MinimumLength)
	}
	if length > MaximumBytes*8/size {
		return nil, fmt.Errorf("%w: %w: %d entries of %d bits, at most %d bytes", ErrMalformed, ErrTooLarge, length, size, MaximumBytes)
	}
	return &List{make([]byte, (length*size+7)/8), size}, nil
}

// Len returns the number of entries.
func (l *List) Len() int { return len(l.bits) * 8 / l.size }

// Size returns the size of an entry in bits.
func (l *List) Size() int { return l.size }

// Get returns the value at index; ErrRange if there is none.
func (l *List) Get(index uint64) (uint32, error) {
	if index >= uint64(l.Len()) {
		return 0, fmt.Errorf("%w: index %d of %d", ErrRange, index, l.Len())
	}
	var v uint32
	for bit := int(index) * l.size; bit < (int(index)+1)*l.size; bit++ {
		// §3.2: index zero is the left-most bit.
		v = v<<1 | uint32(l.bits[bit/8]>>(7-bit%8)&1)
	}
	return v, nil
}

// Set stores value at index. Errors are ErrRange for an index beyond the end and ErrMalformed for a value that does not
// fit into an entry.
func (l *List) Set(index uint64, value uint32) error {
	if index >= uint64(l.Len()) {
		return fmt.Errorf("%w: index %d of %d", ErrRange, index, l.Len())
	}
	if value>>l.size != 0 {
		return fmt.Errorf("%w: value %#x does not fit into %d bits", ErrMalformed, value, l.size)
	}
	for i := range l.size {
		bit := int(index)*l.size + i
		mask := byte(1) << (7 - bit%8)
		if value>>(l.size-1-i)&1 == 1 {
			l.bits[bit/8] |= mask
		} else {
			l.bits[bit/8] &^= mask
		}
	}
	return nil
}

// Encode writes the list as encodedList: gzip, then multibase base64url (§3.3). The same list gives the same text.
func (l *List) Encode() (string, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return "", fmt.Errorf("status: %w", err)
	}
	if _, err := w.Write(l.bits); err != nil {
		return "", fmt.Errorf("status: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("status: %w", err)
	}
	return multibase.Encode(multibase.Base64URL, buf.Bytes()), nil
}

// Decode reads an encodedList of entries of size bits (§3.4). It reads at most maxBytes uncompressed bytes, MaximumBytes
// if maxBytes is zero or more than that, and stops there, whatever a decompression bomb would give. Errors are ErrMalformed,
// ErrTooLarge, and ErrLength for less than 16 KiB or less than minimum entries (MinimumLength if zero).
func Decode(encoded string, size, minimum, maxBytes int) (*List, error) {
	if size < 1 || size > MaximumSize {
		return nil, fmt.Errorf("%w: statusSize %d, want 1 to %d", ErrMalformed, size, MaximumSize)
	}
	if maxBytes <= 0 || maxBytes > MaximumBytes {
		maxBytes = MaximumBytes
	}
	if minimum <= 0 {
		minimum = MinimumLength
	}
	if encoded == "" || encoded[0] != byte(multibase.Base64URL) {
		return nil, fmt.Errorf("%w: encodedList is not multibase base64url (prefix \"u\")", ErrMalformed)
	}
	packed, err := multibase.Decode(encoded, maximumEncoded)
	if err != nil {
		if errors.Is(err, multibase.ErrTooLong) {
			return nil, fmt.Errorf("%w: %w: encodedList: %w", ErrMalformed, ErrTooLarge, err)
		}
		return nil, fmt.Errorf("%w: encodedList: %w", ErrMalformed, err)
	}
	in := bytes.NewReader(packed)
	r, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList is not gzip: %w", ErrMalformed, err)
	}
	r.Multistream(false)
	bits, err := io.ReadAll(io.LimitReader(r, int64(maxBytes)+1))
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList: %w", ErrMalformed, err)
	}
	if len(bits) > maxBytes {
		return nil, fmt.Errorf("%w: %w: more than %d bytes uncompressed", ErrMalformed, ErrTooLarge, maxBytes)
	}
	if in.Len() != 0 {
		return nil, fmt.Errorf("%w: encodedList has bytes after its gzip member", ErrMalformed)
	}
	if entries := len(bits) * 8 / size; entries < minimum {
		return nil, fmt.Errorf("%w: %d entries, at least %d are required", ErrLength, entries, minimum)
	}
	return &List{bits, size}, nil
}
