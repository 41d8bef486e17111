// Package simulation publishes random resources for the SDK's simulation, in the name of the DIDs that the simulation of x/did has
// made.
package simulation

import (
	"context"
	"fmt"
	"math/rand"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	didsimulation "github.com/medibloc/panacea/x/did/simulation"
	"github.com/medibloc/panacea/x/resource/keeper"
	"github.com/medibloc/panacea/x/resource/types"
)

const (
	// maxData is the most bytes that a simulated resource has.
	maxData = 4096
	// oneIn is how rarely a resource has another name, and another type, than most: so that they get many versions.
	oneIn = 6
)

// MsgCreateResourceFactory publishes resources: new ones, and next versions of those that are there.
func MsgCreateResourceFactory(k keeper.Keeper, dids types.DIDKeeper) simsx.SimMsgFactoryFn[*types.MsgCreateResource] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgCreateResource) {
		publisher, ok := randomPublisher(ctx, k, dids, data)
		if !ok {
			reporter.Skip("no DID that may assert was found")
			return nil, nil
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		msg := randomResource(data.Rand().Rand)
		msg.Did, msg.VerificationMethodId, msg.FromAddress = publisher.ID, publisher.MethodID, from.AddressBech32
		latest, err := keeper.NewQueryServer(k).NamedMetadata(ctx, &types.QueryNamedMetadataRequest{
			Did: msg.Did, Name: msg.Name, ResourceType: msg.ResourceType,
		})
		if err == nil {
			msg.PreviousVersionId = latest.Metadata.Id
			if msg.Version != "" {
				msg.Version = fmt.Sprintf("%d.0.0", latest.Metadata.Number)
			}
		}
		if err := msg.Sign(sdk.UnwrapSDKContext(ctx).ChainID(), publisher.Key); err != nil {
			reporter.Skipf("signing: %v", err)
			return nil, nil
		}
		return []simsx.SimAccount{from}, msg
	}
}

// publisherTries is how many DIDs are looked at for one that has published before.
const publisherTries = 16

// randomPublisher finds a DID that may assert: one that has published before more often than not, so that histories get long.
func randomPublisher(ctx context.Context, k keeper.Keeper, dids types.DIDKeeper, data *simsx.ChainDataSource) (a didsimulation.Asserter, ok bool) {
	tries := 1
	if data.Rand().Intn(4) > 0 {
		tries = publisherTries
	}
	for range tries {
		found, some := didsimulation.RandomAsserter(ctx, dids, data)
		if !some {
			break
		}
		a, ok = found, true
		published, err := keeper.NewQueryServer(k).Latest(ctx, &types.QueryLatestRequest{Did: a.ID})
		if err == nil && len(published.Resources) > 0 {
			break
		}
	}
	return a, ok
}

// randomResource makes a message that lacks its publisher and its place in the series.
func randomResource(r *rand.Rand) *types.MsgCreateResource {
	data := make([]byte, 1+r.Intn(maxData))
	_, _ = r.Read(data) // never fails
	mediaTypes := []string{"application/vc", "application/schema+json", "application/ld+json", "application/octet-stream"}
	msg := &types.MsgCreateResource{
		Id:           randomUUID(r),
		Name:         "simulated",
		ResourceType: "Simulated",
		MediaType:    mediaTypes[r.Intn(len(mediaTypes))],
		Data:         data,
	}
	if r.Intn(oneIn) == 0 {
		msg.Name = "simulated otherwise"
	}
	if r.Intn(oneIn) == 0 {
		msg.ResourceType = "SimulatedOtherwise"
	}
	if r.Intn(2) == 0 {
		msg.Version = "0.0.0"
	}
	return msg
}

func randomUUID(r *rand.Rand) string {
	var b [16]byte
	_, _ = r.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// MsgUpdateParamsFactory proposes parameters.
func MsgUpdateParamsFactory() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{
			Authority: data.ModuleAccountAddress(reporter, "gov"),
			Params:    randomParams(data.Rand().Rand),
		}
	}
}
