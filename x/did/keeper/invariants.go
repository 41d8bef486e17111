package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/did/types"
)

// CheckInvariants returns an error if the state breaks one of the module's invariants:
//
//   - every DID is one, and its document is its own;
//   - a DID is deactivated exactly if its document is empty;
//   - the history of a DID has no gap and ends before the current version, and has the first one if that is known;
//   - every DID of a known creation is listed for the account that paid for it, and nothing else is listed.
//
// It reads all of the state, and is for tests and simulation.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	state, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	if err := state.Validate(); err != nil {
		return fmt.Errorf("x/did invariant: %w", err)
	}
	return k.Documents.Walk(ctx, nil, func(id string, record types.Record) (bool, error) {
		return false, k.checkAccount(ctx, id, record)
	})
}

// checkAccount checks that the payer of a DID's first version, where that is known, stands in the index. Validate has
// checked that nobody stands there twice, nor for a DID that does not exist.
func (k Keeper) checkAccount(ctx context.Context, id string, record types.Record) error {
	if record.Created == nil {
		return nil
	}
	first, err := k.version(ctx, id, record, 0)
	if err != nil {
		return err
	}
	account, err := k.addressBytes(first.Metadata.FromAddress)
	if err != nil {
		return err
	}
	listed, err := k.AccountDIDs.Has(ctx, collections.Join(account, id))
	if err != nil {
		return err
	}
	if !listed {
		return fmt.Errorf("x/did invariant: %s is not listed for %s, who paid for it", id, first.Metadata.FromAddress)
	}
	return nil
}
