package dcap

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// Policy is what a relying party accepts beyond what is always checked. The zero value accepts nothing.
type Policy struct {
	// AcceptedStatuses lists the TCB statuses that are good enough. Revoked never is.
	AcceptedStatuses []TCBStatus
	// MinTCBEvaluationDataNumber is the earliest TCB evaluation whose TCB info and QE identity are accepted: raising it after
	// an attack makes everyone use collateral that knows of it.
	MinTCBEvaluationDataNumber uint32
}

// Validate reports a policy that cannot be meant: no status, an unknown one, one twice, or Revoked. Error: ErrPolicy.
func (p Policy) Validate() error {
	if len(p.AcceptedStatuses) == 0 {
		return fmt.Errorf("%w: no TCB status is accepted", ErrPolicy)
	}
	for i, s := range p.AcceptedStatuses {
		if s < UpToDate || s >= Revoked {
			return fmt.Errorf("%w: TCB status %v cannot be accepted", ErrPolicy, s)
		}
		if slices.Contains(p.AcceptedStatuses[:i], s) {
			return fmt.Errorf("%w: TCB status %v stands twice", ErrPolicy, s)
		}
	}
	return nil
}

// Result is what a verified quote proves.
type Result struct {
	Report Report // the attested enclave
	PCK    PCK    // its platform
	// Status joins the platform's and the quoting enclave's; AdvisoryIDs lists Intel's security advisories for both levels.
	Status      TCBStatus
	AdvisoryIDs []string
	// TCBDate is the date of the platform's TCB level: no advisory before it is open.
	TCBDate time.Time
	// TCBEvaluationDataNumber is the lower of TCB info's and QE identity's.
	TCBEvaluationDataNumber uint32
	// Expiry is the earliest end of validity of everything that was relied on.
	Expiry time.Time
}

// VerifyQuote checks a quote against verified collateral at a time under a policy. What it proves is in the result, which
// is only returned without an error.
//
// Errors, in the order of the checks: ErrPolicy, ErrPlatformMismatch, ErrUntrustedRoot, ErrChain, ErrCRLIssuer, ErrRevoked,
// ErrQEReportSignature, ErrQEReportData, ErrQEIdentity, ErrQuoteSignature, ErrDebug, ErrTCBNotSupported, ErrTCBEvaluation,
// ErrTCBStatus, ErrNotYetValid, ErrExpired.
func (v *VerifiedCollateral) VerifyQuote(q *Quote, now time.Time, policy Policy) (Result, error) {
	if err := policy.Validate(); err != nil {
		return Result{}, err
	}
	validities := append(slices.Clone(v.validities),
		certificateValidity("PCK CA certificate of the quote", q.chain.ca),
		certificateValidity("PCK certificate", q.chain.leaf))
	checks := []func() error{
		func() error { return v.checkPlatform(q) },
		func() error { return v.checkPCKChain(q) },
		func() error { return v.checkPCKRevocation(q) },
		func() error { return checkQEReportSignature(q) },
		func() error { return checkQEReportData(q) },
		func() error { return v.QEIdentity.check(q.qeReport) },
		func() error { return checkQuoteSignature(q) },
		func() error { return checkNotDebug(q) },
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return Result{}, err
		}
	}
	result := Result{Report: q.Report, PCK: q.PCK, Expiry: earliest(validities)}
	if err := v.determineTCB(q, &result); err != nil {
		return Result{}, err
	}
	if err := checkTCBEvaluation(result, policy); err != nil {
		return Result{}, err
	}
	if err := checkTCBStatus(result, policy); err != nil {
		return Result{}, err
	}
	if err := checkTime(validities, now); err != nil {
		return Result{}, err
	}
	return result, nil
}

// checkPlatform: TCB info is for the platform's FMSPC and PCEID (QVL 4.1.2.4.10).
func (v *VerifiedCollateral) checkPlatform(q *Quote) error {
	if v.TCBInfo.FMSPC != q.PCK.FMSPC || v.TCBInfo.PCEID != q.PCK.PCEID {
		return fmt.Errorf("%w: TCB info is for %v, PCEID %X; the quote is from %v, PCEID %X",
			ErrPlatformMismatch, v.TCBInfo.FMSPC, v.TCBInfo.PCEID, q.PCK.FMSPC, q.PCK.PCEID)
	}
	return nil
}

