package schema

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/medibloc/panacea/did/multibase"
)

// Types of credentialSchema (VC JSON Schema §3).
const (
	TypeJSONSchema           = "JsonSchema"
	TypeJSONSchemaCredential = "JsonSchemaCredential"
)

// Outcome is what checking a credential against a schema comes to (VC JSON Schema §4.4).
type Outcome int

const (
	Indeterminate Outcome = iota // could not be validated
	Failure                      // does not conform
	Success                      // conforms
)

func (o Outcome) String() string {
	return [...]string{"indeterminate", "failure", "success"}[o]
}

// Checker checks credentials against their credentialSchema. It keeps the schemas that it compiled, at most CacheSize of
// them, known by their address and their digest. It may be used by several goroutines.
type Checker struct {
	// Resolver returns schema documents, for the type JsonSchema and for references between schemas.
	Resolver Resolver
	// Credential returns the JsonSchemaCredential at a URL after its proof, issuer, times and status have been verified.
	// If it is nil, credentialSchema of that type is Indeterminate.
	Credential func(ctx context.Context, url string, now time.Time) (map[string]any, error)
	// Limits are DefaultLimits if they are zero.
	Limits Limits
	// CacheSize is the greatest number of compiled schemas kept; zero is 32.
	CacheSize int

	mu    sync.Mutex
	known map[cacheKey]*Schema
	order []cacheKey // oldest first
}

type cacheKey struct {
	url    string
	digest [32]byte
}

// IsEntry says whether a credentialSchema object is of a type that this package knows.
func IsEntry(credentialSchema map[string]any) bool {
	return hasType(credentialSchema, TypeJSONSchema) || hasType(credentialSchema, TypeJSONSchemaCredential)
}

// Check checks a credential, parsed with numbers as json.Number, against one of its credentialSchema objects at a time. The
// error says why the outcome is not Success: ErrInvalid, as a *ValidationError, for a Failure. Formats are asserted, as the
// specification's examples do.
func (c *Checker) Check(ctx context.Context, credential, credentialSchema map[string]any, now time.Time) (Outcome, error) {
	s, err := c.schemaFor(ctx, credentialSchema, now)
	if err != nil {
		return Indeterminate, err
	}
	switch err := s.Validate(credential); {
	case err == nil:
		return Success, nil
	case errors.Is(err, ErrInvalid):
		return Failure, err
	default:
		return Indeterminate, err
	}
}

func (c *Checker) schemaFor(ctx context.Context, entry map[string]any, now time.Time) (*Schema, error) {
	address, ok := entry["id"].(string)
	if u, err := url.Parse(address); !ok || err != nil || !u.IsAbs() || len(address) > 4096 {
		return nil, fmt.Errorf("%w: id is not a URL", ErrEntry)
	}
	switch {
	case hasType(entry, TypeJSONSchema):
		return c.document(ctx, address, entry)
	case hasType(entry, TypeJSONSchemaCredential):
		return c.credential(ctx, address, now)
	}
	return nil, fmt.Errorf("%w: type is neither %s nor %s", ErrEntry, TypeJSONSchema, TypeJSONSchemaCredential)
}

// document: §3.1.
func (c *Checker) document(ctx context.Context, address string, entry map[string]any) (*Schema, error) {
	if c.Resolver == nil {
		return nil, fmt.Errorf("%w: %s: no resolver of schemas is configured", ErrResolve, address)
	}
	text, err := c.Resolver(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrResolve, address, err)
	}
	if err := CheckDigest(entry, text); err != nil {
		return nil, err
	}
	return c.compile(cacheKey{address, sha256.Sum256(text)}, func(o Options) (*Schema, error) {
		return Compile(ctx, address, text, o)
	})
}

