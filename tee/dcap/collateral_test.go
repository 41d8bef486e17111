package dcap_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

// vouchFor returns the report data of a quoting enclave that vouches for a key with the default authentication data.
func vouchFor(key []byte) (data [64]byte) {
	for i := range 32 {
		key = append(key, byte(i))
	}
	sum := sha256.Sum256(key)
	copy(data[:], sum[:])
	return data
}

func TestCollateralForms(t *testing.T) {
	_, c := newScene().make()
	fromJSON, err := dcap.ParseCollateral(c.JSON())
	require.NoError(t, err)
	require.Equal(t, c, fromJSON)
	fromBytes, err := dcap.UnmarshalCollateral(c.Marshal())
	require.NoError(t, err)
	require.Equal(t, c, fromBytes)

	v, err := c.Verify(dcaptest.NewAuthority("dcap tests").Root())
	require.NoError(t, err)
	p := v.Pieces()
	assembled, err := dcap.Assemble(dcaptest.NewAuthority("dcap tests").Root(), p[0].Bytes, p[1].Bytes, p[2].Bytes, p[3].Bytes)
	require.NoError(t, err)
	require.Equal(t, c, assembled)

	for name, pck := range map[string][]byte{"hex": []byte(hex.EncodeToString(c.PCKCRL) + "\n"), "DER": c.PCKCRL} {
		fromPCS, err := dcap.PCSResponses{
			RootCRL:               []byte(hex.EncodeToString(c.RootCRL)),
			PCKCRL:                pck,
			PCKCRLIssuerChain:     dcaptest.PEM(c.PCKCA, c.Root),
			TCBInfo:               []byte(`{"tcbInfo":` + string(c.TCBInfo.Body) + `,"signature":"` + hex.EncodeToString(c.TCBInfo.Signature[:]) + `"}`),
			TCBInfoIssuerChain:    dcaptest.PEM(c.TCBInfo.SigningCertificate, c.Root),
			QEIdentity:            []byte(`{"signature":"` + hex.EncodeToString(c.QEIdentity.Signature[:]) + `","enclaveIdentity":` + string(c.QEIdentity.Body) + `}`),
			QEIdentityIssuerChain: dcaptest.PEM(c.QEIdentity.SigningCertificate, c.Root),
		}.Collateral()
		require.NoError(t, err, name)
		require.Equal(t, c, fromPCS, name)
	}
}

