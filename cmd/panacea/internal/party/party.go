package party

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vault"
	"github.com/medibloc/panacea/vc"
)

// Places in a home.
const (
	didKeysDir = "did-keys"
	vaultDir   = "vault"
	issuerDir  = "issuer"
)

// Options of an open home.
type Options struct {
	// Network names the profile to use; "" for the configuration's.
	Network string
	// Passphrase is asked for when it is needed, at most once.
	Passphrase func() (string, error)
}

// Party is an open home. Its methods are for one goroutine at a time.
type Party struct {
	Home    string
	Config  Config
	Network string
	Profile Profile
	Keys    keyring.Keyring
	DIDKeys *keystore.Store

	ask     func() (string, error)
	once    sync.Once
	secret  string
	refused error

	open       map[string]did.PrivateKey // keys of the DID that have been decrypted
	connection *exchange.Connection

	vaultLock sync.Mutex
	vault     *vault.Vault
}

// Open opens a home. Errors: ErrNoHome, ErrConfig.
func Open(home string, o Options) (*Party, error) {
	config, err := ReadConfig(home)
	if err != nil {
		return nil, err
	}
	return openConfig(home, config, o)
}

func openConfig(home string, config Config, o Options) (_ *Party, err error) {
	p := &Party{Home: home, Config: config, DIDKeys: keystore.New(filepath.Join(home, didKeysDir)), ask: o.Passphrase, open: map[string]did.PrivateKey{}}
	if p.Network, p.Profile, err = config.Profile(o.Network); err != nil {
		return nil, err
	}
	p.Keys, err = p.openKeyring()
	return p, err
}

// Close ends connections and closes the vault.
func (p *Party) Close() error {
	var err error
	if p.vault != nil {
		err = p.vault.Close()
	}
	if p.connection != nil {
		err = errors.Join(err, p.remember(), p.connection.Close())
	}
	for _, key := range p.open {
		key.Zero()
	}
	return err
}

// Passphrase is the home's.
func (p *Party) Passphrase() (string, error) {
	p.once.Do(func() {
		if p.ask == nil {
			p.refused = errors.New("no passphrase")
			return
		}
		p.secret, p.refused = p.ask()
	})
	return p.secret, p.refused
}

func (p *Party) openKeyring() (keyring.Keyring, error) {
	encoding, err := app.NewEncoding()
	if err != nil {
		return nil, err
	}
	switch p.Config.Keyring {
	case keyring.BackendOS, keyring.BackendFile, keyring.BackendTest:
	default:
		return nil, fmt.Errorf("%w: keyring %q; choose os, file or test", ErrConfig, p.Config.Keyring)
	}
	return keyring.New(app.Name, p.Config.Keyring, p.Home, &passphraseLines{p: p}, encoding.Codec)
}

// passphraseLines answers each question of the keyring's file backend with the home's passphrase.
type passphraseLines struct {
	p    *Party
	rest string
}

func (l *passphraseLines) Read(b []byte) (int, error) {
	if l.rest == "" {
		passphrase, err := l.p.Passphrase()
		if err != nil {
			return 0, errors.Join(io.ErrUnexpectedEOF, err)
		}
		l.rest = passphrase + "\n"
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// Account is the home's account.
func (p *Party) Account() exchange.Account {
	return exchange.Account{Keys: p.Keys, Name: p.Config.Account}
}

// Address is the account's address.
func (p *Party) Address() (sdk.AccAddress, error) { return p.Account().Address() }

// key decrypts a key of the DID, once.
func (p *Party) key(method string) (did.PrivateKey, error) {
	if key, ok := p.open[method]; ok {
		return key, nil
	}
	passphrase, err := p.Passphrase()
	if err != nil {
		return did.PrivateKey{}, err
	}
	key, err := p.DIDKeys.Get(method, passphrase)
	if err != nil {
		return key, err
	}
	p.open[method] = key
	return key, nil
}

// KeyOfType returns the first key of the home's DID of a type, ready to sign.
func (p *Party) KeyOfType(t did.KeyType) (vc.SigningKey, error) {
	method, err := p.methodOfType(t)
	if err != nil {
		return vc.SigningKey{}, err
	}
	key, err := p.key(method)
	return vc.SigningKey{VerificationMethod: method, PrivateKey: key}, err
}

// methodOfType names the first key of the home's DID of a type. Error: keystore.ErrNotFound.
func (p *Party) methodOfType(t did.KeyType) (string, error) {
	entries, err := p.DIDKeys.List()
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.Public.Type() == t && strings.HasPrefix(e.Name, p.Config.DID+"#") {
			return e.Name, nil
		}
	}
	return "", fmt.Errorf("%w: no %s key of %s", keystore.ErrNotFound, t, p.Config.DID)
}
