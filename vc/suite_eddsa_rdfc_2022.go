package vc

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/multibase"
	"github.com/medibloc/panacea/vc/rdfc"
)

// eddsaRDFC2022 is the cryptosuite eddsa-rdfc-2022, vc-di-eddsa §3.2.
type eddsaRDFC2022 struct{}

const ed25519SignatureSize = 64

// sign is Create Proof, §3.2.1.
func (s eddsaRDFC2022) sign(ctx context.Context, p *operation, in signInput) (string, error) {
	if in.key.Type() != did.Ed25519 {
		return "", fmt.Errorf("%w: a key of type %s", ErrUnsupported, in.key.Type())
	}
	if len(in.mandatory) > 0 {
		return "", fmt.Errorf("%w: mandatory pointers need a selective disclosure cryptosuite", ErrOptions)
	}
	hashData, err := s.hash(ctx, p, in.document, in.config)
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
func (s eddsaRDFC2022) verify(ctx context.Context, p *operation, in verifyInput) error {
	if in.key.Type() != did.Ed25519 {
		return fmt.Errorf("%w: a key of type %s", ErrUnsupported, in.key.Type())
	}
	sig, err := decodeSignature(in.value, ed25519SignatureSize)
	if err != nil {
		return err
	}
	hashData, err := s.hash(ctx, p, in.document, in.config)
	if err != nil {
		return err
	}
	if err := in.key.Verify(hashData, sig); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}

// hash is Transformation, Proof Configuration and Hashing, §3.2.3 to §3.2.5: the
// configuration's hash, then the document's.
func (eddsaRDFC2022) hash(ctx context.Context, p *operation, document, config map[string]any) ([]byte, error) {
	canonicalConfig, err := p.canonical(ctx, configWithContext(document, config), rdfc.SHA256)
	if err != nil {
		return nil, fmt.Errorf("vc: proof configuration: %w", err)
	}
	canonicalDocument, err := p.canonical(ctx, document, rdfc.SHA256)
	if err != nil {
		return nil, err
	}
	configHash, documentHash := hashLines(sha256.New(), canonicalConfig), hashLines(sha256.New(), canonicalDocument)
	return append(configHash, documentHash...), nil
}
