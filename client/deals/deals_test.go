package deals_test

import (
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/light/store/db"
	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/deals"
	"github.com/medibloc/panacea/client/internal/testnet"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/vault/access"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

func TestMain(m *testing.M) { testnet.Main(m) }

// TestVaultsLearnFromProvenState runs a deal up to its consent, and asks what a vault asks before it gives an object away.
func TestVaultsLearnFromProvenState(t *testing.T) {
	keys := testnet.Keyring(t)
	ctx := testnet.Context(t)
	c, err := client.New(client.Config{ChainID: testnet.Network.ChainID, Nodes: []string{testnet.Network.Nodes[0].RPC}})
	require.NoError(t, err)
	defer c.Close()
	account := func(name string) *client.Account {
		signer, err := client.KeyringSigner(keys, name)
		require.NoError(t, err)
		return c.Account(client.AccountConfig{Signer: signer})
	}
	operator, consumer, provider := account("validator0"), account("alice"), account("bob")
	node, err := testnet.Network.Nodes[0].Client()
	require.NoError(t, err)
	height := int64(2)
	require.NoError(t, testnet.Network.Nodes[0].WaitForHeight(ctx, height+1))
	commit, err := node.Commit(ctx, &height)
	require.NoError(t, err)
	chain, err := light.New(ctx, light.Config{
		ChainID: testnet.Network.ChainID, Nodes: []string{testnet.Network.Nodes[0].RPC}, TrustingPeriod: time.Hour,
		Trusted: light.TrustedBlock{Height: height, Hash: commit.Hash()}, Store: db.New(dbm.NewMemDB(), "light"),
	})
	require.NoError(t, err)
	querier := deals.New(chain, time.Hour)

	oracle := apptest.NewOracle(t, testnet.Network.ChainID, operator.Address(), t.Name())
	register := oracle.Register(oracletypes.TrustedBlock{Height: height, Hash: commit.Hash()}, true)
	const vault = "did:key:z6MkfDbSWVLuYJjXJzoEqjHyAJsmEU3VvmBvxqdEW5nfMZ9K"
	register.VaultPeer = vault + ",/ip4/127.0.0.1/udp/4001/quic-v1"
	_, err = operator.Send(ctx, register)
	require.NoError(t, err)
	owner := apptest.NewDID(t, t.Name())
	_, err = consumer.Send(ctx, owner.Create(consumer.Address()))
	require.NoError(t, err)
	create := apptest.NewDeal(t, consumer.Address(), owner.ID, sdk.NewInt64Coin(app.BaseDenom, 10_000_000), 10, time.Now().Add(time.Hour))
	created, err := consumer.Send(ctx, create)
	require.NoError(t, err)
	id := dealID(t, created)

	now, err := chain.Since(ctx, created.Height)
	require.NoError(t, err)
	deal, err := now.Deal(ctx, id)
	require.NoError(t, err)
	require.Equal(t, owner.ID, deal.ConsumerDid)
	list, err := now.Deals().Deals(ctx, &datadealtypes.QueryDealsRequest{Status: datadealtypes.DEAL_STATUS_ACTIVE})
	require.NoError(t, err)
	require.Len(t, list.Deals, 1)
	require.Equal(t, id, list.Deals[0].Id)
	params, err := now.DealParams(ctx)
	require.NoError(t, err)
	require.Positive(t, params.MaxSchemas)
	_, err = now.Deal(ctx, "00000000000000000000000000000000")
	require.ErrorIs(t, err, datadealtypes.ErrDealNotFound)

	certificate := apptest.Certificate(testnet.Network.ChainID, id, provider.Address(), t.Name(), created.Height+20)
	root, err := cid.Decode(certificate.ObjectCid)
	require.NoError(t, err)
	state, err := querier.DealOf(ctx, root)
	require.NoError(t, err)
	require.Equal(t, access.DealState{}, state, "before its consent an object is no deal's")
	_, err = now.Consent(ctx, id, certificate.DataCommitment)
	require.ErrorIs(t, err, datadealtypes.ErrConsentNotFound)

	consented, err := provider.Send(ctx, apptest.Consent(certificate, oracle))
	require.NoError(t, err)
	now, err = chain.Since(ctx, consented.Height)
	require.NoError(t, err)
	consent, err := now.Consent(ctx, id, certificate.DataCommitment)
	require.NoError(t, err)
	require.Equal(t, certificate, consent.Certificate)
	byObject, err := now.ObjectConsent(ctx, certificate.ObjectCid)
	require.NoError(t, err)
	require.Equal(t, consent, byObject)
	state, err = querier.DealOf(ctx, root)
	require.NoError(t, err)
	require.Equal(t, access.DealState{Consumer: owner.ID, Consented: true}, state)
	policy := access.Deals{Querier: querier}
	for reader, may := range map[string]bool{owner.ID: true, vault: false, "did:key:another": false} {
		allowed, err := policy.MayRead(ctx, reader, root)
		require.NoError(t, err)
		require.Equal(t, may, allowed, reader)
	}

	for did, active := range map[string]bool{vault: true, owner.ID: false, "": false} {
		is, err := querier.IsActiveOracle(ctx, did)
		require.NoError(t, err)
		require.Equal(t, active, is, did)
	}
}

// dealID returns the id of the deal that a transaction created.
func dealID(t *testing.T, result client.Result) string {
	t.Helper()
	var data sdk.TxMsgData
	require.NoError(t, data.Unmarshal(result.Data))
	var response datadealtypes.MsgCreateDealResponse
	require.NoError(t, response.Unmarshal(data.MsgResponses[0].Value))
	return response.DealId
}
