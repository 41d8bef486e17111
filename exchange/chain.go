package exchange

import (
	"context"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee/dcap"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// Head is the last block whose state was proven.
type Head struct {
	Height int64
	Time   time.Time
}

// OracleRecord is all that the chain says of one oracle, and that is needed to judge it.
type OracleRecord struct {
	Oracle      oracletypes.Oracle
	Measurement oracletypes.Measurement
	Params      oracletypes.Params
	// PublicKey is what submissions are sealed to, as package seal encodes it.
	PublicKey []byte
	// Collateral is for hardware, nil for a simulated enclave.
	Collateral     *dcap.VerifiedCollateral
	AllowSimulated bool
	Head           Head
}

// OracleHint is what an active oracle is chosen by.
type OracleHint struct {
	Address    string
	Power      math.LegacyDec
	Commission math.LegacyDec
}

// Chain is what the exchange asks of the chain and tells it. Connection is one: what it answers is proven. Implementations are safe for
// concurrent use.
type Chain interface {
	ChainID() string
	Head(ctx context.Context) (Head, error)
	// Deal, Consent and Oracle return ErrNotFound where there is none.
	Deal(ctx context.Context, id string) (datadealtypes.Deal, error)
	Consent(ctx context.Context, dealID string, c seal.Commitment) (datadealtypes.Consent, error)
	Oracle(ctx context.Context, address string) (OracleRecord, error)

	OracleParams(ctx context.Context) (oracletypes.Params, error)
	ActiveOracles(ctx context.Context) ([]OracleHint, error)
	// ActiveDeals are whole deals.
	ActiveDeals(ctx context.Context) ([]datadealtypes.Deal, error)
	// ConsumerDeals are deals without what they ask for.
	ConsumerDeals(ctx context.Context, consumer string) ([]datadealtypes.Deal, error)
	DealConsents(ctx context.Context, dealID string) ([]datadealtypes.Consent, error)
	// Resource returns the bytes that a DID URL names, which the caller compares with a digest.
	Resource(ctx context.Context, url string) ([]byte, error)

	// Send returns when the transaction stands in a block and succeeded there.
	Send(ctx context.Context, from Account, messages ...sdk.Msg) (txHash string, err error)
	// SendKept is Send for what must not be executed twice: keep is given the signed transaction before any node is.
	SendKept(ctx context.Context, from Account, keep func(client.Signed) error, messages ...sdk.Msg) (txHash string, err error)
	// Settle sees a transaction that was kept to its end, which a process before may have sent or not: when it returns, what it did stands in
	// the state that is read from then on, or it never will be executed.
	Settle(ctx context.Context, from Account, tx client.Signed) error
	// WaitForBlock returns when there is a block above a height.
	WaitForBlock(ctx context.Context, above int64) (Head, error)
}
