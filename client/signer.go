package client

import (
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
)

// Signer signs for one account.
type Signer interface {
	// PubKey returns the account's public key, which its address derives from.
	PubKey() cryptotypes.PubKey
	// Mode is what is signed: SIGN_MODE_DIRECT, or SIGN_MODE_LEGACY_AMINO_JSON for keys on a Ledger.
	Mode() signing.SignMode
	// Sign signs the bytes of a transaction.
	Sign(bytes []byte) ([]byte, error)
}

// KeySigner returns a signer with a secp256k1 key (32 bytes). The error is ErrConfig.
func KeySigner(key []byte) (Signer, error) {
	if len(key) != secp256k1.PrivKeySize {
		return nil, fmt.Errorf("%w: a secp256k1 key has %d bytes, not %d", ErrConfig, secp256k1.PrivKeySize, len(key))
	}
	return keySigner{&secp256k1.PrivKey{Key: append([]byte{}, key...)}}, nil
}

type keySigner struct{ key *secp256k1.PrivKey }

func (s keySigner) PubKey() cryptotypes.PubKey        { return s.key.PubKey() }
func (s keySigner) Mode() signing.SignMode            { return signing.SignMode_SIGN_MODE_DIRECT }
func (s keySigner) Sign(bytes []byte) ([]byte, error) { return s.key.Sign(bytes) }

// KeyringSigner returns a signer with the key of a name in a keyring of the SDK.
func KeyringSigner(keys keyring.Keyring, name string) (Signer, error) {
	record, err := keys.Key(name)
	if err != nil {
		return nil, fmt.Errorf("reading the key %.100q of the keyring: %w", name, err)
	}
	public, err := record.GetPubKey()
	if err != nil {
		return nil, fmt.Errorf("reading the key %.100q of the keyring: %w", name, err)
	}
	mode := signing.SignMode_SIGN_MODE_DIRECT
	if record.GetType() == keyring.TypeLedger {
		mode = signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON
	}
	return keyringSigner{keys, name, public, mode}, nil
}

type keyringSigner struct {
	keys   keyring.Keyring
	name   string
	public cryptotypes.PubKey
	mode   signing.SignMode
}

func (s keyringSigner) PubKey() cryptotypes.PubKey { return s.public }
func (s keyringSigner) Mode() signing.SignMode     { return s.mode }

func (s keyringSigner) Sign(bytes []byte) ([]byte, error) {
	signature, _, err := s.keys.Sign(s.name, bytes, s.mode)
	return signature, err
}
