package did

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/medibloc/panacea/did/internal/strictjson"
)

// Relationship names a verification relationship (DID Core §5.3).
type Relationship string

// The verification relationships.
const (
	Authentication       Relationship = "authentication"
	AssertionMethod      Relationship = "assertionMethod"
	KeyAgreement         Relationship = "keyAgreement"
	CapabilityInvocation Relationship = "capabilityInvocation"
	CapabilityDelegation Relationship = "capabilityDelegation"
)

// Relationships lists the five, in the order of documents.
func Relationships() []Relationship {
	return []Relationship{Authentication, AssertionMethod, KeyAgreement, CapabilityInvocation, CapabilityDelegation}
}

// JSON-LD contexts that a DID document starts with.
const (
	ContextV1  = "https://www.w3.org/ns/did/v1"   // DID Core 1.0
	ContextV11 = "https://www.w3.org/ns/did/v1.1" // DID Core 1.1
)

// Document is a DID document. ParseDocument makes valid ones; Validate checks one that was put together otherwise. The
// exported fields may be changed; the document does not share them with others.
type Document struct {
	Contexts             []json.RawMessage // @context: each a JSON string or object
	ID                   string            // DID
	AlsoKnownAs          []string          // URIs
	Controllers          []string          // DIDs
	VerificationMethods  []VerificationMethod
	Authentication       []MethodRef
	AssertionMethod      []MethodRef
	KeyAgreement         []MethodRef
	CapabilityInvocation []MethodRef
	CapabilityDelegation []MethodRef
	Services             []Service
	Extra                Properties
}

// MethodRef is an entry of a verification relationship: a reference to a method, or a method that stands there itself.
type MethodRef struct {
	Reference string              // DID URL, or relative; "" if Embedded is set
	Embedded  *VerificationMethod // nil if Reference is set
}

// Service is a service of a document (DID Core §5.4).
type Service struct {
	ID       string // URI, or relative to the document's id
	Types    []string
	Endpoint json.RawMessage // serviceEndpoint: a JSON string, object, or array of them
	Extra    Properties
}

// NewService makes a service with one type and one endpoint URL.
func NewService(id, serviceType, endpointURL string) Service {
	return Service{ID: id, Types: []string{serviceType}, Endpoint: strictjson.AppendString(nil, endpointURL)}
}

// EndpointURLs returns the service's endpoints that are URLs, in their order, and leaves out those that are objects.
func (s Service) EndpointURLs() []string {
	v, err := strictjson.Parse(s.Endpoint, rawLimits())
	if err != nil {
		return nil
	}
	items := v.Items
	if v.Kind == strictjson.String {
		items = []strictjson.Value{v}
	}
	var urls []string
	for _, item := range items {
		if item.Kind == strictjson.String {
			urls = append(urls, item.Text)
		}
	}
	return urls
}

// ContextURLs makes the Contexts of a document out of URLs.
func ContextURLs(urls ...string) []json.RawMessage {
	var contexts []json.RawMessage
	for _, u := range urls {
		contexts = append(contexts, strictjson.AppendString(nil, u))
	}
	return contexts
}

// Relationship returns the entries of a relationship, nil for one that there is not.
func (d *Document) Relationship(r Relationship) []MethodRef {
	if p := d.relationship(r); p != nil {
		return *p
	}
	return nil
}

func (d *Document) relationship(r Relationship) *[]MethodRef {
	switch r {
	case Authentication:
		return &d.Authentication
	case AssertionMethod:
		return &d.AssertionMethod
	case KeyAgreement:
		return &d.KeyAgreement
	case CapabilityInvocation:
		return &d.CapabilityInvocation
	case CapabilityDelegation:
		return &d.CapabilityDelegation
	}
	return nil
}

// did returns the document's DID, the zero DID if its id is none.
func (d *Document) did() DID {
	id, err := ParseDID(d.ID)
	if err != nil {
		return DID{}
	}
	return id
}

// absolute makes a reference of the document with the id given absolute, "" if it cannot be.
func absolute(id DID, ref string) string {
	if ref == "" || id.IsZero() {
		return ""
	}
	abs, err := id.ResolveReference(ref)
	if err != nil {
		return ""
	}
	return abs
}

// absoluteFragment reads what a caller may write for a method or service: a DID URL, "#name" or "name". A name that stands
// as an id in the document itself is a relative path there (DID Core §3.2.2), and means that method or service.
func (d *Document) absoluteFragment(id DID, idOrFragment string) string {
	if !strings.ContainsAny(idOrFragment, ":/?#") && !d.hasID(idOrFragment) {
		idOrFragment = "#" + idOrFragment
	}
	return absolute(id, idOrFragment)
}

