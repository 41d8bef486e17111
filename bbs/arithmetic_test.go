package bbs

import (
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// edgeScalars are where a decomposition goes wrong if it does.
func edgeScalars() []fr.Element {
	var x2 big.Int
	x2.SetString("ac45a4010001a4020000000100000000", 16)
	var scalars []fr.Element
	for _, base := range []*big.Int{new(big.Int), &x2, new(big.Int).Mul(&x2, &x2), new(big.Int).Lsh(big.NewInt(1), 128), fr.Modulus()} {
		for d := int64(-2); d <= 2; d++ {
			var e fr.Element
			e.SetBigInt(new(big.Int).Add(base, big.NewInt(d)))
			scalars = append(scalars, e)
		}
	}
	return scalars
}

func drawScalar(t *rapid.T) fr.Element {
	if rapid.IntRange(0, 9).Draw(t, "edge") == 0 {
		return rapid.SampledFrom(edgeScalars()).Draw(t, "scalar")
	}
	b := rapid.SliceOfN(rapid.Byte(), 48, 48).Draw(t, "scalar")
	return scalarFromUniform((*[48]byte)(b))
}

func (a half) big() *big.Int {
	n := new(big.Int)
	for i := 2; i >= 0; i-- {
		n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(a[i]))
	}
	if a[2]>>63 == 1 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 192))
	}
	return n
}

func TestScalarFromUniformReduces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 48, 48).Draw(t, "bytes")
		want := new(big.Int).Mod(new(big.Int).SetBytes(b), fr.Modulus())
		got := scalarFromUniform((*[48]byte)(b))
		require.Zero(t, want.Cmp(got.BigInt(new(big.Int))))
	})
}

func TestSplitRepresentsTheScalar(t *testing.T) {
	check := func(t require.TestingT, k fr.Element) {
		k0, k1 := split(&k)
		x2 := seedSquared.big()
		require.Less(t, k0.big().Cmp(new(big.Int).Lsh(x2, 1)), 0)
		require.GreaterOrEqual(t, k0.big().Sign(), 0)
		require.GreaterOrEqual(t, k1.big().Sign(), 0)
		require.LessOrEqual(t, k1.big().BitLen(), 128)
		sum := new(big.Int).Mul(k1.big(), x2)
		sum.Add(sum, k0.big()).Mod(sum, fr.Modulus())
		require.Zero(t, sum.Cmp(k.BigInt(new(big.Int))))

		// The comb's digits: Σ ±2^i over both halves.
		d := newCombDigits(&k)
		total := new(big.Int)
		for h := range 2 {
			value := new(big.Int)
			require.LessOrEqual(t, d[h].big().BitLen(), halfDigits)
			for i := range halfDigits {
				term := new(big.Int).Lsh(big.NewInt(1), uint(i))
				if d[h][i/64]>>(i%64)&1 == 0 {
					term.Neg(term)
				}
				value.Add(value, term)
			}
			if h == 1 {
				value.Mul(value, x2)
			}
			total.Add(total, value)
		}
		total.Mod(total, fr.Modulus())
		require.Zero(t, total.Cmp(k.BigInt(new(big.Int))))
	}
	for _, k := range edgeScalars() {
		check(t, k)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, drawScalar(t)) })
}

func TestEndomorphismMultipliesBySeedSquared(t *testing.T) {
	_, _, g, _ := bls.Generators()
	var want bls.G1Affine
	want.ScalarMultiplication(&g, seedSquared.big())
	got := newOddMultiples(onceWindow, g)[0][1][0]
	require.True(t, want.Equal(&got))
}

func TestSubtractIsTheLibrarys(t *testing.T) {
	var zero, one, minusOne fp.Element
	one.SetOne()
	minusOne.Neg(&one)
	elements := []fp.Element{zero, one, minusOne}
	for range 100 {
		elements = append(elements, randomBlind())
	}
	for _, x := range elements {
		for _, y := range elements {
			var want, got fp.Element
			want.Sub(&x, &y)
			subtract(&got, &x, &y)
			require.Equal(t, want, got)
		}
	}
}

