package exchange

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee/dcap"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	didresolver "github.com/medibloc/panacea/x/did/resolver"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourceresolver "github.com/medibloc/panacea/x/resource/resolver"
)

// Connection is the Chain over the network: it writes through package client and reads, lists too, what package client/light proves.
type Connection struct {
	chainID string
	tx      *client.Client
	light   *light.Client

	// reached is the height of the last block that has a transaction of ours: what is read is no older.
	reached atomic.Int64
}

var _ Chain = (*Connection)(nil)

// Connect joins a client and a light client of one chain. The connection owns both.
func Connect(chainID string, tx *client.Client, verified *light.Client) *Connection {
	return &Connection{chainID: chainID, tx: tx, light: verified}
}

// Close ends the client.
func (c *Connection) Close() error {
	c.tx.Close()
	return nil
}

// ChainID names the chain.
func (c *Connection) ChainID() string { return c.chainID }

// poll is how often nodes are asked for a new block.
const poll = 300 * time.Millisecond

const (
	// maxAge is how old the newest block may be, by this machine's clock.
	maxAge = 2 * time.Minute
	// proofTime bounds the wait for the block that proves the one with a transaction of ours.
	proofTime = time.Minute
)

// Snapshot returns the newest proven state, which holds what this connection has sent and is at most maxAge old, whatever a single node shows.
// Errors: light.ErrStale, and those of light.Client.Latest.
func (c *Connection) Snapshot(ctx context.Context) (*light.Snapshot, error) {
	s, err := c.light.Latest(ctx)
	if err != nil {
		return nil, err
	}
	if reached := c.reached.Load(); s.Height() < reached {
		ctx, cancel := context.WithTimeout(ctx, proofTime)
		defer cancel()
		if s, err = c.light.Since(ctx, reached); err != nil {
			return nil, err
		}
	}
	if time.Since(s.Time()) <= maxAge {
		return s, nil
	}
	return c.light.Fresh(ctx, maxAge)
}

// Head returns the height and time of the newest proven state.
func (c *Connection) Head(ctx context.Context) (Head, error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return Head{}, err
	}
	return Head{s.Height(), s.Time()}, nil
}

// WaitForBlock implements Chain.
func (c *Connection) WaitForBlock(ctx context.Context, above int64) (Head, error) {
	for {
		head, err := c.Head(ctx)
		if err != nil || head.Height > above {
			return head, err
		}
		if err := pause(ctx, poll); err != nil {
			return Head{}, err
		}
	}
}

// Send implements Chain.
func (c *Connection) Send(ctx context.Context, from Account, messages ...sdk.Msg) (string, error) {
	return c.SendKept(ctx, from, nil, messages...)
}

// SendKept implements Chain.
func (c *Connection) SendKept(ctx context.Context, from Account, keep func(client.Signed) error, messages ...sdk.Msg) (string, error) {
	signer, err := client.KeyringSigner(from.Keys, from.Name)
	if err != nil {
		return "", err
	}
	result, err := c.tx.Account(client.AccountConfig{Signer: signer, Keep: keep}).Send(ctx, messages...)
	if err != nil {
		return result.Hash, err
	}
	c.reach(result.Height)
	return result.Hash, nil
}

// reach makes a height the least that is read.
func (c *Connection) reach(height int64) {
	for {
		reached := c.reached.Load()
		if height <= reached || c.reached.CompareAndSwap(reached, height) {
			return
		}
	}
}

// Settle implements Chain: the account's sequence number, by proof, or the transaction's timeout say that its fate is certain.
func (c *Connection) Settle(ctx context.Context, from Account, tx client.Signed) error {
	address, err := from.Address()
	if err != nil {
		return err
	}
	for {
		s, err := c.Snapshot(ctx)
		if err != nil {
			return err
		}
		account, err := s.Account(ctx, address)
		if err != nil {
			return err
		}
		if account.GetSequence() > tx.Sequence || s.Height() >= tx.TimeoutHeight {
			c.reach(s.Height())
			return nil
		}
		if err := c.tx.Broadcast(ctx, tx); err != nil {
			return err
		}
		if _, err := c.WaitForBlock(ctx, s.Height()); err != nil {
			return err
		}
	}
}

