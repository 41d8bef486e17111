package pex

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/jsonld"
)

// SubmissionContext is the JSON-LD context that defines presentation_submission in a presentation.
const SubmissionContext = "https://identity.foundation/presentation-exchange/submission/v1"

//go:embed submission-v1.jsonld
var submissionContext []byte

// Contexts is a loader for vc.Options.Contexts that knows SubmissionContext and asks next, which may be nil, for others.
func Contexts(next jsonld.Loader) jsonld.Loader {
	return func(ctx context.Context, url string) ([]byte, error) {
		if url == SubmissionContext {
			return submissionContext, nil
		}
		if next == nil {
			return nil, fmt.Errorf("pex: the context %.200s is not known", url)
		}
		return next(ctx, url)
	}
}

// CandidateOf makes a candidate of a credential with Data Integrity proofs.
func CandidateOf(c *vc.Credential, status Status) Candidate {
	return Candidate{Document: c.Document(), Selective: Selective(c), Status: status}
}

// Selective says whether a credential has a base proof, from which a proof of parts can be derived (vc-di-bbs §3.4.2,
// vc-di-ecdsa §3.5.2: the proof value starts with 0xd95d02 or 0xd95d00).
func Selective(c *vc.Credential) bool {
	return slices.ContainsFunc(c.Proofs(), func(p *vc.Proof) bool {
		return p.Cryptosuite == vc.SuiteBBS && strings.HasPrefix(p.Value, "u2V0C") ||
			p.Cryptosuite == vc.SuiteECDSASD && strings.HasPrefix(p.Value, "u2V0A")
	})
}

// AnswerOptions says how a presentation is made.
type AnswerOptions struct {
	// Proof holds the challenge and domain to answer for, and the time.
	Proof vc.ProofOptions
	// Options: the holder is by default who the key belongs to.
	Options Options
	// Status tells a credential's status, for definitions that constrain it. If it is nil, statuses are unknown.
	Status func(*vc.Credential) Status
	// Detached leaves the submission out of the presentation, for protocols that send it beside it. Otherwise both sides'
	// processors need Contexts.
	Detached bool
}

// Answer selects of a holder's credentials those that answer a definition, derives from those that can be disclosed in parts
// the least that answers it, and signs a presentation of them. It fails with ErrUnanswered if they do not answer it, with
// ErrLimit, and with the errors of package vc.
func Answer(ctx context.Context, p *vc.Processor, d *Definition, credentials []*vc.Credential, key vc.SigningKey, o AnswerOptions) (*vc.Presentation, *Submission, error) {
	holder, _, _ := strings.Cut(key.VerificationMethod, "#")
	if o.Options.Holder == "" {
		o.Options.Holder = holder
	}
	candidates := make([]Candidate, len(credentials))
	for i, c := range credentials {
		status := StatusUnknown
		if o.Status != nil {
			status = o.Status(c)
		}
		candidates[i] = CandidateOf(c, status)
	}
	selection, err := d.Select(candidates, o.Options)
	if err != nil {
		return nil, nil, err
	}
	shown := make([]any, len(selection.Credentials))
	for i, choice := range selection.Credentials {
		c := credentials[choice.Candidate]
		if candidates[choice.Candidate].Selective {
			if c, err = derive(ctx, p, c, choice.Pointers); err != nil {
				return nil, nil, fmt.Errorf("pex: credential %d: %w", choice.Candidate, err)
			}
		}
		shown[i] = c.Document()
	}
	submission := selection.Submission("urn:uuid:"+newUUID(), "ldp_vc")
	doc := map[string]any{
		"@context":             []any{vc.ContextV2},
		"type":                 []any{"VerifiablePresentation"},
		"holder":               holder,
		"verifiableCredential": shown,
	}
	if !o.Detached {
		doc["@context"] = []any{vc.ContextV2, SubmissionContext}
		doc["type"] = []any{"VerifiablePresentation", "PresentationSubmission"}
		doc["presentation_submission"] = submission.Document()
	}
	// What is disclosed has to answer by itself: a path may have found something else in the whole credential.
	check := CheckOptions{Options: o.Options}
	if o.Status != nil {
		check.Status = func(m map[string]any) Status {
			for i, c := range shown {
				if vcm, ok := c.(map[string]any); ok && sameProof(vcm, m) {
					return candidates[selection.Credentials[i].Candidate].Status
				}
			}
			return StatusUnknown
		}
	}
	if _, err := d.Check(doc, submission, check); err != nil {
		return nil, nil, err
	}
	unsigned, err := vc.NewPresentation(doc)
	if err != nil {
		return nil, nil, err
	}
	signed, err := p.Sign(ctx, unsigned, key, o.Proof)
	return signed, submission, err
}

// derive discloses the pointers, and the subject's type where otherwise there would be no subject at all.
func derive(ctx context.Context, p *vc.Processor, c *vc.Credential, pointers []string) (*vc.Credential, error) {
	shown, err := p.Derive(ctx, c, pointers, vc.DeriveOptions{})
	if !errors.Is(err, vc.ErrInvalid) {
		return shown, err
	}
	for _, more := range []string{"/credentialSubject/type", "/credentialSubject/id"} {
		if shown, again := p.Derive(ctx, c, append(slices.Clip(pointers), more), vc.DeriveOptions{}); again == nil {
			return shown, nil
		}
	}
	return nil, err
}

func sameProof(a, b map[string]any) bool {
	x, y := list(a["proof"]), list(b["proof"])
	if len(x) == 0 || len(x) != len(y) {
		return false
	}
	p, _ := x[0].(map[string]any)
	q, _ := y[0].(map[string]any)
	return p["proofValue"] != nil && p["proofValue"] == q["proofValue"]
}

// newUUID returns a random UUID (RFC 9562 §5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
