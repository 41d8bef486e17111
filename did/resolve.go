package did

import (
	"context"
	"time"

	"github.com/medibloc/panacea/did/internal/strictjson"
)

// Resolver finds the document of a DID (DID Resolution 1.0 §4).
//
// An error is an *Error with the specified code wherever one fits; other errors count as ErrInternal. A DID that has been
// deactivated is no error: its Resolution has DocumentMetadata.Deactivated set and, where the method does not keep it, no
// Document. Use ResolveDocument to have the document or an error. Implementations are safe for concurrent use.
type Resolver interface {
	Resolve(ctx context.Context, did string, opts ResolveOptions) (*Resolution, error)
}

// ResolveOptions are the input options of a resolution (DID Resolution 1.0 §4.1). The zero value asks for the latest version.
type ResolveOptions struct {
	Accept             string    // an HTTP Accept value; resolvers in Go return Documents and leave it to the one who writes them
	ExpandRelativeURLs bool      // make relative DID URLs of the document absolute
	VersionID          string    // the version of that id
	VersionTime        time.Time // the version valid at that time; not together with VersionID
}

// Validate returns ErrInvalidOptions for options that contradict each other.
func (o ResolveOptions) Validate() error {
	if o.VersionID != "" && !o.VersionTime.IsZero() {
		return fail(CodeInvalidOptions, "versionId and versionTime exclude each other")
	}
	return nil
}

// timeFormat is the datetime of DID Resolution 1.0 §3.1: UTC, whole seconds.
const timeFormat = "2006-01-02T15:04:05Z"

// FormatTime writes a time as resolution metadata and versionTime do, such as "2020-12-20T19:17:47Z".
func FormatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// ParseVersionTime reads a versionTime: UTC with "Z", whole seconds. The error is ErrInvalidOptions.
func ParseVersionTime(s string) (time.Time, error) {
	t, err := time.Parse(timeFormat, s)
	if err != nil || len(s) != len(timeFormat) || t.IsZero() {
		return time.Time{}, fail(CodeInvalidOptions, "versionTime %.64q is not of the form 2020-12-20T19:17:47Z", s)
	}
	return t, nil
}

// Resolution is the result of a resolution (DID Resolution 1.0 §9).
type Resolution struct {
	Document           *Document // nil if there is none: after an error, or deactivated
	DocumentMetadata   DocumentMetadata
	ResolutionMetadata ResolutionMetadata
}

// DocumentMetadata describes the document (DID Resolution 1.0 §4.3). Zero values are absent.
type DocumentMetadata struct {
	Created       time.Time
	Updated       time.Time
	Deactivated   bool
	NextUpdate    time.Time
	VersionID     string
	NextVersionID string
	EquivalentID  []string
	CanonicalID   string
	Extra         Properties
}

// ResolutionMetadata describes the resolution itself (DID Resolution 1.0 §4.2).
type ResolutionMetadata struct {
	ContentType string
	Error       *Error
	Extra       Properties
}

// MarshalJSON writes the metadata.
func (m DocumentMetadata) MarshalJSON() ([]byte, error) {
	var w objectWriter
	w.time("created", m.Created)
	w.time("updated", m.Updated)
	if m.Deactivated {
		w.raw("deactivated", []byte("true"))
	}
	w.time("nextUpdate", m.NextUpdate)
	w.string("versionId", m.VersionID)
	w.string("nextVersionId", m.NextVersionID)
	w.strings("equivalentId", m.EquivalentID, false)
	w.string("canonicalId", m.CanonicalID)
	w.extra(m.Extra, documentMetadataProperties())
	return w.close()
}

func documentMetadataProperties() []string {
	return []string{"created", "updated", "deactivated", "nextUpdate", "versionId", "nextVersionId", "equivalentId", "canonicalId"}
}

// MarshalJSON writes the metadata.
func (m ResolutionMetadata) MarshalJSON() ([]byte, error) {
	var w objectWriter
	w.string("contentType", m.ContentType)
	if m.Error != nil {
		e, err := m.Error.MarshalJSON()
		if err != nil {
			return nil, err
		}
		w.raw("error", e)
	}
	w.extra(m.Extra, []string{"contentType", "error"})
	return w.close()
}

// MarshalJSON writes the result as application/did-resolution.
func (r Resolution) MarshalJSON() ([]byte, error) {
	var w objectWriter
	document := []byte("null")
	if r.Document != nil {
		b, err := r.Document.JSONLD()
		if err != nil {
			return nil, err
		}
		document = b
	}
	w.raw("didDocument", document)
	metadata, err := r.ResolutionMetadata.MarshalJSON()
	if err != nil {
		return nil, err
	}
	w.raw("didResolutionMetadata", metadata)
	if metadata, err = r.DocumentMetadata.MarshalJSON(); err != nil {
		return nil, err
	}
	w.raw("didDocumentMetadata", metadata)
	return w.close()
}

