package tee_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

var (
	measurement = [32]byte{1, 2, 3}
	signer      = [32]byte{4, 5, 6}
	reportData  = [64]byte{7, 8, 9}
	now         = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
)

// hardware returns genuine SGX evidence under a test root, and its verified collateral.
func hardware(t testing.TB, report dcap.Report) (tee.SGX, *dcap.VerifiedCollateral) {
	t.Helper()
	a := dcaptest.NewAuthority("tee tests")
	p := a.NewPlatform(dcaptest.PlatformSpec{})
	c, err := a.Collateral(dcaptest.CollateralSpec{Platform: p, IssuedAt: now.Add(-time.Hour)}).Verify(a.Root())
	require.NoError(t, err)
	return tee.SGX{Quote: p.Quote(dcaptest.QuoteSpec{Report: report})}, c
}

func goodReport() dcap.Report {
	return dcap.Report{MRENCLAVE: measurement, MRSIGNER: signer, ISVProdID: 1, ISVSVN: 3, ReportData: reportData}
}

func hardwarePolicy() tee.Policy {
	return tee.Policy{
		Enclaves: []tee.AllowedEnclave{{Kind: tee.KindSGX, Measurement: measurement, Signer: signer, MinSVN: 3}},
		TCB:      dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.UpToDate}},
	}
}

func TestHardwareEvidence(t *testing.T) {
	e, c := hardware(t, goodReport())
	r, err := tee.Verify(e, c, now, hardwarePolicy())
	require.NoError(t, err)
	require.Equal(t, tee.KindSGX, r.Kind)
	require.Equal(t, measurement, r.Measurement)
	require.Equal(t, signer, r.Signer)
	require.EqualValues(t, 1, r.ProductID)
	require.EqualValues(t, 3, r.SVN)
	require.Equal(t, reportData, r.ReportData)
	require.Equal(t, dcap.UpToDate, r.TCBStatus)
	require.Equal(t, dcaptest.DefaultFMSPC, r.Platform.FMSPC)
	require.Equal(t, c.Expiry(), r.Expiry)
}

func TestPolicyRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		report func(*dcap.Report)
		policy func(*tee.Policy)
		want   error
	}{
		{"another measurement", func(r *dcap.Report) { r.MRENCLAVE[31] = 1 }, nil, tee.ErrMeasurement},
		{"another signer", func(r *dcap.Report) { r.MRSIGNER[31] = 1 }, nil, tee.ErrMeasurement},
		{"lower security version", func(r *dcap.Report) { r.ISVSVN = 2 }, nil, tee.ErrSVN},
		{"debug", func(r *dcap.Report) { r.Attributes = [16]byte{0: 0x07, 8: 0xe7} }, nil, dcap.ErrDebug},
		{"no enclave allowed", nil, func(p *tee.Policy) { p.Enclaves = nil }, tee.ErrMeasurement},
		{"allowed only as a simulation", nil, func(p *tee.Policy) {
			p.AllowSimulated, p.Enclaves[0].Kind = true, tee.KindSimulated
		}, tee.ErrMeasurement},
		{"TCB status not accepted", nil, func(p *tee.Policy) { p.TCB.AcceptedStatuses = []dcap.TCBStatus{dcap.OutOfDate} }, dcap.ErrTCBStatus},
		{"earlier TCB evaluation", nil, func(p *tee.Policy) { p.TCB.MinTCBEvaluationDataNumber = 99 }, dcap.ErrTCBEvaluation},
		{"zero policy", nil, func(p *tee.Policy) { *p = tee.Policy{} }, tee.ErrMeasurement},
	} {
		t.Run(test.name, func(t *testing.T) {
			report, policy := goodReport(), hardwarePolicy()
			if test.report != nil {
				test.report(&report)
			}
			if test.policy != nil {
				test.policy(&policy)
			}
			e, c := hardware(t, report)
			r, err := tee.Verify(e, c, now, policy)
			require.ErrorIs(t, err, test.want)
			require.Zero(t, r)
		})
	}
	e, c := hardware(t, goodReport())
	_, err := tee.Verify(e, nil, now, hardwarePolicy())
	require.ErrorIs(t, err, tee.ErrCollateral)
	_, err = tee.Verify(e, c, now.AddDate(1, 0, 0), hardwarePolicy())
	require.ErrorIs(t, err, dcap.ErrExpired)
	_, err = tee.Verify(nil, c, now, hardwarePolicy())
	require.ErrorIs(t, err, tee.ErrKind)
}

