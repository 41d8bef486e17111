package jsonld

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// container is a set of container mappings.
type container uint16

const (
	containerGraph container = 1 << iota
	containerID
	containerIndex
	containerLanguage
	containerList
	containerSet
	containerType
)

var containerNames = map[string]container{
	"@graph": containerGraph, "@id": containerID, "@index": containerIndex, "@language": containerLanguage,
	"@list": containerList, "@set": containerSet, "@type": containerType,
}

// termDef is a term definition (JSON-LD 1.1 API §4.1). A pointer to it is its identity.
type termDef struct {
	iri       string // empty: the term is defined as null
	prefix    bool
	protected bool
	reverse   bool
	baseURL   string
	ctx       any // local context, if hasCtx
	hasCtx    bool
	container container
	index     string
	lang      string
	hasLang   bool
	dir       string
	hasDir    bool
	nest      string
	typ       string
}

// same reports equality but for protection (API §4.2.2 step 27.1).
func (d *termDef) same(o *termDef) bool {
	a, b := *d, *o
	a.protected, b.protected = false, false
	a.ctx, b.ctx = nil, nil
	// Where a definition was made only matters to its scoped context.
	if !a.hasCtx {
		a.baseURL, b.baseURL = "", ""
	}
	return a == b && equalJSON(d.ctx, o.ctx)
}

func equalJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equalJSON)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalJSON)
	}
	if _, ok := b.(map[string]any); ok {
		return false
	}
	if _, ok := b.([]any); ok {
		return false
	}
	return a == b
}

// activeContext is an active context. It does not change once it is processed, but
// for the contexts derived from it by scoped definitions, which it remembers.
type activeContext struct {
	terms    map[string]*termDef
	base     string
	vocab    string
	hasVocab bool
	lang     string
	dir      string
	previous *activeContext

	root    *derivedBudget
	mu      sync.Mutex
	derived map[derivation]*activeContext
}

// derivation says how a context comes from another: by a definition's scoped context,
// or by an @context inside the document, as JSON text.
type derivation struct {
	def       *termDef
	propagate bool
	text      string
}

// derivedBudget bounds how many term definitions, and how much text, hang off one kept
// root context.
type derivedBudget struct {
	mu   sync.Mutex
	left int
}

func (b *derivedBudget) take(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left -= n + 1
	return b.left >= 0
}

func (c *activeContext) clone() *activeContext {
	return &activeContext{terms: maps.Clone(c.terms), base: c.base, vocab: c.vocab, hasVocab: c.hasVocab,
		lang: c.lang, dir: c.dir, previous: c.previous, root: c.root}
}

func newContext(root *derivedBudget) *activeContext {
	return &activeContext{terms: map[string]*termDef{}, root: root}
}

func (c *activeContext) hasProtected() bool {
	for _, d := range c.terms {
		if d.protected {
			return true
		}
	}
	return false
}

// run is one conversion: its context and what it may still spend.
type run struct {
	ctx   context.Context
	p     *Processor
	terms int // term definitions that may still be made or copied
}

func (r *run) spend(n int) error {
	if r.terms -= n; r.terms < 0 {
		return fmt.Errorf("%w: contexts define too many terms", ErrLimit)
	}
	return nil
}

const maxRemoteContexts = 16 // contexts that include one another, in a row

// root processes the @context of a document's top level, or takes it from the cache.
func (r *run) root(local any) (*activeContext, error) {
	key, err := jsondoc.Marshal(local)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContext, err)
	}
	if c := r.p.cachedRoot(string(key)); c != nil {
		return c, nil
	}
	budget := &derivedBudget{left: maxDerived}
	c, err := r.process(newContext(budget), local, processOptions{propagate: true})
	if err != nil {
		return nil, err
	}
	r.p.keepRoot(string(key), c)
	return c, nil
}

// scoped processes the context that a term definition carries. A type-scoped context
// does not propagate; a property-scoped one may override protected terms.
func (r *run) scoped(active *activeContext, def *termDef, typeScoped bool) (*activeContext, error) {
	return r.derive(active, derivation{def: def, propagate: !typeScoped}, def.ctx, processOptions{
		baseURL: def.baseURL, overrideProtected: !typeScoped, propagate: !typeScoped,
	})
}

