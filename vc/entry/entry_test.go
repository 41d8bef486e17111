package entry_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/schema"
	"github.com/medibloc/panacea/vc/status"
)

const (
	listURL     = "https://hospital.example/status/1"
	schemaURL   = "https://hospital.example/schemas/immunization"
	schemaVCURL = "https://hospital.example/credentials/immunization-schema"
	contextURL  = "https://hospital.example/contexts/fhir"
)

var now = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// documents are what can be fetched.
type documents map[string][]byte

func (d documents) get(_ context.Context, url string) ([]byte, error) {
	if b, ok := d[url]; ok {
		return b, nil
	}
	return nil, errors.New("not found: " + url)
}

func newKey(t *testing.T, kind did.KeyType) vc.SigningKey {
	k, err := did.GenerateKey(kind, nil)
	require.NoError(t, err)
	return vc.DIDKey(k)
}

func newProcessor() *vc.Processor {
	return vc.NewProcessor(vc.Options{Resolver: did.KeyResolver{}, Contexts: func(context.Context, string) ([]byte, error) {
		return []byte(`{"@context":{"@vocab":"http://hl7.org/fhir/"}}`), nil
	}})
}

func issue(t *testing.T, p *vc.Processor, key vc.SigningKey, doc map[string]any) *vc.Credential {
	doc["issuer"] = key.PrivateKey.Public().DIDKey()
	c, err := vc.NewCredential(doc)
	require.NoError(t, err)
	c, err = p.Issue(t.Context(), c, key, vc.ProofOptions{Created: now})
	require.NoError(t, err)
	return c
}

func publish(t *testing.T, d documents, p *vc.Processor, key vc.SigningKey, list *status.List, purposes ...string) {
	subject, err := list.Subject(status.SubjectOptions{ID: listURL + "#list", Purposes: purposes, TTL: time.Minute})
	require.NoError(t, err)
	b, err := json.Marshal(issue(t, p, key, map[string]any{
		"@context": []any{vc.ContextV2}, "id": listURL, "type": []any{"VerifiableCredential", status.TypeCredential},
		"validFrom": "2025-01-01T00:00:00Z", "credentialSubject": subject,
	}))
	require.NoError(t, err)
	d[listURL] = b
}

func immunization(more map[string]any) map[string]any {
	doc := map[string]any{
		"@context": []any{vc.ContextV2, contextURL}, "type": []any{"VerifiableCredential"}, "validFrom": "2025-01-01T00:00:00Z",
		"credentialSubject": map[string]any{"resourceType": "Immunization", "status": "completed"},
	}
	for k, v := range more {
		doc[k] = v
	}
	return doc
}

func withStatus(purpose string, index uint64) map[string]any {
	e := status.Entry{Purpose: purpose, Index: index, List: listURL, Size: 1}
	return immunization(map[string]any{"credentialStatus": e.Map()})
}

func TestStatus(t *testing.T) {
	p, d := newProcessor(), documents{}
	hospital, other := newKey(t, did.Ed25519), newKey(t, did.Ed25519)
	list, err := status.NewList(status.MinimumLength, 1)
	require.NoError(t, err)
	require.NoError(t, list.Set(7, 1))
	all := []string{status.Revocation, status.Suspension, status.Refresh, "recall"}
	for name, c := range map[string]struct {
		credential map[string]any
		publish    func()
		want       error
	}{
		"good":               {credential: withStatus(status.Revocation, 6)},
		"revoked":            {credential: withStatus(status.Revocation, 7), want: entry.ErrRevoked},
		"suspended":          {credential: withStatus(status.Suspension, 7), want: entry.ErrSuspended},
		"to be refreshed":    {credential: withStatus(status.Refresh, 7)},
		"of unknown purpose": {credential: withStatus("recall", 7), want: entry.ErrInactive},
		"other purpose":      {credential: withStatus("merit", 7), want: status.ErrVerification},
		"out of the list":    {credential: withStatus(status.Revocation, 1<<40), want: status.ErrRange},
		"list is missing":    {credential: withStatus(status.Revocation, 6), publish: func() { delete(d, listURL) }, want: status.ErrRetrieval},
		"list is by another": {credential: withStatus(status.Revocation, 7), publish: func() { publish(t, d, p, other, list, all...) }, want: status.ErrVerification},
		"list is forged": {credential: withStatus(status.Revocation, 6), publish: func() {
			var m map[string]any
			require.NoError(t, json.Unmarshal(d[listURL], &m))
			m["validFrom"] = "2024-01-01T00:00:00Z"
			d[listURL], _ = json.Marshal(m)
		}, want: status.ErrVerification},
		"list is no credential": {credential: withStatus(status.Revocation, 6), publish: func() { d[listURL] = []byte("{}") }, want: status.ErrVerification},
		"malformed entry": {credential: immunization(map[string]any{"credentialStatus": map[string]any{
			"type": status.TypeEntry, "statusPurpose": "revocation", "statusListIndex": "x", "statusListCredential": listURL}}), want: status.ErrMalformed},
		"unknown type": {credential: immunization(map[string]any{"credentialStatus": map[string]any{"id": "https://x.example/1", "type": "Other"}}), want: entry.ErrType},
	} {
		t.Run(name, func(t *testing.T) {
			publish(t, d, p, hospital, list, all...)
			if c.publish != nil {
				c.publish()
			}
			checks := entry.New(p, d.get)
			r := p.VerifyCredential(t.Context(), issue(t, p, hospital, c.credential), vc.VerifyOptions{Now: now, Status: checks.Status, Schema: checks.Schema})
			if c.want == nil {
				require.NoError(t, r.Err())
				return
			}
			require.False(t, r.Verified)
			require.ErrorIs(t, r.Err(), c.want)
		})
	}
}

