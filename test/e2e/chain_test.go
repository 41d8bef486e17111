package e2e

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/localnet"
)

// chain is a network as a client sees it through one of its nodes, with the keys of a test keyring.
type chain struct {
	client.Context
	rpc *cmthttp.HTTP
}

// dial returns a client of the node at an RPC address that signs with the test keyring in home.
func dial(t testing.TB, rpcURL, chainID, home string) chain {
	t.Helper()
	rpc, err := cmthttp.New(rpcURL, "/websocket")
	require.NoError(t, err)
	keys, err := keyring.New(app.Name, keyring.BackendTest, home, nil, model.AppCodec())
	require.NoError(t, err)
	return chain{
		Context: client.Context{}.
			WithCodec(model.AppCodec()).WithInterfaceRegistry(model.InterfaceRegistry()).WithTxConfig(model.TxConfig()).
			WithChainID(chainID).WithKeyring(keys).WithClient(rpc).WithAccountRetriever(authtypes.AccountRetriever{}),
		rpc: rpc,
	}
}

func dialNode(t testing.TB, network *localnet.Network, node *localnet.Node) chain {
	t.Helper()
	return dial(t, node.RPC, network.ChainID, network.Home)
}

// factory returns what the transactions of a key have in common.
func (c chain) factory(gas uint64) tx.Factory {
	return tx.Factory{}.
		WithChainID(c.ChainID).WithKeybase(c.Keyring).WithTxConfig(c.TxConfig).WithAccountRetriever(c.AccountRetriever).
		WithSignMode(signingtypes.SignMode_SIGN_MODE_DIRECT).WithGas(gas).WithGasPrices(app.DefaultMinGasPrice)
}

// address returns the account of a key.
func (c chain) address(t testing.TB, name string) sdk.AccAddress {
	t.Helper()
	key, err := c.Keyring.Key(name)
	require.NoError(t, err)
	address, err := key.GetAddress()
	require.NoError(t, err)
	return address
}

// send signs messages with a key, sends them as one transaction, and waits until it is in a block; it must succeed.
func (c chain) send(t testing.TB, from string, gas uint64, msgs ...sdk.Msg) *abci.ExecTxResult {
	t.Helper()
	result := c.try(t, from, gas, msgs...)
	require.Zero(t, result.Code, "a transaction of %s failed: %s", from, result.Log)
	return result
}

// try is send for a transaction that may fail in its block.
func (c chain) try(t testing.TB, from string, gas uint64, msgs ...sdk.Msg) *abci.ExecTxResult {
	t.Helper()
	number, sequence, err := c.AccountRetriever.GetAccountNumberSequence(c.Context, c.address(t, from))
	require.NoError(t, err)
	raw, err := c.sign(t.Context(), from, c.factory(gas).WithAccountNumber(number).WithSequence(sequence), msgs...)
	require.NoError(t, err)
	sent, err := c.rpc.BroadcastTxSync(t.Context(), raw)
	require.NoError(t, err)
	require.Zero(t, sent.Code, "the node refuses the transaction: %s", sent.Log)
	return c.inBlock(t, sent.Hash)
}

// included waits until a transaction is in a block; it must have succeeded there.
func (c chain) included(t testing.TB, hash []byte) *abci.ExecTxResult {
	t.Helper()
	result := c.inBlock(t, hash)
	require.Zero(t, result.Code, "transaction %s failed: %s", hex.EncodeToString(hash), result.Log)
	return result
}

// inBlock waits until a transaction is in a block.
func (c chain) inBlock(t testing.TB, hash []byte) *abci.ExecTxResult {
	t.Helper()
	var result *abci.ExecTxResult
	eventually(t, "the transaction is in a block", func() error {
		found, err := c.rpc.Tx(t.Context(), hash, false)
		if err == nil {
			result = &found.TxResult
		}
		return err
	})
	return result
}

func (c chain) sign(ctx context.Context, from string, factory tx.Factory, msgs ...sdk.Msg) ([]byte, error) {
	builder, err := factory.BuildUnsignedTx(msgs...)
	if err != nil {
		return nil, err
	}
	if err := tx.Sign(ctx, factory, from, builder, true); err != nil {
		return nil, err
	}
	return c.TxConfig.TxEncoder()(builder.GetTx())
}

// submitUnordered sends a transaction that needs no sequence, and returns its hash once the node has checked it.
func (c chain) submitUnordered(ctx context.Context, from string, number uint64, msgs ...sdk.Msg) ([]byte, error) {
	factory := c.factory(300_000).WithAccountNumber(number).WithUnordered(true).WithTimeoutTimestamp(time.Now().Add(5 * time.Minute))
	raw, err := c.sign(ctx, from, factory, msgs...)
	if err != nil {
		return nil, err
	}
	sent, err := c.rpc.BroadcastTxSync(ctx, raw)
	if err != nil {
		return nil, err
	}
	if sent.Code != 0 {
		return nil, fmt.Errorf("the node refuses the transaction: %s", sent.Log)
	}
	return sent.Hash, nil
}

// at returns the same client asking for the state at a height.
func (c chain) at(height int64) chain {
	c.Context = c.WithHeight(height)
	return c
}

// blockIDs returns the ids of blocks 1 to last as the node has them. A header holds the app hash of the height before.
func (c chain) blockIDs(t testing.TB, last int64) []string {
	t.Helper()
	const page = 20
	ids := make([]string, last)
	for from := int64(1); from <= last; from += page {
		blocks, err := c.rpc.BlockchainInfo(t.Context(), from, min(from+page-1, last))
		require.NoError(t, err)
		for _, meta := range blocks.BlockMetas {
			ids[meta.Header.Height-1] = meta.BlockID.String()
		}
	}
	require.NotContains(t, ids, "", "the node lacks blocks")
	return ids
}

// appHash returns the hash of the state after a height, as this node computed it itself.
func (c chain) appHash(t testing.TB, height int64) string {
	t.Helper()
	results, err := c.rpc.BlockResults(t.Context(), &height)
	require.NoError(t, err)
	require.NotEmpty(t, results.AppHash)
	return hex.EncodeToString(results.AppHash)
}

// sameChain checks that the nodes have the same blocks at all heights that they share, and that each computed the same state
// hashes at the last of those heights, back to from.
func sameChain(t testing.TB, network *localnet.Network, from int64, nodes ...*localnet.Node) {
	t.Helper()
	common := height(t, nodes[0])
	for _, node := range nodes[1:] {
		common = min(common, height(t, node))
	}
	require.GreaterOrEqual(t, common, from, errors.New("the nodes share no height to compare"))
	first := dialNode(t, network, nodes[0])
	blocks := first.blockIDs(t, common)
	for _, node := range nodes[1:] {
		other := dialNode(t, network, node)
		require.Equal(t, blocks, other.blockIDs(t, common), "%s and %s have forked", nodes[0].Name, node.Name)
		for h := from; h <= common; h++ {
			require.Equal(t, first.appHash(t, h), other.appHash(t, h), "%s and %s differ in state at height %d", nodes[0].Name, node.Name, h)
		}
	}
}
