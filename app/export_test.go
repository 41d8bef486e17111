package app_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"
	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

func umed(amount int64) sdk.Coin { return sdk.NewInt64Coin(app.BaseDenom, amount) }

// eventfulChain returns a chain in whose state is something of every module, made by transactions, and a DID of it that its
// owner can go on with.
func eventfulChain(t *testing.T) (*apptest.Chain, *apptest.DID) {
	t.Helper()
	chain := apptest.New(t, apptest.Config{Accounts: 6})
	address := chain.Address
	validators, err := chain.StakingKeeper.GetAllValidators(chain.Context())
	require.NoError(t, err)
	founder := validators[0].OperatorAddress

	// DIDs: one with history, one that has ended, one just made.
	changed, ended := apptest.NewDID(t, "changed"), apptest.NewDID(t, "ended")
	chain.MustBlock(chain.Tx(0, changed.Create(address(0))), chain.Tx(1, ended.Create(address(1))))
	chain.MustBlock(chain.Tx(0, changed.AddService(address(0))), chain.Tx(1, ended.AddService(address(1))))
	chain.MustBlock(chain.Tx(2, changed.AddService(address(2))), chain.Tx(1, ended.Deactivate(address(1))),
		chain.Tx(3, apptest.NewDID(t, "new").Create(address(3))))

	// Stake: a second validator, delegations, stake that unbonds and stake that moves, rewards paid out elsewhere.
	operator := sdk.ValAddress(address(1))
	create, err := stakingtypes.NewMsgCreateValidator(operator.String(), ed25519.GenPrivKeyFromSecret([]byte("second")).PubKey(), umed(50_000_000),
		stakingtypes.NewDescription("second", "", "", "", ""),
		stakingtypes.NewCommissionRates(math.LegacyNewDecWithPrec(5, 2), math.LegacyNewDecWithPrec(20, 2), math.LegacyNewDecWithPrec(1, 2)), math.OneInt())
	require.NoError(t, err)
	chain.MustBlock(chain.Tx(1, create), chain.Tx(2, stakingtypes.NewMsgDelegate(address(2).String(), founder, umed(9_000_000))))
	chain.MustBlock(
		chain.Tx(2, stakingtypes.NewMsgUndelegate(address(2).String(), founder, umed(2_000_000))),
		chain.Tx(2, stakingtypes.NewMsgBeginRedelegate(address(2).String(), founder, operator.String(), umed(3_000_000))),
		chain.Tx(3, distrtypes.NewMsgSetWithdrawAddress(address(3), address(4))),
		chain.Tx(2, distrtypes.NewMsgWithdrawDelegatorReward(address(2).String(), founder)),
		chain.Tx(3, distrtypes.NewMsgFundCommunityPool(sdk.NewCoins(umed(12_345)), address(3).String())),
	)

	// Governance: a proposal that is voted on, and one that waits for deposits.
	voted, err := govv1.NewMsgSubmitProposal(nil, sdk.NewCoins(umed(100_000_000_000)), address(3).String(), "ipfs://why", "voted on", "a proposal", false)
	require.NoError(t, err)
	waiting, err := govv1.NewMsgSubmitProposal(nil, sdk.NewCoins(umed(1_000_000_000)), address(4).String(), "ipfs://why", "waiting", "a proposal", false)
	require.NoError(t, err)
	chain.MustBlock(chain.Tx(3, voted), chain.Tx(4, waiting))
	chain.MustBlock(
		chain.Tx(2, govv1.NewMsgVote(address(2), 1, govv1.OptionNo, "")),
		chain.Tx(1, govv1.NewMsgVoteWeighted(address(1), 1, govv1.WeightedVoteOptions{
			{Option: govv1.OptionYes, Weight: "0.7"}, {Option: govv1.OptionAbstain, Weight: "0.3"},
		}, "")),
		chain.Tx(5, govv1.NewMsgDeposit(address(5), 2, sdk.NewCoins(umed(1_000_000_000)))),
	)

	// Accounts: vesting at once and in periods, grants of authority and of fees.
	year := chain.Now().AddDate(1, 0, 0)
	grant, err := authz.NewMsgGrant(address(4), address(5), banktypes.NewSendAuthorization(sdk.NewCoins(umed(777)), nil), &year)
	require.NoError(t, err)
	anything, err := authz.NewMsgGrant(address(4), address(0), authz.NewGenericAuthorization(sdk.MsgTypeURL(&didtypes.MsgCreateDIDRequest{})), nil)
	require.NoError(t, err)
	allowance, err := feegrant.NewMsgGrantAllowance(&feegrant.PeriodicAllowance{
		Basic:  feegrant.BasicAllowance{SpendLimit: sdk.NewCoins(umed(10_000_000)), Expiration: &year},
		Period: time.Hour, PeriodSpendLimit: sdk.NewCoins(umed(1_000_000)), PeriodReset: chain.Now().Add(time.Hour),
	}, address(4), address(5))
	require.NoError(t, err)
	chain.MustBlock(
		chain.Tx(0, vestingtypes.NewMsgCreateVestingAccount(address(0), sdk.AccAddress("continuous vesting 1"), sdk.NewCoins(umed(1_000_000)), year.Unix(), false)),
		chain.Tx(0, vestingtypes.NewMsgCreatePeriodicVestingAccount(address(0), sdk.AccAddress("in periods vesting 1"), chain.Now().Unix(), []vestingtypes.Period{
			{Length: 3600, Amount: sdk.NewCoins(umed(10))}, {Length: 7200, Amount: sdk.NewCoins(umed(20))},
		})),
		chain.Tx(4, grant, anything, allowance),
	)
	resourcesAndOracles(chain, changed)
	return chain, changed
}

