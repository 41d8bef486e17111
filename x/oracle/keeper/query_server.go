package keeper

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/x/oracle/types"
)

type queryServer struct {
	types.UnimplementedQueryServer
	k Keeper
}

// NewQueryServer returns the server that answers the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k: k} }

// errEmptyRequest is the answer to a request that is nil.
var errEmptyRequest = status.Error(codes.InvalidArgument, "empty request")

// Params returns the parameters, the oracle public key, and whether simulated enclaves are allowed.
func (s queryServer) Params(ctx context.Context, req *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	params, err := s.k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	key, err := s.k.OraclePublicKey(ctx)
	if err != nil {
		return nil, err
	}
	simulated, err := s.k.AllowSimulated.Get(ctx)
	return &types.QueryParamsResponse{Params: params, OraclePublicKey: key, AllowSimulatedEnclaves: simulated}, err
}

// Oracle returns an oracle and a registration of one address.
func (s queryServer) Oracle(ctx context.Context, req *types.QueryOracleRequest) (*types.QueryOracleResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	address, err := s.k.addressBytes(req.Address)
	if err != nil {
		return nil, err
	}
	response := &types.QueryOracleResponse{}
	for _, from := range []struct {
		oracles collections.Map[sdk.AccAddress, types.Oracle]
		to      **types.OracleState
	}{{s.k.Oracles, &response.Oracle}, {s.k.Registrations, &response.Registration}} {
		oracle, err := from.oracles.Get(ctx, address)
		if errors.Is(err, collections.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		state, err := s.state(ctx, address, oracle)
		if err != nil {
			return nil, err
		}
		if state.Evidence, err = s.k.Evidence.Get(ctx, oracle.NodeSigningKey); err != nil {
			return nil, err
		}
		*from.to = &state
	}
	if response.Oracle == nil && response.Registration == nil {
		return nil, types.ErrOracleNotFound.Wrap(req.Address)
	}
	return response, nil
}

// state adds to an oracle what follows from the rest of the chain's state.
func (s queryServer) state(ctx context.Context, address sdk.AccAddress, oracle types.Oracle) (types.OracleState, error) {
	nodeKey, err := s.k.NodeKeys.Get(ctx, oracle.NodeSigningKey)
	if err != nil {
		return types.OracleState{}, err
	}
	state := types.OracleState{Oracle: oracle, Sequence: nodeKey.Sequence, Power: math.ZeroInt()}
	if oracle.ApprovedHeight == 0 {
		state.InactiveReason = types.ErrNotApproved.Error()
		return state, nil
	}
	active, err := s.k.activate(ctx, address, oracle)
	switch {
	case err == nil:
		state.Active, state.Power = true, active.Power
	case types.IsInactivity(err):
		state.InactiveReason = err.Error()
	default:
		return types.OracleState{}, err
	}
	return state, nil
}

// Oracles lists oracles by address.
func (s queryServer) Oracles(ctx context.Context, req *types.QueryOraclesRequest) (*types.QueryOraclesResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	from := s.k.Oracles
	switch req.Status {
	case types.ORACLE_STATUS_UNSPECIFIED, types.ORACLE_STATUS_ACTIVE, types.ORACLE_STATUS_INACTIVE:
	case types.ORACLE_STATUS_PENDING:
		from = s.k.Registrations
	default:
		return nil, types.ErrInvalidRequest.Wrapf("there is no status %d", req.Status)
	}
	wanted := func(address sdk.AccAddress, oracle types.Oracle) (bool, error) {
		if req.Status == types.ORACLE_STATUS_UNSPECIFIED || req.Status == types.ORACLE_STATUS_PENDING {
			return true, nil
		}
		_, err := s.k.activate(ctx, address, oracle)
		if err != nil && !types.IsInactivity(err) {
			return false, err
		}
		return (err == nil) == (req.Status == types.ORACLE_STATUS_ACTIVE), nil
	}
	oracles, page, err := query.CollectionFilteredPaginate(ctx, from, req.Pagination, wanted,
		func(address sdk.AccAddress, oracle types.Oracle) (types.OracleState, error) {
			return s.state(ctx, address, oracle)
		})
	return &types.QueryOraclesResponse{Oracles: oracles, Pagination: page}, err
}

// Approvals lists the approvals of a registration or, if none waits, of the oracle.
func (s queryServer) Approvals(ctx context.Context, req *types.QueryApprovalsRequest) (*types.QueryApprovalsResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	address, err := s.k.addressBytes(req.Address)
	if err != nil {
		return nil, err
	}
	oracle, err := s.k.Registrations.Get(ctx, address)
	if errors.Is(err, collections.ErrNotFound) {
		oracle, err = s.k.oracle(ctx, address)
	}
	if err != nil {
		return nil, err
	}
	approvals, page, err := query.CollectionPaginate(ctx, s.k.Approvals, req.Pagination,
		func(_ collections.Pair[[]byte, sdk.AccAddress], approval types.Approval) (types.Approval, error) {
			return approval, nil
		},
		query.WithCollectionPaginationPairPrefix[[]byte, sdk.AccAddress](oracle.NodeSigningKey))
	return &types.QueryApprovalsResponse{NodeSigningKey: oracle.NodeSigningKey, Approvals: approvals, Pagination: page}, err
}

// ActivePower returns the sum of the power of all active oracles.
func (s queryServer) ActivePower(ctx context.Context, req *types.QueryActivePowerRequest) (*types.QueryActivePowerResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	power, err := s.k.TotalActivePower(ctx)
	if err != nil {
		return nil, err
	}
	return &types.QueryActivePowerResponse{Power: power}, nil
}

// Measurements lists the measurements that governance has set.
func (s queryServer) Measurements(ctx context.Context, req *types.QueryMeasurementsRequest) (*types.QueryMeasurementsResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	measurements, page, err := query.CollectionPaginate(ctx, s.k.Measurements, req.Pagination,
		func(_ []byte, m types.Measurement) (types.Measurement, error) { return m, nil })
	return &types.QueryMeasurementsResponse{Measurements: measurements, Pagination: page}, err
}

// Collateral returns the chain's collateral for a platform as one set, verified.
func (s queryServer) Collateral(ctx context.Context, req *types.QueryCollateralRequest) (*types.QueryCollateralResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	params, err := s.k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	collateral, err := s.k.collateral(ctx, params, types.Platform{TcbInfo: req.TcbInfo, Ca: req.Ca})
	if errors.Is(err, types.ErrCollateralNotFound) {
		return nil, err
	}
	if err != nil {
		return nil, types.ErrInvalidCollateral.Wrap(err.Error())
	}
	return &types.QueryCollateralResponse{Collateral: collateral.Collateral().Marshal()}, nil
}

// Collaterals lists the pieces of collateral without their bytes.
func (s queryServer) Collaterals(ctx context.Context, req *types.QueryCollateralsRequest) (*types.QueryCollateralsResponse, error) {
	if req == nil {
		return nil, errEmptyRequest
	}
	pieces, page, err := query.CollectionPaginate(ctx, s.k.Collateral, req.Pagination,
		func(_ collections.Pair[int32, string], piece types.CollateralPiece) (types.CollateralPiece, error) {
			piece.Bytes = nil
			return piece, nil
		})
	return &types.QueryCollateralsResponse{Pieces: pieces, Pagination: page}, err
}
