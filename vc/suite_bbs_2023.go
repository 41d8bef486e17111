package vc

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"

	"github.com/medibloc/panacea/bbs"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/rdfc"
)

// bbs2023 is the cryptosuite bbs-2023, vc-di-bbs §3, with the ciphersuite
// BLS12-381-SHA-256 and the feature set "baseline".
type bbs2023 struct{}

// bbsFeature is the feature option of a proof, which its header tells (§3.3.1,
// §3.3.6). Holder binding and pseudonyms add components to both proof values and
// another signature scheme; they get their place in the methods that switch on it.
type bbsFeature int

const (
	bbsBaseline bbsFeature = iota
)

var bbsHeaders = map[bbsFeature]struct{ base, derived [3]byte }{
	bbsBaseline: {[3]byte{0xd9, 0x5d, 0x02}, [3]byte{0xd9, 0x5d, 0x03}},
}

// bbsBaseProof is the value of a base proof, §3.3.1.
type bbsBaseProof struct {
	feature   bbsFeature
	signature []byte
	header    []byte // hash of the proof configuration, then of the mandatory statements
	publicKey []byte
	hmacKey   []byte
	mandatory []string // JSON pointers
}

// encode is serializeBaseProofValue, §3.3.1.
func (b *bbsBaseProof) encode() string {
	var w cborWriter
	w.array(5)
	w.bytes(b.signature)
	w.bytes(b.header)
	w.bytes(b.publicKey)
	w.bytes(b.hmacKey)
	w.texts(b.mandatory)
	return encodeProofValue(bbsHeaders[b.feature].base, w.b)
}

// parseBBSBaseProof is parseBaseProofValue, §3.3.2.
func parseBBSBaseProof(value string) (*bbsBaseProof, error) {
	header, r, err := decodeProofValue(value)
	if err != nil {
		return nil, err
	}
	if header != bbsHeaders[bbsBaseline].base {
		return nil, fmt.Errorf("%w: not a baseline base proof of bbs-2023", ErrProofValue)
	}
	r.readArray(5)
	b := &bbsBaseProof{
		feature:   bbsBaseline,
		signature: r.bytes(bbs.SignatureSize),
		header:    r.bytes(2 * sha256.Size),
		publicKey: r.bytes(bbs.PublicKeySize),
		hmacKey:   r.bytes(hmacKeySize),
		mandatory: r.texts(),
	}
	return b, r.end()
}

// bbsDerivedProof is the value of a derived proof, §3.3.6.
type bbsDerivedProof struct {
	feature            bbsFeature
	proof              []byte
	labelMap           map[string]string // signed label b0… by canonical label c14n0…
	mandatory          []int
	selective          []int
	presentationHeader []byte
}

// encode is serializeDerivedProofValue with compressLabelMap, §3.3.6, §3.3.4.
func (d *bbsDerivedProof) encode() (string, error) {
	compressed := make(map[int]int, len(d.labelMap))
	for c14n, label := range d.labelMap {
		k, err := labelNumber(c14n, "c14n")
		if err != nil {
			return "", err
		}
		if compressed[k], err = labelNumber(label, "b"); err != nil {
			return "", err
		}
	}
	var w cborWriter
	w.array(5)
	w.bytes(d.proof)
	w.intMap(compressed)
	w.ints(d.mandatory)
	w.ints(d.selective)
	w.bytes(d.presentationHeader)
	return encodeProofValue(bbsHeaders[d.feature].derived, w.b), nil
}

// parseBBSDerivedProof is parseDerivedProofValue with decompressLabelMap, §3.3.7, §3.3.5.
func parseBBSDerivedProof(value string) (*bbsDerivedProof, error) {
	header, r, err := decodeProofValue(value)
	if err != nil {
		return nil, err
	}
	if header != bbsHeaders[bbsBaseline].derived {
		return nil, fmt.Errorf("%w: not a baseline derived proof of bbs-2023", ErrProofValue)
	}
	r.readArray(5)
	d := &bbsDerivedProof{feature: bbsBaseline, proof: r.bytes(-1)}
	compressed := r.intMap()
	d.mandatory = r.ascending()
	d.selective = r.ascending()
	d.presentationHeader = r.bytes(-1)
	if err := r.end(); err != nil {
		return nil, err
	}
	d.labelMap = make(map[string]string, len(compressed))
	for k, v := range compressed {
		d.labelMap["c14n"+strconv.Itoa(k)] = "b" + strconv.Itoa(v)
	}
	return d, nil
}

// shuffledLabels is createShuffledIdLabelMapFunction, §3.2.1.
func shuffledLabels(hmacKey []byte) labelFactory {
	return func(canonical map[string]string) (map[string]string, error) {
		digests := make(map[string]string, len(canonical))
		for input, c14n := range canonical {
			digests[input] = hmacLabel(hmacKey, c14n)
		}
		order := slices.Collect(maps.Values(digests))
		sort.Strings(order)
		for input, digest := range digests {
			digests[input] = "b" + strconv.Itoa(sort.SearchStrings(order, digest))
		}
		return digests, nil
	}
}

// proofHash is the hash of the canonical proof configuration, §3.4.3.
func (bbs2023) proofHash(ctx context.Context, p *operation, document, config map[string]any) ([]byte, error) {
	lines, err := p.canonical(ctx, configWithContext(document, config), rdfc.SHA256)
	if err != nil {
		return nil, fmt.Errorf("vc: proof configuration: %w", err)
	}
	return hashLines(sha256.New(), lines), nil
}

