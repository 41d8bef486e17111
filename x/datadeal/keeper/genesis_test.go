package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
)

// eventful returns a chain with deals of every status, and some consents: active with one, completed, deactivated with one, expired.
func eventful(t testing.TB) (c *fixture.Chain, active, completed, deactivated, expired types.Deal) {
	t.Helper()
	c = fixture.New(t)
	brief := c.CreateMsg("other")
	brief.ExpiresAt = c.Ctx.BlockTime().Add(time.Minute)
	expired = c.Create(brief)
	active, completed, deactivated = c.Create(c.CreateMsg("consumer")), c.Create(c.CreateMsg("consumer")), c.Create(c.CreateMsg("other"))
	c.Sell(active, "a", "provider")
	for _, datum := range []string{"a", "b", "c"} {
		c.Sell(completed, datum, "provider")
	}
	c.NextBlock(2 * time.Minute)
	c.Sell(deactivated, "a", "another")
	_, err := c.Msgs.DeactivateDeal(c.Ctx, &types.MsgDeactivateDeal{Consumer: deactivated.Consumer, DealId: deactivated.Id})
	require.NoError(t, err)
	c.NextBlock(time.Second)
	return c, c.Deal(active.Id), c.Deal(completed.Id), c.Deal(deactivated.Id), c.Deal(expired.Id)
}

func TestExportAndImportKeepEveryByte(t *testing.T) {
	c, active, _, _, expired := eventful(t)
	require.Equal(t, types.DEAL_STATUS_EXPIRED, expired.Status)
	other := c.Import()
	require.Equal(t, c.Export(), other.Export())
	require.Equal(t, c.Store(types.StoreKey), other.Store(types.StoreKey), "the indexes are made anew, the same")
	require.NoError(t, other.Keeper.CheckInvariants(other.Ctx))

	_, err := other.Msgs.SubmitConsent(other.Ctx, other.Sign(other.Certificate(active, "a", "provider"), other.Nodes...))
	require.ErrorIs(t, err, types.ErrDataUsed)
	other.Sell(active, "b", "provider")
	next := other.Create(other.CreateMsg("consumer"))
	require.Equal(t, uint64(3), next.Number, "numbers go on")
	require.NoError(t, other.Keeper.CheckInvariants(other.Ctx))
}

func TestAChainAtHeightZero(t *testing.T) {
	c, active, completed, _, _ := eventful(t)
	require.NoError(t, c.Keeper.PrepareForHeightZero(c.Ctx))
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
	require.Equal(t, int64(0), c.Deal(active.Id).CreatedHeight)
	require.Equal(t, int64(1), c.Deal(completed.Id).ClosedHeight, "which says that it is closed")
	other := c.Import()
	require.Equal(t, c.Store(types.StoreKey), other.Store(types.StoreKey))
	other.Ctx = other.Ctx.WithBlockHeight(1)
	other.Sell(active, "b", "provider")
	require.NoError(t, other.Keeper.CheckInvariants(other.Ctx))
}

