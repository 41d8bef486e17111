package bbs

import (
	"crypto/rand"
	"fmt"
	"sync"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// Bounds on every input, checked before any work is done. The draft allows more (2^64 - 1 everywhere); these keep the
// work that a hostile input can cause within what one core does in seconds.
const (
	// MaxMessages is the largest number of messages in one signature, disclosed or not.
	MaxMessages = 1 << 16

	// MaxMessageSize is the largest size of one message, in bytes.
	MaxMessageSize = 1 << 20

	// MaxHeaderSize is the largest size of a header and of a presentation header, in bytes.
	MaxHeaderSize = 1 << 20
)

// Sizes of the encodings in bytes, draft §7.2 and appendix "Point Encoding".
const (
	SecretKeySize = scalarSize
	PublicKeySize = 96
	SignatureSize = pointSize + scalarSize

	pointSize  = 48
	scalarSize = 32
)

// A Suite is one of the draft's ciphersuites together with its BBS Signatures Interface (§3.5): what fixes the hash
// functions, the domain separation tags and the generators. There are two, [SHA256] and [SHAKE256]. Keys know their
// suite, and a key of one is useless in the other.
//
// A Suite is safe for concurrent use. It owns the cache of the generators, which grows to what is used: at most
// [MaxMessages]+1 points of 144 bytes, with precomputed multiples of the first 1024 of them, 18 MiB in all.
type Suite struct {
	name string
	hash hasher

	apiID []byte // §3.5: names the Interface, and is part of every domain separation tag

	tagScalar  tag // hash_to_scalar
	tagMessage tag // messages_to_scalars
	tagSeed    tag // create_generators
	tagPoint   tag // create_generators, hash_to_curve
	tagKeyGen  tag // KeyGen

	p1 *generators // the ciphersuite's fixed point P1, alone

	cache generatorCache
}

// SHA256 is the ciphersuite BLS12-381-SHA-256, draft §7.2.2: the one of the W3C cryptosuite bbs-2023.
func SHA256() *Suite { return suiteSHA256() }

// SHAKE256 is the ciphersuite BLS12-381-SHAKE-256, draft §7.2.1.
func SHAKE256() *Suite { return suiteSHAKE256() }

var (
	suiteSHA256 = sync.OnceValue(func() *Suite {
		return newSuite("BLS12-381-SHA-256", "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_", expandXMD)
	})
	suiteSHAKE256 = sync.OnceValue(func() *Suite {
		return newSuite("BLS12-381-SHAKE-256", "BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_", expandXOF)
	})
)

// interfaceID is CREATE_GENERATORS_ID || MAP_TO_SCALAR_ID of the Interface of §3.5. The Interfaces of the extensions
// differ from it here, and only here: see the section "Extensions" of the package comment.
const interfaceID = "H2G_HM2S_"

func newSuite(name, ciphersuiteID string, h hasher) *Suite {
	apiID := ciphersuiteID + interfaceID
	s := &Suite{
		name:       name,
		hash:       h,
		apiID:      []byte(apiID),
		tagScalar:  newTag(apiID + "H2S_"),
		tagMessage: newTag(apiID + "MAP_MSG_TO_SCALAR_AS_HASH_"),
		tagSeed:    newTag(apiID + "SIG_GENERATOR_SEED_"),
		tagPoint:   newTag(apiID + "SIG_GENERATOR_DST_"),
		tagKeyGen:  newTag(ciphersuiteID + "KEYGEN_DST_"),
	}

	// §7.2: P1 is the first generator under a seed of its own. The tags are those of "H2G_HM2S_" whatever the Interface.
	fixed := generatorCache{
		seed:     []byte(ciphersuiteID + "H2G_HM2S_BP_MESSAGE_GENERATOR_SEED"),
		tagSeed:  newTag(ciphersuiteID + "H2G_HM2S_SIG_GENERATOR_SEED_"),
		tagPoint: newTag(ciphersuiteID + "H2G_HM2S_SIG_GENERATOR_DST_"),
		hash:     h,
	}
	s.p1 = fixed.grow(1, 1, 1)

	s.cache = generatorCache{
		seed:     []byte(apiID + "MESSAGE_GENERATOR_SEED"),
		tagSeed:  s.tagSeed,
		tagPoint: s.tagPoint,
		hash:     h,
	}
	return s
}

// String returns the name that the draft gives to the ciphersuite.
func (s *Suite) String() string { return s.name }

// GenerateKey makes a new secret key from the operating system's randomness.
func (s *Suite) GenerateKey() (*PrivateKey, error) {
	var material [48]byte
	defer clear(material[:])
	rand.Read(material[:]) // never fails, crypto/rand
	return s.DeriveKey(material[:], nil, nil)
}

// DeriveKey derives a secret key from at least 32 bytes of secret, unguessable key material, KeyGen of draft §3.4.1. The key info (at most 65535 bytes, may be nil) makes several keys from one material. A nil tag stands for
// the ciphersuite's; a tag of the caller's own has at most 255 bytes.
func (s *Suite) DeriveKey(material, info, dst []byte) (*PrivateKey, error) {
	if len(material) < 32 {
		return nil, fmt.Errorf("%w: key material of %d bytes, want at least 32", ErrInvalidKey, len(material))
	}
	if len(material) > MaxHeaderSize {
		return nil, fmt.Errorf("%w: key material of %d bytes, want at most %d", ErrTooLarge, len(material), MaxHeaderSize)
	}
	if len(info) > 65535 {
		return nil, fmt.Errorf("%w: key info of %d bytes, want at most 65535", ErrTooLarge, len(info))
	}
	if len(dst) > 255 {
		return nil, fmt.Errorf("%w: domain separation tag of %d bytes, want at most 255", ErrTooLarge, len(dst))
	}
	t := s.tagKeyGen
	if dst != nil {
		t = newTag(string(dst))
	}
	sk := s.hashToScalar(t, material, []byte{byte(len(info) >> 8), byte(len(info))}, info)
	return s.newPrivateKey(sk)
}

// encodedG1 is the compressed encoding of a point of G1.
func encodedG1(p *bls.G1Affine) []byte {
	b := p.Bytes()
	return b[:]
}

func checkHeaders(headers ...[]byte) error {
	for _, h := range headers {
		if len(h) > MaxHeaderSize {
			return fmt.Errorf("%w: header of %d bytes, want at most %d", ErrTooLarge, len(h), MaxHeaderSize)
		}
	}
	return nil
}

func checkMessages(messages [][]byte) error {
	if len(messages) > MaxMessages {
		return fmt.Errorf("%w: %d messages, want at most %d", ErrTooLarge, len(messages), MaxMessages)
	}
	for i, m := range messages {
		if len(m) > MaxMessageSize {
			return fmt.Errorf("%w: message %d of %d bytes, want at most %d", ErrTooLarge, i, len(m), MaxMessageSize)
		}
	}
	return nil
}
