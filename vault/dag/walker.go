package dag

import (
	"fmt"
	"math"

	"github.com/ipfs/go-cid"
)

// Walker goes through the blocks of a file, root first and then in the order of the content. The zero Walker is not usable.
type Walker struct {
	from, to int64
	stack    []pending // the next on top
	size     int64     // of the whole content, -1 before the root has been seen
}

type pending struct {
	cid    cid.Cid
	offset int64
	size   int64 // that the parent claims; -1 for the root
	depth  int
}

// Whole stands for the end of a file of any size.
const Whole = math.MaxInt64

// NewWalker starts at a root. It visits the blocks that hold content of [from, to) or lie above such blocks; the root always.
func NewWalker(root cid.Cid, from, to int64) *Walker {
	return &Walker{from: max(from, 0), to: to, stack: []pending{{cid: root, size: -1}}, size: -1}
}

// Next returns the block that must be fed next, and false if the walk is over.
func (w *Walker) Next() (cid.Cid, bool) {
	if len(w.stack) == 0 {
		return cid.Undef, false
	}
	return w.stack[len(w.stack)-1].cid, true
}

// Size returns the size of the whole content in bytes, -1 before the root has been fed.
func (w *Walker) Size() int64 { return w.size }

// Position returns the offset of the content that the next block holds, or of the walk's end.
func (w *Walker) Position() int64 {
	if n := len(w.stack); n > 0 {
		return w.stack[n-1].offset
	}
	return max(min(w.to, w.size), 0)
}

// Skip goes past the next block without its data, which only a raw block other than the root allows: it has no children. It says whether it
// did.
func (w *Walker) Skip() bool {
	n := len(w.stack)
	if n == 0 || w.stack[n-1].size < 0 || w.stack[n-1].cid.Prefix().Codec != cid.Raw {
		return false
	}
	w.stack = w.stack[:n-1]
	return true
}

// Visit is what feeding a block told.
type Visit struct {
	CID     cid.Cid
	Offset  int64  // of Content in the whole, in bytes
	Content []byte // the part of the leaf's content that lies in the range; shares memory with the block
	Leaf    bool
}

// Feed takes the block that Next named. Unless verified says that its hash has been checked, Feed checks it. After an error the walk
// stands where it was, so that another copy of the block can be tried.
func (w *Walker) Feed(data []byte, verified bool) (Visit, error) {
	if len(w.stack) == 0 {
		return Visit{}, fmt.Errorf("%w: block after the end", ErrMalformed)
	}
	at := w.stack[len(w.stack)-1]
	if !verified {
		if err := Verify(at.cid, data); err != nil {
			return Visit{}, err
		}
	}
	n, err := parse(at.cid, data)
	if err != nil {
		return Visit{}, err
	}
	if at.size >= 0 && n.size != at.size {
		return Visit{}, fmt.Errorf("%w: a child of another size than its parent says", ErrMalformed)
	}
	if at.depth >= maxDepth && len(n.children) > 0 {
		return Visit{}, fmt.Errorf("%w: too deep", ErrMalformed)
	}
	w.stack = w.stack[:len(w.stack)-1]
	if at.size < 0 {
		w.size = n.size
	}
	if len(n.children) == 0 {
		start, end := max(at.offset, w.from), min(at.offset+n.size, w.to)
		if start >= end {
			return Visit{CID: at.cid, Offset: at.offset, Leaf: true}, nil
		}
		return Visit{CID: at.cid, Offset: start, Content: n.content[start-at.offset : end-at.offset], Leaf: true}, nil
	}
	end := at.offset + n.size
	for i := len(n.children) - 1; i >= 0; i-- {
		c := n.children[i]
		end -= c.size
		if end < w.to && end+c.size > w.from {
			w.stack = append(w.stack, pending{cid: c.cid, offset: end, size: c.size, depth: at.depth + 1})
		}
	}
	return Visit{CID: at.cid, Offset: at.offset}, nil
}
