package party

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/seal"
)

// consumerKeyFile holds the HPKE key that content keys are sealed to, under the home's passphrase.
const consumerKeyFile = "consumer.key"

// scryptWork is the cost of a try at the passphrase: 2^18, as in the keystore of DIDs.
const scryptWork = 18

const maxSecret = 64 << 10

// ErrPassphrase says that the passphrase is not the home's.
var ErrPassphrase = errors.New("wrong passphrase")

// writeSecret encrypts a secret under a passphrase.
func writeSecret(path, passphrase string, secret []byte) error {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(scryptWork)
	return exchange.WriteFile(path, func(f *os.File) error {
		w, err := age.Encrypt(f, recipient)
		if err != nil {
			return err
		}
		if _, err := w.Write(secret); err != nil {
			return err
		}
		return w.Close()
	})
}

// readSecret decrypts what writeSecret wrote. Errors: os.ErrNotExist, ErrPassphrase.
func readSecret(path, passphrase string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sealed, err := io.ReadAll(io.LimitReader(f, maxSecret))
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
		return nil, fmt.Errorf("%w for %s", ErrPassphrase, path)
	}
	return io.ReadAll(io.LimitReader(r, maxSecret))
}

// makeConsumerKey makes the consumer key, unless there is one.
func makeConsumerKey(home, passphrase string) error {
	path := filepath.Join(home, consumerKeyFile)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	key, err := seal.GenerateKey(seal.Hybrid)
	if err != nil {
		return err
	}
	raw, err := key.Bytes()
	if err != nil {
		return err
	}
	defer clear(raw)
	return writeSecret(path, passphrase, raw)
}

// ConsumerKey opens the key that content keys are sealed to.
func (p *Party) ConsumerKey() (*seal.PrivateKey, error) {
	passphrase, err := p.Passphrase()
	if err != nil {
		return nil, err
	}
	raw, err := readSecret(filepath.Join(p.Home, consumerKeyFile), passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	return seal.ParsePrivateKey(raw)
}
