// Package jsondoc reads, writes and walks JSON documents that come from outside.
//
// A document is a tree of map[string]any, []any, string, json.Number, bool and nil.
// Parse refuses what encoding/json lets pass and what a signature must never cover
// in two ways: a member named twice, text that is not UTF-8, a lone surrogate, and
// anything after the value. Numbers keep their digits as they were written, so that
// 1.10 stays 1.10.
//
// Trees are shared freely between the packages under vc and are never modified once
// they have been parsed; use Clone for a tree to change.
package jsondoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	// ErrSyntax is returned for text that is not one JSON value (RFC 8259).
	ErrSyntax = errors.New("jsondoc: not valid JSON")
	// ErrDuplicateName is returned for an object that names a member twice.
	ErrDuplicateName = errors.New("jsondoc: object names a member twice")
	// ErrLimit is returned for a document that is larger or deeper than allowed.
	ErrLimit = errors.New("jsondoc: document exceeds a limit")
)

// Limits bounds what Parse and Check accept. All three bounds are inclusive.
type Limits struct {
	Bytes  int // length of the text, in bytes
	Depth  int // nesting of arrays and objects
	Values int // number of values, member names not counted
}

// DefaultLimits fits a FHIR bundle of a few megabytes.
func DefaultLimits() Limits {
	return Limits{Bytes: 4 << 20, Depth: 64, Values: 250_000}
}

// Parse reads exactly one JSON value.
func Parse(b []byte, lim Limits) (any, error) {
	if len(b) > lim.Bytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrLimit, len(b), lim.Bytes)
	}
	p := parser{b: b, lim: lim}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.i != len(p.b) {
		return nil, p.syntax("text after the value")
	}
	return v, nil
}

// ParseObject reads exactly one JSON object.
func ParseObject(b []byte, lim Limits) (map[string]any, error) {
	v, err := Parse(b, lim)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: not an object", ErrSyntax)
	}
	return m, nil
}

type parser struct {
	b      []byte
	i      int
	lim    Limits
	values int
}

func (p *parser) syntax(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrSyntax, what, p.i)
}

func (p *parser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (any, error) {
	p.space()
	if p.i == len(p.b) {
		return nil, p.syntax("text ends where a value is expected")
	}
	if p.values++; p.values > p.lim.Values {
		return nil, fmt.Errorf("%w: more than %d values", ErrLimit, p.lim.Values)
	}
	switch c := p.b[p.i]; {
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '"':
		return p.str()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case p.literal("true"):
		return true, nil
	case p.literal("false"):
		return false, nil
	case p.literal("null"):
		return nil, nil
	}
	return nil, p.syntax("unexpected character")
}

func (p *parser) literal(s string) bool {
	if bytes.HasPrefix(p.b[p.i:], []byte(s)) {
		p.i += len(s)
		return true
	}
	return false
}

// take consumes c after optional white space and reports whether it was there.
func (p *parser) take(c byte) bool {
	p.space()
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) object(depth int) (any, error) {
	if depth > p.lim.Depth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrLimit, p.lim.Depth)
	}
	p.i++ // '{'
	m := make(map[string]any, 8)
	if p.take('}') {
		return m, nil
	}
	for {
		p.space()
		if p.i == len(p.b) || p.b[p.i] != '"' {
			return nil, p.syntax("a member name is expected")
		}
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("%w: %q", ErrDuplicateName, name)
		}
		if !p.take(':') {
			return nil, p.syntax("':' is expected")
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		m[name] = v
		if p.take('}') {
			return m, nil
		}
		if !p.take(',') {
			return nil, p.syntax("',' or '}' is expected")
		}
	}
}

func (p *parser) array(depth int) (any, error) {
	if depth > p.lim.Depth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrLimit, p.lim.Depth)
	}
	p.i++ // '['
	a := []any{}
	if p.take(']') {
		return a, nil
	}
	for {
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
		if p.take(']') {
			return a, nil
		}
		if !p.take(',') {
			return nil, p.syntax("',' or ']' is expected")
		}
	}
}

