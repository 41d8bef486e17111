package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vault"
	"github.com/medibloc/panacea/vault/record"
	"github.com/medibloc/panacea/vault/store"
)

const passphrase = "correct horse"

var ctx = context.Background()

// newVault makes and opens a vault of a new did:key.
func newVault(t testing.TB, kind did.KeyType) *vault.Vault {
	t.Helper()
	key, err := did.GenerateKey(kind, nil)
	require.NoError(t, err)
	d := key.Public().DIDKey()
	home := t.TempDir()
	require.NoError(t, vault.Init(home, vault.Config{
		DID: d, Method: d + "#" + strings.TrimPrefix(d, "did:key:"), API: "127.0.0.1:0",
		Listen: []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"},
	}, key, passphrase))
	v, err := vault.Open(ctx, home, passphrase, vault.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	require.NoError(t, v.Listen(ctx))
	return v
}

func addresses(t testing.TB, v *vault.Vault) []string {
	id, err := v.Identity()
	require.NoError(t, err)
	var all []string
	for _, a := range id.Addresses {
		all = append(all, a+"/p2p/"+id.PeerID)
	}
	return all
}

// api calls a vault's HTTP API.
type api struct {
	t   testing.TB
	url string
}

func newAPI(t testing.TB, v *vault.Vault) api {
	s := httptest.NewServer(vault.NewHandler(v, "secret"))
	t.Cleanup(s.Close)
	return api{t, s.URL}
}

func (a api) do(method, path string, body io.Reader, header ...string) (int, []byte) {
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, body)
	require.NoError(a.t, err)
	r.Header.Set("Authorization", "Bearer secret")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(a.t, err)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	require.NoError(a.t, err)
	return response.StatusCode, b
}

func (a api) json(method, path string, body, into any) {
	raw, err := json.Marshal(body)
	require.NoError(a.t, err)
	code, b := a.do(method, path, bytes.NewReader(raw))
	require.Less(a.t, code, 300, "%s", b)
	require.NoError(a.t, json.Unmarshal(b, into), "%s", b)
}

// TestRecords: every bundle of the synthetic patients is put, granted to a clinic, and read there, through both vaults' HTTP APIs.
func TestRecords(t *testing.T) {
	files, err := filepath.Glob("../../shared/data/fhir/*.json")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("../shared/data/fhir is not there: the synthetic FHIR bundles are no part of the project")
	}
	patient, clinic := newVault(t, did.Secp256k1), newVault(t, did.Ed25519)
	at, there := newAPI(t, patient), newAPI(t, clinic)
	for _, file := range files {
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		code, b := at.do("POST", "/v1/objects?mediaType=application/fhir%2Bjson&name=bundle.json", bytes.NewReader(want))
		require.Equal(t, 200, code, "%s", b)
		var object vault.Object
		require.NoError(t, json.Unmarshal(b, &object))
		require.True(t, object.Encrypted)
		require.Greater(t, object.Size, int64(len(want)))
		code, b = at.do("GET", "/v1/objects/"+object.CID+"?raw=true", nil)
		require.Equal(t, 200, code)
		require.False(t, bytes.Contains(b, want[:200]), "what is stored and sent is ciphertext")

		var grant vault.GrantInfo
		at.json("POST", "/v1/grants", vault.GrantBody{To: clinic.DID, CID: object.CID, Seconds: 3600}, &grant)
		raw, err := json.Marshal(vault.FetchBody{Grant: grant.Token, Peers: addresses(t, patient)})
		require.NoError(t, err)
		code, b = there.do("POST", "/v1/fetch", bytes.NewReader(raw))
		require.Equal(t, 200, code)
		lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
		var last vault.FetchEvent
		require.NoError(t, json.Unmarshal(lines[len(lines)-1], &last))
		require.NotNil(t, last.Object, "%s", b)
		code, b = there.do("GET", "/v1/objects/"+object.CID, nil)
		require.Equal(t, 200, code)
		require.True(t, bytes.Equal(want, b), "%s arrived as it was", filepath.Base(file))
		middle := len(want) / 2
		code, b = there.do("GET", "/v1/objects/"+object.CID, nil, "Range", fmt.Sprintf("bytes=%d-%d", middle, middle+99_999))
		require.Equal(t, 206, code)
		require.True(t, bytes.Equal(want[middle:min(middle+100_000, len(want))], b), "a part of it, decrypted")
	}
	stats, err := patient.Stats(ctx)
	require.NoError(t, err)
	require.EqualValues(t, len(files), stats.Exchange.Served)
}

func TestSharingThatIsRefused(t *testing.T) {
	patient, clinic, other := newVault(t, did.Ed25519), newVault(t, did.Ed25519), newVault(t, did.Ed25519)
	object, err := patient.PutRecord(ctx, strings.NewReader("record"), vault.RecordOptions{Pin: "labs"})
	require.NoError(t, err)
	_, token, err := patient.Grant(ctx, vault.GrantRequest{To: clinic.DID, CID: object.Info.CID, Lifetime: time.Hour})
	require.NoError(t, err)
	at, err := vault.ParsePeers(addresses(t, patient))
	require.NoError(t, err)
	_, err = other.Fetch(ctx, vault.FetchRequest{Grant: token, Peers: at})
	require.ErrorIs(t, err, record.ErrKey)
	_, err = clinic.Fetch(ctx, vault.FetchRequest{Grant: token, Peers: at})
	require.NoError(t, err)

	// A replica: the other may have the ciphertext of the collection, and can not read it.
	_, _, err = patient.Grant(ctx, vault.GrantRequest{To: other.DID, Collection: "labs", Lifetime: time.Hour})
	require.NoError(t, err)
	_, err = other.Fetch(ctx, vault.FetchRequest{From: patient.DID, CID: object.Info.CID, Peers: at})
	require.NoError(t, err)
	r, o, err := other.OpenRecord(ctx, object.Info.CID)
	require.NoError(t, err)
	require.False(t, o.Encrypted)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NotContains(t, string(b), "record\n")
	require.True(t, bytes.HasPrefix(b, []byte("age-encryption.org/v1")))

	holder, err := did.GenerateKey(did.Secp256k1, nil)
	require.NoError(t, err)
	_, _, err = patient.Grant(ctx, vault.GrantRequest{To: holder.Public().DIDKey(), CID: object.Info.CID, Lifetime: time.Hour})
	require.ErrorIs(t, err, record.ErrNoAgreementKey)
}

