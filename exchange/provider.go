package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vault"
	"github.com/medibloc/panacea/vc"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

// Vault is what both sides ask of their owner's vault: a *vault.Vault, or the HTTP API of one that runs elsewhere on this machine.
type Vault interface {
	// PutRecord keeps a record encrypted.
	PutRecord(ctx context.Context, r io.Reader, o vault.RecordOptions) (vault.Object, error)
	// OpenRecord reads a record decrypted, and an object of a deal as it is.
	OpenRecord(ctx context.Context, root cid.Cid) (io.Reader, vault.Object, error)
	// Fetch gets an object from another vault.
	Fetch(ctx context.Context, q vault.FetchRequest) (vault.Object, error)
}

// Provider sells its owner's data. Its methods are safe for concurrent use; one process at a time works on one sale.
type Provider struct {
	Chain   Chain
	Account Account // is paid, and pays fees
	Vault   Vault   // keeps what is sold until it is, and after
	Dir     string  // of the journals

	// Processor and Holder are for deals that ask for a presentation: Holder signs it.
	Processor *vc.Processor
	Holder    vc.SigningKey
	// Status tells a credential's status, for definitions that constrain it. It may be nil.
	Status func(context.Context, *vc.Credential) (revoked bool, err error)

	// AllowSimulated sends data to oracles without hardware too: for development only.
	AllowSimulated bool
	// Patience is how long what fails for reasons that pass (an oracle that restarts, a node that is busy) is tried again: 2 minutes.
	Patience time.Duration
	HTTP     *http.Client // nil for one of its own
	Progress func(Progress)
	Now      func() time.Time // nil for time.Now

	compiled compiledSchema
}

// Data is what a provider has to offer: a record as it is, credentials, or both; each deal says which it asks for.
type Data struct {
	Label string // for people, such as a file's name
	// Open reads a record's exact bytes from the start; nil if there is none.
	Open func() (io.ReadCloser, error)
	// Credentials as their issuers gave them.
	Credentials []*vc.Credential
	// Schemas that are not resources on the chain, whole. They are handed to the oracles if a deal pins them.
	Schemas [][]byte
}

// Offer is a datum that is ready for one deal, before anything of it has left its owner.
type Offer struct {
	Deal   datadealtypes.Deal
	Label  string
	Size   int64
	Digest [sha256.Size]byte // of the datum's exact bytes
	// Disclosures say what a presentation shows; nil for a whole record.
	Disclosures []Disclosure

	open      func() (io.ReadCloser, error)
	schemas   map[[sha256.Size]byte][]byte
	operation [sha256.Size]byte // the same for the same thing in the same deal
}

// Disclosure is what a presentation shows of one credential.
type Disclosure struct {
	Credential string // id, or empty
	Issuer     string
	Types      []string
	Pointers   []string // JSON pointers into the credential as it was issued
}

// Open reads the datum.
func (o *Offer) Open() (io.ReadCloser, error) { return o.open() }

// SaleID names the sale of this offer, whose journal it is.
func (o *Offer) SaleID() string { return o.Deal.Id + "-" + hex.EncodeToString(o.operation[:8]) }

// Price is what a deal pays for one datum, in umed.
func Price(d datadealtypes.Deal) (umed int64) {
	if d.DataCount == 0 || !d.Budget.Amount.IsInt64() {
		return 0
	}
	return d.Budget.Amount.Int64() / int64(d.DataCount)
}

// checkActive: the deal takes another datum now.
func (p *Provider) checkActive(ctx context.Context, d datadealtypes.Deal) error {
	if d.Status != datadealtypes.DEAL_STATUS_ACTIVE {
		return fmt.Errorf("%w: it is %s", ErrDealNotActive, StatusName(d.Status))
	}
	head, err := p.Chain.Head(ctx)
	if err != nil {
		return err
	}
	if !head.Time.Before(d.ExpiresAt) {
		return fmt.Errorf("%w: it expired at %s", ErrDealNotActive, d.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return nil
}

// StatusName is a deal's status for people: active, completed, deactivated or expired.
func StatusName(s datadealtypes.DealStatus) string {
	switch s {
	case datadealtypes.DEAL_STATUS_ACTIVE:
		return "active"
	case datadealtypes.DEAL_STATUS_COMPLETED:
		return "completed"
	case datadealtypes.DEAL_STATUS_DEACTIVATED:
		return "deactivated"
	case datadealtypes.DEAL_STATUS_EXPIRED:
		return "expired"
	}
	return "unknown"
}

func (p *Provider) submission(dealID string) (seal.Submission, error) {
	address, err := p.Account.Address()
	if err != nil {
		return seal.Submission{}, err
	}
	return seal.Submission{Deal: seal.Deal{ChainID: p.Chain.ChainID(), ID: dealID}, Provider: address}, nil
}

func (p *Provider) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

func (p *Provider) client() *http.Client { return clientOr(p.HTTP) }

func (p *Provider) patience() time.Duration { return patienceOr(p.Patience) }

func patienceOr(d time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return 2 * time.Minute
}

// pause waits, or returns why it should not.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// patiently repeats what fails for reasons that pass, with growing pauses, until it works, fails for another reason, or takes too long.
func patiently(ctx context.Context, limit time.Duration, passes func(error) bool, do func() error) error {
	deadline := time.Now().Add(limit)
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := do()
		if err == nil || !passes(err) || ctx.Err() != nil || time.Now().Add(wait).After(deadline) {
			return err
		}
		if stopped := pause(ctx, wait); stopped != nil {
			return errors.Join(err, stopped)
		}
	}
}
