package store

import (
	"bytes"
	"encoding/hex"
	"testing"

	ds "github.com/ipfs/go-datastore"
	"github.com/stretchr/testify/require"
)

// TestXAES checks the vectors of C2SP's XAES-256-GCM specification.
func TestXAES(t *testing.T) {
	nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
	for _, c := range []struct {
		key     byte
		ad, out string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x, err := newXAES(bytes.Repeat([]byte{c.key}, 32))
		require.NoError(t, err)
		sealed, err := x.seal(nil, nonce, []byte("XAES-256-GCM"), []byte(c.ad))
		require.NoError(t, err)
		require.Equal(t, c.out, hex.EncodeToString(sealed))
		opened, err := x.open(nil, nonce, sealed, []byte(c.ad))
		require.NoError(t, err)
		require.Equal(t, "XAES-256-GCM", string(opened))
	}
}

func TestSealedValuesStayWhereTheyAre(t *testing.T) {
	c, err := newCrypt(make([]byte, KeySize))
	require.NoError(t, err)
	a, b := c.key("b", []byte("a")), c.key("b", []byte("b"))
	require.NotEqual(t, a, b)
	require.NotEqual(t, a, c.key("n", []byte("a")))
	sealed, err := c.seal(a, []byte("value"))
	require.NoError(t, err)
	for _, wrong := range []struct {
		key    ds.Key
		sealed []byte
	}{{b, sealed}, {a, sealed[:len(sealed)-1]}, {a, nil}, {a, append([]byte{2}, sealed[1:]...)}} {
		_, err := c.open(wrong.key, bytes.Clone(wrong.sealed))
		require.ErrorIs(t, err, errSealed)
	}
	value, err := c.open(a, sealed)
	require.NoError(t, err)
	require.Equal(t, "value", string(value))
}
