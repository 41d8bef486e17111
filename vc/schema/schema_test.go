package schema_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did/multibase"
	"github.com/medibloc/panacea/vc/schema"
)

var now = time.Date(2024, 4, 5, 14, 27, 42, 0, time.UTC)

// email is the specification's example of a schema (§3.1).
const email = `{
  "$id": "https://example.com/schemas/email.json",
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "EmailCredential",
  "description": "EmailCredential using JsonSchema",
  "type": "object",
  "properties": {
    "credentialSubject": {
      "type": "object",
      "properties": {"emailAddress": {"type": "string", "format": "email"}},
      "required": ["emailAddress"]
    }
  }
}`

const emailURL = "https://example.com/schemas/email.json"

func credential(address any) map[string]any {
	subject := map[string]any{"id": "did:example:ebfeb1f712ebc6f1c276e12ec21"}
	if address != nil {
		subject["emailAddress"] = address
	}
	return map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiableCredential", "EmailCredential"},
		"issuer": "https://example.com/issuers/14", "credentialSubject": subject,
	}
}

func only(url, text string) schema.Resolver {
	return func(_ context.Context, u string) ([]byte, error) {
		if u != url {
			return nil, fmt.Errorf("no %s here", u)
		}
		return []byte(text), nil
	}
}

func TestPublishedExamples(t *testing.T) {
	entry := map[string]any{"id": emailURL, "type": "JsonSchema"}
	for name, c := range map[string]struct {
		address any
		text    string
		want    schema.Outcome
		err     error
	}{
		"success":                     {"subject@example.com", email, schema.Success, nil},
		"failure":                     {"not an email", email, schema.Failure, schema.ErrInvalid},
		"missing":                     {nil, email, schema.Failure, schema.ErrInvalid},
		"indeterminate, draft 4":      {"subject@example.com", strings.Replace(email, "https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-04/schema#", 1), schema.Indeterminate, schema.ErrDraft},
		"indeterminate, no $schema":   {"subject@example.com", `{"type":"object"}`, schema.Indeterminate, schema.ErrDraft},
		"indeterminate, not a schema": {"subject@example.com", `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"objekt"}`, schema.Indeterminate, schema.ErrSchema},
	} {
		t.Run(name, func(t *testing.T) {
			checker := schema.Checker{Resolver: only(emailURL, c.text)}
			for range 2 { // the second time from the cache
				got, err := checker.Check(t.Context(), credential(c.address), entry, now)
				require.Equal(t, c.want, got)
				if c.err == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, c.err)
				}
			}
		})
	}
}

func TestErrorsNamePlacesNotValues(t *testing.T) {
	checker := schema.Checker{Resolver: only(emailURL, email)}
	_, err := checker.Check(t.Context(), credential("someone's diagnosis"), map[string]any{"id": emailURL, "type": "JsonSchema"}, now)
	var v *schema.ValidationError
	require.ErrorAs(t, err, &v)
	require.Equal(t, []schema.Violation{{"/credentialSubject/emailAddress", "format"}}, v.Violations)
	require.NotContains(t, err.Error(), "diagnosis")
	_, err = checker.Check(t.Context(), credential(nil), map[string]any{"id": emailURL, "type": "JsonSchema"}, now)
	require.EqualError(t, err, "schema: the document does not conform to the schema: /credentialSubject: required emailAddress")
}

