package dcap_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

// Whatever verifies was made by the authority's platform: a fuzzer cannot sign.
func FuzzQuote(f *testing.F) {
	s := newScene()
	quote, c := s.make()
	v, err := c.Verify(s.root)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(quote)
	f.Add(dcaptest.WithOpenEnclaveHeader(quote))
	f.Add(quote[:436])
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := dcap.ParseQuote(b)
		if err != nil {
			return
		}
		if _, err := v.VerifyQuote(q, testNow, testPolicy); err == nil && !bytes.HasSuffix(b, quote) {
			t.Fatal("a quote that nobody made verifies")
		}
	})
}

func FuzzOpenEnclaveHeader(f *testing.F) {
	quote, _ := newScene().make()
	f.Add(uint32(1), uint32(2), uint64(len(quote)), 0)
	f.Add(uint32(1), uint32(2), uint64(1<<63), 5)
	f.Add(uint32(3), uint32(2), uint64(0), 0)
	f.Fuzz(func(t *testing.T, version, kind uint32, size uint64, cut int) {
		b := binary.LittleEndian.AppendUint32(nil, version)
		b = binary.LittleEndian.AppendUint32(b, kind)
		b = binary.LittleEndian.AppendUint64(b, size)
		b = append(b, quote[:len(quote)-min(max(cut, 0), len(quote))]...)
		if _, err := dcap.ParseQuote(b); err == nil && (version != 1 || kind != 2 || size != uint64(len(quote))) {
			t.Fatal("a header that does not fit is accepted")
		}
	})
}

func FuzzCollateralJSON(f *testing.F) {
	s := newScene()
	_, c := s.make()
	f.Add(c.JSON())
	f.Add([]byte(`{"pck_crl":"00"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		parsed, err := dcap.ParseCollateral(b)
		if err != nil {
			return
		}
		if again, err := dcap.ParseCollateral(parsed.JSON()); err != nil || !bytes.Equal(again.Marshal(), parsed.Marshal()) {
			t.Fatalf("what was read is written differently: %v", err)
		}
		if _, err := parsed.Verify(s.root); err == nil && !bytes.Equal(parsed.Marshal(), c.Marshal()) {
			t.Fatal("collateral that nobody signed verifies")
		}
	})
}

func FuzzCollateral(f *testing.F) {
	s := newScene()
	_, c := s.make()
	f.Add(c.Marshal())
	f.Add([]byte{1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		parsed, err := dcap.UnmarshalCollateral(b)
		if err != nil {
			return
		}
		if !bytes.Equal(parsed.Marshal(), b) {
			t.Fatal("one collateral has two canonical forms")
		}
		if _, err := parsed.Verify(s.root); err == nil && !bytes.Equal(b, c.Marshal()) {
			t.Fatal("collateral that nobody signed verifies")
		}
	})
}