func TestParseCollateralRefuses(t *testing.T) {
	_, c := newScene().make()
	other := dcaptest.NewAuthority("another authority").Root().DER()
	for _, test := range []struct {
		name string
		bend func(map[string]string)
		want error
	}{
		{"member missing", func(m map[string]string) { delete(m, "pck_crl") }, dcap.ErrCollateralFormat},
		{"member too many", func(m map[string]string) { m["more"] = "" }, dcap.ErrCollateralFormat},
		{"member misspelt", func(m map[string]string) { m["Tcb_info"] = m["tcb_info"]; delete(m, "tcb_info") }, nil},
		{"chains with different roots", func(m map[string]string) {
			m["qe_identity_issuer_chain"] = string(dcaptest.PEM(c.QEIdentity.SigningCertificate, other))
		}, dcap.ErrCollateralFormat},
		{"chain of one", func(m map[string]string) { m["pck_crl_issuer_chain"] = string(dcaptest.PEM(c.Root)) }, dcap.ErrCertificateFormat},
		{"chain of three", func(m map[string]string) {
			m["pck_crl_issuer_chain"] = string(dcaptest.PEM(c.PCKCA, c.Root, c.Root))
		}, dcap.ErrCertificateFormat},
		{"chain with a note", func(m map[string]string) { m["pck_crl_issuer_chain"] = "note\n" + m["pck_crl_issuer_chain"] }, dcap.ErrCertificateFormat},
		{"chain of keys", func(m map[string]string) {
			m["pck_crl_issuer_chain"] = strings.ReplaceAll(m["pck_crl_issuer_chain"], "CERTIFICATE", "PUBLIC KEY")
		}, dcap.ErrCertificateFormat},
		{"oversized chain", func(m map[string]string) { m["pck_crl_issuer_chain"] = strings.Repeat("x", 20<<10) }, dcap.ErrSize},
		{"list not hexadecimal", func(m map[string]string) { m["root_ca_crl"] = "zz" }, dcap.ErrCollateralFormat},
		{"oversized list", func(m map[string]string) { m["root_ca_crl"] = strings.Repeat("00", 257<<10) }, dcap.ErrSize},
		{"signature too short", func(m map[string]string) { m["tcb_info_signature"] = "00" }, dcap.ErrCollateralFormat},
		{"oversized TCB info", func(m map[string]string) { m["tcb_info"] = strings.Repeat(" ", 129<<10) }, dcap.ErrSize},
	} {
		t.Run(test.name, func(t *testing.T) {
			var m map[string]string
			require.NoError(t, json.Unmarshal(c.JSON(), &m))
			test.bend(m)
			b, err := json.Marshal(m)
			require.NoError(t, err)
			parsed, err := dcap.ParseCollateral(b)
			if test.want == nil { // read as empty, and then not verified
				require.NoError(t, err)
				_, err = parsed.Verify(dcaptest.NewAuthority("dcap tests").Root())
				require.ErrorIs(t, err, dcap.ErrTCBInfoSignature)
				return
			}
			require.ErrorIs(t, err, test.want)
		})
	}
	for _, text := range []string{"", "null", "[]", `{"a":`, string(c.JSON()) + "{}"} {
		_, err := dcap.ParseCollateral([]byte(text))
		require.ErrorIs(t, err, dcap.ErrCollateralFormat, "%.20q", text)
	}
	_, err := dcap.ParseCollateral(make([]byte, dcap.MaxCollateralSize+1))
	require.ErrorIs(t, err, dcap.ErrSize)
}

func TestUnmarshalCollateralRefuses(t *testing.T) {
	_, c := newScene().make()
	b := c.Marshal()
	for n := range b {
		_, err := dcap.UnmarshalCollateral(b[:n])
		require.ErrorIs(t, err, dcap.ErrCollateralFormat)
	}
	_, err := dcap.UnmarshalCollateral(append(b, 0))
	require.ErrorIs(t, err, dcap.ErrCollateralFormat)
	_, err = dcap.UnmarshalCollateral(append([]byte{2}, b[1:]...))
	require.ErrorIs(t, err, dcap.ErrCollateralFormat)
	_, err = dcap.UnmarshalCollateral(make([]byte, dcap.MaxCollateralSize+1))
	require.ErrorIs(t, err, dcap.ErrSize)
}

func TestCollateralAgeAndTime(t *testing.T) {
	s := newScene()
	_, c := s.make()
	v, err := c.Verify(s.root)
	require.NoError(t, err)
	week := 7 * 24 * time.Hour
	require.NoError(t, v.CheckTime(testTime))
	require.NoError(t, v.CheckAge(testTime.Add(week), week))
	require.ErrorIs(t, v.CheckAge(testTime.Add(week+time.Second), week), dcap.ErrStale)
	require.ErrorIs(t, v.CheckTime(testTime.Add(-time.Second)), dcap.ErrNotYetValid)
	require.ErrorIs(t, v.CheckTime(testTime.Add(31*24*time.Hour)), dcap.ErrExpired)
	require.Equal(t, testTime.Add(30*24*time.Hour), v.Expiry())
}

