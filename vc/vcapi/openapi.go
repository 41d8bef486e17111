package vcapi

// The OpenAPI document, written here beside what it describes; a test compares it with the routes.

func ref(name string) map[string]any { return map[string]any{"$ref": "#/components/schemas/" + name} }

func object(required []string, properties map[string]any) map[string]any {
	m := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		m["required"] = required
	}
	return m
}

func closed(required []string, properties map[string]any) map[string]any {
	m := object(required, properties)
	m["additionalProperties"] = false
	return m
}

func kind(t, description string) map[string]any {
	return map[string]any{"type": t, "description": description}
}

func arrayOf(items any, description string) map[string]any {
	return map[string]any{"type": "array", "items": items, "description": description}
}

func content(media string, schema any) map[string]any {
	return map[string]any{media: map[string]any{"schema": schema}}
}

// endpoint describes one operation.
type endpoint struct {
	method, id, summary, request, response, success string
	failures                                        []string
	public                                          bool
}

func endpoints() map[string]endpoint {
	return map[string]endpoint{
		"/credentials/issue": {"post", "issueCredential", "Issue a credential: add the instance's proofs, and a status entry if it keeps lists.",
			"IssueCredentialRequest", "IssueCredentialResponse", "201", []string{"409", "507"}, false},
		"/credentials/status": {"post", "updateCredentialStatus", "Set or unset the status of a credential that the instance issued.",
			"UpdateCredentialStatusRequest", "Empty", "200", nil, false},
		"/credentials/derive": {"post", "deriveCredential", "Derive a credential that discloses what the pointers select and what the issuer made mandatory.",
			"DeriveCredentialRequest", "VerifiableCredential", "201", nil, false},
		"/credentials/verify": {"post", "verifyCredential", "Verify a credential: proofs, issuer, validity, status, schema.",
			"VerifyCredentialRequest", "VerifyCredentialResponse", "200", nil, false},
		"/presentations": {"post", "createPresentation", "Sign a presentation as the instance's holder.",
			"CreatePresentationRequest", "CreatePresentationResponse", "201", nil, false},
		"/presentations/verify": {"post", "verifyPresentation", "Verify a presentation for a challenge and a domain, and its credentials.",
			"VerifyPresentationRequest", "VerifyPresentationResponse", "200", nil, false},
		"/status-lists/{id}": {"get", "getStatusList", "Get a status list credential.", "", "VerifiableCredential", "200", nil, true},
	}
}

