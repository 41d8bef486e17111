package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/api"
)

func TestMessagesAreCut(t *testing.T) {
	r := api.Refuse(api.SchemaViolation, "schemas[0]", "%s", strings.Repeat("ä", 1<<20))
	require.LessOrEqual(t, len(r.Message), api.MaxMessage)
	require.True(t, strings.HasSuffix(r.Message, "ä…"))
	require.Equal(t, "short", api.Refuse(api.SchemaViolation, "", "short").Message)
}
