package vc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
	"github.com/medibloc/panacea/vc/jsonld"
	"github.com/medibloc/panacea/vc/rdfc"
)

// This file is what all Data Integrity proofs have in common (vc-data-integrity §2,
// §4): their properties, how one is added, and how a proof is joined to those before it.

// Names of the cryptosuites.
const (
	SuiteEdDSA   = "eddsa-rdfc-2022"
	SuiteECDSA   = "ecdsa-rdfc-2019"
	SuiteBBS     = "bbs-2023"
	SuiteECDSASD = "ecdsa-sd-2023"
)

const dataIntegrityProof = "DataIntegrityProof"

// Proof purposes that credentials and presentations use.
const (
	PurposeAssertion      = "assertionMethod"
	PurposeAuthentication = "authentication"
)

// Proof is a Data Integrity proof as it stands in a document (vc-data-integrity §2.1).
// Nothing in it has been verified.
type Proof struct {
	ID                 string
	Type               string
	Cryptosuite        string
	VerificationMethod string
	Purpose            string
	Created, Expires   time.Time // zero if absent
	Domain             []string
	Challenge          string
	PreviousProof      []string
	Value              string

	doc map[string]any
	err error // what is malformed, reported when the proof is checked
}

func proofsOf(doc map[string]any) []*Proof {
	var out []*Proof
	for _, m := range objectsOf(doc["proof"]) {
		out = append(out, parseProof(m))
	}
	return out
}

func parseProof(m map[string]any) *Proof {
	p := &Proof{doc: m}
	text := func(name string, required bool) string {
		s, ok := m[name].(string)
		if _, present := m[name]; p.err == nil && (present && !ok || !present && required) {
			p.err = &PropertyError{Pointer: "/proof/" + name, Reason: "is missing or not a string"}
		}
		return s
	}
	p.ID = text("id", false)
	p.Type = text("type", true)
	p.Cryptosuite = text("cryptosuite", p.Type == dataIntegrityProof)
	p.VerificationMethod = text("verificationMethod", true)
	p.Purpose = text("proofPurpose", true)
	p.Challenge = text("challenge", false)
	p.Value = text("proofValue", p.Type == dataIntegrityProof)
	p.Domain = stringsOf(m["domain"])
	p.PreviousProof = stringsOf(m["previousProof"])
	for name, t := range map[string]*time.Time{"created": &p.Created, "expires": &p.Expires} {
		s := text(name, false)
		if _, present := m[name]; !present {
			continue
		}
		var ok bool
		if *t, ok = parseTime(s); !ok && p.err == nil {
			p.err = &PropertyError{Pointer: "/proof/" + name, Reason: "is not a date and time with a time zone"}
		}
	}
	return p
}

// SigningKey is a private key with the DID URL under which its public half stands in
// the DID document of who signs.
type SigningKey struct {
	VerificationMethod string
	PrivateKey         did.PrivateKey
}

// DIDKey returns the SigningKey of a did:key identifier.
func DIDKey(k did.PrivateKey) SigningKey {
	multibase := k.Public().Multibase()
	return SigningKey{VerificationMethod: "did:key:" + multibase + "#" + multibase, PrivateKey: k}
}

// ProofOptions says what a proof is to say. The zero value is a proof by the key
// type's usual cryptosuite, without a time.
type ProofOptions struct {
	Cryptosuite   string    // by default SuiteEdDSA, SuiteECDSA or SuiteBBS, as the key's type is
	Purpose       string    // by default assertionMethod for credentials, authentication for presentations
	Created       time.Time // absent if zero; to the second
	Expires       time.Time // absent if zero; to the second
	Challenge     string    // what the verifier asked for; presentations
	Domain        string    // who the proof is for; presentations
	ID            string    // needed for a proof that others build on
	PreviousProof []string  // ids of proofs that this one builds on (proof chains)

	// MandatoryPointers are JSON pointers to what a holder must always show; for
	// SuiteBBS and SuiteECDSASD only. Issue adds the properties without which no
	// verifier could judge the credential: issuer, validity, status and schema.
	MandatoryPointers []string
}

// suite is one cryptosuite. The document is the unsecured document together with the
// previous proofs that the proof builds on; config is the proof without its value.
type suite interface {
	sign(ctx context.Context, p *operation, in signInput) (proofValue string, err error)
	verify(ctx context.Context, p *operation, in verifyInput) error
}

// deriver is a suite with selective disclosure: it makes of a base proof's value a
// derived one, and of the document the part that it discloses.
type deriver interface {
	derive(ctx context.Context, p *operation, in deriveInput) (reveal map[string]any, proofValue string, err error)
}

type signInput struct {
	document  map[string]any
	config    map[string]any
	key       did.PrivateKey
	mandatory []string
}

type verifyInput struct {
	document map[string]any
	config   map[string]any
	value    string
	key      did.PublicKey
	holder   bool // accept a base proof, which only a holder should see
}

type deriveInput struct {
	document  map[string]any
	value     string
	selective []string
	header    []byte
}