func TestAnySignerWhereNoneIsNamed(t *testing.T) {
	p := hardwarePolicy()
	p.Enclaves[0].Signer = [32]byte{}
	e, c := hardware(t, goodReport())
	_, err := tee.Verify(e, c, now, p)
	require.NoError(t, err)
}

func TestInvalidPolicies(t *testing.T) {
	for name, bend := range map[string]func(*tee.Policy){
		"unknown kind":                 func(p *tee.Policy) { p.Enclaves[0].Kind = 3 },
		"no kind":                      func(p *tee.Policy) { p.Enclaves[0].Kind = 0 },
		"no measurement":               func(p *tee.Policy) { p.Enclaves[0].Measurement = [32]byte{} },
		"twice":                        func(p *tee.Policy) { p.Enclaves = append(p.Enclaves, p.Enclaves[0]) },
		"simulated where not allowed":  func(p *tee.Policy) { p.Enclaves[0].Kind = tee.KindSimulated },
		"no TCB status":                func(p *tee.Policy) { p.TCB.AcceptedStatuses = nil },
		"revoked platforms":            func(p *tee.Policy) { p.TCB.AcceptedStatuses = []dcap.TCBStatus{dcap.Revoked} },
		"too many":                     func(p *tee.Policy) { p.Enclaves = make([]tee.AllowedEnclave, tee.MaxEnclaves+1) },
		"revoked, no hardware entries": func(p *tee.Policy) { p.Enclaves = nil; p.TCB.AcceptedStatuses = []dcap.TCBStatus{dcap.Revoked} },
	} {
		p := hardwarePolicy()
		bend(&p)
		require.ErrorIs(t, p.Validate(), tee.ErrPolicy, name)
		e, c := hardware(t, goodReport())
		_, err := tee.Verify(e, c, now, p)
		require.ErrorIs(t, err, tee.ErrPolicy, name)
		_, err = tee.Verify(tee.SignSimulated(measurement, signer, 0, 9, reportData), c, now, p)
		require.ErrorIs(t, err, tee.ErrPolicy, name)
	}
	require.NoError(t, tee.Policy{}.Validate())
	require.NoError(t, hardwarePolicy().Validate())
}

func TestSimulatedEvidence(t *testing.T) {
	e := tee.SignSimulated(measurement, signer, 1, 3, reportData)
	p := tee.Policy{
		Enclaves:       []tee.AllowedEnclave{{Kind: tee.KindSimulated, Measurement: measurement, MinSVN: 3}},
		AllowSimulated: true,
	}
	r, err := tee.Verify(e, nil, now, p)
	require.NoError(t, err)
	require.Equal(t, tee.Report{Kind: tee.KindSimulated, Measurement: measurement, Signer: signer, ProductID: 1, SVN: 3, ReportData: reportData}, r)

	p.Enclaves[0].MinSVN = 4
	_, err = tee.Verify(e, nil, now, p)
	require.ErrorIs(t, err, tee.ErrSVN)
	p.Enclaves[0].MinSVN = 3
	for _, change := range []func(*tee.Simulated){
		func(e *tee.Simulated) { e.ReportData[0]++ },
		func(e *tee.Simulated) { e.Signer[0]++ },
		func(e *tee.Simulated) { e.SVN++ },
		func(e *tee.Simulated) { e.ProductID++ },
	} {
		changed := e
		change(&changed)
		_, err = tee.Verify(changed, nil, now, p)
		require.ErrorIs(t, err, tee.ErrSimulatedSignature)
	}
}

