package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app"
)

func TestMain(m *testing.M) {
	app.ConfigureSDK()
	os.Exit(m.Run())
}

// TestEveryCommandExplainsItself, with examples that exist: their commands and flags are those of the program.
func TestEveryCommandExplainsItself(t *testing.T) {
	root := newRoot(&global{})
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		require.NotEmpty(t, c.Short, c.CommandPath())
		require.NotEmpty(t, c.Example, "%s has no example", c.CommandPath())
		require.NotNil(t, root.PersistentFlags().Lookup("json"))
		for _, line := range strings.Split(c.Example, "\n") {
			line, _, _ = strings.Cut(line, " #")
			for _, part := range strings.FieldsFunc(line, func(r rune) bool { return r == '|' || r == '&' || r == '>' }) {
				words := strings.Fields(part)
				if len(words) == 0 || words[0] != "panacea" {
					continue
				}
				found, rest, err := root.Find(words[1:])
				require.NoError(t, err, part)
				require.True(t, found.Runnable(), "%s: %s", c.CommandPath(), part)
				for _, word := range rest {
					if name, ok := strings.CutPrefix(word, "--"); ok {
						name, _, _ = strings.Cut(name, "=")
						require.False(t, found.Flags().Lookup(name) == nil && found.InheritedFlags().Lookup(name) == nil, "%s: no flag %s: %s", c.CommandPath(), word, part)
					}
				}
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// TestWhatIsWrongIsSaid, and what to do next, before anything is asked for or done.
func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Setenv(homePassphraseVariable, "correct horse")
	dir := t.TempDir()
	at := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	profile := at("profile.toml", "chain_id = 'panacea-x'\nnodes = ['http://127.0.0.1:1']\ntrusted_height = 1\ntrusted_hash = '"+strings.Repeat("AB", 32)+"'\n")
	home := filepath.Join(dir, "home")
	panacea := func(args ...string) (int, string) {
		var out, errOut bytes.Buffer
		code := Execute(context.Background(), append(args, "--home", home), strings.NewReader(""), &out, &errOut)
		return code, out.String() + errOut.String()
	}
	code, said := panacea("init", "--keyring", "test", "--vault-listen", "/ip4/127.0.0.1/tcp/0", "--profile", profile)
	require.Equal(t, exitOK, code, said)
	require.Contains(t, said, "mnemonic")
	for _, c := range []struct {
		args       string
		says, hint string
	}{
		{"init --keyring file", "its keyring is test", "make another home"},
		{"balance --network other", "no network \"other\"", ""},
		{"network add ../x --profile " + profile, "no name for a network", ""},
		{"network add x --profile " + at("bad.toml", "chain_id = 1"), "bad.toml", ""},
		{"network add x --profile " + at("typo.toml", "chain_ids = 'a'"), "typo.toml", ""},
		{"network use nowhere", "no network", ""},
		{"balance", "failed to respond", "in config.toml"},
		{"deal list", "failed to respond", "in config.toml"},
		{"deal create", "--budget is missing", "20000000umed"},
		{"deal create --budget much", "much", "20000000umed"},
		{"deal create --budget 1umed --quorum half", "half", "1/2"},
		{"deal create --budget 1umed --quorum 1/2x", "1/2x", "1/2"},
		{"deal create --budget 1umed --term no", "--term", "required:"},
		{"deal create --budget 1umed --definition " + filepath.Join(dir, "none"), "no such file", ""},
		{"deal create --budget 1umed --definition " + at("no.json", "{"), "no.json", ""},
		{"provide submit " + profile, "--deal is missing", "panacea provide list"},
		{"provide submit --deal 1 " + filepath.Join(dir, "none"), "no such file", ""},
		{"provide submit --deal 1 " + dir, "is no file", ""},
		{"consume watch", "--out is missing", "name a folder"},
		{"consume watch --out " + profile, "is no folder", ""},
		{"consume decrypt x --deal 1 --commitment 2 --out y", "--commitment", ""},
		{"issuer issue --record " + filepath.Join(dir, "none") + " --subject did:x:y", "no such file", ""},
		{"issuer issue --record " + profile + " --subject did:panacea:x", "not set up", "panacea issuer setup"},
		{"issuer issue --record " + profile + " --subject me", "DID", ""},
		{"issuer revoke urn:uuid:1", "no such credential", "panacea issuer list"},
		{"did verify " + profile, "--signature is missing", ""},
		{"did resolve me", "me", "did:panacea:"},
		{"send me 1umed", "me", ""},
	} {
		code, said := panacea(strings.Fields(c.args)...)
		require.Equal(t, exitFailed, code, "%s: %s", c.args, said)
		require.Contains(t, said, c.says, c.args)
		if c.hint != "" {
			require.Contains(t, said, "→", c.args)
			require.Contains(t, said, c.hint, c.args)
		}
	}
	t.Setenv(homePassphraseVariable, "another horse")
	code, said = panacea("did", "sign", profile)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, homePassphraseVariable)
}
