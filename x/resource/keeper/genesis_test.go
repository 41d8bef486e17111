package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

func TestExportAndImportKeepEveryByte(t *testing.T) {
	c, p := world(t)
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, types.Params{MaxDataBytes: 77777, GasPerByte: 7}))
	other := c.Import()
	require.Equal(t, c.Export(), other.Export())
	require.NoError(t, other.Keeper.CheckInvariants(other.Ctx))
	require.Equal(t, c.Store(), other.Store(), "the indexes are made anew, the same")

	other.Publish(p, third())
	require.NoError(t, other.Keeper.CheckInvariants(other.Ctx))
	_, err := other.Msgs.CreateResource(other.Ctx, p.Message(schema("first", "", "")))
	require.ErrorIs(t, err, types.ErrResourceExists)
	ended := fixture.NewPublisher(t, "ended")
	_, err = other.Msgs.CreateResource(other.Ctx, ended.Message(schema("x", "", fixture.UUID("of ended"))))
	require.ErrorIs(t, err, didtypes.ErrDIDDeactivated)
}

func TestGenesisThatContradictsItselfIsRefused(t *testing.T) {
	at := func(g *types.GenesisState, id string) *types.GenesisResource {
		for i := range g.Resources {
			if g.Resources[i].Metadata.Id == fixture.UUID(id) {
				return &g.Resources[i]
			}
		}
		t.Fatal("not in the state")
		return nil
	}
	for name, spoil := range map[string]func(g *types.GenesisState){
		"parameters out of range":     func(g *types.GenesisState) { g.Params.MaxDataBytes = 0 },
		"out of order":                func(g *types.GenesisState) { g.Resources[0], g.Resources[1] = g.Resources[1], g.Resources[0] },
		"twice":                       func(g *types.GenesisState) { g.Resources = append(g.Resources, g.Resources[len(g.Resources)-1]) },
		"a collection that is no DID": func(g *types.GenesisState) { g.Resources[0].Metadata.CollectionId = "0" },
		"an id that is no UUID":       func(g *types.GenesisState) { g.Resources[0].Metadata.Id = "x" },
		"no name":                     func(g *types.GenesisState) { g.Resources[0].Metadata.Name = "" },
		"no media type":               func(g *types.GenesisState) { g.Resources[0].Metadata.MediaType = "" },
		"no bytes":                    func(g *types.GenesisState) { g.Resources[0].Data = nil },
		"too many bytes":              func(g *types.GenesisState) { g.Resources[0].Data = make([]byte, types.MaxDataBytes+1) },
		"other bytes":                 func(g *types.GenesisState) { g.Resources[0].Data[0] ^= 1 },
		"another size":                func(g *types.GenesisState) { g.Resources[0].Metadata.DataSize++ },
		"no time":                     func(g *types.GenesisState) { g.Resources[0].Metadata.Created = time.Time{} },
		"a negative height":           func(g *types.GenesisState) { g.Resources[0].Metadata.Height = -1 },
		"a gap":                       func(g *types.GenesisState) { at(g, "second").Metadata.Number = 3 },
		"a series from zero":          func(g *types.GenesisState) { at(g, "list").Metadata.Number = 0 },
		"a wrong previous version":    func(g *types.GenesisState) { at(g, "second").Metadata.PreviousVersionId = fixture.UUID("list") },
		"no previous version":         func(g *types.GenesisState) { at(g, "second").Metadata.PreviousVersionId = "" },
		"no next version":             func(g *types.GenesisState) { at(g, "first").Metadata.NextVersionId = "" },
		"a next version of the last":  func(g *types.GenesisState) { at(g, "second").Metadata.NextVersionId = fixture.UUID("list") },
		"another name in the middle":  func(g *types.GenesisState) { at(g, "second").Metadata.Name = "other" },
		"an older next version":       func(g *types.GenesisState) { at(g, "second").Metadata.Created = fixture.Genesis.Add(-time.Hour) },
		"a label twice":               func(g *types.GenesisState) { at(g, "second").Metadata.Version = "1.0.0" },
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := world(t)
			state, err := c.Keeper.ExportGenesis(c.Ctx)
			require.NoError(t, err)
			require.NoError(t, state.Validate())
			spoil(state)
			require.Error(t, state.Validate())
			other := fixture.NewEmpty(t)
			require.Error(t, other.Keeper.InitGenesis(other.Ctx, state))
		})
	}
	t.Run("a payer that is no address", func(t *testing.T) {
		c, _ := world(t)
		state, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		state.Resources[0].Metadata.FromAddress = "panacea1"
		other := fixture.NewEmpty(t)
		require.ErrorIs(t, other.Keeper.InitGenesis(other.Ctx, state), types.ErrInvalidAddress)
	})
}

// TestInvariantsNotice: whatever is broken in the store, the check says so.
func TestInvariantsNotice(t *testing.T) {
	for name, spoil := range map[string]func(c *fixture.Chain, collection string) error{
		"other bytes": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Data.Set(c.Ctx, join(collection, "first"), []byte("x"))
		},
		"lost bytes": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Data.Remove(c.Ctx, join(collection, "first"))
		},
		"bytes of nothing": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Data.Set(c.Ctx, join(collection, "nothing"), []byte("x"))
		},
		"lost metadata": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Metadata.Remove(c.Ctx, join(collection, "list"))
		},
		"an old latest": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Latest.Set(c.Ctx, join3(collection, "patient", "JsonSchema"), fixture.UUID("first"))
		},
		"a latest of nothing": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Latest.Set(c.Ctx, join3(collection, "x", "JsonSchema"), fixture.UUID("first"))
		},
		"a lost type": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Types.Remove(c.Ctx, join3(collection, "JsonSchema", "patient"))
		},
		"a type of nothing": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Types.Set(c.Ctx, join3(collection, "JsonSchema", "x"))
		},
		"a wrong number": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Versions.Set(c.Ctx, joinVersion(collection, "patient", "JsonSchema", 1), fixture.UUID("second"))
		},
		"a version too many": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Versions.Set(c.Ctx, joinVersion(collection, "patient", "JsonSchema", 3), fixture.UUID("second"))
		},
		"a wrong label": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Labels.Set(c.Ctx, joinLabel(collection, "patient", "JsonSchema", "1.0.0"), fixture.UUID("second"))
		},
		"a label of nothing": func(c *fixture.Chain, collection string) error {
			return c.Keeper.Labels.Set(c.Ctx, joinLabel(collection, "patient", "JsonSchema", "9"), fixture.UUID("second"))
		},
		"a DID that is not there": func(c *fixture.Chain, collection string) error {
			return c.DIDs.Documents.Remove(c.Ctx, types.DIDOf(collection))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := world(t)
			require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
			collection, err := types.CollectionOf(p.ID)
			require.NoError(t, err)
			require.NoError(t, spoil(c, collection))
			require.Error(t, c.Keeper.CheckInvariants(c.Ctx))
		})
	}
}
