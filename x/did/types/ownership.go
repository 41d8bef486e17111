package types

import (
	"time"

	"github.com/medibloc/panacea/did"
)

// mayOwn says whether a type of verification method may prove ownership.
func mayOwn(methodType string) bool {
	switch methodType {
	case did.EcdsaSecp256k1VerificationKey2019, did.Secp256k1VerificationKey2018,
		did.Multikey, did.JSONWebKey, did.JSONWebKey2020:
		return true
	}
	return false
}

// OwnershipKey returns the method's key if that may prove ownership at a time: it is a secp256k1 key, in a method of type
// EcdsaSecp256k1VerificationKey2019, Secp256k1VerificationKey2018, Multikey, JsonWebKey or JsonWebKey2020, neither expired
// nor revoked. Errors are ErrUnsupportedKey, ErrMethodInactive and ErrInvalidDocument.
func (m *VerificationMethod) OwnershipKey(at time.Time) (did.PublicKey, error) {
	if !mayOwn(m.Type) {
		return did.PublicKey{}, ErrUnsupportedKey.Wrapf("%.100q is of type %.100q", m.Id, m.Type)
	}
	c := converter{}
	method := c.method(m)
	if c.err != nil {
		return did.PublicKey{}, c.err
	}
	if err := method.CheckActive(at); err != nil {
		return did.PublicKey{}, ErrMethodInactive.Wrap(err.Error())
	}
	key, err := method.PublicKey()
	if err != nil {
		return did.PublicKey{}, ErrUnsupportedKey.Wrap(err.Error())
	}
	if key.Type() != did.Secp256k1 {
		return did.PublicKey{}, ErrUnsupportedKey.Wrapf("%.100q holds a key of type %s", m.Id, key.Type())
	}
	return key, nil
}

// CheckDerives checks that a DID is the one that derives from a key. The error is ErrNotDerived.
func CheckDerives(id string, key did.PublicKey) error {
	derived, err := did.PanaceaDID(key)
	if err != nil {
		return ErrUnsupportedKey.Wrap(err.Error())
	}
	if derived.String() != id {
		return ErrNotDerived.Wrapf("from the signing key derives %s, not %s", derived, id)
	}
	return nil
}
