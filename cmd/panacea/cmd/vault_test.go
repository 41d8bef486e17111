package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/vault"
)

// TestVaultStory: a patient and a clinic, by commands alone, as the help says.
func TestVaultStory(t *testing.T) {
	t.Setenv(passphraseVariable, "correct horse")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	panacea := func(want int, args ...string) (string, string) {
		t.Helper()
		var out, errOut bytes.Buffer
		code := Execute(context.Background(), args, strings.NewReader("from standard input"), &out, &errOut)
		require.Equal(t, want, code, "panacea %s\n%s%s", strings.Join(args, " "), out.String(), errOut.String())
		return out.String(), errOut.String()
	}
	did := map[string]string{}
	for _, name := range []string{"me", "clinic"} {
		panacea(exitOK, "vc", "keygen", "--type", "ed25519", "--out", at(name+".json"))
		panacea(exitOK, "vault", "init", "--home", at(name), "--key", at(name+".json"),
			"--listen", "/ip4/127.0.0.1/tcp/0", "--api", "127.0.0.1:0")
		out, _ := panacea(exitOK, "vault", "id", "--home", at(name), "--json")
		var id vault.Identity
		require.NoError(t, json.Unmarshal([]byte(out), &id))
		did[name] = id.DID
	}
	_, errOut := panacea(exitFailed, "vault", "ls", "--home", at("nowhere"))
	require.Contains(t, errOut, "panacea vault init")
	for says, args := range map[string][]string{
		"unknown command \"put-all\"": {"put-all"},
		"which object?":               {"grant", "--to", did["clinic"]},
		"to whom?":                    {"grant", "--collection", "labs"},
		"it takes from 1s to":         {"grant", "--collection", "labs", "--to", did["clinic"], "--for", "-1h"},
		"address \"here\"":            {"init", "--key", at("me.json"), "--listen", "here"},
		"a loopback address":          {"init", "--key", at("me.json"), "--api", "0.0.0.0:80"},
	} {
		_, errOut := panacea(exitFailed, append([]string{"vault", "--home", at("nowhere")}, args...)...)
		require.Contains(t, errOut, says)
	}
	record := bytes.Repeat([]byte("a line of a record\n"), 50_000)
	require.NoError(t, os.WriteFile(at("labs.json"), record, 0o600))

	// Served, as it would be all day; the commands find it.
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan int, 1)
	go func() {
		served <- Execute(ctx, []string{"vault", "serve", "--home", at("me")}, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
	}()
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(at("me"), party.VaultAPIFile)); return err == nil }, time.Minute, 20*time.Millisecond)
	// What a sale or a delivery asks of a vault, it gets of the one that is served.
	shared := party.ServedVault(t.Context(), at("me"))
	require.NotNil(t, shared)
	object, err := shared.PutRecord(t.Context(), strings.NewReader("sold"), vault.RecordOptions{Name: "a record", Pin: "sold"})
	require.NoError(t, err)
	root, err := cid.Decode(object.CID)
	require.NoError(t, err)
	opened, info, err := shared.OpenRecord(t.Context(), root)
	require.NoError(t, err)
	content, err := io.ReadAll(opened)
	require.NoError(t, err)
	require.Equal(t, "sold", string(content))
	require.Equal(t, "a record", info.Name)
	_, err = shared.Fetch(t.Context(), vault.FetchRequest{From: did["me"], CID: root, Peers: []peer.AddrInfo{{ID: "nobody"}}})
	require.Error(t, err)
	require.Nil(t, party.ServedVault(t.Context(), at("clinic")))
	identity, err := vault.ReadIdentity(at("me"), "correct horse")
	require.NoError(t, err, "whoever has it open")
	require.Equal(t, did["me"], identity.DID)

	panacea(exitFailed, "vault", "get", "--home", at("clinic"), "--grant", "no grant")
	out, _ := panacea(exitOK, "vault", "put", "--home", at("me"), "--collection", "labs", at("labs.json"))
	cid := strings.Fields(out)[0]
	out, _ = panacea(exitOK, "vault", "ls", "--home", at("me"))
	require.Contains(t, out, cid)
	require.Contains(t, out, "labs.json")
	out, _ = panacea(exitOK, "vault", "grant", cid, "--home", at("me"), "--to", did["clinic"], "--for", "1h")
	require.NoError(t, os.WriteFile(at("grant.txt"), []byte(out), 0o600))
	out, _ = panacea(exitOK, "vault", "id", "--home", at("me"), "--json")
	var id vault.Identity
	require.NoError(t, json.Unmarshal([]byte(out), &id))
	peer := id.Addresses[0] + "/p2p/" + id.PeerID

	_, errOut = panacea(exitFailed, "vault", "get", "--home", at("clinic"), "--grant", "@"+at("grant.txt"))
	require.Contains(t, errOut, "--peer", "a did:key does not say where its vault is")
	_, errOut = panacea(exitFailed, "vault", "serve", "--home", at("me"))
	require.Contains(t, errOut, "in use")
	panacea(exitOK, "vault", "get", "--home", at("clinic"), "--grant", "@"+at("grant.txt"), "--peer", peer, "--out", at("got.json"))
	got, err := os.ReadFile(at("got.json"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(record, got))

	out, _ = panacea(exitOK, "vault", "grants", "--home", at("me"), "--json")
	var grants []vault.GrantInfo
	require.NoError(t, json.Unmarshal([]byte(out), &grants))
	require.Len(t, grants, 1)
	panacea(exitOK, "vault", "revoke", "--home", at("me"), grants[0].ID)
	panacea(exitOK, "vault", "rm", "--home", at("clinic"), cid)
	_, errOut = panacea(exitFailed, "vault", "get", "--home", at("clinic"), "--grant", "@"+at("grant.txt"), "--peer", peer)
	require.Contains(t, errOut, "no such object for you")
	out, _ = panacea(exitOK, "vault", "stats", "--home", at("me"))
	require.Contains(t, out, "served:   1")
	panacea(exitOK, "vault", "fsck", "--home", at("me"))
	panacea(exitOK, "vault", "peers", "--home", at("me"))
	panacea(exitFailed, "vault", "rm", "--home", at("me"), cid)
	panacea(exitOK, "vault", "rm", "--home", at("me"), "--collection", "labs", cid)

	stop()
	require.Equal(t, exitOK, <-served)
	out, _ = panacea(exitOK, "vault", "put", "--home", at("me"), "--raw", "-")
	raw := strings.Fields(out)[0]
	out, _ = panacea(exitOK, "vault", "get", "--home", at("me"), raw)
	require.Equal(t, "from standard input", out)
}
