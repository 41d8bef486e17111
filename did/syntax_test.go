package did_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/did"
)

func TestParseDIDAcceptsWhatTheABNFAllows(t *testing.T) {
	for _, c := range []struct{ in, method, id string }{
		{"did:example:123456789abcdefghi", "example", "123456789abcdefghi"}, // DID Core §1.2
		{"did:web:example.com%3A3000:user:alice", "web", "example.com%3A3000:user:alice"},
		{"did:a:b", "a", "b"},
		{"did:3:box", "3", "box"},
		{"did:x:a::b", "x", "a::b"}, // *( *idchar ":" ) allows an empty segment anywhere but at the end
		{"did:x::b", "x", ":b"},
		{"did:x:.-_", "x", ".-_"},
		{"did:x:%00", "x", "%00"},
		{"did:x:%aF", "x", "%aF"},
	} {
		d, err := did.ParseDID(c.in)
		require.NoError(t, err, c.in)
		require.Equal(t, []string{c.method, c.id, c.in}, []string{d.Method(), d.ID(), d.String()})
	}
}

func TestParseDIDRefuses(t *testing.T) {
	for _, in := range []string{
		"", "did", "did:", "did::", "did:example", "did:example:", "did::x", "DID:example:x", "Did:example:x", "did:Example:x",
		"did:exa-mple:x", "did:exämple:x", "did:example:x:", "did:example:a:b:", "did:example:a b", "did:example:a/b",
		"did:example:a?b", "did:example:a#b", "did:example:%", "did:example:%4", "did:example:%zz", "did:example:a%2", "did:example:~",
		"did:example:ü", "did:example:a\x00", "did:example:a\n", " did:example:a", "did:example:a\xff", "urn:did:example:a",
		"did:example:a@b", "did:x:" + strings.Repeat("a", did.MaxDIDLength),
	} {
		_, err := did.ParseDID(in)
		require.ErrorIs(t, err, did.ErrInvalidDID, "%.40q", in)
		_, err = did.ParseURL(strings.Replace(in, "did:example:a", "did:Example:a", 1))
		require.ErrorIs(t, err, did.ErrInvalidDIDURL, "%.40q", in)
	}
	require.Empty(t, did.DID{}.String())
}

func TestParseURLSplits(t *testing.T) {
	for _, c := range []struct {
		in   string
		want did.URL
	}{
		{"did:example:123/path", did.URL{Path: "/path"}},
		{"did:example:123?versionId=1", did.URL{Query: "versionId=1", HasQuery: true}},
		{"did:example:123#public-key-1", did.URL{Fragment: "public-key-1", HasFragment: true}},
		{"did:example:123/a/b?c=/?#d/?", did.URL{Path: "/a/b", Query: "c=/?", HasQuery: true, Fragment: "d/?", HasFragment: true}},
		{"did:example:123/?#", did.URL{Path: "/", HasQuery: true, HasFragment: true}},
		{"did:example:123//a", did.URL{Path: "//a"}},
		{"did:example:123#a?b", did.URL{Fragment: "a?b", HasFragment: true}},
		{"did:example:123/a:b@c;d=e,f", did.URL{Path: "/a:b@c;d=e,f"}},
	} {
		got, err := did.ParseURL(c.in)
		require.NoError(t, err, c.in)
		c.want.DID = got.DID
		require.Equal(t, c.want, got)
		require.Equal(t, "did:example:123", got.DID.String())
		require.Equal(t, c.in, got.String())
		require.False(t, got.IsDID())
	}
}

func TestParseURLRefuses(t *testing.T) {
	for _, in := range []string{
		"did:example:1#a#b", "did:example:1/a b", "did:example:1/%", "did:example:1/%g0", "did:example:1?a=%2", "did:example:1?a=[",
		"did:example:1#\xff", "did:example:1/ü", "did:example:1\\a", "did:example:1/a\"", "did:example:1?<", "did:example:1#^",
		"#a", "/a", "did:example:/a", "did:x:1/" + strings.Repeat("a", did.MaxURLLength),
	} {
		_, err := did.ParseURL(in)
		require.ErrorIs(t, err, did.ErrInvalidDIDURL, "%.40q", in)
	}
}

func TestParams(t *testing.T) {
	u, err := did.ParseURL("did:x:1?service=files&relativeRef=%2Fa%3Fb%3Dc&empty&plus=a+b&eq=a=b")
	require.NoError(t, err)
	params, err := u.Params()
	require.NoError(t, err)
	require.Equal(t, []did.Param{{"service", "files"}, {"relativeRef", "/a?b=c"}, {"empty", ""}, {"plus", "a+b"}, {"eq", "a=b"}}, params)
	for _, in := range []string{"did:x:1?a=1&a=2", "did:x:1?a=1&%61=2", "did:x:1?=1", "did:x:1?a=1&", "did:x:1?" + strings.Repeat("&", 100)} {
		u, err := did.ParseURL(in)
		require.NoError(t, err)
		_, err = u.Params()
		require.ErrorIs(t, err, did.ErrInvalidDIDURL, in)
	}
}

