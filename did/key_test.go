package did_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/multibase"
)

// vectors are public keys that specifications publish.
var vectors = []struct {
	source string
	t      did.KeyType
	key    string
}{
	{"did:key, test vectors, Ed25519", did.Ed25519, "z6Mkf5rGMoatrSj1f4CyvuHBeXJELe9RPdzo2PKGNCKVtZxP"},
	{"did:key, test vectors, Ed25519 with X25519", did.Ed25519, "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
	{"did:key, derived X25519", did.X25519, "z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p"},
	{"did:key, Secp256k1 1", did.Secp256k1, "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"},
	{"did:key, Secp256k1 2", did.Secp256k1, "zQ3shtxV1FrJfhqE1dvxYRcCknWNjHc3c5X1y3ZSoPDi2aur2"},
	{"did:key, Secp256k1 3", did.Secp256k1, "zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N"},
	{"did:key, BLS 12-381", did.BLS12381G2, "zUC7EK3ZakmukHhuncwkbySmomv3FmrkmS36E4Ks5rsb6VQSRpoCrx6Hb8e2Nk6UvJFSdyw9NK1scFXJp21gNNYFjVWNgaqyGnkyhtagagCpQb5B7tagJu3HDbjQ8h5ypoHjwBb"},
	{"did:key, P-256", did.P256, "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"},
	{"did:key, P-384", did.P384, "z82LkvCwHNreneWpsgPEbV3gu1C6NFJEBg4srfJ5gdxEsMGRJUz2sG9FE42shbn2xkZJh54"},
	{"CID 1.0 §2.2.2, Multikey example", did.Ed25519, "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"},
}

func TestPublishedKeysRoundTrip(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.source, func(t *testing.T) {
			k, err := did.ParsePublicKeyMultibase(v.key)
			require.NoError(t, err)
			require.Equal(t, v.t, k.Type())
			require.Equal(t, v.key, k.Multibase())
			require.Equal(t, "did:key:"+v.key, k.DIDKey())
			requireEveryEncoding(t, k)
		})
	}
}

// requireEveryEncoding checks that k comes back from each of its encodings.
func requireEveryEncoding(t require.TestingT, k did.PublicKey) {
	raw, err := did.NewPublicKey(k.Type(), k.Bytes())
	require.NoError(t, err)
	require.True(t, k.Equal(raw))
	jwk, err := k.JWK()
	require.NoError(t, err)
	fromJWK, err := did.ParsePublicKeyJWK(jwk)
	require.NoError(t, err)
	require.True(t, k.Equal(fromJWK))
	decoded, err := multibase.Decode(k.Multibase(), 98)
	require.NoError(t, err)
	url, err := did.ParsePublicKeyMultibase(multibase.Encode(multibase.Base64URL, decoded))
	require.NoError(t, err)
	require.True(t, k.Equal(url))
}

