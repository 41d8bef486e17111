package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/cmd/panacea/cmd"
)

const (
	contextURL = "https://hospital.example/fhir"
	listURL    = "https://hospital.example/status/1"
	at         = "2025-06-01T12:00:00Z"
)

// desk is a directory in which panacea is run.
type desk struct {
	t   *testing.T
	dir string
}

func newDesk(t *testing.T) *desk {
	d := &desk{t, t.TempDir()}
	d.write("fhir.json", `{"@context":{"@vocab":"http://hl7.org/fhir/"}}`)
	d.write("record.json", `{
      "@context": ["https://www.w3.org/ns/credentials/v2", "`+contextURL+`"],
      "type": ["VerifiableCredential"], "validFrom": "2025-01-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z",
      "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "94567", "statusListCredential": "`+listURL+`"},
      "credentialSubject": {"resourceType": "Immunization", "status": "completed", "lotNumber": "L-4711", "doseQuantity": 1.10, "vaccineCode": {"text": "Influenza"}}}`)
	d.write("asked.json", `{"id": "immunization", "input_descriptors": [{"id": "vaccine", "constraints": {"limit_disclosure": "required", "fields": [
      {"path": ["$.credentialSubject.resourceType"], "filter": {"const": "Immunization"}}, {"path": ["$.credentialSubject.vaccineCode.text"]}]}}]}`)
	d.must("vc", "keygen", "--type", "bls12381g2", "--out", d.path("hospital.json"))
	d.must("vc", "keygen", "--type", "ed25519", "--out", d.path("patient.json"))
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) write(name, content string) string {
	require.NoError(d.t, os.WriteFile(d.path(name), []byte(content), 0o600))
	return d.path(name)
}

// run runs panacea and returns its exit code, output and errors.
func (d *desk) run(in string, args ...string) (int, string, string) {
	var out, errOut bytes.Buffer
	code := cmd.Execute(d.t.Context(), args, strings.NewReader(in), &out, &errOut)
	return code, out.String(), errOut.String()
}

func (d *desk) must(args ...string) string {
	d.t.Helper()
	code, out, errOut := d.run("", args...)
	require.Zero(d.t, code, errOut)
	return out
}

// vc runs a command of vc with the context and the time of the tests.
func (d *desk) vc(args ...string) []string {
	return append([]string{"vc", "--context", contextURL + "=" + d.path("fhir.json"), "--at", at, "--offline", "--document", listURL + "=" + d.path("list.json")}, args...)
}

func object(t *testing.T, text string) map[string]any {
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &m), text)
	return m
}

func TestStory(t *testing.T) {
	d := newDesk(t)
	d.write("list.json", "")
	d.write("list.json", d.must(d.vc("status", "create", "--key", d.path("hospital.json"), "--id", listURL, "--ttl", "5m")...))
	d.write("issued.json", d.must(d.vc("issue", "--key", d.path("hospital.json"), "--in", d.path("record.json"))...))
	require.Contains(t, d.must(d.vc("issue", "--key", d.path("hospital.json"), "--in", d.path("record.json"))...), "1.10", "numbers stay as they were written")
	d.must(d.vc("verify", "--issued", "--in", d.path("issued.json"))...)

	shown := d.must(d.vc("derive", "--disclose", "/credentialSubject/vaccineCode", "--in", d.path("issued.json"))...)
	require.NotContains(t, shown, "L-4711")
	d.write("shown.json", shown)
	report := object(t, d.must(d.vc("verify", "--in", d.path("shown.json"))...))
	require.Equal(t, true, report["verified"])
	require.Equal(t, []any{map[string]any{"vaccineCode": map[string]any{"text": "Influenza"}}}, report["claims"])

	asked := []string{"--challenge", "7d1f", "--domain", "https://clinic.example"}
	d.write("presentation.json", d.must(d.vc(append(asked, "present", "--key", d.path("patient.json"), d.path("shown.json"))...)...))
	report = object(t, d.must(d.vc(append(asked, "verify-presentation", "--in", d.path("presentation.json"))...)...))
	require.Equal(t, true, report["verified"])

	// By a presentation definition, out of all that the patient has.
	d.write("answer.json", d.must(d.vc(append(asked, "present", "--key", d.path("patient.json"), "--definition", d.path("asked.json"), d.path("issued.json"))...)...))
	report = object(t, d.must(d.vc(append(asked, "verify-presentation", "--definition", d.path("asked.json"), "--in", d.path("answer.json"))...)...))
	require.Equal(t, true, report["definition"].(map[string]any)["answered"])
	code, out, _ := d.run("", d.vc(append(asked, "verify-presentation", "--definition", d.path("asked.json"), "--in", d.path("presentation.json"))...)...)
	require.Equal(t, 1, code, "it verifies, and does not answer")
	require.Equal(t, false, object(t, out)["verified"])

	// Replayed.
	code, out, errOut := d.run("", d.vc("verify-presentation", "--challenge", "other", "--domain", "https://clinic.example", "--in", d.path("presentation.json"))...)
	require.Equal(t, 1, code)
	require.Equal(t, false, object(t, out)["verified"])
	require.Contains(t, errOut, "→ give the challenge")

	// Revoked.
	d.must(d.vc("status", "check", "--in", d.path("issued.json"))...)
	d.write("list.json", d.must(d.vc("status", "set", "--key", d.path("hospital.json"), "--index", "94567", "--in", d.path("list.json"))...))
	code, out, errOut = d.run("", d.vc("verify", "--in", d.path("shown.json"))...)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "revoked")
	require.Equal(t, false, object(t, out)["verified"])
	code, out, _ = d.run("", d.vc("status", "check", "--in", d.path("shown.json"))...)
	require.Equal(t, 1, code)
	require.Equal(t, false, object(t, out)["verified"])
	d.write("list.json", d.must(d.vc("status", "set", "--key", d.path("hospital.json"), "--index", "94567", "--value", "0", "--in", d.path("list.json"))...))
	d.must(d.vc("verify", "--in", d.path("shown.json"))...)
}

