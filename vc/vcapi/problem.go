package vcapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/schema"
	"github.com/medibloc/panacea/vc/status"
)

// Problem is a ProblemDetails object (RFC 9457, VCALM "Error Handling").
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	Status int    `json:"status,omitempty"` // of HTTP, where the problem is the answer
}

// Types of problems: VCDM 2.0 §7.2, Data Integrity §4.7, VCALM.
const (
	modelProblems     = "https://www.w3.org/TR/vc-data-model#"
	integrityProblems = "https://w3id.org/security#"
	apiProblems       = "https://www.w3.org/TR/vcalm#"

	problemParsing       = modelProblems + "PARSING_ERROR"
	problemMalformed     = modelProblems + "MALFORMED_VALUE_ERROR"
	problemCryptographic = modelProblems + "CRYPTOGRAPHIC_SECURITY_ERROR"
	problemOption        = apiProblems + "UNKNOWN_OPTION_PROVIDED"
	problemVerification  = integrityProblems + "PROOF_VERIFICATION_ERROR"
	problemTransform     = integrityProblems + "PROOF_TRANSFORMATION_ERROR"
	problemGeneration    = integrityProblems + "PROOF_GENERATION_ERROR"
	problemChallenge     = integrityProblems + "INVALID_CHALLENGE_ERROR"
	problemDomain        = integrityProblems + "INVALID_DOMAIN_ERROR"
	// Those of the specifications' examples, and those that no specification has a type for.
	problemExpired     = modelProblems + "CREDENTIAL_EXPIRED"
	problemNotYetValid = modelProblems + "CREDENTIAL_NOT_YET_VALID"
	problemRevoked     = modelProblems + "CREDENTIAL_REVOKED"
	problemSuspended   = modelProblems + "CREDENTIAL_SUSPENDED"
	problemSchema      = modelProblems + "CREDENTIAL_SCHEMA_ERROR"
	problemBlank       = "about:blank"
)

// problemOf says what kind of problem a reason is.
func problemOf(err error) Problem {
	kind := problemCryptographic
	if t := status.ProblemType(err); t != "" {
		kind = t
	}
	for _, k := range []struct {
		reason error
		kind   string
	}{
		{vc.ErrChallenge, problemChallenge}, {vc.ErrDomain, problemDomain}, {vc.ErrExpired, problemExpired}, {vc.ErrNotYetValid, problemNotYetValid},
		{entry.ErrRevoked, problemRevoked}, {entry.ErrSuspended, problemSuspended}, {entry.ErrInactive, problemRevoked},
		{schema.ErrInvalid, problemSchema}, {schema.ErrSchema, problemSchema}, {schema.ErrDraft, problemSchema}, {schema.ErrResolve, problemSchema},
		{schema.ErrDigest, problemSchema}, {schema.ErrEntry, problemSchema}, {schema.ErrLimit, problemSchema},
		{vc.ErrInvalid, problemMalformed}, {vc.ErrPointer, problemMalformed}, {vc.ErrContext, problemTransform},
		{vc.ErrPurpose, problemVerification}, {vc.ErrSignature, problemCryptographic},
	} {
		if errors.Is(err, k.reason) {
			kind = k.kind
			break
		}
	}
	return newProblem(kind, err.Error())
}

func newProblem(kind, detail string) Problem {
	_, title, ok := strings.Cut(kind, "#")
	if !ok {
		title = detail
	}
	const most = 2000
	if len(detail) > most {
		detail = strings.ToValidUTF8(detail[:most], "") + "…"
	}
	return Problem{Type: kind, Title: title, Detail: detail}
}

// failure is a problem that is the answer to a request.
type failure struct {
	status  int
	problem Problem
}

func (f *failure) Error() string { return f.problem.Title + ": " + f.problem.Detail }

func fail(code int, kind, detail string) *failure {
	p := newProblem(kind, detail)
	if kind == problemBlank {
		p.Title = http.StatusText(code)
	}
	p.Status = code
	return &failure{code, p}
}

// badRequest is the failure for an error that the request's documents cause.
func badRequest(kind string, err error) *failure {
	if errors.Is(err, vc.ErrInvalid) || errors.Is(err, vc.ErrPointer) {
		kind = problemMalformed
	}
	return fail(http.StatusBadRequest, kind, err.Error())
}

func (f *failure) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(f.problem) // a client that has gone is no error
}
