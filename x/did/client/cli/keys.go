package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/keystore"
)

// NewDIDKeysCmd returns the commands of the DID keystore.
func NewDIDKeysCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "did-keys",
		Short: "Manage the private keys of your DIDs",
		Long: `Manage the private keys of your DIDs. They are kept in the directory "did-keys" of --home, each encrypted under a passphrase, and
named by the verification method that they belong to.`,
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newKeysListCmd(), newKeysShowCmd(), newKeysImportCmd(), newKeysExportCmd())
	return cmd
}

// publicEntry is what is printed of a key.
type publicEntry struct {
	ID                 string `json:"id"`
	KeyType            string `json:"keyType"`
	PublicKeyMultibase string `json:"publicKeyMultibase"`
}

func publicEntryOf(e keystore.Entry) publicEntry {
	return publicEntry{ID: e.Name, KeyType: e.Public.Type().String(), PublicKeyMultibase: e.Public.Multibase()}
}

func printValue(cmd *cobra.Command, v any) error {
	content, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return printJSON(cmd, content)
}

func newKeysListCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the keys, without their secrets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			entries, err := openKeystore(client.GetClientContextFromCmd(cmd)).List()
			if err != nil {
				return err
			}
			list := []publicEntry{}
			for _, entry := range entries {
				list = append(list, publicEntryOf(entry))
			}
			return printValue(cmd, list)
		},
	}
}

func newKeysShowCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show one key, without its secret",
		Example: "  panacead did-keys show 'did:panacea:…#key1'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			entry, err := openKeystore(client.GetClientContextFromCmd(cmd)).Find(args[0])
			if err != nil {
				return err
			}
			return printValue(cmd, publicEntryOf(entry))
		},
	}
}

func newKeysImportCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import ID FILE",
		Short: "Keep a key that was made elsewhere",
		Long: `Keep a key that was made elsewhere, under the id of the verification method that it belongs to. FILE, or standard input for "-",
holds a Multikey in JSON with secretKeyMultibase, as "did-keys export" writes it.`,
		Example: "  panacead did-keys import 'did:panacea:…#key1' key.json",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			content, err := readKeyFile(cmd, args[1])
			if err != nil {
				return err
			}
			defer clear(content)
			key, err := keystore.UnmarshalKey(content)
			if err != nil {
				return err
			}
			defer key.Zero()
			if _, err := did.ParseURL(args[0]); err != nil {
				return fmt.Errorf("the id of a key is that of its verification method, such as did:panacea:…#key1: %w", err)
			}
			passphrase, err := readPassphrase(cmd, true)
			if err != nil {
				return err
			}
			if err := openKeystore(client.GetClientContextFromCmd(cmd)).Put(args[0], key, passphrase); err != nil {
				return err
			}
			return printValue(cmd, publicEntryOf(keystore.Entry{Name: args[0], Public: key.Public()}))
		},
	}
	addPassphraseFlag(cmd)
	return cmd
}

func readKeyFile(cmd *cobra.Command, path string) ([]byte, error) {
	if path != "-" {
		return readFile(path)
	}
	limit := int64(did.DefaultLimits().Bytes)
	content, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), limit+1))
	if err == nil && int64(len(content)) > limit {
		err = errors.New("standard input holds more than a key")
	}
	return content, err
}

func newKeysExportCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "export ID",
		Short:   "Print a key with its secret, unencrypted",
		Long:    `Print a key with its secret, unencrypted, as a Multikey in JSON (Controlled Identifiers 1.0 §2.2.2). Whoever has it can change the DID.`,
		Example: "  (umask 077; panacead did-keys export 'did:panacea:…#key1' > key.json)",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			passphrase, err := readPassphrase(cmd, false)
			if err != nil {
				return err
			}
			key, err := openKeystore(client.GetClientContextFromCmd(cmd)).Get(args[0], passphrase)
			if err != nil {
				return err
			}
			defer key.Zero()
			content, err := keystore.MarshalKey(key)
			if err != nil {
				return err
			}
			defer clear(content)
			return printJSON(cmd, content)
		},
	}
	addPassphraseFlag(cmd)
	return cmd
}