// Whatever hardware a policy allows, and even where simulated enclaves are allowed beside it, a simulation is never taken
// for an enclave that must be of hardware.
func TestNoHardwarePolicyAcceptsASimulation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "measurement"))
		m[0] |= 1
		e := tee.SignSimulated(m, signer, uint16(rapid.Uint16().Draw(t, "product")), 0xffff, reportData)
		p := tee.Policy{
			Enclaves: []tee.AllowedEnclave{{Kind: tee.KindSGX, Measurement: m}},
			TCB:      dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{1, 2, 3, 4, 5, 6}},
		}
		_, err := tee.Verify(e, nil, now, p)
		require.ErrorIs(t, err, tee.ErrSimulated)
		p.AllowSimulated = true
		p.Enclaves = append(p.Enclaves, tee.AllowedEnclave{Kind: tee.KindSimulated, Measurement: tee.SimulatedMeasurement("other")})
		_, err = tee.Verify(e, nil, now, p)
		require.ErrorIs(t, err, tee.ErrMeasurement)

		// The same statement under the other kind's byte is not a quote, and the verifiers do not take each other's.
		b := tee.MarshalEvidence(e)
		b[1] = byte(tee.KindSGX)
		disguised, err := tee.ParseEvidence(b)
		require.NoError(t, err)
		_, c := hardwareOnce(t)
		_, err = tee.Verify(disguised, c, now, p)
		require.Error(t, err)
		_, err = tee.DCAPVerifier{}.Verify(e, c, now, p)
		require.ErrorIs(t, err, tee.ErrKind)
		_, err = tee.SimulatedVerifier{}.Verify(disguised, c, now, p)
		require.ErrorIs(t, err, tee.ErrKind)
	})
}

func hardwareOnce(t *rapid.T) (tee.SGX, *dcap.VerifiedCollateral) {
	a := dcaptest.NewAuthority("tee tests")
	p := a.NewPlatform(dcaptest.PlatformSpec{})
	c, err := a.Collateral(dcaptest.CollateralSpec{Platform: p, IssuedAt: now.Add(-time.Hour)}).Verify(a.Root())
	require.NoError(t, err)
	return tee.SGX{Quote: p.Quote(dcaptest.QuoteSpec{Report: goodReport()})}, c
}

func TestEvidenceEncoding(t *testing.T) {
	for _, e := range []tee.Evidence{tee.SGX{Quote: []byte("quote")}, tee.SignSimulated(measurement, signer, 1, 2, reportData)} {
		b := tee.MarshalEvidence(e)
		require.Equal(t, []byte{1, byte(e.Kind())}, b[:2])
		parsed, err := tee.ParseEvidence(b)
		require.NoError(t, err)
		require.Equal(t, e, parsed)
		b[0] = 2
		_, err = tee.ParseEvidence(b)
		require.ErrorIs(t, err, tee.ErrEvidenceFormat)
	}
	require.Contains(t, string(tee.MarshalEvidence(tee.SignSimulated(measurement, signer, 1, 2, reportData))), "SIMULATED")
	simulated := tee.MarshalEvidence(tee.SignSimulated(measurement, signer, 1, 2, reportData))
	for _, b := range [][]byte{nil, {1}, {1, 0}, {1, 1}, {1, 2}, {1, 3, 0}, simulated[:len(simulated)-1], append(simulated, 0)} {
		_, err := tee.ParseEvidence(b)
		require.ErrorIs(t, err, tee.ErrEvidenceFormat, "%x", b)
	}
	_, err := tee.ParseEvidence(make([]byte, tee.MaxEvidenceSize+1))
	require.ErrorIs(t, err, tee.ErrEvidenceSize)
}

func binding() tee.Binding {
	return tee.Binding{
		ChainID:       "panacea-3",
		OracleAddress: bytes.Repeat([]byte{0x11}, 20),
		SigningKey:    bytes.Repeat([]byte{0x22}, 32),
		ReceivingKey:  bytes.Repeat([]byte{0x33}, 32),
		TrustedHeight: 4242,
		TrustedHash:   bytes.Repeat([]byte{0x44}, 32),
	}
}

// The value stands in docs/protocol/attestation.md.
func TestBindingVector(t *testing.T) {
	data := binding().ReportData()
	require.Equal(t, bindingVector, hex.EncodeToString(data[:]))
	first := binding()
	first.OraclePublicKey = bytes.Repeat([]byte{0x55}, 32)
	data = first.ReportData()
	require.Equal(t, firstBindingVector, hex.EncodeToString(data[:]))
	for _, v := range []string{bindingVector, firstBindingVector} {
		doc, err := os.ReadFile("../docs/protocol/attestation.md")
		require.NoError(t, err)
		require.Contains(t, string(doc), v[:64])
	}
}

