package keeper

import (
	"context"
	"errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/dcap"
	"github.com/medibloc/panacea/x/oracle/types"
)

// attest verifies evidence at block time and by everything that the chain asks of a new attestation: a measurement that is
// allowed now, collateral that is not too old, a platform that the parameters accept, and report data bound to exactly this.
//
// Errors: ErrInvalidEvidence, ErrSimulatedNotAllowed, ErrMeasurementNotAllowed, ErrCollateralNotFound, ErrCollateralTooOld,
// ErrEvidenceRejected, ErrReportData.
func (k Keeper) attest(ctx context.Context, params types.Params, raw []byte, binding tee.Binding) (types.Attestation, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(types.GasPerEvidence, "x/oracle: attestation evidence")
	evidence, err := readEvidence(raw)
	if err != nil {
		return types.Attestation{}, err
	}
	if err := k.checkSimulated(ctx, evidence.simulated()); err != nil {
		return types.Attestation{}, err
	}
	measurement, err := k.measurement(ctx, evidence.measurement[:], evidence.simulated())
	if err != nil {
		return types.Attestation{}, err
	}
	if err := measurement.CheckAllowed(sdkCtx.BlockHeight(), uint32(evidence.svn)); err != nil {
		return types.Attestation{}, err
	}
	policy, err := evidence.policy(params, measurement.Signer)
	if err != nil {
		return types.Attestation{}, err
	}
	var collateral *dcap.VerifiedCollateral
	if !evidence.simulated() {
		collateral, err = k.collateral(ctx, params, evidence.platform)
		if errors.Is(err, types.ErrCollateralNotFound) {
			return types.Attestation{}, err
		}
		if err != nil {
			return types.Attestation{}, types.ErrEvidenceRejected.Wrapf("the chain's collateral for the platform: %v", err)
		}
		if err := checkFresh(collateral, blockTime(ctx), params); err != nil {
			return types.Attestation{}, err
		}
	}
	report, err := tee.Verify(evidence.parsed, collateral, blockTime(ctx), policy)
	if err != nil {
		return types.Attestation{}, types.ErrEvidenceRejected.Wrap(err.Error())
	}
	if err := report.CheckBinding(binding); err != nil {
		return types.Attestation{}, types.ErrReportData.Wrap("chain, address, node keys, oracle public key or trusted block differ")
	}
	now := blockTime(ctx)
	attestation := types.Attestation{
		Measurement:   report.Measurement[:],
		Svn:           uint32(report.SVN),
		Simulated:     evidence.simulated(),
		Platform:      evidence.platform,
		TcbEvaluation: report.TCBEvaluationDataNumber,
		TrustedBlock:  types.TrustedBlock{Height: int64(binding.TrustedHeight), Hash: binding.TrustedHash},
		AttestedAt:    now,
		ExpiresAt:     now.Add(params.AttestationLifetime),
		JudgedAt:      now,
	}
	if !evidence.simulated() {
		attestation.TcbStatus = report.TCBStatus.String()
	}
	return attestation, nil
}

// checkSimulated refuses what is simulated on a chain whose genesis does not allow it. The error is ErrSimulatedNotAllowed.
func (k Keeper) checkSimulated(ctx context.Context, simulated bool) error {
	if !simulated {
		return nil
	}
	allowed, err := k.AllowSimulated.Get(ctx)
	if err != nil {
		return err
	}
	if !allowed {
		return types.ErrSimulatedNotAllowed
	}
	return nil
}

// evidence is what evidence claims before anything of it is verified.
type evidence struct {
	parsed      tee.Evidence
	measurement [32]byte
	svn         uint16
	platform    types.Platform // empty if simulated
}

// readEvidence parses evidence. The error is ErrInvalidEvidence.
func readEvidence(raw []byte) (evidence, error) {
	parsed, err := tee.ParseEvidence(raw)
	if err != nil {
		return evidence{}, types.ErrInvalidEvidence.Wrap(err.Error())
	}
	switch e := parsed.(type) {
	case tee.Simulated:
		return evidence{parsed: e, measurement: e.Measurement, svn: e.SVN}, nil
	case tee.SGX:
		quote, err := dcap.ParseQuote(e.Quote)
		if err != nil {
			return evidence{}, types.ErrInvalidEvidence.Wrap(err.Error())
		}
		return evidence{
			parsed: e, measurement: quote.Report.MRENCLAVE, svn: quote.Report.ISVSVN,
			platform: types.Platform{TcbInfo: types.TCBInfoSubject(quote.PCK.FMSPC, quote.PCK.PCEID), Ca: quote.PCK.CA.String()},
		}, nil
	}
	return evidence{}, types.ErrInvalidEvidence.Wrapf("kind %s", parsed.Kind())
}

