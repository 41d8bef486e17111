package vcapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/status"
)

// request is a body that has been read: its members, none other than those that are expected.
type request map[string]any

func parseRequest(body []byte, members ...string) (request, error) {
	m, err := jsondoc.ParseObject(body, jsondoc.DefaultLimits())
	if err != nil {
		return nil, fail(http.StatusBadRequest, problemParsing, err.Error())
	}
	for name := range m {
		if !slices.Contains(members, name) {
			return nil, fail(http.StatusBadRequest, problemMalformed, fmt.Sprintf("the request has the member %.80q, expected are %q", name, members))
		}
	}
	return m, nil
}

func (r request) object(name string) (map[string]any, error) {
	m, ok := r[name].(map[string]any)
	if !ok {
		return nil, fail(http.StatusBadRequest, problemMalformed, name+" is missing or not an object")
	}
	return m, nil
}

// options reads the request's options, of which only the given ones are known.
func (r request) options(known ...string) (request, error) {
	v, ok := r["options"]
	if !ok {
		return request{}, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fail(http.StatusBadRequest, problemMalformed, "options is not an object")
	}
	for name := range m {
		if !slices.Contains(known, name) {
			return nil, fail(http.StatusBadRequest, problemOption, fmt.Sprintf("the option %.80q is not known, known are %q", name, known))
		}
	}
	return m, nil
}

func (r request) text(name string) (string, error) {
	v, ok := r[name]
	s, isString := v.(string)
	if ok && !isString || len(s) > 4096 {
		return "", fail(http.StatusBadRequest, problemMalformed, name+" is not a string")
	}
	return s, nil
}

func (r request) flag(name string) (bool, error) {
	v, ok := r[name]
	b, isBool := v.(bool)
	if ok && !isBool {
		return false, fail(http.StatusBadRequest, problemMalformed, name+" is not a boolean")
	}
	return b, nil
}

func (r request) texts(name string) ([]string, error) {
	v, ok := r[name]
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	out := make([]string, len(list))
	for i, e := range list {
		if out[i], ok = e.(string); !ok {
			break
		}
	}
	if !ok && len(list) > 0 || list == nil {
		return nil, fail(http.StatusBadRequest, problemMalformed, name+" is not an array of strings")
	}
	return out, nil
}

// issue: POST /credentials/issue.
func (s *Server) issue(ctx context.Context, in *instance, body []byte) (int, any, error) {
	r, err := parseRequest(body, "credential", "options")
	if err != nil {
		return 0, nil, err
	}
	doc, err := r.object("credential")
	if err != nil {
		return 0, nil, err
	}
	o, err := r.options("mandatoryPointers", "credentialId")
	if err != nil {
		return 0, nil, err
	}
	pointers, err := o.texts("mandatoryPointers")
	if err != nil {
		return 0, nil, err
	}
	id, err := o.text("credentialId")
	if err != nil {
		return 0, nil, err
	}
	if own, ok := doc["id"].(string); ok && id == "" {
		id = own
	}
	issuer := controllerOf(in.issuer[0].key)
	if _, ok := doc["issuer"]; !ok {
		doc["issuer"] = issuer
	}
	if _, ok := doc["proof"]; ok {
		return 0, nil, fail(http.StatusBadRequest, problemMalformed, "the credential has a proof already, and the instance issues only credentials without one")
	}
	c, err := vc.NewCredential(doc)
	if err != nil {
		return 0, nil, badRequest(problemMalformed, err)
	}
	if c.Issuer() != issuer {
		return 0, nil, fail(http.StatusBadRequest, problemMalformed, fmt.Sprintf("the credential's issuer is %.200s, the instance issues for %s", c.Issuer(), issuer))
	}
	if in.status == nil || len(c.Status()) > 0 {
		c, err = s.addProofs(ctx, in, c, pointers)
	} else {
		c, err = s.issueWithStatus(ctx, in, c, id, pointers)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]any{"verifiableCredential": c}, nil
}

// addProofs signs with each of the instance's keys.
func (s *Server) addProofs(ctx context.Context, in *instance, c *vc.Credential, pointers []string) (*vc.Credential, error) {
	for _, k := range in.issuer {
		options := vc.ProofOptions{Cryptosuite: k.suite, Created: s.now()}
		if isSelective(k.key, k.suite) {
			options.MandatoryPointers = slices.Concat(k.mandatory, pointers)
			slices.Sort(options.MandatoryPointers)
			options.MandatoryPointers = slices.Compact(options.MandatoryPointers)
		}
		var err error
		if c, err = s.processor.Issue(ctx, c, k.key, options); err != nil {
			return nil, s.clientError(ctx, problemGeneration, err)
		}
	}
	return c, nil
}

