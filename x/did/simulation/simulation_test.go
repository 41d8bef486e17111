package simulation

import (
	"encoding/json"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

func TestMain(m *testing.M) {
	sdk.GetConfig().SetBech32PrefixForAccount(fixture.Prefix, fixture.Prefix+"pub")
	m.Run()
}

func TestRandomGenesisIsValidAndReproducible(t *testing.T) {
	for seed := range int64(20) {
		generate := func() (*fixture.Chain, json.RawMessage) {
			c := fixture.NewEmpty(t)
			r := rand.New(rand.NewSource(seed))
			state := module.SimulationState{
				Rand: r, Cdc: c.Codec, Accounts: simtypes.RandomAccounts(r, 20), GenTimestamp: time.Unix(1_000_000, 0),
				GenState: map[string]json.RawMessage{},
			}
			RandomizedGenState(&state)
			return c, state.GenState[types.ModuleName]
		}
		c, first := generate()
		_, second := generate()
		require.Equal(t, string(first), string(second))
		var genesis types.GenesisState
		c.Codec.MustUnmarshalJSON(first, &genesis)
		require.NotEmpty(t, genesis.Documents)
		require.NoError(t, c.Keeper.InitGenesis(c.Ctx, &genesis))
		require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
	}
}

// TestRandomDocumentsAreAccepted: an operation that the chain refuses would end the simulation.
func TestRandomDocumentsAreAccepted(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	accounts := simtypes.RandomAccounts(r, 5)
	other := newIdentity(accounts[0], 1).id
	for i := range 200 {
		subject := newIdentity(accounts[i%len(accounts)], i%didsPerAccount)
		document := subject.document(r, i%2 == 0, []string{other})
		require.NoError(t, document.Validate())
		require.NoError(t, document.CheckLimits(randomParams(r)))
		_, _, ok := subject.signer(r, document)
		require.True(t, ok, "somebody can change it")
		if i%2 == 0 {
			require.NotNil(t, document.FindAuthentication(subject.methodID(0)))
		}
		require.NoError(t, randomParams(r).Validate())
	}
}
