package types

import (
	"bytes"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/seal"
)

// DefaultGenesis returns the state of a new chain: default parameters and no deals.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Validate checks that the state does not contradict itself: each deal is well-formed, numbered without a gap, and its counts and
// amounts are those of its consents; nothing was bought twice. Errors are ErrInvalidGenesis and ErrInvalidParams.
//
// Ids are not derived again, because the chain may have had another id when deals were made.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	deals := make(map[string]*tally, len(g.Deals))
	numbers := make(map[string]map[uint64]bool)
	for i, deal := range g.Deals {
		if err := deal.validate(); err != nil {
			return ErrInvalidGenesis.Wrapf("deal %.40q: %v", deal.Id, err)
		}
		if i > 0 && g.Deals[i-1].Id >= deal.Id {
			return ErrInvalidGenesis.Wrapf("deal %s follows %s; they must be sorted", deal.Id, g.Deals[i-1].Id)
		}
		if numbers[deal.Consumer] == nil {
			numbers[deal.Consumer] = make(map[uint64]bool)
		}
		if numbers[deal.Consumer][deal.Number] {
			return ErrInvalidGenesis.Wrapf("%s has two deals with number %d", deal.Consumer, deal.Number)
		}
		numbers[deal.Consumer][deal.Number] = true
		deals[deal.Id] = &tally{deal: deal, paid: math.ZeroInt(), tags: make(map[string]bool)}
	}
	for consumer, used := range numbers {
		for number := range used {
			if number < 1 || number > uint64(len(used)) {
				return ErrInvalidGenesis.Wrapf("%s has %d deals, and one with number %d", consumer, len(used), number)
			}
		}
	}
	if err := g.validateConsents(deals); err != nil {
		return err
	}
	for _, deal := range g.Deals {
		if err := deals[deal.Id].check(); err != nil {
			return ErrInvalidGenesis.Wrapf("deal %s: %v", deal.Id, err)
		}
	}
	return nil
}

// tally adds up a deal's consents.
type tally struct {
	deal     Deal
	consents uint64
	paid     math.Int
	tags     map[string]bool
}

// check compares the consents with what the deal says of them.
func (t *tally) check() error {
	switch {
	case t.deal.Consents != t.consents:
		return ErrInvalidGenesis.Wrapf("it has %d consents, and says %d", t.consents, t.deal.Consents)
	case !t.deal.Paid.Amount.Equal(t.paid):
		return ErrInvalidGenesis.Wrapf("its consents cost %s, and it says %s", t.paid, t.deal.Paid.Amount)
	}
	return nil
}

func (g *GenesisState) validateConsents(deals map[string]*tally) error {
	objects := make(map[string]bool, len(g.Consents))
	for i, consent := range g.Consents {
		certificate := consent.Certificate
		t := deals[certificate.DealId]
		if t == nil {
			return ErrInvalidGenesis.Wrapf("a consent is to deal %.40q, which is not there", certificate.DealId)
		}
		if err := consent.validate(t.deal); err != nil {
			return ErrInvalidGenesis.Wrapf("consent %x of deal %s: %v", certificate.DataCommitment, certificate.DealId, err)
		}
		if i > 0 && !g.Consents[i-1].before(consent) {
			return ErrInvalidGenesis.Wrapf("consent %x of deal %s stands twice, or not where it belongs", certificate.DataCommitment, certificate.DealId)
		}
		if t.tags[string(certificate.UniquenessTag)] {
			return ErrInvalidGenesis.Wrapf("deal %s has bought tag %x twice", certificate.DealId, certificate.UniquenessTag)
		}
		if objects[certificate.ObjectCid] {
			return ErrInvalidGenesis.Wrapf("object %s was sold twice", certificate.ObjectCid)
		}
		objects[certificate.ObjectCid], t.tags[string(certificate.UniquenessTag)] = true, true
		t.consents, t.paid = t.consents+1, t.paid.Add(consent.Cost().Amount)
	}
	return nil
}

// before orders consents by deal and data commitment.
func (c Consent) before(next Consent) bool {
	if c.Certificate.DealId != next.Certificate.DealId {
		return c.Certificate.DealId < next.Certificate.DealId
	}
	return bytes.Compare(c.Certificate.DataCommitment, next.Certificate.DataCommitment) < 0
}

// validate checks everything about a deal but its consents.
func (d Deal) validate() error {
	escrow, err := EscrowAddress(d.Id)
	if err != nil {
		return err
	}
	if stored, err := accountBytes(d.Escrow); err != nil || !bytes.Equal(stored, escrow) {
		return ErrInvalidGenesis.Wrapf("its escrow is %.100q, not %s: %v", d.Escrow, escrow, err)
	}
	if err := validateAccount(d.Consumer); err != nil {
		return err
	}
	if err := did.ValidatePanaceaDID(d.ConsumerDid); err != nil {
		return err
	}
	if _, err := seal.ParsePublicKey(d.ConsumerKey); err != nil {
		return ErrInvalidConsumerKey.Wrap(err.Error())
	}
	if d.DataCount == 0 {
		return ErrInvalidDataCount
	}
	if err := d.validateAmounts(); err != nil {
		return err
	}
	if err := d.Requirements.Validate(); err != nil {
		return err
	}
	if err := d.Requirements.ValidateDefinition(); err != nil {
		return err
	}
	if err := validateTerms(d.Terms); err != nil {
		return err
	}
	if err := validateUniqueness(d.Uniqueness, d.Requirements); err != nil || d.Uniqueness == UNIQUENESS_UNSPECIFIED {
		return ErrInvalidUniqueness.Wrapf("%s: %v", d.Uniqueness, err)
	}
	if err := validateShare(d.Quorum); err != nil {
		return err
	}
	if err := validateTime(d.CreatedAt); err != nil {
		return err
	}
	if err := validateTime(d.ExpiresAt); err != nil || !d.ExpiresAt.After(d.CreatedAt) {
		return ErrInvalidExpiry.Wrapf("created at %s, it expires at %s: %v", d.CreatedAt, d.ExpiresAt, err)
	}
	if d.DisputeWindow != 0 {
		return ErrDisputesNotAvailable
	}
	return d.validateStatus()
}

