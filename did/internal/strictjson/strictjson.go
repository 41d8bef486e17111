// Package strictjson reads JSON from strangers: RFC 8259 with the restrictions of I-JSON (RFC 7493) that make a text mean
// one thing only. It refuses what is too large, too deep or has too many values before it builds them, member names that
// stand twice in an object, text that is not UTF-8, and escapes of lone surrogates. Numbers are never converted: a Value
// keeps the exact text it was read from.
package strictjson

import (
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Errors of Parse, for errors.Is.
var (
	ErrTooLarge  = errors.New("JSON too large")
	ErrSyntax    = errors.New("JSON syntax")
	ErrDuplicate = errors.New("duplicate JSON member")
	ErrUTF8      = errors.New("JSON text is not valid UTF-8")
)

// Limits bounds a text: its bytes, the nesting of its objects and arrays, and the number of its values (each member's
// value, each element, and the whole, count one).
type Limits struct {
	Bytes  int
	Depth  int
	Values int
}

// Kind is the kind of a JSON value.
type Kind int

// The kinds.
const (
	Null Kind = iota + 1
	Bool
	Number
	String
	Array
	Object
)

// Value is a JSON value. The fields beside Kind and Raw are set for the kinds they name.
type Value struct {
	Kind    Kind
	Raw     []byte   // the exact text, with insignificant white space removed
	Text    string   // String: unescaped
	Items   []Value  // Array
	Members []Member // Object, in the order of the text
}

// Member is a member of an object.
type Member struct {
	Name  string
	Value Value
}

// Get returns the object's member of that name.
func (v Value) Get(name string) (Value, bool) {
	for _, m := range v.Members {
		if m.Name == name {
			return m.Value, true
		}
	}
	return Value{}, false
}

// Parse reads one JSON value that makes up all of b.
func Parse(b []byte, l Limits) (Value, error) {
	if len(b) > l.Bytes {
		return Value{}, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(b), l.Bytes)
	}
	if !utf8.Valid(b) {
		return Value{}, ErrUTF8
	}
	p := parser{in: b, out: make([]byte, 0, len(b)), limits: l}
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	p.space()
	if p.at != len(p.in) {
		return Value{}, p.syntax("text after the value")
	}
	return v, nil
}

// parser walks in and writes the compact text to out, which never grows beyond its capacity, so that every Raw may be a
// slice of it.
type parser struct {
	in     []byte
	at     int
	out    []byte
	values int
	limits Limits
}

func (p *parser) syntax(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrSyntax, what, p.at)
}

