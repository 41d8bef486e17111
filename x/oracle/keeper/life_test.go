package keeper_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/types"
)

func med(amount int64) math.Int { return math.NewInt(amount).MulRaw(1_000_000) }

func requireTotal(t *testing.T, c *fixture.Chain, want int64) {
	t.Helper()
	total, err := c.Keeper.TotalActivePower(c.Ctx)
	require.NoError(t, err)
	require.Equal(t, med(want).String(), total.String())
}

func requireInactive(t *testing.T, c *fixture.Chain, n *fixture.Node, want error) {
	t.Helper()
	_, err := c.Keeper.ActiveOracle(c.Ctx, n.Account)
	require.ErrorIs(t, err, want)
}

func requireActive(t *testing.T, c *fixture.Chain, n *fixture.Node) types.ActiveOracle {
	t.Helper()
	active, err := c.Keeper.ActiveOracle(c.Ctx, n.Account)
	require.NoError(t, err)
	return active
}

func TestFirstOracleNeedsNoApproval(t *testing.T) {
	c := fixture.New(t)
	a := c.NewNode("a").Validate(100)
	_, err := c.Msgs.RegisterOracle(c.Ctx, a.RegisterMsg(fixture.OraclePublicKey()))
	require.ErrorIs(t, err, types.ErrValidatorNotBonded, "the first one's validator must take part in consensus")
	c.NextBlock(time.Second)
	a.Begin()
	active := requireActive(t, c, a)
	require.Equal(t, a.NodeKey(), active.NodeKey)
	require.Equal(t, med(100), active.Power)
	require.Equal(t, "0.100000000000000000", active.Commission.String())
	key, err := c.Keeper.OraclePublicKey(c.Ctx)
	require.NoError(t, err)
	require.Equal(t, fixture.OraclePublicKey(), key)
	c.NextBlock(time.Second)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

func TestApprovalsAreCountedByPower(t *testing.T) {
	c, nodes := fixture.World(t)
	requireTotal(t, c, 190)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
	e := c.NewNode("e").Validate(50)
	c.NextBlock(time.Second)
	e.Register()
	requireInactive(t, c, e, types.ErrNotApproved)
	require.False(t, nodes[3].Approve(e), "20 of 190")
	require.False(t, nodes[1].Approve(e), "60 of 190 is not more than a third")
	require.True(t, nodes[2].Approve(e), "90 of 190")
	requireActive(t, c, e)
	requireTotal(t, c, 240)
	approvals, err := c.Queries.Approvals(c.Ctx, &types.QueryApprovalsRequest{Address: e.Address})
	require.NoError(t, err)
	require.Len(t, approvals.Approvals, 3, "the newcomer reads them after it was approved")
	c.NextBlock(time.Second)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

func TestAQuorumIsMoreThanTheShare(t *testing.T) {
	c := fixture.New(t)
	var nodes []*fixture.Node
	for _, name := range []string{"a", "b", "c"} {
		nodes = append(nodes, c.NewNode(name).Validate(10))
	}
	d := c.NewNode("d").Validate(10)
	c.NextBlock(time.Second)
	nodes[0].Begin()
	for _, n := range nodes[1:] {
		n.Register()
		if !nodes[0].Approve(n) {
			require.True(t, nodes[1].Approve(n))
		}
	}
	d.Register()
	require.False(t, nodes[0].Approve(d), "exactly a third is not more")
	require.True(t, nodes[1].Approve(d))
}

func TestActivityFollowsTheValidator(t *testing.T) {
	c, nodes := fixture.World(t)
	a, b := nodes[0], nodes[1]
	require.NoError(t, c.Slashing.Jail(c.Ctx, b.ConsAddress()))
	requireInactive(t, c, b, types.ErrValidatorJailed)
	requireTotal(t, c, 150)
	c.NextBlock(time.Second)
	requireInactive(t, c, b, types.ErrValidatorJailed)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
	require.NoError(t, c.Staking.Unjail(c.Ctx, b.ConsAddress()))
	requireInactive(t, c, b, types.ErrValidatorNotBonded)
	c.NextBlock(time.Second)
	requireActive(t, c, b)
	a.Undelegate(60)
	require.Equal(t, med(40), requireActive(t, c, a).Power)
	requireTotal(t, c, 130)
	c.NextBlock(time.Second)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
	require.NoError(t, c.Slashing.Jail(c.Ctx, b.ConsAddress()))
	require.NoError(t, c.Slashing.Tombstone(c.Ctx, b.ConsAddress()))
	requireInactive(t, c, b, types.ErrValidatorJailed)
	c.NextBlock(time.Second)
	requireInactive(t, c, b, types.ErrOracleNotFound)
	nodes[2].Undelegate(30)
	c.NextBlock(time.Second)
	requireInactive(t, c, nodes[2], types.ErrValidatorJailed)
}

func TestAnAttestationExpiresAndIsRenewed(t *testing.T) {
	c, nodes := fixture.World(t)
	lifetime := types.DefaultParams().AttestationLifetime
	c.NextBlock(lifetime - time.Hour)
	msg := nodes[1].RenewMsg()
	_, err := c.Msgs.RenewAttestation(c.Ctx, msg)
	require.NoError(t, err)
	_, err = c.Msgs.RenewAttestation(c.Ctx, msg)
	require.ErrorIs(t, err, types.ErrInvalidSequence, "a renewal is good for once")
	c.NextBlock(2 * time.Hour)
	requireInactive(t, c, nodes[0], types.ErrAttestationExpired)
	requireActive(t, c, nodes[1])
	requireTotal(t, c, 40)
	_, err = c.Msgs.RenewAttestation(c.Ctx, nodes[0].RenewMsg())
	require.NoError(t, err, "an oracle that let it expire may come back")
	requireTotal(t, c, 140)
}

func TestUpgradeRunsBothVersionsUntilTheOldExpires(t *testing.T) {
	c, nodes := fixture.World(t)
	next := fixture.Measurement // on hardware, while the old ones are simulated
	height := c.Ctx.BlockHeight()
	_, err := c.Msgs.SetMeasurement(c.Ctx, &types.MsgSetMeasurement{Authority: c.Keeper.Authority(), Measurement: types.Measurement{
		Measurement: fixture.SimulatedMeasurement[:], Simulated: true, ExpiryHeight: height + 3,
	}})
	require.NoError(t, err)
	_, err = c.Msgs.SetMeasurement(c.Ctx, &types.MsgSetMeasurement{Authority: c.Keeper.Authority(), Measurement: types.Measurement{
		Measurement: next[:], ActivationHeight: height + 1, MinimumSvn: 1,
	}})
	require.NoError(t, err)
	b := nodes[1].OnHardware(dcaptest.PlatformSpec{})
	b.NewKeys("second")
	b.SubmitCollateral(dcaptest.CollateralSpec{})
	_, err = c.Msgs.RegisterOracle(c.Ctx, b.RegisterMsg(nil))
	require.ErrorIs(t, err, types.ErrMeasurementNotAllowed, "not yet")
	c.NextBlock(time.Second)
	b.Register()
	require.NotEqual(t, b.NodeKey(), requireActive(t, c, b).NodeKey, "the present enclave goes on")
	require.True(t, nodes[0].Approve(b))
	require.Equal(t, b.NodeKey(), requireActive(t, c, b).NodeKey)
	requireTotal(t, c, 190)
	c.NextBlock(time.Second)
	requireTotal(t, c, 190)
	c.NextBlock(time.Second)
	requireInactive(t, c, nodes[0], types.ErrMeasurementNotAllowed)
	requireTotal(t, c, 40)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

func TestCommissionChangesAsValidatorsDo(t *testing.T) {
	c, nodes := fixture.World(t)
	a := nodes[0]
	_, err := c.Msgs.UpdateOracleCommission(c.Ctx, a.CommissionMsg(11))
	require.ErrorIs(t, err, types.ErrInvalidCommission, "within a day of the registration")
	c.NextBlock(24 * time.Hour)
	_, err = c.Msgs.UpdateOracleCommission(c.Ctx, a.CommissionMsg(13))
	require.ErrorIs(t, err, types.ErrInvalidCommission, "more than the daily change")
	_, err = c.Msgs.UpdateOracleCommission(c.Ctx, a.CommissionMsg(12))
	require.NoError(t, err)
	require.Equal(t, "0.120000000000000000", requireActive(t, c, a).Commission.String())
	_, err = c.Msgs.UpdateOracleCommission(c.Ctx, a.CommissionMsg(12))
	require.ErrorIs(t, err, types.ErrInvalidCommission, "once a day")
	_, err = c.Msgs.UpdateOracleInfo(c.Ctx, a.InfoMsg("https://elsewhere.example"))
	require.NoError(t, err)
	oracle, err := c.Keeper.Oracles.Get(c.Ctx, a.Account)
	require.NoError(t, err)
	require.Equal(t, "https://elsewhere.example", oracle.Endpoint)

	a.NewKeys("second")
	_, err = c.Msgs.RegisterOracle(c.Ctx, a.RegisterMsg(nil))
	require.ErrorIs(t, err, types.ErrInvalidCommission, "registering anew is no way around")
}

func TestDeregistrationForgetsAllButTheKey(t *testing.T) {
	c, nodes := fixture.World(t)
	d := nodes[3]
	_, err := c.Msgs.DeregisterOracle(c.Ctx, &types.MsgDeregisterOracle{Operator: d.Address})
	require.NoError(t, err)
	requireInactive(t, c, d, types.ErrOracleNotFound)
	requireTotal(t, c, 170)
	_, err = c.Msgs.RegisterOracle(c.Ctx, d.RegisterMsg(nil))
	require.ErrorIs(t, err, types.ErrNodeKeyUsed)
	d.NewKeys("second")
	d.Register()
	c.NextBlock(time.Second)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

func TestTheNextEnclaveKeepsTheCommissionOfNow(t *testing.T) {
	c, nodes := fixture.World(t)
	b := nodes[1]
	c.NextBlock(24 * time.Hour)
	present := *b
	b.NewKeys("second")
	b.Register()
	_, err := c.Msgs.UpdateOracleCommission(c.Ctx, present.CommissionMsg(12))
	require.NoError(t, err)
	require.True(t, nodes[0].Approve(b))
	require.Equal(t, "0.120000000000000000", requireActive(t, c, b).Commission.String())
	_, err = c.Msgs.UpdateOracleInfo(c.Ctx, &types.MsgUpdateOracleInfo{
		Sender: b.Address, Oracle: b.Address, Endpoint: "https://x", VaultPeer: "v", Signature: make([]byte, 64),
	})
	require.ErrorIs(t, err, types.ErrInvalidSignature, "the old key speaks for it no more, nor does an empty signature")
}

func TestARenewalIsOfTheEnclaveThatWasApproved(t *testing.T) {
	c, nodes := fixture.World(t)
	next := tee.SimulatedMeasurement("next")
	_, err := c.Msgs.SetMeasurement(c.Ctx, &types.MsgSetMeasurement{Authority: c.Keeper.Authority(),
		Measurement: types.Measurement{Measurement: next[:], Simulated: true}})
	require.NoError(t, err)
	nodes[1].Measurement = next
	_, err = c.Msgs.RenewAttestation(c.Ctx, nodes[1].RenewMsg())
	require.ErrorIs(t, err, types.ErrEvidenceRejected)
}

func TestMeasurementsBindSignerAndSecurityVersion(t *testing.T) {
	c, nodes := fixture.World(t)
	allow := func(m types.Measurement) {
		m.Measurement, m.Simulated = fixture.SimulatedMeasurement[:], true
		_, err := c.Msgs.SetMeasurement(c.Ctx, &types.MsgSetMeasurement{Authority: c.Keeper.Authority(), Measurement: m})
		require.NoError(t, err)
	}
	allow(types.Measurement{Signer: bytes.Repeat([]byte{1}, 32)})
	_, err := c.Msgs.RenewAttestation(cached(c), nodes[1].RenewMsg())
	require.ErrorIs(t, err, types.ErrEvidenceRejected, "signed by another")
	allow(types.Measurement{MinimumSvn: 2})
	requireInactive(t, c, nodes[1], types.ErrMeasurementNotAllowed)
	requireTotal(t, c, 0)
	nodes[1].SVN = 2
	_, err = c.Msgs.RenewAttestation(c.Ctx, nodes[1].RenewMsg())
	require.NoError(t, err)
	requireTotal(t, c, 40)
}
