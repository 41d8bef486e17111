package resolver_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/schema"
	"github.com/medibloc/panacea/vc/status"
	didresolver "github.com/medibloc/panacea/x/did/resolver"
	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/resolver"
)

// hospital is an issuer whose context, schema and status list are on the chain.
type hospital struct {
	*fixture.Chain
	fixture.Publisher
	key       vc.SigningKey
	processor *vc.Processor
	resources resolver.Resolver
	list      *status.List
	latest    string // id of the latest version of the list
}

const statusIndex = 94567

func newHospital(t *testing.T) *hospital {
	c, p := fixture.New(t), fixture.NewPublisher(t, "hospital")
	key := fixture.Key(t, did.Ed25519, "hospital's signing key")
	document := p.Document()
	document.VerificationMethods = append(document.VerificationMethods, p.NewMethod("key2", did.Multikey, key.Public()))
	document.AssertionMethods = append(document.AssertionMethods, didtypes.NewReference(p.Method("key2")))
	c.CreateDID(p, document)
	list, err := status.NewList(status.MinimumLength, 1)
	require.NoError(t, err)
	h := &hospital{Chain: c, Publisher: p, list: list, resources: resolver.New(c.Client()),
		key: vc.SigningKey{VerificationMethod: p.Method("key2"), PrivateKey: key}}
	h.processor = vc.NewProcessor(vc.Options{Resolver: didresolver.New(c.DIDClient()), Contexts: h.resources.Get})
	h.Publish(p, fixture.Resource{ID: fixture.UUID("context"), Name: "immunization", Type: "JsonLdContext", MediaType: "application/ld+json",
		Data: []byte(`{"@context":{"vaccine":"https://hospital.example/terms#vaccine","dose":"https://hospital.example/terms#dose"}}`)})
	h.Publish(p, fixture.Resource{ID: fixture.UUID("schema"), Name: "immunization", Type: "JsonSchema", Version: "1.0.0", MediaType: "application/schema+json",
		Data: []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"credentialSubject":{"type":"object",` +
			`"properties":{"dose":{"type":"integer","minimum":1}},"required":["vaccine","dose"]}}}`)})
	h.publishList(t)
	return h
}

// contextURL and schemaURL name one version for ever; listURL names the latest.
func (h *hospital) contextURL() string { return h.ID + "/resources/" + fixture.UUID("context") }
func (h *hospital) schemaURL() string {
	return h.ID + "?resourceName=immunization&resourceType=JsonSchema&resourceVersion=1.0.0"
}
func (h *hospital) listURL() string {
	return h.ID + "?resourceName=revocation&resourceType=" + status.TypeCredential
}

// publishList signs the status list as it stands and publishes it as the latest version.
func (h *hospital) publishList(t *testing.T) {
	subject, err := h.list.Subject(status.SubjectOptions{ID: h.listURL() + "#list", Purposes: []string{status.Revocation}})
	require.NoError(t, err)
	signed := h.issue(t, map[string]any{
		"@context": []any{vc.ContextV2}, "id": h.listURL(), "type": []any{"VerifiableCredential", status.TypeCredential},
		"issuer": h.ID, "validFrom": "2026-01-01T00:00:00Z", "credentialSubject": subject,
	})
	text, err := signed.MarshalJSON()
	require.NoError(t, err)
	id := fixture.UUID(h.latest + "next list")
	h.Publish(h.Publisher, fixture.Resource{ID: id, Name: "revocation", Type: status.TypeCredential, MediaType: "application/vc", Data: text, Previous: h.latest})
	h.latest = id
}

func (h *hospital) issue(t *testing.T, document map[string]any) *vc.Credential {
	credential, err := vc.NewCredential(document)
	require.NoError(t, err)
	signed, err := h.processor.Issue(t.Context(), credential, h.key, vc.ProofOptions{Created: h.Ctx.BlockTime()})
	require.NoError(t, err)
	return signed
}

// immunization issues a credential whose context, schema and status are all resources.
func (h *hospital) immunization(t *testing.T, dose int) *vc.Credential {
	return h.issue(t, map[string]any{
		"@context": []any{vc.ContextV2, h.contextURL()}, "type": []any{"VerifiableCredential"}, "issuer": h.ID, "validFrom": "2026-01-01T00:00:00Z",
		"credentialSubject": map[string]any{"vaccine": "Influenza, seasonal", "dose": dose},
		"credentialSchema":  map[string]any{"id": h.schemaURL(), "type": schema.TypeJSONSchema},
		"credentialStatus":  (&status.Entry{Purpose: status.Revocation, Index: statusIndex, List: h.listURL()}).Map(),
	})
}

// verify verifies a credential as a stranger does, who knows nothing but the chain, at the time of the block.
func (h *hospital) verify(ctx context.Context, credential *vc.Credential, get entry.Get) *vc.Result {
	checkers := entry.New(h.processor, get)
	return h.processor.VerifyIssued(ctx, credential, vc.VerifyOptions{Now: h.Ctx.BlockTime(), Status: checkers.Status, Schema: checkers.Schema})
}

// TestACredentialWhoseStatusSchemaAndContextAreOnTheChain: a verifier reads all of them from the chain, and asks the issuer for
// nothing; the issuer revokes by publishing the list anew; what the list said before stays readable.
func TestACredentialWhoseStatusSchemaAndContextAreOnTheChain(t *testing.T) {
	h := newHospital(t)
	credential := h.immunization(t, 1)
	result := h.verify(t.Context(), credential, h.resources.Get)
	require.True(t, result.Verified, "%v", result.Err())

	t.Run("the schema decides", func(t *testing.T) {
		result := h.verify(t.Context(), h.immunization(t, 0), h.resources.Get)
		require.False(t, result.Verified)
		require.ErrorIs(t, result.Err(), schema.ErrInvalid)
	})

	t.Run("the context gives terms their meaning", func(t *testing.T) {
		withoutContexts := vc.NewProcessor(vc.Options{Resolver: didresolver.New(h.DIDClient())})
		result := withoutContexts.VerifyIssued(t.Context(), credential, vc.VerifyOptions{Now: h.Ctx.BlockTime(), SkipStatus: true})
		require.False(t, result.Verified)
	})

	t.Run("the status list revokes", func(t *testing.T) {
		before := h.Ctx.BlockTime()
		h.NextBlock(time.Hour)
		require.NoError(t, h.list.Set(statusIndex, 1))
		h.publishList(t)
		result := h.verify(t.Context(), credential, h.resources.Get)
		require.False(t, result.Verified)
		require.ErrorIs(t, result.Err(), entry.ErrRevoked)

		then := func(ctx context.Context, url string) ([]byte, error) {
			if url == h.listURL() {
				url += "&versionTime=" + did.FormatTime(before)
			}
			return h.resources.Get(ctx, url)
		}
		result = h.verify(t.Context(), credential, then)
		require.True(t, result.Verified, "it was not revoked then: %v", result.Err())
	})

	t.Run("and stays readable when the issuer's DID has ended", func(t *testing.T) {
		h.DeactivateDID(h.Publisher)
		_, err := h.resources.Get(t.Context(), h.listURL())
		require.NoError(t, err)
	})
}
