package simulation

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"math/rand"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/x/oracle/keeper"
	"github.com/medibloc/panacea/x/oracle/types"
)

// wouldBe reports whether a message would be accepted, by executing it in a context of its own, and skips the operation if it
// would be refused for one of the reasons that a random choice may run into. A refusal for any other fails the simulation.
func wouldBe(ctx context.Context, reporter simsx.SimulationReporter, execute func(context.Context) error, reasons ...error) bool {
	trial, _ := sdk.UnwrapSDKContext(ctx).CacheContext()
	err := execute(trial.WithEventManager(sdk.NewEventManager()))
	for _, reason := range reasons {
		if errors.Is(err, reason) {
			reporter.Skip(reason.Error())
			return false
		}
	}
	return true
}

// MsgRegisterOracleFactory registers enclaves of validators: newcomers, next enclaves, and the first oracle.
func MsgRegisterOracleFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterOracle] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterOracle) {
		r := data.Rand().Rand
		operator := data.AnyAccount(reporter, simsx.WithSpendableBalance(), simsx.SimAccountFilterFn(func(account simsx.SimAccount) bool {
			operates, err := k.OperatesValidator(ctx, account.Address)
			return err == nil && operates
		}))
		block, known := trustedBlock(ctx, k, r)
		if reporter.IsSkipped() || !known {
			reporter.Skip("no operator was found, or no recent block")
			return nil, nil
		}
		number := r.Intn(enclavesPerAccount)
		keys, version := newEnclave(operator.Account, number), measurement(r.Intn(versions))
		publicKey, err := k.OraclePublicKey(ctx)
		if err != nil {
			reporter.Skipf("reading the oracle public key: %v", err)
			return nil, nil
		}
		if len(publicKey) > 0 {
			publicKey = nil
		} else {
			publicKey = hpkeKey(derive("oracle public key", operator.Account, number))
		}
		commission := randomCommission(r)
		if present, err := k.Oracles.Get(ctx, operator.Address); err == nil {
			commission = present.Commission.CommissionRates
		}
		msg := &types.MsgRegisterOracle{
			Operator: operator.AddressBech32, NodeSigningKey: keys.nodeKey(), NodeHpkeKey: keys.hpke, OraclePublicKey: publicKey,
			TrustedBlock: block, Evidence: keys.attest(ctx, operator.Address, version, publicKey, block),
			Endpoint: "https://simulated.example", VaultPeer: "simulated", Commission: commission,
		}
		accepted := wouldBe(ctx, reporter, func(ctx context.Context) error {
			_, err := keeper.NewMsgServer(k).RegisterOracle(ctx, msg)
			return err
		}, types.ErrNodeKeyUsed, types.ErrMeasurementNotAllowed, types.ErrValidatorNotBonded, types.ErrValidatorJailed)
		if !accepted {
			return nil, nil
		}
		return []simsx.SimAccount{operator}, msg
	}
}

func randomCommission(r *rand.Rand) stakingtypes.CommissionRates {
	percent := func(n int) math.LegacyDec { return math.LegacyNewDecWithPrec(int64(n), 2) }
	return stakingtypes.NewCommissionRates(percent(r.Intn(20)), percent(20+r.Intn(20)), percent(r.Intn(5)))
}

// MsgApproveOracleFactory approves registrations.
func MsgApproveOracleFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgApproveOracle] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgApproveOracle) {
		approver, keys, ok := randomOracle(data, active(ctx, k))
		target, _, found := randomOracle(data, all(ctx, k.Registrations))
		if !ok || !found || target.Address == approver.Address {
			reporter.Skip("nobody can approve anybody")
			return nil, nil
		}
		msg := &types.MsgApproveOracle{
			Approver: approver.Address, Target: target.Address, TargetNodeSigningKey: target.NodeSigningKey,
			TargetMeasurement: target.Attestation.Measurement, SealedSecret: []byte("simulated"), Sequence: sequence(ctx, k, approver),
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		msg.Sender = from.AddressBech32
		msg.Signature = keys.sign(ctx, msg)
		accepted := wouldBe(ctx, reporter, func(ctx context.Context) error {
			_, err := keeper.NewMsgServer(k).ApproveOracle(ctx, msg)
			return err
		}, types.ErrAlreadyApproved, types.ErrTooManyOracles, types.ErrMeasurementNotAllowed, types.ErrAttestationExpired)
		if !accepted {
			return nil, nil
		}
		return []simsx.SimAccount{from}, msg
	}
}

// MsgRenewAttestationFactory renews attestations.
func MsgRenewAttestationFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRenewAttestation] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRenewAttestation) {
		oracle, keys, ok := randomOracle(data, all(ctx, k.Oracles))
		block, known := trustedBlock(ctx, k, data.Rand().Rand)
		if !ok || !known {
			reporter.Skip("there is no oracle, or no recent block")
			return nil, nil
		}
		address := sdk.MustAccAddressFromBech32(oracle.Address)
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		msg := &types.MsgRenewAttestation{
			Sender: from.AddressBech32, Oracle: oracle.Address, TrustedBlock: block, Sequence: sequence(ctx, k, oracle),
			Evidence: keys.attest(ctx, address, [32]byte(oracle.Attestation.Measurement), nil, block),
		}
		msg.Signature = keys.sign(ctx, msg)
		accepted := wouldBe(ctx, reporter, func(ctx context.Context) error {
			_, err := keeper.NewMsgServer(k).RenewAttestation(ctx, msg)
			return err
		}, types.ErrMeasurementNotAllowed)
		if !accepted {
			return nil, nil
		}
		return []simsx.SimAccount{from}, msg
	}
}

