package keeper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap/dcaptest"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
)

// BenchmarkRegisterOnHardware is a registration with a quote: GasPerEvidence pays for most of it.
func BenchmarkRegisterOnHardware(b *testing.B) {
	c := fixture.New(b)
	n := c.NewNode("machine").OnHardware(dcaptest.PlatformSpec{}).Validate(10)
	c.NextBlock(time.Second)
	n.SubmitCollateral(dcaptest.CollateralSpec{})
	msg := n.RegisterMsg(fixture.OraclePublicKey())
	for b.Loop() {
		ctx, _ := c.Ctx.CacheContext()
		_, err := c.Msgs.RegisterOracle(ctx, msg)
		require.NoError(b, err)
	}
}

// BenchmarkSubmitCollateral is a set of collateral: GasPerCollateral and GasPerCollateralByte pay for most of it.
func BenchmarkSubmitCollateral(b *testing.B) {
	c := fixture.New(b)
	n := c.NewNode("machine").OnHardware(dcaptest.PlatformSpec{})
	msg := n.CollateralMsg(dcaptest.CollateralSpec{IssuedAt: c.Ctx.BlockTime().Add(-time.Hour).Truncate(time.Second)})
	b.SetBytes(int64(len(msg.Collateral)))
	for b.Loop() {
		ctx, _ := c.Ctx.CacheContext()
		_, err := c.Msgs.SubmitCollateral(ctx, msg)
		require.NoError(b, err)
	}
}

// BenchmarkNodeMessage is a message that a node key signs: GasPerSignature pays for its signature.
func BenchmarkNodeMessage(b *testing.B) {
	c, nodes := fixture.World(b)
	msg := nodes[0].InfoMsg("https://elsewhere.example")
	for b.Loop() {
		ctx, _ := c.Ctx.CacheContext()
		_, err := c.Msgs.UpdateOracleInfo(ctx, msg)
		require.NoError(b, err)
	}
}

// BenchmarkActiveOracle and BenchmarkTotalActivePower are what each consent asks for.
func BenchmarkActiveOracle(b *testing.B) {
	c, nodes := fixture.World(b)
	for b.Loop() {
		_, err := c.Keeper.ActiveOracle(c.Ctx, nodes[1].Account)
		require.NoError(b, err)
	}
}

func BenchmarkTotalActivePower(b *testing.B) {
	for _, oracles := range []int{4, 64} {
		b.Run(fmt.Sprintf("%d oracles", oracles), func(b *testing.B) {
			c := fixture.New(b)
			var nodes []*fixture.Node
			for i := range oracles {
				stake := int64(1)
				if i == 0 {
					stake = 1000
				}
				nodes = append(nodes, c.NewNode(fmt.Sprintf("node%d", i)).Validate(stake))
			}
			c.NextBlock(time.Second)
			nodes[0].Begin()
			for _, n := range nodes[1:] {
				n.Register()
				require.True(b, nodes[0].Approve(n))
			}
			for b.Loop() {
				_, err := c.Keeper.TotalActivePower(c.Ctx)
				require.NoError(b, err)
			}
		})
	}
}
