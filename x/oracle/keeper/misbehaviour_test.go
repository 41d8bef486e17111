package keeper_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	evidencekeeper "github.com/cosmos/cosmos-sdk/x/evidence/keeper"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"

	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/keeper"
	"github.com/medibloc/panacea/x/oracle/types"
)

// report submits evidence through x/evidence as a transaction does, and returns the handler's error, of which x/evidence
// itself keeps only the text.
func report(c *fixture.Chain, e *types.Contradiction) error {
	c.Helper()
	trial, _ := c.Ctx.CacheContext()
	handled := c.Keeper.HandleContradiction(trial, e)
	msg, err := evidencetypes.NewMsgSubmitEvidence(sdk.MustAccAddressFromBech32(fixture.Address(c, "payer")), e)
	require.NoError(c, err)
	ctx, write := c.Ctx.CacheContext()
	_, err = evidencekeeper.NewMsgServerImpl(*c.Evidence).SubmitEvidence(ctx, msg)
	require.Equal(c, handled == nil, err == nil, "%v, %v", handled, err)
	if err == nil {
		write()
	}
	return handled
}

// pair returns two certificates that contradict each other.
func pair(c *fixture.Chain, lastHeight int64) (types.Certificate, types.Certificate) {
	return c.Certificate("datum", "alice", lastHeight), c.Certificate("datum", "mallory", lastHeight)
}

func TestContradictionIsSlashedJailedAndRemoved(t *testing.T) {
	c, nodes := fixture.World(t)
	b := nodes[1]
	supply := c.Bank.GetSupply(c.Ctx, fixture.Denom).Amount
	first, second := pair(c, c.Ctx.BlockHeight()+10)
	e := b.Contradict(first, second)
	require.NoError(t, report(c, e))

	validator := b.Validator()
	require.True(t, validator.IsJailed())
	require.Equal(t, med(38), validator.Tokens, "5 per cent of 40")
	require.Equal(t, med(2), supply.Sub(c.Bank.GetSupply(c.Ctx, fixture.Denom).Amount), "what is slashed is burned")
	require.False(t, c.Slashing.IsTombstoned(c.Ctx, b.ConsAddress()))
	info, err := c.Slashing.GetValidatorSigningInfo(c.Ctx, b.ConsAddress())
	require.NoError(t, err)
	require.Equal(t, c.Ctx.BlockTime().Add(types.DefaultParams().ContradictionJailDuration), info.JailedUntil)
	requireInactive(t, c, b, types.ErrOracleNotFound)
	requireTotal(t, c, 150)

	again, err := evidencetypes.NewMsgSubmitEvidence(b.Account, e)
	require.NoError(t, err)
	_, err = evidencekeeper.NewMsgServerImpl(*c.Evidence).SubmitEvidence(c.Ctx, again)
	require.ErrorIs(t, err, evidencetypes.ErrEvidenceExists)
	third := c.Certificate("datum", "trudy", c.Ctx.BlockHeight()+10)
	require.ErrorIs(t, report(c, b.Contradict(first, third)), types.ErrAlreadyPunished, "a key is punished once")
	require.Equal(t, med(38), b.Validator().Tokens)

	c.NextBlock(time.Second)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
	_, err = c.Msgs.RegisterOracle(c.Ctx, b.RegisterMsg(nil))
	require.ErrorIs(t, err, types.ErrNodeKeyUsed)
}

// TestInfractionsAreDatedByTheirCertificates: the stake that answers is the stake of the height at which the contradiction could
// first do harm, whatever was withdrawn since.
func TestInfractionsAreDatedByTheirCertificates(t *testing.T) {
	c, nodes := fixture.World(t)
	b := nodes[1]
	lifetime := int64(types.DefaultParams().MaxCertificateLifetime)
	c.NextBlock(time.Second)
	infraction := c.Ctx.BlockHeight()
	c.NextBlock(time.Second)
	b.Undelegate(30)
	c.NextBlock(time.Second)
	c.NextBlock(time.Second)
	require.Equal(t, med(10), b.Validator().Tokens)

	t.Run("after the withdrawal", func(t *testing.T) {
		now := c.Ctx
		c.Ctx, _ = now.CacheContext()
		defer func() { c.Ctx = now }()
		first, second := pair(c, c.Ctx.BlockHeight()+lifetime)
		require.NoError(t, report(c, b.Contradict(first, second)))
		require.Equal(t, "9500000", b.Validator().Tokens.String(), "5 per cent of 10")
	})
	t.Run("before the withdrawal", func(t *testing.T) {
		first, second := pair(c, infraction+lifetime)
		require.NoError(t, report(c, b.Contradict(first, second)))
		unbonding, err := c.Staking.GetUnbondingDelegationsFromValidator(c.Ctx, sdk.ValAddress(b.Account))
		require.NoError(t, err)
		require.Len(t, unbonding, 1)
		require.Equal(t, "28500000", unbonding[0].Entries[0].Balance.String(), "what was withdrawn pays its 5 per cent")
		require.Equal(t, "9500000", b.Validator().Tokens.String(), "and what stayed pays its own: 2 MED of the 40 of then")
	})
}

