package types_test

import (
	"mime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

func TestMediaTypes(t *testing.T) {
	for _, valid := range []string{
		"application/json", "application/schema+json", "application/ld+json", "application/vc", "application/vc+jwt", "image/svg+xml",
		"application/vnd.panacea.list-v1+json", "text/plain;charset=utf-8", "text/plain; charset=utf-8", `a/b; c="d e"; f=G`, "application/x-www-form-urlencoded",
		`application/ld+json;profile="http://iiif.io/api/image/3/context.json"`, "a/b;c=''",
	} {
		require.NoError(t, types.ValidateMediaType(valid), valid)
		parsed, _, err := mime.ParseMediaType(valid)
		require.NoError(t, err, valid)
		require.Equal(t, strings.SplitN(valid, ";", 2)[0], parsed)
	}
	for _, invalid := range []string{
		"", "json", "/", "a/", "/b", "a/b/c", "A/b", "a /b", "a/b ", " a/b", "*/*", "a/*", "a/b;", "a/b; ", "a/b;c", "a/b;c=", "a/b;=d", "a/b;C=d",
		"a/b;  c=d", "a/b ;c=d", "a/b;c=d;", "a/b;c=d;c=e", `a/b;c="d`, `a/b;c="d"e`, `a/b;c="d";`, "a/b;c=\"d\n\"", `a/b;c="\d"`, `a/b;c="é"`, "a/b;c=é", "a/b;c=d e",
		"a/b\x00", "a/é", "a/b\r\nX: y", "a/b,c/d", "-a/b", "a/" + strings.Repeat("b", 128), "a/b;c=" + strings.Repeat("d", 255), "a/b;c*=d", "a/b;c*0=d",
	} {
		require.ErrorIs(t, types.ValidateMediaType(invalid), types.ErrInvalidMediaType, "%q", invalid)
	}
}

// FuzzMediaType: what is accepted is ASCII that any HTTP server can send, and that this project's content negotiation reads.
func FuzzMediaType(f *testing.F) {
	for _, s := range []string{"application/json", `a/b; c="d e"; f=G`, "a/b;c=d;c=d", "a/b;c*0=d;c*1=e", "a/b;c=''", "A/b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if types.ValidateMediaType(s) != nil {
			return
		}
		require.LessOrEqual(t, len(s), types.MaxMediaTypeLength)
		for i := range len(s) {
			require.True(t, s[i] >= ' ' && s[i] <= '~')
		}
		_, _, err := mime.ParseMediaType(s)
		require.NoError(t, err)
	})
}

func TestNames(t *testing.T) {
	for _, valid := range []string{"a", "patient", "환자 기록", "Bitstring Status List/2026", "é", strings.Repeat("x", types.MaxNameLength), "🩺"} {
		require.NoError(t, types.ValidateName(valid), valid)
		require.NoError(t, types.ValidateType(valid), valid)
		require.NoError(t, types.ValidateVersion(valid), valid)
	}
	for _, invalid := range []string{
		" a", "a ", "a\tb", "a\x7fb", "a\u0085b", "a\u00adb", "a\u061cb", "a\u200db", "a\u2028b", "a\u202eb", "a\u2066b", "a\ufeffb", "a\ufffeb", "a\U0001ffffb", "a\U000e0041b",
		"a\U00100000", "\xff", "a\xc0\x80", "\xed\xa0\x80", strings.Repeat("x", types.MaxNameLength+1),
	} {
		require.ErrorIs(t, types.ValidateName(invalid), types.ErrInvalidName, "%q", invalid)
		require.ErrorIs(t, types.ValidateVersion(invalid), types.ErrInvalidName, "%q", invalid)
	}
	require.ErrorIs(t, types.ValidateType(""), types.ErrInvalidName)
	require.NoError(t, types.ValidateVersion(""), "a version needs no label")
}

func TestIDs(t *testing.T) {
	for _, valid := range []string{
		"2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e11", "019535d9-3df7-79fb-b466-fa907fa17f9e", "c232ab00-9414-11ec-b3c8-9f6bdeced846", fixture.UUID("any"),
	} {
		require.NoError(t, types.ValidateID(valid))
	}
	for _, invalid := range []string{
		"", "x", "2C5B1A0E-6F0D-4B8E-9A53-0D5C1A9F7E11", "2c5b1a0e6f0d4b8e9a530d5c1a9f7e11", "2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e1g", "2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e1",
		"2c5b1a0e-6f0d-0b8e-9a53-0d5c1a9f7e11", "2c5b1a0e-6f0d-9b8e-9a53-0d5c1a9f7e11", "2c5b1a0e-6f0d-4b8e-7a53-0d5c1a9f7e11", "2c5b1a0e-6f0d-4b8e-ca53-0d5c1a9f7e11",
		"urn:uuid:2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e11", "00000000-0000-0000-0000-000000000000", "2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e1\x00",
	} {
		require.ErrorIs(t, types.ValidateID(invalid), types.ErrInvalidID, "%q", invalid)
	}
}

func TestCollections(t *testing.T) {
	p := fixture.NewPublisher(t, "publisher")
	collection, err := types.CollectionOf(p.ID)
	require.NoError(t, err)
	require.Equal(t, "did:panacea:"+collection, p.ID)
	require.Equal(t, p.ID, types.DIDOf(collection))
	for _, invalid := range []string{"", collection, "did:key:" + collection, p.ID + "/", p.ID + "#a", p.ID + ":a", "did:panacea:0"} {
		_, err := types.CollectionOf(invalid)
		require.ErrorIs(t, err, types.ErrInvalidDID)
	}
}
