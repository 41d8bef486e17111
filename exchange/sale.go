package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vault"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// salesDir holds the journals of sales below a provider's Dir.
const salesDir = "sales"

// salePin is the collection of a vault that what is sold belongs to.
const salePin = "sold"

// SaleState is how far a sale is.
type SaleState string

// States of a sale, in their order.
const (
	SalePrepared SaleState = "prepared" // the datum is in the vault, its salt is chosen
	SaleVouched  SaleState = "vouched"  // enough oracles have signed
	SalePaid     SaleState = "paid"     // the consent is proven to be on the chain
)

// Sale is one datum's way through a deal, and its journal.
type Sale struct {
	ID       string                     `json:"id"`
	DealID   string                     `json:"deal_id"`
	Provider string                     `json:"provider"`
	State    SaleState                  `json:"state"`
	Label    string                     `json:"label,omitempty"`
	Record   string                     `json:"record"` // CID in the provider's own vault
	Size     int64                      `json:"size"`
	Digest   string                     `json:"digest"` // SHA-256 of the datum
	Salt     string                     `json:"salt"`
	Answers  []datadealtypes.TermAnswer `json:"answers"`
	Started  time.Time                  `json:"started"`

	Commitment  string                        `json:"commitment"`
	LastHeight  int64                         `json:"last_height,omitempty"`
	Certificate *oracletypes.Certificate      `json:"certificate,omitempty"`
	Signatures  []oracletypes.OracleSignature `json:"signatures,omitempty"`

	Tx         string `json:"tx,omitempty"`
	Height     int64  `json:"height,omitempty"`      // of the consent
	RewardUmed string `json:"reward_umed,omitempty"` // what the provider was paid
}

// Sales lists the sales that the provider's journals know, the newest first.
func (p *Provider) Sales() ([]Sale, error) {
	paths, err := filepath.Glob(filepath.Join(p.Dir, salesDir, "*.json"))
	if err != nil {
		return nil, err
	}
	var all []Sale
	for _, path := range paths {
		var s Sale
		if err := readJournal(path, &s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Sale) int { return b.Started.Compare(a.Started) })
	return all, nil
}

// Sell sells an offer: oracles vouch for it, the chain takes the consent and pays. It returns when the payment is proven. Sold already, it
// returns that sale and sells nothing. After a crash, Sell with the same data or Resume goes on; a datum's salt never changes.
//
// Errors: ErrTerms, ErrDealNotActive, ErrQuorum with each oracle's reason (see RefusalCode), ErrBusy, and the chain's refusal.
func (p *Provider) Sell(ctx context.Context, o *Offer, answers []datadealtypes.TermAnswer) (*Sale, error) {
	answers, err := checkAnswers(o.Deal, answers)
	if err != nil {
		return nil, err
	}
	return p.work(ctx, o.SaleID(), o.schemas, func(s *Sale) error {
		s.Answers = answers
		if s.State != "" {
			return nil
		}
		return p.begin(ctx, s, o)
	})
}

// Resume goes on with a sale that the journals know.
func (p *Provider) Resume(ctx context.Context, saleID string, schemas ...[]byte) (*Sale, error) {
	if strings.Contains(saleID, string(filepath.Separator)) {
		return nil, fmt.Errorf("%w %q", ErrNoSale, saleID)
	}
	if _, err := os.Stat(filepath.Join(p.Dir, salesDir, saleID+".json")); err != nil {
		return nil, fmt.Errorf("%w %q", ErrNoSale, saleID)
	}
	return p.work(ctx, saleID, schemasByDigest(schemas), nil)
}

// checkAnswers sorts answers by term, and checks that each term has one and each required one is agreed to.
func checkAnswers(d datadealtypes.Deal, answers []datadealtypes.TermAnswer) ([]datadealtypes.TermAnswer, error) {
	given := map[uint32]bool{}
	for _, a := range answers {
		given[a.TermId] = a.Agreed
	}
	var sorted []datadealtypes.TermAnswer
	for _, term := range d.Terms {
		agreed, answered := given[term.Id]
		if !answered {
			return nil, fmt.Errorf("%w: term %d (%s) is not answered", ErrTerms, term.Id, printable(term.Title))
		}
		if term.Required && !agreed {
			return nil, fmt.Errorf("%w: term %d (%s) is required", ErrTerms, term.Id, printable(term.Title))
		}
		sorted = append(sorted, datadealtypes.TermAnswer{TermId: term.Id, Agreed: agreed})
	}
	return sorted, nil
}

