package pex_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/vc/pex"
)

func object(t testing.TB, text string) map[string]any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	require.NoError(t, d.Decode(&m))
	return m
}

func mustParse(t testing.TB, text string) *pex.Definition {
	d, err := pex.Parse([]byte(text))
	require.NoError(t, err)
	return d
}

func candidate(t testing.TB, text string) pex.Candidate {
	return pex.Candidate{Document: object(t, text), Selective: true}
}

// The specification's single group example, and two credentials for it.
const (
	citizenship = `{"presentation_definition": {
  "id": "32f54163-7166-48f1-93d8-ff217bdb0653",
  "submission_requirements": [{"name": "Citizenship Information", "rule": "pick", "count": 1, "from": "A"}],
  "input_descriptors": [
    {"id": "citizenship_input_1", "name": "EU Driver's License", "group": ["A"], "constraints": {"fields": [
      {"path": ["$.credentialSchema.id", "$.vc.credentialSchema.id"],
       "filter": {"type": "string", "const": "https://eu.com/claims/DriversLicense.json"}},
      {"path": ["$.issuer", "$.vc.issuer", "$.iss"],
       "purpose": "We can only accept digital driver's licenses issued by national authorities of member states or trusted notarial auditors.",
       "filter": {"type": "string", "pattern": "^did:example:gov1$|^did:example:gov2$"}},
      {"path": ["$.credentialSubject.dob", "$.vc.credentialSubject.dob", "$.dob"], "filter": {"type": "string", "format": "date"}}
    ]}},
    {"id": "citizenship_input_2", "name": "US Passport", "group": ["A"], "constraints": {"fields": [
      {"path": ["$.credentialSchema.id", "$.vc.credentialSchema.id"],
       "filter": {"type": "string", "const": "hub://did:foo:123/Collections/schema.us.gov/passport.json"}},
      {"path": ["$.credentialSubject.birth_date", "$.vc.credentialSubject.birth_date", "$.birth_date"],
       "filter": {"type": "string", "format": "date"}}
    ]}}
  ]}}`
	license = `{"type":["VerifiableCredential","EUDriversLicense"],"issuer":"did:example:gov1",
    "credentialSchema":{"id":"https://eu.com/claims/DriversLicense.json","type":"JsonSchema"},
    "credentialSubject":{"id":"did:example:alice","dob":"1980-07-13","number":"34DGE352","address":{"city":"Seoul","street":"1"}},
    "proof":{"type":"DataIntegrityProof","cryptosuite":"bbs-2023"}}`
	passport = `{"type":["VerifiableCredential","Passport"],"issuer":"did:foo:123",
    "credentialSchema":{"id":"hub://did:foo:123/Collections/schema.us.gov/passport.json","type":"JsonSchema"},
    "credentialSubject":{"id":"did:example:bob","birth_date":"1980-07-13","name":"B"},
    "proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022"}}`
)

func TestSelectPicksOneOfAGroup(t *testing.T) {
	d := mustParse(t, citizenship)
	s, err := d.Select([]pex.Candidate{candidate(t, passport), candidate(t, license)}, pex.Options{})
	require.NoError(t, err)
	require.Len(t, s.Credentials, 1)
	require.Equal(t, 1, s.Credentials[0].Candidate)
	require.Equal(t, []string{"citizenship_input_1"}, s.Credentials[0].Descriptors)
	require.Equal(t, []string{"/credentialSchema/id", "/credentialSubject/dob", "/issuer"}, s.Credentials[0].Pointers)

	s, err = d.Select([]pex.Candidate{candidate(t, passport)}, pex.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"citizenship_input_2"}, s.Credentials[0].Descriptors)

	_, err = d.Select([]pex.Candidate{candidate(t, strings.Replace(license, "gov1", "gov3", 1))}, pex.Options{})
	var why *pex.UnansweredError
	require.ErrorAs(t, err, &why)
	require.Equal(t, `has no acceptable field 1 ($.issuer)`, why.Reasons[0].Text)
	require.NotContains(t, err.Error(), "gov3")

	_, err = d.Select(nil, pex.Options{})
	require.ErrorIs(t, err, pex.ErrUnanswered)
}

