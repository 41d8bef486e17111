package party

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc"
)

// TestFHIRResourcesBecomeCredentials: whatever resource a bundle holds, a credential over it is issued, shown in part, and verified, although FHIR
// uses id, type and name in its own way.
func TestFHIRResourcesBecomeCredentials(t *testing.T) {
	files, err := filepath.Glob("../../../../../shared/data/fhir/*.json")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("no ../shared/data/fhir beside the project: FHIR bundles are not there to be read")
	}
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	var bundle struct {
		Entry []struct{ Resource json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(text, &bundle))
	const contextURL = "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm/resources/2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e11"
	p := vc.NewProcessor(vc.Options{Resolver: did.KeyResolver{}, Contexts: func(context.Context, string) ([]byte, error) { return recordContext, nil }})
	private, err := did.GenerateKey(did.BLS12381G2, nil)
	require.NoError(t, err)
	key := vc.DIDKey(private)
	issuer, err := did.ParseURL(key.VerificationMethod)
	require.NoError(t, err)
	seen := map[string]bool{}
	now := time.Now()
	for _, e := range bundle.Entry {
		var head struct{ ResourceType string }
		require.NoError(t, json.Unmarshal(e.Resource, &head))
		if seen[head.ResourceType] || len(e.Resource) > 20000 {
			continue
		}
		seen[head.ResourceType] = true
		t.Run(head.ResourceType, func(t *testing.T) {
			c, err := recordCredential(e.Resource, "urn:uuid:2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e12", issuer.DID.String(), "did:example:patient", contextURL, nil, now)
			require.NoError(t, err)
			issued, err := p.Issue(t.Context(), c, key, vc.ProofOptions{Created: now})
			require.NoError(t, err)
			shown, err := p.Derive(t.Context(), issued, []string{"/credentialSubject/record/resourceType"}, vc.DeriveOptions{})
			require.NoError(t, err)
			r := p.VerifyCredential(t.Context(), shown, vc.VerifyOptions{Now: now})
			require.NoError(t, r.Err())
		})
	}
}