// Every field counts, and none can lend bytes to its neighbour.
func TestBindingIsOfEveryField(t *testing.T) {
	report := tee.Report{ReportData: binding().ReportData()}
	require.NoError(t, report.CheckBinding(binding()))
	for name, bend := range map[string]func(*tee.Binding){
		"chain":           func(b *tee.Binding) { b.ChainID = "panacea-4" },
		"address":         func(b *tee.Binding) { b.OracleAddress = bytes.Repeat([]byte{0x12}, 20) },
		"signing key":     func(b *tee.Binding) { b.SigningKey = bytes.Repeat([]byte{0x12}, 32) },
		"receiving key":   func(b *tee.Binding) { b.ReceivingKey = bytes.Repeat([]byte{0x12}, 32) },
		"oracle key":      func(b *tee.Binding) { b.OraclePublicKey = []byte{0} },
		"height":          func(b *tee.Binding) { b.TrustedHeight++ },
		"hash":            func(b *tee.Binding) { b.TrustedHash = nil },
		"keys exchanged":  func(b *tee.Binding) { b.SigningKey, b.ReceivingKey = b.ReceivingKey, b.SigningKey },
		"a byte moved on": func(b *tee.Binding) { b.ChainID += "\x11"; b.OracleAddress = b.OracleAddress[1:] },
	} {
		b := binding()
		bend(&b)
		require.ErrorIs(t, report.CheckBinding(b), tee.ErrReportData, name)
	}
}

func FuzzEvidence(f *testing.F) {
	f.Add(tee.MarshalEvidence(tee.SGX{Quote: []byte("quote")}))
	f.Add(tee.MarshalEvidence(tee.SignSimulated(measurement, signer, 1, 2, reportData)))
	e, c := hardware(f, goodReport())
	f.Add(tee.MarshalEvidence(e))
	p := hardwarePolicy()
	f.Fuzz(func(t *testing.T, b []byte) {
		parsed, err := tee.ParseEvidence(b)
		if err != nil {
			return
		}
		if !bytes.Equal(tee.MarshalEvidence(parsed), b) {
			t.Fatal("one evidence has two encodings")
		}
		if _, err := tee.Verify(parsed, c, now, p); err == nil && !bytes.HasSuffix(b, e.Quote) {
			t.Fatal("evidence that nobody made is accepted")
		}
	})
}

// The real quote passes under a policy for its enclave, and for no other measurement or report data.
func TestRealEvidence(t *testing.T) {
	quote, err := os.ReadFile("../../shared/testdata/dcap/sgx_quote")
	if os.IsNotExist(err) {
		t.Skip("no real evidence here: ../shared/testdata/dcap is absent")
	}
	require.NoError(t, err)
	body, err := os.ReadFile("../../shared/testdata/dcap/sgx_quote_collateral.json")
	require.NoError(t, err)
	parsed, err := dcap.ParseCollateral(body)
	require.NoError(t, err)
	c, err := parsed.Verify(dcap.IntelRoot())
	require.NoError(t, err)
	q, err := dcap.ParseQuote(quote)
	require.NoError(t, err)
	p := tee.Policy{
		Enclaves: []tee.AllowedEnclave{{Kind: tee.KindSGX, Measurement: q.Report.MRENCLAVE, Signer: q.Report.MRSIGNER}},
		TCB:      dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.UpToDate, dcap.SWHardeningNeeded, dcap.ConfigurationAndSWHardeningNeeded}},
	}
	at := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	r, err := tee.Verify(tee.SGX{Quote: quote}, c, at, p)
	require.NoError(t, err)
	require.ErrorIs(t, r.CheckBinding(binding()), tee.ErrReportData)
	var said [64]byte
	copy(said[:], "Hello, world!")
	require.NoError(t, r.CheckReportData(said))
	for i := range said {
		other := said
		other[i] ^= 1
		require.ErrorIs(t, r.CheckReportData(other), tee.ErrReportData)
	}
	for i := range 32 {
		bent := p
		bent.Enclaves = []tee.AllowedEnclave{p.Enclaves[0]}
		bent.Enclaves[0].Measurement[i] ^= 1
		_, err = tee.Verify(tee.SGX{Quote: quote}, c, at, bent)
		require.ErrorIs(t, err, tee.ErrMeasurement)
	}
	p.TCB.AcceptedStatuses = p.TCB.AcceptedStatuses[:2]
	_, err = tee.Verify(tee.SGX{Quote: quote}, c, at, p)
	require.ErrorIs(t, err, dcap.ErrTCBStatus)
	tdx, err := os.ReadFile("../../shared/testdata/dcap/tdx_quote")
	require.NoError(t, err)
	_, err = tee.Verify(tee.SGX{Quote: tdx}, c, at, p)
	require.ErrorIs(t, err, dcap.ErrTDX)
}
