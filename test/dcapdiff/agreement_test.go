package dcapdiff

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

// realScene is oasis-core's real quote with its collateral of December 2022, and with revocation lists of 2025 or later
// (from the shared test data), since oasis-core has none of that time.
func realScene(t *testing.T) ([]byte, *dcap.Collateral, time.Time) {
	t.Helper()
	lists, err := dcap.ParseCollateral(sharedFile(t, "tdx_quote_collateral.json")) // of the platform CA
	require.NoError(t, err)
	c := &dcap.Collateral{Root: lists.Root, RootCRL: lists.RootCRL, PCKCA: lists.PCKCA, PCKCRL: lists.PCKCRL}
	chain := oasisFile(t, "tcb_info_v3_fmspc_00606A000000_certs.pem")
	block, _ := pem.Decode(chain)
	for _, d := range []struct {
		file, member string
		to           *dcap.Signed
	}{
		{"tcb_info_v3_fmspc_00606A000000.json", "tcbInfo", &c.TCBInfo},
		{"qe_identity_v2.json", "enclaveIdentity", &c.QEIdentity},
	} {
		var in map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(oasisFile(t, d.file), &in))
		var signature string
		require.NoError(t, json.Unmarshal(in["signature"], &signature))
		b, err := hex.DecodeString(signature)
		require.NoError(t, err)
		*d.to = dcap.Signed{SigningCertificate: block.Bytes, Body: in[d.member], Signature: [64]byte(b)}
	}
	return oasisFile(t, "quote_v3_ecdsa_p256_pck_chain.bin"), c, time.Unix(1671497404, 0) // oasis-core's own test's time
}

func TestRealQuote(t *testing.T) {
	quote, c, at := realScene(t)
	require.NoError(t, oasis(quote, c, at))
	require.NoError(t, oursButForLists(quote, c, dcap.IntelRoot(), at))
	require.ErrorIs(t, ours(quote, c, dcap.IntelRoot(), at), dcap.ErrNotYetValid, "the lists are of 2025")
}

// One bit of each byte of the real quote: refused by both, but for how PEM is written.
func TestRealQuoteMutations(t *testing.T) {
	quote, c, at := realScene(t)
	v, err := c.Verify(dcap.IntelRoot())
	require.NoError(t, err)
	lenient := 0
	for i := range quote {
		b := bytes.Clone(quote)
		b[i] ^= 1 << (i % 8)
		q, err := dcap.ParseQuote(b)
		if err == nil {
			_, err = v.VerifyQuote(q, at, policy)
			require.NotErrorIs(t, err, dcap.ErrNotYetValid, "byte %d: only the lists' dates speak against it", i)
		}
		require.Error(t, err, "byte %d", i)
		if oasis(b, c, at) == nil {
			require.True(t, sameChain(quote, b), "byte %d: oasis-core accepts, ours: %v", i, err)
			lenient++
		}
	}
	t.Logf("oasis-core accepts %d changes of how PEM is written, of %d bytes", lenient, len(quote))
}

// The same for its collateral: TCB info, QE identity, their signatures and the signing certificate.
func TestRealCollateralMutations(t *testing.T) {
	quote, c, at := realScene(t)
	for name, part := range map[string]func(*dcap.Collateral) []byte{
		"TCB info":              func(c *dcap.Collateral) []byte { return c.TCBInfo.Body },
		"TCB info signature":    func(c *dcap.Collateral) []byte { return c.TCBInfo.Signature[:] },
		"QE identity":           func(c *dcap.Collateral) []byte { return c.QEIdentity.Body },
		"QE identity signature": func(c *dcap.Collateral) []byte { return c.QEIdentity.Signature[:] },
		"signing certificate":   func(c *dcap.Collateral) []byte { return c.TCBInfo.SigningCertificate },
	} {
		for i := range part(c) {
			b, err := dcap.UnmarshalCollateral(c.Marshal())
			require.NoError(t, err)
			part(b)[i] ^= 1 << (i % 8)
			require.Error(t, oursButForLists(quote, b, dcap.IntelRoot(), at), "%s byte %d", name, i)
			require.Error(t, oasis(quote, b, at), "%s byte %d", name, i)
		}
	}
}