// inner processes an @context inside the document.
func (r *run) inner(active *activeContext, local any) (*activeContext, error) {
	o := processOptions{propagate: true}
	text, err := jsondoc.Marshal(local)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContext, err)
	}
	if len(text) > maxKey {
		return r.process(active, local, o)
	}
	return r.derive(active, derivation{text: string(text)}, local, o)
}

// derive processes a context, or takes the result from active, which remembers it.
func (r *run) derive(active *activeContext, key derivation, local any, o processOptions) (*activeContext, error) {
	active.mu.Lock()
	c := active.derived[key]
	active.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := r.process(active, local, o)
	if err != nil {
		return nil, err
	}
	if active.root.take(len(c.terms) + len(key.text)/32) {
		active.mu.Lock()
		if active.derived == nil {
			active.derived = map[derivation]*activeContext{}
		}
		active.derived[key] = c
		active.mu.Unlock()
	}
	return c, nil
}

type processOptions struct {
	baseURL           string
	remote            []string // URLs that are being processed
	overrideProtected bool
	propagate         bool
}

// process is the Context Processing Algorithm, API §4.1.2. Step numbers are of it.
func (r *run) process(active *activeContext, local any, o processOptions) (*activeContext, error) {
	if err := r.spend(len(active.terms)); err != nil {
		return nil, err
	}
	result := active.clone() // 1
	if m, ok := local.(map[string]any); ok {
		if v, ok := m["@propagate"]; ok { // 2
			b, ok := v.(bool)
			if !ok {
				return nil, fmt.Errorf("%w: @propagate is not true or false", ErrContext)
			}
			o.propagate = b
		}
	}
	if !o.propagate && result.previous == nil { // 3
		result.previous = active
	}
	contexts, isArray := local.([]any) // 4
	if !isArray {
		contexts = []any{local}
	}
	for _, c := range contexts { // 5
		var err error
		switch c := c.(type) {
		case nil: // 5.1
			if !o.overrideProtected && result.hasProtected() {
				return nil, fmt.Errorf("%w: null would undefine protected terms", ErrContext)
			}
			previous := result
			result = newContext(active.root)
			if !o.propagate {
				result.previous = previous
			}
		case string: // 5.2
			result, err = r.remote(result, c, o)
		case map[string]any:
			err = r.local(result, c, o)
		default: // 5.4
			err = fmt.Errorf("%w: neither an object, a URL nor null", ErrContext)
		}
		if err != nil {
			return nil, err
		}
	}
	return result, nil
}

// remote is step 5.2.
func (r *run) remote(result *activeContext, ref string, o processOptions) (*activeContext, error) {
	u, err := resolve(o.baseURL, ref)
	if err != nil || !IsAbsoluteIRI(u) {
		return nil, fmt.Errorf("%w: %q is not an absolute URL", ErrContext, ref)
	}
	if slices.Contains(o.remote, u) {
		return nil, fmt.Errorf("%w: %s includes itself", ErrContext, u)
	}
	if len(o.remote) >= maxRemoteContexts {
		return nil, fmt.Errorf("%w: more than %d contexts include one another", ErrLimit, maxRemoteContexts)
	}
	loaded, err := r.p.load(r.ctx, u)
	if err != nil {
		return nil, err
	}
	o.baseURL, o.remote = u, append(slices.Clone(o.remote), u)
	result, err = r.process(result, loaded, o)
	if err != nil {
		return nil, fmt.Errorf("in %s: %w", u, err)
	}
	return result, nil
}