func TestPublishedDefinitionsParse(t *testing.T) {
	for name, text := range map[string]string{
		"minimal": `{"comment":"…","presentation_definition":{"id":"32f54163-7166-48f1-93d8-ff217bdb0653","input_descriptors":[{"id":"wa_driver_license",
          "name":"Washington State Business License","purpose":"We can only allow licensed Washington State business representatives into the WA Business Conference",
          "constraints":{"fields":[{"path":["$.credentialSubject.dateOfBirth","$.credentialSubject.dob","$.vc.credentialSubject.dateOfBirth","$.vc.credentialSubject.dob"]}]}}]}}`,
		"filter by type": `{"id":"first simple example","input_descriptors":[{"id":"A specific type of VC","constraints":{"fields":[{"path":["$.type"],
          "filter":{"type":"array","contains":{"type":"string","pattern":"^<the type of VC e.g. degree certificate>$"}}}]}}]}`,
		"filter with definitions": `{"id":"Scalable trust example","input_descriptors":[{"id":"c","constraints":{"fields":[{"path":["$.termsOfUse"],"filter":{
          "$defs":{"s":{"type":"string","pattern":"^https://train.trust-scheme.de/info$"},"sa":{"anyOf":[{"$ref":"#/$defs/s"},{"type":"array","contains":{"$ref":"#/$defs/s"}}]}},
          "$ref":"#/$defs/sa"}}]}}]}`,
		"all formats": `{"id":"f","format":{"jwt":{"alg":["EdDSA","ES256K","ES384"]},"jwt_vc":{"alg":["ES256K","ES384"]},"jwt_vp":{"alg":["EdDSA","ES256K"]},
          "ldp_vc":{"proof_type":["JsonWebSignature2020","Ed25519Signature2018"]},"ldp_vp":{"proof_type":["Ed25519Signature2018"]},"ldp":{"proof_type":["RsaSignature2018"]}},"input_descriptors":[]}`,
		"pattern that is not a repetition": `{"id":"m","input_descriptors":[{"id":"b","constraints":{"fields":[{"path":["$.credentialSubject.account[*].account_number"],
          "filter":{"type":"string","pattern":"^[0-9]{10-12}|^(DE|FR)[0-9]{2}\\s?([0-9a-zA-Z]{4}\\s?){4}[0-9a-zA-Z]{2}$"},"intent_to_retain":true}]}}]}`,
		"statuses": `{"id":"s","input_descriptors":[{"id":"b","constraints":{"statuses":{"active":{"directive":"required"},"suspended":{"directive":"allowed","type":["CredentialStatusList2017"]}}}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			d, err := pex.Parse([]byte(text))
			require.NoError(t, err)
			require.NotEmpty(t, d.ID)
		})
	}
}

func definition(descriptors, more string) string {
	return `{"id":"d","input_descriptors":[` + descriptors + `]` + more + `}`
}

func descriptor(id, group, constraints string) string {
	if group != "" {
		group = `,"group":["` + strings.ReplaceAll(group, ",", `","`) + `"]`
	}
	return `{"id":"` + id + `"` + group + `,"constraints":{` + constraints + `}}`
}

func TestInvalidDefinitions(t *testing.T) {
	field := func(s string) string { return definition(descriptor("a", "", `"fields":[`+s+`]`), "") }
	groups := func(requirement string) string {
		return definition(descriptor("a", "A", "")+","+descriptor("b", "B", ""), `,"submission_requirements":[`+requirement+`]`)
	}
	deep := strings.Repeat(`{"rule":"all","from_nested":[`, 9) + `{"rule":"all","from":"A"}` + strings.Repeat(`]}`, 9)
	for name, text := range map[string]string{
		"not JSON":                  `{`,
		"an array":                  `[]`,
		"no id":                     `{"input_descriptors":[]}`,
		"no descriptors":            `{"id":"d"}`,
		"descriptors not an array":  `{"id":"d","input_descriptors":{}}`,
		"descriptor not an object":  definition(`1`, ""),
		"descriptor without id":     definition(`{"constraints":{}}`, ""),
		"no constraints":            definition(`{"id":"a"}`, ""),
		"same id twice":             definition(descriptor("a", "", "")+","+descriptor("a", "", ""), ""),
		"too many descriptors":      definition(strings.TrimSuffix(strings.Repeat(descriptor("a", "", "")+",", 65), ","), ""),
		"too many fields":           field(strings.TrimSuffix(strings.Repeat(`{"path":["$.a"]},`, 257), ",")),
		"no path":                   field(`{}`),
		"empty path":                field(`{"path":[]}`),
		"path is a string":          field(`{"path":"$.a"}`),
		"not JSONPath":              field(`{"path":["a.b"]}`),
		"script":                    field(`{"path":["$..book[(@.length-1)]"]}`),
		"long path":                 field(`{"path":["$` + strings.Repeat(".a", 600) + `"]}`),
		"filter is no schema":       field(`{"path":["$.a"],"filter":{"type":"text"}}`),
		"filter from the web":       field(`{"path":["$.a"],"filter":{"$ref":"https://evil.example/s"}}`),
		"filter of a million":       field(`{"path":["$.a"],"filter":{"pattern":"(x{1000}){1000}"}}`),
		"filter refers to itself":   field(`{"path":["$.a"],"filter":{"allOf":[{"$ref":"#"}]}}`),
		"predicate without filter":  field(`{"path":["$.a"],"predicate":"required"}`),
		"unknown predicate":         field(`{"path":["$.a"],"filter":{},"predicate":"maybe"}`),
		"optional is a string":      field(`{"path":["$.a"],"optional":"yes"}`),
		"retain is a number":        field(`{"path":["$.a"],"intent_to_retain":1}`),
		"same field id twice":       field(`{"id":"x","path":["$.a"]},{"id":"x","path":["$.b"]}`),
		"unknown limit":             definition(descriptor("a", "", `"limit_disclosure":"no"`), ""),
		"unknown subject_is_issuer": definition(descriptor("a", "", `"subject_is_issuer":"no"`), ""),
		"holder of unknown field":   definition(descriptor("a", "", `"is_holder":[{"field_id":["x"],"directive":"required"}]`), ""),
		"holder without directive":  definition(descriptor("a", "", `"fields":[{"id":"x","path":["$.a"]}],"is_holder":[{"field_id":["x"]}]`), ""),
		"no statuses":               definition(descriptor("a", "", `"statuses":{}`), ""),
		"status without directive":  definition(descriptor("a", "", `"statuses":{"active":{}}`), ""),
		"empty format":              definition("", `,"format":{}`),
		"format without algorithms": definition("", `,"format":{"ldp_vc":{}}`),
		"format is a list":          definition("", `,"format":["ldp_vc"]`),
		"requirements not a list":   definition("", `,"submission_requirements":{}`),
		"no rule":                   groups(`{"from":"A"}`),
		"unknown rule":              groups(`{"rule":"most","from":"A"}`),
		"from and from_nested":      groups(`{"rule":"all","from":"A","from_nested":[{"rule":"all","from":"A"}]}`),
		"neither from":              groups(`{"rule":"all"}`),
		"unknown group":             groups(`{"rule":"all","from":"C"}`),
		"count of zero":             groups(`{"rule":"pick","count":0,"from":"A"}`),
		"count is a fraction":       groups(`{"rule":"pick","count":1.5,"from":"A"}`),
		"max below min":             groups(`{"rule":"pick","min":2,"max":1,"from":"A"}`),
		"nested too deep":           groups(deep),
		"nothing nested":            groups(`{"rule":"all","from_nested":[]}`),
		"descriptor without group":  definition(descriptor("a", "A", "")+","+descriptor("b", "", ""), `,"submission_requirements":[{"rule":"all","from":"A"}]`),
		"very long":                 `{"id":"` + strings.Repeat("x", 300<<10) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pex.Parse([]byte(text))
			require.ErrorIs(t, err, pex.ErrDefinition)
			require.Less(t, len(err.Error()), 6000)
		})
	}
}

