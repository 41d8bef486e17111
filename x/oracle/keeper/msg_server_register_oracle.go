package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/x/oracle/types"
)

// RegisterOracle takes a validator's enclave as a newcomer. The first one ever brings the oracle public key and is approved at
// once, because there is nobody to approve it: its enclave has made the secret that all others will share.
func (s msgServer) RegisterOracle(ctx context.Context, msg *types.MsgRegisterOracle) (*types.MsgRegisterOracleResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	address, err := s.k.addressBytes(msg.Operator)
	if err != nil {
		return nil, err
	}
	params, err := s.k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	first, err := s.k.checkRegistrant(ctx, address, len(msg.OraclePublicKey) > 0)
	if err != nil {
		return nil, err
	}
	commission, err := s.k.checkCommission(ctx, params, address, msg.Commission)
	if err != nil {
		return nil, err
	}
	if err := s.k.checkTrustedBlock(ctx, params, msg.TrustedBlock); err != nil {
		return nil, err
	}
	used, err := s.k.NodeKeys.Has(ctx, msg.NodeSigningKey)
	if err != nil {
		return nil, err
	}
	if used {
		return nil, types.ErrNodeKeyUsed.Wrapf("%X", msg.NodeSigningKey)
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	attestation, err := s.k.attest(ctx, params, msg.Evidence, tee.Binding{
		ChainID: sdkCtx.ChainID(), OracleAddress: address, SigningKey: msg.NodeSigningKey, ReceivingKey: msg.NodeHpkeKey,
		OraclePublicKey: msg.OraclePublicKey, TrustedHeight: uint64(msg.TrustedBlock.Height), TrustedHash: msg.TrustedBlock.Hash,
	})
	if err != nil {
		return nil, err
	}

	registration := types.Oracle{
		Address: msg.Operator, NodeSigningKey: msg.NodeSigningKey, NodeHpkeKey: msg.NodeHpkeKey,
		Endpoint: msg.Endpoint, VaultPeer: msg.VaultPeer, Commission: commission, Attestation: attestation,
		RegisteredHeight: sdkCtx.BlockHeight(),
	}
	if err := s.k.register(ctx, address, registration, msg.Evidence); err != nil {
		return nil, err
	}
	if first {
		err = s.k.beginWith(ctx, address, registration, msg.OraclePublicKey)
	}
	return &types.MsgRegisterOracleResponse{Approved: first}, err
}

// checkRegistrant checks that an account operates a validator, and that it brings an oracle public key exactly if it is the
// first oracle, which it then reports. The first one's validator must take part in consensus. Errors: ErrNotValidator,
// ErrValidatorJailed, ErrValidatorNotBonded, ErrOraclePublicKey.
func (k Keeper) checkRegistrant(ctx context.Context, operator sdk.AccAddress, bringsKey bool) (first bool, err error) {
	operates, err := k.OperatesValidator(ctx, operator)
	if err != nil {
		return false, err
	}
	if !operates {
		return false, types.ErrNotValidator.Wrapf("%s", operator)
	}
	gone, err := k.validatorGone(ctx, operator)
	if err != nil {
		return false, err
	}
	if gone {
		return false, types.ErrValidatorJailed.Wrapf("%s is tombstoned", operator)
	}
	key, err := k.OraclePublicKey(ctx)
	if err != nil {
		return false, err
	}
	first = len(key) == 0
	switch {
	case first && !bringsKey:
		return false, types.ErrOraclePublicKey.Wrap("there is no oracle yet: the first one must bring the key")
	case !first && bringsKey:
		return false, types.ErrOraclePublicKey.Wrap("there has been an oracle: leave the key out")
	case first:
		_, err = k.bondedValidator(ctx, operator)
	}
	return first, err
}

// OperatesValidator says whether an account operates a validator, whatever its status.
func (k Keeper) OperatesValidator(ctx context.Context, account sdk.AccAddress) (bool, error) {
	_, err := k.staking.GetValidator(ctx, sdk.ValAddress(account))
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return false, nil
	}
	return err == nil, err
}

// checkCommission checks a newcomer's commission against the parameters. The next enclave of an approved oracle keeps the
// commission, so that registering anew does not change it faster than is allowed. The error is ErrInvalidCommission.
func (k Keeper) checkCommission(
	ctx context.Context, params types.Params, address sdk.AccAddress, rates stakingtypes.CommissionRates,
) (stakingtypes.Commission, error) {
	present, err := k.Oracles.Get(ctx, address)
	if err == nil {
		if !present.Commission.CommissionRates.Equal(rates) {
			return stakingtypes.Commission{}, types.ErrInvalidCommission.Wrapf(
				"the oracle's next enclave keeps its commission: rate %s, maximum %s, daily change %s",
				present.Commission.Rate, present.Commission.MaxRate, present.Commission.MaxChangeRate)
		}
		return present.Commission, nil
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return stakingtypes.Commission{}, err
	}
	if rates.MaxRate.GT(params.MaxCommissionRate) {
		return stakingtypes.Commission{}, types.ErrInvalidCommission.Wrapf("the maximum rate is %s; at most %s", rates.MaxRate, params.MaxCommissionRate)
	}
	if rates.MaxChangeRate.GT(params.MaxCommissionChangeRate) {
		return stakingtypes.Commission{}, types.ErrInvalidCommission.Wrapf("the daily change is %s; at most %s", rates.MaxChangeRate, params.MaxCommissionChangeRate)
	}
	return stakingtypes.NewCommissionWithTime(rates.Rate, rates.MaxRate, rates.MaxChangeRate, blockTime(ctx)), nil
}

// beginWith makes the first oracle.
func (k Keeper) beginWith(ctx context.Context, address sdk.AccAddress, registration types.Oracle, publicKey []byte) error {
	if err := k.PublicKey.Set(ctx, publicKey); err != nil {
		return err
	}
	if err := k.approve(ctx, address, registration); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventOraclePublicKey{
		Oracle: registration.Address, OraclePublicKey: publicKey,
	})
}

// DeregisterOracle ends an operator's oracle and registration.
func (s msgServer) DeregisterOracle(ctx context.Context, msg *types.MsgDeregisterOracle) (*types.MsgDeregisterOracleResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	address, err := s.k.addressBytes(msg.Operator)
	if err != nil {
		return nil, err
	}
	if _, err := s.k.oracle(ctx, address); err != nil && !errors.Is(err, types.ErrNotApproved) {
		return nil, err
	}
	return &types.MsgDeregisterOracleResponse{}, s.k.remove(ctx, address, "deregistered by its operator")
}
