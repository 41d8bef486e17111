package cli

import (
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"

	"github.com/medibloc/panacea/did/keystore"
)

// What follows is for the commands of other modules that sign with the keys of DIDs.

// OpenKeystore returns the DID keystore in the home of a command.
func OpenKeystore(ctx client.Context) *keystore.Store { return openKeystore(ctx) }

// AddPassphraseFlag adds the flag that ReadPassphrase reads.
func AddPassphraseFlag(cmd *cobra.Command) { addPassphraseFlag(cmd) }

// ReadPassphrase finds the keystore's passphrase as this module's commands do: in a file, in the environment, or by asking.
func ReadPassphrase(cmd *cobra.Command) (string, error) { return readPassphrase(cmd, false) }

// AbsoluteMethodID returns the DID URL of a verification method that is given as such, as a fragment, or without its "#".
func AbsoluteMethodID(id, method string) string { return absoluteID(id, method) }
