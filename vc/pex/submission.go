package pex

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/pex/jsonpath"
)

// Submission is a presentation submission: which credential of a presentation answers which input descriptor.
type Submission struct {
	ID           string
	DefinitionID string
	Map          []Mapping
}

// Mapping is an entry of the descriptor_map.
type Mapping struct {
	ID     string // of the input descriptor
	Format string
	Path   string // JSONPath in the presentation, or in what the Mapping around this one leads to
	Nested *Mapping
}

// Submission describes a presentation whose verifiableCredential are this selection's credentials in their order. Format is
// their claim format designation, such as ldp_vc.
func (s *Selection) Submission(id, format string) *Submission {
	out := &Submission{ID: id, DefinitionID: s.Definition.ID}
	for i, c := range s.Credentials {
		for _, d := range c.Descriptors {
			out.Map = append(out.Map, Mapping{ID: d, Format: format, Path: "$.verifiableCredential[" + strconv.Itoa(i) + "]"})
		}
	}
	return out
}

// Document writes the submission as the value of presentation_submission.
func (s *Submission) Document() map[string]any {
	entries := make([]any, len(s.Map))
	for i := range s.Map {
		entries[i] = s.Map[i].document()
	}
	return map[string]any{"id": s.ID, "definition_id": s.DefinitionID, "descriptor_map": entries}
}

func (m *Mapping) document() map[string]any {
	out := map[string]any{"id": m.ID, "format": m.Format, "path": m.Path}
	if m.Nested != nil {
		out["path_nested"] = m.Nested.document()
	}
	return out
}

// MarshalJSON writes the submission's document.
func (s *Submission) MarshalJSON() ([]byte, error) { return jsondoc.Marshal(s.Document()) }

// ParseSubmission reads a presentation submission, on its own or as the presentation_submission of an object such as a
// presentation. Errors are ErrSubmission.
func ParseSubmission(doc map[string]any) (*Submission, error) {
	if inner, ok := doc["presentation_submission"]; ok {
		doc, ok = inner.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%w: presentation_submission is not an object", ErrSubmission)
		}
	}
	s := &Submission{}
	var ok bool
	if s.ID, ok = doc["id"].(string); !ok || s.ID == "" {
		return nil, fmt.Errorf("%w: id is not a string", ErrSubmission)
	}
	if s.DefinitionID, ok = doc["definition_id"].(string); !ok {
		return nil, fmt.Errorf("%w: definition_id is not a string", ErrSubmission)
	}
	entries, ok := doc["descriptor_map"].([]any)
	if !ok || len(entries) > maximumDescriptors {
		return nil, fmt.Errorf("%w: descriptor_map is not an array of at most %d", ErrSubmission, maximumDescriptors)
	}
	for _, e := range entries {
		m, err := parseMapping(e, 1)
		if err != nil {
			return nil, err
		}
		s.Map = append(s.Map, *m)
	}
	return s, nil
}

func parseMapping(v any, level int) (*Mapping, error) {
	doc, ok := v.(map[string]any)
	if !ok || level > maximumNesting {
		return nil, fmt.Errorf("%w: an entry of descriptor_map is not an object, or nested deeper than %d", ErrSubmission, maximumNesting)
	}
	m := &Mapping{}
	for _, f := range []struct {
		name string
		to   *string
	}{{"id", &m.ID}, {"format", &m.Format}, {"path", &m.Path}} {
		if *f.to, ok = doc[f.name].(string); !ok {
			return nil, fmt.Errorf("%w: %s of an entry of descriptor_map is not a string", ErrSubmission, f.name)
		}
	}
	if nested, ok := doc["path_nested"]; ok {
		var err error
		if m.Nested, err = parseMapping(nested, level+1); err != nil {
			return nil, err
		}
		if m.Nested.ID != m.ID {
			return nil, fmt.Errorf("%w: path_nested is for %q, not for %q", ErrSubmission, m.Nested.ID, m.ID)
		}
	}
	return m, nil
}

// Report is how a presentation answers a definition.
type Report struct {
	Submission  *Submission
	Descriptors []Answered
}

// Answered is an input descriptor and the credential that answers it.
type Answered struct {
	Descriptor *Descriptor
	Credential map[string]any
	Path       string // JSONPath to the credential
	Fields     []FieldMatch
	// Excess are JSON pointers to claims that were disclosed without being asked for, at most 64, where the descriptor
	// limits disclosure. The issuer may have made them mandatory, so they are no error.
	Excess []string
}

// CheckOptions are what is known beside the presentation.
type CheckOptions struct {
	Options
	// Decode makes of a value that a submission leads to a candidate, by the format that it is said to have. If it is nil,
	// values are credentials with Data Integrity proofs, and other formats than ldp_vc, di_vc, ldp_vp and di_vp are refused.
	Decode func(format string, value any) (Candidate, error)
	// Status tells a credential's status, for definitions that constrain it. If it is nil, statuses are unknown.
	Status func(credential map[string]any) Status
}

