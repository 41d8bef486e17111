package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cosmossdk.io/math"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/seal"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

// trade is one datum's way from the patient to the researcher.
type trade struct {
	*Story
	name   string
	data   exchange.Data
	whole  *record // the file that is sold as it is; nil for the credential
	schema []byte  // that the file must satisfy, if one is given

	deal     datadealtypes.Deal
	consent  datadealtypes.Consent
	sold     string // SHA-256 of what the patient sold
	received string // of what the researcher has
}

// run takes the trade from the deal to the file in the researcher's hands.
func (t *trade) run(ctx context.Context) error {
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{{"deal", t.post}, {"sale", t.sell}, {"delivery", t.deliver}} {
		name := part.name
		if t.whole != nil {
			name += " of the whole file"
		}
		if err := t.timed(name, func() error { return part.do(ctx) }); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// post makes the deal.
func (t *trade) post(ctx context.Context) error {
	consumer, err := t.researcher.Consumer(ctx)
	if err != nil {
		return err
	}
	requirements, err := t.requirements(ctx)
	if err != nil {
		return err
	}
	q := exchange.DealRequest{
		Name: t.name + "-" + time.Now().UTC().Format("20060102T150405"), ConsumerDID: t.researcher.Config.DID, Budget: umed(pricePerDatum * wanted), DataCount: wanted,
		Requirements: requirements, Uniqueness: datadealtypes.UNIQUENESS_CONTENT, ExpiresAt: time.Now().Add(dealLifetime),
		Terms: []datadealtypes.AgreementTerm{
			{Id: 1, Required: true, Title: "Use", Text: "The data are used for the study of vaccination and health, and for nothing else."},
			{Id: 2, Required: false, Title: "Contact", Text: "I may be asked to take part in further studies."},
		},
	}
	if t.whole == nil {
		q.Uniqueness = datadealtypes.UNIQUENESS_CREDENTIAL
	}
	if t.deal, err = consumer.CreateDeal(ctx, q); err != nil {
		return err
	}
	t.tell.say("deal %s: %d data for %s, which lie in escrow", t.deal.Id, t.deal.DataCount, med(t.deal.Budget.Amount))
	switch {
	case t.whole == nil:
		t.tell.say("asked for: a credential of the hospital over a record of type %s, and of it no more than %s", t.record.kind, strings.Join(t.record.asked, ", "))
	case t.schema != nil:
		t.tell.say("asked for: a whole FHIR %s that satisfies the schema with SHA-256 %x…", t.whole.kind, sha256.Sum256(t.schema))
	default:
		t.tell.say("asked for: a whole FHIR %s as it is", t.whole.kind)
	}
	return nil
}

// requirements of the study: the least that answers it, of credentials of the hospital, in a form that a schema on the chain describes; or the
// whole file.
func (t *trade) requirements(ctx context.Context) (datadealtypes.Requirements, error) {
	r := datadealtypes.Requirements{MediaType: "application/json"}
	if t.whole != nil {
		if t.schema != nil {
			digest := sha256.Sum256(t.schema)
			r.Schemas = []datadealtypes.SchemaRequirement{{Digest: digest[:], Url: "https://hl7.org/fhir/R4/fhir.schema.json.zip"}}
		} else {
			r.MediaType = "application/fhir+json"
		}
		return r, nil
	}
	var err error
	if r.PresentationDefinition, err = t.record.definition(); err != nil {
		return r, err
	}
	id := party.NewUUID()
	if _, err := t.researcher.Publish(ctx, party.Resource{ID: id, Name: "study", Type: party.TypeSchema, MediaType: "application/schema+json", Data: []byte(studySchema)}); err != nil {
		return r, fmt.Errorf("publish the schema: %w", err)
	}
	digest := sha256.Sum256([]byte(studySchema))
	r.Schemas = []datadealtypes.SchemaRequirement{{Digest: digest[:], Url: t.researcher.VersionURL(id)}}
	r.TrustedIssuers = []string{t.hospital.Config.DID}
	return r, nil
}

// agreed answers the deal's terms: yes to what is required, no to the rest.
func agreed(d datadealtypes.Deal) (answers []datadealtypes.TermAnswer) {
	for _, term := range d.Terms {
		answers = append(answers, datadealtypes.TermAnswer{TermId: term.Id, Agreed: term.Required})
	}
	return answers
}

// sell: the patient finds the deal, prepares the least disclosure, has oracles vouch for it, and consents.
func (t *trade) sell(ctx context.Context) error {
	provider, err := t.patient.Provider(ctx)
	if err != nil {
		return err
	}
	found, err := provider.FindDeals(ctx, t.data)
	if err != nil {
		return err
	}
	answerable := 0
	for _, c := range found {
		if c.Why == nil {
			answerable++
		}
	}
	offer, err := provider.Prepare(ctx, t.deal.Id, t.data)
	if err != nil {
		return err
	}
	t.sold = hex.EncodeToString(offer.Digest[:])
	t.tell.say("The patient finds %d deals that own data answer, and answers this one with %d bytes (SHA-256 %s…).", answerable, offer.Size, t.sold[:16])
	for _, d := range offer.Disclosures {
		t.tell.say("shown of the credential, beside who issued it:\n  %s", strings.Join(d.Pointers, "\n  "))
		t.tell.say("not shown, and not to be found out: everything else in the record")
	}
	sale, err := provider.Sell(ctx, offer, agreed(t.deal))
	if err != nil {
		return err
	}
	var c seal.Commitment
	if _, err := hex.Decode(c[:], []byte(sale.Commitment)); err != nil {
		return err
	}
	if t.consent, err = provider.Chain.Consent(ctx, t.deal.Id, c); err != nil {
		return err
	}
	t.tell.say("%d oracles verified it inside their enclaves, and vouch for it. Before anything was sent, the patient had verified their evidence.", len(sale.Signatures))
	t.tell.say("The consent stands in block %d, and in the same block the patient was paid %s, the oracles %s.", sale.Height,
		med(t.consent.ProviderReward.Amount), med(t.oraclesPaid()))
	t.tell.say("what the public sees of it: commitment %s…, object %s…, %d bytes, the payments", sale.Commitment[:16], sale.Certificate.ObjectCid[:20], sale.Certificate.ObjectSize)
	return nil
}

// deliver: the researcher fetches, gets the key, decrypts, verifies.
func (t *trade) deliver(ctx context.Context) error {
	consumer, err := t.researcher.Consumer(ctx)
	if err != nil {
		return err
	}
	folder := t.researcher.Home + "/data"
	var c seal.Commitment
	copy(c[:], t.consent.Certificate.DataCommitment)
	d, err := consumer.Deliver(ctx, t.deal.Id, c, folder)
	if err != nil {
		return err
	}
	t.received = d.SHA256
	t.tell.say("The object came from the vault of %s, the key from %s.", d.From, d.KeyFrom)
	t.tell.say("decrypted, and compared with the commitment on the chain: %s\nSHA-256 %s, %d bytes: exactly what the patient sold", d.File, d.SHA256, d.Size)
	if t.received != t.sold {
		return fmt.Errorf("%w: delivered %s, sold %s", ErrStory, t.received, t.sold)
	}
	return nil
}

func (t *trade) oraclesPaid() math.Int {
	sum := math.ZeroInt()
	for _, r := range t.consent.OracleRewards {
		sum = sum.Add(r.Amount.Amount)
	}
	return sum
}

// settle ends the deal, and checks that every umed of the budget is accounted for.
func (t *trade) settle(ctx context.Context) error {
	consumer, err := t.researcher.Consumer(ctx)
	if err != nil {
		return err
	}
	if t.deal, err = consumer.DeactivateDeal(ctx, t.deal.Id); err != nil {
		return err
	}
	provider := t.consent.ProviderReward.Amount
	t.tell.say("deal %s: budget %s = patient %s + oracles %s + refund %s", t.deal.Id, t.deal.Budget.Amount, provider, t.oraclesPaid(), t.deal.Refunded.Amount)
	if total := provider.Add(t.oraclesPaid()).Add(t.deal.Refunded.Amount); !total.Equal(t.deal.Budget.Amount) || t.deal.Consents != 1 {
		return fmt.Errorf("%w: the budget is %s umed, %s are accounted for, %d data are sold", ErrStory, t.deal.Budget.Amount, total, t.deal.Consents)
	}
	return nil
}

func (t *trade) report(r *Report) {
	r.DealID, r.DataSHA256, r.DeliveredSHA256 = t.deal.Id, t.sold, t.received
	if t.whole != nil {
		r.DataSHA256 = t.whole.digest()
	}
	r.ProviderPaidUmed, r.ConsumerRefund = json.Number(t.consent.ProviderReward.Amount.String()), json.Number(t.deal.Refunded.Amount.String())
	for _, o := range t.consent.OracleRewards {
		r.OraclesPaidUmed[o.Oracle] = json.Number(o.Amount.Amount.String())
	}
}

// med writes an amount of umed for people.
func med(umed math.Int) string {
	whole, part := umed.QuoRaw(1_000_000), umed.ModRaw(1_000_000)
	if part.IsZero() {
		return whole.String() + " MED"
	}
	return whole.String() + "." + strings.TrimRight(fmt.Sprintf("%06d", part.Int64()), "0") + " MED"
}
