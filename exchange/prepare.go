package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/pex"
	"github.com/medibloc/panacea/vc/schema"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

// Candidate is an active deal and whether data answer it.
type Candidate struct {
	Deal datadealtypes.Deal
	// Why is nil if the data answer the deal as far as can be told, else the reason why not.
	Why error
}

// FindDeals goes through the active deals and says of each whether the data answer it. The list is a node's word: Prepare proves the deal.
func (p *Provider) FindDeals(ctx context.Context, data Data) ([]Candidate, error) {
	deals, err := p.Chain.ActiveDeals(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Candidate, len(deals))
	for i, d := range deals {
		all[i] = Candidate{d, p.answers(ctx, d, data)}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// answers says why data do not answer a deal, nil if they do.
func (p *Provider) answers(ctx context.Context, d datadealtypes.Deal, data Data) error {
	if len(d.Requirements.PresentationDefinition) > 0 {
		_, err := p.selectCredentials(ctx, d, data)
		return err
	}
	if data.Open == nil {
		return fmt.Errorf("%w: it asks for a whole record", ErrUnanswerable)
	}
	return p.checkRecord(ctx, d, data)
}

// Prepare makes of data what answers a deal, with the least disclosure, and tells what that is. Nothing leaves the provider. A deal that is over
// takes nothing new, but a sale to it that was begun can be seen to its end.
// Errors: ErrNotFound, ErrDealNotActive, ErrUnanswerable, and those of packages vc and pex.
func (p *Provider) Prepare(ctx context.Context, dealID string, data Data) (*Offer, error) {
	deal, err := p.Chain.Deal(ctx, dealID)
	if err != nil {
		return nil, err
	}
	over := p.checkActive(ctx, deal)
	if over != nil && !errors.Is(over, ErrDealNotActive) {
		return nil, over
	}
	o := &Offer{Deal: deal, Label: data.Label, schemas: schemasByDigest(data.Schemas)}
	if len(deal.Requirements.PresentationDefinition) > 0 {
		err = p.preparePresentation(ctx, o, data)
	} else {
		err = p.prepareRecord(ctx, o, data)
	}
	if over != nil && (err != nil || !p.begun(o)) { // what was sold may have been the last that the deal took
		return nil, over
	}
	return o, err
}

// begun says whether the journals know the sale of an offer.
func (p *Provider) begun(o *Offer) bool {
	_, err := os.Stat(filepath.Join(p.Dir, salesDir, o.SaleID()+".json"))
	return err == nil
}

func (p *Provider) prepareRecord(ctx context.Context, o *Offer, data Data) error {
	if data.Open == nil {
		return fmt.Errorf("%w: it asks for a whole record; name a file", ErrUnanswerable)
	}
	if err := p.checkRecord(ctx, o.Deal, data); err != nil {
		return err
	}
	r, err := data.Open()
	if err != nil {
		return err
	}
	h := sha256.New()
	o.Size, err = io.Copy(h, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("exchange: read the record: %w", err)
	}
	copy(o.Digest[:], h.Sum(nil))
	o.open, o.operation = data.Open, o.Digest
	return nil
}

// checkRecord checks a whole record against the deal's schemas, as far as they are here or on the chain: the oracles check all of them.
func (p *Provider) checkRecord(ctx context.Context, d datadealtypes.Deal, data Data) error {
	for i, pinned := range d.Requirements.Schemas {
		text := p.schemaText(ctx, pinned, data.Schemas)
		if text == nil {
			continue
		}
		if err := p.checkSchema(ctx, pinned.Url, text, data); err != nil {
			return fmt.Errorf("%w: schema %d: %w", ErrUnanswerable, i+1, err)
		}
	}
	return nil
}

// schemaText finds a pinned schema by its digest, nil if it is neither here nor on the chain.
func (p *Provider) schemaText(ctx context.Context, pinned datadealtypes.SchemaRequirement, have [][]byte) []byte {
	for _, text := range have {
		if digest := sha256.Sum256(text); bytes.Equal(digest[:], pinned.Digest) {
			return text
		}
	}
	if !strings.HasPrefix(pinned.Url, "did:") {
		return nil
	}
	text, err := p.Chain.Resource(ctx, pinned.Url)
	if digest := sha256.Sum256(text); err != nil || !bytes.Equal(digest[:], pinned.Digest) {
		return nil
	}
	return text
}

// checkSchema tells whether a record breaks a schema. What else may be wrong with either is for the oracles to say.
func (p *Provider) checkSchema(ctx context.Context, url string, text []byte, data Data) error {
	s, err := p.compiled.get(ctx, url, text)
	if err != nil {
		return nil
	}
	r, err := data.Open()
	if err != nil {
		return err
	}
	content, err := io.ReadAll(io.LimitReader(r, int64(schema.DefaultLimits().DocumentBytes)+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	if err := s.ValidateText(content); errors.Is(err, schema.ErrInvalid) {
		return err
	}
	return nil
}

// compiledSchema is the schema that was used last: compiling a large one takes seconds.
type compiledSchema struct {
	mu     sync.Mutex
	digest [sha256.Size]byte
	schema *schema.Schema
}

func (c *compiledSchema) get(ctx context.Context, url string, text []byte) (*schema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	digest := sha256.Sum256(text)
	if c.schema != nil && c.digest == digest {
		return c.schema, nil
	}
	compiled, err := schema.Compile(ctx, url, text, schema.Options{})
	if err == nil {
		c.schema, c.digest = compiled, digest
	}
	return compiled, err
}

// selectCredentials chooses what answers a deal's definition, among the credentials of issuers that the deal trusts.
func (p *Provider) selectCredentials(_ context.Context, d datadealtypes.Deal, data Data) ([]*vc.Credential, error) {
	definition, err := pex.Parse(d.Requirements.PresentationDefinition)
	if err != nil {
		return nil, err
	}
	var trusted []*vc.Credential
	var candidates []pex.Candidate
	for _, c := range data.Credentials {
		if len(d.Requirements.TrustedIssuers) == 0 || slices.Contains(d.Requirements.TrustedIssuers, c.Issuer()) {
			trusted = append(trusted, c)
			candidates = append(candidates, pex.CandidateOf(c, pex.StatusUnknown))
		}
	}
	if len(trusted) == 0 {
		return nil, fmt.Errorf("%w: no credential of an issuer that the deal trusts", ErrUnanswerable)
	}
	if _, err := definition.Select(candidates, pex.Options{Holder: p.holder()}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnanswerable, err)
	}
	return trusted, nil
}

func (p *Provider) holder() string {
	holder, _, _ := strings.Cut(p.Holder.VerificationMethod, "#")
	return holder
}

// proofBackdate is how far an oracle's light client may be behind ours.
const proofBackdate = time.Minute

// preparePresentation answers the definition for this sale alone: challenge and domain are those of docs/protocol/exchange.md.
func (p *Provider) preparePresentation(ctx context.Context, o *Offer, data Data) error {
	credentials, err := p.selectCredentials(ctx, o.Deal, data)
	if err != nil {
		return err
	}
	definition, err := pex.Parse(o.Deal.Requirements.PresentationDefinition)
	if err != nil {
		return err
	}
	submission, err := p.submission(o.Deal.Id)
	if err != nil {
		return err
	}
	head, err := p.Chain.Head(ctx)
	if err != nil {
		return err
	}
	// Oracles judge by the time of a block, and a proof must not be from its future.
	proof := vc.ProofOptions{Created: head.Time.Add(-proofBackdate), Challenge: submission.PresentationChallenge(), Domain: p.Chain.ChainID()}
	signed, _, err := pex.Answer(ctx, p.Processor, definition, credentials, p.Holder, pex.AnswerOptions{Proof: proof, Status: p.statusOf(ctx)})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnanswerable, err)
	}
	content, err := json.Marshal(signed)
	if err != nil {
		return err
	}
	o.Size, o.Digest = int64(len(content)), sha256.Sum256(content)
	o.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	return p.describe(o, definition, credentials)
}

func (p *Provider) statusOf(ctx context.Context) func(*vc.Credential) pex.Status {
	if p.Status == nil {
		return nil
	}
	return func(c *vc.Credential) pex.Status {
		switch revoked, err := p.Status(ctx, c); {
		case err != nil:
			return pex.StatusUnknown
		case revoked:
			return pex.Revoked
		}
		return pex.Active
	}
}

// describe says what is disclosed, and names the operation by the credentials that are: proofs are made anew each time.
func (p *Provider) describe(o *Offer, definition *pex.Definition, credentials []*vc.Credential) error {
	candidates := make([]pex.Candidate, len(credentials))
	for i, c := range credentials {
		candidates[i] = pex.CandidateOf(c, pex.StatusUnknown)
	}
	selection, err := definition.Select(candidates, pex.Options{Holder: p.holder()})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnanswerable, err)
	}
	operation := sha256.New()
	for _, chosen := range selection.Credentials {
		c := credentials[chosen.Candidate]
		o.Disclosures = append(o.Disclosures, Disclosure{c.ID(), c.Issuer(), c.Types(), chosen.Pointers})
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		digest := sha256.Sum256(text)
		operation.Write(digest[:])
	}
	copy(o.operation[:], operation.Sum(nil))
	return nil
}
