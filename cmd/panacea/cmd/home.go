package cmd

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
)

// Environment variables that stand for flags, for programs.
const (
	homeVariable           = "PANACEA_HOME"
	homePassphraseVariable = "PANACEA_PASSPHRASE"
)

const maxPassphraseFile = 4 << 10

// global are the flags of every command.
type global struct {
	home, network, passphraseFile string
	json                          bool
}

func (g *global) add(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&g.home, "home", "", "home directory: keys, DID, vault, configuration (default $"+homeVariable+", else panacea in your configuration directory)")
	f.StringVar(&g.network, "network", "", "profile of the configuration to use (default: its network)")
	f.StringVar(&g.passphraseFile, "passphrase-file", "", "file whose first line is the home's passphrase (default $"+homePassphraseVariable+", else you are asked)")
	f.BoolVar(&g.json, "json", false, "print JSON")
}

// dir is the home directory.
func (g *global) dir() (string, error) {
	if g.home != "" {
		return g.home, nil
	}
	if h := os.Getenv(homeVariable); h != "" {
		return h, nil
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "", withHint(err, "say where the home is with --home DIR")
	}
	return filepath.Join(config, "panacea"), nil
}

// open opens the home. The caller closes it.
func (g *global) open(c *cobra.Command) (*party.Party, error) {
	home, err := g.dir()
	if err != nil {
		return nil, err
	}
	return party.Open(home, party.Options{Network: g.network, Passphrase: g.passphrase(c, false)})
}

// with runs a command's work with the home open.
func (g *global) with(c *cobra.Command, do func(*party.Party) error) error {
	p, err := g.open(c)
	if err != nil {
		return err
	}
	return errors.Join(do(p), p.Close())
}

// passphrase finds the home's passphrase when it is asked for: in a file, in the environment, or at the terminal, twice if it is new.
func (g *global) passphrase(c *cobra.Command, isNew bool) func() (string, error) {
	return func() (string, error) {
		if g.passphraseFile != "" {
			return firstLine(g.passphraseFile)
		}
		if p := os.Getenv(homePassphraseVariable); p != "" {
			return p, nil
		}
		in, ok := c.InOrStdin().(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return "", withHint(errors.New("the home's passphrase is needed, and there is no terminal to ask for it"),
				"set "+homePassphraseVariable+", or give --passphrase-file FILE")
		}
		p, err := askSecret(c, in, "Passphrase: ")
		if err != nil || !isNew {
			return p, err
		}
		if len(p) < party.MinPassphrase {
			return "", fmt.Errorf("a passphrase has at least %d characters", party.MinPassphrase)
		}
		again, err := askSecret(c, in, "The same again: ")
		if err == nil && again != p {
			err = withHint(errors.New("the two passphrases differ"), "try again")
		}
		return p, err
	}
}

func askSecret(c *cobra.Command, in *os.File, prompt string) (string, error) {
	fmt.Fprint(c.ErrOrStderr(), prompt)
	p, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(c.ErrOrStderr())
	return string(p), err
}

func firstLine(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, maxPassphraseFile)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", fmt.Errorf("the first line of %s is empty", path)
	}
	return line, nil
}

// print writes JSON, or what text writes for people.
func (g *global) print(c *cobra.Command, v any, text func(io.Writer)) error {
	if g.json {
		e := json.NewEncoder(c.OutOrStdout())
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(v)
	}
	text(c.OutOrStdout())
	return nil
}

// confirm asks a question whose answer is no unless it is yes.
func confirm(c *cobra.Command, question string) (bool, error) {
	in, ok := c.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return false, withHint(errors.New("this needs your yes, and there is no terminal to ask for it"), "give --yes")
	}
	fmt.Fprint(c.ErrOrStderr(), question+" [y/N] ")
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}

// med writes an amount of umed for people: 12.5 MED.
func med(umed string) string {
	if umed == "" || strings.Trim(umed, "0123456789") != "" {
		return umed + " umed"
	}
	for len(umed) < 7 {
		umed = "0" + umed
	}
	whole, part := umed[:len(umed)-6], strings.TrimRight(umed[len(umed)-6:], "0")
	if part == "" {
		return whole + " MED"
	}
	return whole + "." + part + " MED"
}
