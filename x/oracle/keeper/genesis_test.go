package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/types"
)

// eventful returns a chain on which everything that the state can hold is there.
func eventful(t testing.TB) (*fixture.Chain, []*fixture.Node) {
	t.Helper()
	c, nodes := fixture.World(t)
	machine := c.NewNode("machine").OnHardware(dcaptest.PlatformSpec{}).Validate(60)
	waiting := c.NewNode("waiting").Validate(5)
	c.NextBlock(time.Second)
	machine.SubmitCollateral(dcaptest.CollateralSpec{})
	machine.Register()
	require.True(t, nodes[0].Approve(machine))
	c.NextBlock(24 * time.Hour)
	machine.SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 2, Levels: []dcaptest.Level{{Status: dcap.OutOfDate}}})
	c.NextBlock(time.Second)
	machine.SubmitCollateral(dcaptest.CollateralSpec{CRLNumber: 3, Levels: []dcaptest.Level{{Status: dcap.OutOfDate}}})
	waiting.Register()
	require.False(t, nodes[3].Approve(waiting))
	nodes[1].Undelegate(5)
	first, second := pair(c, c.Ctx.BlockHeight()+5)
	require.NoError(t, report(c, nodes[2].Contradict(first, second)))
	nodes[0].NewKeys("second")
	nodes[0].Register()
	return c, append(nodes, machine, waiting)
}

func TestExportAndImportKeepEveryByte(t *testing.T) {
	c, _ := eventful(t)
	state, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	for name, list := range map[string]int{
		"measurements": len(state.Measurements), "collateral": len(state.Collateral), "oracles": len(state.Oracles),
		"registrations": len(state.Registrations), "node keys": len(state.NodeKeys), "evidence": len(state.Evidence),
		"approvals": len(state.Approvals), "judgements": len(state.Judgements), "powers": len(state.Powers),
		"past powers": len(state.PastPowers), "blocks": len(state.Blocks), "key": len(state.OraclePublicKey),
	} {
		require.NotZero(t, list, name)
	}
	raw := c.Codec.MustMarshalJSON(state)
	var read types.GenesisState
	c.Codec.MustUnmarshalJSON(raw, &read)
	other := fixture.NewEmpty(t)
	require.NoError(t, other.Keeper.InitGenesis(other.Ctx, &read))
	require.Equal(t, c.Export(), other.Export())
	require.Equal(t, storeBytes(c), storeBytes(other))
}

// storeBytes returns every key and value of the module's store.
func storeBytes(c *fixture.Chain) map[string]string {
	c.Helper()
	all := map[string]string{}
	iterator := c.Ctx.KVStore(c.Key).Iterator(nil, nil)
	defer iterator.Close() //nolint:errcheck // a store in memory
	for ; iterator.Valid(); iterator.Next() {
		all[string(iterator.Key())] = string(iterator.Value())
	}
	return all
}

