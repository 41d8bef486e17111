package types

import (
	"google.golang.org/grpc/codes"

	errorsmod "cosmossdk.io/errors"
)

// Errors of the module. Their codes are part of the chain's interface and never change their meaning; the gRPC status of
// each is what a query answers with. What is wrong with a certificate's form, a signature or an oracle is an error of x/oracle;
// with a DID, of x/did.
var (
	// ErrInvalidAddress says that an account address is malformed.
	ErrInvalidAddress = errorsmod.RegisterWithGRPCCode(ModuleName, 2, codes.InvalidArgument, "invalid account address")
	// ErrInvalidConsumerKey says that the consumer key is no HPKE public key of a suite of package seal.
	ErrInvalidConsumerKey = errorsmod.RegisterWithGRPCCode(ModuleName, 3, codes.InvalidArgument, "invalid consumer key")
	// ErrInvalidBudget says that a budget is of another denomination, no multiple of the number of data, or buys them too cheaply.
	ErrInvalidBudget = errorsmod.RegisterWithGRPCCode(ModuleName, 4, codes.InvalidArgument, "invalid budget")
	// ErrInvalidDataCount says that a deal wants no data, or too many.
	ErrInvalidDataCount = errorsmod.RegisterWithGRPCCode(ModuleName, 5, codes.InvalidArgument, "invalid number of data")
	// ErrInvalidRequirements says that requirements are malformed or too large.
	ErrInvalidRequirements = errorsmod.RegisterWithGRPCCode(ModuleName, 6, codes.InvalidArgument, "invalid requirements")
	// ErrInvalidTerms says that agreement terms are malformed, out of order, or too large.
	ErrInvalidTerms = errorsmod.RegisterWithGRPCCode(ModuleName, 7, codes.InvalidArgument, "invalid agreement terms")
	// ErrInvalidUniqueness says that a deal's uniqueness is unknown, or needs a presentation definition that is not there.
	ErrInvalidUniqueness = errorsmod.RegisterWithGRPCCode(ModuleName, 8, codes.InvalidArgument, "invalid uniqueness")
	// ErrInvalidQuorum says that a deal's quorum is no share of a whole, or less than the chain's minimum.
	ErrInvalidQuorum = errorsmod.RegisterWithGRPCCode(ModuleName, 9, codes.InvalidArgument, "invalid quorum")
	// ErrInvalidExpiry says that a deal would expire in the past or too late.
	ErrInvalidExpiry = errorsmod.RegisterWithGRPCCode(ModuleName, 10, codes.InvalidArgument, "invalid expiry")
	// ErrDisputesNotAvailable says that a deal asks for a dispute window, which comes with a later version of the chain.
	ErrDisputesNotAvailable = errorsmod.RegisterWithGRPCCode(ModuleName, 11, codes.Unimplemented, "disputes are not available yet; leave the dispute window at zero")
	// ErrDealNotFound says that there is no deal with the id.
	ErrDealNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 12, codes.NotFound, "deal not found")
	// ErrDealNotActive says that the deal is completed, deactivated or expired.
	ErrDealNotActive = errorsmod.RegisterWithGRPCCode(ModuleName, 13, codes.FailedPrecondition, "deal is not active")
	// ErrDealExpired says that the deal's time is over, even if it has not been closed yet.
	ErrDealExpired = errorsmod.RegisterWithGRPCCode(ModuleName, 14, codes.FailedPrecondition, "deal has expired")
	// ErrNotConsumer says that the account is not the deal's consumer.
	ErrNotConsumer = errorsmod.RegisterWithGRPCCode(ModuleName, 15, codes.PermissionDenied, "account is not the deal's consumer")
	// ErrNotProvider says that the account is not the certificate's provider.
	ErrNotProvider = errorsmod.RegisterWithGRPCCode(ModuleName, 16, codes.PermissionDenied, "account is not the certificate's provider")
	// ErrWrongChain says that the certificate is for another chain.
	ErrWrongChain = errorsmod.RegisterWithGRPCCode(ModuleName, 17, codes.InvalidArgument, "certificate is for another chain")
	// ErrCertificateExpired says that the certificate's last height is over.
	ErrCertificateExpired = errorsmod.RegisterWithGRPCCode(ModuleName, 18, codes.FailedPrecondition, "certificate has expired; ask the oracles again")
	// ErrCertificateTooEarly says that the certificate's last height is further away than a certificate may be used before it.
	ErrCertificateTooEarly = errorsmod.RegisterWithGRPCCode(ModuleName, 19, codes.FailedPrecondition, "certificate cannot be used so long before its last height")
	// ErrInvalidSignatures says that there are no signatures, too many, or that they are not in ascending order of distinct oracles.
	ErrInvalidSignatures = errorsmod.RegisterWithGRPCCode(ModuleName, 20, codes.InvalidArgument, "signatures must be of distinct oracles in ascending order")
	// ErrQuorumNotReached says that the signers' power does not exceed the deal's quorum of all active oracles' power.
	ErrQuorumNotReached = errorsmod.RegisterWithGRPCCode(ModuleName, 21, codes.FailedPrecondition, "too little oracle power vouches for the certificate")
	// ErrDataUsed says that the deal has bought the data commitment.
	ErrDataUsed = errorsmod.RegisterWithGRPCCode(ModuleName, 22, codes.AlreadyExists, "data commitment was used in this deal")
	// ErrTagUsed says that the deal has bought a datum with the uniqueness tag.
	ErrTagUsed = errorsmod.RegisterWithGRPCCode(ModuleName, 23, codes.AlreadyExists, "uniqueness tag was used in this deal")
	// ErrObjectUsed says that a deal, this or another, has bought the object.
	ErrObjectUsed = errorsmod.RegisterWithGRPCCode(ModuleName, 24, codes.AlreadyExists, "object was sold before")
	// ErrTermUnknown says that an answer is to a term that the deal does not have.
	ErrTermUnknown = errorsmod.RegisterWithGRPCCode(ModuleName, 25, codes.InvalidArgument, "the deal has no such term")
	// ErrTermAnsweredTwice says that two answers are to one term.
	ErrTermAnsweredTwice = errorsmod.RegisterWithGRPCCode(ModuleName, 26, codes.InvalidArgument, "term is answered twice")
	// ErrTermNotAnswered says that a term of the deal has no answer.
	ErrTermNotAnswered = errorsmod.RegisterWithGRPCCode(ModuleName, 27, codes.InvalidArgument, "term is not answered")
	// ErrTermNotAgreed says that a required term is answered with no.
	ErrTermNotAgreed = errorsmod.RegisterWithGRPCCode(ModuleName, 28, codes.FailedPrecondition, "required term is not agreed to")
	// ErrConsentNotFound says that the deal has bought no such datum.
	ErrConsentNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 29, codes.NotFound, "consent not found")
	// ErrEscrow says that somebody would pay into the escrow account of a deal.
	ErrEscrow = errorsmod.RegisterWithGRPCCode(ModuleName, 30, codes.PermissionDenied, "the account is a deal's escrow, which takes no payments")
	// ErrInvalidParams says that parameters are out of their range.
	ErrInvalidParams = errorsmod.RegisterWithGRPCCode(ModuleName, 31, codes.InvalidArgument, "invalid parameters")
	// ErrUnauthorized says that an account other than the authority asked for what only the authority may.
	ErrUnauthorized = errorsmod.RegisterWithGRPCCode(ModuleName, 32, codes.PermissionDenied, "only the authority may do this")
	// ErrInvalidGenesis says that a genesis state contradicts itself, or the balances of escrow accounts.
	ErrInvalidGenesis = errorsmod.RegisterWithGRPCCode(ModuleName, 33, codes.InvalidArgument, "invalid genesis state")
	// ErrInvalidRequest says that a query, or an id in it, is malformed.
	ErrInvalidRequest = errorsmod.RegisterWithGRPCCode(ModuleName, 34, codes.InvalidArgument, "invalid request")
)
