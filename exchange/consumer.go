package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/seal"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// dealsDir holds the journals of a consumer's new deals below its Dir.
const dealsDir = "deals"

// Consumer buys data. Its methods are safe for concurrent use; one process at a time works on one datum.
type Consumer struct {
	Chain   Chain
	Account Account // pays
	Vault   Vault   // fetches objects, as the deal's consumer DID
	Dir     string  // of the journals
	Key     *seal.PrivateKey

	// Patience is how long what fails for reasons that pass is tried again: 2 minutes.
	Patience time.Duration
	HTTP     *http.Client // nil for one of its own
	Progress func(dealID string, c seal.Commitment, p Progress)
}

// DealRequest says what a consumer wants.
type DealRequest struct {
	// Name makes the request one operation: the same name again continues it, and makes no second deal. Without one, the same request again
	// continues what was interrupted, and makes another deal once that is made.
	Name         string
	ConsumerDID  string // whose vault will fetch
	Budget       sdk.Coin
	DataCount    uint64
	Requirements datadealtypes.Requirements
	Terms        []datadealtypes.AgreementTerm
	Uniqueness   datadealtypes.Uniqueness
	Quorum       oracletypes.Fraction // 0/0 for the chain's minimum
	ExpiresAt    time.Time
}

// dealJournal is what is remembered of a deal that is being made.
type dealJournal struct {
	Message []byte         `json:"message"`        // MsgCreateDeal
	Sent    *client.Signed `json:"sent,omitempty"` // the transaction that makes it, and that no other may make again
	DealID  string         `json:"deal_id,omitempty"`
}