// work does what is left of a sale under its journal's lock.
func (p *Provider) work(ctx context.Context, id string, schemas schemaTexts, begin func(*Sale) error) (_ *Sale, err error) {
	s := &Sale{ID: id}
	j, err := openJournal(filepath.Join(p.Dir, salesDir), id, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	if s.State == "" && begin == nil {
		return nil, fmt.Errorf("%w: %s", ErrJournal, id)
	}
	if begin != nil && s.State != SalePaid {
		if err := begin(s); err != nil {
			return nil, err
		}
		if err := j.write(s); err != nil {
			return nil, err
		}
	}
	w := &saleWork{Provider: p, sale: s, journal: j, schemas: schemas}
	return s, w.run(ctx)
}

// begin puts the datum into the vault and chooses its salt: from here on, the sale is of this datum under this salt.
func (p *Provider) begin(ctx context.Context, s *Sale, o *Offer) error {
	address, err := p.Account.Address()
	if err != nil {
		return err
	}
	r, err := o.open()
	if err != nil {
		return err
	}
	salt := seal.NewSalt()
	committer := seal.NewCommitter(salt)
	object, err := p.Vault.PutRecord(ctx, io.TeeReader(&sameReader{r, sha256.New(), o.Digest}, committer), vault.RecordOptions{
		Name: o.Label, MediaType: o.Deal.Requirements.MediaType, Pin: salePin,
	})
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("exchange: keep the datum in the vault: %w", err)
	}
	c := committer.Commitment()
	s.DealID, s.Provider, s.Label, s.Record = o.Deal.Id, address.String(), o.Label, object.CID
	s.Size, s.Digest = o.Size, hex.EncodeToString(o.Digest[:])
	s.Salt, s.Commitment = hex.EncodeToString(salt[:]), hex.EncodeToString(c[:])
	s.Started, s.State = p.now().UTC(), SalePrepared
	return nil
}

// sameReader ends with ErrChanged unless what it read has the digest.
type sameReader struct {
	r      io.Reader
	h      hash.Hash
	digest [sha256.Size]byte
}

func (s *sameReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.h.Write(p[:n])
	if errors.Is(err, io.EOF) && !bytes.Equal(s.h.Sum(nil), s.digest[:]) {
		err = ErrChanged
	}
	return n, err
}

// saleWork is one process's work on a sale.
type saleWork struct {
	*Provider
	sale    *Sale
	journal *journal
	schemas schemaTexts

	deal datadealtypes.Deal
}

func (w *saleWork) commitment() (c seal.Commitment, err error) {
	return c, decodeHex(c[:], w.sale.Commitment)
}

func decodeHex(into []byte, text string) error {
	if n, err := hex.Decode(into, []byte(text)); err != nil || n != len(into) {
		return fmt.Errorf("%w: %d bytes in hexadecimal expected", ErrJournal, len(into))
	}
	return nil
}

// run does the steps that are left. The chain is asked first: whatever the journal says, a consent that is there is paid.
func (w *saleWork) run(ctx context.Context) error {
	if w.sale.State == SalePaid {
		return nil
	}
	if paid, err := w.settled(ctx); paid || err != nil {
		return err
	}
	var err error
	if w.deal, err = w.Chain.Deal(ctx, w.sale.DealID); err != nil {
		return err
	}
	if err := w.checkActive(ctx, w.deal); err != nil {
		return err
	}
	if err := w.certify(ctx); err != nil {
		return err
	}
	return w.consent(ctx)
}

// settled says whether the consent is proven to be on the chain, and notes what was paid.
func (w *saleWork) settled(ctx context.Context) (bool, error) {
	c, err := w.commitment()
	if err != nil {
		return false, err
	}
	consent, err := w.Chain.Consent(ctx, w.sale.DealID, c)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w.sale.State, w.sale.Height, w.sale.RewardUmed = SalePaid, consent.Height, consent.ProviderReward.Amount.String()
	w.sale.Answers = consent.Answers
	report(w.Progress, Progress{Stage: StagePaid})
	return true, w.journal.write(w.sale)
}

