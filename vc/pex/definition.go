package pex

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/pex/jsonpath"
	"github.com/medibloc/panacea/vc/schema"
)

// Bounds of definitions and submissions.
const (
	maximumBytes        = 256 << 10
	maximumDepth        = 32
	maximumValues       = 20_000
	maximumDescriptors  = 64
	maximumFields       = 256 // of all descriptors together
	maximumPaths        = 16  // of one field
	maximumGroups       = 16  // of one descriptor
	maximumRequirements = 64  // nested ones counted
	maximumNesting      = 8   // of submission requirements and of path_nested
	maximumText         = 4096
)

// Definition is a presentation definition (§"Presentation Definition"). It may be used by several goroutines.
type Definition struct {
	ID, Name, Purpose string
	Format            Format // nil if any will do
	Descriptors       []*Descriptor
	Requirements      []*Requirement // nil if every descriptor must be answered
}

// Format says which designations and algorithms are accepted: designation, then "alg", "proof_type" or "cryptosuite", then
// names.
type Format map[string]map[string][]string

// Descriptor is an input descriptor: what one credential must be.
type Descriptor struct {
	ID, Name, Purpose string
	Groups            []string
	Format            Format
	Fields            []*Field
	LimitDisclosure   string // "", Required or Preferred
	SubjectIsIssuer   string // "", Required or Preferred
	IsHolder          []Relation
	SameSubject       []Relation
	Statuses          map[Status]string // directive: Required, "allowed" or "disallowed"
}

// Values of limit_disclosure, predicate and of directives.
const (
	Required  = "required"
	Preferred = "preferred"

	allowed    = "allowed"
	disallowed = "disallowed"
)

// Relation is about the subjects of the fields with these ids.
type Relation struct {
	Fields    []string
	Directive string
}

// Field is one thing that a credential must have.
type Field struct {
	ID, Name, Purpose string
	Paths             []*jsonpath.Path
	Optional          bool
	Predicate         string // "", Required or Preferred
	IntentToRetain    bool   // the verifier will store the value

	filter *schema.Schema // nil if any value will do
}

// Requirement is a submission requirement: how many of a group of descriptors, or of other requirements, are needed.
type Requirement struct {
	Name, Purpose   string
	Pick            bool // the rule is "pick", else "all"
	Count, Min, Max *int // of "pick"
	From            string
	Nested          []*Requirement
}

// Parse reads a presentation definition of at most 256 KiB, on its own or as the presentation_definition of an object.
// Errors are ErrDefinition.
func Parse(text []byte) (*Definition, error) { return parseText(text, &parser{}) }

// CheckForm says whether Parse takes a definition, but for what its filters say: compiling their schemas and patterns takes up to a
// second, and this takes time in proportion to the definition's size. It is for those who only pass definitions on. Errors are
// ErrDefinition.
func CheckForm(text []byte) error {
	_, err := parseText(text, &parser{formOnly: true})
	return err
}

func parseText(text []byte, p *parser) (*Definition, error) {
	doc, err := jsondoc.ParseObject(text, jsondoc.Limits{Bytes: maximumBytes, Depth: maximumDepth, Values: maximumValues})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDefinition, err)
	}
	return p.parse(doc)
}

// ParseValue is Parse for a definition that is part of a parsed document.
func ParseValue(doc map[string]any) (*Definition, error) {
	v, err := jsondoc.Check(doc, jsondoc.Limits{Depth: maximumDepth, Values: maximumValues})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDefinition, err)
	}
	return new(parser).parse(v.(map[string]any))
}

func (p *parser) parse(doc map[string]any) (*Definition, error) {
	if inner, ok := doc["presentation_definition"].(map[string]any); ok {
		doc = inner
	}
	p.fieldIDs = map[string]bool{}
	d := p.definition(object{doc, ""})
	if p.err != nil {
		return nil, p.err
	}
	return d, nil
}

// parser reads a definition and remembers the first error.
type parser struct {
	err          error
	fields       int
	requirements int
	fieldIDs     map[string]bool
	formOnly     bool // leave out what filters say
}

// object is a JSON object and its place, for errors.
type object struct {
	m    map[string]any
	path string
}

func (p *parser) fail(o object, property, reason string) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s/%s %s", ErrDefinition, o.path, property, reason)
	}
}

func (p *parser) text(o object, property string, required bool) string {
	v, ok := o.m[property]
	s, isString := v.(string)
	if ok && !isString || !ok && required || required && s == "" || len(s) > maximumText {
		p.fail(o, property, "is not a string")
	}
	return s
}

func (p *parser) flag(o object, property string) bool {
	v, ok := o.m[property]
	b, isBool := v.(bool)
	if ok && !isBool {
		p.fail(o, property, "is not a boolean")
	}
	return b
}

func (p *parser) oneOf(o object, property string, values ...string) string {
	v, ok := o.m[property]
	s, _ := v.(string)
	if ok && !slices.Contains(values, s) {
		p.fail(o, property, fmt.Sprintf("is not one of %q", values))
	}
	return s
}