// resourcesAndOracles adds a resource of two versions by a DID that account 0 pays for, an oracle of account 1's validator that has
// moved and whose stake has changed, one of account 5's that has contradicted itself and was punished, and one of account 4's
// that waits for approval.
func resourcesAndOracles(chain *apptest.Chain, publisher *apptest.DID) {
	address := chain.Address
	publish := func(schema string) sdk.Msg { return publisher.Publish(apptest.ChainID, address(0), "record", schema) }
	chain.MustBlock(chain.Tx(0, publish(`{}`)), chain.Tx(0, publish(`{"type":"object"}`)),
		chain.Tx(4, chain.Validate(4, umed(30_000_000))), chain.Tx(5, chain.Validate(5, umed(10_000_000))))

	oracles := make(map[int]*apptest.Oracle)
	for _, i := range []int{1, 4, 5} {
		oracles[i] = chain.NewOracle(i)
	}
	block := chain.TrustedBlock()
	chain.MustBlock(chain.Tx(1, oracles[1].Register(block, true)), chain.Tx(5, oracles[5].Register(block, false)))
	chain.MustBlock(chain.Tx(0, oracles[1].Approve(address(0), oracles[5])), chain.Tx(4, oracles[4].Register(block, false)))
	chain.MustBlock(chain.Tx(0, oracles[1].Move(address(0), "https://elsewhere.example")),
		chain.Tx(2, stakingtypes.NewMsgDelegate(address(2).String(), sdk.ValAddress(address(1)).String(), umed(7_000_000))))

	first := apptest.Certificate(apptest.ChainID, "00112233445566778899aabbccddeeff", address(0), "datum", chain.LastBlockHeight()+10)
	second := first
	second.ObjectSize++
	chain.MustBlock(chain.Tx(3, oracles[5].Report(address(3), first, second)))
	chain.MustBlock()
}

// imported returns a chain that starts from an exported state, before its first block.
func imported(t *testing.T, exported servertypes.ExportedApp, now time.Time) *app.App {
	t.Helper()
	chain := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.NewAppOptionsWithFlagHome(t.TempDir()), baseapp.SetChainID(apptest.ChainID))
	_, err := chain.InitChain(&abci.RequestInitChain{
		ChainId: apptest.ChainID, Time: now, ConsensusParams: &exported.ConsensusParams, AppStateBytes: exported.AppState, InitialHeight: max(exported.Height, 1),
	})
	require.NoError(t, err)
	return chain
}

