package keeper_test

import (
	"context"
	"crypto/ed25519"
	"math/big"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/types"
)

// attack is a message that must be refused with a registered error, and leave the state as it was.
type attack struct {
	name string
	want error
	run  func(ctx context.Context) error
}

// sequences are the numbers of node keys' next messages in an export: authenticating a message uses its number up.
var sequences = regexp.MustCompile(`"sequence":"\d+"`)

func requireRefused(t *testing.T, c *fixture.Chain, attacks []attack) {
	t.Helper()
	state := func(c fixture.Chain) string { return sequences.ReplaceAllString(c.Export(), "") }
	before := state(*c)
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			at := *c
			at.Ctx, _ = c.Ctx.CacheContext()
			require.ErrorIs(t, a.run(at.Ctx), a.want)
			require.Equal(t, before, state(at), "nothing but sequence numbers is written before the refusal")
		})
	}
}

// hardwareWorld has a first oracle in simulation, and a validator with a machine whose collateral the chain has.
func hardwareWorld(t *testing.T) (c *fixture.Chain, first, n *fixture.Node) {
	t.Helper()
	c = fixture.New(t)
	first = c.NewNode("first").Validate(100)
	n = c.NewNode("hardware").OnHardware(dcaptest.PlatformSpec{}).Validate(50)
	c.NextBlock(time.Second)
	first.Begin()
	n.SubmitCollateral(dcaptest.CollateralSpec{})
	return c, first, n
}

