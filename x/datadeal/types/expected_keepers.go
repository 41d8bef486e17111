package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	didtypes "github.com/medibloc/panacea/x/did/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// BankKeeper moves budgets and rewards.
type BankKeeper interface {
	GetBalance(ctx context.Context, account sdk.AccAddress, denom string) sdk.Coin
	// SendCoins moves coins at once.
	SendCoins(ctx context.Context, from, to sdk.AccAddress, amount sdk.Coins) error
	// SendCoinsToVirtual takes coins from an account at once, and credits them at the end of the block, so that transactions that
	// pay one account do not write one key.
	SendCoinsToVirtual(ctx context.Context, from, to sdk.AccAddress, amount sdk.Coins) error
}

// AccountKeeper opens escrow accounts.
type AccountKeeper interface {
	GetAccount(ctx context.Context, account sdk.AccAddress) sdk.AccountI
	SetAccount(ctx context.Context, account sdk.AccountI)
}

// OracleKeeper knows the oracles.
type OracleKeeper interface {
	// ActiveOracle returns an oracle that is active now, or why it is not.
	ActiveOracle(ctx context.Context, oracle sdk.AccAddress) (oracletypes.ActiveOracle, error)
	// ActiveOracles returns all oracles that are active now.
	ActiveOracles(ctx context.Context) (oracletypes.ActiveOracles, error)
	// MaxCertificateLifetime returns how many blocks before its last height a certificate may be used.
	MaxCertificateLifetime(ctx context.Context) (int64, error)
}

// DIDKeeper knows the DIDs whose vaults fetch objects.
type DIDKeeper interface {
	// ActiveRecord returns what is kept of a DID that has not been deactivated. The errors are didtypes.ErrDIDNotFound and
	// didtypes.ErrDIDDeactivated.
	ActiveRecord(ctx context.Context, id string) (didtypes.Record, error)
}
