package bbs

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func suites() []*Suite { return []*Suite{SHA256(), SHAKE256()} }

// claim is a proof with what it is checked against.
type claim struct {
	proof, header, ph []byte
	indexes           []int
	disclosed         [][]byte
}

func (c *claim) verify(k *PublicKey) error {
	return k.VerifyProof(c.proof, c.header, c.ph, c.indexes, c.disclosed)
}

func (c *claim) clone() *claim {
	d := &claim{bytes.Clone(c.proof), bytes.Clone(c.header), bytes.Clone(c.ph), slices.Clone(c.indexes), nil}
	for _, m := range c.disclosed {
		d.disclosed = append(d.disclosed, bytes.Clone(m))
	}
	return d
}

func drawBytes(t *rapid.T, name string) []byte {
	return rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, name)
}

// drawClaim signs drawn messages with a drawn key, and discloses a drawn part of them.
func drawClaim(t *rapid.T) (key *PrivateKey, messages [][]byte, sig []byte, c *claim) {
	s := rapid.SampledFrom(suites()).Draw(t, "suite")
	material := rapid.SliceOfN(rapid.Byte(), 32, 64).Draw(t, "key material")
	key, err := s.DeriveKey(material, nil, nil)
	require.NoError(t, err)
	messages = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []byte { return drawBytes(t, "message") }), 0, 12).Draw(t, "messages")
	c = &claim{header: drawBytes(t, "header"), ph: drawBytes(t, "presentation header")}
	sig, err = key.Sign(c.header, messages)
	require.NoError(t, err)
	for i, m := range messages {
		if rapid.Bool().Draw(t, "disclose") {
			c.indexes, c.disclosed = append(c.indexes, i), append(c.disclosed, m)
		}
	}
	c.proof, err = key.Public().ProveDisclosure(sig, c.header, c.ph, messages, c.indexes)
	require.NoError(t, err)
	return key, messages, sig, c
}

func TestAnyDisclosureVerifies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, messages, sig, c := drawClaim(t)
		// A verifier knows the key from its encoding.
		public, err := key.Public().Suite().NewPublicKey(key.Public().Bytes())
		require.NoError(t, err)
		require.NoError(t, public.Verify(c.header, messages, sig))
		require.NoError(t, c.verify(public))
		require.Len(t, c.proof, ProofSize(len(messages)-len(c.indexes)))

		again, err := key.Sign(c.header, messages)
		require.NoError(t, err)
		require.Equal(t, sig, again, "signing is deterministic")
	})
}