func TestRegistrationsThatAreRefused(t *testing.T) {
	c, first, n := hardwareWorld(t)
	stranger := c.NewNode("stranger")
	other := c.NewNode("other").Validate(10)
	c.NextBlock(time.Second)
	register := func(msg *types.MsgRegisterOracle) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.Msgs.RegisterOracle(ctx, msg)
			return err
		}
	}
	change := func(f func(*types.MsgRegisterOracle)) func(context.Context) error {
		msg := n.RegisterMsg(nil)
		f(msg)
		return register(msg)
	}
	// quote returns evidence of the machine over the right binding, made wrong by f.
	bound := func(f func(*tee.Binding)) func(context.Context) error {
		return change(func(m *types.MsgRegisterOracle) {
			b := n.Binding(nil, m.TrustedBlock)
			f(&b)
			m.Evidence = n.Attest(b.ReportData())
		})
	}
	quoted := func(on *dcaptest.Platform, spec dcaptest.QuoteSpec) func(context.Context) error {
		return change(func(m *types.MsgRegisterOracle) {
			spec.Report.ReportData = n.Binding(nil, m.TrustedBlock).ReportData()
			if spec.Report.MRENCLAVE == ([32]byte{}) {
				spec.Report.MRENCLAVE = fixture.Measurement
			}
			m.Evidence = tee.MarshalEvidence(tee.SGX{Quote: on.Quote(spec)})
		})
	}
	impostor := dcaptest.NewAuthority("impostor")
	debug := [16]byte{0: 0x07, 8: 0xe7}
	outOfDate := c.Intel.NewPlatform(dcaptest.PlatformSpec{Components: [16]uint8{1}, PCESVN: 1})
	require.NoError(t, register(n.RegisterMsg(nil))(cached(c)), "the honest one passes")

	requireRefused(t, c, []attack{
		{"by one who operates no validator", types.ErrNotValidator, register(stranger.RegisterMsg(nil))},
		{"with someone else's quote", types.ErrReportData, change(func(m *types.MsgRegisterOracle) {
			m.Operator = other.Address
		})},
		{"with a quote for another address", types.ErrReportData, bound(func(b *tee.Binding) { b.OracleAddress = other.Account })},
		{"with a quote for another chain", types.ErrReportData, bound(func(b *tee.Binding) { b.ChainID = "panacea-3" })},
		{"with a quote for another node key", types.ErrReportData, bound(func(b *tee.Binding) { b.SigningKey = other.NodeKey() })},
		{"with a quote for another HPKE key", types.ErrReportData, bound(func(b *tee.Binding) { b.ReceivingKey = other.HPKE })},
		{"with a quote for another trusted block", types.ErrReportData, bound(func(b *tee.Binding) { b.TrustedHeight-- })},
		{"with a quote that hides an oracle public key", types.ErrReportData, bound(func(b *tee.Binding) { b.OraclePublicKey = fixture.OraclePublicKey() })},
		{"with an oracle public key, when there has been a first oracle", types.ErrOraclePublicKey, register(n.RegisterMsg(fixture.OraclePublicKey()))},
		{"with a trusted block of another chain", types.ErrTrustedBlock, change(func(m *types.MsgRegisterOracle) { m.TrustedBlock.Hash = fixture.BlockHash(99) })},
		{"with a trusted block of the future", types.ErrTrustedBlock, change(func(m *types.MsgRegisterOracle) { m.TrustedBlock.Height += 10 })},
		{"with a trusted block without a hash", types.ErrInvalidMessage, change(func(m *types.MsgRegisterOracle) { m.TrustedBlock.Hash = nil })},
		{"with a node key that another oracle has", types.ErrNodeKeyUsed, change(func(m *types.MsgRegisterOracle) { m.NodeSigningKey = first.NodeKey() })},
		{"with a node key that is none", types.ErrInvalidMessage, change(func(m *types.MsgRegisterOracle) { m.NodeSigningKey = m.NodeSigningKey[:31] })},
		{"with an HPKE key that is none", types.ErrInvalidMessage, change(func(m *types.MsgRegisterOracle) { m.NodeHpkeKey = []byte{1, 2, 3} })},
		{"without evidence", types.ErrInvalidEvidence, change(func(m *types.MsgRegisterOracle) { m.Evidence = nil })},
		{"with too much evidence", types.ErrInvalidEvidence, change(func(m *types.MsgRegisterOracle) { m.Evidence = make([]byte, types.MaxEvidenceSize+1) })},
		{"with evidence that is none", types.ErrInvalidEvidence, change(func(m *types.MsgRegisterOracle) { m.Evidence = []byte("quote") })},
		{"with a quote of a machine that Intel did not make", types.ErrEvidenceRejected, quoted(impostor.NewPlatform(dcaptest.PlatformSpec{}), dcaptest.QuoteSpec{})},
		{"with a quote that was changed", types.ErrEvidenceRejected, quoted(n.Platform, dcaptest.QuoteSpec{Tamper: func(p *dcaptest.Parts) { p.Report[100] ^= 1; p.Report[100] ^= 1; p.Signature[3] ^= 1 }})},
		{"with a debug enclave", types.ErrEvidenceRejected, quoted(n.Platform, dcaptest.QuoteSpec{Report: dcap.Report{Attributes: debug}})},
		{"on a machine that is out of date", types.ErrEvidenceRejected, quoted(outOfDate, dcaptest.QuoteSpec{})},
		{"on a machine of which the chain has no collateral", types.ErrCollateralNotFound,
			quoted(c.Intel.NewPlatform(dcaptest.PlatformSpec{FMSPC: dcap.FMSPC{9}}), dcaptest.QuoteSpec{})},
		{"on a machine of the other CA", types.ErrCollateralNotFound,
			quoted(c.Intel.NewPlatform(dcaptest.PlatformSpec{CA: dcap.PlatformCA}), dcaptest.QuoteSpec{})},
		{"with an enclave that nobody allowed", types.ErrMeasurementNotAllowed, quoted(n.Platform, dcaptest.QuoteSpec{Report: dcap.Report{MRENCLAVE: [32]byte{1}}})},
		{"with hardware of a simulated measurement", types.ErrMeasurementNotAllowed,
			quoted(n.Platform, dcaptest.QuoteSpec{Report: dcap.Report{MRENCLAVE: fixture.SimulatedMeasurement}})},
		{"with a simulation of the hardware's measurement", types.ErrMeasurementNotAllowed, change(func(m *types.MsgRegisterOracle) {
			data := n.Binding(nil, m.TrustedBlock).ReportData()
			m.Evidence = tee.MarshalEvidence(tee.SignSimulated(fixture.Measurement, [32]byte{}, 1, 1, data))
		})},
		{"with a commission above the chain's", types.ErrInvalidCommission, change(func(m *types.MsgRegisterOracle) { m.Commission.MaxRate = math.LegacyNewDecWithPrec(51, 2) })},
		{"with a daily change above the chain's", types.ErrInvalidCommission, change(func(m *types.MsgRegisterOracle) { m.Commission.MaxChangeRate = math.LegacyNewDecWithPrec(6, 2) })},
		{"with a commission above its own maximum", types.ErrInvalidCommission, change(func(m *types.MsgRegisterOracle) { m.Commission.Rate = math.LegacyNewDecWithPrec(21, 2) })},
		{"without a commission", types.ErrInvalidCommission, change(func(m *types.MsgRegisterOracle) { m.Commission.Rate = math.LegacyDec{} })},
		{"with an endpoint that is no URL", types.ErrInvalidMessage, change(func(m *types.MsgRegisterOracle) { m.Endpoint = "ftp://x" })},
		{"without a vault peer", types.ErrInvalidMessage, change(func(m *types.MsgRegisterOracle) { m.VaultPeer = "" })},
		{"with an address that is none", types.ErrInvalidAddress, change(func(m *types.MsgRegisterOracle) { m.Operator = "panacea1" })},
	})

	t.Run("by a validator that is tombstoned", func(t *testing.T) {
		require.NoError(t, c.Slashing.Jail(c.Ctx, other.ConsAddress()))
		require.NoError(t, c.Slashing.Tombstone(c.Ctx, other.ConsAddress()))
		require.ErrorIs(t, register(other.RegisterMsg(nil))(cached(c)), types.ErrValidatorJailed)
	})
	t.Run("with a trusted block that is too old", func(t *testing.T) {
		old := n.RegisterMsg(nil)
		c.SkipTo(c.Ctx.BlockHeight()+int64(types.DefaultParams().TrustedBlockMaxAge)+1, time.Hour)
		require.ErrorIs(t, register(old)(cached(c)), types.ErrTrustedBlock)
	})
	t.Run("with collateral that is too old", func(t *testing.T) {
		c.NextBlock(types.DefaultParams().CollateralMaxAge)
		require.ErrorIs(t, register(n.RegisterMsg(nil))(cached(c)), types.ErrCollateralTooOld)
	})
}

