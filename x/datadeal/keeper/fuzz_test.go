package keeper_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
)

// handlers decodes and executes a message of each kind. Consents are executed as they are, and signed by the oracles.
func handlers(c *fixture.Chain) []func(context.Context, []byte) error {
	return []func(context.Context, []byte) error{
		handler(c.Msgs.CreateDeal), handler(c.Msgs.SubmitConsent), handler(c.Msgs.DeactivateDeal), handler(c.Msgs.UpdateParams),
		handler(func(ctx context.Context, msg *types.MsgSubmitConsent) (*types.MsgSubmitConsentResponse, error) {
			signed := c.Sign(msg.Certificate, c.Nodes...)
			signed.Provider, signed.Answers = msg.Provider, msg.Answers
			return c.Msgs.SubmitConsent(ctx, signed)
		}),
	}
}

func handler[M any, P interface {
	*M
	Unmarshal([]byte) error
}, R any](execute func(context.Context, P) (R, error)) func(context.Context, []byte) error {
	return func(ctx context.Context, raw []byte) error {
		msg := P(new(M))
		if err := msg.Unmarshal(raw); err != nil {
			return err
		}
		_, err := execute(ctx, msg)
		return err
	}
}

// FuzzMsg decodes messages from arbitrary bytes and executes them: whatever they hold, the handlers answer, and what they accept keeps
// the invariants.
func FuzzMsg(f *testing.F) {
	c := fixture.New(f)
	deal := c.Create(c.CreateMsg("consumer"))
	c.Sell(deal, "a", "provider")
	consent := c.Sign(c.Certificate(deal, "b", "provider"), c.Nodes...)
	for kind, msg := range []interface{ Marshal() ([]byte, error) }{
		c.CreateMsg("other"), consent, &types.MsgDeactivateDeal{Consumer: deal.Consumer, DealId: deal.Id},
		&types.MsgUpdateParams{Authority: c.Keeper.Authority(), Params: types.DefaultParams()}, consent,
	} {
		encoded, err := msg.Marshal()
		require.NoError(f, err)
		f.Add(uint8(kind), encoded)
		ctx, _ := c.Ctx.CacheContext()
		require.NoError(f, handlers(c)[kind](ctx, encoded), "kind %d: the seeds are accepted", kind)
	}
	f.Fuzz(func(t *testing.T, kind uint8, encoded []byte) {
		chain, at := *c.Chain, *c
		chain.TB, at.TB, at.Chain = t, t, &chain
		execute := handlers(&at)
		ctx, _ := c.Ctx.CacheContext()
		ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		if execute[int(kind)%len(execute)](ctx, encoded) != nil {
			return
		}
		require.NoError(t, c.Keeper.EndBlock(ctx))
		require.NoError(t, c.Keeper.CheckInvariants(ctx))
	})
}
