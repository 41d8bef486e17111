package resource_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"cosmossdk.io/log/v2"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server/api"

	"github.com/medibloc/panacea/x/resource"
	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

func TestGenesisOfTheModule(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	c.Publish(p, fixture.Resource{ID: fixture.UUID("x"), Name: "n", Type: "T", MediaType: "a/b", Data: []byte("x")})
	m := resource.NewAppModule(c.Keeper, c.DIDs)
	raw := m.ExportGenesis(c.Ctx, c.Codec)
	require.NoError(t, m.ValidateGenesis(c.Codec, nil, raw))
	require.NoError(t, m.ValidateGenesis(c.Codec, nil, m.DefaultGenesis(c.Codec)))
	require.ErrorIs(t, m.ValidateGenesis(c.Codec, nil, json.RawMessage(`{"resources":1}`)), types.ErrInvalidGenesis)
	require.ErrorIs(t, m.ValidateGenesis(c.Codec, nil, json.RawMessage(`{}`)), types.ErrInvalidParams)
	other := fixture.NewEmpty(t)
	resource.NewAppModule(other.Keeper, other.DIDs).InitGenesis(other.Ctx, other.Codec, raw)
	require.Equal(t, c.Export(), other.Export())
	require.Panics(t, func() { m.InitGenesis(c.Ctx, c.Codec, json.RawMessage(`{}`)) })
}

// TestREST asks every query over HTTP, through the gateway as a node runs it.
func TestREST(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	uuid := fixture.UUID("x")
	c.Publish(p, fixture.Resource{ID: uuid, Name: "a/b c", Type: "T", Version: "1", MediaType: "application/json", Data: []byte("{}")})
	server := api.New(client.Context{}.WithInterfaceRegistry(c.Registry), log.NewNopLogger(), grpc.NewServer())
	require.NoError(t, types.RegisterQueryHandlerClient(t.Context(), server.GRPCGatewayRouter, c.Client()))

	base, named := "/panacea/resource/v1/dids/"+p.ID, "name=a%2Fb%20c&resource_type=T"
	data := `"data":"` + base64.StdEncoding.EncodeToString([]byte("{}")) + `"`
	for target, want := range map[string]string{
		"/panacea/resource/v1/params":                              `{"params":{"max_data_bytes":262144,"gas_per_byte":2}}`,
		base + "/resources/" + uuid:                                data,
		base + "/resources/" + uuid + "/metadata":                  `"checksum":"` + types.Checksum([]byte("{}")) + `","size":2,"created":"2026-01-02T03:04:05.678Z","height":"1","number":"1"`,
		base + "/resources?pagination.limit=1":                     `"id":"` + uuid + `"`,
		base + "/named?" + named:                                   data,
		base + "/named?version=1&" + named:                         data,
		base + "/named/metadata?" + named:                          `"name":"a/b c"`,
		base + "/versions?" + named:                                `"id":"` + uuid + `"`,
		base + "/latest?resource_type=T":                           `"id":"` + uuid + `"`,
		base + "/latest?name=x":                                    `"resources":[]`,
		base + "/latest":                                           `"id":"` + uuid + `"`,
		base + "/named?version_time=2026-01-02T03:04:05Z&" + named: data,
		base + "/latest?version_time=2026-01-02T03:04:04Z":         `"resources":[]`,
	} {
		w := httptest.NewRecorder()
		server.GRPCGatewayRouter.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", target, w.Body.String())
		require.Contains(t, w.Body.String(), want, target)
	}
	for target, status := range map[string]int{
		base + "/resources/x":                         http.StatusBadRequest,
		base + "/resources/" + fixture.UUID("absent"): http.StatusNotFound,
		base + "/named?name=a":                        http.StatusBadRequest,
		"/panacea/resource/v1/dids/x/resources":       http.StatusBadRequest,
	} {
		w := httptest.NewRecorder()
		server.GRPCGatewayRouter.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		require.Equal(t, status, w.Code, target)
	}
}

// TestEveryQueryAndMessageHasItsCommand: none is left to a form that nobody has looked at.
func TestEveryQueryAndMessageHasItsCommand(t *testing.T) {
	options := resource.AppModule{}.AutoCLIOptions()
	described := map[string]bool{}
	for _, o := range append(options.Query.RpcCommandOptions, options.Tx.RpcCommandOptions...) {
		described[o.RpcMethod] = true
	}
	for _, service := range []grpc.ServiceDesc{types.Query_serviceDesc, types.Msg_serviceDesc} {
		for _, method := range service.Methods {
			require.True(t, described[method.MethodName], method.MethodName)
		}
	}
}
