package party

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTrustIsOfOneChain: what was verified of a chain is nothing to trust for another under the same name.
func TestTrustIsOfOneChain(t *testing.T) {
	p := &Party{Home: t.TempDir(), Network: "test", Profile: testProfile}
	for _, c := range []struct {
		file string
		want int64
	}{
		{`{"chain_id":"panacea-test-1","height":9,"hash":"%s"}`, 9},
		{`{"chain_id":"panacea-test-1","height":4,"hash":"%s"}`, 5},
		{`{"chain_id":"panacea-test-2","height":9,"hash":"%s"}`, 5},
		{`{"height":9,"hash":"%s"}`, 5},
	} {
		text := fmt.Sprintf(c.file, strings.Repeat("CD", 32))
		require.NoError(t, os.WriteFile(p.trustedFile(), []byte(text), 0o600))
		block, err := p.trusted()
		require.NoError(t, err)
		require.Equal(t, c.want, block.Height, text)
		require.Equal(t, c.want == 9, hex.EncodeToString(block.Hash) == strings.Repeat("cd", 32))
	}
}
