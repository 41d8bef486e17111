package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// alternatives are the branches of an anyOf or a oneOf. Where branches say which texts a property may have, as FHIR's 146 kinds of resource do of
// resourceType, the value of that property tells which of them can match, and the others, which are certain not to, are not evaluated. What is left
// out could only have failed, so the verdict is that of evaluating all.
type alternatives struct {
	branches []*node
	property string // that tells them apart; empty if nothing does

	// Branches that can match, by position in their order:
	by        map[string][]int // an object in which the property is one of these texts
	otherText []int            // is another text
	notText   []int            // is something else
	absent    []int            // an object without the property
	notObject []int            // any other value
	everyone  []int
}

// condition is what a schema demands of a property, at least.
type condition struct {
	texts    map[string]bool // if it is there and a text, it is one of these
	notText  bool            // it may be something else than a text
	required bool            // it must be there
}

const (
	maximumConditions = 16      // properties that are considered for each branch
	maximumTable      = 100_000 // positions in an index
)

func (p *programmer) alternatives(list []*jsonschema.Schema) *alternatives {
	if len(list) == 0 {
		return nil
	}
	a := &alternatives{branches: p.list(list)}
	for i := range list {
		a.everyone = append(a.everyone, i)
	}
	property, size := p.discriminator(list)
	if property == "" || size > maximumTable {
		return a
	}
	a.property, a.by = property, map[string][]int{}
	for _, s := range list {
		for text := range p.conditionsOf(s)[property].texts {
			a.by[text] = nil
		}
	}
	if len(a.by)*len(list) > maximumTable {
		// Branches without a condition stand under every text.
		return &alternatives{branches: a.branches, everyone: a.everyone}
	}
	for i, s := range list {
		c, conditional := p.conditionsOf(s)[property]
		for text := range a.by {
			if !conditional || c.texts[text] {
				a.by[text] = append(a.by[text], i)
			}
		}
		if !conditional {
			a.otherText = append(a.otherText, i)
		}
		if !conditional || c.notText {
			a.notText = append(a.notText, i)
		}
		if !c.required {
			a.absent = append(a.absent, i)
		}
		if !onlyObjects(s) {
			a.notObject = append(a.notObject, i)
		}
	}
	return a
}

// discriminator returns the property on which the most branches have a condition, and how many texts they name. One branch alone is
// not told apart from any.
func (p *programmer) discriminator(list []*jsonschema.Schema) (property string, size int) {
	counts, sizes := map[string]int{}, map[string]int{}
	for _, s := range list {
		for name, c := range p.conditionsOf(s) {
			counts[name]++
			sizes[name] += len(c.texts)
		}
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	if len(names) == 0 || counts[names[0]] < 2 {
		return "", 0
	}
	return names[0], sizes[names[0]]
}

// conditionsOf lists what every object must satisfy that conforms to a schema, by property: what its own properties demand, and what every
// schema demands that it applies to the same value.
func (p *programmer) conditionsOf(s *jsonschema.Schema) map[string]condition {
	if known, ok := p.conditions[s]; ok {
		return known
	}
	out := map[string]condition{}
	// Required ones first, because they say the most.
	for _, required := range []bool{true, false} {
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if slices.Contains(s.Required, name) != required || len(out) == maximumConditions {
				continue
			}
			if c, ok := literalCondition(s.Properties[name]); ok {
				c.required = required
				out[name] = c
			}
		}
	}
	for _, next := range append(slices.Clone(s.AllOf), s.Ref) {
		if next == nil {
			continue
		}
		for name, c := range p.conditionsOf(next) {
			have, ok := out[name]
			switch {
			case ok:
				have.required = have.required || c.required
				out[name] = have
			case len(out) < maximumConditions:
				c.required = c.required || slices.Contains(s.Required, name)
				out[name] = c
			}
		}
	}
	p.conditions[s] = out
	return out
}

// literalCondition reads the condition of a property's schema: a const or an enum, here or where a $ref leads.
func literalCondition(s *jsonschema.Schema) (c condition, ok bool) {
	for range maximumInPlace {
		switch {
		case s == nil || s.Bool != nil:
			return condition{}, false
		case s.Const != nil:
			return literal([]any{*s.Const}), true
		case s.Enum != nil:
			return literal(s.Enum.Values), true
		}
		s = s.Ref
	}
	return condition{}, false
}

func literal(values []any) condition {
	c := condition{texts: map[string]bool{}}
	for _, v := range values {
		if text, ok := v.(string); ok {
			c.texts[text] = true
		} else {
			c.notText = true
		}
	}
	return c
}

func onlyObjects(s *jsonschema.Schema) bool {
	return s.Types != nil && typesOf(s.Types) == typeObject
}

// candidates lists the branches that can match a value.
func (a *alternatives) candidates(v any) []int {
	if a.property == "" {
		return a.everyone
	}
	m, ok := v.(map[string]any)
	if !ok {
		return a.notObject
	}
	value, ok := m[a.property]
	if !ok {
		return a.absent
	}
	text, ok := value.(string)
	if !ok {
		return a.notText
	}
	if list, ok := a.by[text]; ok {
		return list
	}
	return a.otherText
}

// missing says what a value would need to match any branch, where none of them can.
func (a *alternatives) missing(v any, keyword string) string {
	if m, ok := v.(map[string]any); ok {
		if _, ok := m[a.property]; !ok {
			return "required " + shown(a.property)
		}
		return keyword + " by " + shown(a.property)
	}
	return "type object"
}