func TestGenesisThatContradictsItselfIsRefused(t *testing.T) {
	c, active, completed, deactivated, expired := eventful(t)
	deal := func(g *types.GenesisState, of types.Deal) *types.Deal {
		for i := range g.Deals {
			if g.Deals[i].Id == of.Id {
				return &g.Deals[i]
			}
		}
		t.Fatal("not in the state")
		return nil
	}
	consent := func(g *types.GenesisState, of types.Deal) *types.Consent {
		for i := range g.Consents {
			if g.Consents[i].Certificate.DealId == of.Id {
				return &g.Consents[i]
			}
		}
		t.Fatal("not in the state")
		return nil
	}
	for name, spoil := range map[string]func(g *types.GenesisState){
		"parameters out of range":        func(g *types.GenesisState) { g.Params.MaxDataCount = 0 },
		"deals out of order":             func(g *types.GenesisState) { g.Deals[0], g.Deals[1] = g.Deals[1], g.Deals[0] },
		"a deal twice":                   func(g *types.GenesisState) { g.Deals = append(g.Deals, g.Deals[len(g.Deals)-1]) },
		"an id that is none":             func(g *types.GenesisState) { g.Deals[0].Id = "x" },
		"another deal's escrow":          func(g *types.GenesisState) { g.Deals[0].Escrow = g.Deals[1].Escrow },
		"no consumer":                    func(g *types.GenesisState) { g.Deals[0].Consumer = "" },
		"a number twice":                 func(g *types.GenesisState) { deal(g, active).Number = deal(g, completed).Number },
		"a gap in the numbers":           func(g *types.GenesisState) { deal(g, active).Number = 9 },
		"a number from zero":             func(g *types.GenesisState) { deal(g, active).Number = 0 },
		"no DID":                         func(g *types.GenesisState) { g.Deals[0].ConsumerDid = "did:web:x" },
		"no consumer key":                func(g *types.GenesisState) { g.Deals[0].ConsumerKey = nil },
		"no data":                        func(g *types.GenesisState) { g.Deals[0].DataCount = 0 },
		"no budget":                      func(g *types.GenesisState) { g.Deals[0].Budget = sdk.Coin{} },
		"a budget that does not divide":  func(g *types.GenesisState) { g.Deals[0].Budget = fixture.Umed(300_000_001) },
		"payment in other money":         func(g *types.GenesisState) { g.Deals[0].Paid.Denom = "uatom" },
		"more paid than there was":       func(g *types.GenesisState) { g.Deals[0].Paid = fixture.Umed(300_000_003) },
		"another amount paid":            func(g *types.GenesisState) { deal(g, active).Paid = fixture.Umed(99_999_999) },
		"a refund while it is active":    func(g *types.GenesisState) { deal(g, active).Refunded = fixture.Umed(1) },
		"money left when it is closed":   func(g *types.GenesisState) { deal(g, expired).Refunded = fixture.Umed(1) },
		"another number of consents":     func(g *types.GenesisState) { deal(g, active).Consents++ },
		"complete and active":            func(g *types.GenesisState) { deal(g, completed).Status = types.DEAL_STATUS_ACTIVE },
		"complete with too few":          func(g *types.GenesisState) { deal(g, expired).Status = types.DEAL_STATUS_COMPLETED },
		"no status":                      func(g *types.GenesisState) { deal(g, active).Status = 0 },
		"a status that nobody knows":     func(g *types.GenesisState) { deal(g, active).Status = 5 },
		"active and closed":              func(g *types.GenesisState) { deal(g, active).ClosedHeight = 1 },
		"closed at no height":            func(g *types.GenesisState) { deal(g, expired).ClosedHeight = 0 },
		"a negative height":              func(g *types.GenesisState) { deal(g, active).CreatedHeight = -1 },
		"requirements that are none":     func(g *types.GenesisState) { g.Deals[0].Requirements.MediaType = "x" },
		"a definition that is none":      func(g *types.GenesisState) { g.Deals[0].Requirements.PresentationDefinition = []byte("{}") },
		"terms out of order":             func(g *types.GenesisState) { g.Deals[0].Terms[0].Id = 9 },
		"no uniqueness":                  func(g *types.GenesisState) { g.Deals[0].Uniqueness = 0 },
		"no quorum":                      func(g *types.GenesisState) { g.Deals[0].Quorum.Numerator = 0 },
		"no time":                        func(g *types.GenesisState) { g.Deals[0].CreatedAt = time.Time{} },
		"an expiry before the beginning": func(g *types.GenesisState) { g.Deals[0].ExpiresAt = g.Deals[0].CreatedAt },
		"a dispute window":               func(g *types.GenesisState) { g.Deals[0].DisputeWindow = 1 },
		"a lost deal":                    func(g *types.GenesisState) { g.Deals = g.Deals[1:] },
		"a lost consent":                 func(g *types.GenesisState) { g.Consents = g.Consents[1:] },
		"a consent twice":                func(g *types.GenesisState) { g.Consents = append(g.Consents, g.Consents[len(g.Consents)-1]) },
		"consents out of order":          func(g *types.GenesisState) { g.Consents[0], g.Consents[1] = g.Consents[1], g.Consents[0] },
		"a consent of no certificate":    func(g *types.GenesisState) { consent(g, active).Certificate.ObjectCid = "x" },
		"a consent without signatures":   func(g *types.GenesisState) { consent(g, active).Signatures = nil },
		"a consent of no status":         func(g *types.GenesisState) { consent(g, active).Status = 0 },
		"a consent at a negative height": func(g *types.GenesisState) { consent(g, active).Height = -1 },
		"a consent before its deal":      func(g *types.GenesisState) { consent(g, active).Height = active.CreatedHeight - 1 },
		"a consent after its deal":       func(g *types.GenesisState) { consent(g, completed).Height = completed.ClosedHeight + 1 },
		"a deal closed before it began":  func(g *types.GenesisState) { deal(g, expired).CreatedHeight = expired.ClosedHeight + 1 },
		"a consent at no time":           func(g *types.GenesisState) { consent(g, active).Time = time.Time{} },
		"a consent at an earlier time":   func(g *types.GenesisState) { consent(g, active).Time = active.CreatedAt.Add(-1) },
		"a consent when time was over":   func(g *types.GenesisState) { consent(g, active).Time = active.ExpiresAt },
		"an answer that is missing":      func(g *types.GenesisState) { consent(g, active).Answers = nil },
		"an answer to no term":           func(g *types.GenesisState) { consent(g, active).Answers[0].TermId = 99 },
		"a required term not agreed to":  func(g *types.GenesisState) { consent(g, active).Answers[0].Agreed = false },
		"an oracle that was not paid":    func(g *types.GenesisState) { consent(g, active).OracleRewards = consent(g, active).OracleRewards[1:] },
		"an oracle that did not sign":    func(g *types.GenesisState) { consent(g, active).OracleRewards[0].Oracle = active.Consumer },
		"a reward in other money":        func(g *types.GenesisState) { consent(g, active).ProviderReward.Denom = "uatom" },
		"a reward of nothing at all":     func(g *types.GenesisState) { consent(g, active).ProviderReward = sdk.Coin{} },
		"rewards that are not the price": func(g *types.GenesisState) { consent(g, active).ProviderReward = fixture.Umed(90_000_001) },
		"a tag twice":                    func(g *types.GenesisState) { sameTag(g, completed) },
		"an object twice": func(g *types.GenesisState) {
			consent(g, active).Certificate.ObjectCid = consent(g, deactivated).Certificate.ObjectCid
		},
	} {
		t.Run(name, func(t *testing.T) {
			state, err := c.Keeper.ExportGenesis(c.Ctx)
			require.NoError(t, err)
			encoded := c.Codec.MustMarshalJSON(state)
			var spoiled types.GenesisState
			c.Codec.MustUnmarshalJSON(encoded, &spoiled)
			require.NoError(t, spoiled.Validate())
			spoil(&spoiled)
			require.Error(t, spoiled.Validate())
			other := fixture.NewEmpty(t)
			require.Error(t, other.Keeper.InitGenesis(other.Ctx, &spoiled))
		})
	}
	t.Run("an escrow that locks its money", func(t *testing.T) {
		state, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		other := fixture.NewEmpty(t)
		for _, deal := range state.Deals {
			if left := deal.Remaining(); left.IsPositive() {
				other.Fund(fixture.Escrow(t, deal), left)
			}
		}
		require.NoError(t, other.Keeper.InitGenesis(cached(other), state), "a plain one passes")
		escrow := fixture.Escrow(t, active)
		account := other.Accounts.GetAccount(other.Ctx, escrow).(*authtypes.BaseAccount)
		locked, err := vestingtypes.NewPermanentLockedAccount(account, sdk.NewCoins(active.Remaining()))
		require.NoError(t, err)
		other.Accounts.SetAccount(other.Ctx, locked)
		require.ErrorIs(t, other.Keeper.InitGenesis(other.Ctx, state), types.ErrInvalidGenesis)
	})
	t.Run("escrows without money", func(t *testing.T) {
		state, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		other := fixture.NewEmpty(t)
		require.ErrorIs(t, other.Keeper.InitGenesis(other.Ctx, state), types.ErrInvalidGenesis)
	})
}