func TestSchema(t *testing.T) {
	p, d := newProcessor(), documents{}
	hospital := newKey(t, did.Ed25519)
	document := map[string]any{
		"$id": schemaURL, "$schema": "https://json-schema.org/draft/2020-12/schema",
		"properties": map[string]any{"credentialSubject": map[string]any{"properties": map[string]any{"status": map[string]any{"const": "completed"}}}},
	}
	text, err := json.Marshal(document)
	require.NoError(t, err)
	d[schemaURL] = text
	list, err := status.NewList(status.MinimumLength, 1)
	require.NoError(t, err)
	require.NoError(t, list.Set(9, 1))
	publish(t, d, p, hospital, list, status.Revocation)
	holder := func(index uint64) []byte {
		e := status.Entry{Purpose: status.Revocation, Index: index, List: listURL, Size: 1}
		b, err := json.Marshal(issue(t, p, hospital, map[string]any{
			"@context": []any{vc.ContextV2}, "id": schemaVCURL, "type": []any{"VerifiableCredential", "JsonSchemaCredential"},
			"validFrom": "2025-01-01T00:00:00Z", "credentialStatus": e.Map(),
			"credentialSubject": map[string]any{"id": schemaURL, "type": "JsonSchema", "jsonSchema": document},
		}))
		require.NoError(t, err)
		return b
	}
	bad := map[string]any{"resourceType": "Immunization", "status": "not-done"}
	for name, c := range map[string]struct {
		kind, url string
		subject   map[string]any
		index     uint64
		want      error
	}{
		"fits":                       {kind: "JsonSchema", url: schemaURL},
		"does not fit":               {kind: "JsonSchema", url: schemaURL, subject: bad, want: schema.ErrInvalid},
		"is missing":                 {kind: "JsonSchema", url: schemaURL + "x", want: schema.ErrResolve},
		"credential, fits":           {kind: "JsonSchemaCredential", url: schemaVCURL},
		"credential, does not fit":   {kind: "JsonSchemaCredential", url: schemaVCURL, subject: bad, want: schema.ErrInvalid},
		"credential that is revoked": {kind: "JsonSchemaCredential", url: schemaVCURL, index: 9, want: entry.ErrRevoked},
		"unknown type":               {kind: "XmlSchema", url: schemaURL, want: entry.ErrType},
	} {
		t.Run(name, func(t *testing.T) {
			d[schemaVCURL] = holder(c.index)
			doc := immunization(map[string]any{"credentialSchema": map[string]any{"id": c.url, "type": c.kind}})
			if c.subject != nil {
				doc["credentialSubject"] = c.subject
			}
			checks := entry.New(p, d.get)
			r := p.VerifyCredential(t.Context(), issue(t, p, hospital, doc), vc.VerifyOptions{Now: now, Status: checks.Status, Schema: checks.Schema})
			if c.want == nil {
				require.NoError(t, r.Err())
				return
			}
			require.False(t, r.Verified)
			require.ErrorIs(t, r.Err(), c.want)
		})
	}
}
