package rdfc_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/vc/jsonld"
	"github.com/medibloc/panacea/vc/rdfc"
)

// A presentation has graphs in graphs: each credential in one of its own, each proof in one in that.
const presentation = `{
	"@context": "https://www.w3.org/ns/credentials/v2",
	"type": "VerifiablePresentation",
	"verifiableCredential": [
		{
			"@context": "https://www.w3.org/ns/credentials/v2",
			"type": "VerifiableCredential",
			"issuer": {"name": "Hospital"},
			"credentialSubject": [{"name": "A"}, {"name": "A"}],
			"proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod"}
		}, {
			"@context": "https://www.w3.org/ns/credentials/v2",
			"type": "VerifiableCredential",
			"issuer": {"name": "Hospital"},
			"credentialSubject": [{"name": "A"}, {"name": "A"}],
			"proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod"}
		}
	],
	"proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "authentication"}
}`

func TestPresentationsAreNestedUnlessTheyNameBlankNodes(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		nested   bool
	}{
		"of two credentials":                {presentation, true},
		"with a blank node's label in both": {strings.ReplaceAll(presentation, `"issuer": {`, `"issuer": {"id": "_:b0", `), false},
	} {
		t.Run(name, func(t *testing.T) {
			var document map[string]any
			require.NoError(t, json.Unmarshal([]byte(c.document), &document))
			quads, err := jsonld.NewProcessor(nil).ToRDF(t.Context(), document, nil)
			require.NoError(t, err)
			require.Equal(t, c.nested, rdfc.IsNested(quads))
		})
	}
}