// cached returns a context whose writes nobody sees.
func cached(c *fixture.Chain) context.Context {
	ctx, _ := c.Ctx.CacheContext()
	return ctx
}

func TestSimulatedEnclavesNeedAGenesisThatAllowsThem(t *testing.T) {
	c := fixture.NewEmpty(t)
	genesis := c.Genesis()
	genesis.AllowSimulatedEnclaves = false
	require.ErrorIs(t, c.Keeper.InitGenesis(c.Ctx, genesis), types.ErrInvalidGenesis, "not even as a measurement")
	genesis.Measurements = genesis.Measurements[:1]
	require.NoError(t, c.Keeper.InitGenesis(c.Ctx, genesis))
	n := c.NewNode("a").Validate(10)
	c.NextBlock(time.Second)
	n.Measurement = fixture.Measurement
	params := types.DefaultParams()
	params.TrustedRoots = genesis.Params.TrustedRoots
	requireRefused(t, c, []attack{
		{"evidence", types.ErrSimulatedNotAllowed, func(ctx context.Context) error {
			_, err := c.Msgs.RegisterOracle(ctx, n.RegisterMsg(fixture.OraclePublicKey()))
			return err
		}},
		{"governance", types.ErrSimulatedNotAllowed, func(ctx context.Context) error {
			_, err := c.Msgs.SetMeasurement(ctx, &types.MsgSetMeasurement{Authority: c.Keeper.Authority(),
				Measurement: types.Measurement{Measurement: fixture.SimulatedMeasurement[:], Simulated: true}})
			return err
		}},
	})
	_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: c.Keeper.Authority(), Params: params})
	require.NoError(t, err)
	allowed, err := c.Keeper.AllowSimulated.Get(c.Ctx)
	require.NoError(t, err)
	require.False(t, allowed)
}

