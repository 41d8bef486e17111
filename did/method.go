package did

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/medibloc/panacea/did/internal/strictjson"
	"github.com/medibloc/panacea/did/multibase"
)

// Types of verification methods that carry a key this package can read. The first two are those of CID 1.0 §2.2; the
// others are older, and still stand in documents on Panacea mainnet and elsewhere.
const (
	Multikey                          = "Multikey"
	JSONWebKey                        = "JsonWebKey"
	JSONWebKey2020                    = "JsonWebKey2020"
	EcdsaSecp256k1VerificationKey2019 = "EcdsaSecp256k1VerificationKey2019"
	Secp256k1VerificationKey2018      = "Secp256k1VerificationKey2018"
	Ed25519VerificationKey2018        = "Ed25519VerificationKey2018"
	Ed25519VerificationKey2020        = "Ed25519VerificationKey2020"
	X25519KeyAgreementKey2019         = "X25519KeyAgreementKey2019"
	X25519KeyAgreementKey2020         = "X25519KeyAgreementKey2020"
	Bls12381G2Key2020                 = "Bls12381G2Key2020"
)

// material is a property that carries a public key.
type material string

const (
	materialMultibase material = "publicKeyMultibase"
	materialBase58    material = "publicKeyBase58"
	materialJWK       material = "publicKeyJwk"
)

// methodRule says how a type of verification method carries its key. The first material is the one that
// NewVerificationMethod writes.
type methodRule struct {
	key       KeyType // 0: any
	materials []material
}

func methodRuleOf(methodType string) (methodRule, bool) {
	switch methodType {
	case Multikey:
		return methodRule{0, []material{materialMultibase}}, true
	case JSONWebKey, JSONWebKey2020:
		return methodRule{0, []material{materialJWK}}, true
	case EcdsaSecp256k1VerificationKey2019, Secp256k1VerificationKey2018:
		return methodRule{Secp256k1, []material{materialBase58, materialJWK, materialMultibase}}, true
	case Ed25519VerificationKey2018:
		return methodRule{Ed25519, []material{materialBase58, materialJWK, materialMultibase}}, true
	case Ed25519VerificationKey2020:
		return methodRule{Ed25519, []material{materialMultibase}}, true
	case X25519KeyAgreementKey2019:
		return methodRule{X25519, []material{materialBase58, materialJWK, materialMultibase}}, true
	case X25519KeyAgreementKey2020:
		return methodRule{X25519, []material{materialMultibase}}, true
	case Bls12381G2Key2020:
		return methodRule{BLS12381G2, []material{materialBase58, materialMultibase}}, true
	}
	return methodRule{}, false
}

// Properties are the properties of a document, a verification method or a service that this package does not know, by name.
// The values are JSON, kept as they were written, but for white space.
type Properties map[string]json.RawMessage

// VerificationMethod is a verification method (DID Core §5.2, CID 1.0 §2.2). At most one of the three key properties is set.
type VerificationMethod struct {
	ID                 string // DID URL, or relative to the document's id
	Type               string
	Controller         string // DID
	PublicKeyMultibase string
	PublicKeyBase58    string
	PublicKeyJWK       json.RawMessage // JSON object, or nil
	Expires            string          // XSD dateTimeStamp, or ""
	Revoked            string          // XSD dateTimeStamp, or ""
	Extra              Properties
}

// ErrMethodInactive says that a verification method has expired or has been revoked.
var ErrMethodInactive = errors.New("did: verification method expired or revoked")

// NewVerificationMethod makes a method of a type that this package knows, and of which key may be.
func NewVerificationMethod(id, methodType, controller string, key PublicKey) (VerificationMethod, error) {
	rule, ok := methodRuleOf(methodType)
	if !ok {
		return VerificationMethod{}, fmt.Errorf("%w: verification method type %.64q", ErrUnsupportedKeyType, methodType)
	}
	if key.IsZero() || rule.key != 0 && rule.key != key.Type() {
		return VerificationMethod{}, fmt.Errorf("%w: %s does not hold a key of type %v", ErrInvalidKey, methodType, key.Type())
	}
	m := VerificationMethod{ID: id, Type: methodType, Controller: controller}
	switch rule.materials[0] {
	case materialMultibase:
		m.PublicKeyMultibase = key.Multibase()
	case materialBase58:
		m.PublicKeyBase58 = multibase.EncodeBase58(key.Bytes())
	case materialJWK:
		jwk, err := key.JWK()
		if err != nil {
			return VerificationMethod{}, err
		}
		m.PublicKeyJWK = jwk
	}
	return m, nil
}

// PublicKey returns the method's key. Errors are ErrUnsupportedKeyType for a type of method, or of key, that this package
// does not know, ErrInvalidKey, and ErrPrivateKey.
func (m VerificationMethod) PublicKey() (PublicKey, error) {
	key, err := m.publicKey()
	if err != nil {
		return PublicKey{}, fmt.Errorf("verification method %.128q: %w", m.ID, err)
	}
	return key, nil
}

func (m VerificationMethod) publicKey() (PublicKey, error) {
	rule, ok := methodRuleOf(m.Type)
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: verification method type %.64q", ErrUnsupportedKeyType, m.Type)
	}
	present := m.materials()
	if len(present) != 1 || !slices.Contains(rule.materials, present[0]) {
		return PublicKey{}, fmt.Errorf("%w: %s needs exactly one of %v and has %v", ErrInvalidKey, m.Type, rule.materials, present)
	}
	var key PublicKey
	var err error
	switch present[0] {
	case materialMultibase:
		key, err = ParsePublicKeyMultibase(m.PublicKeyMultibase)
	case materialJWK:
		key, err = ParsePublicKeyJWK(m.PublicKeyJWK)
	case materialBase58:
		key, err = publicKeyOfBase58(rule.key, m.PublicKeyBase58)
	}
	if err != nil {
		return PublicKey{}, err
	}
	if rule.key != 0 && rule.key != key.Type() {
		return PublicKey{}, fmt.Errorf("%w: %s holds a %v key", ErrInvalidKey, m.Type, key.Type())
	}
	return key, nil
}

