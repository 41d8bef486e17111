package bbs

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/stretchr/testify/require"
)

// fixtures is DIF's set for BLS12-381-SHA-256, the one that the draft's appendices print.
const fixtures = "../../shared/testdata/bbs/bls12-381-sha-256"

// hexBytes are bytes that a fixture writes in hexadecimal.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

func readFixture(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, name))
	if os.IsNotExist(err) {
		t.Skipf("the published BBS fixtures are not at %s", fixtures)
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, into))
}

func fixtureNames(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(fixtures, pattern))
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skipf("the published BBS fixtures are not at %s", fixtures)
	}
	return paths
}

func bytesOf[T ~[]byte](s []T) [][]byte {
	out := make([][]byte, len(s))
	for i := range s {
		out[i] = s[i]
	}
	return out
}

func scalarHex(e fr.Element) string {
	b := e.Bytes()
	return hex.EncodeToString(b[:])
}

func TestVectorKeyPair(t *testing.T) {
	var f struct {
		KeyMaterial, KeyInfo, KeyDst hexBytes
		KeyPair                      struct{ SecretKey, PublicKey hexBytes }
	}
	readFixture(t, "keypair.json", &f)
	key, err := SHA256().DeriveKey(f.KeyMaterial, f.KeyInfo, f.KeyDst)
	require.NoError(t, err)
	require.EqualValues(t, f.KeyPair.SecretKey, key.Bytes())
	require.EqualValues(t, f.KeyPair.PublicKey, key.Public().Bytes())
}

func TestVectorHashToScalar(t *testing.T) {
	var f struct{ Message, Dst, Scalar hexBytes }
	readFixture(t, "h2s.json", &f)
	s := SHA256()
	require.Equal(t, newTag(string(f.Dst)), s.tagScalar)
	require.Equal(t, hex.EncodeToString(f.Scalar), scalarHex(s.hashToScalar(s.tagScalar, f.Message)))
}

func TestVectorMessagesToScalars(t *testing.T) {
	var f struct {
		Dst   hexBytes
		Cases []struct{ Message, Scalar hexBytes }
	}
	readFixture(t, "MapMessageToScalarAsHash.json", &f)
	require.Equal(t, newTag(string(f.Dst)), SHA256().tagMessage)
	require.NotEmpty(t, f.Cases)
	for i, c := range f.Cases {
		got := SHA256().messagesToScalars([][]byte{c.Message})
		require.Equal(t, hex.EncodeToString(c.Scalar), scalarHex(got[0]), "case %d", i)
	}
}

func TestVectorGenerators(t *testing.T) {
	var f struct {
		P1, Q1        hexBytes
		MsgGenerators []hexBytes
	}
	readFixture(t, "generators.json", &f)
	s := SHA256()
	require.EqualValues(t, f.P1, encodedG1(&s.p1.points[0]))

	g := s.cache.forPublic(len(f.MsgGenerators) + 1)
	require.EqualValues(t, f.Q1, encodedG1(&g.points[0]))
	require.NotEmpty(t, f.MsgGenerators)
	for i, h := range f.MsgGenerators {
		require.EqualValues(t, h, encodedG1(&g.points[i+1]), "H_%d", i+1)
		require.EqualValues(t, h, g.encoded[(i+1)*pointSize:(i+2)*pointSize], "H_%d", i+1)
	}
}

// mockedRandom is the stream behind seeded_random_scalars, draft §8.1, for a count of scalars.
func mockedRandom(s *Suite, seed, dst []byte, count int) *bytes.Reader {
	v := make([]byte, count*expandLen)
	s.hash(v, newTag(string(dst)), seed)
	return bytes.NewReader(v)
}

func TestVectorMockedRandomScalars(t *testing.T) {
	var f struct {
		Seed, Dst     hexBytes
		Count         int
		MockedScalars []hexBytes
	}
	readFixture(t, "mockedRng.json", &f)
	got, err := randomScalars(mockedRandom(SHA256(), f.Seed, f.Dst, f.Count), f.Count)
	require.NoError(t, err)
	require.Len(t, f.MockedScalars, f.Count)
	for i := range got {
		require.Equal(t, hex.EncodeToString(f.MockedScalars[i]), scalarHex(got[i]), "scalar %d", i)
	}
}

