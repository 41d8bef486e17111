package seal_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/seal"
)

var update = flag.Bool("update", false, "make docs/protocol/seal-vectors.json anew (sealed messages are random)")

const vectorsFile = "../docs/protocol/seal-vectors.json"

// vectors is docs/protocol/seal-vectors.json. Bytes are in hexadecimal.
type vectors struct {
	Note         string            `json:"note"`
	ChainID      string            `json:"chain_id"`
	DealID       string            `json:"deal_id"`
	Provider     string            `json:"provider"`
	OracleSecret string            `json:"oracle_secret"`
	HPKE         []hpkeVector      `json:"hpke"`
	Content      contentVector     `json:"content"`
	LongContent  longContentVector `json:"long_content"`
	Tags         tagVector         `json:"tags"`
	JSON         []jsonVector      `json:"canonical_json"`
}

type hpkeVector struct {
	Suite            string `json:"suite"`
	OraclePrivateKey string `json:"oracle_private_key"`
	OraclePublicKey  string `json:"oracle_public_key"` // of the hybrid suite, its SHA-256
	Submission       string `json:"submission_of_content"`
	ConsumerKey      string `json:"consumer_private_key"`
	SealedContentKey string `json:"sealed_content_key"`
	NewcomerKey      string `json:"newcomer_private_key"`
	Target           string `json:"target"`
	Measurement      string `json:"measurement"`
	SealedSecret     string `json:"sealed_oracle_secret"`
}

type contentVector struct {
	Content    string `json:"content"`
	Salt       string `json:"salt"`
	Commitment string `json:"commitment"`
	ContentKey string `json:"content_key"`
	Object     string `json:"object"`
}

type longContentVector struct {
	Size       int    `json:"size"` // byte i is i mod 251
	Salt       string `json:"salt"`
	Commitment string `json:"commitment"`
	ObjectSize int    `json:"object_size"`
	ObjectSHA  string `json:"object_sha256"`
}

type tagVector struct {
	DigestJSON   string `json:"content_digest_json"`
	DigestBytes  string `json:"content_digest_bytes"`
	Content      string `json:"content_tag_of_json_digest"`
	CredentialID string `json:"credential_id"`
	Credential   string `json:"credential_tag"`
	SubjectID    string `json:"subject_id"`
	Subject      string `json:"subject_tag"`
}

