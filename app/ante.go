package app

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	ibcante "github.com/cosmos/ibc-go/v11/modules/core/ante"
)

const (
	// maxUnorderedTimeout bounds how far ahead an unordered transaction's timeout may lie: what the chain must remember of
	// such transactions grows with it.
	maxUnorderedTimeout = 10 * time.Minute
	// unorderedTxGas is charged for remembering an unordered transaction until its timeout.
	unorderedTxGas = 2240
)

// NewAnteHandler returns the checks that every transaction passes before its messages run. Fees are paid through the given bank.
func (app *App) NewAnteHandler(fees authtypes.BankKeeper) sdk.AnteHandler {
	signModes := app.encoding.TxConfig.SignModeHandler()
	return sdk.ChainAnteDecorators(
		ante.NewSetUpContextDecorator(), // outermost: it sets the gas meter and recovers from running out of gas
		ante.NewExtensionOptionsDecorator(nil),
		ante.NewValidateBasicDecorator(),
		ante.NewTxTimeoutHeightDecorator(),
		ante.NewValidateMemoDecorator(app.AccountKeeper),
		ante.NewConsumeGasForTxSizeDecorator(app.AccountKeeper),
		ante.NewDeductFeeDecorator(app.AccountKeeper, fees, app.FeeGrantKeeper, nil),
		ante.NewSetPubKeyDecorator(app.AccountKeeper), // before every decorator that reads public keys
		ante.NewValidateSigCountDecorator(app.AccountKeeper),
		ante.NewSigGasConsumeDecorator(app.AccountKeeper, ante.DefaultSigVerificationGasConsumer),
		ante.NewSigVerificationDecorator(app.AccountKeeper, signModes,
			ante.WithUnorderedTxGasCost(unorderedTxGas),
			ante.WithMaxUnorderedTxTimeoutDuration(maxUnorderedTimeout)),
		ante.NewIncrementSequenceDecorator(app.AccountKeeper),
		ibcante.NewRedundantRelayDecorator(app.IBCKeeper),
	)
}

// feeCollector pays fees into the fee collector's account once a block instead of once a transaction. Each transaction adds
// to a slot of its own, and the bank module's end-blocker credits the sum: otherwise all transactions would write one key,
// and none could run in parallel.
type feeCollector struct {
	bankkeeper.Keeper
}

// SendCoinsFromAccountToModule is what the fee decorator calls to deduct a fee.
func (f feeCollector) SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, module string, amount sdk.Coins) error {
	return f.SendCoinsFromAccountToModuleVirtual(ctx, sender, module, amount)
}

var _ authtypes.BankKeeper = feeCollector{}
