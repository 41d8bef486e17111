package vc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// EntryChecker checks one entry of credentialStatus or credentialSchema for the
// credential that has it. It may use the network only if it is its purpose to.
type EntryChecker func(ctx context.Context, c *Credential, entry map[string]any, now time.Time) error

// VerifyOptions says what a verifier demands.
type VerifyOptions struct {
	// Now is the time to judge by; needed.
	Now time.Time
	// Challenge and Domain are what the proof of a presentation must have been made
	// for; empty means that it must have been made for none. For a credential on its own
	// they are compared only if set.
	Challenge string
	Domain    string
	// Status checks credentialStatus entries. Without it a credential that has a
	// status is not verified, unless SkipStatus is set.
	Status     EntryChecker
	SkipStatus bool
	// Schema checks credentialSchema entries; without it they are not checked.
	Schema EntryChecker
	// InlineContexts are the objects that may stand in @context beside URLs. A proof
	// covers what terms mean and not how they are spelt, so whoever may bring a context
	// of his own can rename a claim: a verifier accepts only those it knows.
	InlineContexts []map[string]any
}

// clockSkew is how far in the future a proof may have been made.
const clockSkew = 5 * time.Minute

// What is checked in one document; each proof may cost the resolution of a DID.
const (
	maxProofs      = 8
	maxCredentials = 64
)

// maxEntries bounds the entries of credentialStatus and of credentialSchema that are
// checked: each may be a request over the network.
const maxEntries = 16

// VerifyCredential checks a credential: each of its proofs, that they are the issuer's,
// its validity at o.Now, status and schema. A credential with a base proof of a
// selective disclosure suite does not verify: its holder must derive first.
func (p *Processor) VerifyCredential(ctx context.Context, c *Credential, o VerifyOptions) *Result {
	return p.operation().verifyCredential(ctx, c, o, false)
}

// VerifyIssued is VerifyCredential for the holder, who checks what the issuer sent:
// base proofs are accepted, and checked as a whole.
func (p *Processor) VerifyIssued(ctx context.Context, c *Credential, o VerifyOptions) *Result {
	return p.operation().verifyCredential(ctx, c, o, true)
}

func (p *operation) verifyCredential(ctx context.Context, c *Credential, o VerifyOptions, holder bool) *Result {
	r := &Result{Issuer: c.Issuer(), Credential: c}
	r.record(CheckContext, -1, first(
		func() error { return checkContexts(c.doc, o.InlineContexts) },
		func() error { return p.checkSpelling(ctx, c) },
	))
	v := &proofVerifier{p: p, o: o, r: r, doc: c.doc, purpose: PurposeAssertion, owner: r.Issuer, notOwner: ErrIssuer, holder: holder}
	v.all(ctx)
	r.record(CheckValidity, -1, validAt(c, o.Now))
	r.entries(ctx, CheckStatus, c, c.Status(), o.Status, o)
	r.entries(ctx, CheckSchema, c, c.Schemas(), o.Schema, o)
	return r.conclude()
}

// VerifyPresentation checks a presentation: each of its proofs, that they are the
// holder's and made for o.Challenge and o.Domain, and each of its credentials.
func (p *Processor) VerifyPresentation(ctx context.Context, presentation *Presentation, o VerifyOptions) *Result {
	r := &Result{Holder: presentation.Holder(), Presentation: presentation}
	r.record(CheckContext, -1, checkContexts(without(presentation.doc, "verifiableCredential"), o.InlineContexts))
	op := p.operation()
	v := &proofVerifier{p: op, o: o, r: r, doc: presentation.doc, purpose: PurposeAuthentication, owner: r.Holder, notOwner: ErrHolder, bound: true}
	v.all(ctx)
	if r.Holder == "" {
		r.Holder = v.owner
	}
	for _, m := range objectsOf(presentation.doc["verifiableCredential"]) {
		if isEnveloped(m) {
			r.record(CheckEnvelopedVCs, -1, fmt.Errorf("%w: enveloped credentials", ErrUnsupported))
		}
	}
	inner := o
	inner.Challenge, inner.Domain = "", ""
	switch credentials := presentation.Credentials(); {
	case len(credentials) == 0:
		r.skip(CheckCredentials, -1, nil)
	case len(credentials) > maxCredentials:
		r.record(CheckCredentials, -1, fmt.Errorf("%w: more than %d credentials", ErrUnsupported, maxCredentials))
	default:
		for _, c := range credentials {
			r.Credentials = append(r.Credentials, op.verifyCredential(ctx, c, inner, false))
		}
	}
	return r.conclude()
}

