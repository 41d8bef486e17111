package keeper_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/internal/oraclefixture"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// attack is a message that must be refused with a registered error, and leave the state as it was.
type attack struct {
	name string
	want error
	run  func(ctx context.Context) error
}

func requireRefused(t *testing.T, c *fixture.Chain, attacks []attack) {
	t.Helper()
	before, money := c.Export(), c.Store(banktypes.StoreKey)
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			ctx, _ := c.Ctx.CacheContext()
			require.ErrorIs(t, a.run(ctx), a.want)
			require.Equal(t, before, c.At(ctx).Export(), "nothing is written before the refusal")
			require.Equal(t, money, c.At(ctx).Store(banktypes.StoreKey))
			require.Empty(t, c.At(ctx).Uncredited())
		})
	}
}

func sortSignatures(msg *types.MsgSubmitConsent) {
	sort.Slice(msg.Signatures, func(i, j int) bool { return msg.Signatures[i].Oracle < msg.Signatures[j].Oracle })
}

func TestDealsThatAreRefused(t *testing.T) {
	c := fixture.New(t)
	c.Create(c.CreateMsg("consumer"))
	c.CreateDID("ended")
	c.DeactivateDID("ended")
	with := func(change func(*types.MsgCreateDeal)) func(context.Context) error {
		msg := c.CreateMsg("consumer")
		change(msg)
		return func(ctx context.Context) error {
			_, err := c.Msgs.CreateDeal(ctx, msg)
			return err
		}
	}
	digest := bytes.Repeat([]byte{1}, 32)
	longTerm := strings.Repeat("x", int(types.DefaultParams().MaxTermSize))
	terms := func(list ...types.AgreementTerm) func(*types.MsgCreateDeal) {
		return func(m *types.MsgCreateDeal) { m.Terms = list }
	}
	require.NoError(t, with(func(*types.MsgCreateDeal) {})(cached(c)), "the honest one passes")
	requireRefused(t, c, []attack{
		{"by no address", types.ErrInvalidAddress, with(func(m *types.MsgCreateDeal) { m.Consumer = "panacea1" })},
		{"by an address in capitals", types.ErrInvalidAddress, with(func(m *types.MsgCreateDeal) { m.Consumer = strings.ToUpper(m.Consumer) })},
		{"for no DID", didtypes.ErrInvalidDID, with(func(m *types.MsgCreateDeal) { m.ConsumerDid = "" })},
		{"for a DID of another method", didtypes.ErrInvalidDID, with(func(m *types.MsgCreateDeal) { m.ConsumerDid = "did:web:x" })},
		{"for a DID that is not there", didtypes.ErrDIDNotFound, with(func(m *types.MsgCreateDeal) { m.ConsumerDid = fixture.DID(t, "nobody") })},
		{"for a DID that has ended", didtypes.ErrDIDDeactivated, with(func(m *types.MsgCreateDeal) { m.ConsumerDid = fixture.DID(t, "ended") })},
		{"without a consumer key", types.ErrInvalidConsumerKey, with(func(m *types.MsgCreateDeal) { m.ConsumerKey = nil })},
		{"with a consumer key of no suite", types.ErrInvalidConsumerKey, with(func(m *types.MsgCreateDeal) { m.ConsumerKey = digest })},
		{"without a budget", types.ErrInvalidBudget, with(func(m *types.MsgCreateDeal) { m.Budget = sdk.Coin{} })},
		{"with nothing", types.ErrInvalidBudget, with(func(m *types.MsgCreateDeal) { m.Budget = fixture.Umed(0) })},
		{"with a negative budget", types.ErrInvalidBudget, with(func(m *types.MsgCreateDeal) { m.Budget.Amount = sdkmath.NewInt(-3) })},
		{"with a budget beyond arithmetic", types.ErrInvalidBudget, with(func(m *types.MsgCreateDeal) {
			m.Budget.Amount = sdkmath.NewInt(3).Mul(sdkmath.NewIntFromUint64(1 << 63)).Mul(sdkmath.NewIntFromUint64(1 << 63)).MulRaw(8)
		})},
		{"in other money", types.ErrInvalidBudget, with(func(m *types.MsgCreateDeal) { m.Budget.Denom = "uatom" })},
		{"with a budget that does not divide", types.ErrInvalidBudget, with(func(m *types.MsgCreateDeal) { m.Budget = fixture.Umed(300_000_001) })},
		{"with less than a umed each", types.ErrInvalidBudget, with(func(m *types.MsgCreateDeal) { m.Budget = fixture.Umed(2) })},
		{"with more than the consumer has", sdkerrors.ErrInsufficientFunds, with(func(m *types.MsgCreateDeal) { m.Budget = fixture.Umed(3_000_000_000) })},
		{"for no data", types.ErrInvalidDataCount, with(func(m *types.MsgCreateDeal) { m.DataCount = 0 })},
		{"for too many data", types.ErrInvalidDataCount, with(func(m *types.MsgCreateDeal) { m.DataCount = types.DefaultParams().MaxDataCount + 1 })},
		{"for all data that a counter counts", types.ErrInvalidDataCount, with(func(m *types.MsgCreateDeal) { m.DataCount = math.MaxUint64 })},
		{"without a media type", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) { m.Requirements.MediaType = "" })},
		{"with schemas for other than JSON", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) {
			m.Requirements.MediaType, m.Requirements.PresentationDefinition = "application/fhir+json", nil
		})},
		{"with a schema's digest that is none", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) { m.Requirements.Schemas[0].Digest = digest[:31] })},
		{"with a schema twice", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) {
			m.Requirements.Schemas = append(m.Requirements.Schemas, m.Requirements.Schemas[0])
		})},
		{"with a schema at no printable place", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) { m.Requirements.Schemas[0].Url = "https://\n" })},
		{"with too many schemas", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) {
			for i := range 8 {
				m.Requirements.Schemas = append(m.Requirements.Schemas, types.SchemaRequirement{Digest: append([]byte{byte(i)}, digest[1:]...)})
			}
		})},
		{"with a definition that is none", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) { m.Requirements.PresentationDefinition = []byte(`{"id":"d"}`) })},
		{"with a definition that is too large", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) {
			m.Requirements.PresentationDefinition = append([]byte(fixture.Definition), bytes.Repeat([]byte(" "), 64<<10)...)
		})},
		{"with an issuer that is no DID", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) { m.Requirements.TrustedIssuers = []string{"hospital"} })},
		{"with an issuer twice", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) { m.Requirements.TrustedIssuers = []string{"did:web:x", "did:web:x"} })},
		{"with too many issuers", types.ErrInvalidRequirements, with(func(m *types.MsgCreateDeal) {
			for i := range types.MaxTrustedIssuers {
				m.Requirements.TrustedIssuers = append(m.Requirements.TrustedIssuers, fmt.Sprintf("did:web:x%d", i))
			}
		})},
		{"with terms out of order", types.ErrInvalidTerms, with(terms(types.AgreementTerm{Id: 2, Title: "t", Text: "x"}, types.AgreementTerm{Id: 1, Title: "t", Text: "x"}))},
		{"with a term of no number", types.ErrInvalidTerms, with(terms(types.AgreementTerm{Title: "t", Text: "x"}))},
		{"with a term twice", types.ErrInvalidTerms, with(terms(types.AgreementTerm{Id: 1, Title: "t", Text: "x"}, types.AgreementTerm{Id: 1, Title: "t", Text: "x"}))},
		{"with a term that says nothing", types.ErrInvalidTerms, with(terms(types.AgreementTerm{Id: 1, Title: "t"}))},
		{"with a term that is no text", types.ErrInvalidTerms, with(terms(types.AgreementTerm{Id: 1, Title: "t", Text: "\xff"}))},
		{"with a term that is too long", types.ErrInvalidTerms, with(terms(types.AgreementTerm{Id: 1, Title: "t", Text: longTerm}))},
		{"with too many terms", types.ErrInvalidTerms, with(func(m *types.MsgCreateDeal) {
			m.Terms = nil
			for i := range types.DefaultParams().MaxTerms + 1 {
				m.Terms = append(m.Terms, types.AgreementTerm{Id: 1 + i, Title: "t", Text: "x"})
			}
		})},
		{"with a uniqueness that nobody knows", types.ErrInvalidUniqueness, with(func(m *types.MsgCreateDeal) { m.Uniqueness = 4 })},
		{"unique by a credential that nobody presents", types.ErrInvalidUniqueness, with(func(m *types.MsgCreateDeal) {
			m.Uniqueness, m.Requirements.PresentationDefinition = types.UNIQUENESS_CREDENTIAL, nil
		})},
		{"unique by a subject that nobody presents", types.ErrInvalidUniqueness, with(func(m *types.MsgCreateDeal) {
			m.Uniqueness, m.Requirements.PresentationDefinition = types.UNIQUENESS_SUBJECT, nil
		})},
		{"with a quorum of all", types.ErrInvalidQuorum, with(func(m *types.MsgCreateDeal) { m.Quorum = oracletypes.Fraction{Numerator: 3, Denominator: 3} })},
		{"with a quorum of nothing", types.ErrInvalidQuorum, with(func(m *types.MsgCreateDeal) { m.Quorum = oracletypes.Fraction{Denominator: 3} })},
		{"with a quorum below the chain's", types.ErrInvalidQuorum, with(func(m *types.MsgCreateDeal) {
			m.Quorum = oracletypes.Fraction{Numerator: 333_333, Denominator: 1_000_000}
		})},
		{"that expires now", types.ErrInvalidExpiry, with(func(m *types.MsgCreateDeal) { m.ExpiresAt = c.Ctx.BlockTime() })},
		{"that never expires", types.ErrInvalidExpiry, with(func(m *types.MsgCreateDeal) { m.ExpiresAt = time.Time{} })},
		{"that expires too late", types.ErrInvalidExpiry, with(func(m *types.MsgCreateDeal) {
			m.ExpiresAt = c.Ctx.BlockTime().Add(types.DefaultParams().MaxDealLifetime + 1)
		})},
		{"with a dispute window", types.ErrDisputesNotAvailable, with(func(m *types.MsgCreateDeal) { m.DisputeWindow = 1 })},
	})
	t.Run("the nearest budgets are named", func(t *testing.T) {
		require.ErrorContains(t, with(func(m *types.MsgCreateDeal) { m.Budget = fixture.Umed(300_000_001) })(cached(c)),
			"the nearest are 300000000umed and 300000003umed")
	})
}

