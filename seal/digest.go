package seal

import (
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/medibloc/panacea/seal/internal/jcs"
)

// ContentDigest identifies a content for uniqueness: two contents have the same digest if they say the same.
type ContentDigest [32]byte

// DigestJSON is the digest of JSON content over its canonical form (RFC 8785), so that white space, the order of members
// and the spelling of numbers and strings do not make a new record. What is committed to, encrypted and delivered is never
// canonicalised. Errors: ErrJSON, ErrJSONLimit.
func DigestJSON(content []byte) (ContentDigest, error) {
	canonical, err := jcs.Canonical(content)
	if err != nil {
		return ContentDigest{}, err
	}
	defer clear(canonical)
	h := sha256.New()
	h.Write(encode(labelDigestJSON))
	h.Write(canonical)
	return ContentDigest(h.Sum(nil)), nil
}

// DigestBytes is the digest of any other content: over its exact bytes. Errors are those of content.
func DigestBytes(content io.Reader) (ContentDigest, error) {
	h := sha256.New()
	h.Write(encode(labelDigestBytes))
	if _, err := io.Copy(h, content); err != nil {
		return ContentDigest{}, fmt.Errorf("seal: digest: %w", err)
	}
	return ContentDigest(h.Sum(nil)), nil
}