func TestKeyFilesAreSecretAndNeverOverwritten(t *testing.T) {
	d := newDesk(t)
	info, err := os.Stat(d.path("hospital.json"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	before, err := os.ReadFile(d.path("hospital.json"))
	require.NoError(t, err)
	code, _, errOut := d.run("", "vc", "keygen", "--type", "ed25519", "--out", d.path("hospital.json"))
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "never overwritten")
	after, err := os.ReadFile(d.path("hospital.json"))
	require.NoError(t, err)
	require.Equal(t, before, after)
	out := d.must("vc", "keygen", "--type", "p256", "--id", "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm#key1", "--out", d.path("lab.json"))
	require.NotContains(t, out, "secret")
	require.Equal(t, "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm", object(t, out)["controller"])
}

func TestEverySuite(t *testing.T) {
	d := newDesk(t)
	record := object(t, func() string { b, _ := os.ReadFile(d.path("record.json")); return string(b) }())
	delete(record, "credentialStatus")
	text, err := json.Marshal(record)
	require.NoError(t, err)
	d.write("list.json", "{}")
	for _, c := range []struct{ kind, suite string }{{"ed25519", ""}, {"p256", ""}, {"p384", ""}, {"p256", "ecdsa-sd-2023"}, {"bls12381g2", "bbs-2023"}} {
		t.Run(c.kind+c.suite, func(t *testing.T) {
			key := d.path(c.kind + c.suite + ".json")
			d.must("vc", "keygen", "--type", c.kind, "--out", key)
			code, issued, errOut := d.run(string(text), d.vc("issue", "--key", key, "--suite", c.suite)...)
			require.Zero(t, code, errOut)
			if c.suite != "" {
				code, issued, errOut = d.run(issued, d.vc("derive", "--disclose", "/credentialSubject/status")...)
				require.Zero(t, code, errOut)
			}
			code, _, errOut = d.run(issued, d.vc("verify")...)
			require.Zero(t, code, errOut)
			code, _, _ = d.run(strings.Replace(issued, `"completed"`, `"not-done"`, 1), d.vc("verify")...)
			require.Equal(t, 1, code)
		})
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	d := newDesk(t)
	d.write("list.json", d.must("vc", "--at", at, "status", "create", "--key", d.path("hospital.json"), "--id", listURL))
	d.write("issued.json", d.must(d.vc("issue", "--key", d.path("hospital.json"), "--in", d.path("record.json"))...))
	d.must("vc", "keygen", "--type", "ed25519", "--out", d.path("other.json"))
	d.must("vc", "keygen", "--type", "ed25519", "--id", "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm#key1", "--out", d.path("chain.json"))
	text, err := os.ReadFile(d.path("issued.json"))
	require.NoError(t, err)
	d.write("foreign.json", strings.ReplaceAll(string(text), `"did:key:`, `"did:panacea:`))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown command":     {[]string{"vd"}, "--help"},
		"unknown flag":        {[]string{"vc", "verify", "--x"}, "--help"},
		"no key":              {d.vc("issue", "--in", d.path("record.json")), "panacea vc keygen"},
		"not a key":           {d.vc("issue", "--key", d.path("record.json"), "--in", d.path("record.json")), "panacea vc keygen"},
		"type of key":         {[]string{"vc", "keygen", "--type", "rsa", "--out", d.path("x")}, "choose bls12381g2"},
		"key's file":          {[]string{"vc", "keygen", "--type", "p256"}, "--out key.json"},
		"key's id":            {[]string{"vc", "keygen", "--type", "p256", "--out", d.path("x"), "--id", "x"}, "did:panacea:"},
		"another issuer":      {d.vc("issue", "--key", d.path("other.json"), "--in", d.path("issued.json")), "use the issuer's key"},
		"unknown context":     {[]string{"vc", "issue", "--key", d.path("hospital.json"), "--in", d.path("record.json")}, "--context URL=FILE"},
		"context without =":   {[]string{"vc", "--context", "x", "issue"}, "--context URL=FILE"},
		"time":                {[]string{"vc", "--at", "now", "verify"}, "2025-06-01T12:00:00Z"},
		"expiry":              {d.vc("issue", "--expires", "soon", "--key", d.path("hospital.json")), "2025-06-01T12:00:00Z"},
		"resolver":            {[]string{"vc", "--resolver", "x", "verify"}, "--resolver a URL"},
		"base proof":          {d.vc("verify", "--in", d.path("issued.json")), "--issued"},
		"pointer":             {d.vc("derive", "--disclose", "/x", "--in", d.path("issued.json")), "JSON pointers"},
		"not issued":          {d.vc("derive", "--disclose", "/x", "--in", d.path("list.json")), "derived from again"},
		"other DID method":    {d.vc("verify", "--issued", "--in", d.path("foreign.json")), "--resolver"},
		"unanswered":          {d.vc("present", "--key", d.path("patient.json"), "--definition", d.path("asked.json"), d.path("list.json")), "more credentials"},
		"offline":             {[]string{"vc", "--offline", "--at", at, "--context", contextURL + "=" + d.path("fhir.json"), "status", "check", "--in", d.path("issued.json")}, "--document URL=FILE"},
		"list without id":     {d.vc("status", "create", "--key", d.path("hospital.json")), "URL at which"},
		"list of another":     {d.vc("status", "set", "--key", d.path("other.json"), "--index", "1", "--in", d.path("list.json")), "list's issuer's key"},
		"list without index":  {d.vc("status", "set", "--key", d.path("hospital.json"), "--in", d.path("list.json")), "statusListIndex"},
		"no status":           {d.vc("status", "check", "--in", d.path("list.json")), "validUntil"},
		"serve without":       {[]string{"vc", "serve"}, "--help"},
		"serve with nonsense": {[]string{"vc", "serve", "--config", d.path("record.json")}, "--help"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errOut := d.run("", c.args...)
			require.Equal(t, 1, code)
			require.Contains(t, errOut, c.want)
			require.Contains(t, errOut, "→")
		})
	}
}

