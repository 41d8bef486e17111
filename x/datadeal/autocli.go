package datadeal

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/x/datadeal/client/cli"
)

// GetTxCmd returns the transactions that are not generated.
func (AppModule) GetTxCmd() *cobra.Command { return cli.NewTxCmd() }

// AutoCLIOptions describes the generated commands. Deals and certificates are read from files by the written ones.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	positional := func(fields ...string) (args []*autocliv1.PositionalArgDescriptor) {
		for _, field := range fields {
			args = append(args, &autocliv1.PositionalArgDescriptor{ProtoField: field})
		}
		return args
	}
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "panacea.datadeal.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Params", Use: "params", Short: "Show the parameters",
					Example: "  panacead query datadeal params",
				},
				{
					RpcMethod: "Deal", Use: "deal DEAL-ID", Short: "Show a deal: what it asks for, what is paid, how far it is",
					Example: "  panacead query datadeal deal 7d1f0c0de0b3a9b8c6f8d2f0a1b2c3d4", PositionalArgs: positional("deal_id"),
				},
				{
					RpcMethod: "Deals", Use: "deals", Short: "List deals: all, a consumer's, or those of a status",
					Example: "  panacead query datadeal deals --status deal-status-active\n  panacead query datadeal deals --consumer panacea1…",
				},
				{
					RpcMethod: "Consent", Use: "consent DEAL-ID DATA-COMMITMENT", Short: "Show what was vouched for and paid for a datum",
					Long:           "Show what was vouched for and paid for a datum. DATA-COMMITMENT is 64 hexadecimal characters.",
					Example:        "  panacead query datadeal consent 7d1f0c0de0b3a9b8c6f8d2f0a1b2c3d4 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
					PositionalArgs: positional("deal_id", "data_commitment"),
				},
				{
					RpcMethod: "DealConsents", Use: "deal-consents DEAL-ID", Short: "List what a deal has bought",
					Example: "  panacead query datadeal deal-consents 7d1f0c0de0b3a9b8c6f8d2f0a1b2c3d4", PositionalArgs: positional("deal_id"),
				},
				{
					RpcMethod: "ProviderConsents", Use: "provider-consents PROVIDER", Short: "List what a provider has sold",
					Example: "  panacead query datadeal provider-consents panacea1…", PositionalArgs: positional("provider"),
				},
				{
					RpcMethod: "ConsumerConsents", Use: "consumer-consents CONSUMER", Short: "List what a consumer has bought in all deals",
					Example: "  panacead query datadeal consumer-consents panacea1…", PositionalArgs: positional("consumer"),
				},
				{
					RpcMethod: "ObjectConsent", Use: "object-consent OBJECT-CID", Short: "Show the consent that sold an object",
					Example:        "  panacead query datadeal object-consent bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
					PositionalArgs: positional("object_cid"),
				},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:              "panacea.datadeal.v1.Msg",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "CreateDeal", Skip: true},
				{RpcMethod: "SubmitConsent", Skip: true},
				{
					RpcMethod: "DeactivateDeal", Use: "deactivate DEAL-ID", Short: "End your deal, and get back what is left of its budget",
					Example: "  panacead tx datadeal deactivate 7d1f0c0de0b3a9b8c6f8d2f0a1b2c3d4 --from consumer", PositionalArgs: positional("deal_id"),
				},
				{
					RpcMethod: "UpdateParams", Use: "update-params-proposal PARAMS", Short: "Propose new parameters; all of them must be given",
					Example: `  panacead tx datadeal update-params-proposal '{"minimum_quorum": {"numerator": 1, "denominator": 2}, …}' --from alice`, PositionalArgs: positional("params"),
					GovProposal: true,
				},
			},
		},
	}
}