// cached returns a context whose writes nobody sees.
func cached(c *fixture.Chain) context.Context {
	ctx, _ := c.Ctx.CacheContext()
	return ctx
}

func TestConsentsThatAreRefused(t *testing.T) {
	c := fixture.New(t)
	deal, other := c.Create(c.CreateMsg("consumer")), c.Create(c.CreateMsg("other"))
	c.Sell(deal, "sold", "provider")
	c.NextBlock(time.Second)
	submit := func(msg *types.MsgSubmitConsent) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.Msgs.SubmitConsent(ctx, msg)
			return err
		}
	}
	// certified changes what oracles sign, consented what the provider sends.
	certified := func(change func(*oracletypes.Certificate)) func(context.Context) error {
		certificate := c.Certificate(deal, "datum", "provider")
		change(&certificate)
		return submit(c.Sign(certificate, c.Nodes...))
	}
	consented := func(change func(*types.MsgSubmitConsent)) func(context.Context) error {
		msg := c.Sign(c.Certificate(deal, "datum", "provider"), c.Nodes...)
		change(msg)
		return submit(msg)
	}
	by := func(nodes ...*oraclefixture.Node) func(context.Context) error {
		return submit(c.Sign(c.Certificate(deal, "datum", "provider"), nodes...))
	}
	answers := func(list ...types.TermAnswer) func(context.Context) error {
		return consented(func(m *types.MsgSubmitConsent) { m.Answers = list })
	}
	sold := c.Certificate(deal, "sold", "provider")
	stranger := c.NewNode("stranger")
	newcomer := c.NewNode("newcomer").Validate(10)
	c.NextBlock(time.Second)
	newcomer.Register()
	require.NoError(t, certified(func(*oracletypes.Certificate) {})(cached(c)), "the honest one passes")

	requireRefused(t, c, []attack{
		{"for another chain", types.ErrWrongChain, certified(func(m *oracletypes.Certificate) { m.ChainId = "panacea-2" })},
		{"for a deal that is not there", types.ErrDealNotFound, certified(func(m *oracletypes.Certificate) { m.DealId = "00112233445566778899aabbccddeeff" })},
		{"for no deal", oracletypes.ErrInvalidCertificate, certified(func(m *oracletypes.Certificate) { m.DealId = "1" })},
		{"of another deal, moved to this one", oracletypes.ErrInvalidSignature, consented(func(m *types.MsgSubmitConsent) { m.Certificate.DealId = other.Id })},
		{"by somebody else", types.ErrNotProvider, consented(func(m *types.MsgSubmitConsent) { m.Provider = fixture.Address(t, "mallory") })},
		{"by somebody else who names himself", oracletypes.ErrInvalidSignature, consented(func(m *types.MsgSubmitConsent) {
			m.Provider, m.Certificate.Provider = fixture.Address(t, "mallory"), fixture.Address(t, "mallory")
		})},
		{"by an account of another chain", types.ErrInvalidAddress, consented(func(m *types.MsgSubmitConsent) {
			m.Provider = "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh"
			m.Certificate.Provider = m.Provider
		})},
		{"of a certificate that was changed", oracletypes.ErrInvalidSignature, consented(func(m *types.MsgSubmitConsent) { m.Certificate.ObjectSize++ })},
		{"replayed", types.ErrDataUsed, submit(c.Sign(sold, c.Nodes...))},
		{"of the same datum as another object", types.ErrDataUsed, certified(func(m *oracletypes.Certificate) { m.DataCommitment = sold.DataCommitment })},
		{"of the same uniqueness tag", types.ErrTagUsed, certified(func(m *oracletypes.Certificate) { m.UniquenessTag = sold.UniquenessTag })},
		{"of an object that was sold", types.ErrObjectUsed, certified(func(m *oracletypes.Certificate) { m.ObjectCid = sold.ObjectCid })},
		{"of an object that was sold in another deal", types.ErrObjectUsed, func() func(context.Context) error {
			certificate := c.Certificate(other, "datum", "provider")
			certificate.ObjectCid = sold.ObjectCid
			return submit(c.Sign(certificate, c.Nodes...))
		}()},
		{"after the last height", types.ErrCertificateExpired, certified(func(m *oracletypes.Certificate) { m.LastHeight = c.Ctx.BlockHeight() - 1 })},
		{"too long before the last height", types.ErrCertificateTooEarly, certified(func(m *oracletypes.Certificate) {
			m.LastHeight = c.Ctx.BlockHeight() + int64(oracletypes.DefaultParams().MaxCertificateLifetime) + 1
		})},
		{"at the end of time", types.ErrCertificateTooEarly, certified(func(m *oracletypes.Certificate) { m.LastHeight = math.MaxInt64 })},
		{"without signatures", types.ErrInvalidSignatures, by()},
		{"with more signatures than there can be oracles", types.ErrInvalidSignatures, consented(func(m *types.MsgSubmitConsent) {
			m.Signatures = make([]oracletypes.OracleSignature, types.MaxSignatures+1)
		})},
		{"with a quorum of one oracle twice", types.ErrInvalidSignatures, by(c.Nodes[3], c.Nodes[3])},
		{"with signatures out of order", types.ErrInvalidSignatures, consented(func(m *types.MsgSubmitConsent) {
			m.Signatures[0], m.Signatures[1] = m.Signatures[1], m.Signatures[0]
		})},
		{"with one oracle's signature in another's name", oracletypes.ErrInvalidSignature, consented(func(m *types.MsgSubmitConsent) {
			m.Signatures[0].Signature = m.Signatures[1].Signature
		})},
		{"with a signature that is none", oracletypes.ErrInvalidSignature, consented(func(m *types.MsgSubmitConsent) { m.Signatures[0].Signature = []byte{1} })},
		{"with too little power", types.ErrQuorumNotReached, by(c.Nodes[1], c.Nodes[3])},
		{"with one who is no oracle", oracletypes.ErrOracleNotFound, by(c.Nodes[0], stranger)},
		{"with one who is not approved", oracletypes.ErrNotApproved, by(c.Nodes[0], newcomer)},
		{"without an answer", types.ErrTermNotAnswered, answers(types.TermAnswer{TermId: 1, Agreed: true})},
		{"without answers", types.ErrTermNotAnswered, answers()},
		{"with an answer to an unknown term", types.ErrTermUnknown, answers(types.TermAnswer{TermId: 1, Agreed: true}, types.TermAnswer{TermId: 2}, types.TermAnswer{TermId: 3})},
		{"with two answers to a term", types.ErrTermAnsweredTwice, answers(types.TermAnswer{TermId: 1, Agreed: true}, types.TermAnswer{TermId: 1, Agreed: true}, types.TermAnswer{TermId: 2})},
		{"without agreement to a required term", types.ErrTermNotAgreed, answers(types.TermAnswer{TermId: 1}, types.TermAnswer{TermId: 2, Agreed: true})},
		{"with endless answers", types.ErrTermUnknown, answers(make([]types.TermAnswer, 100_000)...)},
	})

	t.Run("at the last height, and without agreement to what is optional", func(t *testing.T) {
		certificate := c.Certificate(deal, "datum", "provider")
		certificate.LastHeight = c.Ctx.BlockHeight()
		msg := c.Sign(certificate, c.Nodes[0])
		msg.Answers[1].Agreed = false
		require.NoError(t, submit(msg)(cached(c)))
	})
	t.Run("one more than was wanted, in one block", func(t *testing.T) {
		at := *c.Chain
		at.Ctx, _ = c.Ctx.CacheContext()
		crowded := *c
		crowded.Chain = &at
		crowded.Sell(deal, "second", "provider")
		crowded.Sell(deal, "third", "another")
		_, err := crowded.Msgs.SubmitConsent(crowded.Ctx, crowded.Sign(crowded.Certificate(deal, "fourth", "provider"), c.Nodes...))
		require.ErrorIs(t, err, types.ErrDealNotActive)
	})
	t.Run("after the deal was ended", func(t *testing.T) {
		ctx := cached(c)
		_, err := c.Msgs.DeactivateDeal(ctx, &types.MsgDeactivateDeal{Consumer: deal.Consumer, DealId: deal.Id})
		require.NoError(t, err)
		require.ErrorIs(t, certified(func(*oracletypes.Certificate) {})(ctx), types.ErrDealNotActive)
	})
}

