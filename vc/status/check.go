package status

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Source finds the status list credential at a URL, verifies its proofs, and reads it. It returns ErrVerification if a
// proof is wrong; other errors count as ErrRetrieval.
type Source interface {
	StatusList(ctx context.Context, url string, now time.Time) (*ListCredential, error)
}

// SourceFunc is a Source that is a function.
type SourceFunc func(ctx context.Context, url string, now time.Time) (*ListCredential, error)

// StatusList calls f.
func (f SourceFunc) StatusList(ctx context.Context, url string, now time.Time) (*ListCredential, error) {
	return f(ctx, url, now)
}

// Result is what a status list says of a credential (§3.2).
type Result struct {
	Purpose string
	Value   uint32
	Message string // what the entry says that the value means, empty if it does not say
	List    *ListCredential
}

// Valid is §3.2's valid: the value is zero.
func (r *Result) Valid() bool { return r.Value == 0 }

// Invalidates says whether the credential must not be accepted: its value is not zero, and its purpose is not one that
// only informs (message, refresh). A purpose that this package does not know invalidates.
func (r *Result) Invalidates() bool {
	return r.Value != 0 && r.Purpose != Message && r.Purpose != Refresh
}

// Checker finds out a credential's status. The zero values of its fields, other than Source, are the specification's.
type Checker struct {
	Source Source
	// Minimum is the least number of entries; zero is MinimumLength.
	Minimum int
	// MaxBytes is the greatest length of an uncompressed list; zero is MaximumBytes.
	MaxBytes int
	// AcceptIssuer says whether listIssuer may speak about credentials of issuer. If it is nil, only the issuer itself
	// may. The specification (§2.2) lets issuers differ, which only a verifier's own knowledge can make safe.
	AcceptIssuer func(issuer, listIssuer string) bool
}

// Check follows §3.2 for one entry of a credential of issuer at a time. Errors are those of this package.
func (c *Checker) Check(ctx context.Context, e *Entry, issuer string, now time.Time) (*Result, error) {
	if c.Source == nil {
		return nil, fmt.Errorf("%w: no source of status lists is configured", ErrRetrieval)
	}
	list, err := c.Source.StatusList(ctx, e.List, now)
	if err != nil {
		for _, known := range []error{ErrVerification, ErrMalformed, ErrRetrieval} {
			if errors.Is(err, known) {
				return nil, err
			}
		}
		return nil, fmt.Errorf("%w: %s: %w", ErrRetrieval, e.List, err)
	}
	if list.ID != "" && list.ID != e.List {
		return nil, fmt.Errorf("%w: %s holds the list %s", ErrVerification, e.List, list.ID)
	}
	if list.Issuer != issuer && (c.AcceptIssuer == nil || !c.AcceptIssuer(issuer, list.Issuer)) {
		return nil, fmt.Errorf("%w: the list is by %s, the credential by %s", ErrVerification, list.Issuer, issuer)
	}
	if err := list.ValidAt(now); err != nil {
		return nil, err
	}
	if !slices.Contains(list.Purposes, e.Purpose) {
		return nil, fmt.Errorf("%w: the list is for %q, the entry for %q", ErrVerification, list.Purposes, e.Purpose)
	}
	bits, err := Decode(list.Encoded, e.Size, c.Minimum, c.MaxBytes)
	if err != nil {
		return nil, err
	}
	value, err := bits.Get(e.Index)
	if err != nil {
		return nil, err
	}
	return &Result{Purpose: e.Purpose, Value: value, Message: e.message(value), List: list}, nil
}

// Cache is a Source that remembers lists, which saves requests and hides when which credential is looked at. A list is
// taken from the source again once its ttl, or maxAge if it has none, has passed since it was had, or once its validity has
// ended. At most a fixed number of lists is kept; the one had longest ago goes first. It may be used by several goroutines.
type Cache struct {
	source Source
	lists  int
	maxAge time.Duration

	mu    sync.Mutex
	known map[string]cached
}

type cached struct {
	list *ListCredential
	had  time.Time
}

// NewCache makes a cache of at most lists lists in front of a source. A list without ttl is kept for maxAge; maxAge is also
// the longest that a list with a longer ttl is kept.
func NewCache(source Source, lists int, maxAge time.Duration) *Cache {
	return &Cache{source: source, lists: max(lists, 1), maxAge: maxAge, known: map[string]cached{}}
}

// StatusList returns the list from memory or from the source.
func (c *Cache) StatusList(ctx context.Context, url string, now time.Time) (*ListCredential, error) {
	c.mu.Lock()
	e, ok := c.known[url]
	c.mu.Unlock()
	if ok && c.fresh(e, now) {
		return e.list, nil
	}
	list, err := c.source.StatusList(ctx, url, now)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[url]; !ok && len(c.known) >= c.lists {
		var oldest string
		for u, e := range c.known {
			if o, ok := c.known[oldest]; !ok || e.had.Before(o.had) {
				oldest = u
			}
		}
		delete(c.known, oldest)
	}
	c.known[url] = cached{list, now}
	return list, nil
}

// Forget drops a list, so that it is taken from the source when it is next asked for.
func (c *Cache) Forget(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, url)
}

func (c *Cache) fresh(e cached, now time.Time) bool {
	age := c.maxAge
	if e.list.TTL > 0 && e.list.TTL < age {
		age = e.list.TTL
	}
	return !now.Before(e.had) && now.Sub(e.had) < age && e.list.ValidAt(now) == nil
}
