package seal_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/seal"
)

// Ids of two deals.
const (
	dealID      = "0102030405060708090a0b0c0d0e0f10"
	otherDealID = "0102030405060708090a0b0c0d0e0f11"
)

var (
	deal      = seal.Deal{ChainID: "panacea-3", ID: dealID}
	provider  = bytes.Repeat([]byte{0x11}, 20)
	suites    = []seal.Suite{seal.X25519, seal.Hybrid}
	chunkSize = 1 << 20
)

func key(t testing.TB, suite seal.Suite) *seal.PrivateKey {
	t.Helper()
	k, err := seal.GenerateKey(suite)
	require.NoError(t, err)
	return k
}

// secretOf is a fixed oracle secret.
func secretOf(b byte) *seal.OracleSecret {
	s, err := seal.ParseOracleSecret(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		panic(err)
	}
	return s
}

// pattern is content of n bytes that no two chunks share.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

func sealSubmission(t testing.TB, k seal.PublicKey, s seal.Submission, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := seal.SealSubmission(k, s, &b)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func openSubmission(k *seal.PrivateKey, s seal.Submission, sealed []byte) ([]byte, error) {
	r, err := seal.OpenSubmission(k, s, bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func sealObject(t testing.TB, k *seal.ContentKey, salt seal.Salt, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := seal.SealObject(k, salt, &b)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.EqualValues(t, seal.ObjectSize(int64(len(content))), b.Len())
	return b.Bytes()
}

func openObject(k *seal.ContentKey, c seal.Commitment, object []byte) ([]byte, error) {
	r, err := seal.OpenObject(k, c, bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestKeysEncode(t *testing.T) {
	for _, suite := range suites {
		k := key(t, suite)
		b, err := k.Bytes()
		require.NoError(t, err)
		require.Len(t, b, 34)
		again, err := seal.ParsePrivateKey(b)
		require.NoError(t, err)
		require.True(t, again.Public().Equal(k.Public()))
		public, err := seal.ParsePublicKey(k.Public().Bytes())
		require.NoError(t, err)
		require.True(t, public.Equal(k.Public()))
		require.Equal(t, suite, public.Suite())

		for _, bad := range [][]byte{nil, {0}, b[:33], append(b, 0), append([]byte{0, 0x10}, b[2:]...), make([]byte, 5000)} {
			_, err := seal.ParsePrivateKey(bad)
			require.ErrorIs(t, err, seal.ErrKey)
		}
		p := k.Public().Bytes()
		for _, bad := range [][]byte{nil, {0}, p[:len(p)-1], append(p, 0), append([]byte{0, 0x10}, p[2:]...)} {
			_, err := seal.ParsePublicKey(bad)
			require.ErrorIs(t, err, seal.ErrKey)
		}
	}
	_, err := seal.GenerateKey(1)
	require.ErrorIs(t, err, seal.ErrKey)
	_, err = secretOf(1).HPKEKey(1)
	require.ErrorIs(t, err, seal.ErrKey)
	_, err = seal.SealContentKey(secretOf(1).ContentKey(deal, seal.Commitment{}), seal.PublicKey{}, deal, seal.Commitment{})
	require.ErrorIs(t, err, seal.ErrKey)
}

// The largest encoded key is the bound that messages may set.
func TestMaxKeySize(t *testing.T) {
	require.Len(t, key(t, seal.Hybrid).Public().Bytes(), seal.MaxKeySize)
}

func TestSubmission(t *testing.T) {
	s := seal.Submission{Deal: deal, Provider: provider}
	for _, suite := range suites {
		oracle, err := secretOf(1).HPKEKey(suite)
		require.NoError(t, err)
		other := key(t, suite)
		sealed := sealSubmission(t, oracle.Public(), s, []byte("record"))
		content, err := openSubmission(oracle, s, sealed)
		require.NoError(t, err)
		require.Equal(t, "record", string(content))
		require.NotEqual(t, sealed, sealSubmission(t, oracle.Public(), s, []byte("record")), "fresh every time")

		// A ciphertext moved to another deal or chain, or sent by another account, does not open.
		for name, moved := range map[string]seal.Submission{
			"deal":     {Deal: seal.Deal{ChainID: deal.ChainID, ID: otherDealID}, Provider: provider},
			"chain":    {Deal: seal.Deal{ChainID: "panacea-4", ID: dealID}, Provider: provider},
			"provider": {Deal: deal, Provider: bytes.Repeat([]byte{0x12}, 20)},
			"nobody":   {Deal: deal},
		} {
			_, err := openSubmission(oracle, moved, sealed)
			require.ErrorIs(t, err, seal.ErrChunk, name)
		}
		_, err = openSubmission(other, s, sealed)
		require.Error(t, err)
		for i := range sealed {
			b := bytes.Clone(sealed)
			b[i] ^= 1
			_, err := openSubmission(oracle, s, b)
			require.Error(t, err, "byte %d", i)
			_, err = openSubmission(oracle, s, sealed[:i])
			require.Error(t, err, "cut to %d bytes", i)
		}
		_, err = openSubmission(oracle, s, append(sealed, 0))
		require.Error(t, err)
	}
	x := sealSubmission(t, key(t, seal.X25519).Public(), s, []byte("record"))
	_, err := openSubmission(key(t, seal.Hybrid), s, append(x, make([]byte, 2000)...))
	require.ErrorIs(t, err, seal.ErrFormat, "another suite")
}

func TestObject(t *testing.T) {
	for _, n := range []int{0, 1, chunkSize - 33, chunkSize - 32, chunkSize - 31, 3*chunkSize - 32, 3 * chunkSize} {
		content := pattern(n)
		salt := seal.Salt{1}
		c := seal.Commit(salt, content)
		k := secretOf(1).ContentKey(deal, c)
		object := sealObject(t, k, salt, content)
		require.Equal(t, object, sealObject(t, secretOf(1).ContentKey(deal, c), salt, content), "every oracle makes the same bytes")
		opened, err := openObject(k, c, object)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, opened))

		_, err = openObject(secretOf(2).ContentKey(deal, c), c, object)
		require.ErrorIs(t, err, seal.ErrChunk)
		_, err = openObject(secretOf(1).ContentKey(seal.Deal{ChainID: deal.ChainID, ID: otherDealID}, c), c, object)
		require.ErrorIs(t, err, seal.ErrChunk)
		_, err = openObject(k, seal.Commitment{}, object)
		require.ErrorIs(t, err, seal.ErrCommitment)
	}
}

// Chunks cannot be dropped, moved, repeated, exchanged between streams, or added.
func TestObjectChunksAreInOrder(t *testing.T) {
	content := pattern(4*chunkSize - 32)
	c := seal.Commit(seal.Salt{}, content)
	k := secretOf(1).ContentKey(deal, c)
	object := sealObject(t, k, seal.Salt{}, content)
	var chunks [][]byte
	for rest := object; len(rest) > 0; {
		n := min(len(rest), chunkSize+16)
		chunks = append(chunks, rest[:n])
		rest = rest[n:]
	}
	require.Len(t, chunks, 4)
	shorter := sealObject(t, k, seal.Salt{}, content[:3*chunkSize-32])
	for _, test := range []struct {
		name   string
		object []byte
		want   error
	}{
		{"nothing", nil, seal.ErrTruncated},
		{"cut after a chunk", bytes.Join(chunks[:3], nil), seal.ErrTruncated},
		{"cut after the first chunk", chunks[0], seal.ErrTruncated},
		{"cut within a chunk", object[:len(object)-1], seal.ErrChunk},
		{"first chunk missing", bytes.Join(chunks[1:], nil), seal.ErrChunk},
		{"two exchanged", bytes.Join([][]byte{chunks[0], chunks[2], chunks[1], chunks[3]}, nil), seal.ErrChunk},
		{"one twice", bytes.Join([][]byte{chunks[0], chunks[1], chunks[1], chunks[2], chunks[3]}, nil), seal.ErrChunk},
		{"byte added", append(bytes.Clone(object), 0), seal.ErrExtended},
		{"chunk added", append(bytes.Clone(object), chunks[3]...), seal.ErrExtended},
		{"last chunk of a shorter one in the middle", append(bytes.Clone(shorter), chunks[3]...), seal.ErrExtended},
	} {
		_, err := openObject(k, c, test.object)
		require.ErrorIs(t, err, test.want, test.name)
	}
}

func TestObjectReaderPassesOnErrors(t *testing.T) {
	content := pattern(2 * chunkSize)
	c := seal.Commit(seal.Salt{}, content)
	k := secretOf(1).ContentKey(deal, c)
	object := sealObject(t, k, seal.Salt{}, content)
	broken := errors.New("broken")
	r, err := seal.OpenObject(k, c, io.MultiReader(bytes.NewReader(object[:chunkSize+100]), iotest.ErrReader(broken)))
	if err == nil {
		_, err = io.ReadAll(r)
	}
	require.ErrorIs(t, err, broken)
	w, err := seal.SealObject(k, seal.Salt{}, brokenWriter{broken})
	require.NoError(t, err)
	_, err = w.Write(content)
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, w.Close(), broken)

	w, err = seal.SealObject(k, seal.Salt{}, io.Discard)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Error(t, w.Close())
	_, err = w.Write([]byte{1})
	require.Error(t, err)
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// Sealing and opening hold a few chunks, whatever the size of the content.
func TestMemoryIsBounded(t *testing.T) {
	const size = 64
	content := pattern(chunkSize)
	committer := seal.NewCommitter(seal.Salt{})
	for range size {
		committer.Write(content)
	}
	c := committer.Commitment()
	k := secretOf(1).ContentKey(deal, c)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pr, pw := io.Pipe()
	sealed := make(chan error, 1)
	go func() {
		w, err := seal.SealObject(k, seal.Salt{}, pw)
		for range size {
			if err == nil {
				_, err = w.Write(content)
			}
		}
		if err == nil {
			err = w.Close()
		}
		pw.CloseWithError(err)
		sealed <- err
	}()
	r, err := seal.OpenObject(k, c, pr)
	require.NoError(t, err)
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, make([]byte, 32<<10))
	require.NoError(t, err)
	require.NoError(t, <-sealed)
	require.EqualValues(t, size*chunkSize, n)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*chunkSize))
}

