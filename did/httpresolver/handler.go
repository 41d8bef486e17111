// Package httpresolver speaks the HTTP(S) binding of W3C DID Resolution 1.0 (§12.1) on both sides: NewHandler serves a
// did.Resolver, and Client is a did.Resolver that asks such a server.
//
//	mux.Handle(httpresolver.Path, httpresolver.NewHandler(did.Dereferencer{Resolver: resolver}))
//
//	resolver, err := httpresolver.NewClient("https://node.example/1.0/identifiers/", nil)
//
// # Trust
//
// The handler trusts nothing in a request, bounds its length before reading it, and lets any web page ask (CORS), because it
// reads no cookie and serves public data only. It serves resources that strangers published: with nosniff and an empty
// sandbox, so that a browser runs none of them. The client trusts its server for the documents; it checks only that the answer is a
// valid document of the DID it asked for. Serve and ask over TLS.
package httpresolver

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/medibloc/panacea/did"
)

// Path is where the binding lives by convention; what follows it is a DID or DID URL.
const Path = "/1.0/identifiers/"

// Handler serves GET, HEAD and OPTIONS below Path.
type Handler struct {
	dereferencer did.Dereferencer
}

// NewHandler serves d. Mount it at Path.
func NewHandler(d did.Dereferencer) *Handler { return &Handler{dereferencer: d} }

// maxRequestURI bounds the path and query of a request: a DID URL, every byte of it percent-encoded, and the options.
const maxRequestURI = 3*did.MaxURLLength + 1024

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setCommonHeaders(w.Header())
	switch r.Method {
	case http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		w.Header().Set("Access-Control-Allow-Headers", "Accept, If-None-Match")
		w.Header().Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet, http.MethodHead:
		h.answer(r).write(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		methodNotAllowed().write(w, r)
	}
}

func setCommonHeaders(header http.Header) {
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "ETag, Location")
	header.Set("Vary", "Accept")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}

// answer is a response before it is written.
type answer struct {
	status      int
	contentType string
	location    string
	body        []byte
}

// form is the envelope that the client wants around the result.
type form int

const (
	bare          form = iota // the content itself
	resolution                // a DID resolution result
	dereferencing             // a DID URL dereferencing result
)

// request is what an HTTP request asks for.
type request struct {
	didURL   string
	opts     did.DereferenceOptions
	form     form
	envelope string // media type of the envelope
}

func (h *Handler) answer(r *http.Request) answer {
	req, err := parseRequest(r)
	if err != nil {
		return failure(req, err)
	}
	out, err := h.dereferencer.Dereference(r.Context(), req.didURL, req.opts)
	if err != nil {
		return failure(req, err)
	}
	if req.form == resolution && out.Document == nil && !out.Metadata.Deactivated {
		return failure(req, &did.Error{Code: did.CodeRepresentationNotSupported,
			Detail: "a DID URL that names a part of a document, or a resource, has no resolution result; ask for " + did.MediaTypeDereferencing})
	}
	return success(req, out)
}

// parseRequest reads the DID URL and the options. On an error the request's form still says how to answer.
func parseRequest(r *http.Request) (request, error) {
	req := request{opts: did.DereferenceOptions{}}
	accept := strings.Join(r.Header.Values("Accept"), ",")
	req.form, req.envelope, req.opts.Accept = chooseForm(accept)
	if len(r.URL.RawPath)+len(r.URL.Path)+len(r.URL.RawQuery) > 2*maxRequestURI {
		return req, &did.Error{Code: did.CodeInvalidDIDURL, Detail: "the request is too long"}
	}
	identifier, options, err := splitRequest(r.URL)
	if err != nil {
		return req, err
	}
	req.didURL = identifier
	return req, req.readOptions(options)
}

// chooseForm finds the envelope that an Accept value prefers, and the Accept value for what is inside it.
func chooseForm(accept string) (f form, envelope, inner string) {
	offers := []string{did.MediaTypeDID, did.MediaTypeDIDLD, did.MediaTypeDIDJSON, did.MediaTypeURIList,
		did.MediaTypeResolution, did.MediaTypeResolutionLegacy, did.MediaTypeDereferencing}
	switch best, _ := did.Negotiate(accept, offers...); best {
	case did.MediaTypeResolution, did.MediaTypeResolutionLegacy:
		return resolution, best, ""
	case did.MediaTypeDereferencing:
		return dereferencing, best, ""
	}
	return bare, "", accept
}

// splitRequest separates the DID URL from the options. A client that sends options percent-encodes the whole DID URL
// (DID Resolution 1.0 §12.1); otherwise the DID URL stands in the request as it is, its query being the request's, and only "#" and
// "?" may be encoded, since a request has no fragment.
func splitRequest(u *url.URL) (identifier, options string, err error) {
	_, rest, ok := strings.Cut(u.EscapedPath(), Path)
	if !ok || rest == "" {
		return "", "", &did.Error{Code: did.CodeInvalidDID, Detail: "no DID after " + Path}
	}
	if len(rest) >= 6 && strings.EqualFold(rest[:6], "did%3A") {
		identifier, err := url.PathUnescape(rest)
		if err != nil {
			return "", "", &did.Error{Code: did.CodeInvalidDIDURL, Detail: "percent-encoding"}
		}
		return identifier, u.RawQuery, nil
	}
	if strings.Contains(strings.ToUpper(rest), "%3F") {
		return decodeDelimiters(rest), u.RawQuery, nil
	}
	rest, fragment, hasFragment := strings.Cut(decodeDelimiters(rest), "#")
	if u.RawQuery != "" {
		rest += "?" + u.RawQuery
	}
	if hasFragment {
		rest += "#" + fragment
	}
	return rest, "", nil
}

