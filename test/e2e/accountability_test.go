package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app/localnet"
)

// keyRunsTwice gives the key of a validator to a second node, without the record of what the key has signed. The two do not
// know of each other: sooner or later both propose, or vote on, blocks of one height that differ.
func keyRunsTwice(t *testing.T, network *localnet.Network) {
	culprit, honest := network.Nodes[3], network.Nodes[:3]
	chain := dialNode(t, network, honest[0])
	before := validator(t, chain, culprit.Validator)
	address, err := before.GetConsAddr()
	require.NoError(t, err)

	twin, err := network.AddNode("twin")
	require.NoError(t, err)
	key := filepath.Join("config", "priv_validator_key.json")
	secret, err := os.ReadFile(filepath.Join(culprit.Home, key))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(twin.Home, key), secret, 0o600))
	require.NoError(t, twin.Start())

	eventually(t, "the chain has tombstoned the validator", func() error {
		info := signingInfo(t, chain, address)
		if !info.Tombstoned {
			return errors.New("it is not tombstoned")
		}
		return nil
	})
	punished := validator(t, chain, culprit.Validator)
	require.True(t, punished.IsJailed())
	require.False(t, punished.IsBonded())
	slashing, err := slashingtypes.NewQueryClient(chain).Params(t.Context(), &slashingtypes.QueryParamsRequest{})
	require.NoError(t, err)
	slashed := slashing.Params.SlashFractionDoubleSign.MulInt(before.Tokens).TruncateInt()
	require.True(t, slashed.IsPositive())
	require.Equal(t, before.Tokens.Sub(slashed).String(), punished.Tokens.String())

	infraction := equivocation(t, chain, address)
	votes := duplicateVote(t, chain, infraction.Height)
	require.Equal(t, infraction.Height, votes.VoteA.Height)
	require.Equal(t, []byte(address), []byte(votes.VoteA.ValidatorAddress))
	require.NotEqual(t, votes.VoteA.BlockID, votes.VoteB.BlockID)

	blocksGoOn(t, honest...)
	sameChain(t, network, 1, honest...)
}

func validator(t testing.TB, chain chain, operator string) stakingtypes.Validator {
	t.Helper()
	answer, err := stakingtypes.NewQueryClient(chain).Validator(t.Context(), &stakingtypes.QueryValidatorRequest{ValidatorAddr: operator})
	require.NoError(t, err)
	require.NoError(t, answer.Validator.UnpackInterfaces(chain.InterfaceRegistry))
	return answer.Validator
}

func signingInfo(t testing.TB, chain chain, address sdk.ConsAddress) slashingtypes.ValidatorSigningInfo {
	t.Helper()
	answer, err := slashingtypes.NewQueryClient(chain).SigningInfo(t.Context(), &slashingtypes.QuerySigningInfoRequest{ConsAddress: address.String()})
	require.NoError(t, err)
	return answer.ValSigningInfo
}

// equivocation returns what the evidence module recorded against a validator.
func equivocation(t testing.TB, chain chain, address sdk.ConsAddress) *evidencetypes.Equivocation {
	t.Helper()
	answer, err := evidencetypes.NewQueryClient(chain).AllEvidence(t.Context(), &evidencetypes.QueryAllEvidenceRequest{})
	require.NoError(t, err)
	require.Len(t, answer.Evidence, 1)
	recorded := new(evidencetypes.Equivocation)
	require.NoError(t, recorded.Unmarshal(answer.Evidence[0].Value))
	require.Equal(t, address.String(), recorded.ConsensusAddress)
	return recorded
}

// duplicateVote returns the evidence that a block from the given height on holds.
func duplicateVote(t testing.TB, chain chain, from int64) *cmttypes.DuplicateVoteEvidence {
	t.Helper()
	var found *cmttypes.DuplicateVoteEvidence
	eventually(t, "a block holds the evidence", func() error {
		block, err := chain.rpc.Block(t.Context(), &from)
		if err != nil {
			return err
		}
		from++
		for _, evidence := range block.Block.Evidence.Evidence {
			if votes, ok := evidence.(*cmttypes.DuplicateVoteEvidence); ok {
				found = votes
				return nil
			}
		}
		return fmt.Errorf("block %d holds none", from-1)
	})
	return found
}
