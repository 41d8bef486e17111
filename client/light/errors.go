package light

import "errors"

// Errors of verified queries. None of them comes with a value.
var (
	// ErrDivergence says that two nodes showed conflicting headers that are both signed as the trusted validators would: the chain
	// forked, or its validators are attacking. Nothing is trusted from then on: a new client must be started, from a block that
	// people have agreed on.
	ErrDivergence = errors.New("light client: nodes show conflicting chains, nothing is trusted any more")
	// ErrTrustExpired says that the newest trusted block is older than the trusting period: validators could by now lie about what
	// followed without a risk. Start from a newer trusted block.
	ErrTrustExpired = errors.New("light client: the newest trusted block is older than the trusting period")
	// ErrTrustedBlock says that the block that is to be trusted is not on the chain that the nodes or the store show.
	ErrTrustedBlock = errors.New("light client: the chain has another block at the height of the trusted one")
	// ErrUnverified says that no node showed a header that verifies and that a witness confirms.
	ErrUnverified = errors.New("light client: no header that verifies")
	// ErrProof says that a node's answer does not follow from a verified header.
	ErrProof = errors.New("light client: the answer's proof is wrong")
	// ErrUnavailable says that no node gave an answer that verifies. If nodes lied, errors.Is also finds ErrProof.
	ErrUnavailable = errors.New("light client: no node gave a proven answer")
	// ErrStale says that the newest block that nodes show is older than the caller takes: the chain or the network stands still,
	// or the nodes hold back.
	ErrStale = errors.New("light client: no block is new enough")
	// ErrReadOnly answers writes to proven state.
	ErrReadOnly = errors.New("light client: proven state is read-only")
	// ErrNoSnapshot is a read of proven state outside a snapshot's methods.
	ErrNoSnapshot = errors.New("light client: no snapshot is being read")
	// ErrConfig is wrapped by errors about a configuration.
	ErrConfig = errors.New("light client: bad configuration")
)