// MsgUpdateOracleInfoFactory moves oracles.
func MsgUpdateOracleInfoFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateOracleInfo] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateOracleInfo) {
		oracle, keys, ok := randomOracle(data, all(ctx, k.Oracles))
		if !ok {
			reporter.Skip("there is no oracle")
			return nil, nil
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		msg := &types.MsgUpdateOracleInfo{
			Sender: from.AddressBech32, Oracle: oracle.Address, Sequence: sequence(ctx, k, oracle),
			Endpoint: "https://" + data.Rand().StringN(10) + ".example", VaultPeer: "peer-" + data.Rand().StringN(10),
		}
		msg.Signature = keys.sign(ctx, msg)
		return []simsx.SimAccount{from}, msg
	}
}

// MsgUpdateOracleCommissionFactory changes commissions.
func MsgUpdateOracleCommissionFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateOracleCommission] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateOracleCommission) {
		oracle, keys, ok := randomOracle(data, all(ctx, k.Oracles))
		if !ok {
			reporter.Skip("there is no oracle")
			return nil, nil
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		msg := &types.MsgUpdateOracleCommission{
			Sender: from.AddressBech32, Oracle: oracle.Address, Sequence: sequence(ctx, k, oracle),
			Rate: math.LegacyNewDecWithPrec(int64(data.Rand().Intn(20)), 2),
		}
		msg.Signature = keys.sign(ctx, msg)
		accepted := wouldBe(ctx, reporter, func(ctx context.Context) error {
			_, err := keeper.NewMsgServer(k).UpdateOracleCommission(ctx, msg)
			return err
		}, types.ErrInvalidCommission)
		if !accepted {
			return nil, nil
		}
		return []simsx.SimAccount{from}, msg
	}
}

// MsgDeregisterOracleFactory ends oracles.
func MsgDeregisterOracleFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeregisterOracle] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeregisterOracle) {
		oracle, _, ok := randomOracle(data, append(all(ctx, k.Oracles), all(ctx, k.Registrations)...))
		if !ok {
			reporter.Skip("there is no oracle")
			return nil, nil
		}
		operator := data.GetAccount(reporter, oracle.Address)
		return []simsx.SimAccount{operator}, &types.MsgDeregisterOracle{Operator: oracle.Address}
	}
}

// ContradictionFactory lets oracles contradict themselves, and reports them.
func ContradictionFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*evidencetypes.MsgSubmitEvidence] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *evidencetypes.MsgSubmitEvidence) {
		_, keys, ok := randomOracle(data, all(ctx, k.Oracles))
		if !ok {
			reporter.Skip("there is no oracle")
			return nil, nil
		}
		r := data.Rand().Rand
		sdkCtx := sdk.UnwrapSDKContext(ctx)
		first := randomCertificate(r, sdkCtx.ChainID(), data.AnyAccount(reporter).AddressBech32, 1+sdkCtx.BlockHeight()+int64(r.Intn(20)))
		second := first
		second.ObjectSize++
		contradiction := types.NewContradiction(keys.nodeKey(), first, ed25519.Sign(keys.signing, first.SignBytes()),
			second, ed25519.Sign(keys.signing, second.SignBytes()))
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		accepted := wouldBe(ctx, reporter, func(ctx context.Context) error { return k.HandleContradiction(ctx, contradiction) }, types.ErrMisbehaviourTooOld)
		if !accepted {
			return nil, nil
		}
		msg, err := evidencetypes.NewMsgSubmitEvidence(from.Address, contradiction)
		if err != nil {
			reporter.Skipf("packing evidence: %v", err)
			return nil, nil
		}
		return []simsx.SimAccount{from}, msg
	}
}

func randomCertificate(r *rand.Rand, chainID, provider string, lastHeight int64) types.Certificate {
	var seed [32]byte
	r.Read(seed[:])
	tag := sha256.Sum256(seed[:])
	return types.Certificate{
		ChainId: chainID, DealId: "00112233445566778899aabbccddeeff", Provider: provider, DataCommitment: seed[:],
		ObjectCid: types.NewObjectCID(tag), ObjectSize: 1 + uint64(r.Intn(1<<20)), UniquenessTag: tag[:], LastHeight: lastHeight,
	}
}

// MsgUpdateParamsFactory proposes parameters.
func MsgUpdateParamsFactory() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{Authority: data.ModuleAccountAddress(reporter, "gov"), Params: randomParams(data.Rand().Rand)}
	}
}

// MsgSetMeasurementFactory proposes heights of enclave versions.
func MsgSetMeasurementFactory() simsx.SimMsgFactoryFn[*types.MsgSetMeasurement] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSetMeasurement) {
		r := data.Rand().Rand
		id := measurement(r.Intn(versions))
		height := sdk.UnwrapSDKContext(ctx).BlockHeight()
		m := types.Measurement{Measurement: id[:], Simulated: true, ActivationHeight: height + int64(r.Intn(10))}
		if r.Intn(3) == 0 {
			m.ExpiryHeight = m.ActivationHeight + 1 + int64(r.Intn(50))
		}
		return nil, &types.MsgSetMeasurement{Authority: data.ModuleAccountAddress(reporter, "gov"), Measurement: m}
	}
}

// sequence returns the number of the next message that an oracle's node key signs.
func sequence(ctx context.Context, k keeper.Keeper, oracle types.Oracle) uint64 {
	nodeKey, err := k.NodeKeys.Get(ctx, oracle.NodeSigningKey)
	if err != nil {
		return 0 // the message is refused, and the simulation fails
	}
	return nodeKey.Sequence
}
