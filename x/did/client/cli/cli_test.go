package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/x/did/client/cli"
	"github.com/medibloc/panacea/x/did/internal/fixture"
	"github.com/medibloc/panacea/x/did/types"
)

func TestMain(m *testing.M) {
	sdk.GetConfig().SetBech32PrefixForAccount(fixture.Prefix, fixture.Prefix+"pub")
	os.Exit(m.Run())
}

// user runs commands against a chain.
type user struct {
	*fixture.Chain
	ctx client.Context
}

func newUser(t *testing.T) *user {
	t.Helper()
	t.Setenv(cli.PassphraseVariable, "a passphrase for tests")
	c := fixture.New(t)
	u := &user{Chain: c}
	u.ctx = client.Context{}.WithCodec(c.Codec).WithInterfaceRegistry(c.Registry).
		WithTxConfig(authtx.NewTxConfig(c.Codec, authtx.DefaultSignModes)).
		WithKeyring(keyring.NewInMemory(c.Codec)).WithHomeDir(t.TempDir()).
		WithGRPCClient(u.serve(t))
	return u
}

// serve answers the module's queries over gRPC, from memory.
func (u *user) serve(t *testing.T) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	wire := codec.NewProtoCodec(u.Registry).GRPCCodec()
	server := grpc.NewServer(grpc.ForceServerCodec(wire), grpc.UnaryInterceptor(
		func(_ context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			return handler(u.Ctx, req)
		}))
	types.RegisterQueryServer(server, u.Queries)
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(wire)))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, connection.Close())
		server.Stop()
		require.NoError(t, <-stopped)
	})
	return connection
}

// run runs a command and returns what it prints.
func (u *user) run(cmd *cobra.Command, args ...string) (string, error) {
	var out, problems bytes.Buffer
	ctx := u.ctx.WithOutput(&out)
	cmd.SetOut(&out)
	cmd.SetErr(&problems)
	cmd.SilenceUsage = true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(context.WithValue(context.Background(), client.ClientContextKey, &ctx))
	return out.String(), err
}

// tx makes an unsigned transaction, and returns its message.
func (u *user) tx(t *testing.T, args ...string) (sdk.Msg, error) {
	t.Helper()
	if !slices.Contains(args, "--offline") {
		args = append(args, "--chain-id", "test")
	}
	out, err := u.run(cli.NewTxCmd(), append(args, "--from", fixture.Address(t, "payer"), "--generate-only",
		"--account-number", "1", "--sequence", "2")...) // which the SDK demands offline
	if err != nil {
		return nil, err
	}
	tx, err := u.ctx.TxConfig.TxJSONDecoder()([]byte(out))
	require.NoError(t, err, out)
	require.Len(t, tx.GetMsgs(), 1)
	return tx.GetMsgs()[0], nil
}

