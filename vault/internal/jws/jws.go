// Package jws signs and verifies short statements by keys of DIDs, as compact JSON Web Signatures (RFC 7515) whose kid is the DID URL of a
// verification method.
package jws

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/medibloc/panacea/did"
)

// MaxSize bounds a token, in bytes.
const MaxSize = 8 << 10

var (
	// ErrMalformed says that a text is no token of the expected type.
	ErrMalformed = errors.New("malformed token")
	// ErrSignature says that a token is not signed by a key that its issuer's DID document authorises.
	ErrSignature = errors.New("token not signed by its issuer")
)

var b64 = base64.RawURLEncoding.Strict()

type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid"`
}

// algorithm is the name of a key type's signature: RFC 7518, RFC 8037, RFC 8812.
func algorithm(t did.KeyType) string {
	switch t {
	case did.Secp256k1:
		return "ES256K"
	case did.Ed25519:
		return "EdDSA"
	case did.P256:
		return "ES256"
	case did.P384:
		return "ES384"
	}
	return ""
}

// Sign makes a token of claims. method is the DID URL of the key.
func Sign(typ, method string, key did.PrivateKey, claims any) (string, error) {
	alg := algorithm(key.Type())
	if alg == "" {
		return "", did.ErrKeyUsage
	}
	head, err := json.Marshal(header{alg, typ, method})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := b64.EncodeToString(head) + "." + b64.EncodeToString(body)
	sig, err := key.Sign([]byte(signed))
	if err != nil {
		return "", err
	}
	token := signed + "." + b64.EncodeToString(sig)
	if len(token) > MaxSize {
		return "", fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	return token, nil
}

// Parse reads a token into claims and verifies nothing. It returns the DID URL that is said to have signed.
func Parse(typ, token string, claims any) (method string, err error) {
	head, _, _, err := split(typ, token, claims)
	return head.KeyID, err
}

func split(typ, token string, claims any) (head header, signed string, sig []byte, err error) {
	if len(token) > MaxSize {
		return head, "", nil, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxSize)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return head, "", nil, fmt.Errorf("%w: not three parts", ErrMalformed)
	}
	if err := decode(parts[0], &head); err != nil {
		return head, "", nil, err
	}
	if head.Type != typ {
		return head, "", nil, fmt.Errorf("%w: type %.40q", ErrMalformed, head.Type)
	}
	if err := decode(parts[1], claims); err != nil {
		return head, "", nil, err
	}
	if sig, err = b64.DecodeString(parts[2]); err != nil {
		return head, "", nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return head, parts[0] + "." + parts[1], sig, nil
}

func decode(part string, v any) error {
	raw, err := b64.DecodeString(part)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: text after the JSON", ErrMalformed)
	}
	return nil
}

// Verify reads a token into claims and checks that a verification method of issuer(), which is asked after claims have been read, signed it and has
// one of the relationships in the issuer's document as it resolves now. Errors besides ErrMalformed and ErrSignature are the resolver's.
func Verify(ctx context.Context, r did.Resolver, typ, token string, claims any, issuer func() string, relationships ...did.Relationship) error {
	head, signed, sig, err := split(typ, token, claims)
	if err != nil {
		return err
	}
	iss := issuer()
	if method, _, found := strings.Cut(head.KeyID, "#"); !found || method != iss || iss == "" {
		return fmt.Errorf("%w: kid is not a method of %.80q", ErrSignature, iss)
	}
	var last error = ErrSignature
	for _, relationship := range relationships {
		method, err := did.ResolveMethod(ctx, r, head.KeyID, relationship, did.ResolveOptions{})
		if err != nil {
			last = err
			continue
		}
		key, err := method.PublicKey()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSignature, err)
		}
		if algorithm(key.Type()) != head.Algorithm {
			return fmt.Errorf("%w: alg is not the key's", ErrSignature)
		}
		if err := key.Verify([]byte(signed), sig); err != nil {
			return fmt.Errorf("%w: %w", ErrSignature, err)
		}
		return nil
	}
	return fmt.Errorf("%w: %w", ErrSignature, last)
}
