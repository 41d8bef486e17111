package party

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/medibloc/panacea/vc"
)

// RecordType is the type of credentials over a health record, and "record" the member of their subject that holds it.
const RecordType = "HealthRecordCredential"

// recordContext defines what a credential over a FHIR resource says. Inside of "record" the terms are FHIR's, also those that mean
// something else in a credential: id, type, name.
//
//go:embed record.jsonld
var recordContext []byte

// recordCredential makes the unsigned credential over a FHIR resource, or any other JSON object, of a subject. context is the URL under
// which recordContext is published; status is the credentialStatus.
func recordCredential(resource []byte, id, issuer, subject, context string, status map[string]any, now time.Time) (*vc.Credential, error) {
	decoder := json.NewDecoder(bytes.NewReader(resource))
	decoder.UseNumber()
	var record map[string]any
	if err := decoder.Decode(&record); err != nil {
		return nil, fmt.Errorf("the record is no JSON object: %w", err)
	}
	doc := map[string]any{
		"@context":          []any{vc.ContextV2, context},
		"id":                id,
		"type":              []any{"VerifiableCredential", RecordType},
		"issuer":            issuer,
		"validFrom":         now.UTC().Format(time.RFC3339),
		"credentialSubject": map[string]any{"id": subject, "record": record},
	}
	if status != nil {
		doc["credentialStatus"] = status
	}
	return vc.NewCredential(doc)
}