// TestAPersonsStory: a DID is created with keys and a service, changed, resolved and ended; its chain is offline at both ends.
func TestAPersonsStory(t *testing.T) {
	u := newUser(t)
	msg, err := u.tx(t, "create", "--offline", "--add-key", "x25519", "--add-service", "vault,PanaceaVault,https://vault.example")
	require.NoError(t, err)
	create := msg.(*types.MsgCreateDIDRequest)
	_, err = u.Msgs.CreateDID(u.Ctx, create)
	require.NoError(t, err)
	id := create.Did

	out, err := u.run(cli.NewDIDKeysCmd(), "list")
	require.NoError(t, err)
	var kept []struct{ ID, KeyType, PublicKeyMultibase string }
	require.NoError(t, json.Unmarshal([]byte(out), &kept))
	require.Len(t, kept, 2)
	require.Equal(t, id+"#key1", kept[0].ID)
	require.Equal(t, "secp256k1", kept[0].KeyType)
	require.Equal(t, "x25519", kept[1].KeyType)

	elsewhere := fixture.Key(t, did.Ed25519, "elsewhere").Public()
	msg, err = u.tx(t, "update", id, "--add-key", elsewhere.Multibase()+":assertionMethod", "--remove-key", "key2",
		"--remove-service", "#vault", "--add-controller", id, "--add-also-known-as", "https://me.example")
	require.NoError(t, err)
	_, err = u.Msgs.UpdateDID(u.Ctx, msg.(*types.MsgUpdateDIDRequest))
	require.NoError(t, err)

	out, err = u.run(cli.NewQueryCmd(), "resolve", id)
	require.NoError(t, err)
	resolution, err := did.ParseResolution([]byte(out), did.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, "1", resolution.DocumentMetadata.VersionID)
	document := resolution.Document
	require.Empty(t, document.Services)
	require.Empty(t, document.KeyAgreement)
	require.Equal(t, []string{id}, document.Controllers)
	require.Equal(t, []string{"https://me.example"}, document.AlsoKnownAs)
	added, ok := document.VerificationMethod("key2")
	require.True(t, ok)
	require.Equal(t, elsewhere.Multibase(), added.PublicKeyMultibase)
	require.True(t, document.Authorizes(did.AssertionMethod, "key2"))
	require.False(t, document.Authorizes(did.Authentication, "key2"))

	out, err = u.run(cli.NewQueryCmd(), "resolve", id+"#key2", "--version-id", "0")
	require.NoError(t, err)
	require.Contains(t, out, "publicKeyMultibase")
	require.NotContains(t, out, elsewhere.Multibase())

	msg, err = u.tx(t, "deactivate", id, "--offline", "--did-sequence", "1")
	require.NoError(t, err)
	_, err = u.Msgs.DeactivateDID(u.Ctx, msg.(*types.MsgDeactivateDIDRequest))
	require.NoError(t, err)
	out, err = u.run(cli.NewQueryCmd(), "resolve", id)
	require.NoError(t, err)
	require.Contains(t, out, `"deactivated": true`)
	_, err = u.run(cli.NewQueryCmd(), "resolve", id+"#key1")
	require.ErrorIs(t, err, did.ErrDeactivated)
	_, err = u.tx(t, "update", id, "--add-controller", id)
	require.ErrorIs(t, err, types.ErrDIDDeactivated)
}

// TestAWholeDocumentOffline: a key made elsewhere and a document written by hand make, and then change, a DID without a node.
func TestAWholeDocumentOffline(t *testing.T) {
	u, s := newUser(t), fixture.NewSubject(t, "subject")
	secret, err := keystore.MarshalKey(s.Key)
	require.NoError(t, err)
	keyFile := write(t, secret)
	_, err = u.run(cli.NewDIDKeysCmd(), "import", s.Method("key1"), keyFile)
	require.NoError(t, err)
	_, err = u.run(cli.NewDIDKeysCmd(), "import", s.Method("key1"), keyFile)
	require.ErrorIs(t, err, keystore.ErrExists)
	out, err := u.run(cli.NewDIDKeysCmd(), "export", s.Method("key1"))
	require.NoError(t, err)
	exported, err := keystore.UnmarshalKey([]byte(out))
	require.NoError(t, err)
	require.Equal(t, s.Key.Bytes(), exported.Bytes())

	document, err := s.Document().ToW3C()
	require.NoError(t, err)
	text, err := document.MarshalJSON()
	require.NoError(t, err)
	msg, err := u.tx(t, "create", "--offline", "--document", write(t, text))
	require.NoError(t, err)
	_, err = u.Msgs.CreateDID(u.Ctx, msg.(*types.MsgCreateDIDRequest))
	require.NoError(t, err)

	document.AlsoKnownAs = []string{"https://me.example"}
	text, err = document.MarshalJSON()
	require.NoError(t, err)
	msg, err = u.tx(t, "update", s.ID, "--offline", "--document", write(t, text), "--did-sequence", "0", "--method", "key1")
	require.NoError(t, err)
	_, err = u.Msgs.UpdateDID(u.Ctx, msg.(*types.MsgUpdateDIDRequest))
	require.NoError(t, err)

	out, err = u.run(cli.NewQueryCmd(), "list", "--output", "json")
	require.NoError(t, err)
	require.Contains(t, out, "https://me.example")
}