func TestDigests(t *testing.T) {
	sha384 := sha512.Sum384([]byte(email))
	sha256sum := sha256.Sum256([]byte(email))
	sri384 := "sha384-" + base64.StdEncoding.EncodeToString(sha384[:])
	sri256 := "sha256-" + base64.StdEncoding.EncodeToString(sha256sum[:])
	zero384 := "sha384-" + base64.StdEncoding.EncodeToString(make([]byte, 48))
	for name, c := range map[string]struct {
		property string
		value    any
		err      error
	}{
		"sha384":                {"digestSRI", sri384, nil},
		"sha256":                {"digestSRI", sri256, nil},
		"one of two":            {"digestSRI", zero384 + " " + sri384, nil},
		"strongest counts":      {"digestSRI", sri256 + " " + zero384, schema.ErrDigest},
		"other bytes":           {"digestSRI", zero384, schema.ErrDigest},
		"unknown function":      {"digestSRI", "md5-AAAA", schema.ErrEntry},
		"not base64":            {"digestSRI", "sha256-!", schema.ErrEntry},
		"empty":                 {"digestSRI", "", schema.ErrEntry},
		"not a string":          {"digestSRI", true, schema.ErrEntry},
		"multihash":             {"digestMultibase", multibase.Encode(multibase.Base58BTC, append([]byte{0x12, 0x20}, sha256sum[:]...)), nil},
		"multihash, other":      {"digestMultibase", multibase.Encode(multibase.Base64URL, append([]byte{0x12, 0x20}, make([]byte, 32)...)), schema.ErrDigest},
		"multihash, sha3":       {"digestMultibase", multibase.Encode(multibase.Base64URL, append([]byte{0x16, 0x20}, make([]byte, 32)...)), schema.ErrEntry},
		"multihash, not base58": {"digestMultibase", "z0", schema.ErrEntry},
	} {
		t.Run(name, func(t *testing.T) {
			checker := schema.Checker{Resolver: only(emailURL, email)}
			entry := map[string]any{"id": emailURL, "type": "JsonSchema", c.property: c.value}
			got, err := checker.Check(t.Context(), credential("subject@example.com"), entry, now)
			if c.err == nil {
				require.NoError(t, err)
				require.Equal(t, schema.Success, got)
				return
			}
			require.ErrorIs(t, err, c.err)
			require.Equal(t, schema.Indeterminate, got)
		})
	}
}

func TestJsonSchemaCredential(t *testing.T) {
	const url = "https://example.com/credentials/3734"
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(email), &body))
	good := func() map[string]any {
		return map[string]any{
			"id": url, "type": []any{"VerifiableCredential", "JsonSchemaCredential"}, "issuer": "https://example.com/issuers/14",
			"credentialSubject": map[string]any{"id": emailURL, "type": "JsonSchema", "jsonSchema": body},
		}
	}
	subject := func(m map[string]any) map[string]any { return m["credentialSubject"].(map[string]any) }
	for name, c := range map[string]struct {
		change func(map[string]any)
		err    error
		want   schema.Outcome
		reason error
	}{
		"as published":         {want: schema.Success},
		"schema elsewhere":     {change: func(m map[string]any) { subject(m)["jsonSchema"] = map[string]any{"$ref": emailURL} }, want: schema.Success},
		"proof is wrong":       {err: errors.New("wrong proof"), reason: schema.ErrResolve},
		"another credential":   {change: func(m map[string]any) { m["id"] = "https://example.com/1" }, reason: schema.ErrEntry},
		"another type":         {change: func(m map[string]any) { m["type"] = "VerifiableCredential" }, reason: schema.ErrEntry},
		"no schema":            {change: func(m map[string]any) { delete(subject(m), "jsonSchema") }, reason: schema.ErrEntry},
		"subject of other typ": {change: func(m map[string]any) { subject(m)["type"] = "X" }, reason: schema.ErrEntry},
		"no $schema":           {change: func(m map[string]any) { subject(m)["jsonSchema"] = map[string]any{"type": "object"} }, reason: schema.ErrDraft},
	} {
		t.Run(name, func(t *testing.T) {
			doc := good()
			if c.change != nil {
				c.change(doc)
			}
			checker := schema.Checker{
				Resolver:   only(emailURL, email),
				Credential: func(context.Context, string, time.Time) (map[string]any, error) { return doc, c.err },
			}
			entry := map[string]any{"id": url, "type": "JsonSchemaCredential"}
			got, err := checker.Check(t.Context(), credential("subject@example.com"), entry, now)
			if c.reason != nil {
				require.ErrorIs(t, err, c.reason)
				require.Equal(t, schema.Indeterminate, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			got, err = checker.Check(t.Context(), credential("x"), entry, now)
			require.Equal(t, schema.Failure, got)
			require.ErrorIs(t, err, schema.ErrInvalid)
		})
	}
}

func TestMalformedEntries(t *testing.T) {
	checker := schema.Checker{}
	for name, c := range map[string]struct {
		entry map[string]any
		want  error
	}{
		"no id":             {map[string]any{"type": "JsonSchema"}, schema.ErrEntry},
		"id is relative":    {map[string]any{"id": "schema.json", "type": "JsonSchema"}, schema.ErrEntry},
		"unknown type":      {map[string]any{"id": emailURL, "type": "XmlSchema"}, schema.ErrEntry},
		"no resolver":       {map[string]any{"id": emailURL, "type": "JsonSchema"}, schema.ErrResolve},
		"no credential":     {map[string]any{"id": emailURL, "type": []any{"JsonSchemaCredential"}}, schema.ErrResolve},
		"file is not read":  {map[string]any{"id": "file:///etc/passwd", "type": "JsonSchema"}, schema.ErrResolve},
		"empty object":      {map[string]any{}, schema.ErrEntry},
		"no object at all":  {nil, schema.ErrEntry},
		"id is not a texts": {map[string]any{"id": 3, "type": "JsonSchema"}, schema.ErrEntry},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := checker.Check(t.Context(), credential(nil), c.entry, now)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, schema.Indeterminate, got)
		})
	}
}