const simple = `{"type":["VerifiableCredential"],"issuer":{"id":"did:example:lab"},"credentialSubject":{"id":"did:example:alice","age":41,"name":"A","tests":[{"code":"x","value":1},{"code":"y","value":2}]},
  "proof":[{"type":"DataIntegrityProof","cryptosuite":"bbs-2023"}]}`

func TestConstraints(t *testing.T) {
	one := func(constraints, more string) string { return definition(descriptor("a", "", constraints), more) }
	self := strings.Replace(simple, "did:example:lab", "did:example:alice", 1)
	for name, c := range map[string]struct {
		definition string
		change     func(*pex.Candidate)
		options    pex.Options
		document   string
		want       []string // pointers; nil: not answered
	}{
		"no fields":              {definition: one("", ""), want: []string{}},
		"first path that is":     {definition: one(`"fields":[{"path":["$.x","$.credentialSubject.age","$.credentialSubject.name"]}]`, ""), want: []string{"/credentialSubject/age"}},
		"first that fits":        {definition: one(`"fields":[{"path":["$.credentialSubject.age","$.credentialSubject.name"],"filter":{"type":"string"}}]`, ""), want: []string{"/credentialSubject/name"}},
		"only the first match":   {definition: one(`"fields":[{"path":["$.credentialSubject.tests[*].code"],"filter":{"const":"y"}}]`, "")},
		"by a path's filter":     {definition: one(`"fields":[{"path":["$.credentialSubject.tests[?@.code=='y'].value"],"filter":{"minimum":2}}]`, ""), want: []string{"/credentialSubject/tests/1/value"}},
		"missing":                {definition: one(`"fields":[{"path":["$.x"]}]`, "")},
		"missing and optional":   {definition: one(`"fields":[{"path":["$.x"],"optional":true}]`, ""), want: []string{}},
		"optional is left out":   {definition: one(`"fields":[{"path":["$.credentialSubject.age"],"optional":true}]`, ""), want: []string{}},
		"optional if wanted":     {definition: one(`"fields":[{"path":["$.credentialSubject.age"],"optional":true}]`, ""), options: pex.Options{Optional: true}, want: []string{"/credentialSubject/age"}},
		"one within another":     {definition: one(`"fields":[{"path":["$.credentialSubject.tests[0].code"]},{"path":["$.credentialSubject.tests"]}]`, ""), want: []string{"/credentialSubject/tests"}},
		"proof is not disclosed": {definition: one(`"fields":[{"path":["$.proof[0].cryptosuite"],"filter":{"const":"bbs-2023"}}]`, ""), want: []string{}},
		"predicate preferred":    {definition: one(`"fields":[{"path":["$.credentialSubject.age"],"filter":{"minimum":18},"predicate":"preferred"}]`, ""), want: []string{"/credentialSubject/age"}},
		"predicate required":     {definition: one(`"fields":[{"path":["$.credentialSubject.age"],"filter":{"minimum":18},"predicate":"required"}]`, "")},
		"limit, selective":       {definition: one(`"limit_disclosure":"required","fields":[{"path":["$.credentialSubject.age"]}]`, ""), want: []string{"/credentialSubject/age"}},
		"limit, not selective": {definition: one(`"limit_disclosure":"required","fields":[{"path":["$.credentialSubject.age"]}]`, ""),
			change: func(c *pex.Candidate) { c.Selective = false }},
		"limit, nothing more": {definition: one(`"limit_disclosure":"required","fields":[{"path":["$.credentialSubject"]}]`, ""),
			change: func(c *pex.Candidate) { c.Selective = false }, want: []string{"/credentialSubject"}},
		"format":                    {definition: one("", `,"format":{"ldp_vc":{"proof_type":["DataIntegrityProof"]}}`), want: []string{}},
		"format by suite":           {definition: one("", `,"format":{"ldp_vc":{"proof_type":["bbs-2023"]}}`), want: []string{}},
		"format di_vc":              {definition: one("", `,"format":{"di_vc":{"proof_type":["DataIntegrityProof"],"cryptosuite":["bbs-2023"]}}`), want: []string{}},
		"format of another suite":   {definition: one("", `,"format":{"di_vc":{"proof_type":["DataIntegrityProof"],"cryptosuite":["ecdsa-sd-2023"]}}`)},
		"format is JWT":             {definition: one("", `,"format":{"jwt_vc":{"alg":["ES256"]}}`)},
		"format of presentations":   {definition: one("", `,"format":{"ldp_vp":{"proof_type":["RsaSignature2018"]}}`), want: []string{}},
		"JWT":                       {definition: one("", `,"format":{"jwt_vc":{"alg":["ES256"]}}`), change: func(c *pex.Candidate) { c.Format, c.Algorithms = "jwt_vc", []string{"ES256"} }, want: []string{}},
		"JWT of another algorithm":  {definition: one("", `,"format":{"jwt_vc":{"alg":["ES256"]}}`), change: func(c *pex.Candidate) { c.Format, c.Algorithms = "jwt_vc", []string{"none"} }},
		"status unknown":            {definition: one(`"statuses":{"revoked":{"directive":"disallowed"}}`, "")},
		"status active":             {definition: one(`"statuses":{"active":{"directive":"required"}}`, ""), change: func(c *pex.Candidate) { c.Status = pex.Active }, want: []string{}},
		"status revoked":            {definition: one(`"statuses":{"revoked":{"directive":"disallowed"}}`, ""), change: func(c *pex.Candidate) { c.Status = pex.Revoked }},
		"status revoked is allowed": {definition: one(`"statuses":{"revoked":{"directive":"allowed"}}`, ""), change: func(c *pex.Candidate) { c.Status = pex.Revoked }, want: []string{}},
		"self-attested":             {definition: one(`"subject_is_issuer":"required"`, ""), document: self, want: []string{"/credentialSubject/id"}},
		"not self-attested":         {definition: one(`"subject_is_issuer":"required"`, "")},
		"about the holder": {definition: one(`"fields":[{"id":"f","path":["$.credentialSubject.age"]}],"is_holder":[{"field_id":["f"],"directive":"required"}]`, ""),
			options: pex.Options{Holder: "did:example:alice"}, want: []string{"/credentialSubject/age", "/credentialSubject/id"}},
		"about another": {definition: one(`"fields":[{"id":"f","path":["$.credentialSubject.age"]}],"is_holder":[{"field_id":["f"],"directive":"required"}]`, ""),
			options: pex.Options{Holder: "did:example:bob"}},
		"holder unknown": {definition: one(`"fields":[{"id":"f","path":["$.credentialSubject.age"]}],"is_holder":[{"field_id":["f"],"directive":"required"}]`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			document := c.document
			if document == "" {
				document = simple
			}
			in := candidate(t, document)
			if c.change != nil {
				c.change(&in)
			}
			s, err := mustParse(t, c.definition).Select([]pex.Candidate{in}, c.options)
			if c.want == nil {
				require.ErrorIs(t, err, pex.ErrUnanswered)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, append([]string{}, s.Credentials[0].Pointers...))
		})
	}
}

