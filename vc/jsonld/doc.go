// Package jsonld turns JSON-LD 1.1 documents into RDF, without a network.
//
// It follows Context Processing, Expansion and Deserialize JSON-LD to RDF of the
// JSON-LD 1.1 API, with three differences that a signature needs:
//
//   - Nothing is dropped. A property or type that no context defines, a relative IRI,
//     a base direction, a value that RDF cannot tell from another: each is an error that
//     names the place by JSON pointer. What is not in the RDF would not be signed.
//   - Published contexts are part of the program, pinned by digest. Others come only
//     from the Loader that the caller gives.
//   - Size, depth and the work of context processing are bounded before they are spent.
//
// Processed contexts are kept in the Processor, up to a bound, so that the usual
// credential costs no context processing at all.
//
//	p := jsonld.NewProcessor(nil)
//	quads, err := p.ToRDF(ctx, doc, nil)
//
// Scoped contexts are processed where they are used and not, as a validation, where
// they are defined. Framing, compaction and the 1.0 processing mode are not offered.
package jsonld

import (
	"errors"
	"fmt"
	"strings"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

var (
	// ErrUnknownTerm is returned for a property or type that no context defines.
	ErrUnknownTerm = errors.New("jsonld: term is not defined by any context")
	// ErrContext is returned for a context that cannot be had or is not valid.
	ErrContext = errors.New("jsonld: invalid context")
	// ErrSyntax is returned for a document that is not valid JSON-LD.
	ErrSyntax = errors.New("jsonld: invalid document")
	// ErrIRI is returned where an absolute IRI is needed and something else stands.
	ErrIRI = errors.New("jsonld: not an absolute IRI")
	// ErrLost is returned for a value that RDF would drop or change.
	ErrLost = errors.New("jsonld: value would be lost in RDF")
	// ErrDuplicate is returned for a statement that one property makes twice.
	ErrDuplicate = errors.New("jsonld: statement is made twice")
	// ErrLimit is returned for a document that needs more than the limits allow.
	ErrLimit = errors.New("jsonld: document exceeds a limit")
)

// Error is an error at a place of the document.
type Error struct {
	Pointer string // JSON pointer from the document's root
	Err     error
}

func (e *Error) Error() string {
	if e.Pointer == "" {
		return e.Err.Error()
	}
	return e.Pointer + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// at puts token in front of the pointer of err.
func at(token string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Err: err}
	}
	return &Error{Pointer: "/" + jsondoc.EscapePointer(token) + e.Pointer, Err: e.Err}
}

func atIndex(i int, err error) error { return at(fmt.Sprint(i), err) }

func isKeyword(s string) bool {
	switch s {
	case "@base", "@container", "@context", "@default", "@direction", "@embed", "@explicit", "@graph", "@id",
		"@import", "@included", "@index", "@json", "@language", "@list", "@nest", "@none", "@null", "@omitDefault",
		"@prefix", "@preserve", "@propagate", "@protected", "@requireAll", "@reverse", "@set", "@type", "@value",
		"@version", "@vocab":
		return true
	}
	return false
}

// looksLikeKeyword matches "@"1*ALPHA, which JSON-LD reserves.
func looksLikeKeyword(s string) bool {
	if len(s) < 2 || s[0] != '@' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// IsAbsoluteIRI reports whether s has a scheme and no character that an IRI, and so
// a statement in N-Quads, cannot have.
func IsAbsoluteIRI(s string) bool {
	colon := strings.IndexByte(s, ':')
	if colon < 1 {
		return false
	}
	for i, c := range []byte(s[:colon]) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	for _, c := range []byte(s[colon:]) {
		if c <= 0x20 || c == 0x7f || strings.IndexByte("<>\"{}|\\^`", c) >= 0 {
			return false
		}
	}
	return true
}

func isBlankLabel(s string) bool { return strings.HasPrefix(s, "_:") }
