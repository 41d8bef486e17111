package oracle

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/oracle/node"
	"github.com/medibloc/panacea/tee"
)

// The life of the oracles of a network, in the order in which it happens: each part needs what the ones before have left.
func TestOracles(t *testing.T) {
	first := newOperator(t, "validator0", "alice")
	second := newOperator(t, "validator1", "bob")
	third := newOperator(t, "validator2", "carol")
	first.init(node.DefaultBuild)

	t.Run("the first oracle must make the secret before it registers", func(t *testing.T) {
		_, stderr, err := first.try(first.registerArgs()...)
		require.Error(t, err)
		require.Contains(t, stderr, "oracled genesis-key")
		require.NotContains(t, stderr, "goroutine")
	})
	first.run("genesis-key")
	first.run(first.registerArgs()...)
	firstAt := first.start()
	first.becomesHealthy(firstAt)

	t.Run("two others are approved by those who serve, and get the secret", func(t *testing.T) {
		second.init(node.DefaultBuild)
		require.Contains(t, second.run(second.registerArgs()...), "approved")
		second.becomesHealthy(second.start())

		third.init(node.DefaultBuild)
		third.setting(`renew_before = "0s"`, `renew_before = "23h59m55s"`) // of a lifetime of a day
		// It may serve before it is registered, but not at the same time as it registers: the home is one process's.
		third.run(third.registerArgs("--wait=false")...)
		third.becomesHealthy(third.start())
	})

	t.Run("another build is refused by the chain", func(t *testing.T) {
		other := newOperator(t, "validator3", "alice")
		other.init("oracled/changed")
		_, stderr, err := other.try(other.registerArgs()...)
		require.Error(t, err)
		require.Contains(t, stderr, "measurement is not allowed")
		card, err := node.ReadCard(other.home)
		require.NoError(t, err)
		measurement := tee.SimulatedMeasurement("oracled/changed")
		require.Equal(t, measurement[:], mustHex(t, card.Measurement))
	})

	t.Run("the chain learns where each is reached", func(t *testing.T) {
		eventually(t, "the chain has the endpoint", func() bool {
			s, _ := first.status()
			return s.Chain.Endpoint == firstAt.Endpoint && s.Chain.VaultPeer == firstAt.VaultPeer
		})
	})

	t.Run("status tells what is well and what is not", func(t *testing.T) {
		s, well := second.status()
		require.True(t, well)
		require.Equal(t, node.Active, s.Chain.State)
		require.NotNil(t, s.Running)
		require.True(t, s.Running.Simulated)

		none := newOperator(t, "validator3", "alice")
		_, stderr, err := none.try("status")
		require.Error(t, err)
		require.Contains(t, stderr, "oracled init")
	})

	t.Run("anyone verifies an oracle's evidence, without a home", func(t *testing.T) {
		anyone := newOperator(t, "validator3", "alice")
		stdout := anyone.run("verify-evidence", network.Accounts[second.validator], "--chain-id", network.ChainID, "--node", network.Nodes[1].RPC,
			"--node", network.Nodes[2].RPC, "--output", "json")
		var verdict struct {
			Holds, Simulated bool
			Version          string
		}
		require.NoError(t, json.Unmarshal([]byte(stdout), &verdict))
		require.True(t, verdict.Holds)
		require.True(t, verdict.Simulated)
		require.Equal(t, node.DefaultBuild, verdict.Version)

		_, stderr, err := anyone.try("verify-evidence", network.Accounts["alice"], "--chain-id", network.ChainID, "--node", network.Nodes[1].RPC)
		require.Error(t, err)
		require.Contains(t, stderr, "no approved oracle")
	})

	t.Run("what cannot be meant is named", func(t *testing.T) {
		anyone := newOperator(t, "validator3", "alice")
		oracle, chain, hash := network.Accounts[second.validator], "--chain-id="+network.ChainID, "--trusted-hash="+strings.Repeat("0", 64)
		for want, args := range map[string][]string{
			"is no oracle's address":               {"panacea1oops", chain, "--node", network.Nodes[1].RPC},
			"--chain-id and --node go together":    {oracle, chain},
			"--trusted-height and --trusted-hash":  {oracle, chain, "--node", network.Nodes[1].RPC, hash},
			"64 hexadecimal digits":                {oracle, chain, "--node", network.Nodes[1].RPC, "--trusted-height=2", "--trusted-hash=ab"},
			"the node is of chain":                 {oracle, "--chain-id=mars", "--node", network.Nodes[1].RPC},
			"no node shows a block":                {oracle, chain, "--node", "http://127.0.0.1:1"},
			"no header that verifies":              {oracle, chain, "--node", "http://127.0.0.1:1", "--trusted-height=2", hash},
			"another block at the height":          {oracle, chain, "--node", network.Nodes[1].RPC, "--trusted-height=2", hash},
			"take one like http://127.0.0.1:26657": {oracle, chain, "--node", "://"},
		} {
			_, stderr, err := anyone.try(append([]string{"verify-evidence"}, args...)...)
			require.Error(t, err, want)
			require.Contains(t, stderr, want)
			require.NotContains(t, stderr, "goroutine")
		}
	})

	t.Run("what a crash leaves is not the memory that secrets are in", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("looks into /proc, which only Linux has")
		}
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", first.process.Process.Pid))
		require.NoError(t, err)
		require.Regexp(t, `Max core file size +0 +0 `, string(limits))
	})

	t.Run("the API says that the enclave is simulated, and metrics count", func(t *testing.T) {
		status := get(t, firstAt.API+"/v1/status")
		require.Contains(t, status, `"simulated":true`)
		require.Contains(t, status, `"state":"active"`)
		metrics := get(t, firstAt.Metrics+"/metrics")
		require.Contains(t, metrics, `oracled_standing{state="active"} 1`)
		// The third may have been approved by the second alone.
		require.Regexp(t, `oracled_newcomers_total\{result="approved"\} [12]`, metrics)
	})

	t.Run("behind a proxy each client has a limit of its own", func(t *testing.T) {
		ask := func(client string) int {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, firstAt.API+"/openapi.json", nil)
			require.NoError(t, err)
			request.Header.Set("X-Forwarded-For", "203.0.113.1, "+client) // what its client said of itself comes first
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			_, err = io.Copy(io.Discard, response.Body)
			require.NoError(t, err)
			return response.StatusCode
		}
		eventually(t, "a client that asks too often is told to wait", func() bool {
			for range 100 {
				if ask("198.51.100.7") == http.StatusTooManyRequests {
					return true
				}
			}
			return false
		})
		require.Equal(t, http.StatusOK, ask("198.51.100.8"))
	})

	t.Run("an attestation is renewed before its end", func(t *testing.T) {
		before, _ := third.status()
		eventually(t, "the attestation is renewed", func() bool {
			s, _ := third.status()
			return s.Chain.AttestationExpires.After(before.Chain.AttestationExpires)
		})
	})

	t.Run("an oracle that was killed serves again", func(t *testing.T) {
		first.kill()
		s, well := first.status()
		require.False(t, well)
		require.Nil(t, s.Running)
		require.Equal(t, node.Active, s.Chain.State)
		first.becomesHealthy(first.start())
	})

	t.Run("one process at a time has a home", func(t *testing.T) {
		_, stderr, err := first.try("genesis-key")
		require.Error(t, err)
		require.Contains(t, stderr, "another oracled has this home open")
	})

	t.Run("every line of the log says that the enclave is simulated", func(t *testing.T) {
		second.stop()
		lines := strings.Split(strings.TrimSpace(second.log.String()), "\n")
		require.Greater(t, len(lines), 3)
		for _, line := range lines {
			require.Contains(t, line, "SIMULATED")
		}
	})

	t.Run("a home put back as it was is refused", func(t *testing.T) {
		for want, args := range map[string][]string{
			"nothing to change": nil, "decimal fraction": {"--commission-rate", "much"}, "it must be 0 to 1": {"--commission-rate", "1.1"}, "endpoint": {"--endpoint", "nonsense"},
		} {
			_, stderr, err := second.try(append([]string{"update-info"}, args...)...)
			require.Error(t, err, want)
			require.Contains(t, stderr, want)
			require.NotContains(t, stderr, "MED", "money is not what is wrong")
		}
		old := filepath.Join(t.TempDir(), "old")
		require.NoError(t, os.CopyFS(old, os.DirFS(second.home)))
		// The number of a message is remembered before it is sure to be used, so the memory may be one ahead: two messages show it.
		second.run("update-info", "--endpoint", "https://oracle.example.com")
		second.run("update-info", "--endpoint", "https://oracle.example.org", "--vault-peer", "did:key:z6Mk")
		s, _ := second.status()
		require.Equal(t, "https://oracle.example.org", s.Chain.Endpoint)

		second.home = old
		_, stderr, err := second.try("start")
		require.Error(t, err)
		require.Contains(t, stderr, "put back as it was before")
	})
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(body))
	return string(body)
}
