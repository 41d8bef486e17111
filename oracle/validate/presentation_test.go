package validate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/pex"
	"github.com/medibloc/panacea/vc/status"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

const (
	hospitalDID = "did:panacea:8Qcfz5aN3vWbQjJ5e6dKPrVnx4mMUqHfzWmGTb8sYv1H"
	contextURL  = hospitalDID + "/resources/c3f0d8a1-0000-4000-8000-000000000001"
	listURL     = hospitalDID + "?resourceName=revocation&resourceType=BitstringStatusListCredential"
	credID      = "urn:uuid:7f3c1e0a-9a57-4e0e-8a5b-2f6f3f0d9c11"
)

// sale is a deal for presentations, a hospital whose DID, context and status list are on the chain, and a patient.
type sale struct {
	*fixture.World
	processor *vc.Processor
	bbs, list vc.SigningKey
	patient   vc.SigningKey
	revoked   *status.List
}

func key(t testing.TB, kind did.KeyType) did.PrivateKey {
	k, err := did.GenerateKey(kind, nil)
	require.NoError(t, err)
	return k
}

const definitionText = `{"id":"vaccinated","input_descriptors":[{"id":"immunization","constraints":{"limit_disclosure":"required","fields":[
  {"path":["$.credentialSubject.status"],"filter":{"const":"completed"}},
  {"path":["$.credentialSubject.vaccineCode.coding[*].code"]}%s]}}]}`

func newSale(t testing.TB, moreFields string) *sale {
	s := &sale{World: fixture.NewWorld(t), patient: vc.DIDKey(key(t, did.Ed25519))}
	s.bbs = vc.SigningKey{VerificationMethod: hospitalDID + "#bbs", PrivateKey: key(t, did.BLS12381G2)}
	s.list = vc.SigningKey{VerificationMethod: hospitalDID + "#ed", PrivateKey: key(t, did.Ed25519)}
	s.Chain.Documents[hospitalDID] = document(t, hospitalDID, s.bbs, s.list)
	s.Chain.Resources[contextURL] = []byte(`{"@context":{"@vocab":"http://hl7.org/fhir/"}}`)
	resolver := did.MethodRouter{did.MethodPanacea: s.Chain, "key": did.KeyResolver{}}
	s.processor = vc.NewProcessor(vc.Options{Resolver: resolver, Contexts: pex.Contexts(s.Chain.Resource)})
	s.Deal().Requirements = datadeal.Requirements{
		MediaType: "application/json", PresentationDefinition: fmt.Appendf(nil, definitionText, moreFields), TrustedIssuers: []string{hospitalDID},
	}
	list, err := status.NewList(status.MinimumLength, 1)
	require.NoError(t, err)
	s.revoked = list
	s.publish(t)
	return s
}

func document(t testing.TB, id string, keys ...vc.SigningKey) *did.Document {
	var methods, names []string
	for _, k := range keys {
		methods = append(methods, fmt.Sprintf(`{"id":%q,"type":"Multikey","controller":%q,"publicKeyMultibase":%q}`, k.VerificationMethod, id, k.PrivateKey.Public().Multibase()))
		names = append(names, fmt.Sprintf("%q", k.VerificationMethod))
	}
	d, err := did.ParseDocument(fmt.Appendf(nil, `{"@context":[%q],"id":%q,"verificationMethod":[%s],"assertionMethod":[%s]}`,
		did.ContextV1, id, strings.Join(methods, ","), strings.Join(names, ",")))
	require.NoError(t, err)
	return d
}

// publish signs the status list as it stands.
func (s *sale) publish(t testing.TB) {
	subject, err := s.revoked.Subject(status.SubjectOptions{ID: listURL + "#list", Purposes: []string{status.Revocation}})
	require.NoError(t, err)
	c, err := vc.NewCredential(map[string]any{
		"@context": []any{vc.ContextV2}, "id": listURL, "type": []any{"VerifiableCredential", status.TypeCredential}, "issuer": hospitalDID,
		"validFrom": "2026-01-01T00:00:00Z", "credentialSubject": subject,
	})
	require.NoError(t, err)
	c, err = s.processor.Issue(t.Context(), c, s.list, vc.ProofOptions{Created: fixture.Now})
	require.NoError(t, err)
	s.Chain.Resources[listURL], err = c.MarshalJSON()
	require.NoError(t, err)
}