// credential: §3.2.
func (c *Checker) credential(ctx context.Context, address string, now time.Time) (*Schema, error) {
	if c.Credential == nil {
		return nil, fmt.Errorf("%w: %s: no source of JsonSchemaCredentials is configured", ErrResolve, address)
	}
	doc, err := c.Credential(ctx, address, now)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrResolve, address, err)
	}
	if !hasType(doc, TypeJSONSchemaCredential) {
		return nil, fmt.Errorf("%w: %s is not a %s", ErrEntry, address, TypeJSONSchemaCredential)
	}
	if id, ok := doc["id"].(string); ok && id != address {
		return nil, fmt.Errorf("%w: %s holds the credential %s", ErrEntry, address, id)
	}
	subject, _ := doc["credentialSubject"].(map[string]any)
	body, ok := subject["jsonSchema"].(map[string]any)
	if !ok || !hasType(subject, TypeJSONSchema) {
		return nil, fmt.Errorf("%w: credentialSubject is not a %s with a jsonSchema", ErrEntry, TypeJSONSchema)
	}
	if ref, ok := body["$ref"].(string); ok && len(body) == 1 {
		// §3.3's example of a jsonSchema that is elsewhere.
		return c.document(ctx, ref, map[string]any{})
	}
	base := address
	if id, ok := subject["id"].(string); ok {
		base = id
	}
	o := c.options()
	return CompileValue(ctx, base, body, o)
}

func (c *Checker) options() Options {
	return Options{AssertFormat: true, Resolver: c.Resolver, Limits: c.Limits}
}

func (c *Checker) compile(key cacheKey, compile func(Options) (*Schema, error)) (*Schema, error) {
	c.mu.Lock()
	s := c.known[key]
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s, err := compile(c.options())
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[cacheKey]*Schema{}
	}
	size := c.CacheSize
	if size <= 0 {
		size = 32
	}
	for len(c.order) >= size {
		delete(c.known, c.order[0])
		c.order = c.order[1:]
	}
	if c.known[key] == nil {
		c.known[key] = s
		c.order = append(c.order, key)
	}
	return s, nil
}

// CheckDigest checks bytes against the digestSRI and digestMultibase of an object that refers to them (VCDM 2.0 §5.3), as
// far as it has any. Errors are ErrDigest, and ErrEntry for digests that are malformed or of no supported function
// (digestSRI: SHA-256, SHA-384, SHA-512; digestMultibase: SHA-256).
func CheckDigest(entry map[string]any, text []byte) error {
	if v, ok := entry["digestSRI"]; ok {
		s, _ := v.(string)
		if err := checkSRI(s, text); err != nil {
			return err
		}
	}
	if v, ok := entry["digestMultibase"]; ok {
		s, _ := v.(string)
		b, err := multibase.Decode(s, 128)
		if err != nil {
			return fmt.Errorf("%w: digestMultibase: %w", ErrEntry, err)
		}
		want, isSHA256 := strings.CutPrefix(string(b), "\x12\x20") // multihash sha2-256
		if !isSHA256 || len(want) != sha256.Size {
			return fmt.Errorf("%w: digestMultibase is not a SHA-256 multihash", ErrEntry)
		}
		if got := sha256.Sum256(text); subtle.ConstantTimeCompare(got[:], []byte(want)) != 1 {
			return fmt.Errorf("%w: digestMultibase", ErrDigest)
		}
	}
	return nil
}

// checkSRI: Subresource Integrity §3.3.4 takes the strongest function that is given, and any of its digests.
func checkSRI(s string, text []byte) error {
	if len(s) > 4096 {
		return fmt.Errorf("%w: digestSRI is too long", ErrEntry)
	}
	best, match := 0, false
	for _, item := range strings.Fields(s) {
		item, _, _ = strings.Cut(item, "?")
		name, digest, _ := strings.Cut(item, "-")
		want, err := base64.StdEncoding.DecodeString(digest)
		if err != nil {
			return fmt.Errorf("%w: digestSRI is not base64", ErrEntry)
		}
		var bits int
		var got []byte
		switch name {
		case "sha256":
			h := sha256.Sum256(text)
			bits, got = 256, h[:]
		case "sha384":
			h := sha512.Sum384(text)
			bits, got = 384, h[:]
		case "sha512":
			h := sha512.Sum512(text)
			bits, got = 512, h[:]
		}
		if bits > best {
			best, match = bits, false
		}
		if bits == best && bits > 0 && subtle.ConstantTimeCompare(got, want) == 1 {
			match = true
		}
	}
	if best == 0 {
		return fmt.Errorf("%w: digestSRI has no SHA-256, SHA-384 or SHA-512 digest", ErrEntry)
	}
	if !match {
		return fmt.Errorf("%w: digestSRI", ErrDigest)
	}
	return nil
}

func hasType(m map[string]any, name string) bool {
	switch t := m["type"].(type) {
	case string:
		return t == name
	case []any:
		return slices.Contains(t, any(name))
	}
	return false
}
