package app

import (
	"fmt"
	"os"
	"path/filepath"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// Name is the name of the application and of its binary.
	Name = "panacead"
	// AccountPrefix is the human-readable part of every Bech32 address.
	AccountPrefix = "panacea"
	// CoinType is MED's number in SLIP-44, for HD derivation paths m/44'/371'/….
	CoinType = 371
	// BaseDenom is the smallest unit of MED: 1 MED = 10⁶ umed.
	BaseDenom = "umed"
	// DisplayDenom is the unit that people speak of.
	DisplayDenom = "med"
	// DefaultMinGasPrice is the least price of a unit of gas that a node accepts unless its operator says otherwise.
	DefaultMinGasPrice = "5" + BaseDenom
)

// ConfigureSDK sets the address prefixes, the coin type and the bond denom in the SDK's global configuration. A process calls
// it once, before anything else of the SDK; calling it again is harmless.
func ConfigureSDK() {
	sdk.DefaultBondDenom = BaseDenom
	config := sdk.GetConfig()
	if config.GetBech32AccountAddrPrefix() == AccountPrefix {
		return
	}
	config.SetBech32PrefixForAccount(AccountPrefix, AccountPrefix+"pub")
	config.SetBech32PrefixForValidator(AccountPrefix+"valoper", AccountPrefix+"valoperpub")
	config.SetBech32PrefixForConsensusNode(AccountPrefix+"valcons", AccountPrefix+"valconspub")
	config.SetCoinType(CoinType)
	config.Seal()
}

// DefaultHome returns the directory that a node uses unless told otherwise: ~/.panacea.
func DefaultHome() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding the home directory (give --home instead): %w", err)
	}
	return filepath.Join(home, ".panacea"), nil
}
