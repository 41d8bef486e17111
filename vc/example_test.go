package vc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc"
)

// A hospital issues a credential, the patient shows one field of it to a clinic, and
// the clinic checks what it was shown.
func Example() {
	ctx, now := context.Background(), time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	p := vc.NewProcessor(vc.Options{
		Resolver: did.KeyResolver{},
		Contexts: func(_ context.Context, url string) ([]byte, error) {
			if url != "https://hospital.example/contexts/fhir" {
				return nil, fmt.Errorf("unknown context %s", url)
			}
			return []byte(`{"@context": {"@vocab": "http://hl7.org/fhir/"}}`), nil
		},
	})
	hospital, patient := newKey(did.BLS12381G2), newKey(did.Ed25519)

	// The hospital.
	credential, err := vc.NewCredential(map[string]any{
		"@context":  []string{vc.ContextV2, "https://hospital.example/contexts/fhir"},
		"type":      []string{"VerifiableCredential"},
		"issuer":    hospital.PrivateKey.Public().DIDKey(),
		"validFrom": "2025-01-01T00:00:00Z",
		"credentialSubject": map[string]any{
			"resourceType": "Immunization",
			"status":       "completed",
			"vaccineCode":  map[string]any{"text": "Influenza, seasonal"},
			"patient":      map[string]any{"display": "Jane Doe"},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	issued, err := p.Issue(ctx, credential, hospital, vc.ProofOptions{Created: now})
	if err != nil {
		log.Fatal(err)
	}

	// The patient.
	if r := p.VerifyIssued(ctx, issued, vc.VerifyOptions{Now: now}); !r.Verified {
		log.Fatal(r.Err())
	}
	shown, err := p.Derive(ctx, issued, []string{"/credentialSubject/vaccineCode"}, vc.DeriveOptions{})
	if err != nil {
		log.Fatal(err)
	}
	asked := vc.ProofOptions{Created: now, Challenge: "7d1f", Domain: "https://clinic.example"}
	presentation, err := p.Present(ctx, []*vc.Credential{shown}, patient, asked)
	if err != nil {
		log.Fatal(err)
	}

	// The clinic.
	r := p.VerifyPresentation(ctx, presentation, vc.VerifyOptions{Now: now, Challenge: "7d1f", Domain: "https://clinic.example"})
	if !r.Verified {
		log.Fatal(r.Err())
	}
	claims, err := json.Marshal(r.Credentials[0].Claims())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Holder == patient.PrivateKey.Public().DIDKey(), r.Credentials[0].Issuer == hospital.PrivateKey.Public().DIDKey())
	fmt.Println(string(claims))
	// Output:
	// true true
	// [{"vaccineCode":{"text":"Influenza, seasonal"}}]
}

func newKey(t did.KeyType) vc.SigningKey {
	k, err := did.GenerateKey(t, nil)
	if err != nil {
		log.Fatal(err)
	}
	return vc.DIDKey(k)
}