type jsonVector struct {
	Text   string `json:"text"`
	Digest string `json:"content_digest_json"`
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// publicKeyText is a public key in hexadecimal, or the SHA-256 of a long one.
func publicKeyText(k seal.PublicKey) string {
	if k.Suite() == seal.Hybrid {
		return hex.EncodeToString(sum(k.Bytes()))
	}
	return hex.EncodeToString(k.Bytes())
}

func TestVectors(t *testing.T) {
	if *update {
		b, err := json.MarshalIndent(makeVectors(t), "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(vectorsFile, append(b, '\n'), 0o644))
	}
	b, err := os.ReadFile(vectorsFile)
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(b, &v))

	fixed := makeVectors(t) // what is not random is made anew and compared
	require.Equal(t, fixed.Content, v.Content)
	require.Equal(t, fixed.LongContent, v.LongContent)
	require.Equal(t, fixed.Tags, v.Tags)
	require.Equal(t, fixed.JSON, v.JSON)

	d := seal.Deal{ChainID: v.ChainID, ID: v.DealID}
	secret, err := seal.ParseOracleSecret(unhex(t, v.OracleSecret))
	require.NoError(t, err)
	commitment := seal.Commitment(unhex(t, v.Content.Commitment))
	require.Len(t, v.HPKE, len(suites))
	for i, h := range v.HPKE {
		require.Equal(t, suites[i].String(), h.Suite)
		oracle, err := secret.HPKEKey(suites[i])
		require.NoError(t, err)
		private, err := oracle.Bytes()
		require.NoError(t, err)
		require.Equal(t, h.OraclePrivateKey, hex.EncodeToString(private))
		require.Equal(t, h.OraclePublicKey, publicKeyText(oracle.Public()))

		content, err := openSubmission(oracle, seal.Submission{Deal: d, Provider: unhex(t, v.Provider)}, unhex(t, h.Submission))
		require.NoError(t, err)
		require.Equal(t, v.Content.Content, string(content))

		consumer, err := seal.ParsePrivateKey(unhex(t, h.ConsumerKey))
		require.NoError(t, err)
		k, err := seal.OpenContentKey(consumer, d, commitment, unhex(t, h.SealedContentKey))
		require.NoError(t, err)
		content, err = openObject(k, commitment, unhex(t, v.Content.Object))
		require.NoError(t, err)
		require.Equal(t, v.Content.Content, string(content))

		newcomer, err := seal.ParsePrivateKey(unhex(t, h.NewcomerKey))
		require.NoError(t, err)
		handshake := seal.Handshake{ChainID: v.ChainID, Target: unhex(t, h.Target), Measurement: [32]byte(unhex(t, h.Measurement))}
		opened, err := seal.OpenOracleSecret(newcomer, handshake, unhex(t, h.SealedSecret))
		require.NoError(t, err)
		require.Equal(t, secret.Bytes(), opened.Bytes())
	}
}

func makeVectors(t *testing.T) vectors {
	text := `{"resourceType":"Observation","valueQuantity":{"value":1.10}}`
	salt := seal.Salt(bytes.Repeat([]byte{0x22}, 32))
	secret := secretOf(0x33)
	v := vectors{
		Note:         "Test vectors of docs/protocol/seal.md. Bytes are in hexadecimal; content and JSON texts are as they stand.",
		ChainID:      deal.ChainID,
		DealID:       deal.ID,
		Provider:     hex.EncodeToString(provider),
		OracleSecret: hex.EncodeToString(secret.Bytes()),
	}
	commitment := seal.Commit(salt, []byte(text))
	contentKey := secret.ContentKey(deal, commitment)
	v.Content = contentVector{
		Content:    text,
		Salt:       hex.EncodeToString(salt[:]),
		Commitment: hex.EncodeToString(commitment[:]),
		ContentKey: hex.EncodeToString(seal.KeyBytes(contentKey)),
		Object:     hex.EncodeToString(sealObject(t, contentKey, salt, []byte(text))),
	}
	long := pattern(2*chunkSize + 5)
	c := seal.Commit(salt, long)
	object := sealObject(t, secret.ContentKey(deal, c), salt, long)
	v.LongContent = longContentVector{
		Size: len(long), Salt: v.Content.Salt, Commitment: hex.EncodeToString(c[:]), ObjectSize: len(object), ObjectSHA: hex.EncodeToString(sum(object)),
	}
	digest, err := seal.DigestJSON([]byte(text))
	require.NoError(t, err)
	raw, err := seal.DigestBytes(bytes.NewReader([]byte(text)))
	require.NoError(t, err)
	credentialID, subjectID := "urn:uuid:7f3c1e0a-9a57-4e0e-8a5b-2f6f3f0d9c11", "did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm"
	contentTag, credentialTag, subjectTag := secret.ContentTag(deal, digest), secret.CredentialTag(deal, credentialID), secret.SubjectTag(deal, subjectID)
	v.Tags = tagVector{
		DigestJSON:   hex.EncodeToString(digest[:]),
		DigestBytes:  hex.EncodeToString(raw[:]),
		Content:      hex.EncodeToString(contentTag[:]),
		CredentialID: credentialID,
		Credential:   hex.EncodeToString(credentialTag[:]),
		SubjectID:    subjectID,
		Subject:      hex.EncodeToString(subjectTag[:]),
	}
	for _, text := range []string{
		`{"b":1e2,"a":[1.10,-0,1E-7,1e21],"\u20ac":"\u0001\n\/"}`,
		`{"a":[1.1,0,1e-7,1e+21],"b":100,"€":"\u0001\u000a/"}`,
	} {
		d, err := seal.DigestJSON([]byte(text))
		require.NoError(t, err)
		v.JSON = append(v.JSON, jsonVector{text, hex.EncodeToString(d[:])})
	}
	for _, suite := range suites {
		oracle, err := secret.HPKEKey(suite)
		require.NoError(t, err)
		private, err := oracle.Bytes()
		require.NoError(t, err)
		consumer, newcomer := key(t, suite), key(t, suite)
		consumerBytes, err := consumer.Bytes()
		require.NoError(t, err)
		newcomerBytes, err := newcomer.Bytes()
		require.NoError(t, err)
		sealedKey, err := seal.SealContentKey(contentKey, consumer.Public(), deal, commitment)
		require.NoError(t, err)
		handshake := seal.Handshake{ChainID: deal.ChainID, Target: bytes.Repeat([]byte{0x44}, 20), Measurement: [32]byte(bytes.Repeat([]byte{0x55}, 32))}
		sealedSecret, err := seal.SealOracleSecret(secret, newcomer.Public(), handshake)
		require.NoError(t, err)
		v.HPKE = append(v.HPKE, hpkeVector{
			Suite:            suite.String(),
			OraclePrivateKey: hex.EncodeToString(private),
			OraclePublicKey:  publicKeyText(oracle.Public()),
			Submission:       hex.EncodeToString(sealSubmission(t, oracle.Public(), seal.Submission{Deal: deal, Provider: provider}, []byte(text))),
			ConsumerKey:      hex.EncodeToString(consumerBytes),
			SealedContentKey: hex.EncodeToString(sealedKey),
			NewcomerKey:      hex.EncodeToString(newcomerBytes),
			Target:           hex.EncodeToString(handshake.Target),
			Measurement:      hex.EncodeToString(handshake.Measurement[:]),
			SealedSecret:     hex.EncodeToString(sealedSecret),
		})
	}
	return v
}
