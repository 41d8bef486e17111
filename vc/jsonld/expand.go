package jsonld

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// item is one element of an expanded document: a value object, a node object or a
// list object (JSON-LD 1.1 API, §1.4).
type item struct {
	kind itemKind

	// Value objects.
	value any
	typ   string // datatype, or @json
	lang  string
	dir   string

	// Node objects.
	id       string // absolute IRI, blank node label, or empty
	types    []string
	props    map[string][]*item
	reverse  map[string][]*item
	graph    []*item
	hasGraph bool
	included []*item
	source   any  // the object, for a list the array, of the document that this is
	wrapper  bool // a graph object that a @graph container made around source

	// List objects.
	list []*item
	key  string // the term under which a list stands in source, if it is no array there
}

type itemKind uint8

const (
	kindNode itemKind = iota
	kindValue
	kindList
)

func (n *item) isGraphObject() bool { return n.kind == kindNode && n.hasGraph }

func (n *item) add(property string, values []*item) {
	if n.props == nil {
		n.props = map[string][]*item{}
	}
	n.props[property] = append(n.props[property], values...)
}

func (n *item) addReverse(property string, values []*item) error {
	for _, v := range values {
		if v.kind != kindNode {
			return fmt.Errorf("%w: a reverse property has a value that is not a node", ErrSyntax)
		}
	}
	if n.reverse == nil {
		n.reverse = map[string][]*item{}
	}
	n.reverse[property] = append(n.reverse[property], values...)
	return nil
}

// expandDocument expands a whole document.
func (r *run) expandDocument(doc map[string]any) ([]*item, error) {
	active := newContext(&derivedBudget{})
	if local, ok := doc["@context"]; ok {
		var err error
		if active, err = r.root(local); err != nil {
			return nil, at("@context", err)
		}
	}
	items, err := r.object(active, "", nil, doc, false, true)
	if err != nil {
		return nil, err
	}
	// A document that is nothing but @graph is that graph (API §5.1, step 8).
	if len(items) == 1 {
		if n := items[0]; n.hasGraph && n.id == "" && len(n.types)+len(n.props)+len(n.reverse)+len(n.included) == 0 {
			return n.graph, nil
		}
	}
	return items, nil
}

// element is the Expansion Algorithm, API §5.1.2, for any element. Step numbers in
// this file are of it. An empty property is the null of the specification.
func (r *run) element(active *activeContext, property string, element any, fromMap bool) ([]*item, error) {
	switch e := element.(type) {
	case nil: // 1
		return nil, nil
	case []any: // 5
		out := make([]*item, 0, len(e))
		for i, v := range e {
			items, err := r.element(active, property, v, fromMap)
			if err != nil {
				return nil, atIndex(i, err)
			}
			if _, nested := v.([]any); nested && r.containerOf(active, property)&containerList != 0 { // 5.2.2
				items = []*item{{kind: kindList, list: items, source: v}}
			}
			out = append(out, items...)
		}
		return out, nil
	case map[string]any:
		return r.object(active, property, active.terms[property], e, fromMap, false)
	}
	// 4
	if property == "" || property == "@graph" {
		return nil, fmt.Errorf("%w: a value stands where a node is expected", ErrLost)
	}
	if def := active.terms[property]; def != nil && def.hasCtx {
		var err error
		if active, err = r.scoped(active, def, false); err != nil {
			return nil, err
		}
	}
	v, err := r.scalar(active, property, element)
	if err != nil {
		return nil, err
	}
	return []*item{v}, nil
}

func (r *run) containerOf(active *activeContext, property string) container {
	if def := active.terms[property]; def != nil {
		return def.container
	}
	return 0
}

// scalar is Value Expansion, API §5.3.2.
func (r *run) scalar(active *activeContext, property string, value any) (*item, error) {
	def := active.terms[property]
	if s, ok := value.(string); ok && def != nil && (def.typ == "@id" || def.typ == "@vocab") {
		iri, ok, err := r.expandIRI(active, s, iriOptions{vocab: def.typ == "@vocab", documentRelative: true})
		if err != nil {
			return nil, err
		}
		if !ok || !IsAbsoluteIRI(iri) && !isBlankLabel(iri) {
			return nil, fmt.Errorf("%w: %q", ErrIRI, s)
		}
		return &item{id: iri}, nil
	}
	v := &item{kind: kindValue, value: value}
	if def != nil && def.typ != "" && def.typ != "@id" && def.typ != "@vocab" && def.typ != "@none" {
		v.typ = def.typ
	} else if _, ok := value.(string); ok {
		v.lang, v.dir = active.lang, active.dir
		if def != nil && def.hasLang {
			v.lang = def.lang
		}
		if def != nil && def.hasDir {
			v.dir = def.dir
		}
	}
	return v, nil
}

