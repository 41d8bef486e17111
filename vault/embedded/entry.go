package embedded

import (
	"encoding/binary"
	"fmt"

	ds "github.com/ipfs/go-datastore"
)

// Spaces of the tree's keys, by their first byte.
const (
	spaceData = 'd' // key → entry
	spacePack = 'p' // pack id, 8 bytes big-endian → total and live bytes
)

func dataKey(key ds.Key) []byte { return append([]byte{spaceData}, key.String()...) }

func packKey(id uint64) []byte { return binary.BigEndian.AppendUint64([]byte{spacePack}, id) }

// place is where a value stands in a pack.
type place struct {
	pack   uint64
	offset int64 // of the record, in bytes from the file's start
	size   uint32
}

// entry is what the tree holds of a key: the value itself, or its place.
type entry struct {
	inline []byte // not nil if the value is here
	place  place
}

const (
	entryInline = 0
	entryPacked = 1
	packedSize  = 1 + 8 + 8 + 4
)

func inlineEntry(value []byte) []byte { return append([]byte{entryInline}, value...) }

func (p place) entry() []byte {
	b := make([]byte, 0, packedSize)
	b = append(b, entryPacked)
	b = binary.BigEndian.AppendUint64(b, p.pack)
	b = binary.BigEndian.AppendUint64(b, uint64(p.offset))
	return binary.BigEndian.AppendUint32(b, p.size)
}

// parseEntry copies what it returns.
func parseEntry(b []byte) (entry, error) {
	switch {
	case len(b) > 0 && b[0] == entryInline:
		return entry{inline: append([]byte{}, b[1:]...)}, nil
	case len(b) == packedSize && b[0] == entryPacked:
		p := place{
			pack:   binary.BigEndian.Uint64(b[1:]),
			offset: int64(binary.BigEndian.Uint64(b[9:])),
			size:   binary.BigEndian.Uint32(b[17:]),
		}
		if p.offset < 0 || p.size > MaxValueSize {
			return entry{}, fmt.Errorf("%w: impossible place in a pack", ErrCorrupt)
		}
		return entry{place: p}, nil
	}
	return entry{}, fmt.Errorf("%w: unknown entry", ErrCorrupt)
}

// counts are a pack's bytes: all of them, and those of records that the tree still points to.
type counts struct{ total, live int64 }

func (c counts) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.total))
	return binary.BigEndian.AppendUint64(b, uint64(c.live))
}

func parseCounts(b []byte) (counts, error) {
	if len(b) != 16 {
		return counts{}, fmt.Errorf("%w: pack counts", ErrCorrupt)
	}
	return counts{int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))}, nil
}