// Deal implements Chain.
func (c *Connection) Deal(ctx context.Context, id string) (datadealtypes.Deal, error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return datadealtypes.Deal{}, err
	}
	return dealOf(ctx, s, id)
}

func dealOf(ctx context.Context, s *light.Snapshot, id string) (datadealtypes.Deal, error) {
	answer, err := s.Deals().Deal(ctx, &datadealtypes.QueryDealRequest{DealId: id})
	if errors.Is(err, datadealtypes.ErrDealNotFound) {
		return datadealtypes.Deal{}, fmt.Errorf("%w: deal %s", ErrNotFound, id)
	}
	if err != nil {
		return datadealtypes.Deal{}, err
	}
	return answer.Deal, nil
}

// Consent implements Chain.
func (c *Connection) Consent(ctx context.Context, dealID string, commitment seal.Commitment) (datadealtypes.Consent, error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return datadealtypes.Consent{}, err
	}
	answer, err := s.Deals().Consent(ctx, &datadealtypes.QueryConsentRequest{DealId: dealID, DataCommitment: fmt.Sprintf("%x", commitment[:])})
	if errors.Is(err, datadealtypes.ErrConsentNotFound) {
		return datadealtypes.Consent{}, fmt.Errorf("%w: consent in deal %s", ErrNotFound, dealID)
	}
	if err != nil {
		return datadealtypes.Consent{}, err
	}
	return answer.Consent, nil
}

// Oracle implements Chain.
func (c *Connection) Oracle(ctx context.Context, address string) (OracleRecord, error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return OracleRecord{}, err
	}
	raw, err := sdk.AccAddressFromBech32(address)
	if err != nil {
		return OracleRecord{}, fmt.Errorf("exchange: oracle %.90q: %w", address, err)
	}
	r := OracleRecord{Head: Head{s.Height(), s.Time()}}
	if r.Oracle, err = s.Oracle(ctx, raw); errors.Is(err, oracletypes.ErrOracleNotFound) {
		return r, fmt.Errorf("%w: oracle %s", ErrNotFound, address)
	}
	if err == nil {
		r.Params, err = s.OracleParams(ctx)
	}
	if err == nil {
		r.PublicKey, err = s.OraclePublicKey(ctx)
	}
	if err == nil {
		r.AllowSimulated, err = s.SimulatedEnclavesAllowed(ctx)
	}
	found := false
	if err == nil {
		r.Measurement, found, err = s.Measurement(ctx, r.Oracle.Attestation.Measurement)
	}
	if err != nil {
		return r, err
	}
	if !found {
		return r, fmt.Errorf("%w: %s: %w", ErrOracle, address, oracletypes.ErrMeasurementNotAllowed)
	}
	if !r.Oracle.Attestation.Simulated {
		r.Collateral, err = collateral(ctx, s, r)
	}
	return r, err
}

// collateral returns the chain's collateral for an oracle's platform, verified under a root that the chain trusts.
func collateral(ctx context.Context, s *light.Snapshot, r OracleRecord) (*dcap.VerifiedCollateral, error) {
	platform := r.Oracle.Attestation.Platform
	answer, err := s.Oracles().Collateral(ctx, &oracletypes.QueryCollateralRequest{TcbInfo: platform.TcbInfo, Ca: platform.Ca})
	if err != nil {
		return nil, err
	}
	set, err := dcap.UnmarshalCollateral(answer.Collateral)
	if err != nil {
		return nil, err
	}
	roots, err := r.Params.Roots()
	if err != nil {
		return nil, err
	}
	why := error(dcap.ErrUntrustedRoot)
	for _, root := range roots {
		verified, err := set.Verify(root)
		if err == nil {
			return verified, nil
		}
		why = err
	}
	return nil, why
}

// OracleParams implements Chain.
func (c *Connection) OracleParams(ctx context.Context) (oracletypes.Params, error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return oracletypes.Params{}, err
	}
	return s.OracleParams(ctx)
}

// pageSize is how many entries are asked for at a time. Each is proven.
const pageSize = 100

