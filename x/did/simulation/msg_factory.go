package simulation

import (
	"context"
	"math/rand"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/keeper"
	"github.com/medibloc/panacea/x/did/types"
)

// MsgCreateDIDFactory creates DIDs.
func MsgCreateDIDFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgCreateDIDRequest] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgCreateDIDRequest) {
		r := data.Rand().Rand
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		subject := newIdentity(from.Account, r.Intn(didsPerAccount))
		if _, err := k.Record(ctx, subject.id); err == nil {
			reporter.Skip("the account has had this DID")
			return nil, nil
		}
		document := subject.document(r, true, randomControllers(ctx, k, data, subject.id))
		signature, err := types.Sign(subject.keys[0], document, 0)
		if err != nil {
			reporter.Skipf("signing: %v", err)
			return nil, nil
		}
		return []simsx.SimAccount{from}, &types.MsgCreateDIDRequest{
			Did: subject.id, Document: document, VerificationMethodId: subject.methodID(0), Signature: signature, FromAddress: from.AddressBech32,
		}
	}
}

// MsgUpdateDIDFactory replaces documents. The proof is the DID's own or a controller's; any account pays.
func MsgUpdateDIDFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateDIDRequest] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateDIDRequest) {
		r := data.Rand().Rand
		subject, record, ok := activeIdentity(ctx, k, data)
		if !ok {
			reporter.Skip("no active DID was found")
			return nil, nil
		}
		document := subject.document(r, false, randomControllers(ctx, k, data, subject.id))
		if document.Equal(record.Current.Document) {
			reporter.Skip("the document is the stored one")
			return nil, nil
		}
		methodID, signature, err := proof(ctx, k, data, subject, record, document)
		if err != nil {
			reporter.Skipf("proving ownership: %v", err)
			return nil, nil
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		return []simsx.SimAccount{from}, &types.MsgUpdateDIDRequest{
			Did: subject.id, Document: document, VerificationMethodId: methodID, Signature: signature, FromAddress: from.AddressBech32,
		}
	}
}

// MsgDeactivateDIDFactory ends DIDs.
func MsgDeactivateDIDFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeactivateDIDRequest] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeactivateDIDRequest) {
		subject, record, ok := activeIdentity(ctx, k, data)
		if !ok {
			reporter.Skip("no active DID was found")
			return nil, nil
		}
		methodID, signature, err := proof(ctx, k, data, subject, record, types.DeactivationDocument(subject.id))
		if err != nil {
			reporter.Skipf("proving ownership: %v", err)
			return nil, nil
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		return []simsx.SimAccount{from}, &types.MsgDeactivateDIDRequest{
			Did: subject.id, VerificationMethodId: methodID, Signature: signature, FromAddress: from.AddressBech32,
		}
	}
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

// searchTries is how often a DID is looked for at random before an operation gives up.
const searchTries = 32

// activeIdentity finds a random DID that has not been deactivated.
func activeIdentity(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource) (identity, types.Record, bool) {
	accounts, r := data.AllAccounts(), data.Rand().Rand
	for range searchTries {
		candidate := newIdentity(accounts[r.Intn(len(accounts))], r.Intn(didsPerAccount))
		if record, err := k.ActiveRecord(ctx, candidate.id); err == nil {
			return candidate, record, true
		}
	}
	return identity{}, types.Record{}, false
}

// randomControllers returns, now and then, another active DID as controller.
func randomControllers(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, subject string) []string {
	if data.Rand().Intn(3) != 0 {
		return nil
	}
	controller, _, ok := activeIdentity(ctx, k, data)
	if !ok || controller.id == subject {
		return nil
	}
	return []string{controller.id}
}

// proof signs a document as its DID's controller, if that can be and chance will have it, else with one of its own keys.
func proof(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, subject identity, record types.Record, document *types.DIDDocument) (string, []byte, error) {
	r := data.Rand().Rand
	methodID, key, ok := controllerSigner(ctx, k, r, data.AllAccounts(), record.Current.Document)
	if !ok {
		methodID, key, ok = subject.signer(r, record.Current.Document)
	}
	if !ok {
		return "", nil, types.ErrMethodNotFound
	}
	signature, err := types.Sign(key, document, record.Current.Sequence)
	return methodID, signature, err
}

func controllerSigner(ctx context.Context, k keeper.Keeper, r *rand.Rand, accounts []simtypes.Account, document *types.DIDDocument) (string, did.PrivateKey, bool) {
	if len(document.GetController().GetValues()) == 0 || r.Intn(2) == 0 {
		return "", did.PrivateKey{}, false
	}
	for _, account := range accounts {
		for number := range didsPerAccount {
			controller := newIdentity(account, number)
			if !document.HasController(controller.id) {
				continue
			}
			if record, err := k.ActiveRecord(ctx, controller.id); err == nil {
				return controller.signer(r, record.Current.Document)
			}
		}
	}
	return "", did.PrivateKey{}, false
}
