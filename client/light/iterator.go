package light

import "bytes"

// A proof that a key is absent shows its neighbours and that nothing lies between them. So a walk through a range is proven to be
// complete: the next key after K is the right neighbour of K followed by a zero byte, which is the least key above K. Each step
// asks for one proof.

// iterator implements corestore.Iterator over proven entries.
type iterator struct {
	store      provenStore
	start, end []byte
	direction  direction
	// at is the present entry, nil behind the last.
	at  *entry
	err error
}

// direction is the order in which an iterator goes. Both return nil where the store ends.
type direction interface {
	first(s provenStore, start, end []byte) (*entry, error)
	after(s provenStore, key []byte) (*entry, error)
}

func (i *iterator) settle(e *entry, err error) {
	i.at, i.err = nil, err
	if err != nil || e == nil || i.start != nil && bytes.Compare(e.key, i.start) < 0 || i.end != nil && bytes.Compare(e.key, i.end) >= 0 {
		return
	}
	i.at = e
}

// Domain implements corestore.Iterator.
func (i *iterator) Domain() (start, end []byte) { return i.start, i.end }

// Valid implements corestore.Iterator.
func (i *iterator) Valid() bool { return i.at != nil }

// Next implements corestore.Iterator. It does nothing behind the last entry.
func (i *iterator) Next() {
	if i.at != nil {
		i.settle(i.direction.after(i.store, i.at.key))
	}
}

// Key implements corestore.Iterator. It is nil behind the last entry.
func (i *iterator) Key() []byte {
	if i.at == nil {
		return nil
	}
	return bytes.Clone(i.at.key)
}

// Value implements corestore.Iterator. It is nil behind the last entry.
func (i *iterator) Value() []byte {
	if i.at == nil {
		return nil
	}
	return append([]byte{}, i.at.value...)
}

// Error implements corestore.Iterator.
func (i *iterator) Error() error { return i.err }

// Close implements corestore.Iterator.
func (i *iterator) Close() error {
	i.at = nil
	return nil
}

// ascending goes from small keys to large ones.
type ascending struct{}

func (ascending) first(s provenStore, start, _ []byte) (*entry, error) {
	if len(start) == 0 {
		start = []byte{0} // the least key that can be asked for
	}
	return s.atOrAfter(start)
}

func (ascending) after(s provenStore, key []byte) (*entry, error) { return s.atOrAfter(successor(key)) }

// successor returns the least key above a key.
func successor(key []byte) []byte { return append(bytes.Clone(key), 0) }

// atOrAfter returns the entry of a key or, if there is none, the first above it.
func (s provenStore) atOrAfter(key []byte) (*entry, error) {
	p, err := s.prove(key)
	if err != nil {
		return nil, err
	}
	if p.found {
		return &entry{key, p.value}, nil
	}
	return p.right, nil
}

// descending goes from large keys to small ones.
type descending struct{}

func (descending) first(s provenStore, _, end []byte) (*entry, error) {
	if end == nil {
		return s.last()
	}
	return s.before(end)
}

func (descending) after(s provenStore, key []byte) (*entry, error) { return s.before(key) }

// last returns the last entry of the store: the left neighbour of a key above all, or what follows that key if one is above it.
func (s provenStore) last() (*entry, error) {
	return s.lastFrom(bytes.Repeat([]byte{0xff}, guessLength), nil)
}

// before returns the last entry below a key. There may be none that can be asked for between the two when the key exists, so a key
// a little below it is asked for, and what follows that one.
func (s provenStore) before(key []byte) (*entry, error) {
	p, err := s.prove(key)
	if err != nil {
		return nil, err
	}
	if !p.found {
		return p.left, nil
	}
	below := below(key)
	if len(below) == 0 {
		return nil, nil // key is one zero byte, and nothing can be below it
	}
	return s.lastFrom(below, key)
}

// guessLength is by how many bytes a guessed key is longer than the one it stands below.
const guessLength = 64

// below returns a key below the given one, with few keys between them.
func below(key []byte) []byte {
	last := len(key) - 1
	if key[last] == 0 {
		return bytes.Clone(key[:last]) // the one immediately below
	}
	guess := bytes.Clone(key)
	guess[last]--
	return append(guess, bytes.Repeat([]byte{0xff}, guessLength)...)
}

// lastFrom returns the last entry that is below end (above nothing if nil), given a key below end: its left neighbour, if none
// follows it before end.
func (s provenStore) lastFrom(from, end []byte) (*entry, error) {
	p, err := s.prove(from)
	if err != nil {
		return nil, err
	}
	last, next := p.left, p.right
	if p.found {
		last = &entry{from, p.value}
		if next, err = s.atOrAfter(successor(from)); err != nil {
			return nil, err
		}
	}
	for next != nil && (end == nil || bytes.Compare(next.key, end) < 0) {
		last = next
		if next, err = s.atOrAfter(successor(last.key)); err != nil {
			return nil, err
		}
	}
	return last, nil
}
