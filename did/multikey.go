package did

import (
	"fmt"

	"github.com/medibloc/panacea/did/multibase"
)

// ParsePublicKeyMultibase reads a Multikey (CID 1.0 §2.2.2, did:key): "z" (base58btc), or "u" (base64url), over a
// public-key multicodec and the key. Errors are ErrInvalidKey, ErrUnsupportedKeyType, and ErrPrivateKey if the text holds
// a private key.
func ParsePublicKeyMultibase(s string) (PublicKey, error) {
	b, err := multibase.Decode(s, maxMultikeySize)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	if len(b) < 2 {
		return PublicKey{}, fmt.Errorf("%w: multibase text is too short for a key", ErrInvalidKey)
	}
	for _, t := range KeyTypes() {
		switch i, _ := t.info(); string(b[:2]) {
		case i.codePublic:
			return NewPublicKey(t, b[2:])
		case i.codePrivate:
			clear(b)
			return PublicKey{}, fmt.Errorf("%w: the multibase text is a %s private key", ErrPrivateKey, t)
		}
	}
	return PublicKey{}, fmt.Errorf("%w: multicodec prefix 0x%x", ErrUnsupportedKeyType, b[:2])
}

// Multibase returns the Multikey form in base58btc, "z…", or "" for the zero PublicKey.
func (k PublicKey) Multibase() string {
	i, ok := k.t.info()
	if !ok {
		return ""
	}
	return multibase.Encode(multibase.Base58BTC, []byte(i.codePublic+k.raw))
}
