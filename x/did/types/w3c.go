package types

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/medibloc/panacea/did"
)

// ToW3C converts the message to a DID document. It checks the JSON inside the message and that no two fields say the same
// thing, and not what DID Core demands: that is Validate's. Errors are ErrInvalidDocument.
func (d *DIDDocument) ToW3C() (*did.Document, error) {
	c := converter{}
	document := c.document(d)
	if c.err != nil {
		return nil, c.err
	}
	return document, nil
}

// FromW3C converts a DID document to the message that carries it. The result is the document's canonical message: the one
// that Validate accepts. Errors are ErrInvalidDocument.
func FromW3C(document *did.Document) (*DIDDocument, error) {
	c := converter{}
	d := c.message(document)
	if c.err != nil {
		return nil, c.err
	}
	return d, nil
}

// converter keeps the first error of a conversion.
type converter struct{ err error }

func (c *converter) failf(format string, args ...any) {
	if c.err == nil {
		c.err = ErrInvalidDocument.Wrapf(format, args...)
	}
}

func (c *converter) document(d *DIDDocument) *did.Document {
	document := &did.Document{
		Contexts:             c.contexts(d),
		ID:                   d.Id,
		AlsoKnownAs:          slices.Clone(d.AlsoKnownAs),
		Controllers:          slices.Clone(d.Controller.GetValues()),
		Authentication:       c.references(d.Authentications),
		AssertionMethod:      c.references(d.AssertionMethods),
		KeyAgreement:         c.references(d.KeyAgreements),
		CapabilityInvocation: c.references(d.CapabilityInvocations),
		CapabilityDelegation: c.references(d.CapabilityDelegations),
		Extra:                c.properties("extra", d.Extra),
	}
	for _, method := range d.VerificationMethods {
		document.VerificationMethods = append(document.VerificationMethods, c.method(method))
	}
	for _, service := range d.Services {
		document.Services = append(document.Services, c.service(service))
	}
	return document
}

func (c *converter) contexts(d *DIDDocument) []json.RawMessage {
	if d.ContextJson == "" {
		return did.ContextURLs(d.Contexts.GetValues()...)
	}
	if len(d.Contexts.GetValues()) > 0 {
		c.failf("contexts and context_json are both set")
	}
	var contexts []json.RawMessage
	if err := json.Unmarshal([]byte(d.ContextJson), &contexts); err != nil {
		c.failf("context_json: %v", err)
	}
	return contexts
}

func (c *converter) references(relationships []*VerificationRelationship) []did.MethodRef {
	var references []did.MethodRef
	for _, relationship := range relationships {
		if embedded := relationship.GetVerificationMethod(); embedded != nil {
			method := c.method(embedded)
			references = append(references, did.MethodRef{Embedded: &method})
		} else {
			references = append(references, did.MethodRef{Reference: relationship.GetVerificationMethodId()})
		}
	}
	return references
}

// Properties of verification methods that package did knows and this message carries in extra.
const (
	propertyExpires = "expires"
	propertyRevoked = "revoked"
)

func (c *converter) method(m *VerificationMethod) did.VerificationMethod {
	method := did.VerificationMethod{
		ID: m.GetId(), Type: m.GetType(), Controller: m.GetController(),
		PublicKeyBase58: m.GetPublicKeyBase58(), PublicKeyMultibase: m.GetPublicKeyMultibase(),
		Extra: c.properties("extra of a verification method", m.GetExtra()),
	}
	if m.GetPublicKeyJwk() != "" {
		method.PublicKeyJWK = c.raw("public_key_jwk", m.GetPublicKeyJwk())
	}
	c.take(method.Extra, propertyExpires, &method.Expires)
	c.take(method.Extra, propertyRevoked, &method.Revoked)
	return method
}

// take moves a property that is text to its field.
func (c *converter) take(properties did.Properties, name string, field *string) {
	if value, ok := properties[name]; ok {
		*field = c.text(name, value)
		delete(properties, name)
	}
}

func (c *converter) service(s *Service) did.Service {
	service := did.Service{ID: s.GetId(), Types: slices.Clone(s.GetTypes()), Extra: c.properties("extra of a service", s.GetExtra())}
	if s.GetType() != "" {
		if len(service.Types) > 0 {
			c.failf("type and types of service %.100q are both set", s.Id)
		}
		service.Types = []string{s.Type}
	}
	switch {
	case s.GetServiceEndpointJson() == "":
		if s.GetServiceEndpoint() != "" {
			service.Endpoint = did.NewService("", "", s.ServiceEndpoint).Endpoint
		}
	case s.GetServiceEndpoint() != "":
		c.failf("service_endpoint and service_endpoint_json of service %.100q are both set", s.Id)
	default:
		service.Endpoint = c.raw("service_endpoint_json", s.ServiceEndpointJson)
	}
	return service
}

