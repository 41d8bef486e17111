package keystore

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
)

const passphrase = "correct horse"

// newStore returns a store that derives keys in little time.
func newStore(t *testing.T) *Store {
	t.Helper()
	s := New(filepath.Join(t.TempDir(), "keys"))
	s.workFactor = 4
	return s
}

func newKey(t *testing.T, keyType did.KeyType) did.PrivateKey {
	t.Helper()
	key, err := did.GenerateKey(keyType, nil)
	require.NoError(t, err)
	return key
}

func TestKeysOfEveryTypeComeBack(t *testing.T) {
	s := newStore(t)
	for _, keyType := range did.KeyTypes() {
		key, name := newKey(t, keyType), "did:panacea:x#"+keyType.String()
		require.NoError(t, s.Put(name, key, passphrase))
		got, err := s.Get(name, passphrase)
		require.NoError(t, err)
		require.Equal(t, key.Bytes(), got.Bytes())
		entry, err := s.Find(name)
		require.NoError(t, err)
		require.True(t, entry.Public.Equal(key.Public()))
	}
	entries, err := s.List()
	require.NoError(t, err)
	require.Len(t, entries, len(did.KeyTypes()))
}

func TestWrongPassphraseMissingKeyAndDuplicate(t *testing.T) {
	s := newStore(t)
	entries, err := s.List()
	require.NoError(t, err, "a store that was never written to is empty")
	require.Empty(t, entries)
	_, err = s.Get("key", passphrase)
	require.ErrorIs(t, err, ErrNotFound)

	key := newKey(t, did.Secp256k1)
	require.ErrorIs(t, s.Put("key", key, "short"), ErrWeak)
	require.NoError(t, s.Put("key", key, passphrase))
	require.ErrorIs(t, s.Put("key", newKey(t, did.Ed25519), passphrase), ErrExists)
	_, err = s.Get("key", "wrong horse!")
	require.ErrorIs(t, err, ErrPassphrase)
	_, err = s.Get("key", "")
	require.ErrorIs(t, err, ErrPassphrase)
	got, err := s.Get("key", passphrase)
	require.NoError(t, err)
	require.Equal(t, key.Bytes(), got.Bytes(), "the first key is untouched")
}

func TestNoNameLeavesTheDirectory(t *testing.T) {
	s := newStore(t)
	key := newKey(t, did.Ed25519)
	for _, name := range []string{"../escape", "/etc/passwd", "..", ".", "a/b", `a\b`, "a\x00b", "%2e%2e", "ключ"} {
		require.NoError(t, s.Put(name, key, passphrase), name)
		got, err := s.Find(name)
		require.NoError(t, err, name)
		require.Equal(t, name, got.Name)
	}
	parent, err := os.ReadDir(filepath.Dir(s.Dir()))
	require.NoError(t, err)
	require.Len(t, parent, 1, "only the keystore stands in its parent")
	for _, name := range []string{"", strings.Repeat("a", maxName+1), strings.Repeat("/", maxName/3+1)} {
		require.ErrorIs(t, s.Put(name, key, passphrase), ErrName)
	}
}

func TestFilesAreForTheirOwnerAndHoldNoSecretInTheClear(t *testing.T) {
	s := newStore(t)
	key := newKey(t, did.Secp256k1)
	require.NoError(t, s.Put("key", key, passphrase))
	directory, err := os.Stat(s.Dir())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), directory.Mode().Perm())
	files, err := os.ReadDir(s.Dir())
	require.NoError(t, err)
	require.Len(t, files, 1, "no temporary file is left")
	path := filepath.Join(s.Dir(), files[0].Name())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.False(t, bytes.Contains(content, []byte(key.Multibase())))
}

func TestTamperedFilesAreErrors(t *testing.T) {
	s := newStore(t)
	key, other := newKey(t, did.Secp256k1), newKey(t, did.Secp256k1)
	require.NoError(t, s.Put("key", key, passphrase))
	require.NoError(t, s.Put("other", other, passphrase))
	path, err := s.path("key")
	require.NoError(t, err)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	otherPath, err := s.path("other")
	require.NoError(t, err)
	otherContent, err := os.ReadFile(otherPath)
	require.NoError(t, err)

	for name, tampered := range map[string][]byte{
		"empty":              {},
		"cut":                content[:len(content)/2],
		"not JSON":           []byte("hello"),
		"unknown field":      bytes.Replace(content, []byte(`"version"`), []byte(`"extra": 1, "version"`), 1),
		"other version":      bytes.Replace(content, []byte(`"version": 1`), []byte(`"version": 2`), 1),
		"another key's file": otherContent,
		"other public key":   bytes.Replace(content, []byte(key.Public().Multibase()), []byte(other.Public().Multibase()), 1),
		"broken public key":  bytes.Replace(content, []byte(key.Public().Multibase()), []byte("z0"), 1),
		"ciphertext changed": bytes.Replace(content, []byte("BEGIN AGE"), []byte("BEGIN AGA"), 1),
		"too large":          bytes.Repeat([]byte(" "), maxFile+1),
	} {
		require.NoError(t, os.WriteFile(path, tampered, 0o600))
		_, err := s.Get("key", passphrase)
		require.ErrorIs(t, err, ErrCorrupt, name)
	}
}

func TestUnmarshalKeyRefuses(t *testing.T) {
	key, other := newKey(t, did.P256), newKey(t, did.P256)
	whole, err := MarshalKey(key)
	require.NoError(t, err)
	got, err := UnmarshalKey(whole)
	require.NoError(t, err)
	require.Equal(t, key.Bytes(), got.Bytes())
	for name, text := range map[string]string{
		"nothing":          "",
		"other type":       `{"type":"JsonWebKey","secretKeyMultibase":"` + key.Multibase() + `"}`,
		"no secret":        `{"type":"Multikey","publicKeyMultibase":"` + key.Public().Multibase() + `"}`,
		"other public key": `{"type":"Multikey","publicKeyMultibase":"` + other.Public().Multibase() + `","secretKeyMultibase":"` + key.Multibase() + `"}`,
		"unknown field":    `{"type":"Multikey","x":1,"secretKeyMultibase":"` + key.Multibase() + `"}`,
		"too large":        strings.Repeat(" ", maxPlaintext+1),
	} {
		_, err := UnmarshalKey([]byte(text))
		require.ErrorIs(t, err, ErrFormat, name)
		require.NotContains(t, err.Error(), key.Multibase(), name)
	}
}

func FuzzUnmarshalKey(f *testing.F) {
	key, err := did.GenerateKey(did.Ed25519, bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		f.Fatal(err)
	}
	seed, err := MarshalKey(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := UnmarshalKey(b)
		if err != nil {
			return
		}
		again, err := MarshalKey(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := UnmarshalKey(again); err != nil {
			t.Fatal(err)
		}
	})
}
