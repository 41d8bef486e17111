package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	didcli "github.com/medibloc/panacea/x/did/client/cli"
	didkeeper "github.com/medibloc/panacea/x/did/keeper"
	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/resource/client/cli"
	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

func TestMain(m *testing.M) {
	sdk.GetConfig().SetBech32PrefixForAccount(fixture.Prefix, fixture.Prefix+"pub")
	os.Exit(m.Run())
}

const passphrase = "a passphrase for tests"

// user runs commands against a chain on which publisher has a DID, whose key the user keeps.
type user struct {
	*fixture.Chain
	fixture.Publisher
	ctx client.Context
}

func newUser(t *testing.T) *user {
	t.Helper()
	u := newUserAt(t, t.TempDir())
	require.NoError(t, didcli.OpenKeystore(u.ctx).Put(u.Method("key1"), u.Publisher.Key, passphrase))
	return u
}

// newUserAt makes a user whose keystore is in a home that has it.
func newUserAt(t *testing.T, home string) *user {
	t.Helper()
	t.Setenv(didcli.PassphraseVariable, passphrase)
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	u := &user{Chain: c, Publisher: p}
	u.ctx = client.Context{}.WithCodec(c.Codec).WithInterfaceRegistry(c.Registry).
		WithTxConfig(authtx.NewTxConfig(c.Codec, authtx.DefaultSignModes)).
		WithKeyring(keyring.NewInMemory(c.Codec)).WithHomeDir(home).
		WithGRPCClient(u.serve(t))
	return u
}

// serve answers the queries of both modules over gRPC, from memory.
func (u *user) serve(t *testing.T) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	wire := codec.NewProtoCodec(u.Registry).GRPCCodec()
	server := grpc.NewServer(grpc.ForceServerCodec(wire), grpc.UnaryInterceptor(
		func(_ context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			return handler(u.Ctx, req)
		}))
	types.RegisterQueryServer(server, u.Queries)
	didtypes.RegisterQueryServer(server, didkeeper.NewQueryServer(u.DIDs))
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

