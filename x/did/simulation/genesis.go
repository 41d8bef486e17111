package simulation

import (
	"math/rand"
	"slices"
	"strings"
	"time"

	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/medibloc/panacea/x/did/types"
)

// RandomizedGenState makes a state in which some accounts have DIDs: as mainnet exports them, without metadata; with
// metadata and history; and deactivated ones.
func RandomizedGenState(state *module.SimulationState) {
	r := state.Rand
	genesis := &types.GenesisState{Params: randomParams(r), Documents: map[string]*types.DIDDocumentWithSeq{}}
	for _, account := range state.Accounts {
		switch subject := newIdentity(account, 0); r.Intn(6) {
		case 0: // mainnet's
			sequence := uint64(r.Intn(5))
			genesis.Documents[subject.id] = &types.DIDDocumentWithSeq{Document: subject.document(r, true, nil), Sequence: sequence}
		case 1:
			addWithHistory(r, genesis, account, subject, state.GenTimestamp)
		}
	}
	slices.SortFunc(genesis.Metadata, func(a, b types.GenesisMetadata) int { return strings.Compare(a.Did, b.Did) })
	slices.SortStableFunc(genesis.History, func(a, b types.GenesisVersion) int { return strings.Compare(a.Did, b.Did) })
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// addWithHistory adds a DID with one or two versions, of which the last may be its deactivation.
func addWithHistory(r *rand.Rand, genesis *types.GenesisState, account simtypes.Account, subject identity, now time.Time) {
	payer := account.Address.String()
	created := now.Add(-time.Hour).UTC()
	current := types.NewRecord(subject.document(r, true, nil), types.VersionMetadata{Time: &created, FromAddress: payer})
	if r.Intn(2) == 0 {
		updated := created.Add(time.Minute)
		next := subject.document(r, false, nil)
		if r.Intn(3) == 0 {
			next = &types.DIDDocument{}
		}
		genesis.History = append(genesis.History, types.GenesisVersion{Did: subject.id, Version: current.Version()})
		current = current.Next(next, types.VersionMetadata{Time: &updated, FromAddress: payer})
	}
	genesis.Documents[subject.id] = &current.Current
	genesis.Metadata = append(genesis.Metadata, types.GenesisMetadata{Did: subject.id, Metadata: current.Metadata, Created: current.Created})
	genesis.Accounts = append(genesis.Accounts, types.GenesisAccountDID{Address: payer, Did: subject.id})
}

// randomParams returns parameters that leave room for what the operations make.
func randomParams(r *rand.Rand) types.Params {
	return types.Params{
		MaxDocumentBytes:       uint32(4096 + r.Intn(types.MaxDocumentBytes-4096)),
		MaxVerificationMethods: uint32(keysPerDID + r.Intn(60)),
		MaxServices:            uint32(maxServices + r.Intn(60)),
		MaxControllers:         uint32(1 + r.Intn(20)),
	}
}
