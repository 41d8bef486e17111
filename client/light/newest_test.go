package light_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/client/internal/testnet"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/internal/rpcproxy"
)

func TestNewest(t *testing.T) {
	testnet.Needed(t)
	ctx := testnet.Context(t)
	chainID, block, err := light.Newest(ctx, testnet.Network.Nodes[0].RPC)
	require.NoError(t, err)
	require.Equal(t, testnet.Network.ChainID, chainID)
	require.Positive(t, block.Height)
	require.Len(t, block.Hash, 32)

	proxy := rpcproxy.New(t, testnet.Network.Nodes[0].RPC)
	for name, answer := range map[string]string{
		"nothing": `{}`, "no header": `{"signed_header":{"header":null,"commit":null}}`, "no commit": `{"signed_header":{"header":{"chain_id":"a","height":"1"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			proxy.Handle(func(rpcproxy.Call) rpcproxy.Answer { return rpcproxy.Answer{Result: json.RawMessage(answer)} })
			_, _, err := light.Newest(ctx, proxy.URL)
			require.ErrorIs(t, err, light.ErrUnavailable)
		})
	}
	_, _, err = light.Newest(ctx, "no address\n")
	require.ErrorIs(t, err, light.ErrConfig)
}