// checkPCKChain: the chain inside the quote ends in the trusted root, whose PCK CA issued the certificate of a PCK
// (PCK profile §2; QVL 4.1.2.4.4 and PckCertVerifier).
func (v *VerifiedCollateral) checkPCKChain(q *Quote) error {
	if err := v.root.check(q.chain.root); err != nil {
		return fmt.Errorf("PCK chain: %w", err)
	}
	if err := checkPCKCA(q.chain.ca, v.root, &v.RootCRL); err != nil {
		return fmt.Errorf("PCK chain: %w", err)
	}
	if err := checkIssued(q.chain.leaf, q.chain.ca); err != nil {
		return fmt.Errorf("PCK chain: %w", err)
	}
	return checkLeaf(q.chain.leaf, namePCK)
}

// checkPCKRevocation: the revocation list is of the CA that issued the PCK certificate, and does not name it
// (QVL 4.1.2.4.6 and .7).
func (v *VerifiedCollateral) checkPCKRevocation(q *Quote) error {
	if !sameKey(v.pckCA, q.chain.ca) {
		return fmt.Errorf("%w: the list is the %v CA's, the certificate the %v CA's", ErrCRLIssuer, v.CA, q.PCK.CA)
	}
	if v.PCKCRL.Revoked(q.PCK.Serial) {
		return fmt.Errorf("%w: PCK certificate %x", ErrRevoked, q.PCK.Serial)
	}
	return nil
}

// checkQEReportSignature: the PCK signed the quoting enclave's report (QVL 4.1.2.4.12).
func checkQEReportSignature(q *Quote) error {
	if !verifySignature(q.chain.key(), q.qeReportRaw, q.qeReportSignature) {
		return ErrQEReportSignature
	}
	return nil
}

// checkQEReportData: the quoting enclave vouches for the attestation key: its report data are SHA-256 over key and
// authentication data, then 32 zero bytes (QL appendix A, "ECDSA 256-bit Quote Signature Data Structure"; QVL 4.1.2.4.13).
func checkQEReportData(q *Quote) error {
	var want [64]byte
	h := sha256.New()
	h.Write(q.attestationKey)
	h.Write(q.qeAuthData)
	h.Sum(want[:0])
	if q.qeReport.ReportData != want {
		return ErrQEReportData
	}
	return nil
}

// checkQuoteSignature: the attestation key signed header and report (QVL 4.1.2.4.16).
func checkQuoteSignature(q *Quote) error {
	key, err := publicKey(q.attestationKey)
	if err != nil {
		return fmt.Errorf("%w: attestation key: %v", ErrQuoteSignature, err)
	}
	if !verifySignature(key, q.signed, q.signature) {
		return ErrQuoteSignature
	}
	return nil
}

// checkNotDebug: the enclave's memory is closed to its host (QL appendix A, "Enclave Report Body", ATTRIBUTES).
func checkNotDebug(q *Quote) error {
	if q.Report.Debug() {
		return ErrDebug
	}
	return nil
}

// determineTCB finds the TCB levels of platform and quoting enclave and joins them (QVL 4.1.2.4.17, 4.1.2.9.9).
func (v *VerifiedCollateral) determineTCB(q *Quote, result *Result) error {
	platform, err := v.TCBInfo.match(q.PCK)
	if err != nil {
		return err
	}
	qe, err := v.QEIdentity.match(q.qeReport.ISVSVN)
	if err != nil {
		return err
	}
	result.Status = combine(platform.Status, qe.Status)
	result.TCBDate = platform.Date
	result.AdvisoryIDs = slices.Clone(platform.AdvisoryIDs)
	for _, id := range qe.AdvisoryIDs {
		if !slices.Contains(result.AdvisoryIDs, id) {
			result.AdvisoryIDs = append(result.AdvisoryIDs, id)
		}
	}
	result.TCBEvaluationDataNumber = min(v.TCBInfo.EvaluationDataNumber, v.QEIdentity.EvaluationDataNumber)
	return nil
}

// checkTCBEvaluation: the collateral knows of the attacks that the policy wants known.
func checkTCBEvaluation(result Result, policy Policy) error {
	if result.TCBEvaluationDataNumber < policy.MinTCBEvaluationDataNumber {
		return fmt.Errorf("%w: %d, at least %d is wanted", ErrTCBEvaluation, result.TCBEvaluationDataNumber, policy.MinTCBEvaluationDataNumber)
	}
	return nil
}

// checkTCBStatus: the platform's security level is good enough.
func checkTCBStatus(result Result, policy Policy) error {
	if !slices.Contains(policy.AcceptedStatuses, result.Status) {
		return fmt.Errorf("%w: %v, advisories %v", ErrTCBStatus, result.Status, result.AdvisoryIDs)
	}
	return nil
}

// checkTime: everything relied on is in force.
func checkTime(validities []validity, now time.Time) error {
	for _, part := range validities {
		if err := part.check(now); err != nil {
			return err
		}
	}
	return nil
}