func TestSubmissionRequirements(t *testing.T) {
	// Candidates have a claim each; a descriptor asks for the claim of its name.
	descriptors := func(groups ...string) string {
		var out []string
		for i, g := range groups {
			id := string(rune('a' + i))
			out = append(out, descriptor(id, g, `"fields":[{"path":["$.credentialSubject.`+id+`"]}]`))
		}
		return strings.Join(out, ",")
	}
	for name, c := range map[string]struct {
		groups       []string
		requirements string
		have         string // claims
		want         string // descriptors answered; empty: not answered
	}{
		"all":                   {[]string{"A", "A"}, `{"rule":"all","from":"A"}`, "ab", "ab"},
		"all, one missing":      {[]string{"A", "A"}, `{"rule":"all","from":"A"}`, "a", ""},
		"pick one":              {[]string{"B", "B"}, `{"rule":"pick","count":1,"from":"B"}`, "ab", "a"},
		"pick the one there is": {[]string{"B", "B"}, `{"rule":"pick","count":1,"from":"B"}`, "b", "b"},
		"pick at least two":     {[]string{"B", "B", "B"}, `{"rule":"pick","min":2,"from":"B"}`, "abc", "ab"},
		"pick two, one there":   {[]string{"B", "B", "B"}, `{"rule":"pick","min":2,"from":"B"}`, "c", ""},
		"pick at most":          {[]string{"A", "B"}, `{"rule":"all","from":"A"},{"rule":"pick","max":1,"from":"B"}`, "ab", "a"},
		"pick without a number": {[]string{"B", "B"}, `{"rule":"pick","from":"B"}`, "b", "b"},
		"published, pick_3, A":  {[]string{"A", "A", "B", "B"}, `{"rule":"pick","count":1,"from_nested":[{"rule":"all","from":"A"},{"rule":"pick","count":2,"from":"B"}]}`, "abcd", "ab"},
		"published, pick_3, B":  {[]string{"A", "A", "B", "B"}, `{"rule":"pick","count":1,"from_nested":[{"rule":"all","from":"A"},{"rule":"pick","count":2,"from":"B"}]}`, "acd", "cd"},
		"published, pick_3, no": {[]string{"A", "A", "B", "B"}, `{"rule":"pick","count":1,"from_nested":[{"rule":"all","from":"A"},{"rule":"pick","count":2,"from":"B"}]}`, "ac", ""},
		"nested all":            {[]string{"A", "B"}, `{"rule":"all","from_nested":[{"rule":"all","from":"A"},{"rule":"all","from":"B"}]}`, "ab", "ab"},
		"groups overlap":        {[]string{"A,B", "B"}, `{"rule":"all","from":"A"},{"rule":"pick","count":1,"from":"B"}`, "ab", "a"},
		"needs a search":        {[]string{"A", "A,B", "B"}, `{"rule":"pick","count":1,"from":"A"},{"rule":"pick","count":1,"from":"B"}`, "abc", "b"},
		"needs another search":  {[]string{"A,C", "A", "C"}, `{"rule":"pick","count":1,"from":"A"},{"rule":"pick","count":2,"from":"C"}`, "abc", "ac"},
		"nothing is required":   {[]string{"A"}, ``, "a", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			d := mustParse(t, definition(descriptors(c.groups...), `,"submission_requirements":[`+c.requirements+`]`))
			var in []pex.Candidate
			for _, claim := range c.have {
				in = append(in, pex.Candidate{Document: map[string]any{"credentialSubject": map[string]any{string(claim): json.Number("1")}}})
			}
			s, err := d.Select(in, pex.Options{})
			if c.want == "" {
				require.ErrorIs(t, err, pex.ErrUnanswered)
				return
			}
			require.NoError(t, err)
			got := ""
			for _, e := range s.Credentials {
				got += strings.Join(e.Descriptors, "")
			}
			require.Equal(t, strings.Trim(c.want, "-"), got)

			// And the verifier agrees.
			presentation := map[string]any{}
			var shown []any
			for _, e := range s.Credentials {
				shown = append(shown, in[e.Candidate].Document)
			}
			presentation["verifiableCredential"] = append([]any{}, shown...)
			presentation["presentation_submission"] = s.Submission("s", "ldp_vc").Document()
			_, err = d.Check(presentation, nil, pex.CheckOptions{})
			require.NoError(t, err)
		})
	}
}

