package app_test

import (
	"encoding/hex"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

// traffic makes random transactions that depend on one another, and such that do not.
type traffic struct {
	t         *testing.T
	chain     *apptest.Chain
	random    *rand.Rand
	accounts  int
	validator string
	dids      []*apptest.DID
	// active are oracles, and waiting are registered ones that nobody has approved.
	active, waiting []*apptest.Oracle
	// consumer is the DID of all deals, of which there are some of each account.
	consumer *apptest.DID
	deals    []string
	made     map[string]uint64
}

// newTraffic prepares the chain for traffic: two active oracles, and two that wait.
func newTraffic(t *testing.T, chain *apptest.Chain, random *rand.Rand, accounts int) *traffic {
	t.Helper()
	validators, err := chain.StakingKeeper.GetAllValidators(chain.Context())
	require.NoError(t, err)
	tr := &traffic{
		t: t, chain: chain, random: random, accounts: accounts, validator: validators[0].OperatorAddress,
		consumer: apptest.NewDID(t, "the consumer"), made: make(map[string]uint64),
	}
	tr.active = chain.StartOracles(50, 20)
	tr.waiting = []*apptest.Oracle{chain.NewOracle(2), chain.NewOracle(3)}
	var validate, register [][]byte
	for i, oracle := range tr.waiting {
		validate = append(validate, chain.Tx(2+i, chain.Validate(2+i, umed(10_000_000))))
		register = append(register, chain.Tx(2+i, oracle.Register(chain.TrustedBlock(), false)))
	}
	chain.MustBlock(validate...)
	chain.MustBlock(append(register, chain.Tx(4, tr.consumer.Create(chain.Address(4))))...)
	return tr
}

// blocks returns random blocks: sends among few accounts, DIDs and resources created and changed, some of them by several
// transactions of one block, deals that are filled, overfilled and ended, oracles that let others in, move and contradict
// themselves, stake, and transactions that fail.
func (tr *traffic) blocks(count int) [][][]byte {
	result := make([][][]byte, count)
	for i := range result {
		for range tr.random.Intn(60) {
			from := tr.random.Intn(tr.accounts)
			result[i] = append(result[i], tr.chain.Tx(from, tr.message(tr.chain.Address(from))))
		}
	}
	return result
}

func (tr *traffic) message(from sdk.AccAddress) sdk.Msg {
	amount := umed(tr.random.Int63n(1_000_000) + 1)
	switch kind := tr.random.Intn(30); {
	case kind < 4:
		return banktypes.NewMsgSend(from, tr.chain.Address(tr.random.Intn(tr.accounts)), sdk.NewCoins(amount))
	case kind < 5:
		return banktypes.NewMsgSend(from, tr.chain.Address(tr.random.Intn(tr.accounts)), sdk.NewCoins(sdk.NewInt64Coin("none", 1)))
	case kind < 7:
		return stakingtypes.NewMsgDelegate(from.String(), tr.validator, amount)
	case kind < 8:
		return stakingtypes.NewMsgDelegate(from.String(), sdk.ValAddress(tr.active[0].Operator).String(), amount)
	case kind < 10:
		return tr.oracleMessage(from)
	case kind < 20:
		return tr.dealMessage(from)
	}
	return tr.didMessage(from)
}

func (tr *traffic) oracleMessage(from sdk.AccAddress) sdk.Msg {
	switch kind := tr.random.Intn(10); {
	case kind < 2 && len(tr.waiting) > 0:
		newcomer := tr.waiting[0]
		tr.waiting = tr.waiting[1:]
		return tr.active[0].Approve(from, newcomer)
	case kind < 3:
		certificate := apptest.Certificate(apptest.ChainID, "00112233445566778899aabbccddeeff", from, "datum", 1000)
		other := certificate
		other.ObjectSize += amountOf(tr.random)
		return tr.active[1].Report(from, certificate, other)
	default:
		return tr.active[tr.random.Intn(2)].Move(from, fmt.Sprintf("https://%d.example", tr.random.Int()))
	}
}

func (tr *traffic) dealMessage(from sdk.AccAddress) sdk.Msg {
	known, kind := len(tr.deals), tr.random.Intn(10)
	if known == 0 || kind < 2 {
		number := tr.made[from.String()] + 1
		tr.made[from.String()] = number
		tr.deals = append(tr.deals, datadealtypes.DealID(apptest.ChainID, from, number))
		count := uint64(1 + tr.random.Intn(6))
		return apptest.NewDeal(tr.t, from, tr.consumer.ID, umed(1_000_003*int64(count)), count, tr.chain.Now().Add(time.Minute))
	}
	id := tr.deals[tr.random.Intn(known)]
	if kind < 3 {
		return &datadealtypes.MsgDeactivateDeal{Consumer: from.String(), DealId: id}
	}
	datum := fmt.Sprintf("datum %d of %s", tr.random.Intn(12), id)
	vouching := tr.active
	if tr.random.Intn(4) == 0 {
		vouching = vouching[tr.random.Intn(2):][:1]
	}
	return apptest.Consent(apptest.Certificate(apptest.ChainID, id, from, datum, 1000), vouching...)
}

func amountOf(random *rand.Rand) uint64 { return uint64(random.Intn(1000) + 1) }

func (tr *traffic) didMessage(from sdk.AccAddress) sdk.Msg {
	known, kind := len(tr.dids), tr.random.Intn(10)
	if known == 0 || kind < 4 {
		tr.dids = append(tr.dids, apptest.NewDID(tr.t, fmt.Sprint("did ", known)))
		return tr.dids[known].Create(from)
	}
	chosen := tr.dids[tr.random.Intn(known)]
	switch {
	case kind < 6:
		return chosen.AddService(from)
	case kind < 9:
		return chosen.Publish(apptest.ChainID, from, fmt.Sprint("schema ", tr.random.Intn(2)), `{"type":"object"}`)
	}
	return chosen.Deactivate(from)
}

// TestParallelExecutionGivesTheSameState: Block-STM and sequential execution agree on every result and on the app hash of
// every block.
func TestParallelExecutionGivesTheSameState(t *testing.T) {
	const accounts = 12
	for seed := range int64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			type outcome struct {
				hash  string
				codes []uint32
				gas   []int64
			}
			sequential := apptest.New(t, apptest.Config{Accounts: accounts, Options: map[string]any{
				server.FlagBlockExecutor: serverconfig.BlockExecutorSequential,
			}})
			random := newTraffic(t, sequential, rand.New(rand.NewSource(seed)), accounts)
			prepared, made := sequential.Blocks(), random.blocks(12)
			run := func(chain *apptest.Chain) (outcomes []outcome) {
				for _, block := range made {
					var o outcome
					for _, result := range chain.Block(block...) {
						o.codes, o.gas = append(o.codes, result.Code), append(o.gas, result.GasUsed)
					}
					o.hash = hex.EncodeToString(chain.LastCommitID().Hash)
					outcomes = append(outcomes, o)
				}
				return outcomes
			}
			expected := run(sequential)
			for _, estimate := range []bool{false, true} {
				parallel := apptest.New(t, apptest.Config{Accounts: accounts, Options: map[string]any{
					server.FlagBlockExecutor:       serverconfig.BlockExecutorBlockSTM,
					server.FlagBlockSTMWorkers:     4,
					server.FlagBlockSTMPreEstimate: estimate,
				}})
				for _, block := range prepared {
					parallel.MustBlock(block...)
				}
				require.Equal(t, expected, run(parallel), "with pre-estimation: %t", estimate)
				require.NoError(t, parallel.DataDealKeeper.CheckInvariants(parallel.Context()))
			}
		})
	}
}

// TestFeesAreCreditedOnceABlock: what payers lose in fees is what the fee collector gains when the block ends.
func TestFeesAreCreditedOnceABlock(t *testing.T) {
	chain := apptest.New(t, apptest.Config{Accounts: 3})
	payer, receiver := chain.Address(0), chain.Address(1)
	balance := func(address sdk.AccAddress) int64 {
		return chain.BankKeeper.GetBalance(chain.Context(), address, app.BaseDenom).Amount.Int64()
	}
	before, supply := balance(payer), chain.BankKeeper.GetSupply(chain.Context(), app.BaseDenom)
	send := banktypes.NewMsgSend(payer, receiver, sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 7)))
	chain.MustBlock(chain.Tx(0, send), chain.Tx(0, send), chain.Tx(0, send))

	fees := before - 3*7 - balance(payer)
	require.Positive(t, fees)
	minted := chain.BankKeeper.GetSupply(chain.Context(), app.BaseDenom).Sub(supply).Amount.Int64()
	collected := balance(authtypes.NewModuleAddress(authtypes.FeeCollectorName))
	require.Equal(t, fees, collected, "the block's fees, and nothing else, wait in the fee collector")
	require.GreaterOrEqual(t, minted, int64(0))
}
