package app_test

import (
	"encoding/hex"
	"fmt"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
)

// blocks returns random blocks of transactions that depend on one another and of such that do not: sends among few accounts,
// DIDs created, updated and deactivated, some of them by several transactions of one block, stake, and transactions that fail.
func blocks(t *testing.T, chain *apptest.Chain, random *rand.Rand, accounts, count int) [][][]byte {
	t.Helper()
	validators, err := chain.StakingKeeper.GetAllValidators(chain.Context())
	require.NoError(t, err)
	validator := validators[0].OperatorAddress
	var dids []*apptest.DID
	message := func(from sdk.AccAddress) sdk.Msg {
		amount := sdk.NewInt64Coin(app.BaseDenom, random.Int63n(1_000_000)+1)
		known, kind := len(dids), random.Intn(10)
		switch {
		case kind < 3:
			return banktypes.NewMsgSend(from, chain.Address(random.Intn(accounts)), sdk.NewCoins(amount))
		case kind < 4:
			return banktypes.NewMsgSend(from, chain.Address(random.Intn(accounts)), sdk.NewCoins(sdk.NewInt64Coin("none", 1)))
		case kind < 5:
			return stakingtypes.NewMsgDelegate(from.String(), validator, amount)
		case kind < 8 || known == 0:
			dids = append(dids, apptest.NewDID(t, fmt.Sprint("did ", known)))
			return dids[known].Create(from)
		case kind < 9:
			return dids[random.Intn(known)].AddService(from)
		default:
			return dids[random.Intn(known)].Deactivate(from)
		}
	}
	result := make([][][]byte, count)
	for i := range result {
		for range random.Intn(60) {
			from := random.Intn(accounts)
			result[i] = append(result[i], chain.Tx(from, message(chain.Address(from))))
		}
	}
	return result
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
			made := blocks(t, sequential, rand.New(rand.NewSource(seed)), accounts, 12)
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
				require.Equal(t, expected, run(parallel), "with pre-estimation: %t", estimate)
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
