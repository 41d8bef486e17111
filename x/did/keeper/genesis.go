package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/did/types"
)

// InitGenesis stores a genesis state.
func (k Keeper) InitGenesis(ctx context.Context, state *types.GenesisState) error {
	if err := state.Validate(); err != nil {
		return err
	}
	if err := k.Params.Set(ctx, state.EffectiveParams()); err != nil {
		return fmt.Errorf("storing the parameters of x/did: %w", err)
	}
	records := state.Records()
	for _, id := range state.DIDs() {
		if err := k.Documents.Set(ctx, id, records[id]); err != nil {
			return fmt.Errorf("storing %s: %w", id, err)
		}
	}
	for _, h := range state.History {
		if err := k.Versions.Set(ctx, collections.Join(h.Did, h.Version.Metadata.VersionId), h.Version); err != nil {
			return fmt.Errorf("storing version %d of %s: %w", h.Version.Metadata.VersionId, h.Did, err)
		}
	}
	for _, a := range state.Accounts {
		account, err := k.addressBytes(a.Address)
		if err != nil {
			return err
		}
		if err := k.AccountDIDs.Set(ctx, collections.Join(account, a.Did)); err != nil {
			return fmt.Errorf("storing the account of %s: %w", a.Did, err)
		}
	}
	return nil
}

// ExportGenesis returns the whole state. A chain that starts from it has the same bytes in this module's store.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	state := &types.GenesisState{Params: params, Documents: map[string]*types.DIDDocumentWithSeq{}}
	err = k.Documents.Walk(ctx, nil, func(id string, record types.Record) (bool, error) {
		state.Documents[id] = &record.Current
		state.Metadata = append(state.Metadata, types.GenesisMetadata{Did: id, Metadata: record.Metadata, Created: record.Created})
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("exporting documents: %w", err)
	}
	err = k.Versions.Walk(ctx, nil, func(key collections.Pair[string, uint64], version types.Version) (bool, error) {
		state.History = append(state.History, types.GenesisVersion{Did: key.K1(), Version: version})
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("exporting history: %w", err)
	}
	err = k.AccountDIDs.Walk(ctx, nil, func(key collections.Pair[[]byte, string]) (bool, error) {
		address, err := k.addressCodec.BytesToString(key.K1())
		state.Accounts = append(state.Accounts, types.GenesisAccountDID{Address: address, Did: key.K2()})
		return false, err
	})
	if err != nil {
		return nil, fmt.Errorf("exporting accounts: %w", err)
	}
	return state, nil
}