func flipBit(t *rapid.T, b []byte) {
	b[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
}

func TestAnyFlippedBitFails(t *testing.T) {
	requireRefused := func(t *rapid.T, err error) {
		require.Error(t, err)
		require.True(t, errors.Is(err, ErrMalformed) || errors.Is(err, ErrNotVerified), "%v", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		key, messages, sig, c := drawClaim(t)
		public := key.Public()

		wrongSig := bytes.Clone(sig)
		flipBit(t, wrongSig)
		requireRefused(t, public.Verify(c.header, messages, wrongSig))

		for name, part := range map[string]func(*claim) [][]byte{
			"proof":               func(c *claim) [][]byte { return [][]byte{c.proof} },
			"header":              func(c *claim) [][]byte { return [][]byte{c.header} },
			"presentation header": func(c *claim) [][]byte { return [][]byte{c.ph} },
			"message":             func(c *claim) [][]byte { return c.disclosed },
		} {
			wrong := c.clone()
			parts := slices.DeleteFunc(part(wrong), func(b []byte) bool { return len(b) == 0 })
			if len(parts) == 0 {
				continue
			}
			flipBit(t, parts[rapid.IntRange(0, len(parts)-1).Draw(t, name)])
			requireRefused(t, wrong.verify(public))
		}

		other, err := public.Suite().GenerateKey()
		require.NoError(t, err)
		require.ErrorIs(t, c.verify(other.Public()), ErrNotVerified)
		require.ErrorIs(t, other.Public().Verify(c.header, messages, sig), ErrNotVerified)
	})
}

func TestProofsOfOneSignatureShareNothing(t *testing.T) {
	x := newSample(t, SHA256(), 10)
	again, err := x.key.Public().ProveDisclosure(x.sig, []byte("header"), []byte("nonce"), x.messages, x.indexes)
	require.NoError(t, err)
	require.Len(t, again, len(x.proof))
	const window = 4 // 2^18 pairs of windows meet by chance once in 2^14 runs
	seen := map[[window]byte]bool{}
	for i := range len(x.proof) - window {
		seen[[window]byte(x.proof[i:])] = true
	}
	for _, secret := range [][]byte{again, x.sig} {
		for i := range len(secret) - window {
			require.False(t, seen[[window]byte(secret[i:])], "bytes %d to %d are common", i, i+window)
		}
	}
}

func TestReorderedOrRenumberedMessagesFail(t *testing.T) {
	x := newSample(t, SHA256(), 6)
	public := x.key.Public()
	swapped := slices.Clone(x.messages)
	swapped[0], swapped[1] = swapped[1], swapped[0]
	require.ErrorIs(t, public.Verify([]byte("header"), swapped, x.sig), ErrNotVerified)
	require.ErrorIs(t, public.Verify([]byte("header"), x.messages[:5], x.sig), ErrNotVerified)

	c := &claim{x.proof, []byte("header"), []byte("nonce"), x.indexes, x.disclosed}
	require.NoError(t, c.verify(public))
	c.indexes = []int{0, 2, 5}
	require.ErrorIs(t, c.verify(public), ErrNotVerified)
}

func TestIndexesAreChecked(t *testing.T) {
	x := newSample(t, SHA256(), 4) // 2 undisclosed
	public := x.key.Public()
	for name, indexes := range map[string][]int{
		"negative":   {-1, 2},
		"descending": {2, 0},
		"twice":      {2, 2},
		"too large":  {0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := public.ProveDisclosure(x.sig, nil, nil, x.messages, indexes)
			require.ErrorIs(t, err, ErrIndexes)
			require.ErrorIs(t, public.VerifyProof(x.proof, nil, nil, indexes, x.disclosed), ErrIndexes)
			require.ErrorIs(t, public.NewBatchVerifier().Add(x.proof, nil, nil, indexes, x.disclosed), ErrIndexes)
		})
	}
	require.ErrorIs(t, public.VerifyProof(x.proof, nil, nil, []int{0}, x.disclosed), ErrIndexes)
	require.ErrorIs(t, public.VerifyProof(x.proof, nil, nil, x.indexes, nil), ErrIndexes)
}

func TestSizesAreBounded(t *testing.T) {
	x := newSample(t, SHA256(), 2)
	public := x.key.Public()
	large, message := make([]byte, MaxHeaderSize+1), make([]byte, MaxMessageSize+1)
	many := make([][]byte, MaxMessages+1)
	for name, f := range map[string]func(header, ph []byte, messages [][]byte) error{
		"Sign": func(header, _ []byte, messages [][]byte) error {
			_, err := x.key.Sign(header, messages)
			return err
		},
		"Verify": func(header, _ []byte, messages [][]byte) error { return public.Verify(header, messages, x.sig) },
		"ProveDisclosure": func(header, ph []byte, messages [][]byte) error {
			_, err := public.ProveDisclosure(x.sig, header, ph, messages, nil)
			return err
		},
		"VerifyProof": func(header, ph []byte, messages [][]byte) error {
			return public.VerifyProof(x.proof, header, ph, x.indexes, messages)
		},
		"BatchVerifier": func(header, ph []byte, messages [][]byte) error {
			return public.NewBatchVerifier().Add(x.proof, header, ph, x.indexes, messages)
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, f(large, nil, x.disclosed), ErrTooLarge)
			require.ErrorIs(t, f(nil, nil, many), ErrTooLarge)
			require.ErrorIs(t, f(nil, nil, [][]byte{message}), ErrTooLarge)
			if name != "Sign" && name != "Verify" {
				require.ErrorIs(t, f(nil, large, x.disclosed), ErrTooLarge)
			}
		})
	}
	require.ErrorIs(t, public.VerifyProof(make([]byte, ProofSize(MaxMessages+1)), nil, nil, nil, nil), ErrTooLarge)
	huge := append(bytes.Clone(x.proof[:3*pointSize]), bytes.Repeat(x.proof[len(x.proof)-scalarSize:], MaxMessages+4)...)
	require.ErrorIs(t, public.VerifyProof(huge, nil, nil, []int{0}, [][]byte{nil}), ErrTooLarge)
}

