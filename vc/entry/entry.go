// Package entry lets package vc check credentialStatus and credentialSchema: it joins packages status and schema to
// vc.VerifyOptions.
//
//	get := fetch.New(fetch.Options{}).Get
//	options.Status = entry.Status(&status.Checker{Source: status.NewCache(entry.StatusLists(processor, get), 64, 5*time.Minute)})
//	options.Schema = entry.Schema(&schema.Checker{Resolver: get, Credential: entry.SchemaCredentials(processor, get, options.Status)})
//
// New does this with the usual settings.
package entry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/schema"
	"github.com/medibloc/panacea/vc/status"
)

var (
	// ErrRevoked says that the issuer has cancelled the credential.
	ErrRevoked = errors.New("vc: revoked")
	// ErrSuspended says that the issuer has suspended the credential for now.
	ErrSuspended = errors.New("vc: suspended")
	// ErrInactive says that the credential's status, for a purpose that is neither revocation nor suspension, forbids to
	// accept it.
	ErrInactive = errors.New("vc: its status forbids to accept it")
	// ErrType says that a status or schema is of a type that is not supported, so that nothing is known of it.
	ErrType = errors.New("vc: unsupported type of status or schema")
)

// Get returns the document at a URL.
type Get func(ctx context.Context, url string) ([]byte, error)

// Checkers are the two checks of vc.VerifyOptions.
type Checkers struct {
	Status vc.EntryChecker
	Schema vc.EntryChecker
}

// New returns checks that verify with a processor what get returns, and keep up to 64 status lists, for 5 minutes at most, and
// 32 schemas.
func New(p *vc.Processor, get Get) Checkers {
	s := Status(&status.Checker{Source: status.NewCache(StatusLists(p, get), 64, 5*time.Minute)})
	return Checkers{s, Schema(&schema.Checker{Resolver: schema.Resolver(get), Credential: SchemaCredentials(p, get, s)})}
}

// Status returns a check of credentialStatus. Its errors are ErrRevoked, ErrSuspended, ErrInactive, ErrType, and those of
// package status where the status could not be found out.
func Status(c *status.Checker) vc.EntryChecker {
	return func(ctx context.Context, credential *vc.Credential, m map[string]any, now time.Time) error {
		if !status.IsEntry(m) {
			return fmt.Errorf("%w: credentialStatus %v", ErrType, m["type"])
		}
		e, err := status.ParseEntry(m)
		if err != nil {
			return err
		}
		r, err := c.Check(ctx, e, credential.Issuer(), now)
		switch {
		case err != nil:
			return err
		case !r.Invalidates():
			return nil
		case r.Purpose == status.Revocation:
			return ErrRevoked
		case r.Purpose == status.Suspension:
			return ErrSuspended
		}
		return fmt.Errorf("%w: %q is %d", ErrInactive, r.Purpose, r.Value)
	}
}

// Schema returns a check of credentialSchema. Its errors are ErrType and those of package schema. A derived credential holds
// a part of what was issued, so a schema that requires more than the issuer made mandatory does not fit it.
func Schema(c *schema.Checker) vc.EntryChecker {
	return func(ctx context.Context, credential *vc.Credential, m map[string]any, now time.Time) error {
		if !schema.IsEntry(m) {
			return fmt.Errorf("%w: credentialSchema %v", ErrType, m["type"])
		}
		_, err := c.Check(ctx, credential.View(), m, now)
		return err
	}
}

// StatusLists is a source that verifies the status list credentials that get returns. A list whose own status would have to be
// checked is refused.
func StatusLists(p *vc.Processor, get Get) status.Source {
	return status.SourceFunc(func(ctx context.Context, url string, now time.Time) (*status.ListCredential, error) {
		text, err := get(ctx, url)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", status.ErrRetrieval, err)
		}
		c, err := verified(ctx, p, text, vc.VerifyOptions{Now: now})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", status.ErrVerification, err)
		}
		return status.ParseListCredential(c.View())
	})
}

// SchemaCredentials returns JsonSchemaCredentials that verify, with a status that the check accepts, if they have one. Their own
// credentialSchema says that they hold a schema, which is checked when they are used.
func SchemaCredentials(p *vc.Processor, get Get, check vc.EntryChecker) func(context.Context, string, time.Time) (map[string]any, error) {
	return func(ctx context.Context, url string, now time.Time) (map[string]any, error) {
		text, err := get(ctx, url)
		if err != nil {
			return nil, err
		}
		c, err := verified(ctx, p, text, vc.VerifyOptions{Now: now, Status: check})
		if err != nil {
			return nil, err
		}
		return c.View(), nil
	}
}

func verified(ctx context.Context, p *vc.Processor, text []byte, o vc.VerifyOptions) (*vc.Credential, error) {
	c, err := vc.ParseCredential(text)
	if err != nil {
		return nil, err
	}
	if r := p.VerifyCredential(ctx, c, o); !r.Verified {
		return nil, r.Err()
	}
	return c, nil
}
