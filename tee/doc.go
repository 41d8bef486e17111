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
// All of this is a pure function of its arguments, as package dcap is, and may be called by state-machine code.
//
// The other half of the package is Enclave: the trusted
// execution environment that the process itself runs in, which attests and seals. Package sgx has the real one, by EGo;
// SimulatedEnclave is for development.
//
//	enclave, err := sgx.Open()
//	evidence, err := enclave.Attest(binding.ReportData())
//	sealed, err := enclave.Seal(secret, []byte("node keys"))
package tee
