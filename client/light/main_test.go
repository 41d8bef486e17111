package light_test

import (
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/light/store/db"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/internal/testnet"
	"github.com/medibloc/panacea/client/light"
)

func TestMain(m *testing.M) { testnet.Main(m) }

// trusted returns the network's second block, as people who set up an oracle learn it.
func trusted(t testing.TB) light.TrustedBlock {
	t.Helper()
	testnet.Needed(t)
	node, err := testnet.Network.Nodes[0].Client()
	require.NoError(t, err)
	height := int64(2)
	require.NoError(t, testnet.Network.Nodes[0].WaitForHeight(testnet.Context(t), height+1))
	commit, err := node.Commit(testnet.Context(t), &height)
	require.NoError(t, err)
	return light.TrustedBlock{Height: height, Hash: commit.Hash()}
}

// config returns a configuration of a light client of the network.
func config(t testing.TB) light.Config {
	t.Helper()
	return light.Config{
		ChainID: testnet.Network.ChainID, Nodes: []string{testnet.Network.Nodes[0].RPC}, Trusted: trusted(t),
		TrustingPeriod: 24 * time.Hour, Store: db.New(dbm.NewMemDB(), "light"), Timeout: 30 * time.Second,
	}
}

// newLight returns a light client of the network.
func newLight(t testing.TB) *light.Client {
	t.Helper()
	testnet.Needed(t)
	c, err := light.New(testnet.Context(t), config(t))
	require.NoError(t, err)
	return c
}

// account returns the account of a key of the network's keyring.
func account(t testing.TB, name string) *client.Account {
	t.Helper()
	signer, err := client.KeyringSigner(testnet.Keyring(t), name)
	require.NoError(t, err)
	c, err := client.New(client.Config{ChainID: testnet.Network.ChainID, Nodes: []string{testnet.Network.Nodes[0].RPC}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c.Account(client.AccountConfig{Signer: signer})
}

// after returns the snapshot of the state of a height, once the next block proves it.
func after(t testing.TB, c *light.Client, height int64) *light.Snapshot {
	t.Helper()
	ctx := testnet.Context(t)
	_, err := c.Since(ctx, height)
	require.NoError(t, err)
	snapshot, err := c.At(ctx, height)
	require.NoError(t, err)
	require.Equal(t, height, snapshot.Height())
	return snapshot
}
