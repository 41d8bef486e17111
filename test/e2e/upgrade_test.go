package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/localnet"
)

// rehearsal is the name of the upgrade that upgradenode knows and panacead does not, and of the store that comes with it.
const rehearsal = "rehearsal"

func TestGovernedUpgradeHaltsTheNodesAndTheNextReleaseGoesOn(t *testing.T) {
	network := startNetwork(t, 2)
	chain := dialNode(t, network, network.Nodes[0])
	require.NotZero(t, storeQuery(t, chain), "the store is there before the upgrade")

	// An expedited vote takes 10 seconds on a local network.
	plan := upgradetypes.Plan{Name: rehearsal, Height: height(t, network.Nodes[0]) + 45}
	decide(t, chain, network, &upgradetypes.MsgSoftwareUpgrade{
		Authority: authtypes.NewModuleAddress(govtypes.ModuleName).String(), Plan: plan,
	})
	for _, node := range network.Nodes {
		eventually(t, node.Name+" has halted for the upgrade", func() error { return upgradeNeeded(node, plan) })
		require.Equal(t, plan.Height-1, height(t, node), "%s went beyond the upgrade's height", node.Name)
	}
	for _, node := range network.Nodes {
		node.Kill() // the node waits for this: cosmovisor does it when it sees the file
	}
	require.NoError(t, network.Stop())

	next := localnet.DefaultConfig(network.Home)
	next.Binary, next.BlockTime = upgradenode, blockTime
	upgraded := runNetwork(t, next)
	chain = dialNode(t, upgraded, upgraded.Nodes[0])
	applied, err := upgradetypes.NewQueryClient(chain).AppliedPlan(t.Context(), &upgradetypes.QueryAppliedPlanRequest{Name: rehearsal})
	require.NoError(t, err)
	require.Equal(t, plan.Height, applied.Height)
	blocksGoOn(t, upgraded.Nodes...)
	sameChain(t, upgraded, 1, upgraded.Nodes...)
	require.Zero(t, storeQuery(t, chain), "the upgrade's store is missing")
}

// decide puts a message to an expedited vote in which every validator agrees.
func decide(t *testing.T, chain chain, network *localnet.Network, message sdk.Msg) {
	t.Helper()
	deposit := sdk.NewCoins(sdk.NewCoin(app.BaseDenom, math.NewInt(50_000_000)))
	proposal, err := govv1.NewMsgSubmitProposal([]sdk.Msg{message}, deposit, chain.address(t, "alice").String(), "", "an upgrade", "as the test says", true)
	require.NoError(t, err)
	chain.send(t, "alice", 500_000, proposal)

	const first = 1
	for i := range network.Nodes {
		voter := fmt.Sprintf("validator%d", i)
		chain.send(t, voter, 500_000, govv1.NewMsgVote(chain.address(t, voter), first, govv1.OptionYes, ""))
	}
	eventually(t, "the proposal has passed", func() error {
		answer, err := govv1.NewQueryClient(chain).Proposal(t.Context(), &govv1.QueryProposalRequest{ProposalId: first})
		if err == nil && answer.Proposal.Status != govv1.StatusPassed {
			err = fmt.Errorf("it is %s %s", answer.Proposal.Status, answer.Proposal.FailedReason)
		}
		return err
	})
}

// upgradeNeeded fails unless the node has written what cosmovisor waits for.
func upgradeNeeded(node *localnet.Node, plan upgradetypes.Plan) error {
	raw, err := os.ReadFile(filepath.Join(node.Home, "data", upgradetypes.UpgradeInfoFilename))
	if err != nil {
		return err
	}
	var needed upgradetypes.Plan
	if err := json.Unmarshal(raw, &needed); err != nil {
		return err
	}
	if needed.Name != plan.Name || needed.Height != plan.Height {
		return errors.New("another upgrade is needed: " + string(raw))
	}
	return nil
}

// storeQuery asks for a key of the upgrade's store, and returns the answer's code.
func storeQuery(t *testing.T, chain chain) uint32 {
	t.Helper()
	answer, err := chain.rpc.ABCIQuery(t.Context(), "/store/"+rehearsal+"/key", []byte("none"))
	require.NoError(t, err)
	return answer.Response.Code
}
