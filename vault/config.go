package vault

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/libp2p/go-libp2p/core/crypto"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/vault/store"
)

const (
	configFile = "config.json"
	keyFile    = "vault.key"
	dataDir    = "data"
	// MinPassphrase is the length of a passphrase in bytes, at least.
	MinPassphrase = keystore.MinPassphrase
	// scryptWork is the cost of a try at a passphrase: 2^18, about a second.
	scryptWork = 18
	maxFile    = 64 << 10
)

var (
	// ErrExists says that there is a vault already.
	ErrExists = errors.New("vault: there is a vault here already")
	// ErrNoVault says that there is none.
	ErrNoVault = errors.New("vault: no vault here; make one with init")
	// ErrPassphrase says that the passphrase does not open the vault's keys.
	ErrPassphrase = errors.New("vault: wrong passphrase")
	// ErrConfig says that the configuration is not usable.
	ErrConfig = errors.New("vault: configuration")
)

// Config is config.json in a vault's directory. It holds no secret.
type Config struct {
	DID       string   `json:"did"`
	Method    string   `json:"method"`              // DID URL of the key that signs grants
	Resolver  string   `json:"resolver,omitempty"`  // URL of a DID resolver; without it only did:key resolves
	Listen    []string `json:"listen,omitempty"`    // multiaddresses
	Announce  []string `json:"announce,omitempty"`  // multiaddresses to tell others
	Bootstrap []string `json:"bootstrap,omitempty"` // multiaddresses with peer ids
	Relays    []string `json:"relays,omitempty"`    // multiaddresses with peer ids
	Router    bool     `json:"router,omitempty"`    // help others find peers, and relay for them
	Quota     int64    `json:"quota,omitempty"`     // bytes; 0 for no bound
	API       string   `json:"api"`                 // loopback address of the HTTP API
}

// DefaultListen are the addresses that a new vault listens on.
func DefaultListen() []string {
	return []string{"/ip4/0.0.0.0/tcp/4371", "/ip4/0.0.0.0/udp/4371/quic-v1", "/ip6/::/tcp/4371", "/ip6/::/udp/4371/quic-v1"}
}

// DefaultAPI is the address of a new vault's HTTP API.
const DefaultAPI = "127.0.0.1:4372"

// secrets are what vault.key holds, encrypted.
type secrets struct {
	Secret []byte          `json:"secret"` // 32 bytes, from which the vault's own keys are derived
	Key    json.RawMessage `json:"key"`    // the DID's, as a Multikey
}

// keys are a vault's, open.
type keys struct {
	did       did.PrivateKey
	secret    []byte
	store     []byte
	host      crypto.PrivKey
	agreement did.PrivateKey
}

// Check tells whether a vault of the configuration could be opened and served.
func (c Config) Check() error {
	if _, err := did.ParseDID(c.DID); err != nil {
		return err
	}
	for _, addresses := range [][]string{c.Listen, c.Announce} {
		if _, err := multiaddresses(addresses); err != nil {
			return err
		}
	}
	for _, addresses := range [][]string{c.Bootstrap, c.Relays} {
		if _, err := peers(addresses); err != nil {
			return err
		}
	}
	if _, err := newResolver(nil, c.Resolver); err != nil {
		return err
	}
	if host, _, err := net.SplitHostPort(c.API); err != nil || !net.ParseIP(host).IsLoopback() {
		return fmt.Errorf("%w: API %q: it takes a loopback address and a port, such as %s", ErrConfig, c.API, DefaultAPI)
	}
	if c.Quota < 0 {
		return fmt.Errorf("%w: quota %d: it takes bytes, or 0 for no bound", ErrConfig, c.Quota)
	}
	return nil
}

// Init makes a vault in a directory: its configuration, its secret, and the DID's key, encrypted under the passphrase. It never overwrites.
func Init(home string, c Config, key did.PrivateKey, passphrase string) error {
	if len(passphrase) < MinPassphrase {
		return fmt.Errorf("vault: a passphrase has at least %d characters", MinPassphrase)
	}
	if err := c.Check(); err != nil {
		return err
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	if _, err := os.Stat(filepath.Join(home, keyFile)); err == nil {
		return ErrExists
	}
	multikey, err := keystore.MarshalKey(key)
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	plain, err := json.Marshal(secrets{secret, multikey})
	if err != nil {
		return err
	}
	defer clear(plain)
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	recipient.SetWorkFactor(scryptWork)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	// A configuration without a key is what an Init that was interrupted left.
	if err := os.Remove(filepath.Join(home, configFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("vault: %w", err)
	}
	if err := writeConfig(home, c); err != nil {
		return err
	}
	return writeNew(filepath.Join(home, keyFile), sealed.Bytes())
}

func writeConfig(home string, c Config) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return writeNew(filepath.Join(home, configFile), append(raw, '\n'))
}

// writeNew writes a file that must not exist, wholly or not at all, and durably.
func writeNew(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return ErrExists
		}
		return fmt.Errorf("vault: %w", err)
	}
	return nil
}

// ReadConfig reads a vault's configuration.
func ReadConfig(home string) (Config, error) {
	raw, err := readFile(filepath.Join(home, configFile))
	if err != nil {
		return Config{}, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var c Config
	if err := d.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("%w: %s: %w", ErrConfig, configFile, err)
	}
	return c, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNoVault
	}
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = fmt.Errorf("%w: %s is too large", ErrConfig, filepath.Base(path))
	}
	return raw, err
}

// openKeys decrypts and derives.
func openKeys(home, passphrase string) (*keys, error) {
	sealed, err := readFile(filepath.Join(home, keyFile))
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrPassphrase
	}
	identity.SetMaxWorkFactor(scryptWork)
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		return nil, ErrPassphrase
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, fmt.Errorf("vault: %s is damaged: %w", keyFile, err)
	}
	defer clear(plain)
	var s secrets
	if err := json.Unmarshal(plain, &s); err != nil || len(s.Secret) != 32 {
		return nil, fmt.Errorf("%w: %s", ErrConfig, keyFile)
	}
	k := &keys{secret: s.Secret}
	if k.did, err = keystore.UnmarshalKey(s.Key); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	if k.store, err = hkdf.Key(sha256.New, s.Secret, nil, "panacea vault store v1", store.KeySize); err != nil {
		return nil, err
	}
	seed, err := hkdf.Key(sha256.New, s.Secret, nil, "panacea vault host v1", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	if k.host, err = crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed)); err != nil {
		return nil, err
	}
	return k, nil
}
