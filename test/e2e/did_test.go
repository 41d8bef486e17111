package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app/localnet"
	"github.com/medibloc/panacea/did"
)

// didPassphrase encrypts the DID keystore of a network under test.
const didPassphrase = "correct horse battery staple"

func didPassphraseFile(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "passphrase")
	require.NoError(t, os.WriteFile(file, []byte(didPassphrase+"\n"), 0o600))
	return file
}

// didTransactions returns a function that runs a command of "panacead tx did", paid by alice, and waits until it is in a block.
func didTransactions(t *testing.T, network *localnet.Network, passphrase string) func(args ...string) {
	return func(args ...string) {
		t.Helper()
		args = append([]string{"tx", "did"}, append(args, "--home", network.Home, "--passphrase-file", passphrase, "--from", "alice",
			"--gas", "auto", "--gas-adjustment", "1.5", "--gas-prices", "5umed", "--yes", "--output", "json")...)
		var sent struct {
			Hash string `json:"txhash"`
			Code uint32 `json:"code"`
			Log  string `json:"raw_log"`
		}
		require.NoError(t, json.Unmarshal([]byte(run(t, args...)), &sent))
		require.Zero(t, sent.Code, sent.Log)
		var included struct {
			Code uint32 `json:"code"`
			Log  string `json:"raw_log"`
		}
		require.NoError(t, json.Unmarshal([]byte(run(t, "query", "wait-tx", sent.Hash, "--home", network.Home, "--output", "json")), &included))
		require.Zero(t, included.Code, included.Log)
	}
}

func didStory(t *testing.T, network *localnet.Network) {
	passphrase := didPassphraseFile(t)
	transact := didTransactions(t, network, passphrase)

	transact("create", "--add-key", "x25519")
	var keys []struct {
		ID      string `json:"id"`
		KeyType string `json:"keyType"`
	}
	require.NoError(t, json.Unmarshal([]byte(run(t, "did-keys", "list", "--home", network.Home)), &keys))
	require.Len(t, keys, 2)
	id, _, found := strings.Cut(keys[0].ID, "#")
	require.True(t, found)
	require.NoError(t, did.ValidatePanaceaDID(id))

	created := resolve(t, network, id, http.StatusOK)
	require.Equal(t, id, created.Document.ID)
	require.Len(t, created.Document.VerificationMethod, 2)
	require.Empty(t, created.Document.Service)

	transact("update", id, "--add-service", "vault,PanaceaVault,https://vault.example")
	updated := resolve(t, network, id, http.StatusOK)
	require.Len(t, updated.Document.Service, 1)
	require.Equal(t, "https://vault.example", updated.Document.Service[0].ServiceEndpoint)
	require.NotEqual(t, created.Metadata.VersionID, updated.Metadata.VersionID)

	transact("deactivate", id)
	require.True(t, resolve(t, network, id, http.StatusGone).Metadata.Deactivated)
	before := resolve(t, network, id+"?versionId="+created.Metadata.VersionID, http.StatusGone) // history stays, of what is gone
	require.Equal(t, created.Document, before.Document)

	_, said, err := try(t, "tx", "did", "update", id, "--add-service", "a,B,https://c.example", "--home", network.Home,
		"--passphrase-file", passphrase, "--from", "alice", "--yes")
	require.Error(t, err)
	require.Contains(t, said, "deactivated")
}

// resolution is what these tests look at in the answer of a DID resolver.
type resolution struct {
	Document struct {
		ID                 string            `json:"id"`
		VerificationMethod []json.RawMessage `json:"verificationMethod"`
		Service            []struct {
			ServiceEndpoint string `json:"serviceEndpoint"`
		} `json:"service"`
	} `json:"didDocument"`
	Metadata struct {
		VersionID   string `json:"versionId"`
		Deactivated bool   `json:"deactivated"`
	} `json:"didDocumentMetadata"`
}

// resolve asks every node for a DID. Each must answer with the status once it has the last block of the first, and all the same.
func resolve(t *testing.T, network *localnet.Network, url string, status int) resolution {
	t.Helper()
	waitForHeight(t, height(t, network.Nodes[0]), network.Nodes...)
	var first string
	for _, node := range network.Nodes {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, node.REST+"/1.0/identifiers/"+url, nil)
		require.NoError(t, err)
		request.Header.Set("Accept", "application/did-resolution")
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, status, answer.StatusCode, "%s: %s", node.Name, body)
		if first == "" {
			first = string(body)
		}
		require.JSONEq(t, first, string(body), "%s answers differently from %s", node.Name, network.Nodes[0].Name)
	}
	var result resolution
	require.NoError(t, json.Unmarshal([]byte(first), &result))
	return result
}
