package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// fund opens a new deal's escrow account with the budget. Its address was known before the deal, so that somebody may have sent
// coins there, or opened a vesting account, to spoil the escrow's arithmetic: such an account becomes a plain one, and coins of
// the budget's denomination go to the consumer. It runs before the escrow is known to SendRestriction.
func (k Keeper) fund(ctx context.Context, consumer, escrow sdk.AccAddress, budget sdk.Coin) error {
	if account := k.accounts.GetAccount(ctx, escrow); account != nil {
		k.accounts.SetAccount(ctx, authtypes.NewBaseAccount(escrow, nil, account.GetAccountNumber(), account.GetSequence()))
	}
	if found := k.bank.GetBalance(ctx, escrow, budget.Denom); found.IsPositive() {
		if err := k.bank.SendCoins(ctx, escrow, consumer, sdk.NewCoins(found)); err != nil {
			return err
		}
	}
	return k.bank.SendCoins(ctx, consumer, escrow, sdk.NewCoins(budget))
}

// refund returns coins of a deal's escrow to its consumer.
func (k Keeper) refund(ctx context.Context, deal types.Deal, amount sdk.Coin) error {
	if amount.IsZero() {
		return nil
	}
	escrow, err := k.addressBytes(deal.Escrow)
	if err != nil {
		return err
	}
	consumer, err := k.addressBytes(deal.Consumer)
	if err != nil {
		return err
	}
	return k.bank.SendCoins(ctx, escrow, consumer, sdk.NewCoins(amount))
}

// SendRestriction refuses transfers into escrow accounts, so that each holds exactly what is left of its deal's budget. What the
// account of x/distribution pays goes to the deal's consumer instead: anybody may have rewards withdrawn to any address, and x/staking
// withdraws them when it slashes, at the beginning of a block, where an error halts the chain. It is for
// BankKeeper.AppendSendRestriction, and reads the store only for addresses of an escrow's size. The error is ErrEscrow.
func (k Keeper) SendRestriction(ctx context.Context, from, to sdk.AccAddress, _ sdk.Coins) (sdk.AccAddress, error) {
	if len(to) != types.EscrowAddressSize {
		return to, nil
	}
	id, err := k.Escrows.Get(ctx, to)
	if errors.Is(err, collections.ErrNotFound) {
		return to, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the deal of escrow %s: %w", to, err)
	}
	if !from.Equals(authtypes.NewModuleAddress(distrtypes.ModuleName)) {
		return nil, types.ErrEscrow.Wrap(to.String())
	}
	deal, err := k.deal(ctx, id)
	if err != nil {
		return nil, err
	}
	return k.addressBytes(deal.Consumer)
}
