package demo

import (
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// syntheticRecord is a FHIR R4 Immunization of nobody, made for the demonstration.
//
//go:embed immunization.json
var syntheticRecord []byte

// record is a health record and what a researcher may ask of it.
type record struct {
	text  []byte
	kind  string   // FHIR's resourceType
	asked []string // JSONPaths below the record, that the researcher wants to see
}

// maxAsked is how many members of a record that is not the built-in one are asked for.
const maxAsked = 2

// readRecord reads a FHIR resource.
func readRecord(text []byte) (record, error) {
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return record{}, fmt.Errorf("the data are no JSON object: %w", err)
	}
	r := record{text: text}
	if r.kind, _ = doc["resourceType"].(string); r.kind == "" {
		return r, fmt.Errorf("the data are no FHIR resource: they have no resourceType")
	}
	if r.kind == "Immunization" {
		r.asked = []string{"status", "vaccineCode.coding[0].code", "occurrenceDateTime"}
		return r, nil
	}
	var names []string
	for name, v := range doc {
		if text, ok := v.(string); ok && text != "" && name != "id" && name != "resourceType" && !strings.HasPrefix(name, "_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	r.asked = names[:min(len(names), maxAsked)]
	return r, nil
}

func (r record) isBundle() bool { return r.kind == "Bundle" }

func (r record) digest() string { return fmt.Sprintf("%x", sha256.Sum256(r.text)) }

// definition asks for the least that a study needs: the record's kind, and the members asked, of a person who presents an own credential.
func (r record) definition() ([]byte, error) {
	fields := []map[string]any{
		{"id": "subject", "path": []string{"$.credentialSubject.id"}, "purpose": "whose it is: the presenter's own"},
		{"path": []string{"$.credentialSubject.record.resourceType"}, "filter": map[string]any{"type": "string", "const": r.kind}},
	}
	for _, path := range r.asked {
		fields = append(fields, map[string]any{"path": []string{"$.credentialSubject.record." + path}})
	}
	return json.Marshal(map[string]any{
		"id": "demo-study",
		"input_descriptors": []any{map[string]any{
			"id": "record", "name": "A " + r.kind + " record", "purpose": "a study of vaccination and health",
			"constraints": map[string]any{
				"limit_disclosure": "required",
				"fields":           fields,
				"is_holder":        []any{map[string]any{"field_id": []string{"subject"}, "directive": "required"}},
			},
		}},
	})
}

// studySchema is the researcher's JSON Schema for the presentations that the study takes.
const studySchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "A presentation of one health record",
  "type": "object",
  "required": ["holder", "verifiableCredential"],
  "properties": {
    "verifiableCredential": {
      "type": "array", "minItems": 1, "maxItems": 1,
      "items": {
        "type": "object",
        "required": ["issuer", "credentialSubject"],
        "properties": {
          "credentialSubject": {
            "type": "object",
            "required": ["id", "record"],
            "properties": {"record": {"type": "object", "required": ["resourceType"]}}
          }
        }
      }
    }
  }
}
`
