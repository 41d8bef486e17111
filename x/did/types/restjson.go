package types

import (
	"encoding/json"
	"fmt"

	"github.com/cosmos/gogoproto/jsonpb"
)

// MarshalJSONPB writes the answer as the REST API of mainnet does, for the clients that read it there: @context and controller
// are lists of strings, a relationship is the id that it refers to or the verification method that it embeds. Fields that
// mainnet does not have follow the protobuf JSON mapping.
func (r *QueryDIDResponse) MarshalJSONPB(*jsonpb.Marshaler) ([]byte, error) {
	stored := r.GetDidDocumentWithSeq()
	document, err := restDocument(stored.GetDocument())
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"did_document_with_seq": map[string]any{"document": document, "sequence": fmt.Sprint(stored.GetSequence())},
	})
}

func restDocument(document *DIDDocument) (map[string]any, error) {
	if document == nil {
		return nil, nil
	}
	text, err := (&jsonpb.Marshaler{OrigName: true, EmitDefaults: true}).MarshalToString(document)
	if err != nil {
		return nil, fmt.Errorf("writing the document as JSON: %w", err)
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return nil, fmt.Errorf("writing the document as JSON: %w", err)
	}
	for name, strings := range map[string]*Strings{"contexts": document.Contexts, "controller": document.Controller} {
		if strings != nil {
			members[name] = append([]string{}, strings.Values...)
		}
	}
	for name, relationships := range map[string][]*VerificationRelationship{
		"authentications":        document.Authentications,
		"assertion_methods":      document.AssertionMethods,
		"key_agreements":         document.KeyAgreements,
		"capability_invocations": document.CapabilityInvocations,
		"capability_delegations": document.CapabilityDelegations,
	} {
		members[name] = append([]*VerificationRelationship{}, relationships...) // whose own JSON is mainnet's
	}
	return members, nil
}
