package keeper_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/medibloc/panacea/tee/dcap/dcaptest"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/types"
)

// handlers decodes and executes a message of each kind.
func handlers(c *fixture.Chain) []func(context.Context, []byte) error {
	return []func(context.Context, []byte) error{
		handler(c.Msgs.RegisterOracle), handler(c.Msgs.ApproveOracle), handler(c.Msgs.RenewAttestation),
		handler(c.Msgs.UpdateOracleInfo), handler(c.Msgs.UpdateOracleCommission), handler(c.Msgs.DeregisterOracle),
		handler(c.Msgs.SubmitCollateral), handler(c.Msgs.SetMeasurement), handler(c.Msgs.UpdateParams),
		handler(func(ctx context.Context, e *types.Contradiction) (*types.MsgUpdateParamsResponse, error) {
			return nil, c.Keeper.HandleContradiction(ctx, e)
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

// FuzzMsg decodes messages and evidence from arbitrary bytes and executes them: whatever they hold, the handlers answer, and
// what they accept keeps the invariants.
func FuzzMsg(f *testing.F) {
	c, nodes := fixture.World(f)
	machine := c.NewNode("machine").OnHardware(dcaptest.PlatformSpec{}).Validate(60)
	newcomer := c.NewNode("newcomer").Validate(5)
	c.NextBlock(time.Second)
	machine.SubmitCollateral(dcaptest.CollateralSpec{})
	newcomer.Register()
	c.NextBlock(25 * time.Hour)
	first, second := pair(c, c.Ctx.BlockHeight()+5)
	for kind, msg := range []interface{ Marshal() ([]byte, error) }{
		machine.RegisterMsg(nil), nodes[0].ApproveMsg(newcomer), nodes[1].RenewMsg(), nodes[1].InfoMsg("https://x"), nodes[1].CommissionMsg(11),
		&types.MsgDeregisterOracle{Operator: nodes[2].Address}, machine.CollateralMsg(dcaptest.CollateralSpec{CRLNumber: 2}),
		&types.MsgSetMeasurement{Authority: c.Keeper.Authority(), Measurement: types.Measurement{Measurement: fixture.Measurement[:], MinimumSvn: 9}},
		&types.MsgUpdateParams{Authority: c.Keeper.Authority(), Params: types.DefaultParams()},
		nodes[1].Contradict(first, second),
	} {
		encoded, err := msg.Marshal()
		require.NoError(f, err)
		f.Add(uint8(kind), encoded)
		ctx, _ := c.Ctx.CacheContext()
		require.NoError(f, handlers(c)[kind](ctx, encoded), "kind %d: the seeds are accepted", kind)
	}
	execute := handlers(c)
	f.Fuzz(func(t *testing.T, kind uint8, encoded []byte) {
		ctx, _ := c.Ctx.CacheContext()
		ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		if execute[int(kind)%len(execute)](ctx, encoded) != nil {
			return
		}
		require.NoError(t, c.Keeper.EndBlock(ctx))
		require.NoError(t, c.Keeper.CheckInvariants(ctx))
	})
}
