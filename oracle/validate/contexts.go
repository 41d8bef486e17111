package validate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/jsonld"
	"github.com/medibloc/panacea/vc/pex"
	resource "github.com/medibloc/panacea/x/resource/types"
)

// checkContexts refuses contexts that the presenter could have chosen. A proof covers what terms mean and not the terms, so a context of the
// presenter's own, in place of the issuer's, would give a claim the name of another. What is not published and pinned must be the credential's
// issuer's, and by its id, under which nothing else ever stands; a presentation needs nothing but what is pinned.
func checkContexts(p *vc.Presentation) error {
	if !onlyContexts(p.View(), "") {
		return api.Refuse(api.ProofInvalid, "presentation", "a context of a presentation must be a published one")
	}
	for i, c := range p.Credentials() {
		if !onlyContexts(c.View(), c.Issuer()) {
			return api.Refuse(api.ProofInvalid, fmt.Sprintf("verifiableCredential[%d]", i),
				"a context that is not a published one must be a resource of the issuer's DID, named by its id")
		}
	}
	return nil
}

// onlyContexts says whether the contexts that a document names are pinned or exact resources of a DID. Package vc refuses others than URLs.
func onlyContexts(document map[string]any, owner string) bool {
	contexts, isList := document["@context"].([]any)
	if !isList {
		contexts = []any{document["@context"]}
	}
	return !slices.ContainsFunc(contexts, func(c any) bool {
		url, isURL := c.(string)
		if !isURL || url == pex.SubmissionContext || slices.Contains(jsonld.EmbeddedContexts(), url) {
			return false
		}
		of, ok := exactResource(url)
		return !ok || of != owner
	})
}

// exactResource reads did:…/resources/<id>, which names the same bytes for ever, and returns the DID.
func exactResource(url string) (string, bool) {
	of, id, ok := strings.Cut(url, "/resources/")
	if _, err := did.ParseDID(of); !ok || err != nil || resource.ValidateID(id) != nil {
		return "", false
	}
	return of, true
}

// context gets a context. What a context of an issuer refers to may be another's, but cannot change either: contexts are kept by their URL.
func (v *Validator) context(ctx context.Context, url string) ([]byte, error) {
	if _, ok := exactResource(url); !ok {
		return nil, fmt.Errorf("validate: the context %.200s is no resource named by its id", url)
	}
	return v.resource(ctx, url)
}
