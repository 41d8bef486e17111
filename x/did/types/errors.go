package types

import (
	"google.golang.org/grpc/codes"

	errorsmod "cosmossdk.io/errors"
)

// Errors of the module. Their codes are part of the chain's interface and never change their meaning; the gRPC status of
// each is what a query answers with.
var (
	// ErrInvalidDID says that a string is not a did:panacea DID.
	ErrInvalidDID = errorsmod.RegisterWithGRPCCode(ModuleName, 2, codes.InvalidArgument, "invalid DID")
	// ErrInvalidDocument says that a document is not a W3C DID document, or not in the canonical form of its message.
	ErrInvalidDocument = errorsmod.RegisterWithGRPCCode(ModuleName, 3, codes.InvalidArgument, "invalid DID document")
	// ErrDocumentTooLarge says that a document exceeds a bound of the parameters, or the hard limit.
	ErrDocumentTooLarge = errorsmod.RegisterWithGRPCCode(ModuleName, 4, codes.InvalidArgument, "DID document too large")
	// ErrDIDExists says that the DID has been created before.
	ErrDIDExists = errorsmod.RegisterWithGRPCCode(ModuleName, 5, codes.AlreadyExists, "DID already exists")
	// ErrDIDNotFound says that there is no such DID.
	ErrDIDNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 6, codes.NotFound, "DID not found")
	// ErrDIDDeactivated says that the DID has been deactivated, which is for ever.
	ErrDIDDeactivated = errorsmod.RegisterWithGRPCCode(ModuleName, 7, codes.FailedPrecondition, "DID is deactivated")
	// ErrMethodNotFound says that the named verification method is not among those that may authorise the change.
	ErrMethodNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 8, codes.PermissionDenied, "verification method may not authorise this change")
	// ErrUnsupportedKey says that the verification method holds no secp256k1 key.
	ErrUnsupportedKey = errorsmod.RegisterWithGRPCCode(ModuleName, 9, codes.PermissionDenied, "verification method holds no secp256k1 key")
	// ErrInvalidSignature says that the proof of ownership does not verify: wrong key, document, sequence or form.
	ErrInvalidSignature = errorsmod.RegisterWithGRPCCode(ModuleName, 10, codes.Unauthenticated, "invalid proof of ownership")
	// ErrNotDerived says that a new DID does not derive from the key that signed its creation.
	ErrNotDerived = errorsmod.RegisterWithGRPCCode(ModuleName, 11, codes.PermissionDenied, "DID does not derive from the signing key")
	// ErrInvalidParams says that parameters are out of their range.
	ErrInvalidParams = errorsmod.RegisterWithGRPCCode(ModuleName, 12, codes.InvalidArgument, "invalid parameters")
	// ErrUnauthorized says that an account other than the authority asked for what only the authority may.
	ErrUnauthorized = errorsmod.RegisterWithGRPCCode(ModuleName, 13, codes.PermissionDenied, "only the authority may do this")
	// ErrInvalidGenesis says that a genesis state contradicts itself.
	ErrInvalidGenesis = errorsmod.RegisterWithGRPCCode(ModuleName, 14, codes.InvalidArgument, "invalid genesis state")
	// ErrInvalidRequest says that a query is malformed.
	ErrInvalidRequest = errorsmod.RegisterWithGRPCCode(ModuleName, 15, codes.InvalidArgument, "invalid request")
	// ErrVersionNotFound says that the DID has no such version, or none at that time.
	ErrVersionNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 16, codes.NotFound, "DID version not found")
	// ErrInvalidAddress says that an account address is malformed.
	ErrInvalidAddress = errorsmod.RegisterWithGRPCCode(ModuleName, 17, codes.InvalidArgument, "invalid account address")
	// ErrMethodInactive says that the verification method has expired, or has been revoked.
	ErrMethodInactive = errorsmod.RegisterWithGRPCCode(ModuleName, 18, codes.PermissionDenied, "verification method expired or revoked")
	// ErrNothingChanged says that an update's document is the stored one. Refusing it keeps the proof of a creation, which is
	// over the same document and sequence, from being replayed as an update.
	ErrNothingChanged = errorsmod.RegisterWithGRPCCode(ModuleName, 19, codes.FailedPrecondition, "the update changes nothing")
)