func TestPublishedJWKs(t *testing.T) {
	for _, v := range []struct {
		source string
		t      did.KeyType
		jwk    string
	}{
		{"RFC 7517 A.1", did.P256, `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}`},
		{"RFC 8037 A.2", did.Ed25519, `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`},
		{"RFC 8037 A.6", did.X25519, `{"kty":"OKP","crv":"X25519","kid":"Bob","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}`},
		{"DID Core 1.0, example 30, Ed25519", did.Ed25519, `{"kty":"OKP","crv":"Ed25519","x":"VCpo2LMLhn6iWku8MKvSLg2ZAoC-nlOyPVQaO3FxVeQ"}`},
		{"DID Core 1.0, example 30, X25519", did.X25519, `{"kty":"OKP","crv":"X25519","x":"pE_mG098rdQjY3MKK2D5SUQ6ZOEW3a6Z6T7Z4SgnzCE"}`},
		{"DID Core 1.0, example 30, secp256k1", did.Secp256k1, `{"kty":"EC","crv":"secp256k1","x":"Z4Y3NNOxv0J6tCgqOBFnHnaZhJF6LdulT7z8A-2D5_8","y":"i5a2NtJoUKXkLm6q8nOEu9WOkso1Ag6FTUT6k_LMnGk"}`},
		{"CID 1.0 §2.2.3", did.P384, `{"kid":"key-1","kty":"EC","crv":"P-384","alg":"ES384","x":"1F14JSzKbwxO-Heqew5HzEt-0NZXAjCu8w-RiuV8_9tMiXrSZdjsWqi4y86OFb5d","y":"dnd8yoq-NOJcBuEYgdVVMmSxonXg-DU90d7C4uPWb_Lkd4WIQQEH0DyeC2KUDMIU"}`},
		{"CID 1.0, JsonWebKey examples", did.P256, `{"kty":"EC","crv":"P-256","x":"fyNYMN0976ci7xqiSdag3buk-ZCwgXU4kz9XNkBlNUI","y":"hW2ojTNfH7Jbi8--CJUo3OCbH3y5n91g-IMA9MLMbTU"}`},
		{"CID 1.0, JsonWebKey examples, Ed25519", did.Ed25519, `{"kty":"OKP","crv":"Ed25519","x":"_eT7oDCtAC98L31MMx9J0T-w7HR-zuvsY08f9MvKne8"}`},
		{"draft-ietf-cose-bls-key-representations", did.BLS12381G2, `{"kty":"OKP","crv":"BLS12381G2","x":"pVD25M3Ca0jOBmHizej_YwuVOEIadk44urQcQQD3uhITsWj5LdgRmjTkftCme9KQEReUf5yoxPi7pDDx4UdkmTXtzuaIKm9YY2cOpT5dO26ttBSzneQEUFhHpM3sdUmf"}`},
	} {
		t.Run(v.source, func(t *testing.T) {
			k, err := did.ParsePublicKeyJWK([]byte(v.jwk))
			require.NoError(t, err)
			require.Equal(t, v.t, k.Type())
			requireEveryEncoding(t, k)
		})
	}
}

// TestBLSKeyPair uses the pair of draft-ietf-cose-bls-key-representations, appendix "BLS12381 Key Pairs".
func TestBLSKeyPair(t *testing.T) {
	d, err := base64.RawURLEncoding.DecodeString("XdXO0OOc6YrVTKEPIR6JmmTSDDA5Y5pxCyY5TRI0k5c")
	require.NoError(t, err)
	k, err := did.NewPrivateKey(did.BLS12381G2, d)
	require.NoError(t, err)
	x := base64.RawURLEncoding.EncodeToString(k.Public().Bytes())
	require.Equal(t, "pVD25M3Ca0jOBmHizej_YwuVOEIadk44urQcQQD3uhITsWj5LdgRmjTkftCme9KQEReUf5yoxPi7pDDx4UdkmTXtzuaIKm9YY2cOpT5dO26ttBSzneQEUFhHpM3sdUmf", x)
}

