package light_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/client/internal/testnet"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

func TestValuesAreProvenAtTheirHeight(t *testing.T) {
	c, alice := newLight(t), account(t, "alice")
	ctx := testnet.Context(t)
	d := apptest.NewDID(t, t.Name())
	created, err := alice.Send(ctx, d.Create(alice.Address()))
	require.NoError(t, err)

	before := after(t, c, created.Height-1)
	require.Equal(t, created.Height-1, before.Height())
	require.Equal(t, created.Height, before.Header().Height)
	_, err = before.DIDRecord(ctx, d.ID)
	require.ErrorIs(t, err, didtypes.ErrDIDNotFound)

	record, err := after(t, c, created.Height).DIDRecord(ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, d.Document, record.Current.Document)
}

func TestHistoryIsReadByTheChainsOwnQueries(t *testing.T) {
	c, alice := newLight(t), account(t, "alice")
	ctx := testnet.Context(t)
	d := apptest.NewDID(t, t.Name())
	_, err := alice.Send(ctx, d.Create(alice.Address()))
	require.NoError(t, err)
	for range 3 {
		_, err = alice.Send(ctx, d.AddService(alice.Address()))
		require.NoError(t, err)
	}
	last, err := alice.Send(ctx, d.Deactivate(alice.Address()))
	require.NoError(t, err)

	versions, err := after(t, c, last.Height).DIDs().Versions(ctx, &didtypes.QueryVersionsRequest{Did: d.ID})
	require.NoError(t, err)
	require.Len(t, versions.Versions, 5)
}

func TestAccountsBalancesAndValidators(t *testing.T) {
	c, alice, bob := newLight(t), account(t, "alice"), account(t, "bob")
	ctx := testnet.Context(t)
	result, err := bob.Send(ctx, banktypes.NewMsgSend(bob.Address(), alice.Address(), sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 5))))
	require.NoError(t, err)
	now, before := after(t, c, result.Height), after(t, c, result.Height-1)

	account, err := now.Account(ctx, bob.Address())
	require.NoError(t, err)
	require.Equal(t, bob.Address(), account.GetAddress())
	key, err := now.PublicKey(ctx, bob.Address())
	require.NoError(t, err)
	require.Equal(t, bob.Address().Bytes(), key.Address().Bytes())

	has, err := now.Balance(ctx, bob.Address(), app.BaseDenom)
	require.NoError(t, err)
	had, err := before.Balance(ctx, bob.Address(), app.BaseDenom)
	require.NoError(t, err)
	require.Equal(t, int64(5+result.GasWanted*5), had.Amount.Sub(has.Amount).Int64())
	none, err := now.Balance(ctx, bob.Address(), "nothing")
	require.NoError(t, err)
	require.True(t, none.IsZero())

	_, err = now.Account(ctx, make([]byte, 20))
	require.ErrorIs(t, err, sdkerrors.ErrUnknownAddress)
	validator, err := sdk.ValAddressFromBech32(testnet.Network.Nodes[0].Validator)
	require.NoError(t, err)
	found, err := now.Validator(ctx, validator)
	require.NoError(t, err)
	require.True(t, found.IsBonded())
	_, err = now.Validator(ctx, sdk.ValAddress(bob.Address()))
	require.ErrorIs(t, err, stakingtypes.ErrNoValidatorFound)
}
