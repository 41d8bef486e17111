package jsonld

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/rdfc"
)

const (
	rdfNS  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xsdNS  = "http://www.w3.org/2001/XMLSchema#"
	rdfNil = rdfNS + "nil"
)

// Labels remembers which blank node stands for which object of a document, so that
// parts of the document, converted on their own, name the same nodes.
//
// Parts share the objects and arrays of the document; Alias tells of an object that
// was built anew to stand for one of it. The document must stay in use and unchanged
// as long as its Labels are.
type Labels struct {
	bySource map[sourceKey]string
	byName   map[string]string
	aliases  map[uintptr]uintptr
	parts    []map[string]any // kept, lest something else gets their address
	next     int
}

// NewLabels returns Labels for one document.
func NewLabels() *Labels {
	return &Labels{bySource: map[sourceKey]string{}, byName: map[string]string{}, aliases: map[uintptr]uintptr{}}
}

// sourceKey is the identity of a map or array of the document, and which of the
// nodes that come from it is meant.
type sourceKey struct {
	ptr  uintptr
	key  string // the term, for a list that is no array
	what int    // 0 the node itself, -1 the graph around it, n>0 the nth node of a list
}

func identity(v any) uintptr {
	switch v := v.(type) {
	case map[string]any:
		if v != nil {
			return reflect.ValueOf(v).Pointer()
		}
	case []any:
		if len(v) > 0 {
			return reflect.ValueOf(v).Pointer()
		}
	}
	return 0
}

// Alias says that part stands for the object whole.
func (l *Labels) Alias(whole, part map[string]any) {
	l.aliases[identity(part)] = identity(whole)
	l.parts = append(l.parts, part)
}

func (l *Labels) fresh() string {
	l.next++
	return "b" + strconv.Itoa(l.next-1)
}

func (l *Labels) of(source any, term string, what int) string {
	key := sourceKey{identity(source), term, what}
	if key.ptr == 0 {
		return l.fresh()
	}
	if whole, ok := l.aliases[key.ptr]; ok {
		key.ptr = whole
	}
	label, ok := l.bySource[key]
	if !ok {
		label = l.fresh()
		l.bySource[key] = label
	}
	return label
}

func (l *Labels) named(name string) string {
	label, ok := l.byName[name]
	if !ok {
		label = l.fresh()
		l.byName[name] = label
	}
	return label
}

// ToRDF converts a document to the statements it makes, in an order that depends on
// the document alone; statements may repeat. Blank nodes are labelled by labels, or
// by their order of appearance if it is nil. The document must consist of the types
// that encoding/json decodes to with UseNumber; it is not modified.
//
// Errors are of type *Error, and wrap one of this package's or the context's.
func (p *Processor) ToRDF(ctx context.Context, doc map[string]any, labels *Labels) ([]rdfc.Quad, error) {
	if err := p.checkShape(doc); err != nil {
		return nil, err
	}
	if labels == nil {
		labels = NewLabels()
	}
	r := &run{ctx: ctx, p: p, terms: maxTerms}
	items, err := r.expandDocument(doc)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			err = &Error{Err: err}
		}
		return nil, err
	}
	w := writer{labels: labels}
	for _, it := range items {
		if _, err := w.node(it, rdfc.Term{}); err != nil {
			var e *Error
			if !errors.As(err, &e) {
				err = &Error{Err: err}
			}
			return nil, err
		}
	}
	return w.quads, nil
}

// checkShape bounds the document before anything recursive is done to it.
func (p *Processor) checkShape(doc map[string]any) error {
	values := 0
	var walk func(v any, depth int) error
	walk = func(v any, depth int) error {
		if values++; values > p.limits.Values || depth > p.limits.Depth {
			return &Error{Err: fmt.Errorf("%w: too deep or too many values", ErrLimit)}
		}
		switch v := v.(type) {
		case nil, bool, string, json.Number:
			return nil
		case map[string]any:
			for _, e := range v {
				if err := walk(e, depth+1); err != nil {
					return err
				}
			}
			return nil
		case []any:
			for _, e := range v {
				if err := walk(e, depth+1); err != nil {
					return err
				}
			}
			return nil
		}
		return &Error{Err: fmt.Errorf("%w: a %T is not a JSON value", ErrSyntax, v)}
	}
	return walk(doc, 0)
}

// writer makes quads of an expanded document: Node Map Generation and Deserialize
// JSON-LD to RDF (API §7.2, §8.1) in one pass, without the node map in between.
type writer struct {
	labels *Labels
	quads  []rdfc.Quad
}

func (w *writer) emit(s rdfc.Term, p string, o, g rdfc.Term) {
	w.quads = append(w.quads, rdfc.Quad{S: s, P: rdfc.Term{Kind: rdfc.IRI, Value: p}, O: o, G: g})
}

func (w *writer) resource(id string) rdfc.Term {
	if isBlankLabel(id) {
		return rdfc.Term{Kind: rdfc.Blank, Value: w.labels.named(id)}
	}
	return rdfc.Term{Kind: rdfc.IRI, Value: id}
}