func publicKeyOfBase58(t KeyType, s string) (PublicKey, error) {
	raw, err := multibase.DecodeBase58(s, maxMultikeySize)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: publicKeyBase58: %w", ErrInvalidKey, err)
	}
	return NewPublicKey(t, raw)
}

// materials lists the key properties that are set.
func (m VerificationMethod) materials() []material {
	var present []material
	if m.PublicKeyMultibase != "" {
		present = append(present, materialMultibase)
	}
	if m.PublicKeyBase58 != "" {
		present = append(present, materialBase58)
	}
	if m.PublicKeyJWK != nil {
		present = append(present, materialJWK)
	}
	return present
}

// CheckActive returns ErrMethodInactive if the method has expired, or has been revoked, at the time at.
func (m VerificationMethod) CheckActive(at time.Time) error {
	for _, limit := range []struct{ name, text string }{{"expired", m.Expires}, {"revoked", m.Revoked}} {
		if limit.text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339Nano, limit.text)
		if err != nil {
			return fmt.Errorf("%w: %.64q is no time", ErrMethodInactive, limit.text)
		}
		if !at.Before(t) {
			return fmt.Errorf("%w: %.128q %s at %s", ErrMethodInactive, m.ID, limit.name, limit.text)
		}
	}
	return nil
}

// methodProperties are the properties of a verification method that this package knows, and secret ones, which may not
// stand in a document (CID 1.0 §2.2.2, §2.2.3).
func methodProperties() []string {
	return []string{"id", "type", "controller", "publicKeyMultibase", "publicKeyBase58", "publicKeyJwk", "expires", "revoked"}
}

func secretProperties() []string {
	return []string{"secretKeyMultibase", "secretKeyJwk", "privateKeyMultibase", "privateKeyBase58", "privateKeyJwk", "privateKeyHex", "privateKeyPem"}
}

// MarshalJSON writes the method, with unknown properties after the known ones in the order of their names.
func (m VerificationMethod) MarshalJSON() ([]byte, error) {
	var w objectWriter
	m.write(&w)
	return w.close()
}

func (m VerificationMethod) write(w *objectWriter) {
	w.string("id", m.ID)
	w.string("type", m.Type)
	w.string("controller", m.Controller)
	w.string("expires", m.Expires)
	w.string("revoked", m.Revoked)
	w.string("publicKeyMultibase", m.PublicKeyMultibase)
	w.string("publicKeyBase58", m.PublicKeyBase58)
	if m.PublicKeyJWK != nil {
		w.checked("publicKeyJwk", m.PublicKeyJWK)
	}
	w.extra(m.Extra, methodProperties())
}

// ParseVerificationMethod reads one verification method, within the limits of a document. Its relative ids are resolved
// against, and its controller need not be, the DID given. The error is ErrInvalidDocument.
func ParseVerificationMethod(b []byte, base DID) (VerificationMethod, error) {
	v, err := strictjson.Parse(b, DefaultLimits().json())
	if err != nil {
		return VerificationMethod{}, fail(CodeInvalidDIDDocument, "%w", err)
	}
	r := reader{}
	m := r.method("verification method", v)
	if r.err != nil {
		return VerificationMethod{}, r.err
	}
	return m, m.validate(base)
}

// validate checks a method of the document whose id is base.
func (m VerificationMethod) validate(base DID) error {
	if m.ID == "" || m.Type == "" || m.Controller == "" {
		return fail(CodeInvalidDIDDocument, "verification method %.128q needs id, type and controller", m.ID)
	}
	if err := checkReference(base, m.ID); err != nil {
		return fail(CodeInvalidDIDDocument, "verification method's id: %w", err)
	}
	if _, err := ParseDID(m.Controller); err != nil {
		return fail(CodeInvalidDIDDocument, "verification method %.128q: controller: %w", m.ID, err)
	}
	if present := m.materials(); len(present) > 1 {
		return fail(CodeInvalidDIDDocument, "verification method %.128q has its key twice: %v", m.ID, present)
	}
	for _, name := range secretProperties() {
		if _, ok := m.Extra[name]; ok {
			return fail(CodeInvalidDIDDocument, "verification method %.128q: %w: %s", m.ID, ErrPrivateKey, name)
		}
	}
	for _, t := range []string{m.Expires, m.Revoked} {
		if t != "" && !isDateTimeStamp(t) {
			return fail(CodeInvalidDIDDocument, "verification method %.128q: %.64q is no date and time with a time zone", m.ID, t)
		}
	}
	return m.validateJWK()
}

func (m VerificationMethod) validateJWK() error {
	if m.PublicKeyJWK == nil {
		return nil
	}
	_, err := ParsePublicKeyJWK(m.PublicKeyJWK)
	if errors.Is(err, ErrPrivateKey) {
		return fail(CodeInvalidDIDDocument, "verification method %.128q: %w", m.ID, err)
	}
	// A key of an unknown type, or a broken one, spoils its method, not the document.
	if v, err := strictjson.Parse(m.PublicKeyJWK, jwkLimits()); err != nil || v.Kind != strictjson.Object {
		return fail(CodeInvalidDIDDocument, "verification method %.128q: publicKeyJwk is no JSON object within limits", m.ID)
	}
	return nil
}

// isDateTimeStamp checks XSD 1.1 dateTimeStamp, in the subset that RFC 3339 shares.
func isDateTimeStamp(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil && len(s) <= 64
}
