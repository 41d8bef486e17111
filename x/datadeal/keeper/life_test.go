package keeper_test

import (
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// lastEvent returns the last typed event of a kind.
func lastEvent[E any, P interface {
	*E
	proto.Message
}](t *testing.T, c *fixture.Chain) P {
	t.Helper()
	var found P
	for _, event := range c.Ctx.EventManager().ABCIEvents() {
		parsed, err := sdk.ParseTypedEvent(event)
		if err != nil {
			continue
		}
		if e, ok := parsed.(P); ok {
			found = e
		}
	}
	require.NotNil(t, found)
	return found
}

// TestADealsLife: a budget goes into escrow, each consent pays provider and oracles to the umed, and the last one completes the deal.
func TestADealsLife(t *testing.T) {
	c := fixture.New(t)
	before := c.Balance("consumer")
	msg := c.CreateMsg("consumer")
	deal := c.Create(msg)
	created := lastEvent[types.EventDealCreated](t, c)
	require.Equal(t, deal.Id, created.DealId)
	require.Equal(t, types.DealID(fixture.ChainID, fixture.Account("consumer"), 1), deal.Id, "the consumer knows it beforehand")
	require.Equal(t, types.DEAL_STATUS_ACTIVE, deal.Status)
	require.Equal(t, types.UNIQUENESS_CONTENT, deal.Uniqueness, "which stands for what was left open")
	require.Equal(t, types.DefaultParams().MinimumQuorum, deal.Quorum, "as here")
	require.Equal(t, msg.Requirements, deal.Requirements)
	require.Equal(t, msg.Terms, deal.Terms)
	require.Equal(t, before.Sub(deal.Budget), c.Balance("consumer"))
	require.Equal(t, deal.Budget, c.Bank.GetBalance(c.Ctx, fixture.Escrow(t, deal), fixture.Denom))
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))

	stakes := make([]sdk.Coin, len(c.Nodes))
	for i, n := range c.Nodes {
		stakes[i] = c.Balance(n.Name)
	}
	for i, datum := range []string{"a", "b", "c"} {
		consent := c.Sell(deal, datum, "provider")
		require.Equal(t, deal.Price(), consent.Cost())
		require.Equal(t, fixture.Umed(90_000_002), consent.ProviderReward, "90 %, and what the division of 10 % among four leaves")
		require.NoError(t, c.Keeper.CheckInvariants(c.Ctx), "in the middle of a block too")
		require.Equal(t, uint64(i+1), c.Deal(deal.Id).Consents)
		sold := lastEvent[types.EventConsent](t, c)
		require.Equal(t, consent.Certificate.ObjectCid, sold.ObjectCid)
		require.Len(t, sold.Oracles, 4)
	}
	closed := c.Deal(deal.Id)
	require.Equal(t, types.DEAL_STATUS_COMPLETED, closed.Status)
	require.Equal(t, c.Ctx.BlockHeight(), closed.ClosedHeight)
	require.True(t, closed.Refunded.IsZero(), "nothing is left by construction")
	require.Equal(t, deal.Budget, closed.Paid)
	require.Equal(t, types.DEAL_STATUS_COMPLETED, lastEvent[types.EventDealClosed](t, c).Status)
	require.Equal(t, fixture.Umed(270_000_006), c.Balance("provider"), "at once")
	require.Equal(t, stakes[0], c.Balance(c.Nodes[0].Name), "oracles have it at the block's end")
	c.NextBlock(time.Second)
	for i, want := range []int64{3 * 5_263_157, 3 * 2_105_263, 3 * 1_578_947, 3 * 1_052_631} { // 10 % of 100 MED by 100, 40, 30 and 20 of 190
		require.Equal(t, fixture.Umed(want), c.Balance(c.Nodes[i].Name).Sub(stakes[i]))
	}
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