// node writes what a node object says and returns the node.
func (w *writer) node(n *item, g rdfc.Term) (rdfc.Term, error) {
	if n.kind != kindNode {
		return rdfc.Term{}, fmt.Errorf("%w: a value stands where a node is expected", ErrLost)
	}
	var s rdfc.Term
	switch {
	case n.id != "":
		s = w.resource(n.id)
	case n.wrapper:
		s = rdfc.Term{Kind: rdfc.Blank, Value: w.labels.of(n.source, "", -1)}
	default:
		s = rdfc.Term{Kind: rdfc.Blank, Value: w.labels.of(n.source, "", 0)}
	}
	var objects []rdfc.Term
	for _, t := range n.types {
		o := w.resource(t)
		if slices.Contains(objects, o) {
			return s, fmt.Errorf("%w: type %s", ErrDuplicate, t)
		}
		objects = append(objects, o)
		w.emit(s, rdfNS+"type", o, g)
	}
	for _, p := range slices.Sorted(maps.Keys(n.props)) {
		objects := make(map[rdfc.Term]struct{}, len(n.props[p]))
		for _, it := range n.props[p] {
			o, err := w.object(it, g)
			if err != nil {
				return s, err
			}
			if _, twice := objects[o]; twice {
				return s, fmt.Errorf("%w: %s %q", ErrDuplicate, p, o.Value)
			}
			objects[o] = struct{}{}
			w.emit(s, p, o, g)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(n.reverse)) {
		for _, it := range n.reverse[p] {
			o, err := w.node(it, g)
			if err != nil {
				return s, err
			}
			w.emit(o, p, s, g)
		}
	}
	for _, it := range n.included {
		if _, err := w.node(it, g); err != nil {
			return s, err
		}
	}
	for _, it := range n.graph {
		if _, err := w.node(it, s); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (w *writer) object(it *item, g rdfc.Term) (rdfc.Term, error) {
	switch it.kind {
	case kindValue:
		return literal(it)
	case kindList:
		return w.list(it, g)
	}
	return w.node(it, g)
}

// list is List to RDF Conversion, API §8.3.
func (w *writer) list(it *item, g rdfc.Term) (rdfc.Term, error) {
	if len(it.list) == 0 {
		return rdfc.Term{Kind: rdfc.IRI, Value: rdfNil}, nil
	}
	nodes := make([]rdfc.Term, len(it.list)+1)
	for i := range it.list {
		nodes[i] = rdfc.Term{Kind: rdfc.Blank, Value: w.labels.of(it.source, it.key, i+1)}
	}
	nodes[len(it.list)] = rdfc.Term{Kind: rdfc.IRI, Value: rdfNil}
	for i, e := range it.list {
		o, err := w.object(e, g)
		if err != nil {
			return o, err
		}
		w.emit(nodes[i], rdfNS+"first", o, g)
		w.emit(nodes[i], rdfNS+"rest", nodes[i+1], g)
	}
	return nodes[0], nil
}

// literal is Object to RDF Conversion, API §8.2, for value objects.
func literal(v *item) (rdfc.Term, error) {
	t := rdfc.Term{Kind: rdfc.Literal, Datatype: v.typ}
	if v.dir != "" {
		return t, fmt.Errorf("%w: a base direction", ErrLost)
	}
	if v.typ == "@json" {
		b, err := jsondoc.Canonical(v.value)
		if err != nil {
			return t, err
		}
		return rdfc.Term{Kind: rdfc.Literal, Value: string(b), Datatype: rdfNS + "JSON"}, nil
	}
	if v.typ == "@none" {
		t.Datatype = ""
	}
	natural := rdfc.XSDString
	switch value := v.value.(type) {
	case string:
		t.Value = value
		if v.lang != "" {
			t.Lang, natural = v.lang, rdfNS+"langString"
		}
	case bool:
		t.Value, natural = strconv.FormatBool(value), xsdNS+"boolean"
	case json.Number:
		var err error
		if t.Value, natural, err = number(string(value), v.typ == xsdNS+"double"); err != nil {
			return t, err
		}
	default:
		return t, fmt.Errorf("%w: a %T is not a literal", ErrSyntax, v.value)
	}
	if t.Datatype == "" {
		t.Datatype = natural
	}
	return t, nil
}

// number is the lexical form of a number and its natural datatype. A number whose
// digits would not all be signed is refused.
func number(s string, asDouble bool) (lexical, datatype string, err error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return "", "", fmt.Errorf("%w: number %s is too large", ErrLost, s)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e21 && !asDouble {
		text := strconv.FormatFloat(f, 'f', 0, 64)
		if text == "-0" {
			text = "0"
		}
		if len(text) > 15 && !exactly(s, text) {
			return "", "", fmt.Errorf("%w: number %s is larger than JSON-LD can tell; write it as a string", ErrLost, s)
		}
		return text, xsdNS + "integer", nil
	}
	if significantDigits(s) > 17 {
		return "", "", fmt.Errorf("%w: number %s has more digits than JSON-LD can tell; write it as a string", ErrLost, s)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', 15, 64), "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	e, err := strconv.Atoi(exponent)
	if err != nil {
		return "", "", fmt.Errorf("%w: number %s", ErrSyntax, s)
	}
	return mantissa + "E" + strconv.Itoa(e), xsdNS + "double", nil
}

// exactly reports whether the number s, which is below 1e21, is the integer text.
func exactly(s, text string) bool {
	if len(s) > 64 {
		return false
	}
	a, ok := new(big.Rat).SetString(s)
	b, okB := new(big.Rat).SetString(text)
	return ok && okB && a.Cmp(b) == 0
}

func significantDigits(s string) int {
	s, _, _ = strings.Cut(strings.ToLower(s), "e")
	s = strings.ReplaceAll(strings.TrimPrefix(s, "-"), ".", "")
	return len(strings.Trim(s, "0"))
}