func TestKeyDecoding(t *testing.T) {
	s := SHA256()
	order := fr.Modulus().Bytes()
	for name, b := range map[string][]byte{
		"empty":       {},
		"short":       make([]byte, 31),
		"long":        make([]byte, 33),
		"zero":        make([]byte, 32),
		"the order":   order,
		"all ones":    bytes.Repeat([]byte{0xff}, 32),
		"with a zero": append([]byte{0}, order...),
	} {
		t.Run("secret "+name, func(t *testing.T) {
			_, err := s.NewPrivateKey(b)
			require.ErrorIs(t, err, ErrInvalidKey)
		})
	}

	good := newSample(t, s, 1).key.Public().Bytes()
	var u bls.E2
	u.A0.SetUint64(7)
	outside := bls.GeneratePointNotInG2(u)
	var outsideAffine, point bls.G2Affine
	outsideAffine.FromJacobian(&outside)
	require.False(t, outsideAffine.IsInSubGroup())
	require.True(t, outsideAffine.IsOnCurve())
	_, err := point.SetBytes(good)
	require.NoError(t, err)
	outsideBytes, uncompressed := outsideAffine.Bytes(), point.RawBytes()
	change := func(i int, x byte) []byte { b := bytes.Clone(good); b[i] ^= x; return b }
	for name, b := range map[string][]byte{
		"empty":                   {},
		"short":                   good[:95],
		"long":                    append(bytes.Clone(good), 0),
		"identity":                append([]byte{0xc0}, make([]byte, 95)...),
		"zero":                    make([]byte, 96),
		"identity with remainder": append([]byte{0xc0, 1}, make([]byte, 94)...),
		"outside the subgroup":    outsideBytes[:],
		"uncompressed":            uncompressed[:],
		"uncompressed, cut":       uncompressed[:96],
		"compression bit cleared": change(0, 0x80),
		"infinity bit set":        change(0, 0x40),
		"not reduced":             append([]byte{0x9f}, bytes.Repeat([]byte{0xff}, 95)...),
	} {
		t.Run("public "+name, func(t *testing.T) {
			_, err := s.NewPublicKey(b)
			require.ErrorIs(t, err, ErrInvalidKey)
		})
	}
}

// badPoints are encodings of 48 bytes that are no point of G1 but the identity.
func badPoints(t *testing.T) map[string][]byte {
	var u fp.Element
	u.SetUint64(7)
	outside := bls.GeneratePointNotInG1(u)
	var affine bls.G1Affine
	affine.FromJacobian(&outside)
	require.True(t, affine.IsOnCurve())
	_, _, g, _ := bls.Generators()
	raw := g.RawBytes()
	notOnCurve := encodedG1(&g)
	for { // the next x without a y
		notOnCurve[47]++
		var p bls.G1Affine
		if _, err := p.SetBytes(notOnCurve); err != nil && !p.IsOnCurve() {
			break
		}
	}
	return map[string][]byte{
		"identity":             append([]byte{0xc0}, make([]byte, 47)...),
		"zero":                 make([]byte, 48),
		"outside the subgroup": encodedG1(&affine),
		"uncompressed":         raw[:48],
		"not on the curve":     notOnCurve,
		"sign of the identity": append([]byte{0xe0}, make([]byte, 47)...),
		"not reduced":          append([]byte{0x9f}, bytes.Repeat([]byte{0xff}, 47)...),
	}
}

// badScalars are encodings of 32 bytes that are no scalar in the range 1 to r - 1.
func badScalars() map[string][]byte {
	order := fr.Modulus().Bytes()
	more := bytes.Clone(order)
	more[31]++
	return map[string][]byte{
		"zero": make([]byte, 32), "the order": order, "the order and one": more, "all ones": bytes.Repeat([]byte{0xff}, 32),
	}
}

func TestSignatureAndProofDecoding(t *testing.T) {
	x := newSample(t, SHA256(), 4)
	public := x.key.Public()
	refuse := func(name string, sig, proof []byte) {
		t.Run(name, func(t *testing.T) {
			if sig != nil {
				require.ErrorIs(t, public.Verify([]byte("header"), x.messages, sig), ErrMalformed)
				_, err := public.ProveDisclosure(sig, []byte("header"), nil, x.messages, nil)
				require.ErrorIs(t, err, ErrMalformed)
			}
			if proof != nil {
				c := claim{proof, []byte("header"), []byte("nonce"), x.indexes, x.disclosed}
				require.ErrorIs(t, c.verify(public), ErrMalformed)
			}
		})
	}
	at := func(b []byte, offset int, part []byte) []byte {
		return append(append(bytes.Clone(b[:offset]), part...), b[offset+len(part):]...)
	}
	refuse("empty", []byte{}, []byte{})
	refuse("short", x.sig[:79], x.proof[:len(x.proof)-1])
	refuse("long", append(bytes.Clone(x.sig), 0), append(bytes.Clone(x.proof), 0))
	refuse("too short for any proof", nil, x.proof[:minProofSize-scalarSize])
	for name, p := range badPoints(t) {
		refuse("A "+name, at(x.sig, 0, p), nil)
		for i, point := range []string{"Abar", "Bbar", "D"} {
			refuse(point+" "+name, nil, at(x.proof, i*pointSize, p))
		}
	}
	for name, e := range badScalars() {
		refuse("e "+name, at(x.sig, pointSize, e), nil)
		for i := range 4 + 2 {
			refuse(fmt.Sprintf("scalar %d %s", i, name), nil, at(x.proof, 3*pointSize+i*scalarSize, e))
		}
	}
}

