// Package dcap verifies Intel SGX quotes (version 3, ECDSA P-256, PCK certificate chain inside) against the collateral
// that Intel's provisioning certification service (PCS) signs, with nothing but the standard library.
//
// What is trusted: one certificate, Intel's SGX Root CA ([IntelRoot]; tests bring their own, see dcaptest), and the time
// that the caller gives. The quote, the collateral and whoever brought them are not trusted. A quote that passes proves
// that a CPU whose key Intel certified, at a security level that the policy accepts, measured an enclave and got the
// report data from it, at some moment: nothing in a quote says when. Put a challenge or a fresh key into the report data
// if that matters.
//
// All of it is a pure function of its arguments: no wall clock, no randomness, no map order, no floating point, no
// goroutines. State-machine code may call it.
//
// The smallest use is
//
//	collateral, err := dcap.ParseCollateral(body)             // JSON as a PCCS client holds it
//	verified, err := collateral.Verify(dcap.IntelRoot())      // signatures, once
//	quote, err := dcap.ParseQuote(raw)                        // bare, or with an Open Enclave header
//	result, err := verified.VerifyQuote(quote, now, policy)   // everything else, for any number of quotes
//
// after which result.Report holds the measurement and the report data. Comparing those is the caller's (package tee does it).
//
// The checks are named functions in check.go, each with its own error in errors.go. They follow the quote layout and the
// verification procedure of Intel's "SGX DCAP ECDSA Quote Library API" (cited as QL), the PCS API v4 documentation of TCB
// info and enclave identity (cited as PCS), the "SGX PCK Certificate and CRL Profile Specification" (cited as PCK profile),
// and the numbered steps of Intel's Quote Verification Library (cited as QVL 4.1.2.x). Intel's procedure lets a caller go
// on with expired collateral; this package does not.
package dcap
