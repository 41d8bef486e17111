package pex

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/medibloc/panacea/vc/pex/jsonpath"
	"github.com/medibloc/panacea/vc/schema"
)

// Status is what is known of a credential's status.
type Status int

const (
	StatusUnknown Status = iota
	Active
	Suspended
	Revoked
)

func (s Status) String() string {
	return [...]string{"of unknown status", "active", "suspended", "revoked"}[s]
}

// Candidate is a credential that may answer a definition.
type Candidate struct {
	// Document is the credential, decoded if it was enveloped, with numbers as json.Number.
	Document map[string]any
	// Format is its claim format designation, such as jwt_vc; empty for a credential with Data Integrity proofs, which is
	// both ldp_vc and di_vc.
	Format string
	// Algorithms are the "alg" of a format that is not a Data Integrity one.
	Algorithms []string
	// Selective says that the holder can disclose parts of it.
	Selective bool
	Status    Status
}

// Options are what is known beside the credentials.
type Options struct {
	// Holder is who presents, for is_holder; empty if that is not known.
	Holder string
	// Optional makes Select disclose optional fields too.
	Optional bool
}

// FieldMatch is a field that a credential has.
type FieldMatch struct {
	Field   *Field
	Pointer string // JSON pointer to the value
	Value   any
}

// work bounds all paths and filters of one Select or Check.
type work struct{ visits, steps int }

func newWork() *work { return &work{visits: 5_000_000, steps: 20_000_000} }

// visitsOfPath bounds one path on one credential.
const visitsOfPath = 1_000_000

// errNoMatch is why a credential does not answer a descriptor.
type errNoMatch string

func (e errNoMatch) Error() string { return string(e) }

func noMatch(format string, args ...any) error { return errNoMatch(fmt.Sprintf(format, args...)) }

// match follows §"Input Evaluation" for one credential and one descriptor: the fields that it has, an errNoMatch, or
// ErrLimit.
func (d *Definition) match(e *Descriptor, c Candidate, o Options, w *work) ([]FieldMatch, error) {
	format := e.Format
	if format == nil {
		format = d.Format
	}
	if !format.accepts(c) {
		return nil, noMatch("is not in an accepted format")
	}
	var out []FieldMatch
	for i, f := range e.Fields {
		m, err := f.match(c.Document, w)
		if err != nil {
			return nil, err
		}
		switch {
		case f.Predicate == Required:
			return nil, noMatch("asks for a predicate (%s), which no supported cryptosuite proves", f.describe(i))
		case m != nil:
			out = append(out, *m)
		case !f.Optional:
			return nil, noMatch("has no acceptable %s", f.describe(i))
		}
	}
	if err := e.checkStatus(c.Status); err != nil {
		return nil, err
	}
	if e.SubjectIsIssuer == Required {
		if s := soleSubject(c.Document); s == "" || s != idOf(c.Document["issuer"]) {
			return nil, noMatch("is not issued by its subject")
		}
	}
	for _, r := range e.IsHolder {
		if r.Directive != Required {
			continue
		}
		for _, m := range out {
			if slices.Contains(r.Fields, m.Field.ID) && (o.Holder == "" || subjectAt(c.Document, m.Pointer) != o.Holder) {
				return nil, noMatch("is not about its holder")
			}
		}
	}
	return out, nil
}

func (f *Field) describe(i int) string {
	for _, s := range []string{f.Name, f.ID} {
		if s != "" {
			return fmt.Sprintf("field %q", s)
		}
	}
	return fmt.Sprintf("field %d (%s)", i, f.Paths[0])
}

// match returns the field in a credential, nil if it is not there.
func (f *Field) match(doc map[string]any, w *work) (*FieldMatch, error) {
	for _, p := range f.Paths {
		visits := min(visitsOfPath, w.visits)
		before := visits
		nodes, err := p.Select(doc, &visits)
		w.visits -= before - visits
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrLimit, err)
		}
		if len(nodes) == 0 {
			continue
		}
		first := nodes[0]
		if f.filter != nil {
			if w.steps -= 10; w.steps <= 0 {
				return nil, fmt.Errorf("%w: filters", ErrLimit)
			}
			err := f.filter.ValidateWithin(first.Value, &w.steps)
			if errors.Is(err, schema.ErrInvalid) {
				continue
			} else if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrLimit, err)
			}
		}
		return &FieldMatch{f, first.Pointer(), first.Value}, nil
	}
	return nil, nil
}