// sameTag gives two consents of a deal the same tag.
func sameTag(g *types.GenesisState, deal types.Deal) {
	var first *types.Consent
	for i := range g.Consents {
		if g.Consents[i].Certificate.DealId != deal.Id {
			continue
		}
		if first != nil {
			g.Consents[i].Certificate.UniquenessTag = first.Certificate.UniquenessTag
			return
		}
		first = &g.Consents[i]
	}
}

// TestInvariantsNotice: whatever is broken in the store or the bank, the check says so.
func TestInvariantsNotice(t *testing.T) {
	id := func(deal types.Deal) []byte {
		b, err := types.DealIDBytes(deal.Id)
		require.NoError(t, err)
		return b
	}
	for name, spoil := range map[string]func(c *fixture.Chain, active types.Deal, sold types.Consent) error{
		"an umed too few": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			return c.Bank.SendCoins(c.Ctx, fixture.Escrow(t, active), fixture.Account("thief"), sdk.NewCoins(fixture.Umed(1)))
		},
		"a payment without a consent": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			stored, err := c.Keeper.Deals.Get(c.Ctx, id(active))
			require.NoError(t, err)
			stored.Paid = stored.Paid.Add(active.Price())
			stored.Consents++
			require.NoError(t, c.Bank.SendCoins(c.Ctx, fixture.Escrow(t, active), fixture.Account("thief"), sdk.NewCoins(active.Price())))
			return c.Keeper.Deals.Set(c.Ctx, id(active), stored)
		},
		"a consent without a payment": func(c *fixture.Chain, active types.Deal, sold types.Consent) error {
			sold.Certificate.DataCommitment = make([]byte, 32)
			return c.Keeper.Consents.Set(c.Ctx, collections.Join(id(active), make([]byte, 32)), sold)
		},
		"a lost consent": func(c *fixture.Chain, active types.Deal, sold types.Consent) error {
			return c.Keeper.Consents.Remove(c.Ctx, collections.Join(id(active), sold.Certificate.DataCommitment))
		},
		"lost contents": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			return c.Keeper.Contents.Remove(c.Ctx, id(active))
		},
		"a lost tag": func(c *fixture.Chain, active types.Deal, sold types.Consent) error {
			return c.Keeper.Tags.Remove(c.Ctx, collections.Join(id(active), sold.Certificate.UniquenessTag))
		},
		"a tag of nothing": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			return c.Keeper.Tags.Set(c.Ctx, collections.Join(id(active), make([]byte, 32)), make([]byte, 32))
		},
		"a lost object": func(c *fixture.Chain, _ types.Deal, sold types.Consent) error {
			return c.Keeper.Objects.Remove(c.Ctx, sold.Certificate.ObjectCid)
		},
		"an object of nothing": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			return c.Keeper.Objects.Set(c.Ctx, "x", collections.Join(id(active), make([]byte, 32)))
		},
		"a consent that its provider does not find": func(c *fixture.Chain, active types.Deal, sold types.Consent) error {
			return c.Keeper.ConsentsByProvider.Remove(c.Ctx, collections.Join3(fixture.Account("provider"), id(active), sold.Certificate.DataCommitment))
		},
		"a consent that its consumer does not find": func(c *fixture.Chain, active types.Deal, sold types.Consent) error {
			return c.Keeper.ConsentsByConsumer.Remove(c.Ctx, collections.Join3(fixture.Account("consumer"), id(active), sold.Certificate.DataCommitment))
		},
		"a consent of nobody": func(c *fixture.Chain, active types.Deal, sold types.Consent) error {
			return c.Keeper.ConsentsByProvider.Set(c.Ctx, collections.Join3(fixture.Account("nobody"), id(active), sold.Certificate.DataCommitment))
		},
		"a lost expiry": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			return c.Keeper.Expiries.Remove(c.Ctx, collections.Join(active.ExpiresAt, id(active)))
		},
		"an expiry too many": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			return c.Keeper.Expiries.Set(c.Ctx, collections.Join(active.ExpiresAt.Add(1), id(active)))
		},
		"a wrong status in the index": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			require.NoError(t, c.Keeper.DealsByStatus.Remove(c.Ctx, collections.Join(int32(active.Status), id(active))))
			return c.Keeper.DealsByStatus.Set(c.Ctx, collections.Join(int32(types.DEAL_STATUS_EXPIRED), id(active)))
		},
		"a deal that its consumer does not find": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			return c.Keeper.DealsByConsumer.Remove(c.Ctx, collections.Join(fixture.Account("consumer"), active.Number))
		},
		"an escrow that nobody knows": func(c *fixture.Chain, active types.Deal, _ types.Consent) error {
			return c.Keeper.Escrows.Remove(c.Ctx, fixture.Escrow(t, active))
		},
		"a number that was never given": func(c *fixture.Chain, _ types.Deal, _ types.Consent) error {
			return c.Keeper.Numbers.Set(c.Ctx, fixture.Account("consumer"), 9)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := fixture.New(t)
			active := c.Create(c.CreateMsg("consumer"))
			sold := c.Sell(active, "a", "provider")
			require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
			require.NoError(t, spoil(c, c.Deal(active.Id), sold))
			require.Error(t, c.Keeper.CheckInvariants(c.Ctx))
		})
	}
}
