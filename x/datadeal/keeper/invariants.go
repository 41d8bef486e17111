package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/medibloc/panacea/x/datadeal/types"
)

// CheckInvariants returns an error if the state breaks one of the module's invariants:
//
//   - each escrow account is a plain one, which locks nothing, and holds exactly budget − paid − refunded, and nothing once its deal is
//     closed;
//   - what was paid, and how often, is what the deal's consents say, each of which cost the price;
//   - no data commitment and no uniqueness tag was bought twice in a deal, no object anywhere (types.GenesisState.Validate);
//   - every index says exactly what follows from deals and consents.
//
// It reads all of the state, and is for tests and simulation.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	state, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	if err := state.Validate(); err != nil {
		return fmt.Errorf("x/datadeal invariant: %w", err)
	}
	want := counts{consents: len(state.Consents)}
	consumers := make(map[string]string, len(state.Deals))
	for _, deal := range state.Deals {
		want.add(deal)
		consumers[deal.Id] = deal.Consumer
		if err := k.checkEscrow(ctx, deal); err != nil {
			return fmt.Errorf("x/datadeal invariant: %w", err)
		}
		if err := k.checkDealIndexes(ctx, deal); err != nil {
			return fmt.Errorf("x/datadeal invariant: deal %s: %w", deal.Id, err)
		}
	}
	for _, consent := range state.Consents {
		if err := k.checkConsentIndexes(ctx, consumers[consent.Certificate.DealId], consent); err != nil {
			return fmt.Errorf("x/datadeal invariant: consent %x of deal %s: %w", consent.Certificate.DataCommitment, consent.Certificate.DealId, err)
		}
	}
	return k.checkCounts(ctx, want)
}

// checkEscrow checks that a deal's escrow account holds what is left of the budget, and can pay it.
func (k Keeper) checkEscrow(ctx context.Context, deal types.Deal) error {
	escrow, err := k.addressBytes(deal.Escrow)
	if err != nil {
		return err
	}
	balance, left := k.bank.GetBalance(ctx, escrow, deal.Budget.Denom), deal.Remaining()
	if !balance.Equal(left) {
		return fmt.Errorf("the escrow of deal %s holds %s, not %s", deal.Id, balance, left)
	}
	switch account := k.accounts.GetAccount(ctx, escrow).(type) {
	case nil, *authtypes.BaseAccount:
	default:
		return fmt.Errorf("the escrow of deal %s is a %T", deal.Id, account)
	}
	return nil
}

// checkDealIndexes checks that a deal stands in the indexes where it belongs.
func (k Keeper) checkDealIndexes(ctx context.Context, deal types.Deal) error {
	id, err := types.DealIDBytes(deal.Id)
	if err != nil {
		return err
	}
	consumer, err := k.addressBytes(deal.Consumer)
	if err != nil {
		return err
	}
	escrow, err := k.addressBytes(deal.Escrow)
	if err != nil {
		return err
	}
	if found, err := k.DealsByConsumer.Get(ctx, collections.Join(consumer, deal.Number)); err != nil || string(found) != string(id) {
		return fmt.Errorf("its consumer's deal %d is %x: %v", deal.Number, found, err)
	}
	if found, err := k.Escrows.Get(ctx, escrow); err != nil || string(found) != string(id) {
		return fmt.Errorf("its escrow is that of %x: %v", found, err)
	}
	if last, err := k.lastNumber(ctx, consumer); err != nil || last < deal.Number {
		return fmt.Errorf("its consumer has %d deals, and it is number %d: %v", last, deal.Number, err)
	}
	if found, err := k.DealsByStatus.Has(ctx, collections.Join(int32(deal.Status), id)); err != nil || !found {
		return fmt.Errorf("it is not listed as %s: %v", deal.Status, err)
	}
	queued, err := k.Expiries.Has(ctx, collections.Join(deal.ExpiresAt, id))
	if err != nil || queued != (deal.Status == types.DEAL_STATUS_ACTIVE) {
		return fmt.Errorf("it is %s, and in the queue of expiries: %t: %v", deal.Status, queued, err)
	}
	return nil
}

