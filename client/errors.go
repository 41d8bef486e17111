package client

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	errorsmod "cosmossdk.io/errors"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

var (
	// ErrUnavailable says that no node answered.
	ErrUnavailable = errors.New("client: no node answers")
	// ErrUnconfirmed says that the context ended before it was known what became of a transaction. It may still be executed until its
	// timeout height: ask Pending.Wait again. It says nothing against sending other transactions.
	ErrUnconfirmed = errors.New("client: what became of the transaction is not known yet")
	// ErrExpired says that a transaction was in no block up to its timeout height, and will be in none.
	ErrExpired = errors.New("client: the transaction was in no block before it expired")
	// ErrReplaced says that another transaction used the account's sequence number, so that this one was in no block, and will be in
	// none.
	ErrReplaced = errors.New("client: another transaction took the place of this one")
	// ErrClosed says that the client was closed.
	ErrClosed = errors.New("client: closed")
)

// TxError says why the chain refused a transaction. errors.Is finds the registered error of the module that did, such as
// didtypes.ErrDIDNotFound or sdkerrors.ErrInsufficientFunds, if the program knows that module.
type TxError struct {
	// Hash is the transaction's, upper case hexadecimal; empty if a simulation refused it, so that it was never sent.
	Hash string
	// Height is that of the block in which it failed and its fee was paid; 0 if it is in no block.
	Height int64
	// Codespace and Code name the error.
	Codespace string
	Code      uint32
	// Log is what the node said.
	Log string
}

// Error implements error.
func (e *TxError) Error() string {
	where := "was refused"
	if e.Height > 0 {
		where = fmt.Sprintf("failed in block %d", e.Height)
	}
	if e.Hash == "" {
		return fmt.Sprintf("the transaction %s by simulation: %s (%s %d)", where, e.Log, e.Codespace, e.Code)
	}
	return fmt.Sprintf("transaction %s %s: %s (%s %d)", e.Hash, where, e.Log, e.Codespace, e.Code)
}

// Unwrap returns the module's registered error.
func (e *TxError) Unwrap() error { return errorsmod.ABCIError(e.Codespace, e.Code, e.Log) }

// wrongSequence reads how a node says that a transaction has another sequence number than the account's next one.
var wrongSequence = regexp.MustCompile(`expected (\d+), got (\d+)`)

// expectedSequence returns the sequence number that a node expected, if that is what it complains about.
func (e *TxError) expectedSequence() (uint64, bool) {
	if !errors.Is(e, sdkerrors.ErrWrongSequence) {
		return 0, false
	}
	match := wrongSequence.FindStringSubmatch(e.Log)
	if match == nil {
		return 0, false
	}
	expected, err := strconv.ParseUint(match[1], 10, 64)
	return expected, err == nil
}
