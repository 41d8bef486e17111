//go:build linux

package exchange

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Markers that stand in the plaintext of a story's record, and must stand nowhere else.
const (
	shownMarker  = "MARKER-SHOWN-6d1f40"
	hiddenMarker = "MARKER-HIDDEN-93b2aa"
)

const study = `{"id": "study", "input_descriptors": [{"id": "record", "constraints": {"limit_disclosure": "required", "fields": [
  {"id": "subject", "path": ["$.credentialSubject.id"]},
  {"path": ["$.credentialSubject.record.status"]}
], "is_holder": [{"field_id": ["subject"], "directive": "required"}]}}]}`

// dataFile is a bundle of real size with the schema that it satisfies, or a reason why there is none.
func dataFile(t *testing.T) (data, schema string, why string) {
	t.Helper()
	root := "../../../../shared/data"
	files, err := filepath.Glob(root + "/fhir/*.json")
	require.NoError(t, err)
	schema = root + "/fhir.schema.json"
	if _, err := os.Stat(schema); err != nil || len(files) == 0 {
		return "", "", "no ../shared/data beside the project: the story runs on the built-in record only"
	}
	return files[0], schema, ""
}

// TestTheExchange is the demonstration on a real bundle; then the same story with the tool, as separate processes with homes that have nothing in
// common but the network; then processes that are killed on the way. All traffic on loopback and all files but the parties' own are searched for
// the plaintext.
func TestTheExchange(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a real network for minutes: left out with -short")
	}
	args := []string{}
	data, schema, why := dataFile(t)
	if why != "" {
		t.Log(why)
	} else {
		args = append(args, "--data", data, "--schema", schema)
	}
	n := startNetwork(t, args...)
	t.Run("demonstration", func(t *testing.T) { checkReport(t, n.report, data) })
	capture := startCapture(t, shownMarker, hiddenMarker)
	t.Run("by hand", func(t *testing.T) { n.t = t; byHand(t, n) })
	t.Run("bad input", func(t *testing.T) { n.t = t; badInput(t, n) })
	t.Run("faults", func(t *testing.T) { n.t = t; faults(t, n, faultRuns()) })
	t.Run("money", func(t *testing.T) { supplyOnlyGrowsByMinting(t, n) })
	t.Run("privacy of files", func(t *testing.T) { searchFiles(t, n) })
	t.Run("privacy of traffic", func(t *testing.T) {
		if capture == nil {
			t.Skip("traffic on loopback cannot be captured without root (CAP_NET_RAW)")
		}
		found, packets := capture.stop()
		require.Empty(t, found, "plaintext on loopback")
		require.Positive(t, packets)
	})
}

func checkReport(t *testing.T, r report, data string) {
	require.Equal(t, r.DataSHA256, r.DeliveredSHA256)
	if data != "" {
		content, err := os.ReadFile(data)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(content)), r.DeliveredSHA256, "the exact bytes of the file")
	}
	codes := map[string]string{}
	for _, refusal := range r.Refusals {
		codes[refusal.Case] = refusal.Code
	}
	require.Equal(t, map[string]string{
		"forged record": "proof_invalid", "second sale": "duplicate", "revoked credential": "credential_revoked",
		"curious third party: object": "unavailable", "curious third party: key": "does_not_open",
	}, codes)
	paid, err := r.ProviderPaid.Int64()
	require.NoError(t, err)
	refund, err := r.Refund.Int64()
	require.NoError(t, err)
	total := paid + refund
	for _, amount := range r.OraclesPaid {
		oracle, err := amount.Int64()
		require.NoError(t, err)
		total += oracle
	}
	require.Equal(t, int64(20_000_000), total, "budget = payments + refund")
	require.Positive(t, paid)
	require.NotEmpty(t, r.DealID)
	require.NotEmpty(t, r.Steps)
}

