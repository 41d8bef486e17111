package vc

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/multibase"
	"github.com/medibloc/panacea/vc/rdfc"
)

// ecdsaRDFC2019 is the cryptosuite ecdsa-rdfc-2019, vc-di-ecdsa §3.2. Its hash is
// SHA-256 with P-256 and SHA-384 with P-384, everywhere, canonicalisation included.
type ecdsaRDFC2019 struct{}

// parameters returns what depends on the curve.
func (ecdsaRDFC2019) parameters(t did.KeyType) (h func() hash.Hash, canon rdfc.Hash, signatureSize int, err error) {
	switch t {
	case did.P256:
		return sha256.New, rdfc.SHA256, 64, nil
	case did.P384:
		return sha512.New384, rdfc.SHA384, 96, nil
	}
	return nil, 0, 0, fmt.Errorf("%w: a key of type %s", ErrUnsupported, t)
}

// sign is Create Proof, §3.2.1.
func (s ecdsaRDFC2019) sign(ctx context.Context, p *operation, in signInput) (string, error) {
	if len(in.mandatory) > 0 {
		return "", fmt.Errorf("%w: mandatory pointers need a selective disclosure cryptosuite", ErrOptions)
	}
	hashData, err := s.hash(ctx, p, in.key.Type(), in.document, in.config)
	if err != nil {
		return "", err
	}
	sig, err := in.key.Sign(hashData)
	if err != nil {
		return "", err
	}
	return multibase.Encode(multibase.Base58BTC, sig), nil
}

// verify is Verify Proof, §3.2.2.
func (s ecdsaRDFC2019) verify(ctx context.Context, p *operation, in verifyInput) error {
	_, _, size, err := s.parameters(in.key.Type())
	if err != nil {
		return err
	}
	sig, err := decodeSignature(in.value, size)
	if err != nil {
		return err
	}
	hashData, err := s.hash(ctx, p, in.key.Type(), in.document, in.config)
	if err != nil {
		return err
	}
	if err := in.key.Verify(hashData, sig); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}

// hash is Transformation, Proof Configuration and Hashing, §3.2.3 to §3.2.5.
func (s ecdsaRDFC2019) hash(ctx context.Context, p *operation, t did.KeyType, document, config map[string]any) ([]byte, error) {
	h, canon, _, err := s.parameters(t)
	if err != nil {
		return nil, err
	}
	canonicalConfig, err := p.canonical(ctx, configWithContext(document, config), canon)
	if err != nil {
		return nil, fmt.Errorf("vc: proof configuration: %w", err)
	}
	canonicalDocument, err := p.canonical(ctx, document, canon)
	if err != nil {
		return nil, err
	}
	return append(hashLines(h(), canonicalConfig), hashLines(h(), canonicalDocument)...), nil
}

// hashLines hashes canonical N-Quads.
func hashLines(h hash.Hash, lines []string) []byte {
	for _, l := range lines {
		h.Write([]byte(l))
	}
	return h.Sum(nil)
}

// decodeSignature reads a proofValue that is a base58btc signature of size bytes.
func decodeSignature(value string, size int) ([]byte, error) {
	if len(value) == 0 || value[0] != 'z' {
		return nil, fmt.Errorf("%w: not base58btc multibase", ErrProofValue)
	}
	sig, err := multibase.Decode(value, size)
	if err != nil || len(sig) != size {
		return nil, fmt.Errorf("%w: not a signature of %d bytes", ErrProofValue, size)
	}
	return sig, nil
}