func TestSameSubject(t *testing.T) {
	d := mustParse(t, definition(
		descriptor("street", "", `"fields":[{"id":"s","path":["$.credentialSubject.street"]}],"same_subject":[{"field_id":["s","n"],"directive":"required"}]`)+","+
			descriptor("name", "", `"fields":[{"id":"n","path":["$.credentialSubject.name"]}]`), ""))
	about := func(who, claim string) pex.Candidate {
		return pex.Candidate{Document: map[string]any{"credentialSubject": map[string]any{"id": "did:example:" + who, claim: "x"}}}
	}
	s, err := d.Select([]pex.Candidate{about("a", "street"), about("b", "name"), about("b", "street")}, pex.Options{})
	require.NoError(t, err)
	require.Equal(t, 2, s.Credentials[0].Candidate)
	require.Equal(t, 1, s.Credentials[1].Candidate)
	_, err = d.Select([]pex.Candidate{about("a", "street"), about("b", "name")}, pex.Options{})
	require.ErrorIs(t, err, pex.ErrUnanswered)
}

// presentation answers citizenship with the license.
func presentation(t testing.TB) map[string]any {
	return map[string]any{
		"verifiableCredential": []any{object(t, license)},
		"presentation_submission": object(t, `{"id":"s","definition_id":"32f54163-7166-48f1-93d8-ff217bdb0653","descriptor_map":[
          {"id":"citizenship_input_1","format":"ldp_vc","path":"$.verifiableCredential[0]"}]}`),
	}
}

