package vc

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/medibloc/panacea/bbs"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/jsonld"
	"github.com/medibloc/panacea/vc/rdfc"
)

// Options are what a Processor works with.
type Options struct {
	// Resolver finds the DID documents of issuers and holders; needed to verify.
	Resolver did.Resolver
	// Contexts loads JSON-LD contexts that are not embedded; see jsonld.Loader. May be nil.
	Contexts jsonld.Loader
}

// Processor issues, derives, presents and verifies. It keeps processed contexts and
// issuers' precomputed BBS keys, both bounded, so one Processor should be kept and
// used for everything. It is for concurrent use.
type Processor struct {
	resolver did.Resolver
	jsonld   *jsonld.Processor

	mu      sync.Mutex
	bbsKeys map[string]*bbs.PublicKey
}

// maxBBSKeys bounds the BBS keys that are kept, of 24 KiB each.
const maxBBSKeys = 256

// NewProcessor returns a Processor.
func NewProcessor(o Options) *Processor {
	return &Processor{
		resolver: o.Resolver,
		jsonld:   jsonld.NewProcessor(o.Contexts),
		bbsKeys:  map[string]*bbs.PublicKey{},
	}
}

// operation is one call of a Processor: all its canonicalisations together may spend
// what one may, so that many documents in one do not multiply the limit.
type operation struct {
	*Processor
	work *rdfc.Budget
}

func (p *Processor) operation() *operation {
	return &operation{p, rdfc.NewBudget(rdfc.DefaultWorkLimit)}
}

// bbsKey returns the precomputed form of a BBS public key.
func (p *Processor) bbsKey(raw []byte) (*bbs.PublicKey, error) {
	p.mu.Lock()
	key, ok := p.bbsKeys[string(raw)]
	p.mu.Unlock()
	if ok {
		return key, nil
	}
	key, err := bbs.SHA256().NewPublicKey(raw)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.bbsKeys) >= maxBBSKeys {
		clear(p.bbsKeys)
	}
	p.bbsKeys[string(raw)] = key
	return key, nil
}

// alwaysMandatory are the properties without which a verifier cannot judge a
// credential. Could a holder hide them, an expired or revoked credential would pass.
var alwaysMandatory = [...]string{
	"issuer", "validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialStatus", "credentialSchema",
}

// Issue adds a proof to a credential: to an unsecured one its first, to a secured one a
// further one of a proof set, or of a proof chain if o names previous proofs. In data
// model 1.1 the context of Data Integrity is added if it is missing.
//
// Errors are ErrUnsupported, ErrOptions, ErrPointer, ErrPreviousProof, ErrSpelling, and those of
// packages jsonld and rdfc about the credential.
func (p *Processor) Issue(ctx context.Context, c *Credential, key SigningKey, o ProofOptions) (*Credential, error) {
	doc := withDataIntegrity(c.doc)
	if o.Cryptosuite == SuiteBBS || o.Cryptosuite == SuiteECDSASD || o.Cryptosuite == "" && key.PrivateKey.Type() == did.BLS12381G2 {
		o.MandatoryPointers = completeMandatory(doc, o.MandatoryPointers)
	}
	op := p.operation()
	if err := op.checkSpelling(ctx, &Credential{doc}); err != nil {
		return nil, err
	}
	secured, err := op.addProof(ctx, doc, key, PurposeAssertion, o)
	if err != nil {
		return nil, err
	}
	return credentialOf(secured)
}

// completeMandatory adds what is always mandatory and not yet covered.
func completeMandatory(doc map[string]any, pointers []string) []string {
	out := slices.Clone(pointers)
	for _, property := range alwaysMandatory {
		pointer := "/" + property
		if _, ok := doc[property]; ok && !slices.Contains(out, pointer) && !slices.Contains(out, "") {
			out = append(out, pointer)
		}
	}
	return out
}

