package node

import (
	"context"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/resolver"
)

// resolver resolves DIDs by what the chain proves.
func (n *Node) resolver() did.Resolver {
	return did.MethodRouter{did.MethodPanacea: provenDIDs{n}, "key": did.KeyResolver{}}
}

type provenDIDs struct{ node *Node }

// Resolve implements did.Resolver.
func (p provenDIDs) Resolve(ctx context.Context, id string, opts did.ResolveOptions) (*did.Resolution, error) {
	s, err := p.node.light.Fresh(ctx, time.Duration(p.node.Config.Chain.MaxBlockAge))
	if err != nil {
		return nil, err
	}
	return resolver.New(s.DIDs()).Resolve(ctx, id, opts)
}