func TestSyntheticQuoteMutations(t *testing.T) {
	quote, c := newScene().make()
	require.NoError(t, oasis(quote, c, now))
	require.NoError(t, ours(quote, c, authority.Root(), now))
	for i := range quote {
		b := bytes.Clone(quote)
		b[i] ^= 1 << ((i + 3) % 8)
		err := ours(b, c, authority.Root(), now)
		require.Error(t, err, "byte %d", i)
		if oasis(b, c, now) == nil {
			require.True(t, sameChain(quote, b), "byte %d: oasis-core accepts, ours: %v", i, err)
		}
	}
}

// Random platforms, quoting enclaves, levels, statuses, times and forgeries, within what both decide by: the same verdict.
func TestSyntheticAgreement(t *testing.T) {
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := newScene()
		s.platform.CA = rapid.SampledFrom([]dcap.PCKCA{dcap.ProcessorCA, dcap.PlatformCA}).Draw(t, "CA")
		s.platform.Name = s.platform.CA.String()
		svn := func(name string) uint8 { return rapid.SampledFrom([]uint8{4, 5, 5, 5, 5, 5, 5, 6}).Draw(t, name) }
		s.platform.Components = [16]uint8{svn("component 1"), 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, svn("component 16")}
		s.platform.PCESVN = uint16(svn("PCESVN"))
		status := func(name string) dcap.TCBStatus {
			return dcap.TCBStatus(rapid.SampledFrom([]int{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 5, 6, 7}).Draw(t, name))
		}
		five := [16]uint8{5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}
		six, four := five, five
		six[0], four[0] = 6, 4
		s.collateral.Levels = []dcaptest.Level{ // in order, where the two agree
			{Components: six, PCESVN: 6, Status: status("first")},
			{Components: five, PCESVN: 5, Status: status("second")},
			{Components: four, PCESVN: 4, Status: status("third")},
		}
		s.collateral.QELevels = []dcaptest.QELevel{
			{ISVSVN: 8, Status: dcap.UpToDate}, {ISVSVN: 6, Status: dcap.OutOfDate}, {ISVSVN: 4, Status: dcap.Revoked},
		}
		s.quote.QEReport.ISVSVN = rapid.SampledFrom([]uint16{9, 9, 9, 8, 8, 8, 8, 8, 7, 5, 3}).Draw(t, "QE ISVSVN")
		s.collateral.EvaluationDataNumber = rapid.SampledFrom([]uint32{11, 12, 12, 12, 13, 13, 13}).Draw(t, "evaluation")
		s.now = issued.Add(time.Duration(rapid.SampledFrom([]int{-1, 0, 1, 2, 100, 200, 300, 719, 720, 721}).Draw(t, "hours")) * time.Hour)
		switch rapid.IntRange(0, 24).Draw(t, "flaw") {
		case 0:
			s.quote.Report.Attributes = [16]byte{0: 0x07}
		case 1:
			s.quote.QEReport.MRSIGNER = [32]byte{9}
		case 2:
			s.quote.QEReport.MiscSelect = 1
		case 3:
			s.quote.QEReport.Attributes = [16]byte{0: 0x17}
		case 4:
			s.collateral.Platform = authority.NewPlatform(dcaptest.PlatformSpec{Name: "other", CA: s.platform.CA, FMSPC: dcap.FMSPC{1}})
		}
		quote, c := s.make()
		err, theirs := ours(quote, c, authority.Root(), s.now), oasis(quote, c, s.now)
		require.Equal(t, theirs == nil, err == nil, "ours: %v; oasis-core: %v", err, theirs)
		if err == nil {
			accepted++
		} else {
			refused++
		}
	})
	require.NotZero(t, accepted)
	require.NotZero(t, refused)
	t.Logf("%d accepted and %d refused by both", accepted, refused)
}
