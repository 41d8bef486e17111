package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"

	ds "github.com/ipfs/go-datastore"
)

// KeySize is the size of a store's key in bytes.
const KeySize = 32

// indexSize is how many bytes of the HMAC a back-end key has.
const indexSize = 24

// crypt turns names into back-end keys and seals values.
type crypt struct {
	index []byte
	data  xaes
}

func newCrypt(key []byte) (*crypt, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("store: a key has %d bytes, not %d", KeySize, len(key))
	}
	index, err := hkdf.Key(sha256.New, key, nil, "panacea vault store index v1", 32)
	if err != nil {
		return nil, err
	}
	data, err := hkdf.Key(sha256.New, key, nil, "panacea vault store data v1", 32)
	if err != nil {
		return nil, err
	}
	x, err := newXAES(data)
	if err != nil {
		return nil, err
	}
	return &crypt{index: index, data: x}, nil
}

// key names a record of a space without saying which.
func (c *crypt) key(space string, name []byte) ds.Key {
	mac := hmac.New(sha256.New, c.index)
	mac.Write([]byte(space))
	mac.Write([]byte{0})
	mac.Write(name)
	return ds.RawKey("/" + space + "/" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:indexSize]))
}

const (
	sealVersion  = 1
	sealOverhead = 1 + xaesNonce + 16
)

var errSealed = errors.New("store: record does not open")

// seal encrypts a value for its key.
func (c *crypt) seal(key ds.Key, value []byte) ([]byte, error) {
	out := make([]byte, 1+xaesNonce, sealOverhead+len(value))
	out[0] = sealVersion
	if _, err := rand.Read(out[1:]); err != nil {
		return nil, err
	}
	return c.data.seal(out, out[1:], value, []byte(key.String()))
}

// open decrypts into new memory: what a back end returned may be its own.
func (c *crypt) open(key ds.Key, sealed []byte) ([]byte, error) {
	if len(sealed) < sealOverhead || sealed[0] != sealVersion {
		return nil, errSealed
	}
	value, err := c.data.open(nil, sealed[1:1+xaesNonce], sealed[1+xaesNonce:], []byte(key.String()))
	if err != nil {
		return nil, errSealed
	}
	return value, nil
}

// xaes is XAES-256-GCM (C2SP): AES-256-GCM with 192-bit nonces, which may be random for any number of values.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

const xaesNonce = 24

func newXAES(key []byte) (xaes, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return xaes{}, err
	}
	x := xaes{block: block}
	block.Encrypt(x.k1[:], x.k1[:])
	var msb byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		msb, x.k1[i] = x.k1[i]>>7, x.k1[i]<<1|msb
	}
	x.k1[len(x.k1)-1] ^= byte(subtle.ConstantTimeSelect(int(msb), 0b10000111, 0))
	return x, nil
}

// derive returns AES-GCM under the key that belongs to the first half of a nonce.
func (x xaes) derive(nonce []byte) (cipher.AEAD, error) {
	key := make([]byte, 0, 32)
	for i := byte(1); i <= 2; i++ {
		m := [aes.BlockSize]byte{0, i, 'X', 0}
		copy(m[4:], nonce[:12])
		subtle.XORBytes(m[:], m[:], x.k1[:])
		x.block.Encrypt(m[:], m[:])
		key = append(key, m[:]...)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (x xaes) seal(dst, nonce, plaintext, ad []byte) ([]byte, error) {
	aead, err := x.derive(nonce)
	if err != nil {
		return nil, err
	}
	return aead.Seal(dst, nonce[12:], plaintext, ad), nil
}

func (x xaes) open(dst, nonce, ciphertext, ad []byte) ([]byte, error) {
	aead, err := x.derive(nonce)
	if err != nil {
		return nil, err
	}
	return aead.Open(dst, nonce[12:], ciphertext, ad)
}
