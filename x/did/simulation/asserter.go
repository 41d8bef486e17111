package simulation

import (
	"context"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/types"
)

// Asserter is a simulated DID that may assert, for the simulations of modules in which DIDs act.
type Asserter struct {
	ID       string // DID
	MethodID string // one of its assertion methods
	Key      did.PrivateKey
}

// RandomAsserter finds a random DID that has not been deactivated and has an assertion method; ok is false if it finds none.
func RandomAsserter(
	ctx context.Context, records interface {
		ActiveRecord(ctx context.Context, id string) (types.Record, error)
	}, data *simsx.ChainDataSource,
) (a Asserter, ok bool) {
	accounts, r := data.AllAccounts(), data.Rand().Rand
	for range searchTries {
		candidate := newIdentity(accounts[r.Intn(len(accounts))], r.Intn(didsPerAccount))
		record, err := records.ActiveRecord(ctx, candidate.id)
		if err != nil {
			continue
		}
		for n, key := range candidate.keys {
			for _, relationship := range record.Current.Document.AssertionMethods {
				if relationship.GetVerificationMethodId() == candidate.methodID(n) {
					return Asserter{ID: candidate.id, MethodID: candidate.methodID(n), Key: key}, true
				}
			}
		}
	}
	return Asserter{}, false
}
