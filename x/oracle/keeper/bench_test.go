package keeper_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/tee/dcap/dcaptest"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/types"
)

// proportion reports, after a loop over a message, how long a thousand gas of it took, the store's gas included; for a transaction's
// secp256k1 signature, which the SDK prices, BenchmarkAccountSignature reports the same.
func proportion(b *testing.B, ctx sdk.Context, execute func(sdk.Context)) {
	b.Helper()
	perMessage := b.Elapsed().Seconds() * 1e6 / float64(b.N)
	branch, _ := ctx.CacheContext()
	branch = branch.WithGasMeter(storetypes.NewInfiniteGasMeter())
	execute(branch)
	gas := float64(branch.GasMeter().GasConsumed())
	b.ReportMetric(gas, "gas")
	b.ReportMetric(perMessage/gas*1000, "µs/kgas")
}

// BenchmarkAccountSignature is a transaction's signature, for which the SDK takes 1000 gas.
func BenchmarkAccountSignature(b *testing.B) {
	key, message := secp256k1.GenPrivKeyFromSecret([]byte("account")), make([]byte, 300)
	signature, err := key.Sign(message)
	require.NoError(b, err)
	public := key.PubKey()
	for b.Loop() {
		require.True(b, public.VerifySignature(message, signature))
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N), "µs/kgas")
}

// BenchmarkNodeSignature is an oracle's signature of a certificate, for which x/datadeal takes GasPerSignature.
func BenchmarkNodeSignature(b *testing.B) {
	c, nodes := fixture.World(b)
	certificate := c.Certificate("datum", "provider", 1)
	signature := ed25519.Sign(nodes[0].Signing, certificate.SignBytes())
	for b.Loop() {
		require.NoError(b, certificate.VerifySignature(nodes[0].NodeKey(), signature))
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/types.GasPerSignature, "µs/kgas")
}

// BenchmarkRegisterOnHardware is a registration with a quote: GasPerEvidence pays for most of it.
func BenchmarkRegisterOnHardware(b *testing.B) {
	c := fixture.New(b)
	n := c.NewNode("machine").OnHardware(dcaptest.PlatformSpec{}).Validate(10)
	c.NextBlock(time.Second)
	n.SubmitCollateral(dcaptest.CollateralSpec{})
	msg := n.RegisterMsg(fixture.OraclePublicKey())
	execute := func(ctx sdk.Context) {
		_, err := c.Msgs.RegisterOracle(ctx, msg)
		require.NoError(b, err)
	}
	for b.Loop() {
		ctx, _ := c.Ctx.CacheContext()
		execute(ctx)
	}
	proportion(b, c.Ctx, execute)
}

// BenchmarkSubmitCollateral is a set of collateral: GasPerCollateral and GasPerCollateralByte pay for most of it.
func BenchmarkSubmitCollateral(b *testing.B) {
	c := fixture.New(b)
	n := c.NewNode("machine").OnHardware(dcaptest.PlatformSpec{})
	msg := n.CollateralMsg(dcaptest.CollateralSpec{IssuedAt: c.Ctx.BlockTime().Add(-time.Hour).Truncate(time.Second)})
	b.SetBytes(int64(len(msg.Collateral)))
	execute := func(ctx sdk.Context) {
		_, err := c.Msgs.SubmitCollateral(ctx, msg)
		require.NoError(b, err)
	}
	for b.Loop() {
		ctx, _ := c.Ctx.CacheContext()
		execute(ctx)
	}
	proportion(b, c.Ctx, execute)
}

// BenchmarkNodeMessage is a message that a node key signs: GasPerSignature pays for its signature.
func BenchmarkNodeMessage(b *testing.B) {
	c, nodes := fixture.World(b)
	msg := nodes[0].InfoMsg("https://elsewhere.example")
	execute := func(ctx sdk.Context) {
		_, err := c.Msgs.UpdateOracleInfo(ctx, msg)
		require.NoError(b, err)
	}
	for b.Loop() {
		ctx, _ := c.Ctx.CacheContext()
		execute(ctx)
	}
	proportion(b, c.Ctx, execute)
}

// BenchmarkActiveOracles is what each consent asks for.
func BenchmarkActiveOracles(b *testing.B) {
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
				_, err := c.Keeper.ActiveOracles(c.Ctx)
				require.NoError(b, err)
			}
		})
	}
}
