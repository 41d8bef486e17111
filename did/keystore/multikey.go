package keystore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/medibloc/panacea/did"
)

// ErrFormat says that bytes are not a Multikey with its secret half.
var ErrFormat = errors.New("keystore: not a Multikey with secretKeyMultibase")

// multikey is a key pair as Controlled Identifiers 1.0 §2.2.2 writes it.
type multikey struct {
	ID                 string `json:"id,omitempty"`
	Type               string `json:"type"`
	Controller         string `json:"controller,omitempty"`
	PublicKeyMultibase string `json:"publicKeyMultibase,omitempty"`
	SecretKeyMultibase string `json:"secretKeyMultibase"`
}

// MarshalKey writes a key pair as a Multikey in JSON (Controlled Identifiers 1.0 §2.2.2). It holds the secret in the clear.
func MarshalKey(key did.PrivateKey) ([]byte, error) {
	return json.Marshal(multikey{
		Type: did.Multikey, PublicKeyMultibase: key.Public().Multibase(), SecretKeyMultibase: key.Multibase(),
	})
}

// UnmarshalKey reads what MarshalKey writes. A public half that belongs to another key is ErrFormat.
func UnmarshalKey(b []byte) (did.PrivateKey, error) {
	if len(b) > maxPlaintext {
		return did.PrivateKey{}, fmt.Errorf("%w: %d bytes, at most %d", ErrFormat, len(b), maxPlaintext)
	}
	var m multikey
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		// The cause may quote the secret.
		return did.PrivateKey{}, fmt.Errorf("%w: it is not such JSON", ErrFormat)
	}
	if m.Type != did.Multikey {
		return did.PrivateKey{}, fmt.Errorf("%w: its type is %.40q", ErrFormat, m.Type)
	}
	key, err := did.ParsePrivateKeyMultibase(m.SecretKeyMultibase)
	if err != nil {
		return did.PrivateKey{}, fmt.Errorf("%w: secretKeyMultibase: %w", ErrFormat, err)
	}
	if m.PublicKeyMultibase != "" && m.PublicKeyMultibase != key.Public().Multibase() {
		return did.PrivateKey{}, fmt.Errorf("%w: publicKeyMultibase belongs to another key", ErrFormat)
	}
	return key, nil
}