// sumByLibrary is the same sum by the curve library's own scalar multiplication.
func sumByLibrary(points []bls.G1Affine, scalars []fr.Element) bls.G1Affine {
	var sum bls.G1Jac
	for i := range points {
		var p bls.G1Jac
		p.FromAffine(&points[i])
		p.ScalarMultiplication(&p, scalars[i].BigInt(new(big.Int)))
		sum.AddAssign(&p)
	}
	return normalise([]bls.G1Jac{sum})[0]
}

func TestSumsAreTheLibrarys(t *testing.T) {
	made := SHA256().cache.grow(200, 200, 200)
	rapid.Check(t, func(t *rapid.T) {
		// Some of the generators have no tables; some sums span several chunks.
		g := &generators{points: made.points}
		withTables := rapid.IntRange(0, 150).Draw(t, "tables")
		g.tables, g.odd = made.tables[:withTables], made.odd[:withTables]
		var points []bls.G1Affine
		var scalars []fr.Element
		var secret, again secretSum
		var public publicSum
		for range rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(0, 170)).Draw(t, "terms") {
			i := len(points)
			k := drawScalar(t)
			points, scalars = append(points, g.points[i]), append(scalars, k)
			secret.addGenerator(g, i, &k)
			again.addGenerator(g, i, &k)
			public.addGenerator(g, i, &k)
		}
		want := sumByLibrary(points, scalars)
		got := normalise(append(totals(&secret, &again), public.total()))
		require.Equal(t, want, got[0], "secret")
		require.Equal(t, want, got[1], "second of two secret sums")
		require.Equal(t, want, got[2], "public")
		for _, k := range append(secret.scalars, secret.pointScalars...) {
			require.True(t, k.IsZero(), "the scalars are cleared")
		}
	})
}

// No sum of generators meets equal or opposite points; if it did, it must be right.
func TestSumsOfEqualAndOppositePoints(t *testing.T) {
	g := SHA256().cache.grow(2, 2, 2)
	five := fr.NewElement(5)
	var minusFive fr.Element
	minusFive.Neg(&five)
	for name, scalars := range map[string][]fr.Element{
		"equal":            {five, five},
		"equal three":      {five, five, five},
		"opposite":         {five, minusFive},
		"opposite and one": {five, minusFive, five},
	} {
		t.Run(name, func(t *testing.T) {
			var secret secretSum
			var public publicSum
			var points []bls.G1Affine
			for i := range scalars {
				secret.addGenerator(g, 1, &scalars[i])
				public.addGenerator(g, 1, &scalars[i])
				points = append(points, g.points[1])
			}
			want := sumByLibrary(points, scalars)
			got := normalise(append(totals(&secret), public.total()))
			require.Equal(t, want, got[0])
			require.Equal(t, want, got[1])
		})
	}
}

func TestMultiplyBP2IsTheLibrarys(t *testing.T) {
	_, _, _, bp2 := bls.Generators()
	check := func(t require.TestingT, k fr.Element) {
		var want bls.G2Affine
		want.ScalarMultiplication(&bp2, k.BigInt(new(big.Int)))
		require.Equal(t, want, multiplyBP2(&k))
	}
	for _, k := range edgeScalars() {
		check(t, k)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, drawScalar(t)) })
}

func TestSecretScalarArithmeticIsTheLibrarys(t *testing.T) {
	check := func(t require.TestingT, x, y fr.Element) {
		var want, got fr.Element
		want.Add(&x, &y)
		addSecret(&got, &x, &y)
		require.Equal(t, want, got)

		inverse, err := inverseOfSum(&x, &y)
		require.NoError(t, err)
		want.Inverse(&want)
		require.Equal(t, want, inverse)

		want.Sub(&x, &y)
		subtractSecret(&got, &x, &y)
		require.Equal(t, want, got)
	}
	for _, x := range edgeScalars() {
		for _, y := range edgeScalars() {
			check(t, x, y)
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, drawScalar(t), drawScalar(t)) })
}
