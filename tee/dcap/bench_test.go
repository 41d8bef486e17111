package dcap_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee/dcap"
)

// benchScene returns a synthetic quote with its collateral.
func benchScene() (*scene, []byte, *dcap.Collateral) {
	s := newScene()
	quote, c := s.make()
	return s, quote, c
}

// BenchmarkQuote is what a transaction with a quote costs against collateral that has been verified before.
func BenchmarkQuote(b *testing.B) {
	s, quote, c := benchScene()
	v, err := c.Verify(s.root)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		q, err := dcap.ParseQuote(quote)
		if err == nil {
			_, err = v.VerifyQuote(q, s.now, s.policy)
		}
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "quotes/s")
}

// BenchmarkQuoteAndCollateral is what it costs with everything verified anew from stored bytes.
func BenchmarkQuoteAndCollateral(b *testing.B) {
	s, quote, c := benchScene()
	stored := c.Marshal()
	b.ReportAllocs()
	for b.Loop() {
		c, err := dcap.UnmarshalCollateral(stored)
		require.NoError(b, err)
		_, err = verify(quote, c, s.root, s.now, s.policy)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "quotes/s")
}

// BenchmarkRealQuoteAndCollateral is the same on the real quote, whose TCB info has eleven levels.
func BenchmarkRealQuoteAndCollateral(b *testing.B) {
	quote, c := realScene(b)
	b.ReportAllocs()
	for b.Loop() {
		_, err := verify(quote, c, dcap.IntelRoot(), realTime, realPolicy)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "quotes/s")
}

func BenchmarkParseQuote(b *testing.B) {
	_, quote, _ := benchScene()
	b.ReportAllocs()
	for b.Loop() {
		_, err := dcap.ParseQuote(quote)
		require.NoError(b, err)
	}
}