// byHand is the story with the tool.
func byHand(t *testing.T, n *network) {
	hospital, _ := n.join("hospital", "--issuer")
	patient, patientDID := n.join("patient")
	researcher, _ := n.join("researcher")
	hospital.must(nil, "issuer", "setup")
	record := hospital.write("record.json", fmt.Sprintf(`{"resourceType": "Observation", "status": %q, "note": [{"text": %q}]}`, shownMarker, hiddenMarker))
	credential := filepath.Join(patient.home, "credential.json")
	hospital.must(nil, "issuer", "issue", "--record", record, "--subject", patientDID, "--out", credential)

	var deal struct{ ID string }
	before := researcher.balance()
	researcher.must(&deal, "deal", "create", "--name", "study", "--budget", "20000000umed", "--count", "2", "--definition", researcher.write("study.json", study),
		"--term", "required:Use=For this study only.")
	var again struct{ ID string }
	researcher.must(&again, "deal", "create", "--name", "study", "--budget", "20000000umed", "--count", "2", "--definition", filepath.Join(researcher.home, "study.json"))
	require.Equal(t, deal.ID, again.ID, "the same name makes no second deal")

	var found []struct{ Deal struct{ ID string } }
	patient.must(&found, "provide", "list", credential)
	require.Contains(t, fmt.Sprint(found), deal.ID)
	earned := patient.balance()
	var sale struct {
		State, DataSHA256 string
		Reward            string `json:"reward_umed"`
	}
	patient.must(&sale, "provide", "submit", credential, "--deal", deal.ID, "--agree", "required", "--yes")
	require.Equal(t, "paid", sale.State)
	require.Equal(t, "9000000", sale.Reward, "10 MED less the oracles' tenth")
	require.Greater(t, patient.balance(), earned, "paid in the same block, less the fee")
	patient.must(&sale, "provide", "submit", credential, "--deal", deal.ID, "--agree", "required", "--yes")
	require.Equal(t, "paid", sale.State, "once more sells nothing and says so")

	out := filepath.Join(researcher.home, "data")
	researcher.must(nil, "consume", "watch", "--out", out, "--count", "1")
	files, err := filepath.Glob(filepath.Join(out, deal.ID, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	content, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Contains(t, string(content), shownMarker)
	require.NotContains(t, string(content), hiddenMarker, "what was not asked for is not disclosed")
	researcher.must(nil, "consume", "export", deal.ID, "--to", filepath.Join(researcher.home, "export"))
	require.FileExists(t, filepath.Join(researcher.home, "export", "manifest.json"))

	var ended struct {
		Refund string `json:"refunded_umed"`
		Paid   string `json:"paid_umed"`
		Status string
	}
	researcher.must(&ended, "deal", "deactivate", deal.ID)
	require.Equal(t, "deactivated", ended.Status)
	require.Equal(t, "10000000", ended.Refund)
	require.Equal(t, "10000000", ended.Paid)
	require.Less(t, before-researcher.balance(), int64(10_000_000+20_000_000), "price and fees, and nothing else")
}

// badInput: a clear error that says what to do, and an exit code that is not 0.
func badInput(t *testing.T, n *network) {
	researcher := n.person("researcher")
	patient := n.person("patient")
	nobody := &person{n, filepath.Join(t.TempDir(), "nobody")}
	for name, test := range map[string]struct {
		who  *person
		args []string
		says string
	}{
		"no home":        {nobody, []string{"balance"}, "panacea init"},
		"no deal":        {patient, []string{"provide", "submit", patient.write("record.txt", "hello"), "--deal", strings.Repeat("0", 32), "--yes"}, "not found on the chain"},
		"a deal over":    {patient, []string{"provide", "submit", patient.write("record.txt", "hello"), "--deal", n.report.DealID, "--yes"}, "not active"},
		"no such file":   {patient, []string{"provide", "submit", "/does/not/exist", "--deal", n.report.DealID, "--yes"}, "no such file"},
		"no funds":       {researcher, []string{"deal", "create", "--budget", "900000000000umed"}, "insufficient funds"},
		"not a profile":  {nobody, []string{"init"}, "--profile"},
		"no network":     {researcher, []string{"balance", "--network", "mars"}, "demo"},
		"not an issuer":  {patient, []string{"issuer", "issue", "--record", patient.write("r.json", "{}"), "--subject", "did:panacea:x"}, "not set up"},
		"odd uniqueness": {researcher, []string{"deal", "create", "--budget", "1000000umed", "--unique", "colour"}, "choose content"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.who.tool(test.args...)
			require.ErrorContains(t, err, test.says)
		})
	}
}

// searchFiles looks for the plaintext in all files of nodes and oracles, their logs included, and of people who are not part of the sale.
func searchFiles(t *testing.T, n *network) {
	searched := 0
	require.NoError(t, filepath.WalkDir(n.home, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // files come and go while nodes run
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		searched++
		for _, marker := range []string{shownMarker, hiddenMarker, "Seo-Marchetti", "QX-7731-DEMO"} {
			own := strings.HasPrefix(path, filepath.Join(n.home, "researcher")) || strings.HasPrefix(path, filepath.Join(n.home, "patient"))
			if bytes.Contains(content, []byte(marker)) && !own {
				return fmt.Errorf("%s holds %s", path, marker)
			}
		}
		return nil
	}))
	require.Greater(t, searched, 50)
}
