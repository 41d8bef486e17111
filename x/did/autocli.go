package did

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/x/did/client/cli"
)

// GetTxCmd returns the transactions that are not generated.
func (AppModule) GetTxCmd() *cobra.Command { return cli.NewTxCmd() }

// GetQueryCmd returns the queries that are not generated.
func (AppModule) GetQueryCmd() *cobra.Command { return cli.NewQueryCmd() }

// AutoCLIOptions describes the generated commands. Documents are left to the written ones: the generated printer knows neither
// W3C JSON nor a oneof.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service:              "panacea.did.v2.Query",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "DID", Skip: true},
				{RpcMethod: "Document", Skip: true},
				{RpcMethod: "Documents", Skip: true},
				{RpcMethod: "Params", Use: "params", Short: "Show the bounds of documents"},
				{
					RpcMethod: "Versions", Use: "versions DID", Short: "List the versions of a DID, oldest first",
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "did"}},
				},
				{
					RpcMethod: "AccountDIDs", Use: "by-account ADDRESS", Short: "List the DIDs whose creation an account paid for",
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "address"}},
				},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:              "panacea.did.v2.Msg",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "CreateDID", Skip: true},
				{RpcMethod: "UpdateDID", Skip: true},
				{RpcMethod: "DeactivateDID", Skip: true},
				{
					RpcMethod: "UpdateParams", Use: "update-params-proposal PARAMS",
					Short:          "Propose new bounds of documents; all of them must be given",
					Example:        `  panacead tx did update-params-proposal '{"max_document_bytes": 16384, …}' --from alice`,
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "params"}},
					GovProposal:    true,
				},
			},
		},
	}
}