func TestApprovalsThatAreRefused(t *testing.T) {
	c, nodes := fixture.World(t)
	a, b := nodes[0], nodes[3]
	e, f := c.NewNode("e").Validate(10), c.NewNode("f").Validate(10)
	c.NextBlock(time.Second)
	e.Register()
	f.Register()
	require.False(t, b.Approve(e))
	change := func(by *fixture.Node, resign bool, change func(*types.MsgApproveOracle)) func(context.Context) error {
		msg := by.ApproveMsg(e)
		change(msg)
		if resign {
			msg.Signature = by.Sign(msg)
		}
		return func(ctx context.Context) error {
			_, err := c.Msgs.ApproveOracle(ctx, msg)
			return err
		}
	}
	replay := b.ApproveMsg(f)
	require.False(t, b.Approve(f))
	requireRefused(t, c, []attack{
		{"by the newcomer itself", types.ErrSelfApproval, change(e, true, func(m *types.MsgApproveOracle) {})},
		{"by an oracle that waits itself", types.ErrNotApproved, change(f, true, func(m *types.MsgApproveOracle) {})},
		{"by one who is no oracle", types.ErrOracleNotFound, change(a, true, func(m *types.MsgApproveOracle) { m.Approver = fixture.Address(t, "nobody") })},
		{"twice", types.ErrAlreadyApproved, change(b, true, func(m *types.MsgApproveOracle) {})},
		{"replayed", types.ErrInvalidSequence, func(ctx context.Context) error {
			_, err := c.Msgs.ApproveOracle(ctx, replay)
			return err
		}},
		{"of one who does not wait", types.ErrNotPending, change(a, true, func(m *types.MsgApproveOracle) { m.Target = b.Address })},
		{"of another node key", types.ErrNotPending, change(a, true, func(m *types.MsgApproveOracle) { m.TargetNodeSigningKey = f.NodeKey() })},
		{"of another measurement", types.ErrNotPending, change(a, true, func(m *types.MsgApproveOracle) { m.TargetMeasurement = make([]byte, 32) })},
		{"with another secret than was signed", types.ErrInvalidSignature, change(a, false, func(m *types.MsgApproveOracle) { m.SealedSecret = []byte("other") })},
		{"signed by another oracle", types.ErrInvalidSignature, change(a, false, func(m *types.MsgApproveOracle) { m.Signature = b.Sign(m) })},
		{"signed for another message", types.ErrInvalidSignature, change(a, false, func(m *types.MsgApproveOracle) { m.Signature = a.Sign(a.InfoMsg("https://x")) })},
		{"signed for another chain", types.ErrInvalidSignature, change(a, false, func(m *types.MsgApproveOracle) {
			signBytes, err := types.SignBytes("panacea-3", m)
			require.NoError(t, err)
			m.Signature = ed25519.Sign(a.Signing, signBytes)
		})},
		{"with a sequence of the future", types.ErrInvalidSequence, change(a, true, func(m *types.MsgApproveOracle) { m.Sequence++ })},
		{"without a secret", types.ErrInvalidMessage, change(a, true, func(m *types.MsgApproveOracle) { m.SealedSecret = nil })},
		{"with a secret that is too large", types.ErrInvalidMessage, change(a, true, func(m *types.MsgApproveOracle) { m.SealedSecret = make([]byte, types.MaxSealedSecretSize+1) })},
		{"without a signature", types.ErrInvalidSignature, change(a, false, func(m *types.MsgApproveOracle) { m.Signature = nil })},
		{"by no sender", types.ErrInvalidAddress, change(a, true, func(m *types.MsgApproveOracle) { m.Sender = "" })},
	})
	require.NoError(t, c.Slashing.Jail(c.Ctx, a.ConsAddress()))
	requireRefused(t, c, []attack{{"by a jailed oracle", types.ErrValidatorJailed, change(a, true, func(*types.MsgApproveOracle) {})}})
	c.NextBlock(time.Second)

	t.Run("an approver that has fallen does not count", func(t *testing.T) {
		require.False(t, nodes[3].Approve(func() *fixture.Node {
			g := c.NewNode("g").Validate(1)
			c.NextBlock(time.Second)
			g.Register()
			return g
		}()))
		require.True(t, nodes[1].Approve(e), "20 and 40 of 90")
	})
	t.Run("beyond the most oracles", func(t *testing.T) {
		params, err := c.Keeper.GetParams(c.Ctx)
		require.NoError(t, err)
		params.MaxOracles = 5
		_, err = c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: c.Keeper.Authority(), Params: params})
		require.NoError(t, err)
		_, err = c.Msgs.ApproveOracle(cached(c), nodes[1].ApproveMsg(f))
		require.ErrorIs(t, err, types.ErrTooManyOracles)
	})
	t.Run("of a registration whose attestation has expired", func(t *testing.T) {
		c.NextBlock(types.DefaultParams().AttestationLifetime - time.Minute)
		for _, n := range nodes[1:] {
			_, err := c.Msgs.RenewAttestation(c.Ctx, n.RenewMsg())
			require.NoError(t, err)
		}
		c.NextBlock(time.Hour)
		_, err := c.Msgs.ApproveOracle(cached(c), nodes[1].ApproveMsg(f))
		require.ErrorIs(t, err, types.ErrAttestationExpired)
	})
}