func TestGenesisThatContradictsItselfIsRefused(t *testing.T) {
	c, _ := eventful(t)
	raw, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	saved := c.Codec.MustMarshalJSON(raw)
	for name, spoil := range map[string]func(g *types.GenesisState){
		"parameters out of range":             func(g *types.GenesisState) { g.Params.MaxOracles = 0 },
		"an oracle public key that is none":   func(g *types.GenesisState) { g.OraclePublicKey = []byte{1} },
		"oracles without a key to encrypt to": func(g *types.GenesisState) { g.OraclePublicKey = nil },
		"simulation that is not allowed":      func(g *types.GenesisState) { g.AllowSimulatedEnclaves = false },
		"a simulated oracle not allowed":      func(g *types.GenesisState) { g.AllowSimulatedEnclaves, g.Measurements = false, nil },
		"a measurement twice":                 func(g *types.GenesisState) { g.Measurements = append(g.Measurements, g.Measurements[0]) },
		"a measurement that is none":          func(g *types.GenesisState) { g.Measurements[0].Measurement = nil },
		"collateral twice":                    func(g *types.GenesisState) { g.Collateral = append(g.Collateral, g.Collateral[0]) },
		"collateral of no kind":               func(g *types.GenesisState) { g.Collateral[0].Kind = 9 },
		"collateral without bytes":            func(g *types.GenesisState) { g.Collateral[0].Bytes = nil },
		"an oracle twice":                     func(g *types.GenesisState) { g.Oracles = append(g.Oracles, g.Oracles[0]) },
		"an oracle without an address":        func(g *types.GenesisState) { g.Oracles[0].Address = "" },
		"an oracle with another's key":        func(g *types.GenesisState) { g.Oracles[0].NodeSigningKey = g.Oracles[1].NodeSigningKey },
		"an oracle with an unknown key":       func(g *types.GenesisState) { g.Oracles[0].NodeSigningKey = make([]byte, 32) },
		"an oracle without an HPKE key":       func(g *types.GenesisState) { g.Oracles[0].NodeHpkeKey = nil },
		"an oracle without an endpoint":       func(g *types.GenesisState) { g.Oracles[0].Endpoint = "" },
		"an oracle with too high a commission": func(g *types.GenesisState) {
			g.Oracles[0].Commission.Rate = g.Oracles[0].Commission.MaxRate.MulInt64(2)
		},
		"an oracle that is not approved":    func(g *types.GenesisState) { g.Oracles[0].ApprovedHeight = 0 },
		"an oracle without a measurement":   func(g *types.GenesisState) { g.Oracles[0].Attestation.Measurement = nil },
		"an oracle of both kinds":           func(g *types.GenesisState) { g.Oracles[0].Attestation.Simulated = !g.Oracles[0].Attestation.Simulated },
		"an oracle without a trusted block": func(g *types.GenesisState) { g.Oracles[0].Attestation.TrustedBlock.Hash = nil },
		"a registration that is approved":   func(g *types.GenesisState) { g.Registrations[0].ApprovedHeight = 1 },
		"a node key twice":                  func(g *types.GenesisState) { g.NodeKeys = append(g.NodeKeys, g.NodeKeys[0]) },
		"a node key of a wrong size":        func(g *types.GenesisState) { g.NodeKeys[0].NodeSigningKey = []byte{1} },
		"a node key of nobody":              func(g *types.GenesisState) { g.NodeKeys[0].NodeKey.Oracle = "" },
		"a retired key in use": func(g *types.GenesisState) {
			for i := range g.NodeKeys {
				g.NodeKeys[i].NodeKey.RetiredHeight = 1
			}
		},
		"a retired key that is not": func(g *types.GenesisState) {
			for i := range g.NodeKeys {
				g.NodeKeys[i].NodeKey.RetiredHeight = 0
			}
		},
		"a punished key in use": func(g *types.GenesisState) {
			for i := range g.NodeKeys {
				g.NodeKeys[i].NodeKey.Punished = true
			}
		},
		"evidence twice":                       func(g *types.GenesisState) { g.Evidence = append(g.Evidence, g.Evidence[0]) },
		"evidence that is missing":             func(g *types.GenesisState) { g.Evidence = g.Evidence[1:] },
		"evidence of nobody":                   func(g *types.GenesisState) { g.Evidence[0].NodeSigningKey = make([]byte, 32) },
		"evidence without bytes":               func(g *types.GenesisState) { g.Evidence[0].Evidence = nil },
		"an approval twice":                    func(g *types.GenesisState) { g.Approvals = append(g.Approvals, g.Approvals[0]) },
		"an approval of nobody":                func(g *types.GenesisState) { g.Approvals[0].NodeSigningKey = make([]byte, 32) },
		"an approval by nobody":                func(g *types.GenesisState) { g.Approvals[0].Approval.Approver = "x" },
		"an approval without a secret":         func(g *types.GenesisState) { g.Approvals[0].Approval.SealedSecret = nil },
		"a judgement of nobody":                func(g *types.GenesisState) { g.Judgements = []string{fixture.Address(t, "nobody")} },
		"a judgement twice":                    func(g *types.GenesisState) { g.Judgements = append(g.Judgements, g.Judgements[0]) },
		"an oracle without power":              func(g *types.GenesisState) { g.Powers = g.Powers[1:] },
		"a power twice":                        func(g *types.GenesisState) { g.Powers = append(g.Powers, g.Powers[0]) },
		"a power with an end":                  func(g *types.GenesisState) { g.Powers[0].Until = 3 },
		"a past power twice":                   func(g *types.GenesisState) { g.PastPowers = append(g.PastPowers, g.PastPowers[0]) },
		"a past power that ends before it was": func(g *types.GenesisState) { g.PastPowers[0].Period.Since = g.PastPowers[0].Until + 1 },
		"a block twice":                        func(g *types.GenesisState) { g.Blocks = append(g.Blocks, g.Blocks[0]) },
		"a block without a hash":               func(g *types.GenesisState) { g.Blocks[0].Hash = nil },
	} {
		t.Run(name, func(t *testing.T) {
			var g types.GenesisState
			c.Codec.MustUnmarshalJSON(saved, &g)
			require.NoError(t, g.Validate())
			spoil(&g)
			require.Error(t, g.Validate())
			other := fixture.NewEmpty(t)
			require.Error(t, other.Keeper.InitGenesis(other.Ctx, &g))
		})
	}
	require.NoError(t, types.DefaultGenesis().Validate())
	require.False(t, types.DefaultGenesis().AllowSimulatedEnclaves)
}

// TestANewChainFromHeightZero: an export for height zero keeps who is an oracle, and which enclaves may work.
func TestANewChainFromHeightZero(t *testing.T) {
	c, nodes := eventful(t)
	c.NextBlock(time.Second)
	_, err := c.Msgs.SetMeasurement(c.Ctx, &types.MsgSetMeasurement{Authority: c.Keeper.Authority(), Measurement: types.Measurement{
		Measurement: fixture.SimulatedMeasurement[:], Simulated: true, ActivationHeight: 3, ExpiryHeight: c.Ctx.BlockHeight() + 7,
	}})
	require.NoError(t, err)
	require.NoError(t, c.Keeper.PrepareForHeightZero(c.Ctx))
	state, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.NoError(t, state.Validate())
	require.Empty(t, state.Blocks)
	require.Empty(t, state.PastPowers)
	require.Len(t, state.Oracles, 4)
	c.Ctx = c.Ctx.WithBlockHeight(6)
	requireActive(t, c, nodes[0])
	c.Ctx = c.Ctx.WithBlockHeight(7)
	requireInactive(t, c, nodes[0], types.ErrMeasurementNotAllowed)
}
