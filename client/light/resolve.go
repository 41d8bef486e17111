package light

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"

	"github.com/medibloc/panacea/did"
	didresolver "github.com/medibloc/panacea/x/did/resolver"
	didtypes "github.com/medibloc/panacea/x/did/types"
	resourceresolver "github.com/medibloc/panacea/x/resource/resolver"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// Connection returns a connection for the query clients of x/did, x/resource and x/oracle that answers over proven state which is at
// most maxAge old, as Fresh has it, at each call. Calls after one another may see different heights: use a snapshot's own clients for
// several answers that belong together.
func (c *Client) Connection(maxAge time.Duration) grpc.ClientConnInterface {
	return freshConnection{c, maxAge}
}

type freshConnection struct {
	client *Client
	maxAge time.Duration
}

// Invoke implements grpc.ClientConnInterface.
func (f freshConnection) Invoke(ctx context.Context, name string, request, reply any, options ...grpc.CallOption) error {
	snapshot, err := f.client.Fresh(ctx, f.maxAge)
	if err != nil {
		return err
	}
	return connection{snapshot}.Invoke(ctx, name, request, reply, options...)
}

// NewStream implements grpc.ClientConnInterface. No module has streams.
func (f freshConnection) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errNoStreams
}

var errNoStreams = errors.New("light client: no verified query is a stream")

// Dereferencer resolves did:panacea and did:key DIDs, and dereferences their DID URLs and resources, from proven state that is at
// most maxAge old: with every version and its time, and so without trust in any node (DID Resolution). It is a did.Resolver through its field
// Resolver.
func (c *Client) Dereferencer(maxAge time.Duration) did.Dereferencer {
	return dereferencer(c.Connection(maxAge))
}

// Dereferencer does as that of Client, from this state.
func (s *Snapshot) Dereferencer() did.Dereferencer { return dereferencer(connection{s}) }

func dereferencer(c grpc.ClientConnInterface) did.Dereferencer {
	return did.Dereferencer{
		Resolver: did.MethodRouter{
			did.MethodPanacea: didresolver.New(didtypes.NewQueryClient(c)),
			"key":             did.KeyResolver{},
		},
		Resources: resourceresolver.New(resourcetypes.NewQueryClient(c)),
	}
}