func TestResolveReference(t *testing.T) {
	base, err := did.ParseDID("did:example:123")
	require.NoError(t, err)
	for ref, want := range map[string]string{
		"#key-1":              "did:example:123#key-1",
		"":                    "did:example:123",
		"?versionId=1":        "did:example:123?versionId=1",
		"/a/../b":             "did:example:123/b",
		"/../../b":            "did:example:123/b",
		"/a/.":                "did:example:123/a/",
		"a/b":                 "did:example:123/a/b",
		"a:b":                 "a:b",
		"https://example.com": "https://example.com",
		"did:example:456#k":   "did:example:456#k",
	} {
		got, err := base.ResolveReference(ref)
		require.NoError(t, err, ref)
		require.Equal(t, want, got, ref)
	}
	for _, ref := range []string{"//evil.example/x", "#a b", "#\xff", "#" + strings.Repeat("a", did.MaxURLLength)} {
		_, err := base.ResolveReference(ref)
		require.ErrorIs(t, err, did.ErrInvalidDIDURL)
	}
}

func TestPanaceaDID(t *testing.T) {
	// The id computed with sha256 and base58 of another implementation, over the compressed generator of secp256k1.
	g, err := did.NewPublicKey(did.Secp256k1, unhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"))
	require.NoError(t, err)
	d, err := did.PanaceaDID(g)
	require.NoError(t, err)
	require.Equal(t, "did:panacea:23HNTdMEuniDVWW9zzYTRYDygMN1ok4CQGXSbzFNJCNF", d.String())
	require.NoError(t, did.ValidatePanaceaDID(d.String()))
	_, err = did.PanaceaDID(testKey(t, did.Ed25519, 1).Public())
	require.ErrorIs(t, err, did.ErrKeyUsage)

	require.NoError(t, did.ValidatePanaceaDID("did:panacea:"+strings.Repeat("1", 32)))
	for _, in := range []string{
		"did:panacea:" + strings.Repeat("1", 31), "did:panacea:" + strings.Repeat("1", 45), "did:panacea:" + strings.Repeat("0", 40),
		"did:example:" + strings.Repeat("1", 40), "did:panacea:" + strings.Repeat("1", 30) + ":1", "did:panacea:", "",
	} {
		require.ErrorIs(t, did.ValidatePanaceaDID(in), did.ErrInvalidDID, in)
	}
}

// genDID draws a DID by the ABNF.
func genDID() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return "did:" + rapid.StringMatching(`[a-z0-9]{1,8}`).Draw(t, "method") + ":" +
			rapid.StringMatching(`([A-Za-z0-9._:-]|%[0-9A-Fa-f]{2}){0,40}[A-Za-z0-9._-]`).Draw(t, "id")
	})
}

// genURL draws a DID URL by the ABNF.
func genURL() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pchar := `([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})`
		return genDID().Draw(t, "did") +
			rapid.StringMatching(`(/`+pchar+`{0,6}){0,3}(\?(`+pchar+`|[/?]){0,12})?(#(`+pchar+`|[/?]){0,12})?`).Draw(t, "tail")
	})
}

func TestEveryIdentifierOfTheABNFRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genDID().Draw(t, "did")
		d, err := did.ParseDID(s)
		require.NoError(t, err)
		require.Equal(t, s, d.String())
		s = genURL().Draw(t, "url")
		u, err := did.ParseURL(s)
		require.NoError(t, err)
		require.Equal(t, s, u.String())
	})
}

func FuzzParseDID(f *testing.F) {
	for _, s := range []string{"did:example:123", "did:panacea:23HNTdMEuniDVWW9zzYTRYDygMN1ok4CQGXSbzFNJCNF", "did:x:%41::b", "did:x:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := did.ParseDID(s)
		if err != nil {
			require.ErrorIs(t, err, did.ErrInvalidDID)
			require.Less(t, len(err.Error()), 1024)
			return
		}
		require.Equal(t, s, d.String())
		u, err := did.ParseURL(s)
		require.NoError(t, err)
		require.True(t, u.IsDID())
	})
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"did:x:1/a?b=c#d", "did:x:1?service=files&relativeRef=%2Fa", "did:x:1#", "did:x:1?a&a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := did.ParseURL(s)
		if err != nil {
			require.ErrorIs(t, err, did.ErrInvalidDIDURL)
			return
		}
		require.Equal(t, s, u.String())
		params, err := u.Params()
		if err != nil {
			require.ErrorIs(t, err, did.ErrInvalidDIDURL)
		}
		require.LessOrEqual(t, len(params), 64)
		abs, err := u.DID.ResolveReference(s)
		require.NoError(t, err)
		require.Equal(t, s, abs)
		if abs, err = u.DID.ResolveReference(strings.TrimPrefix(s, u.DID.String())); err == nil {
			_, err = did.ParseURL(abs)
			require.NoError(t, err)
		}
	})
}

func ExampleParseURL() {
	u, err := did.ParseURL("did:panacea:23HNTdMEuniDVWW9zzYTRYDygMN1ok4CQGXSbzFNJCNF?versionId=3#key1")
	if err != nil {
		panic(err)
	}
	fmt.Println(u.DID.Method(), u.Query, u.Fragment)
	// Output: panacea versionId=3 key1
}
