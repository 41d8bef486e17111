package light

import (
	"context"
	"fmt"
	"reflect"

	"google.golang.org/grpc"

	didtypes "github.com/medibloc/panacea/x/did/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// queries are the chain's query servers, called in this process. It is the registrar that they are registered with.
type queries struct{ methods map[string]method }

type method struct {
	server  any
	handler grpc.MethodHandler
}

// RegisterService implements grpc.ServiceRegistrar.
func (q *queries) RegisterService(service *grpc.ServiceDesc, server any) {
	if q.methods == nil {
		q.methods = map[string]method{}
	}
	for _, m := range service.Methods {
		q.methods["/"+service.ServiceName+"/"+m.MethodName] = method{server, m.Handler}
	}
}

// call calls a method and puts the response into reply. Requests and responses are not encoded on the way.
func (q *queries) call(ctx context.Context, name string, request, reply any) error {
	m, ok := q.methods[name]
	if !ok {
		return fmt.Errorf("light client: no verified query %s", name)
	}
	response, err := m.handler(m.server, ctx, func(to any) error { return assign(to, request) }, nil)
	if err != nil {
		return err
	}
	return assign(reply, response)
}

// assign copies the message that from points to into that which to points to.
func assign(to, from any) error {
	target, source := reflect.ValueOf(to), reflect.ValueOf(from)
	if target.Type() != source.Type() || source.IsNil() {
		return fmt.Errorf("light client: a query of %T was given %T", to, from)
	}
	target.Elem().Set(source.Elem())
	return nil
}

// connection answers the queries of the chain's modules over proven state.
type connection struct{ snapshot *Snapshot }

// Invoke implements grpc.ClientConnInterface.
func (c connection) Invoke(ctx context.Context, name string, request, reply any, _ ...grpc.CallOption) error {
	return c.snapshot.read(ctx, func(ctx context.Context) error {
		return c.snapshot.client.modules.queries.call(ctx, name, request, reply)
	})
}

// NewStream implements grpc.ClientConnInterface. No module has streams.
func (c connection) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errNoStreams
}

// DIDs returns the queries of x/did, answered over proven state: by the chain's own code, in this process, so that the answers and
// the errors (didtypes.ErrDIDNotFound, …) are those of a node that does not lie.
func (s *Snapshot) DIDs() didtypes.QueryClient { return didtypes.NewQueryClient(connection{s}) }

// Resources returns the queries of x/resource, answered as DIDs does. Lists are proven to be complete, by a request for each entry.
func (s *Snapshot) Resources() resourcetypes.QueryClient {
	return resourcetypes.NewQueryClient(connection{s})
}

// Oracles returns the queries of x/oracle, answered as DIDs does. Lists are proven to be complete, by a request for each entry.
func (s *Snapshot) Oracles() oracletypes.QueryClient {
	return oracletypes.NewQueryClient(connection{s})
}
