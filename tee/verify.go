package tee

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/medibloc/panacea/tee/dcap"
)

// Errors of verification, beside those of package dcap.
var (
	// ErrSimulated is returned for evidence of a simulated enclave under a policy that does not allow it.
	ErrSimulated = errors.New("tee: simulated enclaves are not accepted")
	// ErrSimulatedSignature is returned for simulated evidence that was damaged.
	ErrSimulatedSignature = errors.New("tee: simulated enclave's signature does not verify")
	// ErrCollateral is returned for hardware evidence without collateral.
	ErrCollateral = errors.New("tee: no collateral for the evidence")
	// ErrMeasurement is returned for an enclave that the policy does not allow, by measurement, kind or signer.
	ErrMeasurement = errors.New("tee: enclave is not allowed")
	// ErrSVN is returned for an allowed enclave with too low a security version.
	ErrSVN = errors.New("tee: enclave's security version is below the minimum")
	// ErrKind is returned by a verifier for evidence that is another one's.
	ErrKind = errors.New("tee: evidence is of another kind")
)

// Report is what accepted evidence proves.
type Report struct {
	Kind        Kind
	Measurement [32]byte // MRENCLAVE
	Signer      [32]byte // MRSIGNER
	ProductID   uint16   // ISVPRODID
	SVN         uint16   // ISVSVN
	ReportData  [64]byte

	// The rest is about hardware and zero for a simulated enclave.

	TCBStatus               dcap.TCBStatus
	AdvisoryIDs             []string
	TCBEvaluationDataNumber uint32
	Platform                dcap.PCK // FMSPC, PCEID, PCK certificate serial and CA, PPID
	// Expiry is the earliest end of validity of everything that was relied on, certificates included.
	Expiry time.Time
}

// Verifier turns one kind of evidence into what it proves, at a time, under a policy. Collateral is for hardware and may be
// nil otherwise. A verifier keeps no state, and its answer depends on nothing but its arguments.
type Verifier interface {
	Verify(e Evidence, collateral *dcap.VerifiedCollateral, now time.Time, policy Policy) (Report, error)
}

// Verify verifies evidence with the verifier of its kind. The report is only returned without an error.
//
// Errors: ErrPolicy, ErrKind, ErrSimulated, ErrSimulatedSignature, ErrCollateral, ErrMeasurement, ErrSVN, and those of
// dcap.ParseQuote and dcap.VerifiedCollateral.VerifyQuote.
func Verify(e Evidence, collateral *dcap.VerifiedCollateral, now time.Time, policy Policy) (Report, error) {
	var v Verifier = DCAPVerifier{}
	if _, ok := e.(Simulated); ok {
		v = SimulatedVerifier{}
	}
	return v.Verify(e, collateral, now, policy)
}

// DCAPVerifier verifies SGX quotes with package dcap.
type DCAPVerifier struct{}

// Verify implements Verifier.
func (DCAPVerifier) Verify(e Evidence, collateral *dcap.VerifiedCollateral, now time.Time, policy Policy) (Report, error) {
	if err := policy.Validate(); err != nil {
		return Report{}, err
	}
	sgx, ok := e.(SGX)
	if !ok {
		return Report{}, ErrKind
	}
	if collateral == nil {
		return Report{}, ErrCollateral
	}
	quote, err := dcap.ParseQuote(sgx.Quote)
	if err != nil {
		return Report{}, err
	}
	// The cheap question first: a quote for another enclave is not worth five signatures.
	if err := checkEnclave(policy, KindSGX, quote.Report.MRENCLAVE, quote.Report.MRSIGNER, quote.Report.ISVSVN); err != nil {
		return Report{}, err
	}
	result, err := collateral.VerifyQuote(quote, now, policy.TCB)
	if err != nil {
		return Report{}, err
	}
	return Report{
		Kind:                    KindSGX,
		Measurement:             result.Report.MRENCLAVE,
		Signer:                  result.Report.MRSIGNER,
		ProductID:               result.Report.ISVProdID,
		SVN:                     result.Report.ISVSVN,
		ReportData:              result.Report.ReportData,
		TCBStatus:               result.Status,
		AdvisoryIDs:             result.AdvisoryIDs,
		TCBEvaluationDataNumber: result.TCBEvaluationDataNumber,
		Platform:                result.PCK,
		Expiry:                  result.Expiry,
	}, nil
}

// SimulatedVerifier accepts simulated enclaves where a policy allows them.
type SimulatedVerifier struct{}

// Verify implements Verifier; collateral and time are not used.
func (SimulatedVerifier) Verify(e Evidence, _ *dcap.VerifiedCollateral, _ time.Time, policy Policy) (Report, error) {
	if err := policy.Validate(); err != nil {
		return Report{}, err
	}
	s, ok := e.(Simulated)
	if !ok {
		return Report{}, ErrKind
	}
	if !policy.AllowSimulated {
		return Report{}, ErrSimulated
	}
	if err := checkEnclave(policy, KindSimulated, s.Measurement, s.Signer, s.SVN); err != nil {
		return Report{}, err
	}
	if !ed25519.Verify(SimulatedKey().Public().(ed25519.PublicKey), s.statement(), s.signature[:]) {
		return Report{}, ErrSimulatedSignature
	}
	return Report{
		Kind: KindSimulated, Measurement: s.Measurement, Signer: s.Signer, ProductID: s.ProductID, SVN: s.SVN, ReportData: s.ReportData,
	}, nil
}

// checkEnclave: the policy allows an enclave of this kind, measurement, signer and security version.
func checkEnclave(p Policy, kind Kind, measurement, signer [32]byte, svn uint16) error {
	for _, allowed := range p.Enclaves {
		if allowed.Kind != kind || allowed.Measurement != measurement {
			continue
		}
		if allowed.Signer != ([32]byte{}) && allowed.Signer != signer {
			return fmt.Errorf("%w: %v enclave %x is signed by %x", ErrMeasurement, kind, measurement, signer)
		}
		if svn < allowed.MinSVN {
			return fmt.Errorf("%w: %d, at least %d is wanted", ErrSVN, svn, allowed.MinSVN)
		}
		return nil
	}
	return fmt.Errorf("%w: %v enclave %x", ErrMeasurement, kind, measurement)
}