func TestCheckSubmissions(t *testing.T) {
	d := mustParse(t, citizenship)
	report, err := d.Check(presentation(t), nil, pex.CheckOptions{})
	require.NoError(t, err)
	require.Len(t, report.Descriptors, 1)
	require.Len(t, report.Descriptors[0].Fields, 3)

	entry := func(p map[string]any) map[string]any {
		return p["presentation_submission"].(map[string]any)["descriptor_map"].([]any)[0].(map[string]any)
	}
	submission := func(p map[string]any) map[string]any { return p["presentation_submission"].(map[string]any) }
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   error
	}{
		"no submission":        {func(p map[string]any) { delete(p, "presentation_submission") }, pex.ErrSubmission},
		"submission is a text": {func(p map[string]any) { p["presentation_submission"] = "x" }, pex.ErrSubmission},
		"no id":                {func(p map[string]any) { delete(submission(p), "id") }, pex.ErrSubmission},
		"another definition":   {func(p map[string]any) { submission(p)["definition_id"] = "x" }, pex.ErrSubmission},
		"no map":               {func(p map[string]any) { delete(submission(p), "descriptor_map") }, pex.ErrSubmission},
		"empty map":            {func(p map[string]any) { submission(p)["descriptor_map"] = []any{} }, pex.ErrUnanswered},
		"unknown descriptor":   {func(p map[string]any) { entry(p)["id"] = "x" }, pex.ErrSubmission},
		"answered twice":       {func(p map[string]any) { submission(p)["descriptor_map"] = []any{entry(p), entry(p)} }, pex.ErrSubmission},
		"unsupported format":   {func(p map[string]any) { entry(p)["format"] = "jwt_vc" }, pex.ErrSubmission},
		"path leads nowhere":   {func(p map[string]any) { entry(p)["path"] = "$.verifiableCredential[1]" }, pex.ErrSubmission},
		"path leads to two":    {func(p map[string]any) { entry(p)["path"] = "$.*" }, pex.ErrSubmission},
		"path leads to text":   {func(p map[string]any) { entry(p)["path"] = "$.verifiableCredential[0].issuer" }, pex.ErrSubmission},
		"path is not one":      {func(p map[string]any) { entry(p)["path"] = "verifiableCredential" }, pex.ErrSubmission},
		"path is work":         {func(p map[string]any) { entry(p)["path"] = "$" + strings.Repeat("..*", 300) }, pex.ErrSubmission},
		"no path":              {func(p map[string]any) { delete(entry(p), "path") }, pex.ErrSubmission},
		"nested for another": {func(p map[string]any) {
			entry(p)["path_nested"] = map[string]any{"id": "x", "format": "ldp_vc", "path": "$"}
		}, pex.ErrSubmission},
		"nested is a text": {func(p map[string]any) { entry(p)["path_nested"] = "x" }, pex.ErrSubmission},
		"answers another":  {func(p map[string]any) { entry(p)["id"] = "citizenship_input_2" }, pex.ErrUnanswered},
		"claim changed":    {func(p map[string]any) { p["verifiableCredential"].([]any)[0].(map[string]any)["issuer"] = "did:evil" }, pex.ErrUnanswered},
		"wrong and not necessary": {func(p map[string]any) {
			p["verifiableCredential"] = append(p["verifiableCredential"].([]any), object(t, simple))
			submission(p)["descriptor_map"] = append(submission(p)["descriptor_map"].([]any), map[string]any{"id": "citizenship_input_2", "format": "ldp_vc", "path": "$.verifiableCredential[1]"})
		}, pex.ErrUnanswered},
		"one more than asked for": {func(p map[string]any) {
			p["verifiableCredential"] = append(p["verifiableCredential"].([]any), object(t, passport))
			submission(p)["descriptor_map"] = append(submission(p)["descriptor_map"].([]any), map[string]any{"id": "citizenship_input_2", "format": "ldp_vc", "path": "$.verifiableCredential[1]"})
		}, pex.ErrUnanswered},
	} {
		t.Run(name, func(t *testing.T) {
			p := presentation(t)
			c.change(p)
			start := time.Now()
			_, err := d.Check(p, nil, pex.CheckOptions{})
			require.ErrorIs(t, err, c.want)
			require.Less(t, time.Since(start), 20*time.Second)
		})
	}
}

