package dcap_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

// realScene returns the real SGX quote and its collateral.
func realScene(t testing.TB) ([]byte, *dcap.Collateral) {
	t.Helper()
	c, err := dcap.ParseCollateral(realFile(t, "sgx_quote_collateral.json"))
	require.NoError(t, err)
	return realFile(t, "sgx_quote"), c
}

func TestRealQuoteVerifies(t *testing.T) {
	quote, c := realScene(t)
	for _, b := range [][]byte{quote, dcaptest.WithOpenEnclaveHeader(quote)} {
		result, err := verify(b, c, dcap.IntelRoot(), realTime, realPolicy)
		require.NoError(t, err)
		require.Equal(t, "33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb", hex.EncodeToString(result.Report.MRENCLAVE[:]))
		require.Equal(t, "815f42f11cf64430c30bab7816ba596a1da0130c3b028b673133a66cf9a3e0e6", hex.EncodeToString(result.Report.MRSIGNER[:]))
		require.True(t, bytes.HasPrefix(result.Report.ReportData[:], []byte("Hello, world!\x00")))
		require.Equal(t, "00A067110000", result.PCK.FMSPC.String())
		require.Equal(t, [2]byte{}, result.PCK.PCEID)
		require.Equal(t, dcap.ProcessorCA, result.PCK.CA)
		require.Equal(t, dcap.ConfigurationAndSWHardeningNeeded, result.Status)
		require.Equal(t, []string{"INTEL-SA-00289", "INTEL-SA-00615"}, result.AdvisoryIDs)
		require.EqualValues(t, 17, result.TCBEvaluationDataNumber)
		require.Equal(t, time.Date(2025, 7, 19, 10, 1, 18, 0, time.UTC), result.Expiry)
	}
	fromBytes, err := dcap.UnmarshalCollateral(c.Marshal())
	require.NoError(t, err)
	require.Equal(t, c, fromBytes)
	fromJSON, err := dcap.ParseCollateral(c.JSON())
	require.NoError(t, err)
	require.Equal(t, c, fromJSON)
}

// The collateral is in force from the issue of its last part to the end of its first.
func TestRealQuoteOutsideTime(t *testing.T) {
	quote, c := realScene(t)
	from := time.Date(2025, 6, 19, 10, 56, 11, 0, time.UTC) // TCB info
	until := time.Date(2025, 7, 19, 10, 1, 18, 0, time.UTC) // QE identity
	for _, test := range []struct {
		now  time.Time
		want error
	}{
		{from, nil},
		{until, nil},
		{from.Add(-time.Second), dcap.ErrNotYetValid},
		{until.Add(time.Second), dcap.ErrExpired},
		{time.Time{}, dcap.ErrNotYetValid},
		{time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), dcap.ErrExpired},
	} {
		_, err := verify(quote, c, dcap.IntelRoot(), test.now, realPolicy)
		require.ErrorIs(t, err, test.want, test.now)
	}
}

func TestRealQuoteRefusedByPolicy(t *testing.T) {
	quote, c := realScene(t)
	for status := dcap.UpToDate; status < dcap.Revoked; status++ {
		_, err := verify(quote, c, dcap.IntelRoot(), realTime, dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{status}})
		if status == dcap.ConfigurationAndSWHardeningNeeded {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, dcap.ErrTCBStatus, status)
		}
	}
	p := realPolicy
	p.MinTCBEvaluationDataNumber = 17
	_, err := verify(quote, c, dcap.IntelRoot(), realTime, p)
	require.NoError(t, err)
	p.MinTCBEvaluationDataNumber = 18
	_, err = verify(quote, c, dcap.IntelRoot(), realTime, p)
	require.ErrorIs(t, err, dcap.ErrTCBEvaluation)
}

func TestRealQuoteUnderAnotherRoot(t *testing.T) {
	quote, c := realScene(t)
	_, err := verify(quote, c, dcaptest.NewAuthority("x").Root(), realTime, realPolicy)
	require.ErrorIs(t, err, dcap.ErrUntrustedRoot)
}

// No byte of the quote can change: not one is unsigned, ignored, or padding. Even the line feed and the NUL behind the
// certificate chain are fixed, because the chain must stand in its plain form.
func TestRealQuoteWithAnyByteChanged(t *testing.T) {
	quote, c := realScene(t)
	v, err := c.Verify(dcap.IntelRoot())
	require.NoError(t, err)
	for i := range quote {
		b := bytes.Clone(quote)
		b[i] ^= mask(i)
		q, err := dcap.ParseQuote(b)
		if err == nil {
			_, err = v.VerifyQuote(q, realTime, realPolicy)
		}
		require.Error(t, err, "byte %d xor %#x", i, mask(i))
	}
}

