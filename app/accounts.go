package app

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
)

const (
	// accountNumberBits is how many bits JavaScript's numbers hold exactly: clients before cosmjs 0.39, the existing Panacea
	// client among them, cannot sign for an account whose number has more.
	accountNumberBits = 53
	// accountNumberTop is set in every number that is given here, so that none meets those that a counter gave (at genesis, or
	// before this chain knew another way).
	accountNumberTop = uint64(1) << (accountNumberBits - 1)
)

// accountKeeper gives new accounts numbers that existing wallets can hold. The SDK makes them of 64 pseudorandom bits, so
// that no counter stands in the way of parallel execution; here they have 53, and one that is taken is passed over.
type accountKeeper struct {
	authkeeper.AccountKeeper
}

// NewAccountWithAddress returns a new account, which is not stored yet.
func (k accountKeeper) NewAccountWithAddress(ctx context.Context, address sdk.AccAddress) sdk.AccountI {
	return k.renumber(ctx, k.AccountKeeper.NewAccountWithAddress(ctx, address))
}

// NewAccount gives an account its number.
func (k accountKeeper) NewAccount(ctx context.Context, account sdk.AccountI) sdk.AccountI {
	return k.renumber(ctx, k.AccountKeeper.NewAccount(ctx, account))
}

func (k accountKeeper) renumber(ctx context.Context, account sdk.AccountI) sdk.AccountI {
	number := account.GetAccountNumber()
	for {
		short := number&(accountNumberTop-1) | accountNumberTop
		_, err := k.Accounts.Indexes.Number.MatchExact(ctx, short)
		if errors.Is(err, collections.ErrNotFound) {
			if err := account.SetAccountNumber(short); err != nil {
				panic(fmt.Sprintf("app: numbering the account %s: %v", account.GetAddress(), err))
			}
			return account
		}
		if err != nil {
			panic(fmt.Sprintf("app: reading the account numbers: %v", err))
		}
		digest := sha256.Sum256(binary.BigEndian.AppendUint64(nil, number))
		number = binary.BigEndian.Uint64(digest[:8])
	}
}