// pages reads a list to its end.
func pages(do func(*query.PageRequest) (*query.PageResponse, error)) error {
	for key := []byte(nil); ; {
		answer, err := do(&query.PageRequest{Key: key, Limit: pageSize})
		if err != nil || answer == nil || len(answer.NextKey) == 0 {
			return err
		}
		key = answer.NextKey
	}
}

// ActiveOracles implements Chain.
func (c *Connection) ActiveOracles(ctx context.Context) (all []OracleHint, err error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	err = pages(func(p *query.PageRequest) (*query.PageResponse, error) {
		answer, err := s.Oracles().Oracles(ctx, &oracletypes.QueryOraclesRequest{Status: oracletypes.ORACLE_STATUS_ACTIVE, Pagination: p})
		if err != nil {
			return nil, err
		}
		for _, o := range answer.Oracles {
			all = append(all, OracleHint{o.Oracle.Address, math.LegacyNewDecFromInt(o.Power), o.Oracle.Commission.Rate})
		}
		return answer.Pagination, nil
	})
	return all, err
}

// ActiveDeals implements Chain.
func (c *Connection) ActiveDeals(ctx context.Context) ([]datadealtypes.Deal, error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	deals, err := dealsOf(ctx, s, datadealtypes.QueryDealsRequest{Status: datadealtypes.DEAL_STATUS_ACTIVE})
	if err != nil {
		return nil, err
	}
	for i := range deals { // lists come without what deals ask for
		if deals[i], err = dealOf(ctx, s, deals[i].Id); err != nil {
			return nil, err
		}
	}
	return deals, nil
}

// ConsumerDeals implements Chain.
func (c *Connection) ConsumerDeals(ctx context.Context, consumer string) ([]datadealtypes.Deal, error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return dealsOf(ctx, s, datadealtypes.QueryDealsRequest{Consumer: consumer})
}

func dealsOf(ctx context.Context, s *light.Snapshot, q datadealtypes.QueryDealsRequest) (all []datadealtypes.Deal, err error) {
	err = pages(func(p *query.PageRequest) (*query.PageResponse, error) {
		q.Pagination = p
		answer, err := s.Deals().Deals(ctx, &q)
		if err != nil {
			return nil, err
		}
		all = append(all, answer.Deals...)
		return answer.Pagination, nil
	})
	return all, err
}

// DealConsents implements Chain.
func (c *Connection) DealConsents(ctx context.Context, dealID string) (all []datadealtypes.Consent, err error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	err = pages(func(p *query.PageRequest) (*query.PageResponse, error) {
		answer, err := s.Deals().DealConsents(ctx, &datadealtypes.QueryDealConsentsRequest{DealId: dealID, Pagination: p})
		if err != nil {
			return nil, err
		}
		all = append(all, answer.Consents...)
		return answer.Pagination, nil
	})
	return all, err
}

// Resource implements Chain.
func (c *Connection) Resource(ctx context.Context, url string) ([]byte, error) {
	s, err := c.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	d := did.Dereferencer{Resolver: didresolver.New(s.DIDs()), Resources: resourceresolver.New(s.Resources())}
	found, err := d.Dereference(ctx, url, did.DereferenceOptions{})
	if err != nil {
		return nil, err
	}
	return found.Content()
}

// Resolver resolves did:panacea by proof, as of the newest block, and did:key.
func (c *Connection) Resolver() did.Resolver {
	return did.MethodRouter{did.MethodPanacea: newestResolver{c}, "key": did.KeyResolver{}}
}

// newestResolver resolves by the newest proven state.
type newestResolver struct{ c *Connection }

func (r newestResolver) Resolve(ctx context.Context, id string, o did.ResolveOptions) (*did.Resolution, error) {
	s, err := r.c.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return didresolver.New(s.DIDs()).Resolve(ctx, id, o)
}

// Newest returns the newest state that has been proven so far, nil if none has.
func (c *Connection) Newest() *light.Snapshot {
	s, err := c.light.Fresh(context.Background(), 100*365*24*time.Hour)
	if err != nil {
		return nil
	}
	return s
}
