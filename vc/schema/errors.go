package schema

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
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

// findings are the first violations in their order. What is found may be as many as a document has values, and is found in any order:
// only what is listed is kept.
type findings []Violation

func (f *findings) add(v Violation) {
	i, there := slices.BinarySearchFunc(*f, v, func(a, b Violation) int {
		return cmp.Or(strings.Compare(a.Instance, b.Instance), strings.Compare(a.Keyword, b.Keyword))
	})
	if there || i == maximumViolations {
		return
	}
	*f = slices.Insert(*f, i, v)[:min(len(*f)+1, maximumViolations)]
}

// Bounds of a Violation, in bytes. What is longer is cut, with "…" in its place.
const (
	maximumName    = 64 // of one member's name
	maximumPointer = 512
	maximumListed  = 256 // of a list of names
)

// shown cuts a name.
func shown(name string) string {
	if len(name) <= maximumName {
		return name
	}
	return strings.ToValidUTF8(name[:maximumName], "") + "…"
}

// listed joins names.
func listed(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if b.Len() > maximumListed {
			b.WriteString("…")
			break
		}
		b.WriteString(shown(n))
	}
	return b.String()
}

// pointerOf makes a JSON pointer.
func pointerOf(tokens iter.Seq[string]) string {
	var b strings.Builder
	for t := range tokens {
		if b.Len() > maximumPointer {
			b.WriteString("/…")
			break
		}
		b.WriteString("/" + jsondoc.EscapePointer(shown(t)))
	}
	return b.String()
}

// Is makes every ValidationError ErrInvalid.
func (e *ValidationError) Is(target error) bool { return target == ErrInvalid }
