package client_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/internal/testnet"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

func send(from, to sdk.AccAddress, amount int64) sdk.Msg {
	return banktypes.NewMsgSend(from, to, sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, amount)))
}

func TestATransactionIsConfirmedWithItsEffects(t *testing.T) {
	c := newClient(t)
	alice := account(t, c, "alice")
	result, err := alice.Send(testnet.Context(t), apptest.NewDID(t, t.Name()).Create(alice.Address()))
	require.NoError(t, err)
	require.Positive(t, result.Height)
	require.Positive(t, result.GasUsed)
	require.Greater(t, result.GasWanted, result.GasUsed)
	require.Len(t, result.Hash, 64)
	var types []string
	for _, e := range result.Events {
		types = append(types, e.Type)
	}
	require.Contains(t, types, "panacea.did.v2.EventDIDCreated")
}

func TestRefusalsCarryTheModulesError(t *testing.T) {
	c := newClient(t)
	ctx := testnet.Context(t)
	alice, bob := account(t, c, "alice"), account(t, c, "bob")
	d := apptest.NewDID(t, t.Name())

	t.Run("by simulation", func(t *testing.T) {
		_, err := alice.Send(ctx, send(alice.Address(), bob.Address(), 1<<60))
		require.ErrorIs(t, err, sdkerrors.ErrInsufficientFunds)
		var refused *client.TxError
		require.ErrorAs(t, err, &refused)
		require.Empty(t, refused.Hash)
	})
	t.Run("in a block", func(t *testing.T) {
		_, err := alice.Send(ctx, d.Create(alice.Address()))
		require.NoError(t, err)
		signer, err := client.KeyringSigner(testnet.Keyring(t), "alice")
		require.NoError(t, err)
		fixed := c.Account(client.AccountConfig{Signer: signer, GasLimit: 300_000})
		result, err := fixed.Send(ctx, d.Create(alice.Address()))
		require.ErrorIs(t, err, didtypes.ErrDIDExists)
		var refused *client.TxError
		require.ErrorAs(t, err, &refused)
		require.Positive(t, refused.Height)
		require.Equal(t, refused.Height, result.Height)
	})
	t.Run("no account", func(t *testing.T) {
		signer, err := client.KeySigner(append(make([]byte, 31), 7))
		require.NoError(t, err)
		nobody := c.Account(client.AccountConfig{Signer: signer})
		_, err = nobody.Send(ctx, send(nobody.Address(), bob.Address(), 1))
		require.ErrorIs(t, err, sdkerrors.ErrUnknownAddress)
	})
}

func TestManyGoroutinesSendFromOneAccount(t *testing.T) {
	c := newClient(t)
	ctx := testnet.Context(t)
	carol, bob := account(t, c, "carol"), account(t, c, "bob")
	const senders, each = 20, 5
	var wait sync.WaitGroup
	results := make(chan client.Result, senders*each)
	for range senders {
		wait.Go(func() {
			for i := range each {
				result, err := carol.Send(ctx, send(carol.Address(), bob.Address(), int64(i+1)))
				if err != nil {
					t.Error(err)
					return
				}
				results <- result
			}
		})
	}
	wait.Wait()
	close(results)
	hashes := map[string]bool{}
	for result := range results {
		require.Zero(t, result.Code)
		hashes[result.Hash] = true
	}
	require.Len(t, hashes, senders*each)
}
