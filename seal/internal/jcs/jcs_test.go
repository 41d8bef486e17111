package jcs

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// RFC 8785 §3.2.2 and §3.2.3, and appendix B.
func TestRFC8785(t *testing.T) {
	for _, test := range [][2]string{
		{`{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}`, `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		{`{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
  "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		{` [ ] `, `[]`}, {`{ }`, `{}`}, {`-0`, `0`}, {`"\b\f\t"`, `"\b\f\t"`}, {"\"\x7f\"", "\"\x7f\""},
		{`{"a":{"c":1,"b":[{"z":1,"y":2}]},"":0}`, `{"":0,"a":{"b":[{"y":2,"z":1}],"c":1}}`},
	} {
		got, err := Canonical([]byte(test[0]))
		require.NoError(t, err)
		require.Equal(t, test[1], string(got))
	}
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0",
		0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992", 0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22", 0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23",
		0x444b1ae4d6e2ef4e: "999999999999999700000", 0x444b1ae4d6e2ef4f: "999999999999999900000", 0x444b1ae4d6e2ef50: "1e+21",
		0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7", 0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332", 0x41b3de4355555554: "333333333.33333325",
		0x41b3de4355555555: "333333333.3333333", 0x41b3de4355555556: "333333333.3333334", 0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333", 0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		require.Equal(t, want, string(appendNumber(nil, math.Float64frombits(bits))), "%016x", bits)
	}
}

func TestRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "nul", "truex", "[", "[1", "[1,", "[1,]", "{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a" 1}`,
		"01", "-", "1.", ".5", "1e", "1e+", "+1", "1e400", "-1e400", "NaN", "1 2", `"`, `"\`, `"\x"`, `"\u12"`, `"\u12G4"`, "\"\n\"",
		`"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, "\"\xff\"", "\xef\xbb\xbf1",
	} {
		_, err := Canonical([]byte(text))
		require.ErrorIs(t, err, ErrSyntax, "%q", text)
	}
	_, err := Canonical([]byte(strings.Repeat("[", MaxDepth+2)))
	require.ErrorIs(t, err, ErrLimit)
	_, err = Canonical([]byte(strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)))
	require.NoError(t, err)
	_, err = Canonical(make([]byte, MaxSize+1))
	require.ErrorIs(t, err, ErrLimit)
	_, err = Canonical([]byte(`{"secret":tru}`))
	require.NotContains(t, err.Error(), "secret")
}

// Whatever can be written as JSON has one canonical form, which is its own, and says the same.
func TestCanonicalIsStable(t *testing.T) {
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		kinds := []*rapid.Generator[any]{
			rapid.String().AsAny(), rapid.Float64().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil), rapid.Int().AsAny(),
		}
		if depth > 0 {
			kinds = append(kinds, rapid.SliceOfN(value(depth-1), 0, 4).AsAny(), rapid.MapOfN(rapid.String(), value(depth-1), 0, 4).AsAny())
		}
		return rapid.OneOf(kinds...)
	}
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(value(3).Draw(t, "value"))
		require.NoError(t, err)
		first, err := Canonical(text)
		require.NoError(t, err)
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, text, " ", "\t"))
		second, err := Canonical(indented.Bytes())
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
		again, err := Canonical(first)
		require.NoError(t, err)
		require.Equal(t, string(first), string(again))
		var a, b any
		require.NoError(t, json.Unmarshal(text, &a))
		require.NoError(t, json.Unmarshal(first, &b))
		require.Equal(t, a, b)
	})
}

// What is accepted is JSON to the standard library as well, and canonical after one pass.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,"x"],"b":null}`, `"\ud83d\ude00"`, `[[[]]]`, `-1.5e-7`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := Canonical(text)
		if err != nil {
			if !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrLimit) {
				t.Fatal(err)
			}
			return
		}
		if !json.Valid(text) || !json.Valid(out) {
			t.Fatal("accepted, but not JSON")
		}
		again, err := Canonical(out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("not stable: %q, %q, %v", out, again, err)
		}
	})
}