// create makes an unsigned transaction, and returns its message.
func (u *user) create(t *testing.T, args ...string) (*types.MsgCreateResource, error) {
	t.Helper()
	out, err := u.run(cli.NewTxCmd(), append([]string{"create", "--chain-id", fixture.ChainID, "--from", fixture.Address(t, "payer"), "--generate-only",
		"--account-number", "1", "--sequence", "2"}, args...)...)
	if err != nil {
		return nil, err
	}
	tx, err := u.ctx.TxConfig.TxJSONDecoder()([]byte(out))
	require.NoError(t, err, out)
	require.Len(t, tx.GetMsgs(), 1)
	return tx.GetMsgs()[0].(*types.MsgCreateResource), nil
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// TestAPublishersStory: a schema is published, then its next version, then read in every way.
func TestAPublishersStory(t *testing.T) {
	u := newUser(t)
	schema := func(file string, more ...string) []string {
		return append([]string{"--did", u.ID, "--name", "patient", "--type", "JsonSchema", "--media-type", "application/schema+json", "--file", file}, more...)
	}
	first, err := u.create(t, schema(write(t, `{"v":1}`), "--label", "1.0.0")...)
	require.NoError(t, err)
	require.NoError(t, types.ValidateID(first.Id))
	require.Empty(t, first.PreviousVersionId)
	require.Equal(t, u.Method("key1"), first.VerificationMethodId)
	_, err = u.Msgs.CreateResource(u.Ctx, first)
	require.NoError(t, err)

	u.NextBlock(10 * time.Second)
	second, err := u.create(t, schema(write(t, "\x00\xff"))...)
	require.NoError(t, err)
	require.Equal(t, first.Id, second.PreviousVersionId, "the node was asked which version it follows")
	require.NotEqual(t, first.Id, second.Id)
	_, err = u.Msgs.CreateResource(u.Ctx, second)
	require.NoError(t, err)

	const uuid = "2c5b1a0e-6f0d-4b8e-9a53-0d5c1a9f7e11"
	third, err := u.create(t, schema(write(t, `{"v":3}`), "--offline", "--method", "key1", "--previous", second.Id, "--id", uuid)...)
	require.NoError(t, err)
	require.Equal(t, uuid, third.Id)
	_, err = u.Msgs.CreateResource(u.Ctx, third)
	require.NoError(t, err)

	for _, c := range []struct {
		want string
		args []string
	}{
		{`{"v":1}`, []string{"get", u.ID, first.Id}},
		{`{"v":1}`, []string{"get", u.ID + "/resources/" + first.Id}},
		{"\x00\xff", []string{"get", u.ID, second.Id}},
		{`{"v":3}`, []string{"get", u.ID + "?resourceName=patient&resourceType=JsonSchema"}},
		{`{"v":3}`, []string{"latest", u.ID, "patient", "JsonSchema"}},
		{`{"v":1}`, []string{"latest", u.ID, "patient", "JsonSchema", "--label", "1.0.0"}},
		{`{"v":1}`, []string{"latest", u.ID, "patient", "JsonSchema", "--version-time", "2026-01-02T03:04:06Z"}},
	} {
		out, err := u.run(cli.NewQueryCmd(), c.args...)
		require.NoError(t, err)
		require.Equal(t, c.want, out, "%v", c.args)
	}
	for _, args := range [][]string{
		{"get", u.ID, first.Id, "--metadata"},
		{"latest", u.ID, "patient", "JsonSchema", "--label", "1.0.0", "--metadata", "--output", "json"},
		{"get", u.ID + "?resourceName=patient&resourceMetadata=true"},
	} {
		out, err := u.run(cli.NewQueryCmd(), args...)
		require.NoError(t, err)
		require.True(t, json.Valid([]byte(out)), out)
		require.Contains(t, out, types.Checksum([]byte(`{"v":1}`)))
	}
	out, err := u.run(cli.NewQueryCmd(), "list", u.ID, "--type", "JsonSchema", "--output", "json")
	require.NoError(t, err)
	require.Contains(t, out, uuid)
	require.NotContains(t, out, first.Id+`","name"`)
}

func TestAnEd25519KeySignsIfItIsTheOneKept(t *testing.T) {
	u := newUser(t)
	key := fixture.Key(t, did.Ed25519, "asserting")
	document := u.Document()
	document.AssertionMethods = []*didtypes.VerificationRelationship{
		didtypes.NewEmbedded(u.NewMethod("lost", did.Multikey, fixture.Key(t, did.P256, "lost").Public())),
		didtypes.NewEmbedded(u.NewMethod("kept", did.Multikey, key.Public())),
	}
	u.UpdateDID(u.Publisher, document)
	require.NoError(t, didcli.OpenKeystore(u.ctx).Put(u.Method("kept"), key, passphrase))
	msg, err := u.create(t, "--did", u.ID, "--name", "n", "--type", "T", "--media-type", "a/b", "--file", write(t, "x"))
	require.NoError(t, err)
	require.Equal(t, u.Method("kept"), msg.VerificationMethodId)
	_, err = u.Msgs.CreateResource(u.Ctx, msg)
	require.NoError(t, err)
}

func TestCreateExplainsWhatIsWrong(t *testing.T) {
	file, home := write(t, "x"), newUser(t).ctx.HomeDir
	for name, c := range map[string]struct {
		change func(u *user)
		args   []string
		want   string
	}{
		"no file":            {args: []string{"--file", filepath.Join(t.TempDir(), "absent")}, want: "no such file"},
		"an empty file":      {args: []string{"--file", write(t, "")}, want: "resource is empty"},
		"a file too large":   {args: []string{"--file", write(t, strings.Repeat("x", types.MaxDataBytes+1))}, want: "more than 262144 bytes"},
		"a bad media type":   {args: []string{"--file", file, "--media-type", "JSON"}, want: "type/subtype"},
		"a bad id":           {args: []string{"--file", file, "--id", "x"}, want: "a UUID has 36"},
		"no such DID":        {args: []string{"--file", file, "--did", fixture.NewPublisher(t, "absent").ID}, want: "asking the node"},
		"a DID URL":          {args: []string{"--file", file, "--did", "did:panacea:x#key1"}, want: "invalid DID"},
		"another key":        {args: []string{"--file", file, "--method", "key2"}, want: "did-keys import"},
		"offline, no method": {args: []string{"--file", file, "--offline"}, want: "--method"},
		"no key kept": {change: func(u *user) {
			document := u.Document()
			document.AssertionMethods = []*didtypes.VerificationRelationship{
				didtypes.NewEmbedded(u.NewMethod("lost", did.Multikey, fixture.Key(t, did.P256, "lost").Public())),
			}
			u.UpdateDID(u.Publisher, document)
		}, args: []string{"--file", file}, want: "has no key of an assertion method"},
		"a deactivated DID": {change: func(u *user) { u.DeactivateDID(u.Publisher) }, args: []string{"--file", file}, want: "is deactivated"},
		"a wrong passphrase": {change: func(*user) { t.Setenv(didcli.PassphraseVariable, "another passphrase") },
			args: []string{"--file", file}, want: keystore.ErrPassphrase.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUserAt(t, home)
			if c.change != nil {
				c.change(u)
			}
			_, err := u.create(t, append([]string{"--did", u.ID, "--name", "n", "--type", "T", "--media-type", "a/b"}, c.args...)...)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestQueriesExplainWhatIsWrong(t *testing.T) {
	u := newUser(t)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"names no resource", []string{"get", u.ID}},
		{"there is no such resource", []string{"get", u.ID, "x"}},
		{"not found", []string{"latest", u.ID, "x", "y"}},
		{"2020-12-20T19:17:47Z", []string{"latest", u.ID, "x", "y", "--version-time", "yesterday"}},
		{"invalid DID", []string{"list", "did:panacea:x"}},
	} {
		_, err := u.run(cli.NewQueryCmd(), c.args...)
		require.ErrorContains(t, err, c.want)
	}
}

// TestEveryCommandHasAnExample, which names the command.
func TestEveryCommandHasAnExample(t *testing.T) {
	for _, root := range []*cobra.Command{cli.NewTxCmd(), cli.NewQueryCmd()} {
		for _, cmd := range root.Commands() {
			require.Contains(t, cmd.Example, root.Name()+" "+cmd.Name())
		}
	}
}
