package schema_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/vc/schema"
)

// The library evaluates every branch of every alternative. It is what the verdicts of this package must equal.
func library(text []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:panacea:schema", doc); err != nil {
		return nil, err
	}
	return c.Compile("urn:panacea:schema")
}

// fhir is HL7's schema of FHIR R4, compiled once.
var fhir = sync.OnceValues(func() (c struct {
	own     *schema.Schema
	library *jsonschema.Schema
}, err error) {
	text, err := os.ReadFile("../../../shared/data/fhir.schema.json")
	if err != nil {
		return c, err
	}
	if c.library, err = library(text); err != nil {
		return c, err
	}
	c.own, err = schema.Compile(context.Background(), "", text, schema.Options{})
	return c, err
})

func bundles(t testing.TB) map[string][]byte {
	files, err := filepath.Glob("../../../shared/data/fhir/*.json")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the FHIR bundles are not here")
	}
	out := map[string][]byte{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		out[filepath.Base(f)] = text
	}
	return out
}

// same asserts that the verdicts on a document are equal, and that a refusal says what is wrong.
func same(t interface {
	require.TestingT
	Helper()
}, own *schema.Schema, reference *jsonschema.Schema, doc any) bool {
	t.Helper()
	err := own.Validate(doc)
	want := reference.Validate(doc)
	if want == nil {
		require.NoError(t, err)
		return true
	}
	var violations *schema.ValidationError
	require.ErrorAs(t, err, &violations, "the library refuses: %v", want)
	require.NotEmpty(t, violations.Violations)
	return false
}

func TestFHIRBundlesAreJudgedAsByTheLibrary(t *testing.T) {
	all := bundles(t)
	c, err := fhir()
	require.NoError(t, err)
	for name, text := range all {
		d, err := schema.Parse(text, schema.DefaultLimits())
		require.NoError(t, err)
		require.NoError(t, c.own.ValidateDocument(d), name)
		if len(text) < 300_000 { // the library takes a second or two for each
			require.NoError(t, c.library.Validate(d.Value()), name)
		}
	}
}

// Resources of all kinds that the bundles have, each with something changed.
func TestChangedFHIRResourcesAreJudgedAsByTheLibrary(t *testing.T) {
	c, err := fhir()
	require.NoError(t, err)
	byType := map[string]map[string]any{}
	for _, text := range bundles(t) {
		d, err := schema.Parse(text, schema.DefaultLimits())
		require.NoError(t, err)
		for _, e := range d.Value().(map[string]any)["entry"].([]any) {
			r := e.(map[string]any)["resource"].(map[string]any)
			byType[r["resourceType"].(string)] = r
		}
	}
	types := slices.Sorted(maps.Keys(byType))
	require.Greater(t, len(types), 10)
	valid, invalid := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		doc := clone(byType[rapid.SampledFrom(types).Draw(t, "type")]).(map[string]any)
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			change(t, doc, types)
		}
		var whole any = doc
		if rapid.Bool().Draw(t, "inside a bundle") {
			whole = map[string]any{"resourceType": "Bundle", "type": "collection", "entry": []any{map[string]any{"resource": doc}}}
		}
		if same(t, c.own, c.library, whole) {
			valid++
		} else {
			invalid++
		}
	})
	require.Greater(t, valid, 5)
	require.Greater(t, invalid, 5)
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, clone(e))
		}
		return out
	}
	return v
}

// change alters one member somewhere in a document.
func change(t *rapid.T, doc map[string]any, types []string) {
	var objects []map[string]any
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			objects = append(objects, v)
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(v[k])
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
	m := rapid.SampledFrom(objects).Draw(t, "object")
	if len(m) == 0 {
		return
	}
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(m))).Draw(t, "member")
	switch rapid.IntRange(0, 5).Draw(t, "how") {
	case 0:
		delete(m, name)
	case 1:
		m[name] = rapid.SampledFrom([]any{nil, true, json.Number("1"), "", " x", []any{}, map[string]any{}, []any{nil}}).Draw(t, "value")
	case 2:
		m["unknown"] = m[name]
	case 3:
		doc["resourceType"] = rapid.SampledFrom(append(types, "Nothing", "")).Draw(t, "another type")
	case 4:
		delete(doc, "resourceType")
	case 5:
		doc["contained"] = []any{map[string]any{"resourceType": rapid.SampledFrom(types).Draw(t, "contained"), "id": "x"}}
	}
}

// Schemas are made of few names and values, so that documents of the same often meet what the schemas ask for.
var (
	names    = []string{"kind", "a", "b", "resourceType"}
	literals = []any{"x", "y", "z", "", json.Number("1"), json.Number("1.0"), json.Number("2.5"), true, nil, []any{"x"}, map[string]any{"a": json.Number("1")}}
)

