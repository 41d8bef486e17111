package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/localnet"
)

// TestFourValidators runs one network through what can happen to one. The order matters: the last part costs it a validator.
func TestFourValidators(t *testing.T) {
	network := startNetwork(t, 4)
	parts := []struct {
		claim string
		test  func(*testing.T, *localnet.Network)
	}{
		{"a person creates, changes and ends a DID by the command line", didStory},
		{"two vaults that know a DID of each other find each other by the chain, and an object goes from one to the other", vaultStory},
		{"with one validator killed blocks go on, and it catches up", oneKilled},
		{"with two validators killed blocks stop, nothing forks, and blocks go on when they return", twoKilled},
		{"a node killed under load loses nothing", killedUnderLoad},
		{"a validator whose key runs twice is slashed and tombstoned", keyRunsTwice},
	}
	for _, part := range parts {
		if !t.Run(part.claim, func(t *testing.T) { part.test(t, network) }) {
			return
		}
	}
}

func oneKilled(t *testing.T, network *localnet.Network) {
	victim, others := network.Nodes[3], network.Nodes[:3]
	victim.Kill()
	blocksGoOn(t, others...)
	sameChain(t, network, 1, others...)

	require.NoError(t, victim.Start())
	blocksGoOn(t, network.Nodes...)
	sameChain(t, network, 1, network.Nodes...)
}

func twoKilled(t *testing.T, network *localnet.Network) {
	left, killed := network.Nodes[:2], network.Nodes[2:]
	for _, node := range killed {
		node.Kill()
	}
	stopped := waitForStandstill(t, network, left...)

	// Half of the power cannot commit, though both who are left know of each other, and of something to put into a block.
	chain := dialNode(t, network, left[0])
	alice, bob := chain.address(t, "alice"), chain.address(t, "bob")
	number, _, err := chain.AccountRetriever.GetAccountNumberSequence(chain.Context, alice)
	require.NoError(t, err)
	hash, err := chain.submitUnordered(t.Context(), "alice", number,
		banktypes.NewMsgSend(alice, bob, sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 1))))
	require.NoError(t, err)
	for _, node := range left {
		eventually(t, node.Name+" knows of the transaction", func() error {
			pending, err := dialNode(t, network, node).rpc.NumUnconfirmedTxs(t.Context())
			if err == nil && pending.Count != 1 {
				err = fmt.Errorf("it knows of %d", pending.Count)
			}
			return err
		})
		require.Equal(t, stopped, height(t, node), "a block was made with half of the power")
	}
	sameChain(t, network, stopped, left...)

	for _, node := range killed {
		require.NoError(t, node.Start())
	}
	chain.included(t, hash)
	blocksGoOn(t, network.Nodes...)
	sameChain(t, network, 1, network.Nodes...)
}

// roundState is the part of CometBFT's consensus state that tells whether a node can go on.
type roundState struct {
	Round struct {
		HeightRoundStep string `json:"height/round/step"`
		Votes           []struct {
			Prevotes   []string `json:"prevotes"`
			Precommits []string `json:"precommits"`
		} `json:"height_vote_set"`
	} `json:"round_state"`
}

const (
	stepPrevote   = 4
	stepPrecommit = 6
)

// waitForStandstill waits until the nodes, which hold too little power, have cast their votes of one round at one step, each
// has the votes of all of them, and so each waits for votes that do not come. It returns the height of the last block.
func waitForStandstill(t *testing.T, network *localnet.Network, nodes ...*localnet.Node) int64 {
	t.Helper()
	var height int64
	eventually(t, "consensus has come to a standstill", func() error {
		var where string
		for _, node := range nodes {
			raw, err := dialNode(t, network, node).rpc.ConsensusState(t.Context())
			if err != nil {
				return err
			}
			var state roundState
			if err := json.Unmarshal(raw.RoundState, &state.Round); err != nil {
				return err
			}
			if where == "" {
				where = state.Round.HeightRoundStep
			}
			if state.Round.HeightRoundStep != where {
				return fmt.Errorf("the nodes are at %s and %s", where, state.Round.HeightRoundStep)
			}
			var deciding int64
			var round, step int
			if _, err := fmt.Sscanf(where, "%d/%d/%d", &deciding, &round, &step); err != nil {
				return err
			}
			if round >= len(state.Round.Votes) {
				return fmt.Errorf("%s has no votes of round %d", node.Name, round)
			}
			var cast []string
			switch step {
			case stepPrevote:
				cast = state.Round.Votes[round].Prevotes
			case stepPrecommit:
				cast = state.Round.Votes[round].Precommits
			}
			votes := 0
			for _, vote := range cast {
				if !strings.HasPrefix(vote, "nil-Vote") {
					votes++
				}
			}
			if votes != len(nodes) {
				return fmt.Errorf("%s has %d votes at %s", node.Name, votes, where)
			}
			height = deciding - 1
		}
		return nil
	})
	return height
}
