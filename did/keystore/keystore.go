// Package keystore keeps private keys of DIDs in a directory: one file a key, encrypted under a passphrase.
//
//	store := keystore.New(filepath.Join(home, "did-keys"))
//	err := store.Put("did:panacea:…#key1", key, passphrase)
//	…
//	key, err := store.Get("did:panacea:…#key1", passphrase)
//
// # Trust
//
// A file tells whoever reads it the key's name, type and public half, and nothing of the secret: that is encrypted by
// age (https://age-encryption.org/v1) with a key that scrypt derives from the passphrase, at 2^18 rounds. A passphrase that
// can be guessed is no protection against someone who has the file. Files are written whole or not at all, readable by
// their owner only, and never overwritten. A file that was tampered with is an error, never another key.
package keystore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/medibloc/panacea/did"
)

// Errors, for errors.Is.
var (
	ErrNotFound   = errors.New("keystore: no such key")
	ErrExists     = errors.New("keystore: a key of that name exists")
	ErrName       = errors.New("keystore: invalid key name")
	ErrPassphrase = errors.New("keystore: wrong passphrase")
	ErrWeak       = errors.New("keystore: passphrase too short")
	ErrCorrupt    = errors.New("keystore: damaged key file")
)

const (
	// MinPassphrase is the least length of a new key's passphrase, in bytes.
	MinPassphrase = 8

	maxName       = 180 // bytes of a name, once encoded: file systems take 255
	maxFile       = 64 << 10
	maxPlaintext  = 4 << 10
	workFactor    = 18 // age's default: about a second and 256 MiB
	fileExtension = ".json"
	formatVersion = 1
)

// Store is a directory of keys. Its methods are safe for concurrent use, also by several processes.
type Store struct {
	dir        string
	workFactor int
}

// New returns the store in a directory, which the first Put creates.
func New(dir string) *Store { return &Store{dir: dir, workFactor: workFactor} }

// Dir returns the store's directory.
func (s *Store) Dir() string { return s.dir }

// Entry is what a store tells of a key without its passphrase.
type Entry struct {
	Name   string
	Public did.PublicKey
}

// file is a key file. Encrypted is an armored age file of the key's Multikey JSON.
type file struct {
	Version            int    `json:"version"`
	Name               string `json:"name"`
	PublicKeyMultibase string `json:"publicKeyMultibase"`
	Encrypted          string `json:"encrypted"`
}

// Put encrypts a key and stores it. Errors are ErrExists, ErrName, ErrWeak, and those of the file system.
func (s *Store) Put(name string, key did.PrivateKey, passphrase string) error {
	path, err := s.path(name)
	if err != nil {
		return err
	}
	if len(passphrase) < MinPassphrase {
		return fmt.Errorf("%w: give at least %d characters", ErrWeak, MinPassphrase)
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%w: %q", ErrExists, name)
	}
	encrypted, err := s.encrypt(key, passphrase)
	if err != nil {
		return fmt.Errorf("encrypting key %q: %w", name, err)
	}
	content, err := json.MarshalIndent(file{
		Version: formatVersion, Name: name, PublicKeyMultibase: key.Public().Multibase(), Encrypted: encrypted,
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("creating the keystore: %w", err)
	}
	if err := writeNew(s.dir, path, append(content, '\n')); err != nil {
		return fmt.Errorf("storing key %q: %w", name, err)
	}
	return nil
}

// Get decrypts a key. Errors are ErrNotFound, ErrName, ErrPassphrase and ErrCorrupt.
func (s *Store) Get(name, passphrase string) (did.PrivateKey, error) {
	path, err := s.path(name)
	if err != nil {
		return did.PrivateKey{}, err
	}
	f, public, err := s.read(path, name)
	if err != nil {
		return did.PrivateKey{}, err
	}
	key, err := s.decrypt(f.Encrypted, passphrase)
	if err != nil {
		return did.PrivateKey{}, fmt.Errorf("key %q: %w", name, err)
	}
	if !key.Public().Equal(public) {
		key.Zero()
		return did.PrivateKey{}, fmt.Errorf("%w: key %q is not the one that its file names", ErrCorrupt, name)
	}
	return key, nil
}

// Find returns what the store tells of one key without its passphrase. Errors are ErrNotFound, ErrName and ErrCorrupt.
func (s *Store) Find(name string) (Entry, error) {
	path, err := s.path(name)
	if err != nil {
		return Entry{}, err
	}
	_, public, err := s.read(path, name)
	return Entry{Name: name, Public: public}, err
}

// List returns all keys in the order of their names; none if the directory does not exist. A damaged file is ErrCorrupt.
func (s *Store) List() ([]Entry, error) {
	files, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading the keystore: %w", err)
	}
	var entries []Entry
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") || !strings.HasSuffix(f.Name(), fileExtension) {
			continue
		}
		read, public, err := s.read(filepath.Join(s.dir, f.Name()), "")
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Name: read.Name, Public: public})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