func TestPowerOfThePast(t *testing.T) {
	c, nodes := fixture.World(t)
	b := nodes[1]
	start := c.Ctx.BlockHeight()
	b.Undelegate(10)
	c.NextBlock(time.Second)
	c.NextBlock(time.Second)
	b.Undelegate(10)
	c.NextBlock(time.Second)
	for height, want := range map[int64]int64{0: 40, start: 40, start + 1: 30, start + 2: 30, start + 3: 20, start + 9: 20} {
		power, err := keeper.PowerAt(c.Keeper, c.Ctx, b.Account, height)
		require.NoError(t, err)
		require.Equal(t, want, power, "height %d", height)
	}
	_, err := c.Msgs.DeregisterOracle(c.Ctx, &types.MsgDeregisterOracle{Operator: b.Address})
	require.NoError(t, err)
	power, err := keeper.PowerAt(c.Keeper, c.Ctx, b.Account, start)
	require.NoError(t, err)
	require.Equal(t, int64(40), power, "who leaves is remembered")
	c.NextBlock(time.Second)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))

	c.SkipTo(start+int64(types.DefaultParams().MaxEvidenceAge)+10, time.Second)
	c.NextBlock(time.Second)
	state, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.Empty(t, state.PastPowers, "until evidence would be too old")
}

func TestDeregistrationIsNoEscape(t *testing.T) {
	c, nodes := fixture.World(t)
	b := nodes[1]
	_, err := c.Msgs.DeregisterOracle(c.Ctx, &types.MsgDeregisterOracle{Operator: b.Address})
	require.NoError(t, err)
	c.NextBlock(time.Second)
	old := *b
	b.NewKeys("second")
	b.Register()
	require.True(t, nodes[0].Approve(b))
	first, second := pair(c, c.Ctx.BlockHeight()+1)
	require.NoError(t, report(c, old.Contradict(first, second)))
	require.Equal(t, med(38), b.Validator().Tokens)
	requireInactive(t, c, b, types.ErrOracleNotFound)
	c.NextBlock(time.Second)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

func TestEvidenceOfNothingIsRefused(t *testing.T) {
	c, nodes := fixture.World(t)
	a, b := nodes[0], nodes[1]
	height := c.Ctx.BlockHeight() + 10
	first, second := pair(c, height)
	sign := func(n *fixture.Node, certificate types.Certificate) []byte {
		return ed25519.Sign(n.Signing, certificate.SignBytes())
	}
	changed := func(f func(*types.Certificate)) *types.Contradiction {
		x, y := first, first
		f(&y)
		return b.Contradict(x, y)
	}
	elsewhere := func(certificate types.Certificate) types.Certificate {
		certificate.ChainId = "panacea-3"
		return certificate
	}
	backwards := b.Contradict(first, second)
	backwards.First, backwards.Second = backwards.Second, backwards.First
	backwards.FirstSignature, backwards.SecondSignature = backwards.SecondSignature, backwards.FirstSignature
	before := c.Export()
	for name, attack := range map[string]struct {
		want     error
		evidence *types.Contradiction
	}{
		"one certificate twice":             {types.ErrInvalidMisbehaviour, b.Contradict(first, first)},
		"another last height":               {types.ErrInvalidMisbehaviour, changed(func(c *types.Certificate) { c.LastHeight++ })},
		"another datum":                     {types.ErrInvalidMisbehaviour, changed(func(c *types.Certificate) { c.DataCommitment = make([]byte, 32) })},
		"another deal":                      {types.ErrInvalidMisbehaviour, changed(func(c *types.Certificate) { c.DealId = "ff112233445566778899aabbccddeeff" })},
		"another chain":                     {types.ErrInvalidMisbehaviour, b.Contradict(elsewhere(first), elsewhere(second))},
		"two oracles that disagree":         {types.ErrInvalidSignature, types.NewContradiction(b.NodeKey(), first, sign(b, first), second, sign(a, second))},
		"a signature that is none":          {types.ErrInvalidSignature, types.NewContradiction(b.NodeKey(), first, sign(b, first), second, make([]byte, 64))},
		"a key that no oracle had":          {types.ErrInvalidMisbehaviour, c.NewNode("nobody").Contradict(first, second)},
		"certificates in the wrong order":   {types.ErrInvalidMisbehaviour, backwards},
		"a certificate that is malformed":   {types.ErrInvalidMisbehaviour, changed(func(c *types.Certificate) { c.ObjectCid = "Qm" })},
		"a provider that is another's case": {types.ErrInvalidMisbehaviour, changed(func(c *types.Certificate) { c.Provider = "PANACEA1" + c.Provider[8:] })},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, report(c, attack.evidence), attack.want)
			require.Equal(t, before, c.Export())
		})
	}
	t.Run("too old", func(t *testing.T) {
		params := types.DefaultParams()
		c.SkipTo(c.Ctx.BlockHeight()+int64(params.MaxEvidenceAge)+100, time.Hour)
		require.ErrorIs(t, report(c, b.Contradict(first, second)), types.ErrMisbehaviourTooOld)
	})
	for name, change := range map[string]func(*types.Certificate){
		"another object":         func(c *types.Certificate) { c.ObjectCid = types.NewObjectCID([32]byte{1}) },
		"another object size":    func(c *types.Certificate) { c.ObjectSize++ },
		"another uniqueness tag": func(c *types.Certificate) { c.UniquenessTag = make([]byte, 32) },
		"also another height":    func(c *types.Certificate) { c.UniquenessTag = make([]byte, 32); c.LastHeight += 5 },
	} {
		t.Run("but "+name+" is a contradiction", func(t *testing.T) {
			require.NoError(t, changed(change).ValidateBasic())
		})
	}
}