func TestEveryDraft(t *testing.T) {
	for _, d := range []schema.Draft{schema.Draft6, schema.Draft7, schema.Draft2019, schema.Draft2020} {
		for _, suffix := range []string{"", "#"} {
			s, err := schema.Compile(t.Context(), "", []byte(`{"$schema":"`+string(d)+suffix+`","properties":{"a":{"const":1}},"required":["a"]}`), schema.Options{})
			require.NoError(t, err, d)
			require.NoError(t, s.ValidateText([]byte(`{"a":1.0}`)))
			require.ErrorIs(t, s.ValidateText([]byte(`{"a":2}`)), schema.ErrInvalid)
			require.ErrorIs(t, s.ValidateText([]byte(`{"a":1`)), schema.ErrInvalid)
			require.ErrorIs(t, s.ValidateText([]byte(`{"a":1,"a":2}`)), schema.ErrInvalid)
		}
		s, err := schema.Compile(t.Context(), "", []byte(`{"const":1}`), schema.Options{Draft: d})
		require.NoError(t, err)
		require.NoError(t, s.Validate(json.Number("1")))
	}
}

const s2020 = `"$schema":"https://json-schema.org/draft/2020-12/schema"`

// doubling makes a schema that asks for 2ⁿ evaluations of one value.
func doubling(draft string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"$schema":%q,"$ref":"#/definitions/d0","definitions":{`, draft)
	for i := range n {
		fmt.Fprintf(&b, `"d%d":{"allOf":[{"$ref":"#/definitions/d%d"},{"$ref":"#/definitions/d%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"d%d":{"type":"object"}}}`, n)
	return b.String()
}

func TestHostileSchemas(t *testing.T) {
	chain := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/d0","definitions":{`)
		for i := range n {
			fmt.Fprintf(&b, `"d%d":{"$ref":"#/definitions/d%d"},`, i, i+1)
		}
		fmt.Fprintf(&b, `"d%d":{}}}`, n)
		return b.String()
	}
	patterns := func(p string, n int) string {
		return `{` + s2020 + `,"allOf":[` + strings.TrimSuffix(strings.Repeat(`{"pattern":"`+p+`"},`, n), ",") + `]}`
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"not JSON":                  {`{`, schema.ErrSchema},
		"two members of a name":     {`{` + s2020 + `,"a":1,"a":2}`, schema.ErrSchema},
		"a number":                  {`1`, schema.ErrSchema},
		"a boolean":                 {`true`, schema.ErrDraft},
		"$schema is no text":        {`{"$schema":1}`, schema.ErrDraft},
		"own meta-schema":           {`{"$schema":"https://evil.example/meta"}`, schema.ErrDraft},
		"reference to the web":      {`{` + s2020 + `,"$ref":"https://evil.example/x"}`, schema.ErrResolve},
		"reference to a file":       {`{` + s2020 + `,"$ref":"file:///etc/passwd"}`, schema.ErrResolve},
		"dangling reference":        {`{` + s2020 + `,"$ref":"#/nowhere"}`, schema.ErrSchema},
		"refers to itself":          {`{` + s2020 + `,"allOf":[{"$ref":"#"}]}`, schema.ErrSchema},
		"references in a circle":    {`{` + s2020 + `,"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}`, schema.ErrSchema},
		"long chain of references":  {chain(5000), schema.ErrLimit},
		"deep":                      {`{` + s2020 + `,"x":` + strings.Repeat(`{"not":`, 70) + `{}` + strings.Repeat(`}`, 70) + `}`, schema.ErrLimit},
		"many values":               {`{` + s2020 + `,"enum":[` + strings.Repeat("0,", 70000) + `1]}`, schema.ErrLimit},
		"many subschemas":           {`{` + s2020 + `,"allOf":[` + strings.Repeat("true,", 20000) + `true]}`, schema.ErrLimit},
		"pattern that backtracks":   {`{` + s2020 + `,"pattern":"^(?=a)"}`, schema.ErrSchema},
		"pattern of a million":      {patterns("(x{1000}){1000}", 1), schema.ErrSchema},
		"pattern of many repeats":   {patterns("(abcdefghijklmnopqrstuvwxyzabcd){1000}", 1), schema.ErrLimit},
		"many middling patterns":    {patterns("(abcdefghijklmnopqr){900}", 200), schema.ErrLimit},
		"number of gigabytes":       {`{` + s2020 + `,"multipleOf":1e-100000}`, schema.ErrLimit},
		"multiple of zero":          {`{` + s2020 + `,"multipleOf":0}`, schema.ErrSchema},
		"a key with a zero":         {`{` + s2020 + `,"$id":"http://[::1"}`, schema.ErrSchema},
		"properties are not object": {`{` + s2020 + `,"properties":[]}`, schema.ErrSchema},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := schema.Compile(t.Context(), "https://example.com/s", []byte(c.text), schema.Options{})
			require.ErrorIs(t, err, c.want)
			require.Less(t, time.Since(start), 10*time.Second)
			require.Less(t, len(err.Error()), 2000)
		})
	}
	_, err := schema.Compile(t.Context(), "relative.json", []byte(email), schema.Options{})
	require.ErrorIs(t, err, schema.ErrSchema)
}

func TestHostileWork(t *testing.T) {
	limits := schema.DefaultLimits()
	limits.Steps = 200_000
	text := strings.Repeat("x", 1<<20)
	nested := strings.Repeat(`{"a":`, 60) + `{}` + strings.Repeat(`}`, 60)
	for name, c := range map[string]struct{ schema, document string }{
		"2⁴⁰ evaluations":             {doubling(string(schema.Draft2020), 30), `{}`},
		"2⁴⁰ evaluations, draft 7":    {doubling(string(schema.Draft7), 30), `{}`},
		"doubling with each level":    {`{` + s2020 + `,"properties":{"a":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}}`, nested},
		"doubling by dynamic refs":    {`{` + s2020 + `,"$dynamicAnchor":"n","properties":{"a":{"allOf":[{"$dynamicRef":"#n"},{"$dynamicRef":"#n"}]}}}`, nested},
		"pattern on a long text":      {`{` + s2020 + `,"pattern":"(a|b|c|d|e|f){900}$"}`, `"` + text + `"`},
		"pattern names of many":       {`{` + s2020 + `,"patternProperties":{"^(a|aa|aaa){100}$":{}}}`, `{` + members(30000) + `"z":1}`},
		"a great enum, often":         {`{` + s2020 + `,"items":{"enum":[` + strings.Repeat(`"a",`, 5000) + `"b"]}}`, `[` + strings.Repeat(`"c",`, 5000) + `"c"]`},
		"document of great numbers":   {`{` + s2020 + `,"type":"integer"}`, `1e1000000`},
		"document too deep":           {`{` + s2020 + `}`, strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100)},
		"more errors than is allowed": {`{` + s2020 + `,"items":{"allOf":[{"type":"string"},{"type":"string"}]}}`, `[` + strings.Repeat(`1,`, 90000) + `1]`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := schema.Compile(t.Context(), "", []byte(c.schema), schema.Options{Limits: limits})
			require.NoError(t, err)
			start := time.Now()
			err = s.ValidateText([]byte(c.document))
			require.ErrorIs(t, err, schema.ErrLimit)
			require.Less(t, time.Since(start), 10*time.Second)
			// The schema is still good for what is within the bounds.
			if name == "pattern on a long text" {
				require.ErrorIs(t, s.ValidateText([]byte(`"x"`)), schema.ErrInvalid)
			}
		})
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"aaaaaaaaaaaaaaaaaaaaaaaaaa%d":1,`, i)
	}
	return b.String()
}

func TestReferencesAreAnsweredByTheResolverOnly(t *testing.T) {
	asked := 0
	resolve := func(_ context.Context, u string) ([]byte, error) {
		asked++
		return []byte(`{` + s2020 + `,"type":"string"}`), nil
	}
	s, err := schema.Compile(t.Context(), "https://example.com/a", []byte(`{`+s2020+`,"items":{"$ref":"b#"}}`), schema.Options{Resolver: resolve})
	require.NoError(t, err)
	require.NoError(t, s.ValidateText([]byte(`["x"]`)))
	require.ErrorIs(t, s.ValidateText([]byte(`[1]`)), schema.ErrInvalid)
	require.Equal(t, 1, asked)

	endless := func(_ context.Context, u string) ([]byte, error) {
		return []byte(`{` + s2020 + `,"items":{"$ref":"` + u + `x"}}`), nil
	}
	_, err = schema.Compile(t.Context(), "https://example.com/a", []byte(`{`+s2020+`,"items":{"$ref":"b"}}`), schema.Options{Resolver: endless})
	require.ErrorIs(t, err, schema.ErrLimit)
}

func TestGoroutinesShareASchema(t *testing.T) {
	s, err := schema.Compile(t.Context(), emailURL, []byte(email), schema.Options{AssertFormat: true})
	require.NoError(t, err)
	var wg sync.WaitGroup
	errs := make(chan error, 64)
	for i := range 32 {
		wg.Go(func() {
			address := map[bool]string{true: "a@example.com", false: "x"}[i%2 == 0]
			err := s.Validate(credential(address))
			if (err == nil) != (i%2 == 0) {
				errs <- fmt.Errorf("%d: %w", i, err)
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}

func TestFHIR(t *testing.T) {
	text, err := os.ReadFile("../../../shared/data/fhir.schema.json")
	if err != nil {
		t.Skip("HL7's schema is not here: ", err)
	}
	s, err := schema.Compile(t.Context(), "http://hl7.org/fhir/json-schema/4.0", text, schema.Options{})
	require.NoError(t, err)
	bundle, err := os.ReadFile("../../../shared/data/fhir/Patria_Schimmel_d2f8f862-3856-490d-b56f-98e0ed984b1e.json")
	require.NoError(t, err)
	require.NoError(t, s.ValidateText(bundle))
	require.ErrorIs(t, s.ValidateText([]byte(`{"resourceType":"Patient","birthDate":"yesterday"}`)), schema.ErrInvalid)
}

func FuzzSchema(f *testing.F) {
	f.Add([]byte(email), []byte(`{"credentialSubject":{"emailAddress":"a@b"}}`))
	f.Add([]byte(doubling(string(schema.Draft7), 30)), []byte(`{}`))
	f.Add([]byte(`{`+s2020+`,"patternProperties":{"^a":{"$dynamicRef":"#x"}},"$dynamicAnchor":"x","unevaluatedProperties":false}`), []byte(`{"a":{"a":[1,2.5,"x"]}}`))
	f.Add([]byte(`{"$schema":"http://json-schema.org/draft-06/schema#","dependencies":{"a":["b"]},"contains":{"multipleOf":0.01}}`), []byte(`[1e300,{"a":1}]`))
	limits := schema.Limits{
		SchemaBytes: 1 << 16, SchemaValues: 4000, Subschemas: 1000, Documents: 2, RegexpSize: 5000,
		Depth: 64, DocumentBytes: 1 << 16, Values: 4000, Steps: 100_000,
	}
	f.Fuzz(func(t *testing.T, text, document []byte) {
		o := schema.Options{Draft: schema.Draft2020, AssertFormat: true, Limits: limits}
		s, err := schema.Compile(t.Context(), "https://example.com/s", text, o)
		if err != nil {
			if !errors.Is(err, schema.ErrSchema) && !errors.Is(err, schema.ErrDraft) && !errors.Is(err, schema.ErrResolve) && !errors.Is(err, schema.ErrLimit) {
				t.Fatal(err)
			}
			return
		}
		first := s.ValidateText(document)
		if first != nil && !errors.Is(first, schema.ErrInvalid) && !errors.Is(first, schema.ErrLimit) {
			t.Fatal(first)
		}
		if second := s.ValidateText(document); fmt.Sprint(first) != fmt.Sprint(second) && !errors.Is(first, schema.ErrLimit) {
			t.Fatalf("two verdicts: %v, %v", first, second)
		}
	})
}
