package rdfc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	termPattern   = regexp.MustCompile(`^(?:<([^>]*)>|_:([^\s<>"]+)|"((?:[^"\\]|\\.)*)"(?:\^\^<([^>]*)>|@([A-Za-z0-9-]+))?)\s*`)
	escapePattern = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)`)
)

// parseNQuads reads N-Quads for tests.
func parseNQuads(text string) ([]Quad, error) {
	var quads []Quad
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		var terms []Term
		rest := line
		for {
			m := termPattern.FindStringSubmatch(rest)
			if m == nil {
				break
			}
			switch {
			case rest[0] == '<':
				terms = append(terms, Term{Kind: IRI, Value: unescape(m[1])})
			case rest[0] == '_':
				terms = append(terms, Term{Kind: Blank, Value: m[2]})
			default:
				t := Term{Kind: Literal, Value: unescape(m[3]), Datatype: unescape(m[4]), Lang: m[5]}
				if t.Datatype == "" && t.Lang == "" {
					t.Datatype = XSDString
				}
				terms = append(terms, t)
			}
			rest = rest[len(m[0]):]
		}
		if !strings.HasPrefix(rest, ".") || len(terms) < 3 || len(terms) > 4 {
			return nil, fmt.Errorf("cannot read %q", line)
		}
		q := Quad{S: terms[0], P: terms[1], O: terms[2]}
		if len(terms) == 4 {
			q.G = terms[3]
		}
		quads = append(quads, q)
	}
	return quads, nil
}

func unescape(s string) string {
	return escapePattern.ReplaceAllStringFunc(s, func(e string) string {
		switch e[1] {
		case 'u', 'U':
			n, err := strconv.ParseUint(e[2:], 16, 32)
			if err != nil {
				return e
			}
			return string(rune(n))
		}
		if i := strings.IndexByte(`btnfr`, e[1]); i >= 0 {
			return "\b\t\n\f\r"[i : i+1]
		}
		return e[1:]
	})
}