func suiteOf(name string) (suite, error) {
	switch name {
	case SuiteEdDSA:
		return eddsaRDFC2022{}, nil
	case SuiteECDSA:
		return ecdsaRDFC2019{}, nil
	case SuiteBBS:
		return bbs2023{}, nil
	case SuiteECDSASD:
		return ecdsaSD2023{}, nil
	}
	return nil, fmt.Errorf("%w: cryptosuite %q", ErrUnsupported, name)
}

func defaultSuite(t did.KeyType) (string, error) {
	switch t {
	case did.Ed25519:
		return SuiteEdDSA, nil
	case did.P256, did.P384:
		return SuiteECDSA, nil
	case did.BLS12381G2:
		return SuiteBBS, nil
	}
	return "", fmt.Errorf("%w: no cryptosuite signs with keys of type %s", ErrUnsupported, t)
}

// addProof is Add Proof and Add Proof Set/Chain, vc-data-integrity §4.2, §4.3: it
// returns the document with one proof more.
func (p *operation) addProof(ctx context.Context, secured map[string]any, key SigningKey, purpose string, o ProofOptions) (map[string]any, error) {
	if o.Cryptosuite == "" {
		var err error
		if o.Cryptosuite, err = defaultSuite(key.PrivateKey.Type()); err != nil {
			return nil, err
		}
	}
	s, err := suiteOf(o.Cryptosuite)
	if err != nil {
		return nil, err
	}
	if o.Purpose != "" {
		purpose = o.Purpose
	}
	config := map[string]any{
		"type":               dataIntegrityProof,
		"cryptosuite":        o.Cryptosuite,
		"verificationMethod": key.VerificationMethod,
		"proofPurpose":       purpose,
	}
	for name, value := range map[string]string{"id": o.ID, "challenge": o.Challenge, "domain": o.Domain} {
		if value != "" {
			config[name] = value
		}
	}
	for name, t := range map[string]time.Time{"created": o.Created, "expires": o.Expires} {
		if !t.IsZero() {
			config[name] = formatTime(t)
		}
	}
	if len(o.PreviousProof) > 0 {
		ids := make([]any, len(o.PreviousProof))
		for i, id := range o.PreviousProof {
			ids[i] = id
		}
		config["previousProof"] = ids
		if len(ids) == 1 {
			config["previousProof"] = ids[0]
		}
	}
	document, _, err := withPrevious(secured, o.PreviousProof)
	if err != nil {
		return nil, err
	}
	value, err := s.sign(ctx, p, signInput{document: document, config: config, key: key.PrivateKey, mandatory: o.MandatoryPointers})
	if err != nil {
		return nil, fmt.Errorf("vc: signing by %s: %w", o.Cryptosuite, err)
	}
	config["proofValue"] = value
	proofs := slices.Clone(jsondoc.AsArray(secured["proof"]))
	out := without(secured)
	if proofs = append(proofs, config); len(proofs) == 1 {
		out["proof"] = proofs[0]
	} else {
		out["proof"] = proofs
	}
	return out, nil
}

// withPrevious returns the unsecured document with those of its proofs that are named,
// and their positions: what a proof that builds on them signs (vc-data-integrity §4.3
// steps 3 to 5, §4.5 step 3).
func withPrevious(secured map[string]any, ids []string) (map[string]any, []int, error) {
	document := without(secured, "proof")
	if len(ids) == 0 {
		return document, nil, nil
	}
	var matching []any
	var positions []int
	proofs := jsondoc.AsArray(secured["proof"])
	for _, id := range ids {
		found := false
		for i, e := range proofs {
			if m, ok := e.(map[string]any); ok && m["id"] == id {
				if slices.Contains(positions, i) {
					return nil, nil, fmt.Errorf("%w: %s is named twice", ErrPreviousProof, id)
				}
				matching, positions, found = append(matching, e), append(positions, i), true
			}
		}
		if !found {
			return nil, nil, fmt.Errorf("%w: no proof has id %s", ErrPreviousProof, id)
		}
	}
	document["proof"] = matching
	return document, positions, nil
}

// configWithContext is the proof configuration as it is canonicalised: with the
// document's @context.
func configWithContext(document, config map[string]any) map[string]any {
	out := without(config)
	out["@context"] = document["@context"]
	return out
}

// canonical transforms a document to canonical N-Quads.
func (p *operation) canonical(ctx context.Context, doc map[string]any, hash rdfc.Hash) ([]string, error) {
	quads, err := p.jsonld.ToRDF(ctx, doc, nil)
	if err != nil {
		return nil, translate(err)
	}
	res, err := rdfc.Canonicalize(quads, rdfc.Options{Hash: hash, Budget: p.work})
	if err != nil {
		return nil, err
	}
	return res.Lines, nil
}

// translate gives a duplicated statement this package's reason beside jsonld's.
func translate(err error) error {
	if errors.Is(err, jsonld.ErrDuplicate) {
		return fmt.Errorf("%w: %w", ErrDuplicateStatement, err)
	}
	return err
}
