package pex

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// maximumCandidates bounds the credentials that are looked at.
const maximumCandidates = 256

// Selection is how a holder can answer a definition.
type Selection struct {
	Definition *Definition
	// Credentials to present, in the order of the definition's descriptors. One that answers several descriptors stands
	// there once.
	Credentials []Disclosure
}

// Disclosure is one credential to present.
type Disclosure struct {
	Candidate   int      // position of the candidate
	Descriptors []string // ids of the input descriptors that it answers
	// Pointers are JSON pointers to what has to be disclosed, sorted, none within another.
	Pointers []string
	Fields   []FieldMatch
	// Limit is Required if no more than Pointers may be disclosed, as far as the issuer allows to hide it, Preferred if
	// no more should.
	Limit string
}

// answers are which candidates answer which descriptors.
type answers struct {
	descriptor *Descriptor
	candidates []answer
}

type answer struct {
	candidate int
	fields    []FieldMatch
}

// Select finds credentials that answer the definition, the first that do in the order they are given, no more than are
// needed, and the least that has to be disclosed of each. Errors are ErrUnanswered, as an *UnansweredError that says what
// is missing, and ErrLimit.
func (d *Definition) Select(candidates []Candidate, o Options) (*Selection, error) {
	if len(candidates) > maximumCandidates {
		return nil, fmt.Errorf("%w: more than %d credentials", ErrLimit, maximumCandidates)
	}
	checked := slices.Clone(candidates)
	for i, c := range checked {
		doc, err := jsondoc.Check(c.Document, jsondoc.DefaultLimits())
		if err != nil {
			return nil, fmt.Errorf("%w: credential %d: %w", ErrLimit, i, err)
		}
		checked[i].Document = doc.(map[string]any)
	}
	w := newWork()
	why := &UnansweredError{}
	all := make([]answers, len(d.Descriptors))
	for i, e := range d.Descriptors {
		all[i].descriptor = e
		for j, c := range checked {
			fields, err := d.match(e, c, o, w)
			if err == nil && e.LimitDisclosure == Required && !c.Selective && len(excess(c.Document, pointersOf(e, c.Document, fields, o))) > 0 {
				err = noMatch("cannot be shown in part, and more than the fields must not be shown")
			}
			if no := errNoMatch(""); errors.As(err, &no) {
				why.add(Reason{e.ID, j, string(no)})
				continue
			} else if err != nil {
				return nil, err
			}
			all[i].candidates = append(all[i].candidates, answer{j, fields})
		}
		if len(checked) == 0 {
			why.add(Reason{e.ID, -1, "is not answered: there are no credentials"})
		}
	}
	chosen, err := d.choose(all, checked)
	if err != nil {
		if errors.Is(err, ErrUnanswered) {
			why.add(Reason{"", -1, err.Error()})
			return nil, why
		}
		return nil, err
	}
	return d.selection(chosen, checked, o), nil
}

// choose picks a candidate for each descriptor that is needed; nil where none is. Where subjects have to be the same it
// tries one subject after the other.
func (d *Definition) choose(all []answers, candidates []Candidate) ([]*answer, error) {
	subjects := []string{""}
	related := d.related()
	if len(related) > 0 {
		subjects = nil
		for i := range all {
			for _, a := range all[i].candidates {
				for _, m := range a.fields {
					if s := subjectAt(candidates[a.candidate].Document, m.Pointer); related[m.Field.ID] && s != "" && !slices.Contains(subjects, s) {
						subjects = append(subjects, s)
					}
				}
			}
		}
		if len(subjects) == 0 {
			subjects = []string{""}
		}
	}
	var err error
	for _, subject := range subjects {
		first := make([]*answer, len(all))
		for i := range all {
			for _, a := range all[i].candidates {
				if subject == "" || !slices.ContainsFunc(a.fields, func(m FieldMatch) bool {
					return related[m.Field.ID] && subjectAt(candidates[a.candidate].Document, m.Pointer) != subject
				}) {
					first[i] = &a
					break
				}
			}
		}
		var chosen []*answer
		if chosen, err = d.fewest(first); err != nil {
			continue
		}
		if err = d.checkSubjects(chosen, candidates); err == nil {
			return chosen, nil
		}
	}
	return nil, err
}

