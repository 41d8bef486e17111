package access

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/dag"
	"github.com/medibloc/panacea/vault/internal/jws"
)

// TokenType is the typ of a grant's JWS header.
const TokenType = "panacea-grant+jwt"

// MaxLifetime bounds how long a grant is valid.
const MaxLifetime = 5 * 366 * 24 * time.Hour

// clockSkew is how far a signer's clock may be ahead.
const clockSkew = time.Minute

var (
	// ErrInvalid says that a grant does not say what a grant must.
	ErrInvalid = errors.New("access: invalid grant")
	// ErrNotIssuer says that a grant is not signed by its issuer, or not by the vault's owner.
	ErrNotIssuer = errors.New("access: grant is not the owner's")
	// ErrExpired says that a grant is over, or has not begun.
	ErrExpired = errors.New("access: grant has expired")
	// ErrRevoked says that the owner took the grant back.
	ErrRevoked = errors.New("access: grant has been revoked")
	// ErrNotFound says that the vault does not know the grant.
	ErrNotFound = errors.New("access: no such grant")
)

// Grant lets a DID read one object, or all objects of a collection, until it expires.
type Grant struct {
	ID         string // unique; Sign makes one if it is empty
	Issuer     string // DID of the owner
	Subject    string // DID of who may read
	CID        cid.Cid
	Collection string // name of a pin; either this or CID is set
	Issued     time.Time
	Expires    time.Time
	SealedKey  []byte // the object's key sealed to the subject, if it is encrypted; opaque here
}

// Covers says whether the grant is for an object with these pins.
func (g Grant) Covers(root cid.Cid, pins []string) bool {
	if g.CID.Defined() {
		return g.CID.Equals(root)
	}
	for _, p := range pins {
		if p == g.Collection {
			return true
		}
	}
	return false
}

// ValidAt returns ErrExpired outside of the grant's time.
func (g Grant) ValidAt(now time.Time) error {
	if !now.Before(g.Expires) || now.Add(clockSkew).Before(g.Issued) {
		return ErrExpired
	}
	return nil
}

func (g Grant) check() error {
	for _, d := range []string{g.Issuer, g.Subject} {
		if _, err := did.ParseDID(d); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	switch {
	case len(g.ID) < 16 || len(g.ID) > 64:
		return fmt.Errorf("%w: id", ErrInvalid)
	case g.CID.Defined() == (g.Collection != ""):
		return fmt.Errorf("%w: either an object or a collection", ErrInvalid)
	case len(g.Collection) > 128:
		return fmt.Errorf("%w: collection", ErrInvalid)
	case !g.Expires.After(g.Issued) || g.Expires.Sub(g.Issued) > MaxLifetime:
		return fmt.Errorf("%w: it must end after it begins, within %d days", ErrInvalid, int(MaxLifetime.Hours()/24))
	case len(g.SealedKey) > 2048:
		return fmt.Errorf("%w: sealed key", ErrInvalid)
	}
	if g.CID.Defined() {
		if err := dag.CheckCID(g.CID); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return nil
}

// claims are a grant's JSON, with the names of RFC 7519 where it has them.
type claims struct {
	ID         string `json:"jti"`
	Issuer     string `json:"iss"`
	Subject    string `json:"sub"`
	CID        string `json:"cid,omitempty"`
	Collection string `json:"collection,omitempty"`
	Issued     int64  `json:"iat"`
	Expires    int64  `json:"exp"`
	SealedKey  []byte `json:"key,omitempty"`
}

func (c claims) grant() (Grant, error) {
	g := Grant{
		ID: c.ID, Issuer: c.Issuer, Subject: c.Subject, Collection: c.Collection, SealedKey: c.SealedKey,
		Issued: time.Unix(c.Issued, 0).UTC(), Expires: time.Unix(c.Expires, 0).UTC(),
	}
	if c.CID != "" {
		root, err := dag.ParseCID(c.CID)
		if err != nil {
			return Grant{}, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		g.CID = root
	}
	return g, g.check()
}

// NewID makes a grant's id.
func NewID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Sign makes the token of a grant. method is the DID URL of the key, in the issuer's document, which must have it for authentication or
// capabilityDelegation.
func Sign(g Grant, method string, key did.PrivateKey) (string, error) {
	if g.ID == "" {
		g.ID = NewID()
	}
	g.Issued, g.Expires = g.Issued.Truncate(time.Second), g.Expires.Truncate(time.Second)
	if err := g.check(); err != nil {
		return "", err
	}
	c := claims{
		ID: g.ID, Issuer: g.Issuer, Subject: g.Subject, Collection: g.Collection, SealedKey: g.SealedKey,
		Issued: g.Issued.Unix(), Expires: g.Expires.Unix(),
	}
	if g.CID.Defined() {
		c.CID = g.CID.String()
	}
	token, err := jws.Sign(TokenType, method, key, c)
	if err != nil {
		return "", fmt.Errorf("access: sign a grant: %w", err)
	}
	return token, nil
}

// Parse reads a grant and verifies nothing but its form. Errors are ErrInvalid.
func Parse(token string) (Grant, error) {
	var c claims
	if _, err := jws.Parse(TokenType, token, &c); err != nil {
		return Grant{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return c.grant()
}

// Verify reads a grant and checks the signature against the issuer's document as it is now, and the time. Errors: ErrInvalid, ErrNotIssuer,
// ErrExpired.
func Verify(ctx context.Context, r did.Resolver, token string, now time.Time) (Grant, error) {
	g, err := Parse(token)
	if err != nil {
		return Grant{}, err
	}
	if err := g.ValidAt(now); err != nil {
		return Grant{}, err
	}
	var c claims
	err = jws.Verify(ctx, r, TokenType, token, &c, func() string { return c.Issuer }, did.Authentication, did.CapabilityDelegation)
	if err != nil {
		return Grant{}, fmt.Errorf("%w: %w", ErrNotIssuer, err)
	}
	return g, nil
}
