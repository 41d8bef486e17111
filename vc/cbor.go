package vc

import (
	"fmt"
	"maps"
	"slices"
)

// The selective disclosure suites put their components into CBOR (RFC 8949): arrays
// and maps of definite length, unsigned integers, byte strings and text strings. This
// file reads and writes that subset in its deterministic form (§4.2.1); any other
// encoding of the same components is refused, so that a proof has one form.

const (
	cborUint  = 0
	cborBytes = 2
	cborText  = 3
	cborArray = 4
	cborMap   = 5
)

type cborWriter struct{ b []byte }

func (w *cborWriter) head(major byte, n uint64) {
	switch m := major << 5; {
	case n < 24:
		w.b = append(w.b, m|byte(n))
	case n < 1<<8:
		w.b = append(w.b, m|24, byte(n))
	case n < 1<<16:
		w.b = append(w.b, m|25, byte(n>>8), byte(n))
	case n < 1<<32:
		w.b = append(w.b, m|26, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	default:
		w.b = append(w.b, m|27, byte(n>>56), byte(n>>48), byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}

func (w *cborWriter) array(n int) { w.head(cborArray, uint64(n)) }

func (w *cborWriter) bytes(b []byte) {
	w.head(cborBytes, uint64(len(b)))
	w.b = append(w.b, b...)
}

func (w *cborWriter) byteStrings(list [][]byte) {
	w.array(len(list))
	for _, b := range list {
		w.bytes(b)
	}
}

func (w *cborWriter) texts(list []string) {
	w.array(len(list))
	for _, s := range list {
		w.head(cborText, uint64(len(s)))
		w.b = append(w.b, s...)
	}
}

func (w *cborWriter) ints(list []int) {
	w.array(len(list))
	for _, n := range list {
		w.head(cborUint, uint64(n))
	}
}

func (w *cborWriter) intMap(m map[int]int) {
	w.head(cborMap, uint64(len(m)))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		w.head(cborUint, uint64(k))
		w.head(cborUint, uint64(m[k]))
	}
}

func (w *cborWriter) bytesMap(m map[int][]byte) {
	w.head(cborMap, uint64(len(m)))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		w.head(cborUint, uint64(k))
		w.bytes(m[k])
	}
}

// cborReader reads components in order. After the first error it reads nothing.
type cborReader struct {
	b   []byte
	err error
}

const maxCBORInt = 1 << 20 // no index or label of a proof is larger

func (r *cborReader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrProofValue, what)
	}
	r.b = nil
}

func (r *cborReader) head(major byte) uint64 {
	if len(r.b) == 0 || r.b[0]>>5 != major {
		r.fail("a component is not of the type it should be")
		return 0
	}
	info := r.b[0] & 31
	if info < 24 {
		r.b = r.b[1:]
		return uint64(info)
	}
	size := 1 << (info - 24)
	if info > 27 || len(r.b) < 1+size {
		r.fail("a component has no definite length or is cut off")
		return 0
	}
	var n uint64
	for _, c := range r.b[1 : 1+size] {
		n = n<<8 | uint64(c)
	}
	if least := [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24]; n < least {
		r.fail("a length or number is not in its shortest form")
		return 0
	}
	r.b = r.b[1+size:]
	return n
}

// count reads the head of an array or map whose elements take at least one byte each.
func (r *cborReader) count(major byte) int {
	n := r.head(major)
	if n > uint64(len(r.b)) {
		r.fail("an array or map is cut off")
		return 0
	}
	return int(n)
}

func (r *cborReader) uint() int {
	n := r.head(cborUint)
	if n > maxCBORInt {
		r.fail("a number is too large")
		return 0
	}
	return int(n)
}

func (r *cborReader) raw(major byte) []byte {
	n := r.head(major)
	if n > uint64(len(r.b)) {
		r.fail("a string is cut off")
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

// bytes reads a byte string, of exactly size bytes unless size is negative.
func (r *cborReader) bytes(size int) []byte {
	s := r.raw(cborBytes)
	if size >= 0 && len(s) != size {
		r.fail("a byte string has the wrong length")
		return nil
	}
	return slices.Clone(s)
}

func (r *cborReader) byteStrings(size int) [][]byte {
	out := make([][]byte, r.count(cborArray))
	for i := range out {
		out[i] = r.bytes(size)
	}
	return out
}

func (r *cborReader) texts() []string {
	out := make([]string, r.count(cborArray))
	for i := range out {
		out[i] = string(r.raw(cborText))
	}
	return out
}

// ascending reads an array of numbers that ascend strictly.
func (r *cborReader) ascending() []int {
	out := make([]int, r.count(cborArray))
	for i := range out {
		out[i] = r.uint()
		if i > 0 && out[i] <= out[i-1] {
			r.fail("indexes do not ascend")
		}
	}
	return out
}

// key reads the next key of a map, which ascend.
func (r *cborReader) key(i, last int) int {
	k := r.uint()
	if i > 0 && k <= last {
		r.fail("keys of a map do not ascend")
	}
	return k
}

func (r *cborReader) intMap() map[int]int {
	n := r.count(cborMap)
	out := make(map[int]int, n)
	last := 0
	for i := range n {
		last = r.key(i, last)
		out[last] = r.uint()
	}
	return out
}

func (r *cborReader) bytesMap(size int) map[int][]byte {
	n := r.count(cborMap)
	out := make(map[int][]byte, n)
	last := 0
	for i := range n {
		last = r.key(i, last)
		out[last] = r.bytes(size)
	}
	return out
}

// end returns the first error, or one if something follows.
func (r *cborReader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail("something follows the components")
	}
	return r.err
}
