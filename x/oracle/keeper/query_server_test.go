package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/medibloc/panacea/tee/dcap"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/types"
)

func TestQueries(t *testing.T) {
	c, nodes := eventful(t)
	machine, waiting := nodes[4], nodes[5]
	require.NoError(t, c.Slashing.Jail(c.Ctx, nodes[3].ConsAddress()))

	t.Run("parameters, with what is none", func(t *testing.T) {
		response, err := c.Queries.Params(c.Ctx, &types.QueryParamsRequest{})
		require.NoError(t, err)
		require.Equal(t, fixture.OraclePublicKey(), response.OraclePublicKey)
		require.True(t, response.AllowSimulatedEnclaves)
	})
	t.Run("an oracle and its next enclave", func(t *testing.T) {
		response, err := c.Queries.Oracle(c.Ctx, &types.QueryOracleRequest{Address: nodes[0].Address})
		require.NoError(t, err)
		require.True(t, response.Oracle.Active)
		require.Equal(t, med(100).String(), response.Oracle.Power.String())
		require.NotEmpty(t, response.Oracle.Evidence)
		require.Equal(t, uint64(4), response.Oracle.Sequence, "it has approved four")
		require.Equal(t, nodes[0].NodeKey(), response.Registration.Oracle.NodeSigningKey)
		require.False(t, response.Registration.Active)
		require.NotEqual(t, response.Oracle.Oracle.NodeSigningKey, response.Registration.Oracle.NodeSigningKey)
	})
	t.Run("why an oracle is not active", func(t *testing.T) {
		response, err := c.Queries.Oracle(c.Ctx, &types.QueryOracleRequest{Address: nodes[3].Address})
		require.NoError(t, err)
		require.False(t, response.Oracle.Active)
		require.Contains(t, response.Oracle.InactiveReason, "jailed")
		require.True(t, response.Oracle.Power.IsZero())
	})
	t.Run("nobody", func(t *testing.T) {
		_, err := c.Queries.Oracle(c.Ctx, &types.QueryOracleRequest{Address: fixture.Address(t, "nobody")})
		require.ErrorIs(t, err, types.ErrOracleNotFound)
		_, err = c.Queries.Approvals(c.Ctx, &types.QueryApprovalsRequest{Address: fixture.Address(t, "nobody")})
		require.ErrorIs(t, err, types.ErrOracleNotFound)
		_, err = c.Queries.Oracle(c.Ctx, &types.QueryOracleRequest{Address: "x"})
		require.ErrorIs(t, err, types.ErrInvalidAddress)
	})
	t.Run("lists by status, page by page", func(t *testing.T) {
		for status, want := range map[types.OracleStatus]int{
			types.ORACLE_STATUS_UNSPECIFIED: 4, types.ORACLE_STATUS_ACTIVE: 3, types.ORACLE_STATUS_INACTIVE: 1, types.ORACLE_STATUS_PENDING: 2,
		} {
			var listed []types.OracleState
			page := &query.PageRequest{Limit: 1}
			for {
				response, err := c.Queries.Oracles(c.Ctx, &types.QueryOraclesRequest{Status: status, Pagination: page})
				require.NoError(t, err)
				listed = append(listed, response.Oracles...)
				if len(response.Pagination.NextKey) == 0 {
					break
				}
				page = &query.PageRequest{Limit: 1, Key: response.Pagination.NextKey}
			}
			require.Len(t, listed, want, status.String())
		}
		_, err := c.Queries.Oracles(c.Ctx, &types.QueryOraclesRequest{Status: 9})
		require.ErrorIs(t, err, types.ErrInvalidRequest)
	})
	t.Run("approvals of what waits", func(t *testing.T) {
		response, err := c.Queries.Approvals(c.Ctx, &types.QueryApprovalsRequest{Address: waiting.Address})
		require.NoError(t, err)
		require.Len(t, response.Approvals, 1)
		require.Equal(t, nodes[3].Address, response.Approvals[0].Approver)
		require.Equal(t, "sealed to waiting", string(response.Approvals[0].SealedSecret))
	})
	t.Run("active power", func(t *testing.T) {
		response, err := c.Queries.ActivePower(c.Ctx, &types.QueryActivePowerRequest{})
		require.NoError(t, err)
		require.Equal(t, med(195).String(), response.Power.String(), "100, 35 after an undelegation, and the machine's 60")
	})
	t.Run("measurements", func(t *testing.T) {
		response, err := c.Queries.Measurements(c.Ctx, &types.QueryMeasurementsRequest{})
		require.NoError(t, err)
		require.Len(t, response.Measurements, 2)
	})
	t.Run("collateral", func(t *testing.T) {
		subject := types.TCBInfoSubject(machine.Platform.FMSPC(), [2]byte{})
		response, err := c.Queries.Collateral(c.Ctx, &types.QueryCollateralRequest{TcbInfo: subject, Ca: "processor"})
		require.NoError(t, err)
		set, err := dcap.UnmarshalCollateral(response.Collateral)
		require.NoError(t, err)
		_, err = set.Verify(c.Intel.Root())
		require.NoError(t, err)
		_, err = c.Queries.Collateral(c.Ctx, &types.QueryCollateralRequest{TcbInfo: subject, Ca: "platform"})
		require.ErrorIs(t, err, types.ErrCollateralNotFound)
		list, err := c.Queries.Collaterals(c.Ctx, &types.QueryCollateralsRequest{})
		require.NoError(t, err)
		require.Len(t, list.Pieces, 4)
		require.Empty(t, list.Pieces[0].Bytes)
	})
	t.Run("nothing", func(t *testing.T) {
		_, err := c.Queries.Params(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.Oracle(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.Oracles(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.Approvals(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.ActivePower(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.Measurements(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.Collateral(c.Ctx, nil)
		require.Error(t, err)
		_, err = c.Queries.Collaterals(c.Ctx, nil)
		require.Error(t, err)
	})
}
