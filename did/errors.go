package did

import (
	"errors"
	"fmt"

	"github.com/medibloc/panacea/did/internal/strictjson"
)

// Code names a kind of failure as DID Resolution 1.0 §11 and CID 1.0 §3.5 do.
type Code string

// The codes of DID Resolution 1.0 §11, then those of CID 1.0 §3.5.
const (
	CodeInvalidDID                 Code = "INVALID_DID"
	CodeInvalidDIDDocument         Code = "INVALID_DID_DOCUMENT"
	CodeNotFound                   Code = "NOT_FOUND"
	CodeRepresentationNotSupported Code = "REPRESENTATION_NOT_SUPPORTED"
	CodeInvalidDIDURL              Code = "INVALID_DID_URL"
	CodeMethodNotSupported         Code = "METHOD_NOT_SUPPORTED"
	CodeInvalidOptions             Code = "INVALID_OPTIONS"
	CodeInternalError              Code = "INTERNAL_ERROR"
	CodeFeatureNotSupported        Code = "FEATURE_NOT_SUPPORTED"

	CodeInvalidVerificationMethod Code = "INVALID_VERIFICATION_METHOD"
	CodeInvalidRelationship       Code = "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
)

// codeFacts is what the specifications say of a code: where its URI lives, its HTTP status, and a title.
type codeFacts struct {
	prefix string
	status int
	title  string
}

const (
	didErrors = "https://www.w3.org/ns/did#"
	cidErrors = "https://w3id.org/security#"
)

// facts follows the table of DID Resolution 1.0 §12.1; every code that it does not name has status 500.
func (c Code) facts() codeFacts {
	switch c {
	case CodeInvalidDID:
		return codeFacts{didErrors, 400, "invalid DID"}
	case CodeInvalidDIDURL:
		return codeFacts{didErrors, 400, "invalid DID URL"}
	case CodeInvalidOptions:
		return codeFacts{didErrors, 400, "invalid options"}
	case CodeNotFound:
		return codeFacts{didErrors, 404, "not found"}
	case CodeRepresentationNotSupported:
		return codeFacts{didErrors, 406, "representation not supported"}
	case CodeInvalidDIDDocument:
		return codeFacts{didErrors, 500, "invalid DID document"}
	case CodeMethodNotSupported:
		return codeFacts{didErrors, 501, "DID method not supported"}
	case CodeFeatureNotSupported:
		return codeFacts{didErrors, 501, "feature not supported"}
	case CodeInvalidVerificationMethod:
		return codeFacts{cidErrors, 500, "invalid verification method"}
	case CodeInvalidRelationship:
		return codeFacts{cidErrors, 500, "verification method lacks the relationship"}
	}
	return codeFacts{didErrors, 500, "internal error"}
}

// URI is the error type URI, such as "https://www.w3.org/ns/did#NOT_FOUND".
func (c Code) URI() string { return c.facts().prefix + string(c) }

// HTTPStatus is the status that DID Resolution 1.0 §12.1 assigns to the code.
func (c Code) HTTPStatus() int { return c.facts().status }

// Error is a failure with a code. Errors of one code are equal for errors.Is, whatever their detail.
type Error struct {
	Code   Code
	Detail string // for people and safe to show to strangers; may be empty
	Err    error  // the cause, which is never shown to strangers; may be nil
}

// The errors of this package that have a code, for errors.Is.
var (
	ErrInvalidDID                 = &Error{Code: CodeInvalidDID}
	ErrInvalidDIDURL              = &Error{Code: CodeInvalidDIDURL}
	ErrInvalidDocument            = &Error{Code: CodeInvalidDIDDocument}
	ErrNotFound                   = &Error{Code: CodeNotFound}
	ErrRepresentationNotSupported = &Error{Code: CodeRepresentationNotSupported}
	ErrMethodNotSupported         = &Error{Code: CodeMethodNotSupported}
	ErrInvalidOptions             = &Error{Code: CodeInvalidOptions}
	ErrFeatureNotSupported        = &Error{Code: CodeFeatureNotSupported}
	ErrInternal                   = &Error{Code: CodeInternalError}
	ErrInvalidVerificationMethod  = &Error{Code: CodeInvalidVerificationMethod}
	ErrInvalidRelationship        = &Error{Code: CodeInvalidRelationship}
)

// ErrDeactivated says that a DID has been deactivated, where a document was needed. A Resolver does not return it: it
// returns a Resolution without a document whose metadata says so.
var ErrDeactivated = errors.New("did: the DID has been deactivated")

// fail makes an Error with a formatted detail; a %w verb in the format becomes its cause as well.
func fail(c Code, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: c, Detail: err.Error(), Err: errors.Unwrap(err)}
}

// Error describes the failure.
func (e *Error) Error() string {
	s := "did: " + e.Code.facts().title
	if e.Detail != "" {
		s += ": " + e.Detail
	} else if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is says whether target is an Error of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// MarshalJSON writes the error as problem details (RFC 9457): type, title, status, and detail if there is one.
func (e *Error) MarshalJSON() ([]byte, error) {
	f := e.Code.facts()
	var w objectWriter
	w.string("type", e.Code.URI())
	w.string("title", f.title)
	w.raw("status", fmt.Appendf(nil, "%d", f.status))
	w.string("detail", e.Detail)
	return w.close()
}

// AsError returns err as an Error: itself if it is or wraps one, else ErrInternal with err as its hidden cause.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: CodeInternalError, Err: err}
}

// parseError reads an error object of resolution metadata: problem details, or the bare string of DID Core 1.0 §7.1.2.
func parseError(v strictjson.Value) *Error {
	if v.Kind == strictjson.String {
		return &Error{Code: legacyCode(v.Text)}
	}
	e := &Error{Code: CodeInternalError}
	if t, ok := v.Get("type"); ok {
		for _, c := range allCodes() {
			if t.Text == c.URI() {
				e.Code = c
			}
		}
	}
	if d, ok := v.Get("detail"); ok && len(d.Text) <= 1024 {
		e.Detail = d.Text
	}
	return e
}

func allCodes() []Code {
	return []Code{CodeInvalidDID, CodeInvalidDIDURL, CodeInvalidDIDDocument, CodeNotFound, CodeRepresentationNotSupported,
		CodeMethodNotSupported, CodeInvalidOptions, CodeFeatureNotSupported, CodeInternalError,
		CodeInvalidVerificationMethod, CodeInvalidRelationship}
}

func legacyCode(s string) Code {
	switch s {
	case "invalidDid":
		return CodeInvalidDID
	case "invalidDidUrl":
		return CodeInvalidDIDURL
	case "notFound":
		return CodeNotFound
	case "representationNotSupported":
		return CodeRepresentationNotSupported
	case "methodNotSupported":
		return CodeMethodNotSupported
	case "invalidDidDocument":
		return CodeInvalidDIDDocument
	}
	return CodeInternalError
}
