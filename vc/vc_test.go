package vc

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

const fhirContext = "https://contexts.example/fhir/v1"

// testContexts stands for contexts that a verifier knows beside the embedded ones.
func testContexts(_ context.Context, url string) ([]byte, error) {
	switch url {
	case fhirContext:
		return []byte(`{"@context":{"@vocab":"http://hl7.org/fhir/"}}`), nil
	case "https://www.w3.org/ns/credentials/examples/v2":
		return []byte(`{"@context":{"@vocab":"https://www.w3.org/ns/credentials/examples#"}}`), nil
	}
	return nil, errors.New("unknown context")
}

func newTestProcessor() *Processor {
	return NewProcessor(Options{Resolver: did.KeyResolver{}, Contexts: testContexts})
}

func testKey(t testing.TB, kt did.KeyType) SigningKey {
	t.Helper()
	k, err := did.GenerateKey(kt, nil)
	require.NoError(t, err)
	return DIDKey(k)
}

func didOf(k SigningKey) string { return k.PrivateKey.Public().DIDKey() }

var testNow = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// fhirResource returns the first resource of a type in a synthetic patient's record,
// as a credentialSubject: its id made a URN, because an RDF node's id is an IRI.
func fhirResource(t testing.TB, resourceType string) map[string]any {
	t.Helper()
	const file = "../../shared/data/fhir/Alejandro_Riojas_a9fcc685-c7a2-4474-bf25-26c8fe4b48f9.json"
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skip("the synthetic FHIR records are not there: shared/data/fhir")
	}
	require.NoError(t, err)
	bundle, err := jsondoc.ParseObject(text, jsondoc.DefaultLimits())
	require.NoError(t, err)
	for _, e := range bundle["entry"].([]any) {
		resource := e.(map[string]any)["resource"].(map[string]any)
		if resource["resourceType"] == resourceType {
			resource = without(resource)
			resource["id"] = "urn:uuid:" + resource["id"].(string)
			return resource
		}
	}
	t.Fatalf("no %s in %s", resourceType, file)
	return nil
}

func fhirCredential(t testing.TB, version Version, issuer, resourceType string) *Credential {
	t.Helper()
	doc := map[string]any{
		"@context":          []any{ContextV2, fhirContext},
		"type":              []any{"VerifiableCredential"},
		"issuer":            issuer,
		"validFrom":         "2024-01-01T00:00:00Z",
		"validUntil":        "2030-01-01T00:00:00Z",
		"credentialSubject": fhirResource(t, resourceType),
	}
	if version == V1 {
		doc["@context"] = []any{ContextV1, fhirContext}
		doc["issuanceDate"], doc["expirationDate"] = doc["validFrom"], doc["validUntil"]
		delete(doc, "validFrom")
		delete(doc, "validUntil")
	}
	c, err := NewCredential(doc)
	require.NoError(t, err)
	return c
}

func reparse(t testing.TB, c *Credential) *Credential {
	t.Helper()
	text, err := json.Marshal(c)
	require.NoError(t, err)
	c, err = ParseCredential(text)
	require.NoError(t, err)
	return c
}

// Plain suites sign and verify FHIR credentials of both data models.
func TestPlainProofs(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	for _, kt := range []did.KeyType{did.Ed25519, did.P256, did.P384} {
		for _, version := range []Version{V1, V2} {
			key := testKey(t, kt)
			issued, err := p.Issue(ctx, fhirCredential(t, version, didOf(key), "Observation"), key, ProofOptions{Created: testNow})
			require.NoError(t, err)
			r := p.VerifyCredential(ctx, reparse(t, issued), VerifyOptions{Now: testNow})
			require.NoError(t, r.Err())
			require.True(t, r.Verified)
			require.Equal(t, didOf(key), r.Issuer)
			require.Equal(t, "Observation", r.Claims()[0]["resourceType"])
		}
	}
}

