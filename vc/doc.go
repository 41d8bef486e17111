// Package vc issues, derives, presents and verifies W3C verifiable credentials.
//
// Credentials are of data model 1.1 or 2.0, secured by Data Integrity proofs of the
// cryptosuites eddsa-rdfc-2022, ecdsa-rdfc-2019 (P-256, P-384), bbs-2023 and
// ecdsa-sd-2023. With the last two a holder shows a verifier any part of a credential;
// with bbs-2023 two such parts cannot be linked by anything but what they say.
//
//	p := vc.NewProcessor(vc.Options{Resolver: did.KeyResolver{}})
//
//	issued, err := p.Issue(ctx, credential, key, vc.ProofOptions{Created: now})
//	shown, err := p.Derive(ctx, issued, []string{"/credentialSubject/vaccineCode"}, vc.DeriveOptions{})
//	presentation, err := p.Present(ctx, []*vc.Credential{shown}, holderKey, vc.ProofOptions{Challenge: c, Domain: d})
//	result := p.VerifyPresentation(ctx, presentation, vc.VerifyOptions{Now: now, Challenge: c, Domain: d})
//	if !result.Verified { … result.Err() … }
//
// # What is trusted
//
// The Resolver for the DID documents it returns, the context loader for the contexts it
// returns, the caller for the time. Everything else, that is every byte of a credential,
// a presentation and a proof, may come from an attacker: sizes, depths and the work of
// canonicalisation are bounded before they are spent, and no input panics. Nothing here
// reads a clock or a network of its own.
//
// RDFC-1.0 has no one form for documents that write one blank node label ("_:x") in two
// graphs, or graphs within each other: issuer and verifier may get different bytes, and a
// genuine credential or presentation then fails to verify. It cannot be exploited to make
// something else verify, because the canonical bytes are the whole dataset with other
// labels, so that equal bytes mean equal statements.
//
// # Reading the code
//
// credential.go and validate.go are the data model; dataintegrity.go is what all proofs
// have in common; each suite_*.go is one cryptosuite, to be read beside its
// specification; selective.go is what the two selective disclosure suites share;
// verify.go is the list of checks. JSON-LD is in package jsonld, RDF canonicalisation in
// package rdfc.
package vc
