package schema

import (
	"errors"
	"strings"
)

// Reasons for errors.Is.
var (
	// ErrInvalid says that the document does not conform to the schema; the error is a *ValidationError.
	ErrInvalid = errors.New("schema: the document does not conform to the schema")
	// ErrSyntax says that a text is not exactly one JSON value that means one thing only.
	ErrSyntax = errors.New("schema: not valid JSON")
	// ErrSchema says that the schema is not a valid JSON Schema.
	ErrSchema = errors.New("schema: not a valid JSON Schema")
	// ErrDraft says that the schema does not say by $schema which draft it is of, or one that is not supported.
	ErrDraft = errors.New("schema: unsupported draft of JSON Schema")
	// ErrResolve says that a schema, or one that it refers to, cannot be had.
	ErrResolve = errors.New("schema: the schema cannot be had")
	// ErrDigest says that a schema is not the one that its digest pins.
	ErrDigest = errors.New("schema: the schema has another digest")
	// ErrLimit says that a schema or a document is larger, deeper or more work than is allowed.
	ErrLimit = errors.New("schema: limit exceeded")
	// ErrEntry says that a credentialSchema object, or a JsonSchemaCredential, is malformed.
	ErrEntry = errors.New("schema: malformed credentialSchema")
)

// ValidationError lists where a document breaks its schema, in a fixed order, at most maximumViolations of them.
type ValidationError struct{ Violations []Violation }

// Violation is one broken rule.
type Violation struct {
	Instance string // JSON pointer into the document
	Keyword  string // of the schema, such as "required", with what it asks for where that helps
}

// maximumViolations bounds a ValidationError.
const maximumViolations = 16

func (e *ValidationError) Error() string {
	var b strings.Builder
	b.WriteString(ErrInvalid.Error())
	for i, v := range e.Violations {
		b.WriteString(map[bool]string{true: ": ", false: "; "}[i == 0])
		b.WriteString(map[bool]string{true: "/", false: v.Instance}[v.Instance == ""])
		b.WriteString(": " + v.Keyword)
	}
	return b.String()
}

// Is makes every ValidationError ErrInvalid.
func (e *ValidationError) Is(target error) bool { return target == ErrInvalid }
