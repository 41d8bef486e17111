//go:build linux

package exchange

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// supplyOnlyGrowsByMinting compares the supply at an early and at the newest height with what the blocks between say was made and burned: nothing is
// burned by what is done here, and nothing comes from elsewhere.
func supplyOnlyGrowsByMinting(t *testing.T, n *network) {
	raw, err := os.ReadFile(filepath.Join(n.home, "network.toml"))
	require.NoError(t, err)
	var profile struct {
		REST  string   `toml:"rest"`
		Nodes []string `toml:"nodes"`
	}
	require.NoError(t, toml.Unmarshal(raw, &profile))
	node := strings.Replace(profile.Nodes[0], "tcp://", "http://", 1)

	var status struct {
		Result struct {
			SyncInfo struct {
				Height string `json:"latest_block_height"`
			} `json:"sync_info"`
		}
	}
	get(t, node+"/status", 0, &status)
	last, err := strconv.ParseInt(status.Result.SyncInfo.Height, 10, 64)
	require.NoError(t, err)
	const first = 2
	require.Greater(t, last, int64(first))
	supply := func(height int64) *big.Int {
		var answer struct{ Amount struct{ Amount string } }
		get(t, profile.REST+"/cosmos/bank/v1beta1/supply/by_denom?denom=umed", height, &answer)
		return number(t, answer.Amount.Amount)
	}
	minted := new(big.Int)
	for height := int64(first + 1); height <= last; height++ {
		for _, e := range blockEvents(t, node, height) {
			require.NotEqual(t, "burn", e.Type, "block %d", height)
			if e.Type != "coinbase" {
				continue
			}
			for _, a := range e.Attributes {
				if a.Key == "amount" {
					minted.Add(minted, number(t, strings.TrimSuffix(a.Value, "umed")))
				}
			}
		}
	}
	require.Positive(t, minted.Sign())
	require.Equal(t, minted, new(big.Int).Sub(supply(last), supply(first)), "blocks %d to %d", first, last)
}

type event struct {
	Type       string
	Attributes []struct{ Key, Value string }
}

// blockEvents are all events of a block, its transactions' included.
func blockEvents(t *testing.T, node string, height int64) []event {
	var results struct {
		Result struct {
			TxsResults []struct{ Events []event } `json:"txs_results"`
			Block      []event                    `json:"finalize_block_events"`
		}
	}
	get(t, fmt.Sprintf("%s/block_results?height=%d", node, height), 0, &results)
	all := results.Result.Block
	for _, tx := range results.Result.TxsResults {
		all = append(all, tx.Events...)
	}
	return all
}

// get asks a node, which may just be starting again, for JSON, of a height unless that is 0.
func get(t *testing.T, url string, height int64, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if height != 0 {
		request.Header.Set("x-cosmos-block-height", strconv.FormatInt(height, 10))
	}
	var last error
	works := assert.Eventually(t, func() bool {
		var answer *http.Response
		if answer, last = http.DefaultClient.Do(request); last != nil {
			return false
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			last = fmt.Errorf("%s: %s", url, answer.Status)
			return false
		}
		last = json.NewDecoder(answer.Body).Decode(into)
		return last == nil
	}, time.Minute, 200*time.Millisecond)
	require.True(t, works, "%s: %v", url, last)
}

func number(t *testing.T, decimal string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(decimal, 10)
	require.True(t, ok, "%q is no number", decimal)
	return n
}
