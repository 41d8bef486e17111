package node

import (
	"context"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	lightdb "github.com/cometbft/cometbft/light/store/db"

	"github.com/medibloc/panacea/client/light"
)

// Observe starts a light client for whoever wants to know what the chain says of an oracle: it needs no enclave and keeps nothing.
func Observe(ctx context.Context, chainID string, nodes []string, trusted light.TrustedBlock, period time.Duration) (*light.Client, error) {
	return light.New(ctx, light.Config{
		ChainID: chainID, Nodes: nodes, Trusted: trusted, TrustingPeriod: period, Store: lightdb.New(dbm.NewMemDB(), "observer"),
	})
}
