// Package vcjs measures whole bbs-2023 derivations and verifications of a FHIR Immunization against npm's @digitalbazaar/vc, in
// turns in one run. It needs Node.js and npm, and ../shared/data/fhir beside the project.
package vcjs

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/test/interop/vc/peer"
	"github.com/medibloc/panacea/vc"
)

const contextURL = "https://hospital.example/contexts/fhir"

// fhirContext gives the members of a FHIR resource their terms.
const fhirContext = `{"@context": {"@vocab": "http://hl7.org/fhir/"}}`

var now = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// immunization returns the first Immunization of the shared sample patients.
func immunization(b *testing.B) map[string]any {
	files, _ := filepath.Glob("../../../../shared/data/fhir/*.json")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		var bundle struct {
			Entry []struct{ Resource map[string]any }
		}
		if err := json.Unmarshal(text, &bundle); err != nil {
			b.Fatal(err)
		}
		for _, e := range bundle.Entry {
			if e.Resource["resourceType"] == "Immunization" {
				e.Resource["id"] = "urn:uuid:" + e.Resource["id"].(string)
				return e.Resource
			}
		}
	}
	b.Skip("shared/data/fhir is not beside the project")
	return nil
}

// BenchmarkDeriveVerify discloses three fields of the credential, and verifies what is disclosed.
func BenchmarkDeriveVerify(b *testing.B) {
	ctx := context.Background()
	subject := immunization(b)
	theirs := peer.Start(b, "../../interop/vc")
	ours := vc.NewProcessor(vc.Options{
		Resolver: did.KeyResolver{},
		Contexts: func(_ context.Context, url string) ([]byte, error) {
			if url != contextURL {
				return nil, fmt.Errorf("unknown context %s", url)
			}
			return []byte(fhirContext), nil
		},
	})
	private, err := did.GenerateKey(did.BLS12381G2, nil)
	if err != nil {
		b.Fatal(err)
	}
	key := vc.DIDKey(private)
	teach(b, theirs, key)
	unsigned, err := vc.NewCredential(map[string]any{
		"@context": []any{vc.ContextV2, contextURL}, "type": []any{"VerifiableCredential"},
		"issuer": private.Public().DIDKey(), "validFrom": "2025-01-01T00:00:00Z", "credentialSubject": subject,
	})
	if err != nil {
		b.Fatal(err)
	}
	issued, err := ours.Issue(ctx, unsigned, key, vc.ProofOptions{Created: now})
	if err != nil {
		b.Fatal(err)
	}
	pointers := []string{"/credentialSubject/status", "/credentialSubject/vaccineCode", "/credentialSubject/occurrenceDateTime"}

	var our, their struct{ derive, verify []float64 } // milliseconds
	round := func() {
		// Both have derived and verified before the first measured round.
		var t struct{ Derive, Verify []float64 }
		theirs.Must("time", map[string]any{
			"cryptosuite": vc.SuiteBBS, "credential": issued, "selectivePointers": pointers, "rounds": 3, "now": now,
		}, &t)
		their.derive, their.verify = append(their.derive, t.Derive...), append(their.verify, t.Verify...)
		for range 30 {
			start := time.Now()
			shown, err := ours.Derive(ctx, issued, pointers, vc.DeriveOptions{})
			if err != nil {
				b.Fatal(err)
			}
			middle := time.Now()
			if r := ours.VerifyCredential(ctx, shown, vc.VerifyOptions{Now: now}); !r.Verified {
				b.Fatal(r.Err())
			}
			end := time.Now()
			our.derive = append(our.derive, middle.Sub(start).Seconds()*1000)
			our.verify = append(our.verify, end.Sub(middle).Seconds()*1000)
		}
	}
	round()
	our, their = struct{ derive, verify []float64 }{}, struct{ derive, verify []float64 }{}
	for b.Loop() {
		round()
	}
	b.ReportMetric(median(our.derive), "our-derive-ms")
	b.ReportMetric(median(our.verify), "our-verify-ms")
	b.ReportMetric(median(their.derive), "their-derive-ms")
	b.ReportMetric(median(their.verify), "their-verify-ms")
	b.ReportMetric(median(their.derive)/median(our.derive), "derive-ratio")
	b.ReportMetric(median(their.verify)/median(our.verify), "verify-ratio")
	b.ReportMetric((median(their.derive)+median(their.verify))/(median(our.derive)+median(our.verify)), "ratio")
	b.ReportMetric(0, "ns/op") // of a round, which means nothing
}

// teach gives theirs the context and what a DID resolver would find.
func teach(b *testing.B, theirs *peer.Peer, key vc.SigningKey) {
	public := key.PrivateKey.Public()
	resolution, err := did.KeyResolver{}.Resolve(context.Background(), public.DIDKey(), did.ResolveOptions{})
	if err != nil {
		b.Fatal(err)
	}
	text, err := json.Marshal(resolution.Document)
	if err != nil {
		b.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		b.Fatal(err)
	}
	document["@context"] = "https://www.w3.org/ns/did/v1" // the edition that their libraries know
	theirs.Must("documents", map[string]any{"add": map[string]any{
		contextURL:      json.RawMessage(fhirContext),
		public.DIDKey(): document,
		key.VerificationMethod: map[string]any{
			"@context": "https://w3id.org/security/multikey/v1", "id": key.VerificationMethod, "type": "Multikey",
			"controller": public.DIDKey(), "publicKeyMultibase": public.Multibase(),
		},
	}}, nil)
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