// has reports whether a member of e is, or is an alias of, a keyword.
func (c *activeContext) has(e map[string]any, keyword string) bool {
	for k := range e {
		if k == keyword {
			return true
		}
		if def := c.terms[k]; def != nil && def.iri == keyword {
			return true
		}
	}
	return false
}

// object is the Expansion Algorithm for an object, steps 7 to 19.
func (r *run) object(active *activeContext, property string, propertyDef *termDef, e map[string]any, fromMap, root bool) ([]*item, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	// 7: leave a type-scoped context.
	if active.previous != nil && !fromMap {
		isReference := len(e) == 1 && active.has(e, "@id")
		if !isReference && !active.has(e, "@value") {
			active = active.previous
		}
	}
	var err error
	if propertyDef != nil && propertyDef.hasCtx { // 8
		if active, err = r.scoped(active, propertyDef, false); err != nil {
			return nil, err
		}
	}
	if local, ok := e["@context"]; ok && !root { // 9
		if active, err = r.inner(active, local); err != nil {
			return nil, at("@context", err)
		}
	}
	typeScoped := active // 10
	keys := slices.Sorted(maps.Keys(e))
	inputType := ""
	for _, k := range keys { // 11
		if iri, _, err := r.expandIRI(active, k, iriOptions{vocab: true}); err != nil {
			return nil, at(k, err)
		} else if iri != "@type" {
			continue
		}
		var types []string
		for _, t := range jsondoc.AsArray(e[k]) {
			if s, ok := t.(string); ok {
				types = append(types, s)
			}
		}
		if len(types) > 0 && inputType == "" {
			if inputType, _, err = r.expandIRI(active, types[len(types)-1], iriOptions{vocab: true}); err != nil {
				return nil, at(k, err)
			}
		}
		sort.Strings(types)
		for _, t := range types {
			if def := typeScoped.terms[t]; def != nil && def.hasCtx {
				if active, err = r.scoped(active, def, true); err != nil {
					return nil, at(k, err)
				}
			}
		}
	}
	o := &object{run: r, active: active, typeScoped: typeScoped, property: property, inputType: inputType}
	o.node.source = e
	if err := o.members(e, keys); err != nil {
		return nil, err
	}
	return o.finish()
}

// object is the state of expanding one object: the result of step 12.
type object struct {
	*run
	active     *activeContext
	typeScoped *activeContext
	property   string
	inputType  string

	node     item
	seen     map[string]bool // keywords that are set
	value    any
	valueTyp string
	lang     string
	dir      string
	list     []*item
	set      []*item
}

// members is steps 13 and 14.
func (o *object) members(e map[string]any, keys []string) error {
	var nests []string
	for _, k := range keys {
		if k == "@context" { // 13.1
			continue
		}
		iri, ok, err := o.expandIRI(o.active, k, iriOptions{vocab: true}) // 13.2
		if err != nil {
			return at(k, err)
		}
		switch {
		case !ok || !isKeyword(iri) && !IsAbsoluteIRI(iri): // 13.3
			return at(k, ErrUnknownTerm)
		case iri == "@nest":
			nests = append(nests, k)
		case isKeyword(iri):
			if err := o.keyword(iri, e[k]); err != nil {
				return at(k, err)
			}
		default:
			if err := o.member(k, iri, e[k]); err != nil {
				return at(k, err)
			}
		}
	}
	for _, k := range nests { // 14
		values, isArray := e[k].([]any)
		if !isArray {
			values = []any{e[k]}
		}
		for _, v := range values {
			m, ok := v.(map[string]any)
			if !ok {
				return at(k, fmt.Errorf("%w: @nest is not an object", ErrSyntax))
			}
			if o.active.has(m, "@value") {
				return at(k, fmt.Errorf("%w: @nest is a value object", ErrSyntax))
			}
			outer := o.active
			if def := o.active.terms[k]; def != nil && def.hasCtx {
				var err error
				if o.active, err = o.scoped(o.active, def, false); err != nil {
					return at(k, err)
				}
			}
			if err := o.members(m, slices.Sorted(maps.Keys(m))); err != nil {
				return at(k, err)
			}
			o.active = outer
		}
	}
	return nil
}

