package state

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	ds "github.com/ipfs/go-datastore"
)

const (
	keySize = 32
	// saltSize is the size of what each value's own key is derived with. It is random, so no number of writes wears a key out.
	saltSize = 32
	overhead = 1 + saltSize + 16
	version  = 1
)

// crypt encrypts values, and takes their fingerprints. It holds keys that never leave the enclave.
type crypt struct {
	values, fingerprints []byte
}

// fingerprint is a keyed hash of a name and what stands there. Nobody outside of the enclave knows one, so nobody finds values whose
// fingerprints cancel each other out when they are joined by exclusive or.
type fingerprint [sha256.Size]byte

func newCrypt(key []byte) (*crypt, error) {
	values, err := hkdf.Expand(sha256.New, key, "panacea/v1/oracle/state/values", keySize)
	if err != nil {
		return nil, err
	}
	fingerprints, err := hkdf.Expand(sha256.New, key, "panacea/v1/oracle/state/fingerprints", keySize)
	return &crypt{values, fingerprints}, err
}

// aead returns the cipher of one value: its key is used once, so its nonce is zero.
func (c *crypt) aead(salt []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, c.values, salt, "panacea/v1/oracle/state/value", keySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

var zeroNonce [12]byte

// seal encrypts a value for its name.
func (c *crypt) seal(name ds.Key, value []byte) ([]byte, error) {
	out := make([]byte, 1+saltSize, overhead+len(value))
	out[0] = version
	rand.Read(out[1:])
	aead, err := c.aead(out[1:])
	if err != nil {
		return nil, fmt.Errorf("state: sealing: %w", err)
	}
	return aead.Seal(out, zeroNonce[:], value, name.Bytes()), nil
}

// open decrypts into new memory. Error: ErrTampered.
func (c *crypt) open(name ds.Key, sealed []byte) ([]byte, error) {
	if len(sealed) < overhead || sealed[0] != version {
		return nil, ErrTampered
	}
	aead, err := c.aead(sealed[1 : 1+saltSize])
	if err != nil {
		return nil, fmt.Errorf("state: opening: %w", err)
	}
	value, err := aead.Open([]byte{}, zeroNonce[:], sealed[1+saltSize:], name.Bytes())
	if err != nil {
		return nil, ErrTampered
	}
	return value, nil
}

func (c *crypt) fingerprint(name ds.Key, sealed []byte) (f fingerprint) {
	mac := hmac.New(sha256.New, c.fingerprints)
	mac.Write(name.Bytes())
	mac.Write([]byte{0})
	mac.Write(sealed)
	mac.Sum(f[:0])
	return f
}