// TestOraclesThatFellVouchForNothing: whatever made an oracle inactive, its signature is refused, and refused with the reason.
func TestOraclesThatFellVouchForNothing(t *testing.T) {
	for name, test := range map[string]struct {
		fall func(c *fixture.Chain, n *oraclefixture.Node)
		want error
	}{
		"jailed": {func(c *fixture.Chain, n *oraclefixture.Node) {
			require.NoError(t, c.Slashing.Jail(c.Ctx, n.ConsAddress()))
		}, oracletypes.ErrValidatorJailed},
		"unbonding": {func(c *fixture.Chain, n *oraclefixture.Node) {
			params, err := c.Staking.GetParams(c.Ctx)
			require.NoError(t, err)
			params.MaxValidators = 1
			require.NoError(t, c.Staking.SetParams(c.Ctx, params))
			c.NextBlock(time.Second)
		}, oracletypes.ErrValidatorNotBonded},
		"of a retired measurement": {func(c *fixture.Chain, n *oraclefixture.Node) {
			height := c.Ctx.BlockHeight()
			_, err := c.Chain.Msgs.SetMeasurement(c.Ctx, &oracletypes.MsgSetMeasurement{Authority: c.Keeper.Authority(), Measurement: oracletypes.Measurement{
				Measurement: oraclefixture.SimulatedMeasurement[:], Simulated: true, ActivationHeight: height - 1, ExpiryHeight: height,
			}})
			require.NoError(t, err)
		}, oracletypes.ErrMeasurementNotAllowed},
		"past its attestation": {func(c *fixture.Chain, n *oraclefixture.Node) {
			c.NextBlock(9*24*time.Hour + 21*24*time.Hour)
		}, oracletypes.ErrAttestationExpired},
		"gone": {func(c *fixture.Chain, n *oraclefixture.Node) {
			_, err := c.Chain.Msgs.DeregisterOracle(c.Ctx, &oracletypes.MsgDeregisterOracle{Operator: n.Address})
			require.NoError(t, err)
		}, oracletypes.ErrOracleNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			c := fixture.New(t)
			msg := c.CreateMsg("consumer")
			msg.ExpiresAt = c.Ctx.BlockTime().Add(60 * 24 * time.Hour)
			deal := c.Create(msg)
			test.fall(c, c.Nodes[1])
			_, err := c.Msgs.SubmitConsent(cached(c), c.Sign(c.Certificate(deal, "a", "provider"), c.Nodes[1]))
			require.ErrorIs(t, err, test.want)
		})
	}
}

