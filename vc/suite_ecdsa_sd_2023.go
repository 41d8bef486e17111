package vc

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/rdfc"
)

// ecdsaSD2023 is the cryptosuite ecdsa-sd-2023, vc-di-ecdsa §3.6: selective disclosure
// without unlinkability, with P-256 and SHA-256. Each statement that may be hidden has
// a signature of its own, by a key made for the one proof.
type ecdsaSD2023 struct{}

var (
	ecdsaSDBaseHeader    = [3]byte{0xd9, 0x5d, 0x00}
	ecdsaSDDerivedHeader = [3]byte{0xd9, 0x5d, 0x01}
)

const (
	p256SignatureSize = 64
	p256MultikeySize  = 35
)

// p256Multicodec is the multikey header p256-pub (0x1200) as a varint.
var p256Multicodec = [2]byte{0x80, 0x24}

// ecdsaSDBaseProof is the value of a base proof, §3.5.2.
type ecdsaSDBaseProof struct {
	baseSignature []byte
	publicKey     []byte // of the proof's own key, as multikey bytes
	hmacKey       []byte
	signatures    [][]byte
	mandatory     []string
}

// encode is serializeBaseProofValue, §3.5.2.
func (b *ecdsaSDBaseProof) encode() string {
	var w cborWriter
	w.array(5)
	w.bytes(b.baseSignature)
	w.bytes(b.publicKey)
	w.bytes(b.hmacKey)
	w.byteStrings(b.signatures)
	w.texts(b.mandatory)
	return encodeProofValue(ecdsaSDBaseHeader, w.b)
}

// parseECDSASDBaseProof is parseBaseProofValue, §3.5.3.
func parseECDSASDBaseProof(value string) (*ecdsaSDBaseProof, error) {
	header, r, err := decodeProofValue(value)
	if err != nil {
		return nil, err
	}
	if header != ecdsaSDBaseHeader {
		return nil, fmt.Errorf("%w: not a base proof of ecdsa-sd-2023", ErrProofValue)
	}
	r.readArray(5)
	b := &ecdsaSDBaseProof{
		baseSignature: r.bytes(p256SignatureSize),
		publicKey:     r.bytes(p256MultikeySize),
		hmacKey:       r.bytes(hmacKeySize),
		signatures:    r.byteStrings(p256SignatureSize),
		mandatory:     r.texts(),
	}
	return b, r.end()
}

// ecdsaSDDerivedProof is the value of a derived proof, §3.5.7.
type ecdsaSDDerivedProof struct {
	baseSignature []byte
	publicKey     []byte
	signatures    [][]byte
	labelMap      map[string]string // signed label by canonical label
	mandatory     []int
}

// encode is serializeDerivedProofValue with compressLabelMap, §3.5.7, §3.5.5.
func (d *ecdsaSDDerivedProof) encode() (string, error) {
	compressed := make(map[int][]byte, len(d.labelMap))
	for c14n, label := range d.labelMap {
		k, err := labelNumber(c14n, "c14n")
		if err != nil {
			return "", err
		}
		if compressed[k], err = base64.RawURLEncoding.DecodeString(strings.TrimPrefix(label, "u")); err != nil {
			return "", fmt.Errorf("%w: label %q", ErrBlankNode, label)
		}
	}
	var w cborWriter
	w.array(5)
	w.bytes(d.baseSignature)
	w.bytes(d.publicKey)
	w.byteStrings(d.signatures)
	w.bytesMap(compressed)
	w.ints(d.mandatory)
	return encodeProofValue(ecdsaSDDerivedHeader, w.b), nil
}

// parseECDSASDDerivedProof is parseDerivedProofValue with decompressLabelMap, §3.5.8, §3.5.6.
func parseECDSASDDerivedProof(value string) (*ecdsaSDDerivedProof, error) {
	header, r, err := decodeProofValue(value)
	if err != nil {
		return nil, err
	}
	if header != ecdsaSDDerivedHeader {
		return nil, fmt.Errorf("%w: not a derived proof of ecdsa-sd-2023", ErrProofValue)
	}
	r.readArray(5)
	d := &ecdsaSDDerivedProof{
		baseSignature: r.bytes(p256SignatureSize),
		publicKey:     r.bytes(p256MultikeySize),
		signatures:    r.byteStrings(p256SignatureSize),
	}
	compressed := r.bytesMap(sha256.Size)
	d.mandatory = r.ascending()
	if err := r.end(); err != nil {
		return nil, err
	}
	d.labelMap = make(map[string]string, len(compressed))
	for k, v := range compressed {
		d.labelMap["c14n"+strconv.Itoa(k)] = "u" + base64.RawURLEncoding.EncodeToString(v)
	}
	return d, nil
}

// hmacLabels is createHmacIdLabelMapFunction, §3.4.4.
func hmacLabels(hmacKey []byte) labelFactory {
	return func(canonical map[string]string) (map[string]string, error) {
		out := make(map[string]string, len(canonical))
		for input, c14n := range canonical {
			out[input] = hmacLabel(hmacKey, c14n)
		}
		return out, nil
	}
}

// signData is serializeSignData, §3.5.1.
func (ecdsaSD2023) signData(ctx context.Context, p *operation, document, config map[string]any, publicKey, mandatoryHash []byte) ([]byte, error) {
	lines, err := p.canonical(ctx, configWithContext(document, config), rdfc.SHA256)
	if err != nil {
		return nil, fmt.Errorf("vc: proof configuration: %w", err)
	}
	proofHash := hashLines(sha256.New(), lines)
	return bytes.Join([][]byte{proofHash, publicKey, mandatoryHash}, nil), nil
}

