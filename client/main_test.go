package client_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/internal/testnet"
)

func TestMain(m *testing.M) { testnet.Main(m) }

// newClient returns a client of the network.
func newClient(t testing.TB, change ...func(*client.Config)) *client.Client {
	t.Helper()
	testnet.Needed(t)
	config := client.Config{ChainID: testnet.Network.ChainID, Nodes: []string{testnet.Network.Nodes[0].RPC}}
	for _, f := range change {
		f(&config)
	}
	c, err := client.New(config)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// account returns the account of a key of the network's keyring.
func account(t testing.TB, c *client.Client, name string) *client.Account {
	t.Helper()
	signer, err := client.KeyringSigner(testnet.Keyring(t), name)
	require.NoError(t, err)
	return c.Account(client.AccountConfig{Signer: signer})
}