func export(t *testing.T, chain *app.App, forZeroHeight bool) (servertypes.ExportedApp, map[string]json.RawMessage) {
	t.Helper()
	exported, err := chain.ExportAppStateAndValidators(forZeroHeight, nil, nil)
	require.NoError(t, err)
	var modules map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(exported.AppState, &modules))
	return exported, modules
}

// TestExportedStateGoesOnAsIfNothingHadHappened: a chain made from an export and the chain that was exported execute the same
// block, and are the same afterwards, byte for byte.
func TestExportedStateGoesOnAsIfNothingHadHappened(t *testing.T) {
	chain, changed := eventfulChain(t)
	exported, before := export(t, chain.App, false)
	require.Equal(t, chain.LastBlockHeight()+1, exported.Height)
	require.Len(t, exported.Validators, 3)
	for module, mark := range map[string]string{ // that there is something to lose
		"did": `"deactivated"`, "staking": `"completion_time"`, "gov": `"PROPOSAL_STATUS_VOTING_PERIOD"`, "auth": "PeriodicVestingAccount",
		"authz": "SendAuthorization", "feegrant": "PeriodicAllowance", "distribution": `"delegator_withdraw_infos":[{`,
		"resource": `"record"`, "oracle": `"punished":true`, "evidence": "oracle.v1.Contradiction",
	} {
		require.Contains(t, string(compact(t, before[module])), mark, "the state of %s is poorer than this test needs", module)
	}

	goesOnAlike(t, chain,
		chain.Tx(0, changed.AddService(chain.Address(0))),
		chain.Tx(1, stakingtypes.NewMsgUndelegate(chain.Address(1).String(), sdk.ValAddress(chain.Address(1)).String(), umed(1_000))),
		chain.Tx(5, govv1.NewMsgVote(chain.Address(5), 1, govv1.OptionYes, "")),
	)
}

// goesOnAlike exports a chain, lets it and a chain made from the export execute a block, and compares results, exports and stores.
func goesOnAlike(t *testing.T, chain *apptest.Chain, txs ...[]byte) {
	t.Helper()
	exported, _ := export(t, chain.App, false)
	successor := imported(t, exported, chain.Now())
	block := chain.NextBlock(txs...)
	require.Equal(t, exported.Height, block.Height)
	results := chain.Block(txs...)
	response, err := successor.FinalizeBlock(block)
	require.NoError(t, err)
	require.Equal(t, results, response.TxResults)
	_, err = successor.Commit()
	require.NoError(t, err)

	wanted, want := export(t, chain.App, false)
	gotten, got := export(t, successor, false)
	require.Len(t, got, len(want))
	for module := range want {
		require.Equal(t, string(want[module]), string(got[module]), "the state of %s", module)
		require.NotEmpty(t, got[module])
	}
	require.Equal(t, wanted.Validators, gotten.Validators)
	require.Equal(t, wanted.ConsensusParams, gotten.ConsensusParams)
	require.Equal(t, string(wanted.AppState), string(gotten.AppState))
	for _, key := range chain.GetStoreKeys() {
		require.Equal(t, storeContent(t, chain.App, key.Name()), storeContent(t, successor, key.Name()), "store %s", key.Name())
	}
}

