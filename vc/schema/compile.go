package schema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	neturl "net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// Draft is an edition of JSON Schema.
type Draft string

// The drafts that are supported, by their $schema.
const (
	Draft6    Draft = "http://json-schema.org/draft-06/schema"
	Draft7    Draft = "http://json-schema.org/draft-07/schema"
	Draft2019 Draft = "https://json-schema.org/draft/2019-09/schema"
	Draft2020 Draft = "https://json-schema.org/draft/2020-12/schema"
)

func (d Draft) known() *jsonschema.Draft {
	switch d {
	case Draft6:
		return jsonschema.Draft6
	case Draft7:
		return jsonschema.Draft7
	case Draft2019:
		return jsonschema.Draft2019
	case Draft2020:
		return jsonschema.Draft2020
	}
	return nil
}

// Limits bounds the work on schemas and documents. All bounds are inclusive.
type Limits struct {
	SchemaBytes   int // text of each schema document
	SchemaValues  int // JSON values of all schema documents together
	Subschemas    int // objects and booleans of them, which may be schemas: compilation is quadratic in their number
	Documents     int // schema documents that one schema needs
	RegexpSize    int // instructions of all regular expressions together, repetitions counted
	Depth         int // nesting of schemas and documents
	DocumentBytes int // text of the document, where it is validated as text
	Values        int // JSON values of the document
	Steps         int // evaluations of one subschema at one value, and what costs as much
}

// DefaultLimits fits HL7's schema of FHIR R4 (3.4 MB, 45,000 values) and a bundle of a few megabytes.
func DefaultLimits() Limits {
	return Limits{
		SchemaBytes: 4 << 20, SchemaValues: 60_000, Subschemas: 20_000, Documents: 16, RegexpSize: 200_000,
		Depth: 64, DocumentBytes: 4 << 20, Values: 250_000, Steps: 20_000_000,
	}
}

// Resolver returns the text of the schema document that a URL, which has no fragment, names.
type Resolver func(ctx context.Context, url string) ([]byte, error)

// Options says how a schema is read.
type Options struct {
	// Draft is for schemas without $schema; if it is empty they are refused with ErrDraft.
	Draft Draft
	// AssertFormat makes "format" a rule in drafts from 2019-09 on too, where it is a comment unless a schema's
	// vocabulary says otherwise.
	AssertFormat bool
	// Resolver is asked for documents that a $ref names. If it is nil, such a $ref is an error.
	Resolver Resolver
	// Limits are DefaultLimits if they are zero.
	Limits Limits
}

// Schema is a compiled schema. It may be used by several goroutines.
type Schema struct {
	limits  Limits
	program *node // nil if the library evaluates it

	// For the library each goroutine needs a copy of its own, because the copy's meter is its.
	compile func() (*instance, error)
	mu      sync.Mutex
	free    []*instance // compiled and not in use, at most maximumFree
}

const maximumFree = 8

// Compile reads a schema document, whose base URI is url unless it has an $id. Errors are ErrSchema, ErrDraft, ErrResolve
// and ErrLimit.
func Compile(ctx context.Context, url string, text []byte, o Options) (*Schema, error) {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	doc, err := jsondoc.Parse(text, o.Limits.schemaDocument())
	if err != nil {
		return nil, schemaError(err)
	}
	return compileParsed(ctx, url, doc, o)
}

// CompileValue is Compile for a schema that is part of a parsed document, with numbers as json.Number.
func CompileValue(ctx context.Context, url string, doc any, o Options) (*Schema, error) {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	doc, err := jsondoc.Check(doc, o.Limits.schemaDocument())
	if err != nil {
		return nil, schemaError(err)
	}
	return compileParsed(ctx, url, doc, o)
}

func (l Limits) schemaDocument() jsondoc.Limits {
	return jsondoc.Limits{Bytes: l.SchemaBytes, Depth: l.Depth, Values: l.SchemaValues}
}

func schemaError(err error) error {
	if errors.Is(err, jsondoc.ErrLimit) {
		return fmt.Errorf("%w: %w: %w", ErrSchema, ErrLimit, err)
	}
	return fmt.Errorf("%w: %w", ErrSchema, err)
}

func compileParsed(ctx context.Context, url string, doc any, o Options) (*Schema, error) {
	if err := checkDraft(doc, o.Draft); err != nil {
		return nil, err
	}
	values, err := checkNumbers(doc)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	subschemas := countSubschemas(doc)
	if subschemas > o.Limits.Subschemas {
		return nil, fmt.Errorf("%w: %w: more than %d objects and booleans", ErrSchema, ErrLimit, o.Limits.Subschemas)
	}
	base, _, _ := strings.Cut(url, "#")
	if base == "" {
		base = "urn:panacea:schema"
	}
	if u, err := neturl.Parse(base); err != nil || !u.IsAbs() {
		return nil, fmt.Errorf("%w: its address %.200q is not an absolute URL", ErrSchema, base)
	}
	docs := &documents{ctx: ctx, o: o, known: map[string]any{base: doc}, values: values, subschemas: subschemas}
	s := &Schema{limits: o.Limits}
	s.compile = func() (*instance, error) { return newInstance(base, docs, o) }
	first, err := s.compile()
	if err != nil {
		return nil, err
	}
	if first.program != nil {
		return &Schema{limits: o.Limits, program: first.program}, nil
	}
	// What the schema needs has been had. Compiling it again, for another goroutine, asks for nothing more.
	docs.ctx, docs.o.Resolver = nil, nil
	s.free = []*instance{first}
	return s, nil
}

