// Package status implements W3C Bitstring Status List v1.0: how an issuer revokes, suspends
// or comments on credentials that are out in the world, and how a verifier finds out without
// telling the issuer which credential it looks at.
//
// An issuer keeps a List, puts Subject's object into a credential of type
// BitstringStatusListCredential, signs that with package vc and publishes it. Each credential
// it issues names one index of the list in an Entry:
//
//	list, err := status.NewList(status.MinimumLength, 1)
//	err = list.Set(94567, 1)
//	subject, err := list.Subject(status.SubjectOptions{ID: url + "#list", Purposes: []string{status.Revocation}})
//
// A verifier has a Checker, which takes lists from a Source:
//
//	checker := status.Checker{Source: status.NewCache(source, 64, 5*time.Minute)}
//	result, err := checker.Check(ctx, entry, credential.Issuer(), now)
//	if err == nil && result.Invalidates() { … revoked or suspended … }
//
// # What is trusted
//
// The Source, to return only credentials whose proofs it has verified (package vc has one
// that does), and the caller, for the time. Lists are otherwise taken to come from an
// attacker: a list that is not by the issuer of the credential is refused unless the Checker
// is told whom else to accept, and decompression stops at a bound.
package status
