package e2e

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/app/localnet"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/vault"
)

// vaultStory: a patient and a clinic with DIDs on the chain, whose documents name the vaults' peer ids and no addresses, and a router that
// both know and that knows neither. The clinic fetches by the grant alone.
func vaultStory(t *testing.T, network *localnet.Network) {
	resolver := network.Nodes[0].REST
	routerKey, err := did.GenerateKey(did.Ed25519, nil)
	require.NoError(t, err)
	of := routerKey.Public().DIDKey()
	router := openVault(t, vault.Config{DID: of, Method: of + "#" + strings.TrimPrefix(of, "did:key:"), Router: true}, routerKey)
	require.NoError(t, router.Listen(t.Context()))
	bootstrap := vaultAddresses(t, router)

	passphrase := didPassphraseFile(t)
	transact := didTransactions(t, network, passphrase)
	keys := keystore.New(filepath.Join(network.Home, "did-keys"))
	newParty := func() *vault.Vault {
		before, err := keys.List()
		require.NoError(t, err)
		transact("create")
		after, err := keys.List()
		require.NoError(t, err)
		require.Len(t, after, len(before)+1)
		method := ""
		for _, entry := range after {
			known := false
			for _, old := range before {
				known = known || old.Name == entry.Name
			}
			if !known {
				method = entry.Name
			}
		}
		key, err := keys.Get(method, didPassphrase)
		require.NoError(t, err)
		id, _, _ := strings.Cut(method, "#")
		v := openVault(t, vault.Config{DID: id, Method: method, Resolver: resolver, Bootstrap: bootstrap}, key)
		identity, err := v.Identity()
		require.NoError(t, err)
		require.NotContains(t, string(identity.Service.Endpoint), "addresses")
		transact("update", id, "--add-service", "vault,PanaceaVault,"+string(identity.Service.Endpoint),
			"--add-key", identity.Agreement+":keyAgreement")
		return v
	}
	patient, clinic := newParty(), newParty()
	for _, v := range []*vault.Vault{patient, clinic} {
		require.NoError(t, v.Listen(t.Context()))
		eventually(t, "the vault has joined the network", func() error {
			stats, err := v.Stats(t.Context())
			if err == nil && stats.Routing == 0 {
				err = fmt.Errorf("%d peers to route by", stats.Routing)
			}
			return err
		})
	}

	const text = "a record that only the clinic may read"
	object, err := patient.PutRecord(t.Context(), strings.NewReader(text), vault.RecordOptions{Name: "labs.json"})
	require.NoError(t, err)
	_, token, err := patient.Grant(t.Context(), vault.GrantRequest{To: clinic.DID, CID: object.Info.CID, Lifetime: time.Hour})
	require.NoError(t, err)
	_, err = clinic.Fetch(t.Context(), vault.FetchRequest{Grant: token})
	require.NoError(t, err)
	r, _, err := clinic.OpenRecord(t.Context(), object.Info.CID)
	require.NoError(t, err)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, text, string(got))

	// A vault that its DID's document no longer names is nobody's.
	transact("update", clinic.DID, "--remove-service", "vault")
	other, err := patient.PutRecord(t.Context(), strings.NewReader(text), vault.RecordOptions{})
	require.NoError(t, err)
	_, token, err = patient.Grant(t.Context(), vault.GrantRequest{To: clinic.DID, CID: other.Info.CID, Lifetime: time.Hour})
	require.NoError(t, err)
	_, err = clinic.Fetch(t.Context(), vault.FetchRequest{Grant: token})
	require.ErrorContains(t, err, "no such object for you")
}

func openVault(t *testing.T, config vault.Config, key did.PrivateKey) *vault.Vault {
	t.Helper()
	const passphrase = "correct horse"
	config.Listen, config.API = []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}, "127.0.0.1:0"
	home := filepath.Join(t.TempDir(), "vault")
	require.NoError(t, vault.Init(home, config, key, passphrase))
	v, err := vault.Open(t.Context(), home, passphrase, vault.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

// vaultAddresses are those at which a vault listens, with its peer id.
func vaultAddresses(t *testing.T, v *vault.Vault) []string {
	t.Helper()
	identity, err := v.Identity()
	require.NoError(t, err)
	require.NotEmpty(t, identity.Addresses)
	id, err := peer.Decode(identity.PeerID)
	require.NoError(t, err)
	var all []string
	for _, address := range identity.Addresses {
		all = append(all, address+"/p2p/"+id.String())
	}
	return all
}
