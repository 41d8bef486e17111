package vc

import (
	"errors"
	"fmt"
)

// Reasons for which something is refused, for errors.Is. A document that the JSON-LD
// layer refuses carries that layer's reason (packages jsonld and rdfc).
var (
	// ErrInvalid says that a document is not a valid credential or presentation; the error is a *PropertyError.
	ErrInvalid = errors.New("vc: invalid document")
	// ErrNoProof says that there is no proof to check, or none that can be derived from.
	ErrNoProof = errors.New("vc: no proof")
	// ErrUnsupported says that a proof's type or cryptosuite, a key type or a feature is not supported.
	ErrUnsupported = errors.New("vc: not supported")
	// ErrProofValue says that a proofValue is not what its cryptosuite prescribes.
	ErrProofValue = errors.New("vc: malformed proof value")
	// ErrSignature says that the signature or zero-knowledge proof does not fit the document and the key:
	// something signed was changed, or another key signed it.
	ErrSignature = errors.New("vc: signature does not verify")
	// ErrMissingStatement says that a derived credential shows fewer statements than its proof covers:
	// something mandatory or disclosed was taken out.
	ErrMissingStatement = errors.New("vc: a statement that the proof covers is not disclosed")
	// ErrExtraStatement says that a derived credential shows statements that its proof does not cover.
	ErrExtraStatement = errors.New("vc: a statement is not covered by the proof")
	// ErrBlankNode says that a derived proof's label map does not fit the blank nodes of the document.
	ErrBlankNode = errors.New("vc: blank nodes do not fit the proof's label map")
	// ErrDuplicateStatement says that a statement is made twice where it was signed once.
	ErrDuplicateStatement = errors.New("vc: a statement is made twice")
	// ErrPurpose says that the proof was made for another purpose than the one it is used for.
	ErrPurpose = errors.New("vc: wrong proof purpose")
	// ErrMethod says that the verification method cannot be had or is not authorised for the proof's purpose.
	ErrMethod = errors.New("vc: verification method is not authorised")
	// ErrIssuer says that the proof was made with a key that is not the issuer's.
	ErrIssuer = errors.New("vc: proof is not by the issuer")
	// ErrHolder says that the proof was made with a key that is not the holder's.
	ErrHolder = errors.New("vc: proof is not by the holder")
	// ErrNotYetValid says that the credential is not valid yet.
	ErrNotYetValid = errors.New("vc: not valid yet")
	// ErrExpired says that the credential is not valid any more.
	ErrExpired = errors.New("vc: expired")
	// ErrProofTime says that the proof has expired or was made in the future.
	ErrProofTime = errors.New("vc: proof has expired or is from the future")
	// ErrChallenge says that the proof answers another challenge: a presentation is replayed.
	ErrChallenge = errors.New("vc: wrong challenge")
	// ErrDomain says that the proof was made for another domain.
	ErrDomain = errors.New("vc: wrong domain")
	// ErrPreviousProof says that a proof refers to a previous proof that is not there, or does not verify.
	ErrPreviousProof = errors.New("vc: previous proof is missing or wrong")
	// ErrContext says that the document brings a JSON-LD context that the verifier does not know.
	ErrContext = errors.New("vc: context is not known to the verifier")
	// ErrSpelling says that what a credential is judged by, or an id, does not stand in it as the data model names it:
	// written otherwise, it would be signed and not seen.
	ErrSpelling = errors.New("vc: not written as the data model names it")
	// ErrUnchecked says that the credential has a status and that no one checked it.
	ErrUnchecked = errors.New("vc: status is not checked")
	// ErrPointer says that a JSON pointer does not point into the document, or at a part that cannot be shown alone.
	ErrPointer = errors.New("vc: pointer does not select anything")
	// ErrOptions says that the caller's options do not go together.
	ErrOptions = errors.New("vc: invalid options")
)

// PropertyError is ErrInvalid at a property.
type PropertyError struct {
	Pointer string // JSON pointer to the property
	Reason  string
}

func (e *PropertyError) Error() string {
	if e.Pointer == "" {
		return "vc: invalid document: " + e.Reason
	}
	return fmt.Sprintf("vc: invalid document: %s %s", e.Pointer, e.Reason)
}

// Is makes every PropertyError ErrInvalid.
func (e *PropertyError) Is(target error) bool { return target == ErrInvalid }
