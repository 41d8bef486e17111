package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
)

// TestADealsLife: a budget goes into escrow, each consent pays provider and oracles to the umed, and the last one completes the deal.
func TestADealsLife(t *testing.T) {
	c := fixture.New(t)
	before := c.Balance("consumer")
	deal := c.Create(c.CreateMsg("consumer"))
	require.Equal(t, types.DEAL_STATUS_ACTIVE, deal.Status)
	require.Equal(t, before.Sub(deal.Budget), c.Balance("consumer"))
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
	for i, datum := range []string{"a", "b", "c"} {
		consent := c.Sell(deal, datum, "provider")
		require.Equal(t, deal.Price(), consent.Cost())
		require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
		require.Equal(t, uint64(i+1), c.Deal(deal.Id).Consents)
	}
	closed := c.Deal(deal.Id)
	require.Equal(t, types.DEAL_STATUS_COMPLETED, closed.Status)
	require.True(t, closed.Refunded.IsZero())
	require.Equal(t, fixture.Umed(270_000_006), c.Balance("provider"), "90 %, and what the division of 10 % among four oracles leaves")
}