// objects reads an array of objects of at most a number.
func (p *parser) objects(o object, property string, most int) []object {
	v, ok := o.m[property]
	if !ok {
		return nil
	}
	list, isArray := v.([]any)
	if !isArray || len(list) > most {
		p.fail(o, property, fmt.Sprintf("is not an array of at most %d", most))
		return nil
	}
	out := make([]object, len(list))
	for i, e := range list {
		out[i] = object{nil, o.path + "/" + property + "/" + strconv.Itoa(i)}
		if out[i].m, isArray = e.(map[string]any); !isArray {
			p.fail(o, property+"/"+strconv.Itoa(i), "is not an object")
		}
	}
	return out
}

// texts reads an array of strings.
func (p *parser) texts(o object, property string, least, most int) []string {
	v, ok := o.m[property]
	if !ok && least == 0 {
		return nil
	}
	list, isArray := v.([]any)
	if !isArray || len(list) < least || len(list) > most {
		p.fail(o, property, fmt.Sprintf("is not an array of %d to %d strings", least, most))
		return nil
	}
	out := make([]string, len(list))
	for i, e := range list {
		if out[i], ok = e.(string); !ok || len(out[i]) > maximumText {
			p.fail(o, property+"/"+strconv.Itoa(i), "is not a string")
		}
	}
	return out
}

func (p *parser) definition(o object) *Definition {
	d := &Definition{
		ID: p.text(o, "id", true), Name: p.text(o, "name", false), Purpose: p.text(o, "purpose", false),
		Format: p.format(o),
	}
	if _, ok := o.m["input_descriptors"]; !ok {
		p.fail(o, "input_descriptors", "is missing")
	}
	seen := map[string]bool{}
	groups := map[string]bool{}
	for _, in := range p.objects(o, "input_descriptors", maximumDescriptors) {
		e := p.descriptor(in)
		if seen[e.ID] {
			p.fail(in, "id", "is given twice")
		}
		seen[e.ID] = true
		for _, g := range e.Groups {
			groups[g] = true
		}
		d.Descriptors = append(d.Descriptors, e)
	}
	for _, e := range d.Descriptors {
		for _, r := range slices.Concat(e.IsHolder, e.SameSubject) {
			for _, id := range r.Fields {
				if !p.fieldIDs[id] {
					p.fail(o, "input_descriptors", fmt.Sprintf("has no field with the id %q", id))
				}
			}
		}
	}
	if _, ok := o.m["submission_requirements"]; ok {
		d.Requirements = []*Requirement{}
		for _, in := range p.objects(o, "submission_requirements", maximumRequirements) {
			d.Requirements = append(d.Requirements, p.requirement(in, groups, 1))
		}
		for _, e := range d.Descriptors {
			if len(e.Groups) == 0 {
				p.fail(o, "submission_requirements", fmt.Sprintf("is there, and the input descriptor %q has no group", e.ID))
			}
		}
	}
	return d
}

func (p *parser) format(o object) Format {
	v, ok := o.m["format"]
	if !ok {
		return nil
	}
	m, _ := v.(map[string]any)
	if len(m) == 0 || len(m) > 64 {
		p.fail(o, "format", "is not an object with a property for each format")
		return nil
	}
	f := Format{}
	for name, e := range m {
		in := object{nil, o.path + "/format/" + jsondoc.EscapePointer(name)}
		if in.m, ok = e.(map[string]any); !ok {
			p.fail(in, "", "is not an object")
			return nil
		}
		f[name] = map[string][]string{}
		for _, kind := range []string{"alg", "proof_type", "cryptosuite"} {
			if _, ok := in.m[kind]; ok {
				f[name][kind] = p.texts(in, kind, 1, 64)
			}
		}
		if len(f[name]) == 0 {
			p.fail(in, "", "has neither alg nor proof_type")
		}
	}
	return f
}

func (p *parser) descriptor(o object) *Descriptor {
	d := &Descriptor{
		ID: p.text(o, "id", true), Name: p.text(o, "name", false), Purpose: p.text(o, "purpose", false),
		Groups: p.texts(o, "group", 0, maximumGroups), Format: p.format(o),
	}
	m, ok := o.m["constraints"].(map[string]any)
	if !ok {
		p.fail(o, "constraints", "is not an object")
		return d
	}
	c := object{m, o.path + "/constraints"}
	d.LimitDisclosure = p.oneOf(c, "limit_disclosure", Required, Preferred)
	d.SubjectIsIssuer = p.oneOf(c, "subject_is_issuer", Required, Preferred)
	for _, in := range p.objects(c, "fields", maximumFields) {
		if p.fields++; p.fields > maximumFields {
			p.fail(c, "fields", fmt.Sprintf("make more than %d in the definition", maximumFields))
			return d
		}
		d.Fields = append(d.Fields, p.field(in))
	}
	d.IsHolder = p.relations(c, "is_holder")
	d.SameSubject = p.relations(c, "same_subject")
	if v, ok := c.m["statuses"]; ok {
		statuses, _ := v.(map[string]any)
		in := object{statuses, c.path + "/statuses"}
		d.Statuses = map[Status]string{}
		for name, s := range map[string]Status{"active": Active, "suspended": Suspended, "revoked": Revoked} {
			if v, ok := statuses[name]; ok {
				m, _ := v.(map[string]any)
				of := object{m, in.path + "/" + name}
				if d.Statuses[s] = p.oneOf(of, "directive", Required, allowed, disallowed); d.Statuses[s] == "" {
					p.fail(of, "directive", "is missing")
				}
			}
		}
		if len(d.Statuses) == 0 {
			p.fail(c, "statuses", "has none of active, suspended and revoked")
		}
	}
	return d
}