// ParseResolution reads an application/did-resolution result, such as another resolver's answer, with a document within
// limits. Times that are none are left out, because a resolver's metadata is not worth failing for; any other fault is
// ErrInvalidDocument. The result's own error, if it has one, stands in ResolutionMetadata.Error.
func ParseResolution(b []byte, limits Limits) (*Resolution, error) {
	envelope := limits.json()
	envelope.Bytes += 64 << 10
	envelope.Depth += 2
	envelope.Values += 1024
	v, err := strictjson.Parse(b, envelope)
	if err != nil {
		return nil, fail(CodeInvalidDIDDocument, "resolution result: %w", err)
	}
	if v.Kind != strictjson.Object {
		return nil, fail(CodeInvalidDIDDocument, "a resolution result is a JSON object")
	}
	r := &Resolution{}
	if m, ok := v.Get("didResolutionMetadata"); ok {
		r.ResolutionMetadata = resolutionMetadataOf(m)
	}
	if m, ok := v.Get("didDocumentMetadata"); ok {
		r.DocumentMetadata = documentMetadataOf(m)
	}
	if d, ok := v.Get("didDocument"); ok && d.Kind != strictjson.Null {
		if r.Document, err = limits.documentOf(d); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func resolutionMetadataOf(v strictjson.Value) ResolutionMetadata {
	var m ResolutionMetadata
	for _, p := range v.Members {
		switch p.Name {
		case "contentType":
			m.ContentType = p.Value.Text
		case "error":
			if p.Value.Kind == strictjson.Object || p.Value.Kind == strictjson.String {
				m.Error = parseError(p.Value)
			}
		default:
			addProperty(&m.Extra, p)
		}
	}
	return m
}

func documentMetadataOf(v strictjson.Value) DocumentMetadata {
	var m DocumentMetadata
	for _, p := range v.Members {
		switch p.Name {
		case "created":
			m.Created = metadataTime(p.Value)
		case "updated":
			m.Updated = metadataTime(p.Value)
		case "nextUpdate":
			m.NextUpdate = metadataTime(p.Value)
		case "deactivated":
			m.Deactivated = p.Value.Kind == strictjson.Bool && string(p.Value.Raw) == "true"
		case "versionId":
			m.VersionID = p.Value.Text
		case "nextVersionId":
			m.NextVersionID = p.Value.Text
		case "canonicalId":
			m.CanonicalID = p.Value.Text
		case "equivalentId":
			for _, item := range p.Value.Items {
				m.EquivalentID = append(m.EquivalentID, item.Text)
			}
		default:
			addProperty(&m.Extra, p)
		}
	}
	return m
}

func metadataTime(v strictjson.Value) time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.Text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// MethodRouter resolves a DID with the resolver of its method, found by the method's name. It must not be changed while in use.
type MethodRouter map[string]Resolver

// Resolve implements Resolver. DIDs of methods that the router does not have are ErrMethodNotSupported.
func (r MethodRouter) Resolve(ctx context.Context, did string, opts ResolveOptions) (*Resolution, error) {
	d, err := ParseDID(did)
	if err != nil {
		return nil, err
	}
	resolver, ok := r[d.Method()]
	if !ok {
		return nil, fail(CodeMethodNotSupported, "this resolver does not know the DID method %.64q", d.Method())
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	return resolver.Resolve(ctx, did, opts)
}

// ResolveDocument resolves a DID and returns its document, which is that DID's by its id. A deactivated DID is ErrDeactivated.
func ResolveDocument(ctx context.Context, r Resolver, did string, opts ResolveOptions) (*Document, error) {
	if _, err := ParseDID(did); err != nil {
		return nil, err
	}
	res, err := r.Resolve(ctx, did, opts)
	switch {
	case err != nil:
		return nil, err
	case res.ResolutionMetadata.Error != nil:
		return nil, res.ResolutionMetadata.Error
	case res.DocumentMetadata.Deactivated:
		return nil, ErrDeactivated
	case res.Document == nil:
		return nil, fail(CodeNotFound, "%s has no document", did)
	case res.Document.ID != did: // DID Resolution 1.0 §4: the document's id is the DID that was resolved
		return nil, fail(CodeInvalidDIDDocument, "the resolver answered %.128q with a document of %.128q", did, res.Document.ID)
	}
	return res.Document, nil
}

// ResolveMethod retrieves a verification method by its DID URL for a relationship (CID 1.0 §3.3): it resolves the URL's DID
// with the options and any versionId or versionTime of the URL, finds the method, and checks that it is controlled by that
// DID and that the document gives it the relationship. The errors are those of ResolveDocument, ErrInvalidDIDURL,
// ErrNotFound, ErrInvalidVerificationMethod and ErrInvalidRelationship.
func ResolveMethod(ctx context.Context, r Resolver, methodURL string, relationship Relationship, opts ResolveOptions) (VerificationMethod, error) {
	u, err := ParseURL(methodURL)
	if err != nil {
		return VerificationMethod{}, err
	}
	if !u.HasFragment || u.Path != "" {
		return VerificationMethod{}, fail(CodeInvalidDIDURL, "%.128q does not name a verification method: it needs a fragment and no path", methodURL)
	}
	q, err := parseQuery(u, opts)
	if err != nil {
		return VerificationMethod{}, err
	}
	if q.selectsServices() || q.unknown != "" {
		return VerificationMethod{}, fail(CodeInvalidDIDURL, "%.128q has parameters that do not belong to a verification method", methodURL)
	}
	doc, err := ResolveDocument(ctx, r, u.DID.String(), q.resolve)
	if err != nil {
		return VerificationMethod{}, err
	}
	id := URL{DID: u.DID, Fragment: u.Fragment, HasFragment: true}.String()
	m, ok := doc.VerificationMethod(id)
	if !ok {
		return VerificationMethod{}, fail(CodeNotFound, "%.128q is not in the document", id)
	}
	if m.Controller != doc.ID {
		return VerificationMethod{}, fail(CodeInvalidVerificationMethod, "%.128q is controlled by %.128q, not by %.128q", id, m.Controller, doc.ID)
	}
	if !doc.Authorizes(relationship, id) {
		return VerificationMethod{}, fail(CodeInvalidRelationship, "%.128q is not authorised for %s", id, relationship)
	}
	return m, nil
}
