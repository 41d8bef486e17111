package keeper_test

import (
	"testing"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

// FuzzMsg decodes messages from arbitrary bytes and executes them, as they are and signed by the publisher: whatever they hold, the
// handlers answer, and what they refuse leaves the state as it was.
func FuzzMsg(f *testing.F) {
	c, p := world(f)
	for _, msg := range []interface{ Marshal() ([]byte, error) }{
		p.Message(third()),
		p.Message(fixture.Resource{ID: fixture.UUID("x"), Name: "환자", Type: "T", MediaType: `a/b; c="d"`, Data: []byte{0}}),
		&types.MsgUpdateParams{Authority: fixture.Address(f, "governance"), Params: types.DefaultParams()},
	} {
		encoded, err := msg.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		for kind := range uint8(3) {
			f.Add(kind, encoded)
		}
	}
	before := c.Export()
	f.Fuzz(func(t *testing.T, kind uint8, encoded []byte) {
		ctx, _ := c.Ctx.CacheContext()
		ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		var err error
		if kind%3 == 2 {
			var msg types.MsgUpdateParams
			if msg.Unmarshal(encoded) != nil {
				return
			}
			_, err = c.Msgs.UpdateParams(ctx, &msg)
		} else {
			var msg types.MsgCreateResource
			if msg.Unmarshal(encoded) != nil {
				return
			}
			if kind%3 == 1 && msg.Sign(fixture.ChainID, p.Key) != nil {
				return
			}
			_, err = c.Msgs.CreateResource(ctx, &msg)
		}
		at := *c
		at.TB, at.Ctx = t, ctx
		if err != nil && at.Export() != before {
			t.Fatalf("refused with %v, and the state has changed", err)
		}
		if err := c.Keeper.CheckInvariants(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
