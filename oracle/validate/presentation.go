package validate

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/pex"
	"github.com/medibloc/panacea/vc/status"
)

// checkPresentation checks a verifiable presentation: what it is, that it verifies and was made for this sale, who issued what is in it, and
// that it answers the deal's definition.
func (v *Validator) checkPresentation(ctx context.Context, j *job) (err error) {
	if !j.isPresentation() {
		return nil
	}
	document, ok := j.document.Value().(map[string]any)
	if !ok {
		return api.Refuse(api.PresentationMalformed, "", "not a JSON object")
	}
	presentation, err := vc.NewPresentation(document)
	if err != nil {
		return api.Refuse(api.PresentationMalformed, "", "%s", reasonOf(err))
	}
	if err := checkContexts(presentation); err != nil {
		return err
	}
	result := v.processor.VerifyPresentation(ctx, presentation, vc.VerifyOptions{
		Now: j.head.Time, Challenge: j.submission(v).PresentationChallenge(), Domain: v.config.ChainID, Status: v.statuses,
	})
	if !result.Verified {
		return refusalOfResult(result)
	}
	if err := checkIssuers(j.deal.Requirements.TrustedIssuers, result); err != nil {
		return err
	}
	if j.definition, err = v.questions.get(j.deal.Requirements.PresentationDefinition); err != nil {
		return api.Refuse(api.DefinitionUnusable, "presentation_definition", "%v", err)
	}
	j.answered, err = j.definition.Check(presentation.View(), nil, pex.CheckOptions{Options: pex.Options{Holder: result.Holder}})
	if err != nil {
		return api.Refuse(api.DefinitionUnanswered, "presentation_definition", "%v", err)
	}
	return nil
}

// refusalOfResult makes a refusal of the first check that failed, the presentation's own before its credentials'.
func refusalOfResult(r *vc.Result) error {
	for _, c := range r.Checks {
		if c.Status == vc.Failed {
			return refusalOfCheck("presentation", c)
		}
	}
	for i, credential := range r.Credentials {
		for _, c := range credential.Checks {
			if c.Status == vc.Failed {
				return refusalOfCheck(fmt.Sprintf("verifiableCredential[%d]", i), c)
			}
		}
	}
	return api.Refuse(api.ProofInvalid, "presentation", "it does not verify")
}

// reasons map what package vc found to codes, the more telling first.
var reasons = []struct {
	err  error
	code api.Code
}{
	{vc.ErrChallenge, api.ChallengeMismatch}, {vc.ErrDomain, api.ChallengeMismatch},
	{vc.ErrExpired, api.CredentialExpired}, {vc.ErrNotYetValid, api.CredentialExpired}, {vc.ErrProofTime, api.CredentialExpired},
	{entry.ErrRevoked, api.CredentialRevoked}, {entry.ErrSuspended, api.CredentialRevoked}, {entry.ErrInactive, api.CredentialRevoked},
}

func refusalOfCheck(where string, c vc.Check) error {
	if errors.Is(c.Err, ErrUnavailable) {
		return unavailable(c.Err)
	}
	for _, r := range reasons {
		if errors.Is(c.Err, r.err) {
			return api.Refuse(r.code, where, "%s: %v", c.Name, r.err)
		}
	}
	if c.Name == vc.CheckStatus {
		return api.Refuse(api.StatusUnavailable, where, "%s", reasonOf(c.Err))
	}
	return api.Refuse(api.ProofInvalid, where, "%s: %s", c.Name, reasonOf(c.Err))
}