// TestADealSurvivesExportAtEveryPointOfItsLife: whatever a deal is in the middle of, a chain made from an export finishes it as
// the exported chain does. Deals are created before the chains part, because the number of a new escrow account derives from the
// app hash, which is another on another chain.
func TestADealSurvivesExportAtEveryPointOfItsLife(t *testing.T) {
	m := newMarket(t, serverconfig.BlockExecutorSequential, 8, 100, 60)
	consumer := m.Address(m.consumer)
	create := func(count uint64, life time.Duration) []byte {
		m.deals++
		return m.Tx(m.consumer, apptest.NewDeal(t, consumer, m.did.ID, umed(1_000_003*int64(count)), count, m.Now().Add(life)))
	}
	id := func(number uint64) string { return datadealtypes.DealID(apptest.ChainID, consumer, number) }
	end := func(number uint64) []byte {
		return m.Tx(m.consumer, &datadealtypes.MsgDeactivateDeal{Consumer: consumer.String(), DealId: id(number)})
	}
	status := func(number uint64) datadealtypes.DealStatus { return m.deal(id(number)).Status }

	m.MustBlock(create(3, time.Hour), create(2, time.Hour), create(2, 30*time.Second), create(1, 40*time.Second))
	goesOnAlike(t, m.Chain, m.consent(id(1), 3, "first", m.oracles...), m.consent(id(2), 4, "only", m.oracles...))
	goesOnAlike(t, m.Chain, m.consent(id(1), 4, "first", m.oracles...), end(2)) // sold already, and a deal with one datum ends
	goesOnAlike(t, m.Chain, m.consent(id(1), 4, "second", m.oracles...), m.consent(id(2), 5, "late", m.oracles...))
	require.Equal(t, datadealtypes.DEAL_STATUS_DEACTIVATED, status(2))
	goesOnAlike(t, m.Chain, m.consent(id(1), 5, "third", m.oracles...), m.consent(id(3), 5, "third", m.oracles...))
	require.Equal(t, datadealtypes.DEAL_STATUS_COMPLETED, status(1))
	goesOnAlike(t, m.Chain)
	require.Equal(t, datadealtypes.DEAL_STATUS_EXPIRED, status(3), "with a datum sold")
	require.Equal(t, datadealtypes.DEAL_STATUS_ACTIVE, status(4))
	m.whole()

	// A chain that begins at height zero with it pays its refunds as well.
	exported, _ := export(t, m.App, true)
	successor := imported(t, exported, m.Now())
	_, err := successor.FinalizeBlock(&abci.RequestFinalizeBlock{Height: 1, Time: m.Now().Add(time.Minute)})
	require.NoError(t, err)
	_, err = successor.Commit()
	require.NoError(t, err)
	require.NoError(t, successor.DataDealKeeper.CheckInvariants(successor.NewContext(true)))
	deal, err := successor.DataDealKeeper.GetDeal(successor.NewContext(true), id(4))
	require.NoError(t, err)
	require.Equal(t, datadealtypes.DEAL_STATUS_EXPIRED, deal.Status)
}

// TestExportForHeightZeroKeepsWhatPeopleOwn: heights begin anew, and nobody has lost a umed, a vote or a DID.
func TestExportForHeightZeroKeepsWhatPeopleOwn(t *testing.T) {
	chain, _ := eventfulChain(t)
	_, before := export(t, chain.App, false)
	supply := chain.BankKeeper.GetSupply(chain.Context(), app.BaseDenom)
	exported, after := export(t, chain.App, true)
	require.Zero(t, exported.Height)
	for _, module := range []string{"did", "resource", "gov", "auth", "authz", "feegrant"} {
		require.JSONEq(t, string(before[module]), string(after[module]), module)
	}

	successor := imported(t, exported, chain.Now())
	_, err := successor.FinalizeBlock(&abci.RequestFinalizeBlock{Height: 1, Time: chain.Now()})
	require.NoError(t, err)
	_, err = successor.Commit()
	require.NoError(t, err)
	ctx := successor.NewContextLegacy(true, cmtproto.Header{Height: 1})
	minted := successor.BankKeeper.GetSupply(ctx, app.BaseDenom).Sub(supply)
	require.True(t, minted.Amount.LT(math.NewInt(1_000_000_000)), "more than one block's worth was minted: %s", minted)
	validators, err := successor.StakingKeeper.GetBondedValidatorsByPower(ctx)
	require.NoError(t, err)
	require.Len(t, validators, 3)
}

func compact(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	out, err := json.Marshal(value)
	require.NoError(t, err)
	return out
}

// storeContent returns what a store holds, but for the headers of past blocks that staking keeps: those of another chain are
// of no use to a new one.
func storeContent(t *testing.T, chain *app.App, name string) map[string]string {
	t.Helper()
	entries := chain.NewContext(true).KVStore(chain.GetKey(name)).Iterator(nil, nil)
	defer entries.Close()
	content := make(map[string]string)
	for ; entries.Valid(); entries.Next() {
		if name == stakingtypes.StoreKey && bytes.HasPrefix(entries.Key(), stakingtypes.HistoricalInfoKey) {
			continue
		}
		content[string(entries.Key())] = string(entries.Value())
	}
	return content
}
