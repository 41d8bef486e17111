package did

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/medibloc/panacea/did/internal/strictjson"
)

// Dereferencer follows DID URLs to what they name (DID Resolution 1.0 §5).
type Dereferencer struct {
	Resolver  Resolver
	Resources ResourceDereferencer // for paths and for parameters this package does not know; nil if there are none
}

// ResourceDereferencer dereferences the DID URLs of a method that name a resource, by a path or by parameters of the method's own.
// A URL that it does not know is ErrNotFound.
type ResourceDereferencer interface {
	DereferenceResource(ctx context.Context, u URL, opts DereferenceOptions) (*Resource, error)
}

// Resource is content that a DID URL names and that is no part of a DID document.
type Resource struct {
	MediaType string
	Content   []byte
	Metadata  Properties // content metadata
}

// DereferenceOptions are the input options of dereferencing (DID Resolution 1.0 §5.1).
type DereferenceOptions struct {
	ResolveOptions
	VerificationRelationship Relationship // if set, the URL must name a method that has it
}

// Dereferenced is what a DID URL names. Exactly one of Document, Method, Service, URLs and Resource is set, unless the DID has
// been deactivated and has no document: then none is, and Metadata.Deactivated says so.
type Dereferenced struct {
	Document *Document
	Method   *VerificationMethod
	Service  *Service
	URLs     []string // service endpoint URLs, asked for as text/uri-list
	Resource *Resource

	ContentType string           // media type of the content
	Metadata    DocumentMetadata // of the document that the content comes from; not for a Resource
	contexts    []json.RawMessage
}

// query is what a DID URL's parameters and the options ask for.
type query struct {
	resolve     ResolveOptions
	service     string
	serviceType string
	relativeRef string
	present     []string // names of service parameters that stand in the URL
	unknown     string   // name of a parameter that is not of DID Resolution 1.0 §3, or ""
}

func (q query) has(name string) bool  { return slices.Contains(q.present, name) }
func (q query) selectsServices() bool { return q.has("service") || q.has("serviceType") }

// parseQuery joins the URL's parameters with the options. A parameter and an option that differ are ErrInvalidOptions.
func parseQuery(u URL, opts ResolveOptions) (query, error) {
	q := query{resolve: opts}
	params, err := u.Params()
	if err != nil {
		return q, err
	}
	for _, p := range params {
		switch p.Name {
		case "versionId":
			err = q.setVersionID(p.Value)
		case "versionTime":
			err = q.setVersionTime(p.Value)
		case "service":
			q.service, q.present = p.Value, append(q.present, p.Name)
		case "serviceType":
			q.serviceType, q.present = p.Value, append(q.present, p.Name)
		case "relativeRef":
			q.relativeRef, q.present = p.Value, append(q.present, p.Name)
		default:
			q.unknown = p.Name
		}
		if err != nil {
			return q, err
		}
	}
	return q, q.resolve.Validate()
}

func (q *query) setVersionID(id string) error {
	if id == "" || q.resolve.VersionID != "" && q.resolve.VersionID != id {
		return fail(CodeInvalidOptions, "versionId is empty, or differs from the option")
	}
	q.resolve.VersionID = id
	return nil
}

func (q *query) setVersionTime(s string) error {
	t, err := ParseVersionTime(s)
	if err != nil {
		return err
	}
	if !q.resolve.VersionTime.IsZero() && !q.resolve.VersionTime.Equal(t) {
		return fail(CodeInvalidOptions, "versionTime differs from the option")
	}
	q.resolve.VersionTime = t
	return nil
}