// keyword is step 13.4.
func (o *object) keyword(iri string, value any) error {
	if o.property == "@reverse" { // 13.4.1
		return fmt.Errorf("%w: a keyword in @reverse", ErrSyntax)
	}
	if o.seen[iri] && iri != "@included" && iri != "@type" { // 13.4.2
		return fmt.Errorf("%w: %s is given twice", ErrSyntax, iri)
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[iri] = true
	s, isString := value.(string)
	switch iri {
	case "@id": // 13.4.3
		if !isString {
			return fmt.Errorf("%w: @id is not a string", ErrSyntax)
		}
		id, ok, err := o.expandIRI(o.active, s, iriOptions{documentRelative: true})
		if err != nil {
			return err
		}
		if !ok || !IsAbsoluteIRI(id) && !isBlankLabel(id) {
			return fmt.Errorf("%w: %q", ErrIRI, s)
		}
		o.node.id = id
	case "@type": // 13.4.4
		return o.types(value)
	case "@graph": // 13.4.5
		items, err := o.element(o.active, "@graph", value, false)
		if err != nil {
			return err
		}
		o.node.graph, o.node.hasGraph = items, true
	case "@included": // 13.4.6
		items, err := o.element(o.active, "", value, false)
		if err != nil {
			return err
		}
		for _, i := range items {
			if i.kind != kindNode {
				return fmt.Errorf("%w: @included has something that is not a node", ErrSyntax)
			}
		}
		o.node.included = append(o.node.included, items...)
	case "@value": // 13.4.7
		switch value.(type) {
		case []any, map[string]any:
			if o.inputType != "@json" {
				return fmt.Errorf("%w: @value is not a scalar", ErrSyntax)
			}
		}
		o.value = value
	case "@language": // 13.4.8
		if !isString || !isLanguageTag(s) {
			return fmt.Errorf("%w: @language is not a language tag", ErrSyntax)
		}
		o.lang = strings.ToLower(s)
	case "@direction": // 13.4.9
		if s != "ltr" && s != "rtl" {
			return fmt.Errorf("%w: @direction is neither ltr nor rtl", ErrSyntax)
		}
		o.dir = s
	case "@index": // 13.4.10
		return fmt.Errorf("%w: @index", ErrLost)
	case "@list": // 13.4.11
		if o.property == "" || o.property == "@graph" {
			return fmt.Errorf("%w: a list stands where a node is expected", ErrLost)
		}
		items, err := o.element(o.active, o.property, value, false)
		if err != nil {
			return err
		}
		o.list = items
	case "@set": // 13.4.12
		items, err := o.element(o.active, o.property, value, false)
		if err != nil {
			return err
		}
		o.set = items
	case "@reverse": // 13.4.13
		return o.reversed(value)
	default:
		return fmt.Errorf("%w: %s stands in a document", ErrSyntax, iri)
	}
	return nil
}

func (o *object) types(value any) error {
	for i, t := range jsondoc.AsArray(value) {
		s, ok := t.(string)
		if !ok {
			return fmt.Errorf("%w: @type is not a string or an array of strings", ErrSyntax)
		}
		iri, ok, err := o.expandIRI(o.typeScoped, s, iriOptions{vocab: true, documentRelative: true})
		if err != nil {
			return err
		}
		if iri == "@json" || iri == "@none" {
			o.valueTyp = iri
		} else if !ok || !IsAbsoluteIRI(iri) && !isBlankLabel(iri) {
			if _, isArray := value.([]any); isArray {
				return atIndex(i, fmt.Errorf("%w: type %q", ErrUnknownTerm, s))
			}
			return fmt.Errorf("%w: type %q", ErrUnknownTerm, s)
		}
		o.node.types = append(o.node.types, iri)
	}
	return nil
}

// reversed is step 13.4.13.
func (o *object) reversed(value any) error {
	m, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%w: @reverse is not an object", ErrSyntax)
	}
	in := &object{run: o.run, active: o.active, typeScoped: o.typeScoped, property: "@reverse"}
	if err := in.members(m, slices.Sorted(maps.Keys(m))); err != nil {
		return err
	}
	for p, values := range in.node.reverse { // reversed twice
		o.node.add(p, values)
	}
	for p, values := range in.node.props {
		if err := o.node.addReverse(p, values); err != nil {
			return err
		}
	}
	return nil
}

