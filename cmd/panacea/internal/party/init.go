package party

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/vault"
)

// InitOptions say what a new home is like.
type InitOptions struct {
	Network string
	Profile Profile
	Keyring string // "" for file
	// Mnemonic recovers an account; "" makes a new one.
	Mnemonic string
	// Issuer adds a key for bbs-2023 to the DID.
	Issuer bool
	// VaultListen are multiaddresses for the vault; nil for its usual ones.
	VaultListen []string
	Passphrase  func() (string, error)
}

// accountName is the name of a home's account in its keyring.
const accountName = "me"

// Init makes a home: configuration, account, keys of a DID, vault. What is there already stays, so that a run that was interrupted can be
// repeated. mnemonic is set if an account was made: it is shown once, and nowhere kept.
func Init(ctx context.Context, home string, o InitOptions) (p *Party, mnemonic string, err error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, "", err
	}
	config, err := ReadConfig(home)
	if errors.Is(err, ErrNoHome) {
		config = Config{Network: o.Network, Keyring: o.Keyring, Account: accountName, Networks: map[string]Profile{o.Network: o.Profile}}
		if config.Keyring == "" {
			config.Keyring = keyring.BackendFile
		}
		err = config.write(home)
	}
	if err != nil {
		return nil, "", err
	}
	if p, err = Open(home, Options{Passphrase: o.Passphrase}); err != nil {
		return nil, "", err
	}
	if mnemonic, err = p.makeAccount(o.Mnemonic); err != nil {
		return p, "", err
	}
	if err := p.makeDIDKeys(o.Issuer); err != nil {
		return p, mnemonic, err
	}
	if err := p.makeVault(o.VaultListen); err != nil {
		return p, mnemonic, err
	}
	passphrase, err := p.Passphrase()
	if err != nil {
		return p, mnemonic, err
	}
	return p, mnemonic, makeConsumerKey(home, passphrase)
}

func (p *Party) makeAccount(mnemonic string) (made string, err error) {
	if _, err := p.Keys.Key(p.Config.Account); err == nil {
		return "", nil
	}
	path := sdk.GetConfig().GetFullBIP44Path()
	if mnemonic != "" {
		_, err := p.Keys.NewAccount(p.Config.Account, mnemonic, keyring.DefaultBIP39Passphrase, path, hd.Secp256k1)
		return "", err
	}
	_, made, err = p.Keys.NewMnemonic(p.Config.Account, keyring.English, path, keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	return made, err
}

// makeDIDKeys makes the DID's keys: #key1 secp256k1, which the DID derives from; #key2 Ed25519, which presentations and grants are signed
// with; and for issuers #key3 BLS12-381, for credentials. The DID is remembered before anything of it is used.
func (p *Party) makeDIDKeys(issuer bool) error {
	if p.Config.DID != "" {
		return nil
	}
	passphrase, err := p.Passphrase()
	if err != nil {
		return err
	}
	owner, err := did.GenerateKey(did.Secp256k1, nil)
	if err != nil {
		return err
	}
	id, err := did.PanaceaDID(owner.Public())
	if err != nil {
		return err
	}
	keys := []did.PrivateKey{owner}
	types := []did.KeyType{did.Ed25519}
	if issuer {
		types = append(types, did.BLS12381G2)
	}
	for _, t := range types {
		key, err := did.GenerateKey(t, nil)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	for i, key := range keys {
		method := fmt.Sprintf("%s#key%d", id, i+1)
		if err := p.DIDKeys.Put(method, key, passphrase); err != nil {
			return err
		}
		p.open[method] = key
	}
	p.Config.DID = id.String()
	return p.Config.write(p.Home)
}

func (p *Party) makeVault(listen []string) error {
	if _, err := os.Stat(filepath.Join(p.VaultHome(), "config.json")); err == nil {
		return nil
	}
	passphrase, err := p.Passphrase()
	if err != nil {
		return err
	}
	key, err := p.KeyOfType(did.Ed25519)
	if err != nil {
		return err
	}
	if listen == nil {
		listen = vault.DefaultListen()
	}
	err = vault.Init(p.VaultHome(), vault.Config{
		DID: p.Config.DID, Method: key.VerificationMethod, Resolver: p.Profile.REST, Listen: listen, API: vault.DefaultAPI,
	}, key.PrivateKey, passphrase)
	if errors.Is(err, vault.ErrExists) {
		return nil
	}
	return err
}

// Exists says whether there is a home in a directory.
func Exists(home string) bool {
	_, err := os.Stat(filepath.Join(home, ConfigFile))
	return err == nil
}

// MinPassphrase is the least length of a passphrase, in bytes.
const MinPassphrase = keystore.MinPassphrase