func TestNewerPieces(t *testing.T) {
	a := dcaptest.NewAuthority("dcap tests")
	platform := a.NewPlatform(dcaptest.PlatformSpec{})
	pieces := func(days int, number uint32) [4]dcap.Piece {
		v, err := a.Collateral(dcaptest.CollateralSpec{
			Platform: platform, IssuedAt: testTime.AddDate(0, 0, days), EvaluationDataNumber: number, CRLNumber: int64(number),
		}).Verify(a.Root())
		require.NoError(t, err)
		return v.Pieces()
	}
	first, later, higher, conflicting := pieces(0, 17), pieces(1, 17), pieces(0, 18), pieces(1, 16)
	for i := range first {
		require.EqualValues(t, i+1, first[i].Kind)
		require.False(t, first[i].Newer(first[i]), "the same")
		require.True(t, later[i].Newer(first[i]))
		require.False(t, first[i].Newer(later[i]))
		require.True(t, higher[i].Newer(first[i]))
		require.False(t, first[i].Newer(higher[i]))
		require.False(t, conflicting[i].Newer(first[i]), "issued later for an earlier evaluation")
		require.False(t, first[i].Newer(conflicting[i]))
	}
	require.False(t, later[0].Newer(first[1]), "of another kind")
	require.Equal(t, dcaptest.DefaultFMSPC.String()+"0000", first[2].Subject)
	require.Equal(t, "processor", first[1].Subject)
	quote, err := dcap.ParseQuote(platform.Quote(dcaptest.QuoteSpec{}))
	require.NoError(t, err)
	require.Equal(t, first[2].Subject, quote.PCK.TCBInfoSubject())
	require.Equal(t, first[1].Subject, quote.PCK.CA.String())
}

// A store that keeps the newest of each piece never goes back, in whatever order collateral arrives, and what it assembles
// verifies.
func TestNewestPiecesAssemble(t *testing.T) {
	a := dcaptest.NewAuthority("dcap tests")
	platform := a.NewPlatform(dcaptest.PlatformSpec{Name: "one"})
	quote, err := dcap.ParseQuote(platform.Quote(dcaptest.QuoteSpec{}))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		var kept [4]dcap.Piece
		for range rapid.IntRange(1, 5).Draw(t, "submissions") {
			day := rapid.IntRange(0, 20).Draw(t, "day")
			v, err := a.Collateral(dcaptest.CollateralSpec{
				Platform: platform, IssuedAt: testTime.AddDate(0, 0, day), EvaluationDataNumber: uint32(10 + day/5), CRLNumber: int64(1 + day/3),
			}).Verify(a.Root())
			require.NoError(t, err)
			for i, p := range v.Pieces() {
				if kept[i].Kind == 0 || p.Newer(kept[i]) {
					require.False(t, kept[i].Kind != 0 && (p.IssuedAt.Before(kept[i].IssuedAt) || p.Number < kept[i].Number))
					kept[i] = p
				}
			}
		}
		c, err := dcap.Assemble(a.Root(), kept[0].Bytes, kept[1].Bytes, kept[2].Bytes, kept[3].Bytes)
		require.NoError(t, err)
		v, err := c.Verify(a.Root())
		require.NoError(t, err)
		_, err = v.VerifyQuote(quote, testTime.AddDate(0, 0, 21), dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.UpToDate}})
		require.NoError(t, err)
	})
}

func TestRevokedSerials(t *testing.T) {
	s := newScene()
	s.collateral.RevokedPCKs = []*big.Int{big.NewInt(9), big.NewInt(3), new(big.Int).Lsh(big.NewInt(1), 158)}
	_, c := s.make()
	v, err := c.Verify(s.root)
	require.NoError(t, err)
	for _, serial := range s.collateral.RevokedPCKs {
		require.True(t, v.PCKCRL.Revoked(serial))
		require.False(t, v.RootCRL.Revoked(serial))
		require.False(t, v.PCKCRL.Revoked(new(big.Int).Add(serial, big.NewInt(1))))
	}
	require.Len(t, v.PCKCRL.Serials(), 3)
	require.Empty(t, v.RootCRL.Serials())
}

// The same calls make the same bytes, so that chain tests can pin them.
func TestSyntheticEvidenceIsDeterministic(t *testing.T) {
	q1, c1 := newScene().make()
	q2, c2 := newScene().make()
	require.Equal(t, q1, q2)
	require.Equal(t, c1, c2)
}