// TestWhatIsLeftGoesBack: to the last umed, when the consumer ends the deal or its time does.
func TestWhatIsLeftGoesBack(t *testing.T) {
	c := fixture.New(t)
	before := c.Balance("consumer")
	first, second := c.Create(c.CreateMsg("consumer")), c.Create(c.CreateMsg("consumer"))
	require.NotEqual(t, first.Id, second.Id)
	c.Sell(first, "a", "provider")
	c.Sell(second, "a", "provider")

	response, err := c.Msgs.DeactivateDeal(c.Ctx, &types.MsgDeactivateDeal{Consumer: first.Consumer, DealId: first.Id})
	require.NoError(t, err)
	require.Equal(t, fixture.Umed(200_000_000), response.Refund)
	require.Equal(t, before.Sub(fixture.Umed(400_000_000)), c.Balance("consumer"))
	require.Equal(t, types.DEAL_STATUS_DEACTIVATED, c.Deal(first.Id).Status)

	c.NextBlock(10*24*time.Hour - time.Nanosecond)
	require.Equal(t, types.DEAL_STATUS_ACTIVE, c.Deal(second.Id).Status)
	c.NextBlock(time.Nanosecond)
	require.Equal(t, types.DEAL_STATUS_ACTIVE, c.Deal(second.Id).Status, "until the end of the block that it expires in")
	_, err = c.Msgs.SubmitConsent(c.Ctx, c.Sign(c.Certificate(second, "b", "provider"), c.Nodes...))
	require.ErrorIs(t, err, types.ErrDealExpired, "but it takes no consents any more")
	require.NoError(t, c.Keeper.EndBlock(c.Ctx))
	closed := c.Deal(second.Id)
	require.Equal(t, types.DEAL_STATUS_EXPIRED, closed.Status)
	require.Equal(t, fixture.Umed(200_000_000), closed.Refunded)
	require.Equal(t, before.Sub(fixture.Umed(200_000_000)), c.Balance("consumer"))
	require.Equal(t, fixture.Umed(200_000_000), lastEvent[types.EventDealClosed](t, c).Refund)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

// TestClosuresAreBoundedPerBlock: deals that expire together are closed over several blocks, the earliest first.
func TestClosuresAreBoundedPerBlock(t *testing.T) {
	c := fixture.New(t)
	params := types.DefaultParams()
	params.MaxClosuresPerBlock = 3
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	var deals []types.Deal
	for i := range 7 {
		msg := c.CreateMsg("consumer")
		msg.Budget = fixture.Umed(3)
		msg.ExpiresAt = msg.ExpiresAt.Add(-time.Duration(i) * time.Second)
		deals = append(deals, c.Create(msg))
	}
	c.NextBlock(30 * 24 * time.Hour)
	for _, left := range []int{4, 1, 0, 0} {
		require.NoError(t, c.Keeper.EndBlock(c.Ctx))
		for i, deal := range deals {
			want := types.DEAL_STATUS_EXPIRED
			if i < left {
				want = types.DEAL_STATUS_ACTIVE
			}
			require.Equal(t, want, c.Deal(deal.Id).Status, "%d of %d", i, left)
		}
		require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
	}
}

// TestTheConsumerMayEndWhatWaitsToBeClosed: an expired deal that the end-blocker has not come to is its consumer's to end.
func TestTheConsumerMayEndWhatWaitsToBeClosed(t *testing.T) {
	c := fixture.New(t)
	deal := c.Create(c.CreateMsg("consumer"))
	c.NextBlock(30 * 24 * time.Hour)
	_, err := c.Msgs.DeactivateDeal(c.Ctx, &types.MsgDeactivateDeal{Consumer: deal.Consumer, DealId: deal.Id})
	require.NoError(t, err)
	require.NoError(t, c.Keeper.EndBlock(c.Ctx))
	require.Equal(t, types.DEAL_STATUS_DEACTIVATED, c.Deal(deal.Id).Status)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

// TestNobodyPaysIntoAnEscrow: neither while the deal lives nor after.
func TestNobodyPaysIntoAnEscrow(t *testing.T) {
	c := fixture.New(t)
	deal := c.Create(c.CreateMsg("consumer"))
	escrow := fixture.Escrow(t, deal)
	pay := func() error {
		return c.Bank.SendCoins(c.Ctx, fixture.Account("other"), escrow, sdk.NewCoins(fixture.Umed(1)))
	}
	require.ErrorIs(t, pay(), types.ErrEscrow)
	_, err := c.Msgs.DeactivateDeal(c.Ctx, &types.MsgDeactivateDeal{Consumer: deal.Consumer, DealId: deal.Id})
	require.NoError(t, err)
	require.ErrorIs(t, pay(), types.ErrEscrow)
	elsewhere, err := types.EscrowAddress("00112233445566778899aabbccddeeff")
	require.NoError(t, err)
	require.NoError(t, c.Bank.SendCoins(c.Ctx, fixture.Account("other"), elsewhere, sdk.NewCoins(fixture.Umed(1))), "an account like another")
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

// TestWhatLayAtTheEscrowGoesToTheConsumer: who sends coins ahead of the deal, locked ones even, spoils nothing.
func TestWhatLayAtTheEscrowGoesToTheConsumer(t *testing.T) {
	for name, open := range map[string]func(c *fixture.Chain, escrow sdk.AccAddress){
		"coins": func(c *fixture.Chain, escrow sdk.AccAddress) {},
		"a vesting account whose coins are locked for ever": func(c *fixture.Chain, escrow sdk.AccAddress) {
			base := c.Accounts.NewAccount(c.Ctx, authtypes.NewBaseAccountWithAddress(escrow)).(*authtypes.BaseAccount)
			account, err := vestingtypes.NewPermanentLockedAccount(base, sdk.NewCoins(fixture.Umed(7)))
			require.NoError(t, err)
			c.Accounts.SetAccount(c.Ctx, account)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := fixture.New(t)
			escrow, err := types.EscrowAddress(types.DealID(fixture.ChainID, fixture.Account("consumer"), 1))
			require.NoError(t, err)
			open(c, escrow)
			require.NoError(t, c.Bank.SendCoins(c.Ctx, fixture.Account("other"), escrow, sdk.NewCoins(fixture.Umed(7))))
			before := c.Balance("consumer")
			deal := c.Create(c.CreateMsg("consumer"))
			require.Equal(t, before.Add(fixture.Umed(7)).Sub(deal.Budget), c.Balance("consumer"))
			require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
			for _, datum := range []string{"a", "b", "c"} {
				c.Sell(deal, datum, "provider")
			}
			require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
		})
	}
}

// TestAQuorumIsOfPowerThatIsActiveNow: what suffices changes with who is active.
func TestAQuorumIsOfPowerThatIsActiveNow(t *testing.T) {
	c := fixture.New(t)
	msg := c.CreateMsg("consumer")
	msg.Quorum = oracletypes.Fraction{Numerator: 10, Denominator: 19} // 100 of 190, which is not more
	deal := c.Create(msg)
	sell := func(datum string, nodes ...int) error {
		ctx, _ := c.Ctx.CacheContext()
		consent := c.Sign(c.Certificate(deal, datum, "provider"))
		for _, n := range nodes {
			signed := c.Sign(consent.Certificate, c.Nodes[n])
			consent.Signatures = append(consent.Signatures, signed.Signatures...)
		}
		sortSignatures(consent)
		_, err := c.Msgs.SubmitConsent(ctx, consent)
		return err
	}
	require.ErrorIs(t, sell("a", 0), types.ErrQuorumNotReached, "the share must be exceeded")
	require.NoError(t, sell("a", 0, 3))
	require.ErrorIs(t, sell("a", 1, 2, 3), types.ErrQuorumNotReached)
	require.NoError(t, c.Slashing.Jail(c.Ctx, c.Nodes[0].ConsAddress()))
	require.ErrorIs(t, sell("a", 0, 1, 2, 3), oracletypes.ErrValidatorJailed)
	require.NoError(t, sell("a", 1, 2), "70 of 90")
	require.ErrorIs(t, sell("a", 1), types.ErrQuorumNotReached, "40 of 90")
}

// TestADealKeepsWhatItWasMadeWith: parameters change for new deals only.
func TestADealKeepsWhatItWasMadeWith(t *testing.T) {
	c := fixture.New(t)
	deal := c.Create(c.CreateMsg("consumer"))
	params := types.DefaultParams()
	params.MinimumQuorum = oracletypes.Fraction{Numerator: 9, Denominator: 10}
	params.MinimumPrice = fixture.Umed(1_000_000_000)
	params.MaxDealLifetime = time.Hour
	_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: c.Keeper.Authority(), Params: params})
	require.NoError(t, err)
	_, err = c.Msgs.SubmitConsent(c.Ctx, c.Sign(c.Certificate(deal, "a", "provider"), c.Nodes[0]))
	require.NoError(t, err)
	_, err = c.Msgs.CreateDeal(c.Ctx, c.CreateMsg("consumer"))
	require.ErrorIs(t, err, types.ErrInvalidBudget)
}