// credential issues an immunization; edit may change what it says before it is signed.
func (s *sale) credential(t testing.TB, edit ...func(map[string]any)) *vc.Credential {
	document := map[string]any{
		"@context": []any{vc.ContextV2, contextURL}, "id": credID, "type": []any{"VerifiableCredential"}, "issuer": hospitalDID,
		"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z",
		"credentialSubject": map[string]any{
			"id": s.patient.PrivateKey.Public().DIDKey(), "resourceType": "Immunization", "status": "completed", "lotNumber": "L-4711",
			"vaccineCode": map[string]any{"coding": []any{map[string]any{"code": "140", "display": "Influenza"}}},
		},
		"credentialStatus": (&status.Entry{Purpose: status.Revocation, Index: 4711, List: listURL}).Map(),
	}
	for _, e := range edit {
		e(document)
	}
	signer := s.bbs
	if i, _ := document["issuer"].(string); strings.HasPrefix(i, "did:key:") {
		signer = s.bbs
		signer.VerificationMethod = vc.DIDKey(s.bbs.PrivateKey).VerificationMethod
	}
	c, err := vc.NewCredential(document)
	require.NoError(t, err)
	c, err = s.processor.Issue(t.Context(), c, signer, vc.ProofOptions{Created: fixture.Now})
	require.NoError(t, err)
	return c
}

// present makes the presentation for this sale; edit may change what it is made for.
func (s *sale) present(t testing.TB, c *vc.Credential, edit ...func(*vc.ProofOptions)) []byte {
	t.Helper()
	definition, err := pex.Parse(s.Deal().Requirements.PresentationDefinition)
	require.NoError(t, err)
	submission := seal.Submission{Deal: seal.Deal{ChainID: fixture.ChainID, ID: fixture.DealID}, Provider: s.Provider.Raw}
	o := pex.AnswerOptions{Proof: vc.ProofOptions{Created: fixture.Now, Challenge: submission.PresentationChallenge(), Domain: fixture.ChainID}}
	for _, e := range edit {
		e(&o.Proof)
	}
	p, _, err := pex.Answer(t.Context(), s.processor, definition, []*vc.Credential{c}, s.patient, o)
	require.NoError(t, err)
	text, err := p.MarshalJSON()
	require.NoError(t, err)
	return text
}

func TestAPresentationIsVouchedForAndDelivered(t *testing.T) {
	s := newSale(t, "")
	content := s.present(t, s.credential(t))
	require.NotContains(t, string(content), "L-4711")
	answer, err := s.Submit(t, content)
	require.NoError(t, err)
	require.Equal(t, content, buy(t, s.World, answer))
}

// withID has the definition ask for the credential's id, withSubject for the subject's.
const (
	withID      = `,{"path":["$.id"]}`
	withSubject = `,{"path":["$.credentialSubject.id"]}`
)

func TestPresentationsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, *sale) []byte // what is submitted
		code   api.Code
		where  string
	}{
		"no object": {func(*testing.T, *sale) []byte { return []byte(`[]`) }, api.PresentationMalformed, ""},
		"no presentation": {func(*testing.T, *sale) []byte { return []byte(`{"resourceType":"Patient"}`) },
			api.PresentationMalformed, ""},
		"made for another sale": {func(t *testing.T, s *sale) []byte {
			return s.present(t, s.credential(t), func(o *vc.ProofOptions) { o.Challenge = strings.Repeat("0", 64) })
		}, api.ChallengeMismatch, "presentation"},
		"made for another chain": {func(t *testing.T, s *sale) []byte {
			return s.present(t, s.credential(t), func(o *vc.ProofOptions) { o.Domain = "panacea-9" })
		}, api.ChallengeMismatch, "presentation"},
		"seen elsewhere, sold by another": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			s.Provider = fixture.NewProvider(2)
			return content
		}, api.ChallengeMismatch, "presentation"},
		"unsigned": {func(t *testing.T, s *sale) []byte {
			return edited(t, s.present(t, s.credential(t)), func(m map[string]any) { delete(m, "proof") })
		}, api.ProofInvalid, "presentation"},
		"signed by another than the holder": {func(t *testing.T, s *sale) []byte {
			return edited(t, s.present(t, s.credential(t)), func(m map[string]any) { m["holder"] = vc.DIDKey(key(t, did.Ed25519)).PrivateKey.Public().DIDKey() })
		}, api.ProofInvalid, "presentation"},
		"claim changed": {func(t *testing.T, s *sale) []byte {
			return edited(t, s.present(t, s.credential(t)), func(m map[string]any) {
				subject := m["verifiableCredential"].([]any)[0].(map[string]any)["credentialSubject"].(map[string]any)
				subject["vaccineCode"].(map[string]any)["coding"].([]any)[0].(map[string]any)["code"] = "207"
			})
		}, api.ProofInvalid, "presentation"},
		"forged issuer's key": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			forged := s.bbs
			forged.PrivateKey = key(t, did.BLS12381G2)
			s.Chain.Documents[hospitalDID] = document(t, hospitalDID, forged, s.list)
			return content
		}, api.ProofInvalid, "verifiableCredential[0]"},
		"issuer's DID is not on the chain": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			delete(s.Chain.Documents, hospitalDID)
			return content
		}, api.ProofInvalid, "verifiableCredential[0]"},
		"expired": {func(t *testing.T, s *sale) []byte {
			return s.present(t, s.credential(t, func(m map[string]any) { m["validUntil"] = "2026-02-01T00:00:00Z" }))
		}, api.CredentialExpired, "verifiableCredential[0]"},
		"not yet valid": {func(t *testing.T, s *sale) []byte {
			return s.present(t, s.credential(t, func(m map[string]any) { m["validFrom"] = "2026-12-24T00:00:00Z" }))
		}, api.CredentialExpired, "verifiableCredential[0]"},
		"revoked": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			require.NoError(t, s.revoked.Set(4711, 1))
			s.publish(t)
			return content
		}, api.CredentialRevoked, "verifiableCredential[0]"},
		"revoked after the list was verified": {func(t *testing.T, s *sale) []byte {
			credential := s.credential(t)
			_, err := s.Submit(t, s.present(t, credential))
			require.NoError(t, err)
			require.NoError(t, s.revoked.Set(4711, 1))
			s.publish(t)
			return s.present(t, credential)
		}, api.CredentialRevoked, "verifiableCredential[0]"},
		"status list is not on the chain": {func(t *testing.T, s *sale) []byte {
			delete(s.Chain.Resources, listURL)
			return s.present(t, s.credential(t))
		}, api.StatusUnavailable, "verifiableCredential[0]"},
		"status list on the web": {func(t *testing.T, s *sale) []byte {
			return s.present(t, s.credential(t, func(m map[string]any) {
				m["credentialStatus"] = (&status.Entry{Purpose: status.Revocation, Index: 1, List: "https://hospital.example/list"}).Map()
			}))
		}, api.StatusUnavailable, "verifiableCredential[0]"},
		"issuer nobody trusts": {func(t *testing.T, s *sale) []byte {
			return s.present(t, s.credential(t, func(m map[string]any) {
				m["issuer"] = s.bbs.PrivateKey.Public().DIDKey()
				m["@context"] = []any{vc.ContextV2, "https://www.w3.org/ns/credentials/undefined-terms/v2"}
				delete(m, "credentialStatus")
			}))
		}, api.IssuerUntrusted, "verifiableCredential[0]"},
		"answers another definition": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			s.Deal().Requirements.PresentationDefinition = fmt.Appendf(nil, definitionText, `,{"path":["$.credentialSubject.lotNumber"]}`)
			return content
		}, api.DefinitionUnanswered, "presentation_definition"},
		"definition is malformed": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			s.Deal().Requirements.PresentationDefinition = []byte(`{"id":7}`)
			return content
		}, api.DefinitionUnusable, "presentation_definition"},
		"definition is malformed, issuer nobody trusts": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			s.Deal().Requirements.PresentationDefinition = []byte(`{"id":7}`)
			s.Deal().Requirements.TrustedIssuers = []string{"did:panacea:another"}
			return content
		}, api.IssuerUntrusted, "verifiableCredential[0]"},
		"credential's id not disclosed": {func(t *testing.T, s *sale) []byte {
			s.Deal().Uniqueness = datadeal.UNIQUENESS_CREDENTIAL
			return s.present(t, s.credential(t, func(m map[string]any) { delete(m, "id") }))
		}, api.UniquenessUndisclosed, "uniqueness"},
		"subject's id not disclosed": {func(t *testing.T, s *sale) []byte {
			s.Deal().Uniqueness = datadeal.UNIQUENESS_SUBJECT
			return s.present(t, s.credential(t, func(m map[string]any) { delete(m["credentialSubject"].(map[string]any), "id") }))
		}, api.UniquenessUndisclosed, "uniqueness"},
		"chain cannot be read while DIDs are resolved": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			delete(s.Chain.Documents, hospitalDID)
			s.Chain.ResolveErr = errors.New("no node answers")
			return content
		}, api.ChainUnavailable, ""},
		"a schema on top": {func(t *testing.T, s *sale) []byte {
			content := s.present(t, s.credential(t))
			text := []byte(`{"required":["absent"]}`)
			require.NoError(t, s.Validator.ProvideSchema(t.Context(), fixture.DealID, s.RequireSchema(text), bytes.NewReader(text)))
			return content
		}, api.SchemaViolation, "schemas[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSale(t, "")
			_, err := s.Submit(t, c.change(t, s))
			refusal := api.RefusalOf(err)
			require.Equal(t, string(c.code), refusal.GetCode(), "%v", err)
			require.Equal(t, c.where, refusal.Requirement, "%v", err)
			for _, secret := range []string{"140", "Influenza", "L-4711", credID, s.patient.PrivateKey.Public().DIDKey()} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

// A proof covers statements, not the terms that they are written in: whoever presents must not choose the terms.
func TestWhatIsSignedCannotBeReadAsSomethingElse(t *testing.T) {
	const (
		presenter = "did:panacea:5Pd2oAhR7xk9qXv1uQXPh4aQ6wqkJb3yY2o8mWnZs1Lc"
		exact     = "/resources/c3f0d8a1-0000-4000-8000-000000000002"
		named     = "?resourceName=fhir&resourceType=JsonLdContext"
	)
	// The hospital says that it was not done. Its lot number, read as the status, says that it was.
	rename := func(context string) func(map[string]any) {
		return func(m map[string]any) {
			m["@context"] = []any{vc.ContextV2, context}
			subject := m["credentialSubject"].(map[string]any)
			subject["status"] = subject["lotNumber"]
			delete(subject, "lotNumber")
		}
	}
	for name, c := range map[string]struct {
		status, lot string
		edit        func(map[string]any)
		where       string // empty: it is in order
	}{
		"as it was derived":                 {"completed", "x", func(map[string]any) {}, ""},
		"context of the presenter's DID":    {"not-done", "completed", rename(presenter + exact), "verifiableCredential[0]"},
		"context on the web":                {"not-done", "completed", rename("https://presenter.example/fhir"), "verifiableCredential[0]"},
		"context by a name that can change": {"not-done", "completed", rename(hospitalDID + named), "verifiableCredential[0]"},
		"context with a fragment":           {"not-done", "completed", rename(contextURL + "#mine"), "verifiableCredential[0]"},
		"the credential's id, by a prefix":  {"completed", "x", func(m map[string]any) { m["id"] = "hospital:7" }, "verifiableCredential[0]"},
		"the subject's id, by a prefix":     {"completed", "x", func(m map[string]any) { m["credentialSubject"].(map[string]any)["id"] = "hospital:me" }, "verifiableCredential[0]"},
		"status of revocation, by its IRI": {"completed", "x", func(m map[string]any) {
			m["https://www.w3.org/2018/credentials#credentialStatus"] = m["credentialStatus"]
			delete(m, "credentialStatus")
		}, "verifiableCredential[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSale(t, "")
			s.Chain.Resources[contextURL] = []byte(`{"@context":{"@vocab":"http://hl7.org/fhir/","hospital":"urn:hospital:"}}`)
			for _, url := range []string{presenter + exact, hospitalDID + named, contextURL + "#mine", "https://presenter.example/fhir"} {
				s.Chain.Resources[url] = []byte(`{"@context":{"@vocab":"http://hl7.org/fhir/","status":"http://hl7.org/fhir/lotNumber"}}`)
			}
			r := &s.Deal().Requirements
			r.PresentationDefinition = []byte(strings.Replace(string(r.PresentationDefinition), `"limit_disclosure":"required",`, "", 1))
			issued := s.credential(t, func(m map[string]any) {
				m["id"] = "urn:hospital:7"
				subject := m["credentialSubject"].(map[string]any)
				subject["id"], subject["status"], subject["lotNumber"] = "urn:hospital:me", c.status, c.lot
			})
			claim := "/credentialSubject/status"
			if c.status != "completed" {
				claim = "/credentialSubject/lotNumber"
			}
			derived, err := s.processor.Derive(t.Context(), issued, []string{claim, "/credentialSubject/vaccineCode"}, vc.DeriveOptions{})
			require.NoError(t, err)
			document := derived.Document()
			c.edit(document)
			presented, err := vc.NewCredential(document)
			require.NoError(t, err)
			_, err = s.Submit(t, s.present(t, presented))
			if c.where == "" {
				require.NoError(t, err)
				return
			}
			refusal := api.RefusalOf(err)
			require.Equal(t, string(api.ProofInvalid), refusal.GetCode(), "%v", err)
			require.Equal(t, c.where, refusal.Requirement, "%v", err)
		})
	}
}

