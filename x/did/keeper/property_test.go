package keeper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

// modelDID is what the model knows of a DID: the documents of its versions, and whether it has ended.
type modelDID struct {
	versions []*types.DIDDocument
	times    []time.Time
	ended    bool
}

func (m *modelDID) exists() bool { return len(m.versions) > 0 }

// TestRandomHistories: whatever is asked for in whatever order, the chain accepts exactly what the model does, and remembers the same.
func TestRandomHistories(t *testing.T) {
	subjects := make([]fixture.Subject, 4)
	for i := range subjects {
		subjects[i] = fixture.NewSubject(t, fmt.Sprint("subject ", i))
	}
	rapid.Check(t, func(rt *rapid.T) {
		c := fixture.New(t)
		model := make([]modelDID, len(subjects))
		write := func(m *modelDID, document *types.DIDDocument) {
			m.versions, m.times = append(m.versions, document), append(m.times, c.Ctx.BlockTime())
		}
		check := func(err error, allowed bool) {
			if (err == nil) != allowed {
				rt.Fatalf("allowed %v, answer %v", allowed, err)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(rt *rapid.T) {
				i := rapid.IntRange(0, len(subjects)-1).Draw(rt, "subject")
				s, m := subjects[i], &model[i]
				document := randomDocument(rt, s, subjects)
				_, err := c.Msgs.CreateDID(c.Ctx, s.CreateMsg(document))
				check(err, !m.exists())
				if err == nil {
					write(m, document)
				}
			},
			"update": func(rt *rapid.T) {
				i := rapid.IntRange(0, len(subjects)-1).Draw(rt, "subject")
				by := rapid.IntRange(0, len(subjects)-1).Draw(rt, "by")
				s, m := subjects[i], &model[i]
				sequence := rapid.Uint64Range(0, 4).Draw(rt, "sequence")
				document := randomDocument(rt, s, subjects)
				msg := s.UpdateMsg(document, sequence)
				msg.VerificationMethodId = subjects[by].Method("key1")
				msg.Signature = fixture.Sign(t, subjects[by].Key, document, sequence)
				_, err := c.Msgs.UpdateDID(c.Ctx, msg)
				check(err, mayChange(model, subjects, i, by) && sequence == uint64(len(m.versions)-1) &&
					!document.Equal(m.versions[len(m.versions)-1]))
				if err == nil {
					write(m, document)
				}
			},
			"deactivate": func(rt *rapid.T) {
				i := rapid.IntRange(0, len(subjects)-1).Draw(rt, "subject")
				by := rapid.IntRange(0, len(subjects)-1).Draw(rt, "by")
				s, m := subjects[i], &model[i]
				sequence := rapid.Uint64Range(0, 4).Draw(rt, "sequence")
				msg := s.DeactivateMsg(sequence)
				msg.VerificationMethodId = subjects[by].Method("key1")
				msg.Signature = fixture.Sign(t, subjects[by].Key, types.DeactivationDocument(s.ID), sequence)
				_, err := c.Msgs.DeactivateDID(c.Ctx, msg)
				check(err, mayChange(model, subjects, i, by) && sequence == uint64(len(m.versions)-1))
				if err == nil {
					write(m, &types.DIDDocument{})
					m.ended = true
				}
			},
			"next block": func(rt *rapid.T) {
				c.NextBlock(time.Duration(rapid.IntRange(1, 10).Draw(rt, "seconds")) * time.Second)
			},
			"export and import": func(rt *rapid.T) {
				state, err := c.Keeper.ExportGenesis(c.Ctx)
				require.NoError(rt, err)
				other := imported(t, state, c)
				require.Equal(rt, c.Export(), other.Export())
				other.Ctx = other.Ctx.WithBlockHeight(c.Ctx.BlockHeight()).WithBlockTime(c.Ctx.BlockTime())
				c = other
			},
			"": func(rt *rapid.T) {
				require.NoError(rt, c.Keeper.CheckInvariants(c.Ctx))
				for i, m := range model {
					compare(rt, c, subjects[i], m)
				}
			},
		})
	})
}

// mayChange says whether the model lets the key of one DID change another: its own while it authenticates, or a controller's.
func mayChange(model []modelDID, subjects []fixture.Subject, i, by int) bool {
	if !model[i].exists() || model[i].ended || !model[by].exists() || model[by].ended {
		return false
	}
	current := model[i].versions[len(model[i].versions)-1]
	authenticates := len(model[by].versions[len(model[by].versions)-1].Authentications) > 0
	return authenticates && (i == by || current.HasController(subjects[by].ID))
}

func randomDocument(rt *rapid.T, s fixture.Subject, subjects []fixture.Subject) *types.DIDDocument {
	document := s.Document()
	for _, other := range subjects {
		if rapid.IntRange(0, 3).Draw(rt, "controller") == 0 {
			if document.Controller == nil {
				document.Controller = &types.Strings{}
			}
			document.Controller.Values = append(document.Controller.Values, other.ID)
		}
	}
	if rapid.Bool().Draw(rt, "with a service") {
		document = fixture.WithService(document, rapid.StringMatching(`[a-z]{1,3}`).Draw(rt, "service"))
	}
	return document
}

// compare asks for every version by id and by time.
func compare(rt *rapid.T, c *fixture.Chain, s fixture.Subject, m modelDID) {
	if !m.exists() {
		_, err := c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: s.ID})
		require.ErrorIs(rt, err, types.ErrDIDNotFound)
		return
	}
	for v := range m.versions {
		response, err := c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: s.ID, VersionId: fmt.Sprint(v)})
		require.NoError(rt, err)
		want := m.versions[v]
		if want.IsEmpty() {
			want = types.DeactivationDocument(s.ID)
		}
		require.True(rt, want.Equal(response.Document))
		require.Equal(rt, m.ended, response.Deactivated)
		last := v
		for last+1 < len(m.times) && m.times[last+1].Unix() == m.times[v].Unix() {
			last++
		}
		byTime, err := c.Queries.Document(c.Ctx, &types.QueryDocumentRequest{Did: s.ID, VersionTime: &m.times[v]})
		require.NoError(rt, err)
		require.Equal(rt, uint64(last), byTime.Metadata.VersionId)
	}
}
