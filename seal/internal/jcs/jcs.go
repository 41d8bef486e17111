// Package jcs writes JSON in the canonical form of RFC 8785: no white space, members sorted, strings and numbers in one
// spelling. It reads strictly: UTF-8, no member twice, no lone surrogate, numbers that a double can hold.
package jcs

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	// ErrSyntax is returned for text that is no JSON value with a canonical form.
	ErrSyntax = errors.New("seal: content is not JSON with a canonical form")
	// ErrLimit is returned for text that is larger or deeper than allowed.
	ErrLimit = errors.New("seal: JSON exceeds a limit")
)

// Limits of what is read. A FHIR bundle of a long life has some megabytes and a depth of about twenty.
const (
	MaxSize  = 64 << 20 // bytes
	MaxDepth = 128      // nested arrays and objects
)

// Canonical returns the canonical form of one JSON value. Errors: ErrSyntax, ErrLimit.
func Canonical(text []byte) ([]byte, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrLimit, len(text), MaxSize)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrSyntax)
	}
	p := parser{text: text}
	out, err := p.value(make([]byte, 0, len(text)), 0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.i != len(text) {
		return nil, p.fail("text after the value")
	}
	return out, nil
}

// parser reads values and appends their canonical form.
type parser struct {
	text []byte
	i    int
}

// fail names the place and not the text: what is canonicalised is a secret.
func (p *parser) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrSyntax, what, p.i)
}

func (p *parser) space() {
	for p.i < len(p.text) {
		switch p.text[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// next skips white space and returns the byte there, or 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.i == len(p.text) {
		return 0
	}
	return p.text[p.i]
}

func (p *parser) value(out []byte, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("%w: deeper than %d", ErrLimit, MaxDepth)
	}
	switch c := p.next(); {
	case c == '{':
		return p.object(out, depth)
	case c == '[':
		return p.array(out, depth)
	case c == '"':
		s, err := p.string()
		if err != nil {
			return nil, err
		}
		return appendString(out, s), nil
	case c == '-' || '0' <= c && c <= '9':
		return p.number(out)
	}
	for _, word := range []string{"true", "false", "null"} {
		if end := p.i + len(word); end <= len(p.text) && string(p.text[p.i:end]) == word {
			p.i = end
			return append(out, word...), nil
		}
	}
	return nil, p.fail("no value")
}

func (p *parser) array(out []byte, depth int) ([]byte, error) {
	p.i++ // [
	out = append(out, '[')
	if p.next() == ']' {
		p.i++
		return append(out, ']'), nil
	}
	for {
		var err error
		if out, err = p.value(out, depth+1); err != nil {
			return nil, err
		}
		switch p.next() {
		case ',':
			p.i++
			out = append(out, ',')
		case ']':
			p.i++
			return append(out, ']'), nil
		default:
			return nil, p.fail("neither , nor ] after an element")
		}
	}
}

// member is one member of an object: its name, as text and in UTF-16 for sorting, and where its value stands in out.
type member struct {
	name       string
	units      []uint16
	start, end int
}

