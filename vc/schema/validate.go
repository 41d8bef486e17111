package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// ValidateText validates a document given as text, exactly one JSON value. Errors are ErrInvalid and ErrLimit, and for text
// that is not JSON those of reading it, which are ErrInvalid too.
func (s *Schema) ValidateText(text []byte) error {
	d, err := Parse(text, s.limits)
	if errors.Is(err, ErrSyntax) {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	} else if err != nil {
		return err
	}
	return s.ValidateDocument(d)
}

// Validate validates a parsed document, of the types that encoding/json makes, numbers best as json.Number. Errors are
// ErrInvalid, as a *ValidationError, and ErrLimit.
func (s *Schema) Validate(doc any) error {
	steps := s.limits.Steps
	return s.ValidateWithin(doc, &steps)
}

// ValidateWithin is Validate with at most *steps steps, which it takes what it needs off. It is for whoever applies many
// schemas and bounds all their work together.
func (s *Schema) ValidateWithin(doc any, steps *int) error {
	doc, err := jsondoc.Check(doc, jsondoc.Limits{Depth: s.limits.Depth, Values: min(s.limits.Values, *steps)})
	if errors.Is(err, jsondoc.ErrLimit) {
		return fmt.Errorf("%w: %w", ErrLimit, err)
	} else if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	values, err := checkNumbers(doc)
	if err != nil {
		return err
	}
	return s.evaluate(doc, values, steps)
}

func (s *Schema) evaluate(doc any, values int, steps *int) error {
	allowed := min(s.limits.Steps, *steps)
	if s.program == nil {
		return s.evaluateByLibrary(doc, values, steps, allowed)
	}
	e := &evaluation{meter: meter{left: allowed}}
	ok := false
	err := e.guard(func() error { ok = e.evaluate(s.program, doc); return nil })
	*steps = max(*steps-(allowed-e.left)-values/16, 0)
	if err == nil && !ok {
		return &ValidationError{e.found}
	}
	return err
}

func (s *Schema) evaluateByLibrary(doc any, values int, steps *int, allowed int) error {
	in, err := s.take()
	if err != nil {
		return err
	}
	defer s.give(in)
	in.meter.left = allowed
	err = in.meter.guard(func() error { return in.root.Validate(doc) })
	*steps = max(*steps-(allowed-in.meter.left)-values/16, 0)
	if found := (*jsonschema.ValidationError)(nil); errors.As(err, &found) {
		return violations(found)
	}
	return err
}

func (s *Schema) take() (*instance, error) {
	s.mu.Lock()
	if n := len(s.free); n > 0 {
		in := s.free[n-1]
		s.free = s.free[:n-1]
		s.mu.Unlock()
		return in, nil
	}
	s.mu.Unlock()
	return s.compile()
}

func (s *Schema) give(in *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) < maximumFree {
		s.free = append(s.free, in)
	}
}

// violations makes of the validator's tree of errors a short list in a fixed order. What is below an alternative that did
// not match is left out: it is about another reading of the document than the one that was meant.
func violations(e *jsonschema.ValidationError) error {
	var out findings
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		at := pointerOf(slices.Values(e.InstanceLocation))
		switch k := e.ErrorKind.(type) {
		case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
			for _, c := range e.Causes {
				walk(c)
			}
		case *kind.Required:
			out.add(Violation{at, "required " + listed(slices.Sorted(slices.Values(k.Missing)))})
		case *kind.Type:
			out.add(Violation{at, "type " + strings.Join(k.Want, " or ")})
		default:
			path := e.ErrorKind.KeywordPath()
			out.add(Violation{at, strings.Join(path[:min(1, len(path))], "")})
		}
	}
	walk(e)
	return &ValidationError{out}
}
