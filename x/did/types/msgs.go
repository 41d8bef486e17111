package types

import (
	"github.com/medibloc/panacea/did"
)

// MaxVerificationMethodIDLength bounds the name of a verification method in a message, in bytes.
const MaxVerificationMethodIDLength = 2048

// ValidateDID checks the syntax of a did:panacea DID. The error is ErrInvalidDID.
func ValidateDID(s string) error {
	if err := did.ValidatePanaceaDID(s); err != nil {
		return ErrInvalidDID.Wrap(err.Error())
	}
	return nil
}

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgCreateDIDRequest) ValidateBasic() error {
	return validateChange(m.Did, m.Document, m.VerificationMethodId, m.Signature)
}

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgUpdateDIDRequest) ValidateBasic() error {
	return validateChange(m.Did, m.Document, m.VerificationMethodId, m.Signature)
}

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgDeactivateDIDRequest) ValidateBasic() error {
	return validateProof(m.Did, m.VerificationMethodId, m.Signature)
}

// ValidateBasic checks the parameters.
func (m *MsgUpdateParams) ValidateBasic() error { return m.Params.Validate() }

func validateChange(id string, document *DIDDocument, methodID string, signature []byte) error {
	if err := validateProof(id, methodID, signature); err != nil {
		return err
	}
	if document == nil {
		return ErrInvalidDocument.Wrap("the message has no document")
	}
	if size := document.Size(); size > MaxDocumentBytes {
		return ErrDocumentTooLarge.Wrapf("the document has %d bytes; at most %d", size, MaxDocumentBytes)
	}
	if document.Id != id {
		return ErrInvalidDocument.Wrapf("the document's id is %.100q, the message's DID is %q", document.Id, id)
	}
	return nil
}

func validateProof(id, methodID string, signature []byte) error {
	if err := ValidateDID(id); err != nil {
		return err
	}
	if len(methodID) > MaxVerificationMethodIDLength {
		return ErrMethodNotFound.Wrapf("its id has %d bytes; at most %d", len(methodID), MaxVerificationMethodIDLength)
	}
	if len(signature) != SignatureSize {
		return ErrInvalidSignature.Wrapf("the signature has %d bytes, not %d", len(signature), SignatureSize)
	}
	return nil
}