// sign is Create Base Proof, §3.6.1.
func (s ecdsaSD2023) sign(ctx context.Context, p *operation, in signInput) (string, error) {
	hmacKey := make([]byte, hmacKeySize)
	if _, err := rand.Read(hmacKey); err != nil {
		return "", err
	}
	proofKey, err := did.GenerateKey(did.P256, nil)
	if err != nil {
		return "", err
	}
	defer proofKey.Zero()
	return s.signWith(ctx, p, in, hmacKey, proofKey)
}

// signWith is sign with the HMAC key and the proof's own key given.
func (s ecdsaSD2023) signWith(ctx context.Context, p *operation, in signInput, hmacKey []byte, proofKey did.PrivateKey) (string, error) {
	if in.key.Type() != did.P256 {
		return "", fmt.Errorf("%w: a key of type %s", ErrUnsupported, in.key.Type())
	}
	st, err := p.labelReplacementCanonicalize(ctx, in.document, hmacLabels(hmacKey))
	if err != nil {
		return "", err
	}
	mandatory, err := st.group(ctx, p, in.mandatory)
	if err != nil {
		return "", fmt.Errorf("vc: mandatory pointers: %w", err)
	}
	base := &ecdsaSDBaseProof{
		publicKey: append(p256Multicodec[:], proofKey.Public().Bytes()...),
		hmacKey:   hmacKey,
		mandatory: in.mandatory,
	}
	for _, m := range st.messages(complement(mandatory.indexes, len(st.lines))) {
		sig, err := proofKey.Sign(m)
		if err != nil {
			return "", err
		}
		base.signatures = append(base.signatures, sig)
	}
	data, err := s.signData(ctx, p, in.document, in.config, base.publicKey, st.hashAt(mandatory.indexes))
	if err != nil {
		return "", err
	}
	if base.baseSignature, err = in.key.Sign(data); err != nil {
		return "", err
	}
	return base.encode(), nil
}

// derive is Add Derived Proof, §3.6.6.
func (s ecdsaSD2023) derive(ctx context.Context, p *operation, in deriveInput) (map[string]any, string, error) {
	if len(in.header) > 0 {
		return nil, "", fmt.Errorf("%w: ecdsa-sd-2023 has no presentation header", ErrOptions)
	}
	base, err := parseECDSASDBaseProof(in.value)
	if err != nil {
		return nil, "", err
	}
	d, err := p.disclose(ctx, in.document, hmacLabels(base.hmacKey), base.mandatory, in.selective)
	if err != nil {
		return nil, "", err
	}
	if len(base.signatures) != len(d.nonMandatory) {
		return nil, "", fmt.Errorf("%w: %d signatures for %d statements", ErrProofValue, len(base.signatures), len(d.nonMandatory))
	}
	derived := &ecdsaSDDerivedProof{baseSignature: base.baseSignature, publicKey: base.publicKey, labelMap: d.labelMap, mandatory: d.mandatoryAt}
	for _, i := range d.selectiveAt {
		derived.signatures = append(derived.signatures, base.signatures[i])
	}
	value, err := derived.encode()
	return d.reveal, value, err
}

// verify is Verify Derived Proof, §3.6.7. A holder's check of a base proof is beside it.
func (s ecdsaSD2023) verify(ctx context.Context, p *operation, in verifyInput) error {
	if in.key.Type() != did.P256 {
		return fmt.Errorf("%w: a key of type %s", ErrUnsupported, in.key.Type())
	}
	if header, _, err := decodeProofValue(in.value); err == nil && header == ecdsaSDBaseHeader && in.holder {
		return s.verifyBase(ctx, p, in)
	}
	derived, err := parseECDSASDDerivedProof(in.value)
	if err != nil {
		return err
	}
	data, err := p.show(ctx, in.document, derived.labelMap, derived.mandatory, len(derived.signatures))
	if err != nil {
		return err
	}
	return s.check(ctx, p, in, derived.publicKey, derived.baseSignature, data.mandatoryHash, data.nonMandatory, derived.signatures)
}

// check verifies the base signature and that of each statement.
func (s ecdsaSD2023) check(ctx context.Context, p *operation, in verifyInput, publicKey, baseSignature, mandatoryHash []byte, messages, signatures [][]byte) error {
	raw, ok := bytes.CutPrefix(publicKey, p256Multicodec[:])
	if !ok {
		return fmt.Errorf("%w: the proof's own key is not of P-256", ErrProofValue)
	}
	proofKey, err := did.NewPublicKey(did.P256, raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProofValue, err)
	}
	signData, err := s.signData(ctx, p, in.document, in.config, publicKey, mandatoryHash)
	if err != nil {
		return err
	}
	if err := in.key.Verify(signData, baseSignature); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	for i, m := range messages {
		if err := proofKey.Verify(m, signatures[i]); err != nil {
			return fmt.Errorf("%w: statement %d: %w", ErrSignature, i, err)
		}
	}
	return nil
}

// verifyBase checks the base proof that a holder received.
func (s ecdsaSD2023) verifyBase(ctx context.Context, p *operation, in verifyInput) error {
	base, err := parseECDSASDBaseProof(in.value)
	if err != nil {
		return err
	}
	st, err := p.labelReplacementCanonicalize(ctx, in.document, hmacLabels(base.hmacKey))
	if err != nil {
		return err
	}
	mandatory, err := st.group(ctx, p, base.mandatory)
	if err != nil {
		return err
	}
	messages := st.messages(complement(mandatory.indexes, len(st.lines)))
	if len(messages) != len(base.signatures) {
		return fmt.Errorf("%w: %d signatures for %d statements", ErrSignature, len(base.signatures), len(messages))
	}
	return s.check(ctx, p, in, base.publicKey, base.baseSignature, st.hashAt(mandatory.indexes), messages, base.signatures)
}
