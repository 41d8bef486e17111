package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/tee"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	didtypes "github.com/medibloc/panacea/x/did/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// TestEveryMessageIsSignedDirectlyAndInAminoJSON: all messages of our modules, executed on a chain whose accounts sign in either
// mode. Governance's stand in proposals. None is missing.
func TestEveryMessageIsSignedDirectlyAndInAminoJSON(t *testing.T) {
	for _, mode := range []signingtypes.SignMode{signingtypes.SignMode_SIGN_MODE_DIRECT, signingtypes.SignMode_SIGN_MODE_LEGACY_AMINO_JSON} {
		t.Run(mode.String(), func(t *testing.T) {
			signed := signEverything(t, mode)
			model := apptest.New(t, apptest.Config{Accounts: 1})
			var all []string
			for _, url := range model.InterfaceRegistry().ListImplementations(sdk.MsgInterfaceProtoName) {
				if strings.HasPrefix(url, "/panacea.") {
					all = append(all, url)
				}
			}
			require.NotEmpty(t, all)
			require.ElementsMatch(t, all, signed)
		})
	}
}

// signEverything returns the type URLs of the messages that it had executed.
func signEverything(t *testing.T, mode signingtypes.SignMode) (signed []string) {
	t.Helper()
	m := newMarketSigning(t, mode, serverconfig.BlockExecutorSequential, 6, 100, 60)
	consumer, provider := m.Address(m.consumer), m.Address(3)
	note := func(msgs ...sdk.Msg) {
		for _, msg := range msgs {
			if url := sdk.MsgTypeURL(msg); strings.HasPrefix(url, "/panacea.") && !slices.Contains(signed, url) {
				signed = append(signed, url)
			}
		}
	}
	does := func(i int, msgs ...sdk.Msg) {
		t.Helper()
		note(msgs...)
		m.MustBlock(m.Tx(i, msgs...))
	}
	other := apptest.NewDID(t, "other")
	does(3, other.Create(provider))
	does(3, other.AddService(provider))
	does(3, other.Publish(apptest.ChainID, provider, "schema & <more>", `{"type":"object"}`))
	does(3, other.Deactivate(provider))

	note(&oracletypes.MsgRegisterOracle{}, &oracletypes.MsgApproveOracle{}) // newMarket did
	does(4, m.oracles[0].Move(m.Address(4), "https://elsewhere.example/?a=1&b=<2>"))
	does(4, m.oracles[0].Renew(m.Address(4), m.TrustedBlock()))
	charge := m.oracles[0].Charge(m.Address(4), math.LegacyNewDecWithPrec(9, 2))
	note(charge)
	requireRefused(t, oracletypes.ErrInvalidCommission, m.Block(m.Tx(4, charge))[0]) // so soon, and not for its signature
	collateral := &oracletypes.MsgSubmitCollateral{Sender: provider.String(), Collateral: []byte("none of Intel's")}
	note(collateral)
	requireRefused(t, oracletypes.ErrInvalidCollateral, m.Block(m.Tx(3, collateral))[0]) // by its content, not for its signature

	deal := apptest.NewDeal(t, consumer, m.did.ID, umed(2_000_000), 2, m.Now().Add(time.Hour))
	deal.Terms[0].Text = "For research & teaching <only>."
	does(m.consumer, deal)
	id := datadealtypes.DealID(apptest.ChainID, consumer, 1)
	does(3, apptest.Consent(apptest.Certificate(apptest.ChainID, id, provider, "datum", m.LastBlockHeight()+100), m.oracles...))
	does(m.consumer, &datadealtypes.MsgDeactivateDeal{Consumer: consumer.String(), DealId: id})
	certificate := apptest.Certificate(apptest.ChainID, id, provider, "told twice", m.LastBlockHeight()+100)
	changed := certificate
	changed.ObjectSize++
	does(4, m.oracles[1].Report(m.Address(4), certificate, changed))
	does(0, &oracletypes.MsgDeregisterOracle{Operator: m.Address(0).String()})

	governance := authtypes.NewModuleAddress(govtypes.ModuleName).String()
	measurement := tee.SimulatedMeasurement("the next one")
	proposed := []sdk.Msg{
		&didtypes.MsgUpdateParams{Authority: governance, Params: didtypes.DefaultParams()},
		&resourcetypes.MsgUpdateParams{Authority: governance, Params: resourcetypes.DefaultParams()},
		&oracletypes.MsgUpdateParams{Authority: governance, Params: oracletypes.DefaultParams()},
		&oracletypes.MsgSetMeasurement{Authority: governance, Measurement: oracletypes.Measurement{
			Measurement: measurement[:], Name: "next", Simulated: true, ActivationHeight: 100,
		}},
		&datadealtypes.MsgUpdateParams{Authority: governance, Params: datadealtypes.DefaultParams()},
	}
	note(proposed...)
	proposal, err := govv1.NewMsgSubmitProposal(proposed, sdk.NewCoins(umed(1)), m.Address(5).String(), "ipfs://why", "all of it", "a proposal", false)
	require.NoError(t, err)
	proposal.InitialDeposit = sdk.NewCoins(umed(100_000_000_000))
	does(5, proposal)

	// A signature over anything else is refused.
	send := m.Tx(3, apptest.NewDeal(t, provider, m.did.ID, umed(1), 1, m.Now().Add(time.Hour)))
	send[len(send)-1] ^= 1
	require.Equal(t, sdkerrors.ErrUnauthorized.ABCICode(), m.Block(send)[0].Code)
	return signed
}
