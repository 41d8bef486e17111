package schema

import (
	"encoding/binary"
	"encoding/json"
	"hash/maphash"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// typeSet is a set of JSON types.
type typeSet uint8

const (
	typeNull typeSet = 1 << iota
	typeBoolean
	typeNumber
	typeInteger
	typeString
	typeArray
	typeObject
)

var typeNames = []string{"null", "boolean", "number", "integer", "string", "array", "object"}

func typesOf(t *jsonschema.Types) (set typeSet) {
	for _, name := range t.ToStrings() {
		set |= 1 << slices.Index(typeNames, name)
	}
	return set
}

func (t typeSet) names() (out []string) {
	for i, name := range typeNames {
		if t&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// matches says whether a value is of one of the types. A number without fraction is an integer however it is written.
func (t typeSet) matches(v any) bool {
	switch v := v.(type) {
	case nil:
		return t&typeNull != 0
	case bool:
		return t&typeBoolean != 0
	case json.Number:
		return t&typeNumber != 0 || t&typeInteger != 0 && isInteger(v)
	case string:
		return t&typeString != 0
	case []any:
		return t&typeArray != 0
	case map[string]any:
		return t&typeObject != 0
	}
	return false
}

func isInteger(n json.Number) bool {
	return !strings.ContainsAny(string(n), ".eE") || rational(n).IsInt()
}

// rational is a number's exact value. checkNumbers has bounded its digits.
func rational(n json.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return new(big.Rat) // numbers have been parsed
	}
	return r
}

// evaluation is one validation under way.
type evaluation struct {
	meter
	path  []token
	quiet int // greater than zero where the verdict is enough
	found findings
}

// token is a step from a value to a part of it.
type token struct {
	name  string
	index int // if it is an item
	item  bool
}

// fail notes a violation and is false.
func (e *evaluation) fail(keyword string, names ...string) bool {
	if e.quiet > 0 {
		return false
	}
	e.spend(len(e.path))
	if len(names) > 0 {
		keyword += " " + listed(names)
	}
	e.found.add(Violation{e.pointer(), keyword})
	return false
}

func (e *evaluation) pointer() string {
	return pointerOf(func(yield func(string) bool) {
		for _, t := range e.path {
			name := t.name
			if t.item {
				name = strconv.Itoa(t.index)
			}
			if !yield(name) {
				return
			}
		}
	})
}

// verdict evaluates where only the outcome matters.
func (e *evaluation) verdict(n *node, v any) bool {
	e.quiet++
	ok := e.evaluate(n, v)
	e.quiet--
	return ok
}

// part evaluates a part of the present value.
func (e *evaluation) part(n *node, v any, t token) bool {
	e.path = append(e.path, t)
	ok := e.evaluate(n, v)
	e.path = e.path[:len(e.path)-1]
	return ok
}

// evaluate says whether a value conforms to a subschema. The order is the library's: type, const, enum and format first, of which one that fails
// ends the evaluation; what follows is evaluated to the end, so that a person learns of everything that is wrong.
func (e *evaluation) evaluate(n *node, v any) bool {
	e.spend(n.cost)
	if n.always != nil {
		return *n.always || e.fail("")
	}
	switch {
	case n.types != 0 && !n.types.matches(v):
		return e.fail("type " + strings.Join(n.types.names(), " or "))
	case n.constant != nil && !equal(v, *n.constant):
		return e.fail("const")
	case n.enum != nil && !n.enum.contains(v):
		return e.fail("enum")
	case n.format != nil && n.format(v) != nil:
		return e.fail("format")
	}
	ok := true
	if n.ref != nil {
		ok = e.evaluate(n.ref, v)
		if n.draft < 2019 {
			return ok
		}
	}
	switch v := v.(type) {
	case map[string]any:
		ok = e.evaluateObject(n, v) && ok
	case []any:
		ok = e.evaluateArray(n, v) && ok
	case string:
		ok = e.evaluateText(n, v) && ok
	case json.Number:
		ok = e.evaluateNumber(&n.number, v) && ok
	}
	return e.combine(n, v) && ok
}

// combine evaluates the subschemas that apply to the value itself.
func (e *evaluation) combine(n *node, v any) bool {
	ok := true
	if n.not != nil && e.verdict(n.not, v) {
		ok = e.fail("")
	}
	for _, next := range n.all {
		ok = e.evaluate(next, v) && ok
	}
	if n.any != nil {
		ok = e.anyOf(n.any, v) && ok
	}
	if n.one != nil {
		ok = e.oneOf(n.one, v) && ok
	}
	if n.condition != nil {
		next := n.otherwise
		if e.verdict(n.condition, v) {
			next = n.then
		}
		if next != nil {
			ok = e.evaluate(next, v) && ok
		}
	}
	return ok
}

// alone evaluates an anyOf or oneOf of which at most one branch can match: then what is wrong with the value is what that branch says.
func (e *evaluation) alone(a *alternatives, candidates []int, v any, keyword string) bool {
	if len(candidates) == 0 {
		return e.fail(a.missing(v, keyword))
	}
	return e.evaluate(a.branches[candidates[0]], v)
}

func (e *evaluation) anyOf(a *alternatives, v any) bool {
	candidates := a.candidates(v)
	if a.property != "" && len(candidates) < 2 {
		return e.alone(a, candidates, v, "anyOf")
	}
	for _, i := range candidates {
		if e.verdict(a.branches[i], v) {
			return true
		}
	}
	return e.fail("anyOf")
}

func (e *evaluation) oneOf(a *alternatives, v any) bool {
	candidates := a.candidates(v)
	if a.property != "" && len(candidates) < 2 {
		return e.alone(a, candidates, v, "oneOf")
	}
	matched := 0
	for _, i := range candidates {
		if e.verdict(a.branches[i], v) {
			if matched++; matched > 1 {
				break
			}
		}
	}
	return matched == 1 || e.fail("oneOf")
}

func (e *evaluation) evaluateObject(n *node, m map[string]any) bool {
	o := &n.object
	e.spend(product(len(m), n.each))
	ok := true
	if o.minimum != nil && len(m) < *o.minimum {
		ok = e.fail("minProperties")
	}
	if o.maximum != nil && len(m) > *o.maximum {
		ok = e.fail("maxProperties")
	}
	if missing := absent(m, o.required); missing != nil {
		ok = e.fail("required", missing...)
	}
	ok = e.dependencies(o.dependent, m, "dependency") && ok
	ok = e.members(o, m) && ok
	if o.names != nil {
		for name := range m {
			if !e.verdict(o.names, name) {
				ok = e.fail("propertyNames")
			}
		}
	}
	ok = e.dependencies(o.dependentSchemas, m, "") && ok
	return e.dependencies(o.dependentRequireds, m, "dependentRequired") && ok
}

func (e *evaluation) dependencies(list []dependent, m map[string]any, keyword string) bool {
	ok := true
	for _, d := range list {
		if _, there := m[d.property]; !there {
			continue
		}
		if d.schema != nil {
			ok = e.evaluate(d.schema, m) && ok
		} else if absent(m, d.required) != nil {
			ok = e.fail(keyword)
		}
	}
	return ok
}

func (e *evaluation) members(o *objectRules, m map[string]any) bool {
	if len(o.properties) == 0 && len(o.patterns) == 0 && o.additional == nil && !o.forbidAdditional {
		return true
	}
	ok, additional := true, false
	for name, v := range m {
		next, evaluated := o.properties[name]
		if evaluated {
			ok = e.part(next, v, token{name: name}) && ok
		}
		for _, p := range o.patterns {
			if p.pattern.matches(&e.meter, name) {
				evaluated = true
				ok = e.part(p.schema, v, token{name: name}) && ok
			}
		}
		if evaluated {
			continue
		}
		if o.additional != nil {
			ok = e.part(o.additional, v, token{name: name}) && ok
		}
		additional = true
	}
	if additional && o.forbidAdditional {
		return e.fail("additionalProperties")
	}
	return ok
}

func (e *evaluation) evaluateArray(n *node, items []any) bool {
	a := &n.array
	e.spend(product(len(items), n.each))
	ok := true
	if a.minimum != nil && len(items) < *a.minimum {
		ok = e.fail("minItems")
	}
	if a.maximum != nil && len(items) > *a.maximum {
		ok = e.fail("maxItems")
	}
	if a.unique && !e.distinct(items) {
		ok = e.fail("uniqueItems")
	}
	for i, v := range items {
		next := a.rest
		if i < len(a.prefix) {
			next = a.prefix[i]
		}
		if next != nil {
			ok = e.part(next, v, token{index: i, item: true}) && ok
		}
	}
	if a.forbidRest && len(items) > len(a.prefix) {
		ok = e.fail("additionalItems")
	}
	if a.contains != nil {
		ok = e.contains(a, items) && ok
	}
	return ok
}

func (e *evaluation) contains(a *arrayRules, items []any) bool {
	matched := 0
	for _, v := range items {
		if e.verdict(a.contains, v) {
			matched++
		}
	}
	ok := true
	switch {
	case a.minimumContained != nil && matched < *a.minimumContained:
		ok = e.fail("minContains")
	case a.minimumContained == nil && matched == 0:
		ok = e.fail("contains")
	}
	if a.maximumContain != nil && matched > *a.maximumContain {
		ok = e.fail("maxContains")
	}
	return ok
}

func (e *evaluation) evaluateText(n *node, s string) bool {
	t := &n.text
	ok := true
	if t.minimum != nil || t.maximum != nil {
		e.spend(len(s) / 64)
		length := utf8.RuneCountInString(s)
		if t.minimum != nil && length < *t.minimum {
			ok = e.fail("minLength")
		}
		if t.maximum != nil && length > *t.maximum {
			ok = e.fail("maxLength")
		}
	}
	if t.pattern != nil && !t.pattern.matches(&e.meter, s) {
		ok = e.fail("pattern")
	}
	return ok
}

func (e *evaluation) evaluateNumber(r *numberRules, n json.Number) bool {
	if *r == (numberRules{}) {
		return true
	}
	value := rational(n)
	ok := true
	for _, c := range []struct {
		bound   *big.Rat
		fails   bool
		keyword string
	}{
		{r.minimum, r.minimum != nil && value.Cmp(r.minimum) < 0, "minimum"},
		{r.maximum, r.maximum != nil && value.Cmp(r.maximum) > 0, "maximum"},
		{r.above, r.above != nil && value.Cmp(r.above) <= 0, "exclusiveMinimum"},
		{r.below, r.below != nil && value.Cmp(r.below) >= 0, "exclusiveMaximum"},
		{r.multipleOf, r.multipleOf != nil && !new(big.Rat).Quo(value, r.multipleOf).IsInt(), "multipleOf"},
	} {
		if c.fails {
			ok = e.fail(c.keyword)
		}
	}
	return ok
}

// absent lists which of the names an object does not have.
func absent(m map[string]any, names []string) (out []string) {
	for _, name := range names {
		if _, ok := m[name]; !ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (e *enumeration) contains(v any) bool {
	if s, ok := v.(string); ok {
		return e.texts[s]
	}
	return slices.ContainsFunc(e.others, func(other any) bool { return equal(v, other) })
}

// equal compares JSON values; numbers by what they are worth.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || rational(a).Cmp(rational(b)) == 0)
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

// distinct says whether no two items are equal.
func (e *evaluation) distinct(items []any) bool {
	seed := maphash.MakeSeed()
	seen := map[uint64][]any{}
	for _, v := range items {
		steps := size(v)
		e.spend(steps)
		var h maphash.Hash
		h.SetSeed(seed)
		digest(&h, v)
		sum := h.Sum64()
		for _, other := range seen[sum] {
			e.spend(steps)
			if equal(v, other) {
				return false
			}
		}
		seen[sum] = append(seen[sum], v)
	}
	return true
}

// digest writes a value so that equal ones are written equally, and others otherwise: kind, length and content.
func digest(h *maphash.Hash, v any) {
	write := func(kind byte, length int) {
		var b [9]byte
		b[0] = kind
		binary.LittleEndian.PutUint64(b[1:], uint64(length))
		h.Write(b[:])
	}
	switch v := v.(type) {
	case nil:
		write(0, 0)
	case bool:
		write(1, map[bool]int{false: 0, true: 1}[v])
	case json.Number:
		text := rational(v).RatString()
		write(2, len(text))
		h.WriteString(text)
	case string:
		write(3, len(v))
		h.WriteString(v)
	case []any:
		write(4, len(v))
		for _, item := range v {
			digest(h, item)
		}
	case map[string]any:
		write(5, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			write(3, len(name))
			h.WriteString(name)
			digest(h, v[name])
		}
	}
}