func (d Deal) validateAmounts() error {
	if err := validateBudget(d.Budget); err != nil {
		return err
	}
	if !d.Budget.Amount.Mod(math.NewIntFromUint64(d.DataCount)).IsZero() {
		return ErrInvalidBudget.Wrapf("%s is no multiple of the %d data", d.Budget, d.DataCount)
	}
	for _, coin := range []sdk.Coin{d.Paid, d.Refunded} {
		if err := coin.Validate(); err != nil || coin.Denom != d.Budget.Denom || coin.Amount.GT(d.Budget.Amount) {
			return ErrInvalidBudget.Wrapf("%.100q was paid or refunded of %s", coin, d.Budget)
		}
	}
	return nil
}

// validateStatus checks that what was counted, paid and refunded fits the deal's status.
func (d Deal) validateStatus() error {
	if d.CreatedHeight < 0 || d.ClosedHeight < 0 {
		return ErrInvalidGenesis.Wrap("a height is negative")
	}
	left := d.Remaining().Amount
	active, complete := d.Status == DEAL_STATUS_ACTIVE, d.Consents == d.DataCount
	switch {
	case d.Status <= DEAL_STATUS_UNSPECIFIED || d.Status > DEAL_STATUS_EXPIRED:
		return ErrInvalidGenesis.Wrapf("there is no status %d", d.Status)
	case d.Consents > d.DataCount || complete != (d.Status == DEAL_STATUS_COMPLETED):
		return ErrInvalidGenesis.Wrapf("it is %s with %d of %d data", d.Status, d.Consents, d.DataCount)
	case active != (d.ClosedHeight == 0), !active && d.ClosedHeight < d.CreatedHeight:
		return ErrInvalidGenesis.Wrapf("it is %s, and was closed at height %d", d.Status, d.ClosedHeight)
	case active && !d.Refunded.IsZero():
		return ErrInvalidGenesis.Wrapf("it is active, and %s was refunded", d.Refunded)
	case !active && !left.IsZero():
		return ErrInvalidGenesis.Wrapf("it is %s, and %s is left", d.Status, left)
	}
	return nil
}

// validate checks a consent to the sale of a datum in a deal, but for its signatures' truth: oracles come and go.
func (c Consent) validate(deal Deal) error {
	message := MsgSubmitConsent{Provider: c.Certificate.Provider, Certificate: c.Certificate, Signatures: c.Signatures, Answers: c.Answers}
	if err := message.ValidateBasic(); err != nil {
		return err
	}
	if c.Status != CONSENT_STATUS_PAID {
		return ErrInvalidGenesis.Wrapf("there is no status %d", c.Status)
	}
	if err := deal.CheckAnswers(c.Answers); err != nil {
		return err
	}
	if c.Height < deal.CreatedHeight || deal.ClosedHeight > 0 && c.Height > deal.ClosedHeight {
		return ErrInvalidGenesis.Wrapf("it was given at height %d, and the deal was open from %d to %d", c.Height, deal.CreatedHeight, deal.ClosedHeight)
	}
	if c.Time.Before(deal.CreatedAt) || !c.Time.Before(deal.ExpiresAt) {
		return ErrInvalidGenesis.Wrapf("it was given at %s, and the deal was open from %s to %s", c.Time, deal.CreatedAt, deal.ExpiresAt)
	}
	if len(c.OracleRewards) != len(c.Signatures) {
		return ErrInvalidGenesis.Wrapf("%d oracles signed, and %d were paid", len(c.Signatures), len(c.OracleRewards))
	}
	coins := []sdk.Coin{c.ProviderReward}
	for i, reward := range c.OracleRewards {
		if reward.Oracle != c.Signatures[i].Oracle {
			return ErrInvalidGenesis.Wrapf("%s signed, and %.100q was paid", c.Signatures[i].Oracle, reward.Oracle)
		}
		coins = append(coins, reward.Amount)
	}
	price := deal.Price()
	for _, coin := range coins {
		if err := coin.Validate(); err != nil || coin.Denom != price.Denom || coin.Amount.GT(price.Amount) {
			return ErrInvalidGenesis.Wrapf("%.100q was paid of a price of %s", coin, price)
		}
	}
	if cost := c.Cost(); !cost.Equal(price) {
		return ErrInvalidGenesis.Wrapf("%s was paid, and the price is %s", cost, price)
	}
	return nil
}
