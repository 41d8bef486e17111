// Package sgx is the enclave of a process that EGo (github.com/edgelesssys/ego) runs inside Intel SGX: it attests by DCAP
// quotes, and seals to the build (MRENCLAVE) and the CPU.
//
//	enclave, err := sgx.Open() // tee.ErrNoEnclave where there is none
//
// What is trusted: the CPU, and EGo's runtime inside the enclave. Everything else of the machine is the operator's.
//
// It compiles with plain Go. Outside of an enclave, Open fails and nothing else can be called, which matters: EGo's own
// sealing functions work there too, with a key of zeros.
package sgx