// local is steps 5.5 to 5.13; it fills result.
func (r *run) local(result *activeContext, c map[string]any, o processOptions) error {
	if v, ok := c["@version"]; ok && fmt.Sprint(v) != "1.1" { // 5.5
		return fmt.Errorf("%w: @version is not 1.1", ErrContext)
	}
	if v, ok := c["@import"]; ok { // 5.6
		imported, err := r.imported(v, o)
		if err != nil {
			return err
		}
		maps.Copy(imported, c)
		delete(imported, "@import")
		c = imported
	}
	if v, ok := c["@base"]; ok && len(o.remote) == 0 { // 5.7
		s, isString := v.(string)
		switch {
		case v == nil:
			result.base = ""
		case isString && IsAbsoluteIRI(s):
			result.base = s
		case isString && result.base != "":
			base, err := resolve(result.base, s)
			if err != nil {
				return fmt.Errorf("%w: @base %q", ErrContext, s)
			}
			result.base = base
		default:
			return fmt.Errorf("%w: @base is not an IRI", ErrContext)
		}
	}
	if v, ok := c["@vocab"]; ok { // 5.8
		s, isString := v.(string)
		switch {
		case v == nil:
			result.vocab, result.hasVocab = "", false
		case isString:
			iri, ok, err := r.expandIRI(result, s, iriOptions{vocab: true, documentRelative: true})
			if err != nil {
				return err
			}
			if !ok || iri != "" && !IsAbsoluteIRI(iri) && !isBlankLabel(iri) {
				return fmt.Errorf("%w: @vocab %q is not an IRI", ErrContext, s)
			}
			result.vocab, result.hasVocab = iri, true
		default:
			return fmt.Errorf("%w: @vocab is not a string", ErrContext)
		}
	}
	if v, ok := c["@language"]; ok { // 5.9
		s, isString := v.(string)
		if v != nil && (!isString || !isLanguageTag(s)) {
			return fmt.Errorf("%w: @language is not a language tag", ErrContext)
		}
		result.lang = strings.ToLower(s)
	}
	if v, ok := c["@direction"]; ok { // 5.10
		s, isString := v.(string)
		if v != nil && (!isString || s != "ltr" && s != "rtl") {
			return fmt.Errorf("%w: @direction is neither ltr nor rtl", ErrContext)
		}
		result.dir = s
	}
	if v, ok := c["@propagate"]; ok { // 5.11
		if _, isBool := v.(bool); !isBool {
			return fmt.Errorf("%w: @propagate is not true or false", ErrContext)
		}
	}
	d := definer{run: r, result: result, local: c, o: o, defined: make(map[string]bool, len(c))}
	if v, ok := c["@protected"]; ok {
		b, isBool := v.(bool)
		if !isBool {
			return fmt.Errorf("%w: @protected is not true or false", ErrContext)
		}
		d.protected = b
	}
	if err := r.spend(len(c)); err != nil {
		return err
	}
	for _, term := range slices.Sorted(maps.Keys(c)) { // 5.13
		switch term {
		case "@base", "@direction", "@import", "@language", "@propagate", "@protected", "@version", "@vocab":
			continue
		}
		if err := d.define(term); err != nil {
			return err
		}
	}
	return nil
}

// imported is steps 5.6.1 to 5.6.7.
func (r *run) imported(v any, o processOptions) (map[string]any, error) {
	ref, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("%w: @import is not a string", ErrContext)
	}
	u, err := resolve(o.baseURL, ref)
	if err != nil || !IsAbsoluteIRI(u) {
		return nil, fmt.Errorf("%w: @import %q is not an absolute URL", ErrContext, ref)
	}
	loaded, err := r.p.load(r.ctx, u)
	if err != nil {
		return nil, err
	}
	m, ok := loaded.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: @import %s is not one object", ErrContext, u)
	}
	if _, again := m["@import"]; again {
		return nil, fmt.Errorf("%w: @import %s imports another", ErrContext, u)
	}
	return maps.Clone(m), nil
}

func resolve(base, ref string) (string, error) {
	if base == "" || IsAbsoluteIRI(ref) {
		return ref, nil
	}
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(ref)
	if err != nil {
		return "", err
	}
	return b.ResolveReference(u).String(), nil
}

// definer makes the term definitions of one local context.
type definer struct {
	run       *run
	result    *activeContext
	local     map[string]any
	o         processOptions
	protected bool
	defined   map[string]bool
	depth     int
}

