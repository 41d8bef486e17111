package dcap_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

func TestSyntheticQuoteVerifies(t *testing.T) {
	for _, ca := range []dcap.PCKCA{dcap.ProcessorCA, dcap.PlatformCA} {
		t.Run(ca.String(), func(t *testing.T) {
			s := newScene()
			s.platform.CA = ca
			s.collateral.RevokedPCKs = []*big.Int{big.NewInt(7), big.NewInt(5)}
			result, err := s.verify()
			require.NoError(t, err)
			require.Equal(t, [32]byte{1}, result.Report.MRENCLAVE)
			require.Equal(t, [32]byte{2}, result.Report.MRSIGNER)
			require.EqualValues(t, 3, result.Report.ISVProdID)
			require.EqualValues(t, 4, result.Report.ISVSVN)
			require.Equal(t, [64]byte{5}, result.Report.ReportData)
			require.Equal(t, ca, result.PCK.CA)
			require.Equal(t, dcaptest.DefaultFMSPC, result.PCK.FMSPC)
			require.Equal(t, dcap.UpToDate, result.Status)
			require.EqualValues(t, 17, result.TCBEvaluationDataNumber)
			require.Equal(t, testTime.Add(30*24*time.Hour), result.Expiry)
		})
	}
}

// Each check has one way to fail, from which its error follows.
func TestChecksRefuse(t *testing.T) {
	other := dcaptest.NewAuthority("another authority")
	flip := func(b []byte) { b[len(b)/2] ^= 1 }
	set := func(name string, value any) func(dcaptest.JSON) {
		return func(o dcaptest.JSON) { o[name] = value }
	}
	remove := func(name string) func(dcaptest.JSON) {
		return func(o dcaptest.JSON) { delete(o, name) }
	}
	extension := func(change func(*dcaptest.PlatformSpec)) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			spec := dcaptest.PlatformSpec{FMSPC: dcaptest.DefaultFMSPC, Components: dcaptest.DefaultComponents, PCESVN: 13}
			change(&spec)
			c.ExtraExtensions[0].Value = dcaptest.SGXExtension(spec)
		}
	}
	for _, test := range []struct {
		name string
		bend func(*scene)
		want error
	}{
		// Root and chains.
		{"no root", func(s *scene) { s.root = dcap.Root{} }, dcap.ErrUntrustedRoot},
		{"another root", func(s *scene) { s.root = other.Root() }, dcap.ErrUntrustedRoot},
		{"Intel's root", func(s *scene) { s.root = dcap.IntelRoot() }, dcap.ErrUntrustedRoot},
		{"collateral of another authority that names the trusted root", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) {
				root := c.Root
				*c = *other.Collateral(dcaptest.CollateralSpec{Platform: other.NewPlatform(dcaptest.PlatformSpec{}), IssuedAt: testTime})
				c.Root = root
			}
		}, dcap.ErrCRLSignature},
		{"PCK CA of another authority", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) {
				c.PCKCA = other.Collateral(dcaptest.CollateralSpec{Platform: other.NewPlatform(dcaptest.PlatformSpec{}), IssuedAt: testTime}).PCKCA
			}
		}, dcap.ErrChain},
		{"TCB signing certificate in place of the PCK CA", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) { c.PCKCA = c.TCBInfo.SigningCertificate }
		}, dcap.ErrChain},
		{"PCK CA in place of the TCB signing certificate", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) { c.TCBInfo.SigningCertificate = c.PCKCA }
		}, dcap.ErrChain},
		{"quote with the chain of another authority", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) {
				q := other.NewPlatform(dcaptest.PlatformSpec{}).Quote(dcaptest.QuoteSpec{})
				p.CertificationData = q[bytes.Index(q, []byte("-----BEGIN")):]
			}
		}, dcap.ErrUntrustedRoot},
		{"PCK certificate of another name", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "Intel SGX TCB Signing"} }
		}, dcap.ErrChain},
		{"PCK certificate that is a CA", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) { c.IsCA = true; c.KeyUsage |= x509.KeyUsageCertSign }
		}, dcap.ErrChain},
		{"PCK certificate that may not sign", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }
		}, dcap.ErrChain},
		{"PCK certificate with a critical extension", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) {
				c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: []int{1, 2, 3}, Critical: true, Value: []byte{5, 0}})
			}
		}, dcap.ErrCertificateFormat},

		// Revocation.
		{"PCK revoked", func(s *scene) {
			p := s.authority.NewPlatform(dcaptest.PlatformSpec{Name: "revoked"})
			s.platform.Name = "revoked"
			s.collateral.RevokedPCKs = []*big.Int{big.NewInt(1), p.Serial(), new(big.Int).Lsh(big.NewInt(1), 150)}
		}, dcap.ErrRevoked},
		{"PCK CA revoked", func(s *scene) {
			ca, _, _ := s.authority.Serials()
			s.collateral.RevokedByRoot = []*big.Int{ca}
		}, dcap.ErrRevoked},
		{"TCB signing certificate revoked", func(s *scene) {
			_, _, signing := s.authority.Serials()
			s.collateral.RevokedByRoot = []*big.Int{signing}
		}, dcap.ErrRevoked},
		{"revocation list of the other CA", func(s *scene) {
			s.collateral.Platform = s.authority.NewPlatform(dcaptest.PlatformSpec{CA: dcap.PlatformCA})
		}, dcap.ErrCRLIssuer},
		{"root's list in place of the PCK CA's", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) { c.PCKCRL = c.RootCRL }
		}, dcap.ErrCRLSignature},
		{"forged revocation list", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) {
				c.PCKCRL = other.CRL("Intel SGX PCK Processor CA", 1, testTime, testNow, nil)
			}
		}, dcap.ErrCRLSignature},
		{"revocation list cut short", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) { c.RootCRL = c.RootCRL[:40] }
		}, dcap.ErrCRLFormat},

		// Time.
		{"before everything was issued", func(s *scene) { s.now = testTime.Add(-time.Second) }, dcap.ErrNotYetValid},
		{"after the next update", func(s *scene) { s.now = testTime.Add(30*24*time.Hour + time.Second) }, dcap.ErrExpired},
		{"PCK certificate not yet valid", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) { c.NotBefore = testNow.Add(time.Hour) }
		}, dcap.ErrNotYetValid},
		{"PCK certificate expired", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) { c.NotAfter = testNow.Add(-time.Hour) }
		}, dcap.ErrExpired},
		{"TCB info expired alone", func(s *scene) {
			s.collateral.TCBInfo = set("nextUpdate", testNow.Add(-time.Hour).Format("2006-01-02T15:04:05Z"))
		}, dcap.ErrExpired},
		{"QE identity from the future", func(s *scene) {
			s.collateral.QEIdentity = set("issueDate", testNow.Add(time.Hour).Format("2006-01-02T15:04:05Z"))
		}, dcap.ErrNotYetValid},
		{"PCK revocation list expired alone", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) {
				c.PCKCRL = s.authority.CRL("Intel SGX PCK Processor CA", 1, testTime.Add(-time.Hour), testTime, nil)
			}
		}, dcap.ErrExpired},

		// TCB info and QE identity as documents.
		{"TCB info forged", func(s *scene) { s.collateral.Tamper = func(c *dcap.Collateral) { flip(c.TCBInfo.Body) } }, dcap.ErrTCBInfoSignature},
		{"TCB info signature forged", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) { flip(c.TCBInfo.Signature[:]) }
		}, dcap.ErrTCBInfoSignature},
		{"QE identity forged", func(s *scene) { s.collateral.Tamper = func(c *dcap.Collateral) { flip(c.QEIdentity.Body) } }, dcap.ErrQEIdentitySignature},
		{"QE identity in place of TCB info", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) { c.TCBInfo = c.QEIdentity }
		}, dcap.ErrTCBInfoFormat},
		{"TCB info in place of QE identity", func(s *scene) {
			s.collateral.Tamper = func(c *dcap.Collateral) { c.QEIdentity = c.TCBInfo }
		}, dcap.ErrQEIdentityFormat},
		{"TCB info for TDX", func(s *scene) { s.collateral.TCBInfo = set("id", "TDX") }, dcap.ErrTCBInfoFormat},
		{"TCB info of version 2", func(s *scene) { s.collateral.TCBInfo = set("version", 2) }, dcap.ErrTCBInfoFormat},
		{"TCB info of another TCB type", func(s *scene) { s.collateral.TCBInfo = set("tcbType", 1) }, dcap.ErrTCBInfoFormat},
		{"TCB info without levels", func(s *scene) { s.collateral.TCBInfo = set("tcbLevels", []any{}) }, dcap.ErrTCBInfoFormat},
		{"TCB info without PCEID", func(s *scene) { s.collateral.TCBInfo = remove("pceId") }, dcap.ErrTCBInfoFormat},
		{"TCB info without evaluation number", func(s *scene) { s.collateral.TCBInfo = remove("tcbEvaluationDataNumber") }, dcap.ErrTCBInfoFormat},
		{"TCB info with a date of its own", func(s *scene) { s.collateral.TCBInfo = set("issueDate", "2026-01-01") }, dcap.ErrTCBInfoFormat},
		{"TCB info with a level twice", func(s *scene) {
			s.collateral.Levels = []dcaptest.Level{{PCESVN: 1, Status: dcap.UpToDate}, {PCESVN: 1, Status: dcap.OutOfDate}}
		}, dcap.ErrTCBInfoFormat},
		{"TCB info with an unknown status", func(s *scene) {
			s.collateral.Levels = []dcaptest.Level{{PCESVN: 1, Status: 99}}
		}, dcap.ErrTCBInfoFormat},
		{"TCB info with fifteen components", func(s *scene) {
			s.collateral.TCBInfo = func(o dcaptest.JSON) {
				tcb := o["tcbLevels"].([]any)[0].(dcaptest.JSON)["tcb"].(dcaptest.JSON)
				tcb["sgxtcbcomponents"] = tcb["sgxtcbcomponents"].([]any)[:15]
			}
		}, dcap.ErrTCBInfoFormat},
		{"QE identity for TDX", func(s *scene) { s.collateral.QEIdentity = set("id", "TD_QE") }, dcap.ErrQEIdentityFormat},
		{"QE identity of version 1", func(s *scene) { s.collateral.QEIdentity = set("version", 1) }, dcap.ErrQEIdentityFormat},
		{"QE identity without MRSIGNER", func(s *scene) { s.collateral.QEIdentity = remove("mrsigner") }, dcap.ErrQEIdentityFormat},
		{"QE identity with a short mask", func(s *scene) { s.collateral.QEIdentity = set("attributesMask", "FB") }, dcap.ErrQEIdentityFormat},
		{"QE identity with a level twice", func(s *scene) {
			s.collateral.QELevels = []dcaptest.QELevel{{ISVSVN: 1, Status: dcap.UpToDate}, {ISVSVN: 1, Status: dcap.OutOfDate}}
		}, dcap.ErrQEIdentityFormat},

		// Platform.
		{"TCB info of another FMSPC", func(s *scene) {
			s.collateral.Platform = s.authority.NewPlatform(dcaptest.PlatformSpec{FMSPC: dcap.FMSPC{9}})
		}, dcap.ErrPlatformMismatch},
		{"TCB info of another PCEID", func(s *scene) {
			s.collateral.Platform = s.authority.NewPlatform(dcaptest.PlatformSpec{PCEID: [2]byte{9}})
		}, dcap.ErrPlatformMismatch},

		// Quoting enclave.
		{"QE report signature forged", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) { flip(p.QEReportSignature) }
		}, dcap.ErrQEReportSignature},
		{"QE report changed", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { flip(p.QEReport) } }, dcap.ErrQEReportSignature},
		{"QE report of another attestation key", func(s *scene) { s.quote.QEReport.ReportData[0] = 1 }, dcap.ErrQEReportData},
		{"QE authentication data changed", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) { p.AuthData = append(p.AuthData, 1) }
		}, dcap.ErrQEReportData},
		{"attestation key exchanged", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) {
				key, _ := dcaptest.Key("mine").PublicKey.Bytes()
				p.AttestationKey = key[1:]
				p.Signature = dcaptest.Sign(dcaptest.Key("mine"), append(append([]byte{}, p.Header...), p.Report...))
			}
		}, dcap.ErrQEReportData},
		{"another QE signer", func(s *scene) { s.quote.QEReport.MRSIGNER[0] = 1 }, dcap.ErrQEIdentity},
		{"another QE product", func(s *scene) { s.quote.QEReport.ISVProdID = 2 }, dcap.ErrQEIdentity},
		{"another QE MISCSELECT", func(s *scene) { s.quote.QEReport.MiscSelect = 1 }, dcap.ErrQEIdentity},
		{"QE MISCSELECT's highest byte under a mask of it alone", func(s *scene) {
			s.quote.QEReport.MiscSelect = 1 << 24
			s.collateral.QEIdentity = set("miscselectMask", "000000FF")
		}, dcap.ErrQEIdentity},
		{"QE in debug mode", func(s *scene) { s.quote.QEReport.Attributes = [16]byte{0: 0x17, 8: 0xe7} }, dcap.ErrQEIdentity},

		// The quote itself.
		{"quote signature forged", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { flip(p.Signature) } }, dcap.ErrQuoteSignature},
		{"measurement changed", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Report[64] ^= 1 } }, dcap.ErrQuoteSignature},
		{"report data changed", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Report[320] ^= 1 } }, dcap.ErrQuoteSignature},
		{"header changed", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Header[8] ^= 1 } }, dcap.ErrQuoteSignature},
		{"signature all zero", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) { p.Signature = make([]byte, 64) }
		}, dcap.ErrQuoteSignature},
		{"attestation key not a point, vouched for", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) { p.AttestationKey = make([]byte, 64) }
			// SHA-256 of 64 zero bytes and the default authentication data, so that the key's own check is reached
			s.quote.QEReport.ReportData = vouchFor(make([]byte, 64))
		}, dcap.ErrQuoteSignature},
		{"debug enclave", func(s *scene) { s.quote.Report.Attributes = [16]byte{0: 0x07, 8: 0xe7} }, dcap.ErrDebug},
		{"TDX", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Header[0], p.Header[4] = 4, 0x81 } }, dcap.ErrTDX},
		{"SGX quote of version 4", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Header[0] = 4 } }, dcap.ErrQuoteVersion},
		{"quote of version 2", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Header[0] = 2 } }, dcap.ErrQuoteVersion},
		{"reserved field of the header", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Header[4] = 1 } }, dcap.ErrQuoteFormat},
		{"attestation key of P-384", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Header[2] = 3 } }, dcap.ErrAttestationKeyType},
		{"another QE vendor", func(s *scene) { s.quote.Tamper = func(p *dcaptest.Parts) { p.Header[12] ^= 1 } }, dcap.ErrQEVendor},
		{"encrypted PPID in place of a chain", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) { p.CertificationType = 3 }
		}, dcap.ErrCertificationData},
		{"chain of two", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) { p.CertificationData = p.CertificationData[:len(p.CertificationData)-900] }
		}, dcap.ErrCertificateFormat},
		{"text after the chain", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) { p.CertificationData = append(p.CertificationData, "more"...) }
		}, dcap.ErrCertificateFormat},
		{"oversized chain", func(s *scene) {
			s.quote.Tamper = func(p *dcaptest.Parts) { p.CertificationData = make([]byte, 20<<10) }
		}, dcap.ErrSize},

		// SGX extension.
		{"no SGX extension", func(s *scene) { s.platform.Template = func(c *x509.Certificate) { c.ExtraExtensions = nil } }, dcap.ErrPCKExtension},
		{"SGX extension is not a sequence", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) { c.ExtraExtensions[0].Value = []byte{4, 1, 0} }
		}, dcap.ErrPCKExtension},
		{"SGX extension empty", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) { c.ExtraExtensions[0].Value = []byte{0x30, 0} }
		}, dcap.ErrPCKExtension},
		{"SGX extension oversized", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) { c.ExtraExtensions[0].Value = make([]byte, 2100) }
		}, dcap.ErrPCKExtension},
		{"SGX extension with FMSPC twice", func(s *scene) {
			s.platform.Template = func(c *x509.Certificate) {
				v := c.ExtraExtensions[0].Value
				item, _ := asn1.Marshal(struct {
					ID asn1.ObjectIdentifier
					V  []byte
				}{append(append(asn1.ObjectIdentifier{}, dcaptest.OIDSGX...), 4), make([]byte, 6)})
				var all asn1.RawValue
				_, err := asn1.Unmarshal(v, &all)
				require.NoError(t, err)
				all.FullBytes, all.Bytes = nil, append(all.Bytes, item...)
				c.ExtraExtensions[0].Value, err = asn1.Marshal(all)
				require.NoError(t, err)
			}
		}, dcap.ErrPCKExtension},

		// TCB.
		{"component below every level", func(s *scene) {
			s.platform.Template = extension(func(p *dcaptest.PlatformSpec) { p.Components[0] = 10 })
			s.collateral.Levels = []dcaptest.Level{{Components: dcaptest.DefaultComponents, PCESVN: 13, Status: dcap.UpToDate}}
		}, dcap.ErrTCBNotSupported},
		{"PCESVN below every level", func(s *scene) {
			s.platform.PCESVN = 12
			s.collateral.Levels = []dcaptest.Level{{Components: dcaptest.DefaultComponents, PCESVN: 13, Status: dcap.UpToDate}}
		}, dcap.ErrTCBNotSupported},
		{"QE below every level", func(s *scene) {
			s.quote.QEReport.ISVSVN = 7
			s.collateral.QELevels = []dcaptest.QELevel{{ISVSVN: 8, Status: dcap.UpToDate}}
		}, dcap.ErrTCBNotSupported},
		{"platform out of date", func(s *scene) { s.platform.PCESVN = 12 }, dcap.ErrTCBStatus},
		{"QE out of date", func(s *scene) { s.quote.QEReport.ISVSVN = 7 }, dcap.ErrTCBStatus},
		{"revoked TCB level, every other status accepted", func(s *scene) {
			s.collateral.Levels = []dcaptest.Level{{Status: dcap.Revoked}}
			s.policy.AcceptedStatuses = []dcap.TCBStatus{1, 2, 3, 4, 5, 6}
		}, dcap.ErrTCBStatus},
		{"TCB info of an earlier evaluation", func(s *scene) { s.collateral.TCBInfo = set("tcbEvaluationDataNumber", 16) }, dcap.ErrTCBEvaluation},
		{"QE identity of an earlier evaluation", func(s *scene) { s.collateral.QEIdentity = set("tcbEvaluationDataNumber", 16) }, dcap.ErrTCBEvaluation},

		// Policy.
		{"empty policy", func(s *scene) { s.policy = dcap.Policy{} }, dcap.ErrPolicy},
		{"policy that accepts Revoked", func(s *scene) {
			s.policy.AcceptedStatuses = []dcap.TCBStatus{dcap.UpToDate, dcap.Revoked}
		}, dcap.ErrPolicy},
		{"policy that says one thing twice", func(s *scene) {
			s.policy.AcceptedStatuses = []dcap.TCBStatus{dcap.UpToDate, dcap.UpToDate}
		}, dcap.ErrPolicy},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScene()
			test.bend(s)
			result, err := s.verify()
			require.ErrorIs(t, err, test.want)
			require.Zero(t, result)
		})
	}
}

