package bbs

import (
	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// An evaluator is sumPublic or sumSecret.
type evaluator func(sums ...combSum) []bls.G1Jac

// terms collects the terms of a sum over fixed points, of which most are generators. Those beyond the suite's
// precomputed tables get temporary ones, some at a time.
type terms struct {
	generators *generators
	combSum

	points       []bls.G1Affine // generators without a table
	pointScalars []fr.Element
}

func newTerms(g *generators, capacity int) *terms {
	capacity = min(capacity, maxTables+2)
	return &terms{generators: g, combSum: combSum{make([]*table, 0, capacity), make([]fr.Element, 0, capacity)}}
}

func (t *terms) addGenerator(i int, k *fr.Element) {
	if i < len(t.generators.tables) {
		t.add(&t.generators.tables[i], k)
		return
	}
	t.points = append(t.points, t.generators.points[i])
	t.pointScalars = append(t.pointScalars, *k)
}

// total evaluates the sum, and others with it, and clears the scalars of the sum.
func (t *terms) total(evaluate evaluator, others ...combSum) []bls.G1Jac {
	totals := evaluate(append([]combSum{t.combSum}, others...)...)
	for at := 0; at < len(t.points); at += sumChunk {
		end := min(at+sumChunk, len(t.points))
		tables := newTables(t.points[at:end])
		part := combSum{scalars: t.pointScalars[at:end]}
		for i := range tables {
			part.tables = append(part.tables, &tables[i])
		}
		totals[0].AddAssign(&evaluate(part)[0])
	}
	clear(t.scalars)
	clear(t.pointScalars)
	return totals
}
