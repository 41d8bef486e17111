package bbs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a decoder accepts, it must give back byte for byte: there is one encoding of a value.

func FuzzPublicKey(f *testing.F) {
	good := newSample(f, SHA256(), 1).key.Public().Bytes()
	f.Add(good)
	f.Add(append([]byte{0xc0}, make([]byte, 95)...))
	f.Add(bytes.Repeat([]byte{0xff}, 96))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := SHA256().NewPublicKey(b)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalidKey)
			return
		}
		require.Equal(t, b, key.Bytes())
	})
}

func FuzzPrivateKey(f *testing.F) {
	f.Add(newSample(f, SHA256(), 1).key.Bytes())
	f.Add(make([]byte, 32))
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := SHA256().NewPrivateKey(b)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalidKey)
			return
		}
		require.Equal(t, b, key.Bytes())
	})
}

func FuzzSignature(f *testing.F) {
	x := newSample(f, SHA256(), 2)
	f.Add(x.sig)
	f.Add(append([]byte{0xc0}, make([]byte, 79)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		sig, err := decodeSignature(b)
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			return
		}
		require.Equal(t, b, sig.encode())
		if bytes.Equal(b, x.sig) {
			return
		}
		require.ErrorIs(t, x.key.Public().Verify([]byte("header"), x.messages, b), ErrNotVerified)
	})
}

func FuzzProof(f *testing.F) {
	f.Add(newSample(f, SHA256(), 4).proof)
	f.Add(newSample(f, SHA256(), 0).proof)
	f.Add(append([]byte{0xc0}, make([]byte, minProofSize-1)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodeProof(b)
		if err != nil {
			require.True(t, errors.Is(err, ErrMalformed) || errors.Is(err, ErrTooLarge), "%v", err)
			return
		}
		require.Equal(t, b, p.encode())
	})
}

// FuzzVerifyProof takes everything that a verifier gets from outside. Indexes are two bytes each, and each has a
// message of one byte.
func FuzzVerifyProof(f *testing.F) {
	x := newSample(f, SHA256(), 4)
	public := x.key.Public()
	var messages [][]byte
	for i := range 4 {
		messages = append(messages, []byte{byte(i)})
	}
	sig, err := x.key.Sign([]byte("header"), messages)
	require.NoError(f, err)
	proof, err := public.ProveDisclosure(sig, []byte("header"), []byte("nonce"), messages, []int{1, 3})
	require.NoError(f, err)
	f.Add(proof, []byte("header"), []byte("nonce"), []byte{0, 1, 0, 3}, []byte{1, 3})
	f.Add(proof, []byte("header"), []byte("nonce"), []byte{0, 3, 0, 1}, []byte{1, 3})
	f.Add(proof[:minProofSize], []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(x.proof, []byte("header"), []byte("nonce"), []byte{255, 255}, []byte{0})
	f.Fuzz(func(t *testing.T, p, header, ph, indexes, messages []byte) {
		if len(p) > ProofSize(64) || len(indexes) > 128 {
			t.Skip("long lists only take long")
		}
		var at []int
		for i := 0; i+1 < len(indexes); i += 2 {
			at = append(at, int(int16(binary.BigEndian.Uint16(indexes[i:]))))
		}
		var disclosed [][]byte
		for i := range messages {
			disclosed = append(disclosed, messages[i:i+1])
		}
		err := public.VerifyProof(p, header, ph, at, disclosed)
		if err == nil {
			// The one claim that was ever signed; its encodings have no variants.
			require.Equal(t, "header", string(header))
			require.Equal(t, []int{1, 3}, at)
			require.Equal(t, []byte{1, 3}, messages)
			return
		}
		known := false
		for _, e := range []error{ErrMalformed, ErrNotVerified, ErrIndexes, ErrTooLarge} {
			known = known || errors.Is(err, e)
		}
		require.True(t, known, "%v", err)

		batch := public.NewBatchVerifier()
		batchErr := batch.Add(p, header, ph, at, disclosed)
		if batchErr == nil {
			batchErr = batch.Verify()
		}
		require.Error(t, batchErr)
	})
}