// Whatever the sizes of writes and reads, what goes in comes out, and one changed byte does not.
func TestStreamProperties(t *testing.T) {
	whole := pattern(3 * chunkSize)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(chunkSize-40, chunkSize+40), rapid.IntRange(0, 3*chunkSize)).Draw(t, "size")
		content := whole[:n]
		salt := seal.Salt(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "salt"))
		c := seal.Commit(salt, content)
		k := secretOf(rapid.Byte().Draw(t, "secret")).ContentKey(deal, c)
		var object bytes.Buffer
		w, err := seal.SealObject(k, salt, &object)
		require.NoError(t, err)
		for rest := content; len(rest) > 0; {
			m := min(len(rest), rapid.IntRange(1, 2*chunkSize).Draw(t, "write"))
			_, err := w.Write(rest[:m])
			require.NoError(t, err)
			rest = rest[m:]
		}
		require.NoError(t, w.Close())
		require.EqualValues(t, seal.ObjectSize(int64(n)), object.Len())
		r, err := seal.OpenObject(k, c, iotest.HalfReader(bytes.NewReader(object.Bytes())))
		require.NoError(t, err)
		opened, err := io.ReadAll(r)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, opened))

		object.Bytes()[rapid.IntRange(0, object.Len()-1).Draw(t, "changed")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		_, err = openObject(k, c, object.Bytes())
		require.Error(t, err)
	})
}

