package pex

import (
	"errors"
	"fmt"
	"strings"
)

// Reasons for errors.Is.
var (
	// ErrDefinition says that a presentation definition is malformed; the error names the property.
	ErrDefinition = errors.New("pex: invalid presentation definition")
	// ErrSubmission says that a presentation submission is malformed or does not fit the presentation.
	ErrSubmission = errors.New("pex: invalid presentation submission")
	// ErrUnanswered says that the credentials do not answer the definition; the error is an *UnansweredError.
	ErrUnanswered = errors.New("pex: the definition is not answered")
	// ErrLimit says that evaluation takes more work than is allowed.
	ErrLimit = errors.New("pex: limit exceeded")
)

// Reason says why a credential does not answer an input descriptor.
type Reason struct {
	Descriptor string // id of the input descriptor, empty if it is about submission requirements
	Candidate  int    // position of the credential, -1 if it is about all of them
	Text       string // names fields and keywords, never values
}

// UnansweredError is ErrUnanswered with reasons, at most maximumReasons.
type UnansweredError struct{ Reasons []Reason }

const maximumReasons = 64

func (e *UnansweredError) Error() string {
	var b strings.Builder
	b.WriteString(ErrUnanswered.Error())
	for i, r := range e.Reasons {
		b.WriteString(map[bool]string{true: ": ", false: "; "}[i == 0])
		if r.Descriptor != "" {
			fmt.Fprintf(&b, "%q", r.Descriptor)
		}
		if r.Candidate >= 0 {
			fmt.Fprintf(&b, " (credential %d)", r.Candidate)
		}
		b.WriteString(" " + r.Text)
	}
	return b.String()
}

// Is makes every UnansweredError ErrUnanswered.
func (e *UnansweredError) Is(target error) bool { return target == ErrUnanswered }

func (e *UnansweredError) add(r Reason) {
	if len(e.Reasons) < maximumReasons {
		e.Reasons = append(e.Reasons, r)
	}
}
