package types

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/address"
)

const (
	// dealLabel stands before what a deal id is the hash of.
	dealLabel = "panacea/v1/deal"
	// dealIDSize is the size of a deal id in bytes.
	dealIDSize = 16
)

// DealID returns the id of a consumer's deal on a chain: the first 16 bytes, in lower-case hexadecimal, of SHA-256 over
// encode("panacea/v1/deal", chain id, consumer's address, u64(number)) (docs/protocol/exchange.md). Numbers count a consumer's
// deals from 1, so that the consumer knows the id before the deal exists, and no two consumers write one counter.
func DealID(chainID string, consumer sdk.AccAddress, number uint64) string {
	sum := sha256.Sum256(encode([]byte(dealLabel), []byte(chainID), consumer, binary.BigEndian.AppendUint64(nil, number)))
	return hex.EncodeToString(sum[:dealIDSize])
}

// encode writes fields each behind its length in four bytes, big-endian (docs/protocol/seal.md).
func encode(fields ...[]byte) (b []byte) {
	for _, field := range fields {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...)
	}
	return b
}

// EscrowAddress returns the deal's own account: 32 bytes that derive from the id, and that nobody has a key of. The error is
// ErrInvalidRequest if the id is malformed.
func EscrowAddress(dealID string) (sdk.AccAddress, error) {
	id, err := DealIDBytes(dealID)
	if err != nil {
		return nil, err
	}
	return address.Module(ModuleName, id), nil
}

// EscrowAddressSize is the size of an escrow address in bytes.
const EscrowAddressSize = 32

// Price returns what one datum costs.
func (d Deal) Price() sdk.Coin {
	return sdk.Coin{Denom: d.Budget.Denom, Amount: d.Budget.Amount.Quo(math.NewIntFromUint64(d.DataCount))}
}

// Remaining returns what the escrow account holds: budget − paid − refunded.
func (d Deal) Remaining() sdk.Coin {
	return sdk.Coin{Denom: d.Budget.Denom, Amount: d.Budget.Amount.Sub(d.Paid.Amount).Sub(d.Refunded.Amount)}
}

// Term returns the deal's term with an id.
func (d Deal) Term(id uint32) (AgreementTerm, bool) {
	for _, term := range d.Terms {
		if term.Id == id {
			return term, true
		}
	}
	return AgreementTerm{}, false
}

// CheckAnswers checks that each term is answered once, and each required one agreed to. Errors: ErrTermUnknown, ErrTermAnsweredTwice,
// ErrTermNotAnswered, ErrTermNotAgreed.
func (d Deal) CheckAnswers(answers []TermAnswer) error {
	answered := make(map[uint32]bool, len(answers))
	for _, answer := range answers {
		term, ok := d.Term(answer.TermId)
		switch {
		case !ok:
			return ErrTermUnknown.Wrapf("%d", answer.TermId)
		case answered[answer.TermId]:
			return ErrTermAnsweredTwice.Wrapf("%d", answer.TermId)
		case term.Required && !answer.Agreed:
			return ErrTermNotAgreed.Wrapf("%d", answer.TermId)
		}
		answered[answer.TermId] = true
	}
	for _, term := range d.Terms {
		if !answered[term.Id] {
			return ErrTermNotAnswered.Wrapf("%d", term.Id)
		}
	}
	return nil
}

// Split parts a deal into what each consent reads and writes, and the rest, which never changes and may be large.
func (d Deal) Split() (Deal, DealContents) {
	contents := DealContents{Requirements: d.Requirements, Terms: d.Terms}
	d.Requirements = Requirements{MediaType: contents.Requirements.MediaType}
	d.Terms = nil
	for _, term := range contents.Terms {
		d.Terms = append(d.Terms, AgreementTerm{Id: term.Id, Required: term.Required})
	}
	return d, contents
}

// Join returns the whole deal, as inverse of Split.
func (c DealContents) Join(d Deal) Deal {
	d.Requirements, d.Terms = c.Requirements, c.Terms
	return d
}
