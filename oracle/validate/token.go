package validate

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/oracle/api"
)

const (
	// TokenType is the "typ" of a submission's token.
	TokenType = "panacea-submission+jwt"
	// MaxTokenSize bounds a token, in bytes.
	MaxTokenSize = 4 << 10
	// MaxTokenLifetime is the most between a token's "iat" and its "exp".
	MaxTokenLifetime = 5 * time.Minute
	// ClockSkew is how far in the future a token may be issued.
	ClockSkew = time.Minute

	minTokenID, maxTokenID = 16, 64
)

// Token is what a provider says of a submission, signed with its account's key: docs/protocol/exchange.md, "Submission".
type Token struct {
	Provider string // address
	Address  []byte // the same, raw
	Oracle   string // address
	DealID   string
	Digest   [sha256.Size]byte // of the sealed submission
	ID       string
	Expires  time.Time
}

type tokenHeader struct {
	Algorithm string          `json:"alg"`
	Type      string          `json:"typ"`
	Key       json.RawMessage `json:"jwk"`
}

type tokenClaims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Deal     string `json:"deal"`
	Digest   string `json:"digest"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	ID       string `json:"jti"`
}

var b64 = base64.RawURLEncoding.Strict()

// ParseToken reads a token and checks its form and its signature: that whoever has the key of the account Provider made it, with an
// address that has the prefix given. Oracle, deal and time are for CheckFor. The error is a refusal, api.TokenInvalid.
func ParseToken(text, prefix string) (*Token, error) {
	invalid := func(what string) error { return api.Refuse(api.TokenInvalid, "", "%s", what) }
	parts := strings.Split(text, ".")
	if len(text) > MaxTokenSize || len(parts) != 3 {
		return nil, invalid("not a JWS in compact form of at most 4096 bytes")
	}
	var header tokenHeader
	var claims tokenClaims
	if !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) {
		return nil, invalid("header or claims are not as they should be")
	}
	if header.Algorithm != "ES256K" || header.Type != TokenType {
		return nil, invalid("alg is not ES256K, or typ not " + TokenType)
	}
	key, err := did.ParsePublicKeyJWK(header.Key)
	if err != nil || key.Type() != did.Secp256k1 {
		return nil, invalid("jwk is not a secp256k1 public key")
	}
	signature, err := b64.DecodeString(parts[2])
	if err != nil || key.Verify([]byte(parts[0]+"."+parts[1]), signature) != nil {
		return nil, invalid("the signature does not verify")
	}
	address := (&secp256k1.PubKey{Key: key.Bytes()}).Address()
	if own, err := bech32.ConvertAndEncode(prefix, address); err != nil || own != claims.Issuer {
		return nil, invalid("iss is not the address of jwk")
	}
	digest, err := hex.DecodeString(claims.Digest)
	if err != nil || len(digest) != sha256.Size || hex.EncodeToString(digest) != claims.Digest {
		return nil, invalid("digest is not 64 lower-case hexadecimal characters")
	}
	if len(claims.ID) < minTokenID || len(claims.ID) > maxTokenID {
		return nil, invalid("jti has not 16 to 64 characters")
	}
	issued, expires := time.Unix(claims.IssuedAt, 0), time.Unix(claims.Expires, 0)
	if lifetime := expires.Sub(issued); lifetime <= 0 || lifetime > MaxTokenLifetime {
		return nil, invalid("iat and exp are not in order, or more than five minutes apart")
	}
	return &Token{claims.Issuer, address, claims.Audience, claims.Deal, [32]byte(digest), claims.ID, expires}, nil
}

func decodePart(part string, v any) bool {
	raw, err := b64.DecodeString(part)
	if err != nil {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(v) != nil {
		return false
	}
	_, err = d.Token()
	return errors.Is(err, io.EOF)
}

// CheckFor checks that a token is for an oracle, a deal and now. The error is a refusal: api.TokenInvalid, api.TokenExpired.
func (t *Token) CheckFor(oracle, dealID string, now time.Time) error {
	switch {
	case t.Oracle != oracle:
		return api.Refuse(api.TokenInvalid, "", "aud is not this oracle's address")
	case t.DealID != dealID:
		return api.Refuse(api.TokenInvalid, "", "deal is not the one that the submission is for")
	case !now.Before(t.Expires):
		return api.Refuse(api.TokenExpired, "", "the token has expired")
	case t.Expires.Sub(now) > MaxTokenLifetime+ClockSkew:
		return api.Refuse(api.TokenExpired, "", "the token is from the future; is a clock wrong?")
	}
	return nil
}

// replays remembers the tokens that were used until they expire. It is bounded: nobody can make it forget one early, so when it is full
// no more are taken until some expire.
type replays struct {
	mu   sync.Mutex
	used map[[sha256.Size]byte]time.Time
	next time.Time // when to look for expired ones
	most int
}

const (
	// maxReplays bounds the tokens that are remembered: 64 bytes each.
	maxReplays = 200_000
	// lookEvery is how often all of them are looked through, at most.
	lookEvery = time.Second
)

func newReplays() *replays {
	return &replays{used: map[[sha256.Size]byte]time.Time{}, most: maxReplays}
}

// use takes a token once. The error is a refusal: api.TokenReplayed, api.Busy.
func (r *replays) use(t *Token, now time.Time) error {
	id := sha256.Sum256([]byte(t.Provider + "\x00" + t.ID))
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.next) {
		for k, expires := range r.used {
			if !now.Before(expires) {
				delete(r.used, k)
			}
		}
		r.next = now.Add(lookEvery)
	}
	if _, ok := r.used[id]; ok {
		return api.Refuse(api.TokenReplayed, "", "the token has been used; make a new one for each request")
	}
	if len(r.used) >= r.most {
		return api.Refuse(api.Busy, "", "too many requests in the last minutes; ask again later")
	}
	r.used[id] = t.Expires
	return nil
}