// checkConsentIndexes checks that a consent stands in the indexes where it belongs.
func (k Keeper) checkConsentIndexes(ctx context.Context, consumer string, consent types.Consent) error {
	certificate := consent.Certificate
	id, err := types.DealIDBytes(certificate.DealId)
	if err != nil {
		return err
	}
	if found, err := k.Tags.Get(ctx, collections.Join(id, certificate.UniquenessTag)); err != nil || string(found) != string(certificate.DataCommitment) {
		return fmt.Errorf("its tag is that of %x: %v", found, err)
	}
	if found, err := k.Objects.Get(ctx, certificate.ObjectCid); err != nil ||
		string(found.K1()) != string(id) || string(found.K2()) != string(certificate.DataCommitment) {
		return fmt.Errorf("its object is that of another: %v", err)
	}
	for _, index := range []struct {
		account string
		set     consentSet
	}{{certificate.Provider, k.ConsentsByProvider}, {consumer, k.ConsentsByConsumer}} {
		account, err := k.addressBytes(index.account)
		if err != nil {
			return err
		}
		if found, err := index.set.Has(ctx, collections.Join3(account, id, certificate.DataCommitment)); err != nil || !found {
			return fmt.Errorf("it is not listed for %s: %v", index.account, err)
		}
	}
	return nil
}

// counts are how many deals, active deals, consumers and consents there are.
type counts struct {
	deals, active, consents int
	// numbers is the sum of the numbers of the consumers' last deals, which is the number of deals too.
	numbers uint64
}

func (c *counts) add(deal types.Deal) {
	c.deals++
	c.numbers++
	if deal.Status == types.DEAL_STATUS_ACTIVE {
		c.active++
	}
}

// checkCounts checks that the indexes have no entry too many.
func (k Keeper) checkCounts(ctx context.Context, want counts) error {
	for _, index := range []struct {
		name string
		want int
		walk func(count func()) error
	}{
		{"contents", want.deals, func(count func()) error {
			return k.Contents.Walk(ctx, nil, func([]byte, types.DealContents) (bool, error) { count(); return false, nil })
		}},
		{"deals by consumer", want.deals, func(count func()) error {
			return k.DealsByConsumer.Walk(ctx, nil, func(numberKey, []byte) (bool, error) { count(); return false, nil })
		}},
		{"deals by status", want.deals, func(count func()) error {
			return k.DealsByStatus.Walk(ctx, nil, func(statusKey) (bool, error) { count(); return false, nil })
		}},
		{"escrows", want.deals, func(count func()) error {
			return k.Escrows.Walk(ctx, nil, func(sdk.AccAddress, []byte) (bool, error) { count(); return false, nil })
		}},
		{"expiries", want.active, func(count func()) error {
			return k.Expiries.Walk(ctx, nil, func(expiryKey) (bool, error) { count(); return false, nil })
		}},
		{"tags", want.consents, func(count func()) error {
			return k.Tags.Walk(ctx, nil, func(datumKey, []byte) (bool, error) { count(); return false, nil })
		}},
		{"objects", want.consents, func(count func()) error {
			return k.Objects.Walk(ctx, nil, func(string, datumKey) (bool, error) { count(); return false, nil })
		}},
		{"consents by provider", want.consents, func(count func()) error {
			return k.ConsentsByProvider.Walk(ctx, nil, func(accountKey) (bool, error) { count(); return false, nil })
		}},
		{"consents by consumer", want.consents, func(count func()) error {
			return k.ConsentsByConsumer.Walk(ctx, nil, func(accountKey) (bool, error) { count(); return false, nil })
		}},
	} {
		have := 0
		if err := index.walk(func() { have++ }); err != nil {
			return err
		}
		if have != index.want {
			return fmt.Errorf("x/datadeal invariant: there are %d entries of %s, not %d", have, index.name, index.want)
		}
	}
	numbers := uint64(0)
	err := k.Numbers.Walk(ctx, nil, func(_ sdk.AccAddress, last uint64) (bool, error) {
		numbers += last
		return false, nil
	})
	if err == nil && numbers != want.numbers {
		err = fmt.Errorf("x/datadeal invariant: consumers' last numbers add up to %d, not %d", numbers, want.numbers)
	}
	return err
}