func TestCollateralThatIsRefused(t *testing.T) {
	c, _, n := hardwareWorld(t)
	c.NextBlock(48 * time.Hour)
	now := c.Ctx.BlockTime().Truncate(time.Second)
	submit := func(msg *types.MsgSubmitCollateral) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.Msgs.SubmitCollateral(ctx, msg)
			return err
		}
	}
	with := func(spec dcaptest.CollateralSpec) func(context.Context) error { return submit(n.CollateralMsg(spec)) }
	forged := n.CollateralMsg(dcaptest.CollateralSpec{Tamper: func(c *dcap.Collateral) { c.TCBInfo.Signature[5] ^= 1 }})
	impostor := dcaptest.NewAuthority("impostor")
	requireRefused(t, c, []attack{
		{"the chain's own", types.ErrCollateralOutdated, with(dcaptest.CollateralSpec{IssuedAt: fixture.Genesis.Add(time.Second).Truncate(time.Second)})},
		{"older than the chain's", types.ErrCollateralOutdated, with(dcaptest.CollateralSpec{IssuedAt: now.Add(-72 * time.Hour), CRLNumber: 1})},
		{"issued later for an earlier evaluation", types.ErrCollateralOutdated, with(dcaptest.CollateralSpec{IssuedAt: now, EvaluationDataNumber: 16,
			Tamper: func(set *dcap.Collateral) {
				old := c.Intel.Collateral(dcaptest.CollateralSpec{Platform: n.Platform, IssuedAt: fixture.Genesis.Truncate(time.Second)})
				set.RootCRL, set.PCKCRL = old.RootCRL, old.PCKCRL
			}})},
		{"older than the maximum age", types.ErrCollateralTooOld, with(dcaptest.CollateralSpec{IssuedAt: now.Add(-types.DefaultParams().CollateralMaxAge - time.Second)})},
		{"of the future", types.ErrCollateralTooOld, with(dcaptest.CollateralSpec{IssuedAt: now.Add(time.Hour)})},
		{"past its validity", types.ErrCollateralTooOld, with(dcaptest.CollateralSpec{IssuedAt: now.Add(-time.Hour), NextUpdate: now.Add(-time.Minute)})},
		{"forged", types.ErrInvalidCollateral, submit(forged)},
		{"for another root", types.ErrInvalidCollateral, submit(&types.MsgSubmitCollateral{Sender: fixture.Address(t, "payer"), Collateral: impostor.Collateral(
			dcaptest.CollateralSpec{Platform: impostor.NewPlatform(dcaptest.PlatformSpec{}), IssuedAt: now}).Marshal()})},
		{"in no known form", types.ErrInvalidCollateral, submit(&types.MsgSubmitCollateral{Sender: fixture.Address(t, "payer"), Collateral: []byte("{}")})},
		{"nothing", types.ErrInvalidMessage, submit(&types.MsgSubmitCollateral{Sender: fixture.Address(t, "payer")})},
		{"too much", types.ErrInvalidMessage, submit(&types.MsgSubmitCollateral{Sender: fixture.Address(t, "payer"), Collateral: make([]byte, types.MaxCollateralSize+1)})},
	})
	response, err := c.Msgs.SubmitCollateral(c.Ctx, n.CollateralMsg(dcaptest.CollateralSpec{IssuedAt: now, CRLNumber: 2}))
	require.NoError(t, err)
	require.Len(t, response.Updated, 4)
}

