// Package simulation makes random deals and consents for the SDK's simulation, between the DIDs that the simulation of x/did has made
// and the oracles that the simulation of x/oracle has made, whose keys derive from their operators' accounts.
package simulation

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"sort"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/x/datadeal/keeper"
	"github.com/medibloc/panacea/x/datadeal/types"
	didsimulation "github.com/medibloc/panacea/x/did/simulation"
	oraclesimulation "github.com/medibloc/panacea/x/oracle/simulation"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

const (
	// minPrice is more than any minimum price.
	minPrice = 100
	// maxData is the most data that a deal wants.
	maxData = 4
	// maxLifetime is the longest that a deal lives, so that some complete and some expire.
	maxLifetime = 6 * time.Hour
	// maxListed bounds the deals among which one is chosen.
	maxListed = 100
)

// MsgCreateDealFactory makes deals.
func MsgCreateDealFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgCreateDeal] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgCreateDeal) {
		r := data.Rand().Rand
		consumer := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		asserter, ok := didsimulation.RandomAsserter(ctx, k.DIDs(), data)
		params, err := k.GetParams(ctx)
		if reporter.IsSkipped() || !ok || err != nil {
			reporter.Skipf("no consumer with a DID was found: %v", err)
			return nil, nil
		}
		budget := consumer.LiquidBalance().RandSubsetCoin(reporter, params.MinimumPrice.Denom)
		if reporter.IsSkipped() {
			return nil, nil
		}
		count := uint64(1 + r.Intn(maxData))
		budget.Amount = budget.Amount.Sub(budget.Amount.Mod(math.NewIntFromUint64(count)))
		if budget.Amount.LT(math.NewIntFromUint64(minPrice * count)) {
			reporter.Skip("the consumer has too little")
			return nil, nil
		}
		msg := randomDeal(r)
		msg.Consumer, msg.ConsumerDid, msg.Budget, msg.DataCount = consumer.AddressBech32, asserter.ID, budget, count
		msg.ExpiresAt = sdk.UnwrapSDKContext(ctx).BlockTime().Add(time.Second + time.Duration(r.Int63n(int64(maxLifetime-time.Second))))
		return []simsx.SimAccount{consumer}, msg
	}
}

// randomDeal makes a message that lacks who pays how much, and until when.
func randomDeal(r *rand.Rand) *types.MsgCreateDeal {
	var digest [32]byte
	r.Read(digest[:])
	msg := &types.MsgCreateDeal{
		ConsumerKey:  append(binary.BigEndian.AppendUint16(nil, uint16(seal.X25519)), digest[:]...),
		Requirements: types.Requirements{MediaType: "application/dicom"},
		Uniqueness:   types.UNIQUENESS_CONTENT,
	}
	if r.Intn(2) == 0 {
		msg.Requirements = types.Requirements{
			MediaType: types.JSONMediaType, Schemas: []types.SchemaRequirement{{Digest: digest[:]}},
			PresentationDefinition: []byte(`{"id":"d","input_descriptors":[{"id":"n","constraints":{"fields":[{"path":["$.type"]}]}}]}`),
		}
		msg.Uniqueness = types.Uniqueness(1 + r.Intn(3))
	}
	for id := range r.Intn(4) {
		msg.Terms = append(msg.Terms, types.AgreementTerm{Id: uint32(1 + id), Required: r.Intn(2) == 0, Title: "simulated", Text: "term"})
	}
	if r.Intn(3) == 0 {
		msg.Quorum = oracletypes.Fraction{Numerator: uint32(3 + r.Intn(3)), Denominator: 7}
	}
	return msg
}

// MsgSubmitConsentFactory sells data for which random oracles vouch: as few as may suffice, or too few, which are skipped.
func MsgSubmitConsentFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSubmitConsent] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSubmitConsent) {
		r := data.Rand().Rand
		deal, ok := randomActive(ctx, k, r)
		provider := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() || !ok {
			reporter.Skip("there is no deal, or no provider")
			return nil, nil
		}
		msg := &types.MsgSubmitConsent{Provider: provider.AddressBech32, Certificate: randomCertificate(ctx, r, deal, provider.AddressBech32)}
		msg.Signatures = signatures(ctx, k, data, &msg.Certificate)
		for _, term := range deal.Terms {
			msg.Answers = append(msg.Answers, types.TermAnswer{TermId: term.Id, Agreed: term.Required || r.Intn(2) == 0})
		}
		if !wouldBe(ctx, reporter, func(ctx context.Context) error {
			_, err := keeper.NewMsgServer(k).SubmitConsent(ctx, msg)
			return err
		}, types.ErrQuorumNotReached, types.ErrInvalidSignatures, types.ErrDealExpired, types.ErrTagUsed, types.ErrCertificateTooEarly) {
			return nil, nil
		}
		return []simsx.SimAccount{provider}, msg
	}
}