func TestInitAndOpen(t *testing.T) {
	key, err := did.GenerateKey(did.Ed25519, nil)
	require.NoError(t, err)
	d := key.Public().DIDKey()
	c := vault.Config{DID: d, Method: d + "#" + strings.TrimPrefix(d, "did:key:"), API: vault.DefaultAPI}
	home := filepath.Join(t.TempDir(), "vault")
	_, err = vault.Open(ctx, home, passphrase, vault.Options{})
	require.ErrorIs(t, err, vault.ErrNoVault)
	require.Error(t, vault.Init(home, c, key, "short"))
	for name, wrong := range map[string]func(*vault.Config){
		"address":                func(c *vault.Config) { c.Listen = []string{"here"} },
		"peer without its id":    func(c *vault.Config) { c.Bootstrap = []string{"/ip4/127.0.0.1/tcp/4371"} },
		"relay":                  func(c *vault.Config) { c.Relays = []string{"x"} },
		"resolver":               func(c *vault.Config) { c.Resolver = "ftp://node.example" },
		"API for other hosts":    func(c *vault.Config) { c.API = "0.0.0.0:4372" },
		"API without a port":     func(c *vault.Config) { c.API = "127.0.0.1" },
		"a quota below zero":     func(c *vault.Config) { c.Quota = -1 },
		"address to tell others": func(c *vault.Config) { c.Announce = []string{"x"} },
	} {
		bad := c
		wrong(&bad)
		require.ErrorIs(t, vault.Init(home, bad, key, passphrase), vault.ErrConfig, name)
		require.NoDirExists(t, home, name)
	}
	require.NoError(t, vault.Init(home, c, key, passphrase))
	require.ErrorIs(t, vault.Init(home, c, key, passphrase), vault.ErrExists)
	_, err = vault.Open(ctx, home, "wrong horse", vault.Options{})
	require.ErrorIs(t, err, vault.ErrPassphrase)
	v, err := vault.Open(ctx, home, passphrase, vault.Options{})
	require.NoError(t, err)
	object, err := v.PutRecord(ctx, strings.NewReader("x"), vault.RecordOptions{Name: "a"})
	require.NoError(t, err, "offline")
	_, err = v.Fetch(ctx, vault.FetchRequest{From: d, CID: object.Info.CID})
	require.ErrorIs(t, err, vault.ErrOffline)
	require.NoError(t, v.Close())
	v, err = vault.Open(ctx, home, passphrase, vault.Options{})
	require.NoError(t, err)
	defer v.Close()
	r, o, err := v.OpenRecord(ctx, object.Info.CID)
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "x", string(b))
	require.Equal(t, "a", o.Name)
	require.Equal(t, []string{store.DefaultPin}, o.Pins)
}

func TestAPI(t *testing.T) {
	v := newVault(t, did.Ed25519)
	a := newAPI(t, v)
	response, err := http.Get(a.url + "/v1/stats")
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, 401, response.StatusCode)

	code, b := a.do("POST", "/v1/objects?raw=true&pin=labs", strings.NewReader("hello world\n"))
	require.Equal(t, 200, code, "%s", b)
	var object vault.Object
	require.NoError(t, json.Unmarshal(b, &object))
	require.Equal(t, "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4", object.CID)
	path := "/v1/objects/" + object.CID
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", path, "", 200},
		{"GET", path + "/info", "", 200},
		{"GET", "/v1/objects/garbage", "", 400},
		{"GET", "/v1/objects/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", "", 404},
		{"GET", "/v1/objects?limit=1&pin=labs", "", 200},
		{"GET", "/v1/objects?limit=x", "", 400},
		{"PUT", path + "/pins/kept", "", 204},
		{"DELETE", path, "", 409},
		{"DELETE", path + "?pin=labs", "", 409},
		{"DELETE", path + "/pins/kept", "", 204},
		{"DELETE", path + "?pin=labs", "", 204},
		{"GET", path, "", 404},
		{"POST", "/v1/gc", "", 200},
		{"POST", "/v1/fsck", "", 200},
		{"GET", "/v1/stats", "", 200},
		{"GET", "/v1/peers", "", 200},
		{"GET", "/v1/identity", "", 200},
		{"GET", "/v1/grants", "", 200},
		{"POST", "/v1/grants", `{"to":"x","seconds":1}`, 400},
		{"POST", "/v1/grants", `{"unknown":1}`, 400},
		{"POST", "/v1/grants", `{"to":"` + v.DID + `","collection":"labs","seconds":60}`, 200},
		{"DELETE", "/v1/grants/none", "", 404},
		{"POST", "/v1/fetch", `{"cid":"x"}`, 400},
		{"GET", "/v1/openapi.json", "", 200},
		{"GET", "/metrics", "", 200},
	} {
		code, b := a.do(c.method, c.path, strings.NewReader(c.body))
		require.Equal(t, c.want, code, "%s %s: %s", c.method, c.path, b)
	}
	// Every route is described.
	_, b = a.do("GET", "/v1/openapi.json", nil)
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(b, &doc))
	require.Len(t, doc.Paths, 14)
}
