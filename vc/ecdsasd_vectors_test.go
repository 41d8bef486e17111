package vc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc/internal/jsondoc"
)

// The permanent resident card of vc-di-ecdsa §A.7 and vc-di-bbs §A.2, with as much of
// the context https://w3id.org/citizenship/v4rc1 as it uses, which the published
// canonical statements tell.
const (
	citizenshipURL     = "https://w3id.org/citizenship/v4rc1"
	citizenshipContext = `{"@context":{"@protected":true,"c":"https://w3id.org/citizenship#","s":"https://schema.org/",
	"Person":"s:Person","PermanentResident":"c:PermanentResident","PermanentResidentCard":"c:PermanentResidentCard",
	"PermanentResidentCardCredential":"c:PermanentResidentCardCredential","identifier":"s:identifier",
	"lprCategory":"c:lprCategory","lprNumber":"c:lprNumber","familyName":"s:familyName","givenName":"s:givenName",
	"gender":"s:gender","image":{"@id":"s:image","@type":"@id"},"birthCountry":"c:birthCountry",
	"birthDate":{"@id":"s:birthDate","@type":"http://www.w3.org/2001/XMLSchema#dateTime"},
	"commuterClassification":"c:commuterClassification","permanentResidentCard":{"@id":"c:permanentResidentCard","@type":"@id"},
	"residentSince":{"@id":"c:residentSince","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}}`
	residentCard = `{"@context":["https://www.w3.org/ns/credentials/v2","https://w3id.org/citizenship/v4rc1"],
	"type":["VerifiableCredential","PermanentResidentCardCredential"],
	"issuer":{"id":"did:key:zDnaeTHxNEBZoKaEo6PdA83fq98ebiFvo3X273Ydu4YmV96rg",
	"image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4z/DiPwAG0ALnwgz64QAAAABJRU5ErkJggg=="},
	"name":"Permanent Resident Card","description":"Permanent Resident Card from Government of Utopia.",
	"credentialSubject":{"type":["PermanentResident","Person"],"givenName":"JANE","familyName":"SMITH","gender":"Female",
	"image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4v43hPwAHIgK1v4tX6wAAAABJRU5ErkJggg==",
	"residentSince":"2015-01-01","commuterClassification":"C1","birthCountry":"Arcadia","birthDate":"1978-07-17",
	"permanentResidentCard":{"type":["PermanentResidentCard"],"identifier":"83627465","lprCategory":"C09","lprNumber":"999-999-999"}},
	"validFrom":"2024-12-16T00:00:00Z","validUntil":"2025-12-16T23:59:59Z"}`
)

func residentCardProcessor() *Processor {
	return NewProcessor(Options{Resolver: did.KeyResolver{}, Contexts: func(_ context.Context, url string) ([]byte, error) {
		if url == citizenshipURL {
			return []byte(citizenshipContext), nil
		}
		return nil, errors.New("unknown context")
	}})
}

// What vc-di-ecdsa §A.7 and vc-di-bbs §A.2 publish: hashes, and the proof values, of
// which the SHA-256 stands here. Signatures of both suites are deterministic.
func TestPublishedResidentCards(t *testing.T) {
	ctx, p := context.Background(), residentCardProcessor().operation()
	hmacKey := unhex(t, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	sum := func(s string) string {
		h := sha256.Sum256([]byte(s))
		return hex.EncodeToString(h[:])
	}
	config := func(suite string, key SigningKey) map[string]any {
		return map[string]any{"type": dataIntegrityProof, "cryptosuite": suite, "created": "2023-08-15T23:36:38Z",
			"verificationMethod": key.VerificationMethod, "proofPurpose": PurposeAssertion}
	}
	document, err := jsondoc.ParseObject([]byte(residentCard), jsondoc.DefaultLimits())
	require.NoError(t, err)
	mandatory := []string{"/issuer"}
	selective := []string{"/validFrom", "/validUntil", "/credentialSubject/birthCountry"}

	t.Run(SuiteECDSASD, func(t *testing.T) {
		secret, err := did.ParsePrivateKeyMultibase("z42twTcNeSYcnqg1FLuSFs2bsGH3ZqbRHFmvS9XMsYhjxvHN")
		require.NoError(t, err)
		proofKey, err := did.ParsePrivateKeyMultibase("z42tqvNGyzyXRzotAYn43UhcFtzDUVdxJ7461fwrfhBPLmfY")
		require.NoError(t, err)
		in := signInput{document: document, config: config(SuiteECDSASD, DIDKey(secret)), key: secret, mandatory: mandatory}
		value, err := ecdsaSD2023{}.signWith(ctx, p, in, hmacKey, proofKey)
		require.NoError(t, err)
		require.Len(t, value, 1963)
		require.Equal(t, "28f2db901b521feed7c9a9e9c298606e9611eaaead8ddd3f8a4e1c1efdb4fe2d", sum(value))
		_, derived, err := ecdsaSD2023{}.derive(ctx, p, deriveInput{document: document, value: value, selective: selective})
		require.NoError(t, err)
		require.Len(t, derived, 775)
		require.Equal(t, "911f80a0f39927a75001e15711b0c6d348911a0c018f6e173b854fc731b383ab", sum(derived))
	})
	t.Run(SuiteBBS, func(t *testing.T) {
		secret, err := did.NewPrivateKey(did.BLS12381G2, unhex(t, "66d36e118832af4c5e28b2dfe1b9577857e57b042a33e06bdea37b811ed09ee0"))
		require.NoError(t, err)
		in := signInput{document: document, config: config(SuiteBBS, DIDKey(secret)), key: secret, mandatory: mandatory}
		value, err := bbs2023{}.signWith(ctx, p, in, hmacKey)
		require.NoError(t, err)
		require.Len(t, value, 392)
		require.Equal(t, "5e2a733b6e446afe6b299da0cedc373b729b06abcf21fda6d4115382f4779d4e", sum(value))
		base, err := parseBBSBaseProof(value)
		require.NoError(t, err)
		require.Equal(t, "3a5bbf25d34d90b18c35cd2357be6a6f42301e94fc9e52f77e93b773c5614bdf"+
			"8e7cc22c318dd2094e02d0bf06c5d73a5dba717611a40f6d1bedc5ea7c300fd6", hex.EncodeToString(base.header))
	})
}
