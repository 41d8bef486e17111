package keeper_test

import (
	"context"
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
				_, err := c.Msgs.SubmitConsent(fresh(c), msg)
				require.NoError(b, err)
			}
		})
	}
	b.Run("transfer", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, c.Bank.SendCoins(fresh(c), fixture.Account("consumer"), fixture.Account("other"), sdk.NewCoins(fixture.Umed(1))))
		}
	})
}

// fresh returns a context as a transaction has it: nobody sees its writes, and it has events of its own.
func fresh(c *fixture.Chain) context.Context {
	ctx, _ := c.Ctx.CacheContext()
	return ctx.WithEventManager(sdk.NewEventManager())
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
				_, err := c.Msgs.CreateDeal(fresh(c), msg)
				require.NoError(b, err)
			}
		})
	}
}

// costlyDefinitions returns definitions of different kinds, as large as the parameters and the parser allow.
func costlyDefinitions(t testing.TB) map[string][]byte {
	t.Helper()
	// with returns a definition of as many fields as may be.
	with := func(path, filter string) []byte {
		field := fmt.Sprintf(`{"path":[%q],"filter":%s}`, path, filter)
		count := min(250, (int(types.DefaultParams().MaxDefinitionSize)-200)/(len(field)+1))
		fields := strings.TrimSuffix(strings.Repeat(field+",", count), ",")
		text := fmt.Sprintf(`{"id":"d","input_descriptors":[{"id":"n","constraints":{"fields":[%s]}}]}`, fields)
		require.True(t, json.Valid([]byte(text)), "%.200s", text)
		return []byte(text)
	}
	return map[string][]byte{
		"small":    []byte(fixture.Definition),
		"values":   with("$.a", `{"enum":[`+strings.Repeat(`1,`, 70)+`2]}`),
		"patterns": with("$.a", `{"pattern":"(((a{1,9}){1,10}){1,10})"}`),
		"paths":    with("$"+strings.Repeat("..a[*]", 30), `{}`),
		"unions":   with("$["+strings.Repeat("1,", 60)+"1]", `{}`),
	}
}