// randomCertificate makes the certificate of a datum; a tag out of a few is sometimes used before.
func randomCertificate(ctx context.Context, r *rand.Rand, deal types.Deal, provider string) oracletypes.Certificate {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	var commitment, object [32]byte
	r.Read(commitment[:])
	r.Read(object[:])
	tag := sha256.Sum256([]byte(fmt.Sprint(deal.Id, r.Intn(20))))
	return oracletypes.Certificate{
		ChainId: sdkCtx.ChainID(), DealId: deal.Id, Provider: provider, DataCommitment: commitment[:],
		ObjectCid: oracletypes.NewObjectCID(object), ObjectSize: 1 + uint64(r.Intn(1<<20)), UniquenessTag: tag[:],
		LastHeight: sdkCtx.BlockHeight() + 1 + int64(r.Intn(5)),
	}
}

// signatures lets some of the active oracles vouch, the most powerful more often than not.
func signatures(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, certificate *oracletypes.Certificate) (list []oracletypes.OracleSignature) {
	signBytes := certificate.SignBytes()
	for _, account := range data.AllAccounts() {
		oracle, err := k.Oracles().ActiveOracle(ctx, account.Address)
		if err != nil || data.Rand().Intn(4) == 0 {
			continue
		}
		key, ok := oraclesimulation.SigningKey(account, oracle.NodeKey)
		if !ok {
			continue
		}
		list = append(list, oracletypes.OracleSignature{Oracle: account.AddressBech32, Signature: ed25519.Sign(key, signBytes)})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Oracle < list[j].Oracle })
	return list
}

// MsgDeactivateDealFactory ends deals.
func MsgDeactivateDealFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeactivateDeal] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeactivateDeal) {
		deal, ok := randomActive(ctx, k, data.Rand().Rand)
		if !ok {
			reporter.Skip("there is no deal")
			return nil, nil
		}
		consumer := data.GetAccount(reporter, deal.Consumer)
		return []simsx.SimAccount{consumer}, &types.MsgDeactivateDeal{Consumer: deal.Consumer, DealId: deal.Id}
	}
}

// MsgUpdateParamsFactory proposes parameters.
func MsgUpdateParamsFactory() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{
			Authority: data.ModuleAccountAddress(reporter, "gov"), Params: randomParams(data.Rand().Rand, sdk.DefaultBondDenom),
		}
	}
}

// randomActive returns one of the first active deals.
func randomActive(ctx context.Context, k keeper.Keeper, r *rand.Rand) (types.Deal, bool) {
	var ids [][]byte
	active := collections.NewPrefixedPairRange[int32, []byte](int32(types.DEAL_STATUS_ACTIVE))
	err := k.DealsByStatus.Walk(ctx, active, func(key collections.Pair[int32, []byte]) (bool, error) {
		ids = append(ids, key.K2())
		return len(ids) == maxListed, nil
	})
	if err != nil {
		panic(fmt.Sprintf("x/datadeal simulation: %v", err)) // the store is broken
	}
	if len(ids) == 0 {
		return types.Deal{}, false
	}
	deal, err := k.GetDeal(ctx, types.DealIDString(ids[r.Intn(len(ids))]))
	return deal, err == nil
}

// wouldBe reports whether a message would be accepted, by executing it in a context of its own, and skips the operation if it
// would be refused for one of the reasons that a random choice may run into. A refusal for any other fails the simulation.
func wouldBe(ctx context.Context, reporter simsx.SimulationReporter, execute func(context.Context) error, reasons ...error) bool {
	trial, _ := sdk.UnwrapSDKContext(ctx).CacheContext()
	err := execute(trial.WithEventManager(sdk.NewEventManager()))
	for _, reason := range reasons {
		if errors.Is(err, reason) {
			reporter.Skip(reason.Error())
			return false
		}
	}
	return true
}
