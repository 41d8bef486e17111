package keeper_test

import (
	"testing"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

// FuzzMsg decodes messages from arbitrary bytes and executes them: whatever they hold, the handlers answer, and what they refuse
// leaves the state as it was.
func FuzzMsg(f *testing.F) {
	s, newcomer := fixture.NewSubject(f, "subject"), fixture.NewSubject(f, "newcomer")
	f.Add(uint8(0), []byte{}) // refused
	for kind, msg := range []interface{ Marshal() ([]byte, error) }{
		newcomer.CreateMsg(newcomer.Document()),
		s.UpdateMsg(fixture.WithService(s.Document(), "two"), 0),
		s.DeactivateMsg(0),
		&types.MsgUpdateParams{Authority: fixture.Address(f, "governance"), Params: types.DefaultParams()},
	} {
		encoded, err := msg.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(kind), encoded)
	}
	c := fixture.New(f)
	c.Create(s)
	before := c.Export()
	f.Fuzz(func(t *testing.T, kind uint8, encoded []byte) {
		ctx, _ := c.Ctx.CacheContext()
		ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		var err error
		switch kind % 4 {
		case 0:
			var msg types.MsgCreateDIDRequest
			if msg.Unmarshal(encoded) != nil {
				return
			}
			_, err = c.Msgs.CreateDID(ctx, &msg)
		case 1:
			var msg types.MsgUpdateDIDRequest
			if msg.Unmarshal(encoded) != nil {
				return
			}
			_, err = c.Msgs.UpdateDID(ctx, &msg)
		case 2:
			var msg types.MsgDeactivateDIDRequest
			if msg.Unmarshal(encoded) != nil {
				return
			}
			_, err = c.Msgs.DeactivateDID(ctx, &msg)
		case 3:
			var msg types.MsgUpdateParams
			if msg.Unmarshal(encoded) != nil {
				return
			}
			_, err = c.Msgs.UpdateParams(ctx, &msg)
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
