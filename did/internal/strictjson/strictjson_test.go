package strictjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var wide = Limits{Bytes: 1 << 16, Depth: 32, Values: 1 << 12}

func TestParseKeepsTheExactText(t *testing.T) {
	v, err := Parse([]byte(" { \"b\" : [ 1.0e+20 , -0.10, 12345678901234567890 ],\n\"a\":\"x\\u0041\\ud83d\\ude00 <&>\", \"n\": null } "), wide)
	require.NoError(t, err)
	require.Equal(t, `{"b":[1.0e+20,-0.10,12345678901234567890],"a":"x\u0041\ud83d\ude00 <&>","n":null}`, string(v.Raw))
	a, ok := v.Get("a")
	require.True(t, ok)
	require.Equal(t, "xA😀 <&>", a.Text)
	b, _ := v.Get("b")
	require.Equal(t, "12345678901234567890", string(b.Items[2].Raw))
	_, ok = v.Get("c")
	require.False(t, ok)
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"empty":                      {"", ErrSyntax},
		"white space only":           {" \n", ErrSyntax},
		"two values":                 {"1 2", ErrSyntax},
		"duplicate member":           {`{"a":1,"a":1}`, ErrDuplicate},
		"duplicate after unescaping": {`{"a":1,"\u0061":1}`, ErrDuplicate},
		"nested duplicate":           {`{"x":[{"a":1,"a":1}]}`, ErrDuplicate},
		"not UTF-8":                  {"\"\xff\"", ErrUTF8},
		"CESU surrogate":             {"\"\xed\xa0\x80\"", ErrUTF8},
		"lone high surrogate":        {`"\ud800"`, ErrUTF8},
		"lone low surrogate":         {`"\udc00"`, ErrUTF8},
		"high then letter":           {`"\ud800\u0041"`, ErrUTF8},
		"control character":          {"\"\x00\"", ErrSyntax},
		"unknown escape":             {`"\x"`, ErrSyntax},
		"short unicode escape":       {`"\u12"`, ErrSyntax},
		"no string end":              {`"abc`, ErrSyntax},
		"backslash at end":           {`"\`, ErrSyntax},
		"leading zero":               {"01", ErrSyntax},
		"minus alone":                {"-", ErrSyntax},
		"no fraction":                {"1.", ErrSyntax},
		"no exponent":                {"1e", ErrSyntax},
		"plus sign":                  {"+1", ErrSyntax},
		"NaN":                        {"NaN", ErrSyntax},
		"trailing comma":             {"[1,]", ErrSyntax},
		"trailing comma in object":   {`{"a":1,}`, ErrSyntax},
		"open object":                {`{"a":1`, ErrSyntax},
		"unquoted name":              {`{a:1}`, ErrSyntax},
		"no colon":                   {`{"a" 1}`, ErrSyntax},
		"byte order mark":            {"\ufeff{}", ErrSyntax},
		"too deep":                   {strings.Repeat("[", 33) + strings.Repeat("]", 33), ErrTooLarge},
		"deep without end":           {strings.Repeat("[", 1<<16), ErrTooLarge},
		"too many values":            {"[" + strings.Repeat("1,", 1<<12) + "1]", ErrTooLarge},
		"too many bytes":             {strings.Repeat(" ", 1<<16+1), ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.in), wide)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestAppendStringIsReadBack(t *testing.T) {
	for _, s := range []string{"", "plain", "<&>\u2028", "\"\\\n\r\t\b\f\x01\x1f\x7f", "é😀"} {
		v, err := Parse(AppendString(nil, s), wide)
		require.NoError(t, err)
		require.Equal(t, s, v.Text)
	}
}

// FuzzParse holds the parser against encoding/json: what it accepts, encoding/json accepts with the same meaning.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e-3,{"b":null}],"c":"\u00e9\n"}`, `[]`, `"\ud83d\ude00"`, `{"a":1,"a":2}`, "tru", "-0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := Parse(in, wide)
		if err != nil {
			return
		}
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, in))
		require.Equal(t, compact.String(), string(v.Raw))
		again, err := Parse(v.Raw, wide)
		require.NoError(t, err)
		require.Equal(t, v.Raw, again.Raw)
		if v.Kind == String {
			var s string
			require.NoError(t, json.Unmarshal(in, &s))
			require.Equal(t, s, v.Text)
		}
	})
}