func write(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.json")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func TestMistakesAreExplained(t *testing.T) {
	u, s := newUser(t), fixture.NewSubject(t, "subject")
	u.Create(s)
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"create", "--add-key", "rsa"}, "ed25519"},
		{[]string{"create", "--add-key", "ed25519:signing"}, "assertionMethod"},
		{[]string{"create", "--add-service", "vault"}, "ID,TYPE,ENDPOINT"},
		{[]string{"create", "--add-service", "vault,PanaceaVault,{x"}, "no JSON"},
		{[]string{"create", "--add-controller", "me"}, "controller"},
		{[]string{"create", "--document", "/does/not/exist"}, "no such file"},
		{[]string{"update", "did:panacea:0", "--add-key", "ed25519"}, "invalid DID"},
		{[]string{"update", fixture.NewSubject(t, "absent").ID, "--add-key", "ed25519"}, "not found"},
		{[]string{"update", s.ID}, "nothing to change"},
		{[]string{"update", s.ID, "--remove-key", "key7"}, "no verification method"},
		{[]string{"update", s.ID, "--remove-service", "key7"}, "no service"},
		{[]string{"update", s.ID, "--remove-controller", s.ID}, "no such controller"},
		{[]string{"update", s.ID, "--remove-key", "key1", "--add-also-known-as", "https://a.example"}, "--freeze"},
		{[]string{"update", s.ID, "--add-also-known-as", "https://a.example"}, "--method"},
		{[]string{"update", s.ID, "--add-also-known-as", "https://a.example", "--method", "key1"}, "did-keys import"},
		{[]string{"update", s.ID, "--add-also-known-as", "https://a.example", "--offline"}, "--did-sequence"},
		{[]string{"update", s.ID, "--add-also-known-as", "https://a.example", "--offline", "--did-sequence", "0"}, "--document"},
		{[]string{"deactivate", s.ID, "--offline"}, "--did-sequence"},
	} {
		_, err := u.tx(t, test.args...)
		require.ErrorContains(t, err, test.says, "%v", test.args)
	}
	t.Run("no payer", func(t *testing.T) {
		_, err := u.run(cli.NewTxCmd(), "create", "--generate-only")
		require.ErrorContains(t, err, "--from")
	})
	t.Run("no passphrase", func(t *testing.T) {
		t.Setenv(cli.PassphraseVariable, "")
		_, err := u.tx(t, "create", "--passphrase-file", write(t, []byte("short\n")))
		require.ErrorContains(t, err, "at least 8")
	})
	t.Run("a query", func(t *testing.T) {
		for args, says := range map[string]string{"me": "did:", s.ID + "#key7": "key7", "did:web:example.com": "web"} {
			_, err := u.run(cli.NewQueryCmd(), "resolve", args)
			require.ErrorContains(t, err, says)
		}
		_, err := u.run(cli.NewQueryCmd(), "resolve", s.ID, "--version-time", "yesterday")
		require.ErrorIs(t, err, did.ErrInvalidOptions)
	})
	t.Run("keys", func(t *testing.T) {
		_, err := u.run(cli.NewDIDKeysCmd(), "show", "nobody")
		require.ErrorIs(t, err, keystore.ErrNotFound)
		_, err = u.run(cli.NewDIDKeysCmd(), "import", s.Method("key1"), write(t, []byte("{}")))
		require.ErrorIs(t, err, keystore.ErrFormat)
	})
	require.NoDirExists(t, filepath.Join(u.ctx.HomeDir, "did-keys"), "a command that fails keeps no key")
}