// withDataIntegrity adds the context that defines DataIntegrityProof where the base
// context does not.
func withDataIntegrity(doc map[string]any) map[string]any {
	contexts := jsondoc.AsArray(doc["@context"])
	if versionOf(doc) == V2 || slices.Contains(contexts, any(ContextDataIntegrity)) ||
		slices.Contains(contexts, any("https://w3id.org/security/data-integrity/v1")) {
		return doc
	}
	out := without(doc)
	out["@context"] = append(slices.Clone(contexts), ContextDataIntegrity)
	return out
}

// DeriveOptions says how a derived proof is made.
type DeriveOptions struct {
	// PresentationHeader is bound to a bbs-2023 proof and shown with it; at most 64 KiB.
	PresentationHeader []byte
}

// maxPresentationHeader bounds DeriveOptions.PresentationHeader, in bytes.
const maxPresentationHeader = 64 << 10

// Derive makes of a credential with a base proof one that discloses what the issuer
// made mandatory, what the pointers select, and nothing else but the id and type of
// the objects on the way. The credential's first base proof is used; its other proofs
// are left out. The base proof is not verified: VerifyIssued does that once, when the
// credential is received.
//
// Errors are ErrNoProof if no proof can be derived from, ErrPointer, ErrProofValue, and
// ErrInvalid if what is disclosed is not a credential, for instance without any subject.
func (p *Processor) Derive(ctx context.Context, c *Credential, pointers []string, o DeriveOptions) (*Credential, error) {
	if len(o.PresentationHeader) > maxPresentationHeader {
		return nil, fmt.Errorf("%w: presentation header is longer than %d bytes", ErrOptions, maxPresentationHeader)
	}
	for _, proof := range c.Proofs() {
		s, err := suiteOf(proof.Cryptosuite)
		if err != nil {
			continue
		}
		d, ok := s.(deriver)
		if !ok || proof.Type != dataIntegrityProof || len(proof.PreviousProof) > 0 {
			continue
		}
		reveal, value, err := d.derive(ctx, p.operation(), deriveInput{
			document:  without(c.doc, "proof"),
			value:     proof.Value,
			selective: pointers,
			header:    o.PresentationHeader,
		})
		if err != nil {
			return nil, err
		}
		derived := without(proof.doc)
		derived["proofValue"] = value
		reveal["proof"] = derived
		return credentialOf(reveal)
	}
	return nil, fmt.Errorf("%w: none that a proof can be derived from", ErrNoProof)
}

// Present makes a presentation of credentials and signs it as the holder, for the
// challenge and domain in o. The holder is who the key's DID URL names.
func (p *Processor) Present(ctx context.Context, credentials []*Credential, key SigningKey, o ProofOptions) (*Presentation, error) {
	holder, err := did.ParseURL(key.VerificationMethod)
	if err != nil {
		return nil, fmt.Errorf("%w: verification method: %w", ErrOptions, err)
	}
	list := make([]any, len(credentials))
	for i, c := range credentials {
		list[i] = c.doc
	}
	unsigned, err := presentationOf(map[string]any{
		"@context":             []any{ContextV2},
		"type":                 []any{"VerifiablePresentation"},
		"holder":               holder.DID.String(),
		"verifiableCredential": list,
	})
	if err != nil {
		return nil, err
	}
	return p.Sign(ctx, unsigned, key, o)
}

// Sign adds a proof to a presentation, as Issue does to a credential.
func (p *Processor) Sign(ctx context.Context, presentation *Presentation, key SigningKey, o ProofOptions) (*Presentation, error) {
	if len(o.MandatoryPointers) > 0 {
		return nil, fmt.Errorf("%w: a presentation is not disclosed selectively", ErrOptions)
	}
	secured, err := p.operation().addProof(ctx, withDataIntegrity(presentation.doc), key, PurposeAuthentication, o)
	if err != nil {
		return nil, err
	}
	return presentationOf(secured)
}
