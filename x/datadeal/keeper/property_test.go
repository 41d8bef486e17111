package keeper_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
	"github.com/medibloc/panacea/x/internal/oraclefixture"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// modelDeal is what the model knows of a deal.
type modelDeal struct {
	id, consumer string
	price        int64
	wanted       int
	quorum       oracletypes.Fraction
	expires      time.Time
	ended        bool
	data, tags   map[string]bool
}

func (m *modelDeal) left() int64 { return m.price * int64(m.wanted-len(m.data)) }

// market is a chain beside its model.
type market struct {
	t       *rapid.T
	c       *fixture.Chain
	deals   []*modelDeal
	objects map[string]bool
	jailed  map[string]bool
	// spent is what each consumer has in escrow or has paid.
	spent map[string]int64
}

// TestRandomHistories: whatever is asked, sold, ended, jailed or waited for in whatever order, the chain accepts exactly what the model
// does, each consumer has exactly what the model says, and the state survives export and import.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &market{t: rt, c: fixture.New(t), objects: map[string]bool{}, jailed: map[string]bool{}, spent: map[string]int64{}}
		rt.Repeat(map[string]func(*rapid.T){
			"create":     m.create,
			"sell":       m.sell,
			"sell again": m.sell,
			"end":        m.end,
			"next block": m.block,
			"jail or unjail": func(rt *rapid.T) {
				m.jail(rapid.SampledFrom(m.c.Nodes).Draw(rt, "node"))
			},
			"": m.check,
		})
	})
}

func (m *market) create(rt *rapid.T) {
	consumer := rapid.SampledFrom([]string{"consumer", "other"}).Draw(rt, "consumer")
	deal := &modelDeal{
		consumer: consumer, price: rapid.Int64Range(1, 1000).Draw(rt, "price"), wanted: rapid.IntRange(1, 3).Draw(rt, "wanted"),
		quorum:  oracletypes.Fraction{Numerator: rapid.Uint32Range(3, 8).Draw(rt, "quorum"), Denominator: 9},
		expires: m.c.Ctx.BlockTime().Add(time.Duration(rapid.IntRange(0, 100).Draw(rt, "seconds")) * time.Second),
		data:    map[string]bool{}, tags: map[string]bool{},
	}
	rest := rapid.SampledFrom([]int64{0, 0, 0, 1}).Draw(rt, "rest")
	msg := m.c.CreateMsg(consumer)
	msg.DataCount, msg.Budget, msg.ExpiresAt, msg.Quorum = uint64(deal.wanted), fixture.Umed(deal.price*int64(deal.wanted)+rest), deal.expires, deal.quorum
	allowed := deal.expires.After(m.c.Ctx.BlockTime()) && (rest == 0 || deal.wanted == 1)
	if deal.wanted == 1 {
		deal.price += rest
	}
	id, err := m.execute(func(ctx sdk.Context) (string, error) {
		response, err := m.c.Msgs.CreateDeal(ctx, msg)
		if err != nil {
			return "", err
		}
		return response.DealId, nil
	})
	require.Equal(rt, allowed, err == nil, "%v", err)
	if allowed {
		deal.id = id
		m.deals = append(m.deals, deal)
		m.spent[consumer] += deal.price * int64(deal.wanted)
	}
}

// execute runs a message as a transaction does: its writes go if it fails.
func (m *market) execute(run func(ctx sdk.Context) (string, error)) (string, error) {
	ctx, write := m.c.Ctx.CacheContext()
	answer, err := run(ctx)
	if err == nil {
		write()
	}
	return answer, err
}