// issueWithStatus gives the credential an entry in each of the instance's lists and signs it.
func (s *Server) issueWithStatus(ctx context.Context, in *instance, c *vc.Credential, id string, pointers []string) (issued *vc.Credential, err error) {
	var entries []any
	for _, l := range in.lists {
		e, err := l.give(id)
		switch {
		case errors.Is(err, errDuplicate):
			return nil, fail(http.StatusConflict, problemBlank, "a credential with this id was issued before")
		case errors.Is(err, errFull):
			return nil, fail(http.StatusInsufficientStorage, problemBlank, "the status list is full; configure another directory and baseURL")
		case err != nil:
			return nil, err
		}
		defer func() {
			if kept := l.keep(id, e.Index, err == nil && issued != nil); kept != nil {
				issued, err = nil, kept
			}
		}()
		if c.Version() == vc.V1 {
			e.ID = fmt.Sprintf("%s#%d", e.List, e.Index) // which data model 1.1 demands
		}
		entries = append(entries, e.Map())
	}
	c, err = withStatus(c, entries)
	if err != nil {
		return nil, badRequest(problemMalformed, err)
	}
	return s.addProofs(ctx, in, c, pointers)
}

func withStatus(c *vc.Credential, entries []any) (*vc.Credential, error) {
	doc := c.Document()
	doc["credentialStatus"] = entries
	if len(entries) == 1 {
		doc["credentialStatus"] = entries[0]
	}
	if c.Version() == vc.V1 {
		// Data model 1.1's context does not define the entry's terms.
		contexts := jsondoc.AsArray(doc["@context"])
		if !slices.Contains(contexts, any(statusContext)) {
			doc["@context"] = append(contexts, statusContext)
		}
	}
	return vc.NewCredential(doc)
}

const statusContext = "https://www.w3.org/ns/credentials/status/v1"

// clientError says that the request's documents are why signing or deriving failed, unless time ran out.
func (s *Server) clientError(ctx context.Context, kind string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return badRequest(kind, err)
}

// updateStatus: POST /credentials/status.
func (s *Server) updateStatus(_ context.Context, in *instance, body []byte) (int, any, error) {
	r, err := parseRequest(body, "credentialId", "credentialStatus", "status", "indexAllocator")
	if err != nil {
		return 0, nil, err
	}
	id, err := r.text("credentialId")
	if err != nil {
		return 0, nil, err
	}
	m, err := r.object("credentialStatus")
	if err != nil {
		return 0, nil, err
	}
	entry := request(m)
	for _, name := range []string{"id", "type", "statusPurpose", "statusListIndex", "statusListCredential"} {
		if _, err := entry.text(name); err != nil {
			return 0, nil, err
		}
	}
	if t := entry["type"]; t != status.TypeEntry && t != status.TypeList {
		return 0, nil, fail(http.StatusBadRequest, problemMalformed, "credentialStatus.type is not "+status.TypeEntry)
	}
	value, err := r.flag("status")
	if _, ok := r["status"]; err != nil || !ok {
		return 0, nil, fail(http.StatusBadRequest, problemMalformed, "status is not a boolean")
	}
	var index *uint64
	if text, _ := entry["statusListIndex"].(string); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return 0, nil, fail(http.StatusBadRequest, problemMalformed, "credentialStatus.statusListIndex is not an integer in base 10")
		}
		index = &n
	}
	if id == "" {
		return 0, nil, fail(http.StatusBadRequest, problemMalformed, "credentialId is missing")
	}
	for _, l := range in.lists {
		if url, _ := entry["statusListCredential"].(string); l.purpose != entry["statusPurpose"] || url != "" && url != l.url {
			continue
		}
		switch err := l.set(id, index, value); {
		case errors.Is(err, errNoEntry):
			return 0, nil, fail(http.StatusNotFound, problemBlank, err.Error())
		case err != nil:
			return 0, nil, fail(http.StatusBadRequest, problemBlank, err.Error())
		}
		return http.StatusOK, map[string]any{}, nil
	}
	return 0, nil, fail(http.StatusNotFound, problemBlank, "the instance has no status list for this purpose and URL")
}

// statusList: GET /status-lists/{id}.
func (s *Server) statusList(ctx context.Context, w http.ResponseWriter, in *instance, id string) (int, any, error) {
	for _, l := range in.lists {
		if l.purpose == id {
			signed, err := l.publish(ctx, s.processor, in.list.key, in.list.suite, in.status, s.now())
			if err != nil {
				return 0, nil, err
			}
			w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", in.status.TTLSeconds))
			return http.StatusOK, signed, nil
		}
	}
	return 0, nil, fail(http.StatusNotFound, problemBlank, "there is no such status list")
}

