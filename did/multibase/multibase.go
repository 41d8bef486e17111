// Package multibase encodes bytes as text with the two multibase alphabets that W3C Controlled Identifiers 1.0 §2.4
// names: base58btc (prefix "z") and base64url without padding (prefix "u").
//
// Base58 decoding costs time quadratic in its input, so every decoder here takes the greatest number of bytes that the
// caller can use and refuses a longer text before it does any work.
//
//	key, err := multibase.Decode("z6Mkf5rGMoatrSj1f4CyvuHBeXJELe9RPdzo2PKGNCKVtZxP", 34)
package multibase

import (
	"encoding/base64"
	"errors"
	"fmt"
)

// Base is a multibase prefix character.
type Base byte

// The bases of CID 1.0 §2.4.
const (
	Base58BTC Base = 'z'
	Base64URL Base = 'u'
)

// Errors of the decoders, for errors.Is.
var (
	// ErrTooLong says that the text holds, or may hold, more bytes than the caller allows.
	ErrTooLong = errors.New("multibase: text too long")
	// ErrInvalid says that the text is empty or holds a character, or trailing bits, that the base does not have.
	ErrInvalid = errors.New("multibase: invalid text")
	// ErrUnknownBase says that the prefix is neither "z" nor "u".
	ErrUnknownBase = errors.New("multibase: unknown base")
)

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// Encode writes b in the base with its prefix. It panics on a base that this package does not define, which is a
// programming error.
func Encode(base Base, b []byte) string {
	switch base {
	case Base58BTC:
		return "z" + EncodeBase58(b)
	case Base64URL:
		return "u" + base64.RawURLEncoding.EncodeToString(b)
	}
	panic(fmt.Sprintf("multibase: base %q", byte(base)))
}

// Decode reads a text with its prefix that holds at most maxBytes bytes.
func Decode(s string, maxBytes int) ([]byte, error) {
	if s == "" {
		return nil, fmt.Errorf("%w: empty", ErrInvalid)
	}
	switch Base(s[0]) {
	case Base58BTC:
		return DecodeBase58(s[1:], maxBytes)
	case Base64URL:
		return DecodeBase64URL(s[1:], maxBytes)
	}
	return nil, fmt.Errorf("%w: prefix %q, want \"z\" (base58btc) or \"u\" (base64url)", ErrUnknownBase, s[:1])
}

// DecodeBase64URL reads unpadded base64url (RFC 4648 §5) of at most maxBytes bytes, without a prefix. Trailing bits that
// are not zero, and line breaks, are refused, so that one byte string has one text.
func DecodeBase64URL(s string, maxBytes int) ([]byte, error) {
	if len(s) > base64.RawURLEncoding.EncodedLen(maxBytes) {
		return nil, fmt.Errorf("%w: %d characters, more than %d bytes", ErrTooLong, len(s), maxBytes)
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '\r' || s[i] == '\n' {
			return nil, fmt.Errorf("%w: line break in base64url", ErrInvalid)
		}
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: base64url: %w", ErrInvalid, err)
	}
	return b, nil
}

// EncodeBase58 writes b in base58btc without a prefix. Its time is quadratic in len(b); it is meant for keys, digests and
// signatures.
func EncodeBase58(b []byte) string {
	zeros := 0
	for zeros < len(b) && b[zeros] == 0 {
		zeros++
	}
	// Digits in base 58, least significant first; log(256)/log(58) < 1.38.
	digits := make([]byte, 0, len(b)*138/100+1)
	for _, c := range b[zeros:] {
		carry := uint32(c)
		for i, d := range digits {
			carry += uint32(d) << 8
			digits[i] = byte(carry % 58)
			carry /= 58
		}
		for carry > 0 {
			digits = append(digits, byte(carry%58))
			carry /= 58
		}
	}
	out := make([]byte, 0, zeros+len(digits))
	for range zeros {
		out = append(out, alphabet[0])
	}
	for i := len(digits) - 1; i >= 0; i-- {
		out = append(out, alphabet[digits[i]])
	}
	return string(out)
}

// DecodeBase58 reads base58btc of at most maxBytes bytes, without a prefix. An empty text is no bytes.
func DecodeBase58(s string, maxBytes int) ([]byte, error) {
	if maxBytes < 0 || len(s) > maxBytes*138/100+1 {
		return nil, fmt.Errorf("%w: %d characters, more than %d bytes", ErrTooLong, len(s), maxBytes)
	}
	zeros := 0
	for zeros < len(s) && s[zeros] == alphabet[0] {
		zeros++
	}
	// Bytes, least significant first.
	bytes := make([]byte, 0, maxBytes+1)
	for i := zeros; i < len(s); i++ {
		carry := digitOf(s[i])
		if carry >= 58 {
			return nil, fmt.Errorf("%w: character %q at %d is not base58btc", ErrInvalid, s[i], i)
		}
		for j, b := range bytes {
			carry += uint32(b) * 58
			bytes[j] = byte(carry)
			carry >>= 8
		}
		for carry > 0 {
			bytes = append(bytes, byte(carry))
			carry >>= 8
		}
	}
	if zeros+len(bytes) > maxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, zeros+len(bytes), maxBytes)
	}
	out := make([]byte, zeros+len(bytes))
	for i, b := range bytes {
		out[len(out)-1-i] = b
	}
	return out, nil
}

// IsBase58 says whether every character of s is in the base58btc alphabet. It is linear in len(s).
func IsBase58(s string) bool {
	for i := 0; i < len(s); i++ {
		if digitOf(s[i]) >= 58 {
			return false
		}
	}
	return true
}

// digitOf is the value of a base58btc character, or 255.
func digitOf(c byte) uint32 {
	switch {
	case c >= '1' && c <= '9':
		return uint32(c - '1')
	case c >= 'A' && c <= 'H':
		return uint32(c-'A') + 9
	case c >= 'J' && c <= 'N':
		return uint32(c-'J') + 17
	case c >= 'P' && c <= 'Z':
		return uint32(c-'P') + 22
	case c >= 'a' && c <= 'k':
		return uint32(c-'a') + 33
	case c >= 'm' && c <= 'z':
		return uint32(c-'m') + 44
	}
	return 255
}
