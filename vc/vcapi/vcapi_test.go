package vcapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/vcapi"
)

const contextURL = "https://hospital.example/contexts/fhir"

var now = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// world is a server with its files.
type world struct {
	t      *testing.T
	dir    string
	server *vcapi.Server
	http   *httptest.Server
	issuer string // DID of the default instance
}

func (w *world) file(name, content string) string {
	require.NoError(w.t, os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o600))
	return name
}

func (w *world) key(name string, kind did.KeyType) string {
	k, err := did.GenerateKey(kind, nil)
	require.NoError(w.t, err)
	b, err := keystore.MarshalKey(k)
	require.NoError(w.t, err)
	w.file(name, string(b))
	return k.Public().DIDKey()
}

// start serves a configuration. HOST in it is replaced by the server's own address, so that it can read its own status lists.
func start(t *testing.T, change func(map[string]any)) *world {
	w := &world{t: t, dir: t.TempDir()}
	w.file("context.json", `{"@context":{"@vocab":"http://hl7.org/fhir/"}}`)
	w.file("token", "0123456789abcdef\n")
	w.issuer = w.key("bbs.json", did.BLS12381G2)
	w.key("ed25519.json", did.Ed25519)
	w.key("p256.json", did.P256)
	w.key("holder.json", did.Ed25519)
	var handler http.Handler
	w.http = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(w.http.Close)
	config := map[string]any{
		"contexts": map[string]any{contextURL: "context.json"}, "allowPrivate": true,
		"instances": map[string]any{
			"default": map[string]any{
				"derive": true, "verify": true, "holder": map[string]any{"file": "holder.json"},
				"issuer": map[string]any{
					"keys":   []any{map[string]any{"file": "bbs.json", "mandatoryPointers": []string{"/credentialSubject/resourceType"}}},
					"status": map[string]any{"directory": "lists", "baseURL": w.http.URL, "purposes": []string{"revocation", "suspension"}},
				},
			},
			"lab":   map[string]any{"tokenFile": "token", "verify": true, "issuer": map[string]any{"keys": []any{map[string]any{"file": "p256.json"}}}},
			"plain": map[string]any{"issuer": map[string]any{"keys": []any{map[string]any{"file": "ed25519.json"}}}},
		},
	}
	if change != nil {
		change(config)
	}
	b, err := json.Marshal(config)
	require.NoError(t, err)
	w.file("config.json", string(b))
	w.restart()
	handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.server.ServeHTTP(rw, r) })
	return w
}

func (w *world) restart() {
	if w.server != nil {
		require.NoError(w.t, w.server.Close())
	}
	c, err := vcapi.ReadConfig(filepath.Join(w.dir, "config.json"))
	require.NoError(w.t, err)
	w.server, err = vcapi.New(c, vcapi.WithClock(func() time.Time { return now }))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = w.server.Close() })
}

func (w *world) do(method, path string, body any, header http.Header) (int, map[string]any) {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(w.t, err)
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.http.URL+path, reader)
	require.NoError(w.t, err)
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if r.Header.Get("Content-Type") == "" && body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	var answer map[string]any
	d := json.NewDecoder(resp.Body)
	d.UseNumber()
	require.NoError(w.t, d.Decode(&answer))
	if resp.StatusCode >= 400 {
		require.Equal(w.t, "application/problem+json", resp.Header.Get("Content-Type"))
		require.NotEmpty(w.t, answer["type"])
		require.NotEmpty(w.t, answer["title"])
	}
	return resp.StatusCode, answer
}

func (w *world) post(path string, body any, want int) map[string]any {
	w.t.Helper()
	code, answer := w.do(http.MethodPost, path, body, nil)
	require.Equal(w.t, want, code, answer)
	return answer
}

func immunization(more map[string]any) map[string]any {
	doc := map[string]any{
		"@context": []any{vc.ContextV2, contextURL}, "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
		"type": []any{"VerifiableCredential"}, "validFrom": "2025-01-01T00:00:00Z",
		"credentialSubject": map[string]any{
			"resourceType": "Immunization", "status": "completed", "lotNumber": "L-4711", "doseQuantity": 0.5,
			"vaccineCode": map[string]any{"text": "Influenza, seasonal"},
		},
	}
	for k, v := range more {
		doc[k] = v
	}
	return doc
}