// TestOraclesAreJudgedAnew: what newer collateral says of a machine whose oracle is active.
func TestOraclesAreJudgedAnew(t *testing.T) {
	active := func(t *testing.T) (*fixture.Chain, *fixture.Node) {
		c, first, n := hardwareWorld(t)
		n.Register()
		require.True(t, first.Approve(n))
		requireActive(t, c, n)
		c.NextBlock(24 * time.Hour)
		return c, n
	}
	outOfDate := []dcaptest.Level{{Status: dcap.OutOfDate, AdvisoryIDs: []string{"TEST-SA-9"}}}
	grace := types.DefaultParams().JudgementGrace

	t.Run("healthy", func(t *testing.T) {
		c, n := active(t)
		n.SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 2, EvaluationDataNumber: 18})
		c.NextBlock(grace + time.Hour)
		requireActive(t, c, n)
		oracle, err := c.Keeper.Oracles.Get(c.Ctx, n.Account)
		require.NoError(t, err)
		require.Equal(t, uint32(18), oracle.Attestation.TcbEvaluation)
	})
	t.Run("out of date, until the grace ends", func(t *testing.T) {
		c, n := active(t)
		n.SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 2, Levels: outOfDate})
		c.NextBlock(grace / 2)
		requireActive(t, c, n)
		n.SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 3, Levels: outOfDate})
		c.NextBlock(grace / 2)
		requireInactive(t, c, n, types.ErrAttestationFailed)
		requireTotal(t, c, 100)
		_, err := c.Msgs.RenewAttestation(c.Ctx, n.RenewMsg())
		require.ErrorIs(t, err, types.ErrEvidenceRejected, "the machine is still out of date")
		n.SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 4})
		c.NextBlock(time.Second)
		requireActive(t, c, n)
	})
	t.Run("patched within the grace", func(t *testing.T) {
		c, n := active(t)
		better := dcaptest.DefaultComponents
		better[0]++
		levels := []dcaptest.Level{{Components: better, PCESVN: dcaptest.DefaultPCESVN, Status: dcap.UpToDate}, outOfDate[0]}
		n.SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 2, Levels: levels})
		c.NextBlock(time.Hour)
		n.OnHardware(dcaptest.PlatformSpec{Components: better})
		_, err := c.Msgs.RenewAttestation(c.Ctx, n.RenewMsg())
		require.NoError(t, err)
		c.NextBlock(2 * grace)
		requireActive(t, c, n)
	})
	for name, spec := range map[string]func(n *fixture.Node) dcaptest.CollateralSpec{
		"revoked by its certificate": func(n *fixture.Node) dcaptest.CollateralSpec {
			return dcaptest.CollateralSpec{CRLNumber: 2, RevokedPCKs: []*big.Int{n.Platform.Serial()}}
		},
		"revoked by its TCB level": func(*fixture.Node) dcaptest.CollateralSpec {
			return dcaptest.CollateralSpec{CRLNumber: 2, Levels: []dcaptest.Level{{Status: dcap.Revoked}}}
		},
	} {
		t.Run(name+", at once", func(t *testing.T) {
			c, n := active(t)
			n.SubmitCollateral(spec(n))
			c.EndBlock()
			requireInactive(t, c, n, types.ErrAttestationFailed)
			requireTotal(t, c, 100)
			_, err := c.Msgs.RenewAttestation(cached(c), n.RenewMsg())
			require.ErrorIs(t, err, types.ErrEvidenceRejected)
			n.NewKeys("second")
			_, err = c.Msgs.RegisterOracle(cached(c), n.RegisterMsg(nil))
			require.ErrorIs(t, err, types.ErrEvidenceRejected)
		})
	}
	t.Run("by stricter parameters", func(t *testing.T) {
		c, n := active(t)
		params, err := c.Keeper.GetParams(c.Ctx)
		require.NoError(t, err)
		params.MinimumTcbEvaluation = 18
		params.JudgementGrace = 0
		_, err = c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: c.Keeper.Authority(), Params: params})
		require.NoError(t, err)
		c.EndBlock()
		requireInactive(t, c, n, types.ErrAttestationFailed)
	})
	t.Run("not while it waits, but when it would be approved", func(t *testing.T) {
		c, first, n := hardwareWorld(t)
		n.Register()
		c.NextBlock(time.Hour)
		n.SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 2, RevokedPCKs: []*big.Int{n.Platform.Serial()}})
		_, err := c.Msgs.ApproveOracle(cached(c), first.ApproveMsg(n))
		require.ErrorIs(t, err, types.ErrAttestationFailed)
	})
}