// checkContexts is Context Validation, vc-data-integrity §4.6, §2.4.1: contexts are URLs, whose
// content is pinned here or answered for by the caller's loader, or objects that the
// verifier knows, and stand only at the top of the document.
func checkContexts(doc map[string]any, known []map[string]any) error {
	for i, c := range jsondoc.AsArray(doc["@context"]) {
		m, isObject := c.(map[string]any)
		if isObject && !slices.ContainsFunc(known, func(k map[string]any) bool { return sameJSON(k, m) }) {
			return fmt.Errorf("%w: /@context/%d", ErrContext, i)
		}
	}
	for name, v := range doc {
		if name != "@context" && containsContext(v) {
			return fmt.Errorf("%w: inside /%s", ErrContext, name)
		}
	}
	return nil
}

func containsContext(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if name == "@context" || containsContext(e) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, containsContext)
	}
	return false
}

func sameJSON(a, b map[string]any) bool {
	textA, errA := jsondoc.Canonical(a)
	textB, errB := jsondoc.Canonical(b)
	return errA == nil && errB == nil && string(textA) == string(textB)
}

func validAt(c *Credential, now time.Time) error {
	if now.IsZero() {
		return fmt.Errorf("%w: VerifyOptions.Now is not set", ErrOptions)
	}
	if from := c.ValidFrom(); !from.IsZero() && now.Before(from) {
		return fmt.Errorf("%w: valid from %s", ErrNotYetValid, formatTime(from))
	}
	if until := c.ValidUntil(); !until.IsZero() && now.After(until) {
		return fmt.Errorf("%w: valid until %s", ErrExpired, formatTime(until))
	}
	return nil
}

// entries checks credentialStatus or credentialSchema.
func (r *Result) entries(ctx context.Context, name string, c *Credential, entries []map[string]any, check EntryChecker, o VerifyOptions) {
	switch {
	case len(entries) == 0:
		r.skip(name, -1, nil)
	case check == nil && name == CheckStatus && !o.SkipStatus:
		r.record(name, -1, ErrUnchecked)
	case check == nil:
		r.skip(name, -1, ErrUnchecked)
	case len(entries) > maxEntries:
		r.record(name, -1, fmt.Errorf("%w: more than %d entries", ErrUnsupported, maxEntries))
	default:
		for _, entry := range entries {
			r.record(name, -1, check(ctx, c, entry, o.Now))
		}
	}
}

// proofVerifier checks the proofs of one document: Verify Proof and Verify Proof Sets
// and Chains, vc-data-integrity §4.4, §4.5.
type proofVerifier struct {
	p        *operation
	o        VerifyOptions
	r        *Result
	doc      map[string]any
	purpose  string
	owner    string // who must have made the proofs; empty: who made the first
	notOwner error
	bound    bool // challenge and domain must be equal even if they are not demanded
	holder   bool
}

// all checks every proof. One that builds on others is good only if they are.
func (v *proofVerifier) all(ctx context.Context) {
	proofs := proofsOf(v.doc)
	switch {
	case len(proofs) == 0:
		v.r.record(CheckProof, -1, ErrNoProof)
		return
	case len(proofs) > maxProofs:
		v.r.record(CheckProof, -1, fmt.Errorf("%w: more than %d proofs", ErrUnsupported, maxProofs))
		return
	}
	good := make([]bool, len(proofs))
	previous := make([][]int, len(proofs))
	for i, proof := range proofs {
		previous[i], good[i] = v.one(ctx, i, proof)
	}
	for i := range proofs {
		if len(previous[i]) == 0 {
			continue
		}
		var err error
		if slices.ContainsFunc(previous[i], func(j int) bool { return !good[j] }) {
			err = ErrPreviousProof
		}
		v.r.record(CheckPrevious, i, err)
	}
}

// one checks one proof, and returns which proofs it builds on.
func (v *proofVerifier) one(ctx context.Context, i int, proof *Proof) (previous []int, good bool) {
	s, err := v.wellFormed(proof)
	if v.r.record(CheckProof, i, err) != nil {
		return nil, false
	}
	good = true
	check := func(name string, err error) {
		if v.r.record(name, i, err) != nil {
			good = false
		}
	}
	check(CheckPurpose, v.checkPurpose(proof))
	check(CheckProofTime, v.checkTime(proof))
	if v.bound || v.o.Challenge != "" {
		check(CheckChallenge, v.checkChallenge(proof))
	}
	if v.bound || v.o.Domain != "" {
		check(CheckDomain, v.checkDomain(proof))
	}
	key, err := v.resolve(ctx, proof)
	check(CheckMethod, err)
	check(CheckController, v.checkController(proof))
	if err != nil {
		v.r.skip(CheckSignature, i, errors.New("vc: there is no key to verify with"))
		return nil, false
	}
	document, previous, err := withPrevious(v.doc, proof.PreviousProof)
	if err == nil {
		err = s.verify(ctx, v.p, verifyInput{
			document: document,
			config:   without(proof.doc, "proofValue"),
			value:    proof.Value,
			key:      key,
			holder:   v.holder,
		})
	}
	check(CheckSignature, err)
	return previous, good
}