func TestContentKey(t *testing.T) {
	c := seal.Commit(seal.Salt{1}, []byte("record"))
	for _, suite := range suites {
		consumer := key(t, suite)
		k := secretOf(1).ContentKey(deal, c)
		sealed, err := seal.SealContentKey(k, consumer.Public(), deal, c)
		require.NoError(t, err)
		opened, err := seal.OpenContentKey(consumer, deal, c, sealed)
		require.NoError(t, err)
		content, err := openObject(opened, c, sealObject(t, k, seal.Salt{1}, []byte("record")))
		require.NoError(t, err)
		require.Equal(t, "record", string(content))

		_, err = seal.OpenContentKey(key(t, suite), deal, c, sealed)
		require.ErrorIs(t, err, seal.ErrOpen)
		_, err = seal.OpenContentKey(consumer, seal.Deal{ChainID: deal.ChainID, ID: otherDealID}, c, sealed)
		require.ErrorIs(t, err, seal.ErrOpen)
		_, err = seal.OpenContentKey(consumer, seal.Deal{ChainID: "panacea-4", ID: dealID}, c, sealed)
		require.ErrorIs(t, err, seal.ErrOpen)
		_, err = seal.OpenContentKey(consumer, deal, seal.Commitment{}, sealed)
		require.ErrorIs(t, err, seal.ErrOpen)
		for i := range sealed {
			b := bytes.Clone(sealed)
			b[i] ^= 1
			_, err = seal.OpenContentKey(consumer, deal, c, b)
			require.Error(t, err)
			_, err = seal.OpenContentKey(consumer, deal, c, sealed[:i])
			require.Error(t, err)
		}
	}
}

