package node

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/seal"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

// lookAgain is how often, at most, the chain is asked anew because something was not there: it may have come in the last block.
const lookAgain = 250 * time.Millisecond

// chainView is the chain as validations see it: proven, and not older than the configuration allows.
type chainView struct {
	node   *Node
	looked atomic.Int64 // when the chain was asked anew, in nanoseconds since 1970
}

var _ validate.Chain = (*chainView)(nil)

func (c *chainView) fresh(ctx context.Context) (*light.Snapshot, error) {
	return c.node.light.Fresh(ctx, time.Duration(c.node.Config.Chain.MaxBlockAge))
}

// newer returns a newer snapshot than one that did not have something, nil if there is none or it is too early to ask again.
func (c *chainView) newer(ctx context.Context, than *light.Snapshot) (*light.Snapshot, error) {
	last, now := c.looked.Load(), time.Now().UnixNano()
	if now-last > int64(lookAgain) && c.looked.CompareAndSwap(last, now) {
		if _, err := c.node.light.Latest(ctx); err != nil {
			return nil, err
		}
	}
	s, err := c.fresh(ctx)
	if err != nil || s.Height() <= than.Height() {
		return nil, err
	}
	return s, nil
}

// find reads something that may have come to the chain just now.
func find[T any](ctx context.Context, c *chainView, absent error, read func(*light.Snapshot) (T, error)) (*T, error) {
	s, err := c.fresh(ctx)
	if err != nil {
		return nil, err
	}
	found, err := read(s)
	if errors.Is(err, absent) {
		next, nextErr := c.newer(ctx, s)
		if nextErr != nil {
			return nil, nextErr
		}
		if next != nil {
			found, err = read(next)
		}
	}
	switch {
	case err == nil:
		return &found, nil
	case errors.Is(err, absent), errors.Is(err, datadeal.ErrInvalidRequest):
		return nil, fmt.Errorf("%w: %w", validate.ErrNotFound, err)
	}
	return nil, err
}

// Head implements validate.Chain.
func (c *chainView) Head(ctx context.Context) (validate.Head, error) {
	s, err := c.fresh(ctx)
	if err != nil {
		return validate.Head{}, err
	}
	return validate.Head{Height: s.Header().Height, Time: s.Time()}, nil
}

// Deal implements validate.Chain.
func (c *chainView) Deal(ctx context.Context, id string) (*datadeal.Deal, error) {
	return find(ctx, c, datadeal.ErrDealNotFound, func(s *light.Snapshot) (datadeal.Deal, error) { return s.Deal(ctx, id) })
}

// Consent implements validate.Chain.
func (c *chainView) Consent(ctx context.Context, dealID string, commitment seal.Commitment) (*datadeal.Consent, error) {
	return find(ctx, c, datadeal.ErrConsentNotFound, func(s *light.Snapshot) (datadeal.Consent, error) {
		return s.Consent(ctx, dealID, commitment[:])
	})
}

// TagUsed implements validate.Chain.
func (c *chainView) TagUsed(ctx context.Context, dealID string, tag seal.Tag) (bool, error) {
	key, err := datadeal.TagKey(dealID, tag[:])
	if err != nil {
		return false, err
	}
	s, err := c.fresh(ctx)
	if err != nil {
		return false, err
	}
	value, err := s.Get(ctx, datadeal.StoreKey, key)
	return value != nil, err
}

// MaxCertificateLifetime implements validate.Chain.
func (c *chainView) MaxCertificateLifetime(ctx context.Context) (uint64, error) {
	s, err := c.fresh(ctx)
	if err != nil {
		return 0, err
	}
	params, err := s.OracleParams(ctx)
	return params.MaxCertificateLifetime, err
}

// CheckActive implements validate.Chain. What was read at the last look is not read again, if that was at the same block or a later one.
func (c *chainView) CheckActive(ctx context.Context) error {
	s, err := c.fresh(ctx)
	if err != nil {
		return err
	}
	view := c.node.view.Load()
	standing := view.Standing
	if view.Height < s.Height() {
		if standing, err = StandingOf(ctx, s, c.node.Address(), c.node.keys.signingPublic()); err != nil {
			return err
		}
	}
	if standing.State != Active {
		return fmt.Errorf("%w: %s", validate.ErrNotActive, standing.Reason)
	}
	return nil
}

// Resolve implements did.Resolver.
func (c *chainView) Resolve(ctx context.Context, id string, opts did.ResolveOptions) (*did.Resolution, error) {
	s, err := c.fresh(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", validate.ErrUnavailable, err)
	}
	resolution, err := s.Dereferencer().Resolver.Resolve(ctx, id, opts)
	return resolution, unproven(err)
}

// unproven marks the errors that say nothing about the chain.
func unproven(err error) error {
	if err != nil && did.AsError(err).Code == did.CodeInternalError {
		return fmt.Errorf("%w: %w", validate.ErrUnavailable, err)
	}
	return err
}

// Resource implements validate.Chain.
func (c *chainView) Resource(ctx context.Context, didURL string) ([]byte, error) {
	s, err := c.fresh(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.Dereferencer().Dereference(ctx, didURL, did.DereferenceOptions{})
	switch {
	case err == nil && found.Resource != nil:
		return found.Resource.Content, nil
	case err == nil:
		return nil, fmt.Errorf("%w: %.200s names no resource", validate.ErrNotFound, didURL)
	case did.AsError(err).Code == did.CodeInternalError || status.Code(err) == codes.Unavailable:
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", validate.ErrNotFound, err)
}