// Three fields of a FHIR resource are shown; nothing else of it is in the output.
func TestSelectiveDisclosureOfFHIR(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	for name, c := range map[string]struct {
		suite    string
		key      did.KeyType
		resource string
		pointers []string
		shown    []string
		hidden   []string
	}{
		"bbs, Immunization": {SuiteBBS, did.BLS12381G2, "Immunization",
			[]string{"/credentialSubject/vaccineCode/coding/0/code", "/credentialSubject/occurrenceDateTime", "/credentialSubject/status"},
			[]string{`"140"`, "2000-12-24", "completed"},
			[]string{"Influenza", "primarySource", "patient", "encounter", "829bb06a", "synthea", "resourceType", "cvx"}},
		"bbs, Observation": {SuiteBBS, did.BLS12381G2, "Observation",
			[]string{"/credentialSubject/valueQuantity", "/credentialSubject/code/text", "/credentialSubject/effectiveDateTime"},
			[]string{"189.34136216482673", "Body Height", `"cm"`},
			[]string{"8302-2", "loinc", "vital-signs", "829bb06a", "synthea", "final", "issued"}},
		"ecdsa-sd, Immunization": {SuiteECDSASD, did.P256, "Immunization",
			[]string{"/credentialSubject/vaccineCode/text", "/credentialSubject/occurrenceDateTime", "/credentialSubject/primarySource"},
			[]string{"Influenza", "2000-12-24", "primarySource"},
			[]string{"140", "completed", "patient", "encounter", "829bb06a", "synthea", "cvx"}},
	} {
		for _, version := range []Version{V1, V2} {
			t.Run(name, func(t *testing.T) {
				key := testKey(t, c.key)
				issued, err := p.Issue(ctx, fhirCredential(t, version, didOf(key), c.resource), key, ProofOptions{Cryptosuite: c.suite, Created: testNow})
				require.NoError(t, err)

				// The holder checks what it received; a verifier must not see a base proof.
				require.NoError(t, p.VerifyIssued(ctx, reparse(t, issued), VerifyOptions{Now: testNow}).Err())
				require.ErrorIs(t, p.VerifyCredential(ctx, issued, VerifyOptions{Now: testNow}).Err(), ErrProofValue)

				derived, err := p.Derive(ctx, issued, c.pointers, DeriveOptions{})
				require.NoError(t, err)
				text, err := json.Marshal(derived)
				require.NoError(t, err)
				for _, s := range c.shown {
					require.Contains(t, string(text), s)
				}
				for _, s := range c.hidden {
					require.NotContains(t, string(text), s)
				}
				r := p.VerifyCredential(ctx, reparse(t, derived), VerifyOptions{Now: testNow})
				require.NoError(t, r.Err())
				require.Len(t, r.Claims(), 1)
			})
		}
	}
}

// Two derivations of one credential share nothing but what they show and what the
// standard makes public: the issuer, the proof's options, the number of statements.
func TestDerivationsCannotBeLinked(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	key := testKey(t, did.BLS12381G2)
	unsigned := fhirCredential(t, V2, didOf(key), "Immunization")
	issued, err := p.Issue(ctx, unsigned, key, ProofOptions{Created: testNow})
	require.NoError(t, err)
	base, err := parseBBSBaseProof(issued.Proofs()[0].Value)
	require.NoError(t, err)

	var proofs [][]byte
	for range 2 {
		derived, err := p.Derive(ctx, issued, []string{"/credentialSubject/vaccineCode/text"}, DeriveOptions{})
		require.NoError(t, err)
		d, err := parseBBSDerivedProof(derived.Proofs()[0].Value)
		require.NoError(t, err)
		proofs = append(proofs, d.proof)
	}
	// Eight bytes in common by chance: 2^-44 for proofs of this size.
	for i := 0; i+8 <= len(proofs[0]); i++ {
		require.NotContains(t, string(proofs[1]), string(proofs[0][i:i+8]))
		require.NotContains(t, string(base.signature), string(proofs[0][i:i+8]))
	}

	// Labels are shuffled by a key that only issuer and holder have: another credential
	// with the same content has other labels or indexes.
	again, err := p.Issue(ctx, unsigned, key, ProofOptions{Created: testNow})
	require.NoError(t, err)
	baseAgain, err := parseBBSBaseProof(again.Proofs()[0].Value)
	require.NoError(t, err)
	require.NotEqual(t, base.hmacKey, baseAgain.hmacKey)
}