func TestOracleSecretHandshake(t *testing.T) {
	h := seal.Handshake{ChainID: "panacea-3", Target: provider, Measurement: [32]byte{7}}
	newcomer := key(t, seal.Hybrid)
	sealed, err := seal.SealOracleSecret(secretOf(1), newcomer.Public(), h)
	require.NoError(t, err)
	opened, err := seal.OpenOracleSecret(newcomer, h, sealed)
	require.NoError(t, err)
	require.Equal(t, secretOf(1).Bytes(), opened.Bytes())
	for name, other := range map[string]seal.Handshake{
		"chain":       {ChainID: "panacea-4", Target: provider, Measurement: [32]byte{7}},
		"target":      {ChainID: "panacea-3", Target: provider[1:], Measurement: [32]byte{7}},
		"measurement": {ChainID: "panacea-3", Target: provider, Measurement: [32]byte{8}},
	} {
		_, err := seal.OpenOracleSecret(newcomer, other, sealed)
		require.ErrorIs(t, err, seal.ErrOpen, name)
	}
	_, err = seal.OpenOracleSecret(key(t, seal.Hybrid), h, sealed)
	require.ErrorIs(t, err, seal.ErrOpen)

	// What was sealed for one purpose opens for no other, though bytes and keys are the same.
	_, err = seal.OpenContentKey(newcomer, seal.Deal{ChainID: "panacea-3"}, seal.Commitment{}, sealed)
	require.ErrorIs(t, err, seal.ErrOpen)
	_, err = openSubmission(newcomer, seal.Submission{Deal: deal, Provider: provider}, sealed)
	require.ErrorIs(t, err, seal.ErrChunk)

	_, err = seal.ParseOracleSecret(make([]byte, 31))
	require.ErrorIs(t, err, seal.ErrKey)
	require.NotEqual(t, seal.NewOracleSecret().Bytes(), seal.NewOracleSecret().Bytes())
}

// Every key and tag that comes of one secret is different from every other.
func TestDerivedValuesAreDistinct(t *testing.T) {
	s := secretOf(1)
	digest, err := seal.DigestJSON([]byte(`"x"`))
	require.NoError(t, err)
	seen := map[string]string{string(s.Bytes()): "the secret itself"}
	add := func(name string, b []byte) {
		require.NotContains(t, seen, string(b), "%s is %s", name, seen[string(b)])
		seen[string(b)] = name
	}
	for _, suite := range suites {
		k, err := s.HPKEKey(suite)
		require.NoError(t, err)
		b, err := k.Bytes()
		require.NoError(t, err)
		add(suite.String(), b[2:])
	}
	for _, d := range []seal.Deal{deal, {ChainID: deal.ChainID, ID: otherDealID}, {ChainID: "panacea-4", ID: dealID}} {
		c, credential, subject := s.ContentTag(d, digest), s.CredentialTag(d, string(digest[:])), s.SubjectTag(d, string(digest[:]))
		add("content tag", c[:])
		add("credential tag", credential[:])
		add("subject tag", subject[:])
		other := secretOf(2).ContentTag(d, digest)
		add("another secret's", other[:])
		for _, commitment := range []seal.Commitment{{}, {1}} {
			object := sealObject(t, s.ContentKey(d, commitment), seal.Salt{}, nil)
			add("object", object)
		}
	}
}

func TestCommitment(t *testing.T) {
	content := pattern(1000)
	salt := seal.NewSalt()
	require.NotEqual(t, salt, seal.NewSalt())
	c := seal.Commit(salt, content)
	streamed := seal.NewCommitter(salt)
	for _, b := range content {
		_, err := streamed.Write([]byte{b})
		require.NoError(t, err)
	}
	require.True(t, c.Equal(streamed.Commitment()))
	require.False(t, c.Equal(seal.Commit(seal.NewSalt(), content)), "not linkable across deals")
	require.False(t, c.Equal(seal.Commit(salt, append(content, 0))))
}

