package keeper_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/types"
)

// history runs random messages, blocks and doings of validators, and checks after each block that the invariants hold, that
// the state survives export and import, and what a small model expects of it.
type history struct {
	t     *rapid.T
	c     *fixture.Chain
	nodes []*fixture.Node
	keys  int
	// punished holds the node keys that contradicted themselves; none may be active again.
	punished map[string]bool
	crl      int64
}

// TestRandomHistories interleaves every message with jailing, unbonding, revocation and time.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{t: rt, c: fixture.New(t), punished: map[string]bool{}, crl: 1}
		for i := range 6 {
			n := h.c.NewNode(fmt.Sprintf("node%d", i)).Validate(rapid.Int64Range(1, 100).Draw(rt, "stake"))
			if i%2 == 1 {
				n.OnHardware(dcaptest.PlatformSpec{})
			}
			h.nodes = append(h.nodes, n)
		}
		h.c.NextBlock(time.Second)
		for range rapid.IntRange(10, 60).Draw(rt, "steps") {
			h.step()
		}
		h.block()
	})
}

func (h *history) node() *fixture.Node { return rapid.SampledFrom(h.nodes).Draw(h.t, "node") }

func (h *history) step() {
	n := h.node()
	ctx, write := h.c.Ctx.CacheContext()
	var err error
	switch rapid.IntRange(0, 12).Draw(h.t, "step") {
	case 0, 1:
		h.keys++
		n.NewKeys(fmt.Sprint(h.keys))
		var key []byte
		if !h.begun() {
			key = fixture.OraclePublicKey()
		}
		_, err = h.c.Msgs.RegisterOracle(ctx, n.RegisterMsg(key))
	case 2, 3, 4:
		target := h.node()
		if !h.known(n) {
			return
		}
		_, err = h.c.Msgs.ApproveOracle(ctx, n.ApproveMsg(target))
		require.False(h.t, n == target && err == nil, "nobody approves itself")
	case 5:
		if !h.known(n) {
			return
		}
		_, err = h.c.Msgs.RenewAttestation(ctx, n.RenewMsg())
	case 6:
		if !h.known(n) {
			return
		}
		_, err = h.c.Msgs.UpdateOracleCommission(ctx, n.CommissionMsg(rapid.Int64Range(0, 25).Draw(h.t, "rate")))
	case 7:
		_, err = h.c.Msgs.DeregisterOracle(ctx, &types.MsgDeregisterOracle{Operator: n.Address})
	case 8:
		h.contradict(n)
		return
	case 9:
		h.collateral(n)
		return
	case 10:
		h.validator(n)
		return
	default:
		h.block()
		return
	}
	if err == nil {
		write()
	}
}

func (h *history) begun() bool {
	key, err := h.c.Keeper.OraclePublicKey(h.c.Ctx)
	require.NoError(h.t, err)
	return len(key) > 0
}

// known says whether the node's present keys were ever registered.
func (h *history) known(n *fixture.Node) bool {
	has, err := h.c.Keeper.NodeKeys.Has(h.c.Ctx, n.NodeKey())
	require.NoError(h.t, err)
	return has
}

func (h *history) contradict(n *fixture.Node) {
	supply := h.c.Bank.GetSupply(h.c.Ctx, fixture.Denom)
	first, second := pair(h.c, h.c.Ctx.BlockHeight()+rapid.Int64Range(1, 10).Draw(h.t, "last height"))
	key, known := string(n.NodeKey()), h.known(n)
	err := report(h.c, n.Contradict(first, second))
	require.Equal(h.t, known && !h.punished[key], err == nil, "whoever was an oracle is punished, once: %v", err)
	if err == nil {
		h.punished[key] = true
		require.True(h.t, n.Validator().IsJailed() || n.Validator().IsUnbonded())
	}
	require.False(h.t, h.c.Bank.GetSupply(h.c.Ctx, fixture.Denom).IsLT(supply) && err != nil, "who is refused burns nothing")
}

func (h *history) collateral(n *fixture.Node) {
	if n.Platform == nil {
		return
	}
	h.crl++
	spec := dcaptest.CollateralSpec{CRLNumber: h.crl}
	switch rapid.IntRange(0, 3).Draw(h.t, "collateral") {
	case 0:
		spec.RevokedPCKs = []*big.Int{n.Platform.Serial()}
	case 1:
		spec.Levels = []dcaptest.Level{{Status: dcap.OutOfDate}}
	}
	_, err := h.c.Msgs.SubmitCollateral(h.c.Ctx, n.CollateralMsg(spec))
	if err != nil {
		require.ErrorIs(h.t, err, types.ErrCollateralOutdated)
	}
}

func (h *history) validator(n *fixture.Node) {
	validator := n.Validator()
	if validator.IsJailed() {
		require.NoError(h.t, h.c.Staking.Unjail(h.c.Ctx, n.ConsAddress()))
		return
	}
	if rapid.Bool().Draw(h.t, "jail") {
		require.NoError(h.t, h.c.Slashing.Jail(h.c.Ctx, n.ConsAddress()))
		return
	}
	if stake := validator.Tokens.QuoRaw(1_000_000).Int64(); stake > 2 {
		n.Undelegate(stake / 2)
	}
}

// block ends the block and checks what must hold between blocks.
func (h *history) block() {
	h.c.NextBlock(time.Duration(rapid.Int64Range(1, int64(10*24*time.Hour)).Draw(h.t, "after")))
	require.NoError(h.t, h.c.Keeper.CheckInvariants(h.c.Ctx))
	for _, n := range h.nodes {
		if approved, err := h.c.Keeper.Oracles.Has(h.c.Ctx, n.Account); err != nil || approved {
			recorded, err := h.c.Keeper.Powers.Get(h.c.Ctx, n.Account)
			require.NoError(h.t, err)
			require.Equal(h.t, n.Validator().ConsensusPower(h.c.Staking.PowerReduction(h.c.Ctx)), recorded.Power)
		}
		active, err := h.c.Keeper.ActiveOracle(h.c.Ctx, n.Account)
		if err != nil {
			continue
		}
		require.False(h.t, h.punished[string(active.NodeKey)], "a punished key is not active")
		require.False(h.t, n.Validator().IsJailed())
		require.Equal(h.t, n.Validator().Tokens.String(), active.Power.String())
	}
	state, err := h.c.Keeper.ExportGenesis(h.c.Ctx)
	require.NoError(h.t, err)
	other := fixture.NewEmpty(h.c.TB)
	require.NoError(h.t, other.Keeper.InitGenesis(other.Ctx, state))
	require.Equal(h.t, h.c.Export(), other.Export())
}