// member is steps 13.5 to 13.14.
func (o *object) member(key, iri string, value any) error {
	def := o.active.terms[key]
	var c container
	if def != nil {
		c = def.container
	}
	m, isMap := value.(map[string]any)
	var items []*item
	var err error
	switch {
	case def != nil && def.typ == "@json": // 13.6
		items = []*item{{kind: kindValue, value: value, typ: "@json"}}
	case isMap && c&containerLanguage != 0: // 13.7
		items, err = o.languageMap(def, m)
	case isMap && c&(containerIndex|containerType|containerID) != 0: // 13.8
		items, err = o.indexMap(key, def, m)
	default: // 13.9
		items, err = o.element(o.active, key, value, false)
	}
	if err != nil {
		return err
	}
	if value == nil && len(items) == 0 { // 13.10
		return nil
	}
	if array, isArray := value.([]any); c&containerList != 0 && (isArray || len(items) != 1 || items[0].kind != kindList) { // 13.11
		list := &item{kind: kindList, list: items, source: o.node.source, key: key}
		if isArray {
			list.source, list.key = array, ""
		}
		items = []*item{list}
	}
	if c&containerGraph != 0 && c&(containerID|containerIndex) == 0 { // 13.12
		for i, it := range items {
			if it.kind != kindNode {
				return fmt.Errorf("%w: a graph has something that is not a node", ErrSyntax)
			}
			items[i] = &item{graph: []*item{it}, hasGraph: true, source: it.source, wrapper: true}
		}
	}
	if def != nil && def.reverse { // 13.13
		return o.node.addReverse(iri, items)
	}
	o.node.add(iri, items) // 13.14
	return nil
}

// languageMap is step 13.7.
func (o *object) languageMap(def *termDef, m map[string]any) ([]*item, error) {
	dir := o.active.dir
	if def.hasDir {
		dir = def.dir
	}
	var out []*item
	for _, lang := range slices.Sorted(maps.Keys(m)) {
		iri, _, err := o.expandIRI(o.active, lang, iriOptions{vocab: true})
		if err != nil {
			return nil, at(lang, err)
		}
		tag := strings.ToLower(lang)
		if iri == "@none" {
			tag = ""
		} else if !isLanguageTag(lang) {
			return nil, at(lang, fmt.Errorf("%w: not a language tag", ErrSyntax))
		}
		for _, v := range jsondoc.AsArray(m[lang]) {
			if v == nil {
				continue
			}
			if _, ok := v.(string); !ok {
				return nil, at(lang, fmt.Errorf("%w: a language map has something that is not a string", ErrSyntax))
			}
			out = append(out, &item{kind: kindValue, value: v, lang: tag, dir: dir})
		}
	}
	return out, nil
}

// indexMap is step 13.8.
func (o *object) indexMap(key string, def *termDef, m map[string]any) ([]*item, error) {
	c := def.container
	var out []*item
	for _, index := range slices.Sorted(maps.Keys(m)) {
		items, err := o.indexed(key, def, c, index, m[index])
		if err != nil {
			return nil, at(index, err)
		}
		out = append(out, items...)
	}
	return out, nil
}

