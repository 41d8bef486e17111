package validate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/api"
)

// A full table must not be looked through at each request.
func TestExpiredTokensAreLookedForOnceASecond(t *testing.T) {
	r := newReplays()
	r.most = 1
	start := time.Unix(1_800_000_000, 0)
	use := func(id string, after time.Duration) string {
		now := start.Add(after)
		return api.RefusalOf(r.use(&Token{Provider: "p", ID: id, Expires: start.Add(300 * time.Millisecond)}, now)).GetCode()
	}
	require.Empty(t, use("a", 0))
	require.Equal(t, string(api.TokenReplayed), use("a", 100*time.Millisecond))
	require.Equal(t, string(api.Busy), use("b", 500*time.Millisecond))
	require.Empty(t, use("b", lookEvery))
}