// read reads a key file; name is what it must be called, or empty.
func (s *Store) read(path, name string) (file, did.PublicKey, error) {
	content, err := readBounded(path)
	if errors.Is(err, os.ErrNotExist) {
		return file{}, did.PublicKey{}, fmt.Errorf("%w: %q in %s", ErrNotFound, name, s.dir)
	}
	if err != nil {
		return file{}, did.PublicKey{}, fmt.Errorf("reading %s: %w", path, err)
	}
	var f file
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return file{}, did.PublicKey{}, fmt.Errorf("%w: %s: %w", ErrCorrupt, path, err)
	}
	expected, err := s.path(f.Name)
	if err != nil || expected != path || f.Version != formatVersion || name != "" && f.Name != name {
		return file{}, did.PublicKey{}, fmt.Errorf("%w: %s names the key %q, version %d", ErrCorrupt, path, f.Name, f.Version)
	}
	public, err := did.ParsePublicKeyMultibase(f.PublicKeyMultibase)
	if err != nil {
		return file{}, did.PublicKey{}, fmt.Errorf("%w: %s: %w", ErrCorrupt, path, err)
	}
	return f, public, nil
}

func (s *Store) encrypt(key did.PrivateKey, passphrase string) (string, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return "", err
	}
	recipient.SetWorkFactor(s.workFactor)
	plaintext, err := MarshalKey(key)
	if err != nil {
		return "", err
	}
	defer clear(plaintext)
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, recipient)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plaintext); err != nil {
		return "", err
	}
	if err := errors.Join(w.Close(), armored.Close()); err != nil {
		return "", err
	}
	return out.String(), nil
}

func (s *Store) decrypt(encrypted, passphrase string) (did.PrivateKey, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return did.PrivateKey{}, fmt.Errorf("%w: it is empty", ErrPassphrase)
	}
	identity.SetMaxWorkFactor(workFactor)
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(encrypted)), identity)
	var mismatch *age.NoIdentityMatchError
	if errors.As(err, &mismatch) && errors.Is(err, age.ErrIncorrectIdentity) {
		return did.PrivateKey{}, ErrPassphrase
	}
	if err != nil {
		return did.PrivateKey{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	plaintext, err := io.ReadAll(io.LimitReader(r, maxPlaintext))
	defer clear(plaintext)
	if err != nil {
		return did.PrivateKey{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	key, err := UnmarshalKey(plaintext)
	if err != nil {
		return did.PrivateKey{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return key, nil
}

// path returns the file of a key. Letters, digits and the characters . - _ of the name stand for themselves, every other byte as %
// and two hexadecimal digits, so that no name leaves the directory, and a DID URL is a name.
func (s *Store) path(name string) (string, error) {
	var encoded strings.Builder
	for i := 0; i < len(name) && i <= maxName; i++ {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			encoded.WriteByte(c)
		default:
			fmt.Fprintf(&encoded, "%%%02X", c)
		}
	}
	if name == "" || encoded.Len() > maxName {
		return "", fmt.Errorf("%w: %.40q is empty or too long", ErrName, name)
	}
	return filepath.Join(s.dir, encoded.String()+fileExtension), nil
}
