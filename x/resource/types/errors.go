package types

import (
	"google.golang.org/grpc/codes"

	errorsmod "cosmossdk.io/errors"
)

// Errors of the module. Their codes are part of the chain's interface and never change their meaning; the gRPC status of
// each is what a query answers with. A DID that does not exist, or is deactivated, is refused with the errors of x/did.
var (
	// ErrInvalidDID says that a string is not a did:panacea DID.
	ErrInvalidDID = errorsmod.RegisterWithGRPCCode(ModuleName, 2, codes.InvalidArgument, "invalid DID")
	// ErrInvalidID says that a string is not a UUID in lower case.
	ErrInvalidID = errorsmod.RegisterWithGRPCCode(ModuleName, 3, codes.InvalidArgument, "invalid resource id")
	// ErrInvalidName says that a name, type or version label is too long, or not plain text.
	ErrInvalidName = errorsmod.RegisterWithGRPCCode(ModuleName, 4, codes.InvalidArgument, "invalid name, type or version")
	// ErrInvalidMediaType says that a media type is not one of RFC 6838 in canonical form.
	ErrInvalidMediaType = errorsmod.RegisterWithGRPCCode(ModuleName, 5, codes.InvalidArgument, "invalid media type")
	// ErrEmpty says that a resource has no bytes.
	ErrEmpty = errorsmod.RegisterWithGRPCCode(ModuleName, 6, codes.InvalidArgument, "resource is empty")
	// ErrTooLarge says that a resource exceeds the bound of the parameters, or the hard limit.
	ErrTooLarge = errorsmod.RegisterWithGRPCCode(ModuleName, 7, codes.InvalidArgument, "resource too large")
	// ErrResourceExists says that the collection has, or ever had, a resource with this id.
	ErrResourceExists = errorsmod.RegisterWithGRPCCode(ModuleName, 8, codes.AlreadyExists, "resource already exists")
	// ErrVersionExists says that the series has a version with this label.
	ErrVersionExists = errorsmod.RegisterWithGRPCCode(ModuleName, 9, codes.AlreadyExists, "version already exists")
	// ErrNotLatest says that the version before the new one is not the latest of the series.
	ErrNotLatest = errorsmod.RegisterWithGRPCCode(ModuleName, 10, codes.FailedPrecondition, "previous version is not the latest")
	// ErrResourceNotFound says that there is no such resource, or no such version of it.
	ErrResourceNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 11, codes.NotFound, "resource not found")
	// ErrMethodNotFound says that the named verification method is not an assertion method of the DID.
	ErrMethodNotFound = errorsmod.RegisterWithGRPCCode(ModuleName, 12, codes.PermissionDenied, "verification method may not authorise this resource")
	// ErrMethodInactive says that the verification method has expired, or has been revoked.
	ErrMethodInactive = errorsmod.RegisterWithGRPCCode(ModuleName, 13, codes.PermissionDenied, "verification method expired or revoked")
	// ErrUnsupportedKey says that the verification method holds no secp256k1, Ed25519 or P-256 key.
	ErrUnsupportedKey = errorsmod.RegisterWithGRPCCode(ModuleName, 14, codes.PermissionDenied, "verification method holds no secp256k1, Ed25519 or P-256 key")
	// ErrInvalidSignature says that the signature does not verify: wrong key, chain, resource, previous version or form.
	ErrInvalidSignature = errorsmod.RegisterWithGRPCCode(ModuleName, 15, codes.Unauthenticated, "invalid signature")
	// ErrInvalidParams says that parameters are out of their range.
	ErrInvalidParams = errorsmod.RegisterWithGRPCCode(ModuleName, 16, codes.InvalidArgument, "invalid parameters")
	// ErrUnauthorized says that an account other than the authority asked for what only the authority may.
	ErrUnauthorized = errorsmod.RegisterWithGRPCCode(ModuleName, 17, codes.PermissionDenied, "only the authority may do this")
	// ErrInvalidGenesis says that a genesis state contradicts itself.
	ErrInvalidGenesis = errorsmod.RegisterWithGRPCCode(ModuleName, 18, codes.InvalidArgument, "invalid genesis state")
	// ErrInvalidRequest says that a query is malformed.
	ErrInvalidRequest = errorsmod.RegisterWithGRPCCode(ModuleName, 19, codes.InvalidArgument, "invalid request")
	// ErrInvalidAddress says that an account address is malformed.
	ErrInvalidAddress = errorsmod.RegisterWithGRPCCode(ModuleName, 20, codes.InvalidArgument, "invalid account address")
)
