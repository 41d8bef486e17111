// Package vcapi serves the W3C VC API (VCALM 1.0) over HTTP, so that a hospital's backend in any language issues, derives,
// presents and verifies credentials with package vc.
//
//	s, err := vcapi.New(config)
//	err = s.ListenAndServe(ctx, nil)
//
// One server has several instances, each with what it may do: issue with keys of its own (one, or several for a proof set), keep
// status lists, derive, sign presentations as a holder, verify. An instance named "default" answers at /credentials/issue and
// so on; any instance NAME answers at /instances/NAME/credentials/issue. The document at /openapi.json describes all of it.
//
// Errors are problem details (RFC 9457) with the types of the specifications. Verification that fails is no error of the
// request: the answer is 200 with "verified": false and the reasons in problemDetails.
//
// # What is trusted
//
// Whoever reaches the port, unless an instance has a bearer token: the server listens on loopback by default, and TLS, users and
// rates are the business of what stands in front of it. Bodies are not trusted: their size, the time of a request and the
// number of requests at work are bounded. Documents that credentials refer to are fetched by package fetch, which does not ask
// inside the own network.
package vcapi
