package cmd_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
)

const (
	hospitalDID = "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm"
	resourceURL = hospitalDID + "/resources/0f8a7c1e-5b2d-4c3e-9f10-6a7b8c9d0e1f"
)

// node is a Panacea node's resolver: one DID, and the status list that it published as a resource.
type node struct {
	document *did.Document
	list     []byte
}

func (n *node) Resolve(_ context.Context, id string, _ did.ResolveOptions) (*did.Resolution, error) {
	if id != hospitalDID {
		return nil, did.ErrNotFound
	}
	return &did.Resolution{Document: n.document}, nil
}

func (n *node) DereferenceResource(_ context.Context, u did.URL, _ did.DereferenceOptions) (*did.Resource, error) {
	if u.String() != resourceURL {
		return nil, did.ErrNotFound
	}
	return &did.Resource{MediaType: "application/vc", Content: n.list}, nil
}

// A hospital with a DID on the chain revokes by a list on the chain; who verifies asks a node and nobody else.
func TestChainDIDAndStatusList(t *testing.T) {
	d := newDesk(t)
	d.must("vc", "keygen", "--type", "bls12381g2", "--id", hospitalDID+"#bbs", "--out", d.path("chain.json"))
	text, err := os.ReadFile(d.path("chain.json"))
	require.NoError(t, err)
	document, err := did.ParseDocument(fmt.Appendf(nil, `{
      "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"], "id": %q,
      "verificationMethod": [{"id": %q, "type": "Multikey", "controller": %q, "publicKeyMultibase": %q}], "assertionMethod": [%q]}`,
		hospitalDID, hospitalDID+"#bbs", hospitalDID, object(t, string(text))["publicKeyMultibase"], hospitalDID+"#bbs"))
	require.NoError(t, err)
	chain := &node{document: document}
	server := httptest.NewServer(httpresolver.NewHandler(did.Dereferencer{Resolver: chain, Resources: chain}))
	defer server.Close()
	vc := func(args ...string) []string {
		return append([]string{"vc", "--context", contextURL + "=" + d.path("fhir.json"), "--at", at, "--resolver", server.URL}, args...)
	}
	publish := func(list string) { chain.list = []byte(list) }

	publish(d.must(vc("status", "create", "--key", d.path("chain.json"), "--id", resourceURL)...))
	record, err := os.ReadFile(d.path("record.json"))
	require.NoError(t, err)
	d.write("record.json", strings.Replace(string(record), listURL, resourceURL, 1))
	d.write("issued.json", d.must(vc("issue", "--key", d.path("chain.json"), "--in", d.path("record.json"))...))
	d.must(vc("verify", "--issued", "--in", d.path("issued.json"))...)
	d.write("shown.json", d.must(vc("derive", "--disclose", "/credentialSubject/status", "--in", d.path("issued.json"))...))
	require.Equal(t, hospitalDID, object(t, d.must(vc("verify", "--in", d.path("shown.json"))...))["issuer"])

	d.write("list.json", string(chain.list))
	publish(d.must(vc("status", "set", "--key", d.path("chain.json"), "--index", "94567", "--in", d.path("list.json"))...))
	code, _, errOut := d.run("", vc("verify", "--in", d.path("shown.json"))...)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "revoked")

	// Without a resolver the DID cannot be judged, and the error says so.
	code, _, errOut = d.run("", "vc", "--context", contextURL+"="+d.path("fhir.json"), "--at", at, "verify", "--in", d.path("shown.json"))
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "--resolver URL")
}
