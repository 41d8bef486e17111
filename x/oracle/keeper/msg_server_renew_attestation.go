package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/x/oracle/types"
)

// RenewAttestation replaces an oracle's attestation by one that is fresh: the same enclave and keys, in a new quote that
// names a recent block.
func (s msgServer) RenewAttestation(ctx context.Context, msg *types.MsgRenewAttestation) (*types.MsgRenewAttestationResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if _, err := s.k.addressBytes(msg.Sender); err != nil {
		return nil, err
	}
	address, oracle, err := s.k.authenticate(ctx, msg)
	if err != nil {
		return nil, err
	}
	params, err := s.k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.k.checkTrustedBlock(ctx, params, msg.TrustedBlock); err != nil {
		return nil, err
	}
	attestation, err := s.k.attest(ctx, params, msg.Evidence, tee.Binding{
		ChainID: sdk.UnwrapSDKContext(ctx).ChainID(), OracleAddress: address,
		SigningKey: oracle.NodeSigningKey, ReceivingKey: oracle.NodeHpkeKey,
		TrustedHeight: uint64(msg.TrustedBlock.Height), TrustedHash: msg.TrustedBlock.Hash,
	})
	if err != nil {
		return nil, err
	}
	if string(attestation.Measurement) != string(oracle.Attestation.Measurement) || attestation.Simulated != oracle.Attestation.Simulated {
		return nil, types.ErrEvidenceRejected.Wrapf("the oracle was approved with measurement %X; register another enclave instead", oracle.Attestation.Measurement)
	}
	oracle.Attestation = attestation
	if err := s.k.Oracles.Set(ctx, address, oracle); err != nil {
		return nil, err
	}
	if err := s.k.Evidence.Set(ctx, oracle.NodeSigningKey, msg.Evidence); err != nil {
		return nil, err
	}
	if err := s.k.Judgements.Remove(ctx, address); err != nil { // this was one
		return nil, err
	}
	err = sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventAttestationRenewed{Oracle: msg.Oracle})
	return &types.MsgRenewAttestationResponse{}, err
}
