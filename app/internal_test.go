package app

import (
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// CreditAtOnce credits what a transaction has paid for the end of the block, and forgets that it waits.
func (app *App) CreditAtOnce(ctx sdk.Context) error {
	if err := app.BankKeeper.CreditVirtualAccounts(ctx); err != nil {
		return err
	}
	waiting := ctx.ObjectStore(app.objects[banktypes.ObjectStoreKey])
	entries := waiting.Iterator(nil, nil)
	var keys [][]byte
	for ; entries.Valid(); entries.Next() {
		keys = append(keys, entries.Key())
	}
	if err := entries.Close(); err != nil {
		return err
	}
	for _, key := range keys {
		waiting.Delete(key)
	}
	return nil
}
