// Package tee turns an enclave's evidence into what it proves: which code runs, under whose signature, at what security
// level, and the 64 bytes that the code wanted to say.
//
// What is trusted: for hardware, the root certificate under which the collateral was verified (package dcap, Intel's in
// production) and the policy; the time is the caller's. Evidence, and collateral before its verification, come from
// strangers. Evidence of a simulated enclave proves nothing, since everyone knows its key: it is a type of its own, which
// only a policy that says so twice accepts, and whose measurements are never those of hardware.
//
//	evidence, err := tee.ParseEvidence(raw)
//	report, err := tee.Verify(evidence, collateral, blockTime, policy)
//	err = report.CheckBinding(tee.Binding{ChainID: chainID, …})
//
// All of it is a pure function of its arguments, as package dcap is, and may be called by state-machine code.
//
// This is the half of a verifier. The other half, the interface Enclave that attests, seals and unseals inside an enclave,
// with EGo and the simulated enclave behind it, belongs to the oracle node and into this package as enclave.go,
// enclave_ego.go and enclave_simulated.go; SignSimulated is what the last of these will attest with.
package tee
