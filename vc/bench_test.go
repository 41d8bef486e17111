package vc

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
)

func benchPointers() []string {
	return []string{"/credentialSubject/vaccineCode", "/credentialSubject/occurrenceDateTime", "/credentialSubject/status"}
}

func benchIssued(b *testing.B, p *Processor, kt did.KeyType, suite string) (*Credential, SigningKey) {
	b.Helper()
	key := testKey(b, kt)
	issued, err := p.Issue(context.Background(), fhirCredential(b, V2, didOf(key), "Immunization"), key, ProofOptions{Cryptosuite: suite, Created: testNow})
	require.NoError(b, err)
	return issued, key
}

func BenchmarkIssue(b *testing.B) {
	for _, c := range []struct {
		suite string
		kt    did.KeyType
	}{{SuiteEdDSA, did.Ed25519}, {SuiteECDSA, did.P256}, {SuiteBBS, did.BLS12381G2}, {SuiteECDSASD, did.P256}} {
		b.Run(c.suite, func(b *testing.B) {
			p := newTestProcessor()
			key := testKey(b, c.kt)
			unsigned := fhirCredential(b, V2, didOf(key), "Immunization")
			for b.Loop() {
				if _, err := p.Issue(context.Background(), unsigned, key, ProofOptions{Cryptosuite: c.suite}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDerive and BenchmarkVerify start from and end in JSON text.
func BenchmarkDerive(b *testing.B) {
	for suite, kt := range map[string]did.KeyType{SuiteBBS: did.BLS12381G2, SuiteECDSASD: did.P256} {
		b.Run(suite, func(b *testing.B) {
			p := newTestProcessor()
			issued, _ := benchIssued(b, p, kt, suite)
			text, err := json.Marshal(issued)
			require.NoError(b, err)
			for b.Loop() {
				c, err := ParseCredential(text)
				if err != nil {
					b.Fatal(err)
				}
				derived, err := p.Derive(context.Background(), c, benchPointers(), DeriveOptions{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := json.Marshal(derived); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, c := range []struct {
		suite string
		kt    did.KeyType
	}{{SuiteEdDSA, did.Ed25519}, {SuiteECDSA, did.P256}, {SuiteBBS, did.BLS12381G2}, {SuiteECDSASD, did.P256}} {
		b.Run(c.suite, func(b *testing.B) {
			p := newTestProcessor()
			shown, _ := benchIssued(b, p, c.kt, c.suite)
			if c.suite == SuiteBBS || c.suite == SuiteECDSASD {
				var err error
				shown, err = p.Derive(context.Background(), shown, benchPointers(), DeriveOptions{})
				require.NoError(b, err)
			}
			text, err := json.Marshal(shown)
			require.NoError(b, err)
			for b.Loop() {
				c, err := ParseCredential(text)
				if err != nil {
					b.Fatal(err)
				}
				if err := p.VerifyCredential(context.Background(), c, VerifyOptions{Now: testNow}).Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDisclose is what of deriving is not BBS: JSON-LD, RDF and selection.
func BenchmarkDisclose(b *testing.B) {
	p := newTestProcessor()
	issued, _ := benchIssued(b, p, did.BLS12381G2, SuiteBBS)
	base, err := parseBBSBaseProof(issued.Proofs()[0].Value)
	require.NoError(b, err)
	document := without(issued.View(), "proof")
	for b.Loop() {
		if _, err := p.operation().disclose(context.Background(), document, shuffledLabels(base.hmacKey), base.mandatory, benchPointers()); err != nil {
			b.Fatal(err)
		}
	}
}
