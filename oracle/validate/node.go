package validate

import (
	"context"
	"errors"
	"io"

	"github.com/medibloc/panacea/seal"
)

// Keys are the enclave's secrets. Methods are for concurrent use.
type Keys interface {
	// Secret returns the oracle secret, which stays the enclave's: do not Zero it. Error: ErrNoSecret.
	Secret() (*seal.OracleSecret, error)
	// SubmissionKey returns the private half of the chain's oracle public key. Error: ErrNoSecret.
	SubmissionKey() (*seal.PrivateKey, error)
	// Sign signs with the oracle's node signing key, Ed25519.
	Sign(message []byte) []byte
}

// ErrNoSecret says that the oracle has not been given the oracle secret yet.
var ErrNoSecret = errors.New("validate: the oracle has no oracle secret yet")

// ErrStorageFull says that an object does not fit into the vault, or an entry into the journal.
var ErrStorageFull = errors.New("validate: the disk is full")

// Objects is the oracle's vault.
type Objects interface {
	// Put stores an object for a deal, durably when it returns, and returns the CID that `ipfs add --cid-version=1 --raw-leaves` gives. What
	// is there already is no error. An object that no journal entry names was left by a crash, and may be removed at a start.
	// Error: ErrStorageFull, and whatever r returned.
	Put(ctx context.Context, dealID string, r io.Reader) (cid string, err error)
}

// Journal remembers what this oracle has vouched for, sealed, for ever: the chain punishes two certificates that contradict each other.
type Journal interface {
	// PutIfAbsent stores a record, which is a certificate, under a name if there is none, and returns the one that stands there, durably, when
	// it returns. From then on the object stays until the certificate's last height, whether its record was stored or was there but for that
	// height. Of several calls at the same time with one name, one stores. Error: ErrStorageFull.
	PutIfAbsent(ctx context.Context, name string, record []byte) (kept []byte, err error)
}