func (p *parser) relations(o object, property string) []Relation {
	var out []Relation
	for _, in := range p.objects(o, property, 16) {
		r := Relation{p.texts(in, "field_id", 1, maximumFields), p.oneOf(in, "directive", Required, Preferred)}
		if r.Directive == "" {
			p.fail(in, "directive", "is missing")
		}
		out = append(out, r)
	}
	return out
}

func (p *parser) field(o object) *Field {
	f := &Field{
		ID: p.text(o, "id", false), Name: p.text(o, "name", false), Purpose: p.text(o, "purpose", false),
		Optional: p.flag(o, "optional"), IntentToRetain: p.flag(o, "intent_to_retain"),
		Predicate: p.oneOf(o, "predicate", Required, Preferred),
	}
	if f.ID != "" && p.fieldIDs[f.ID] {
		p.fail(o, "id", "is given twice")
	}
	p.fieldIDs[f.ID] = true
	for _, text := range p.texts(o, "path", 1, maximumPaths) {
		path, err := jsonpath.Parse(text)
		if err != nil {
			p.fail(o, "path", err.Error())
			return f
		}
		f.Paths = append(f.Paths, path)
	}
	v, ok := o.m["filter"]
	if !ok {
		if f.Predicate != "" {
			p.fail(o, "filter", "is missing, and there is a predicate")
		}
		return f
	}
	if p.formOnly {
		if _, ok := v.(map[string]any); !ok {
			p.fail(o, "filter", "is not an object")
		}
		return f
	}
	var err error
	f.filter, err = schema.CompileValue(context.Background(), "urn:panacea:filter", v, schema.Options{Draft: schema.Draft7, Limits: filterLimits()})
	if err != nil {
		p.fail(o, "filter", err.Error())
	}
	return f
}

func filterLimits() schema.Limits {
	return schema.Limits{
		SchemaBytes: maximumBytes, SchemaValues: 5000, Subschemas: 500, Documents: 1, RegexpSize: 20_000,
		Depth: 64, DocumentBytes: 4 << 20, Values: 250_000, Steps: 500_000,
	}
}

func (p *parser) requirement(o object, groups map[string]bool, level int) *Requirement {
	r := &Requirement{Name: p.text(o, "name", false), Purpose: p.text(o, "purpose", false)}
	if p.requirements++; p.requirements > maximumRequirements || level > maximumNesting {
		p.fail(o, "", fmt.Sprintf("makes more than %d requirements, or nests them deeper than %d", maximumRequirements, maximumNesting))
		return r
	}
	switch rule := p.oneOf(o, "rule", "all", "pick"); rule {
	case "":
		p.fail(o, "rule", "is missing")
	case "pick":
		r.Pick = true
		r.Count, r.Min, r.Max = p.number(o, "count", 1), p.number(o, "min", 0), p.number(o, "max", 1)
		if r.Min != nil && r.Max != nil && *r.Max < *r.Min {
			p.fail(o, "max", "is less than min")
		}
	}
	_, from := o.m["from"]
	_, nested := o.m["from_nested"]
	switch {
	case from == nested:
		p.fail(o, "from", "and from_nested: one of them is needed, not both")
	case from:
		if r.From = p.text(o, "from", true); !groups[r.From] {
			p.fail(o, "from", "names a group that no input descriptor is in")
		}
	default:
		for _, in := range p.objects(o, "from_nested", maximumRequirements) {
			r.Nested = append(r.Nested, p.requirement(in, groups, level+1))
		}
		if len(r.Nested) == 0 {
			p.fail(o, "from_nested", "is empty")
		}
	}
	return r
}

func (p *parser) number(o object, property string, least int) *int {
	v, ok := o.m[property]
	if !ok {
		return nil
	}
	n, isNumber := v.(json.Number)
	i, err := strconv.Atoi(string(n))
	if !isNumber || err != nil || i < least {
		p.fail(o, property, fmt.Sprintf("is not an integer of at least %d", least))
	}
	return &i
}