// fewest leaves out answers that the submission requirements do not need.
func (d *Definition) fewest(first []*answer) ([]*answer, error) {
	if d.Requirements == nil {
		for i, a := range first {
			if a == nil {
				return nil, fmt.Errorf("%w: %q is required", ErrUnanswered, d.Descriptors[i].ID)
			}
		}
		return first, nil
	}
	have := func(i int) bool { return first[i] != nil }
	take := make([]bool, len(first))
	for _, r := range d.Requirements {
		if !r.take(d, have, take) {
			return nil, fmt.Errorf("%w: the submission requirement %s cannot be met", ErrUnanswered, r.describe())
		}
	}
	if err := d.meets(take); err != nil {
		// What one requirement takes may be too much for another that shares a group. Try all sets, small ones first.
		if take = d.search(have); take == nil {
			return nil, err
		}
	}
	out := make([]*answer, len(first))
	for i := range first {
		if take[i] {
			out[i] = first[i]
		}
	}
	return out, nil
}

func (r *Requirement) describe() string {
	switch {
	case r.Name != "":
		return fmt.Sprintf("%q", r.Name)
	case r.From != "":
		return fmt.Sprintf("on group %q", r.From)
	}
	return "on nested requirements"
}

// take marks descriptors that meet the requirement, as few as do; false if none do.
func (r *Requirement) take(d *Definition, have func(int) bool, taken []bool) bool {
	var options []func() bool
	if r.From != "" {
		for i, e := range d.Descriptors {
			if slices.Contains(e.Groups, r.From) {
				options = append(options, func() bool {
					taken[i] = taken[i] || have(i)
					return have(i)
				})
			}
		}
	}
	for _, n := range r.Nested {
		options = append(options, func() bool {
			trial := slices.Clone(taken)
			if !n.take(d, have, trial) {
				return false
			}
			copy(taken, trial)
			return true
		})
	}
	need := len(options)
	if r.Pick {
		switch {
		case r.Count != nil:
			need = *r.Count
		case r.Min != nil:
			need = *r.Min
		case r.Max != nil:
			need = 0
		default:
			need = 1
		}
	}
	for _, option := range options {
		if need > 0 && option() {
			need--
		}
	}
	return need == 0
}

// meets says whether a set of answered descriptors satisfies all submission requirements.
func (d *Definition) meets(taken []bool) error {
	for _, r := range d.Requirements {
		if !r.met(d, taken) {
			return fmt.Errorf("%w: the submission requirement %s is not met", ErrUnanswered, r.describe())
		}
	}
	return nil
}

// met: §"Property Values and Evaluation".
func (r *Requirement) met(d *Definition, taken []bool) bool {
	n, of := 0, 0
	for i, e := range d.Descriptors {
		if r.From != "" && slices.Contains(e.Groups, r.From) {
			of++
			if taken[i] {
				n++
			}
		}
	}
	for _, nested := range r.Nested {
		of++
		if nested.met(d, taken) {
			n++
		}
	}
	if !r.Pick {
		return n == of
	}
	if r.Count == nil && r.Min == nil && r.Max == nil {
		return n >= 1
	}
	return (r.Count == nil || n == *r.Count) && (r.Min == nil || n >= *r.Min) && (r.Max == nil || n <= *r.Max)
}

