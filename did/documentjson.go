package did

import (
	"encoding/json"
	"slices"

	"github.com/medibloc/panacea/did/internal/strictjson"
)

// Limits bounds a DID document that is read or validated.
type Limits struct {
	Bytes   int // of JSON text
	Depth   int // of nested objects and arrays
	Values  int // of JSON values in all
	Entries int // of each set: methods, embedded ones included, services, references, controllers, contexts
}

// DefaultLimits are 64 KiB, 16 levels, 8192 values and 256 entries in a set.
func DefaultLimits() Limits {
	return Limits{Bytes: 64 << 10, Depth: 16, Values: 8192, Entries: 256}
}

func (l Limits) json() strictjson.Limits {
	return strictjson.Limits{Bytes: l.Bytes, Depth: l.Depth, Values: l.Values}
}

// ParseDocument reads a DID document in JSON or JSON-LD within DefaultLimits.
func ParseDocument(b []byte) (*Document, error) { return DefaultLimits().ParseDocument(b) }

// ParseDocument reads a DID document and validates it. Member names that stand twice, text that is not UTF-8, and
// whatever goes beyond the limits are refused. All errors are ErrInvalidDocument.
func (l Limits) ParseDocument(b []byte) (*Document, error) {
	v, err := strictjson.Parse(b, l.json())
	if err != nil {
		return nil, fail(CodeInvalidDIDDocument, "%w", err)
	}
	return l.documentOf(v)
}

func (l Limits) documentOf(v strictjson.Value) (*Document, error) {
	r := reader{}
	d := r.document(v)
	if r.err != nil {
		return nil, r.err
	}
	if err := l.Validate(d); err != nil {
		return nil, err
	}
	return d, nil
}

// UnmarshalJSON is ParseDocument.
func (d *Document) UnmarshalJSON(b []byte) error {
	parsed, err := ParseDocument(b)
	if err != nil {
		return err
	}
	*d = *parsed
	return nil
}

// reader turns JSON values into document types and keeps the first error.
type reader struct{ err error }

func (r *reader) failf(format string, args ...any) {
	if r.err == nil {
		r.err = fail(CodeInvalidDIDDocument, format, args...)
	}
}

func (r *reader) document(v strictjson.Value) *Document {
	d := &Document{}
	if v.Kind != strictjson.Object {
		r.failf("a DID document is a JSON object")
		return d
	}
	for _, m := range v.Members {
		switch m.Name {
		case "@context":
			d.Contexts = r.contexts(m.Value)
		case "id":
			d.ID = r.string("id", m.Value)
		case "alsoKnownAs":
			d.AlsoKnownAs = r.stringSet("alsoKnownAs", m.Value, false)
		case "controller":
			d.Controllers = r.stringSet("controller", m.Value, true)
		case "verificationMethod":
			for _, item := range r.items(m.Name, m.Value) {
				d.VerificationMethods = append(d.VerificationMethods, r.method(m.Name, item))
			}
		case "service":
			for _, item := range r.items(m.Name, m.Value) {
				d.Services = append(d.Services, r.service(item))
			}
		default:
			if p := d.relationship(Relationship(m.Name)); p != nil {
				*p = r.references(m.Name, m.Value)
			} else {
				addProperty(&d.Extra, m)
			}
		}
	}
	return d
}

func addProperty(p *Properties, m strictjson.Member) {
	if *p == nil {
		*p = Properties{}
	}
	(*p)[m.Name] = slices.Clone(m.Value.Raw)
}

func (r *reader) string(name string, v strictjson.Value) string {
	if v.Kind != strictjson.String || v.Text == "" {
		r.failf("%s is not a string, or an empty one", name)
	}
	return v.Text
}

func (r *reader) items(name string, v strictjson.Value) []strictjson.Value {
	if v.Kind != strictjson.Array {
		r.failf("%s is not an array", name)
	}
	return v.Items
}

// stringSet reads an array of strings, or a single string where the specification allows one.
func (r *reader) stringSet(name string, v strictjson.Value, single bool) []string {
	if single && v.Kind == strictjson.String {
		return []string{r.string(name, v)}
	}
	var set []string
	for _, item := range r.items(name, v) {
		set = append(set, r.string(name, item))
	}
	return set
}

func (r *reader) contexts(v strictjson.Value) []json.RawMessage {
	items := v.Items
	if v.Kind != strictjson.Array {
		items = []strictjson.Value{v}
	}
	var contexts []json.RawMessage
	for _, item := range items {
		contexts = append(contexts, slices.Clone(item.Raw))
	}
	return contexts
}

func (r *reader) references(name string, v strictjson.Value) []MethodRef {
	var refs []MethodRef
	for _, item := range r.items(name, v) {
		if item.Kind == strictjson.Object {
			m := r.method(name, item)
			refs = append(refs, MethodRef{Embedded: &m})
		} else {
			refs = append(refs, MethodRef{Reference: r.string(name, item)})
		}
	}
	return refs
}

