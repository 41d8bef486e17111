package vcapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/status"
)

// ErrConfig says that a configuration is wrong; the error names the property.
var ErrConfig = errors.New("vcapi: invalid configuration")

// Config is a server's configuration. Zero values are the defaults given.
type Config struct {
	// Listen is the address to listen on; 127.0.0.1:8580.
	Listen string `json:"listen"`
	// MaxBodyBytes bounds a request's body; 4 MiB, which is also the most.
	MaxBodyBytes int64 `json:"maxBodyBytes"`
	// MaxConcurrent bounds the requests at work; twice the number of processors. As many wait; further ones get 503.
	MaxConcurrent int `json:"maxConcurrent"`
	// RequestSeconds bounds the time of a request; 30.
	RequestSeconds int `json:"requestSeconds"`
	// Resolver is the endpoint of a DID resolver over HTTP, for DIDs beyond did:key; none.
	Resolver string `json:"resolver"`
	// Contexts are files with JSON-LD contexts beyond the published ones, by URL.
	Contexts map[string]string `json:"contexts"`
	// Documents are files with status lists and schemas that need not be fetched, by URL.
	Documents map[string]string `json:"documents"`
	// Offline fetches nothing over the network but from the resolver.
	Offline bool `json:"offline"`
	// AllowPrivate fetches from http and from addresses inside the own network too.
	AllowPrivate bool `json:"allowPrivate"`
	// Instances by name: letters, digits, "-" and "_".
	Instances map[string]InstanceConfig `json:"instances"`

	dir string // that file names start from
}

// InstanceConfig says what an instance may do.
type InstanceConfig struct {
	// TokenFile is a file with the bearer token that requests must carry; without one requests need none.
	TokenFile string `json:"tokenFile"`
	// Issuer makes the instance issue.
	Issuer *IssuerConfig `json:"issuer"`
	// Holder makes the instance sign presentations.
	Holder *KeyConfig `json:"holder"`
	// Derive makes the instance derive credentials.
	Derive bool `json:"derive"`
	// Verify makes the instance verify.
	Verify bool `json:"verify"`
}

// IssuerConfig says how an instance issues.
type IssuerConfig struct {
	// Keys each add a proof; several make a proof set. They belong to one DID.
	Keys []KeyConfig `json:"keys"`
	// Status makes every credential get an entry in a status list, unless it brings one.
	Status *StatusConfig `json:"status"`
}

// KeyConfig is a key and how it signs.
type KeyConfig struct {
	// File is a Multikey in JSON, as `panacea vc keygen` writes it.
	File string `json:"file"`
	// VerificationMethod is the key's DID URL; by default the file's id, else its did:key.
	VerificationMethod string `json:"verificationMethod"`
	// Cryptosuite is by default the usual one of the key's type.
	Cryptosuite string `json:"cryptosuite"`
	// MandatoryPointers are always to be disclosed, beside those of a request; for selective disclosure suites.
	MandatoryPointers []string `json:"mandatoryPointers"`
}

// StatusConfig says where an instance keeps its status lists.
type StatusConfig struct {
	// Directory holds the lists; it is made if it is missing.
	Directory string `json:"directory"`
	// BaseURL is where the public reaches the instance: lists are at BaseURL/status-lists/PURPOSE.
	BaseURL string `json:"baseURL"`
	// Purposes of the lists, one list each; revocation.
	Purposes []string `json:"purposes"`
	// Length of a list in entries; 131,072.
	Length int `json:"length"`
	// TTLSeconds is after what time verifiers should look again; 300.
	TTLSeconds int `json:"ttlSeconds"`
	// ValiditySeconds is how long a list that was got is valid; 86,400.
	ValiditySeconds int `json:"validitySeconds"`
	// Key signs the lists; by default the first of the issuer's. With a selective disclosure key, everything is disclosed.
	Key *KeyConfig `json:"key"`
}

const (
	maximumBody   = 4 << 20
	maximumConfig = 1 << 20
	maximumFile   = 4 << 20
)

// ReadConfig reads a configuration from a JSON file. File names in it start from the file's directory. Errors are ErrConfig and
// those of the file system.
func ReadConfig(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("vcapi: %w", err)
	}
	if len(text) > maximumConfig {
		return Config{}, fmt.Errorf("%w: %d bytes, at most %d are read", ErrConfig, len(text), maximumConfig)
	}
	var c Config
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	c.dir = filepath.Dir(path)
	return c, nil
}

