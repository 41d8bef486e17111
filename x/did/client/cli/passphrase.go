package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/medibloc/panacea/did/keystore"
)

// PassphraseVariable is the environment variable that may hold the passphrase of the DID keystore.
const PassphraseVariable = "PANACEA_DID_PASSPHRASE"

const (
	flagPassphraseFile = "passphrase-file"
	maxPassphraseFile  = 4096 // bytes
)

func addPassphraseFlag(cmd *cobra.Command) {
	cmd.Flags().String(flagPassphraseFile, "",
		"file whose first line is the passphrase of the DID keystore (else $"+PassphraseVariable+", else you are asked)")
}

// readPassphrase finds the keystore's passphrase: in the file given, in the environment, or by asking at a terminal, twice if
// it is for new keys.
func readPassphrase(cmd *cobra.Command, isNew bool) (string, error) {
	path, err := cmd.Flags().GetString(flagPassphraseFile)
	if err != nil {
		return "", err
	}
	if path != "" {
		return passphraseOfFile(path)
	}
	if passphrase := os.Getenv(PassphraseVariable); passphrase != "" {
		return passphrase, nil
	}
	stdin := int(os.Stdin.Fd())
	if !term.IsTerminal(stdin) {
		return "", fmt.Errorf("the DID keystore needs a passphrase: give --%s FILE, set %s, or run this at a terminal",
			flagPassphraseFile, PassphraseVariable)
	}
	passphrase, err := ask(cmd, stdin, "Passphrase of the DID keystore: ")
	if err != nil || !isNew {
		return passphrase, err
	}
	again, err := ask(cmd, stdin, "The same again: ")
	if err == nil && again != passphrase {
		err = errors.New("the two passphrases differ: try again")
	}
	return passphrase, err
}

func passphraseOfFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	if info.Size() > maxPassphraseFile {
		return "", fmt.Errorf("reading the passphrase: %s has more than %d bytes", path, maxPassphraseFile)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(content), "\n")
	line = strings.TrimSuffix(line, "\r")
	if len(line) < keystore.MinPassphrase {
		return "", fmt.Errorf("the first line of %s is no passphrase: it needs at least %d characters", path, keystore.MinPassphrase)
	}
	return line, nil
}

func ask(cmd *cobra.Command, terminal int, prompt string) (string, error) {
	cmd.PrintErr(prompt)
	answer, err := term.ReadPassword(terminal)
	cmd.PrintErrln()
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	return string(answer), nil
}
