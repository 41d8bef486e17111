package did

import (
	"encoding/base64"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/medibloc/panacea/did/internal/strictjson"
	"github.com/medibloc/panacea/did/multibase"
)

// jwkLimits bounds a JSON Web Key; a certificate chain in "x5c" may be large.
func jwkLimits() strictjson.Limits {
	return strictjson.Limits{Bytes: 16 << 10, Depth: 4, Values: 256}
}

// ParsePublicKeyJWK reads a JSON Web Key: RFC 7517 with the curves of RFC 7518 §6.2 (P-256, P-384), RFC 8812 (secp256k1),
// RFC 8037 (Ed25519, X25519) and draft-ietf-cose-bls-key-representations (BLS12381G2, from its -08: "OKP" with the
// compressed point in "x"). Members that describe the key's use are ignored; private members make it ErrPrivateKey.
// At most 16 KiB are read.
func ParsePublicKeyJWK(b []byte) (PublicKey, error) {
	v, err := strictjson.Parse(b, jwkLimits())
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: JWK: %w", ErrInvalidKey, err)
	}
	return publicKeyOfJWK(v)
}

func publicKeyOfJWK(v strictjson.Value) (PublicKey, error) {
	if v.Kind != strictjson.Object {
		return PublicKey{}, fmt.Errorf("%w: a JWK is a JSON object", ErrInvalidKey)
	}
	// RFC 7518 §6.2.2, §6.3.2, §6.4.1: members that hold private or symmetric keys.
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, ok := v.Get(name); ok {
			return PublicKey{}, fmt.Errorf("%w: JWK has the private member %q", ErrPrivateKey, name)
		}
	}
	kty, err := jwkString(v, "kty")
	if err != nil {
		return PublicKey{}, err
	}
	crv, err := jwkString(v, "crv")
	if err != nil {
		return PublicKey{}, err
	}
	for _, t := range KeyTypes() {
		if i, _ := t.info(); i.kty == kty && i.crv == crv {
			return publicKeyOfCoordinates(t, i, v)
		}
	}
	return PublicKey{}, fmt.Errorf("%w: JWK with kty %.32q, crv %.32q", ErrUnsupportedKeyType, kty, crv)
}

func publicKeyOfCoordinates(t KeyType, i keyInfo, v strictjson.Value) (PublicKey, error) {
	size := i.publicSize
	if i.kty == "EC" {
		size-- // without the sign byte of the compressed form
	}
	x, err := jwkCoordinate(v, "x", size)
	if err != nil {
		return PublicKey{}, err
	}
	if i.kty == "OKP" {
		return NewPublicKey(t, x)
	}
	y, err := jwkCoordinate(v, "y", size)
	if err != nil {
		return PublicKey{}, err
	}
	k, err := NewPublicKey(t, compress(append(x, y...)))
	if err != nil {
		return PublicKey{}, err
	}
	if _, ky := k.coordinates(); string(ky) != string(y) {
		return PublicKey{}, fmt.Errorf("%w: JWK's \"y\" does not belong to its \"x\"", ErrInvalidKey)
	}
	return k, nil
}

func jwkString(v strictjson.Value, name string) (string, error) {
	m, ok := v.Get(name)
	if !ok || m.Kind != strictjson.String {
		return "", fmt.Errorf("%w: JWK needs the string member %q", ErrInvalidKey, name)
	}
	return m.Text, nil
}

func jwkCoordinate(v strictjson.Value, name string, size int) ([]byte, error) {
	s, err := jwkString(v, name)
	if err != nil {
		return nil, err
	}
	b, err := multibase.DecodeBase64URL(s, size)
	if err != nil {
		return nil, fmt.Errorf("%w: JWK's %q: %w", ErrInvalidKey, name, err)
	}
	if len(b) != size {
		return nil, fmt.Errorf("%w: JWK's %q has %d bytes, not %d", ErrInvalidKey, name, len(b), size)
	}
	return b, nil
}

// coordinates returns x and y of an EC key, big-endian at the curve's full size (RFC 7518 §6.2.1.2).
func (k PublicKey) coordinates() (x, y []byte) {
	var uncompressed []byte
	switch k.t {
	case Secp256k1:
		uncompressed = k.ec.(*secp256k1.PublicKey).SerializeUncompressed()
	case P256, P384:
		uncompressed = nistUncompressed(k)
	}
	n := (len(uncompressed) - 1) / 2
	return uncompressed[1 : 1+n], uncompressed[1+n:]
}

// JWK returns the key as a JSON Web Key with its required members only, in the order of RFC 7638 §3.2, so that SHA-256
// over it is the key's thumbprint. The zero PublicKey returns ErrUnsupportedKeyType.
func (k PublicKey) JWK() ([]byte, error) {
	i, ok := k.t.info()
	if !ok {
		return nil, fmt.Errorf("%w: no key", ErrUnsupportedKeyType)
	}
	encode := base64.RawURLEncoding.EncodeToString
	if i.kty == "OKP" {
		return fmt.Appendf(nil, `{"crv":%q,"kty":"OKP","x":%q}`, i.crv, encode([]byte(k.raw))), nil
	}
	x, y := k.coordinates()
	return fmt.Appendf(nil, `{"crv":%q,"kty":"EC","x":%q,"y":%q}`, i.crv, encode(x), encode(y)), nil
}
