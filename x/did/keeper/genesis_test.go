package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

// imported starts another chain from the state of c.
func imported(t *testing.T, state *types.GenesisState, c *fixture.Chain) *fixture.Chain {
	t.Helper()
	raw := c.Codec.MustMarshalJSON(state)
	var read types.GenesisState
	c.Codec.MustUnmarshalJSON(raw, &read)
	other := fixture.NewEmpty(t)
	require.NoError(t, other.Keeper.InitGenesis(other.Ctx, &read))
	return other
}

func TestExportAndImportKeepEveryByte(t *testing.T) {
	c, s := world(t)
	params := types.DefaultParams()
	params.MaxControllers = 7
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	state, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	other := imported(t, state, c)
	require.Equal(t, c.Export(), other.Export())
	require.NoError(t, other.Keeper.CheckInvariants(other.Ctx))

	other.Ctx = other.Ctx.WithBlockTime(c.Ctx.BlockTime())
	other.Update(s, fixture.WithService(s.Document(), "after"), 1)
	ended := fixture.NewSubject(t, "ended")
	_, err = other.Msgs.CreateDID(other.Ctx, ended.CreateMsg(ended.Document()))
	require.ErrorIs(t, err, types.ErrDIDDeactivated, "what was deactivated stays so on the new chain")
}

// TestMainnetGenesis: documents as mainnet has them, without metadata, one deactivated, one that this chain would not accept.
func TestMainnetGenesis(t *testing.T) {
	c := fixture.NewEmpty(t)
	s, ended, odd := fixture.NewSubject(t, "subject"), fixture.NewSubject(t, "ended"), fixture.NewSubject(t, "odd")
	oddDocument := &types.DIDDocument{Id: odd.ID, VerificationMethods: []*types.VerificationMethod{{Id: "key"}, {Id: "key"}}}
	raw := `{"documents":{` +
		`"` + s.ID + `":{"document":` + string(c.Codec.MustMarshalJSON(s.Document())) + `,"sequence":"5"},` +
		`"` + ended.ID + `":{"document":{},"sequence":"3"},` +
		`"` + odd.ID + `":{"document":` + string(c.Codec.MustMarshalJSON(oddDocument)) + `}}}`
	var state types.GenesisState
	c.Codec.MustUnmarshalJSON([]byte(raw), &state)
	require.NoError(t, state.Validate())
	require.NoError(t, c.Keeper.InitGenesis(c.Ctx, &state))
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))

	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	require.Equal(t, types.DefaultParams(), params)
	again, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.Equal(t, c.Export(), imported(t, again, c).Export())

	record, err := c.Keeper.Record(c.Ctx, odd.ID)
	require.NoError(t, err)
	require.True(t, oddDocument.Equal(record.Current.Document), "what mainnet accepted stays as it is")
	_, err = c.Msgs.CreateDID(c.Ctx, ended.CreateMsg(ended.Document()))
	require.ErrorIs(t, err, types.ErrDIDDeactivated)

	t.Run("its history begins at the imported version", func(t *testing.T) {
		c.NextBlock(time.Second)
		c.Update(s, fixture.WithService(s.Document(), "one"), 5)
		require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
		response, err := c.Queries.Versions(c.Ctx, &types.QueryVersionsRequest{Did: s.ID})
		require.NoError(t, err)
		require.Len(t, response.Versions, 2)
		require.Equal(t, uint64(5), response.Versions[0].VersionId)
		long := fixture.Genesis.Add(-1000 * time.Hour)
		old, err := c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: s.ID, VersionTime: &long})
		require.NoError(t, err)
		require.Equal(t, uint64(5), old.Metadata.VersionId)
		_, err = c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: s.ID, VersionId: "4"})
		require.ErrorIs(t, err, types.ErrVersionNotFound)
	})
}

