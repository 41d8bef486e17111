package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
)

// TestKeysThatLightClientsProve: what types say is a key of the store is one, with the value that it should have.
func TestKeysThatLightClientsProve(t *testing.T) {
	c := fixture.New(t)
	deal := c.Create(c.CreateMsg("consumer"))
	consent := c.Sell(deal, "a", "provider")
	store := c.Store(types.StoreKey)
	value := func(key []byte, err error) []byte {
		require.NoError(t, err)
		require.Contains(t, store, string(key))
		return []byte(store[string(key)])
	}
	var summary types.Deal
	require.NoError(t, summary.Unmarshal(value(types.DealKey(deal.Id))))
	var contents types.DealContents
	require.NoError(t, contents.Unmarshal(value(types.ContentsKey(deal.Id))))
	require.Equal(t, c.Deal(deal.Id), contents.Join(summary))
	var sold types.Consent
	require.NoError(t, sold.Unmarshal(value(types.ConsentKey(deal.Id, consent.Certificate.DataCommitment))))
	require.Equal(t, consent, sold)
	require.Equal(t, consent.Certificate.DataCommitment, value(types.TagKey(deal.Id, consent.Certificate.UniquenessTag)))
	unsold, err := types.TagKey(deal.Id, make([]byte, 32))
	require.NoError(t, err)
	require.NotContains(t, store, string(unsold))
	_, err = types.ConsentKey("x", nil)
	require.ErrorIs(t, err, types.ErrInvalidRequest)
}
