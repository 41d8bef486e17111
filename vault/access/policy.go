package access

import (
	"context"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/vault/store"
)

// Authorizer is asked about every object for every authenticated reader that is not the owner and has no grant. It decides alike whether or not
// the object exists. Errors count as no. Implementations are safe for concurrent use.
type Authorizer interface {
	MayRead(ctx context.Context, reader string, root cid.Cid) (bool, error)
}

// Policy decides for one vault.
type Policy struct {
	Owner       string // DID
	Store       *store.Store
	Grants      *Registry
	Authorizers []Authorizer
}

// MayRead says whether a reader, by its DID, "" if it has none, may read an object that may or may not exist. carried is a grant that the reader
// brought, or "".
func (p *Policy) MayRead(ctx context.Context, reader string, root cid.Cid, carried string) bool {
	if reader == "" {
		return false
	}
	if reader == p.Owner {
		return true
	}
	pins := func() []string {
		info, err := p.Store.Stat(ctx, root)
		if err != nil {
			return nil
		}
		return info.Pins
	}
	if p.Grants.covers(ctx, reader, root, pins) {
		return true
	}
	if carried != "" && p.Grants.carried(ctx, reader, root, carried, pins) {
		return true
	}
	for _, a := range p.Authorizers {
		if ok, err := a.MayRead(ctx, reader, root); err == nil && ok {
			return true
		}
	}
	return false
}

// DealState is what the chain says of a deal's object.
type DealState struct {
	Consumer        string // DID of the deal's consumer; "" if the object is no deal's
	Consented       bool   // a consent for the object stands in a committed block
	DisputePossible bool   // a dispute is open or can still be opened
}

// DealQuerier answers from the chain's state, proven: an implementation that believed a node could be made to give objects away.
type DealQuerier interface {
	DealOf(ctx context.Context, root cid.Cid) (DealState, error)
	IsActiveOracle(ctx context.Context, did string) (bool, error)
}

// Deals lets a deal's consumer read its object from the consent on, and active oracles while a dispute is possible.
type Deals struct{ Querier DealQuerier }

// MayRead implements Authorizer.
func (d Deals) MayRead(ctx context.Context, reader string, root cid.Cid) (bool, error) {
	state, err := d.Querier.DealOf(ctx, root)
	if err != nil {
		return false, err
	}
	if state.Consumer != "" && state.Consumer == reader && state.Consented {
		return true, nil
	}
	if !state.DisputePossible {
		return false, nil
	}
	return d.Querier.IsActiveOracle(ctx, reader)
}
