package types

import (
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
)
