package dcapdiff

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oasisprotocol/oasis-core/go/common/sgx/pcs"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

// authority is a root that both verifiers trust in these tests.
var authority = dcaptest.NewAuthority("dcapdiff")

func TestMain(m *testing.M) {
	root, err := x509.ParseCertificate(authority.Root().DER())
	if err != nil {
		panic(err)
	}
	pcs.IntelTrustRoots.AddCert(root)
	os.Exit(m.Run())
}

var (
	issued = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now    = issued.AddDate(0, 0, 1)
)

// scene is a synthetic platform with its quote and collateral.
type scene struct {
	platform   dcaptest.PlatformSpec
	quote      dcaptest.QuoteSpec
	collateral dcaptest.CollateralSpec
	now        time.Time
}

func (s *scene) make() ([]byte, *dcap.Collateral) {
	p := authority.NewPlatform(s.platform)
	if s.collateral.Platform == nil {
		s.collateral.Platform = p
	}
	return p.Quote(s.quote), authority.Collateral(s.collateral)
}

func newScene() *scene {
	return &scene{
		platform:   dcaptest.PlatformSpec{Name: "one"},
		quote:      dcaptest.QuoteSpec{Report: dcap.Report{MRENCLAVE: [32]byte{1}, MRSIGNER: [32]byte{2}}},
		collateral: dcaptest.CollateralSpec{IssuedAt: issued},
		now:        now,
	}
}

// The differences: in each of these the two disagree. All but one are that tee/dcap is the stricter.
func TestDifferences(t *testing.T) {
	for _, d := range []struct {
		name string
		why  string
		bend func(*scene)
		want error // ours; nil where oasis-core alone refuses
	}{
		{
			"PCK on the revocation list", "oasis-core reads no revocation lists",
			func(s *scene) {
				s.collateral.RevokedPCKs = []*big.Int{authority.NewPlatform(dcaptest.PlatformSpec{Name: "one"}).Serial()}
			},
			dcap.ErrRevoked,
		},
		{
			"PCK CA on the revocation list", "oasis-core reads no revocation lists",
			func(s *scene) {
				ca, _, _ := authority.Serials()
				s.collateral.RevokedByRoot = []*big.Int{ca}
			},
			dcap.ErrRevoked,
		},
		{
			"TCB signing certificate on the revocation list", "oasis-core reads no revocation lists",
			func(s *scene) {
				_, _, signing := authority.Serials()
				s.collateral.RevokedByRoot = []*big.Int{signing}
			},
			dcap.ErrRevoked,
		},
		{
			"TCB info of another PCEID", "Intel asks for FMSPC and PCEID (QVL 4.1.2.4.10); oasis-core compares the FMSPC",
			func(s *scene) {
				s.collateral.Platform = authority.NewPlatform(dcaptest.PlatformSpec{PCEID: [2]byte{1}})
			},
			dcap.ErrPlatformMismatch,
		},
		{
			"TCB type that nobody defined", "only type 0 says how to compare SVNs (QVL 4.1.2.7.4); oasis-core does not ask",
			func(s *scene) { s.collateral.TCBInfo = func(o dcaptest.JSON) { o["tcbType"] = 1 } },
			dcap.ErrTCBInfoFormat,
		},
		{
			"next update passed", "oasis-core counts days from the issue date by policy, and does not look at nextUpdate",
			func(s *scene) { s.collateral.NextUpdate = now.Add(-time.Hour) },
			dcap.ErrExpired,
		},
		{
			"levels out of order", "Intel's library sorts levels before it matches, so the platform has the higher, worse one; oasis-core takes the JSON's order",
			func(s *scene) {
				s.collateral.Levels = []dcaptest.Level{
					{PCESVN: 0, Status: dcap.UpToDate},
					{Components: dcaptest.DefaultComponents, PCESVN: 13, Status: dcap.Revoked},
				}
			},
			dcap.ErrTCBStatus,
		},
		{
			"one level twice", "Intel's library refuses such TCB info as ambiguous",
			func(s *scene) {
				s.collateral.Levels = []dcaptest.Level{{PCESVN: 1, Status: dcap.UpToDate}, {PCESVN: 1, Status: dcap.Revoked}}
			},
			dcap.ErrTCBInfoFormat,
		},
		{
			"fifteen components", "Intel's library asks for sixteen; oasis-core reads the missing one as 0",
			func(s *scene) {
				s.collateral.TCBInfo = func(o dcaptest.JSON) {
					tcb := o["tcbLevels"].([]any)[0].(dcaptest.JSON)["tcb"].(dcaptest.JSON)
					tcb["sgxtcbcomponents"] = tcb["sgxtcbcomponents"].([]any)[:15]
				}
			},
			dcap.ErrTCBInfoFormat,
		},
		{
			"PCK certificate of another name", "Intel's library looks for the role in the common name; oasis-core takes any certificate of the chain",
			func(s *scene) {
				s.platform.Template = func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "something else"} }
			},
			dcap.ErrChain,
		},
		{
			"text around the certificates", "what is ignored can be changed; here every byte counts",
			func(s *scene) {
				s.quote.Tamper = func(p *dcaptest.Parts) { p.CertificationData = append([]byte("text\n"), p.CertificationData...) }
			},
			dcap.ErrCertificateFormat,
		},
		{
			"text after the certificates", "what is ignored can be changed; here every byte counts",
			func(s *scene) {
				s.quote.Tamper = func(p *dcaptest.Parts) { p.CertificationData = append(p.CertificationData, "text"...) }
			},
			dcap.ErrCertificateFormat,
		},
		{
			"header of Open Enclave", "EGo and Open Enclave put it before their quotes; oasis-core's enclaves do not",
			func(*scene) {}, nil,
		},
	} {
		t.Run(d.name, func(t *testing.T) {
			s := newScene()
			d.bend(s)
			quote, c := s.make()
			if d.want == nil {
				quote = dcaptest.WithOpenEnclaveHeader(quote)
				require.NoError(t, ours(quote, c, authority.Root(), s.now), d.why)
				require.Error(t, oasis(quote, c, s.now), d.why)
				return
			}
			require.ErrorIs(t, ours(quote, c, authority.Root(), s.now), d.want, d.why)
			require.NoError(t, oasis(quote, c, s.now), d.why)
		})
	}
}

