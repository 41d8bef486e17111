package app_test

import (
	"encoding/json"
	"testing"
	"time"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	transfertypes "github.com/cosmos/ibc-go/v11/modules/apps/transfer/types"
	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"

	"github.com/medibloc/panacea/app"
)

// transferPath is two instances of the chain with an open channel for tokens between them.
type transferPath struct {
	*ibctesting.Path
	t *testing.T
}

func newTransferPath(t *testing.T) transferPath {
	t.Helper()
	coordinator := ibctesting.NewCustomAppCoordinator(t, 2, func() (ibctesting.TestingApp, map[string]json.RawMessage) {
		chain := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.NewAppOptionsWithFlagHome(t.TempDir()))
		return chain, chain.DefaultGenesis()
	})
	path := ibctesting.NewTransferPath(coordinator.GetChain(ibctesting.GetChainID(1)), coordinator.GetChain(ibctesting.GetChainID(2)))
	path.Setup()
	return transferPath{path, t}
}

func panacea(endpoint *ibctesting.Endpoint) *app.App { return endpoint.Chain.App.(*app.App) }

func sender(endpoint *ibctesting.Endpoint) sdk.AccAddress {
	return endpoint.Chain.SenderAccount.GetAddress()
}

func balance(endpoint *ibctesting.Endpoint, address sdk.AccAddress, denom string) math.Int {
	return panacea(endpoint).BankKeeper.GetBalance(endpoint.Chain.GetContext(), address, denom).Amount
}

// escrow returns what the endpoint's chain holds in escrow for its channel, after checking that the module's own count agrees.
func (p transferPath) escrow(endpoint *ibctesting.Endpoint) math.Int {
	p.t.Helper()
	account := transfertypes.GetEscrowAddress(endpoint.ChannelConfig.PortID, endpoint.ChannelID)
	held := balance(endpoint, account, app.BaseDenom)
	counted := panacea(endpoint).TransferKeeper.GetTotalEscrowForDenom(endpoint.Chain.GetContext(), app.BaseDenom)
	require.Equal(p.t, held.String(), counted.Amount.String(), "the escrow account and the transfer module's count differ")
	return held
}

func (p transferPath) supply(endpoint *ibctesting.Endpoint, denom string) math.Int {
	return panacea(endpoint).BankKeeper.GetSupply(endpoint.Chain.GetContext(), denom).Amount
}

func (p transferPath) send(from, to *ibctesting.Endpoint, coin sdk.Coin, timeout uint64) {
	p.t.Helper()
	message := transfertypes.NewMsgTransfer(from.ChannelConfig.PortID, from.ChannelID, coin,
		sender(from).String(), sender(to).String(), clienttypes.ZeroHeight(), timeout, "")
	result, err := from.Chain.SendMsgs(message)
	require.NoError(p.t, err)
	packet, err := ibctesting.ParseV1PacketFromEvents(result.Events)
	require.NoError(p.t, err)
	if timeout > uint64(from.Chain.GetContext().BlockTime().Add(time.Hour).UnixNano()) {
		require.NoError(p.t, p.RelayPacket(packet))
		return
	}
	// Let the packet's time pass on the other chain, and prove there that it was never received.
	p.EndpointA.Chain.Coordinator.IncrementTimeBy(2 * time.Hour)
	p.EndpointA.Chain.Coordinator.CommitBlock(p.EndpointA.Chain, p.EndpointB.Chain)
	require.NoError(p.t, from.UpdateClient())
	require.NoError(p.t, from.TimeoutPacket(packet))
}

func far(endpoint *ibctesting.Endpoint) uint64 {
	return uint64(endpoint.Chain.GetContext().BlockTime().Add(24 * time.Hour).UnixNano())
}

func soon(endpoint *ibctesting.Endpoint) uint64 {
	return uint64(endpoint.Chain.GetContext().BlockTime().Add(10 * time.Minute).UnixNano())
}

