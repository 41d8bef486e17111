package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
)

// Salt makes a commitment that nobody can guess content from. It travels inside the submission and the object.
type Salt [32]byte

// NewSalt returns a random salt: one for every datum that is offered, never used again.
func NewSalt() (s Salt) {
	rand.Read(s[:]) // never fails since Go 1.24
	return s
}

// Commitment commits to the exact bytes of a content without telling anything about them.
type Commitment [32]byte

// Committer computes a commitment of what is written to it.
type Committer struct{ mac hash.Hash }

// NewCommitter starts a commitment: HMAC-SHA256 under the salt, over the label "panacea/v1/commitment" behind its length in
// four bytes, then the content.
func NewCommitter(salt Salt) *Committer {
	c := &Committer{hmac.New(sha256.New, salt[:])}
	c.mac.Write(encode(labelCommitment))
	return c
}

// Write implements io.Writer and never fails.
func (c *Committer) Write(p []byte) (int, error) { return c.mac.Write(p) }

// Commitment returns the commitment to everything written so far.
func (c *Committer) Commitment() Commitment { return Commitment(c.mac.Sum(nil)) }

// Commit returns the commitment to content.
func Commit(salt Salt, content []byte) Commitment {
	c := NewCommitter(salt)
	c.Write(content)
	return c.Commitment()
}

// Equal compares in constant time.
func (c Commitment) Equal(other Commitment) bool {
	return subtle.ConstantTimeCompare(c[:], other[:]) == 1
}
