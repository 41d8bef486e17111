package types

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Checksum returns the SHA-256 of a resource's bytes, in lower-case hex.
func Checksum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// DID returns the DID that published the resource.
func (m Metadata) DID() string { return DIDOf(m.CollectionId) }

// URL returns the resource's DID URL.
func (m Metadata) URL() string { return URLOf(m.CollectionId, m.Id) }

// InForceAt says whether the version was there at t, to the second: times are published in whole seconds, so that a published
// time names the version that it belongs to.
func (m Metadata) InForceAt(t time.Time) bool { return m.Created.Unix() <= t.Unix() }

// SameSeries says whether both are versions of one thing.
func (m Metadata) SameSeries(other Metadata) bool {
	return m.CollectionId == other.CollectionId && m.Name == other.Name && m.ResourceType == other.ResourceType
}
