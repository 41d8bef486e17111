package keeper_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
)

// BenchmarkSubmitConsent is a consent that one to four oracles signed, beside a transfer over the same store.
func BenchmarkSubmitConsent(b *testing.B) {
	c := fixture.New(b)
	deal := c.Create(c.CreateMsg("consumer"))
	for signers := 1; signers <= len(c.Nodes); signers++ {
		b.Run(fmt.Sprintf("%d signatures", signers), func(b *testing.B) {
			msg := c.Sign(c.Certificate(deal, "datum", "provider"), c.Nodes[:signers]...)
			for b.Loop() {
				ctx, _ := c.Ctx.CacheContext()
				_, err := c.Msgs.SubmitConsent(ctx, msg)
				require.NoError(b, err)
			}
		})
	}
	b.Run("transfer", func(b *testing.B) {
		for b.Loop() {
			ctx, _ := c.Ctx.CacheContext()
			require.NoError(b, c.Bank.SendCoins(ctx, fixture.Account("consumer"), fixture.Account("other"), sdk.NewCoins(fixture.Umed(1))))
		}
	})
}

// BenchmarkCreateDeal is a deal with presentation definitions that cost most to parse for their size: GasPerDefinitionByte is set by it.
func BenchmarkCreateDeal(b *testing.B) {
	for name, definition := range costlyDefinitions(b) {
		b.Run(name, func(b *testing.B) {
			c := fixture.New(b)
			msg := c.CreateMsg("consumer")
			msg.Requirements.PresentationDefinition = definition
			b.SetBytes(int64(len(definition)))
			for b.Loop() {
				ctx, _ := c.Ctx.CacheContext()
				_, err := c.Msgs.CreateDeal(ctx, msg)
				require.NoError(b, err)
			}
		})
	}
}

// costlyDefinitions returns definitions of different kinds, as large as the parameters and the parser allow.
func costlyDefinitions(t testing.TB) map[string][]byte {
	t.Helper()
	// with returns a definition of as many fields as may be, each with a filter of some subschemas.
	with := func(subschemas int, subschema string) []byte {
		filter := strings.TrimSuffix(strings.Repeat(subschema+",", subschemas), ",")
		field := fmt.Sprintf(`{"path":["$.a"],"filter":{"anyOf":[%s]}}`, filter)
		count := min(250, (int(types.DefaultParams().MaxDefinitionSize)-200)/(len(field)+1))
		fields := strings.TrimSuffix(strings.Repeat(field+",", count), ",")
		text := fmt.Sprintf(`{"id":"d","input_descriptors":[{"id":"n","constraints":{"fields":[%s]}}]}`, fields)
		require.True(t, json.Valid([]byte(text)), "%.200s", text)
		return []byte(text)
	}
	return map[string][]byte{
		"small":          []byte(fixture.Definition),
		"empty schemas":  with(60, `{}`),
		"types":          with(15, `{"type":"string"}`),
		"patterns":       with(8, `{"pattern":"^[a-z]{1,9}(x|y)*$"}`),
		"large patterns": with(1, `{"pattern":"(((a{1,9}){1,10}){1,10})"}`),
		"long patterns":  with(1, `{"pattern":"`+strings.Repeat(`(a{1,9}|b*)c`, 20)+`"}`),
		"enumerations":   with(1, `{"enum":[`+strings.Repeat(`1,`, 70)+`2]}`),
		"paths":          []byte(strings.ReplaceAll(string(with(1, `{}`)), `"$.a"`, `"$`+strings.Repeat(`..a[*]`, 30)+`"`)),
	}
}