// No byte of the canonical form of the collateral can change: not of a certificate, a revocation list, TCB info, QE
// identity or a signature, nor of a length or of the version.
func TestRealCollateralWithAnyByteChanged(t *testing.T) {
	quote, c := realScene(t)
	q, err := dcap.ParseQuote(quote)
	require.NoError(t, err)
	canonical := c.Marshal()
	for i := range canonical {
		b := bytes.Clone(canonical)
		b[i] ^= mask(i)
		changed, err := dcap.UnmarshalCollateral(b)
		if err == nil {
			var v *dcap.VerifiedCollateral
			if v, err = changed.Verify(dcap.IntelRoot()); err == nil {
				_, err = v.VerifyQuote(q, realTime, realPolicy)
			}
		}
		require.Error(t, err, "byte %d xor %#x", i, mask(i))
	}
}

// In the JSON form a changed byte either makes verification fail, or changes how the same collateral is written down and
// nothing else: white space between tokens, the case of a hexadecimal digit, a carriage return before a line feed of a
// chain or the chain's last line feed, \n and \u000a. The canonical form tells the two apart.
func TestRealCollateralJSONWithAnyByteChanged(t *testing.T) {
	_, c := realScene(t)
	file := realFile(t, "sgx_quote_collateral.json")
	canonical := c.Marshal()
	same := 0
	for i := range file {
		for _, bits := range []byte{mask(i), 0x20} { // the second changes the case of letters
			b := bytes.Clone(file)
			b[i] ^= bits
			changed, err := dcap.ParseCollateral(b)
			if err != nil {
				continue
			}
			if bytes.Equal(changed.Marshal(), canonical) {
				same++
				continue
			}
			_, err = changed.Verify(dcap.IntelRoot())
			require.Error(t, err, "byte %d xor %#x", i, bits)
		}
	}
	t.Logf("%d of %d changes are only of writing", same, 2*len(file))

	// Of the signed documents every byte counts, also white space that JSON itself would not mind.
	var members map[string]string
	require.NoError(t, json.Unmarshal(file, &members))
	for _, name := range []string{"tcb_info", "qe_identity"} {
		for _, changed := range []string{members[name] + " ", " " + members[name], members[name] + "\n"} {
			m := map[string]string{}
			for k, v := range members {
				m[k] = v
			}
			m[name] = changed
			b, err := json.Marshal(m)
			require.NoError(t, err)
			parsed, err := dcap.ParseCollateral(b)
			require.NoError(t, err)
			_, err = parsed.Verify(dcap.IntelRoot())
			require.Error(t, err)
		}
	}
}

// mask is the change tried on byte i: one bit, another for each neighbour.
func mask(i int) byte { return 1 << (i % 8) }

// Collateral of other platforms, genuine as it is, does not serve.
func TestRealCollateralOfOthers(t *testing.T) {
	quote, c := realScene(t)
	for _, name := range []string{"tdx_quote_collateral.json", "tdx_quote_outdated_collateral.json"} {
		tdx, err := dcap.ParseCollateral(realFile(t, name))
		require.NoError(t, err)
		_, err = tdx.Verify(dcap.IntelRoot())
		require.ErrorIs(t, err, dcap.ErrTCBInfoFormat)

		mixed := *c
		mixed.PCKCA, mixed.PCKCRL = tdx.PCKCA, tdx.PCKCRL // the platform CA's
		_, err = verify(quote, &mixed, dcap.IntelRoot(), realTime, realPolicy)
		require.ErrorIs(t, err, dcap.ErrCRLIssuer)
		mixed = *c
		mixed.QEIdentity = tdx.QEIdentity
		_, err = mixed.Verify(dcap.IntelRoot())
		require.ErrorIs(t, err, dcap.ErrQEIdentityFormat)
	}
}

func TestRealTDXQuotesAreRefused(t *testing.T) {
	for _, name := range []string{"tdx_quote", "tdx_quote_outdated"} {
		b := realFile(t, name)
		_, err := dcap.ParseQuote(b)
		require.ErrorIs(t, err, dcap.ErrTDX)
		_, err = dcap.ParseQuote(dcaptest.WithOpenEnclaveHeader(b))
		require.ErrorIs(t, err, dcap.ErrTDX)
	}
}