func TestWhatHoldersCannotHide(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	key := testKey(t, did.BLS12381G2)
	doc := fhirCredential(t, V2, didOf(key), "Immunization").Document()
	doc["credentialStatus"] = map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": "revocation",
		"statusListIndex": "94567", "statusListCredential": "https://status.example/1"}
	c, err := NewCredential(doc)
	require.NoError(t, err)
	issued, err := p.Issue(ctx, c, key, ProofOptions{MandatoryPointers: []string{"/credentialSubject/status"}})
	require.NoError(t, err)
	derived, err := p.Derive(ctx, issued, nil, DeriveOptions{PresentationHeader: []byte("for you")})
	require.NoError(t, err)
	require.Equal(t, "94567", derived.Status()[0]["statusListIndex"])
	require.False(t, derived.ValidUntil().IsZero())
	require.Equal(t, "completed", derived.Subjects()[0]["status"])

	// A status that no one checks is not a verified one.
	require.ErrorIs(t, p.VerifyCredential(ctx, derived, VerifyOptions{Now: testNow}).Err(), ErrUnchecked)
	require.NoError(t, p.VerifyCredential(ctx, derived, VerifyOptions{Now: testNow, SkipStatus: true}).Err())
	revoked := errors.New("revoked")
	r := p.VerifyCredential(ctx, derived, VerifyOptions{Now: testNow, Status: func(context.Context, *Credential, map[string]any, time.Time) error { return revoked }})
	require.ErrorIs(t, r.Err(), revoked)
	require.False(t, r.Verified)
}

func TestDeriveRefuses(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	key := testKey(t, did.BLS12381G2)
	doc := fhirCredential(t, V2, didOf(key), "Immunization").Document()
	doc["@context"] = []any{ContextV2, map[string]any{"@vocab": "http://hl7.org/fhir/", "steps": map[string]any{"@id": "urn:steps", "@container": "@list"}}}
	doc["credentialSubject"].(map[string]any)["steps"] = []any{"one", map[string]any{"two": "2"}, "three"}
	c, err := NewCredential(doc)
	require.NoError(t, err)
	issued, err := p.Issue(ctx, c, key, ProofOptions{})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		pointers []string
		err      error
	}{
		"no such member":    {[]string{"/credentialSubject/nothing"}, ErrPointer},
		"no such element":   {[]string{"/credentialSubject/vaccineCode/coding/1"}, ErrPointer},
		"into a string":     {[]string{"/credentialSubject/status/0"}, ErrPointer},
		"not a pointer":     {[]string{"credentialSubject"}, ErrPointer},
		"leading zero":      {[]string{"/credentialSubject/vaccineCode/coding/00"}, ErrPointer},
		"part of a list":    {[]string{"/credentialSubject/steps/1"}, ErrPointer},
		"too many pointers": {make([]string, maxPointers+1), ErrPointer},
		"no subject":        {nil, ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.Derive(ctx, issued, c.pointers, DeriveOptions{})
			require.ErrorIs(t, err, c.err)
		})
	}
	// A whole list can be shown, and so can everything.
	for _, pointer := range []string{"/credentialSubject/steps", ""} {
		derived, err := p.Derive(ctx, issued, []string{pointer}, DeriveOptions{})
		require.NoError(t, err)
		o := VerifyOptions{Now: testNow, InlineContexts: []map[string]any{doc["@context"].([]any)[1].(map[string]any)}}
		require.NoError(t, p.VerifyCredential(ctx, derived, o).Err())
	}
	plain := testKey(t, did.Ed25519)
	issued, err = p.Issue(ctx, fhirCredential(t, V2, didOf(plain), "Immunization"), plain, ProofOptions{})
	require.NoError(t, err)
	_, err = p.Derive(ctx, issued, []string{"/credentialSubject/status"}, DeriveOptions{})
	require.ErrorIs(t, err, ErrNoProof)
}

