package did

import (
	"github.com/medibloc/panacea/did/internal/strictjson"
)

// Validate checks the document within DefaultLimits.
func (d *Document) Validate() error { return DefaultLimits().Validate(d) }

// Validate checks what DID Core §4 and §5 and CID 1.0 §2 demand of a document: an id and controllers that are DIDs; aliases
// that are URIs; verification methods with id, type, controller and at most one public key, and no private one; references
// and embedded methods; services with id, type and endpoint; no id twice; no set with an entry twice. Whether a key is
// valid shows when it is asked for (VerificationMethod.PublicKey), because a document may hold keys of types that are not
// known here. All errors are ErrInvalidDocument.
func (l Limits) Validate(d *Document) error {
	id, err := ParseDID(d.ID)
	if err != nil {
		return fail(CodeInvalidDIDDocument, "id: %w", err)
	}
	if err := l.validateSizes(d); err != nil {
		return err
	}
	v := validator{doc: d, id: id, ids: map[string]bool{}}
	for _, check := range []func() error{v.contexts, v.controllers, v.aliases, v.methods, v.relationships, v.services} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (l Limits) validateSizes(d *Document) error {
	for _, set := range []struct {
		name string
		size int
	}{
		{"@context", len(d.Contexts)}, {"alsoKnownAs", len(d.AlsoKnownAs)}, {"controller", len(d.Controllers)},
		{"verification methods, embedded ones included,", len(d.allMethods())}, {"service", len(d.Services)},
		{"authentication", len(d.Authentication)}, {"assertionMethod", len(d.AssertionMethod)},
		{"keyAgreement", len(d.KeyAgreement)}, {"capabilityInvocation", len(d.CapabilityInvocation)},
		{"capabilityDelegation", len(d.CapabilityDelegation)},
	} {
		if set.size > l.Entries {
			return fail(CodeInvalidDIDDocument, "%s: %d entries, at most %d", set.name, set.size, l.Entries)
		}
	}
	return nil
}

// validator holds what the checks of one document share. ids are the absolute ids of methods and services seen.
type validator struct {
	doc *Document
	id  DID
	ids map[string]bool
}

func (v *validator) contexts() error {
	for _, c := range v.doc.Contexts {
		parsed, err := strictjson.Parse(c, rawLimits())
		if err != nil || parsed.Kind != strictjson.String && parsed.Kind != strictjson.Object {
			return fail(CodeInvalidDIDDocument, "an entry of @context is neither a URL nor an object")
		}
		if parsed.Kind == strictjson.String {
			if err := checkURI(parsed.Text); err != nil {
				return fail(CodeInvalidDIDDocument, "@context: %w", err)
			}
		}
	}
	return nil
}

// distinct checks that no entry of a set stands twice.
func distinct(name string, set []string) error {
	seen := make(map[string]bool, len(set))
	for _, s := range set {
		if seen[s] {
			return fail(CodeInvalidDIDDocument, "%s: %.128q stands twice", name, s)
		}
		seen[s] = true
	}
	return nil
}

func (v *validator) controllers() error {
	for _, c := range v.doc.Controllers {
		if _, err := ParseDID(c); err != nil {
			return fail(CodeInvalidDIDDocument, "controller: %w", err)
		}
	}
	return distinct("controller", v.doc.Controllers)
}

func (v *validator) aliases() error {
	for _, a := range v.doc.AlsoKnownAs {
		if err := checkURI(a); err != nil {
			return fail(CodeInvalidDIDDocument, "alsoKnownAs: %w", err)
		}
	}
	return distinct("alsoKnownAs", v.doc.AlsoKnownAs)
}

// claim makes an id taken, which relative and absolute forms share.
func (v *validator) claim(id string) error {
	abs := absolute(v.id, id)
	if abs == "" {
		return fail(CodeInvalidDIDDocument, "id %.128q is no URL", id)
	}
	if v.ids[abs] {
		return fail(CodeInvalidDIDDocument, "id %.128q stands twice", abs)
	}
	v.ids[abs] = true
	return nil
}

func (v *validator) methods() error {
	for _, m := range v.doc.allMethods() {
		if err := m.validate(v.id); err != nil {
			return err
		}
		if err := v.claim(m.ID); err != nil {
			return err
		}
	}
	return nil
}

// checkReference says whether ref is a DID URL, or a relative one in a document with the id base.
func checkReference(base DID, ref string) error {
	abs, err := base.ResolveReference(ref)
	if err == nil && hasScheme(ref) { // a relative one has been checked when it was made absolute
		_, err = ParseURL(abs)
	}
	return err
}

func (v *validator) relationships() error {
	for _, r := range Relationships() {
		var references []string
		for _, ref := range v.doc.Relationship(r) {
			if (ref.Embedded == nil) == (ref.Reference == "") {
				return fail(CodeInvalidDIDDocument, "%s: an entry is either a reference or a method", r)
			}
			if ref.Embedded != nil {
				continue
			}
			if err := checkReference(v.id, ref.Reference); err != nil {
				return fail(CodeInvalidDIDDocument, "%s: reference %.128q: %w", r, ref.Reference, err)
			}
			references = append(references, absolute(v.id, ref.Reference))
		}
		if err := distinct(string(r), references); err != nil {
			return err
		}
	}
	return nil
}

func (v *validator) services() error {
	for _, s := range v.doc.Services {
		if s.ID == "" || len(s.Types) == 0 || s.Endpoint == nil {
			return fail(CodeInvalidDIDDocument, "service %.128q needs id, type and serviceEndpoint", s.ID)
		}
		if err := checkURI(absolute(v.id, s.ID)); err != nil {
			return fail(CodeInvalidDIDDocument, "service's id: %w", err)
		}
		if err := v.claim(s.ID); err != nil {
			return err
		}
		if err := distinct("service's type", s.Types); err != nil {
			return err
		}
		if err := validateEndpoint(s.Endpoint); err != nil {
			return fail(CodeInvalidDIDDocument, "service %.128q: %w", s.ID, err)
		}
	}
	return nil
}

func validateEndpoint(endpoint []byte) error {
	v, err := strictjson.Parse(endpoint, rawLimits())
	if err != nil {
		return err
	}
	items := []strictjson.Value{v}
	if v.Kind == strictjson.Array {
		items = v.Items
	}
	if len(items) == 0 {
		return fail(CodeInvalidDIDDocument, "serviceEndpoint has no entry")
	}
	for _, item := range items {
		switch item.Kind {
		case strictjson.Object:
		case strictjson.String:
			if err := checkURI(item.Text); err != nil {
				return fail(CodeInvalidDIDDocument, "serviceEndpoint: %w", err)
			}
		default:
			return fail(CodeInvalidDIDDocument, "serviceEndpoint is neither URL, object nor an array of them")
		}
	}
	return nil
}