// Statuses are policy here, and fixed in oasis-core: it refuses the real sample, and ours accepts it if told to.
func TestRealSampleIsRefusedByOasisForItsStatus(t *testing.T) {
	quote := sharedFile(t, "sgx_quote")
	c, err := dcap.ParseCollateral(sharedFile(t, "sgx_quote_collateral.json"))
	require.NoError(t, err)
	at := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	err = oasis(quote, c, at)
	var outOfDate *pcs.TCBOutOfDateError
	require.ErrorAs(t, err, &outOfDate)
	require.Equal(t, pcs.StatusConfigurationAndSWHardeningNeeded, outOfDate.Status)
	require.ErrorIs(t, ours(quote, c, dcap.IntelRoot(), at), dcap.ErrTCBStatus, "under the same policy the same")

	v, err := c.Verify(dcap.IntelRoot())
	require.NoError(t, err)
	q, err := dcap.ParseQuote(quote)
	require.NoError(t, err)
	_, err = v.VerifyQuote(q, at, dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.ConfigurationAndSWHardeningNeeded}})
	require.NoError(t, err)
}

// TDX quotes are oasis-core's business as well, and not ours.
func TestTDXQuotesAreRefusedHere(t *testing.T) {
	for _, name := range []string{"quote_v4_tdx_ecdsa_p256.bin", "quote_v4_tdx_ecdsa_p256_out_of_date.bin", "quote_v4_tdx_ecdsa_p256_trailing.bin"} {
		b := oasisFile(t, name)
		_, err := dcap.ParseQuote(b)
		require.ErrorIs(t, err, dcap.ErrTDX, name)
		var q pcs.Quote
		if err := q.UnmarshalBinary(b); err != nil {
			require.True(t, strings.Contains(name, "trailing"), err)
		}
	}
}

// A quote with an encrypted PPID in place of a chain: oasis-core parses it and then fails for want of a chain.
func TestPPIDQuote(t *testing.T) {
	b := oasisFile(t, "quote_v3_ecdsa_p256_eppid.bin")
	_, err := dcap.ParseQuote(b)
	require.ErrorIs(t, err, dcap.ErrCertificationData)
	var q pcs.Quote
	require.NoError(t, q.UnmarshalBinary(b))
	_, c := newScene().make()
	require.Error(t, oasis(b, c, now))
}

// sameChain reports whether a quote differs from another only in how the certificate chain is written in PEM: white space,
// and the unused bits of the last character of base64. oasis-core reads PEM leniently and may not mind; ours does.
func sameChain(a, b []byte) bool {
	start := bytes.Index(a, []byte("-----BEGIN"))
	if !bytes.Equal(a[:start], b[:start]) {
		return false
	}
	return slices.EqualFunc(certificates(a[start:]), certificates(b[start:]), bytes.Equal)
}

func certificates(text []byte) (ders [][]byte) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return ders
		}
		ders, text = append(ders, block.Bytes), rest
	}
}