func (r *reader) method(name string, v strictjson.Value) VerificationMethod {
	var m VerificationMethod
	if v.Kind != strictjson.Object {
		r.failf("an entry of %s is not an object", name)
	}
	fields := map[string]*string{"id": &m.ID, "type": &m.Type, "controller": &m.Controller, "expires": &m.Expires,
		"revoked": &m.Revoked, "publicKeyMultibase": &m.PublicKeyMultibase, "publicKeyBase58": &m.PublicKeyBase58}
	for _, p := range v.Members {
		if field, ok := fields[p.Name]; ok {
			*field = r.string(name+"'s "+p.Name, p.Value)
		} else if p.Name == "publicKeyJwk" {
			m.PublicKeyJWK = slices.Clone(p.Value.Raw)
		} else {
			addProperty(&m.Extra, p)
		}
	}
	return m
}

func (r *reader) service(v strictjson.Value) Service {
	var s Service
	if v.Kind != strictjson.Object {
		r.failf("an entry of service is not an object")
	}
	for _, p := range v.Members {
		switch p.Name {
		case "id":
			s.ID = r.string("service's id", p.Value)
		case "type":
			s.Types = r.stringSet("service's type", p.Value, true)
		case "serviceEndpoint":
			s.Endpoint = slices.Clone(p.Value.Raw)
		default:
			addProperty(&s.Extra, p)
		}
	}
	return s
}

func documentProperties() []string {
	known := []string{"@context", "id", "alsoKnownAs", "controller", "verificationMethod", "service"}
	for _, r := range Relationships() {
		known = append(known, string(r))
	}
	return known
}

// MarshalJSON writes the document as it is: known properties in the order of DID Core, then the unknown ones in the order
// of their names. Equal documents give equal bytes. Use JSONLD for a document that strangers read.
func (d *Document) MarshalJSON() ([]byte, error) { return d.marshal(d.Contexts) }

// JSONLD writes the document as application/did: as MarshalJSON, and with an @context that starts with the DID context,
// which is added where the document does not have it (DID Core 1.1, "JSON-LD Processors").
func (d *Document) JSONLD() ([]byte, error) { return d.marshal(d.ldContexts()) }

// ldContexts are the document's contexts, with the DID context in front.
func (d *Document) ldContexts() []json.RawMessage {
	if len(d.Contexts) > 0 {
		switch v, _ := strictjson.Parse(d.Contexts[0], rawLimits()); v.Text {
		case ContextV1, ContextV11:
			return d.Contexts
		}
	}
	return append(ContextURLs(ContextV11), d.Contexts...)
}

func (d *Document) marshal(contexts []json.RawMessage) ([]byte, error) {
	var w objectWriter
	writeContexts(&w, contexts)
	w.string("id", d.ID)
	w.strings("alsoKnownAs", d.AlsoKnownAs, false)
	w.strings("controller", d.Controllers, true)
	if len(d.VerificationMethods) > 0 {
		w.raw("verificationMethod", appendArray(nil, d.VerificationMethods, func(out []byte, m VerificationMethod) []byte {
			return w.appendObject(out, m.write)
		}))
	}
	for _, r := range Relationships() {
		if refs := d.Relationship(r); len(refs) > 0 {
			w.raw(string(r), appendArray(nil, refs, w.appendReference))
		}
	}
	if len(d.Services) > 0 {
		w.raw("service", appendArray(nil, d.Services, func(out []byte, s Service) []byte {
			return w.appendObject(out, s.write)
		}))
	}
	w.extra(d.Extra, documentProperties())
	return w.close()
}

func writeContexts(w *objectWriter, contexts []json.RawMessage) {
	switch len(contexts) {
	case 0:
	case 1:
		w.checked("@context", contexts[0])
	default:
		w.checked("@context", appendArray(nil, contexts, func(out []byte, c json.RawMessage) []byte { return append(out, c...) }))
	}
}

// appendObject writes an object inside w's and hands its error on to w.
func (w *objectWriter) appendObject(out []byte, write func(*objectWriter)) []byte {
	var inner objectWriter
	write(&inner)
	b, err := inner.close()
	if err != nil && w.err == nil {
		w.err = err
	}
	return append(out, b...)
}

func (w *objectWriter) appendReference(out []byte, ref MethodRef) []byte {
	if ref.Embedded != nil {
		return w.appendObject(out, ref.Embedded.write)
	}
	return strictjson.AppendString(out, ref.Reference)
}

func (s Service) write(w *objectWriter) {
	w.string("id", s.ID)
	w.strings("type", s.Types, true)
	if s.Endpoint != nil {
		w.checked("serviceEndpoint", s.Endpoint)
	}
	w.extra(s.Extra, []string{"id", "type", "serviceEndpoint"})
}

// MarshalJSON writes the service, with unknown properties after the known ones in the order of their names.
func (s Service) MarshalJSON() ([]byte, error) {
	var w objectWriter
	s.write(&w)
	return w.close()
}
