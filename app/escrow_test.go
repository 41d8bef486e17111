package app_test

import (
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// signedBlock executes and commits a block in which misbehaviour of validators is reported. The oracles' validators have signed the
// one before, and so earn.
func (m *market) signedBlock(txs [][]byte, reported ...abci.Misbehavior) {
	m.t.Helper()
	request := m.NextBlock(txs...)
	request.Misbehavior = reported
	for _, oracle := range m.oracles {
		validator, err := m.StakingKeeper.GetValidator(m.Context(), sdk.ValAddress(oracle.Operator))
		require.NoError(m.t, err)
		request.DecidedLastCommit.Votes = append(request.DecidedLastCommit.Votes,
			abci.VoteInfo{Validator: m.consensus(validator), BlockIdFlag: cmtproto.BlockIDFlagCommit})
	}
	response, err := m.FinalizeBlock(request)
	require.NoError(m.t, err)
	for _, result := range response.TxResults {
		require.Zero(m.t, result.Code, result.Log)
	}
	_, err = m.Commit()
	require.NoError(m.t, err)
}

// consensus returns a validator as CometBFT knows it.
func (m *market) consensus(validator stakingtypes.Validator) abci.Validator {
	m.t.Helper()
	address, err := validator.GetConsAddr()
	require.NoError(m.t, err)
	return abci.Validator{Address: address, Power: validator.ConsensusPower(m.StakingKeeper.PowerReduction(m.Context()))}
}

// TestRewardsToAnEscrowGoToItsConsumer: whoever has his staking rewards paid to an escrow pays them to its deal's consumer. No block and no
// export fails, whatever it is that withdraws them, and the escrow holds what it should.
func TestRewardsToAnEscrowGoToItsConsumer(t *testing.T) {
	m := newMarket(t, serverconfig.BlockExecutorSequential, 8, 100, 60)
	deal := m.deal(m.newDeal(1_000_000, 10))
	escrow, consumer, delegator := sdk.MustAccAddressFromBech32(deal.Escrow), m.Address(m.consumer), m.Address(5)
	operator := func(i int) string { return sdk.ValAddress(m.Address(i)).String() }
	earns := func(what string, act func()) {
		t.Helper()
		before := m.umedOf(consumer)
		act()
		require.Greater(t, m.umedOf(consumer), before, what)
		require.Equal(t, int64(1_000_000), m.umedOf(escrow), what)
		m.whole()
	}

	m.MustBlock(m.Tx(5, stakingtypes.NewMsgDelegate(delegator.String(), operator(0), umed(50_000_000))))
	m.signedBlock(nil)
	infraction := m.LastBlockHeight()
	cheat, err := m.StakingKeeper.GetValidator(m.Context(), sdk.ValAddress(m.Address(0)))
	require.NoError(t, err)
	m.MustBlock(m.Tx(5, stakingtypes.NewMsgBeginRedelegate(delegator.String(), operator(0), operator(1), umed(50_000_000)),
		distrtypes.NewMsgSetWithdrawAddress(delegator, escrow)))
	m.signedBlock(nil)
	earns("withdrawn by the slash of a redelegation", func() {
		m.signedBlock(nil, abci.Misbehavior{
			Type: abci.MisbehaviorType_DUPLICATE_VOTE, Validator: m.consensus(cheat), Height: infraction, Time: m.Now(),
		})
	})
	earns("withdrawn by a message", func() {
		m.signedBlock([][]byte{m.Tx(5, distrtypes.NewMsgWithdrawDelegatorReward(delegator.String(), operator(1)))})
	})
	m.signedBlock(nil)
	_, state := export(t, m.App, true)
	require.Contains(t, string(compact(t, state["bank"])),
		fmt.Sprintf(`{"address":"%s","coins":[{"amount":"1000000","denom":"umed"}]}`, escrow), "withdrawn by an export")
}
