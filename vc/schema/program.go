package schema

import (
	"math/big"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// node is a subschema, made ready for evaluation: what the library compiled, with what evaluating it costs and with its alternatives
// sorted by what tells them apart. Nodes do not change, so goroutines share them.
type node struct {
	always   *bool // a boolean schema
	draft    int
	types    typeSet
	constant *any
	enum     *enumeration
	format   func(any) error

	ref, not, condition, then, otherwise *node
	all                                  []*node
	any, one                             *alternatives

	object objectRules
	array  arrayRules
	text   textRules
	number numberRules

	cost int // steps of one evaluation, without those that grow with the value
	each int // steps for each item or member
}

type objectRules struct {
	minimum, maximum   *int
	required           []string
	dependent          []dependent
	properties         map[string]*node
	patterns           []patternProperties
	additional         *node // nil if any will do
	names              *node
	forbidAdditional   bool
	dependentSchemas   []dependent
	dependentRequireds []dependent
}

// dependent is what an object must satisfy that has a property.
type dependent struct {
	property string
	required []string
	schema   *node
}

type patternProperties struct {
	pattern *pattern
	schema  *node
}

type arrayRules struct {
	minimum, maximum                 *int
	unique                           bool
	prefix                           []*node
	rest                             *node // of the items after the prefix; nil if any will do
	forbidRest                       bool
	contains                         *node
	minimumContained, maximumContain *int
}

type textRules struct {
	minimum, maximum *int
	pattern          *pattern
}

type numberRules struct {
	minimum, maximum, above, below, multipleOf *big.Rat
}

// enumeration is a list of values, the strings among them indexed.
type enumeration struct {
	texts  map[string]bool
	others []any
}

// evaluable says whether this package evaluates a subschema itself. The library does for schemas that refer to whatever leads to them, or
// depend on what others have evaluated: few do, and they are hard to get right twice.
func evaluable(s *jsonschema.Schema) bool {
	return s.RecursiveRef == nil && s.DynamicRef == nil && s.UnevaluatedProperties == nil && s.UnevaluatedItems == nil &&
		s.ContentEncoding == nil && s.ContentMediaType == nil && s.ContentSchema == nil && len(s.Extensions) == 0
}

// programmer makes nodes of what the library compiled.
type programmer struct {
	nodes      map[*jsonschema.Schema]*node
	conditions map[*jsonschema.Schema]map[string]condition
}

func newProgram(root *jsonschema.Schema, all map[*jsonschema.Schema]bool) *node {
	p := programmer{map[*jsonschema.Schema]*node{}, map[*jsonschema.Schema]map[string]condition{}}
	for s := range all {
		p.nodes[s] = &node{}
	}
	for s, n := range p.nodes {
		p.fill(n, s)
	}
	return p.nodes[root]
}

func (p *programmer) list(list []*jsonschema.Schema) (out []*node) {
	for _, s := range list {
		out = append(out, p.nodes[s])
	}
	return out
}

func (p *programmer) fill(n *node, s *jsonschema.Schema) {
	n.always, n.draft, n.constant = s.Bool, s.DraftVersion, s.Const
	if s.Types != nil {
		n.types = typesOf(s.Types)
	}
	if s.Enum != nil {
		n.enum = newEnumeration(s.Enum.Values)
	}
	if s.Format != nil {
		n.format = s.Format.Validate
		if s.Format.Name == "regex" {
			n.format = checkRegexp
		}
	}
	n.ref, n.not = p.nodes[s.Ref], p.nodes[s.Not]
	n.condition, n.then, n.otherwise = p.nodes[s.If], p.nodes[s.Then], p.nodes[s.Else]
	n.all = p.list(s.AllOf)
	n.any, n.one = p.alternatives(s.AnyOf), p.alternatives(s.OneOf)
	p.fillObject(&n.object, s)
	p.fillArray(&n.array, s)
	n.text = textRules{s.MinLength, s.MaxLength, nil}
	if s.Pattern != nil {
		n.text.pattern = s.Pattern.(*pattern)
	}
	n.number = numberRules{s.Minimum, s.Maximum, s.ExclusiveMinimum, s.ExclusiveMaximum, s.MultipleOf}
	n.cost = 1 + literals(s) + len(s.AllOf) + len(s.Required) + len(s.PrefixItems) + len(s.Dependencies) + len(s.DependentSchemas)
	for _, d := range s.DependentRequired {
		n.cost += 1 + len(d)
	}
	n.each = 1 + len(s.PatternProperties)
}

func (p *programmer) fillObject(o *objectRules, s *jsonschema.Schema) {
	o.minimum, o.maximum, o.required = s.MinProperties, s.MaxProperties, s.Required
	for name, d := range s.Dependencies {
		switch d := d.(type) {
		case []string:
			o.dependent = append(o.dependent, dependent{property: name, required: d})
		case *jsonschema.Schema:
			o.dependent = append(o.dependent, dependent{property: name, schema: p.nodes[d]})
		}
	}
	for name, d := range s.DependentSchemas {
		o.dependentSchemas = append(o.dependentSchemas, dependent{property: name, schema: p.nodes[d]})
	}
	for name, d := range s.DependentRequired {
		o.dependentRequireds = append(o.dependentRequireds, dependent{property: name, required: d})
	}
	o.properties = make(map[string]*node, len(s.Properties))
	for name, next := range s.Properties {
		o.properties[name] = p.nodes[next]
	}
	for re, next := range s.PatternProperties {
		o.patterns = append(o.patterns, patternProperties{re.(*pattern), p.nodes[next]})
	}
	switch a := s.AdditionalProperties.(type) {
	case bool:
		o.forbidAdditional = !a
	case *jsonschema.Schema:
		o.additional = p.nodes[a]
	}
	o.names = p.nodes[s.PropertyNames]
}

// fillArray makes one form of the drafts' two: until 2019-09 items and additionalItems, then prefixItems and items.
func (p *programmer) fillArray(a *arrayRules, s *jsonschema.Schema) {
	a.minimum, a.maximum, a.unique = s.MinItems, s.MaxItems, s.UniqueItems
	a.contains, a.minimumContained, a.maximumContain = p.nodes[s.Contains], s.MinContains, s.MaxContains
	if s.DraftVersion >= 2020 {
		a.prefix, a.rest = p.list(s.PrefixItems), p.nodes[s.Items2020]
		return
	}
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		a.rest = p.nodes[items] // which leaves nothing to additionalItems
		return
	case []*jsonschema.Schema:
		a.prefix = p.list(items)
	}
	switch additional := s.AdditionalItems.(type) {
	case bool:
		a.forbidRest = !additional
	case *jsonschema.Schema:
		a.rest = p.nodes[additional]
	}
}

func newEnumeration(values []any) *enumeration {
	e := &enumeration{texts: map[string]bool{}}
	for _, v := range values {
		if s, ok := v.(string); ok {
			e.texts[s] = true
		} else {
			e.others = append(e.others, v)
		}
	}
	return e
}
