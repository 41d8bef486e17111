// Package apptest runs the chain's state machine in one process, block by block, for tests and benchmarks: real transactions,
// signatures, fees and commits, without consensus or network.
//
//	chain := apptest.New(t, apptest.Config{Accounts: 2})
//	results := chain.Block(chain.Tx(0, banktypes.NewMsgSend(chain.Address(0), chain.Address(1), coins)))
package apptest

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"
	abci "github.com/cometbft/cometbft/abci/types"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/app"
)

// ChainID is the id of every chain of this package.
const ChainID = "panacea-test-1"

// txGas is the gas limit of the transactions that Tx makes.
const txGas = 500_000

// Config says what a chain starts with.
type Config struct {
	// Accounts is the number of funded accounts.
	Accounts int
	// Options are those of app.toml and the start command, such as server.FlagBlockExecutor.
	Options map[string]any
	// DB holds the state; in memory if nil.
	DB dbm.DB
	// SignMode is how accounts sign: directly unless it says otherwise.
	SignMode signingtypes.SignMode
}

// Chain is a chain of one validator. Keys and times derive from constants, so two chains of one configuration are the same.
type Chain struct {
	*app.App
	t         testing.TB
	keys      []*secp256k1.PrivKey
	sequences []uint64
	now       time.Time
	signMode  signingtypes.SignMode
	blocks    [][][]byte
	// finalize and commit are what the last block took.
	finalize, commit time.Duration
}

// New returns a chain after its first block.
func New(t testing.TB, config Config) *Chain {
	t.Helper()
	app.ConfigureSDK()
	if config.DB == nil {
		config.DB = dbm.NewMemDB()
	}
	options := simtestutil.NewAppOptionsWithFlagHome(t.TempDir()).(simtestutil.AppOptionsMap)
	for name, value := range config.Options {
		options[name] = value
	}
	c := &Chain{
		App: app.New(log.NewNopLogger(), config.DB, true, options, baseapp.SetChainID(ChainID)),
		t:   t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), signMode: cmp.Or(config.SignMode, signingtypes.SignMode_SIGN_MODE_DIRECT),
	}
	accounts := make([]authtypes.GenesisAccount, config.Accounts)
	balances := make([]banktypes.Balance, config.Accounts)
	for i := range accounts {
		key := secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "account %d", i))
		c.keys = append(c.keys, key)
		accounts[i] = authtypes.NewBaseAccount(sdk.AccAddress(key.PubKey().Address()), key.PubKey(), uint64(i), 0)
		balances[i] = banktypes.Balance{
			Address: accounts[i].GetAddress().String(),
			Coins:   sdk.NewCoins(sdk.NewCoin(app.BaseDenom, math.NewInt(1_000_000_000_000))),
		}
	}
	c.sequences = make([]uint64, config.Accounts)

	consensus := cmted25519.GenPrivKeyFromSecret([]byte("validator"))
	validators := cmttypes.NewValidatorSet([]*cmttypes.Validator{cmttypes.NewValidator(consensus.PubKey(), 1)})
	state, err := simtestutil.GenesisStateWithValSet(c.AppCodec(), c.DefaultGenesis(), validators, accounts, balances...)
	require.NoError(t, err)
	allowSimulatedOracle(c.AppCodec(), state)
	raw, err := json.Marshal(state)
	require.NoError(t, err)
	params := app.DefaultConsensusParams().ToProto()
	params.Block.MaxGas = -1 // benchmarks fill blocks as they like
	_, err = c.InitChain(&abci.RequestInitChain{ChainId: ChainID, Time: c.now, ConsensusParams: &params, AppStateBytes: raw, InitialHeight: 1})
	require.NoError(t, err)
	c.Block()
	return c
}

// Address returns the address of account i.
func (c *Chain) Address(i int) sdk.AccAddress { return sdk.AccAddress(c.keys[i].PubKey().Address()) }

// Key returns the key of account i.
func (c *Chain) Key(i int) cryptotypes.PrivKey { return c.keys[i] }

// Now returns the time of the last block.
func (c *Chain) Now() time.Time { return c.now }

// Tx returns a transaction of account i with the messages, signed with its next sequence.
func (c *Chain) Tx(i int, messages ...sdk.Msg) []byte {
	c.t.Helper()
	builder := c.TxConfig().NewTxBuilder()
	require.NoError(c.t, builder.SetMsgs(messages...))
	builder.SetGasLimit(txGas)
	builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 5*txGas)))
	key, data := c.keys[i], &signingtypes.SingleSignatureData{SignMode: c.signMode}
	signature := signingtypes.SignatureV2{PubKey: key.PubKey(), Data: data, Sequence: c.sequences[i]}
	require.NoError(c.t, builder.SetSignatures(signature)) // what is signed directly names the key
	signed, err := authsigning.GetSignBytesAdapter(c.t.Context(), c.TxConfig().SignModeHandler(), c.signMode, authsigning.SignerData{
		Address: c.Address(i).String(), ChainID: ChainID, AccountNumber: uint64(i), Sequence: c.sequences[i], PubKey: key.PubKey(),
	}, builder.GetTx())
	require.NoError(c.t, err)
	data.Signature, err = key.Sign(signed)
	require.NoError(c.t, err)
	require.NoError(c.t, builder.SetSignatures(signature))
	raw, err := c.TxConfig().TxEncoder()(builder.GetTx())
	require.NoError(c.t, err)
	c.sequences[i]++
	return raw
}

// NextBlock returns the block that Block executes with the transactions: five seconds after the last one.
func (c *Chain) NextBlock(txs ...[]byte) *abci.RequestFinalizeBlock {
	height := c.LastBlockHeight() + 1
	hash := sha256.Sum256(fmt.Appendf(nil, "block %d", height))
	return &abci.RequestFinalizeBlock{Height: height, Time: c.now.Add(5 * time.Second), Hash: hash[:], Txs: txs}
}

// Block executes and commits a block with the transactions, five seconds after the last one, and returns their results.
func (c *Chain) Block(txs ...[]byte) []*abci.ExecTxResult {
	c.t.Helper()
	request := c.NextBlock(txs...)
	c.now = request.Time
	start := time.Now()
	response, err := c.FinalizeBlock(request)
	require.NoError(c.t, err)
	finalized := time.Now()
	_, err = c.Commit()
	require.NoError(c.t, err)
	c.finalize, c.commit = finalized.Sub(start), time.Since(finalized)
	c.blocks = append(c.blocks, txs)
	return response.TxResults
}

// Took returns how long the last block took to execute and to commit.
func (c *Chain) Took() (finalize, commit time.Duration) { return c.finalize, c.commit }

// Blocks returns the transactions of all blocks after the first, so that another chain of the same configuration can execute them.
func (c *Chain) Blocks() [][][]byte { return slices.Clone(c.blocks[1:]) }

// MustBlock is Block for transactions that all succeed.
func (c *Chain) MustBlock(txs ...[]byte) []*abci.ExecTxResult {
	c.t.Helper()
	results := c.Block(txs...)
	for i, result := range results {
		require.Zero(c.t, result.Code, "transaction %d: %s", i, result.Log)
	}
	return results
}

// Context returns a context that reads the last committed state.
func (c *Chain) Context() sdk.Context { return c.NewContext(true) }
