package types

import (
	"crypto/sha256"
	"fmt"

	"github.com/medibloc/panacea/did"
)

// SignatureSize is the size of a proof of ownership: r and s, 32 bytes each, big-endian.
const SignatureSize = 64

// SignBytes returns what a proof of ownership signs: the protobuf encoding of DataWithSeq{document's protobuf encoding,
// sequence}. The signature is over its SHA-256. The chain id is not part of it, as on mainnet.
func SignBytes(document *DIDDocument, sequence uint64) ([]byte, error) {
	data, err := document.Marshal()
	if err != nil {
		return nil, ErrInvalidDocument.Wrap(err.Error())
	}
	signed := DataWithSeq{Data: data, Sequence: sequence}
	return signed.Marshal()
}

// DeactivationDocument is what the proof of a deactivation signs: a document that has nothing but its id.
func DeactivationDocument(id string) *DIDDocument { return &DIDDocument{Id: id} }

// Sign proves, by a secp256k1 key, that its holder wants document at sequence. It returns SignatureSize bytes.
func Sign(key did.PrivateKey, document *DIDDocument, sequence uint64) ([]byte, error) {
	if key.Type() != did.Secp256k1 {
		return nil, ErrUnsupportedKey.Wrapf("the key is of type %s", key.Type())
	}
	signed, err := SignBytes(document, sequence)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(signed)
	signature, err := key.SignDigest(digest[:])
	if err != nil {
		return nil, fmt.Errorf("signing the document: %w", err)
	}
	return signature, nil
}

// VerifySignature checks a proof of ownership: SignatureSize bytes r‖s, low s, over document at sequence.
func VerifySignature(key did.PublicKey, document *DIDDocument, sequence uint64, signature []byte) error {
	if key.Type() != did.Secp256k1 {
		return ErrUnsupportedKey.Wrapf("the key is of type %s", key.Type())
	}
	if len(signature) != SignatureSize {
		return ErrInvalidSignature.Wrapf("the signature has %d bytes, not %d", len(signature), SignatureSize)
	}
	signed, err := SignBytes(document, sequence)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(signed)
	if err := key.VerifyDigest(digest[:], signature); err != nil {
		return ErrInvalidSignature.Wrapf("it must be over this document at sequence %d, by the named key, with low s: %v", sequence, err)
	}
	return nil
}
