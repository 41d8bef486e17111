package bbs

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// maxTables bounds the precomputed tables of a suite: 2048 of 6 KiB each, 12 MiB.
const maxTables = 2048

// generators are the first points of create_generators, draft §4.1.1: Q_1, H_1, H_2 and so on. They are immutable.
type generators struct {
	points  []bls.G1Affine
	encoded []byte // the points' compressed encodings one after the other, as the domain is calculated from them
	tables  []table
}

// A generatorCache owns the generators made so far. The draft makes generator i from a running state, so that a longer
// list continues a shorter one: one list serves every count. It grows on demand up to MaxMessages + 1 points, which
// its callers check, and is safe for concurrent use.
type generatorCache struct {
	seed              []byte
	tagSeed, tagPoint tag
	hash              hasher
	numTables         int

	made atomic.Pointer[generators]

	mu    sync.Mutex // held while made grows
	state [expandLen]byte
}

// first returns at least the first n generators.
func (c *generatorCache) first(n int) *generators {
	if g := c.made.Load(); g != nil && len(g.points) >= n {
		return g
	}
	c.mu.Lock()
	defer c.mu.Unlock()

	var g generators
	if made := c.made.Load(); made != nil {
		g = *made
	} else {
		c.hash(c.state[:], c.tagSeed, c.seed)
	}
	if len(g.points) >= n {
		return c.made.Load()
	}
	for i := len(g.points); i < n; i++ {
		c.hash(c.state[:], c.tagSeed, c.state[:], binary.BigEndian.AppendUint64(nil, uint64(i+1)))
		p := hashToCurve(c.hash, c.tagPoint, c.state[:])
		// Appending never changes what an earlier snapshot can see.
		g.points = append(g.points, p)
		g.encoded = append(g.encoded, encodedG1(&p)...)
	}
	if k := len(g.tables); k < min(n, c.numTables) {
		g.tables = append(g.tables, newTables(g.points[k:min(n, c.numTables)])...)
	}
	c.made.Store(&g)
	return &g
}