func TestContentDigest(t *testing.T) {
	same := []string{
		`{"a":1.10,"b":["x",null,true]}`,
		" {\n\t\"b\" : [ \"\\u0078\", null, true ] , \"a\" : 1.1 } \r\n",
		`{"b":["x",null,true],"a":11e-1}`,
	}
	want, err := seal.DigestJSON([]byte(same[0]))
	require.NoError(t, err)
	for _, text := range same {
		got, err := seal.DigestJSON([]byte(text))
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	other, err := seal.DigestJSON([]byte(`{"a":1.1,"b":["x",true,null]}`))
	require.NoError(t, err)
	require.NotEqual(t, want, other)
	raw, err := seal.DigestBytes(strings.NewReader(`{"a":1.1,"b":["x",null,true]}`))
	require.NoError(t, err)
	require.NotEqual(t, want, raw, "JSON as bytes is not JSON")
	_, err = seal.DigestBytes(iotest.ErrReader(io.ErrClosedPipe))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	_, err = seal.DigestJSON([]byte(`{"a":1,"a":2}`))
	require.ErrorIs(t, err, seal.ErrJSON)
}

// Secrets do not print, and errors do not contain them.
func TestSecretsDoNotPrint(t *testing.T) {
	s := secretOf('S')
	k := s.ContentKey(deal, seal.Commitment{})
	private, err := s.HPKEKey(seal.X25519)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		require.Equal(t, "[oracle secret]", fmt.Sprintf(verb, s))
		require.Equal(t, "[content key]", fmt.Sprintf(verb, k))
		require.Equal(t, "[X25519 private key]", fmt.Sprintf(verb, private))
	}
}

func TestZero(t *testing.T) {
	s := secretOf(1)
	s.Zero()
	require.Equal(t, make([]byte, 32), s.Bytes())
	c := seal.Commit(seal.Salt{}, nil)
	k := secretOf(1).ContentKey(deal, c)
	object := sealObject(t, k, seal.Salt{}, nil)
	k.Zero()
	_, err := openObject(k, c, object)
	require.ErrorIs(t, err, seal.ErrChunk)
}

// One oracle's life with a datum, and the consumer's.
func Example() {
	oracleSecret := seal.NewOracleSecret()
	oracleKey, err := oracleSecret.HPKEKey(seal.Hybrid)
	if err != nil {
		panic(err)
	}
	consumerKey, err := seal.GenerateKey(seal.Hybrid)
	if err != nil {
		panic(err)
	}
	d := seal.Deal{ChainID: "panacea-3", ID: dealID}
	s := seal.Submission{Deal: d, Provider: []byte("provider's address")}

	// The provider.
	var submission bytes.Buffer
	w, err := seal.SealSubmission(oracleKey.Public(), s, &submission)
	if err != nil {
		panic(err)
	}
	fmt.Fprint(w, "a health record")
	if err := w.Close(); err != nil {
		panic(err)
	}

	// An oracle. (The salt is part of what the provider submits; here it is made on the spot.)
	r, err := seal.OpenSubmission(oracleKey, s, &submission)
	if err != nil {
		panic(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	salt := seal.NewSalt()
	commitment := seal.Commit(salt, content)
	contentKey := oracleSecret.ContentKey(d, commitment)
	var object bytes.Buffer
	w, err = seal.SealObject(contentKey, salt, &object)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(content); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	sealedKey, err := seal.SealContentKey(contentKey, consumerKey.Public(), d, commitment)
	if err != nil {
		panic(err)
	}

	// The consumer.
	opened, err := seal.OpenContentKey(consumerKey, d, commitment, sealedKey)
	if err != nil {
		panic(err)
	}
	r, err = seal.OpenObject(opened, commitment, &object)
	if err != nil {
		panic(err)
	}
	record, err := io.ReadAll(r) // without an error: whole, and what was committed to
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", record)
	// Output: a health record
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

func TestAPresentationChallengeIsOfOneSale(t *testing.T) {
	own := seal.Submission{Deal: deal, Provider: provider}
	require.Equal(t, "11d96ea9a46bcc2c1eeecc87dca71b86c4b5abc2387b59c15388c14add6b4f11", own.PresentationChallenge())
	for _, other := range []seal.Submission{
		{Deal: seal.Deal{ChainID: "panacea-4", ID: dealID}, Provider: provider},
		{Deal: seal.Deal{ChainID: deal.ChainID, ID: otherDealID}, Provider: provider},
		{Deal: deal, Provider: provider[1:]},
	} {
		require.NotEqual(t, own.PresentationChallenge(), other.PresentationChallenge())
	}
}