func (c *Config) setDefaults(processors int) error {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8580"
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = maximumBody
	}
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = 2 * processors
	}
	if c.RequestSeconds == 0 {
		c.RequestSeconds = 30
	}
	switch {
	case c.MaxBodyBytes < 1 || c.MaxBodyBytes > maximumBody:
		return fmt.Errorf("%w: maxBodyBytes: %d, want 1 to %d", ErrConfig, c.MaxBodyBytes, maximumBody)
	case c.MaxConcurrent < 1 || c.MaxConcurrent > 10_000:
		return fmt.Errorf("%w: maxConcurrent: %d, want 1 to 10000", ErrConfig, c.MaxConcurrent)
	case c.RequestSeconds < 1 || c.RequestSeconds > 600:
		return fmt.Errorf("%w: requestSeconds: %d, want 1 to 600", ErrConfig, c.RequestSeconds)
	case len(c.Instances) == 0:
		return fmt.Errorf("%w: instances: there is none", ErrConfig)
	}
	name := regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	for n := range c.Instances {
		if !name.MatchString(n) {
			return fmt.Errorf("%w: instances: the name %.80q has other characters than letters, digits, \"-\" and \"_\", or more than 64", ErrConfig, n)
		}
	}
	return nil
}

func (s *StatusConfig) setDefaults() error {
	if len(s.Purposes) == 0 {
		s.Purposes = []string{status.Revocation}
	}
	if s.Length == 0 {
		s.Length = status.MinimumLength
	}
	if s.TTLSeconds == 0 {
		s.TTLSeconds = 300
	}
	if s.ValiditySeconds == 0 {
		s.ValiditySeconds = 86_400
	}
	u, err := url.Parse(s.BaseURL)
	switch {
	case err != nil || !u.IsAbs() || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%w: status.baseURL: %q is not a URL without query and fragment", ErrConfig, s.BaseURL)
	case s.Directory == "":
		return fmt.Errorf("%w: status.directory is missing", ErrConfig)
	case s.TTLSeconds < 0 || s.ValiditySeconds < s.TTLSeconds:
		return fmt.Errorf("%w: status.validitySeconds is less than ttlSeconds", ErrConfig)
	}
	for _, p := range s.Purposes {
		if !slices.Contains([]string{status.Revocation, status.Suspension, status.Refresh}, p) {
			return fmt.Errorf("%w: status.purposes: %q is neither revocation, suspension nor refresh", ErrConfig, p)
		}
	}
	return nil
}

func (s *StatusConfig) ttl() time.Duration { return time.Duration(s.TTLSeconds) * time.Second }
func (s *StatusConfig) validity() time.Duration {
	return time.Duration(s.ValiditySeconds) * time.Second
}

// path makes a file name of the configuration one of this process.
func (c *Config) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

func (c *Config) read(name string) ([]byte, error) {
	info, err := os.Stat(c.path(name))
	if err != nil {
		return nil, fmt.Errorf("vcapi: %w", err)
	}
	if info.Size() > maximumFile {
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrConfig, name, maximumFile)
	}
	b, err := os.ReadFile(c.path(name))
	if err != nil {
		return nil, fmt.Errorf("vcapi: %w", err)
	}
	return b, nil
}

// signingKey reads a key file.
func (c *Config) signingKey(k KeyConfig) (vc.SigningKey, error) {
	b, err := c.read(k.File)
	if err != nil {
		return vc.SigningKey{}, err
	}
	key, err := ParseKey(b)
	if err != nil {
		return vc.SigningKey{}, fmt.Errorf("%w: %s: %w", ErrConfig, k.File, err)
	}
	if k.VerificationMethod != "" {
		key.VerificationMethod = k.VerificationMethod
	}
	return key, nil
}

// ParseKey reads a Multikey file as `panacea vc keygen` writes it. The verification method is the file's id, else the did:key of
// the public half.
func ParseKey(text []byte) (vc.SigningKey, error) {
	private, err := keystore.UnmarshalKey(text)
	if err != nil {
		return vc.SigningKey{}, err
	}
	key := vc.DIDKey(private)
	var file struct{ ID string }
	if err := json.Unmarshal(text, &file); err == nil && file.ID != "" {
		key.VerificationMethod = file.ID
	}
	return key, nil
}