// Dereference follows a DID URL (DID Resolution 1.0 §5.4):
//
//   - a DID, with or without versionId or versionTime: the document;
//   - with service or serviceType: the document with the services selected; or, if opts.Accept prefers text/uri-list, the
//     endpoint URLs, with relativeRef applied;
//   - with a fragment: the verification method or service in the document;
//   - with a path, or with parameters not named here: whatever Resources finds.
//
// Errors are *Error: ErrInvalidDIDURL, ErrInvalidOptions, ErrNotFound, ErrFeatureNotSupported for a parameter that nobody
// knows, ErrRepresentationNotSupported if opts.Accept accepts no form of the content, ErrInvalidRelationship and
// ErrInvalidVerificationMethod, and those of the resolver.
func (d Dereferencer) Dereference(ctx context.Context, didURL string, opts DereferenceOptions) (*Dereferenced, error) {
	u, err := ParseURL(didURL)
	if err != nil {
		return nil, err
	}
	q, err := parseQuery(u, opts.ResolveOptions)
	if err != nil {
		return nil, err
	}
	if u.Path != "" || q.unknown != "" {
		return d.resource(ctx, u, q, opts)
	}
	if q.has("relativeRef") && !q.selectsServices() {
		return nil, fail(CodeInvalidDIDURL, "relativeRef needs service or serviceType")
	}
	offers := documentMediaTypes()
	if q.selectsServices() {
		offers = append(offers, MediaTypeURIList)
	}
	contentType, ok := Negotiate(opts.Accept, offers...)
	if !ok {
		return nil, fail(CodeRepresentationNotSupported, "this URL is available as %s", strings.Join(offers, ", "))
	}
	out, err := d.document(ctx, u, q, contentType)
	if err != nil {
		return nil, err
	}
	if out.Document == nil {
		return out, nil
	}
	if q.selectsServices() {
		if err := out.selectServices(u, q); err != nil {
			return nil, err
		}
		if out.Document == nil {
			return out, nil
		}
	}
	if err := out.followFragment(u, opts.VerificationRelationship); err != nil {
		return nil, err
	}
	return out, nil
}

// resource hands the URL to Resources.
func (d Dereferencer) resource(ctx context.Context, u URL, q query, opts DereferenceOptions) (*Dereferenced, error) {
	if d.Resources == nil {
		if q.unknown != "" {
			return nil, fail(CodeFeatureNotSupported, "this resolver does not know the DID parameter %.64q", q.unknown)
		}
		return nil, fail(CodeNotFound, "nothing is known at the path %.64q", u.Path)
	}
	if opts.VerificationRelationship != "" {
		return nil, fail(CodeInvalidVerificationMethod, "%.128q does not name a verification method", u.String())
	}
	opts.ResolveOptions = q.resolve
	res, err := d.Resources.DereferenceResource(ctx, u, opts)
	if err != nil {
		return nil, AsError(err)
	}
	if _, ok := Negotiate(opts.Accept, res.MediaType); !ok {
		return nil, fail(CodeRepresentationNotSupported, "the resource is available as %.128s", res.MediaType)
	}
	return &Dereferenced{Resource: res, ContentType: res.MediaType}, nil
}

// document resolves the URL's DID.
func (d Dereferencer) document(ctx context.Context, u URL, q query, contentType string) (*Dereferenced, error) {
	did := u.DID.String()
	res, err := d.Resolver.Resolve(ctx, did, q.resolve)
	if err != nil {
		return nil, AsError(err)
	}
	if res.ResolutionMetadata.Error != nil {
		return nil, res.ResolutionMetadata.Error
	}
	out := &Dereferenced{ContentType: contentType, Metadata: res.DocumentMetadata, Document: res.Document}
	if res.Document == nil {
		if !res.DocumentMetadata.Deactivated {
			return nil, fail(CodeNotFound, "%s has no document", did)
		}
		return out, nil
	}
	if res.Document.ID != did {
		return nil, fail(CodeInternalError, "the resolver answered with the document of another DID")
	}
	if q.resolve.ExpandRelativeURLs {
		out.Document = res.Document.ExpandRelativeURLs()
	}
	out.contexts = out.Document.ldContexts()
	return out, nil
}