func (p *parser) number() (any, error) {
	start := p.i
	digits := func() bool {
		from := p.i
		for p.i < len(p.b) && '0' <= p.b[p.i] && p.b[p.i] <= '9' {
			p.i++
		}
		return p.i > from
	}
	p.literal("-")
	intStart := p.i
	if !digits() {
		return nil, p.syntax("a digit is expected")
	}
	if p.b[intStart] == '0' && p.i > intStart+1 {
		return nil, p.syntax("a number starts with a needless zero")
	}
	if p.literal(".") && !digits() {
		return nil, p.syntax("a digit is expected")
	}
	if p.literal("e") || p.literal("E") {
		if !p.literal("+") {
			p.literal("-")
		}
		if !digits() {
			return nil, p.syntax("a digit is expected")
		}
	}
	return json.Number(p.b[start:p.i]), nil
}

func (p *parser) str() (string, error) {
	p.i++ // '"'
	start := p.i
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			s := string(p.b[start:p.i])
			p.i++
			if !utf8.ValidString(s) {
				return "", p.syntax("text is not UTF-8")
			}
			return s, nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", p.syntax("a control character in a string")
		}
		p.i++
	}
	return "", p.syntax("text ends inside a string")
}

// escaped reads the rest of a string that has at least one escape.
func (p *parser) escaped(start int) (string, error) {
	out := append([]byte(nil), p.b[start:p.i]...)
	for p.i < len(p.b) {
		c := p.b[p.i]
		switch {
		case c == '"':
			p.i++
			if !utf8.Valid(out) {
				return "", p.syntax("text is not UTF-8")
			}
			return string(out), nil
		case c < 0x20:
			return "", p.syntax("a control character in a string")
		case c != '\\':
			out = append(out, c)
			p.i++
			continue
		}
		if p.i+1 >= len(p.b) {
			break
		}
		p.i += 2
		switch e := p.b[p.i-1]; e {
		case '"', '\\', '/':
			out = append(out, e)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, err := p.codePoint()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", p.syntax("unknown escape")
		}
	}
	return "", p.syntax("text ends inside a string")
}

func (p *parser) codePoint() (rune, error) {
	r, err := p.hex4()
	if err != nil {
		return 0, err
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if !p.literal(`\u`) {
		return 0, p.syntax("a lone surrogate")
	}
	low, err := p.hex4()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, p.syntax("a lone surrogate")
	}
	return r, nil
}

func (p *parser) hex4() (rune, error) {
	if p.i+4 > len(p.b) {
		return 0, p.syntax("text ends inside an escape")
	}
	var r rune
	for _, c := range p.b[p.i : p.i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, p.syntax("a hexadecimal digit is expected")
		}
		r = r<<4 | rune(c)
	}
	p.i += 4
	return r, nil
}