// checkDraft: VC JSON Schema §4.2 forbids to process schemas without $schema.
func checkDraft(doc any, fallback Draft) error {
	m, ok := doc.(map[string]any)
	if !ok {
		if _, ok := doc.(bool); !ok {
			return fmt.Errorf("%w: neither an object nor a boolean", ErrSchema)
		}
		m = nil
	}
	v, ok := m["$schema"]
	if !ok {
		if fallback.known() == nil {
			return fmt.Errorf("%w: the schema has no $schema", ErrDraft)
		}
		return nil
	}
	name, _ := v.(string)
	// In schemes and trailing "#" the drafts' own texts differ.
	name = strings.TrimSuffix(name, "#")
	if Draft(name).known() == nil && Draft(strings.Replace(name, "https:", "http:", 1)).known() == nil &&
		Draft(strings.Replace(name, "http:", "https:", 1)).known() == nil {
		return fmt.Errorf("%w: $schema %.100q, supported are drafts 6, 7, 2019-09 and 2020-12", ErrDraft, name)
	}
	return nil
}

// checkNumbers counts values, and refuses numbers that arithmetic on fractions would make into gigabytes.
func checkNumbers(v any) (int, error) {
	n := 1
	switch v := v.(type) {
	case json.Number:
		mantissa, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
		e, err := strconv.Atoi(exponent)
		if len(mantissa) > 400 || exponent != "" && (err != nil || e > 400 || e < -400) {
			return 0, fmt.Errorf("%w: a number of more than 400 digits", ErrLimit)
		}
	case []any:
		for _, e := range v {
			m, err := checkNumbers(e)
			if err != nil {
				return 0, err
			}
			n += m
		}
	case map[string]any:
		for _, e := range v {
			m, err := checkNumbers(e)
			if err != nil {
				return 0, err
			}
			n += m
		}
	}
	return n, nil
}

// countSubschemas counts what may be a schema.
func countSubschemas(v any) int {
	n := 0
	switch v := v.(type) {
	case bool:
		n = 1
	case []any:
		for _, e := range v {
			n += countSubschemas(e)
		}
	case map[string]any:
		n = 1
		for _, e := range v {
			n += countSubschemas(e)
		}
	}
	return n
}

// documents are the schema documents that one schema needs. It is the compiler's loader.
type documents struct {
	ctx   context.Context
	o     Options
	mu    sync.Mutex
	known map[string]any

	values, subschemas int
}

// Load returns a document that the schema refers to.
func (d *documents) Load(url string) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if doc, ok := d.known[url]; ok {
		return doc, nil
	}
	if d.o.Resolver == nil {
		return nil, fmt.Errorf("%w: %.200s: no resolver", ErrResolve, url)
	}
	if len(d.known) >= d.o.Limits.Documents {
		return nil, fmt.Errorf("%w: more than %d schema documents", ErrLimit, d.o.Limits.Documents)
	}
	text, err := d.o.Resolver(d.ctx, url)
	if err != nil {
		return nil, fmt.Errorf("%w: %.200s: %w", ErrResolve, url, err)
	}
	doc, err := jsondoc.Parse(text, d.o.Limits.schemaDocument())
	if err != nil {
		return nil, schemaError(err)
	}
	if err := checkDraft(doc, Draft2020); err != nil {
		return nil, err
	}
	n, err := checkNumbers(doc)
	if err != nil {
		return nil, err
	}
	if d.values += n; d.values > d.o.Limits.SchemaValues {
		return nil, fmt.Errorf("%w: more than %d values in all schema documents", ErrLimit, d.o.Limits.SchemaValues)
	}
	if d.subschemas += countSubschemas(doc); d.subschemas > d.o.Limits.Subschemas {
		return nil, fmt.Errorf("%w: more than %d objects and booleans in all schema documents", ErrLimit, d.o.Limits.Subschemas)
	}
	d.known[url] = doc
	return doc, nil
}