func (d *Document) hasID(id string) bool {
	return slices.ContainsFunc(d.allMethods(), func(m *VerificationMethod) bool { return m.ID == id }) ||
		slices.ContainsFunc(d.Services, func(s Service) bool { return s.ID == id })
}

// VerificationMethod finds a method, embedded ones included, by its DID URL, "#fragment" or "fragment".
func (d *Document) VerificationMethod(idOrFragment string) (VerificationMethod, bool) {
	base := d.did()
	id := d.absoluteFragment(base, idOrFragment)
	if id == "" {
		return VerificationMethod{}, false
	}
	for _, m := range d.allMethods() {
		if absolute(base, m.ID) == id {
			return *m, true
		}
	}
	return VerificationMethod{}, false
}

// allMethods lists the document's methods and then those embedded in relationships.
func (d *Document) allMethods() []*VerificationMethod {
	var all []*VerificationMethod
	for i := range d.VerificationMethods {
		all = append(all, &d.VerificationMethods[i])
	}
	for _, r := range Relationships() {
		for _, ref := range d.Relationship(r) {
			if ref.Embedded != nil {
				all = append(all, ref.Embedded)
			}
		}
	}
	return all
}

// Service finds a service by its id, "#fragment" or "fragment".
func (d *Document) Service(idOrFragment string) (Service, bool) {
	base := d.did()
	id := d.absoluteFragment(base, idOrFragment)
	for _, s := range d.Services {
		if id != "" && absolute(base, s.ID) == id {
			return s, true
		}
	}
	return Service{}, false
}

// Authorizes says whether the document gives a verification method a relationship: the method stands in the relationship
// by reference or embedded, and, if it is the document's own, the document still has it. The id is as in VerificationMethod.
func (d *Document) Authorizes(r Relationship, idOrFragment string) bool {
	base := d.did()
	id := d.absoluteFragment(base, idOrFragment)
	if id == "" {
		return false
	}
	listed := slices.ContainsFunc(d.Relationship(r), func(ref MethodRef) bool {
		if ref.Embedded != nil {
			return absolute(base, ref.Embedded.ID) == id
		}
		return absolute(base, ref.Reference) == id
	})
	if !listed {
		return false
	}
	if u, err := ParseURL(id); err != nil || u.DID.String() != d.ID {
		return err == nil
	}
	_, ok := d.VerificationMethod(id)
	return ok
}

// IsController says whether the document names did as a controller.
func (d *Document) IsController(did string) bool { return slices.Contains(d.Controllers, did) }

// Clone returns a copy. The two share JSON texts (contexts, keys, endpoints), which nobody may write to in place.
func (d *Document) Clone() *Document {
	c := *d
	c.Contexts = slices.Clone(d.Contexts)
	c.AlsoKnownAs = slices.Clone(d.AlsoKnownAs)
	c.Controllers = slices.Clone(d.Controllers)
	c.VerificationMethods = slices.Clone(d.VerificationMethods)
	for i := range c.VerificationMethods {
		c.VerificationMethods[i].Extra = cloneProperties(c.VerificationMethods[i].Extra)
	}
	for _, r := range Relationships() {
		refs := slices.Clone(d.Relationship(r))
		for i, ref := range refs {
			if ref.Embedded != nil {
				m := *ref.Embedded
				m.Extra = cloneProperties(m.Extra)
				refs[i].Embedded = &m
			}
		}
		*c.relationship(r) = refs
	}
	c.Services = slices.Clone(d.Services)
	for i := range c.Services {
		c.Services[i].Types = slices.Clone(c.Services[i].Types)
		c.Services[i].Extra = cloneProperties(c.Services[i].Extra)
	}
	c.Extra = cloneProperties(d.Extra)
	return &c
}

func cloneProperties(p Properties) Properties {
	if p == nil {
		return nil
	}
	c := make(Properties, len(p))
	for name, value := range p {
		c[name] = slices.Clone(value)
	}
	return c
}

// ExpandRelativeURLs returns a copy whose methods, references and services have absolute ids (DID Resolution 1.0 §4.1,
// expandRelativeUrls). Ids that cannot be made absolute stay as they are.
func (d *Document) ExpandRelativeURLs() *Document {
	c, base := d.Clone(), d.did()
	expand := func(s *string) {
		if abs := absolute(base, *s); abs != "" {
			*s = abs
		}
	}
	for _, m := range c.allMethods() {
		expand(&m.ID)
	}
	for _, r := range Relationships() {
		refs := c.Relationship(r)
		for i := range refs {
			if refs[i].Embedded == nil {
				expand(&refs[i].Reference)
			}
		}
	}
	for i := range c.Services {
		expand(&c.Services[i].ID)
	}
	return c
}