func TestAPresentationBringsNoContextOfItsOwn(t *testing.T) {
	s := newSale(t, "")
	content := edited(t, s.present(t, s.credential(t)), func(m map[string]any) { m["@context"] = append(m["@context"].([]any), contextURL) })
	_, err := s.Submit(t, content)
	require.Equal(t, "presentation", api.RefusalOf(err).Requirement, "%v", err)
	require.ErrorContains(t, err, "must be a published one")
}

func edited(t *testing.T, text []byte, edit func(map[string]any)) []byte {
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m))
	edit(m)
	out, err := json.Marshal(m)
	require.NoError(t, err)
	return out
}

// Two derived presentations of one credential differ in every byte of their proofs, and are one datum if the deal says so.
func TestUniquenessIsByContentCredentialOrSubject(t *testing.T) {
	for _, c := range []struct {
		by             datadeal.Uniqueness
		fields         string
		again, another bool // whether the same credential, and another of the same subject, have the tag again
	}{
		{datadeal.UNIQUENESS_CONTENT, "", false, false},
		{datadeal.UNIQUENESS_CREDENTIAL, withID, true, false},
		{datadeal.UNIQUENESS_SUBJECT, withSubject, true, true},
	} {
		t.Run(c.by.String(), func(t *testing.T) {
			s := newSale(t, c.fields)
			s.Deal().Uniqueness = c.by
			first := s.credential(t)
			another := s.credential(t, func(m map[string]any) { m["id"] = "urn:uuid:00000000-0000-4000-8000-000000000000" })
			sold, err := s.Submit(t, s.present(t, first))
			require.NoError(t, err)
			s.Chain.Tags[fixture.DealID+fmt.Sprintf("%x", sold.Certificate.UniquenessTag)] = true
			for credential, used := range map[*vc.Credential]bool{first: c.again, another: c.another} {
				_, err := s.Submit(t, s.present(t, credential))
				if used {
					require.Equal(t, string(api.Duplicate), api.RefusalOf(err).GetCode(), "%v", err)
				} else {
					require.NoError(t, err)
				}
			}
		})
	}
}