func TestGenesisThatContradictsItselfIsRefused(t *testing.T) {
	late := fixture.Genesis.Add(time.Hour)
	for name, spoil := range map[string]func(g *types.GenesisState, s fixture.Subject){
		"a key that is no DID": func(g *types.GenesisState, s fixture.Subject) {
			g.Documents["did:panacea:0"] = g.Documents[s.ID]
		},
		"a document of another DID":  func(g *types.GenesisState, s fixture.Subject) { g.Documents[s.ID].Document.Id = "did:panacea:x" },
		"a document that is missing": func(g *types.GenesisState, s fixture.Subject) { g.Documents[s.ID] = nil },
		"metadata of nothing": func(g *types.GenesisState, s fixture.Subject) {
			delete(g.Documents, g.Metadata[0].Did)
		},
		"metadata twice": func(g *types.GenesisState, _ fixture.Subject) {
			g.Metadata = append(g.Metadata, g.Metadata[len(g.Metadata)-1])
		},
		"metadata out of order": func(g *types.GenesisState, _ fixture.Subject) {
			g.Metadata[0], g.Metadata[1] = g.Metadata[1], g.Metadata[0]
		},
		"another version": func(g *types.GenesisState, _ fixture.Subject) { g.Metadata[0].Metadata.VersionId += 7 },
		"a wrong deactivation": func(g *types.GenesisState, _ fixture.Subject) {
			g.Metadata[0].Metadata.Deactivated = !g.Metadata[0].Metadata.Deactivated
		},
		"created after its last version": func(g *types.GenesisState, _ fixture.Subject) {
			g.Metadata[0].Created = &late
		},
		"history of nothing": func(g *types.GenesisState, _ fixture.Subject) { g.History[0].Did = fixture.NewSubject(t, "absent").ID },
		"history with a gap": func(g *types.GenesisState, _ fixture.Subject) { g.History[0].Version.Metadata.VersionId++ },
		"history twice":      func(g *types.GenesisState, _ fixture.Subject) { g.History = append(g.History, g.History[0]) },
		"history cut off":    func(g *types.GenesisState, _ fixture.Subject) { g.History = g.History[1:] },
		"history of the future": func(g *types.GenesisState, _ fixture.Subject) {
			g.History[0].Version.Metadata.Time = &late
		},
		"deactivated history":     func(g *types.GenesisState, _ fixture.Subject) { g.History[0].Version.Metadata.Deactivated = true },
		"history without content": func(g *types.GenesisState, _ fixture.Subject) { g.History[0].Version.Document = nil },
		"an account of nothing": func(g *types.GenesisState, _ fixture.Subject) {
			g.Accounts[0].Did = fixture.NewSubject(t, "absent").ID
		},
		"two payers": func(g *types.GenesisState, _ fixture.Subject) {
			g.Accounts = append(g.Accounts, types.GenesisAccountDID{Address: fixture.Address(t, "other"), Did: g.Accounts[0].Did})
		},
		"parameters out of range": func(g *types.GenesisState, _ fixture.Subject) { g.Params.MaxServices = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			c, s := world(t)
			state, err := c.Keeper.ExportGenesis(c.Ctx)
			require.NoError(t, err)
			require.NoError(t, state.Validate())
			spoil(state, s)
			err = state.Validate()
			require.Error(t, err)
			other := fixture.NewEmpty(t)
			require.Error(t, other.Keeper.InitGenesis(other.Ctx, state))
		})
	}
	t.Run("an account that is no address", func(t *testing.T) {
		c, _ := world(t)
		state, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		state.Accounts[0].Address = "panacea1"
		other := fixture.NewEmpty(t)
		require.ErrorIs(t, other.Keeper.InitGenesis(other.Ctx, state), types.ErrInvalidAddress)
	})
	t.Run("an account that did not pay", func(t *testing.T) {
		c, _ := world(t)
		state, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		state.Accounts[0].Address = fixture.Address(t, "other")
		other := fixture.NewEmpty(t)
		require.NoError(t, other.Keeper.InitGenesis(other.Ctx, state))
		require.ErrorContains(t, other.Keeper.CheckInvariants(other.Ctx), "invariant")
	})
}
