package bbs

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// terms collects the terms of a sum over fixed points, of which most are generators. Those beyond the suite's
// precomputed tables get temporary ones, some at a time.
type terms struct {
	generators *generators
	sum        func([]*table, []fr.Element) bls.G1Jac

	tables  []*table
	scalars []fr.Element

	points       []bls.G1Affine // generators without a table
	pointScalars []fr.Element
}

func newTerms(g *generators, capacity int, sum func([]*table, []fr.Element) bls.G1Jac) *terms {
	capacity = min(capacity, maxTables+4)
	return &terms{
		generators: g,
		sum:        sum,
		tables:     make([]*table, 0, capacity),
		scalars:    make([]fr.Element, 0, capacity),
	}
}

func (t *terms) add(base *table, k *fr.Element) {
	t.tables = append(t.tables, base)
	t.scalars = append(t.scalars, *k)
}

func (t *terms) addGenerator(i int, k *fr.Element) {
	if i < len(t.generators.tables) {
		t.add(&t.generators.tables[i], k)
		return
	}
	t.points = append(t.points, t.generators.points[i])
	t.pointScalars = append(t.pointScalars, *k)
}

// total returns the sum, and clears the scalars.
func (t *terms) total() bls.G1Jac {
	total := t.sum(t.tables, t.scalars)
	for at := 0; at < len(t.points); at += sumChunk {
		end := min(at+sumChunk, len(t.points))
		tables := newTables(t.points[at:end])
		refs := make([]*table, len(tables))
		for i := range tables {
			refs[i] = &tables[i]
		}
		part := t.sum(refs, t.pointScalars[at:end])
		total.AddAssign(&part)
	}
	clear(t.scalars)
	clear(t.pointScalars)
	return total
}
