package bbs

import (
	"sync"
	"sync/atomic"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// maxTables bounds the precomputed multiples of a suite: for 1024 generators 6 MiB for provers and issuers, and 12 MiB
// for verifiers.
const maxTables = 1024

// generators are the first points of create_generators, draft §4.1.1: Q_1, H_1, H_2 and so on. They are immutable.
type generators struct {
	points  []bls.G1Affine
	encoded []byte // the points' compressed encodings one after the other, as the domain is calculated from them

	tables []table        // for secret scalars
	odd    []oddMultiples // for public scalars
}

// A generatorCache owns the generators made so far. The draft makes generator i from a running state, so that a longer
// list continues a shorter one: one list serves every count. It grows on demand up to MaxMessages + 1 points, which
// its callers check, and is safe for concurrent use.
type generatorCache struct {
	seed              []byte
	tagSeed, tagPoint tag
	hash              hasher

	made atomic.Pointer[generators]

	mu    sync.Mutex // held while made grows
	state [expandLen]byte
}

// forSecrets returns at least the first n generators, with tables as far as there are any.
func (c *generatorCache) forSecrets(n int) *generators {
	return c.grow(n, min(n, maxTables), 0)
}

// forPublic returns at least the first n generators, with odd multiples as far as there are any.
func (c *generatorCache) forPublic(n int) *generators {
	return c.grow(n, 0, min(n, maxTables))
}

// grow returns at least so many generators, tables and odd multiples.
func (c *generatorCache) grow(points, tables, odd int) *generators {
	enough := func(g *generators) bool {
		return g != nil && len(g.points) >= points && len(g.tables) >= tables && len(g.odd) >= odd
	}
	if g := c.made.Load(); enough(g) {
		return g
	}
	c.mu.Lock()
	defer c.mu.Unlock()

	made := c.made.Load()
	if enough(made) {
		return made
	}
	var g generators
	if made != nil {
		g = *made // appending never changes what this earlier snapshot can see
	} else {
		c.hash(c.state[:], c.tagSeed, c.seed)
	}
	for i := len(g.points); i < points; i++ {
		c.hash(c.state[:], c.tagSeed, c.state[:], octets8(i+1))
		p := hashToCurve(c.hash, c.tagPoint, c.state[:])
		g.points = append(g.points, p)
		g.encoded = append(g.encoded, encodedG1(&p)...)
	}
	if n := len(g.tables); n < tables {
		g.tables = append(g.tables, newTables(g.points[n:tables])...)
	}
	if n := len(g.odd); n < odd {
		g.odd = append(g.odd, newOddMultiples(fixedWindow, g.points[n:odd]...)...)
	}
	c.made.Store(&g)
	return &g
}
