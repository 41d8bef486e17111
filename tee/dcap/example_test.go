package dcap_test

import (
	"fmt"
	"time"

	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/tee/dcap/dcaptest"
)

// A relying party verifies collateral once, and then any number of quotes from platforms of its type.
func Example() {
	authority := dcaptest.NewAuthority("example") // a relying party uses dcap.IntelRoot()
	platform := authority.NewPlatform(dcaptest.PlatformSpec{})
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	body := authority.Collateral(dcaptest.CollateralSpec{Platform: platform, IssuedAt: now.Add(-time.Hour)}).JSON()
	raw := platform.Quote(dcaptest.QuoteSpec{Report: dcap.Report{MRENCLAVE: [32]byte{0xab}, ReportData: [64]byte{0xcd}}})

	collateral, err := dcap.ParseCollateral(body)
	if err != nil {
		panic(err)
	}
	verified, err := collateral.Verify(authority.Root())
	if err != nil {
		panic(err)
	}
	quote, err := dcap.ParseQuote(raw)
	if err != nil {
		panic(err)
	}
	result, err := verified.VerifyQuote(quote, now, dcap.Policy{AcceptedStatuses: []dcap.TCBStatus{dcap.UpToDate}})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%x %x %v\n", result.Report.MRENCLAVE[:1], result.Report.ReportData[:1], result.Status)
	// Output: ab cd UpToDate
}