func TestPresentation(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	issuer, holder := testKey(t, did.BLS12381G2), testKey(t, did.P256)
	var shown []*Credential
	for _, version := range []Version{V1, V2} {
		issued, err := p.Issue(ctx, fhirCredential(t, version, didOf(issuer), "Immunization"), issuer, ProofOptions{Created: testNow})
		require.NoError(t, err)
		derived, err := p.Derive(ctx, issued, []string{"/credentialSubject/vaccineCode"}, DeriveOptions{})
		require.NoError(t, err)
		shown = append(shown, derived)
	}
	o := ProofOptions{Created: testNow, Challenge: "c-1", Domain: "https://verifier.example"}
	presented, err := p.Present(ctx, shown, holder, o)
	require.NoError(t, err)
	text, err := json.Marshal(presented)
	require.NoError(t, err)
	presented, err = ParsePresentation(text)
	require.NoError(t, err)
	r := p.VerifyPresentation(ctx, presented, VerifyOptions{Now: testNow, Challenge: "c-1", Domain: "https://verifier.example"})
	require.NoError(t, r.Err())
	require.True(t, r.Verified)
	require.Equal(t, didOf(holder), r.Holder)
	require.Len(t, r.Credentials, 2)
	require.Equal(t, didOf(issuer), r.Credentials[1].Issuer)
}

// alumni is the unsigned credential of the specifications' test vectors.
const alumni = `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
	"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential","AlumniCredential"],
	"name":"Alumni Credential","description":"A minimum viable example of an Alumni Credential.",
	"issuer":"https://vc.example/issuers/5678","validFrom":"2023-01-01T00:00:00Z",
	"credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples"}}`

func alumniDocument(t *testing.T) map[string]any {
	t.Helper()
	doc, err := jsondoc.ParseObject([]byte(alumni), jsondoc.DefaultLimits())
	require.NoError(t, err)
	return doc
}

// vc-di-eddsa §B.1 and vc-di-ecdsa §A.1 (P-256), §A.4 (P-384): hashes and signatures.
func TestPublishedPlainVectors(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor().operation()
	for _, c := range []struct {
		suite, public, secret, documentHash, configHash, value string
	}{
		{SuiteEdDSA, "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2", "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq",
			"517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017",
			"bea7b7acfbad0126b135104024a5f1733e705108f42d59668b05c0c50004c6b0",
			"z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme"},
		{SuiteECDSA, "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP", "z42twTcNeSYcnqg1FLuSFs2bsGH3ZqbRHFmvS9XMsYhjxvHN",
			"517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017",
			"3a8a522f689025727fb9d1f0fa99a618da023e8494ac74f51015d009d35abc2e",
			"zaHXrr7AQdydBk3ahpCDpWbxfLokDqmCToYm2dyWvpcFVyWooC2he63w1f7UNQoAMKdhaRtcnaE2KTo5o5vTCcfw"},
		{SuiteECDSA, "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ", "z2fanyY7zgwNpZGxX5fXXibvScNaUWNprHU9dKx7qpVj7mws9J8LLt4mDB5TyH2GLHWkUc",
			"8bf6e01df72c5b62f91b685231915ac4b8c58ea95f002c6b8f6bfafa1b251df476b56b8e01518e317dab099d3ecbff96",
			"e32805a26492eac777aa7a138f6d8da3c74e0c7be7b296dcaccf97420c3b92eaad7be6449ca565e165031567f5c7cbc1",
			"z967Mvv5bxtmLNqTzPZ8KmJjFmFXaAKeQNzq7GWnQkMcLtaGSSmuozE5WtJ8PipMe178B1tE28K1vsJur9bGVJhz6jgSJsRHFSQeqgH8hhjcg8gZDFJC1b9FsR5ggNmDBqHv"},
	} {
		t.Run(c.suite+" "+c.public[:4], func(t *testing.T) {
			private, err := did.ParsePrivateKeyMultibase(c.secret)
			require.NoError(t, err)
			require.Equal(t, c.public, private.Public().Multibase())
			doc := alumniDocument(t)
			config := map[string]any{"type": dataIntegrityProof, "cryptosuite": c.suite, "created": "2023-02-24T23:36:38Z",
				"verificationMethod": DIDKey(private).VerificationMethod, "proofPurpose": PurposeAssertion}
			var hashData []byte
			if c.suite == SuiteEdDSA {
				hashData, err = eddsaRDFC2022{}.hash(ctx, p, doc, config)
			} else {
				hashData, err = ecdsaRDFC2019{}.hash(ctx, p, private.Type(), doc, config)
			}
			require.NoError(t, err)
			require.Equal(t, append(unhex(t, c.configHash), unhex(t, c.documentHash)...), hashData)

			config["proofValue"] = c.value
			doc["proof"] = config
			credential, err := credentialOf(doc)
			require.NoError(t, err)
			r := p.VerifyCredential(ctx, credential, VerifyOptions{Now: testNow})
			require.NoError(t, checkNamed(t, r, CheckSignature).Err)

			unsigned, err := credentialOf(alumniDocument(t))
			require.NoError(t, err)
			created := time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC)
			issued, err := p.Issue(ctx, unsigned, DIDKey(private), ProofOptions{Created: created})
			require.NoError(t, err)
			require.Equal(t, c.value, issued.Proofs()[0].Value)
		})
	}
}