// newInstance compiles, and makes a program of the result, or puts a meter on every subschema.
func newInstance(base string, docs *documents, o Options) (*instance, error) {
	in := &instance{}
	budget := &regexpBudget{left: o.Limits.RegexpSize, meter: &in.meter}
	c := jsonschema.NewCompiler()
	c.UseLoader(docs)
	c.UseRegexpEngine(budget.compile)
	if d := o.Draft.known(); d != nil {
		c.DefaultDraft(d)
	} else {
		c.DefaultDraft(jsonschema.Draft2020)
	}
	if o.AssertFormat {
		c.AssertFormat()
	}
	// Compiling validates the schema against its draft's own, which is work too.
	in.meter.left = o.Limits.Steps
	err := in.meter.guard(func() error {
		var err error
		in.root, err = c.Compile(base)
		return err
	})
	if err != nil {
		for _, known := range []error{ErrLimit, ErrResolve, ErrDraft, ErrSchema} {
			if errors.Is(err, known) {
				return nil, err
			}
		}
		if load := (*jsonschema.LoadURLError)(nil); errors.As(err, &load) {
			if load.Err != nil && (errors.Is(load.Err, ErrLimit) || errors.Is(load.Err, ErrDraft) || errors.Is(load.Err, ErrSchema)) {
				return nil, load.Err
			}
			return nil, fmt.Errorf("%w: %w", ErrResolve, load.Err)
		}
		if budget.err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSchema, budget.err)
		}
		return nil, fmt.Errorf("%w: %s", ErrSchema, shorten(err.Error()))
	}
	g := graph{depth: map[*jsonschema.Schema]int{}, own: true}
	all, err := g.visit(in.root)
	if err != nil {
		return nil, err
	}
	if g.own {
		return &instance{program: newProgram(in.root, all)}, nil
	}
	for s := range all {
		in.meter.attach(s)
	}
	return in, nil
}

// shorten keeps an error's first line to a length for people.
func shorten(s string) string {
	s = strings.ReplaceAll(s, "\n", "; ")
	if len(s) > 400 {
		s = strings.ToValidUTF8(s[:400], "") + "…"
	}
	return s
}

// graph walks the subschemas that can be reached from a schema. The depth of one is the greatest number of subschemas
// that are under evaluation at one value at once, itself included.
type graph struct {
	own   bool                       // this package can evaluate all that was visited
	depth map[*jsonschema.Schema]int // underway while it is walked
}

const (
	underway         = -1
	maximumInPlace   = 64
	maximumReference = 10_000
)

func (g *graph) visit(root *jsonschema.Schema) (map[*jsonschema.Schema]bool, error) {
	queue := []*jsonschema.Schema{root}
	seen := map[*jsonschema.Schema]bool{root: true}
	dynamic := 0
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		g.own = g.own && evaluable(s)
		if s.DynamicRef != nil || s.RecursiveRef != nil {
			if dynamic++; dynamic > 256 {
				return nil, fmt.Errorf("%w: %w: more than 256 dynamic references", ErrSchema, ErrLimit)
			}
		}
		if _, err := g.inPlace(s, 1); err != nil {
			return nil, err
		}
		for _, next := range append(inPlace(s), children(s)...) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return seen, nil
}

func (g *graph) inPlace(s *jsonschema.Schema, level int) (int, error) {
	switch d, ok := g.depth[s]; {
	case ok && d == underway:
		return 0, fmt.Errorf("%w: %s refers to itself at the same place", ErrSchema, shorten(s.Location))
	case ok:
		return d, nil
	}
	if level > maximumInPlace {
		return 0, fmt.Errorf("%w: %w: more than %d subschemas apply to each other", ErrSchema, ErrLimit, maximumInPlace)
	}
	g.depth[s] = underway
	depth := 0
	for _, next := range inPlace(s) {
		d, err := g.inPlace(next, level+1)
		if err != nil {
			return 0, err
		}
		depth = max(depth, d)
	}
	if depth++; depth > maximumInPlace {
		return 0, fmt.Errorf("%w: %w: more than %d subschemas apply to each other", ErrSchema, ErrLimit, maximumInPlace)
	}
	g.depth[s] = depth
	return depth, nil
}

// inPlace lists the subschemas that apply to the same value.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	out := slices.Concat(s.AllOf, s.AnyOf, s.OneOf)
	out = append(out, s.Ref, s.Not, s.If, s.Then, s.Else)
	for _, d := range s.DependentSchemas {
		out = append(out, d)
	}
	for _, d := range s.Dependencies {
		if d, ok := d.(*jsonschema.Schema); ok {
			out = append(out, d)
		}
	}
	return slices.DeleteFunc(out, func(s *jsonschema.Schema) bool { return s == nil })
}

// children lists the subschemas that apply to parts of the value, and those that dynamic references may lead to.
func children(s *jsonschema.Schema) []*jsonschema.Schema {
	out := slices.Clone(s.PrefixItems)
	out = append(out, s.RecursiveRef, s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema)
	if s.DynamicRef != nil {
		out = append(out, s.DynamicRef.Ref)
	}
	for _, p := range s.Properties {
		out = append(out, p)
	}
	for _, p := range s.PatternProperties {
		out = append(out, p)
	}
	for _, any := range []any{s.AdditionalProperties, s.AdditionalItems, s.Items} {
		switch v := any.(type) {
		case *jsonschema.Schema:
			out = append(out, v)
		case []*jsonschema.Schema:
			out = append(out, v...)
		}
	}
	return slices.DeleteFunc(out, func(s *jsonschema.Schema) bool { return s == nil })
}