// consentMargin is how many blocks before its last height a certificate is not used any more: the transaction needs some to get into one.
const consentMargin = 10

// certify gets a certificate with enough signatures, unless the journal has one that is good for a while.
func (w *saleWork) certify(ctx context.Context) error {
	head, err := w.Chain.Head(ctx)
	if err != nil {
		return err
	}
	if w.sale.State == SaleVouched && head.Height+consentMargin < w.sale.LastHeight {
		return nil
	}
	if head.Height+consentMargin >= w.sale.LastHeight {
		if w.sale.LastHeight, err = w.lastHeight(ctx, head); err != nil {
			return err
		}
		w.sale.State, w.sale.Certificate, w.sale.Signatures = SalePrepared, nil, nil
		if err := w.journal.write(w.sale); err != nil {
			return err
		}
	}
	c, err := w.commitment()
	if err != nil {
		return err
	}
	content, size, err := w.payload(ctx)
	if err != nil {
		return err
	}
	certificate, signatures, err := w.collect(ctx, c, content, size)
	if err != nil {
		return err
	}
	w.sale.State, w.sale.Certificate, w.sale.Signatures = SaleVouched, certificate, signatures
	return w.journal.write(w.sale)
}

// maxCertificateLife bounds for how many blocks a certificate is asked for, beside the chain's own bound.
const maxCertificateLife = 2000

func (w *saleWork) lastHeight(ctx context.Context, head Head) (int64, error) {
	params, err := w.Chain.OracleParams(ctx)
	if err != nil {
		return 0, err
	}
	// An oracle whose light client is a few blocks behind counts from there.
	return head.Height + max(min(int64(params.MaxCertificateLifetime)/2, maxCertificateLife), 1), nil
}

// payload is what is sealed: header and content, read from the vault.
func (w *saleWork) payload(ctx context.Context) (func() (io.Reader, error), int64, error) {
	root, err := cid.Decode(w.sale.Record)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: the record's CID: %w", ErrJournal, err)
	}
	var salt seal.Salt
	if err := decodeHex(salt[:], w.sale.Salt); err != nil {
		return nil, 0, err
	}
	header, err := submissionHeader(salt, w.sale.LastHeight, w.deal.Requirements.MediaType, w.sale.Size)
	if err != nil {
		return nil, 0, err
	}
	return func() (io.Reader, error) {
		r, _, err := w.Vault.OpenRecord(ctx, root)
		if err != nil {
			return nil, fmt.Errorf("exchange: read the datum from the vault: %w", err)
		}
		return io.MultiReader(strings.NewReader(string(header)), r), nil
	}, int64(len(header)) + w.sale.Size, nil
}

// consent sends the consent and waits for the proof that it is on the chain. If the answer got lost, the chain knows. What the chain refuses
// is not sent again: an oracle that vouched may be one no more, so the next try asks them anew.
func (w *saleWork) consent(ctx context.Context) error {
	report(w.Progress, Progress{Stage: StageConsent})
	message := &datadealtypes.MsgSubmitConsent{
		Provider: w.sale.Provider, Certificate: *w.sale.Certificate, Signatures: w.sale.Signatures, Answers: w.sale.Answers,
	}
	tx, sent := w.Chain.Send(ctx, w.Account, message)
	if sent == nil {
		w.sale.Tx = tx
	}
	err := patiently(ctx, 20*time.Second, func(err error) bool { return sent == nil && errors.Is(err, errUnproven) }, func() error {
		paid, err := w.settled(ctx)
		if err == nil && !paid {
			err = errUnproven
		}
		return err
	})
	if err == nil || sent == nil {
		return err
	}
	failed := fmt.Errorf("exchange: send the consent: %w", sent)
	if refused := (*client.TxError)(nil); errors.As(sent, &refused) {
		w.sale.State, w.sale.Certificate, w.sale.Signatures = SalePrepared, nil, nil
		failed = errors.Join(failed, w.journal.write(w.sale))
	}
	return failed
}
