package schema

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// meter counts the steps of one validation. The validator has no place for an error of ours, so the count's end is a panic
// that guard, which is the only way into the validator, turns into ErrLimit.
type meter struct{ left int }

type exhausted struct{}

func (m *meter) spend(steps int) {
	if steps < 0 || steps > m.left {
		m.left = 0
		panic(exhausted{})
	}
	m.left -= steps
}

// guard runs f, which spends.
func (m *meter) guard(f func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exhausted:
			err = fmt.Errorf("%w: validation takes too many steps", ErrLimit)
		default:
			// A fault of the validator must not take down whoever validates a stranger's schema.
			err = fmt.Errorf("%w: the validator failed: %v", ErrSchema, r)
		}
	}()
	return f()
}

// attach makes a subschema spend for what it is about to do. It uses the place of "format", which the validator visits
// first but for "type", "const" and "enum"; for those two, whoever leads to the subschema spends.
func (m *meter) attach(s *jsonschema.Schema) {
	if s.Bool != nil {
		return
	}
	fixed := 1 + len(s.AllOf) + len(s.AnyOf) + len(s.OneOf) + len(s.Required) + len(s.PrefixItems) + len(s.Dependencies) +
		len(s.DependentRequired) + len(s.DependentSchemas) + len(s.Properties)/8
	for _, next := range inPlace(s) {
		fixed = saturated(fixed, literals(next))
	}
	for _, d := range s.DependentRequired {
		fixed += len(d)
	}
	each := 1 // for every item and member
	for _, any := range []any{s.AdditionalProperties, s.AdditionalItems, s.Items, s.Items2020, s.Contains, s.PropertyNames,
		s.UnevaluatedProperties, s.UnevaluatedItems} {
		if next, ok := any.(*jsonschema.Schema); ok {
			each = saturated(each, literals(next))
		}
	}
	for _, next := range s.PatternProperties {
		each = saturated(each, 1+literals(next))
	}
	members := map[string]int{}
	for k, next := range s.Properties {
		if n := literals(next); n > 1 {
			members[k] = n
		}
	}
	for _, next := range s.PrefixItems {
		fixed = saturated(fixed, literals(next))
	}
	name, check := "", func(any) error { return nil }
	if s.Format != nil {
		name, check = s.Format.Name, s.Format.Validate
	}
	if name == "regex" {
		check = checkRegexp
	}
	s.Format = &jsonschema.Format{Name: name, Validate: func(v any) error {
		switch v := v.(type) {
		case string:
			m.spend(saturated(fixed, len(v)/64))
		case []any:
			m.spend(saturated(fixed, product(len(v), each)))
			if s.UniqueItems {
				m.spend(product(len(v), len(v)/16)) // the library compares all with all if their digests are made to collide
			}
		case map[string]any:
			m.spend(saturated(fixed, product(len(v), each)))
			if len(members) > 0 {
				for k := range v {
					m.spend(members[k])
				}
			}
		default:
			m.spend(fixed)
		}
		return check(v)
	}}
}

// literals is the size of what a subschema compares values with.
func literals(s *jsonschema.Schema) int {
	if s == nil {
		return 0
	}
	n := 0
	if s.Const != nil {
		n = size(*s.Const)
	}
	if s.Enum != nil {
		for _, v := range s.Enum.Values {
			n += size(v)
		}
	}
	return n
}

// saturated adds without overflow.
func saturated(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// product multiplies without overflow.
func product(a, b int) int {
	if a > 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

// size counts the values of a JSON tree.
func size(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n += size(e)
		}
	case map[string]any:
		for _, e := range v {
			n += size(e)
		}
	}
	return n
}

// instance is one compiled copy of a schema: a program for any number of goroutines, or what the library evaluates, for one at a time.
type instance struct {
	program *node
	root    *jsonschema.Schema
	meter   meter
}

// Regular expressions are Go's (RE2), whose time is linear in the text, times the size of the compiled expression.
// ECMAScript's look-around and back references are errors.
const (
	maximumPattern     = 4096 // bytes of one expression
	maximumPatternSize = 20_000
)

var errRegexp = errors.New("a regular expression is too large")

// regexpBudget is the regular expressions of one schema.
type regexpBudget struct {
	left  int
	meter *meter
	err   error // why an expression was refused, which the compiler does not tell
}

type pattern struct {
	*regexp.Regexp
	size  int
	meter *meter
}

// MatchString is what the library calls.
func (p *pattern) MatchString(s string) bool { return p.matches(p.meter, s) }

// matches spends for the text's length times the expression's size before it matches.
func (p *pattern) matches(m *meter, s string) bool {
	m.spend(1 + (len(s)+1)*p.size/256)
	return p.Regexp.MatchString(s)
}

func (b *regexpBudget) compile(text string) (jsonschema.Regexp, error) {
	n, err := regexpSize(text)
	if err == nil && n > b.left {
		err = fmt.Errorf("%w: all together", errRegexp)
	}
	if err != nil {
		if errors.Is(err, errRegexp) {
			b.err = fmt.Errorf("%w: %w", ErrLimit, err)
		} else {
			b.err = err
		}
		return nil, err
	}
	b.left -= n
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return &pattern{re, n, b.meter}, nil
}

// regexpSize tells about how many instructions an expression compiles to, without compiling it.
func regexpSize(text string) (int, error) {
	if len(text) > maximumPattern {
		return 0, fmt.Errorf("%w: %d bytes, at most %d", errRegexp, len(text), maximumPattern)
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, err
	}
	n := instructions(parsed)
	if n > maximumPatternSize {
		return 0, errRegexp
	}
	return n, nil
}

func instructions(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)/8
	if re.Op == syntax.OpLiteral {
		n = 1 + len(re.Rune)
	}
	for _, sub := range re.Sub {
		n = saturated(n, instructions(sub))
	}
	if re.Op == syntax.OpRepeat {
		// Go's parser bounds the product of nested repetitions by 1000.
		n = product(n, max(re.Max, re.Min, 1))
	}
	return n
}

// checkRegexp is the format "regex" for documents.
func checkRegexp(v any) error {
	if s, ok := v.(string); ok {
		_, err := regexpSize(s)
		return err
	}
	return nil
}