func badTerm(term, format string, args ...any) error {
	return fmt.Errorf("%w: term %q: %s", ErrContext, term, fmt.Sprintf(format, args...))
}

// maxTermDepth bounds how long a chain of terms may be that are defined by one another.
const maxTermDepth = 64

// define is Create Term Definition, API §4.2.2. Step numbers are of it.
func (d *definer) define(term string) error {
	if done, ok := d.defined[term]; ok { // 1
		if !done {
			return badTerm(term, "is defined by itself")
		}
		return nil
	}
	if term == "" { // 2
		return badTerm(term, "is empty")
	}
	if d.depth++; d.depth > maxTermDepth {
		return fmt.Errorf("%w: terms are defined by one another in a chain over %d", ErrLimit, maxTermDepth)
	}
	defer func() { d.depth-- }()
	d.defined[term] = false
	value := d.local[term] // 3
	if term == "@type" {   // 4
		m, ok := value.(map[string]any)
		if !ok || len(m) == 0 {
			return badTerm(term, "is a keyword")
		}
		for k, v := range m {
			if !(k == "@container" && v == "@set") && k != "@protected" {
				return badTerm(term, "only a @set container and @protected may be set")
			}
		}
	} else if isKeyword(term) { // 5
		return badTerm(term, "is a keyword")
	} else if looksLikeKeyword(term) {
		return nil
	}
	previous := d.result.terms[term] // 6
	delete(d.result.terms, term)

	m, isMap := value.(map[string]any)
	simple := false
	switch value := value.(type) {
	case nil: // 7
		m = map[string]any{"@id": nil}
	case string: // 8
		m, simple = map[string]any{"@id": value}, true
	default: // 9
		if !isMap {
			return badTerm(term, "is neither a string, an object nor null")
		}
	}
	def := &termDef{protected: d.protected} // 10
	if v, ok := m["@protected"]; ok {       // 11
		b, isBool := v.(bool)
		if !isBool {
			return badTerm(term, "@protected is not true or false")
		}
		def.protected = b
	}
	for k := range m { // 26
		switch k {
		case "@id", "@reverse", "@container", "@context", "@direction", "@index", "@language", "@nest", "@prefix",
			"@protected", "@type":
		default:
			return badTerm(term, "unknown entry %q", k)
		}
	}
	retain, err := d.fill(term, m, simple, def)
	if err != nil || !retain {
		return err
	}
	if !d.o.overrideProtected && previous != nil && previous.protected { // 27
		if !def.same(previous) {
			return badTerm(term, "is protected")
		}
		def = previous
	}
	d.result.terms[term] = def // 28
	d.defined[term] = true
	return nil
}

func (d *definer) expand(value string) (string, bool, error) {
	return d.run.expandIRI(d.result, value, iriOptions{vocab: true, definer: d})
}

