package types

import (
	"errors"
	"time"

	"github.com/medibloc/panacea/did"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

// AssertionKey returns the key of the document's verification method methodID, a DID URL or a fragment, if that may authorise a
// resource at a time: it stands in the document's assertion methods, embedded or by reference, is controlled by the DID itself
// (CID 1.0 §3.3), holds a secp256k1, Ed25519 or P-256 key, and has neither expired nor been revoked. Errors are ErrMethodNotFound,
// ErrMethodInactive and ErrUnsupportedKey.
func AssertionKey(stored *didtypes.DIDDocument, methodID string, at time.Time) (did.PublicKey, error) {
	document, err := stored.ToW3C()
	if err != nil {
		return did.PublicKey{}, ErrMethodNotFound.Wrapf("the stored document is malformed: %v", err)
	}
	method, ok := document.VerificationMethod(methodID)
	if !ok || !document.Authorizes(did.AssertionMethod, methodID) || method.Controller != document.ID {
		return did.PublicKey{}, ErrMethodNotFound.Wrapf("%.200q is not an assertion method of %s", methodID, document.ID)
	}
	if err := method.CheckActive(at); err != nil {
		return did.PublicKey{}, ErrMethodInactive.Wrap(err.Error())
	}
	key, err := method.PublicKey()
	if err == nil && !maySign(key.Type()) {
		err = errors.New("its type is " + key.Type().String())
	}
	if err != nil {
		return did.PublicKey{}, ErrUnsupportedKey.Wrapf("%.200q: %v", methodID, err)
	}
	return key, nil
}
