package multibase_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/did/multibase"
)

// TestBase58Vectors uses the examples of draft-msporny-base58 §5.
func TestBase58Vectors(t *testing.T) {
	for plain, text := range map[string]string{
		"Hello World!": "2NEpo7TZRRrLZSi2U",
		"The quick brown fox jumps over the lazy dog.": "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
		"\x00\x00\x28\x7f\xb4\xcd":                     "11233QC4",
	} {
		require.Equal(t, text, multibase.EncodeBase58([]byte(plain)))
		b, err := multibase.DecodeBase58(text, len(plain))
		require.NoError(t, err)
		require.Equal(t, plain, string(b))
		require.True(t, multibase.IsBase58(text))
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		max  int
		want error
	}{
		"empty":                   {"", 8, multibase.ErrInvalid},
		"unknown base":            {"f00", 8, multibase.ErrUnknownBase},
		"zero, O, I, l":           {"z0OIl", 8, multibase.ErrInvalid},
		"not ASCII":               {"z\xff", 8, multibase.ErrInvalid},
		"one byte too many":       {multibase.Encode('z', make([]byte, 9)), 8, multibase.ErrTooLong},
		"one byte too many, high": {multibase.Encode('z', []byte(strings.Repeat("\xff", 9))), 8, multibase.ErrTooLong},
		"megabytes":               {"z" + strings.Repeat("2", 8<<20), 8, multibase.ErrTooLong},
		"megabytes of base64":     {"u" + strings.Repeat("A", 8<<20), 8, multibase.ErrTooLong},
		"base64url line break":    {"uAA\nA", 8, multibase.ErrInvalid},
		"base64url padding":       {"uAA==", 8, multibase.ErrInvalid},
		"base64url trailing bits": {"uAB", 8, multibase.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := multibase.Decode(c.in, c.max)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")
		base := rapid.SampledFrom([]multibase.Base{multibase.Base58BTC, multibase.Base64URL}).Draw(t, "base")
		got, err := multibase.Decode(multibase.Encode(base, b), len(b))
		require.NoError(t, err)
		require.Equal(t, string(b), string(got))
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("z11233QC4")
	f.Add("uAA")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := multibase.Decode(s, 128)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(b), 128)
		require.Equal(t, s, multibase.Encode(multibase.Base(s[0]), b))
	})
}