func TestMEDTravelsToAnotherChainAndBack(t *testing.T) {
	p := newTransferPath(t)
	a, b := p.EndpointA, p.EndpointB
	amount := math.NewInt(1_234_567)
	voucher := transfertypes.NewDenom(app.BaseDenom, transfertypes.NewHop(b.ChannelConfig.PortID, b.ChannelID)).IBCDenom()
	before := balance(a, sender(a), app.BaseDenom)

	p.send(a, b, sdk.NewCoin(app.BaseDenom, amount), far(a))
	require.Equal(t, before.Sub(amount).String(), balance(a, sender(a), app.BaseDenom).String())
	require.Equal(t, amount.String(), p.escrow(a).String(), "what left is in escrow, exactly")
	require.Equal(t, amount.String(), balance(b, sender(b), voucher).String())
	require.Equal(t, amount.String(), p.supply(b, voucher).String())
	require.True(t, p.escrow(b).IsZero(), "the receiving chain holds vouchers, not escrow")

	back := math.NewInt(234_567)
	p.send(b, a, sdk.NewCoin(voucher, back), far(b))
	require.Equal(t, amount.Sub(back).String(), p.escrow(a).String())
	require.Equal(t, amount.Sub(back).String(), p.supply(b, voucher).String(), "vouchers that went back are burned")

	p.send(b, a, sdk.NewCoin(voucher, amount.Sub(back)), far(b))
	require.True(t, p.escrow(a).IsZero())
	require.True(t, p.supply(b, voucher).IsZero())
	require.Equal(t, before.String(), balance(a, sender(a), app.BaseDenom).String())
}

func TestTransferThatTimesOutIsRefunded(t *testing.T) {
	p := newTransferPath(t)
	a, b := p.EndpointA, p.EndpointB
	before := balance(a, sender(a), app.BaseDenom)

	p.send(a, b, sdk.NewInt64Coin(app.BaseDenom, 777), soon(a))
	require.Equal(t, before.String(), balance(a, sender(a), app.BaseDenom).String())
	require.True(t, p.escrow(a).IsZero())
}

func TestVouchersThatTimeOutAreMintedAgain(t *testing.T) {
	p := newTransferPath(t)
	a, b := p.EndpointA, p.EndpointB
	amount := math.NewInt(1000)
	voucher := transfertypes.NewDenom(app.BaseDenom, transfertypes.NewHop(b.ChannelConfig.PortID, b.ChannelID)).IBCDenom()

	p.send(a, b, sdk.NewCoin(app.BaseDenom, amount), far(a))
	p.send(b, a, sdk.NewInt64Coin(voucher, 400), soon(b))
	require.Equal(t, amount.String(), balance(b, sender(b), voucher).String())
	require.Equal(t, amount.String(), p.escrow(a).String())
}

func TestTransferToAModuleAccountIsRefused(t *testing.T) {
	p := newTransferPath(t)
	a, b := p.EndpointA, p.EndpointB
	blocked := authtypes.NewModuleAddress(distrtypes.ModuleName).String()
	require.True(t, app.BlockedAddresses()[blocked])
	before := balance(a, sender(a), app.BaseDenom)
	message := transfertypes.NewMsgTransfer(a.ChannelConfig.PortID, a.ChannelID, sdk.NewInt64Coin(app.BaseDenom, 5),
		sender(a).String(), blocked, clienttypes.ZeroHeight(), far(a), "")
	result, err := a.Chain.SendMsgs(message)
	require.NoError(t, err)
	packet, err := ibctesting.ParseV1PacketFromEvents(result.Events)
	require.NoError(t, err)
	require.NoError(t, p.RelayPacket(packet), "the refusal travels back as an acknowledgement")
	require.Equal(t, before.String(), balance(a, sender(a), app.BaseDenom).String())
	require.True(t, p.escrow(a).IsZero())
	require.True(t, p.escrow(b).IsZero())
}

func TestInterchainAccountsMayUseOurMessages(t *testing.T) {
	p := newTransferPath(t)
	host := panacea(p.EndpointA)
	allowed := host.ICAHostKeeper.GetParams(p.EndpointA.Chain.GetContext()).AllowMessages
	for _, message := range []string{
		"/panacea.did.v2.MsgCreateDIDRequest", "/panacea.did.v2.MsgUpdateDIDRequest", "/panacea.did.v2.MsgDeactivateDIDRequest",
	} {
		require.Contains(t, allowed, message)
	}
	for _, message := range allowed {
		_, err := host.InterfaceRegistry().Resolve(message)
		require.NoError(t, err, "the allow list names a message that this chain does not have")
	}
}