func (p *parser) space() {
	for p.at < len(p.in) {
		switch p.in[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// peek returns the next byte that is not white space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.at == len(p.in) {
		return 0
	}
	return p.in[p.at]
}

// take copies the next n bytes to the output.
func (p *parser) take(n int) {
	p.out = append(p.out, p.in[p.at:p.at+n]...)
	p.at += n
}

func (p *parser) value(depth int) (Value, error) {
	if p.values++; p.values > p.limits.Values {
		return Value{}, fmt.Errorf("%w: more than %d values", ErrTooLarge, p.limits.Values)
	}
	c := p.peek()
	start := len(p.out)
	var v Value
	var err error
	switch {
	case c == '{' || c == '[':
		if depth == p.limits.Depth {
			return Value{}, fmt.Errorf("%w: nested deeper than %d", ErrTooLarge, p.limits.Depth)
		}
		if c == '{' {
			v, err = p.object(depth + 1)
		} else {
			v, err = p.array(depth + 1)
		}
	case c == '"':
		v.Kind = String
		v.Text, err = p.text()
	case c == '-' || c >= '0' && c <= '9':
		v.Kind = Number
		err = p.number()
	default:
		v.Kind, err = p.literal()
	}
	if err != nil {
		return Value{}, err
	}
	v.Raw = p.out[start:len(p.out):len(p.out)]
	return v, nil
}

func (p *parser) literal() (Kind, error) {
	for _, l := range []struct {
		text string
		kind Kind
	}{{"null", Null}, {"true", Bool}, {"false", Bool}} {
		if len(p.in)-p.at >= len(l.text) && string(p.in[p.at:p.at+len(l.text)]) == l.text {
			p.take(len(l.text))
			return l.kind, nil
		}
	}
	return 0, p.syntax("no value")
}

func (p *parser) object(depth int) (Value, error) {
	v := Value{Kind: Object}
	seen := map[string]bool{}
	p.take(1)
	if p.peek() == '}' {
		p.take(1)
		return v, nil
	}
	for {
		if p.peek() != '"' {
			return Value{}, p.syntax("no member name")
		}
		name, err := p.text()
		if err != nil {
			return Value{}, err
		}
		if seen[name] {
			return Value{}, fmt.Errorf("%w: %.64q", ErrDuplicate, name)
		}
		seen[name] = true
		if p.peek() != ':' {
			return Value{}, p.syntax("no colon")
		}
		p.take(1)
		member, err := p.value(depth)
		if err != nil {
			return Value{}, err
		}
		v.Members = append(v.Members, Member{name, member})
		done, err := p.next('}')
		if done || err != nil {
			return v, err
		}
	}
}

func (p *parser) array(depth int) (Value, error) {
	v := Value{Kind: Array}
	p.take(1)
	if p.peek() == ']' {
		p.take(1)
		return v, nil
	}
	for {
		item, err := p.value(depth)
		if err != nil {
			return Value{}, err
		}
		v.Items = append(v.Items, item)
		done, err := p.next(']')
		if done || err != nil {
			return v, err
		}
	}
}

// next consumes the comma between two elements, or the bracket that closes.
func (p *parser) next(closing byte) (done bool, err error) {
	switch p.peek() {
	case closing:
		p.take(1)
		return true, nil
	case ',':
		p.take(1)
		return false, nil
	}
	return false, p.syntax("no comma or closing bracket")
}

// number consumes RFC 8259 §6: [ minus ] int [ frac ] [ exp ].
func (p *parser) number() error {
	if p.in[p.at] == '-' {
		p.take(1)
	}
	leadingZero := p.at < len(p.in) && p.in[p.at] == '0'
	n := p.digits()
	if n == 0 || leadingZero && n > 1 {
		return p.syntax("bad number")
	}
	if p.at < len(p.in) && p.in[p.at] == '.' {
		p.take(1)
		if p.digits() == 0 {
			return p.syntax("bad fraction")
		}
	}
	if p.at < len(p.in) && (p.in[p.at] == 'e' || p.in[p.at] == 'E') {
		p.take(1)
		if p.at < len(p.in) && (p.in[p.at] == '+' || p.in[p.at] == '-') {
			p.take(1)
		}
		if p.digits() == 0 {
			return p.syntax("bad exponent")
		}
	}
	return nil
}

func (p *parser) digits() int {
	n := 0
	for p.at+n < len(p.in) && p.in[p.at+n] >= '0' && p.in[p.at+n] <= '9' {
		n++
	}
	p.take(n)
	return n
}

// text consumes a string and returns it unescaped.
func (p *parser) text() (string, error) {
	p.take(1)
	var s []byte
	for {
		if p.at == len(p.in) {
			return "", p.syntax("string without end")
		}
		switch c := p.in[p.at]; {
		case c == '"':
			p.take(1)
			return string(s), nil
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			s = utf8.AppendRune(s, r)
		case c < 0x20:
			return "", p.syntax("control character in a string")
		default:
			s = append(s, c)
			p.take(1)
		}
	}
}

func (p *parser) escape() (rune, error) {
	if p.at+1 == len(p.in) {
		return 0, p.syntax("string without end")
	}
	c := p.in[p.at+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return p.unicodeEscape()
	default:
		return 0, p.syntax("unknown escape")
	}
	p.take(2)
	return rune(c), nil
}

// unicodeEscape consumes \uXXXX, or the two of a surrogate pair.
func (p *parser) unicodeEscape() (rune, error) {
	r, ok := p.hex4(p.at)
	if !ok {
		return 0, p.syntax("bad \\u escape")
	}
	if !utf16.IsSurrogate(r) {
		p.take(6)
		return r, nil
	}
	low, ok := p.hex4(p.at + 6)
	r = utf16.DecodeRune(r, low)
	if !ok || r == utf8.RuneError {
		return 0, fmt.Errorf("%w: lone surrogate escape at byte %d", ErrUTF8, p.at)
	}
	p.take(12)
	return r, nil
}

// hex4 reads \uXXXX at position i without consuming it.
func (p *parser) hex4(i int) (rune, bool) {
	if len(p.in)-i < 6 || p.in[i] != '\\' || p.in[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range p.in[i+2 : i+6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// AppendString writes s as a JSON string with the escapes that RFC 8259 §7 requires and no others. Bytes of s that are not
// UTF-8 become U+FFFD.
func AppendString(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, '\\', 'n')
		case r == '\r':
			out = append(out, '\\', 'r')
		case r == '\t':
			out = append(out, '\\', 't')
		case r == '\b':
			out = append(out, '\\', 'b')
		case r == '\f':
			out = append(out, '\\', 'f')
		case r < 0x20:
			out = append(out, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}
