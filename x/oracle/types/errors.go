package types

import (
	"errors"

	"google.golang.org/grpc/codes"

	errorsmod "cosmossdk.io/errors"
)

// Errors of the module. Their codes are part of the chain's interface and never change their meaning; the gRPC status of
// each is what a query answers with.
var (
	// ErrInvalidCertificate says that a field of a certificate is malformed.
	ErrInvalidCertificate = errorsmod.RegisterWithGRPCCode(ModuleName, 2, codes.InvalidArgument, "invalid certificate")
	// ErrInvalidSignature says that a signature is malformed or does not verify under the node key.
	ErrInvalidSignature = errorsmod.RegisterWithGRPCCode(ModuleName, 3, codes.Unauthenticated, "invalid signature of an oracle")
	// ErrOracleNotFound says that the address has neither an oracle nor a registration.
	ErrOracleNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 4, codes.NotFound, "oracle not found")
	// ErrNotApproved says that the oracle is registered and waits for approvals.
	ErrNotApproved = errorsmod.RegisterWithGRPCCode(ModuleName, 5, codes.FailedPrecondition, "oracle is not approved")
	// ErrMeasurementNotAllowed says that the enclave's measurement is unknown, not yet active, expired, or of too low a security version.
	ErrMeasurementNotAllowed = errorsmod.RegisterWithGRPCCode(ModuleName, 6, codes.FailedPrecondition, "enclave measurement is not allowed at this height")
	// ErrAttestationExpired says that the oracle has not renewed its attestation in time.
	ErrAttestationExpired = errorsmod.RegisterWithGRPCCode(ModuleName, 7, codes.FailedPrecondition, "attestation has expired; a fresh quote must renew it")
	// ErrAttestationFailed says that newer collateral, or parameters, condemn the oracle's platform.
	ErrAttestationFailed = errorsmod.RegisterWithGRPCCode(ModuleName, 8, codes.FailedPrecondition, "attestation does not hold against present collateral")
	// ErrValidatorNotBonded says that the oracle's validator is unbonding, unbonded or gone.
	ErrValidatorNotBonded = errorsmod.RegisterWithGRPCCode(ModuleName, 9, codes.FailedPrecondition, "validator is not bonded")
	// ErrValidatorJailed says that the oracle's validator is jailed, as a tombstoned one is for ever.
	ErrValidatorJailed = errorsmod.RegisterWithGRPCCode(ModuleName, 10, codes.FailedPrecondition, "validator is jailed")
	// ErrNotValidator says that the account operates no validator.
	ErrNotValidator = errorsmod.RegisterWithGRPCCode(ModuleName, 11, codes.PermissionDenied, "account operates no validator")
	// ErrInvalidEvidence says that evidence is in no known form.
	ErrInvalidEvidence = errorsmod.RegisterWithGRPCCode(ModuleName, 12, codes.InvalidArgument, "invalid attestation evidence")
	// ErrEvidenceRejected says that evidence does not verify, or that policy refuses the platform that it is from.
	ErrEvidenceRejected = errorsmod.RegisterWithGRPCCode(ModuleName, 13, codes.PermissionDenied, "attestation evidence rejected")
	// ErrReportData says that evidence is for another chain, address, key or block.
	ErrReportData = errorsmod.RegisterWithGRPCCode(ModuleName, 14, codes.PermissionDenied, "attestation evidence is bound to something else")
	// ErrSimulatedNotAllowed says that the chain accepts no simulated enclaves.
	ErrSimulatedNotAllowed = errorsmod.RegisterWithGRPCCode(ModuleName, 15, codes.PermissionDenied, "simulated enclaves are not allowed on this chain")
	// ErrTrustedBlock says that the trusted block is not one of the chain's, or too old.
	ErrTrustedBlock = errorsmod.RegisterWithGRPCCode(ModuleName, 16, codes.FailedPrecondition, "trusted block is unknown or too old")
	// ErrNodeKeyUsed says that the node key has been registered before.
	ErrNodeKeyUsed = errorsmod.RegisterWithGRPCCode(ModuleName, 17, codes.AlreadyExists, "node key has been used before")
	// ErrOraclePublicKey says that the first oracle brings no oracle public key, or a later one brings one.
	ErrOraclePublicKey = errorsmod.RegisterWithGRPCCode(ModuleName, 18, codes.FailedPrecondition, "only the first oracle brings the oracle public key")
	// ErrInvalidCommission says that a commission is out of its bounds, or changed too soon or too much.
	ErrInvalidCommission = errorsmod.RegisterWithGRPCCode(ModuleName, 19, codes.InvalidArgument, "invalid commission")
	// ErrInvalidSequence says that a message of an oracle was signed for another sequence number.
	ErrInvalidSequence = errorsmod.RegisterWithGRPCCode(ModuleName, 20, codes.FailedPrecondition, "wrong sequence number of the node key")
	// ErrNotPending says that no such registration waits for approval.
	ErrNotPending = errorsmod.RegisterWithGRPCCode(ModuleName, 21, codes.NotFound, "no such registration waits for approval")
	// ErrSelfApproval says that an oracle approves itself.
	ErrSelfApproval = errorsmod.RegisterWithGRPCCode(ModuleName, 22, codes.PermissionDenied, "an oracle cannot approve itself")
	// ErrAlreadyApproved says that this oracle has approved the registration before.
	ErrAlreadyApproved = errorsmod.RegisterWithGRPCCode(ModuleName, 23, codes.AlreadyExists, "already approved")
	// ErrTooManyOracles says that as many oracles as may be are approved.
	ErrTooManyOracles = errorsmod.RegisterWithGRPCCode(ModuleName, 24, codes.ResourceExhausted, "too many oracles")
	// ErrInvalidCollateral says that collateral is malformed, forged, or for another root.
	ErrInvalidCollateral = errorsmod.RegisterWithGRPCCode(ModuleName, 25, codes.InvalidArgument, "invalid collateral")
	// ErrCollateralOutdated says that no part of collateral is newer than the chain's.
	ErrCollateralOutdated = errorsmod.RegisterWithGRPCCode(ModuleName, 26, codes.FailedPrecondition, "collateral is no newer than the chain's")
	// ErrCollateralNotFound says that the chain has no collateral for the platform; anyone may submit it.
	ErrCollateralNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 27, codes.NotFound, "no collateral for the platform; submit it first")
	// ErrCollateralTooOld says that collateral has outlived the maximum age or its own validity.
	ErrCollateralTooOld = errorsmod.RegisterWithGRPCCode(ModuleName, 28, codes.FailedPrecondition, "collateral is too old; submit newer")
	// ErrInvalidParams says that parameters are out of their range.
	ErrInvalidParams = errorsmod.RegisterWithGRPCCode(ModuleName, 29, codes.InvalidArgument, "invalid parameters")
	// ErrUnauthorized says that an account other than the authority asked for what only the authority may.
	ErrUnauthorized = errorsmod.RegisterWithGRPCCode(ModuleName, 30, codes.PermissionDenied, "only the authority may do this")
	// ErrInvalidGenesis says that a genesis state contradicts itself.
	ErrInvalidGenesis = errorsmod.RegisterWithGRPCCode(ModuleName, 31, codes.InvalidArgument, "invalid genesis state")
	// ErrInvalidRequest says that a query is malformed.
	ErrInvalidRequest = errorsmod.RegisterWithGRPCCode(ModuleName, 32, codes.InvalidArgument, "invalid request")
	// ErrInvalidAddress says that an account address is malformed.
	ErrInvalidAddress = errorsmod.RegisterWithGRPCCode(ModuleName, 33, codes.InvalidArgument, "invalid account address")
	// ErrInvalidMessage says that a field of a message is malformed or too large.
	ErrInvalidMessage = errorsmod.RegisterWithGRPCCode(ModuleName, 34, codes.InvalidArgument, "invalid message")
	// ErrInvalidMisbehaviour says that evidence of misbehaviour proves none.
	ErrInvalidMisbehaviour = errorsmod.RegisterWithGRPCCode(ModuleName, 35, codes.InvalidArgument, "not evidence of misbehaviour")
	// ErrMisbehaviourTooOld says that the stake which answers for misbehaviour may have been withdrawn since.
	ErrMisbehaviourTooOld = errorsmod.RegisterWithGRPCCode(ModuleName, 36, codes.FailedPrecondition, "misbehaviour is too old to be punished")
	// ErrAlreadyPunished says that contradictory certificates of the node key have been punished.
	ErrAlreadyPunished = errorsmod.RegisterWithGRPCCode(ModuleName, 37, codes.AlreadyExists, "misbehaviour has been punished already")
)

// IsInactivity says whether an error says why an oracle is not active, and not that it could not be found out.
func IsInactivity(err error) bool {
	for _, reason := range []error{
		ErrAttestationExpired, ErrAttestationFailed, ErrMeasurementNotAllowed,
		ErrValidatorNotBonded, ErrValidatorJailed, ErrOracleNotFound, ErrNotApproved,
	} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
