package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	fixture "github.com/medibloc/panacea/x/internal/oraclefixture"
	"github.com/medibloc/panacea/x/oracle/client/cli"
	"github.com/medibloc/panacea/x/oracle/types"
)

// run executes a command that only prints the transaction, and returns its one message.
func run(t *testing.T, from string, args ...string) (map[string]any, error) {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	types.RegisterInterfaces(registry)
	evidencetypes.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	var out bytes.Buffer
	ctx := client.Context{}.WithCodec(cdc).WithInterfaceRegistry(registry).WithOutput(&out).
		WithTxConfig(authtx.NewTxConfig(cdc, authtx.DefaultSignModes)).WithOffline(true)
	cmd := cli.NewTxCmd()
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(append(args, "--from", from, "--generate-only", "--offline", "--account-number", "1", "--sequence", "1", "--keyring-backend", "memory"))
	cmd.SetOut(&out)
	if err := cmd.ExecuteContext(context.WithValue(context.Background(), client.ClientContextKey, &ctx)); err != nil {
		return nil, err
	}
	var tx struct {
		Body struct {
			Messages []map[string]any `json:"messages"`
		} `json:"body"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &tx), out.String())
	require.Len(t, tx.Body.Messages, 1)
	return tx.Body.Messages[0], nil
}

func write(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.json")
	require.NoError(t, os.WriteFile(name, content, 0o600))
	return name
}

func TestCommandsThatReadFiles(t *testing.T) {
	c, nodes := fixture.World(t)
	payer := fixture.Address(t, "somebody else")
	asAny := func(msg sdk.Msg) []byte {
		raw, err := c.Codec.MarshalInterfaceJSON(msg)
		require.NoError(t, err)
		return raw
	}
	t.Run("register", func(t *testing.T) {
		n := c.NewNode("n")
		file := write(t, c.Codec.MustMarshalJSON(n.RegisterMsg(nil)))
		msg, err := run(t, n.Address, "register", file)
		require.NoError(t, err)
		require.Equal(t, "/panacea.oracle.v1.MsgRegisterOracle", msg["@type"])
		_, err = run(t, payer, "register", file)
		require.ErrorContains(t, err, "sign with that account")
	})
	t.Run("relay", func(t *testing.T) {
		msg, err := run(t, payer, "relay", write(t, asAny(nodes[0].RenewMsg())))
		require.NoError(t, err)
		require.Equal(t, payer, msg["sender"], "whoever sends it")
		_, err = run(t, payer, "relay", write(t, asAny(nodes[0].RegisterMsg(nil))))
		require.ErrorContains(t, err, "no message that a node key signs")
	})
	t.Run("report-contradiction", func(t *testing.T) {
		first, second := c.Certificate("datum", "alice", 9), c.Certificate("datum", "mallory", 9)
		e := nodes[0].Contradict(first, second)
		e.First, e.Second, e.FirstSignature, e.SecondSignature = e.Second, e.First, e.SecondSignature, e.FirstSignature
		msg, err := run(t, payer, "report-contradiction", write(t, c.Codec.MustMarshalJSON(e)))
		require.NoError(t, err, "in either order")
		require.Equal(t, "/cosmos.evidence.v1beta1.MsgSubmitEvidence", msg["@type"])
		e.FirstSignature[0] ^= 1
		_, err = run(t, payer, "report-contradiction", write(t, c.Codec.MustMarshalJSON(e)))
		require.ErrorIs(t, err, types.ErrInvalidSignature)
	})
	t.Run("submit-collateral", func(t *testing.T) {
		raw, err := os.ReadFile("../../../../../shared/testdata/dcap/sgx_quote_collateral.json")
		if os.IsNotExist(err) {
			t.Skip("../shared/testdata/dcap is absent")
		}
		require.NoError(t, err)
		msg, err := run(t, payer, "submit-collateral", write(t, raw))
		require.NoError(t, err)
		require.Equal(t, "/panacea.oracle.v1.MsgSubmitCollateral", msg["@type"])
	})
	t.Run("files that are none", func(t *testing.T) {
		_, err := run(t, payer, "submit-collateral", filepath.Join(t.TempDir(), "absent"))
		require.ErrorIs(t, err, os.ErrNotExist)
		_, err = run(t, payer, "submit-collateral", write(t, []byte("{}")))
		require.ErrorContains(t, err, "reading the collateral")
		_, err = run(t, payer, "relay", write(t, []byte("no JSON")))
		require.ErrorContains(t, err, "is not JSON")
		_, err = run(t, payer, "relay", write(t, bytes.Repeat([]byte(" "), 1<<20+1)))
		require.ErrorContains(t, err, "more than")
	})
}