// properties reads a JSON object of properties that have no field.
func (c *converter) properties(name, text string) did.Properties {
	if text == "" {
		return nil
	}
	var properties did.Properties
	if err := json.Unmarshal([]byte(text), &properties); err != nil || properties == nil {
		c.failf("%s is not a JSON object: %v", name, err)
	}
	return properties
}

func (c *converter) raw(name, text string) json.RawMessage {
	if !json.Valid([]byte(text)) {
		c.failf("%s is not JSON", name)
		return nil
	}
	return json.RawMessage(text)
}

func (c *converter) text(name string, raw json.RawMessage) string {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || len(raw) == 0 || raw[0] != '"' {
		c.failf("%s is not a string", name)
	}
	return s
}

func (c *converter) message(document *did.Document) *DIDDocument {
	d := &DIDDocument{
		Id:                    document.ID,
		AlsoKnownAs:           slices.Clone(document.AlsoKnownAs),
		Authentications:       c.relationships(document.Authentication),
		AssertionMethods:      c.relationships(document.AssertionMethod),
		KeyAgreements:         c.relationships(document.KeyAgreement),
		CapabilityInvocations: c.relationships(document.CapabilityInvocation),
		CapabilityDelegations: c.relationships(document.CapabilityDelegation),
		Extra:                 c.extra(document.Extra),
	}
	if len(document.Controllers) > 0 {
		d.Controller = &Strings{Values: slices.Clone(document.Controllers)}
	}
	c.setContexts(d, document.Contexts)
	for _, method := range document.VerificationMethods {
		d.VerificationMethods = append(d.VerificationMethods, c.methodMessage(method))
	}
	for _, service := range document.Services {
		d.Services = append(d.Services, c.serviceMessage(service))
	}
	return d
}

func (c *converter) setContexts(d *DIDDocument, contexts []json.RawMessage) {
	if len(contexts) == 0 {
		return
	}
	if slices.ContainsFunc(contexts, func(raw json.RawMessage) bool { return !isJSONString(raw) }) {
		d.ContextJson = c.encode(contexts)
		return
	}
	d.Contexts = &Strings{}
	for _, context := range contexts {
		d.Contexts.Values = append(d.Contexts.Values, c.text("@context", context))
	}
}

func (c *converter) relationships(references []did.MethodRef) []*VerificationRelationship {
	var relationships []*VerificationRelationship
	for _, reference := range references {
		if reference.Embedded != nil {
			relationships = append(relationships, NewEmbedded(c.methodMessage(*reference.Embedded)))
		} else {
			relationships = append(relationships, NewReference(reference.Reference))
		}
	}
	return relationships
}

func (c *converter) methodMessage(method did.VerificationMethod) *VerificationMethod {
	properties := make(did.Properties, len(method.Extra)+2)
	for name, value := range method.Extra {
		properties[name] = value
	}
	if method.Expires != "" {
		properties[propertyExpires] = json.RawMessage(c.encode(method.Expires))
	}
	if method.Revoked != "" {
		properties[propertyRevoked] = json.RawMessage(c.encode(method.Revoked))
	}
	return &VerificationMethod{
		Id: method.ID, Type: method.Type, Controller: method.Controller,
		PublicKeyBase58: method.PublicKeyBase58, PublicKeyMultibase: method.PublicKeyMultibase,
		PublicKeyJwk: string(method.PublicKeyJWK), Extra: c.extra(properties),
	}
}

func (c *converter) serviceMessage(service did.Service) *Service {
	s := &Service{Id: service.ID, Extra: c.extra(service.Extra)}
	if len(service.Types) == 1 {
		s.Type = service.Types[0]
	} else {
		s.Types = slices.Clone(service.Types)
	}
	if isJSONString(service.Endpoint) {
		s.ServiceEndpoint = c.text("serviceEndpoint", service.Endpoint)
	} else {
		s.ServiceEndpointJson = string(service.Endpoint)
	}
	return s
}

// extra writes properties as a JSON object, in the order of their names, "" for none.
func (c *converter) extra(properties did.Properties) string {
	if len(properties) == 0 {
		return ""
	}
	return c.encode(properties)
}

