package node

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
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
	// LastHeight is the last at which one of its certificates can be used.
	LastHeight int64 `json:"last_height"`
	// KeptUntil is set once the consent is proven: its time and the chain's retention.
	KeptUntil *time.Time `json:"kept_until,omitempty"`
}

// objects are the vault's part in validations: what is stored, what it is kept for, and until when.
type objects struct {
	store *store.Store
	state *state.Store

	seed  maphash.Seed
	locks [64]sync.Mutex // by name: of several who vouch for one datum, one records
	// dropping is held by whoever takes an object away, and shared by those who vouch: what is vouched for is there, and stays.
	dropping sync.RWMutex

	mu     sync.Mutex
	recent map[string]time.Time // when CIDs were stored or vouched for, in this process
}

var (
	_ validate.Objects = (*objects)(nil)
	_ validate.Journal = (*objects)(nil)
)

func newObjects(vault *store.Store, sealed *state.Store) *objects {
	return &objects{store: vault, state: sealed, seed: maphash.MakeSeed(), recent: map[string]time.Time{}}
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
	o.note(info.CID.String())
	return info.CID.String(), nil
}

// note remembers that an object was wanted just now.
func (o *objects) note(cid string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.recent[cid] = time.Now()
}

func (o *objects) isRecent(cid string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, recent := o.recent[cid]
	return recent
}

func (o *objects) lock(name string) *sync.Mutex {
	return &o.locks[maphash.String(o.seed, name)%uint64(len(o.locks))]
}

// errDropped says that an object's time was over, and that it was dropped just before it was vouched for again.
var errDropped = errors.New("the object has been dropped meanwhile: it must be submitted again")

// PutIfAbsent implements validate.Journal. The object is kept until the last height of all its certificates.
func (o *objects) PutIfAbsent(ctx context.Context, name string, record []byte) ([]byte, error) {
	var c oracletypes.Certificate
	if err := c.Unmarshal(record); err != nil {
		return nil, fmt.Errorf("recording %s: %w", name, err)
	}
	l := o.lock(name)
	l.Lock()
	defer l.Unlock()
	o.dropping.RLock()
	defer o.dropping.RUnlock()
	var changes []state.Change
	first, err := o.state.Get(ctx, spaceJournal, []byte(name))
	switch {
	case errors.Is(err, state.ErrNotFound):
		first, changes = record, append(changes, state.Put(spaceJournal, []byte(name), record))
	case err != nil:
		return nil, err
	}
	if same, err := sameDatum(first, c); err != nil || !same {
		return first, err
	}
	k, err := o.keep(ctx, name, c)
	if err != nil {
		return nil, err
	}
	if err := o.state.Update(ctx, append(changes, k)...); errors.Is(err, embedded.ErrNoSpace) {
		return nil, fmt.Errorf("%w: %w", validate.ErrStorageFull, err)
	} else if err != nil {
		return nil, err
	}
	return first, nil
}

// sameDatum says whether a certificate is the recorded one, but for the last height.
func sameDatum(record []byte, c oracletypes.Certificate) (bool, error) {
	var first oracletypes.Certificate
	if err := first.Unmarshal(record); err != nil {
		return false, fmt.Errorf("the journal's record: %w", err)
	}
	first.LastHeight = c.LastHeight
	return first.Equal(&c), nil
}

// keep is the change that keeps a certificate's object, which must be in the vault. The error is errDropped if it is not.
func (o *objects) keep(ctx context.Context, name string, c oracletypes.Certificate) (state.Change, error) {
	root, err := cid.Decode(c.ObjectCid)
	if err != nil {
		return state.Change{}, fmt.Errorf("the object of %s: %w", name, err)
	}
	has, err := o.store.Has(ctx, root)
	if err != nil {
		return state.Change{}, err
	}
	if !has {
		return state.Change{}, errDropped
	}
	o.note(c.ObjectCid)
	k, err := state.GetJSON[kept](ctx, o.state, spaceObjects, []byte(name))
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return state.Change{}, err
	}
	k.CID, k.DealID, k.Commitment, k.LastHeight = c.ObjectCid, c.DealId, c.DataCommitment, max(k.LastHeight, c.LastHeight)
	return state.PutJSON(spaceObjects, []byte(name), k)
}

// orphanAge is how old an object that nothing was vouched for must be to be dropped.
const orphanAge = time.Hour

// fate says until when an object is kept, by what the chain says now.
type fate struct {
	// Sold is until when a sold object is kept; zero if no consent is proven.
	Sold time.Time
	// Height and Time are of the chain's state.
	Height int64
	Time   time.Time
}

// asks says what the chain has of an object.
type asks func(ctx context.Context, k kept) (fate, error)

// clean drops objects that nobody can ask for any more: not sold within their certificate's time and a margin of blocks, or kept for long
// enough after the sale, or left by a crash. It returns how many.
func (o *objects) clean(ctx context.Context, margin int64, ask asks) (dropped int, err error) {
	began, wanted := time.Now(), map[string]bool{}
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
	orphans, err := o.dropOrphans(ctx, wanted, began)
	if errs = append(errs, err); dropped+orphans > 0 {
		_, err = o.store.CollectGarbage(ctx)
		errs = append(errs, err)
	}
	return dropped + orphans, errors.Join(errs...)
}

// review looks at one object, and drops it if its time is over. While the chain is asked nobody waits: what is vouched for again meanwhile
// is left for the next cleaning.
func (o *objects) review(ctx context.Context, name string, margin int64, ask asks) (gone bool, k kept, err error) {
	if k, err = state.GetJSON[kept](ctx, o.state, spaceObjects, []byte(name)); err != nil {
		return false, k, err
	}
	f, err := ask(ctx, k)
	if err != nil {
		return false, k, err
	}
	o.dropping.Lock()
	defer o.dropping.Unlock()
	now, err := state.GetJSON[kept](ctx, o.state, spaceObjects, []byte(name))
	if err != nil || now.LastHeight != k.LastHeight {
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
	if k.KeptUntil != nil && f.Time.Before(*k.KeptUntil) || k.KeptUntil == nil && f.Height <= k.LastHeight+margin {
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

// dropOrphans drops objects that nothing was vouched for when a cleaning began, nor since: a crash, or an end of the process, came in between.
func (o *objects) dropOrphans(ctx context.Context, wanted map[string]bool, began time.Time) (dropped int, err error) {
	o.mu.Lock()
	maps.DeleteFunc(o.recent, func(_ string, at time.Time) bool { return began.Sub(at) > orphanAge })
	o.mu.Unlock()
	var orphans []store.Info
	for info, err := range o.store.Objects(ctx) {
		if err != nil {
			return 0, err
		}
		if !wanted[info.CID.String()] && time.Since(info.Created) > orphanAge {
			orphans = append(orphans, info)
		}
	}
	for _, info := range orphans {
		gone, err := o.dropOrphan(ctx, info)
		if err != nil {
			return dropped, err
		}
		if gone {
			dropped++
		}
	}
	return dropped, nil
}

func (o *objects) dropOrphan(ctx context.Context, info store.Info) (gone bool, err error) {
	o.dropping.Lock()
	defer o.dropping.Unlock()
	if o.isRecent(info.CID.String()) {
		return false, nil
	}
	err = o.store.Delete(ctx, info.CID, info.Pins...)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
