package node

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// pccs serves recorded collateral of Intel's as a PCCS does.
func pccs(t *testing.T, bend func(path string, w http.ResponseWriter) bool) (PCCS, *dcap.Collateral, oracletypes.Platform) {
	t.Helper()
	raw, err := os.ReadFile("../../../shared/testdata/dcap/sgx_quote_collateral.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no real collateral here: ../shared/testdata/dcap is absent")
	}
	require.NoError(t, err)
	var c map[string]string
	require.NoError(t, json.Unmarshal(raw, &c))
	want, err := dcap.ParseCollateral(raw)
	require.NoError(t, err)
	quoteBytes, err := os.ReadFile("../../../shared/testdata/dcap/sgx_quote")
	require.NoError(t, err)
	quote, err := dcap.ParseQuote(quoteBytes)
	require.NoError(t, err)
	platform := platformOf(quote)

	crl, err := hex.DecodeString(c["pck_crl"])
	require.NoError(t, err)
	answers := map[string]struct{ body, header, chain string }{
		"/v4/pckcrl?ca=" + platform.Ca + "&encoding=der": {string(crl), "SGX-PCK-CRL-Issuer-Chain", c["pck_crl_issuer_chain"]},
		"/v4/tcb?fmspc=" + platform.TcbInfo[:12]:         {fmt.Sprintf(`{"tcbInfo":%s,"signature":%q}`, c["tcb_info"], c["tcb_info_signature"]), "TCB-Info-Issuer-Chain", c["tcb_info_issuer_chain"]},
		"/v4/qe/identity":                                {fmt.Sprintf(`{"enclaveIdentity":%s,"signature":%q}`, c["qe_identity"], c["qe_identity_signature"]), "SGX-Enclave-Identity-Issuer-Chain", c["qe_identity_issuer_chain"]},
		"/v4/rootcacrl":                                  {c["root_ca_crl"], "", ""},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bend != nil && bend(r.URL.Path, w) {
			return
		}
		answer, ok := answers[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if answer.header != "" {
			w.Header().Set(answer.header, url.QueryEscape(answer.chain))
		}
		_, _ = w.Write([]byte(answer.body))
	}))
	t.Cleanup(server.Close)
	return PCCS{Base: server.URL + "/v4/", HTTP: server.Client()}, want, platform
}

func TestCollateralIsFetchedFromAPCCSExactly(t *testing.T) {
	p, want, platform := pccs(t, nil)
	got, err := p.Fetch(t.Context(), platform)
	require.NoError(t, err)
	require.Equal(t, want.Marshal(), got.Marshal())
	_, err = got.Verify(dcap.IntelRoot())
	require.NoError(t, err)
}

func TestAPCCSThatFailsIsNamed(t *testing.T) {
	for name, bend := range map[string]func(path string, w http.ResponseWriter) bool{
		"answers 503": func(_ string, w http.ResponseWriter) bool { w.WriteHeader(http.StatusServiceUnavailable); return true },
		"answers 404": func(path string, w http.ResponseWriter) bool {
			if strings.HasSuffix(path, "/tcb") {
				w.WriteHeader(http.StatusNotFound)
			}
			return strings.HasSuffix(path, "/tcb")
		},
		"no usable header": func(path string, w http.ResponseWriter) bool { return strings.HasSuffix(path, "/qe/identity") },
		"larger than": func(path string, w http.ResponseWriter) bool {
			_, _ = w.Write(make([]byte, maxPCCSAnswer+1))
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, platform := pccs(t, bend)
			_, err := p.Fetch(t.Context(), platform)
			require.ErrorContains(t, err, "pccs")
			require.ErrorContains(t, err, name)
		})
	}
}

func TestAPCCSThatIsDownIsNamed(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := PCCS{Base: server.URL, HTTP: server.Client()}.Fetch(t.Context(), oracletypes.Platform{TcbInfo: "00606a000000", Ca: "platform"})
	require.ErrorContains(t, err, "pccs")
	require.ErrorContains(t, err, server.URL)
}

func TestAnAttestationIsRenewedInItsLastThirdOrWhenItFailed(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := oracletypes.Attestation{AttestedAt: now, ExpiresAt: now.Add(30 * time.Hour)}
	require.False(t, renewalDue(a, now.Add(20*time.Hour), 0))
	require.True(t, renewalDue(a, now.Add(20*time.Hour+1), 0))
	require.True(t, renewalDue(a, now.Add(40*time.Hour), 0))
	require.False(t, renewalDue(a, now.Add(29*time.Hour), time.Hour))
	require.True(t, renewalDue(a, now.Add(29*time.Hour+1), time.Hour))
	a.Failure = &oracletypes.Failure{Reason: "TCB status OutOfDate"}
	require.True(t, renewalDue(a, now, 0))
}
