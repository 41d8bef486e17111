package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
)

// TestIndependentDealsWriteNoKeyTwice: deals of two consumers, consents to two deals that the same oracles vouch for, and the end of a
// deal write or delete no common key, in this module's store nor in those of bank and accounts, so that they execute in parallel.
func TestIndependentDealsWriteNoKeyTwice(t *testing.T) {
	c := fixture.New(t)
	c.Fund(fixture.Account("third"), fixture.Umed(1_000_000_000))
	c.CreateDID("third")
	first, second, third := c.Create(c.CreateMsg("consumer")), c.Create(c.CreateMsg("consumer")), c.Create(c.CreateMsg("third"))
	c.Sell(first, "a", "a provider")
	c.Sell(first, "b", "a provider")
	state := func(c *fixture.Chain) map[string]map[string]string {
		all := map[string]map[string]string{"credited at the end of the block": c.Uncredited()}
		for _, store := range []string{types.StoreKey, banktypes.StoreKey, authtypes.StoreKey} {
			all[store] = c.Store(store)
		}
		return all
	}
	before := state(c)
	written := map[string]string{}
	index := 0
	for name, execute := range map[string]func(ctx sdk.Context) error{
		"a deal of one consumer": func(ctx sdk.Context) error {
			_, err := c.Msgs.CreateDeal(ctx, c.CreateMsg("consumer"))
			return err
		},
		"a deal of another": func(ctx sdk.Context) error {
			_, err := c.Msgs.CreateDeal(ctx, c.CreateMsg("other"))
			return err
		},
		"the consent that completes a deal": func(ctx sdk.Context) error {
			_, err := c.Msgs.SubmitConsent(ctx, c.Sign(c.Certificate(first, "c", "a provider"), c.Nodes...))
			return err
		},
		"a consent to another deal": func(ctx sdk.Context) error {
			_, err := c.Msgs.SubmitConsent(ctx, c.Sign(c.Certificate(second, "a", "another provider"), c.Nodes...))
			return err
		},
		"the end of a deal": func(ctx sdk.Context) error {
			_, err := c.Msgs.DeactivateDeal(ctx, &types.MsgDeactivateDeal{Consumer: third.Consumer, DealId: third.Id})
			return err
		},
	} {
		ctx, _ := c.Ctx.CacheContext()
		ctx = ctx.WithTxIndex(index) // as which the bank keeps what it credits at the block's end
		index++
		require.NoError(t, execute(ctx), name)
		for store, after := range state(c.At(ctx)) {
			for _, key := range changed(before[store], after) {
				require.Empty(t, written[store+key], "%s and %s write %x in %s", name, written[store+key], key, store)
				written[store+key] = name
			}
		}
	}
	require.NotEmpty(t, written)
}

// changed returns the keys that were set, changed or deleted.
func changed(before, after map[string]string) (keys []string) {
	for key, value := range after {
		if old, found := before[key]; !found || old != value {
			keys = append(keys, key)
		}
	}
	for key := range before {
		if _, found := after[key]; !found {
			keys = append(keys, key)
		}
	}
	return keys
}

// TestAConsentCostsWhatItsDealAsksNotWhatItSays: long requirements and terms are neither read nor written by consents.
func TestAConsentCostsWhatItsDealAsksNotWhatItSays(t *testing.T) {
	gas := func(size int) uint64 {
		c := fixture.New(t)
		msg := c.CreateMsg("consumer")
		msg.Terms[0].Text = string(make([]byte, size))
		deal := c.Create(msg)
		consent := c.Sign(c.Certificate(deal, "a", "provider"), c.Nodes...)
		before := c.Ctx.GasMeter().GasConsumed()
		_, err := c.Msgs.SubmitConsent(c.Ctx, consent)
		require.NoError(t, err)
		return c.Ctx.GasMeter().GasConsumed() - before
	}
	require.InDelta(t, gas(1), gas(10_000), 100)
}