func (v *proofVerifier) wellFormed(proof *Proof) (suite, error) {
	if proof.Type != dataIntegrityProof {
		return nil, fmt.Errorf("%w: proof type %q", ErrUnsupported, proof.Type)
	}
	if proof.err != nil {
		return nil, proof.err
	}
	if _, ok := proof.doc["@context"]; ok {
		// The configuration is canonicalised with the document's contexts; others in the
		// proof would be replaced, and what they define not be signed.
		return nil, &PropertyError{Pointer: "/proof/@context", Reason: "stands in a proof"}
	}
	return suiteOf(proof.Cryptosuite)
}

func (v *proofVerifier) checkPurpose(proof *Proof) error {
	if proof.Purpose != v.purpose {
		return fmt.Errorf("%w: made for %q, needed for %q", ErrPurpose, proof.Purpose, v.purpose)
	}
	return nil
}

func (v *proofVerifier) checkTime(proof *Proof) error {
	switch now := v.o.Now; {
	case !proof.Created.IsZero() && proof.Created.After(now.Add(clockSkew)):
		return fmt.Errorf("%w: created %s", ErrProofTime, formatTime(proof.Created))
	case !proof.Expires.IsZero() && now.After(proof.Expires):
		return fmt.Errorf("%w: expired %s", ErrProofTime, formatTime(proof.Expires))
	}
	return nil
}

func (v *proofVerifier) checkChallenge(proof *Proof) error {
	if proof.Challenge != v.o.Challenge {
		return fmt.Errorf("%w: %q", ErrChallenge, proof.Challenge)
	}
	return nil
}

func (v *proofVerifier) checkDomain(proof *Proof) error {
	var want []any
	if v.o.Domain != "" {
		want = []any{v.o.Domain}
	}
	if !slices.Equal(jsondoc.AsArray(proof.doc["domain"]), want) {
		return fmt.Errorf("%w: %q", ErrDomain, proof.Domain)
	}
	return nil
}

// resolve retrieves the key (CID 1.0 §3.3): the method must stand in its DID document
// under the relationship that the proof's purpose names, and be in force now. The time
// at which a proof says it was created proves nothing: who has a revoked key can date
// a proof back. For the same reason a proof cannot pick an older version of the document.
func (v *proofVerifier) resolve(ctx context.Context, proof *Proof) (did.PublicKey, error) {
	if v.p.resolver == nil {
		return did.PublicKey{}, fmt.Errorf("%w: there is no resolver", ErrMethod)
	}
	if strings.ContainsAny(proof.VerificationMethod, "?;") {
		return did.PublicKey{}, fmt.Errorf("%w: %s has parameters", ErrMethod, proof.VerificationMethod)
	}
	method, err := did.ResolveMethod(ctx, v.p.resolver, proof.VerificationMethod, did.Relationship(proof.Purpose), did.ResolveOptions{})
	if err != nil {
		return did.PublicKey{}, fmt.Errorf("%w: %w", ErrMethod, err)
	}
	if err := method.CheckActive(v.o.Now); err != nil {
		return did.PublicKey{}, fmt.Errorf("%w: %w", ErrMethod, err)
	}
	key, err := method.PublicKey()
	if err != nil {
		return did.PublicKey{}, fmt.Errorf("%w: %w", ErrMethod, err)
	}
	return key, nil
}

// checkController compares the DID whose document has the method with the issuer or
// holder. That document alone says which keys speak for it.
func (v *proofVerifier) checkController(proof *Proof) error {
	u, err := did.ParseURL(proof.VerificationMethod)
	if err != nil {
		return fmt.Errorf("%w: %w", v.notOwner, err)
	}
	maker := u.DID.String()
	if v.owner == "" {
		v.owner = maker
	}
	if maker != v.owner {
		return fmt.Errorf("%w: made by %s, needed from %s", v.notOwner, maker, v.owner)
	}
	return nil
}