func TestOthersEndNoDeals(t *testing.T) {
	c := fixture.New(t)
	deal, ended := c.Create(c.CreateMsg("consumer")), c.Create(c.CreateMsg("consumer"))
	deactivate := func(consumer, id string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.Msgs.DeactivateDeal(ctx, &types.MsgDeactivateDeal{Consumer: consumer, DealId: id})
			return err
		}
	}
	require.NoError(t, deactivate(deal.Consumer, ended.Id)(c.Ctx))
	requireRefused(t, c, []attack{
		{"by another", types.ErrNotConsumer, deactivate(fixture.Address(t, "other"), deal.Id)},
		{"by no address", types.ErrInvalidAddress, deactivate("", deal.Id)},
		{"twice", types.ErrDealNotActive, deactivate(deal.Consumer, ended.Id)},
		{"of a deal that is not there", types.ErrDealNotFound, deactivate(deal.Consumer, "00112233445566778899aabbccddeeff")},
		{"of no deal", types.ErrInvalidRequest, deactivate(deal.Consumer, strings.ToUpper(deal.Id))},
	})
}

func TestOnlyGovernanceSetsParameters(t *testing.T) {
	c := fixture.New(t)
	set := func(authority string, change func(*types.Params)) func(context.Context) error {
		params := types.DefaultParams()
		change(&params)
		return func(ctx context.Context) error {
			_, err := c.Msgs.UpdateParams(ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
			return err
		}
	}
	bad := func(change func(*types.Params)) func(context.Context) error { return set(c.Keeper.Authority(), change) }
	requireRefused(t, c, []attack{
		{"by another", types.ErrUnauthorized, set(fixture.Address(t, "mallory"), func(*types.Params) {})},
		{"a quorum of nothing", types.ErrInvalidParams, bad(func(p *types.Params) { p.MinimumQuorum.Numerator = 0 })},
		{"a quorum of all", types.ErrInvalidParams, bad(func(p *types.Params) { p.MinimumQuorum.Numerator = 3 })},
		{"a quorum without a denominator", types.ErrInvalidParams, bad(func(p *types.Params) { p.MinimumQuorum.Denominator = 0 })},
		{"data for nothing", types.ErrInvalidParams, bad(func(p *types.Params) { p.MinimumPrice = fixture.Umed(0) })},
		{"no price", types.ErrInvalidParams, bad(func(p *types.Params) { p.MinimumPrice = sdk.Coin{} })},
		{"deals for ever", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxDealLifetime = math.MaxInt64 })},
		{"deals of no time", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxDealLifetime = 0 })},
		{"no data", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxDataCount = 0 })},
		{"endless schemas", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxSchemas = 1000 })},
		{"endless definitions", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxDefinitionSize = 1 << 30 })},
		{"endless terms", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxTerms = 1000 })},
		{"endless texts", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxTermSize = 1 << 30 })},
		{"no closures", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxClosuresPerBlock = 0 })},
		{"endless closures", types.ErrInvalidParams, bad(func(p *types.Params) { p.MaxClosuresPerBlock = 1 << 20 })},
		{"retention into the past", types.ErrInvalidParams, bad(func(p *types.Params) { p.Retention = -1 })},
	})
	require.NoError(t, bad(func(p *types.Params) { p.MaxTerms = 3 })(c.Ctx))
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	require.Equal(t, uint32(3), params.MaxTerms)
}