// selectServices keeps the services that the URL selects, or turns them into endpoint URLs.
func (r *Dereferenced) selectServices(u URL, q query) error {
	doc := r.Document.Clone()
	doc.Services = slices.DeleteFunc(doc.Services, func(s Service) bool {
		return q.has("service") && !doc.isService(s, q.service) || q.has("serviceType") && !slices.Contains(s.Types, q.serviceType)
	})
	r.Document = doc
	if r.ContentType != MediaTypeURIList {
		return nil
	}
	r.Document = nil
	for _, s := range doc.Services {
		for _, endpoint := range s.EndpointURLs() {
			if q.has("relativeRef") {
				var err error
				if endpoint, err = joinEndpoint(endpoint, q.relativeRef); err != nil {
					return err
				}
			}
			endpoint, err := inheritFragment(endpoint, u)
			if err != nil {
				return err
			}
			r.URLs = append(r.URLs, endpoint)
		}
	}
	if len(r.URLs) == 0 {
		return fail(CodeNotFound, "no service with an endpoint URL matches")
	}
	return nil
}

// isService compares a service's id with the value of the service parameter, which is a DID URL or the id's fragment.
func (d *Document) isService(s Service, value string) bool {
	base := d.did()
	id := d.absoluteFragment(base, value)
	return id != "" && absolute(base, s.ID) == id
}

// joinEndpoint resolves relativeRef against an endpoint (RFC 3986 §5). A reference that could leave the endpoint's host, or
// climb out of a directory whatever its encoding, is refused (DID Resolution 1.0 §13.7.1).
func joinEndpoint(endpoint, relativeRef string) (string, error) {
	if hasScheme(relativeRef) || strings.HasPrefix(relativeRef, "//") || climbs(relativeRef) {
		return "", fail(CodeInvalidDIDURL, "relativeRef %.64q leaves its endpoint", relativeRef)
	}
	if invalidAt(relativeRef, func(c byte) bool { return isPchar(c) || strings.IndexByte("/?#", c) >= 0 }) >= 0 {
		return "", fail(CodeInvalidDIDURL, "relativeRef %.64q is not a URI reference", relativeRef)
	}
	base, err := url.Parse(endpoint)
	if err != nil || base.Opaque != "" {
		return "", fail(CodeNotFound, "relativeRef does not apply to the endpoint %.64q", endpoint)
	}
	ref, err := url.Parse(relativeRef)
	if err != nil {
		return "", fail(CodeInvalidDIDURL, "relativeRef %.64q is not a URI reference", relativeRef)
	}
	return base.ResolveReference(ref).String(), nil
}

