package exchange

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	curve "github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
)

// tokenLifetime is how long a submission's token is valid; docs/protocol/exchange.md allows five minutes.
const tokenLifetime = 4 * time.Minute

// tokenBackdate is how far a clock may be ahead of the oracle's.
const tokenBackdate = 30 * time.Second

type tokenHeader struct {
	Algorithm string   `json:"alg"`
	Type      string   `json:"typ"`
	Key       tokenKey `json:"jwk"`
}

type tokenKey struct {
	KeyType string `json:"kty"`
	Curve   string `json:"crv"`
	X       string `json:"x"`
	Y       string `json:"y"`
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

// newToken makes the token that goes along with a submission to one oracle (docs/protocol/exchange.md, "Submission").
func newToken(a Account, oracle, dealID string, digest [32]byte, now time.Time) (string, error) {
	address, err := a.Address()
	if err != nil {
		return "", err
	}
	record, err := a.Keys.Key(a.Name)
	if err != nil {
		return "", fmt.Errorf("exchange: %w", err)
	}
	public, err := record.GetPubKey()
	if err != nil {
		return "", fmt.Errorf("exchange: %w", err)
	}
	account, ok := public.(*secp256k1.PubKey)
	if !ok {
		return "", fmt.Errorf("exchange: the account's key is %s; oracles take secp256k1", public.Type())
	}
	point, err := curve.ParsePubKey(account.Key)
	if err != nil {
		return "", fmt.Errorf("exchange: the account's key: %w", err)
	}
	uncompressed := point.SerializeUncompressed()
	b64 := base64.RawURLEncoding
	header := tokenHeader{"ES256K", "panacea-submission+jwt", tokenKey{"EC", "secp256k1",
		b64.EncodeToString(uncompressed[1:33]), b64.EncodeToString(uncompressed[33:])}}
	id := make([]byte, 16)
	rand.Read(id)
	issued := now.Add(-tokenBackdate)
	claims := tokenClaims{address.String(), oracle, dealID, hex.EncodeToString(digest[:]), issued.Unix(), issued.Add(tokenLifetime).Unix(), hex.EncodeToString(id)}
	head, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := b64.EncodeToString(head) + "." + b64.EncodeToString(body)
	signature, _, err := a.sign([]byte(signed))
	if err != nil {
		return "", err
	}
	return signed + "." + b64.EncodeToString(signature), nil
}