func TestVectorSignatures(t *testing.T) {
	for _, path := range fixtureNames(t, "signature/*.json") {
		var f struct {
			CaseName      string
			SignerKeyPair struct{ SecretKey, PublicKey hexBytes }
			Header        hexBytes
			Messages      []hexBytes
			Signature     hexBytes
			Result        struct{ Valid bool }
			Trace         struct{ B, Domain hexBytes }
		}
		name := "signature/" + filepath.Base(path)
		readFixture(t, name, &f)
		t.Run(f.CaseName, func(t *testing.T) {
			s := SHA256()
			public, err := s.NewPublicKey(f.SignerKeyPair.PublicKey)
			require.NoError(t, err)
			messages := bytesOf(f.Messages)
			err = public.Verify(f.Header, messages, f.Signature)
			if !f.Result.Valid {
				// The trace is that of making the signature, before the case changed one of its inputs.
				require.ErrorIs(t, err, ErrNotVerified)
				return
			}
			require.NoError(t, err)

			g := s.cache.forPublic(len(messages) + 1)
			domain := public.domain(g, len(messages), f.Header)
			require.Equal(t, hex.EncodeToString(f.Trace.Domain), scalarHex(domain))
			one := fr.One()
			b := normalise([]bls.G1Jac{s.commitPublic(g, &one, &domain, s.messagesToScalars(messages)).total()})
			require.EqualValues(t, f.Trace.B, encodedG1(&b[0]))

			secret, err := s.NewPrivateKey(f.SignerKeyPair.SecretKey)
			require.NoError(t, err)
			require.True(t, secret.Public().Equal(public))
			sig, err := secret.Sign(f.Header, messages)
			require.NoError(t, err)
			require.EqualValues(t, f.Signature, sig)
		})
	}
}

func TestVectorProofs(t *testing.T) {
	var rng struct{ Seed, Dst hexBytes }
	readFixture(t, "mockedRng.json", &rng)
	for _, path := range fixtureNames(t, "proof/*.json") {
		var f struct {
			CaseName                                               string
			SignerPublicKey, Signature, Header, PresentationHeader hexBytes
			Messages                                               []hexBytes
			DisclosedIndexes                                       []int
			Proof                                                  hexBytes
			Result                                                 struct{ Valid bool }
			Trace                                                  struct {
				RandomScalars struct {
					R1      hexBytes   `json:"r1"`
					R2      hexBytes   `json:"r2"`
					ETilde  hexBytes   `json:"e_tilde"`
					R1Tilde hexBytes   `json:"r1_tilde"`
					R3Tilde hexBytes   `json:"r3_tilde"`
					MTildes []hexBytes `json:"m_tilde_scalars"`
				} `json:"random_scalars"`
				ABar              hexBytes `json:"A_bar"`
				BBar              hexBytes `json:"B_bar"`
				D, T1, T2, Domain hexBytes
				Challenge         hexBytes
			}
		}
		readFixture(t, "proof/"+filepath.Base(path), &f)
		t.Run(f.CaseName, func(t *testing.T) {
			s := SHA256()
			public, err := s.NewPublicKey(f.SignerPublicKey)
			require.NoError(t, err)
			messages := bytesOf(f.Messages)
			var disclosed [][]byte
			for _, i := range f.DisclosedIndexes {
				if i < len(messages) {
					disclosed = append(disclosed, messages[i])
				}
			}
			err = public.VerifyProof(f.Proof, f.Header, f.PresentationHeader, f.DisclosedIndexes, disclosed)
			batch := public.NewBatchVerifier()
			batchErr := batch.Add(f.Proof, f.Header, f.PresentationHeader, f.DisclosedIndexes, disclosed)
			if batchErr == nil {
				batchErr = batch.Verify()
			}
			if !f.Result.Valid {
				require.Error(t, err)
				require.Error(t, batchErr)
				return
			}
			require.NoError(t, err)
			require.NoError(t, batchErr)

			undisclosed := len(messages) - len(f.DisclosedIndexes)
			random, err := randomScalars(mockedRandom(s, rng.Seed, rng.Dst, 5+undisclosed), 5+undisclosed)
			require.NoError(t, err)
			traced := f.Trace.RandomScalars
			for i, want := range append([]hexBytes{traced.R1, traced.R2, traced.ETilde, traced.R1Tilde, traced.R3Tilde}, traced.MTildes...) {
				require.Equal(t, hex.EncodeToString(want), scalarHex(random[i]), "random scalar %d", i)
			}

			proof, err := TestingOnlyProveDisclosure(mockedRandom(s, rng.Seed, rng.Dst, 5+undisclosed), public,
				f.Signature, f.Header, f.PresentationHeader, messages, f.DisclosedIndexes)
			require.NoError(t, err)
			require.EqualValues(t, f.Proof, proof)

			p, err := decodeProof(f.Proof)
			require.NoError(t, err)
			require.EqualValues(t, f.Trace.ABar, encodedG1(&p.abar))
			require.EqualValues(t, f.Trace.BBar, encodedG1(&p.bbar))
			require.EqualValues(t, f.Trace.D, encodedG1(&p.d))
			require.Equal(t, hex.EncodeToString(f.Trace.Challenge), scalarHex(p.challenge))

			g := s.cache.forPublic(len(messages) + 1)
			domain := public.domain(g, len(messages), f.Header)
			require.Equal(t, hex.EncodeToString(f.Trace.Domain), scalarHex(domain))
			t1, t2 := public.commitments(p, g, &domain, s.messagesToScalars(disclosed), f.DisclosedIndexes)
			require.EqualValues(t, f.Trace.T1, encodedG1(&t1))
			require.EqualValues(t, f.Trace.T2, encodedG1(&t2))
		})
	}
}