// The status is the platform's level joined with the quoting enclave's, as Intel's library joins them.
func TestStatusesCombine(t *testing.T) {
	for _, test := range []struct{ platform, qe, want dcap.TCBStatus }{
		{dcap.UpToDate, dcap.UpToDate, dcap.UpToDate},
		{dcap.SWHardeningNeeded, dcap.UpToDate, dcap.SWHardeningNeeded},
		{dcap.ConfigurationAndSWHardeningNeeded, dcap.UpToDate, dcap.ConfigurationAndSWHardeningNeeded},
		{dcap.UpToDate, dcap.OutOfDate, dcap.OutOfDate},
		{dcap.SWHardeningNeeded, dcap.OutOfDate, dcap.OutOfDate},
		{dcap.ConfigurationNeeded, dcap.OutOfDate, dcap.OutOfDateConfigurationNeeded},
		{dcap.ConfigurationAndSWHardeningNeeded, dcap.OutOfDate, dcap.OutOfDateConfigurationNeeded},
		{dcap.OutOfDateConfigurationNeeded, dcap.OutOfDate, dcap.OutOfDateConfigurationNeeded},
		{dcap.OutOfDate, dcap.OutOfDate, dcap.OutOfDate},
		{dcap.UpToDate, dcap.ConfigurationNeeded, dcap.OutOfDate},
		{dcap.UpToDate, dcap.Revoked, dcap.Revoked},
		{dcap.Revoked, dcap.UpToDate, dcap.Revoked},
	} {
		s := newScene()
		s.collateral.Levels = []dcaptest.Level{{Status: test.platform, AdvisoryIDs: []string{"A", "B"}}}
		s.collateral.QELevels = []dcaptest.QELevel{{Status: test.qe, AdvisoryIDs: []string{"B", "C"}}}
		s.policy.AcceptedStatuses = []dcap.TCBStatus{dcap.UpToDate}
		if test.want != dcap.Revoked {
			s.policy.AcceptedStatuses = []dcap.TCBStatus{test.want}
		}
		result, err := s.verify()
		if test.want == dcap.Revoked {
			require.ErrorIs(t, err, dcap.ErrTCBStatus)
			require.ErrorContains(t, err, "Revoked")
			continue
		}
		require.NoError(t, err, "%v with %v", test.platform, test.qe)
		require.Equal(t, test.want, result.Status)
		require.Equal(t, []string{"A", "B", "C"}, result.AdvisoryIDs)
	}
}