func TestNestedSubmission(t *testing.T) {
	d := mustParse(t, citizenship)
	p := map[string]any{
		"outer": []any{presentation(t)},
		"presentation_submission": object(t, `{"id":"s","definition_id":"32f54163-7166-48f1-93d8-ff217bdb0653","descriptor_map":[
          {"id":"citizenship_input_1","format":"ldp_vp","path":"$.outer[0]",
           "path_nested":{"id":"citizenship_input_1","format":"ldp_vc","path":"$.verifiableCredential[0]"}}]}`),
	}
	_, err := d.Check(p, nil, pex.CheckOptions{})
	require.NoError(t, err)
}

func TestExcessIsReported(t *testing.T) {
	d := mustParse(t, definition(descriptor("a", "", `"limit_disclosure":"required","fields":[{"path":["$.credentialSubject.age"]}]`), ""))
	p := map[string]any{"verifiableCredential": []any{object(t, simple)}}
	s := &pex.Submission{ID: "s", DefinitionID: "d", Map: []pex.Mapping{{ID: "a", Format: "ldp_vc", Path: "$.verifiableCredential[0]"}}}
	report, err := d.Check(p, s, pex.CheckOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{
		"/credentialSubject/name", "/credentialSubject/tests/0/code", "/credentialSubject/tests/0/value",
		"/credentialSubject/tests/1/code", "/credentialSubject/tests/1/value",
	}, report.Descriptors[0].Excess)
}

