package did

import (
	"context"
	"strings"
)

// KeyResolver resolves did:key for the six key types, by the did:key report of the W3C CCG. The document offers the key as a
// Multikey for all relationships but key agreement; an X25519 key for key agreement only; and an Ed25519 key's document has
// the X25519 key derived from it for key agreement as well. It reads nothing but the DID.
type KeyResolver struct{}

// Resolve implements Resolver. Since a did:key has no versions, asking for one is ErrFeatureNotSupported. A DID whose key is
// malformed is ErrInvalidDID; one of an unknown key type is ErrInvalidDID too, with ErrUnsupportedKeyType as its cause.
func (KeyResolver) Resolve(_ context.Context, did string, opts ResolveOptions) (*Resolution, error) {
	d, err := ParseDID(did)
	if err != nil {
		return nil, err
	}
	if d.Method() != "key" {
		return nil, fail(CodeMethodNotSupported, "%.64q is not a did:key", did)
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	if opts.VersionID != "" || !opts.VersionTime.IsZero() {
		return nil, fail(CodeFeatureNotSupported, "did:key has no versions")
	}
	// did-key-format = "did:key:" [ version ":" ] multibase-value, version 1 only.
	multibaseValue := strings.TrimPrefix(d.ID(), "1:")
	if !strings.HasPrefix(multibaseValue, "z") {
		return nil, fail(CodeInvalidDID, "a did:key identifier is base58btc and starts with \"z\"")
	}
	key, err := ParsePublicKeyMultibase(multibaseValue)
	if err != nil {
		return nil, fail(CodeInvalidDID, "%w", err)
	}
	doc, err := keyDocument(did, key)
	if err != nil {
		return nil, fail(CodeInternalError, "%w", err)
	}
	return &Resolution{Document: doc, ResolutionMetadata: ResolutionMetadata{ContentType: MediaTypeDID}}, nil
}

// keyDocument expands a did:key into its document (did:key report, "Document Creation Algorithm").
func keyDocument(did string, key PublicKey) (*Document, error) {
	doc := &Document{ID: did, Contexts: ContextURLs(ContextV11)}
	if key.Type() == X25519 {
		return doc, addKey(doc, key, KeyAgreement)
	}
	if err := addKey(doc, key, Authentication, AssertionMethod, CapabilityInvocation, CapabilityDelegation); err != nil {
		return nil, err
	}
	if key.Type() != Ed25519 {
		return doc, nil
	}
	agreement, err := key.AgreementKey()
	if err != nil {
		return nil, err
	}
	return doc, addKey(doc, agreement, KeyAgreement)
}

func addKey(doc *Document, key PublicKey, relationships ...Relationship) error {
	id := doc.ID + "#" + key.Multibase()
	m, err := NewVerificationMethod(id, Multikey, doc.ID, key)
	if err != nil {
		return err
	}
	doc.VerificationMethods = append(doc.VerificationMethods, m)
	for _, r := range relationships {
		refs := doc.relationship(r)
		*refs = append(*refs, MethodRef{Reference: id})
	}
	return nil
}
