package keeper_test

import (
	"fmt"
	"testing"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/medibloc/panacea/x/resource/internal/fixture"
)

// BenchmarkCreateResource measures the handler, signature included, over sizes: GasPerByte and GasPerSignature are set by it.
func BenchmarkCreateResource(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10, 256 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			c, p := fixture.New(b), fixture.NewPublisher(b, "publisher")
			c.CreateDID(p, p.Document())
			r := schema("first", "", "")
			r.Data = make([]byte, size)
			msg := p.Message(r)
			b.SetBytes(int64(size))
			for b.Loop() {
				ctx, _ := c.Ctx.CacheContext()
				if _, err := c.Msgs.CreateResource(ctx, msg); err != nil {
					b.Fatal(err)
				}
			}
			perMessage := b.Elapsed().Seconds() * 1e6 / float64(b.N)
			ctx, _ := c.Ctx.CacheContext()
			ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
			if _, err := c.Msgs.CreateResource(ctx, msg); err != nil {
				b.Fatal(err)
			}
			gas := float64(ctx.GasMeter().GasConsumed())
			b.ReportMetric(gas, "gas")
			b.ReportMetric(perMessage/gas*1000, "µs/kgas")
		})
	}
}