// The highest level that is reached counts, in whatever order the JSON lists them.
func TestLevelsMatchFromTheTop(t *testing.T) {
	level := func(first, second uint8, pcesvn uint16, status dcap.TCBStatus) dcaptest.Level {
		l := dcaptest.Level{Components: dcaptest.DefaultComponents, PCESVN: pcesvn, Status: status}
		l.Components[0], l.Components[1] = first, second
		return l
	}
	s := newScene()
	s.collateral.Levels = []dcaptest.Level{ // from the bottom to the top, and two above the platform
		level(0, 0, 0, dcap.OutOfDate),
		level(11, 11, 13, dcap.SWHardeningNeeded),
		level(10, 255, 13, dcap.UpToDate),
		level(12, 0, 0, dcap.UpToDate),
	}
	s.policy.AcceptedStatuses = []dcap.TCBStatus{dcap.SWHardeningNeeded}
	_, err := s.verify()
	require.NoError(t, err)
}

func TestTimesAreInclusive(t *testing.T) {
	for _, now := range []time.Time{testTime, testTime.Add(30 * 24 * time.Hour)} {
		s := newScene()
		s.now = now
		_, err := s.verify()
		require.NoError(t, err)
	}
}

func TestQuoteBehindOpenEnclaveHeader(t *testing.T) {
	s := newScene()
	quote, collateral := s.make()
	plain, err := verify(quote, collateral, s.root, s.now, s.policy)
	require.NoError(t, err)
	wrapped, err := verify(dcaptest.WithOpenEnclaveHeader(quote), collateral, s.root, s.now, s.policy)
	require.NoError(t, err)
	require.Equal(t, plain, wrapped)

	b := dcaptest.WithOpenEnclaveHeader(quote)
	b[4] = 1 // a local report
	_, err = dcap.ParseQuote(b)
	require.ErrorIs(t, err, dcap.ErrOpenEnclaveHeader)
	b = dcaptest.WithOpenEnclaveHeader(quote)
	_, err = dcap.ParseQuote(b[:len(b)-1])
	require.ErrorIs(t, err, dcap.ErrOpenEnclaveHeader)
	_, err = dcap.ParseQuote(dcaptest.WithOpenEnclaveHeader(dcaptest.WithOpenEnclaveHeader(quote)))
	require.ErrorIs(t, err, dcap.ErrQuoteVersion, "one header is enough")
}

func TestQuoteSizes(t *testing.T) {
	quote, _ := newScene().make()
	for n := range quote {
		_, err := dcap.ParseQuote(quote[:n])
		require.Error(t, err, "cut to %d bytes", n)
	}
	_, err := dcap.ParseQuote(append(quote, 0))
	require.ErrorIs(t, err, dcap.ErrQuoteFormat)
	_, err = dcap.ParseQuote(make([]byte, dcap.MaxQuoteSize+1))
	require.ErrorIs(t, err, dcap.ErrSize)
}