// The whole credential's schema is not for the part that is disclosed: docs/decisions/0012. A deal may still say which it must be.
func TestTheSchemaOfACredentialIsAskedForAndNotFetched(t *testing.T) {
	const schema = "https://hospital.example/immunization.json"
	s := newSale(t, `,{"path":["$.credentialSchema.id"],"filter":{"const":"`+schema+`"}}`)
	content := s.present(t, s.credential(t, func(m map[string]any) { m["credentialSchema"] = map[string]any{"id": schema, "type": "JsonSchema"} }))
	_, err := s.Submit(t, content)
	require.NoError(t, err)
	_, err = s.Submit(t, edited(t, content, func(m map[string]any) {
		m["verifiableCredential"].([]any)[0].(map[string]any)["credentialSchema"].(map[string]any)["id"] = schema + "?"
	}))
	require.Equal(t, string(api.ProofInvalid), api.RefusalOf(err).GetCode(), "%v", err)
}

func TestTimeIsTheChains(t *testing.T) {
	s := newSale(t, "")
	content := s.present(t, s.credential(t))
	s.Chain.Time = time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)
	s.Deal().ExpiresAt = s.Chain.Time.Add(time.Hour)
	_, err := s.Submit(t, content)
	require.Equal(t, string(api.CredentialExpired), api.RefusalOf(err).GetCode(), "%v", err)
}
