package record_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault/record"
)

func TestRoundTrip(t *testing.T) {
	key, err := record.NewKey()
	require.NoError(t, err)
	for _, size := range []int{0, 1, 64 << 10, 200_000} {
		plain := make([]byte, size)
		rand.NewChaCha8([32]byte{}).Read(plain)
		var sealed bytes.Buffer
		w, err := record.Encrypt(key, &sealed)
		require.NoError(t, err)
		_, err = w.Write(plain)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.False(t, size > 100 && bytes.Contains(sealed.Bytes(), plain[:100]))
		r, err := record.Decrypt(key, bytes.NewReader(sealed.Bytes()))
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, plain, got)
		_, err = r.Seek(int64(size/2), io.SeekStart)
		require.NoError(t, err)
		got, err = io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, plain[size/2:], got, "a part")
		r, err = record.Decrypt(key, bytes.NewReader(sealed.Bytes()[:sealed.Len()-1]))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		require.Error(t, err, "cut short")
		other, err := record.NewKey()
		require.NoError(t, err)
		_, err = record.Decrypt(other, bytes.NewReader(sealed.Bytes()))
		require.ErrorIs(t, err, record.ErrKey)
	}
}

func TestKeysAreSealedToWhoeverADIDNames(t *testing.T) {
	ctx := context.Background()
	clinic, err := did.GenerateKey(did.Ed25519, nil)
	require.NoError(t, err)
	public, err := record.AgreementKey(ctx, did.KeyResolver{}, clinic.Public().DIDKey())
	require.NoError(t, err)
	own, err := record.OwnAgreementKey(clinic, nil)
	require.NoError(t, err)
	require.True(t, public.Equal(own.Public()))
	key, err := record.NewKey()
	require.NoError(t, err)
	sealed, err := record.SealKey(key, public, []byte("info"))
	require.NoError(t, err)
	got, err := record.OpenKey(sealed, own, []byte("info"))
	require.NoError(t, err)
	require.Equal(t, key, got)
	_, err = record.OpenKey(sealed, own, []byte("another"))
	require.ErrorIs(t, err, record.ErrKey)
	other, err := did.GenerateKey(did.X25519, nil)
	require.NoError(t, err)
	_, err = record.OpenKey(sealed, other, []byte("info"))
	require.ErrorIs(t, err, record.ErrKey)

	holder, err := did.GenerateKey(did.Secp256k1, nil)
	require.NoError(t, err)
	_, err = record.AgreementKey(ctx, did.KeyResolver{}, holder.Public().DIDKey())
	require.ErrorIs(t, err, record.ErrNoAgreementKey)
	a, err := record.OwnAgreementKey(holder, []byte("secret of the vault, 32 bytes ..."))
	require.NoError(t, err)
	require.Equal(t, did.X25519, a.Type())
}
