// Package rdfc canonicalises RDF datasets by RDFC-1.0 (W3C RDF Dataset
// Canonicalization) with SHA-256 or SHA-384.
//
// Datasets have the same canonical form only if they differ in nothing but the names of
// their blank nodes, the order of their statements and repeated statements. That form is
// what Data Integrity proofs sign.
//
// The reverse, that all such datasets have one form, is true where no blank node is
// subject or object in two graphs and no blank graph name lies, through however many
// graphs, in its own graph; JSON-LD that does not write labels of blank nodes ("_:x")
// makes only such datasets. Beyond, the form may depend on labels and order: that is a
// defect of RDFC-1.0 §4.7, which other implementations share, and relabel_test.go shows.
//
// A small hostile dataset can be made to cost a canonicaliser exponential time
// (dataset poisoning, RDFC-1.0 §7.1). Canonicalize counts the steps of the only
// algorithm that can grow so, and gives up with ErrWorkLimit when they exceed the
// caller's limit. Nothing here is trusted to be well-formed but what Quad documents.
package rdfc

import (
	"strings"
)

// Kind says what a Term is.
type Kind uint8

const (
	None    Kind = iota // no term: the default graph
	IRI                 // Value is an absolute IRI without the characters that N-Quads forbids in one
	Blank               // Value is a blank node label, without "_:"
	Literal             // Value is the lexical form, Datatype the datatype IRI, Lang the language tag if any
)

// XSDString is the datatype of plain literals, which N-Quads leaves out.
const XSDString = "http://www.w3.org/2001/XMLSchema#string"

// Term is an RDF term.
type Term struct {
	Kind     Kind
	Value    string
	Datatype string
	Lang     string
}

// Quad is a statement in a dataset; G is None in the default graph.
type Quad struct {
	S, P, O, G Term
}

// String writes the quad as one line of canonical N-Quads, with its end of line.
func (q Quad) String() string {
	return string(q.appendTo(nil, func(label string) string { return label }))
}

// Relabel writes the quad as String does, with every blank node label replaced.
func (q Quad) Relabel(label func(string) string) string {
	return string(q.appendTo(nil, label))
}

func (q Quad) appendTo(b []byte, label func(string) string) []byte {
	b = q.S.appendTo(b, label)
	b = append(b, ' ')
	b = q.P.appendTo(b, label)
	b = append(b, ' ')
	b = q.O.appendTo(b, label)
	if q.G.Kind != None {
		b = append(b, ' ')
		b = q.G.appendTo(b, label)
	}
	return append(b, " .\n"...)
}

// appendTo follows the canonical form of N-Quads, RDFC-1.0 §5.
func (t Term) appendTo(b []byte, label func(string) string) []byte {
	switch t.Kind {
	case IRI:
		b = append(b, '<')
		b = append(b, t.Value...)
		return append(b, '>')
	case Blank:
		b = append(b, "_:"...)
		return append(b, label(t.Value)...)
	}
	b = append(b, '"')
	b = appendEscaped(b, t.Value)
	b = append(b, '"')
	switch {
	case t.Lang != "":
		b = append(b, '@')
		b = append(b, t.Lang...)
	case t.Datatype != XSDString && t.Datatype != "":
		b = append(b, "^^<"...)
		b = append(b, t.Datatype...)
		b = append(b, '>')
	}
	return b
}

func appendEscaped(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	if !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' || r == 0x7f }) {
		return append(b, s...)
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\b':
			b = append(b, `\b`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\f':
			b = append(b, `\f`...)
		case '\r':
			b = append(b, `\r`...)
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			if c < 0x20 || c == 0x7f {
				b = append(b, `\u00`...)
				b = append(b, hex[c>>4], hex[c&15])
				continue
			}
			b = append(b, c)
		}
	}
	return b
}
