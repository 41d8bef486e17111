// Package dcapdiff holds tee/dcap against a verifier that nobody here wrote: oasis-core's common/sgx/pcs, on its real
// quotes, on synthetic ones, and on mutations of both. Verdicts must be the same, or the difference stands in
// differences_test.go with its reason; docs/decisions/dcap.md tells them to people.
package dcapdiff
