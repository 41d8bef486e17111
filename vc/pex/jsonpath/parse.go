package jsonpath

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maximumNesting bounds parentheses and filters within filters.
const maximumNesting = 8

// Parse reads an expression of at most MaximumLength bytes. Errors are ErrSyntax.
func Parse(text string) (*Path, error) {
	if len(text) > MaximumLength {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrSyntax, len(text), MaximumLength)
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrSyntax)
	}
	p := &parser{text: text}
	if !p.take("$") {
		return nil, p.fail("\"$\" is expected")
	}
	segments, err := p.segments()
	if err != nil {
		return nil, err
	}
	if p.at != len(text) {
		return nil, p.fail("unexpected text")
	}
	return &Path{text, segments}, nil
}

type parser struct {
	text  string
	at    int
	depth int
}

func (p *parser) fail(what string) error { return syntaxError(p.text, p.at, what) }

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.rest(), s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// segments: RFC 9535 §2.5.
func (p *parser) segments() ([]segment, error) {
	var out []segment
	for {
		before := p.at
		p.space()
		var s segment
		var err error
		switch {
		case p.take(".."):
			s.descendants = true
			if p.take("[") {
				s.selectors, err = p.bracketed()
			} else {
				s.selectors, err = p.shorthand()
			}
		case p.take("."):
			s.selectors, err = p.shorthand()
		case p.take("["):
			s.selectors, err = p.bracketed()
		default:
			p.at = before
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
}

func (p *parser) shorthand() ([]selector, error) {
	if p.take("*") {
		return []selector{wildcardSelector{}}, nil
	}
	start := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.rest())
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= 0x80
		if !letter && (p.at == start || r < '0' || r > '9') {
			break
		}
		p.at += n
	}
	if p.at == start {
		return nil, p.fail("a name is expected")
	}
	return []selector{nameSelector(p.text[start:p.at])}, nil
}

func (p *parser) bracketed() ([]selector, error) {
	var out []selector
	for {
		p.space()
		s, err := p.selector()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		p.space()
		if p.take("]") {
			return out, nil
		}
		if !p.take(",") {
			return nil, p.fail("\",\" or \"]\" is expected")
		}
	}
}