// fill is steps 12 to 25. It reports false if the term is to be ignored.
func (d *definer) fill(term string, m map[string]any, simple bool, def *termDef) (bool, error) {
	if v, ok := m["@type"]; ok { // 12
		s, isString := v.(string)
		if !isString {
			return false, badTerm(term, "@type is not a string")
		}
		typ, ok, err := d.expand(s)
		if err != nil {
			return false, err
		}
		switch typ {
		case "@id", "@vocab", "@json", "@none":
		default:
			if !ok || !IsAbsoluteIRI(typ) {
				return false, badTerm(term, "@type %q is not an IRI", s)
			}
		}
		def.typ = typ
	}
	if v, ok := m["@reverse"]; ok { // 13
		return d.fillReverse(term, v, m, def)
	}
	if retain, err := d.fillIRI(term, m, simple, def); err != nil || !retain { // 14 to 18
		return false, err
	}
	if v, ok := m["@container"]; ok { // 19
		c, err := parseContainer(term, v)
		if err != nil {
			return false, err
		}
		def.container = c
		if c&containerType != 0 {
			if def.typ == "" {
				def.typ = "@id"
			}
			if def.typ != "@id" && def.typ != "@vocab" {
				return false, badTerm(term, "@type does not go with a @type container")
			}
		}
	}
	if v, ok := m["@index"]; ok { // 20
		s, isString := v.(string)
		if !isString || def.container&containerIndex == 0 {
			return false, badTerm(term, "@index is not a string or needs an @index container")
		}
		iri, ok, err := d.expand(s)
		if err != nil {
			return false, err
		}
		if !ok || !IsAbsoluteIRI(iri) {
			return false, badTerm(term, "@index %q is not an IRI", s)
		}
		def.index = s
	}
	if v, ok := m["@context"]; ok { // 21, without processing it for validation
		def.ctx, def.hasCtx, def.baseURL = v, true, d.o.baseURL
	}
	_, typed := m["@type"]
	if v, ok := m["@language"]; ok && !typed { // 22
		s, isString := v.(string)
		if v != nil && (!isString || !isLanguageTag(s)) {
			return false, badTerm(term, "@language is not a language tag")
		}
		def.lang, def.hasLang = strings.ToLower(s), true
	}
	if v, ok := m["@direction"]; ok && !typed { // 23
		s, isString := v.(string)
		if v != nil && (!isString || s != "ltr" && s != "rtl") {
			return false, badTerm(term, "@direction is neither ltr nor rtl")
		}
		def.dir, def.hasDir = s, true
	}
	if v, ok := m["@nest"]; ok { // 24
		s, isString := v.(string)
		if !isString || isKeyword(s) && s != "@nest" {
			return false, badTerm(term, "@nest is not a term")
		}
		def.nest = s
	}
	if v, ok := m["@prefix"]; ok { // 25
		b, isBool := v.(bool)
		if !isBool || strings.ContainsAny(term, ":/") || b && isKeyword(def.iri) {
			return false, badTerm(term, "@prefix cannot be set so")
		}
		def.prefix = b
	}
	return true, nil
}

// fillReverse is step 13.
func (d *definer) fillReverse(term string, v any, m map[string]any, def *termDef) (bool, error) {
	s, isString := v.(string)
	_, hasID := m["@id"]
	_, hasNest := m["@nest"]
	if !isString || hasID || hasNest {
		return false, badTerm(term, "@reverse is not a string or stands beside @id or @nest")
	}
	if looksLikeKeyword(s) {
		return false, nil
	}
	iri, ok, err := d.expand(s)
	if err != nil {
		return false, err
	}
	if !ok || !IsAbsoluteIRI(iri) {
		return false, badTerm(term, "@reverse %q is not an IRI", s)
	}
	if c, ok := m["@container"]; ok && c != nil {
		switch c {
		case "@set":
			def.container = containerSet
		case "@index":
			def.container = containerIndex
		default:
			return false, badTerm(term, "@container does not go with @reverse")
		}
	}
	def.iri, def.reverse = iri, true
	return true, nil
}

// fillIRI is steps 14 to 18.
func (d *definer) fillIRI(term string, m map[string]any, simple bool, def *termDef) (bool, error) {
	if v, ok := m["@id"]; ok && v != term { // 14
		if v == nil {
			return true, nil
		}
		s, isString := v.(string)
		if !isString {
			return false, badTerm(term, "@id is not a string")
		}
		if looksLikeKeyword(s) && !isKeyword(s) {
			return false, nil
		}
		iri, ok, err := d.expand(s)
		if err != nil {
			return false, err
		}
		if !ok || iri == "@context" || !isKeyword(iri) && !IsAbsoluteIRI(iri) && !isBlankLabel(iri) {
			return false, badTerm(term, "%q is not an IRI", s)
		}
		def.iri = iri
		if inner := strings.Trim(term, ":"); strings.Contains(inner, ":") || strings.Contains(term, "/") { // 14.2.4
			d.defined[term] = true
			if same, _, err := d.expand(term); err != nil || same != iri {
				return false, badTerm(term, "means something else than it says")
			}
		} else if simple && (isBlankLabel(iri) || strings.IndexByte(":/?#[]@", iri[len(iri)-1]) >= 0) { // 14.2.5
			def.prefix = !strings.Contains(term, ":")
		}
		return true, nil
	}
	switch colon := strings.IndexByte(term[1:], ':'); {
	case colon >= 0: // 15
		prefix, suffix := term[:colon+1], term[colon+2:]
		if _, ok := d.local[prefix]; ok {
			if err := d.define(prefix); err != nil {
				return false, err
			}
		}
		if p := d.result.terms[prefix]; p != nil && p.iri != "" {
			def.iri = p.iri + suffix
		} else {
			def.iri = term
		}
		if !IsAbsoluteIRI(def.iri) && !isBlankLabel(def.iri) {
			return false, badTerm(term, "is not an IRI")
		}
	case strings.Contains(term, "/"): // 16
		iri, ok, err := d.expand(term)
		if err != nil {
			return false, err
		}
		if !ok || !IsAbsoluteIRI(iri) {
			return false, badTerm(term, "is not an IRI")
		}
		def.iri = iri
	case term == "@type": // 17
		def.iri = "@type"
	case d.result.hasVocab: // 18
		def.iri = d.result.vocab + term
	default:
		return false, badTerm(term, "has no IRI")
	}
	return true, nil
}

