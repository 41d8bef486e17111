package types_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/medibloc/panacea/x/oracle/types"
)

func certificate(t testing.TB) types.Certificate {
	t.Helper()
	provider, err := bech32.ConvertAndEncode("panacea", bytes.Repeat([]byte{7}, 20))
	require.NoError(t, err)
	return types.Certificate{
		ChainId: "panacea-3", DealId: "000102030405060708090a0b0c0d0e0f", Provider: provider, DataCommitment: bytes.Repeat([]byte{1}, 32),
		ObjectCid: types.NewObjectCID(sha256.Sum256([]byte("object"))), ObjectSize: 1048576, UniquenessTag: bytes.Repeat([]byte{2}, 32), LastHeight: 300,
	}
}

// TestCertificateSignBytes: the encoding by hand, so that an oracle in any language can make it.
func TestCertificateSignBytes(t *testing.T) {
	c := certificate(t)
	var want []byte
	want = append(want, "panacea/certificate/v1\x00"...)
	text := func(field byte, value string) { want = append(append(want, field<<3|2, byte(len(value))), value...) }
	text(1, "panacea-3")
	text(2, "000102030405060708090a0b0c0d0e0f")
	text(3, c.Provider)
	text(4, strings.Repeat("\x01", 32))
	text(5, c.ObjectCid)
	want = append(want, 6<<3, 0x80, 0x80, 0x40) // 1048576
	text(7, strings.Repeat("\x02", 32))
	want = append(want, 8<<3, 0xac, 0x02) // 300
	require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(c.SignBytes()))
	require.Equal(t, "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
		types.NewObjectCID(sha256.Sum256([]byte("hello world"))), "as IPFS names these eleven bytes")
}

func TestCertificateFieldsThatAreMalformed(t *testing.T) {
	c := certificate(t)
	require.NoError(t, c.ValidateBasic())
	for name, spoil := range map[string]func(*types.Certificate){
		"no chain id":               func(c *types.Certificate) { c.ChainId = "" },
		"a long chain id":           func(c *types.Certificate) { c.ChainId = strings.Repeat("a", 51) },
		"a short deal id":           func(c *types.Certificate) { c.DealId = c.DealId[1:] },
		"a deal id in capitals":     func(c *types.Certificate) { c.DealId = strings.ToUpper(c.DealId) },
		"a deal id of letters":      func(c *types.Certificate) { c.DealId = strings.Repeat("g", 32) },
		"no provider":               func(c *types.Certificate) { c.Provider = "" },
		"a provider in capitals":    func(c *types.Certificate) { c.Provider = strings.ToUpper(c.Provider) },
		"a provider with a typo":    func(c *types.Certificate) { c.Provider = c.Provider[:len(c.Provider)-1] + "q" },
		"a short commitment":        func(c *types.Certificate) { c.DataCommitment = c.DataCommitment[1:] },
		"a long tag":                func(c *types.Certificate) { c.UniquenessTag = append(c.UniquenessTag, 1) },
		"an empty object":           func(c *types.Certificate) { c.ObjectSize = 0 },
		"no last height":            func(c *types.Certificate) { c.LastHeight = 0 },
		"a negative last height":    func(c *types.Certificate) { c.LastHeight = -1 },
		"no CID":                    func(c *types.Certificate) { c.ObjectCid = "" },
		"a CID of version 0":        func(c *types.Certificate) { c.ObjectCid = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG" },
		"a CID in capitals":         func(c *types.Certificate) { c.ObjectCid = strings.ToUpper(c.ObjectCid) },
		"a CID of another codec":    func(c *types.Certificate) { c.ObjectCid = "bafyr" + c.ObjectCid[5:] },
		"a CID in another spelling": func(c *types.Certificate) { c.ObjectCid = c.ObjectCid[:58] + string(c.ObjectCid[58]+1) },
	} {
		t.Run(name, func(t *testing.T) {
			c := certificate(t)
			spoil(&c)
			require.ErrorIs(t, c.ValidateBasic(), types.ErrInvalidCertificate)
		})
	}
}

func TestCertificateSignatures(t *testing.T) {
	c := certificate(t)
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := key.Public().(ed25519.PublicKey)
	signature := ed25519.Sign(key, c.SignBytes())
	require.NoError(t, c.VerifySignature(public, signature))
	later := c
	later.LastHeight++
	require.ErrorIs(t, later.VerifySignature(public, signature), types.ErrInvalidSignature)
	require.ErrorIs(t, c.VerifySignature(public[1:], signature), types.ErrInvalidSignature)
	require.ErrorIs(t, c.VerifySignature(public, signature[1:]), types.ErrInvalidSignature)
	require.NoError(t, (&types.OracleSignature{Oracle: c.Provider, Signature: signature}).ValidateBasic())
	require.ErrorIs(t, (&types.OracleSignature{Oracle: "x", Signature: signature}).ValidateBasic(), types.ErrInvalidSignature)
	require.ErrorIs(t, (&types.OracleSignature{Oracle: c.Provider}).ValidateBasic(), types.ErrInvalidSignature)
}

// TestContradictionIsSymmetric: evidence is the same whichever certificate comes first, and a certificate contradicts neither
// itself nor one that only differs in its last height.
func TestContradictionIsSymmetric(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		first, second := certificate(t), certificate(t)
		second.LastHeight = rapid.Int64Range(1, 1000).Draw(rt, "last height")
		require.False(rt, first.Contradicts(&second))
		second.ObjectSize = rapid.Uint64Range(1, 10).Draw(rt, "size")
		second.UniquenessTag = rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "tag")
		require.True(rt, first.Contradicts(&second))
		require.True(rt, second.Contradicts(&first))
		one := types.NewContradiction(make([]byte, 32), first, make([]byte, 64), second, bytes.Repeat([]byte{1}, 64))
		two := types.NewContradiction(make([]byte, 32), second, bytes.Repeat([]byte{1}, 64), first, make([]byte, 64))
		require.NoError(rt, one.ValidateBasic())
		require.Equal(rt, one, two)
		two.FirstSignature[0] ^= 1
		require.Equal(rt, one.Hash(), two.Hash(), "other signatures of the same are the same evidence")
	})
}

func FuzzCertificate(f *testing.F) {
	c := certificate(f)
	encoded, err := c.Marshal()
	require.NoError(f, err)
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c types.Certificate
		if c.Unmarshal(raw) != nil || c.ValidateBasic() != nil {
			return
		}
		again, err := c.Marshal()
		require.NoError(t, err)
		var read types.Certificate
		require.NoError(t, read.Unmarshal(again))
		require.Equal(t, c.SignBytes(), read.SignBytes(), "one certificate has one encoding to sign")
	})
}
