package types

import (
	"crypto/sha256"
	"fmt"

	"github.com/medibloc/panacea/did"
)

// SignatureSize is the size of a publisher's signature, in bytes, whatever the key's type.
const SignatureSize = 64

// signLabel keeps these signatures apart from everything else that an assertion key signs.
const signLabel = "panacea/resource/v1\x00"

// SignBytes returns what the publisher's assertion key signs: the label "panacea/resource/v1", a zero byte, and the protobuf
// encoding of SignDoc. It binds the chain, the DID, the resource's id, name, type, version, media type and bytes, and the version
// that it follows: so a signature is good once, on one chain, and cannot put an old version after a new one. The caller has
// checked the message by ValidateBasic.
func SignBytes(chainID string, m *MsgCreateResource) ([]byte, error) {
	collectionID, err := CollectionOf(m.Did)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(m.Data)
	doc := SignDoc{
		ChainId: chainID, Did: m.Did, CollectionId: collectionID, Id: m.Id, Name: m.Name, ResourceType: m.ResourceType,
		Version: m.Version, MediaType: m.MediaType, Sha256: digest[:], PreviousVersionId: m.PreviousVersionId,
	}
	encoded, err := doc.Marshal()
	if err != nil {
		return nil, fmt.Errorf("encoding what is signed: %w", err)
	}
	return append([]byte(signLabel), encoded...), nil
}

// maySign says whether a type of key may authorise a resource.
func maySign(t did.KeyType) bool { return t == did.Secp256k1 || t == did.Ed25519 || t == did.P256 }

// Sign signs a message for a chain with an assertion key, and sets its signature. The error is ErrUnsupportedKey for a key that is
// not secp256k1, Ed25519 or P-256.
func (m *MsgCreateResource) Sign(chainID string, key did.PrivateKey) error {
	if !maySign(key.Type()) {
		return ErrUnsupportedKey.Wrapf("the key is of type %s", key.Type())
	}
	signed, err := SignBytes(chainID, m)
	if err != nil {
		return err
	}
	if m.Signature, err = key.Sign(signed); err != nil {
		return fmt.Errorf("signing the resource: %w", err)
	}
	return nil
}

// VerifySignature checks a message's signature for a chain. The errors are ErrUnsupportedKey and ErrInvalidSignature.
func (m *MsgCreateResource) VerifySignature(chainID string, key did.PublicKey) error {
	if !maySign(key.Type()) {
		return ErrUnsupportedKey.Wrapf("the key is of type %s", key.Type())
	}
	signed, err := SignBytes(chainID, m)
	if err != nil {
		return err
	}
	if err := key.Verify(signed, m.Signature); err != nil {
		return ErrInvalidSignature.Wrapf("it must be over this resource and its previous version, for the chain %q, by the named key: %v", chainID, err)
	}
	return nil
}
