package light_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/client/internal/testnet"
	"github.com/medibloc/panacea/did"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

var didOptions did.ResolveOptions

func TestDIDsResolveFromProvenState(t *testing.T) {
	client, alice := newLight(t), account(t, "alice")
	ctx := testnet.Context(t)
	d := apptest.NewDID(t, t.Name())
	created, err := alice.Send(ctx, d.Create(alice.Address()))
	require.NoError(t, err)
	updated, err := alice.Send(ctx, d.AddService(alice.Address()))
	require.NoError(t, err)
	published := d.Publish(testnet.Network.ChainID, alice.Address(), "schema", `{"type":"object"}`)
	last, err := alice.Send(ctx, published)
	require.NoError(t, err)
	snapshot := after(t, client, last.Height)
	dereferencer := snapshot.Dereferencer()

	now, err := dereferencer.Resolver.Resolve(ctx, d.ID, did.ResolveOptions{})
	require.NoError(t, err)
	require.Len(t, now.Document.Services, 1)
	first, err := dereferencer.Resolver.Resolve(ctx, d.ID, did.ResolveOptions{VersionID: "0"})
	require.NoError(t, err)
	require.Empty(t, first.Document.Services)
	require.NotEqual(t, created.Height, updated.Height)
	at, err := dereferencer.Resolver.Resolve(ctx, d.ID, did.ResolveOptions{VersionTime: now.DocumentMetadata.Updated.Add(-time.Second)})
	if err == nil {
		require.Empty(t, at.Document.Services, "times are in seconds; blocks of a test are closer")
	}
	method, err := dereferencer.Dereference(ctx, d.ID+"#key1", did.DereferenceOptions{})
	require.NoError(t, err)
	require.NotNil(t, method.Method)

	schema, err := dereferencer.Dereference(ctx, d.ID+"?resourceName=schema&resourceType=JsonSchema", did.DereferenceOptions{})
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"object"}`, string(schema.Resource.Content))
	metadata, data, err := snapshot.LatestResource(ctx, d.ID, "schema", "JsonSchema")
	require.NoError(t, err)
	require.Equal(t, resourcetypes.Checksum(data), metadata.Checksum)
	_, _, err = snapshot.Resource(ctx, d.ID, metadata.Id)
	require.NoError(t, err)
	_, _, err = snapshot.LatestResource(ctx, d.ID, "schema", "None")
	require.ErrorIs(t, err, resourcetypes.ErrResourceNotFound)
	_, err = dereferencer.Resolver.Resolve(ctx, apptest.NewDID(t, "absent of "+t.Name()).ID, did.ResolveOptions{})
	require.ErrorIs(t, err, did.ErrNotFound)
}

func TestOraclesAreJudgedByTheChainsRule(t *testing.T) {
	client, operator, bob := newLight(t), account(t, "validator0"), account(t, "bob")
	ctx := testnet.Context(t)
	block := trusted(t)
	oracle := apptest.NewOracle(t, testnet.Network.ChainID, operator.Address(), t.Name())
	before := after(t, client, block.Height)
	_, err := before.ActiveOracle(ctx, operator.Address())
	require.ErrorIs(t, err, oracletypes.ErrOracleNotFound)
	none, err := before.ActiveOraclePower(ctx)
	require.NoError(t, err)
	require.True(t, none.IsZero())
	key, err := before.OraclePublicKey(ctx)
	require.NoError(t, err)
	require.Empty(t, key)

	registered, err := operator.Send(ctx, oracle.Register(oracletypes.TrustedBlock{Height: block.Height, Hash: block.Hash}, true))
	require.NoError(t, err)
	now := after(t, client, registered.Height)
	active, err := now.ActiveOracle(ctx, operator.Address())
	require.NoError(t, err)
	require.Equal(t, oracle.NodeKey(), active.NodeKey)
	power, err := now.ActiveOraclePower(ctx)
	require.NoError(t, err)
	require.Equal(t, active.Power, power)

	kept, err := now.Oracle(ctx, operator.Address())
	require.NoError(t, err)
	require.Equal(t, oracle.Address(), kept.Address)
	_, err = now.Registration(ctx, operator.Address())
	require.ErrorIs(t, err, oracletypes.ErrOracleNotFound)
	nodeKey, found, err := now.NodeKey(ctx, oracle.NodeKey())
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, oracle.Address(), nodeKey.Oracle)
	evidence, found, err := now.Evidence(ctx, oracle.NodeKey())
	require.NoError(t, err)
	require.True(t, found)
	require.NotEmpty(t, evidence)
	_, found, err = now.Approval(ctx, oracle.NodeKey(), bob.Address())
	require.NoError(t, err)
	require.False(t, found)
	measurement, found, err := now.Measurement(ctx, kept.Attestation.Measurement)
	require.NoError(t, err)
	require.True(t, found)
	require.True(t, measurement.Simulated)
	allowed, err := now.SimulatedEnclavesAllowed(ctx)
	require.NoError(t, err)
	require.True(t, allowed)
	params, err := now.OracleParams(ctx)
	require.NoError(t, err)
	require.Positive(t, params.MaxOracles)
	key, err = now.OraclePublicKey(ctx)
	require.NoError(t, err)
	require.Equal(t, apptest.OraclePublicKey(t), key)

	// The same queries of a node that is trusted say the same.
	list, err := now.Oracles().Oracles(ctx, &oracletypes.QueryOraclesRequest{Status: oracletypes.ORACLE_STATUS_ACTIVE})
	require.NoError(t, err)
	require.Len(t, list.Oracles, 1)
	require.True(t, list.Oracles[0].Active)
	whole, err := now.Oracles().Oracle(ctx, &oracletypes.QueryOracleRequest{Address: oracle.Address()})
	require.NoError(t, err)
	require.Equal(t, evidence, whole.Oracle.Evidence)
}
