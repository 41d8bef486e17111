package node

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/oracle/state"
	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vault/store"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

const (
	// spaceJournal holds what was vouched for, for ever.
	spaceJournal = "journal"
	// spaceObjects holds, by the same names, the objects that are in the vault for it.
	spaceObjects = "objects"
)

// kept is an object that lies in the vault because it was vouched for.
type kept struct {
	CID    string `json:"cid"`
	DealID string `json:"deal_id"`
	// Commitment is the datum's, 32 bytes.
	Commitment []byte `json:"commitment"`
	// VouchedHeight is the height at which it was vouched for last. Its certificate can be used for the chain's max_certificate_lifetime
	// after it, at most.
	VouchedHeight int64 `json:"vouched_height"`
	// KeptUntil is set once the consent is proven: its time and the chain's retention.
	KeptUntil *time.Time `json:"kept_until,omitempty"`
}

// objects are the vault's part in validations: what is stored, what it is kept for, and until when.
type objects struct {
	store *store.Store
	state *state.Store
	// height returns the height of the chain now.
	height func() int64

	seed  maphash.Seed
	locks [64]sync.Mutex // by name: of several who vouch for one datum, one records

	mu     sync.Mutex
	recent map[string]time.Time // CIDs stored since the process began, which may not be in the journal yet
}

var (
	_ validate.Objects = (*objects)(nil)
	_ validate.Journal = (*objects)(nil)
)

func newObjects(vault *store.Store, sealed *state.Store, height func() int64) *objects {
	return &objects{store: vault, state: sealed, height: height, seed: maphash.MakeSeed(), recent: map[string]time.Time{}}
}

func dealPin(dealID string) string { return "deal:" + dealID }

// Put implements validate.Objects.
func (o *objects) Put(ctx context.Context, dealID string, r io.Reader) (string, error) {
	info, err := o.store.Put(ctx, r, store.PutOptions{Pin: dealPin(dealID)})
	if errors.Is(err, store.ErrQuota) || errors.Is(err, embedded.ErrNoSpace) {
		return "", fmt.Errorf("%w: %w", validate.ErrStorageFull, err)
	}
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.recent[info.CID.String()] = time.Now()
	return info.CID.String(), nil
}

func (o *objects) lock(name string) *sync.Mutex {
	return &o.locks[maphash.String(o.seed, name)%uint64(len(o.locks))]
}

// PutIfAbsent implements validate.Journal. A record is the certificate, without its last height.
func (o *objects) PutIfAbsent(ctx context.Context, name string, record []byte) ([]byte, error) {
	l := o.lock(name)
	l.Lock()
	defer l.Unlock()
	present, err := o.state.Get(ctx, spaceJournal, []byte(name))
	switch {
	case err == nil:
		record = present
	case !errors.Is(err, state.ErrNotFound):
		return nil, err
	}
	var c oracletypes.Certificate
	if err := c.Unmarshal(record); err != nil {
		return nil, fmt.Errorf("the journal's record of %s: %w", name, err)
	}
	object, err := state.PutJSON(spaceObjects, []byte(name), kept{
		CID: c.ObjectCid, DealID: c.DealId, Commitment: c.DataCommitment, VouchedHeight: o.height(),
	})
	if err != nil {
		return nil, err
	}
	changes := []state.Change{object}
	if present == nil {
		changes = append(changes, state.Put(spaceJournal, []byte(name), record))
	}
	if err := o.state.Update(ctx, changes...); errors.Is(err, embedded.ErrNoSpace) {
		return nil, fmt.Errorf("%w: %w", validate.ErrStorageFull, err)
	} else if err != nil {
		return nil, err
	}
	return record, nil
}

// orphanAge is how old an object that nothing was vouched for must be to be dropped.
const orphanAge = time.Hour

// fate says until when an object is kept, by what the chain says now.
type fate struct {
	// Sold is until when a sold object is kept; zero if no consent is proven.
	Sold time.Time
	// Lifetime is how many blocks after it was vouched for an unsold object may still be sold, at most.
	Lifetime int64
	// Height and Time are of the chain's state.
	Height int64
	Time   time.Time
}

// asks says what the chain has of an object.
type asks func(ctx context.Context, k kept) (fate, error)

// clean drops objects that nobody can ask for any more: not sold within their certificate's time and a margin of blocks, or kept for long
// enough after the sale, or left by a crash. It returns how many.
func (o *objects) clean(ctx context.Context, margin int64, ask asks) (dropped int, err error) {
	wanted := map[string]bool{}
	var errs []error
	for entry, err := range o.state.Scan(ctx, spaceObjects) {
		if err != nil {
			return dropped, err
		}
		gone, object, err := o.review(ctx, string(entry.Key), margin, ask)
		if err != nil {
			errs = append(errs, err)
		}
		if gone {
			dropped++
		}
		wanted[object.CID] = wanted[object.CID] || !gone
	}
	orphans, err := o.dropOrphans(ctx, wanted)
	if errs = append(errs, err); dropped+orphans > 0 {
		_, err = o.store.CollectGarbage(ctx)
		errs = append(errs, err)
	}
	return dropped + orphans, errors.Join(errs...)
}

// review looks at one object, under its lock, and drops it if its time is over.
func (o *objects) review(ctx context.Context, name string, margin int64, ask asks) (gone bool, k kept, err error) {
	l := o.lock(name)
	l.Lock()
	defer l.Unlock()
	if k, err = state.GetJSON[kept](ctx, o.state, spaceObjects, []byte(name)); err != nil {
		return false, k, err
	}
	f, err := ask(ctx, k)
	if err != nil {
		return false, k, err
	}
	if k.KeptUntil == nil && !f.Sold.IsZero() {
		k.KeptUntil = &f.Sold
		change, err := state.PutJSON(spaceObjects, []byte(name), k)
		if err != nil {
			return false, k, err
		}
		if err := o.state.Update(ctx, change); err != nil {
			return false, k, err
		}
	}
	if k.KeptUntil != nil && f.Time.Before(*k.KeptUntil) || k.KeptUntil == nil && f.Height <= k.VouchedHeight+f.Lifetime+margin {
		return false, k, nil
	}
	return true, k, o.drop(ctx, name, k)
}

// drop takes an object out of the vault, then out of the list: a crash in between is mended by the next cleaning.
func (o *objects) drop(ctx context.Context, name string, k kept) error {
	root, err := cid.Decode(k.CID)
	if err != nil {
		return fmt.Errorf("the object of %s: %w", name, err)
	}
	if err := o.store.Unpin(ctx, root, dealPin(k.DealID)); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return o.state.Update(ctx, state.Delete(spaceObjects, []byte(name)))
}

// dropOrphans drops objects that nothing was vouched for: a crash, or an end of the process, came in between.
func (o *objects) dropOrphans(ctx context.Context, wanted map[string]bool) (int, error) {
	o.mu.Lock()
	for c, at := range o.recent {
		if time.Since(at) > orphanAge {
			delete(o.recent, c)
		}
	}
	o.mu.Unlock()
	var orphans []store.Info
	for info, err := range o.store.Objects(ctx) {
		if err != nil {
			return 0, err
		}
		o.mu.Lock()
		_, recent := o.recent[info.CID.String()]
		o.mu.Unlock()
		if !wanted[info.CID.String()] && !recent && time.Since(info.Created) > orphanAge {
			orphans = append(orphans, info)
		}
	}
	for i, info := range orphans {
		if err := o.store.Delete(ctx, info.CID, info.Pins...); err != nil && !errors.Is(err, store.ErrNotFound) {
			return i, err
		}
	}
	return len(orphans), nil
}
