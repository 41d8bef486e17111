package app

import (
	_ "embed"
	"net/http"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"

	didtypes "github.com/medibloc/panacea/x/did/types"
	resourceresolver "github.com/medibloc/panacea/x/resource/resolver"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// openAPI describes everything below; scripts/protogen.sh generates it.
//
//go:embed openapi.json
var openAPI []byte

// RegisterAPIRoutes adds everything that the node serves over HTTP: the REST form of all queries and the API's description.
func (app *App) RegisterAPIRoutes(apiServer *api.Server, apiConfig config.APIConfig) {
	ctx := apiServer.ClientCtx
	authtx.RegisterGRPCGatewayRoutes(ctx, apiServer.GRPCGatewayRouter)
	cmtservice.RegisterGRPCGatewayRoutes(ctx, apiServer.GRPCGatewayRouter)
	nodeservice.RegisterGRPCGatewayRoutes(ctx, apiServer.GRPCGatewayRouter)
	app.BasicModuleManager.RegisterGRPCGatewayRoutes(ctx, apiServer.GRPCGatewayRouter)
	resourceresolver.Mount(apiServer.Router, didtypes.NewQueryClient(ctx), resourcetypes.NewQueryClient(ctx))
	apiServer.Router.HandleFunc("/openapi.json", serveOpenAPI).Methods(http.MethodGet)
	apiServer.Router.HandleFunc("/swagger/swagger.yaml", serveOpenAPI).Methods(http.MethodGet) // JSON is YAML; before the SDK's own
	must(server.RegisterSwaggerAPI(ctx, apiServer.Router, apiConfig.Swagger))
}

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(openAPI) // a client that has gone away is no concern of ours
}

// RegisterTxService adds the service that simulates, broadcasts and finds transactions.
func (app *App) RegisterTxService(ctx client.Context) {
	authtx.RegisterTxService(app.GRPCQueryRouter(), ctx, app.Simulate, app.encoding.Registry)
}

// RegisterTendermintService adds the service that tells of blocks, validators and the node.
func (app *App) RegisterTendermintService(ctx client.Context) {
	comet := server.NewCometABCIWrapper(app)
	cmtservice.RegisterTendermintService(ctx, app.GRPCQueryRouter(), app.encoding.Registry, comet.Query)
}

// RegisterNodeService adds the service that tells how the node is configured.
func (app *App) RegisterNodeService(ctx client.Context, cfg config.Config) {
	nodeservice.RegisterNodeService(ctx, app.GRPCQueryRouter(), cfg, func() int64 {
		return app.CommitMultiStore().EarliestVersion()
	})
}