// vc-di-eddsa §B.5: a proof set of two, a proof that builds on both, and one on that.
func TestPublishedProofChain(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	doc := alumniDocument(t)
	proof := func(id, created, key, value string, previous ...any) map[string]any {
		m := map[string]any{"type": dataIntegrityProof, "cryptosuite": SuiteEdDSA, "created": created,
			"verificationMethod": "did:key:" + key + "#" + key, "proofPurpose": PurposeAssertion, "proofValue": value}
		if id != "" {
			m["id"] = "urn:uuid:" + id
		}
		switch len(previous) {
		case 0:
		case 1:
			m["previousProof"] = previous[0]
		default:
			m["previousProof"] = previous
		}
		return m
	}
	const one, two, three = "26329423-bec9-4b2e-88cb-a7c7d9dc4544", "8cc9022b-6b14-4cf3-8571-74972c5feb54", "d94f792a-c546-4d06-b38a-da070ab56c23"
	proofs := []any{
		proof(one, "2023-02-24T23:36:38Z", "z6MktgKTsu1QhX6QPbyqG6geXdw6FQCZBPq7uQpieWbiQiG7",
			"z66vWyqwAghu52WbpRkCwFRTu6Msn92ArtjpJ3gGMSVoU5RADwBfszoDt1QWY8owqLPz4nTj7hAwV7xFti1p93zdr"),
		proof(two, "2023-02-24T23:36:38Z", "z6MkhWqdDBPojHA7cprTGTt5yHv5yUi1B8cnXn8ReLumkw6E",
			"z2scr94SNNrGpP2bE7ajvKWeUHm7HJ2edDkxpARvFAQ8V3USzwEzibqrXKaLHBrWostswsfvg82twQR88BgtnsrXY"),
		proof(three, "2023-02-26T22:06:38Z", "z6MkmEq87wkHCYnWnNZkigeDMGTN7oUw1upkhzd77KuXERS1",
			"zWaPeEvBAkhQpNQj8pknuvg5STcKnt3cvM9t4kAYeJETFjvVMSXEEjadC4uxC9fKCn6JHbjt6fj2fhoaVNynBm6J", "urn:uuid:"+one, "urn:uuid:"+two),
		proof("", "2023-02-26T22:16:38Z", "z6Mkm1S51iPHJvDEkJ9MRtxJmT8Pqo6wHipAFwBAjN83vntT",
			"z4b5uUtxNiV4E541LiR8qLvA21xM1Vt4Hfn6nLmmDePdFvLB3jFj3HyEEJyRMbpJzv4Gfdr8ABeuRTxAvZv6KWRRh", "urn:uuid:"+three),
	}
	verify := func(proofs []any) *Result {
		doc["proof"] = proofs
		c, err := NewCredential(doc)
		require.NoError(t, err)
		return p.VerifyCredential(ctx, c, VerifyOptions{Now: testNow})
	}
	signatures := 0
	for _, c := range verify(proofs).Checks {
		if c.Name == CheckSignature {
			require.NoError(t, c.Err, "proof %d", c.Proof)
			signatures++
		}
	}
	require.Equal(t, 4, signatures)

	require.ErrorIs(t, verify(proofs[1:]).Err(), ErrPreviousProof)
	changed := without(proofs[0].(map[string]any))
	changed["created"] = "2023-02-24T23:36:39Z"
	r := verify([]any{changed, proofs[1], proofs[2]})
	require.ErrorIs(t, r.Err(), ErrPreviousProof)
	require.ErrorIs(t, r.Err(), ErrSignature)
}

