package schema

import (
	"encoding/json"
	"hash/maphash"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pointer is as long as the names on the way, and a document breaks its schema as often as it has values.
func TestWhatIsKeptOfViolationsIsBounded(t *testing.T) {
	name := strings.Repeat("ä", 1<<19) // 1 MiB
	document := `{"` + name + `":[` + strings.Repeat("1,", 2000) + `1],"missing":{}}`
	const rules = `"additionalProperties":{"items":{"type":"string"}},"properties":{"missing":{"required":["`
	for engine, text := range map[string]string{
		"ours":        `{"$schema":"https://json-schema.org/draft/2020-12/schema",` + rules,
		"the library": `{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"a","not":{"not":{"properties":{"x":{"$dynamicRef":"#a"}}}},` + rules,
	} {
		t.Run(engine, func(t *testing.T) {
			s, err := Compile(t.Context(), "", []byte(text+name+`","x"]}}}`), Options{})
			require.NoError(t, err)
			require.Equal(t, engine == "ours", s.program != nil)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err = s.ValidateText([]byte(document))
			runtime.ReadMemStats(&after)
			require.ErrorIs(t, err, ErrInvalid)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100<<20))
			require.Less(t, len(err.Error()), 16<<10)
			require.Contains(t, err.Error(), "/"+strings.Repeat("ä", maximumName/2)+"…/0: type string")
			require.Contains(t, err.Error(), "/missing: required x, ää")
		})
	}
}

func TestPointersAreCut(t *testing.T) {
	tokens := func(yield func(string) bool) {
		for yield(strings.Repeat("~", 100)) {
		}
	}
	require.LessOrEqual(t, len(pointerOf(tokens)), maximumPointer+2*maximumName+len("/…/…"))
	require.Equal(t, "/a~1b/0", pointerOf(func(yield func(string) bool) { _ = yield("a/b") && yield("0") }))
}

// Values that differ must not be made to have one digest, or an array of them is compared all with all.
func TestDigestsTellValuesApart(t *testing.T) {
	seed := maphash.MakeSeed()
	seen := map[uint64]string{}
	for _, text := range []string{
		`["a\u0004b"]`, `["a","b"]`, `["ab"]`, `[["a"],"b"]`, `[["a","b"]]`, `{"a":"b"}`, `{"a":{"b":null}}`, `[1,2]`, `[12]`, `[0,false]`, `[null,null]`, `[[],[]]`, `[[[]]]`, `"1"`, `1`,
	} {
		var v any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		require.NoError(t, d.Decode(&v))
		var h maphash.Hash
		h.SetSeed(seed)
		digest(&h, v)
		require.Empty(t, seen[h.Sum64()], text)
		seen[h.Sum64()] = text
	}
}
