package light

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// ActiveOracle returns an oracle that is active in the block that proves the state, by x/oracle's own rule. Errors:
// oracletypes.ErrOracleNotFound, ErrNotApproved, ErrAttestationExpired, ErrAttestationFailed, ErrMeasurementNotAllowed,
// ErrValidatorNotBonded, ErrValidatorJailed.
func (s *Snapshot) ActiveOracle(ctx context.Context, address sdk.AccAddress) (oracletypes.ActiveOracle, error) {
	return get(ctx, s, func(ctx context.Context) (oracletypes.ActiveOracle, error) {
		return s.client.modules.oracle.ActiveOracle(ctx, address)
	})
}

// ActiveOraclePower returns the sum of the power of all active oracles, in umed. It proves each approved oracle, and that there are
// no others.
func (s *Snapshot) ActiveOraclePower(ctx context.Context) (math.Int, error) {
	return get(ctx, s, s.client.modules.oracle.TotalActivePower)
}

// Oracle returns an approved oracle, active or not. The error is oracletypes.ErrOracleNotFound.
func (s *Snapshot) Oracle(ctx context.Context, address sdk.AccAddress) (oracletypes.Oracle, error) {
	return s.oracle(ctx, address, s.client.modules.oracle.Oracles)
}

// Registration returns who waits for approval at an address: a newcomer, or the next enclave of an approved oracle. The error is
// oracletypes.ErrOracleNotFound.
func (s *Snapshot) Registration(ctx context.Context, address sdk.AccAddress) (oracletypes.Oracle, error) {
	return s.oracle(ctx, address, s.client.modules.oracle.Registrations)
}

func (s *Snapshot) oracle(
	ctx context.Context, address sdk.AccAddress, from collections.Map[sdk.AccAddress, oracletypes.Oracle],
) (oracletypes.Oracle, error) {
	return get(ctx, s, func(ctx context.Context) (oracletypes.Oracle, error) {
		oracle, err := from.Get(ctx, address)
		if errors.Is(err, collections.ErrNotFound) {
			return oracle, oracletypes.ErrOracleNotFound.Wrapf("%s", address)
		}
		return oracle, err
	})
}

// Approval returns the approval that an approver gave to the newcomer of a node signing key. found says whether there is one.
func (s *Snapshot) Approval(ctx context.Context, nodeKey []byte, approver sdk.AccAddress) (approval oracletypes.Approval, found bool, err error) {
	return find(ctx, s, s.client.modules.oracle.Approvals, collections.Join(nodeKey, approver))
}

// NodeKey returns what the chain knows of a node signing key that was ever registered. found says whether it was.
func (s *Snapshot) NodeKey(ctx context.Context, nodeKey []byte) (key oracletypes.NodeKey, found bool, err error) {
	return find(ctx, s, s.client.modules.oracle.NodeKeys, nodeKey)
}

// Evidence returns the evidence that the oracle or registration of a node signing key attested with. found says whether there is any.
func (s *Snapshot) Evidence(ctx context.Context, nodeKey []byte) (evidence []byte, found bool, err error) {
	return find(ctx, s, s.client.modules.oracle.Evidence, nodeKey)
}

// Measurement returns what governance said about an enclave. found says whether it said anything.
func (s *Snapshot) Measurement(ctx context.Context, id []byte) (measurement oracletypes.Measurement, found bool, err error) {
	return find(ctx, s, s.client.modules.oracle.Measurements, id)
}

// find reads a value that may not be there.
func find[K, V any](ctx context.Context, s *Snapshot, from collections.Map[K, V], key K) (value V, found bool, err error) {
	value, err = get(ctx, s, func(ctx context.Context) (V, error) { return from.Get(ctx, key) })
	if errors.Is(err, collections.ErrNotFound) {
		return value, false, nil
	}
	return value, err == nil, err
}

// OracleParams returns the parameters of x/oracle.
func (s *Snapshot) OracleParams(ctx context.Context) (oracletypes.Params, error) {
	return get(ctx, s, s.client.modules.oracle.GetParams)
}

// OraclePublicKey returns the HPKE public key that providers encrypt to. It is empty until the first oracle registers.
func (s *Snapshot) OraclePublicKey(ctx context.Context) ([]byte, error) {
	return get(ctx, s, s.client.modules.oracle.OraclePublicKey)
}

// SimulatedEnclavesAllowed says whether the chain's genesis allows simulated enclaves.
func (s *Snapshot) SimulatedEnclavesAllowed(ctx context.Context) (bool, error) {
	return get(ctx, s, func(ctx context.Context) (bool, error) {
		allowed, err := s.client.modules.oracle.AllowSimulated.Get(ctx)
		if errors.Is(err, collections.ErrNotFound) {
			return false, nil
		}
		return allowed, err
	})
}