func TestProofSetsAndChainsOfOurs(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	key := testKey(t, did.Ed25519)
	c := fhirCredential(t, V2, didOf(key), "Immunization")
	for _, o := range []ProofOptions{{ID: "urn:uuid:1"}, {ID: "urn:uuid:2", Expires: testNow.Add(time.Hour)}, {PreviousProof: []string{"urn:uuid:1", "urn:uuid:2"}}} {
		var err error
		c, err = p.Issue(ctx, c, key, o)
		require.NoError(t, err)
	}
	require.Len(t, c.Proofs(), 3)
	require.NoError(t, p.VerifyCredential(ctx, reparse(t, c), VerifyOptions{Now: testNow}).Err())
	_, err := p.Issue(ctx, c, key, ProofOptions{PreviousProof: []string{"urn:uuid:9"}})
	require.ErrorIs(t, err, ErrPreviousProof)
}

func TestIssueRefuses(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	key := testKey(t, did.Ed25519)
	good := fhirCredential(t, V2, didOf(key), "Immunization")
	for name, c := range map[string]struct {
		key SigningKey
		o   ProofOptions
		err error
	}{
		"key without a suite":  {testKey(t, did.Secp256k1), ProofOptions{}, ErrUnsupported},
		"key of another suite": {key, ProofOptions{Cryptosuite: SuiteECDSA}, ErrUnsupported},
		"key of another, bbs":  {key, ProofOptions{Cryptosuite: SuiteBBS}, ErrUnsupported},
		"key of another, sd":   {key, ProofOptions{Cryptosuite: SuiteECDSASD}, ErrUnsupported},
		"unknown suite":        {key, ProofOptions{Cryptosuite: "none-2024"}, ErrUnsupported},
		"mandatory, plain":     {key, ProofOptions{MandatoryPointers: []string{"/issuer"}}, ErrOptions},
		"mandatory, not there": {testKey(t, did.BLS12381G2), ProofOptions{MandatoryPointers: []string{"/nothing"}}, ErrPointer},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.Issue(ctx, good, c.key, c.o)
			require.ErrorIs(t, err, c.err)
		})
	}
}