func TestStory(t *testing.T) {
	w := start(t, nil)
	issued := w.post("/credentials/issue", map[string]any{"credential": immunization(nil), "options": map[string]any{"mandatoryPointers": []string{"/credentialSubject/status"}}}, 201)["verifiableCredential"].(map[string]any)
	require.Equal(t, w.issuer, issued["issuer"])
	require.Len(t, issued["credentialStatus"], 2)

	derived := w.post("/credentials/derive", map[string]any{"verifiableCredential": issued, "options": map[string]any{"selectivePointers": []string{"/credentialSubject/vaccineCode"}}}, 201)
	text, err := json.Marshal(derived)
	require.NoError(t, err)
	require.NotContains(t, string(text), "L-4711")
	require.Equal(t, map[string]any{"resourceType": "Immunization", "status": "completed", "vaccineCode": map[string]any{"text": "Influenza, seasonal"}}, derived["credentialSubject"])

	verify := map[string]any{"verifiableCredential": derived, "options": map[string]any{"returnResults": true, "returnProblemDetails": true, "returnCredential": true}}
	result := w.post("/credentials/verify", verify, 200)
	require.Equal(t, true, result["verified"], result)
	require.Equal(t, []any{}, result["problemDetails"])
	require.Equal(t, derived, result["credential"])
	results := result["results"].(map[string]any)
	require.Len(t, results["credentialStatus"], 2)
	require.Equal(t, true, results["proof"].([]any)[0].(map[string]any)["verified"])
	require.Equal(t, map[string]any{"verified": true, "input": "2025-01-01T00:00:00Z"}, results["validFrom"])

	asked := map[string]any{"challenge": "c", "domain": "https://clinic.example"}
	presentation := w.post("/presentations", map[string]any{
		"presentation": map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "verifiableCredential": []any{derived}}, "options": asked,
	}, 201)["verifiablePresentation"].(map[string]any)
	result = w.post("/presentations/verify", map[string]any{"verifiablePresentation": presentation, "options": asked}, 200)
	require.Equal(t, true, result["verified"], result)
	require.Len(t, result["results"].(map[string]any)["credentials"], 1)
	result = w.post("/presentations/verify", map[string]any{"verifiablePresentation": presentation, "options": map[string]any{"challenge": "replayed", "domain": "https://clinic.example"}}, 200)
	require.Equal(t, false, result["verified"])
	require.Equal(t, "https://w3id.org/security#INVALID_CHALLENGE_ERROR", result["problemDetails"].([]any)[0].(map[string]any)["type"])
	require.Equal(t, false, result["results"].(map[string]any)["presentation"].(map[string]any)["challenge"].(map[string]any)["verified"])

	// Suspended, and not any more; then revoked for ever.
	set := func(purpose string, value bool, want int) {
		t.Helper()
		w.post("/credentials/status", map[string]any{
			"credentialId": issued["id"], "credentialStatus": map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": purpose}, "status": value,
		}, want)
	}
	// The server that verifies keeps lists for a while; another has none yet.
	reason := func() any {
		t.Helper()
		w.restart()
		result := w.post("/credentials/verify", verify, 200)
		if result["verified"] == true {
			return nil
		}
		return result["problemDetails"].([]any)[0].(map[string]any)["title"]
	}
	set("suspension", true, 200)
	require.Equal(t, "CREDENTIAL_SUSPENDED", reason())
	set("suspension", false, 200)
	require.Nil(t, reason())
	set("revocation", true, 200)
	require.Equal(t, "CREDENTIAL_REVOKED", reason())
	set("revocation", false, 400)
	require.Equal(t, "CREDENTIAL_REVOKED", reason())
	w.post("/credentials/issue", map[string]any{"credential": immunization(nil)}, 409)
}

func TestProofSetAndDataModel1(t *testing.T) {
	w := start(t, func(c map[string]any) {
		c["instances"].(map[string]any)["default"].(map[string]any)["issuer"] = map[string]any{
			"keys":   []any{map[string]any{"file": "p256.json", "cryptosuite": "ecdsa-rdfc-2019"}, map[string]any{"file": "p256.json", "cryptosuite": "ecdsa-sd-2023"}},
			"status": map[string]any{"directory": "lists", "baseURL": "https://hospital.example"},
		}
	})
	doc := immunization(map[string]any{"@context": []any{vc.ContextV1, contextURL}, "issuanceDate": "2025-01-01T00:00:00Z"})
	delete(doc, "validFrom")
	issued := w.post("/credentials/issue", map[string]any{"credential": doc}, 201)["verifiableCredential"].(map[string]any)
	require.Len(t, issued["proof"], 2)
	require.Contains(t, issued["@context"], "https://www.w3.org/ns/credentials/status/v1")
	require.Equal(t, "https://hospital.example/status-lists/revocation", issued["credentialStatus"].(map[string]any)["statusListCredential"])
}