func (s *Server) openAPI() map[string]any {
	paths := map[string]any{
		"/health": map[string]any{"get": map[string]any{"operationId": "health", "summary": "Whether the server is up.",
			"responses": map[string]any{"200": map[string]any{"description": "It is.", "content": content("application/json", object(nil, map[string]any{"status": kind("string", "ok")}))}}}},
		"/metrics": map[string]any{"get": map[string]any{"operationId": "metrics", "summary": "Counts and times of requests, for Prometheus.",
			"responses": map[string]any{"200": map[string]any{"description": "Metrics.", "content": content("text/plain", kind("string", "Prometheus text format"))}}}},
		"/openapi.json": map[string]any{"get": map[string]any{"operationId": "openapi", "summary": "This document.",
			"responses": map[string]any{"200": map[string]any{"description": "This document.", "content": content("application/json", map[string]any{"type": "object"})}}}},
	}
	for path, e := range endpoints() {
		for _, prefix := range []string{"", "/instances/{instance}"} {
			paths[prefix+path] = map[string]any{e.method: e.describe(prefix, path, s.names())}
		}
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "Panacea VC API", "version": "1.0",
			"description": "The W3C VC API (VCALM 1.0) of `panacea vc serve`. The paths without /instances are those of the instance \"default\". Errors are RFC 9457 problem details.",
			"license":     map[string]any{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers": []any{map[string]any{"url": "/"}},
		"paths":   paths,
		"components": map[string]any{
			"securitySchemes": map[string]any{"bearer": map[string]any{"type": "http", "scheme": "bearer", "description": "The instance's token, if it has one."}},
			"schemas":         schemas(),
		},
	}
}

func (e endpoint) describe(prefix, path string, instances []string) map[string]any {
	id := e.id
	var parameters []any
	if prefix != "" {
		id += "OfInstance"
		parameters = append(parameters, map[string]any{"name": "instance", "in": "path", "required": true, "schema": map[string]any{"type": "string", "enum": instances}})
	}
	if path == "/status-lists/{id}" {
		parameters = append(parameters, map[string]any{"name": "id", "in": "path", "required": true, "description": "The list's purpose.",
			"schema": map[string]any{"type": "string", "enum": []string{"revocation", "suspension", "refresh"}}})
	}
	responses := map[string]any{e.success: map[string]any{"description": "Done.", "content": content("application/json", ref(e.response))}}
	failures := map[string]string{
		"400": "The request is malformed, or what it asks for cannot be done.", "401": "The bearer token is missing or wrong.",
		"404": "There is no such instance, or it is not configured for this, or there is no such thing.",
		"413": "The body is too large.", "415": "The body is not JSON.", "500": "The server failed.", "503": "Too many requests are at work, or this one took too long.",
	}
	for _, code := range e.failures {
		failures[code] = map[string]string{"409": "A credential with this id was issued before.", "507": "The status list is full."}[code]
	}
	if e.method == "get" {
		for _, code := range []string{"400", "401", "413", "415"} {
			delete(failures, code)
		}
	}
	for code, text := range failures {
		responses[code] = map[string]any{"description": text, "content": content("application/problem+json", ref("ProblemDetails"))}
	}
	m := map[string]any{"operationId": id, "summary": e.summary, "responses": responses}
	if parameters != nil {
		m["parameters"] = parameters
	}
	if e.request != "" {
		m["requestBody"] = map[string]any{"required": true, "content": content("application/json", ref(e.request))}
	}
	if !e.public {
		m["security"] = []any{map[string]any{"bearer": []any{}}, map[string]any{}}
	}
	return m
}

func schemas() map[string]any {
	document := func(description string) map[string]any {
		return map[string]any{"type": "object", "description": description, "required": []string{"@context", "type"}, "additionalProperties": true}
	}
	result := func(input map[string]any) map[string]any {
		return object([]string{"verified", "input"}, map[string]any{"verified": kind("boolean", "whether it verifies"), "input": input})
	}
	pointers := func(description string) map[string]any {
		return arrayOf(map[string]any{"type": "string", "format": "json-pointer"}, description)
	}
	problems := arrayOf(ref("ProblemDetails"), "why it does not verify")
	return map[string]any{
		"Credential":             document("A credential of data model 1.1 or 2.0, without a proof. Without an issuer it gets the instance's."),
		"VerifiableCredential":   document("A credential with one or more Data Integrity proofs."),
		"Presentation":           document("A presentation without a proof. Without a holder it gets the instance's."),
		"VerifiablePresentation": document("A presentation with one or more Data Integrity proofs."),
		"Empty":                  closed(nil, map[string]any{}),
		"ProblemDetails": object([]string{"type", "title"}, map[string]any{
			"type": kind("string", "URL of the type of problem"), "title": kind("string", "the type's name"),
			"detail": kind("string", "what it is about"), "status": kind("integer", "the HTTP status, where the problem is the answer"),
		}),
		"IssueCredentialRequest": closed([]string{"credential"}, map[string]any{
			"credential": ref("Credential"),
			"options": closed(nil, map[string]any{
				"mandatoryPointers": pointers("what holders must always disclose, for selective disclosure suites"),
				"credentialId":      kind("string", "what the credential is called at /credentials/status; by default its id"),
			}),
		}),
		"IssueCredentialResponse": closed([]string{"verifiableCredential"}, map[string]any{"verifiableCredential": ref("VerifiableCredential")}),
		"UpdateCredentialStatusRequest": closed([]string{"credentialId", "credentialStatus", "status"}, map[string]any{
			"credentialId": kind("string", "the credential's id, or the credentialId it was issued with"),
			"credentialStatus": object([]string{"type", "statusPurpose"}, map[string]any{
				"id": kind("string", "not used"), "type": kind("string", "BitstringStatusListEntry"),
				"statusPurpose":        kind("string", "revocation, suspension or refresh"),
				"statusListIndex":      kind("string", "needed for credentials that were issued without an id"),
				"statusListCredential": kind("string", "URL of the list"),
			}),
			"status": kind("boolean", "true sets it"), "indexAllocator": kind("string", "not used"),
		}),
		"DeriveCredentialRequest": closed([]string{"verifiableCredential"}, map[string]any{
			"verifiableCredential": ref("VerifiableCredential"),
			"options":              closed(nil, map[string]any{"selectivePointers": pointers("what to disclose")}),
		}),
		"CreatePresentationRequest": closed([]string{"presentation"}, map[string]any{
			"presentation": ref("Presentation"),
			"options":      closed(nil, map[string]any{"challenge": kind("string", "what the verifier asked for"), "domain": kind("string", "who the verifier is")}),
		}),
		"CreatePresentationResponse": closed([]string{"verifiablePresentation"}, map[string]any{"verifiablePresentation": ref("VerifiablePresentation")}),
		"VerifyCredentialRequest": closed([]string{"verifiableCredential"}, map[string]any{
			"verifiableCredential": ref("VerifiableCredential"),
			"options": closed(nil, map[string]any{
				"returnResults":        kind("boolean", "tell the result of each check"),
				"returnProblemDetails": kind("boolean", "tell problems; they are told anyway if there are any"),
				"returnCredential":     kind("boolean", "return the credential"),
			}),
		}),
		"VerifyCredentialResponse": closed([]string{"verified"}, map[string]any{
			"verified": kind("boolean", "whether the credential verifies"), "credential": ref("VerifiableCredential"),
			"problemDetails": problems, "results": ref("CredentialResults"),
		}),
		"CredentialResults": closed(nil, map[string]any{
			"validFrom": result(kind("string", "")), "validUntil": result(kind("string", "")),
			"credentialSchema": arrayOf(result(map[string]any{"type": "object"}), "of each schema"),
			"credentialStatus": arrayOf(result(map[string]any{"type": "object"}), "of each status entry, with its value if it is known"),
			"proof":            arrayOf(result(map[string]any{"type": "object"}), "of each proof"),
		}),
		"VerifyPresentationRequest": closed([]string{"verifiablePresentation"}, map[string]any{
			"verifiablePresentation": ref("VerifiablePresentation"),
			"options": closed(nil, map[string]any{
				"challenge": kind("string", "that the proof must answer; without one, it must answer none"), "domain": kind("string", "that the proof must be for; without one, for none"),
				"returnPresentation": kind("boolean", "return the presentation"), "returnResults": kind("boolean", "results are always told"), "returnProblemDetails": kind("boolean", "problems are always told"),
			}),
		}),
		"VerifyPresentationResponse": closed([]string{"verified", "problemDetails", "results"}, map[string]any{
			"verified": kind("boolean", "whether the presentation and all its credentials verify"), "verifiablePresentation": ref("VerifiablePresentation"),
			"problemDetails": problems,
			"results": closed([]string{"presentation", "credentials"}, map[string]any{
				"presentation": closed(nil, map[string]any{
					"challenge": result(kind("string", "")), "domain": result(kind("string", "")), "holder": result(kind("string", "")),
					"proof": arrayOf(result(map[string]any{"type": "object"}), "of each proof"),
				}),
				"credentials": arrayOf(ref("VerifyCredentialResponse"), "of each credential"),
			}),
		}),
	}
}