// CreateDeal puts the budget into escrow and returns the deal as the chain proves it. After a crash the same request goes on: the deal is made
// once.
func (c *Consumer) CreateDeal(ctx context.Context, q DealRequest) (_ datadealtypes.Deal, err error) {
	address, err := c.Account.Address()
	if err != nil {
		return datadealtypes.Deal{}, err
	}
	message := c.message(q, address.String())
	name, err := requestName(q.Name, *message)
	if err != nil {
		return datadealtypes.Deal{}, err
	}
	var known dealJournal
	j, err := openJournal(filepath.Join(c.Dir, dealsDir), name, &known)
	if err != nil {
		return datadealtypes.Deal{}, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	if known.DealID != "" && q.Name != "" {
		return c.Chain.Deal(ctx, known.DealID)
	}
	if known.DealID != "" { // that was another
		known = dealJournal{}
	}
	if known.Message != nil {
		message = &datadealtypes.MsgCreateDeal{}
		if err := message.Unmarshal(known.Message); err != nil {
			return datadealtypes.Deal{}, fmt.Errorf("%w: %w", ErrJournal, err)
		}
	} else if known.Message, err = message.Marshal(); err != nil {
		return datadealtypes.Deal{}, err
	} else if err := j.write(known); err != nil {
		return datadealtypes.Deal{}, err
	}
	deal, err := c.findOrMake(ctx, message, &known, j)
	if refused := (*client.TxError)(nil); errors.As(err, &refused) { // there is no such deal, so the next request may be another
		return deal, errors.Join(err, j.write(dealJournal{}))
	}
	if err != nil {
		return deal, err
	}
	known.DealID = deal.Id
	return deal, j.write(known)
}

// requestName names a request's journal: by its name, or by what it asks for, so that what was interrupted is found again.
func requestName(name string, m datadealtypes.MsgCreateDeal) (string, error) {
	if name != "" {
		return "request-" + hex.EncodeToString([]byte(name)), nil
	}
	m.ExpiresAt = time.Time{} // counted from when the request is made
	raw, err := m.Marshal()
	digest := sha256.Sum256(raw)
	return "unnamed-" + hex.EncodeToString(digest[:]), err
}

func (c *Consumer) message(q DealRequest, consumer string) *datadealtypes.MsgCreateDeal {
	return &datadealtypes.MsgCreateDeal{
		Consumer: consumer, ConsumerDid: q.ConsumerDID, ConsumerKey: c.Key.Public().Bytes(), Budget: q.Budget, DataCount: q.DataCount,
		Requirements: q.Requirements, Terms: q.Terms, Uniqueness: q.Uniqueness, Quorum: q.Quorum,
		// A block's time is in nanoseconds, so the expiry tells two requests apart that are otherwise the same.
		ExpiresAt: q.ExpiresAt.UTC(),
	}
}

// findOrMake looks for the deal on the chain, where an earlier try may have put it, and sends the message if it is not there. What an earlier try
// has signed is seen to its end first.
func (c *Consumer) findOrMake(ctx context.Context, message *datadealtypes.MsgCreateDeal, known *dealJournal, j *journal) (datadealtypes.Deal, error) {
	if known.Sent != nil {
		if err := c.Chain.Settle(ctx, c.Account, *known.Sent); err != nil {
			return datadealtypes.Deal{}, fmt.Errorf("exchange: what became of the deal that was sent before: %w", err)
		}
	}
	if deal, err := c.find(ctx, message); err == nil || !errors.Is(err, ErrNotFound) {
		return deal, err
	}
	keep := func(tx client.Signed) error {
		known.Sent = &tx
		return j.write(known)
	}
	_, sent := c.Chain.SendKept(ctx, c.Account, keep, message)
	var deal datadealtypes.Deal
	err := patiently(ctx, 20*time.Second, func(err error) bool { return sent == nil && errors.Is(err, ErrNotFound) }, func() (err error) {
		deal, err = c.find(ctx, message)
		return err
	})
	if err != nil && sent != nil {
		return deal, fmt.Errorf("exchange: create the deal: %w", sent)
	}
	return deal, err
}

// find returns the deal that the message made, proven. Error: ErrNotFound.
func (c *Consumer) find(ctx context.Context, m *datadealtypes.MsgCreateDeal) (datadealtypes.Deal, error) {
	deals, err := c.Chain.ConsumerDeals(ctx, m.Consumer)
	if err != nil {
		return datadealtypes.Deal{}, err
	}
	for _, hint := range deals {
		if !hint.ExpiresAt.Equal(m.ExpiresAt) { // lists come without what deals ask for
			continue
		}
		deal, err := c.Chain.Deal(ctx, hint.Id)
		if err == nil && sameRequest(deal, m) {
			return deal, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return deal, err
		}
	}
	return datadealtypes.Deal{}, ErrNotFound
}

func sameRequest(d datadealtypes.Deal, m *datadealtypes.MsgCreateDeal) bool {
	return d.Consumer == m.Consumer && d.ExpiresAt.Equal(m.ExpiresAt) && d.ConsumerDid == m.ConsumerDid && string(d.ConsumerKey) == string(m.ConsumerKey) &&
		d.Budget.Equal(m.Budget) && d.DataCount == m.DataCount && d.Requirements.Equal(m.Requirements)
}

// DeactivateDeal ends a deal, and returns it with what went back. Ended already, it does nothing.
func (c *Consumer) DeactivateDeal(ctx context.Context, dealID string) (datadealtypes.Deal, error) {
	deal, err := c.Chain.Deal(ctx, dealID)
	if err != nil || deal.Status != datadealtypes.DEAL_STATUS_ACTIVE {
		return deal, err
	}
	if _, err := c.Chain.Send(ctx, c.Account, &datadealtypes.MsgDeactivateDeal{Consumer: deal.Consumer, DealId: dealID}); err != nil {
		return deal, fmt.Errorf("exchange: deactivate the deal: %w", err)
	}
	err = patiently(ctx, 20*time.Second, func(err error) bool { return errors.Is(err, errUnproven) }, func() (err error) {
		if deal, err = c.Chain.Deal(ctx, dealID); err == nil && deal.Status == datadealtypes.DEAL_STATUS_ACTIVE {
			err = errUnproven
		}
		return err
	})
	return deal, err
}

// errUnproven says that what was sent has not reached the state that can be proven yet.
var errUnproven = errors.New("exchange: not proven to be on the chain yet")