func document(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kind := rapid.IntRange(0, 5).Draw(t, "kind of value")
		if depth == 0 || kind > 3 {
			return clone(rapid.SampledFrom(literals).Draw(t, "literal"))
		}
		if kind == 0 {
			return rapid.SliceOfN(document(depth-1), 0, 3).Draw(t, "items")
		}
		m := map[string]any{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 4).Draw(t, "names") {
			m[name] = document(depth-1).Draw(t, name)
		}
		return m
	})
}

func subschema(draft schema.Draft, depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		if rapid.IntRange(0, 12).Draw(t, "boolean") == 0 {
			return rapid.Bool().Draw(t, "always")
		}
		s := map[string]any{}
		sub := func(label string) any { return subschema(draft, depth-1).Draw(t, label) }
		subs := func(label string) []any {
			return rapid.SliceOfN(subschema(draft, depth-1), 1, 4).Draw(t, label)
		}
		name := func() string { return rapid.SampledFrom(names).Draw(t, "name") }
		for range rapid.IntRange(1, 3).Draw(t, "keywords") {
			pick := rapid.IntRange(0, 24).Draw(t, "keyword")
			if depth == 0 {
				pick %= 9
			}
			switch pick {
			case 0:
				s["type"] = rapid.SampledFrom([]any{"object", "string", "integer", "number", "array", []any{"string", "object"}, "null", "boolean"}).Draw(t, "type")
			case 1, 2:
				s["const"] = rapid.SampledFrom(literals).Draw(t, "const")
			case 3:
				s["enum"] = rapid.SliceOfNDistinct(rapid.SampledFrom(literals[:8]), 1, 3, func(v any) string { return fmt.Sprint(v) }).Draw(t, "enum")
			case 4:
				s["required"] = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 2, rapid.ID).Draw(t, "required")
				s["required"] = anys(s["required"].([]string))
			case 5:
				s["pattern"] = rapid.SampledFrom([]any{"^x", "", "[yz]"}).Draw(t, "pattern")
				s["minLength"] = json.Number("1")
			case 6:
				s["minimum"], s["multipleOf"] = json.Number("1"), json.Number("0.5")
			case 7:
				s["minProperties"], s["maxItems"], s["uniqueItems"] = json.Number("1"), json.Number("2"), true
			case 8:
				s["$ref"] = rapid.SampledFrom([]any{"#/definitions/kind", "#/definitions/branch"}).Draw(t, "ref")
			case 9, 10, 11:
				s["oneOf"] = branches(draft, depth).Draw(t, "oneOf")
			case 12, 13:
				s["anyOf"] = branches(draft, depth).Draw(t, "anyOf")
			case 14:
				s["oneOf"] = subs("oneOf")
			case 15:
				s["allOf"] = subs("allOf")
			case 16:
				s["not"] = sub("not")
			case 17, 18:
				s["properties"] = map[string]any{name(): sub("property"), name(): sub("property")}
			case 19:
				s["additionalProperties"] = sub("additional")
			case 20:
				s["items"], s["contains"] = sub("items"), sub("contains")
			case 21:
				s["if"], s["then"], s["else"] = sub("if"), sub("then"), sub("else")
			case 22:
				s["dependencies"] = map[string]any{name(): sub("dependency"), "b": []any{"a"}}
			case 23:
				s["patternProperties"], s["propertyNames"] = map[string]any{"^[ab]": sub("pattern")}, sub("names")
			case 24:
				s["items"] = subs("items")
				if draft == schema.Draft2020 {
					s["prefixItems"], s["items"] = s["items"], sub("rest")
				} else {
					s["additionalItems"] = sub("additional items")
				}
				s["dependentSchemas"], s["minContains"] = map[string]any{name(): sub("dependent")}, json.Number("1")
			}
		}
		return s
	})
}

func anys(names []string) (out []any) {
	for _, n := range names {
		out = append(out, n)
	}
	return out
}

