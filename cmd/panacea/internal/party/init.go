package party

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

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

// ErrDiffers says that a home has something already, and not what was asked for.
var ErrDiffers = errors.New("the home is another already")

// Init makes a home: configuration, keys of a DID, vault, account. What is there already stays, so that a run that was interrupted can be
// repeated; it must be what is asked for, if something is. What cannot be meant is refused before anything is written, and the account is
// made last: mnemonic is set if one was, is shown once, and is nowhere kept. Errors: ErrConfig, ErrDiffers.
func Init(ctx context.Context, home string, o InitOptions) (p *Party, mnemonic string, err error) {
	if p, err = newParty(home, o); err != nil {
		return nil, "", err
	}
	passphrase, err := p.Passphrase()
	if err != nil {
		return p, "", err
	}
	if len(passphrase) < MinPassphrase {
		return p, "", fmt.Errorf("%w: a passphrase has at least %d characters", ErrPassphrase, MinPassphrase)
	}
	if err := p.checkAccount(o.Mnemonic); err != nil {
		return p, "", err
	}
	if err := p.makeDIDKeys(o, passphrase); err != nil {
		return p, "", err
	}
	if err := p.makeVault(o.VaultListen, passphrase); err != nil {
		return p, "", err
	}
	if err := makeConsumerKey(home, passphrase); err != nil {
		return p, "", err
	}
	mnemonic, err = p.makeAccount(o.Mnemonic)
	return p, mnemonic, err
}

// newParty is a home that has been begun, or may be with what is asked for.
func newParty(home string, o InitOptions) (*Party, error) {
	config, err := ReadConfig(home)
	if errors.Is(err, ErrNoHome) {
		config = Config{Network: o.Network, Keyring: cmp.Or(o.Keyring, keyring.BackendFile), Account: accountName}
		err = config.SetProfile(o.Network, o.Profile)
	}
	if err != nil {
		return nil, err
	}
	if o.Keyring != "" && o.Keyring != config.Keyring {
		return nil, fmt.Errorf("%w: its keyring is %s", ErrDiffers, config.Keyring)
	}
	if known, ok := config.Networks[o.Network]; o.Network != "" && o.Profile.ChainID != "" && !(ok && known.same(o.Profile)) {
		return nil, fmt.Errorf("%w: it has not this profile of a network %q", ErrDiffers, o.Network)
	}
	return openConfig(home, config, Options{Network: o.Network, Passphrase: o.Passphrase})
}

// checkAccount checks a mnemonic before it is used: that it is one, and that of the account that is there.
func (p *Party) checkAccount(mnemonic string) error {
	if mnemonic == "" {
		return nil
	}
	secret, err := hd.Secp256k1.Derive()(mnemonic, keyring.DefaultBIP39Passphrase, sdk.GetConfig().GetFullBIP44Path())
	if err != nil {
		return fmt.Errorf("%w: the mnemonic: %w", ErrConfig, err)
	}
	address, err := p.Address()
	if errors.Is(err, sdkerrors.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(address, hd.Secp256k1.Generate()(secret).PubKey().Address()) {
		return fmt.Errorf("%w: its account is %s, which the mnemonic is not of", ErrDiffers, address)
	}
	return nil
}

func (p *Party) makeAccount(mnemonic string) (made string, err error) {
	if _, err := p.Keys.Key(p.Config.Account); !errors.Is(err, sdkerrors.ErrKeyNotFound) {
		return "", err
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
// with; and for issuers #key3 BLS12-381, for credentials. The DID is remembered before anything of it is used: with that the home is one.
func (p *Party) makeDIDKeys(o InitOptions, passphrase string) error {
	if p.Config.DID != "" {
		if _, err := p.methodOfType(did.BLS12381G2); o.Issuer && err != nil {
			return fmt.Errorf("%w: it has no key to issue with: %w", ErrDiffers, err)
		}
		return nil
	}
	owner, err := did.GenerateKey(did.Secp256k1, nil)
	if err != nil {
		return err
	}
	id, err := did.PanaceaDID(owner.Public())
	if err != nil {
		return err
	}
	p.Config.DID = id.String()
	if err := p.vaultConfig(o.VaultListen).Check(); err != nil {
		return err
	}
	keys := []did.PrivateKey{owner}
	types := []did.KeyType{did.Ed25519}
	if o.Issuer {
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
	return p.Config.write(p.Home)
}

// vaultConfig is the configuration of the home's vault; nil for its usual addresses.
func (p *Party) vaultConfig(listen []string) vault.Config {
	if listen == nil {
		listen = vault.DefaultListen()
	}
	return vault.Config{DID: p.Config.DID, Method: p.Config.DID + "#key2", Resolver: p.Profile.REST, Listen: listen, API: vault.DefaultAPI}
}

func (p *Party) makeVault(listen []string, passphrase string) error {
	key, err := p.KeyOfType(did.Ed25519)
	if err != nil {
		return err
	}
	err = vault.Init(p.VaultHome(), p.vaultConfig(listen), key.PrivateKey, passphrase)
	if !errors.Is(err, vault.ErrExists) {
		return err
	}
	known, err := vault.ReadConfig(p.VaultHome())
	if err == nil && listen != nil && !slices.Equal(known.Listen, listen) {
		return fmt.Errorf("%w: its vault listens on %s", ErrDiffers, strings.Join(known.Listen, ","))
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