func TestServe(t *testing.T) {
	d := newDesk(t)
	d.write("serve.json", `{"listen": "127.0.0.1:0", "contexts": {"`+contextURL+`": "fhir.json"}, "instances": {"default": {"issuer": {"keys": [{"file": "hospital.json"}]}, "verify": true}}}`)
	ctx, stop := context.WithCancel(t.Context())
	said := make(chan string, 16)
	ended := make(chan int, 1)
	go func() {
		ended <- cmd.Execute(ctx, []string{"vc", "serve", "--config", d.path("serve.json")}, strings.NewReader(""), &bytes.Buffer{}, writer(func(b []byte) { said <- string(b) }))
	}()
	_, url, found := strings.Cut(strings.TrimSpace(<-said), "serving on ")
	require.True(t, found)
	resp, err := http.Get(url + "/health")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 200, resp.StatusCode)
	stop()
	require.Zero(t, <-ended)
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

func TestHelpHasExamples(t *testing.T) {
	d := &desk{t: t}
	for _, c := range [][]string{{}, {"keygen"}, {"issue"}, {"verify"}, {"derive"}, {"present"}, {"verify-presentation"}, {"status", "create"}, {"status", "set"}, {"status", "check"}, {"serve"}} {
		out := d.must(append(append([]string{"vc"}, c...), "--help")...)
		require.Contains(t, out, "Examples:", c)
		require.Contains(t, out, "panacea vc", c)
	}
}