func (m *market) sell(rt *rapid.T) {
	if len(m.deals) == 0 {
		return
	}
	deal := rapid.SampledFrom(m.deals).Draw(rt, "deal")
	name := func(what string, most int) string {
		return fmt.Sprint(what, rapid.IntRange(0, most).Draw(rt, what))
	}
	datum, tag, object := name("datum", 9), name("tag", 9), name("object", 40)
	certificate := m.c.Certificate(m.c.Deal(deal.id), datum, "provider")
	sum := sha256.Sum256([]byte(tag))
	certificate.UniquenessTag, certificate.ObjectCid = sum[:], oracletypes.NewObjectCID(sha256.Sum256([]byte(object)))
	var nodes []*oraclefixture.Node
	allActive, power, total := true, int64(0), int64(0)
	stakes := []int64{100, 40, 30, 20}
	for i, n := range m.c.Nodes {
		if !m.jailed[n.Name] {
			total += stakes[i]
		}
		if rapid.IntRange(0, 3).Draw(rt, n.Name) > 0 {
			nodes = append(nodes, n)
			power += stakes[i]
			allActive = allActive && !m.jailed[n.Name]
		}
	}
	allowed := !deal.ended && m.c.Ctx.BlockTime().Before(deal.expires) && !deal.data[datum] && !deal.tags[tag] && !m.objects[object] &&
		allActive && power*9 > total*int64(deal.quorum.Numerator)
	before := m.c.Balance("provider")
	_, err := m.execute(func(ctx sdk.Context) (string, error) {
		_, err := m.c.Msgs.SubmitConsent(ctx, m.c.Sign(certificate, nodes...))
		return "", err
	})
	require.Equal(rt, allowed, err == nil, "%v", err)
	if !allowed {
		require.Equal(rt, before, m.c.Balance("provider"), "no path pays without a consent")
		return
	}
	deal.data[datum], deal.tags[tag], m.objects[object] = true, true, true
	deal.ended = len(deal.data) == deal.wanted
	require.True(rt, before.IsLT(m.c.Balance("provider")), "none accepts a consent without paying")
}

func (m *market) end(rt *rapid.T) {
	if len(m.deals) == 0 || rapid.IntRange(0, 2).Draw(rt, "chance") > 0 {
		return
	}
	deal := rapid.SampledFrom(m.deals).Draw(rt, "deal")
	by := rapid.SampledFrom([]string{"consumer", "other"}).Draw(rt, "by")
	_, err := m.execute(func(ctx sdk.Context) (string, error) {
		_, err := m.c.Msgs.DeactivateDeal(ctx, &types.MsgDeactivateDeal{Consumer: fixture.Address(m.c, by), DealId: deal.id})
		return "", err
	})
	require.Equal(rt, !deal.ended && by == deal.consumer, err == nil, "%v", err)
	if err == nil {
		m.close(deal)
	}
}

// close ends a deal in the model.
func (m *market) close(deal *modelDeal) {
	deal.ended = true
	m.spent[deal.consumer] -= deal.left()
}

func (m *market) block(rt *rapid.T) {
	now := m.c.Ctx.BlockTime()
	m.c.NextBlock(time.Duration(rapid.IntRange(1, 40).Draw(rt, "seconds")) * time.Second)
	for _, deal := range m.deals {
		if !deal.ended && !now.Before(deal.expires) {
			m.close(deal)
		}
	}
	if rapid.IntRange(0, 3).Draw(rt, "export") > 0 {
		return
	}
	other := m.c.Import()
	require.Equal(rt, m.c.Export(), other.Export())
	require.Equal(rt, m.c.Store(types.StoreKey), other.Store(types.StoreKey))
}

// jail jails a validator or lets it free, unless it would be the last.
func (m *market) jail(n *oraclefixture.Node) {
	switch {
	case m.jailed[n.Name]:
		require.NoError(m.t, m.c.Staking.Unjail(m.c.Ctx, n.ConsAddress()))
		m.c.Chain.NextBlock(0)
	case len(m.jailed) < 2:
		require.NoError(m.t, m.c.Slashing.Jail(m.c.Ctx, n.ConsAddress()))
		m.jailed[n.Name] = true
		return
	}
	delete(m.jailed, n.Name)
}

func (m *market) check(rt *rapid.T) {
	require.NoError(rt, m.c.Keeper.CheckInvariants(m.c.Ctx))
	for _, consumer := range []string{"consumer", "other"} {
		require.Equal(rt, fixture.Umed(1_000_000_000-m.spent[consumer]), m.c.Balance(consumer))
	}
	for _, deal := range m.deals {
		have := m.c.Deal(deal.id)
		require.Equal(rt, deal.ended, have.Status != types.DEAL_STATUS_ACTIVE)
		require.Equal(rt, uint64(len(deal.data)), have.Consents)
	}
}
