package light

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// get runs a read of a snapshot that has a result.
func get[T any](ctx context.Context, s *Snapshot, f func(ctx context.Context) (T, error)) (T, error) {
	var result, none T
	err := s.read(ctx, func(ctx context.Context) (err error) {
		result, err = f(ctx)
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

// Account returns an account. The error is sdkerrors.ErrUnknownAddress if the chain has none of the address.
func (s *Snapshot) Account(ctx context.Context, address sdk.AccAddress) (sdk.AccountI, error) {
	return get(ctx, s, func(ctx context.Context) (sdk.AccountI, error) {
		account, err := s.client.modules.accounts.Accounts.Get(ctx, address)
		if errors.Is(err, collections.ErrNotFound) {
			return nil, sdkerrors.ErrUnknownAddress.Wrapf("%s", address)
		}
		return account, err
	})
}

// PublicKey returns the public key of an account. Errors: sdkerrors.ErrUnknownAddress; sdkerrors.ErrInvalidPubKey if the account has
// not signed anything yet, so that the chain does not know its key.
func (s *Snapshot) PublicKey(ctx context.Context, address sdk.AccAddress) (cryptotypes.PubKey, error) {
	account, err := s.Account(ctx, address)
	if err != nil {
		return nil, err
	}
	key := account.GetPubKey()
	if key == nil {
		return nil, sdkerrors.ErrInvalidPubKey.Wrapf("the chain does not know the public key of %s yet: it has signed no transaction", address)
	}
	return key, nil
}

// Balance returns what an account has of a denomination, zero if it has nothing.
func (s *Snapshot) Balance(ctx context.Context, address sdk.AccAddress, denom string) (sdk.Coin, error) {
	return get(ctx, s, func(ctx context.Context) (sdk.Coin, error) {
		amount, err := s.client.modules.bank.Balances.Get(ctx, collections.Join(address, denom))
		if errors.Is(err, collections.ErrNotFound) {
			return sdk.NewInt64Coin(denom, 0), nil
		}
		if err != nil {
			return sdk.Coin{}, fmt.Errorf("reading the balance of %s: %w", address, err)
		}
		return sdk.NewCoin(denom, amount), nil
	})
}

// Validator returns a validator by its operator. The error is stakingtypes.ErrNoValidatorFound.
func (s *Snapshot) Validator(ctx context.Context, operator sdk.ValAddress) (stakingtypes.Validator, error) {
	return get(ctx, s, func(ctx context.Context) (stakingtypes.Validator, error) {
		return s.client.modules.staking.GetValidator(ctx, operator)
	})
}