// reasonOf is an error of package vc without what stands in the document: the answer is read by whoever ends TLS.
func reasonOf(err error) string {
	if p := (*vc.PropertyError)(nil); errors.As(err, &p) {
		return vc.ErrInvalid.Error() + ": " + p.Pointer
	}
	for _, known := range []error{
		vc.ErrNoProof, vc.ErrUnsupported, vc.ErrProofValue, vc.ErrSignature, vc.ErrMissingStatement, vc.ErrExtraStatement, vc.ErrBlankNode,
		vc.ErrDuplicateStatement, vc.ErrPurpose, did.ErrMethodInactive, did.ErrDeactivated, vc.ErrMethod, vc.ErrIssuer, vc.ErrHolder, vc.ErrPreviousProof, vc.ErrContext, vc.ErrSpelling,
		vc.ErrUnchecked, vc.ErrInvalid, status.ErrVerification, status.ErrLength, status.ErrRange, status.ErrMalformed, status.ErrRetrieval, entry.ErrType,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "it cannot be processed"
}

// checkIssuers refuses credentials of others than the deal trusts. Without a list the definition alone decides.
func checkIssuers(trusted []string, r *vc.Result) error {
	for i, credential := range r.Credentials {
		if len(trusted) > 0 && !slices.Contains(trusted, credential.Issuer) {
			return api.Refuse(api.IssuerUntrusted, fmt.Sprintf("verifiableCredential[%d]", i), "its issuer is none of the deal's trusted_issuers")
		}
	}
	return nil
}

// first returns the credential that answers the definition's first input descriptor.
func (j *job) first() (map[string]any, error) {
	if j.answered != nil && len(j.definition.Descriptors) > 0 {
		for _, a := range j.answered.Descriptors {
			if a.Descriptor == j.definition.Descriptors[0] {
				return a.Credential, nil
			}
		}
	}
	return nil, api.Refuse(api.UniquenessUndisclosed, "uniqueness", "no credential answers the definition's first input descriptor")
}

func (j *job) credentialID() (string, error) {
	c, err := j.first()
	if err != nil {
		return "", err
	}
	id, _ := c["id"].(string)
	if id == "" {
		return "", api.Refuse(api.UniquenessUndisclosed, "uniqueness", "the credential's id is not disclosed")
	}
	return id, nil
}

func (j *job) subjectID() (string, error) {
	c, err := j.first()
	if err != nil {
		return "", err
	}
	subject := c["credentialSubject"]
	if list, ok := subject.([]any); ok && len(list) == 1 {
		subject = list[0]
	}
	m, _ := subject.(map[string]any)
	id, _ := m["id"].(string)
	if id == "" {
		return "", api.Refuse(api.UniquenessUndisclosed, "uniqueness", "the id of the credential's one subject is not disclosed")
	}
	return id, nil
}

// resource gets a document that a presentation refers to: a resource of the chain. Nothing else is ever fetched.
func (v *Validator) resource(ctx context.Context, url string) ([]byte, error) {
	if !strings.HasPrefix(url, "did:") {
		return nil, fmt.Errorf("validate: %.200s is not on the chain, and an oracle asks nobody else", url)
	}
	b, err := v.config.Chain.Resource(ctx, url)
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return b, err
}

// Verified status lists are kept by their bytes, which are read from the chain's present state each time. What they were verified with, the
// issuer's keys, is looked at again after statusAge.
const (
	statusLists = 64
	statusAge   = 5 * time.Minute
)

func (v *Validator) newStatuses() vc.EntryChecker {
	lists := &verifiedLists{validator: v, known: map[[sha256.Size]byte]verifiedList{}}
	return entry.Status(&status.Checker{Source: status.SourceFunc(lists.get)})
}

type verifiedLists struct {
	validator *Validator

	mu    sync.Mutex
	known map[[sha256.Size]byte]verifiedList
}

type verifiedList struct {
	list *status.ListCredential
	at   time.Time
}

func (l *verifiedLists) get(ctx context.Context, url string, now time.Time) (*status.ListCredential, error) {
	text, err := l.validator.resource(ctx, url)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(text)
	l.mu.Lock()
	have, ok := l.known[digest]
	l.mu.Unlock()
	if ok && now.Sub(have.at).Abs() < statusAge {
		return have.list, nil
	}
	verify := entry.StatusLists(l.validator.processor, func(context.Context, string) ([]byte, error) { return text, nil })
	list, err := verify.StatusList(ctx, url, now)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.known) >= statusLists {
		clear(l.known)
	}
	l.known[digest] = verifiedList{list, now}
	return list, nil
}

// definitions keeps parsed presentation definitions by their bytes.
type definitions struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*pex.Definition
}

const maxDefinitions = 128

func newDefinitions() *definitions {
	return &definitions{known: map[[sha256.Size]byte]*pex.Definition{}}
}

func (d *definitions) get(text []byte) (*pex.Definition, error) {
	digest := sha256.Sum256(text)
	d.mu.Lock()
	have := d.known[digest]
	d.mu.Unlock()
	if have != nil {
		return have, nil
	}
	parsed, err := pex.Parse(text)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxDefinitions {
		clear(d.known)
	}
	d.known[digest] = parsed
	return parsed, nil
}