// climbs says whether a reference, decoded as often as it can be, has a ".." segment or a backslash. One that is encoded more
// often than anybody has reason to counts as such.
func climbs(ref string) bool {
	for range 4 {
		if strings.Contains(ref, `\`) || slices.Contains(strings.FieldsFunc(ref, func(r rune) bool { return strings.ContainsRune("/?#", r) }), "..") {
			return true
		}
		decoded, err := url.PathUnescape(ref)
		if err != nil || decoded == ref {
			return false
		}
		ref = decoded
	}
	return true
}

// inheritFragment appends the DID URL's fragment to a selected endpoint URL (DID Resolution 1.0 §5.4.2).
func inheritFragment(endpoint string, u URL) (string, error) {
	if !u.HasFragment {
		return endpoint, nil
	}
	if strings.Contains(endpoint, "#") {
		return "", fail(CodeInvalidDIDURL, "the service endpoint has a fragment of its own")
	}
	return endpoint + "#" + u.Fragment, nil
}

// followFragment narrows a document to the method or service that the fragment names.
func (r *Dereferenced) followFragment(u URL, relationship Relationship) error {
	if !u.HasFragment {
		if relationship != "" {
			return fail(CodeInvalidVerificationMethod, "%.128q does not name a verification method", u.String())
		}
		return nil
	}
	doc, id := r.Document, u.DID.String()+"#"+u.Fragment
	if m, ok := doc.VerificationMethod(id); ok {
		if relationship != "" && !doc.Authorizes(relationship, id) {
			return fail(CodeInvalidRelationship, "%.128q is not authorised for %.64s", id, relationship)
		}
		r.Document, r.Method = nil, &m
		return nil
	}
	if relationship != "" {
		return fail(CodeInvalidVerificationMethod, "%.128q is not a verification method of the document", id)
	}
	s, ok := doc.Service(id)
	if !ok {
		return fail(CodeNotFound, "the document has nothing with the id %.128q", id)
	}
	r.Document, r.Service = nil, &s
	return nil
}

// Content writes what was found in its ContentType: a document; a method or service with the document's @context; a list of
// URLs, one a line (RFC 2483); a resource's bytes; nothing for a deactivated DID without a document.
func (r *Dereferenced) Content() ([]byte, error) {
	switch {
	case r.Document != nil:
		if r.ContentType == MediaTypeDIDJSON {
			return r.Document.MarshalJSON()
		}
		return r.Document.JSONLD()
	case r.Method != nil:
		return r.object(r.Method.write)
	case r.Service != nil:
		return r.object(r.Service.write)
	case r.URLs != nil:
		return []byte(strings.Join(r.URLs, "\r\n") + "\r\n"), nil
	case r.Resource != nil:
		return r.Resource.Content, nil
	}
	return nil, nil
}

func (r *Dereferenced) object(write func(*objectWriter)) ([]byte, error) {
	var w objectWriter
	if r.ContentType != MediaTypeDIDJSON {
		writeContexts(&w, r.contexts)
	}
	write(&w)
	return w.close()
}

// MarshalJSON writes the result as application/did-url-dereferencing (DID Resolution 1.0 §10). A resource stands in it as JSON if
// it is JSON, else as a string; bytes that are not UTF-8 cannot stand in it and are ErrRepresentationNotSupported.
func (r *Dereferenced) MarshalJSON() ([]byte, error) {
	content, err := r.embedded()
	if err != nil {
		return nil, err
	}
	var w objectWriter
	w.raw("content", content)
	metadata, err := ResolutionMetadata{ContentType: r.ContentType}.MarshalJSON()
	if err != nil {
		return nil, err
	}
	w.raw("dereferencingMetadata", metadata)
	if r.Resource != nil {
		w.raw("contentMetadata", w.appendObject(nil, func(inner *objectWriter) { inner.extra(r.Resource.Metadata, nil) }))
	} else {
		if metadata, err = r.Metadata.MarshalJSON(); err != nil {
			return nil, err
		}
		w.raw("contentMetadata", metadata)
	}
	return w.close()
}

// embedded is the content as a JSON value.
func (r *Dereferenced) embedded() ([]byte, error) {
	switch {
	case r.URLs != nil:
		return appendArray(nil, r.URLs, strictjson.AppendString), nil
	case r.Resource != nil:
		return embedResource(r.Resource)
	}
	content, err := r.Content()
	if err == nil && content == nil {
		content = []byte("null")
	}
	return content, err
}

func embedResource(res *Resource) ([]byte, error) {
	if v, err := strictjson.Parse(res.Content, rawLimits()); err == nil {
		return v.Raw, nil
	}
	if !utf8.Valid(res.Content) {
		return nil, fail(CodeRepresentationNotSupported, "the resource is not text; ask for %.128s", res.MediaType)
	}
	return strictjson.AppendString(nil, string(res.Content)), nil
}

// MarshalDereferencingError writes a failure as application/did-url-dereferencing.
func MarshalDereferencingError(e *Error) ([]byte, error) {
	metadata, err := ResolutionMetadata{Error: e}.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var w objectWriter
	w.raw("content", []byte("null"))
	w.raw("dereferencingMetadata", metadata)
	w.raw("contentMetadata", []byte("{}"))
	return w.close()
}
