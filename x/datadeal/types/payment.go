package types

import (
	"math/big"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// decUnit is one in the integers that math.LegacyDec counts in.
var decUnit = math.LegacyOneDec().BigInt()

// SplitPrice divides the price of a datum: each vouching oracle earns floor(price × its power ÷ power of all that vouch × its
// commission rate), computed in integers with one division, and the provider the rest. So both sum up to the price exactly. The
// oracles are at least one, with positive power and rates of 0 to 1.
func SplitPrice(price math.Int, vouching []oracletypes.ActiveOracle) (provider math.Int, oracles []math.Int) {
	whole := new(big.Int)
	for _, oracle := range vouching {
		whole.Add(whole, oracle.Power.BigInt())
	}
	whole.Mul(whole, decUnit)
	provider = price
	for _, oracle := range vouching {
		share := price.BigInt()
		share.Mul(share, oracle.Power.BigInt())
		share.Mul(share, oracle.Commission.BigInt())
		reward := math.NewIntFromBigInt(share.Quo(share, whole))
		oracles = append(oracles, reward)
		provider = provider.Sub(reward)
	}
	return provider, oracles
}

// Cost returns what a consent cost: the rewards of provider and oracles.
func (c Consent) Cost() sdk.Coin {
	sum := c.ProviderReward
	for _, reward := range c.OracleRewards {
		sum.Amount = sum.Amount.Add(reward.Amount.Amount)
	}
	return sum
}
