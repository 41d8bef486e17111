package jsonld

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piprate/json-gold/ld"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/rdfc"
)

func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	doc, err := jsondoc.ParseObject([]byte(text), jsondoc.DefaultLimits())
	require.NoError(t, err)
	return doc
}

func lines(t testing.TB, quads []rdfc.Quad) string {
	t.Helper()
	res, err := rdfc.Canonicalize(quads, rdfc.Options{})
	require.NoError(t, err)
	return strings.Join(res.Lines, "")
}

func TestEmbeddedContextsHaveTheirDigests(t *testing.T) {
	for _, url := range EmbeddedContexts() {
		text, err := embeddedContext(url)
		require.NoError(t, err, url)
		require.NotEmpty(t, text, url)
		_, err = NewProcessor(nil).ToRDF(context.Background(), map[string]any{"@context": url, "@id": "urn:x", "urn:p": "v"}, nil)
		require.NoError(t, err, url)
	}
	files, err := contextFiles.ReadDir("contexts")
	require.NoError(t, err)
	require.Len(t, files, len(embeddedContexts))
}

// json-gold is a second implementation of the same algorithms. It is not asked about
// what it does not support: the null context of a property, as in presentations.
func TestAgreesWithJSONGold(t *testing.T) {
	for name, text := range map[string]string{
		"credential 2.0": `{"@context":["https://www.w3.org/ns/credentials/v2",{"@vocab":"https://v.example/#"}],
			"id":"urn:uuid:1","type":["VerifiableCredential","Other"],"issuer":{"id":"did:example:i","name":"I"},
			"validFrom":"2024-01-01T00:00:00Z","credentialStatus":{"type":"BitstringStatusListEntry","id":"urn:s",
			"statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"https://x.example/1"},
			"credentialSubject":[{"id":"did:example:s","a":[1,2.5,true,"x",{"b":{"c":[]}}]},{"n":-0.000001,"m":1e15,"k":12.0}]}`,
		"credential 1.1 with proof": `{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/data-integrity/v2"],
			"type":["VerifiableCredential"],"issuer":"did:example:i","issuanceDate":"2024-01-01T00:00:00Z",
			"credentialSubject":{"id":"did:example:s"},
			"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022","proofPurpose":"assertionMethod",
			"verificationMethod":"did:example:i#k","proofValue":"zabc","created":"2024-01-01T00:00:00Z"}}`,
		"lists, maps, languages": `{"@context":{"@version":1.1,"e":"https://e.example/","l":{"@id":"e:l","@container":"@list"},
			"lang":{"@id":"e:lang","@container":"@language"},"byid":{"@id":"e:byid","@container":"@id"},
			"bytype":{"@id":"e:bytype","@container":"@type"},"json":{"@id":"e:json","@type":"@json"},
			"rev":{"@reverse":"e:rev"},"nest":"@nest","d":{"@id":"e:d","@type":"e:date"}},
			"@id":"urn:x","l":[[1,"a"],{"@id":"urn:y"},[]],"lang":{"en":["a","b"],"de":"c"},
			"byid":{"urn:1":{"e:p":"v"},"urn:2":{"e:p":"w"}},"bytype":{"e:T":{"@id":"urn:3"}},
			"json":{"b":[1.50,null,{"z":"ü"}],"a":1e30},"rev":{"@id":"urn:r"},"nest":{"e:n":"in"},"d":"2020"}`,
		"included, graph": `{"@context":{"@version":1.1,"e":"https://e.example/","g":{"@id":"e:g","@container":"@graph"}},
			"@id":"urn:x","e:p":"v","@included":[{"@id":"urn:i","e:q":"w"}],"g":[{"e:in":"graph"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			doc := parse(t, text)
			quads, err := NewProcessor(nil).ToRDF(context.Background(), doc, nil)
			require.NoError(t, err)
			require.Equal(t, jsonGold(t, text), lines(t, quads))
		})
	}
}

type goldLoader struct{}

func (goldLoader) LoadDocument(u string) (*ld.RemoteDocument, error) {
	text, err := embeddedContext(u)
	if err != nil || text == nil {
		return nil, fmt.Errorf("no context %s: %v", u, err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	return &ld.RemoteDocument{DocumentURL: u, Document: doc}, nil
}

func jsonGold(t testing.TB, text string) string {
	t.Helper()
	var doc any
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	opts := ld.NewJsonLdOptions("")
	opts.DocumentLoader = goldLoader{}
	opts.Algorithm = ld.AlgorithmURDNA2015
	opts.Format = "application/n-quads"
	out, err := ld.NewJsonLdProcessor().Normalize(doc, opts)
	require.NoError(t, err)
	return out.(string)
}

// The null context of verifiableCredential lets credentials of any context stand in a
// presentation, each understood by its own.
func TestPresentationResetsTheContext(t *testing.T) {
	doc := parse(t, `{"@context":"https://www.w3.org/ns/credentials/v2","type":"VerifiablePresentation",
		"verifiableCredential":{"@context":["https://www.w3.org/2018/credentials/v1"],"id":"urn:c",
		"type":"VerifiableCredential","issuanceDate":"2024-01-01T00:00:00Z"}}`)
	quads, err := NewProcessor(nil).ToRDF(context.Background(), doc, nil)
	require.NoError(t, err)
	require.Equal(t, `<urn:c> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#VerifiableCredential> _:c14n0 .
<urn:c> <https://www.w3.org/2018/credentials#issuanceDate> "2024-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> _:c14n0 .
_:c14n1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#VerifiablePresentation> .
_:c14n1 <https://www.w3.org/2018/credentials#verifiableCredential> _:c14n0 .
`, lines(t, quads))
}

func TestNothingIsDropped(t *testing.T) {
	const head = `{"@context":["https://www.w3.org/ns/credentials/v2",{"@base":null,"ex":"urn:ex:","by":{"@id":"ex:by","@container":"@index"}}],"type":"VerifiableCredential",`
	for name, c := range map[string]struct {
		rest, pointer string
		err           error
	}{
		"unknown property":         {`"credentialSubject":{"ex:a":{"b/c":1}}}`, "/credentialSubject/ex:a/b~1c", ErrUnknownTerm},
		"unknown type":             {`"credentialSubject":{"type":["ex:T","Unknown"]}}`, "/credentialSubject/type/1", ErrUnknownTerm},
		"relative id":              {`"credentialSubject":{"id":"abc","ex:a":1}}`, "/credentialSubject/id", ErrIRI},
		"IRI that ends its quad":   {`"credentialSubject":{"id":"urn:a> <urn:p> <urn:b","ex:a":1}}`, "/credentialSubject/id", ErrIRI},
		"relative reference":       {`"issuer":"abc"}`, "/issuer", ErrIRI},
		"unknown keyword":          {`"@foo":"abc"}`, "/@foo", ErrUnknownTerm},
		"base direction":           {`"name":{"@value":"x","@direction":"rtl"}}`, "", ErrLost},
		"index":                    {`"credentialSubject":{"@index":"i","ex:a":1}}`, "/credentialSubject/@index", ErrLost},
		"index of a map":           {`"by":{"k":{"ex:a":1}}}`, "/by/k", ErrLost},
		"large integer":            {`"ex:a":12345678901234567890}`, "", ErrLost},
		"long decimal":             {`"ex:a":0.1234567890123456789}`, "", ErrLost},
		"huge number":              {`"ex:a":1e999}`, "", ErrLost},
		"value twice":              {`"ex:a":["x","y","x"]}`, "", ErrDuplicate},
		"type twice":               {`"credentialSubject":{"type":["ex:T","urn:ex:T"]}}`, "", ErrDuplicate},
		"unknown context":          {`"credentialSubject":{"@context":"https://nowhere.example/","ex:a":1}}`, "/credentialSubject/@context", ErrContext},
		"redefined protected term": {`"credentialSubject":{"@context":{"name":"urn:n"},"name":"x"}}`, "/credentialSubject/@context", ErrContext},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewProcessor(nil).ToRDF(context.Background(), parse(t, head+c.rest), nil)
			require.ErrorIs(t, err, c.err)
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.pointer, e.Pointer)
		})
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"0": `"0"^^xsd:integer`, "-0": `"0"^^xsd:integer`, "7.0": `"7"^^xsd:integer`, "1e3": `"1000"^^xsd:integer`,
		"1.10": `"1.1E0"^^xsd:double`, "5.5": `"5.5E0"^^xsd:double`, "-0.001": `"-1.0E-3"^^xsd:double`,
		"1e21": `"1.0E21"^^xsd:double`, "25.382938472938": `"2.5382938472938E1"^^xsd:double`,
		"9007199254740991": `"9007199254740991"^^xsd:integer`,
	} {
		quads, err := NewProcessor(nil).ToRDF(context.Background(), parse(t, `{"@id":"urn:x","urn:p":`+in+`}`), nil)
		require.NoError(t, err, in)
		require.Contains(t, quads[0].String(), strings.NewReplacer("xsd:", "<"+xsdNS).Replace(want), in)
	}
}

func TestLoader(t *testing.T) {
	loads := 0
	p := NewProcessor(func(_ context.Context, url string) ([]byte, error) {
		loads++
		switch url {
		case "https://ok.example/":
			return []byte(`{"@context":{"a":"urn:a"}}`), nil
		case "https://loop.example/":
			return []byte(`{"@context":["https://loop.example/"]}`), nil
		case "https://not-json.example/":
			return []byte(`{`), nil
		case "https://www.w3.org/ns/credentials/v2":
			t.Error("an embedded context must not be loaded")
		}
		return nil, errors.New("not here")
	})
	doc := parse(t, `{"@context":["https://www.w3.org/ns/credentials/v2","https://ok.example/"],"id":"urn:x","a":1}`)
	for range 3 {
		_, err := p.ToRDF(context.Background(), doc, nil)
		require.NoError(t, err)
	}
	require.Equal(t, 1, loads)
	for _, url := range []string{"https://loop.example/", "https://not-json.example/", "https://none.example/"} {
		_, err := p.ToRDF(context.Background(), map[string]any{"@context": url, "urn:p": "x"}, nil)
		require.ErrorIs(t, err, ErrContext, url)
	}
}

func TestCostIsBounded(t *testing.T) {
	p := NewProcessor(nil)
	var terms strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&terms, `"t%d":"urn:t%d",`, i, i)
	}
	many := make([]string, 2000)
	for i := range many {
		many[i] = `{"@context":{},"t1":1}`
	}
	deep := strings.Repeat(`{"urn:p":`, 63) + "1" + strings.Repeat("}", 63)
	for name, c := range map[string]struct {
		text string
		err  error
	}{
		"contexts that multiply": {`{"@context":{` + terms.String() + `"z":"urn:z"},"z":[` + strings.Join(many, ",") + `]}`, ErrLimit},
		"deep, but allowed":      {deep, nil},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := p.ToRDF(context.Background(), parse(t, c.text), nil)
			require.ErrorIs(t, err, c.err)
			require.Less(t, time.Since(start), 20*time.Second)
		})
	}
	tooDeep := map[string]any{"urn:p": 1}
	for range 100_000 {
		tooDeep = map[string]any{"urn:p": tooDeep}
	}
	_, err := p.ToRDF(context.Background(), tooDeep, nil)
	require.ErrorIs(t, err, ErrLimit)
}

func TestLabelsCarryOverToParts(t *testing.T) {
	doc := parse(t, `{"@id":"urn:x","urn:a":{"urn:p":{"urn:q":"1"}},"urn:l":{"@list":[{"urn:r":"2"}]}}`)
	p, labels := NewProcessor(nil), NewLabels()
	whole, err := p.ToRDF(context.Background(), doc, labels)
	require.NoError(t, err)
	a := doc["urn:a"].(map[string]any)
	part := map[string]any{"urn:p": a["urn:p"]}
	labels.Alias(a, part)
	some, err := p.ToRDF(context.Background(), map[string]any{"@id": "urn:x", "urn:a": part, "urn:l": doc["urn:l"]}, labels)
	require.NoError(t, err)
	require.ElementsMatch(t, whole, some)
}

func TestConcurrentUse(t *testing.T) {
	p := NewProcessor(nil)
	doc := parse(t, `{"@context":["https://www.w3.org/ns/credentials/v2",{"@vocab":"urn:v:"}],"type":"VerifiableCredential","credentialSubject":{"a":{"b":1}}}`)
	want, err := p.ToRDF(context.Background(), doc, nil)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				text := fmt.Sprintf(`{"@context":{"@vocab":"urn:%d:"},"a":{"b":1}}`, i)
				other, err := jsondoc.ParseObject([]byte(text), jsondoc.DefaultLimits())
				if err != nil {
					t.Error(err)
				}
				if _, err := p.ToRDF(context.Background(), other, nil); err != nil {
					t.Error(err)
				}
				if got, err := p.ToRDF(context.Background(), doc, nil); err != nil || len(got) != len(want) {
					t.Error(err, len(got))
				}
			}
		})
	}
	wg.Wait()
}

func FuzzToRDF(f *testing.F) {
	f.Add([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2",{"@vocab":"urn:v:"}],"type":"VerifiableCredential","credentialSubject":{"a":[{"b":1},"c"]}}`))
	f.Add([]byte(`{"@context":{"@version":1.1,"l":{"@id":"urn:l","@container":"@list"},"m":{"@id":"urn:m","@container":["@graph","@id"]},"n":"@nest","j":{"@id":"urn:j","@type":"@json"}},"l":[[1]],"m":{"urn:1":{"urn:p":1}},"n":{"j":{"b":1}}}`))
	f.Add([]byte(`{"@context":{"@import":"https://www.w3.org/ns/did/v1","a":{"@reverse":"urn:a","@container":"@index"},"t":{"@type":"@vocab","@id":"urn:t","@context":{"x":"urn:x","@propagate":false}}},"a":{"@id":"urn:b"},"t":"x","@graph":[{"@included":[{"@type":"x"}]}]}`))
	p := NewProcessor(nil)
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := jsondoc.ParseObject(text, jsondoc.Limits{Bytes: 1 << 16, Depth: 64, Values: 10_000})
		if err != nil {
			return
		}
		quads, err := p.ToRDF(context.Background(), doc, nil)
		if err != nil {
			return
		}
		again, err := NewProcessor(nil).ToRDF(context.Background(), doc, nil)
		require.NoError(t, err)
		require.Equal(t, quads, again) // neither order nor caches matter
		for _, q := range quads {
			line := q.String()
			require.Equal(t, 1, strings.Count(line, "\n"))
		}
	})
}

func BenchmarkToRDF(b *testing.B) {
	p := NewProcessor(nil)
	doc := parse(b, `{"@context":["https://www.w3.org/ns/credentials/v2",{"@vocab":"urn:v:"}],"id":"urn:uuid:1",
		"type":["VerifiableCredential"],"issuer":"did:example:i","validFrom":"2024-01-01T00:00:00Z",
		"credentialSubject":{"id":"did:example:s","code":{"coding":[{"system":"a","code":"b","display":"c"}],"text":"d"},"e":[1,2.5,true]}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.ToRDF(context.Background(), doc, nil); err != nil {
			b.Fatal(err)
		}
	}
}
