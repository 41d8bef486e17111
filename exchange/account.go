package exchange

import (
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
)

// Account is a key of a keyring: it pays, is paid, and proves to oracles who submits.
type Account struct {
	Keys keyring.Keyring
	Name string
}

// Address returns the account's address.
func (a Account) Address() (sdk.AccAddress, error) {
	record, err := a.Keys.Key(a.Name)
	if err != nil {
		return nil, fmt.Errorf("exchange: the account %q: %w", a.Name, err)
	}
	return record.GetAddress()
}

// sign signs SHA-256 of a message: 64 bytes r ‖ s.
func (a Account) sign(message []byte) ([]byte, cryptotypes.PubKey, error) {
	signature, key, err := a.Keys.Sign(a.Name, message, signing.SignMode_SIGN_MODE_DIRECT)
	if err != nil {
		return nil, nil, fmt.Errorf("exchange: sign with the account %q: %w", a.Name, err)
	}
	return signature, key, nil
}
