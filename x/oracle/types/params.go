package types

import (
	"slices"
	"time"

	"cosmossdk.io/math"

	"github.com/medibloc/panacea/tee/dcap"
)

// Hard limits of the parameters, whatever governance decides.
const (
	// MaxOracles bounds the oracles that may be approved at one time: counting power reads each.
	MaxOracles = 256
	// MaxTrustedBlockAge bounds how many block hashes are kept.
	MaxTrustedBlockAge = 100_000
	// MaxEvidenceAge bounds, in blocks, how long past powers are kept.
	MaxEvidenceAge = 10_000_000

	maxAttestationLifetime = 366 * 24 * time.Hour
	// intelCollateralLifetime is how long Intel issues collateral for; the chain's maximum age is shorter.
	intelCollateralLifetime = 30 * 24 * time.Hour
	maxJailDuration         = 10 * 366 * 24 * time.Hour
	maxTrustedRoots         = 4
	maxRootSize             = 8 << 10
	// maxFractionDenominator keeps products of stake and quorum far from the limits of arithmetic.
	maxFractionDenominator = 1_000_000
)

// Gas of a message beside what its reads and writes of the store cost, in the proportion in which the SDK takes 1000 for a
// transaction's secp256k1 signature: within a factor of two, on the dear side (docs/performance.md).
const (
	// GasPerSignature pays for verifying a signature by a node key.
	GasPerSignature = 590 // the SDK's price of an Ed25519 signature
	// GasPerEvidence pays for verifying a quote: five signatures and its certificates.
	GasPerEvidence = 10_000
	// GasPerCollateral pays for verifying a set of collateral: seven signatures, certificates, lists.
	GasPerCollateral = 5_000
	// GasPerCollateralByte pays for decoding a byte of collateral.
	GasPerCollateralByte = 1
)

// DefaultParams returns the parameters of a new chain; heights assume blocks of five seconds.
func DefaultParams() Params {
	return Params{
		AcceptedTcbStatuses:        []string{dcap.UpToDate.String(), dcap.SWHardeningNeeded.String()},
		MinimumTcbEvaluation:       0,
		AttestationLifetime:        30 * 24 * time.Hour,
		CollateralMaxAge:           21 * 24 * time.Hour,
		JudgementGrace:             7 * 24 * time.Hour,
		TrustedBlockMaxAge:         2000, // nearly three hours
		ApprovalQuorum:             Fraction{Numerator: 1, Denominator: 3},
		MaxCommissionRate:          math.LegacyNewDecWithPrec(50, 2),
		MaxCommissionChangeRate:    math.LegacyNewDecWithPrec(5, 2),
		MaxOracles:                 64,
		MaxCertificateLifetime:     17_280, // a day
		SlashFractionContradiction: math.LegacyNewDecWithPrec(5, 2),
		ContradictionJailDuration:  30 * 24 * time.Hour,
		MaxEvidenceAge:             241_920, // 14 days of the 21 that unbonding takes
		TrustedRoots:               [][]byte{dcap.IntelRoot().DER()},
	}
}

