package resource

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/x/resource/client/cli"
)

// GetTxCmd returns the transactions that are not generated.
func (AppModule) GetTxCmd() *cobra.Command { return cli.NewTxCmd() }

// GetQueryCmd returns the queries that are not generated.
func (AppModule) GetQueryCmd() *cobra.Command { return cli.NewQueryCmd() }

// AutoCLIOptions describes the generated commands. Whatever prints a resource's bytes is left to the written ones: the generated
// printer would put them into JSON as base64.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	didAnd := func(fields ...string) []*autocliv1.PositionalArgDescriptor {
		args := []*autocliv1.PositionalArgDescriptor{{ProtoField: "did"}}
		for _, field := range fields {
			args = append(args, &autocliv1.PositionalArgDescriptor{ProtoField: field})
		}
		return args
	}
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service:              "panacea.resource.v1.Query",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "Resource", Skip: true},
				{RpcMethod: "NamedResource", Skip: true},
				{RpcMethod: "NamedMetadata", Skip: true},
				{RpcMethod: "Latest", Skip: true},
				{RpcMethod: "Params", Use: "params", Short: "Show the bounds of resources"},
				{
					RpcMethod: "Metadata", Use: "metadata DID ID", Short: "Describe one version of a resource",
					Example:        `  panacead query resource metadata did:panacea:… 2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e11`,
					PositionalArgs: didAnd("id"),
				},
				{
					RpcMethod: "Resources", Use: "all DID", Short: "List every version of every resource of a DID, by id",
					Example:        `  panacead query resource all did:panacea:… --page-limit 10`,
					PositionalArgs: didAnd(),
				},
				{
					RpcMethod: "Versions", Use: "versions DID NAME TYPE", Short: "List the versions of one resource, oldest first",
					Example:        `  panacead query resource versions did:panacea:… revocation BitstringStatusListCredential`,
					PositionalArgs: didAnd("name", "resource_type"),
				},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:              "panacea.resource.v1.Msg",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "CreateResource", Skip: true},
				{
					RpcMethod: "UpdateParams", Use: "update-params-proposal PARAMS",
					Short:          "Propose new bounds of resources; all of them must be given",
					Example:        `  panacead tx resource update-params-proposal '{"max_data_bytes": 131072, "gas_per_byte": 4}' --from alice`,
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "params"}},
					GovProposal:    true,
				},
			},
		},
	}
}
