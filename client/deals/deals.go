// Package deals tells a vault what the chain says of deals' objects and of oracles, from proven state, so that no node can talk a vault into
// giving an object away.
//
//	policy := access.Policy{…, Authorizers: []access.Authorizer{access.Deals{Querier: deals.New(chain, 30*time.Second)}}}
//
// # Trust
//
// What package light trusts. In state that is up to maxAge old a consent may be missing that was given since, and a dispute may seem
// possible that no longer is: for that long a reader waits, or an oracle may still read.
package deals

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/vault/access"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// Querier is an access.DealQuerier.
type Querier struct {
	chain  *light.Client
	maxAge time.Duration
}

var _ access.DealQuerier = Querier{}

// New returns a querier over state that is at most maxAge old.
func New(chain *light.Client, maxAge time.Duration) Querier { return Querier{chain, maxAge} }

// DealOf returns what the chain says of an object: nothing if no consent names it. Before its consent an object is no deal's, as the chain
// does not know it.
func (q Querier) DealOf(ctx context.Context, root cid.Cid) (access.DealState, error) {
	now, err := q.chain.Fresh(ctx, q.maxAge)
	if err != nil {
		return access.DealState{}, err
	}
	consent, err := now.ObjectConsent(ctx, root.String())
	if errors.Is(err, datadealtypes.ErrConsentNotFound) {
		return access.DealState{}, nil
	}
	if err != nil {
		return access.DealState{}, err
	}
	deal, err := now.Deal(ctx, consent.Certificate.DealId)
	if err != nil {
		return access.DealState{}, err
	}
	return access.DealState{
		Consumer: deal.ConsumerDid, Consented: true, DisputePossible: now.Time().Before(consent.Time.Add(deal.DisputeWindow)),
	}, nil
}

// pageSize is how many oracles are read at once.
const pageSize = 100

// IsActiveOracle says whether a DID is that of an active oracle's vault: vault_peer of its registration begins with it, before a comma.
func (q Querier) IsActiveOracle(ctx context.Context, did string) (bool, error) {
	now, err := q.chain.Fresh(ctx, q.maxAge)
	if err != nil {
		return false, err
	}
	request := &oracletypes.QueryOraclesRequest{
		Status: oracletypes.ORACLE_STATUS_ACTIVE, Pagination: &query.PageRequest{Limit: pageSize},
	}
	for {
		answer, err := now.Oracles().Oracles(ctx, request)
		if err != nil {
			return false, err
		}
		for _, state := range answer.Oracles {
			if vault, _, _ := strings.Cut(state.Oracle.VaultPeer, ","); did != "" && vault == did {
				return true, nil
			}
		}
		if answer.Pagination == nil || len(answer.Pagination.NextKey) == 0 {
			return false, nil
		}
		request.Pagination = &query.PageRequest{Key: answer.Pagination.NextKey, Limit: pageSize}
	}
}