func TestValidationNamesTheProperty(t *testing.T) {
	for _, c := range []struct{ change, pointer string }{
		{`{"@context":null}`, "/@context"},
		{`{"@context":["https://www.w3.org/ns/credentials/examples/v2"]}`, "/@context"},
		{`{"@context":["https://www.w3.org/ns/credentials/v2",7]}`, "/@context/1"},
		{`{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/2018/credentials/v1"]}`, "/@context/1"},
		{`{"type":["AlumniCredential"]}`, "/type"},
		{`{"type":["VerifiableCredential","VerifiableCredential"]}`, "/type"},
		{`{"id":"abc"}`, "/id"},
		{`{"id":["urn:a"]}`, "/id"},
		{`{"name":7}`, "/name"},
		{`{"name":{"@value":"a","x":"b"}}`, "/name"},
		{`{"issuer":null}`, "/issuer"},
		{`{"issuer":{"name":"x"}}`, "/issuer/id"},
		{`{"issuer":{"id":"x"}}`, "/issuer/id"},
		{`{"credentialSubject":null}`, "/credentialSubject"},
		{`{"credentialSubject":[]}`, "/credentialSubject"},
		{`{"credentialSubject":[{"id":"urn:a"},{}]}`, "/credentialSubject/1"},
		{`{"credentialSubject":{"id":"a"}}`, "/credentialSubject/id"},
		{`{"credentialSubject":{"a":{"@id":"urn:b"}}}`, "/credentialSubject/a/@id"},
		{`{"credentialSubject":{"a":[{"@included":[]}]}}`, "/credentialSubject/a/0/@included"},
		{`{"validFrom":"2023"}`, "/validFrom"},
		{`{"validFrom":"2023-01-01T00:00:00"}`, "/validFrom"},
		{`{"validUntil":"2022-01-01T00:00:00Z"}`, "/validUntil"},
		{`{"credentialStatus":{"id":"urn:a"}}`, "/credentialStatus/type"},
		{`{"credentialSchema":[{"type":"JsonSchema"}]}`, "/credentialSchema/0/id"},
		{`{"evidence":["x"]}`, "/evidence/0"},
		{`{"termsOfUse":{"id":"urn:t"}}`, "/termsOfUse/type"},
		{`{"relatedResource":[{"id":"urn:a","digestSRI":"x"},{"id":"urn:a","digestSRI":"x"}]}`, "/relatedResource/1/id"},
		{`{"relatedResource":[{"id":"urn:a"}]}`, "/relatedResource/0"},
		{`{"proof":"x"}`, "/proof"},
		{`{"proof":[{"cryptosuite":"x"}]}`, "/proof/0/type"},
	} {
		doc := alumniDocument(t)
		change, err := jsondoc.ParseObject([]byte(c.change), jsondoc.DefaultLimits())
		require.NoError(t, err)
		for k, v := range change {
			if doc[k] = v; v == nil {
				delete(doc, k)
			}
		}
		_, err = NewCredential(doc)
		require.ErrorIs(t, err, ErrInvalid, c.change)
		var e *PropertyError
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.pointer, e.Pointer, c.change)

		_, err = NewPresentation(map[string]any{"@context": []any{ContextV2}, "type": "VerifiablePresentation", "verifiableCredential": []any{doc}})
		require.ErrorAs(t, err, &e, c.change)
		require.Equal(t, "/verifiableCredential/0"+c.pointer, e.Pointer)
	}
	for change, pointer := range map[string]string{
		`{"@context":["https://www.w3.org/2018/credentials/v1"],"issuanceDate":"x"}`:                                                            "/issuanceDate",
		`{"@context":["https://www.w3.org/2018/credentials/v1"],"issuanceDate":"2024-01-01T00:00:00Z","credentialStatus":{"type":"x"}}`:         "/credentialStatus/id",
		`{"@context":["https://www.w3.org/2018/credentials/v1"],"issuanceDate":"2024-01-01T00:00:00Z","expirationDate":"2023-01-01T00:00:00Z"}`: "/expirationDate",
		`{"@context":["https://www.w3.org/2018/credentials/v1"]}`:                                                                               "/issuanceDate",
	} {
		doc, err := jsondoc.ParseObject([]byte(change), jsondoc.DefaultLimits())
		require.NoError(t, err)
		for k, v := range map[string]any{"type": "VerifiableCredential", "issuer": "urn:i", "credentialSubject": map[string]any{"id": "urn:s"}} {
			doc[k] = v
		}
		_, err = NewCredential(doc)
		var e *PropertyError
		require.ErrorAs(t, err, &e)
		require.Equal(t, pointer, e.Pointer)
	}
	_, err := ParsePresentation([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation","holder":"x"}`))
	require.ErrorContains(t, err, "/holder")
}

func TestUnknownPropertiesAndNumbersAreKept(t *testing.T) {
	const text = `{"@context":["https://www.w3.org/ns/credentials/v2"],"credentialSubject":{"x":1.10},"extra":{"a":[null]},"issuer":"urn:i","type":"VerifiableCredential"}`
	c, err := ParseCredential([]byte(text))
	require.NoError(t, err)
	out, err := json.Marshal(c)
	require.NoError(t, err)
	require.Equal(t, text, string(out))
	_, err = ParseCredential([]byte(strings.Replace(text, `"extra"`, `"issuer"`, 1)))
	require.ErrorIs(t, err, jsondoc.ErrDuplicateName)
}
