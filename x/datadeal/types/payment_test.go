package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

func oracle(power int64, rate string) oracletypes.ActiveOracle {
	return oracletypes.ActiveOracle{Power: math.NewInt(power), Commission: math.LegacyMustNewDecFromStr(rate)}
}

func TestSplitPrice(t *testing.T) {
	for name, test := range map[string]struct {
		price    int64
		vouching []oracletypes.ActiveOracle
		provider int64
		oracles  []int64
	}{
		"one oracle":              {100, []oracletypes.ActiveOracle{oracle(5, "0.1")}, 90, []int64{10}},
		"no commission":           {100, []oracletypes.ActiveOracle{oracle(5, "0"), oracle(6, "0")}, 100, []int64{0, 0}},
		"all as commission":       {100, []oracletypes.ActiveOracle{oracle(1, "1"), oracle(2, "1")}, 1, []int64{33, 66}},
		"rates of their own":      {1000, []oracletypes.ActiveOracle{oracle(3, "0.5"), oracle(1, "0.1")}, 600, []int64{375, 25}},
		"less than an umed":       {1, []oracletypes.ActiveOracle{oracle(1, "0.5"), oracle(1, "0.5")}, 1, []int64{0, 0}},
		"the finest rate":         {1_000_000_000_000_000_000, []oracletypes.ActiveOracle{oracle(1, "0.000000000000000001")}, 999_999_999_999_999_999, []int64{1}},
		"rounded once, not twice": {3, []oracletypes.ActiveOracle{oracle(1, "1"), oracle(2, "1")}, 0, []int64{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			provider, oracles := types.SplitPrice(math.NewInt(test.price), test.vouching)
			require.Equal(t, test.provider, provider.Int64())
			for i, want := range test.oracles {
				require.Equal(t, want, oracles[i].Int64(), "oracle %d", i)
			}
		})
	}
}

// TestNoUmedIsLostOrMade: for any prices, powers and rates, up to the limits of a budget and of stake.
func TestNoUmedIsLostOrMade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := math.NewIntFromUint64(rapid.Uint64Range(1, 1<<63).Draw(t, "price"))
		if rapid.Bool().Draw(t, "huge") {
			price = price.Mul(math.NewIntFromUint64(1 << 63))
		}
		var vouching []oracletypes.ActiveOracle
		for range rapid.IntRange(1, 8).Draw(t, "oracles") {
			rate := math.LegacyNewDecFromIntWithPrec(math.NewInt(rapid.Int64Range(0, 1_000_000_000_000_000_000).Draw(t, "rate")), 18)
			vouching = append(vouching, oracletypes.ActiveOracle{Power: math.NewInt(rapid.Int64Range(1, 1<<62).Draw(t, "power")), Commission: rate})
		}
		provider, oracles := types.SplitPrice(price, vouching)
		sum, power := provider, math.ZeroInt()
		for i, reward := range oracles {
			sum, power = sum.Add(reward), power.Add(vouching[i].Power)
			if reward.IsNegative() {
				t.Fatalf("oracle %d gets %s", i, reward)
			}
		}
		if !sum.Equal(price) || provider.IsNegative() {
			t.Fatalf("%s of %s, of which the provider gets %s", sum, price, provider)
		}
		for i, reward := range oracles { // reward ≤ price × power × rate ÷ whole < reward + 1
			exact := math.LegacyNewDecFromInt(math.OneInt()).BigInt()
			numerator := price.BigInt()
			numerator.Mul(numerator, vouching[i].Power.BigInt()).Mul(numerator, vouching[i].Commission.BigInt())
			exact.Mul(exact, power.BigInt())
			low := reward.BigInt()
			low.Mul(low, exact)
			high := reward.AddRaw(1).BigInt()
			high.Mul(high, exact)
			if numerator.Cmp(low) < 0 || numerator.Cmp(high) >= 0 {
				t.Fatalf("oracle %d gets %s, which is not the floor of its share", i, reward)
			}
		}
	})
}
