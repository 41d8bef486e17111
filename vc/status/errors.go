package status

import "errors"

// The errors of Bitstring Status List v1.0 §3.4, for errors.Is. ProblemType gives their URLs.
var (
	// ErrRetrieval says that the list could not be had: STATUS_RETRIEVAL_ERROR.
	ErrRetrieval = errors.New("status: the status list cannot be retrieved")
	// ErrVerification says that the list was had but must not be used: its proof, issuer, time or purpose is
	// wrong: STATUS_VERIFICATION_ERROR.
	ErrVerification = errors.New("status: the status list does not verify")
	// ErrLength says that the list is too short to hide one credential among others: STATUS_LIST_LENGTH_ERROR.
	ErrLength = errors.New("status: the status list is too short")
	// ErrRange says that the index is beyond the list's end: RANGE_ERROR.
	ErrRange = errors.New("status: the index is outside of the status list")
	// ErrMalformed says that a property breaks a "MUST" of the data model: MALFORMED_VALUE_ERROR.
	ErrMalformed = errors.New("status: malformed value")
	// ErrTooLarge says that a list is larger than this implementation reads; it is an ErrMalformed.
	ErrTooLarge = errors.New("status: the status list is too large")
)

const (
	statusProblems = "https://www.w3.org/ns/credentials/status-list#"
	modelProblems  = "https://www.w3.org/TR/vc-data-model#"
)

// ProblemType returns the URL that RFC 9457 problem details give as the type of an error of this package, empty for other
// errors.
func ProblemType(err error) string {
	switch {
	case errors.Is(err, ErrRetrieval):
		return statusProblems + "STATUS_RETRIEVAL_ERROR"
	case errors.Is(err, ErrLength):
		return statusProblems + "STATUS_LIST_LENGTH_ERROR"
	case errors.Is(err, ErrRange):
		return modelProblems + "RANGE_ERROR"
	case errors.Is(err, ErrMalformed):
		return modelProblems + "MALFORMED_VALUE_ERROR"
	case errors.Is(err, ErrVerification):
		return statusProblems + "STATUS_VERIFICATION_ERROR"
	}
	return ""
}
