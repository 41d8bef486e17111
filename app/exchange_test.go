package app_test

import (
	"fmt"
	"testing"
	"time"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// market is a chain with oracles of the first accounts' validators, and a consumer with a DID.
type market struct {
	*apptest.Chain
	t        *testing.T
	oracles  []*apptest.Oracle
	consumer int
	did      *apptest.DID
	deals    uint64
}

// newMarket returns a market whose consumer is the account after the oracles'.
func newMarket(t *testing.T, executor string, accounts int, stakes ...int64) *market {
	t.Helper()
	return newMarketSigning(t, signingtypes.SignMode_SIGN_MODE_DIRECT, executor, accounts, stakes...)
}

// newMarketSigning is newMarket for accounts that sign in a mode.
func newMarketSigning(t *testing.T, mode signingtypes.SignMode, executor string, accounts int, stakes ...int64) *market {
	t.Helper()
	chain := apptest.New(t, apptest.Config{Accounts: accounts, SignMode: mode, Options: map[string]any{
		server.FlagBlockExecutor: executor, server.FlagBlockSTMWorkers: 4,
	}})
	m := &market{Chain: chain, t: t, oracles: chain.StartOracles(stakes...), consumer: len(stakes), did: apptest.NewDID(t, "the consumer")}
	chain.MustBlock(chain.Tx(m.consumer, m.did.Create(chain.Address(m.consumer))))
	return m
}

// newDeal creates a deal that expires in an hour, and returns its id.
func (m *market) newDeal(budget int64, count uint64) string {
	m.t.Helper()
	m.MustBlock(m.Tx(m.consumer, apptest.NewDeal(m.t, m.Address(m.consumer), m.did.ID, umed(budget), count, m.Now().Add(time.Hour))))
	m.deals++
	return datadealtypes.DealID(apptest.ChainID, m.Address(m.consumer), m.deals)
}

func (m *market) deal(id string) datadealtypes.Deal {
	m.t.Helper()
	deal, err := m.DataDealKeeper.GetDeal(m.Context(), id)
	require.NoError(m.t, err)
	return deal
}

// consent sells a datum of account i with signatures of some oracles.
func (m *market) consent(id string, i int, datum string, vouching ...*apptest.Oracle) []byte {
	certificate := apptest.Certificate(apptest.ChainID, id, m.Address(i), datum, m.LastBlockHeight()+100)
	return m.Tx(i, apptest.Consent(certificate, vouching...))
}

// umedOf returns an account's balance.
func (m *market) umedOf(account sdk.AccAddress) int64 {
	return m.BankKeeper.GetBalance(m.Context(), account, app.BaseDenom).Amount.Int64()
}

// whole checks every invariant that the exchange stands on.
func (m *market) whole() {
	m.t.Helper()
	require.NoError(m.t, m.DataDealKeeper.CheckInvariants(m.Context()))
	require.NoError(m.t, m.OracleKeeper.CheckInvariants(m.Context()))
}

func requireRefused(t *testing.T, reason *errorsmod.Error, result *abci.ExecTxResult) {
	t.Helper()
	require.Equal(t, reason.Codespace(), result.Codespace, result.Log)
	require.Equal(t, reason.ABCICode(), result.Code, result.Log)
}

// forExecutors runs a test with transactions one by one and in parallel.
func forExecutors(t *testing.T, run func(t *testing.T, executor string)) {
	for _, executor := range []string{serverconfig.BlockExecutorSequential, serverconfig.BlockExecutorBlockSTM} {
		t.Run(executor, func(t *testing.T) { run(t, executor) })
	}
}

// TestNothingIsSoldTwiceInOneBlock: of claims of one datum, one object or one tag in one block, the first is paid, and no other.
func TestNothingIsSoldTwiceInOneBlock(t *testing.T) {
	forExecutors(t, func(t *testing.T, executor string) {
		m := newMarket(t, executor, 8, 100, 60)
		id := m.newDeal(1_000_000, 10)
		height := m.LastBlockHeight() + 100
		vouched := func(i int, change func(*oracletypes.Certificate)) []byte {
			certificate := apptest.Certificate(apptest.ChainID, id, m.Address(i), "datum", height)
			change(&certificate)
			return m.Tx(i, apptest.Consent(certificate, m.oracles...))
		}
		other := apptest.Certificate(apptest.ChainID, id, m.Address(5), "other", height)
		results := m.Block(
			vouched(4, func(*oracletypes.Certificate) {}),
			vouched(4, func(c *oracletypes.Certificate) { c.LastHeight++ }),
			vouched(5, func(*oracletypes.Certificate) {}),
			vouched(6, func(c *oracletypes.Certificate) {
				c.DataCommitment, c.ObjectCid = other.DataCommitment, other.ObjectCid
			}),
			vouched(7, func(c *oracletypes.Certificate) {
				c.DataCommitment, c.UniquenessTag = other.DataCommitment, other.UniquenessTag
			}),
		)
		require.Zero(t, results[0].Code, results[0].Log)
		requireRefused(t, datadealtypes.ErrDataUsed, results[1])
		requireRefused(t, datadealtypes.ErrDataUsed, results[2])
		requireRefused(t, datadealtypes.ErrTagUsed, results[3])
		requireRefused(t, datadealtypes.ErrObjectUsed, results[4])
		require.Equal(t, uint64(1), m.deal(id).Consents)
		m.whole()
	})
}

// TestADealBuysNoMoreThanItWants: of more consents in one block than a deal has data left to buy, the first are paid, and the
// others find it closed; nothing is left in escrow, and nothing was paid that was not there.
func TestADealBuysNoMoreThanItWants(t *testing.T) {
	forExecutors(t, func(t *testing.T, executor string) {
		const accounts, wanted, price = 14, 4, 1_000_003
		m := newMarket(t, executor, accounts, 100, 60)
		id := m.newDeal(wanted*price, wanted)
		var txs [][]byte
		for i := 3; i < accounts; i++ {
			txs = append(txs, m.consent(id, i, fmt.Sprint("datum ", i), m.oracles...))
		}
		for i, result := range m.Block(txs...) {
			if i < wanted {
				require.Zero(t, result.Code, result.Log)
			} else {
				requireRefused(t, datadealtypes.ErrDealNotActive, result)
			}
		}
		deal := m.deal(id)
		require.Equal(t, datadealtypes.DEAL_STATUS_COMPLETED, deal.Status)
		require.Equal(t, deal.Budget, deal.Paid)
		require.Zero(t, m.umedOf(sdk.MustAccAddressFromBech32(deal.Escrow)))
		m.whole()
	})
}

// TestOraclesThatVouchTogetherAreAllPaid: what oracles earn in one block from several deals is credited to the umed.
func TestOraclesThatVouchTogetherAreAllPaid(t *testing.T) {
	forExecutors(t, func(t *testing.T, executor string) {
		const price = 1_000_003
		m := newMarket(t, executor, 10, 100, 60)
		before := []int64{m.umedOf(m.oracles[0].Operator), m.umedOf(m.oracles[1].Operator)}
		var txs [][]byte
		for i := 3; i < 10; i++ {
			id := m.newDeal(price, 1)
			txs = append(txs, m.consent(id, i, fmt.Sprint("datum ", i), m.oracles...))
		}
		m.MustBlock(txs...)
		// Ten percent of the price, by shares of 100/160 and 60/160, rounded down for each datum.
		require.Equal(t, before[0]+7*62_500, m.umedOf(m.oracles[0].Operator))
		require.Equal(t, before[1]+7*37_500, m.umedOf(m.oracles[1].Operator))
		m.whole()
	})
}

// TestAConsentOfGovernanceIsPaid: a proposal that sells a datum is executed when its block ends, and pays the oracles all the same.
func TestAConsentOfGovernanceIsPaid(t *testing.T) {
	forExecutors(t, func(t *testing.T, executor string) {
		const price = 1_000_003
		m := newMarket(t, executor, 4, 100, 60)
		consumer, governance := m.Address(m.consumer), authtypes.NewModuleAddress(govtypes.ModuleName)
		id := datadealtypes.DealID(apptest.ChainID, consumer, 1)
		certificate := apptest.Certificate(apptest.ChainID, id, governance, "datum", m.LastBlockHeight()+100)
		proposal, err := govv1.NewMsgSubmitProposal([]sdk.Msg{apptest.Consent(certificate, m.oracles...)}, sdk.NewCoins(umed(100_000_000_000)),
			m.Address(3).String(), "ipfs://why", "a datum of governance's", "a proposal", false)
		require.NoError(t, err)
		m.MustBlock(m.Tx(m.consumer, apptest.NewDeal(t, consumer, m.did.ID, umed(price), 1, m.Now().AddDate(0, 1, 0))), m.Tx(3, proposal))
		m.MustBlock(m.Tx(0, govv1.NewMsgVote(m.Address(0), 1, govv1.OptionYes, "")), m.Tx(1, govv1.NewMsgVote(m.Address(1), 1, govv1.OptionYes, "")))

		before := []int64{m.umedOf(m.oracles[0].Operator), m.umedOf(m.oracles[1].Operator)}
		decides := m.NextBlock()
		decides.Time = m.Now().AddDate(0, 0, 8)
		_, err = m.FinalizeBlock(decides)
		require.NoError(t, err)
		_, err = m.Commit()
		require.NoError(t, err)

		require.Equal(t, datadealtypes.DEAL_STATUS_COMPLETED, m.deal(id).Status)
		require.Equal(t, before[0]+62_500, m.umedOf(m.oracles[0].Operator))
		require.Equal(t, before[1]+37_500, m.umedOf(m.oracles[1].Operator))
		all := math.ZeroInt()
		m.BankKeeper.IterateAllBalances(m.Context(), func(_ sdk.AccAddress, coin sdk.Coin) bool {
			all = all.Add(coin.Amount)
			return false
		})
		require.Equal(t, m.BankKeeper.GetSupply(m.Context(), app.BaseDenom).Amount, all, "nothing is lost")
		m.whole()
	})
}

// TestTheQuorumFollowsTheStake: what a certificate needs is counted by the stake that validators have when it is used, and nothing
// of one that is jailed or unbonds.
func TestTheQuorumFollowsTheStake(t *testing.T) {
	m := newMarket(t, serverconfig.BlockExecutorSequential, 8, 100, 60, 40)
	id := m.newDeal(1_000_000, 10)
	operator := func(i int) string { return sdk.ValAddress(m.Address(i)).String() }
	sells := func(datum string, vouching ...*apptest.Oracle) *abci.ExecTxResult {
		return m.Block(m.consent(id, 5, datum, vouching...))[0]
	}

	requireRefused(t, datadealtypes.ErrQuorumNotReached, sells("half is not enough", m.oracles[0]))
	m.MustBlock(m.Tx(6, stakingtypes.NewMsgDelegate(m.Address(6).String(), operator(0), umed(1_000_000))))
	require.Zero(t, sells("more than half", m.oracles[0]).Code)
	m.MustBlock(m.Tx(6, stakingtypes.NewMsgDelegate(m.Address(6).String(), operator(1), umed(50_000_000))))
	requireRefused(t, datadealtypes.ErrQuorumNotReached, sells("others have grown", m.oracles[0]))
	require.Zero(t, sells("two together", m.oracles[0], m.oracles[1]).Code)

	// The second validator's operator takes his own stake away: it is jailed, and unbonds, though others' stake is still there.
	m.MustBlock(m.Tx(1, stakingtypes.NewMsgUndelegate(m.Address(1).String(), operator(1), umed(60_000_000))))
	validator, err := m.StakingKeeper.GetValidator(m.Context(), sdk.ValAddress(m.Address(1)))
	require.NoError(t, err)
	require.True(t, validator.IsJailed() && validator.IsUnbonding() && validator.Tokens.Equal(math.NewInt(50_000_000)))
	requireRefused(t, oracletypes.ErrValidatorJailed, sells("jailed", m.oracles[0], m.oracles[1]))
	require.Zero(t, sells("101 of 141", m.oracles[0]).Code)

	// It may come back, with others' stake and a little of his own.
	m.MustBlock(m.Tx(1, stakingtypes.NewMsgDelegate(m.Address(1).String(), operator(1), umed(1_000_000))))
	m.MustBlock(m.Tx(1, slashingtypes.NewMsgUnjail(operator(1))))
	require.Zero(t, sells("back", m.oracles[0], m.oracles[1]).Code)

	// An oracle that contradicts itself is gone within the block in which it is reported.
	certificate := apptest.Certificate(apptest.ChainID, id, m.Address(5), "told twice", m.LastBlockHeight()+100)
	other := certificate
	other.Provider = m.Address(6).String()
	results := m.Block(m.Tx(7, m.oracles[2].Report(m.Address(7), certificate, other)), m.consent(id, 5, "same block", m.oracles...))
	require.Zero(t, results[0].Code, results[0].Log)
	requireRefused(t, oracletypes.ErrOracleNotFound, results[1])
	m.whole()
}