// A = B/e makes the second pairing's point the identity, and everybody can compute it.
func TestForgeryWithoutTheSecretKeyFails(t *testing.T) {
	x := newSample(t, SHA256(), 3)
	s, public := SHA256(), x.key.Public()
	g := s.cache.forPublic(4)
	domain := public.domain(g, 3, []byte("header"))
	one, e := fr.One(), fr.NewElement(12345)
	var inverse fr.Element
	inverse.Inverse(&e)
	b := normalise([]bls.G1Jac{s.commitPublic(g, &one, &domain, s.messagesToScalars(x.messages)).total()})
	forged := signature{a: sumByLibrary(b, []fr.Element{inverse}), e: e}
	require.ErrorIs(t, public.Verify([]byte("header"), x.messages, forged.encode()), ErrNotVerified)
}

func TestProofFromAWrongSignatureDoesNotVerify(t *testing.T) {
	x, other := newSample(t, SHA256(), 4), newSample(t, SHA256(), 5)
	proof, err := x.key.Public().ProveDisclosure(other.sig, []byte("header"), nil, x.messages, nil)
	require.NoError(t, err)
	require.ErrorIs(t, x.key.Public().VerifyProof(proof, []byte("header"), nil, nil, nil), ErrNotVerified)
}

func TestKeysBelongToTheirSuite(t *testing.T) {
	x := newSample(t, SHA256(), 3)
	key, err := SHAKE256().NewPrivateKey(x.key.Bytes())
	require.NoError(t, err)
	require.Equal(t, x.key.Public().Bytes(), key.Public().Bytes())
	require.False(t, key.Equal(x.key))
	require.False(t, key.Public().Equal(x.key.Public()))
	require.ErrorIs(t, key.Public().Verify([]byte("header"), x.messages, x.sig), ErrNotVerified)
	require.Equal(t, "BLS12-381-SHA-256", x.key.Public().Suite().String())
	require.Equal(t, "BLS12-381-SHAKE-256", key.Public().Suite().String())
}

func TestDestroyedKeySignsNoMore(t *testing.T) {
	key, err := SHA256().GenerateKey()
	require.NoError(t, err)
	same, err := SHA256().NewPrivateKey(key.Bytes())
	require.NoError(t, err)
	require.True(t, key.Equal(same))
	key.Destroy()
	_, err = key.Sign(nil, nil)
	require.ErrorIs(t, err, ErrInvalidKey)
	require.Equal(t, make([]byte, SecretKeySize), key.Bytes())
}

func TestDeriveKeyChecksItsInput(t *testing.T) {
	s := SHA256()
	_, err := s.DeriveKey(make([]byte, 31), nil, nil)
	require.ErrorIs(t, err, ErrInvalidKey)
	_, err = s.DeriveKey(make([]byte, 32), make([]byte, 65536), nil)
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = s.DeriveKey(make([]byte, 32), nil, make([]byte, 256))
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = s.DeriveKey(make([]byte, MaxHeaderSize+1), nil, nil)
	require.ErrorIs(t, err, ErrTooLarge)

	a, err := s.DeriveKey(make([]byte, 32), []byte("a"), nil)
	require.NoError(t, err)
	b, err := s.DeriveKey(make([]byte, 32), []byte("b"), nil)
	require.NoError(t, err)
	require.False(t, a.Equal(b))
}