// encode writes compact JSON that escapes no more than JSON demands.
func (c *converter) encode(v any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		c.failf("%v", err)
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func isJSONString(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '"' }

// NewReference refers to a verification method.
func NewReference(id string) *VerificationRelationship {
	return &VerificationRelationship{Content: &VerificationRelationship_VerificationMethodId{VerificationMethodId: id}}
}

// NewEmbedded embeds a verification method.
func NewEmbedded(method *VerificationMethod) *VerificationRelationship {
	return &VerificationRelationship{Content: &VerificationRelationship_VerificationMethod{VerificationMethod: method}}
}

// Validate checks that the message is a document that this chain accepts: it conforms to DID Core within the limits of
// package did; it is the one canonical message of that document, so that no field hides behind another and the JSON in it
// is compact, without duplicate names, and in the order of names; every key of a known type is valid and none is private;
// and it is not what the proof of a deactivation signs. Errors are ErrInvalidDocument.
func (d *DIDDocument) Validate() error {
	document, err := d.ToW3C()
	if err != nil {
		return err
	}
	text, err := document.MarshalJSON()
	if err != nil {
		return ErrInvalidDocument.Wrap(err.Error())
	}
	// Through the text, because that is how relying parties will read it, and its parser is the strict one.
	if document, err = did.ParseDocument(text); err != nil {
		return ErrInvalidDocument.Wrap(err.Error())
	}
	if err := d.checkCanonical(document); err != nil {
		return err
	}
	if d.Size() == DeactivationDocument(d.Id).Size() {
		return ErrInvalidDocument.Wrap("the document has nothing but its id, which is what a deactivation signs: deactivate the DID instead")
	}
	return d.checkKeys()
}

func (d *DIDDocument) checkCanonical(document *did.Document) error {
	canonical, err := FromW3C(document)
	if err != nil {
		return err
	}
	want, err := canonical.Marshal()
	if err != nil {
		return ErrInvalidDocument.Wrap(err.Error())
	}
	got, err := d.withoutEmptyStrings().Marshal()
	if err != nil {
		return ErrInvalidDocument.Wrap(err.Error())
	}
	if !bytes.Equal(got, want) {
		return ErrInvalidDocument.Wrap("the message is not the canonical one of its document: an empty entry, a field that says " +
			"what another says, or JSON that is not compact, not in the order of names, or has a name that has a field")
	}
	return nil
}

// withoutEmptyStrings returns the document with Strings of no value left out, as mainnet's clients may send them.
func (d *DIDDocument) withoutEmptyStrings() *DIDDocument {
	c := *d
	if len(c.Contexts.GetValues()) == 0 {
		c.Contexts = nil
	}
	if len(c.Controller.GetValues()) == 0 {
		c.Controller = nil
	}
	return &c
}

// methods lists the document's verification methods, embedded ones included.
func (d *DIDDocument) methods() []*VerificationMethod {
	methods := slices.Clone(d.VerificationMethods)
	for _, relationships := range [][]*VerificationRelationship{
		d.Authentications, d.AssertionMethods, d.KeyAgreements, d.CapabilityInvocations, d.CapabilityDelegations,
	} {
		for _, relationship := range relationships {
			if embedded := relationship.GetVerificationMethod(); embedded != nil {
				methods = append(methods, embedded)
			}
		}
	}
	return methods
}

// CountMethods returns the number of verification methods, embedded ones included.
func (d *DIDDocument) CountMethods() int { return len(d.methods()) }

// checkKeys checks every key whose type is known; what is not known may stand, as on mainnet.
func (d *DIDDocument) checkKeys() error {
	for _, m := range d.methods() {
		c := converter{}
		method := c.method(m)
		if c.err != nil {
			return c.err
		}
		if _, err := method.PublicKey(); err != nil && !errors.Is(err, did.ErrUnsupportedKeyType) {
			return ErrInvalidDocument.Wrap(err.Error())
		}
	}
	return nil
}

// CheckLimits checks what the parameters bound. Errors are ErrDocumentTooLarge.
func (d *DIDDocument) CheckLimits(p Params) error {
	for _, bound := range []struct {
		what       string
		value, max int
	}{
		{"bytes", d.Size(), int(p.MaxDocumentBytes)},
		{"verification methods", d.CountMethods(), int(p.MaxVerificationMethods)},
		{"services", len(d.Services), int(p.MaxServices)},
		{"controllers", len(d.Controller.GetValues()), int(p.MaxControllers)},
	} {
		if bound.value > bound.max {
			return ErrDocumentTooLarge.Wrapf("the document has %d %s; at most %d", bound.value, bound.what, bound.max)
		}
	}
	return nil
}
