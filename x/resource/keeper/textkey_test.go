package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

// TestNamesThatShareTheirFirstBytesAreTwo: letters beyond ASCII, which the SDK's key codec cuts, keep their series apart.
func TestNamesThatShareTheirFirstBytesAreTwo(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	for _, name := range []string{"환자", "홤쟵"} {
		c.Publish(p, fixture.Resource{ID: fixture.UUID(name), Name: name, Type: "T", MediaType: "a/b", Data: []byte("x")})
	}
	for _, name := range []string{"환자", "홤쟵"} {
		answer, err := c.Queries.Latest(c.Ctx, &types.QueryLatestRequest{Did: p.ID, Name: name})
		require.NoError(t, err)
		require.Len(t, answer.Resources, 1)
		require.Equal(t, fixture.UUID(name), answer.Resources[0].Id)
		require.Equal(t, name, answer.Resources[0].Name)
	}
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}