// Check says whether a presentation, parsed with numbers as json.Number, answers the definition. The submission is the one
// that is embedded in the presentation if it is nil. Check does not verify proofs: that the presentation and its credentials
// verify is to be found out before. Errors are ErrSubmission, ErrUnanswered (as an *UnansweredError) and ErrLimit.
func (d *Definition) Check(presentation map[string]any, submission *Submission, o CheckOptions) (*Report, error) {
	doc, err := jsondoc.Check(presentation, jsondoc.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("%w: presentation: %w", ErrLimit, err)
	}
	presentation = doc.(map[string]any)
	if submission == nil {
		if _, ok := presentation["presentation_submission"]; !ok {
			return nil, fmt.Errorf("%w: the presentation has none", ErrSubmission)
		}
		if submission, err = ParseSubmission(presentation); err != nil {
			return nil, err
		}
	}
	if submission.DefinitionID != d.ID {
		return nil, fmt.Errorf("%w: it is for the definition %q, not for %q", ErrSubmission, submission.DefinitionID, d.ID)
	}
	c := checker{d: d, o: o, w: newWork(), why: &UnansweredError{}, chosen: make([]*answer, len(d.Descriptors))}
	report := &Report{Submission: submission}
	for i := range submission.Map {
		a, err := c.entry(presentation, &submission.Map[i])
		if err != nil {
			return nil, err
		}
		if a != nil {
			report.Descriptors = append(report.Descriptors, *a)
		}
	}
	if err := c.conclude(); err != nil {
		return nil, err
	}
	return report, nil
}

// checker is one run of Check.
type checker struct {
	d          *Definition
	o          CheckOptions
	w          *work
	why        *UnansweredError
	candidates []Candidate
	chosen     []*answer
}

// entry: §"Processing of Submission Entries". It returns nil if the credential does not answer its descriptor.
func (c *checker) entry(presentation map[string]any, m *Mapping) (*Answered, error) {
	at := -1
	for i, e := range c.d.Descriptors {
		if e.ID == m.ID {
			at = i
		}
	}
	if at < 0 {
		return nil, fmt.Errorf("%w: the definition has no input descriptor %q", ErrSubmission, m.ID)
	}
	if c.chosen[at] != nil {
		return nil, fmt.Errorf("%w: it answers %q twice", ErrSubmission, m.ID)
	}
	candidate, err := c.follow(presentation, m)
	if err != nil {
		return nil, err
	}
	if c.o.Status != nil {
		candidate.Status = c.o.Status(candidate.Document)
	}
	e := c.d.Descriptors[at]
	fields, err := c.d.match(e, candidate, c.o.Options, c.w)
	if no := errNoMatch(""); errors.As(err, &no) {
		c.why.add(Reason{e.ID, len(c.candidates), string(no)})
		c.candidates = append(c.candidates, candidate)
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	c.chosen[at] = &answer{len(c.candidates), fields}
	c.candidates = append(c.candidates, candidate)
	answered := &Answered{Descriptor: e, Credential: candidate.Document, Path: m.Path, Fields: fields}
	if e.LimitDisclosure != "" {
		var pointers []string
		for _, f := range fields {
			pointers = append(pointers, f.Pointer)
		}
		answered.Excess = excess(candidate.Document, pointers)
	}
	return answered, nil
}

// follow leads to what a mapping is about.
func (c *checker) follow(doc map[string]any, m *Mapping) (Candidate, error) {
	path, err := jsonpath.Parse(m.Path)
	if err != nil {
		return Candidate{}, fmt.Errorf("%w: %w", ErrSubmission, err)
	}
	visits := min(visitsOfPath, c.w.visits)
	before := visits
	nodes, err := path.Select(doc, &visits)
	c.w.visits -= before - visits
	if err != nil {
		return Candidate{}, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	if len(nodes) != 1 {
		return Candidate{}, fmt.Errorf("%w: %.100s leads to %d values, not to one", ErrSubmission, m.Path, len(nodes))
	}
	candidate, err := c.decode(m.Format, nodes[0].Value)
	if err != nil {
		return Candidate{}, fmt.Errorf("%w: %s: %w", ErrSubmission, m.Path, err)
	}
	if m.Nested != nil {
		return c.follow(candidate.Document, m.Nested)
	}
	return candidate, nil
}

func (c *checker) decode(format string, v any) (Candidate, error) {
	if c.o.Decode != nil {
		return c.o.Decode(format, v)
	}
	switch format {
	case "ldp_vc", "di_vc", "ldp_vp", "di_vp":
	default:
		return Candidate{}, fmt.Errorf("the format %.40q is not supported", format)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return Candidate{}, errors.New("not an object")
	}
	return Candidate{Document: m}, nil
}

// conclude says whether what was submitted is enough, and not too much.
func (c *checker) conclude() error {
	var err error
	if c.d.Requirements == nil {
		for i, e := range c.d.Descriptors {
			if c.chosen[i] == nil {
				c.why.add(Reason{e.ID, -1, "is required and not answered"})
				err = c.why
			}
		}
	} else {
		taken := make([]bool, len(c.chosen))
		for i, a := range c.chosen {
			taken[i] = a != nil
		}
		err = c.d.meets(taken)
	}
	if err == nil {
		err = c.d.checkSubjects(c.chosen, c.candidates)
	}
	if err == nil && len(c.why.Reasons) > 0 {
		// An entry that does not hold what it says it holds is refused, needed or not.
		return c.why
	}
	if err != nil && err != error(c.why) {
		c.why.add(Reason{"", -1, err.Error()})
	}
	if err != nil {
		return c.why
	}
	return nil
}