// sign is Create Base Proof, §3.4.1.
func (s bbs2023) sign(ctx context.Context, p *operation, in signInput) (string, error) {
	hmacKey := make([]byte, hmacKeySize)
	if _, err := rand.Read(hmacKey); err != nil {
		return "", err
	}
	return s.signWith(ctx, p, in, hmacKey)
}

// signWith is sign with the HMAC key given.
func (s bbs2023) signWith(ctx context.Context, p *operation, in signInput, hmacKey []byte) (string, error) {
	if in.key.Type() != did.BLS12381G2 {
		return "", fmt.Errorf("%w: a key of type %s", ErrUnsupported, in.key.Type())
	}
	secret := in.key.Bytes()
	defer clear(secret)
	key, err := bbs.SHA256().NewPrivateKey(secret)
	if err != nil {
		return "", err
	}
	defer key.Destroy()

	// Transformation, §3.4.2.
	st, err := p.labelReplacementCanonicalize(ctx, in.document, shuffledLabels(hmacKey))
	if err != nil {
		return "", err
	}
	mandatory, err := st.group(ctx, p, in.mandatory)
	if err != nil {
		return "", fmt.Errorf("vc: mandatory pointers: %w", err)
	}
	// Hashing and serialization, §3.4.3, §3.4.5.
	proofHash, err := s.proofHash(ctx, p, in.document, in.config)
	if err != nil {
		return "", err
	}
	header := append(proofHash, st.hashAt(mandatory.indexes)...)
	signature, err := key.Sign(header, st.messages(complement(mandatory.indexes, len(st.lines))))
	if err != nil {
		return "", err
	}
	base := &bbsBaseProof{signature: signature, header: header, publicKey: in.key.Public().Bytes(), hmacKey: hmacKey, mandatory: in.mandatory}
	return base.encode(), nil
}

// derive is Add Derived Proof, §3.4.6.
func (s bbs2023) derive(ctx context.Context, p *operation, in deriveInput) (map[string]any, string, error) {
	base, err := parseBBSBaseProof(in.value)
	if err != nil {
		return nil, "", err
	}
	d, err := p.disclose(ctx, in.document, shuffledLabels(base.hmacKey), base.mandatory, in.selective)
	if err != nil {
		return nil, "", err
	}
	key, err := p.bbsKey(base.publicKey)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrProofValue, err)
	}
	messages := d.statements.messages(d.nonMandatory)
	proof, err := key.ProveDisclosure(base.signature, base.header, in.header, messages, d.selectiveAt)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrProofValue, err)
	}
	value, err := s.derivedValue(d, proof, in.header)
	return d.reveal, value, err
}

func (bbs2023) derivedValue(d *disclosure, proof, presentationHeader []byte) (string, error) {
	derived := &bbsDerivedProof{proof: proof, labelMap: d.labelMap, mandatory: d.mandatoryAt, selective: d.selectiveAt,
		presentationHeader: presentationHeader}
	return derived.encode()
}

// verify is Verify Derived Proof, §3.4.7. A holder's check of a base proof is beside it.
func (s bbs2023) verify(ctx context.Context, p *operation, in verifyInput) error {
	if in.key.Type() != did.BLS12381G2 {
		return fmt.Errorf("%w: a key of type %s", ErrUnsupported, in.key.Type())
	}
	key, err := p.bbsKey(in.key.Bytes())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMethod, err)
	}
	if header, _, err := decodeProofValue(in.value); err == nil && header == bbsHeaders[bbsBaseline].base && in.holder {
		return s.verifyBase(ctx, p, in, key)
	}
	derived, err := parseBBSDerivedProof(in.value)
	if err != nil {
		return err
	}
	// createVerifyData, §3.3.8.
	proofHash, err := s.proofHash(ctx, p, in.document, in.config)
	if err != nil {
		return err
	}
	data, err := p.show(ctx, in.document, derived.labelMap, derived.mandatory, len(derived.selective))
	if err != nil {
		return err
	}
	header := append(proofHash, data.mandatoryHash...)
	return bbsError(key.VerifyProof(derived.proof, header, derived.presentationHeader, derived.selective, data.nonMandatory))
}

// verifyBase checks the base proof that a holder received, as the issuer's signature
// over all statements.
func (s bbs2023) verifyBase(ctx context.Context, p *operation, in verifyInput, key *bbs.PublicKey) error {
	base, err := parseBBSBaseProof(in.value)
	if err != nil {
		return err
	}
	if !bytes.Equal(base.publicKey, in.key.Bytes()) {
		return fmt.Errorf("%w: the base proof names another public key", ErrSignature)
	}
	proofHash, err := s.proofHash(ctx, p, in.document, in.config)
	if err != nil {
		return err
	}
	st, err := p.labelReplacementCanonicalize(ctx, in.document, shuffledLabels(base.hmacKey))
	if err != nil {
		return err
	}
	mandatory, err := st.group(ctx, p, base.mandatory)
	if err != nil {
		return err
	}
	header := append(proofHash, st.hashAt(mandatory.indexes)...)
	if !bytes.Equal(header, base.header) {
		return fmt.Errorf("%w: a mandatory statement or the proof's options were changed", ErrSignature)
	}
	return bbsError(key.Verify(header, st.messages(complement(mandatory.indexes, len(st.lines))), base.signature))
}

// bbsError tells a malformed proof from one that does not hold.
func bbsError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bbs.ErrNotVerified):
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return fmt.Errorf("%w: %w", ErrProofValue, err)
}