func TestRefusedRequests(t *testing.T) {
	w := start(t, func(c map[string]any) { c["maxBodyBytes"] = 100_000 })
	issued := w.post("/credentials/issue", map[string]any{"credential": immunization(nil)}, 201)["verifiableCredential"].(map[string]any)
	bad := immunization(nil)
	delete(bad, "credentialSubject")
	tampered := func() map[string]any {
		derived := w.post("/credentials/derive", map[string]any{"verifiableCredential": issued, "options": map[string]any{"selectivePointers": []string{"/credentialSubject/lotNumber"}}}, 201)
		derived["credentialSubject"].(map[string]any)["lotNumber"] = "L-0815"
		return derived
	}
	entry := map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
	for name, c := range map[string]struct {
		method, path string
		body         any
		header       http.Header
		code         int
		problem      string
	}{
		"no such path":            {"POST", "/credentials/forge", "{}", nil, 404, "about:blank"},
		"no such method":          {"PUT", "/credentials/issue", "{}", nil, 404, "about:blank"},
		"no such instance":        {"POST", "/instances/x/credentials/issue", "{}", nil, 404, "about:blank"},
		"not configured":          {"POST", "/instances/plain/credentials/verify", "{}", nil, 404, "about:blank"},
		"no token":                {"POST", "/instances/lab/credentials/issue", "{}", nil, 401, "about:blank"},
		"wrong token":             {"POST", "/instances/lab/credentials/issue", "{}", http.Header{"Authorization": {"Bearer x"}}, 401, "about:blank"},
		"token, but no body":      {"POST", "/instances/lab/credentials/issue", "", http.Header{"Authorization": {"Bearer 0123456789abcdef"}}, 400, "#PARSING_ERROR"},
		"not JSON":                {"POST", "/credentials/issue", "{", nil, 400, "#PARSING_ERROR"},
		"a member twice":          {"POST", "/credentials/issue", `{"credential":{},"credential":{}}`, nil, 400, "#PARSING_ERROR"},
		"an array":                {"POST", "/credentials/issue", "[]", nil, 400, "#PARSING_ERROR"},
		"deep":                    {"POST", "/credentials/issue", strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000), nil, 400, "#PARSING_ERROR"},
		"too long":                {"POST", "/credentials/issue", strings.Repeat(" ", 100_001), nil, 413, "about:blank"},
		"XML":                     {"POST", "/credentials/issue", "<a/>", http.Header{"Content-Type": {"text/xml"}}, 415, "about:blank"},
		"no credential":           {"POST", "/credentials/issue", "{}", nil, 400, "#MALFORMED_VALUE_ERROR"},
		"unknown member":          {"POST", "/credentials/issue", map[string]any{"credential": immunization(nil), "x": 1}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"unknown option":          {"POST", "/credentials/issue", map[string]any{"credential": immunization(nil), "options": map[string]any{"x": 1}}, nil, 400, "#UNKNOWN_OPTION_PROVIDED"},
		"options are a list":      {"POST", "/credentials/issue", map[string]any{"credential": immunization(nil), "options": []any{}}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"pointers are a text":     {"POST", "/credentials/issue", map[string]any{"credential": immunization(nil), "options": map[string]any{"mandatoryPointers": "/a"}}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"pointer to nothing":      {"POST", "/credentials/issue", map[string]any{"credential": immunization(map[string]any{"id": "urn:x:1"}), "options": map[string]any{"mandatoryPointers": []string{"/a"}}}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"no subject":              {"POST", "/credentials/issue", map[string]any{"credential": bad}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"another issuer":          {"POST", "/credentials/issue", map[string]any{"credential": immunization(map[string]any{"issuer": "did:example:x"})}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"issued already":          {"POST", "/credentials/issue", map[string]any{"credential": issued}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"unknown context":         {"POST", "/credentials/issue", map[string]any{"credential": immunization(map[string]any{"id": "urn:x:2", "@context": []any{vc.ContextV2, "https://evil.example/c"}})}, nil, 400, "#PROOF_GENERATION_ERROR"},
		"derive from a plain one": {"POST", "/credentials/derive", map[string]any{"verifiableCredential": immunization(map[string]any{"issuer": "did:example:x"})}, nil, 400, "#PROOF_GENERATION_ERROR"},
		"derive what is not":      {"POST", "/credentials/derive", map[string]any{"verifiableCredential": issued, "options": map[string]any{"selectivePointers": []string{"/x"}}}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"verify no credential":    {"POST", "/credentials/verify", map[string]any{"verifiableCredential": map[string]any{}}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"flag is a text":          {"POST", "/credentials/verify", map[string]any{"verifiableCredential": issued, "options": map[string]any{"returnResults": "yes"}}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"present for another":     {"POST", "/presentations", map[string]any{"presentation": map[string]any{"@context": []any{vc.ContextV2}, "type": "VerifiablePresentation", "holder": "did:example:x"}}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"challenge is a number":   {"POST", "/presentations/verify", map[string]any{"verifiablePresentation": map[string]any{}, "options": map[string]any{"challenge": 1}}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"status of no one":        {"POST", "/credentials/status", map[string]any{"credentialId": "urn:x", "credentialStatus": entry, "status": true}, nil, 404, "about:blank"},
		"status without value":    {"POST", "/credentials/status", map[string]any{"credentialId": issued["id"], "credentialStatus": entry}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"status without an id":    {"POST", "/credentials/status", map[string]any{"credentialStatus": entry, "status": true}, nil, 400, "#MALFORMED_VALUE_ERROR"},
		"status of other purpose": {"POST", "/credentials/status", map[string]any{"credentialId": issued["id"], "credentialStatus": map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": "x"}, "status": true}, nil, 404, "about:blank"},
		"no such list":            {"GET", "/status-lists/x", nil, nil, 404, "about:blank"},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			code, answer := w.do(c.method, c.path, c.body, c.header)
			require.Equal(t, c.code, code, answer)
			require.True(t, strings.HasSuffix(answer["type"].(string), c.problem), answer)
			require.Equal(t, json.Number(fmt.Sprint(c.code)), answer["status"])
		})
	}
	for name, c := range map[string]struct{ credential, problem any }{
		"changed claim":   {tampered(), "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"},
		"base proof":      {issued, "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"},
		"without a proof": {immunization(map[string]any{"issuer": "did:example:x"}), "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			result := w.post("/credentials/verify", map[string]any{"verifiableCredential": c.credential}, 200)
			require.Equal(t, false, result["verified"])
			require.Equal(t, c.problem, result["problemDetails"].([]any)[0].(map[string]any)["type"])
		})
	}
}

func TestStatusListIsPublic(t *testing.T) {
	w := start(t, func(c map[string]any) {
		c["instances"].(map[string]any)["default"].(map[string]any)["tokenFile"] = "token"
	})
	resp, err := http.Get(w.http.URL + "/status-lists/revocation")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "public, max-age=300", resp.Header.Get("Cache-Control"))
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	c, err := vc.ParseCredential(text)
	require.NoError(t, err)
	p := vc.NewProcessor(vc.Options{Resolver: did.KeyResolver{}})
	require.NoError(t, p.VerifyCredential(t.Context(), c, vc.VerifyOptions{Now: now}).Err())
}

func TestListsSurviveACrash(t *testing.T) {
	w := start(t, nil)
	issued := w.post("/credentials/issue", map[string]any{"credential": immunization(nil)}, 201)["verifiableCredential"].(map[string]any)
	f, err := os.OpenFile(filepath.Join(w.dir, "lists", "revocation.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"set":12`) // cut off
	require.NoError(t, err)
	require.NoError(t, f.Close())
	w.restart()
	w.post("/credentials/status", map[string]any{"credentialId": issued["id"], "credentialStatus": map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}, "status": true}, 200)
	w.restart()
	w.post("/credentials/issue", map[string]any{"credential": immunization(nil)}, 409)
	// An id that could not be issued can be issued later.
	broken := immunization(map[string]any{"id": "urn:x:9", "@context": []any{vc.ContextV2, "https://evil.example/c"}})
	w.post("/credentials/issue", map[string]any{"credential": broken}, 400)
	w.post("/credentials/issue", map[string]any{"credential": immunization(map[string]any{"id": "urn:x:9"})}, 201)
}

func TestIndexesAreDistinct(t *testing.T) {
	w := start(t, nil)
	var mu sync.Mutex
	seen := map[any]bool{}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			body, _ := json.Marshal(map[string]any{"credential": immunization(map[string]any{"id": fmt.Sprint("urn:x:", i)})})
			r := httptest.NewRequest(http.MethodPost, "/credentials/issue", bytes.NewReader(body))
			rec := httptest.NewRecorder()
			w.server.ServeHTTP(rec, r)
			var answer struct {
				VerifiableCredential struct{ CredentialStatus []map[string]any }
			}
			if json.Unmarshal(rec.Body.Bytes(), &answer) == nil && rec.Code == 201 {
				mu.Lock()
				seen[answer.VerifiableCredential.CredentialStatus[0]["statusListIndex"]] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, seen, 8)
}

func TestOpenAPIIsComplete(t *testing.T) {
	w := start(t, nil)
	code, doc := w.do(http.MethodGet, "/openapi.json", nil, nil)
	require.Equal(t, 200, code)
	require.Equal(t, "3.1.0", doc["openapi"])
	paths := doc["paths"].(map[string]any)
	for _, path := range []string{"/credentials/issue", "/credentials/verify", "/credentials/derive", "/credentials/status", "/presentations", "/presentations/verify", "/status-lists/{id}"} {
		for _, prefix := range []string{"", "/instances/{instance}"} {
			require.Contains(t, paths, prefix+path)
		}
	}
	require.Len(t, paths, 17)
	// Every path that is described is served, and every reference leads somewhere.
	for path, methods := range paths {
		for method := range methods.(map[string]any) {
			concrete := strings.NewReplacer("{instance}", "default", "{id}", "revocation").Replace(path)
			rec := httptest.NewRecorder()
			w.server.ServeHTTP(rec, httptest.NewRequest(strings.ToUpper(method), concrete, strings.NewReader("{")))
			require.NotEqual(t, 404, rec.Code, path)
		}
	}
	defined := doc["components"].(map[string]any)["schemas"].(map[string]any)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if r, ok := v["$ref"].(string); ok {
				require.Contains(t, defined, strings.TrimPrefix(r, "#/components/schemas/"))
			}
			for _, e := range v {
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
}

func TestHealthAndMetrics(t *testing.T) {
	w := start(t, nil)
	code, answer := w.do(http.MethodGet, "/health", nil, nil)
	require.Equal(t, 200, code)
	require.Equal(t, "ok", answer["status"])
	w.post("/credentials/verify", map[string]any{}, 400)
	resp, err := http.Get(w.http.URL + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), `panacea_vcapi_request_duration_seconds_count{path="/credentials/verify",code="400"} 1`)
}

func TestTooManyRequestsAreRefused(t *testing.T) {
	// The list's server does not answer until it is told to, so the one place at work is taken.
	entered, leave := make(chan struct{}, 8), make(chan struct{})
	lists := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-leave }))
	defer lists.Close()
	w := start(t, func(c map[string]any) {
		c["maxConcurrent"] = 1
		c["instances"].(map[string]any)["default"].(map[string]any)["issuer"].(map[string]any)["status"].(map[string]any)["baseURL"] = lists.URL
	})
	issued := w.post("/credentials/issue", map[string]any{"credential": immunization(nil)}, 201)["verifiableCredential"]
	derived := w.post("/credentials/derive", map[string]any{"verifiableCredential": issued}, 201)
	body, err := json.Marshal(map[string]any{"verifiableCredential": derived})
	require.NoError(t, err)
	codes := make(chan int, 8)
	send := func() {
		rec := httptest.NewRecorder()
		w.server.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/credentials/verify", bytes.NewReader(body)))
		codes <- rec.Code
	}
	go send()
	<-entered // one is at work
	for range 3 {
		go send() // two wait, and one is refused
	}
	require.Equal(t, 503, <-codes)
	close(leave)
	for range 3 {
		require.Equal(t, 200, <-codes)
	}
}

func TestListenAndServeEndsInOrder(t *testing.T) {
	w := start(t, func(c map[string]any) {
		c["listen"] = "127.0.0.1:0"
		delete(c["instances"].(map[string]any), "default")
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	at := make(chan net.Addr, 1)
	go func() { ended <- w.server.ListenAndServe(ctx, func(a net.Addr) { at <- a }) }()
	resp, err := http.Get("http://" + (<-at).String() + "/health")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 200, resp.StatusCode)
	cancel()
	require.NoError(t, <-ended)
}

func TestWrongConfigurations(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"no instances":        func(c map[string]any) { c["instances"] = map[string]any{} },
		"name of an instance": func(c map[string]any) { c["instances"] = map[string]any{"a/b": map[string]any{}} },
		"unknown property":    func(c map[string]any) { c["port"] = 1 },
		"body too large":      func(c map[string]any) { c["maxBodyBytes"] = 1 << 30 },
		"negative":            func(c map[string]any) { c["maxConcurrent"] = -1 },
		"no time":             func(c map[string]any) { c["requestSeconds"] = -1 },
		"resolver":            func(c map[string]any) { c["resolver"] = "ftp://x" },
		"no keys": func(c map[string]any) {
			c["instances"] = map[string]any{"a": map[string]any{"issuer": map[string]any{}}}
		},
		"not a key": func(c map[string]any) {
			c["instances"] = map[string]any{"a": map[string]any{"holder": map[string]any{"file": "context.json"}}}
		},
		"keys of two": func(c map[string]any) {
			c["instances"] = map[string]any{"a": map[string]any{"issuer": map[string]any{"keys": []any{map[string]any{"file": "bbs.json"}, map[string]any{"file": "p256.json"}}}}}
		},
		"short token": func(c map[string]any) { c["instances"] = map[string]any{"a": map[string]any{"tokenFile": "short"}} },
		"relative base": func(c map[string]any) {
			c["instances"] = map[string]any{"a": map[string]any{"issuer": map[string]any{"keys": []any{map[string]any{"file": "bbs.json"}}, "status": map[string]any{"directory": "l", "baseURL": "/x"}}}}
		},
		"purpose of a list": func(c map[string]any) {
			c["instances"] = map[string]any{"a": map[string]any{"issuer": map[string]any{"keys": []any{map[string]any{"file": "bbs.json"}}, "status": map[string]any{"directory": "l", "baseURL": "https://x.example", "purposes": []string{"../x"}}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, nil)
			w.file("short", "x")
			b, err := os.ReadFile(filepath.Join(w.dir, "config.json"))
			require.NoError(t, err)
			var c map[string]any
			require.NoError(t, json.Unmarshal(b, &c))
			change(c)
			b, err = json.Marshal(c)
			require.NoError(t, err)
			w.file("changed.json", string(b))
			config, err := vcapi.ReadConfig(filepath.Join(w.dir, "changed.json"))
			if err == nil {
				_, err = vcapi.New(config)
			}
			require.ErrorIs(t, err, vcapi.ErrConfig)
		})
	}
}

func FuzzRequests(f *testing.F) {
	dir := f.TempDir()
	k, err := did.GenerateKey(did.BLS12381G2, nil)
	require.NoError(f, err)
	b, err := keystore.MarshalKey(k)
	require.NoError(f, err)
	require.NoError(f, os.WriteFile(filepath.Join(dir, "key.json"), b, 0o600))
	require.NoError(f, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"offline":true,"instances":{"default":{"derive":true,"verify":true,"holder":{"file":"key.json"},
      "issuer":{"keys":[{"file":"key.json"}],"status":{"directory":"lists","baseURL":"https://hospital.example"}}}}}`), 0o600))
	c, err := vcapi.ReadConfig(filepath.Join(dir, "config.json"))
	require.NoError(f, err)
	s, err := vcapi.New(c, vcapi.WithClock(func() time.Time { return now }))
	require.NoError(f, err)
	f.Cleanup(func() { _ = s.Close() })
	paths := []string{"/credentials/issue", "/credentials/verify", "/credentials/derive", "/credentials/status", "/presentations", "/presentations/verify"}
	for i := range paths {
		f.Add(i, []byte(`{"credential":{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"credentialSubject":{"id":"urn:x:1"}},"options":{}}`))
		f.Add(i, []byte(`{"verifiableCredential":{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"did:example:x","credentialSubject":{"id":"urn:x:1"},"proof":{"type":"DataIntegrityProof"}},"options":{"returnResults":true}}`))
	}
	f.Fuzz(func(t *testing.T, path int, body []byte) {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, paths[uint(path)%uint(len(paths))], bytes.NewReader(body))
		s.ServeHTTP(rec, r)
		if rec.Code == 500 || !json.Valid(rec.Body.Bytes()) {
			t.Fatalf("%d %s", rec.Code, rec.Body.Bytes())
		}
	})
}