func TestJudgementsAreBoundedPerBlock(t *testing.T) {
	c := fixture.New(t)
	first := c.NewNode("first").Validate(1000)
	var nodes []*fixture.Node
	for i := range 11 {
		nodes = append(nodes, c.NewNode("n"+string(rune('a'+i))).OnHardware(dcaptest.PlatformSpec{}).Validate(1))
	}
	c.NextBlock(time.Second)
	first.Begin()
	nodes[0].SubmitCollateral(dcaptest.CollateralSpec{})
	for _, n := range nodes {
		n.Register()
		require.True(t, first.Approve(n))
	}
	c.NextBlock(time.Hour)
	nodes[0].SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 2})
	waiting := func() (count int) {
		state, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		require.NoError(t, state.Validate())
		return len(state.Judgements)
	}
	require.Equal(t, 11, waiting())
	c.NextBlock(time.Second)
	require.Equal(t, 3, waiting())
	c.NextBlock(time.Second)
	require.Zero(t, waiting())
}

func TestOnlyGovernanceDecides(t *testing.T) {
	c, _ := fixture.World(t)
	nobody := fixture.Address(t, "nobody")
	params := types.DefaultParams()
	bad := func(change func(*types.Params)) func(context.Context) error {
		p := types.DefaultParams()
		change(&p)
		return func(ctx context.Context) error {
			_, err := c.Msgs.UpdateParams(ctx, &types.MsgUpdateParams{Authority: c.Keeper.Authority(), Params: p})
			return err
		}
	}
	measure := func(authority string, m types.Measurement) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.Msgs.SetMeasurement(ctx, &types.MsgSetMeasurement{Authority: authority, Measurement: m})
			return err
		}
	}
	requireRefused(t, c, []attack{
		{"parameters by another", types.ErrUnauthorized, func(ctx context.Context) error {
			_, err := c.Msgs.UpdateParams(ctx, &types.MsgUpdateParams{Authority: nobody, Params: params})
			return err
		}},
		{"a measurement by another", types.ErrUnauthorized, measure(nobody, types.Measurement{Measurement: make([]byte, 32)})},
		{"a measurement of zeros", types.ErrInvalidMessage, measure(c.Keeper.Authority(), types.Measurement{Measurement: make([]byte, 32)})},
		{"a measurement that expires before it begins", types.ErrInvalidMessage,
			measure(c.Keeper.Authority(), types.Measurement{Measurement: fixture.Measurement[:], ActivationHeight: 9, ExpiryHeight: 9})},
		{"no TCB status", types.ErrInvalidParams, bad(func(p *types.Params) { p.AcceptedTcbStatuses = nil })},
		{"revoked platforms", types.ErrInvalidParams, bad(func(p *types.Params) { p.AcceptedTcbStatuses = []string{"Revoked"} })},
		{"a TCB status that Intel does not know", types.ErrInvalidParams, bad(func(p *types.Params) { p.AcceptedTcbStatuses = []string{"Fine"} })},
		{"no root", types.ErrInvalidParams, bad(func(p *types.Params) { p.TrustedRoots = nil })},
		{"a root that is none", types.ErrInvalidParams, bad(func(p *types.Params) { p.TrustedRoots = [][]byte{{1}} })},
		{"collateral as old as Intel's", types.ErrInvalidParams, bad(func(p *types.Params) { p.CollateralMaxAge = 30 * 24 * time.Hour })},
		{"attestations for ever", types.ErrInvalidParams, bad(func(p *types.Params) { p.AttestationLifetime = 1 << 62 })},
		{"a quorum of nothing", types.ErrInvalidParams, bad(func(p *types.Params) { p.ApprovalQuorum.Numerator = 0 })},
		{"a quorum of all", types.ErrInvalidParams, bad(func(p *types.Params) { p.ApprovalQuorum.Numerator = 3 })},
		{"a quorum without a denominator", types.ErrInvalidParams, bad(func(p *types.Params) { p.ApprovalQuorum.Denominator = 0 })},
		{"a slash of more than all", types.ErrInvalidParams, bad(func(p *types.Params) { p.SlashFractionContradiction = math.LegacyNewDec(2) })},
		{"no slash fraction", types.ErrInvalidParams, bad(func(p *types.Params) { p.SlashFractionContradiction = math.LegacyDec{} })},
		{"more oracles than can be counted", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxOracles = types.MaxOracles + 1 })},
		{"certificates that outlive their evidence", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxCertificateLifetime = p.MaxEvidenceAge })},
	})
}