func (e evidence) simulated() bool { return e.parsed.Kind() == tee.KindSimulated }

// policy accepts this measurement, under a signer if one is given, on the platforms of the parameters. That heights and
// security version are in order is checked beside it, because that changes with the height.
func (e evidence) policy(params types.Params, signer []byte) (tee.Policy, error) {
	tcb, err := params.QuotePolicy()
	if err != nil {
		return tee.Policy{}, err
	}
	enclave := tee.AllowedEnclave{Kind: e.parsed.Kind(), Measurement: e.measurement}
	copy(enclave.Signer[:], signer)
	return tee.Policy{Enclaves: []tee.AllowedEnclave{enclave}, TCB: tcb, AllowSimulated: e.simulated()}, nil
}

// judge verifies evidence that was accepted once against the present collateral and parameters, and returns the attestation as
// judged. Neither the age of collateral counts here, since that is no fault of the oracle's, nor heights, which are checked at
// each use. What fails because something was revoked fails at once; everything else after a grace, which does not begin anew.
func (k Keeper) judge(ctx context.Context, params types.Params, raw []byte, attestation types.Attestation) (types.Attestation, error) {
	now := blockTime(ctx)
	if attestation.Simulated {
		return attestation, nil
	}
	evidence, err := readEvidence(raw)
	if err != nil {
		return types.Attestation{}, err // what was accepted once parses
	}
	accepted, err := params.QuotePolicy()
	if err != nil {
		return types.Attestation{}, err
	}
	collateral, err := k.collateral(ctx, params, evidence.platform)
	var report tee.Report
	if err == nil {
		policy := tee.Policy{
			Enclaves: []tee.AllowedEnclave{{Kind: tee.KindSGX, Measurement: evidence.measurement}},
			TCB:      dcap.Policy{AcceptedStatuses: allStatuses()}, // whatever is not revoked; the parameters are asked below
		}
		report, err = tee.Verify(evidence.parsed, collateral, now, policy)
	}
	attestation.JudgedAt = now
	switch {
	case err != nil:
		attestation.Failure = failure(attestation.Failure, err.Error(), now, graceAfter(err, params))
		return attestation, nil
	case report.TCBEvaluationDataNumber < accepted.MinTCBEvaluationDataNumber:
		attestation.Failure = failure(attestation.Failure, "collateral is of too early a TCB evaluation", now, graceAfter(nil, params))
	case !acceptsStatus(accepted, report.TCBStatus):
		attestation.Failure = failure(attestation.Failure, "TCB status "+report.TCBStatus.String(), now, graceAfter(nil, params))
	default:
		attestation.Failure = nil
	}
	attestation.TcbStatus, attestation.TcbEvaluation = report.TCBStatus.String(), report.TCBEvaluationDataNumber
	return attestation, nil
}

// graceAfter returns how long an oracle has to mend what a judgement found. A platform that is revoked, by certificate or TCB
// level, and one that no trusted root vouches for, have none.
func graceAfter(err error, params types.Params) judgementGrace {
	for _, final := range []error{dcap.ErrRevoked, dcap.ErrTCBStatus, dcap.ErrUntrustedRoot} {
		if errors.Is(err, final) {
			return 0
		}
	}
	return judgementGrace(params.JudgementGrace)
}

func allStatuses() (statuses []dcap.TCBStatus) {
	for status := dcap.UpToDate; status < dcap.Revoked; status++ {
		statuses = append(statuses, status)
	}
	return statuses
}

func acceptsStatus(policy dcap.Policy, status dcap.TCBStatus) bool {
	for _, accepted := range policy.AcceptedStatuses {
		if accepted == status {
			return true
		}
	}
	return false
}