// parseContainer is step 19.
func parseContainer(term string, v any) (container, error) {
	var c container
	for _, e := range jsondoc.AsArray(v) {
		s, _ := e.(string)
		bit, ok := containerNames[s]
		if !ok || c&bit != 0 {
			return 0, badTerm(term, "@container is not known")
		}
		c |= bit
	}
	others := c &^ containerSet
	switch {
	case c == 0:
		return 0, badTerm(term, "@container is not known")
	case others == 0, others == containerGraph, others == containerID, others == containerIndex,
		others == containerLanguage, others == containerType,
		others == containerGraph|containerID, others == containerGraph|containerIndex,
		c == containerList:
		return c, nil
	}
	return 0, badTerm(term, "@container combines what does not go together")
}

type iriOptions struct {
	vocab            bool
	documentRelative bool
	definer          *definer // set while a local context is processed
}

// expandIRI is IRI Expansion, API §5.2.2. The second result is false for null.
func (r *run) expandIRI(active *activeContext, value string, o iriOptions) (string, bool, error) {
	if isKeyword(value) { // 1
		return value, true, nil
	}
	if looksLikeKeyword(value) { // 2
		return "", false, nil
	}
	if err := o.defineFirst(value); err != nil { // 3
		return "", false, err
	}
	def := active.terms[value]
	if def != nil && isKeyword(def.iri) { // 4
		return def.iri, true, nil
	}
	if o.vocab && def != nil { // 5
		return def.iri, def.iri != "", nil
	}
	if len(value) > 1 {
		if colon := strings.IndexByte(value[1:], ':'); colon >= 0 { // 6
			prefix, suffix := value[:colon+1], value[colon+2:]
			if prefix == "_" || strings.HasPrefix(suffix, "//") {
				return value, true, nil
			}
			if err := o.defineFirst(prefix); err != nil {
				return "", false, err
			}
			if p := active.terms[prefix]; p != nil && p.iri != "" && p.prefix {
				return p.iri + suffix, true, nil
			}
			if IsAbsoluteIRI(value) {
				return value, true, nil
			}
		}
	}
	if o.vocab && active.hasVocab { // 7
		return active.vocab + value, true, nil
	}
	if o.documentRelative && active.base != "" { // 8
		iri, err := resolve(active.base, value)
		if err != nil {
			return "", false, fmt.Errorf("%w: %q", ErrIRI, value)
		}
		return iri, true, nil
	}
	return value, true, nil // 9
}

func (o iriOptions) defineFirst(term string) error {
	if o.definer == nil || o.definer.defined[term] {
		return nil
	}
	if _, ok := o.definer.local[term]; !ok {
		return nil
	}
	return o.definer.define(term)
}

// isLanguageTag is the form that N-Quads gives a language tag.
func isLanguageTag(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if part == "" || len(part) > 8 {
			return false
		}
		for _, c := range []byte(part) {
			letter := c|0x20 >= 'a' && c|0x20 <= 'z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}
