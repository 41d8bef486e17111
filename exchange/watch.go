package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/medibloc/panacea/seal"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

// Watch delivers every datum that the consumer's deals have bought and will buy, until ctx ends or done says that it was all. What cannot be
// delivered now is tried again later, with growing pauses; each outcome is told to done, which may be nil. Where it stopped is in the
// journals: nothing is missed, nothing is delivered twice.
func (c *Consumer) Watch(ctx context.Context, folder string, done func(Delivery, error) (stop bool)) error {
	quick := *c
	quick.Patience = min(patienceOr(c.Patience), watchPatience) // the others wait meanwhile
	w := &watch{Consumer: &quick, folder: folder, done: done, retry: map[string]retry{}, seen: map[string]uint64{}}
	for head := (Head{}); ; {
		next, err := c.Chain.WaitForBlock(ctx, head.Height)
		if err == nil {
			head = next
			var stop bool
			if stop, err = w.look(ctx); stop {
				return nil
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.tell(Delivery{}, err)
			if err := pause(ctx, 2*time.Second); err != nil {
				return err
			}
		}
	}
}

// watchPatience is how long one datum may keep the others waiting.
const watchPatience = 10 * time.Second

// watch is a running Watch.
type watch struct {
	*Consumer
	folder string
	done   func(Delivery, error) bool
	retry  map[string]retry  // by deal and commitment: what failed
	seen   map[string]uint64 // by deal: consents that have all been delivered
}

type retry struct {
	after time.Time
	wait  time.Duration
}

func (w *watch) tell(d Delivery, err error) bool { return w.done != nil && w.done(d, err) }

// look delivers what is new in any deal.
func (w *watch) look(ctx context.Context) (stop bool, err error) {
	address, err := w.Account.Address()
	if err != nil {
		return false, err
	}
	deals, err := w.Chain.ConsumerDeals(ctx, address.String())
	if err != nil {
		return false, err
	}
	var failed error // of one deal, which the others do not wait for
	for _, d := range deals {
		if d.Consents <= w.seen[d.Id] {
			continue
		}
		stop, err := w.deal(ctx, d)
		if stop || ctx.Err() != nil {
			return stop, ctx.Err()
		}
		failed = errors.Join(failed, err)
	}
	return false, failed
}

func (w *watch) deal(ctx context.Context, d datadealtypes.Deal) (stop bool, err error) {
	consents, err := w.Chain.DealConsents(ctx, d.Id)
	if err != nil {
		return false, err
	}
	all := true
	for _, consent := range consents {
		var c seal.Commitment
		if copy(c[:], consent.Certificate.DataCommitment) != len(c) {
			return false, fmt.Errorf("exchange: the node lists a consent without a commitment")
		}
		id := d.Id + string(c[:])
		if time.Now().Before(w.retry[id].after) {
			all = false
			continue
		}
		before := w.deliveredBefore(d.Id, c)
		if before {
			continue
		}
		delivered, err := w.Deliver(ctx, d.Id, c, w.folder)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			all = false
			wait := min(max(2*w.retry[id].wait, 2*time.Second), 5*time.Minute)
			w.retry[id] = retry{time.Now().Add(wait), wait}
			if errors.Is(err, ErrBusy) {
				continue
			}
			delivered = &Delivery{DealID: d.Id, ObjectCID: consent.Certificate.ObjectCid, Provider: consent.Certificate.Provider}
		} else {
			delete(w.retry, id)
		}
		if w.tell(*delivered, err) {
			return true, nil
		}
	}
	if all {
		w.seen[d.Id] = uint64(len(consents))
	}
	return false, nil
}
