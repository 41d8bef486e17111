package e2e

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	errorsmod "cosmossdk.io/errors"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/app/localnet"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

const (
	// exchangeGas is the gas limit of the transactions below.
	exchangeGas = 500_000
	// oddPrice is a price that does not divide evenly among oracles.
	oddPrice = 1_000_003
	schema   = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}`
)

// exchange is a network with four oracles of equal power, whose keys the test holds, and a consumer.
type exchange struct {
	chain
	network *localnet.Network
	oracles []*apptest.Oracle
	// consumer is alice's DID, schema her resource.
	consumer *apptest.DID
	schema   *resourcetypes.MsgCreateResource
}

// TestTheWholeLifeOfTheExchange: oracles let each other in; a deal is filled, one expires, one is deactivated, and each umed is
// where it belongs; an oracle that contradicts itself loses stake and place, and the others go on without it.
func TestTheWholeLifeOfTheExchange(t *testing.T) {
	network := startNetwork(t, 4)
	e := &exchange{chain: dialNode(t, network, network.Nodes[0]), network: network}
	e.foundOracles(t)
	e.foundConsumer(t)
	t.Run("a deal is filled", e.filled)
	t.Run("a deal is deactivated", e.deactivated)
	t.Run("a deal expires", e.expires)
	t.Run("an oracle contradicts itself", e.contradicts)
	blocksGoOn(t, network.Nodes...)
	sameChain(t, network, 1, network.Nodes...)
}

// foundOracles registers an oracle for each validator: the first begins, and those that are there let the next one in.
func (e *exchange) foundOracles(t *testing.T) {
	for i := range e.network.Nodes {
		name := fmt.Sprintf("validator%d", i)
		newcomer := apptest.NewOracle(t, e.ChainID, e.address(t, name), fmt.Sprint("oracle ", i))
		e.send(t, name, exchangeGas, newcomer.Register(e.trustedBlock(t), i == 0))
		e.letIn(t, newcomer)
		e.oracles = append(e.oracles, newcomer)
	}
	power, err := oracletypes.NewQueryClient(e).ActivePower(t.Context(), &oracletypes.QueryActivePowerRequest{})
	require.NoError(t, err)
	require.Equal(t, "400000000000", power.Power.String(), "all stake of the four validators")
}

// letIn lets the oracles approve a newcomer until their power suffices: more than a third of it.
func (e *exchange) letIn(t *testing.T, newcomer *apptest.Oracle) {
	needed := map[int]int{0: 0, 1: 1, 2: 1, 3: 2}[len(e.oracles)]
	for i := range needed {
		var response oracletypes.MsgApproveOracleResponse
		apptest.Response(t, e.send(t, "alice", exchangeGas, e.oracles[i].Approve(e.address(t, "alice"), newcomer)), &response)
		require.Equal(t, i == needed-1, response.Approved, "approval %d of %d", i+1, needed)
	}
	queries := oracletypes.NewQueryClient(e)
	approvals, err := queries.Approvals(t.Context(), &oracletypes.QueryApprovalsRequest{Address: newcomer.Address()})
	require.NoError(t, err)
	require.Len(t, approvals.Approvals, needed)
	for _, approval := range approvals.Approvals { // the chain hands the oracle secret over
		opened, err := seal.OpenOracleSecret(newcomer.Receiving, seal.Handshake{
			ChainID: e.ChainID, Target: newcomer.Operator, Measurement: tee.SimulatedMeasurement(tee.SimulatedOracle),
		}, approval.SealedSecret)
		require.NoError(t, err)
		require.Equal(t, apptest.OracleSecret(t).Bytes(), opened.Bytes())
	}
}

// trustedBlock returns the node's last block, as oracles name it in their evidence.
func (e *exchange) trustedBlock(t *testing.T) oracletypes.TrustedBlock {
	status, err := e.rpc.Status(t.Context())
	require.NoError(t, err)
	return oracletypes.TrustedBlock{Height: status.SyncInfo.LatestBlockHeight, Hash: status.SyncInfo.LatestBlockHash}
}

// foundConsumer makes alice's DID and publishes the schema that her deals ask for.
func (e *exchange) foundConsumer(t *testing.T) {
	alice := e.address(t, "alice")
	e.consumer = apptest.NewDID(t, "the consumer")
	e.send(t, "alice", exchangeGas, e.consumer.Create(alice))
	e.schema = e.consumer.Publish(e.ChainID, alice, "record", schema)
	e.send(t, "alice", exchangeGas, e.schema)
}

// newDeal creates a deal of alice's, for data of her schema that more than two thirds of the oracles' power vouch for.
func (e *exchange) newDeal(t *testing.T, count uint64, expires time.Time) string {
	message := apptest.NewDeal(t, e.address(t, "alice"), e.consumer.ID, umed(oddPrice*int64(count)), count, expires)
	digest := sha256.Sum256([]byte(schema))
	message.Requirements = datadealtypes.Requirements{
		MediaType: "application/json",
		Schemas:   []datadealtypes.SchemaRequirement{{Digest: digest[:], Url: e.consumer.ID + "/resources/" + e.schema.Id}},
	}
	message.Quorum = oracletypes.Fraction{Numerator: 2, Denominator: 3}
	var created datadealtypes.MsgCreateDealResponse
	apptest.Response(t, e.send(t, "alice", exchangeGas, message), &created)
	return created.DealId
}

func (e *exchange) deal(t *testing.T, id string) datadealtypes.Deal {
	answer, err := datadealtypes.NewQueryClient(e).Deal(t.Context(), &datadealtypes.QueryDealRequest{DealId: id})
	require.NoError(t, err)
	return answer.Deal
}

// certificate returns what oracles vouch for: a datum of a provider's, for the next hundred blocks.
func (e *exchange) certificate(t *testing.T, dealID, provider, datum string) oracletypes.Certificate {
	return apptest.Certificate(e.ChainID, dealID, e.address(t, provider), datum, height(t, e.network.Nodes[0])+100)
}

func (e *exchange) balance(t *testing.T, account sdk.AccAddress) int64 {
	answer, err := banktypes.NewQueryClient(e).Balance(t.Context(), &banktypes.QueryBalanceRequest{Address: account.String(), Denom: app.BaseDenom})
	require.NoError(t, err)
	return answer.Balance.Amount.Int64()
}

// sells lets a provider sell a datum to a deal with three oracles' signatures, and checks every payment to the umed.
func (e *exchange) sells(t *testing.T, dealID, provider, datum string, vouching []*apptest.Oracle) {
	require.Len(t, vouching, 3)
	account := e.address(t, provider)
	before := []int64{e.balance(t, account)}
	for _, oracle := range vouching {
		before = append(before, e.balance(t, oracle.Operator))
	}
	e.send(t, provider, exchangeGas, apptest.Consent(e.certificate(t, dealID, provider, datum), vouching...))

	const commission = oddPrice / 3 / 10 // a third of the power each, and ten percent
	const fee = exchangeGas * 5
	require.Equal(t, before[0]-fee+oddPrice-3*commission, e.balance(t, account), "the provider")
	for i, oracle := range vouching {
		require.Equal(t, before[i+1]+commission, e.balance(t, oracle.Operator), "the operator of an oracle")
	}
}

func (e *exchange) filled(t *testing.T) {
	consumer := e.balance(t, e.address(t, "alice"))
	id := e.newDeal(t, 3, time.Now().Add(time.Hour))
	require.Equal(t, consumer-exchangeGas*5-3*oddPrice, e.balance(t, e.address(t, "alice")))
	escrow := sdk.MustAccAddressFromBech32(e.deal(t, id).Escrow)
	require.Equal(t, int64(3*oddPrice), e.balance(t, escrow))

	two := apptest.Consent(e.certificate(t, id, "bob", "first"), e.oracles[0], e.oracles[1])
	e.refused(t, "bob", datadealtypes.ErrQuorumNotReached, two)
	e.sells(t, id, "bob", "first", e.oracles[:3])
	again := apptest.Consent(e.certificate(t, id, "bob", "first"), e.oracles...)
	e.refused(t, "bob", datadealtypes.ErrDataUsed, again)
	e.sells(t, id, "carol", "second", e.oracles[1:])
	require.Equal(t, datadealtypes.DEAL_STATUS_ACTIVE, e.deal(t, id).Status)
	e.sells(t, id, "bob", "third", e.oracles[:3])

	deal := e.deal(t, id)
	require.Equal(t, datadealtypes.DEAL_STATUS_COMPLETED, deal.Status)
	require.Equal(t, uint64(3), deal.Consents)
	require.Equal(t, deal.Budget, deal.Paid)
	require.Zero(t, e.balance(t, escrow))
	e.refused(t, "carol", datadealtypes.ErrDealNotActive, apptest.Consent(e.certificate(t, id, "carol", "fourth"), e.oracles...))
	consents, err := datadealtypes.NewQueryClient(e).ProviderConsents(t.Context(),
		&datadealtypes.QueryProviderConsentsRequest{Provider: e.address(t, "bob").String()})
	require.NoError(t, err)
	require.Len(t, consents.Consents, 2)
}

func (e *exchange) deactivated(t *testing.T) {
	id := e.newDeal(t, 2, time.Now().Add(time.Hour))
	e.sells(t, id, "bob", "only", e.oracles[:3])
	alice := e.address(t, "alice")
	end := &datadealtypes.MsgDeactivateDeal{Consumer: alice.String(), DealId: id}
	e.refused(t, "bob", datadealtypes.ErrNotConsumer, &datadealtypes.MsgDeactivateDeal{Consumer: e.address(t, "bob").String(), DealId: id})

	before := e.balance(t, alice)
	e.send(t, "alice", exchangeGas, end)
	require.Equal(t, before-exchangeGas*5+oddPrice, e.balance(t, alice), "the rest of the budget")
	deal := e.deal(t, id)
	require.Equal(t, datadealtypes.DEAL_STATUS_DEACTIVATED, deal.Status)
	require.Equal(t, deal.Budget, deal.Paid.Add(deal.Refunded))
	e.refused(t, "carol", datadealtypes.ErrDealNotActive, apptest.Consent(e.certificate(t, id, "carol", "late"), e.oracles...))
}

func (e *exchange) expires(t *testing.T) {
	alice := e.address(t, "alice")
	before := e.balance(t, alice)
	id := e.newDeal(t, 5, time.Now().Add(30*time.Second))
	eventually(t, "the deal has expired", func() error {
		if e.deal(t, id).Status != datadealtypes.DEAL_STATUS_EXPIRED {
			return errors.New("it is active")
		}
		return nil
	})
	require.Equal(t, before-exchangeGas*5, e.balance(t, alice), "all of the budget has come back")
	e.refused(t, "carol", datadealtypes.ErrDealNotActive, apptest.Consent(e.certificate(t, id, "carol", "late"), e.oracles...))
}

func (e *exchange) contradicts(t *testing.T) {
	id := e.newDeal(t, 2, time.Now().Add(time.Hour))
	culprit, operator := e.oracles[3], e.network.Nodes[3].Validator
	before := validator(t, e.chain, operator)
	first := e.certificate(t, id, "bob", "told twice")
	second := first
	second.Provider = e.address(t, "carol").String()
	e.send(t, "carol", exchangeGas, culprit.Report(e.address(t, "carol"), first, second))

	params, err := oracletypes.NewQueryClient(e).Params(t.Context(), &oracletypes.QueryParamsRequest{})
	require.NoError(t, err)
	slashed := params.Params.SlashFractionContradiction.MulInt(before.Tokens).TruncateInt()
	require.True(t, slashed.IsPositive())
	eventually(t, "its validator has left consensus", func() error {
		if validator(t, e.chain, operator).IsBonded() {
			return errors.New("it is bonded")
		}
		return nil
	})
	punished := validator(t, e.chain, operator)
	require.True(t, punished.IsJailed())
	require.Equal(t, before.Tokens.Sub(slashed).String(), punished.Tokens.String())
	_, err = oracletypes.NewQueryClient(e).Oracle(t.Context(), &oracletypes.QueryOracleRequest{Address: culprit.Address()})
	require.ErrorContains(t, err, oracletypes.ErrOracleNotFound.Error())
	power, err := oracletypes.NewQueryClient(e).ActivePower(t.Context(), &oracletypes.QueryActivePowerRequest{})
	require.NoError(t, err)
	require.Equal(t, "300000000000", power.Power.String())
	eventually(t, "CometBFT goes on with three validators", func() error {
		set, err := e.rpc.Validators(t.Context(), nil, nil, nil)
		if err == nil && set.Total != 3 {
			err = fmt.Errorf("there are %d", set.Total)
		}
		return err
	})

	certificate := e.certificate(t, id, "bob", "afterwards")
	e.refused(t, "bob", oracletypes.ErrOracleNotFound, apptest.Consent(certificate, e.oracles[0], e.oracles[1], culprit))
	e.refused(t, "bob", datadealtypes.ErrQuorumNotReached, apptest.Consent(certificate, e.oracles[:2]...))
	e.sells(t, id, "bob", "afterwards", e.oracles[:3])
	e.refused(t, "carol", evidencetypes.ErrEvidenceExists, culprit.Report(e.address(t, "carol"), first, second))
}

// refused sends messages that must fail in a block with a registered error.
func (e *exchange) refused(t *testing.T, from string, reason *errorsmod.Error, msgs ...sdk.Msg) {
	t.Helper()
	result := e.try(t, from, exchangeGas, msgs...)
	require.Equal(t, reason.Codespace(), result.Codespace, result.Log)
	require.Equal(t, reason.ABCICode(), result.Code, result.Log)
}

func umed(amount int64) sdk.Coin { return sdk.NewInt64Coin(app.BaseDenom, amount) }