// Validate checks every parameter's range. The error is ErrInvalidParams.
func (p Params) Validate() error {
	if _, err := p.QuotePolicy(); err != nil {
		return err
	}
	if _, err := p.Roots(); err != nil {
		return err
	}
	for _, bound := range []struct {
		name             string
		value, min, most time.Duration
	}{
		{"attestation_lifetime", p.AttestationLifetime, time.Second, maxAttestationLifetime},
		{"collateral_max_age", p.CollateralMaxAge, time.Second, intelCollateralLifetime - 1},
		{"judgement_grace", p.JudgementGrace, 0, maxAttestationLifetime},
		{"contradiction_jail_duration", p.ContradictionJailDuration, 0, maxJailDuration},
	} {
		if bound.value < bound.min || bound.value > bound.most {
			return ErrInvalidParams.Wrapf("%s is %s; it must be %s to %s", bound.name, bound.value, bound.min, bound.most)
		}
	}
	for _, bound := range []struct {
		name             string
		value, min, most uint64
	}{
		{"trusted_block_max_age", p.TrustedBlockMaxAge, 1, MaxTrustedBlockAge},
		{"max_oracles", uint64(p.MaxOracles), 1, MaxOracles},
		{"max_evidence_age", p.MaxEvidenceAge, 2, MaxEvidenceAge},
		{"max_certificate_lifetime", p.MaxCertificateLifetime, 1, p.MaxEvidenceAge - 1},
		{"approval_quorum's denominator", uint64(p.ApprovalQuorum.Denominator), 2, maxFractionDenominator},
		{"approval_quorum's numerator", uint64(p.ApprovalQuorum.Numerator), 1, uint64(p.ApprovalQuorum.Denominator) - 1},
	} {
		if bound.value < bound.min || bound.value > bound.most {
			return ErrInvalidParams.Wrapf("%s is %d; it must be %d to %d", bound.name, bound.value, bound.min, bound.most)
		}
	}
	for _, bound := range []struct {
		name  string
		value math.LegacyDec
	}{
		{"max_commission_rate", p.MaxCommissionRate},
		{"max_commission_change_rate", p.MaxCommissionChangeRate},
		{"slash_fraction_contradiction", p.SlashFractionContradiction},
	} {
		if bound.value.IsNil() || bound.value.IsNegative() || bound.value.GT(math.LegacyOneDec()) {
			return ErrInvalidParams.Wrapf("%s is %s; it must be 0 to 1", bound.name, decString(bound.value))
		}
	}
	return nil
}

// QuotePolicy returns which platforms the parameters accept. The error is ErrInvalidParams.
func (p Params) QuotePolicy() (dcap.Policy, error) {
	policy := dcap.Policy{MinTCBEvaluationDataNumber: p.MinimumTcbEvaluation}
	for _, name := range p.AcceptedTcbStatuses {
		status, err := dcap.ParseTCBStatus(name)
		if err != nil {
			return dcap.Policy{}, ErrInvalidParams.Wrapf("accepted_tcb_statuses: %v", err)
		}
		policy.AcceptedStatuses = append(policy.AcceptedStatuses, status)
	}
	if err := policy.Validate(); err != nil {
		return dcap.Policy{}, ErrInvalidParams.Wrapf("accepted_tcb_statuses: %v", err)
	}
	return policy, nil
}

// Roots returns the trusted roots. The error is ErrInvalidParams.
func (p Params) Roots() ([]dcap.Root, error) {
	if len(p.TrustedRoots) == 0 || len(p.TrustedRoots) > maxTrustedRoots {
		return nil, ErrInvalidParams.Wrapf("there are %d trusted_roots; there must be 1 to %d", len(p.TrustedRoots), maxTrustedRoots)
	}
	roots := make([]dcap.Root, len(p.TrustedRoots))
	for i, der := range p.TrustedRoots {
		if len(der) > maxRootSize {
			return nil, ErrInvalidParams.Wrapf("a trusted root has %d bytes; at most %d", len(der), maxRootSize)
		}
		root, err := dcap.NewRoot(der)
		if err != nil {
			return nil, ErrInvalidParams.Wrapf("trusted_roots: %v", err)
		}
		roots[i] = root
	}
	return roots, nil
}

// ChangesJudgement says whether attestations that held under p may not hold under next.
func (p Params) ChangesJudgement(next Params) bool {
	return !slices.Equal(p.AcceptedTcbStatuses, next.AcceptedTcbStatuses) || p.MinimumTcbEvaluation != next.MinimumTcbEvaluation ||
		!slices.EqualFunc(p.TrustedRoots, next.TrustedRoots, slices.Equal[[]byte])
}

// ExceededBy says whether part of a whole is more than the fraction, exactly.
func (f Fraction) ExceededBy(part, whole math.Int) bool {
	return part.Mul(math.NewInt(int64(f.Denominator))).GT(whole.Mul(math.NewInt(int64(f.Numerator))))
}

func decString(d math.LegacyDec) string {
	if d.IsNil() {
		return "missing"
	}
	return d.String()
}