func (o *object) indexed(key string, def *termDef, c container, index string, value any) ([]*item, error) {
	active := o.active
	if c&(containerID|containerType) != 0 && active.previous != nil { // 13.8.3.1
		active = active.previous
	}
	var err error
	if c&containerType != 0 { // 13.8.3.2
		if d := active.terms[index]; d != nil && d.hasCtx {
			if active, err = o.scoped(active, d, true); err != nil {
				return nil, err
			}
		}
	}
	if c&(containerID|containerType) == 0 { // 13.8.3.3
		active = o.active
	}
	expanded, ok, err := o.expandIRI(o.active, index, iriOptions{vocab: true}) // 13.8.3.4
	if err != nil {
		return nil, err
	}
	none := ok && expanded == "@none"
	if c&containerIndex != 0 && def.index == "" && !none {
		return nil, fmt.Errorf("%w: the index", ErrLost)
	}
	values, isArray := value.([]any) // 13.8.3.5
	if !isArray {
		values = []any{value}
	}
	// The term's scoped context applies to the values, as in an array of them.
	items := []*item{}
	for i, v := range values { // 13.8.3.6
		var got []*item
		if e, isMap := v.(map[string]any); isMap {
			got, err = o.object(active, key, def, e, true, false)
		} else {
			got, err = o.element(active, key, v, true)
		}
		if err != nil {
			if isArray {
				err = atIndex(i, err)
			}
			return nil, err
		}
		items = append(items, got...)
	}
	for i, it := range items { // 13.8.3.7
		if c&containerGraph != 0 && !it.isGraphObject() { // 13.8.3.7.1
			if it.kind != kindNode {
				return nil, fmt.Errorf("%w: a graph has something that is not a node", ErrSyntax)
			}
			it = &item{graph: []*item{it}, hasGraph: true, source: it.source, wrapper: true}
			items[i] = it
		}
		switch {
		case none:
		case c&containerIndex != 0 && def.index != "": // 13.8.3.7.2
			if it.kind != kindNode {
				return nil, fmt.Errorf("%w: a value is indexed by a property", ErrSyntax)
			}
			prop, _, err := o.expandIRI(o.active, def.index, iriOptions{vocab: true})
			if err != nil {
				return nil, err
			}
			v, err := o.scalar(o.active, def.index, index)
			if err != nil {
				return nil, err
			}
			if it.props == nil {
				it.props = map[string][]*item{}
			}
			it.props[prop] = append([]*item{v}, it.props[prop]...)
		case c&containerID != 0 && it.kind == kindNode && it.id == "": // 13.8.3.7.4
			id, ok, err := o.expandIRI(o.active, index, iriOptions{documentRelative: true})
			if err != nil {
				return nil, err
			}
			if !ok || !IsAbsoluteIRI(id) && !isBlankLabel(id) {
				return nil, fmt.Errorf("%w: %q", ErrIRI, index)
			}
			it.id = id
		case c&containerType != 0 && it.kind == kindNode: // 13.8.3.7.5
			if !ok || !IsAbsoluteIRI(expanded) && !isBlankLabel(expanded) {
				return nil, fmt.Errorf("%w: type %q", ErrUnknownTerm, index)
			}
			it.types = append([]string{expanded}, it.types...)
		}
	}
	return items, nil
}

// finish is steps 15 to 19.
func (o *object) finish() ([]*item, error) {
	n := &o.node
	plain := n.id == "" && len(n.props)+len(n.reverse)+len(n.included) == 0 && !n.hasGraph
	top := o.property == "" || o.property == "@graph"
	switch {
	case o.seen["@value"]: // 15
		if top {
			return nil, fmt.Errorf("%w: a value stands where a node is expected", ErrLost)
		}
		if !plain || o.seen["@list"] || o.seen["@set"] || len(n.types) > 1 ||
			len(n.types) == 1 && (o.seen["@language"] || o.seen["@direction"]) {
			return nil, fmt.Errorf("%w: a value object has members that do not go together", ErrSyntax)
		}
		v := &item{kind: kindValue, value: o.value, lang: o.lang, dir: o.dir}
		if len(n.types) == 1 {
			v.typ = n.types[0]
		}
		if v.typ == "@json" {
			return []*item{v}, nil
		}
		if o.value == nil {
			return nil, nil
		}
		if _, isString := o.value.(string); !isString && o.seen["@language"] {
			return nil, fmt.Errorf("%w: only strings have a language", ErrSyntax)
		}
		if v.typ != "" && !IsAbsoluteIRI(v.typ) {
			return nil, fmt.Errorf("%w: datatype %q", ErrIRI, v.typ)
		}
		return []*item{v}, nil
	case o.seen["@list"], o.seen["@set"]: // 17
		if !plain || len(n.types) > 0 || o.seen["@list"] && o.seen["@set"] || o.seen["@language"] || o.seen["@direction"] {
			return nil, fmt.Errorf("%w: a list or set object has other members", ErrSyntax)
		}
		if o.seen["@set"] {
			return o.set, nil
		}
		return []*item{{kind: kindList, list: o.list, source: n.source}}, nil
	case o.seen["@language"], o.seen["@direction"]: // 18
		return nil, fmt.Errorf("%w: @language or @direction without @value", ErrLost)
	}
	if o.valueTyp != "" {
		return nil, fmt.Errorf("%w: type %s of a node", ErrSyntax, o.valueTyp)
	}
	if top && plain && len(n.types) == 0 { // 19
		return nil, fmt.Errorf("%w: an object says nothing", ErrLost)
	}
	if top && n.id != "" && len(n.types)+len(n.props)+len(n.reverse)+len(n.included) == 0 && !n.hasGraph {
		return nil, fmt.Errorf("%w: an object has nothing but an id", ErrLost)
	}
	return []*item{n}, nil
}
