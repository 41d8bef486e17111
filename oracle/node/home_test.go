package node

import (
	"crypto/ed25519"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	ma "github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/tee"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

var testTrusted = light.TrustedBlock{Height: 7, Hash: make([]byte, 32)}

func newHome(t *testing.T) *Home {
	t.Helper()
	h, err := Init(t.Context(), t.TempDir(), testConfig(), testTrusted, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func reopen(t *testing.T, h *Home) *Home {
	t.Helper()
	require.NoError(t, h.Close())
	again, err := OpenHome(t.Context(), h.Dir, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = again.Close() })
	return again
}

func TestTheKeysBornAtInitAreThoseOfEveryLaterRun(t *testing.T) {
	h := newHome(t)
	before, err := h.Card(t.Context())
	require.NoError(t, err)
	key, err := h.GenesisKey(t.Context())
	require.NoError(t, err)

	h = reopen(t, h)
	after, err := h.Card(t.Context())
	require.NoError(t, err)
	before.HasSecret = true
	require.Equal(t, before, after)
	again, err := h.GenesisKey(t.Context())
	require.NoError(t, err)
	require.Equal(t, key, again, "there is one oracle secret")

	_, err = Init(t.Context(), h.Dir, h.Config, testTrusted, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, ErrExists)
}

func TestAConfigurationOfAnotherChainOrOperatorOrBuildDoesNotOpenAHome(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"chain":    {func(c *Config) { c.Chain.ID = "panacea-other" }, ErrIdentity},
		"operator": {func(c *Config) { c.Oracle.Operator = sdk.AccAddress(make([]byte, 20)).String() }, ErrIdentity},
		"build":    {func(c *Config) { c.Enclave.Build = "oracled/changed" }, tee.ErrUnseal},
		"hardware": {func(c *Config) { c.Enclave.Type = EnclaveSGX }, tee.ErrNoEnclave},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			changed := h.Config
			c.change(&changed)
			require.NoError(t, h.Close())
			require.NoError(t, WriteConfig(h.Dir, changed))
			_, err := OpenHome(t.Context(), h.Dir, slog.New(slog.DiscardHandler))
			require.ErrorIs(t, err, c.want)
		})
	}
}

// speakOnce signs a message with a number.
func speakOnce(t *testing.T, h *Home, number uint64) (*oracletypes.MsgUpdateOracleInfo, error) {
	t.Helper()
	m := &oracletypes.MsgUpdateOracleInfo{Oracle: h.identity.Operator, Endpoint: "http://127.0.0.1:1", VaultPeer: "did:key:z"}
	return m, h.signNext(t.Context(), draft{m, &m.Sender, &m.Sequence, &m.Signature}, number)
}

func TestTheNumberOfAMessageIsSealedBeforeItsSignatureIsAnywhere(t *testing.T) {
	h := newHome(t)
	require.NoError(t, h.checkRollback(t.Context(), 0))
	m, err := speakOnce(t, h, 0)
	require.NoError(t, err)
	require.Zero(t, m.Sequence)
	require.NoError(t, oracletypes.VerifyNodeMessage(h.identity.ChainID, h.keys.signing.Public().(ed25519.PublicKey), m))

	h = reopen(t, h)
	require.NoError(t, h.checkRollback(t.Context(), 0), "it may not have arrived")
	require.NoError(t, h.checkRollback(t.Context(), 1))
	require.ErrorIs(t, h.checkRollback(t.Context(), 2), ErrRolledBack)

	_, err = speakOnce(t, h, 0)
	require.NoError(t, err, "the first did not arrive")
	m, err = speakOnce(t, h, 1)
	require.NoError(t, err)
	require.EqualValues(t, 1, m.Sequence)
}

func TestAnEnclaveOfWhichTheChainHasHeardMoreThanItSaidStaysSilent(t *testing.T) {
	h := newHome(t)
	_, err := speakOnce(t, h, 0)
	require.NoError(t, err)
	m, err := speakOnce(t, h, 2) // another one, which has its keys, has spoken
	require.ErrorIs(t, err, ErrRolledBack)
	require.Empty(t, m.Signature)
	next, err := h.sequence(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, next, "it does not learn from the chain what it should know itself")
}

func TestAHomePutBackAsItWasIsNoticedByWhatTheChainHasSeen(t *testing.T) {
	h := newHome(t)
	require.NoError(t, h.Close())
	old := filepath.Join(t.TempDir(), "old")
	require.NoError(t, os.CopyFS(old, os.DirFS(h.Dir)))

	h = reopenDir(t, h.Dir)
	_, err := speakOnce(t, h, 0)
	require.NoError(t, err)
	require.NoError(t, h.Close())
	require.ErrorIs(t, reopenDir(t, old).checkRollback(t.Context(), 1), ErrRolledBack)
}

func reopenDir(t *testing.T, dir string) *Home {
	t.Helper()
	h, err := OpenHome(t.Context(), dir, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func TestNewNodeKeysBeginWithNewNumbers(t *testing.T) {
	h := newHome(t)
	_, err := speakOnce(t, h, 0)
	require.NoError(t, err)
	before := h.keys.signingPublic()
	require.NoError(t, h.renewKeys(t.Context()))
	require.NotEqual(t, before, h.keys.signingPublic())
	h = reopen(t, h)
	next, err := h.sequence(t.Context())
	require.NoError(t, err)
	require.Zero(t, next)
}

func TestTheVaultsAddressesOnTheChainAreAsManyAsFit(t *testing.T) {
	var addresses []ma.Multiaddr
	for _, text := range []string{"/ip4/203.0.113.7/tcp/4381", "/ip4/203.0.113.7/udp/4381/quic-v1", "/ip6/2001:db8::7/tcp/4381", "/dns4/oracle.example.org/tcp/4381"} {
		addresses = append(addresses, ma.StringCast(text))
	}
	h := newHome(t)
	id, err := h.keys.vault.peerID()
	require.NoError(t, err)
	peer := vaultPeer(h.keys.vault.name(), id, addresses)
	require.LessOrEqual(t, len(peer), oracletypes.MaxEndpointLength)
	require.Equal(t, h.keys.vault.name()+",/ip4/203.0.113.7/tcp/4381/p2p/"+id+",/ip4/203.0.113.7/udp/4381/quic-v1/p2p/"+id, peer)
}
