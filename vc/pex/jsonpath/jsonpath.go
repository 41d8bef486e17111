// Package jsonpath evaluates JSONPath (RFC 9535) expressions that strangers wrote, on documents that strangers wrote.
//
// It has all of the RFC's selectors: names, wildcards, indexes, slices, unions, descendants and filters with comparisons,
// existence tests and logical operators. It has no function extensions, whose use DIF Presentation Exchange advises against,
// and no script expressions, which the RFC does not have either. Members of objects are visited in the order of their
// names, so that an expression has one answer.
//
//	p, err := jsonpath.Parse("$.credentialSubject.account[*].id")
//	visits := 10_000
//	nodes, err := p.Select(document, &visits)
//	for _, n := range nodes { … n.Pointer(), n.Value … }
//
// Expressions are bounded in length and nesting, evaluation in the number of values that it visits.
package jsonpath

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

var (
	// ErrSyntax says that an expression is not one of those that this package has.
	ErrSyntax = errors.New("jsonpath: not a supported JSONPath expression")
	// ErrLimit says that an expression visits more values than is allowed.
	ErrLimit = errors.New("jsonpath: the expression visits too many values")
)

// MaximumLength bounds an expression, in bytes.
const MaximumLength = 1024

// Node is a value in a document and its place.
type Node struct {
	Location []string // names and indexes that lead from the root to the value
	Value    any
}

