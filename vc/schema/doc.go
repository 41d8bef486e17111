// Package schema validates JSON against JSON Schema, drafts 6 to 2020-12, for the credentialSchema of credentials (W3C VC
// JSON Schema: JsonSchema and JsonSchemaCredential), for the filters of presentation definitions, and for whoever pins a
// schema by its digest.
//
//	s, err := schema.Compile(ctx, url, text, schema.Options{AssertFormat: true})
//	err = s.Validate(document)
//	if errors.Is(err, schema.ErrInvalid) { … }
//
// Schemas are compiled by github.com/santhosh-tekuri/jsonschema. What is added here is that alternatives are told apart before they
// are evaluated, which makes schemas like FHIR's usable, and that schema and document may be written by strangers:
//
//   - nothing is loaded from a network or a file; a $ref to another document is answered by the caller's Resolver or refused;
//   - text, depth, values, documents and regular expressions are bounded before the compiler sees them;
//   - validation counts its steps and stops at a bound. A schema of a few hundred bytes can otherwise ask for 2⁶⁴ of them;
//   - the verdict, and which errors are reported, depend on the schema and the document alone;
//   - errors name places and keywords, never the document's values, which may be someone's health data.
//
// # What is trusted
//
// The Resolver for what it returns. Schemas and documents are not.
package schema