func TestAValidatorThatHasLeftCannotBeSlashedButIsNoOracle(t *testing.T) {
	c, nodes := fixture.World(t)
	b := nodes[1]
	b.Undelegate(40)
	c.NextBlock(22 * 24 * time.Hour) // it is jailed for having no stake of its own
	first, second := pair(c, c.Ctx.BlockHeight()+10)
	require.NoError(t, report(c, b.Contradict(first, second)))
	requireInactive(t, c, b, types.ErrOracleNotFound)
	c.NextBlock(time.Second)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

// TestAnInfractionIsNotBeforeItsKey: certificates that claim to be ancient do not make the infraction too old.
func TestAnInfractionIsNotBeforeItsKey(t *testing.T) {
	c, nodes := fixture.World(t)
	c.SkipTo(2*int64(types.DefaultParams().MaxEvidenceAge), time.Second)
	d := nodes[3]
	d.NewKeys("second")
	d.Register()
	first, second := pair(c, 1)
	require.NoError(t, report(c, d.Contradict(first, second)), "a key that still waits is punished too")
	require.Equal(t, med(19), d.Validator().Tokens)
	requireInactive(t, c, d, types.ErrOracleNotFound)
}

// TestPowerAtTheBeginningOfAnEventfulBlock: whatever happens within a block, its beginning is what counts.
func TestPowerAtTheBeginningOfAnEventfulBlock(t *testing.T) {
	c, nodes := fixture.World(t)
	b := nodes[1]
	height := c.Ctx.BlockHeight()
	b.Undelegate(10)
	_, err := c.Msgs.DeregisterOracle(c.Ctx, &types.MsgDeregisterOracle{Operator: b.Address})
	require.NoError(t, err)
	b.NewKeys("second")
	b.Register()
	require.True(t, nodes[0].Approve(b))
	b.Undelegate(10)
	c.NextBlock(time.Second)
	for at, want := range map[int64]int64{height: 40, height + 1: 20} {
		power, err := keeper.PowerAt(c.Keeper, c.Ctx, b.Account, at)
		require.NoError(t, err)
		require.Equal(t, want, power)
	}
}