// branches are alternatives that something may tell apart.
func branches(draft schema.Draft, depth int) *rapid.Generator[[]any] {
	return rapid.Custom(func(t *rapid.T) []any {
		property := rapid.SampledFrom(names).Draw(t, "discriminator")
		var out []any
		for range rapid.IntRange(1, 4).Draw(t, "branches") {
			b := map[string]any{"properties": map[string]any{"a": subschema(draft, depth-1).Draw(t, "a")}}
			switch rapid.IntRange(0, 4).Draw(t, "kind of branch") {
			case 0:
				b["properties"].(map[string]any)[property] = map[string]any{"enum": rapid.SampledFrom([]any{[]any{"x", "y"}, []any{"y", json.Number("1")}}).Draw(t, "values")}
			case 1:
				b["properties"].(map[string]any)[property] = map[string]any{"$ref": "#/definitions/kind"}
			case 2:
				if m, ok := subschema(draft, depth-1).Draw(t, "any").(map[string]any); ok {
					b = m
				}
			default:
				b["properties"].(map[string]any)[property] = map[string]any{"const": rapid.SampledFrom(literals[:6]).Draw(t, "value")}
			}
			if rapid.Bool().Draw(t, "required") {
				b["required"] = []any{property}
			}
			if rapid.Bool().Draw(t, "object") {
				b["type"] = "object"
			}
			if rapid.IntRange(0, 3).Draw(t, "wrapped") == 0 {
				b = map[string]any{"allOf": []any{b}}
			}
			out = append(out, b)
		}
		return out
	})
}

func TestRandomSchemasAreJudgedAsByTheLibrary(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		draft := rapid.SampledFrom([]schema.Draft{schema.Draft6, schema.Draft7, schema.Draft2019, schema.Draft2020}).Draw(t, "draft")
		root, ok := subschema(draft, 3).Draw(t, "schema").(map[string]any)
		if !ok {
			t.Skip("a boolean")
		}
		root["$schema"] = string(draft)
		root["definitions"] = map[string]any{
			"kind":   map[string]any{"const": "x"},
			"branch": map[string]any{"required": []any{"kind"}, "properties": map[string]any{"kind": map[string]any{"enum": []any{"x", "y"}}}},
		}
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		reference, err := library(text)
		if err != nil {
			t.Skip("not a schema") // such as a reference beside which an older draft ignores what another refers to
		}
		own, err := schema.Compile(t.Context(), "", text, schema.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if same(t, own, reference, document(3).Draw(t, "document")) {
				seen["valid"]++
			} else {
				seen["invalid"]++
			}
		}
	})
	require.Greater(t, seen["valid"], 50)
	require.Greater(t, seen["invalid"], 50)
}

// What is wrong is said of the branch that the document chose, where naive evaluation can only say that none matched.
func TestErrorsAreThoseOfTheChosenBranch(t *testing.T) {
	c, err := fhir()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("HL7's schema is not here: ", err)
	}
	require.NoError(t, err)
	for text, want := range map[string][]schema.Violation{
		`{"resourceType":"Patient","birthDate":"yesterday"}`: {{Instance: "/birthDate", Keyword: "pattern"}},
		`{"resourceType":"Patient","birthdate":"2020"}`:      {{Instance: "", Keyword: "additionalProperties"}},
		`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","status":7,"code":{}}}]}`: {
			{Instance: "/entry/0/resource/status", Keyword: "enum"}},
		`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Nothing"}}]}`: {{Instance: "/entry/0/resource", Keyword: "oneOf by resourceType"}},
		`{"entry":[]}`: {{Instance: "", Keyword: "required resourceType"}},
		`[]`:           {{Instance: "", Keyword: "oneOf"}}, // which every branch lets pass
	} {
		var v *schema.ValidationError
		require.ErrorAs(t, c.own.ValidateText([]byte(text)), &v, text)
		require.Equal(t, want, v.Violations, text)
		doc, err := schema.Parse([]byte(text), schema.DefaultLimits())
		require.NoError(t, err)
		require.Error(t, c.library.Validate(doc.Value()))
	}
}

// BenchmarkFHIR measures parsing, our evaluation and the library's in turns, and how many times as long as ours the library's takes.
func BenchmarkFHIR(b *testing.B) {
	all := bundles(b)
	c, err := fhir()
	require.NoError(b, err)
	for _, name := range slices.Sorted(maps.Keys(all))[:3] {
		text := all[name]
		d, err := schema.Parse(text, schema.DefaultLimits())
		require.NoError(b, err)
		short, _, _ := strings.Cut(name, "_")
		b.Run(fmt.Sprintf("%s-%dkB", short, len(text)/1000), func(b *testing.B) {
			var parse, own, library time.Duration
			measure := func(into *time.Duration, f func() error) {
				start := time.Now()
				require.NoError(b, f())
				*into += time.Since(start)
			}
			n := 0
			for b.Loop() {
				n++
				measure(&parse, func() error { _, err := schema.Parse(text, schema.DefaultLimits()); return err })
				measure(&own, func() error { return c.own.ValidateDocument(d) })
				measure(&library, func() error { return c.library.Validate(d.Value()) })
			}
			b.ReportMetric(float64(parse.Microseconds())/float64(n), "parse-µs")
			b.ReportMetric(float64(own.Microseconds())/float64(n), "own-µs")
			b.ReportMetric(float64(library.Microseconds())/float64(n), "library-µs")
			b.ReportMetric(float64(library)/float64(own), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}
