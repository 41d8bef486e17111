package validate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/pex"
	"github.com/medibloc/panacea/vc/schema"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// Config is what a Validator works with. All but the last four must be given.
type Config struct {
	ChainID   string
	Oracle    string // this oracle's address
	Chain     Chain
	Keys      Keys
	Objects   Objects
	Journal   Journal
	Temporary string // a directory for submissions on their way in
	Schemas   string // a directory for schemas that were handed over

	Limits Limits
	// Clock is for the lifetime of tokens only; time.Now if it is nil.
	Clock func() time.Time
	// After is called when a step is done, with its name: for tests that end the process there, and for measurements.
	After func(step string)
}

// Validator validates submissions and releases content keys. It is for concurrent use.
type Validator struct {
	config    Config
	limits    Limits
	prefix    string // of addresses
	budget    *budget
	replays   *replays
	schemas   *schemas
	processor *vc.Processor
	statuses  vc.EntryChecker
	questions *definitions
}

// New makes a Validator.
func New(c Config) (*Validator, error) {
	prefix, _, ok := strings.Cut(c.Oracle, "1")
	if !ok || c.ChainID == "" || c.Chain == nil || c.Keys == nil || c.Objects == nil || c.Journal == nil || c.Temporary == "" || c.Schemas == "" {
		return nil, errors.New("validate: the configuration is not complete")
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.After == nil {
		c.After = func(string) {}
	}
	limits := c.Limits.withDefaults()
	v := &Validator{
		config: c, limits: limits, prefix: prefix, budget: newBudget(limits), replays: newReplays(),
		schemas: newSchemas(c.Schemas, limits.JSON), questions: newDefinitions(),
	}
	resolver := did.MethodRouter{did.MethodPanacea: c.Chain, "key": did.KeyResolver{}}
	v.processor = vc.NewProcessor(vc.Options{Resolver: resolver, Contexts: pex.Contexts(v.context)})
	v.statuses = v.newStatuses()
	return v, nil
}

// Limits returns the limits that hold.
func (v *Validator) Limits() Limits { return v.limits }

// Request is a submission on its way in.
type Request struct {
	DealID string
	Token  string
	Body   io.Reader // the sealed submission
	// Admit is called when the token's signature has been verified, with the provider's address: for limits of the rate. May be nil.
	Admit func(provider string) error
}

// job is one submission under validation.
type job struct {
	request Request

	token    *Token
	head     Head
	lifetime uint64 // of certificates, in blocks
	deal     *datadeal.Deal
	spool    *spool

	opened *submission
	header api.SubmissionHeader
	salt   seal.Salt

	content    []byte           // of a JSON document
	document   *schema.Document // the same
	commitment seal.Commitment
	digest     seal.ContentDigest
	answered   *pex.Report // of a presentation
	definition *pex.Definition
	tag        seal.Tag

	certificate oracletypes.Certificate
	answer      *api.ValidateDataResponse
}

// isJSON says whether the datum must be a JSON document: docs/protocol/exchange.md, "What a datum is".
func (j *job) isJSON() bool { return len(j.deal.Requirements.Schemas) > 0 || j.isPresentation() }

func (j *job) isPresentation() bool { return len(j.deal.Requirements.PresentationDefinition) > 0 }

func (j *job) sealDeal(v *Validator) seal.Deal {
	return seal.Deal{ChainID: v.config.ChainID, ID: j.deal.Id}
}

func (j *job) submission(v *Validator) seal.Submission {
	return seal.Submission{Deal: j.sealDeal(v), Provider: j.token.Address}
}

// forget overwrites what is the provider's.
func (j *job) forget() {
	clear(j.content)
	clear(j.header.Salt)
	j.salt = seal.Salt{}
	j.content, j.document, j.opened, j.answered = nil, nil, nil, nil
	if j.spool != nil {
		j.spool.close()
	}
}

// step is one thing that a submission must pass.
type step struct {
	name string
	do   func(*Validator, context.Context, *job) error
}

// Admission costs little, and comes before a byte of the submission is read.
var admission = []step{
	{"token", (*Validator).checkToken},
	{"active", (*Validator).checkActive},
	{"deal", (*Validator).findDeal},
}

// Arrival takes the submission as fast as it comes, in little memory and without work.
var arrival = []step{
	{"receive", (*Validator).receive},
	{"digest", (*Validator).checkDigest},
}

// The rest holds memory and a processor. The first failure is the refusal.
var validation = []step{
	{"open", (*Validator).open},
	{"content", (*Validator).readContent},
	{"schemas", (*Validator).checkSchemas},
	{"presentation", (*Validator).checkPresentation},
	{"uniqueness", (*Validator).findTag},
	{"duplicate", (*Validator).checkUnused},
	{"object", (*Validator).storeObject},
	{"journal", (*Validator).record},
	{"sign", (*Validator).sign},
}

// Validate takes a submission through all steps, and returns the certificate with this oracle's signature. Errors that are the
// submission's or the oracle's state are refusals, for api.RefusalOf; others are the oracle's own trouble.
//
// What the oracle vouches for is durable before the signature exists: the object in the vault, then the journal's entry. Asked again for the
// same datum, whatever happened meanwhile, it gives the same certificate but for the last height.
func (v *Validator) Validate(ctx context.Context, r Request) (*api.ValidateDataResponse, error) {
	j := &job{request: r}
	defer j.forget()
	if err := v.run(ctx, j, admission); err != nil {
		return nil, err
	}
	if err := v.run(ctx, j, arrival); err != nil {
		return nil, err
	}
	memory := int64(StreamMemory)
	if j.isJSON() {
		memory = v.budget.forJSON(j.spool.size)
	}
	release, err := v.budget.take(ctx, memory)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := v.run(ctx, j, validation); err != nil {
		return nil, err
	}
	return j.answer, nil
}

func (v *Validator) run(ctx context.Context, j *job, steps []step) error {
	for _, s := range steps {
		if err := s.do(v, ctx, j); err != nil {
			return err
		}
		v.config.After(s.name)
	}
	return nil
}

func (v *Validator) checkToken(_ context.Context, j *job) (err error) {
	if j.token, err = ParseToken(j.request.Token, v.prefix); err != nil {
		return err
	}
	now := v.config.Clock()
	if err := j.token.CheckFor(v.config.Oracle, j.request.DealID, now); err != nil {
		return err
	}
	if j.request.Admit != nil {
		if err := j.request.Admit(j.token.Provider); err != nil {
			return err
		}
	}
	return v.replays.use(j.token, now)
}

func (v *Validator) checkActive(ctx context.Context, _ *job) error {
	switch err := v.config.Chain.CheckActive(ctx); {
	case errors.Is(err, ErrNotActive):
		return api.Refuse(api.OracleNotActive, "", "%v", err)
	case err != nil:
		return unavailable(err)
	}
	return nil
}

func (v *Validator) findDeal(ctx context.Context, j *job) (err error) {
	if j.head, err = v.config.Chain.Head(ctx); err != nil {
		return unavailable(err)
	}
	if j.lifetime, err = v.config.Chain.MaxCertificateLifetime(ctx); err != nil {
		return unavailable(err)
	}
	j.deal, err = v.activeDeal(ctx, j.request.DealID)
	return err
}

// deal returns a deal that is proven to be on the chain.
func (v *Validator) deal(ctx context.Context, id string) (*datadeal.Deal, error) {
	deal, err := v.config.Chain.Deal(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, api.Refuse(api.DealNotFound, "", "the chain has no such deal at the height that the oracle has verified")
	case err != nil:
		return nil, unavailable(err)
	}
	return deal, nil
}

func (v *Validator) activeDeal(ctx context.Context, id string) (*datadeal.Deal, error) {
	deal, err := v.deal(ctx, id)
	if err != nil {
		return nil, err
	}
	head, err := v.config.Chain.Head(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	// A deal that has expired is closed in the next blocks.
	if deal.Status != datadeal.DEAL_STATUS_ACTIVE || !head.Time.Before(deal.ExpiresAt) {
		return nil, api.Refuse(api.DealNotActive, "", "the deal takes no more data")
	}
	return deal, nil
}

func (v *Validator) receive(ctx context.Context, j *job) (err error) {
	most := v.limits.SubmissionBytes
	if j.isJSON() {
		n := int64(v.limits.JSON.DocumentBytes)
		most = min(most, n+maxSealing(n))
	}
	j.spool, err = receive(ctx, j.request.Body, v.config.Temporary, most, v.budget.spool)
	return err
}

func (v *Validator) checkDigest(_ context.Context, j *job) error {
	if j.spool.digest != j.token.Digest {
		return api.Refuse(api.DigestMismatch, "", "what arrived does not have the digest in the token")
	}
	return nil
}

func (v *Validator) open(_ context.Context, j *job) error {
	key, err := v.config.Keys.SubmissionKey()
	if err != nil {
		return notReady(err)
	}
	if j.opened, err = open(key, j.submission(v), j.spool); err != nil {
		return err
	}
	j.header = j.opened.header
	return j.checkHeader()
}

func (v *Validator) readContent(ctx context.Context, j *job) error {
	if j.isJSON() {
		return v.readJSON(ctx, j)
	}
	return v.readStream(ctx, j)
}

// unavailable is the refusal when the chain cannot be read.
func unavailable(err error) error {
	return fmt.Errorf("%w: %w", api.Refuse(api.ChainUnavailable, "", "the oracle cannot prove the chain's present state; ask again later, or another oracle"), err)
}
