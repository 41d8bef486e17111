package jsondoc

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseKeepsNumbersAsWritten(t *testing.T) {
	v, err := Parse([]byte(` {"a": 1.10, "b": [-0, 1e+2, 12345678901234567890], "c": "\u00e9\ud83d\ude00\n"} `), DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a": json.Number("1.10"),
		"b": []any{json.Number("-0"), json.Number("1e+2"), json.Number("12345678901234567890")},
		"c": "é😀\n",
	}, v)
}

func TestParseRefuses(t *testing.T) {
	lim := Limits{Bytes: 200, Depth: 3, Values: 8}
	for name, c := range map[string]struct {
		text string
		err  error
	}{
		"duplicate member":          {`{"a":1,"a":1}`, ErrDuplicateName},
		"duplicate by escape":       {`{"a":1,"\u0061":1}`, ErrDuplicateName},
		"duplicate, nested":         {`{"x":{"a":1,"a":2}}`, ErrDuplicateName},
		"too deep":                  {`[[[[]]]]`, ErrLimit},
		"too many values":           {`[1,2,3,4,5,6,7,8]`, ErrLimit},
		"too long":                  {strings.Repeat(" ", 201), ErrLimit},
		"empty":                     {``, ErrSyntax},
		"text after the value":      {`{} {}`, ErrSyntax},
		"leading zero":              {`01`, ErrSyntax},
		"no digit after the point":  {`1.`, ErrSyntax},
		"no digit in the exponent":  {`1e`, ErrSyntax},
		"lone surrogate":            {`"\ud83d"`, ErrSyntax},
		"two high surrogates":       {`"\ud83d\ud83d"`, ErrSyntax},
		"not UTF-8":                 {"\"\xff\"", ErrSyntax},
		"not UTF-8, with an escape": {"\"\\n\xff\"", ErrSyntax},
		"control character":         {"\"\n\"", ErrSyntax},
		"unknown escape":            {`"\x"`, ErrSyntax},
		"unterminated":              {`"abc`, ErrSyntax},
		"unterminated escape":       {`"abc\`, ErrSyntax},
		"trailing comma":            {`[1,]`, ErrSyntax},
		"NaN":                       {`NaN`, ErrSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.text), lim)
			require.ErrorIs(t, err, c.err)
		})
	}
}

func TestPointers(t *testing.T) {
	tokens, err := ParsePointer("/a~1b/~01//0")
	require.NoError(t, err)
	require.Equal(t, []string{"a/b", "~1", "", "0"}, tokens)
	for _, bad := range []string{"a", "/~2", "/~", "/\xff"} {
		_, err := ParsePointer(bad)
		require.ErrorIs(t, err, ErrSyntax, bad)
	}
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.String().Draw(t, "token")
		got, err := ParsePointer("/" + EscapePointer(token))
		if err != nil || len(got) != 1 || got[0] != token {
			t.Fatalf("%q became %q, %v", token, got, err)
		}
	})
}

func TestCheckNormalises(t *testing.T) {
	v, err := Check(map[string]any{"a": 1, "b": 1.5, "c": []string{"x"}}, DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a": json.Number("1"), "b": json.Number("1.5"), "c": []any{"x"}}, v)
	for _, bad := range []any{struct{}{}, json.Number("1x"), json.Number(""), json.Number("true"), "\xff", []any{make(chan int)}} {
		_, err := Check(bad, DefaultLimits())
		require.ErrorIs(t, err, ErrSyntax)
	}
}

// FuzzParse holds Parse against encoding/json: what Parse accepts, the standard
// library accepts with the same value, and writing it back changes nothing.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,"x\n",null,true]}`, `"\ud83d\ude00"`, `[[[[]]]]`, `{"a":1,"a":2}`, `-0.0e-7`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Parse(b, DefaultLimits())
		if err != nil {
			return
		}
		dec := json.NewDecoder(strings.NewReader(string(b)))
		dec.UseNumber()
		var want any
		require.NoError(t, dec.Decode(&want))
		require.Equal(t, want, v)
		out, err := Marshal(v)
		require.NoError(t, err)
		again, err := Parse(out, Limits{Bytes: 8 * (len(b) + 1), Depth: 64, Values: 250_000})
		require.NoError(t, err)
		require.Equal(t, v, again)
	})
}