// derive: POST /credentials/derive.
func (s *Server) derive(ctx context.Context, _ *instance, body []byte) (int, any, error) {
	r, err := parseRequest(body, "verifiableCredential", "options")
	if err != nil {
		return 0, nil, err
	}
	doc, err := r.object("verifiableCredential")
	if err != nil {
		return 0, nil, err
	}
	o, err := r.options("selectivePointers")
	if err != nil {
		return 0, nil, err
	}
	pointers, err := o.texts("selectivePointers")
	if err != nil {
		return 0, nil, err
	}
	c, err := vc.NewCredential(doc)
	if err != nil {
		return 0, nil, badRequest(problemMalformed, err)
	}
	derived, err := s.processor.Derive(ctx, c, pointers, vc.DeriveOptions{})
	if err != nil {
		return 0, nil, s.clientError(ctx, problemGeneration, err)
	}
	return http.StatusCreated, derived, nil
}

// present: POST /presentations.
func (s *Server) present(ctx context.Context, in *instance, body []byte) (int, any, error) {
	r, err := parseRequest(body, "presentation", "options")
	if err != nil {
		return 0, nil, err
	}
	doc, err := r.object("presentation")
	if err != nil {
		return 0, nil, err
	}
	o, err := r.options("challenge", "domain")
	if err != nil {
		return 0, nil, err
	}
	challenge, err := o.text("challenge")
	if err != nil {
		return 0, nil, err
	}
	domain, err := o.text("domain")
	if err != nil {
		return 0, nil, err
	}
	holder := controllerOf(in.holder.key)
	if _, ok := doc["holder"]; !ok {
		doc["holder"] = holder
	}
	p, err := vc.NewPresentation(doc)
	if err != nil {
		return 0, nil, badRequest(problemMalformed, err)
	}
	if p.Holder() != holder {
		return 0, nil, fail(http.StatusBadRequest, problemMalformed, fmt.Sprintf("the presentation's holder is %.200s, the instance presents for %s", p.Holder(), holder))
	}
	signed, err := s.processor.Sign(ctx, p, in.holder.key, vc.ProofOptions{Cryptosuite: in.holder.suite, Created: s.now(), Challenge: challenge, Domain: domain})
	if err != nil {
		return 0, nil, s.clientError(ctx, problemGeneration, err)
	}
	return http.StatusCreated, map[string]any{"verifiablePresentation": signed}, nil
}

func (s *Server) verifyOptions(now time.Time) vc.VerifyOptions {
	return vc.VerifyOptions{Now: now, Status: s.checks.Status, Schema: s.checks.Schema}
}

// verifyCredential: POST /credentials/verify.
func (s *Server) verifyCredential(ctx context.Context, _ *instance, body []byte) (int, any, error) {
	r, err := parseRequest(body, "verifiableCredential", "options")
	if err != nil {
		return 0, nil, err
	}
	doc, err := r.object("verifiableCredential")
	if err != nil {
		return 0, nil, err
	}
	o, err := r.options("returnResults", "returnProblemDetails", "returnCredential")
	if err != nil {
		return 0, nil, err
	}
	var returns [3]bool
	for i, name := range []string{"returnResults", "returnProblemDetails", "returnCredential"} {
		if returns[i], err = o.flag(name); err != nil {
			return 0, nil, err
		}
	}
	c, err := vc.NewCredential(doc)
	if err != nil {
		return 0, nil, badRequest(problemMalformed, err)
	}
	result := s.processor.VerifyCredential(ctx, c, s.verifyOptions(s.now()))
	if ctx.Err() != nil {
		return 0, nil, ctx.Err()
	}
	out := map[string]any{"verified": result.Verified}
	if returns[0] {
		out["results"] = credentialResults(result)
	}
	// A client that is told no needs the reasons, whether it asked for them or not.
	if returns[1] || !result.Verified {
		out["problemDetails"] = problems(result)
	}
	if returns[2] {
		out["credential"] = c
	}
	return http.StatusOK, out, nil
}