// search tries every set of up to 12 answerable descriptors.
func (d *Definition) search(have func(int) bool) []bool {
	var can []int
	for i := range d.Descriptors {
		if have(i) {
			can = append(can, i)
		}
	}
	if len(can) > 12 {
		return nil
	}
	var best []bool
	size := len(can) + 1
	for set := range 1 << len(can) {
		taken := make([]bool, len(d.Descriptors))
		n := 0
		for bit, i := range can {
			if set>>bit&1 == 1 {
				taken[i] = true
				n++
			}
		}
		if n < size && d.meets(taken) == nil {
			best, size = taken, n
		}
	}
	return best
}

// related returns the fields whose subjects have to be the same.
func (d *Definition) related() map[string]bool {
	out := map[string]bool{}
	for _, e := range d.Descriptors {
		for _, r := range e.SameSubject {
			if r.Directive == Required {
				for _, id := range r.Fields {
					out[id] = true
				}
			}
		}
	}
	return out
}

// checkSubjects: same_subject of the descriptors that are answered.
func (d *Definition) checkSubjects(chosen []*answer, candidates []Candidate) error {
	for i, e := range d.Descriptors {
		if chosen[i] == nil {
			continue
		}
		for _, r := range e.SameSubject {
			if r.Directive != Required {
				continue
			}
			subject, known := "", false
			for _, a := range chosen {
				if a == nil {
					continue
				}
				for _, m := range a.fields {
					if !slices.Contains(r.Fields, m.Field.ID) {
						continue
					}
					s := subjectAt(candidates[a.candidate].Document, m.Pointer)
					if s == "" || known && s != subject {
						return fmt.Errorf("%w: fields that %q wants to be of one subject are not", ErrUnanswered, e.ID)
					}
					subject, known = s, true
				}
			}
		}
	}
	return nil
}

// pointersOf returns what has to be disclosed of a credential for a descriptor.
func pointersOf(e *Descriptor, doc map[string]any, fields []FieldMatch, o Options) []string {
	var out []string
	for _, m := range fields {
		if !m.Field.Optional || o.Optional {
			out = append(out, m.Pointer)
		}
		for _, r := range slices.Concat(e.IsHolder, e.SameSubject) {
			if p := subjectPointer(doc, m.Pointer); p != "" && slices.Contains(r.Fields, m.Field.ID) && subjectAt(doc, m.Pointer) != "" {
				out = append(out, p)
			}
		}
	}
	if e.SubjectIsIssuer == Required {
		out = append(out, subjectPointer(doc, ""))
	}
	return out
}

func (d *Definition) selection(chosen []*answer, candidates []Candidate, o Options) *Selection {
	s := &Selection{Definition: d}
	at := map[int]int{}
	for i, a := range chosen {
		if a == nil {
			continue
		}
		e := d.Descriptors[i]
		j, ok := at[a.candidate]
		if !ok {
			j = len(s.Credentials)
			at[a.candidate] = j
			s.Credentials = append(s.Credentials, Disclosure{Candidate: a.candidate})
		}
		c := &s.Credentials[j]
		c.Descriptors = append(c.Descriptors, e.ID)
		c.Fields = append(c.Fields, a.fields...)
		c.Pointers = append(c.Pointers, pointersOf(e, candidates[a.candidate].Document, a.fields, o)...)
		if e.LimitDisclosure == Required || c.Limit == "" {
			c.Limit = e.LimitDisclosure
		}
	}
	for i := range s.Credentials {
		s.Credentials[i].Pointers = outermost(s.Credentials[i].Pointers)
	}
	return s
}

// outermost sorts pointers and drops those within others, those to the contexts and proofs, which always come along.
func outermost(pointers []string) []string {
	slices.Sort(pointers)
	var out []string
	for _, p := range pointers {
		if covers("/@context", p) || covers("/proof", p) {
			continue
		}
		if !slices.ContainsFunc(out, func(q string) bool { return covers(q, p) }) {
			out = append(out, p)
		}
	}
	return slices.DeleteFunc(out, func(p string) bool { return p == "" && len(out) > 1 || strings.Contains(p, "\x00") })
}
