package schema

import (
	"errors"
	"fmt"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// Document is a JSON document, parsed once for all schemas that it is validated against.
type Document struct {
	value  any
	values int
}

// Parse reads a document, exactly one JSON value, within the bounds DocumentBytes, Depth and Values of l. Members that stand twice, text
// that is not UTF-8 and lone surrogates are refused. Errors are ErrSyntax and ErrLimit.
func Parse(text []byte, l Limits) (*Document, error) {
	v, err := jsondoc.Parse(text, jsondoc.Limits{Bytes: l.DocumentBytes, Depth: l.Depth, Values: l.Values})
	switch {
	case errors.Is(err, jsondoc.ErrLimit):
		return nil, fmt.Errorf("%w: %w", ErrLimit, err)
	case errors.Is(err, jsondoc.ErrDuplicateName):
		return nil, fmt.Errorf("%w: an object names a member twice", ErrSyntax) // and not which: names can be someone's too
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	values, err := checkNumbers(v)
	if err != nil {
		return nil, err
	}
	return &Document{v, values}, nil
}

// Value returns the document as map[string]any, []any, string, json.Number, bool and nil, for reading only.
func (d *Document) Value() any { return d.value }

// ValidateDocument is ValidateText for a document that has been parsed.
func (s *Schema) ValidateDocument(d *Document) error {
	if d.values > s.limits.Values {
		return fmt.Errorf("%w: more than %d values", ErrLimit, s.limits.Values)
	}
	steps := s.limits.Steps
	return s.evaluate(d.value, d.values, &steps)
}
