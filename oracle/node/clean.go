package node

import (
	"context"
	"errors"
	"time"

	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

// keepClean drops objects from the vault whose time is over, again and again, until the context ends.
func (n *Node) keepClean(ctx context.Context) {
	tick := time.NewTicker(time.Duration(n.Config.Vault.CleanInterval))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		dropped, err := n.objects.clean(ctx, int64(n.Config.Vault.UnsoldMargin), n.fateOf)
		n.metrics.dropped.Add(float64(dropped))
		if dropped > 0 {
			n.log.Info("objects are dropped whose time is over", "objects", dropped)
		}
		if err != nil && ctx.Err() == nil {
			n.metrics.failed("cleaning the vault")
			n.log.Error("cleaning the vault failed; it is tried again", "error", err)
		}
	}
}

// fateOf asks the chain about an object, but only if what it knows of the object may have ended.
func (n *Node) fateOf(ctx context.Context, k kept) (fate, error) {
	s, err := n.light.Fresh(ctx, time.Duration(n.Config.Chain.MaxBlockAge))
	if err != nil {
		return fate{}, err
	}
	f := fate{Height: s.Height(), Time: s.Time()}
	if k.KeptUntil != nil || f.Height <= k.LastHeight {
		return f, nil
	}
	consent, err := s.Consent(ctx, k.DealID, k.Commitment)
	if errors.Is(err, datadeal.ErrConsentNotFound) {
		return f, nil
	}
	if err != nil {
		return fate{}, err
	}
	deals, err := s.DealParams(ctx)
	f.Sold = consent.Time.Add(deals.Retention)
	return f, err
}
