package vc

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/jsonld"
	"github.com/medibloc/panacea/vc/rdfc"
)

// documents is a resolver of DID documents that stand in a test.
type documents map[string]string

func (d documents) Resolve(ctx context.Context, id string, o did.ResolveOptions) (*did.Resolution, error) {
	text, ok := d[id]
	if !ok {
		return did.KeyResolver{}.Resolve(ctx, id, o)
	}
	doc, err := did.ParseDocument([]byte(text))
	if err != nil {
		return nil, err
	}
	return &did.Resolution{Document: doc}, nil
}

func webDocument(id, relationship, extra string, key did.PublicKey) string {
	return fmt.Sprintf(`{"@context":["https://www.w3.org/ns/did/v1"],"id":%q,"verificationMethod":[{"id":"%s#k","type":"Multikey","controller":%q,"publicKeyMultibase":%q%s}],%q:["%s#k"]}`,
		id, id, id, key.Multibase(), extra, relationship, id)
}

// edit changes a document in place.
type edit func(doc map[string]any)

func subjectOf(doc map[string]any) map[string]any { return doc["credentialSubject"].(map[string]any) }
func proofIn(doc map[string]any) map[string]any   { return doc["proof"].(map[string]any) }

// Each forgery is refused, and for its own reason.
func TestForgedCredentials(t *testing.T) {
	ctx := context.Background()
	bbsKey, otherBBS := testKey(t, did.BLS12381G2), testKey(t, did.BLS12381G2)
	edKey, otherEd := testKey(t, did.Ed25519), testKey(t, did.Ed25519)
	const lab, labRevoked, labExpired, labAgreement = "did:web:lab.example", "did:web:revoked.example", "did:web:expired.example", "did:web:auth.example"
	p := NewProcessor(Options{Contexts: testContexts, Resolver: documents{
		lab:          webDocument(lab, "assertionMethod", "", edKey.PrivateKey.Public()),
		labRevoked:   webDocument(labRevoked, "assertionMethod", `,"revoked":"2025-01-01T00:00:00Z"`, edKey.PrivateKey.Public()),
		labExpired:   webDocument(labExpired, "assertionMethod", `,"expires":"2025-01-01T00:00:00Z"`, edKey.PrivateKey.Public()),
		labAgreement: webDocument(labAgreement, "authentication", "", edKey.PrivateKey.Public()),
	}})
	now := VerifyOptions{Now: testNow}
	created := testNow.Add(-time.Hour)

	issue := func(issuer string, key SigningKey, o ProofOptions) map[string]any {
		o.Created = created
		doc := fhirCredential(t, V2, issuer, "Immunization").Document()
		subjectOf(doc)["contact"] = []any{map[string]any{"phone": "1"}, map[string]any{"phone": "2"}}
		subjectOf(doc)["notCompleted"] = "x"
		c, err := NewCredential(doc)
		require.NoError(t, err)
		issued, err := p.Issue(ctx, c, key, o)
		require.NoError(t, err)
		return issued.Document()
	}
	plain := func() map[string]any { return issue(didOf(edKey), edKey, ProofOptions{}) }
	base := issue(didOf(bbsKey), bbsKey, ProofOptions{MandatoryPointers: []string{"/credentialSubject/status"}})
	sdKey := testKey(t, did.P256)
	baseSD := issue(didOf(sdKey), sdKey, ProofOptions{Cryptosuite: SuiteECDSASD, MandatoryPointers: []string{"/credentialSubject/status"}})
	derive := func(base map[string]any) func() map[string]any {
		return func() map[string]any {
			c, err := NewCredential(base)
			require.NoError(t, err)
			derived, err := p.Derive(ctx, c, []string{"/credentialSubject/vaccineCode/text", "/credentialSubject/contact", "/credentialSubject/notCompleted"}, DeriveOptions{})
			require.NoError(t, err)
			return derived.Document()
		}
	}
	derived, derivedSD := derive(base), derive(baseSD)
	bbsProof := func(change func(d *bbsDerivedProof)) edit {
		return func(doc map[string]any) {
			d, err := parseBBSDerivedProof(proofIn(doc)["proofValue"].(string))
			require.NoError(t, err)
			change(d)
			value, err := d.encode()
			require.NoError(t, err)
			proofIn(doc)["proofValue"] = value
		}
	}

	for name, c := range map[string]struct {
		from func() map[string]any
		edit edit
		err  error
		o    func(o *VerifyOptions)
	}{
		"changed claim":               {from: plain, edit: func(d map[string]any) { subjectOf(d)["status"] = "not-done" }, err: ErrSignature},
		"changed claim, derived":      {from: derived, edit: func(d map[string]any) { subjectOf(d)["status"] = "not-done" }, err: ErrSignature},
		"changed claim, derived sd":   {from: derivedSD, edit: func(d map[string]any) { subjectOf(d)["status"] = "not-done" }, err: ErrSignature},
		"changed disclosed claim, sd": {from: derivedSD, edit: func(d map[string]any) { subjectOf(d)["notCompleted"] = "y" }, err: ErrSignature},
		"added claim":                 {from: plain, edit: func(d map[string]any) { subjectOf(d)["lot"] = "7" }, err: ErrSignature},
		"added claim, derived":        {from: derived, edit: func(d map[string]any) { subjectOf(d)["lot"] = "7" }, err: ErrExtraStatement},
		"removed claim, derived":      {from: derived, edit: func(d map[string]any) { delete(subjectOf(d), "notCompleted") }, err: ErrMissingStatement},
		"undisclosed mandatory field": {from: derived, edit: func(d map[string]any) { delete(subjectOf(d), "status") }, err: ErrMissingStatement},
		"undisclosed mandatory, sd":   {from: derivedSD, edit: func(d map[string]any) { delete(subjectOf(d), "status") }, err: ErrMissingStatement},
		"hidden end of validity":      {from: derived, edit: func(d map[string]any) { delete(d, "validUntil") }, err: ErrMissingStatement},
		"mandatory passed as disclosed": {from: derived, edit: bbsProof(func(d *bbsDerivedProof) {
			d.mandatory = d.mandatory[1:]
			d.selective = append(d.selective, d.selective[len(d.selective)-1]+1)
		}), err: ErrSignature},
		"duplicated statement":        {from: derived, edit: func(d map[string]any) { subjectOf(d)["notCompleted"] = []any{"x", "x"} }, err: ErrDuplicateStatement},
		"duplicated statement, plain": {from: plain, edit: func(d map[string]any) { subjectOf(d)["notCompleted"] = []any{"x", "x"} }, err: ErrDuplicateStatement},
		"duplicated node": {from: derived, edit: func(d map[string]any) {
			l := subjectOf(d)["contact"].([]any)
			subjectOf(d)["contact"] = append(l, l[0])
		}, err: ErrBlankNode},
		"nodes joined by a label": {from: derived, edit: func(d map[string]any) {
			subjectOf(d)["vaccineCode"].(map[string]any)["id"] = "_:same"
			subjectOf(d)["contact"].([]any)[0].(map[string]any)["id"] = "_:same"
		}, err: ErrBlankNode},
		"two nodes under one label": {from: derived, edit: bbsProof(func(d *bbsDerivedProof) { d.labelMap["c14n0"] = d.labelMap["c14n1"] }), err: ErrBlankNode},
		"labels swapped": {from: derived, edit: bbsProof(func(d *bbsDerivedProof) {
			keys := slices.Sorted(maps.Keys(d.labelMap))
			d.labelMap[keys[0]], d.labelMap[keys[1]] = d.labelMap[keys[1]], d.labelMap[keys[0]]
		}), err: ErrSignature},
		"label left over":           {from: derived, edit: bbsProof(func(d *bbsDerivedProof) { d.labelMap["c14n99"] = "b99" }), err: ErrBlankNode},
		"label missing":             {from: derived, edit: bbsProof(func(d *bbsDerivedProof) { delete(d.labelMap, "c14n0") }), err: ErrBlankNode},
		"index out of range":        {from: derived, edit: bbsProof(func(d *bbsDerivedProof) { d.mandatory[len(d.mandatory)-1] = 4000 }), err: ErrMissingStatement},
		"other presentation header": {from: derived, edit: bbsProof(func(d *bbsDerivedProof) { d.presentationHeader = []byte("mine") }), err: ErrSignature},
		"cut proof":                 {from: derived, edit: bbsProof(func(d *bbsDerivedProof) { d.proof = d.proof[:len(d.proof)-1] }), err: ErrProofValue},
		"base proof":                {from: func() map[string]any { return jsondoc.Clone(base).(map[string]any) }, edit: func(map[string]any) {}, err: ErrProofValue},
		"swapped proof": {from: plain, edit: func(d map[string]any) {
			d["proof"] = issue(didOf(edKey), edKey, ProofOptions{ID: "urn:uuid:5"})["proof"]
			subjectOf(d)["lot"] = "7"
		}, err: ErrSignature},
		"swapped proof, derived": {from: derived, edit: func(d map[string]any) { d["proof"] = derivedSD()["proof"] }, err: ErrIssuer},
		"proof of another suite": {from: plain, edit: func(d map[string]any) { proofIn(d)["cryptosuite"] = SuiteBBS }, err: ErrUnsupported},
		"unknown suite":          {from: plain, edit: func(d map[string]any) { proofIn(d)["cryptosuite"] = "rot13-2024" }, err: ErrUnsupported},
		"legacy proof type":      {from: plain, edit: func(d map[string]any) { proofIn(d)["type"] = "Ed25519Signature2018" }, err: ErrUnsupported},
		"malformed value":        {from: plain, edit: func(d map[string]any) { proofIn(d)["proofValue"] = "z111" }, err: ErrProofValue},
		"no proof":               {from: plain, edit: func(d map[string]any) { delete(d, "proof") }, err: ErrNoProof},
		"empty list of proofs":   {from: plain, edit: func(d map[string]any) { d["proof"] = []any{} }, err: ErrNoProof},
		"one wrong proof in a set": {from: plain, edit: func(d map[string]any) {
			o := without(proofIn(d))
			o["created"] = "2025-05-01T00:00:00Z"
			d["proof"] = []any{d["proof"], o}
		}, err: ErrSignature},
		"wrong purpose":              {from: func() map[string]any { return issue(didOf(edKey), edKey, ProofOptions{Purpose: PurposeAuthentication}) }, err: ErrPurpose},
		"purpose changed afterwards": {from: func() map[string]any { return issue(didOf(edKey), edKey, ProofOptions{Purpose: PurposeAuthentication}) }, edit: func(d map[string]any) { proofIn(d)["proofPurpose"] = PurposeAssertion }, err: ErrSignature},
		"expired":                    {from: plain, err: ErrExpired, o: func(o *VerifyOptions) { o.Now = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"not valid yet":              {from: plain, err: ErrNotYetValid, o: func(o *VerifyOptions) { o.Now = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"no time to judge by":        {from: plain, err: ErrOptions, o: func(o *VerifyOptions) { o.Now = time.Time{} }},
		"proof expired": {from: func() map[string]any {
			return issue(didOf(edKey), edKey, ProofOptions{Expires: testNow.Add(-time.Minute)})
		}, err: ErrProofTime},
		"proof from the future":     {from: plain, err: ErrProofTime, o: func(o *VerifyOptions) { o.Now = created.Add(-clockSkew - time.Second) }},
		"issuer without the key":    {from: func() map[string]any { return issue(didOf(otherEd), edKey, ProofOptions{}) }, err: ErrIssuer},
		"issuer changed afterwards": {from: derived, edit: func(d map[string]any) { d["issuer"] = didOf(otherBBS) }, err: ErrIssuer},
		"method of another's key": {from: plain, edit: func(d map[string]any) {
			proofIn(d)["verificationMethod"] = otherEd.VerificationMethod
			d["issuer"] = didOf(otherEd)
		}, err: ErrSignature},
		"method not in the document": {from: func() map[string]any { return issue(lab, SigningKey{lab + "#none", edKey.PrivateKey}, ProofOptions{}) }, err: ErrMethod},
		"method not for the purpose": {from: func() map[string]any {
			return issue(labAgreement, SigningKey{labAgreement + "#k", edKey.PrivateKey}, ProofOptions{})
		}, err: ErrMethod},
		"method revoked": {from: func() map[string]any {
			return issue(labRevoked, SigningKey{labRevoked + "#k", edKey.PrivateKey}, ProofOptions{})
		}, err: ErrMethod},
		"method expired": {from: func() map[string]any {
			return issue(labExpired, SigningKey{labExpired + "#k", edKey.PrivateKey}, ProofOptions{})
		}, err: ErrMethod},
		"method of an old version": {from: func() map[string]any {
			return issue(lab, SigningKey{lab + "?versionId=1#k", edKey.PrivateKey}, ProofOptions{})
		}, err: ErrMethod},
		"issuer that no one knows": {from: func() map[string]any {
			return issue("did:web:none.example", SigningKey{"did:web:none.example#k", edKey.PrivateKey}, ProofOptions{})
		}, err: ErrMethod},
		"claim renamed by a context": {from: derived, edit: func(d map[string]any) {
			// http://hl7.org/fhir/notCompleted, read as a claim named Completed
			d["@context"] = append(d["@context"].([]any), map[string]any{"Completed": "http://hl7.org/fhir/notCompleted"})
			subjectOf(d)["Completed"] = subjectOf(d)["notCompleted"]
			delete(subjectOf(d), "notCompleted")
		}, err: ErrContext},
		"context inside":       {from: plain, edit: func(d map[string]any) { subjectOf(d)["@context"] = map[string]any{"@vocab": "http://hl7.org/fhir/"} }, err: ErrContext},
		"context in the proof": {from: plain, edit: func(d map[string]any) { proofIn(d)["@context"] = ContextV2 }, err: ErrInvalid},
		"claims moved out of sight": {from: plain, edit: func(d map[string]any) {
			d["credentialSubject"] = map[string]any{"@included": []any{d["credentialSubject"]}}
		}, err: ErrInvalid},
		"unknown term": {from: plain, edit: func(d map[string]any) { d["@context"] = []any{ContextV2} }, err: jsonld.ErrUnknownTerm},
		"poisoned graph": {from: plain, edit: func(d map[string]any) {
			nodes := make([]any, 60)
			for i := range nodes {
				nodes[i] = map[string]any{"id": fmt.Sprintf("_:n%d", i), "next": fmt.Sprintf("_:n%d", i)}
			}
			for i := range nodes {
				links := []any{}
				for j := range nodes {
					links = append(links, map[string]any{"id": fmt.Sprintf("_:n%d", j)})
				}
				nodes[i].(map[string]any)["link"] = links
				nodes[i].(map[string]any)["next"] = "x"
			}
			subjectOf(d)["nodes"] = nodes
		}, err: rdfc.ErrWorkLimit},
		"previous proof missing": {from: plain, edit: func(d map[string]any) { proofIn(d)["previousProof"] = "urn:uuid:1" }, err: ErrPreviousProof},
		"other challenge":        {from: plain, err: ErrChallenge, o: func(o *VerifyOptions) { o.Challenge = "mine" }},
		"other domain":           {from: plain, err: ErrDomain, o: func(o *VerifyOptions) { o.Domain = "mine" }},
	} {
		t.Run(name, func(t *testing.T) {
			doc := c.from()
			if c.edit != nil {
				c.edit(doc)
			}
			text, err := json.Marshal(doc)
			require.NoError(t, err)
			credential, err := ParseCredential(text)
			if err != nil {
				require.ErrorIs(t, err, c.err)
				return
			}
			o := now
			if c.o != nil {
				c.o(&o)
			}
			r := p.VerifyCredential(ctx, credential, o)
			require.False(t, r.Verified)
			require.ErrorIs(t, r.Err(), c.err)
		})
	}
	// What the forgeries start from is genuine.
	for _, from := range []func() map[string]any{plain, derived, derivedSD, func() map[string]any { return issue(lab, SigningKey{lab + "#k", edKey.PrivateKey}, ProofOptions{}) }} {
		c, err := NewCredential(from())
		require.NoError(t, err)
		require.NoError(t, p.VerifyCredential(ctx, c, now).Err())
	}
}

func TestForgedPresentations(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	issuer, holder, thief := testKey(t, did.Ed25519), testKey(t, did.Ed25519), testKey(t, did.Ed25519)
	issued, err := p.Issue(ctx, fhirCredential(t, V2, didOf(issuer), "Immunization"), issuer, ProofOptions{})
	require.NoError(t, err)
	const challenge, domain = "c-1", "https://verifier.example"
	present := func() map[string]any {
		presented, err := p.Present(ctx, []*Credential{issued}, holder, ProofOptions{Challenge: challenge, Domain: domain, Created: testNow})
		require.NoError(t, err)
		return presented.Document()
	}
	for name, c := range map[string]struct {
		edit edit
		o    func(o *VerifyOptions)
		err  error
	}{
		"replayed":                 {o: func(o *VerifyOptions) { o.Challenge = "c-2" }, err: ErrChallenge},
		"no challenge is demanded": {o: func(o *VerifyOptions) { o.Challenge = "" }, err: ErrChallenge},
		"wrong domain":             {o: func(o *VerifyOptions) { o.Domain = "https://other.example" }, err: ErrDomain},
		"several domains":          {edit: func(d map[string]any) { proofIn(d)["domain"] = []any{domain, "https://other.example"} }, err: ErrDomain},
		"challenge changed":        {edit: func(d map[string]any) { proofIn(d)["challenge"] = "c-2" }, o: func(o *VerifyOptions) { o.Challenge = "c-2" }, err: ErrSignature},
		"holder changed":           {edit: func(d map[string]any) { d["holder"] = didOf(thief) }, err: ErrHolder},
		"holder and method changed": {edit: func(d map[string]any) {
			d["holder"] = didOf(thief)
			proofIn(d)["verificationMethod"] = thief.VerificationMethod
		}, err: ErrSignature},
		"credential taken out": {edit: func(d map[string]any) { d["verifiableCredential"] = []any{} }, err: ErrSignature},
		"credential's claim": {edit: func(d map[string]any) {
			subjectOf(d["verifiableCredential"].([]any)[0].(map[string]any))["status"] = "x"
		}, err: ErrSignature},
		"no proof":               {edit: func(d map[string]any) { delete(d, "proof") }, err: ErrNoProof},
		"wrong purpose":          {edit: func(d map[string]any) { proofIn(d)["proofPurpose"] = PurposeAssertion }, err: ErrPurpose},
		"context of its own":     {edit: func(d map[string]any) { d["@context"] = []any{ContextV2, map[string]any{"x": "urn:x"}} }, err: ErrContext},
		"credential has expired": {o: func(o *VerifyOptions) { o.Now = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC) }, err: ErrExpired},
		"enveloped credential": {edit: func(d map[string]any) {
			d["verifiableCredential"] = map[string]any{"@context": ContextV2, "id": "data:application/vc+jwt,x", "type": "EnvelopedVerifiableCredential"}
		}, err: ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			doc := present()
			if c.edit != nil {
				c.edit(doc)
			}
			presentation, err := NewPresentation(doc)
			require.NoError(t, err)
			o := VerifyOptions{Now: testNow, Challenge: challenge, Domain: domain}
			if c.o != nil {
				c.o(&o)
			}
			r := p.VerifyPresentation(ctx, presentation, o)
			require.False(t, r.Verified)
			require.ErrorIs(t, r.Err(), c.err)
		})
	}
}

// No decoder of proof values panics, and what one accepts has one encoding.
func FuzzProofValues(f *testing.F) {
	f.Add(strings.Repeat("u", 10))
	bbsBase := &bbsBaseProof{signature: make([]byte, 80), header: make([]byte, 64), publicKey: make([]byte, 96), hmacKey: make([]byte, 32), mandatory: []string{"/issuer"}}
	f.Add(bbsBase.encode())
	bbsDerived, err := (&bbsDerivedProof{proof: make([]byte, 300), labelMap: map[string]string{"c14n0": "b1", "c14n30": "b0"}, mandatory: []int{0, 2, 300}, selective: []int{1}}).encode()
	require.NoError(f, err)
	f.Add(bbsDerived)
	sdBase := &ecdsaSDBaseProof{baseSignature: make([]byte, 64), publicKey: make([]byte, 35), hmacKey: make([]byte, 32), signatures: [][]byte{make([]byte, 64)}, mandatory: []string{""}}
	f.Add(sdBase.encode())
	sdDerived, err := (&ecdsaSDDerivedProof{baseSignature: make([]byte, 64), publicKey: make([]byte, 35), signatures: [][]byte{make([]byte, 64)},
		labelMap: map[string]string{"c14n0": hmacLabel(nil, "c14n0")}, mandatory: []int{7}}).encode()
	require.NoError(f, err)
	f.Add(sdDerived)
	f.Fuzz(func(t *testing.T, value string) {
		if b, err := parseBBSBaseProof(value); err == nil {
			require.Equal(t, value, b.encode())
		} else {
			require.ErrorIs(t, err, ErrProofValue)
		}
		if d, err := parseBBSDerivedProof(value); err == nil {
			again, err := d.encode()
			require.NoError(t, err)
			require.Equal(t, value, again)
		}
		if b, err := parseECDSASDBaseProof(value); err == nil {
			require.Equal(t, value, b.encode())
		}
		if d, err := parseECDSASDDerivedProof(value); err == nil {
			again, err := d.encode()
			require.NoError(t, err)
			require.Equal(t, value, again)
		}
		if _, err := decodeSignature(value, 64); err != nil {
			require.ErrorIs(t, err, ErrProofValue)
		}
	})
}

// No credential or presentation panics, in reading or in checking, nor verifies: the
// fuzzer has no key.
func FuzzCredential(f *testing.F) {
	f.Add([]byte(alumni))
	f.Add([]byte(residentCard))
	f.Add([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation","holder":"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
		"verifiableCredential":[` + alumni + `],"proof":{"type":"DataIntegrityProof","cryptosuite":"bbs-2023","proofPurpose":"authentication",
		"verificationMethod":"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2","proofValue":"u2V0DhQ"}}`))
	p := NewProcessor(Options{Resolver: did.KeyResolver{}, Contexts: testContexts})
	f.Fuzz(func(t *testing.T, text []byte) {
		ctx := context.Background()
		if c, err := ParseCredential(text); err == nil {
			require.False(t, p.VerifyCredential(ctx, c, VerifyOptions{Now: testNow}).Verified)
			p.VerifyIssued(ctx, c, VerifyOptions{Now: testNow})
			_, _ = p.Derive(ctx, c, []string{"/credentialSubject"}, DeriveOptions{})
			out, err := json.Marshal(c)
			require.NoError(t, err)
			_, err = ParseCredential(out)
			require.NoError(t, err)
		}
		if pr, err := ParsePresentation(text); err == nil {
			require.False(t, p.VerifyPresentation(ctx, pr, VerifyOptions{Now: testNow}).Verified)
		}
	})
}

// Many poisoned credentials in one presentation cost what one does.
func TestPoisonDoesNotMultiply(t *testing.T) {
	ctx, p := context.Background(), newTestProcessor()
	key := testKey(t, did.Ed25519)
	issued, err := p.Issue(ctx, fhirCredential(t, V2, didOf(key), "Immunization"), key, ProofOptions{})
	require.NoError(t, err)
	doc := issued.Document()
	nodes := make([]any, 12)
	for i := range nodes {
		links := make([]any, len(nodes))
		for j := range links {
			links[j] = map[string]any{"id": fmt.Sprintf("_:n%d", j)}
		}
		nodes[i] = map[string]any{"id": fmt.Sprintf("_:n%d", i), "link": links}
	}
	subjectOf(doc)["nodes"] = nodes
	list := make([]any, maxCredentials)
	for i := range list {
		list[i] = doc
	}
	presentation, err := NewPresentation(map[string]any{"@context": []any{ContextV2}, "type": "VerifiablePresentation", "verifiableCredential": list})
	require.NoError(t, err)
	start := time.Now()
	r := p.VerifyPresentation(ctx, presentation, VerifyOptions{Now: testNow})
	require.Less(t, time.Since(start), 20*time.Second)
	for _, c := range r.Credentials {
		require.ErrorIs(t, c.Err(), rdfc.ErrWorkLimit)
	}
}