// verifyPresentation: POST /presentations/verify.
func (s *Server) verifyPresentation(ctx context.Context, _ *instance, body []byte) (int, any, error) {
	r, err := parseRequest(body, "verifiablePresentation", "options")
	if err != nil {
		return 0, nil, err
	}
	doc, err := r.object("verifiablePresentation")
	if err != nil {
		return 0, nil, err
	}
	o, err := r.options("challenge", "domain", "returnPresentation", "returnResults", "returnProblemDetails")
	if err != nil {
		return 0, nil, err
	}
	options := s.verifyOptions(s.now())
	if options.Challenge, err = o.text("challenge"); err != nil {
		return 0, nil, err
	}
	if options.Domain, err = o.text("domain"); err != nil {
		return 0, nil, err
	}
	var returns [3]bool
	for i, name := range []string{"returnPresentation", "returnResults", "returnProblemDetails"} {
		if returns[i], err = o.flag(name); err != nil {
			return 0, nil, err
		}
	}
	p, err := vc.NewPresentation(doc)
	if err != nil {
		return 0, nil, badRequest(problemMalformed, err)
	}
	result := s.processor.VerifyPresentation(ctx, p, options)
	if ctx.Err() != nil {
		return 0, nil, ctx.Err()
	}
	credentials := make([]any, len(result.Credentials))
	for i, c := range result.Credentials {
		credentials[i] = map[string]any{
			"verified": c.Verified, "credential": c.Credential, "problemDetails": problems(c), "results": credentialResults(c),
		}
	}
	out := map[string]any{
		"verified": result.Verified, "problemDetails": problems(result),
		"results": map[string]any{"presentation": presentationResults(result, options), "credentials": credentials},
	}
	if returns[0] {
		out["verifiablePresentation"] = p
	}
	return http.StatusOK, out, nil
}

// problems lists the reasons of a result's own failed checks.
func problems(r *vc.Result) []Problem {
	out := []Problem{}
	for _, c := range r.Checks {
		if c.Status == vc.Failed {
			p := problemOf(c.Err)
			p.Detail = c.Name + ": " + p.Detail
			out = append(out, p)
		}
	}
	return out
}

// passed says whether no check of these names failed.
func passed(r *vc.Result, names ...string) bool {
	return !slices.ContainsFunc(r.Checks, func(c vc.Check) bool { return c.Status == vc.Failed && slices.Contains(names, c.Name) })
}

// proofResults says of each proof whether it verifies.
func proofResults(r *vc.Result, doc map[string]any) []any {
	out := []any{}
	for i, proof := range jsondoc.AsArray(doc["proof"]) {
		of := &vc.Result{}
		for _, c := range r.Checks {
			if c.Proof == i {
				of.Checks = append(of.Checks, c)
			}
		}
		ok := len(of.Checks) > 0 && of.Err() == nil
		out = append(out, map[string]any{"verified": ok, "input": proof, "problemDetails": problems(of)})
	}
	return out
}

// entryResults pairs the checks of a name with the objects that they are about.
func entryResults(r *vc.Result, name string, inputs []map[string]any) []any {
	out := []any{}
	for _, c := range r.Checks {
		if c.Name != name || c.Status == vc.Skipped || len(out) == len(inputs) {
			continue
		}
		result := map[string]any{"verified": c.Status == vc.Passed, "input": inputs[len(out)]}
		if name == vc.CheckStatus && c.Status == vc.Passed {
			result["value"] = 0
		}
		out = append(out, result)
	}
	return out
}

func credentialResults(r *vc.Result) map[string]any {
	c := r.Credential
	doc := c.View()
	out := map[string]any{
		"proof":            proofResults(r, doc),
		"credentialStatus": entryResults(r, vc.CheckStatus, c.Status()),
		"credentialSchema": entryResults(r, vc.CheckSchema, c.Schemas()),
	}
	early, late := false, false
	for _, check := range r.Checks {
		early = early || errors.Is(check.Err, vc.ErrNotYetValid)
		late = late || errors.Is(check.Err, vc.ErrExpired)
	}
	for _, p := range []struct {
		property, name string
		bad            bool
	}{
		{"validFrom", "validFrom", early}, {"issuanceDate", "validFrom", early}, {"validUntil", "validUntil", late}, {"expirationDate", "validUntil", late},
	} {
		if v, ok := doc[p.property]; ok {
			out[p.name] = map[string]any{"verified": !p.bad, "input": v}
		}
	}
	return out
}

func presentationResults(r *vc.Result, o vc.VerifyOptions) map[string]any {
	out := map[string]any{"proof": proofResults(r, r.Presentation.View())}
	if o.Challenge != "" {
		out["challenge"] = map[string]any{"verified": passed(r, vc.CheckChallenge, vc.CheckProof), "input": o.Challenge}
	}
	if o.Domain != "" {
		out["domain"] = map[string]any{"verified": passed(r, vc.CheckDomain, vc.CheckProof), "input": o.Domain}
	}
	if h := r.Presentation.Holder(); h != "" {
		out["holder"] = map[string]any{"verified": passed(r, vc.CheckController, vc.CheckMethod, vc.CheckSignature, vc.CheckProof), "input": h}
	}
	return out
}
