package validate

import (
	"context"
	"errors"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/seal"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

var (
	// ErrNotFound is what a Chain returns for what is proven to be absent.
	ErrNotFound = errors.New("validate: proven not to be on the chain")
	// ErrNotActive is what Chain.CheckActive returns for an oracle that is proven not to be active.
	ErrNotActive = errors.New("validate: the oracle is not active")
)

// Head is the last block that the light client has verified.
type Head struct {
	Height int64
	Time   time.Time
}

// Chain is the chain as the oracle's light client has proven it, at its head. An error that is none of this package's means that the
// chain cannot be read, or that the head is too old to judge by. Methods are for concurrent use, and answer from memory what was proven
// at the same height.
type Chain interface {
	Head(ctx context.Context) (Head, error)
	// Deal returns a deal. Error: ErrNotFound.
	Deal(ctx context.Context, id string) (*datadeal.Deal, error)
	// Consent returns the consent that sold a datum. Error: ErrNotFound.
	Consent(ctx context.Context, dealID string, c seal.Commitment) (*datadeal.Consent, error)
	// TagUsed says whether a consent in the deal has the uniqueness tag.
	TagUsed(ctx context.Context, dealID string, tag seal.Tag) (bool, error)
	// MaxCertificateLifetime is the most blocks between a certificate's signing and its last height: a parameter of x/oracle.
	MaxCertificateLifetime(ctx context.Context) (uint64, error)
	// CheckActive returns nil if this oracle is active. Error: ErrNotActive, which may be wrapped with the reason.
	CheckActive(ctx context.Context) error
	// Resolver resolves DIDs of the chain. It returns *did.Error for what is proven, and wraps ErrUnavailable otherwise.
	did.Resolver
	// Resource returns the bytes of the one resource that a DID URL names. Error: ErrNotFound.
	Resource(ctx context.Context, didURL string) ([]byte, error)
}

// ErrUnavailable says that the chain could not be read. A Chain's errors need not be it; those of its Resolver must, because package vc
// hands them on among others.
var ErrUnavailable = errors.New("validate: the chain cannot be read")