// TestJWKThumbprint uses RFC 8037 A.3.
func TestJWKThumbprint(t *testing.T) {
	k, err := did.ParsePublicKeyJWK([]byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	require.NoError(t, err)
	jwk, err := k.JWK()
	require.NoError(t, err)
	sum := sha256.Sum256(jwk)
	require.Equal(t, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", base64.RawURLEncoding.EncodeToString(sum[:]))
}

// TestEd25519Signature uses RFC 8032 §7.1, TEST 2.
func TestEd25519Signature(t *testing.T) {
	k, err := did.NewPrivateKey(did.Ed25519, unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
	require.NoError(t, err)
	require.Equal(t, unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"), k.Public().Bytes())
	sig, err := k.Sign([]byte{0x72})
	require.NoError(t, err)
	require.Equal(t, unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"), sig)
	require.NoError(t, k.Public().Verify([]byte{0x72}, sig))
}

// TestDeterministicECDSA uses RFC 6979 A.2.5 and A.2.6 with the message "sample".
func TestDeterministicECDSA(t *testing.T) {
	for _, v := range []struct {
		t           did.KeyType
		secret, sig string
	}{
		{did.P256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
			"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
		{did.P384, "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
			"94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe4699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"},
	} {
		t.Run(v.t.String(), func(t *testing.T) {
			k, err := did.NewPrivateKey(v.t, unhex(v.secret))
			require.NoError(t, err)
			sig, err := k.Sign([]byte("sample"))
			require.NoError(t, err)
			require.Equal(t, v.sig, hex.EncodeToString(sig))
		})
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func testKey(t require.TestingT, kt did.KeyType, seed byte) did.PrivateKey {
	k, err := did.GenerateKey(kt, bytes.NewReader(bytes.Repeat([]byte{seed, 0x5a, 0x17}, 64)))
	require.NoError(t, err)
	return k
}

func signingTypes() []did.KeyType {
	return []did.KeyType{did.Secp256k1, did.Ed25519, did.P256, did.P384}
}

func TestSignaturesVerifyAndNothingElseDoes(t *testing.T) {
	for _, kt := range signingTypes() {
		t.Run(kt.String(), func(t *testing.T) {
			k, other := testKey(t, kt, 1), testKey(t, kt, 2)
			msg := []byte("a message")
			sig, err := k.Sign(msg)
			require.NoError(t, err)
			require.NoError(t, k.Public().Verify(msg, sig))
			require.ErrorIs(t, other.Public().Verify(msg, sig), did.ErrInvalidSignature)
			require.ErrorIs(t, k.Public().Verify([]byte("another"), sig), did.ErrInvalidSignature)
			for _, bad := range [][]byte{nil, sig[1:], append(sig[:len(sig):len(sig)], 0), make([]byte, len(sig)), bytes.Repeat([]byte{0xff}, len(sig))} {
				require.ErrorIs(t, k.Public().Verify(msg, bad), did.ErrInvalidSignature)
			}
			for i := range sig {
				flipped := bytes.Clone(sig)
				flipped[i] ^= 1
				require.ErrorIs(t, k.Public().Verify(msg, flipped), did.ErrInvalidSignature)
			}
		})
	}
}

func TestSecp256k1RefusesHighS(t *testing.T) {
	k := testKey(t, did.Secp256k1, 3)
	sig, err := k.Sign([]byte("m"))
	require.NoError(t, err)
	order, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	high := new(big.Int).Sub(order, new(big.Int).SetBytes(sig[32:]))
	malleated := append(bytes.Clone(sig[:32]), high.FillBytes(make([]byte, 32))...)
	require.ErrorIs(t, k.Public().Verify([]byte("m"), malleated), did.ErrInvalidSignature)
}

func TestKeyUsage(t *testing.T) {
	for _, kt := range []did.KeyType{did.BLS12381G2, did.X25519} {
		k := testKey(t, kt, 4)
		_, err := k.Sign([]byte("m"))
		require.ErrorIs(t, err, did.ErrKeyUsage)
		require.ErrorIs(t, k.Public().Verify([]byte("m"), make([]byte, 64)), did.ErrKeyUsage)
		_, err = k.SignDigest(make([]byte, 32))
		require.ErrorIs(t, err, did.ErrKeyUsage)
	}
	ed := testKey(t, did.Ed25519, 4)
	_, err := ed.SignDigest(make([]byte, 32))
	require.ErrorIs(t, err, did.ErrKeyUsage)
	require.ErrorIs(t, ed.Public().VerifyDigest(make([]byte, 32), make([]byte, 64)), did.ErrKeyUsage)
	_, err = testKey(t, did.P256, 4).Public().AgreementKey()
	require.ErrorIs(t, err, did.ErrKeyUsage)
	_, err = testKey(t, did.P384, 4).SignDigest(make([]byte, 32))
	require.ErrorIs(t, err, did.ErrInvalidSignature)
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	var pub did.PublicKey
	require.True(t, pub.IsZero())
	require.Empty(t, pub.Multibase())
	require.Empty(t, pub.DIDKey())
	require.Error(t, pub.Verify(nil, nil))
	_, err := pub.JWK()
	require.Error(t, err)
	var priv did.PrivateKey
	require.Empty(t, priv.Multibase())
	_, err = priv.Sign(nil)
	require.Error(t, err)
	for _, kt := range []did.KeyType{0, -1, 99} {
		_, err = did.NewPublicKey(kt, nil)
		require.ErrorIs(t, err, did.ErrUnsupportedKeyType)
		_, err = did.GenerateKey(kt, nil)
		require.ErrorIs(t, err, did.ErrUnsupportedKeyType)
	}
}

func TestHostilePublicKeys(t *testing.T) {
	g2Identity := append([]byte{0xc0}, make([]byte, 95)...)
	goodG2 := testKey(t, did.BLS12381G2, 5).Public().Bytes()
	uncompressedFlag := bytes.Clone(goodG2)
	uncompressedFlag[0] &= 0x7f
	for name, c := range map[string]struct {
		t   did.KeyType
		raw []byte
	}{
		"empty":                          {did.Secp256k1, nil},
		"uncompressed secp256k1":         {did.Secp256k1, append([]byte{4}, make([]byte, 64)...)},
		"hybrid prefix":                  {did.Secp256k1, append([]byte{6}, bytes.Repeat([]byte{1}, 32)...)},
		"secp256k1 x off the curve":      {did.Secp256k1, append([]byte{2}, append(make([]byte, 31), 5)...)},
		"secp256k1 x is not below p":     {did.Secp256k1, append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...)},
		"P-256 x off the curve":          {did.P256, append([]byte{2}, append(make([]byte, 31), 4)...)},
		"P-256 x is not below p":         {did.P256, append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...)},
		"P-256 point at infinity":        {did.P256, make([]byte, 33)},
		"P-384 with P-256 length":        {did.P384, testKey(t, did.P256, 5).Public().Bytes()},
		"Ed25519 identity":               {did.Ed25519, append([]byte{1}, make([]byte, 31)...)},
		"Ed25519 order 2":                {did.Ed25519, unhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")},
		"Ed25519 order 4":                {did.Ed25519, make([]byte, 32)},
		"Ed25519 order 8":                {did.Ed25519, unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")},
		"Ed25519 not canonical":          {did.Ed25519, unhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")},
		"Ed25519 off the curve":          {did.Ed25519, append([]byte{2}, make([]byte, 31)...)},
		"X25519 zero":                    {did.X25519, make([]byte, 32)},
		"X25519 one":                     {did.X25519, append([]byte{1}, make([]byte, 31)...)},
		"X25519 order 8":                 {did.X25519, unhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")},
		"X25519 p, not canonical":        {did.X25519, unhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")},
		"X25519 high bit":                {did.X25519, append([]byte{9}, append(make([]byte, 30), 0x80)...)},
		"G2 identity":                    {did.BLS12381G2, g2Identity},
		"G2 uncompressed flag":           {did.BLS12381G2, uncompressedFlag},
		"G2 on the curve, not in group":  {did.BLS12381G2, append([]byte{0x80}, append(make([]byte, 94), 2)...)},
		"G2 coordinate is not below p":   {did.BLS12381G2, bytes.Repeat([]byte{0x9f}, 96)},
		"G2 all ones":                    {did.BLS12381G2, bytes.Repeat([]byte{0xff}, 96)},
		"G2 of 192 bytes":                {did.BLS12381G2, make([]byte, 192)},
		"48-byte G1 point where G2 goes": {did.BLS12381G2, make([]byte, 48)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := did.NewPublicKey(c.t, c.raw)
			require.ErrorIs(t, err, did.ErrInvalidKey)
		})
	}
}

func TestHostileMultikeys(t *testing.T) {
	secret := testKey(t, did.Ed25519, 6)
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"empty":             {"", did.ErrInvalidKey},
		"prefix only":       {"z", did.ErrInvalidKey},
		"unknown base":      {"f01", did.ErrInvalidKey},
		"not base58":        {"z6Mk0OIl", did.ErrInvalidKey},
		"one byte":          {multibase.Encode('z', []byte{0xed}), did.ErrInvalidKey},
		"SM2 of CID 1.0":    {"zEPJc1vCfbG2aoZn8f3U8ggYRL4ZFfF63ZA3qFSk81WJxnCQr", did.ErrUnsupportedKeyType},
		"unknown codec":     {multibase.Encode('z', []byte{0x12, 0x20, 1, 2}), did.ErrUnsupportedKeyType},
		"private key":       {secret.Multibase(), did.ErrPrivateKey},
		"huge":              {"z" + strings.Repeat("2", 1<<20), did.ErrInvalidKey},
		"padded base64url":  {"u7QE=", did.ErrInvalidKey},
		"base64url newline": {"u7Q\nE", did.ErrInvalidKey},
		"base64 alphabet":   {"u++//", did.ErrInvalidKey},
		"short key":         {multibase.Encode('z', append([]byte{0xed, 1}, make([]byte, 31)...)), did.ErrInvalidKey},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := did.ParsePublicKeyMultibase(c.in)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestHostileJWKs(t *testing.T) {
	p256x, p256y := `"x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"`, `"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"`
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"empty":              {``, did.ErrInvalidKey},
		"not an object":      {`[]`, did.ErrInvalidKey},
		"no members":         {`{}`, did.ErrInvalidKey},
		"private EC":         {`{"kty":"EC","crv":"P-256",` + p256x + `,` + p256y + `,"d":"AQ"}`, did.ErrPrivateKey},
		"symmetric":          {`{"kty":"oct","k":"AQ"}`, did.ErrPrivateKey},
		"RSA":                {`{"kty":"RSA","n":"AQ","e":"AQAB"}`, did.ErrInvalidKey},
		"unknown curve":      {`{"kty":"EC","crv":"P-521","x":"AQ","y":"AQ"}`, did.ErrUnsupportedKeyType},
		"curve of other kty": {`{"kty":"EC","crv":"Ed25519","x":"AQ","y":"AQ"}`, did.ErrUnsupportedKeyType},
		"example with made-up point": {`{"kty":"EC","crv":"P-256","x":"Ums5WVgwRkRTVVFnU3k5c2xvZllMbEcwM3NPRW91ZzN","y":"nDQW6XZ7b_u2Sy9slofYLlG03sOEoug3I0aAPQ0exs4"}`,
			did.ErrInvalidKey},
		"BLS of older drafts": {`{"kty":"EC","crv":"BLS12381G2","x":"Ajs8","y":"BVkk"}`, did.ErrUnsupportedKeyType},
		"no y":                {`{"kty":"EC","crv":"P-256",` + p256x + `}`, did.ErrInvalidKey},
		"y of another point":  {`{"kty":"EC","crv":"P-256",` + p256x + `,"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyE"}`, did.ErrInvalidKey},
		"x is a number":       {`{"kty":"EC","crv":"P-256","x":1,` + p256y + `}`, did.ErrInvalidKey},
		"short x":             {`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"}`, did.ErrInvalidKey},
		"padded x":            {`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}`, did.ErrInvalidKey},
		"trailing bits in x":  {`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"}`, did.ErrInvalidKey},
		"duplicate crv":       {`{"kty":"OKP","crv":"X25519","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, did.ErrInvalidKey},
		"oversized":           {`{"kty":"` + strings.Repeat("a", 1<<20) + `"}`, did.ErrInvalidKey},
		"too deep":            {`{"kty":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, did.ErrInvalidKey},
		"not UTF-8":           {"{\"kty\":\"\xff\"}", did.ErrInvalidKey},
		"Ed25519 small order": {`{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
			did.ErrInvalidKey},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := did.ParsePublicKeyJWK([]byte(c.in))
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestHostilePrivateKeys(t *testing.T) {
	ones := bytes.Repeat([]byte{0xff}, 48)
	for _, kt := range []did.KeyType{did.Secp256k1, did.P256, did.P384, did.BLS12381G2} {
		size := len(testKey(t, kt, 7).Bytes())
		for _, raw := range [][]byte{nil, make([]byte, size), ones[:size], make([]byte, size+1)} {
			_, err := did.NewPrivateKey(kt, raw)
			require.ErrorIs(t, err, did.ErrInvalidKey, "%v %x", kt, raw)
		}
	}
	_, err := did.ParsePrivateKeyMultibase(vectors[0].key)
	require.ErrorIs(t, err, did.ErrUnsupportedKeyType)
	_, err = did.GenerateKey(did.P256, bytes.NewReader(nil))
	require.Error(t, err)
	_, err = did.GenerateKey(did.P256, zeroReader{})
	require.ErrorIs(t, err, did.ErrInvalidKey)
}

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestPrivateKeyNeverPrintsItsSecret(t *testing.T) {
	for _, kt := range did.KeyTypes() {
		k := testKey(t, kt, 8)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			for _, v := range []any{k, &k, struct{ K did.PrivateKey }{k}} {
				out := fmt.Sprintf(verb, v)
				require.NotContains(t, out, hex.EncodeToString(k.Bytes()))
				require.NotContains(t, out, k.Multibase())
			}
		}
		require.Contains(t, fmt.Sprint(k), k.Public().Multibase())
	}
}

func TestZeroErasesTheSecret(t *testing.T) {
	for _, kt := range signingTypes() {
		k := testKey(t, kt, 9)
		copied := k
		k.Zero()
		_, err := k.Sign([]byte("m"))
		require.ErrorIs(t, err, did.ErrInvalidKey)
		_, err = copied.Sign([]byte("m"))
		require.ErrorIs(t, err, did.ErrInvalidKey)
		require.Empty(t, k.Bytes())
	}
}

func TestKeyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kt := rapid.SampledFrom(did.KeyTypes()).Draw(t, "type")
		seed := rapid.SliceOfN(rapid.Byte(), 48*4, 48*4).Draw(t, "seed")
		k, err := did.GenerateKey(kt, bytes.NewReader(seed))
		if err != nil {
			t.Skip("the seed is out of range")
		}
		requireEveryEncoding(t, k.Public())
		again, err := did.ParsePrivateKeyMultibase(k.Multibase())
		require.NoError(t, err)
		require.True(t, again.Public().Equal(k.Public()))
		require.Equal(t, k.Bytes(), again.Bytes())
		name, err := did.ParseKeyType(kt.String())
		require.NoError(t, err)
		require.Equal(t, kt, name)
		if kt == did.BLS12381G2 || kt == did.X25519 {
			return
		}
		msg := rapid.SliceOf(rapid.Byte()).Draw(t, "message")
		sig, err := k.Sign(msg)
		require.NoError(t, err)
		require.NoError(t, k.Public().Verify(msg, sig))
	})
}

func TestDerivedAgreementKey(t *testing.T) {
	k, err := did.ParsePublicKeyMultibase("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
	require.NoError(t, err)
	x, err := k.AgreementKey()
	require.NoError(t, err)
	require.Equal(t, "z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p", x.Multibase())
}

func ExamplePublicKey_Verify() {
	key, err := did.GenerateKey(did.Ed25519, nil)
	if err != nil {
		panic(err)
	}
	signature, err := key.Sign([]byte("hello"))
	if err != nil {
		panic(err)
	}
	fmt.Println(key.Public().Verify([]byte("hello"), signature))
	fmt.Println(key.Public().Verify([]byte("goodbye"), signature))
	// Output:
	// <nil>
	// did: invalid signature
}
