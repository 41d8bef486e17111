package types

import (
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// CheckDeal checks a well-formed message against the parameters, at a block's time. Errors are ErrInvalidBudget, ErrInvalidDataCount,
// ErrInvalidRequirements, ErrInvalidTerms, ErrInvalidQuorum and ErrInvalidExpiry.
func (p Params) CheckDeal(m *MsgCreateDeal, now time.Time) error {
	if m.DataCount > p.MaxDataCount {
		return ErrInvalidDataCount.Wrapf("the deal wants %d; at most %d", m.DataCount, p.MaxDataCount)
	}
	if err := p.checkBudget(m.Budget, m.DataCount); err != nil {
		return err
	}
	if n := len(m.Requirements.Schemas); n > int(p.MaxSchemas) {
		return ErrInvalidRequirements.Wrapf("there are %d schemas; at most %d", n, p.MaxSchemas)
	}
	if n := len(m.Requirements.PresentationDefinition); n > int(p.MaxDefinitionSize) {
		return ErrInvalidRequirements.Wrapf("the presentation definition has %d bytes; at most %d", n, p.MaxDefinitionSize)
	}
	if n := len(m.Terms); n > int(p.MaxTerms) {
		return ErrInvalidTerms.Wrapf("there are %d; at most %d", n, p.MaxTerms)
	}
	for _, term := range m.Terms {
		if n := len(term.Title) + len(term.Text); n > int(p.MaxTermSize) {
			return ErrInvalidTerms.Wrapf("term %d has %d bytes; at most %d", term.Id, n, p.MaxTermSize)
		}
	}
	if m.Quorum != (oracletypes.Fraction{}) && less(m.Quorum, p.MinimumQuorum) {
		return ErrInvalidQuorum.Wrapf("%d/%d is less than the chain's minimum of %d/%d",
			m.Quorum.Numerator, m.Quorum.Denominator, p.MinimumQuorum.Numerator, p.MinimumQuorum.Denominator)
	}
	if latest := now.Add(p.MaxDealLifetime); !m.ExpiresAt.After(now) || m.ExpiresAt.After(latest) {
		return ErrInvalidExpiry.Wrapf("it is %s; it must be after %s and not after %s",
			m.ExpiresAt.Format(time.RFC3339), now.Format(time.RFC3339), latest.Format(time.RFC3339))
	}
	return nil
}

// checkBudget checks that a budget buys each datum at one price, which is high enough.
func (p Params) checkBudget(budget sdk.Coin, dataCount uint64) error {
	if budget.Denom != p.MinimumPrice.Denom {
		return ErrInvalidBudget.Wrapf("it is in %.64s; deals are paid in %s", budget.Denom, p.MinimumPrice.Denom)
	}
	count := math.NewIntFromUint64(dataCount)
	price, rest := budget.Amount.Quo(count), budget.Amount.Mod(count)
	if !rest.IsZero() {
		lower := budget.Amount.Sub(rest)
		if lower.IsZero() {
			return ErrInvalidBudget.Wrapf("%s is no multiple of the %d data; the least is %s%s", budget, dataCount, count, budget.Denom)
		}
		return ErrInvalidBudget.Wrapf("%s is no multiple of the %d data; the nearest are %s%s and %s%s",
			budget, dataCount, lower, budget.Denom, lower.Add(count), budget.Denom)
	}
	if price.LT(p.MinimumPrice.Amount) {
		return ErrInvalidBudget.Wrapf("a datum would cost %s%s; at least %s", price, budget.Denom, p.MinimumPrice)
	}
	return nil
}

// less compares two fractions exactly.
func less(a, b oracletypes.Fraction) bool {
	return uint64(a.Numerator)*uint64(b.Denominator) < uint64(b.Numerator)*uint64(a.Denominator)
}