// Pointer returns the node's place as a JSON pointer (RFC 6901).
func (n Node) Pointer() string {
	var b strings.Builder
	for _, t := range n.Location {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(t, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// Path is a parsed expression.
type Path struct {
	text     string
	segments []segment
}

// String returns the expression.
func (p *Path) String() string { return p.text }

// segment selects children of the nodes so far, or of all their descendants too.
type segment struct {
	descendants bool
	selectors   []selector
}

// selector appends the children of a node that it selects.
type selector interface {
	selectFrom(e *evaluation, n Node) error
}

type (
	nameSelector     string
	wildcardSelector struct{}
	indexSelector    int
	sliceSelector    struct{ start, end, step *int }
	filterSelector   struct{ test logical }
)

// evaluation is one run of an expression.
type evaluation struct {
	root any
	left int // values that may still be visited
	out  []Node
}

func (e *evaluation) spend(n int) error {
	if e.left -= n; e.left < 0 {
		return ErrLimit
	}
	return nil
}

// Select returns the nodes that the expression selects, in order. It visits at most *visits values, else ErrLimit, and takes
// what it visits off *visits. The document is of the types that encoding/json makes.
func (p *Path) Select(document any, visits *int) ([]Node, error) {
	e := &evaluation{root: document, left: *visits}
	nodes, err := e.run(p.segments, Node{Value: document})
	*visits = max(e.left, 0)
	return nodes, err
}

func (e *evaluation) run(segments []segment, from Node) ([]Node, error) {
	nodes := []Node{from}
	for _, s := range segments {
		e.out = nil
		for _, n := range nodes {
			if err := e.apply(s, n); err != nil {
				return nil, err
			}
		}
		nodes = e.out
	}
	return nodes, nil
}

func (e *evaluation) apply(s segment, n Node) error {
	for _, sel := range s.selectors {
		if err := sel.selectFrom(e, n); err != nil {
			return err
		}
	}
	if !s.descendants {
		return nil
	}
	return e.children(n, func(c Node) error { return e.apply(s, c) })
}

// children visits what is directly below a node.
func (e *evaluation) children(n Node, visit func(Node) error) error {
	switch v := n.Value.(type) {
	case []any:
		for i, c := range v {
			if err := e.spend(1); err != nil {
				return err
			}
			if err := visit(below(n, strconv.Itoa(i), c)); err != nil {
				return err
			}
		}
	case map[string]any:
		if err := e.spend(len(v)); err != nil {
			return err
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if err := visit(below(n, k, v[k])); err != nil {
				return err
			}
		}
	}
	return nil
}

func below(n Node, token string, v any) Node {
	return Node{append(slices.Clip(n.Location), token), v}
}

func (e *evaluation) add(n Node) error {
	e.out = append(e.out, n)
	return e.spend(1 + len(n.Location)/4)
}

func (s nameSelector) selectFrom(e *evaluation, n Node) error {
	m, _ := n.Value.(map[string]any)
	if v, ok := m[string(s)]; ok {
		return e.add(below(n, string(s), v))
	}
	return e.spend(1)
}

func (wildcardSelector) selectFrom(e *evaluation, n Node) error { return e.children(n, e.add) }

func (s indexSelector) selectFrom(e *evaluation, n Node) error {
	a, _ := n.Value.([]any)
	i := int(s)
	if i < 0 {
		i += len(a)
	}
	if i < 0 || i >= len(a) {
		return e.spend(1)
	}
	return e.add(below(n, strconv.Itoa(i), a[i]))
}

// selectFrom: RFC 9535 §2.3.4.2.
func (s sliceSelector) selectFrom(e *evaluation, n Node) error {
	a, _ := n.Value.([]any)
	step := 1
	if s.step != nil {
		step = *s.step
	}
	if step == 0 || len(a) == 0 {
		return e.spend(1)
	}
	start, end := 0, len(a)
	if step < 0 {
		start, end = len(a)-1, -len(a)-1
	}
	if s.start != nil {
		start = *s.start
	}
	if s.end != nil {
		end = *s.end
	}
	if start < 0 && (s.start != nil) {
		start += len(a)
	}
	if end < 0 {
		end += len(a)
	}
	if step > 0 {
		for i := max(start, 0); i < min(end, len(a)); i += step {
			if err := e.add(below(n, strconv.Itoa(i), a[i])); err != nil {
				return err
			}
		}
		return nil
	}
	for i := min(start, len(a)-1); i > max(end, -1); i += step {
		if err := e.add(below(n, strconv.Itoa(i), a[i])); err != nil {
			return err
		}
	}
	return nil
}

func (s filterSelector) selectFrom(e *evaluation, n Node) error {
	out := e.out
	err := e.children(n, func(c Node) error {
		keep, err := s.test.eval(e, c)
		if err == nil && keep {
			e.out = out
			err = e.add(c)
			out = e.out
		}
		return err
	})
	e.out = out
	return err
}

// logical is a filter's condition on a node.
type logical interface {
	eval(e *evaluation, current Node) (bool, error)
}

type (
	orTest   []logical
	andTest  []logical
	notTest  struct{ of logical }
	exists   query
	comparer struct {
		op          string
		left, right operand
	}
)

// query is a path that starts at the root or at the node under test.
type query struct {
	fromRoot bool
	segments []segment
}

func (q query) nodes(e *evaluation, current Node) ([]Node, error) {
	from := current
	if q.fromRoot {
		from = Node{Value: e.root}
	}
	return e.run(q.segments, from)
}

func (t orTest) eval(e *evaluation, n Node) (bool, error) {
	for _, c := range t {
		if ok, err := c.eval(e, n); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func (t andTest) eval(e *evaluation, n Node) (bool, error) {
	for _, c := range t {
		if ok, err := c.eval(e, n); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (t notTest) eval(e *evaluation, n Node) (bool, error) {
	ok, err := t.of.eval(e, n)
	return !ok, err
}

func (t exists) eval(e *evaluation, n Node) (bool, error) {
	nodes, err := query(t).nodes(e, n)
	return len(nodes) > 0, err
}

// operand is a literal or a query that selects at most one node.
type operand struct {
	literal any
	query   *query
}

func (o operand) value(e *evaluation, n Node) (any, bool, error) {
	if o.query == nil {
		return o.literal, true, nil
	}
	nodes, err := o.query.nodes(e, n)
	if err != nil || len(nodes) == 0 {
		return nil, false, err
	}
	return nodes[0].Value, true, nil
}

// eval: RFC 9535 §2.3.5.2.2. Nothing is equal to nothing, and less than no value.
func (t comparer) eval(e *evaluation, n Node) (bool, error) {
	a, hasA, err := t.left.value(e, n)
	if err != nil {
		return false, err
	}
	b, hasB, err := t.right.value(e, n)
	if err != nil {
		return false, err
	}
	equal := hasA == hasB
	if hasA && hasB {
		if equal, err = e.equal(a, b); err != nil {
			return false, err
		}
	}
	less := func(a, b any) bool { return hasA && hasB && lessThan(a, b) }
	switch t.op {
	case "==":
		return equal, nil
	case "!=":
		return !equal, nil
	case "<":
		return less(a, b), nil
	case "<=":
		return less(a, b) || equal, nil
	case ">":
		return less(b, a), nil
	default: // ">="
		return less(b, a) || equal, nil
	}
}

func (e *evaluation) equal(a, b any) (bool, error) {
	if err := e.spend(1); err != nil {
		return false, err
	}
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false, nil
		}
		for i := range a {
			if same, err := e.equal(a[i], b[i]); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false, nil
		}
		for k, v := range a {
			w, ok := b[k]
			if !ok {
				return false, nil
			}
			if same, err := e.equal(v, w); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	}
	if x, y := number(a), number(b); x != nil && y != nil {
		return x.Cmp(y) == 0, nil
	}
	switch b.(type) {
	case []any, map[string]any:
		return false, nil
	}
	return a == b, nil
}

func lessThan(a, b any) bool {
	if x, y := number(a), number(b); x != nil && y != nil {
		return x.Cmp(y) < 0
	}
	x, okX := a.(string)
	y, okY := b.(string)
	return okX && okY && x < y
}

// number returns the exact value of a JSON number, nil for other values and for numbers that no document needs.
func number(v any) *big.Rat {
	switch v := v.(type) {
	case json.Number:
		mantissa, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
		n, err := strconv.Atoi(exponent)
		if len(mantissa) > 400 || exponent != "" && (err != nil || n > 400 || n < -400) {
			return nil
		}
		if r, ok := new(big.Rat).SetString(string(v)); ok {
			return r
		}
	case float64:
		return new(big.Rat).SetFloat64(v)
	case int:
		return new(big.Rat).SetInt64(int64(v))
	}
	return nil
}

func syntaxError(text string, at int, what string) error {
	return fmt.Errorf("%w: %q: %s at byte %d", ErrSyntax, text, what, at)
}