func TestHostileEvaluation(t *testing.T) {
	var wide []any
	for i := range 20000 {
		wide = append(wide, map[string]any{"a": fmt.Sprint(i)})
	}
	doc := pex.Candidate{Document: map[string]any{"credentialSubject": map[string]any{"x": wide}}}
	var fields []string
	for range 200 {
		fields = append(fields, `{"path":["$..*..*..nothing"],"optional":true}`)
	}
	d := mustParse(t, definition(descriptor("a", "", `"fields":[`+strings.Join(fields, ",")+`]`), ""))
	start := time.Now()
	_, err := d.Select([]pex.Candidate{doc, doc, doc}, pex.Options{})
	require.ErrorIs(t, err, pex.ErrLimit)
	require.Less(t, time.Since(start), 20*time.Second)

	d = mustParse(t, definition(descriptor("a", "", `"fields":[`+strings.TrimSuffix(strings.Repeat(
		`{"path":["$.credentialSubject"],"filter":{"definitions":{"d":{"items":{"pattern":"(a|b|c){500}$"}}},"properties":{"x":{"$ref":"#/definitions/d"}}},"optional":true},`, 100), ",")+`]`), ""))
	long := strings.Repeat("x", 200_000)
	doc = pex.Candidate{Document: map[string]any{"credentialSubject": map[string]any{"x": []any{long, long}}}}
	start = time.Now()
	_, err = d.Select([]pex.Candidate{doc, doc, doc}, pex.Options{})
	require.ErrorIs(t, err, pex.ErrLimit)
	require.Less(t, time.Since(start), 20*time.Second)
}

func FuzzDefinition(f *testing.F) {
	f.Add([]byte(citizenship), []byte(license))
	f.Add([]byte(definition(descriptor("a", "A", `"limit_disclosure":"required","fields":[{"id":"f","path":["$..code"]}],"is_holder":[{"field_id":["f"],"directive":"required"}]`), `,"submission_requirements":[{"rule":"pick","min":1,"from":"A"}]`)), []byte(simple))
	f.Fuzz(func(t *testing.T, text, credential []byte) {
		d, err := pex.Parse(text)
		if err != nil {
			if !errors.Is(err, pex.ErrDefinition) {
				t.Fatal(err)
			}
			return
		}
		var doc map[string]any
		dec := json.NewDecoder(strings.NewReader(string(credential)))
		dec.UseNumber()
		if len(credential) > 1<<14 || dec.Decode(&doc) != nil || doc == nil {
			return
		}
		s, err := d.Select([]pex.Candidate{{Document: doc, Selective: true}}, pex.Options{Holder: "did:example:alice"})
		if err != nil {
			if !errors.Is(err, pex.ErrUnanswered) && !errors.Is(err, pex.ErrLimit) {
				t.Fatal(err)
			}
			return
		}
		var shown []any
		for range s.Credentials {
			shown = append(shown, doc)
		}
		_, err = d.Check(map[string]any{"verifiableCredential": shown}, s.Submission("s", "ldp_vc"), pex.CheckOptions{Options: pex.Options{Holder: "did:example:alice"}})
		if err != nil && !errors.Is(err, pex.ErrLimit) {
			t.Fatalf("what is selected does not answer: %v", err)
		}
	})
}

func FuzzSubmission(f *testing.F) {
	d := mustParse(f, citizenship)
	seed, err := json.Marshal(presentation(f))
	require.NoError(f, err)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, text []byte) {
		var doc map[string]any
		if len(text) > 1<<16 || json.Unmarshal(text, &doc) != nil || doc == nil {
			return
		}
		_, err := d.Check(doc, nil, pex.CheckOptions{})
		if err != nil && !errors.Is(err, pex.ErrSubmission) && !errors.Is(err, pex.ErrUnanswered) && !errors.Is(err, pex.ErrLimit) {
			t.Fatal(err)
		}
	})
}

// TestFormIsWhatParseTakesButForFilters: whoever only passes a definition on need not compile the schemas of strangers.
func TestFormIsWhatParseTakesButForFilters(t *testing.T) {
	const field = `{"id":"d","input_descriptors":[{"id":"n","constraints":{"fields":[{"path":["$.a"],"filter":%s}]}}]}`
	for name, test := range map[string]struct {
		text         string
		form, parses bool
	}{
		"well":                  {fmt.Sprintf(field, `{"type":"string"}`), true, true},
		"a filter of no schema": {fmt.Sprintf(field, `{"type":"text"}`), true, false},
		"a pattern of none":     {fmt.Sprintf(field, `{"pattern":"("}`), true, false},
		"a filter of no object": {fmt.Sprintf(field, `"string"`), false, false},
		"no descriptors":        {`{"id":"d"}`, false, false},
		"no JSON":               {`{`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pex.Parse([]byte(test.text))
			if (err == nil) != test.parses {
				t.Errorf("Parse: %v", err)
			}
			if err := pex.CheckForm([]byte(test.text)); (err == nil) != test.form {
				t.Errorf("CheckForm: %v", err)
			} else if err != nil && !errors.Is(err, pex.ErrDefinition) {
				t.Errorf("CheckForm: %v is no ErrDefinition", err)
			}
		})
	}
}