func TestRandomnessThatFails(t *testing.T) {
	x := newSample(t, SHA256(), 3)
	failure := errors.New("no entropy")
	_, err := TestingOnlyProveDisclosure(iotest.ErrReader(failure), x.key.Public(), x.sig, nil, nil, x.messages, nil)
	require.ErrorIs(t, err, failure)
	_, err = TestingOnlyProveDisclosure(io.LimitReader(rand.Reader, 100), x.key.Public(), x.sig, nil, nil, x.messages, nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = TestingOnlyProveDisclosure(bytes.NewReader(make([]byte, 1000)), x.key.Public(), x.sig, nil, nil, x.messages, nil)
	require.ErrorIs(t, err, ErrMalformed, "zeros make no proof")
}

// More messages than there are precomputed tables for.
func TestManyMessages(t *testing.T) {
	x := newSample(t, SHA256(), maxTables+100)
	require.NoError(t, x.key.Public().Verify([]byte("header"), x.messages, x.sig))
	require.NoError(t, x.verifyProof())
	x.disclosed[len(x.disclosed)-1] = []byte("another")
	require.ErrorIs(t, x.verifyProof(), ErrNotVerified)
	g := SHA256().cache.made.Load()
	require.Len(t, g.tables, maxTables)
	require.Len(t, g.odd, maxTables)
}

func TestBatch(t *testing.T) {
	x := newSample(t, SHA256(), 5)
	public := x.key.Public()
	header, nonce := []byte("header"), []byte("nonce")

	batch := public.NewBatchVerifier()
	require.NoError(t, batch.Verify(), "an empty batch holds")
	for i := range publicChunk + 5 {
		require.Equal(t, i, batch.Len())
		require.NoError(t, batch.Add(x.proof, header, nonce, x.indexes, x.disclosed))
	}
	require.NoError(t, batch.Verify())
	require.Zero(t, batch.Len())

	// Proofs that only their pairings tell apart from right ones: made of signatures under another key.
	other, err := SHA256().GenerateKey()
	require.NoError(t, err)
	otherSig, err := other.Sign(header, x.messages)
	require.NoError(t, err)
	wrong, err := public.ProveDisclosure(otherSig, header, nonce, x.messages, x.indexes)
	require.NoError(t, err)
	for i := range 7 {
		proof := x.proof
		if i == 2 || i == 5 {
			proof = wrong
		}
		require.NoError(t, batch.Add(proof, header, nonce, x.indexes, x.disclosed))
	}
	err = batch.Verify()
	require.ErrorIs(t, err, ErrNotVerified)
	var batchError *BatchError
	require.ErrorAs(t, err, &batchError)
	require.Equal(t, []int{2, 5}, batchError.Indexes)

	require.ErrorIs(t, batch.Add(x.proof, header, []byte("another"), x.indexes, x.disclosed), ErrNotVerified)
	require.Zero(t, batch.Len())
}

func TestGeneratorCacheIsSafeForConcurrentUse(t *testing.T) {
	s := newSuite("fresh", "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_", expandXMD)
	want := SHA256().cache.grow(60, 60, 60)
	var group sync.WaitGroup
	for n := range 60 {
		group.Go(func() {
			g := s.cache.forSecrets(n + 1)
			if n%2 == 0 {
				g = s.cache.forPublic(n + 1)
			}
			if !slices.Equal(g.points[:n+1], want.points[:n+1]) {
				t.Errorf("generators differ at %d", n)
			}
		})
	}
	group.Wait()
	g := s.cache.grow(60, 60, 60)
	require.Equal(t, want.tables[:60], g.tables)
	require.Equal(t, want.odd[:60], g.odd)
}

func TestExpandMessage(t *testing.T) {
	// RFC 9380, appendix K.1 and K.6: the empty message and "abc", 32 and 128 bytes.
	for _, c := range []struct {
		h        hasher
		dst, msg string
		want     string
	}{
		{expandXMD, "QUUX-V01-CS02-with-expander-SHA256-128", "", "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"},
		{expandXMD, "QUUX-V01-CS02-with-expander-SHA256-128", "abc", "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615"},
		{expandXOF, "QUUX-V01-CS02-with-expander-SHAKE256", "", "2ffc05c48ed32b95d72e807f6eab9f7530dd1c2f013914c8fed38c5ccc15ad76"},
		{expandXOF, "QUUX-V01-CS02-with-expander-SHAKE256", "abc", "b39e493867e2767216792abce1f2676c197c0692aed061560ead251821808e07"},
	} {
		out := make([]byte, 32)
		c.h(out, newTag(c.dst), []byte(c.msg))
		require.Equal(t, unhex(c.want), out)
	}
}
