package dcapdiff

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oasisprotocol/oasis-core/go/common/sgx/pcs"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

// validityDays is oasis-core's own measure of age, counted from the issue date; synthetic collateral lives as long.
const validityDays = 30

// policy is as near as the two can be: oasis-core accepts these statuses and no others.
var policy = dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.UpToDate, dcap.SWHardeningNeeded}, MinTCBEvaluationDataNumber: 12}

// oasis asks oasis-core.
func oasis(quote []byte, c *dcap.Collateral, now time.Time) error {
	bundle := pcs.QuoteBundle{Quote: quote, TCB: pcs.TCBBundle{
		TCBInfo:      pcs.SignedTCBInfo{TCBInfo: json.RawMessage(c.TCBInfo.Body), Signature: hex.EncodeToString(c.TCBInfo.Signature[:])},
		QEIdentity:   pcs.SignedQEIdentity{EnclaveIdentity: json.RawMessage(c.QEIdentity.Body), Signature: hex.EncodeToString(c.QEIdentity.Signature[:])},
		Certificates: dcaptest.PEM(c.TCBInfo.SigningCertificate, c.Root),
	}}
	_, err := bundle.Verify(&pcs.QuotePolicy{
		TCBValidityPeriod: validityDays, MinTCBEvaluationDataNumber: policy.MinTCBEvaluationDataNumber,
	}, now)
	return err
}

// ours asks tee/dcap.
func ours(quote []byte, c *dcap.Collateral, root dcap.Root, now time.Time) error {
	v, err := c.Verify(root)
	if err != nil {
		return err
	}
	q, err := dcap.ParseQuote(quote)
	if err != nil {
		return err
	}
	_, err = v.VerifyQuote(q, now, policy)
	return err
}

// oursButForLists is ours, except that revocation lists younger than the time asked for are no objection. The time is the
// last of all checks, so nothing else hides behind it.
func oursButForLists(quote []byte, c *dcap.Collateral, root dcap.Root, now time.Time) error {
	err := ours(quote, c, root, now)
	if errors.Is(err, dcap.ErrNotYetValid) && strings.Contains(err.Error(), "revocation list") {
		return nil
	}
	return err
}

// oasisFile reads a file of oasis-core's test data, from the module cache.
func oasisFile(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/oasisprotocol/oasis-core/go").Output()
	require.NoError(t, err)
	b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "common/sgx/pcs/testdata", name))
	require.NoError(t, err)
	return b
}

// sharedFile reads a file of the shared test data, or skips the test.
func sharedFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../shared/testdata/dcap", name))
	if os.IsNotExist(err) {
		t.Skipf("no real evidence here: ../shared/testdata/dcap/%s is absent", name)
	}
	require.NoError(t, err)
	return b
}
