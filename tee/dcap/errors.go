package dcap

import "errors"

// Errors of parsing. Each is wrapped with what was being read.
var (
	// ErrSize is returned for input larger than this package reads, before any work on it.
	ErrSize = errors.New("dcap: input exceeds a size limit")
	// ErrQuoteFormat is returned for bytes that are not a version 3 ECDSA P-256 quote.
	ErrQuoteFormat = errors.New("dcap: malformed quote")
	// ErrTDX is returned for a TDX quote: only SGX enclaves are verified here.
	ErrTDX = errors.New("dcap: TDX quotes are not supported, only SGX quotes of version 3")
	// ErrQuoteVersion is returned for an SGX quote of another version than 3.
	ErrQuoteVersion = errors.New("dcap: quote version not supported")
	// ErrAttestationKeyType is returned for a quote that is not signed with ECDSA P-256.
	ErrAttestationKeyType = errors.New("dcap: attestation key type is not ECDSA P-256")
	// ErrQEVendor is returned for a quote from another quoting enclave than Intel's.
	ErrQEVendor = errors.New("dcap: quoting enclave is not Intel's")
	// ErrCertificationData is returned for a quote that does not carry its PCK certificate chain (type 5).
	ErrCertificationData = errors.New("dcap: quote carries no PCK certificate chain")
	// ErrOpenEnclaveHeader is returned for a header of Open Enclave that does not fit what follows.
	ErrOpenEnclaveHeader = errors.New("dcap: malformed Open Enclave report header")
	// ErrCertificateFormat is returned for a chain or certificate that is not as Intel issues them.
	ErrCertificateFormat = errors.New("dcap: malformed certificate")
	// ErrPCKExtension is returned for a PCK certificate whose SGX extension is missing or malformed.
	ErrPCKExtension = errors.New("dcap: malformed SGX extension in PCK certificate")
	// ErrCollateralFormat is returned for collateral that is not in a form this package reads.
	ErrCollateralFormat = errors.New("dcap: malformed collateral")
	// ErrCRLFormat is returned for a revocation list that is not as Intel issues them.
	ErrCRLFormat = errors.New("dcap: malformed revocation list")
	// ErrTCBInfoFormat is returned for TCB info that is not SGX TCB info of version 3.
	ErrTCBInfoFormat = errors.New("dcap: not SGX TCB info of version 3")
	// ErrQEIdentityFormat is returned for an enclave identity that is not the SGX quoting enclave's, version 2.
	ErrQEIdentityFormat = errors.New("dcap: not an SGX quoting enclave identity of version 2")
)

// Errors of verification: one a check.
var (
	// ErrUntrustedRoot is returned where a chain ends in another certificate than the trusted root.
	ErrUntrustedRoot = errors.New("dcap: chain does not end in the trusted root")
	// ErrChain is returned for a certificate that its issuer did not issue, or that may not do what it is used for.
	ErrChain = errors.New("dcap: certificate chain does not verify")
	// ErrCRLSignature is returned for a revocation list that its CA did not sign.
	ErrCRLSignature = errors.New("dcap: revocation list does not verify")
	// ErrCRLIssuer is returned where the PCK revocation list is of another CA than the quote's certificate.
	ErrCRLIssuer = errors.New("dcap: revocation list is not of the PCK certificate's issuer")
	// ErrRevoked is returned where a certificate stands on a revocation list.
	ErrRevoked = errors.New("dcap: certificate is revoked")
	// ErrTCBInfoSignature is returned for TCB info that the TCB signing certificate did not sign.
	ErrTCBInfoSignature = errors.New("dcap: TCB info signature does not verify")
	// ErrQEIdentitySignature is returned for a QE identity that the TCB signing certificate did not sign.
	ErrQEIdentitySignature = errors.New("dcap: QE identity signature does not verify")
	// ErrNotYetValid is returned where the given time is before something's validity.
	ErrNotYetValid = errors.New("dcap: not yet valid at the given time")
	// ErrExpired is returned where the given time is after something's validity.
	ErrExpired = errors.New("dcap: expired at the given time")
	// ErrStale is returned by CheckAge for collateral that is valid but older than allowed.
	ErrStale = errors.New("dcap: collateral is older than allowed")
	// ErrPlatformMismatch is returned where TCB info is for another FMSPC or PCEID than the quote's platform.
	ErrPlatformMismatch = errors.New("dcap: TCB info is for another platform")
	// ErrQEReportSignature is returned where the PCK did not sign the quoting enclave's report.
	ErrQEReportSignature = errors.New("dcap: quoting enclave report signature does not verify")
	// ErrQEReportData is returned where the quoting enclave did not vouch for the attestation key.
	ErrQEReportData = errors.New("dcap: quoting enclave did not vouch for the attestation key")
	// ErrQEIdentity is returned where the quoting enclave is not the one Intel describes.
	ErrQEIdentity = errors.New("dcap: quoting enclave does not match its identity")
	// ErrQuoteSignature is returned where the attestation key did not sign the quote.
	ErrQuoteSignature = errors.New("dcap: quote signature does not verify")
	// ErrDebug is returned for an enclave that runs in debug mode: its memory can be read from outside.
	ErrDebug = errors.New("dcap: enclave is in debug mode")
	// ErrTCBNotSupported is returned where no TCB level matches the platform or the quoting enclave.
	ErrTCBNotSupported = errors.New("dcap: no TCB level matches the platform")
	// ErrTCBStatus is returned where the policy does not accept the platform's TCB status.
	ErrTCBStatus = errors.New("dcap: TCB status is not accepted")
	// ErrTCBEvaluation is returned for collateral of an earlier TCB evaluation than the policy asks for.
	ErrTCBEvaluation = errors.New("dcap: TCB evaluation data number is below the minimum")
	// ErrPolicy is returned for a policy that cannot be meant.
	ErrPolicy = errors.New("dcap: invalid policy")
)
