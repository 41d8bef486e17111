package pex_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/pex"
)

const fhirContext = "https://hospital.example/contexts/fhir"

var now = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func newProcessor() *vc.Processor {
	return vc.NewProcessor(vc.Options{Resolver: did.KeyResolver{}, Contexts: pex.Contexts(func(_ context.Context, url string) ([]byte, error) {
		if url != fhirContext {
			return nil, fmt.Errorf("unknown context %s", url)
		}
		return []byte(`{"@context":{"@vocab":"http://hl7.org/fhir/"}}`), nil
	})})
}

func newKey(t *testing.T, kind did.KeyType) vc.SigningKey {
	k, err := did.GenerateKey(kind, nil)
	require.NoError(t, err)
	return vc.DIDKey(k)
}

func immunization(t *testing.T, p *vc.Processor, issuer vc.SigningKey, subject string) *vc.Credential {
	c, err := vc.NewCredential(map[string]any{
		"@context": []any{vc.ContextV2, fhirContext}, "type": []any{"VerifiableCredential"},
		"issuer": issuer.PrivateKey.Public().DIDKey(), "validFrom": "2025-01-01T00:00:00Z",
		"credentialSubject": map[string]any{
			"id": subject, "resourceType": "Immunization", "status": "completed", "lotNumber": "L-4711", "location": map[string]any{"display": "BEVERLY HOSPITAL"},
			"vaccineCode": map[string]any{"coding": []any{map[string]any{"code": "140", "display": "Influenza"}}},
		},
	})
	require.NoError(t, err)
	c, err = p.Issue(t.Context(), c, issuer, vc.ProofOptions{Created: now})
	require.NoError(t, err)
	return c
}

func TestAnswer(t *testing.T) {
	p := newProcessor()
	hospital, patient := newKey(t, did.BLS12381G2), newKey(t, did.Ed25519)
	holder := patient.PrivateKey.Public().DIDKey()
	ask := func(constraints string) *pex.Definition {
		return mustParse(t, definition(descriptor("immunization", "", constraints), ""))
	}
	credential := immunization(t, p, hospital, holder)
	o := pex.AnswerOptions{Proof: vc.ProofOptions{Created: now, Challenge: "c", Domain: "d"}}
	verify := vc.VerifyOptions{Now: now, Challenge: "c", Domain: "d"}

	for name, c := range map[string]struct {
		definition *pex.Definition
		detached   bool
		claims     map[string]any
		want       error
	}{
		"least disclosure": {
			definition: ask(`"limit_disclosure":"required","fields":[{"path":["$.credentialSubject.resourceType"],"filter":{"const":"Immunization"}},
              {"path":["$.credentialSubject.vaccineCode.coding[*].code"]}]`),
			claims: map[string]any{"id": holder, "resourceType": "Immunization", "vaccineCode": map[string]any{"coding": []any{map[string]any{"code": "140"}}}},
		},
		"submission beside": {
			definition: ask(`"fields":[{"path":["$.credentialSubject.status"]}]`), detached: true,
			claims: map[string]any{"id": holder, "status": "completed"},
		},
		"about the holder": {
			definition: ask(`"fields":[{"id":"s","path":["$.credentialSubject.status"]}],"is_holder":[{"field_id":["s"],"directive":"required"}]`),
			claims:     map[string]any{"id": holder, "status": "completed"},
		},
		"that it is there": {definition: ask(`"limit_disclosure":"required","fields":[]`), claims: map[string]any{"id": holder}},
		"what it has not":  {definition: ask(`"fields":[{"path":["$.credentialSubject.reaction"]}]`), want: pex.ErrUnanswered},
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			o.Detached = c.detached
			presentation, submission, err := pex.Answer(t.Context(), p, c.definition, []*vc.Credential{credential}, patient, o)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				return
			}
			require.NoError(t, err)
			text, err := presentation.MarshalJSON()
			require.NoError(t, err)
			require.NotContains(t, string(text), "BEVERLY")
			require.NotContains(t, string(text), "L-4711")

			received, err := vc.ParsePresentation(text)
			require.NoError(t, err)
			result := newProcessor().VerifyPresentation(t.Context(), received, verify)
			require.NoError(t, result.Err())
			require.Equal(t, []map[string]any{c.claims}, result.Credentials[0].Claims())
			if !c.detached {
				submission = nil
			}
			report, err := c.definition.Check(received.View(), submission, pex.CheckOptions{Options: pex.Options{Holder: result.Holder}})
			require.NoError(t, err)
			require.Empty(t, report.Descriptors[0].Excess)
		})
	}
}

func TestAnswerWithAPlainCredential(t *testing.T) {
	p := newProcessor()
	hospital, patient := newKey(t, did.P256), newKey(t, did.Ed25519)
	credential := immunization(t, p, hospital, patient.PrivateKey.Public().DIDKey())
	o := pex.AnswerOptions{Proof: vc.ProofOptions{Created: now, Challenge: "c", Domain: "d"}}
	limited := mustParse(t, definition(descriptor("i", "", `"limit_disclosure":"required","fields":[{"path":["$.credentialSubject.status"]}]`), ""))
	_, _, err := pex.Answer(t.Context(), p, limited, []*vc.Credential{credential}, patient, o)
	require.ErrorIs(t, err, pex.ErrUnanswered)
	any := mustParse(t, definition(descriptor("i", "", `"limit_disclosure":"preferred","fields":[{"path":["$.credentialSubject.status"]}]`), ""))
	presentation, _, err := pex.Answer(t.Context(), p, any, []*vc.Credential{credential}, patient, o)
	require.NoError(t, err)
	require.NoError(t, p.VerifyPresentation(t.Context(), presentation, vc.VerifyOptions{Now: now, Challenge: "c", Domain: "d"}).Err())
}
