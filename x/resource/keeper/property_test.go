package keeper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

// modelVersion is what the model knows of a version.
type modelVersion struct {
	fixture.Resource
	created time.Time
}

// modelDID is what the model knows of a DID: its series, and whether it has ended.
type modelDID struct {
	series map[[2]string][]modelVersion
	ended  bool
}

func (m *modelDID) hasID(id string) bool {
	for _, versions := range m.series {
		for _, v := range versions {
			if v.ID == id {
				return true
			}
		}
	}
	return false
}

// allows says whether the model accepts a resource.
func (m *modelDID) allows(r fixture.Resource) bool {
	versions := m.series[[2]string{r.Name, r.Type}]
	latest := ""
	for _, v := range versions {
		if r.Version != "" && v.Version == r.Version {
			return false
		}
		latest = v.ID
	}
	return !m.ended && !m.hasID(r.ID) && r.Previous == latest
}

// TestRandomHistories: whatever is published in whatever order, the chain accepts exactly what the model does, and remembers the same.
func TestRandomHistories(t *testing.T) {
	publishers := []fixture.Publisher{fixture.NewPublisher(t, "first"), fixture.NewPublisher(t, "second")}
	rapid.Check(t, func(rt *rapid.T) {
		c := fixture.New(t)
		models := make([]modelDID, len(publishers))
		for i, p := range publishers {
			c.CreateDID(p, p.Document())
			models[i].series = map[[2]string][]modelVersion{}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"publish": func(rt *rapid.T) {
				i := rapid.IntRange(0, len(publishers)-1).Draw(rt, "publisher")
				m, r := &models[i], randomResource(rt, &models[i])
				allowed := m.allows(r)
				_, err := c.Msgs.CreateResource(c.Ctx, publishers[i].Message(r))
				if (err == nil) != allowed {
					rt.Fatalf("allowed %v, answer %v", allowed, err)
				}
				if allowed {
					key := [2]string{r.Name, r.Type}
					m.series[key] = append(m.series[key], modelVersion{r, c.Ctx.BlockTime()})
				}
			},
			"deactivate": func(rt *rapid.T) {
				i := rapid.IntRange(0, len(publishers)-1).Draw(rt, "publisher")
				if !models[i].ended && rapid.IntRange(0, 9).Draw(rt, "chance") == 0 {
					c.DeactivateDID(publishers[i])
					models[i].ended = true
				}
			},
			"next block": func(rt *rapid.T) {
				c.NextBlock(time.Duration(rapid.IntRange(1, 10).Draw(rt, "seconds")) * time.Second)
			},
			"export and import": func(rt *rapid.T) {
				other := c.Import()
				require.Equal(rt, c.Export(), other.Export())
				require.Equal(rt, c.Store(), other.Store())
				c = other
			},
			"": func(rt *rapid.T) {
				require.NoError(rt, c.Keeper.CheckInvariants(c.Ctx))
				for i, m := range models {
					compare(rt, c, publishers[i], m)
				}
			},
		})
	})
}

func randomResource(rt *rapid.T, m *modelDID) fixture.Resource {
	r := fixture.Resource{
		ID:        fixture.UUID(fmt.Sprint(rapid.IntRange(0, 30).Draw(rt, "id"))),
		Name:      rapid.SampledFrom([]string{"a", "b", "환자 기록"}).Draw(rt, "name"),
		Type:      rapid.SampledFrom([]string{"T", "U"}).Draw(rt, "type"),
		Version:   rapid.SampledFrom([]string{"", "", "1", "2", "3"}).Draw(rt, "version"),
		MediaType: "application/json",
		Data:      rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(rt, "data"),
	}
	versions := m.series[[2]string{r.Name, r.Type}]
	if len(versions) > 0 && rapid.IntRange(0, 4).Draw(rt, "stale") > 0 {
		r.Previous = versions[len(versions)-1].ID
	} else if len(versions) > 0 {
		r.Previous = rapid.SampledFrom(versions).Draw(rt, "previous").ID
	}
	return r
}

// compare asks for every version by id, by label and by time.
func compare(rt *rapid.T, c *fixture.Chain, p fixture.Publisher, m modelDID) {
	total := 0
	for key, versions := range m.series {
		total += len(versions)
		for i, v := range versions {
			answer, err := c.Queries.Resource(c.Ctx, &types.QueryResourceRequest{Did: p.ID, Id: v.ID})
			require.NoError(rt, err)
			require.Equal(rt, v.Data, answer.Data)
			require.Equal(rt, v.created, answer.Metadata.Created)
			require.Equal(rt, uint64(i+1), answer.Metadata.Number)
			require.Equal(rt, i == len(versions)-1, answer.Metadata.NextVersionId == "")
			if v.Version != "" {
				labelled, err := c.Queries.NamedMetadata(c.Ctx, &types.QueryNamedMetadataRequest{Did: p.ID, Name: key[0], ResourceType: key[1], Version: v.Version})
				require.NoError(rt, err)
				require.Equal(rt, v.ID, labelled.Metadata.Id)
			}
			last := i
			for last+1 < len(versions) && versions[last+1].created.Unix() == v.created.Unix() {
				last++
			}
			byTime, err := c.Queries.NamedMetadata(c.Ctx, &types.QueryNamedMetadataRequest{Did: p.ID, Name: key[0], ResourceType: key[1], VersionTime: &v.created})
			require.NoError(rt, err)
			require.Equal(rt, versions[last].ID, byTime.Metadata.Id)
		}
	}
	all, err := c.Queries.Resources(c.Ctx, &types.QueryResourcesRequest{Did: p.ID})
	require.NoError(rt, err)
	require.Len(rt, all.Resources, total)
	latest, err := c.Queries.Latest(c.Ctx, &types.QueryLatestRequest{Did: p.ID})
	require.NoError(rt, err)
	require.Len(rt, latest.Resources, len(m.series))
}
