package keeper_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/dcap"
	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/types"
)

// TestRealEvidence: a chain that trusts Intel takes real collateral, and believes everything of a real quote but that it was
// made for this chain.
func TestRealEvidence(t *testing.T) {
	const folder = "../../../../shared/testdata/dcap/"
	raw, err := os.ReadFile(folder + "sgx_quote_collateral.json")
	if os.IsNotExist(err) {
		t.Skip(folder + " is absent")
	}
	require.NoError(t, err)
	quote, err := os.ReadFile(folder + "sgx_quote")
	require.NoError(t, err)
	collateral, err := dcap.ParseCollateral(raw)
	require.NoError(t, err)
	verified, err := collateral.Verify(dcap.IntelRoot())
	require.NoError(t, err)
	parsed, err := dcap.ParseQuote(quote)
	require.NoError(t, err)

	c := fixture.NewEmpty(t)
	c.Ctx = c.Ctx.WithBlockTime(verified.TCBInfo.IssueDate.Add(24 * time.Hour))
	genesis := types.DefaultGenesis()
	genesis.Measurements = []types.Measurement{{Measurement: parsed.Report.MRENCLAVE[:]}}
	require.NoError(t, c.Keeper.InitGenesis(c.Ctx, genesis))
	n := c.NewNode("a").Validate(10)
	c.NextBlock(time.Second)
	register := n.RegisterMsg(fixture.OraclePublicKey())
	register.Evidence = tee.MarshalEvidence(tee.SGX{Quote: quote})
	submit := &types.MsgSubmitCollateral{Sender: n.Address, Collateral: collateral.Marshal()}

	_, err = c.Msgs.RegisterOracle(cached(c), register)
	require.ErrorIs(t, err, types.ErrCollateralNotFound)
	response, err := c.Msgs.SubmitCollateral(c.Ctx, submit)
	require.NoError(t, err)
	require.Len(t, response.Updated, 4)
	_, err = c.Msgs.SubmitCollateral(cached(c), submit)
	require.ErrorIs(t, err, types.ErrCollateralOutdated)
	_, err = c.Msgs.RegisterOracle(cached(c), register)
	require.ErrorIs(t, err, types.ErrEvidenceRejected, "its TCB status is not among the default ones")

	params := types.DefaultParams()
	params.AcceptedTcbStatuses = append(params.AcceptedTcbStatuses, dcap.ConfigurationAndSWHardeningNeeded.String())
	_, err = c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: c.Keeper.Authority(), Params: params})
	require.NoError(t, err)
	_, err = c.Msgs.RegisterOracle(cached(c), register)
	require.ErrorIs(t, err, types.ErrReportData)
	c.NextBlock(params.CollateralMaxAge)
	register.TrustedBlock = c.TrustedBlock()
	_, err = c.Msgs.RegisterOracle(cached(c), register)
	require.ErrorIs(t, err, types.ErrCollateralTooOld)
}
