package oracle

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/x/oracle/client/cli"
)

// GetTxCmd returns the transactions that are not generated.
func (AppModule) GetTxCmd() *cobra.Command { return cli.NewTxCmd() }

// AutoCLIOptions describes the generated commands. What a message carries in many bytes, evidence and collateral, is read from
// files by the written ones; what a node key signs comes from the oracle's enclave, as a file too.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	address := []*autocliv1.PositionalArgDescriptor{{ProtoField: "address"}}
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "panacea.oracle.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Params", Use: "params", Short: "Show the parameters and the key that providers encrypt to",
					Example: "  panacead query oracle params",
				},
				{
					RpcMethod: "Oracle", Use: "show ADDRESS", Short: "Show an oracle, what it attested, and whether it is active",
					Example: "  panacead query oracle show panacea1…", PositionalArgs: address,
				},
				{
					RpcMethod: "Oracles", Use: "list", Short: "List oracles, or registrations that wait for approval",
					Example: "  panacead query oracle list --status oracle-status-active\n  panacead query oracle list --status oracle-status-pending",
				},
				{
					RpcMethod: "Approvals", Use: "approvals ADDRESS", Short: "List who approved an oracle or its registration",
					Example: "  panacead query oracle approvals panacea1…", PositionalArgs: address,
				},
				{
					RpcMethod: "ActivePower", Use: "active-power", Short: "Show the stake in umed that active oracles speak for",
					Example: "  panacead query oracle active-power",
				},
				{
					RpcMethod: "Measurements", Use: "measurements", Short: "List the enclaves that governance allows, with their heights",
					Example: "  panacead query oracle measurements",
				},
				{
					RpcMethod: "Collateral", Use: "collateral TCB-INFO CA", Short: "Show the chain's collateral for a platform",
					Long:           "Show the chain's collateral for a platform, in the canonical form of package tee/dcap. TCB-INFO is the FMSPC and PCEID in hexadecimal, CA is processor or platform.",
					Example:        "  panacead query oracle collateral 00906ED500000000 processor",
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "tcb_info"}, {ProtoField: "ca"}},
				},
				{
					RpcMethod: "Collaterals", Use: "collaterals", Short: "List the parts of Intel's collateral that the chain has, without their bytes",
					Example: "  panacead query oracle collaterals",
				},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:              "panacea.oracle.v1.Msg",
			EnhanceCustomCommand: true,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "RegisterOracle", Skip: true},
				{RpcMethod: "ApproveOracle", Skip: true},
				{RpcMethod: "RenewAttestation", Skip: true},
				{RpcMethod: "UpdateOracleInfo", Skip: true},
				{RpcMethod: "UpdateOracleCommission", Skip: true},
				{RpcMethod: "SubmitCollateral", Skip: true},
				{
					RpcMethod: "DeregisterOracle", Use: "deregister", Short: "End your oracle, and a registration that waits",
					Example: "  panacead tx oracle deregister --from operator",
				},
				{
					RpcMethod: "SetMeasurement", Use: "set-measurement-proposal MEASUREMENT",
					Short:          "Propose an enclave that oracles may run, or other heights of one",
					Example:        `  panacead tx oracle set-measurement-proposal '{"measurement": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", "name": "oracled v1.2", "minimum_svn": 2, "activation_height": "120000"}' --from alice`,
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "measurement"}},
					GovProposal:    true,
				},
				{
					RpcMethod: "UpdateParams", Use: "update-params-proposal PARAMS",
					Short:          "Propose new parameters; all of them must be given",
					Example:        `  panacead tx oracle update-params-proposal '{"accepted_tcb_statuses": ["UpToDate"], …}' --from alice`,
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "params"}},
					GovProposal:    true,
				},
			},
		},
	}
}
