package vc

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// A proof covers what a credential says and not how it is spelt. What a verifier reads under a name must not hide under another one.
func TestWhatACredentialIsJudgedByCannotBeRespelt(t *testing.T) {
	ctx := context.Background()
	const prefixes = "https://contexts.example/prefixes"
	p := NewProcessor(Options{Resolver: did.KeyResolver{}, Contexts: func(ctx context.Context, url string) ([]byte, error) {
		if url == prefixes {
			return []byte(`{"@context":{"@vocab":"http://hl7.org/fhir/","cred":"https://www.w3.org/2018/credentials#","p":"urn:patient:","until":"https://www.w3.org/2018/credentials#validUntil"}}`), nil
		}
		return testContexts(ctx, url)
	}})
	const credential, subject, list = "urn:patient:7:visit", "urn:patient:7", "https://status.example/1"
	const ns = "https://www.w3.org/2018/credentials#"
	dateTime := func(v any) any {
		return map[string]any{"@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": v}
	}
	move := func(d map[string]any, from, to string, value func(any) any) {
		v := d[from]
		delete(d, from)
		if value != nil {
			v = value(v)
		}
		d[to] = v
	}
	o := VerifyOptions{Now: testNow, SkipStatus: true}
	issue := func(key SigningKey) *Credential {
		d := map[string]any{
			"@context": []any{ContextV2, prefixes}, "id": credential, "type": []any{"VerifiableCredential"}, "issuer": didOf(key),
			"validFrom": "2024-01-01T00:00:00Z", "validUntil": "2030-01-01T00:00:00Z",
			"credentialSubject": map[string]any{"id": subject, "status": "completed", "about": map[string]any{"id": credential, "kind": "visit"}},
			"credentialStatus": map[string]any{"id": list + "#7", "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusSize": 2,
				"statusListIndex": "7", "statusListCredential": list},
		}
		c, err := NewCredential(d)
		require.NoError(t, err)
		c, err = p.Issue(ctx, c, key, ProofOptions{Created: testNow})
		require.NoError(t, err)
		if key.PrivateKey.Type() == did.BLS12381G2 {
			c, err = p.Derive(ctx, c, []string{"/credentialSubject/status", "/credentialSubject/about/kind"}, DeriveOptions{})
			require.NoError(t, err)
		}
		return c
	}
	for name, edit := range map[string]edit{
		"credentialStatus as an IRI": func(d map[string]any) { move(d, "credentialStatus", ns+"credentialStatus", nil) },
		"credentialStatus, prefixed": func(d map[string]any) { move(d, "credentialStatus", "cred:credentialStatus", nil) },
		"credentialStatus elsewhere": func(d map[string]any) {
			move(d, "credentialStatus", "x", nil)
			subjectOf(d)["about"].(map[string]any)[ns+"credentialStatus"] = d["x"]
			delete(d, "x")
		},
		"validUntil as an IRI":       func(d map[string]any) { move(d, "validUntil", ns+"validUntil", dateTime) },
		"validUntil by another term": func(d map[string]any) { move(d, "validUntil", "until", dateTime) },
		"validFrom as an IRI":        func(d map[string]any) { move(d, "validFrom", ns+"validFrom", dateTime) },
		"credential's id":            func(d map[string]any) { d["id"] = "p:7:visit" },
		"subject's id":               func(d map[string]any) { subjectOf(d)["id"] = "p:7" },
		"size of the status": func(d map[string]any) {
			s := d["credentialStatus"].(map[string]any)
			move(s, "statusSize", "https://www.w3.org/ns/credentials/status#statusSize", func(v any) any {
				return map[string]any{"@type": "http://www.w3.org/2001/XMLSchema#integer", "@value": "2"}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []SigningKey{testKey(t, did.Ed25519), testKey(t, did.BLS12381G2)} {
				genuine := issue(key)
				require.NoError(t, p.VerifyCredential(ctx, genuine, o).Err())
				d := jsondoc.Clone(genuine.doc).(map[string]any)
				edit(d)
				c, err := NewCredential(d)
				require.NoError(t, err)
				require.ErrorIs(t, p.VerifyCredential(ctx, c, o).Err(), ErrSpelling)
			}
		})
	}
}
