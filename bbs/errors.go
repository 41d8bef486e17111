package bbs

import "errors"

// The errors of this package, to be tested with [errors.Is]. Every error that a function here returns wraps one of them.
var (
	// ErrInvalidKey says that octets are not the canonical encoding of a key, or are a key that the draft forbids: a
	// zero secret key, the identity, or a point outside the prime-order subgroup.
	ErrInvalidKey = errors.New("bbs: invalid key")

	// ErrMalformed says that octets are not the canonical encoding of a signature or of a proof: a wrong length, a
	// point that is not on the curve, not in the subgroup or the identity, or a scalar that is zero or not reduced.
	ErrMalformed = errors.New("bbs: malformed signature or proof")

	// ErrNotVerified says that a well-formed signature or proof does not hold for the key, the headers and the
	// messages that it was checked against.
	ErrNotVerified = errors.New("bbs: verification failed")

	// ErrIndexes says that disclosed indexes do not ascend strictly, point outside the list of messages, or are not as
	// many as the disclosed messages.
	ErrIndexes = errors.New("bbs: invalid disclosed indexes")

	// ErrTooLarge says that an input exceeds one of the bounds [MaxMessages], [MaxMessageSize] or [MaxHeaderSize]. It
	// is returned before any work is done.
	ErrTooLarge = errors.New("bbs: input exceeds the limit")
)