// object writes the values one after another behind out, then sorts them into place (RFC 8785 §3.2.3).
func (p *parser) object(out []byte, depth int) ([]byte, error) {
	p.i++ // {
	if p.next() == '}' {
		p.i++
		return append(out, "{}"...), nil
	}
	base := len(out)
	var members []member
	for more := true; more; {
		if p.next() != '"' {
			return nil, p.fail("no member name")
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.next() != ':' {
			return nil, p.fail("no : after a member name")
		}
		p.i++
		start := len(out)
		if out, err = p.value(out, depth+1); err != nil {
			return nil, err
		}
		members = append(members, member{name, utf16.Encode([]rune(name)), start, len(out)})
		switch p.next() {
		case ',':
			p.i++
		case '}':
			p.i++
			more = false
		default:
			return nil, p.fail("neither , nor } after a member")
		}
	}
	slices.SortStableFunc(members, func(a, b member) int { return slices.Compare(a.units, b.units) })
	sorted := make([]byte, 0, len(out)-base+16*len(members))
	for i, m := range members {
		if i > 0 && m.name == members[i-1].name {
			return nil, p.fail("a member stands twice in the object that ends")
		}
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		sorted = appendString(append(sorted, sep), m.name)
		sorted = append(append(sorted, ':'), out[m.start:m.end]...)
	}
	return append(append(out[:base], sorted...), '}'), nil
}

// string reads a string, the position being at its first quotation mark.
func (p *parser) string() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.text) && p.text[p.i] != '"' && p.text[p.i] != '\\' && p.text[p.i] >= 0x20 {
		p.i++
	}
	s := append([]byte(nil), p.text[start:p.i]...)
	for p.i < len(p.text) {
		switch c := p.text[p.i]; {
		case c == '"':
			p.i++
			return string(s), nil
		case c < 0x20:
			return "", p.fail("control character in a string")
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			s = utf8.AppendRune(s, r)
		default:
			s = append(s, c)
			p.i++
		}
	}
	return "", p.fail("string without end")
}

func (p *parser) escape() (rune, error) {
	if p.i+1 >= len(p.text) {
		return 0, p.fail("escape without end")
	}
	c := p.text[p.i+1]
	p.i += 2
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return p.unicode()
	}
	return 0, p.fail("unknown escape")
}

// unicode reads what follows \u, and the second half of a surrogate pair.
func (p *parser) unicode() (rune, error) {
	r, ok := p.hex4()
	if !ok {
		return 0, p.fail("\\u without four hexadecimal digits")
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if p.i+1 < len(p.text) && p.text[p.i] == '\\' && p.text[p.i+1] == 'u' {
		p.i += 2
		if low, ok := p.hex4(); ok {
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				return r, nil
			}
		}
	}
	return 0, p.fail("lone surrogate")
}

func (p *parser) hex4() (rune, bool) {
	if p.i+4 > len(p.text) {
		return 0, false
	}
	var r rune
	for _, c := range p.text[p.i : p.i+4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	p.i += 4
	return r, true
}

func (p *parser) digits() bool {
	start := p.i
	for p.i < len(p.text) && '0' <= p.text[p.i] && p.text[p.i] <= '9' {
		p.i++
	}
	return p.i > start
}

// number reads a number (RFC 8259 §6) and writes the double nearest to it.
func (p *parser) number(out []byte) ([]byte, error) {
	start := p.i
	at := func(c byte) bool { return p.i < len(p.text) && p.text[p.i] == c }
	if at('-') {
		p.i++
	}
	if at('0') {
		p.i++
	} else if !p.digits() {
		return nil, p.fail("number without digits")
	}
	if at('.') {
		p.i++
		if !p.digits() {
			return nil, p.fail("number without digits after the point")
		}
	}
	if at('e') || at('E') {
		p.i++
		if at('+') || at('-') {
			p.i++
		}
		if !p.digits() {
			return nil, p.fail("number without digits in the exponent")
		}
	}
	f, err := strconv.ParseFloat(string(p.text[start:p.i]), 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, p.fail("number beyond a double")
	}
	return appendNumber(out, f), nil
}

// appendNumber writes a double as ECMAScript's Number::toString does (RFC 8785 §3.2.2.3): the shortest digits that give it
// back, in positional notation from 1e-6 up to below 1e21, otherwise with an exponent without leading zeros.
func appendNumber(out []byte, f float64) []byte {
	if f == 0 {
		return append(out, '0') // also of -0
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(out, f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64) // d.ddde±dd
	e := len(s) - 1
	for s[e] != 'e' {
		e--
	}
	digits := s[e+2:]
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	return append(append(out, s[:e+2]...), digits...)
}

// appendString writes a string (RFC 8785 §3.2.2.2).
func appendString(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, '\\', 'b')
		case '\f':
			out = append(out, '\\', 'f')
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		default:
			if c < 0x20 {
				out = fmt.Appendf(out, "\\u%04x", c)
			} else {
				out = append(out, c)
			}
		}
	}
	return append(out, '"')
}