func (p *parser) selector() (selector, error) {
	switch {
	case p.take("*"):
		return wildcardSelector{}, nil
	case p.take("?"):
		test, err := p.or()
		return filterSelector{test}, err
	case strings.HasPrefix(p.rest(), "'"), strings.HasPrefix(p.rest(), "\""):
		s, err := p.quoted()
		return nameSelector(s), err
	}
	start, err := p.integer()
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.take(":") {
		if start == nil {
			return nil, p.fail("a selector is expected")
		}
		return indexSelector(*start), nil
	}
	s := sliceSelector{start: start}
	p.space()
	if s.end, err = p.integer(); err != nil {
		return nil, err
	}
	p.space()
	if p.take(":") {
		p.space()
		if s.step, err = p.integer(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// integer reads an optional integer of at most 2⁵³-1 (RFC 9535 §2.1).
func (p *parser) integer() (*int, error) {
	start := p.at
	p.take("-")
	digits := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	s := p.text[start:p.at]
	if s == "" {
		return nil, nil
	}
	if p.at == digits || p.text[digits] == '0' && (p.at > digits+1 || digits > start) {
		return nil, p.fail("an integer is expected")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > 1<<53-1 || n < -(1<<53-1) || n > math.MaxInt32 || n < math.MinInt32 {
		return nil, p.fail("the integer is too great")
	}
	i := int(n)
	return &i, nil
}

// quoted: RFC 9535 §2.3.1.1.
func (p *parser) quoted() (string, error) {
	quote := p.text[p.at]
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == quote:
			p.at++
			return b.String(), nil
		case c < 0x20:
			return "", p.fail("a control character in a string")
		case c != '\\':
			b.WriteByte(c)
			p.at++
			continue
		}
		p.at++
		if p.at == len(p.text) {
			break
		}
		e := p.text[p.at]
		p.at++
		if i := strings.IndexByte(`bfnrt/\`, e); i >= 0 {
			b.WriteByte("\b\f\n\r\t/\\"[i])
		} else if e == quote {
			b.WriteByte(e)
		} else if e == 'u' {
			r, err := p.codePoint()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		} else {
			return "", p.fail("unknown escape")
		}
	}
	return "", p.fail("the string does not end")
}

func (p *parser) codePoint() (rune, error) {
	r, err := p.hex4()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if !p.take(`\u`) {
		return 0, p.fail("a lone surrogate")
	}
	low, err := p.hex4()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, p.fail("a lone surrogate")
	}
	return r, nil
}

func (p *parser) hex4() (rune, error) {
	if p.at+4 > len(p.text) {
		return 0, p.fail("a hexadecimal digit is expected")
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
	if err != nil {
		return 0, p.fail("a hexadecimal digit is expected")
	}
	p.at += 4
	return rune(n), nil
}

// or, and, basic: RFC 9535 §2.3.5.1.
func (p *parser) or() (logical, error) {
	if p.depth++; p.depth > maximumNesting {
		return nil, p.fail("nested too deep")
	}
	defer func() { p.depth-- }()
	var out orTest
	for {
		t, err := p.and()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if p.space(); !p.take("||") {
			return out, nil
		}
	}
}

func (p *parser) and() (logical, error) {
	var out andTest
	for {
		t, err := p.basic()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if p.space(); !p.take("&&") {
			return out, nil
		}
	}
}

func (p *parser) basic() (logical, error) {
	p.space()
	negated := false
	if strings.HasPrefix(p.rest(), "!") && !strings.HasPrefix(p.rest(), "!=") {
		p.at++
		negated = true
		p.space()
	}
	var t logical
	var err error
	if p.take("(") {
		if t, err = p.or(); err != nil {
			return nil, err
		}
		p.space()
		if !p.take(")") {
			return nil, p.fail("\")\" is expected")
		}
	} else if t, err = p.comparison(negated); err != nil {
		return nil, err
	}
	if negated {
		t = notTest{t}
	}
	return t, nil
}

func (p *parser) comparison(negated bool) (logical, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.space()
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if negated || !p.take(op) {
			continue
		}
		p.space()
		right, err := p.operand()
		if err != nil {
			return nil, err
		}
		for _, o := range []operand{left, right} {
			if o.query != nil && !singular(o.query.segments) {
				return nil, p.fail("a comparison is with a query that may select several values")
			}
		}
		return comparer{op, left, right}, nil
	}
	if left.query == nil {
		return nil, p.fail("a comparison is expected")
	}
	return exists(*left.query), nil
}

func singular(segments []segment) bool {
	for _, s := range segments {
		if s.descendants || len(s.selectors) != 1 {
			return false
		}
		switch s.selectors[0].(type) {
		case nameSelector, indexSelector:
		default:
			return false
		}
	}
	return true
}

func (p *parser) operand() (operand, error) {
	rest := p.rest()
	switch {
	case rest == "":
		return operand{}, p.fail("a value is expected")
	case rest[0] == '@' || rest[0] == '$':
		p.at++
		segments, err := p.segments()
		return operand{query: &query{rest[0] == '$', segments}}, err
	case rest[0] == '\'' || rest[0] == '"':
		s, err := p.quoted()
		return operand{literal: s}, err
	case p.take("true"):
		return operand{literal: true}, nil
	case p.take("false"):
		return operand{literal: false}, nil
	case p.take("null"):
		return operand{}, nil
	}
	n := 0
	for n < len(rest) && strings.IndexByte("+-.0123456789eE", rest[n]) >= 0 {
		n++
	}
	if n == 0 || !json.Valid([]byte(rest[:n])) || number(json.Number(rest[:n])) == nil {
		return operand{}, p.fail("a value is expected")
	}
	p.at += n
	return operand{literal: json.Number(rest[:n])}, nil
}