// Marshal writes v with sorted member names and without HTML escapes.
func Marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("jsondoc: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// Check verifies that a tree that did not come from Parse is of the types that Parse
// makes and within the limits; it returns the tree with int, int64 and float64
// turned into json.Number, []string into []any. The input is not modified.
func Check(v any, lim Limits) (any, error) {
	values := 0
	return check(v, lim, 0, &values)
}

func check(v any, lim Limits, depth int, values *int) (any, error) {
	if *values++; *values > lim.Values {
		return nil, fmt.Errorf("%w: more than %d values", ErrLimit, lim.Values)
	}
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("%w: text is not UTF-8", ErrSyntax)
		}
		return v, nil
	case json.Number:
		p := parser{b: []byte(v), lim: lim}
		if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
			return nil, fmt.Errorf("%w: %q is not a number", ErrSyntax, string(v))
		}
		if _, err := p.number(); err != nil || p.i != len(p.b) {
			return nil, fmt.Errorf("%w: %q is not a number", ErrSyntax, string(v))
		}
		return v, nil
	case int, int64, float64:
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrSyntax, err)
		}
		return json.Number(b), nil
	case []string:
		a := make([]any, len(v))
		for i, s := range v {
			a[i] = s
		}
		return check(a, lim, depth, values)
	case []any:
		if depth++; depth > lim.Depth {
			return nil, fmt.Errorf("%w: nested deeper than %d", ErrLimit, lim.Depth)
		}
		out := make([]any, len(v))
		for i := range v {
			c, err := check(v[i], lim, depth, values)
			if err != nil {
				return nil, err
			}
			out[i] = c
		}
		return out, nil
	case map[string]any:
		if depth++; depth > lim.Depth {
			return nil, fmt.Errorf("%w: nested deeper than %d", ErrLimit, lim.Depth)
		}
		out := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if !utf8.ValidString(k) {
				return nil, fmt.Errorf("%w: text is not UTF-8", ErrSyntax)
			}
			c, err := check(v[k], lim, depth, values)
			if err != nil {
				return nil, err
			}
			out[k] = c
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: a %T is not a JSON value", ErrSyntax, v)
}

// Clone copies a tree, so that the copy can be changed.
func Clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = Clone(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Clone(e)
		}
		return out
	}
	return v
}

// AsArray returns v itself if it is an array, nothing if it is absent or null, and
// otherwise an array of just v.
func AsArray(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// EscapePointer writes one reference token of a JSON Pointer (RFC 6901 §3).
func EscapePointer(token string) string {
	if !strings.ContainsAny(token, "~/") {
		return token
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}

// ParsePointer splits a JSON Pointer into its reference tokens (RFC 6901 §3, §4).
// The empty pointer, which means the whole document, has none.
func ParsePointer(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	if s[0] != '/' || !utf8.ValidString(s) {
		return nil, fmt.Errorf("%w: %q is not a JSON pointer", ErrSyntax, s)
	}
	tokens := strings.Split(s[1:], "/")
	for i, t := range tokens {
		if !strings.Contains(t, "~") {
			continue
		}
		rest := strings.ReplaceAll(strings.ReplaceAll(t, "~0", ""), "~1", "")
		if strings.Contains(rest, "~") {
			return nil, fmt.Errorf("%w: %q is not a JSON pointer", ErrSyntax, s)
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	return tokens, nil
}

// Canonical writes v by the JSON Canonicalization Scheme (RFC 8785). Numbers become
// IEEE 754 doubles, as the scheme demands.
func Canonical(v any) ([]byte, error) { return appendCanonical(nil, v) }

func appendCanonical(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case string:
		return appendString(b, v), nil
	case json.Number:
		return appendNumber(b, string(v))
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendCanonical(b, e); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case map[string]any:
		keys := slices.Collect(maps.Keys(v))
		slices.SortFunc(keys, compareUTF16)
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, k), ':')
			var err error
			if b, err = appendCanonical(b, v[k]); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
	return nil, fmt.Errorf("%w: a %T is not a JSON value", ErrSyntax, v)
}

// compareUTF16 orders member names as RFC 8785 §3.2.3 does.
func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// appendString follows RFC 8785 §3.2.2.2.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if j := strings.IndexByte("\b\t\n\f\r\"\\", c); j >= 0 {
			b = append(b, '\\', `btnfr"\`[j])
		} else if c < 0x20 {
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// appendNumber follows RFC 8785 §3.2.2.3, which is ECMAScript's Number to String.
func appendNumber(b []byte, s string) ([]byte, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: number %s is out of range", ErrSyntax, s)
	}
	if f == 0 {
		return append(b, '0'), nil
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64), nil
	}
	text := strconv.FormatFloat(f, 'e', -1, 64) // 1e-07, 1.5e+21
	mantissa, exponent, _ := strings.Cut(text, "e")
	return append(b, mantissa+"e"+exponent[:1]+strings.TrimLeft(exponent[1:], "0")...), nil
}