func (d *Descriptor) checkStatus(s Status) error {
	for _, known := range []Status{Active, Suspended, Revoked} {
		switch d.Statuses[known] {
		case Required:
			if s != known {
				return noMatch("is %s, and must be %s", s, known)
			}
		case disallowed:
			if s == known || s == StatusUnknown {
				return noMatch("is %s, and must not be %s", s, known)
			}
		}
	}
	return nil
}

// accepts: designations of presentations do not constrain credentials.
func (f Format) accepts(c Candidate) bool {
	constrained := false
	for designation, lists := range f {
		if strings.HasSuffix(designation, "_vp") {
			continue
		}
		constrained = true
		if c.Format != "" {
			if designation == c.Format && (len(lists["alg"]) == 0 || intersect(lists["alg"], c.Algorithms)) {
				return true
			}
			continue
		}
		if !slices.Contains([]string{"ldp_vc", "ldp", "di_vc", "di"}, designation) {
			continue
		}
		for _, proof := range list(c.Document["proof"]) {
			m, _ := proof.(map[string]any)
			kind, _ := m["type"].(string)
			suite, _ := m["cryptosuite"].(string)
			if (lists["proof_type"] == nil || intersect(lists["proof_type"], []string{kind, suite})) &&
				(lists["cryptosuite"] == nil || slices.Contains(lists["cryptosuite"], suite)) && lists["alg"] == nil {
				return true
			}
		}
	}
	return !constrained
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func idOf(v any) string {
	if m, ok := v.(map[string]any); ok {
		v = m["id"]
	}
	s, _ := v.(string)
	return s
}

// soleSubject returns the id of the only credentialSubject, empty if there is none, or another number of them.
func soleSubject(doc map[string]any) string {
	subjects := list(doc["credentialSubject"])
	if len(subjects) != 1 {
		return ""
	}
	return idOf(subjects[0])
}

// subjectAt returns the id of the credentialSubject that the value at a pointer is said of; for a value outside of any, the
// id of the only one.
func subjectAt(doc map[string]any, pointer string) string {
	rest, inside := strings.CutPrefix(pointer, "/credentialSubject/")
	subjects, isArray := doc["credentialSubject"].([]any)
	if !inside || !isArray {
		return soleSubject(doc)
	}
	token, _, _ := strings.Cut(rest, "/")
	if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(subjects) {
		return idOf(subjects[i])
	}
	return ""
}

// subjectPointer returns the pointer to the id that subjectAt returns.
func subjectPointer(doc map[string]any, pointer string) string {
	if subjects, isArray := doc["credentialSubject"].([]any); isArray {
		token := "0"
		if rest, inside := strings.CutPrefix(pointer, "/credentialSubject/"); inside {
			token, _, _ = strings.Cut(rest, "/")
		} else if len(subjects) != 1 {
			return ""
		}
		return "/credentialSubject/" + token + "/id"
	}
	return "/credentialSubject/id"
}

// excess returns pointers to the leaves of credentialSubject that are not under one of the pointers, besides ids and types,
// at most 64.
func excess(doc map[string]any, pointers []string) []string {
	var out []string
	var walk func(v any, n jsonpath.Node)
	walk = func(v any, n jsonpath.Node) {
		p := n.Pointer()
		if len(out) == 64 || slices.ContainsFunc(pointers, func(q string) bool { return covers(q, p) }) {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for _, k := range sortedKeys(v) {
				if k != "id" && k != "type" {
					walk(v[k], jsonpath.Node{Location: append(slices.Clip(n.Location), k)})
				}
			}
		case []any:
			for i, e := range v {
				walk(e, jsonpath.Node{Location: append(slices.Clip(n.Location), strconv.Itoa(i))})
			}
		default:
			out = append(out, p)
		}
	}
	walk(doc["credentialSubject"], jsonpath.Node{Location: []string{"credentialSubject"}})
	return out
}

// covers says whether q points to the value at p or to one around it.
func covers(q, p string) bool { return q == p || strings.HasPrefix(p, q+"/") }

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
