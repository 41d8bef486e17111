package dcap_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

// realTime is inside the validity of everything in the real SGX collateral (19 June to 19 July 2025).
var realTime = time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC)

// realPolicy accepts the status of the real platform.
var realPolicy = dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.ConfigurationAndSWHardeningNeeded}}

// realFile reads a file of the shared test data, or skips the test.
func realFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../shared/testdata/dcap", name))
	if os.IsNotExist(err) {
		t.Skipf("no real evidence here: ../shared/testdata/dcap/%s is absent", name)
	}
	require.NoError(t, err)
	return b
}

// verify does the whole of it on bytes.
func verify(quote []byte, c *dcap.Collateral, root dcap.Root, now time.Time, policy dcap.Policy) (dcap.Result, error) {
	v, err := c.Verify(root)
	if err != nil {
		return dcap.Result{}, err
	}
	q, err := dcap.ParseQuote(quote)
	if err != nil {
		return dcap.Result{}, err
	}
	return v.VerifyQuote(q, now, policy)
}

// testTime is when synthetic collateral is issued; tests verify a day later.
var testTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// testNow is a time inside the validity of synthetic collateral.
var testNow = testTime.Add(24 * time.Hour)

var testPolicy = dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.UpToDate}, MinTCBEvaluationDataNumber: 17}

// scene is a synthetic platform with its quote and collateral, each of which a test may bend.
type scene struct {
	authority  *dcaptest.Authority
	platform   dcaptest.PlatformSpec
	quote      dcaptest.QuoteSpec
	collateral dcaptest.CollateralSpec
	root       dcap.Root
	now        time.Time
	policy     dcap.Policy
}

func newScene() *scene {
	a := dcaptest.NewAuthority("dcap tests")
	return &scene{
		authority:  a,
		quote:      dcaptest.QuoteSpec{Report: dcap.Report{MRENCLAVE: [32]byte{1}, MRSIGNER: [32]byte{2}, ISVProdID: 3, ISVSVN: 4, ReportData: [64]byte{5}}},
		collateral: dcaptest.CollateralSpec{IssuedAt: testTime},
		root:       a.Root(),
		now:        testNow,
		policy:     testPolicy,
	}
}

func (s *scene) make() ([]byte, *dcap.Collateral) {
	platform := s.authority.NewPlatform(s.platform)
	if s.collateral.Platform == nil {
		s.collateral.Platform = platform
	}
	return platform.Quote(s.quote), s.authority.Collateral(s.collateral)
}

func (s *scene) verify() (dcap.Result, error) {
	quote, collateral := s.make()
	return verify(quote, collateral, s.root, s.now, s.policy)
}