// decodeDelimiters decodes "#" and "?", which a client must encode to get them into a request's path.
func decodeDelimiters(s string) string {
	return strings.NewReplacer("%23", "#", "%3F", "?", "%3f", "?").Replace(s)
}

// readOptions reads the request's options (DID Resolution 1.0 §4.1, §5.1).
func (req *request) readOptions(raw string) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return &did.Error{Code: did.CodeInvalidOptions, Detail: "the query is malformed"}
	}
	for name, v := range values {
		if len(v) != 1 {
			return &did.Error{Code: did.CodeInvalidOptions, Detail: "an option stands twice"}
		}
		var err error
		switch name {
		case "versionId":
			req.opts.VersionID = v[0]
		case "versionTime":
			req.opts.VersionTime, err = did.ParseVersionTime(v[0])
		case "expandRelativeUrls":
			req.opts.ExpandRelativeURLs, err = parseBool(v[0])
		case "verificationRelationship":
			req.opts.VerificationRelationship = did.Relationship(v[0])
		default:
			err = &did.Error{Code: did.CodeFeatureNotSupported, Detail: "this resolver does not know the option " + strconv.QuoteToASCII(cut(name, 64))}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func parseBool(s string) (bool, error) {
	if s != "true" && s != "false" {
		return false, &did.Error{Code: did.CodeInvalidOptions, Detail: "expandRelativeUrls is true or false"}
	}
	return s == "true", nil
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// success puts what was found into the form asked for.
func success(req request, out *did.Dereferenced) answer {
	a := answer{status: http.StatusOK, contentType: out.ContentType}
	if out.Metadata.Deactivated {
		a.status = http.StatusGone // DID Resolution 1.0 §12.1
	}
	var err error
	switch {
	case req.form == resolution:
		a.contentType = req.envelope
		a.body, err = did.Resolution{Document: out.Document, DocumentMetadata: out.Metadata,
			ResolutionMetadata: did.ResolutionMetadata{ContentType: out.ContentType}}.MarshalJSON()
	case req.form == dereferencing:
		a.contentType = req.envelope
		a.body, err = out.MarshalJSON()
	case out.URLs != nil:
		return answer{status: http.StatusSeeOther, location: out.URLs[0], contentType: out.ContentType}
	default:
		a.body, err = out.Content()
	}
	if err != nil {
		return failure(req, err)
	}
	if a.body == nil {
		return gone()
	}
	return a
}

// failure writes an error in the form asked for; bare, as problem details (RFC 9457).
func failure(req request, err error) answer {
	e := did.AsError(err)
	a := answer{status: e.Code.HTTPStatus(), contentType: req.envelope}
	var marshalErr error
	switch req.form {
	case resolution:
		a.body, marshalErr = did.Resolution{ResolutionMetadata: did.ResolutionMetadata{Error: e}}.MarshalJSON()
	case dereferencing:
		a.body, marshalErr = did.MarshalDereferencingError(e)
	default:
		a.contentType = did.MediaTypeProblem
		a.body, marshalErr = e.MarshalJSON()
	}
	if marshalErr != nil {
		return problem(http.StatusInternalServerError, "internal error", "")
	}
	return a
}

// problem makes problem details of a kind that DID Resolution has no code for.
func problem(status int, title, detail string) answer {
	body, err := json.Marshal(map[string]any{"type": "about:blank", "title": title, "status": status, "detail": detail})
	if err != nil {
		body = nil
	}
	return answer{status: status, contentType: did.MediaTypeProblem, body: body}
}

func gone() answer {
	return problem(http.StatusGone, "deactivated", "The DID has been deactivated and has no document any more.")
}

func methodNotAllowed() answer {
	return problem(http.StatusMethodNotAllowed, "method not allowed", "Use GET, HEAD or OPTIONS.")
}

func (a answer) write(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	if a.contentType != "" {
		header.Set("Content-Type", a.contentType)
	}
	if a.location != "" {
		header.Set("Location", a.location)
	}
	if a.status == http.StatusOK {
		sum := sha256.Sum256(append([]byte(a.contentType+"\n"), a.body...))
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
		header.Set("ETag", tag)
		header.Set("Cache-Control", "no-cache") // may be stored, must be asked about: a DID can change with any block
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	} else {
		header.Set("Cache-Control", "no-store")
	}
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // the client went away: nothing is left to do
	}
}

// matches compares an If-None-Match value (RFC 9110 §13.1.2) with a tag, weakly.
func matches(ifNoneMatch, tag string) bool {
	if len(ifNoneMatch) > 1024 {
		return false
	}
	for _, candidate := range strings.Split(ifNoneMatch, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}
