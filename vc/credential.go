package vc

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// URLs of the base contexts, which also tell the data model's version.
const (
	ContextV1            = "https://www.w3.org/2018/credentials/v1"
	ContextV2            = "https://www.w3.org/ns/credentials/v2"
	ContextDataIntegrity = "https://w3id.org/security/data-integrity/v2"
)

// Version is the version of the Verifiable Credentials Data Model.
type Version int

const (
	V1 Version = 1 // Data Model 1.1
	V2 Version = 2 // Data Model 2.0
)

// Credential is a verifiable credential that is valid by the data model, secured or
// not. It keeps every property, known or not, with numbers as they were written. It
// does not change; methods that add to it return another.
type Credential struct{ doc map[string]any }

// ParseCredential reads a credential of at most 4 MiB, nested at most 64 deep. Errors
// are ErrInvalid, as a *PropertyError, or those of reading JSON.
func ParseCredential(text []byte) (*Credential, error) {
	doc, err := jsondoc.ParseObject(text, jsondoc.DefaultLimits())
	if err != nil {
		return nil, err
	}
	return credentialOf(doc)
}

// NewCredential makes a credential of doc, which it copies. Values may be of the types
// that encoding/json decodes to, int and []string.
func NewCredential(doc map[string]any) (*Credential, error) {
	v, err := jsondoc.Check(doc, jsondoc.DefaultLimits())
	if err != nil {
		return nil, err
	}
	return credentialOf(v.(map[string]any))
}

func credentialOf(doc map[string]any) (*Credential, error) {
	if err := validateCredential(doc, ""); err != nil {
		return nil, err
	}
	return &Credential{doc}, nil
}

// MarshalJSON writes the credential with sorted members.
func (c *Credential) MarshalJSON() ([]byte, error) { return jsondoc.Marshal(c.doc) }

// Document returns a copy of the whole credential.
func (c *Credential) Document() map[string]any { return jsondoc.Clone(c.doc).(map[string]any) }

// View returns the credential itself, for reading only: changing it breaks the
// credential for everyone who uses it.
func (c *Credential) View() map[string]any { return c.doc }

// Version tells the data model by the first context.
func (c *Credential) Version() Version { return versionOf(c.doc) }

// ID returns the credential's id, empty if it has none.
func (c *Credential) ID() string { s, _ := c.doc["id"].(string); return s }

// Types returns the credential's types, VerifiableCredential among them.
func (c *Credential) Types() []string { return stringsOf(c.doc["type"]) }

// Issuer returns the issuer's id.
func (c *Credential) Issuer() string { return idOf(c.doc["issuer"]) }

// Subjects returns the credentialSubject objects, for reading only.
func (c *Credential) Subjects() []map[string]any { return objectsOf(c.doc["credentialSubject"]) }

// Status returns the credentialStatus objects, for reading only.
func (c *Credential) Status() []map[string]any { return objectsOf(c.doc["credentialStatus"]) }

// Schemas returns the credentialSchema objects, for reading only.
func (c *Credential) Schemas() []map[string]any { return objectsOf(c.doc["credentialSchema"]) }

// ValidFrom returns from when the credential is valid: validFrom, in data model 1.1
// issuanceDate. It is the zero time if there is no such property.
func (c *Credential) ValidFrom() time.Time {
	return timeOf(c.doc, map[Version]string{V1: "issuanceDate", V2: "validFrom"}[c.Version()])
}

// ValidUntil returns until when the credential is valid: validUntil, in data model 1.1
// expirationDate. It is the zero time if there is no such property.
func (c *Credential) ValidUntil() time.Time {
	return timeOf(c.doc, map[Version]string{V1: "expirationDate", V2: "validUntil"}[c.Version()])
}

// Proofs returns the credential's proofs in their order.
func (c *Credential) Proofs() []*Proof { return proofsOf(c.doc) }

// Presentation is a verifiable presentation that is valid by the data model, signed or
// not. As a Credential it keeps every property and does not change.
type Presentation struct{ doc map[string]any }

// ParsePresentation reads a presentation, as ParseCredential reads a credential.
func ParsePresentation(text []byte) (*Presentation, error) {
	doc, err := jsondoc.ParseObject(text, jsondoc.DefaultLimits())
	if err != nil {
		return nil, err
	}
	return presentationOf(doc)
}

// NewPresentation makes a presentation of doc, as NewCredential makes a credential.
func NewPresentation(doc map[string]any) (*Presentation, error) {
	v, err := jsondoc.Check(doc, jsondoc.DefaultLimits())
	if err != nil {
		return nil, err
	}
	return presentationOf(v.(map[string]any))
}

func presentationOf(doc map[string]any) (*Presentation, error) {
	if err := validatePresentation(doc); err != nil {
		return nil, err
	}
	return &Presentation{doc}, nil
}

// MarshalJSON writes the presentation with sorted members.
func (p *Presentation) MarshalJSON() ([]byte, error) { return jsondoc.Marshal(p.doc) }

// Document returns a copy of the whole presentation.
func (p *Presentation) Document() map[string]any { return jsondoc.Clone(p.doc).(map[string]any) }

// View returns the presentation itself, for reading only.
func (p *Presentation) View() map[string]any { return p.doc }

// Version tells the data model by the first context.
func (p *Presentation) Version() Version { return versionOf(p.doc) }

// ID returns the presentation's id, empty if it has none.
func (p *Presentation) ID() string { s, _ := p.doc["id"].(string); return s }

// Holder returns the holder's id, empty if the presentation does not name one.
func (p *Presentation) Holder() string { return idOf(p.doc["holder"]) }

// Credentials returns the credentials presented, without those that are enveloped.
func (p *Presentation) Credentials() []*Credential {
	var out []*Credential
	for _, m := range objectsOf(p.doc["verifiableCredential"]) {
		if !isEnveloped(m) {
			out = append(out, &Credential{m})
		}
	}
	return out
}

// Proofs returns the presentation's proofs in their order.
func (p *Presentation) Proofs() []*Proof { return proofsOf(p.doc) }

func versionOf(doc map[string]any) Version {
	if contexts := jsondoc.AsArray(doc["@context"]); len(contexts) > 0 && contexts[0] == ContextV1 {
		return V1
	}
	return V2
}

func idOf(v any) string {
	if m, ok := v.(map[string]any); ok {
		v = m["id"]
	}
	s, _ := v.(string)
	return s
}

func stringsOf(v any) []string {
	var out []string
	for _, e := range jsondoc.AsArray(v) {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func objectsOf(v any) []map[string]any {
	var out []map[string]any
	for _, e := range jsondoc.AsArray(v) {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func timeOf(doc map[string]any, property string) time.Time {
	s, _ := doc[property].(string)
	t, _ := parseTime(s)
	return t
}

// without returns doc without some members, sharing their values.
func without(doc map[string]any, names ...string) map[string]any {
	out := maps.Clone(doc)
	for _, n := range names {
		delete(out, n)
	}
	return out
}

var (
	_ json.Marshaler = (*Credential)(nil)
	_ json.Marshaler = (*Presentation)(nil)
)
