package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"

	"github.com/medibloc/panacea/x/datadeal/client/cli"
	"github.com/medibloc/panacea/x/datadeal/internal/fixture"
	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// run executes a command that only prints the transaction, and returns its one message.
func run(t *testing.T, from string, args ...string) (sdk.Msg, error) {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	types.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	config := authtx.NewTxConfig(cdc, authtx.DefaultSignModes)
	var out bytes.Buffer
	ctx := client.Context{}.WithCodec(cdc).WithInterfaceRegistry(registry).WithOutput(&out).WithTxConfig(config).WithOffline(true)
	cmd := cli.NewTxCmd()
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(append(args, "--from", from, "--generate-only", "--offline", "--account-number", "1", "--sequence", "1", "--keyring-backend", "memory"))
	cmd.SetOut(&out)
	if err := cmd.ExecuteContext(context.WithValue(context.Background(), client.ClientContextKey, &ctx)); err != nil {
		return nil, err
	}
	tx, err := config.TxJSONDecoder()(out.Bytes())
	require.NoError(t, err, out.String())
	require.Len(t, tx.GetMsgs(), 1)
	return tx.GetMsgs()[0], nil
}

func write(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.json")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

// example returns the JSON file of a command's help.
func example(t *testing.T, command string) string {
	t.Helper()
	cmd, _, err := cli.NewTxCmd().Find([]string{command})
	require.NoError(t, err)
	_, after, ok := strings.Cut(cmd.Example, "<<'JSON'\n")
	require.True(t, ok)
	file, _, ok := strings.Cut(after, "  JSON\n")
	require.True(t, ok)
	return file
}

const dealText = `{
	"consumer_did": %did%, "consumer_key": %key%, "budget": "300000000umed", "data_count": 3, "expires_at": "2026-01-10T00:00:00+09:00",
	"schemas": [{"digest": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}],
	"presentation_definition": {
		"id": "d",
		"input_descriptors": [{"id": "n", "constraints": {"fields": [{"path": ["$.credentialSubject.name"]}]}}]
	},
	"trusted_issuers": ["did:web:hospital.example"],
	"terms": [{"id": 1, "required": true, "title": "Research", "text": "only"}, {"id": 2, "title": "Contact", "text": "maybe"}],
	"uniqueness": "subject", "quorum": "2/3"
}`

func deal(t *testing.T, replace ...string) string {
	t.Helper()
	key, err := json.Marshal(fixture.ConsumerKey("consumer"))
	require.NoError(t, err)
	text := strings.NewReplacer("%did%", `"`+fixture.DID(t, "consumer")+`"`, "%key%", string(key)).Replace(dealText)
	changed := strings.NewReplacer(replace...).Replace(text)
	if len(replace) > 0 {
		require.NotEqual(t, text, changed)
	}
	return changed
}

// TestAConsumersFileBecomesADeal: what the command makes, the chain accepts.
func TestAConsumersFileBecomesADeal(t *testing.T) {
	c := fixture.New(t)
	msg, err := run(t, fixture.Address(t, "consumer"), "create", write(t, deal(t)))
	require.NoError(t, err)
	made := c.Create(msg.(*types.MsgCreateDeal))
	require.Equal(t, fixture.Umed(300_000_000), made.Budget)
	require.Equal(t, types.UNIQUENESS_SUBJECT, made.Uniqueness)
	require.Equal(t, oracletypes.Fraction{Numerator: 2, Denominator: 3}, made.Quorum)
	require.Equal(t, `{"id":"d","input_descriptors":[{"id":"n","constraints":{"fields":[{"path":["$.credentialSubject.name"]}]}}]}`,
		string(made.Requirements.PresentationDefinition))
	require.Equal(t, "2026-01-09T15:00:00Z", made.ExpiresAt.Format("2006-01-02T15:04:05Z07:00"))
	require.Equal(t, byte(0x2c), made.Requirements.Schemas[0].Digest[0])
	require.Equal(t, types.AgreementTerm{Id: 2, Title: "Contact", Text: "maybe"}, made.Terms[1])
}

func TestDealFilesThatAreRefused(t *testing.T) {
	fixture.New(t) // sets the prefix of addresses
	for name, test := range map[string]struct{ old, new, says string }{
		"a member that nobody knows":         {`"trusted_issuers"`, `"trusted_issuer"`, "unknown field"},
		"a budget without a denomination":    {`300000000umed`, `300`, "budget"},
		"a quorum that is no fraction":       {`2/3`, `66%`, "fraction"},
		"a quorum with more behind it":       {`2/3`, `2/3x`, "fraction"},
		"a quorum of all":                    {`2/3`, `3/3`, "between 0 and 1"},
		"an unknown uniqueness":              {`"subject"`, `"person"`, "content, credential or subject"},
		"a digest that is not hexadecimal":   {`2c26`, `xy26`, "digest"},
		"a definition that is none":          {`"input_descriptors"`, `"inputs"`, "presentation definition"},
		"a filter that is no schema":         {`"path": ["$.credentialSubject.name"]`, `"path": ["$.a"], "filter": {"type": "text"}`, "presentation definition"},
		"terms out of order":                 {`"id": 2, "title"`, `"id": 1, "title"`, "ascend"},
		"no expiry":                          {`"expires_at": "2026-01-10T00:00:00+09:00",`, ``, "expiry"},
		"an issuer that is no DID":           {`did:web:hospital.example`, `hospital.example`, "trusted issuer"},
		"a definition of another media type": {`"quorum"`, `"media_type": "text/plain", "quorum"`, "media type"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, fixture.Address(t, "consumer"), "create", write(t, deal(t, test.old, test.new)))
			require.ErrorContains(t, err, test.says)
		})
	}
	_, err := run(t, fixture.Address(t, "consumer"), "create", write(t, "no JSON"))
	require.ErrorContains(t, err, "is not JSON")
	_, err = run(t, fixture.Address(t, "consumer"), "create", filepath.Join(t.TempDir(), "absent"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = run(t, fixture.Address(t, "consumer"), "create", write(t, strings.Repeat(" ", 4<<20+1)))
	require.ErrorContains(t, err, "more than")
}

// TestACertificateBecomesAConsent: signatures in any order, answers from the flags.
func TestACertificateBecomesAConsent(t *testing.T) {
	c := fixture.New(t)
	made := c.Create(c.CreateMsg("consumer"))
	signed := c.Sign(c.Certificate(made, "a", "provider"), c.Nodes...)
	signed.Provider, signed.Answers = "", nil
	for i, j := 0, len(signed.Signatures)-1; i < j; i, j = i+1, j-1 {
		signed.Signatures[i], signed.Signatures[j] = signed.Signatures[j], signed.Signatures[i]
	}
	file := write(t, string(c.Codec.MustMarshalJSON(signed)))
	provider := fixture.Address(t, "provider")
	msg, err := run(t, provider, "consent", file, "--agree", "1", "--decline", "2")
	require.NoError(t, err)
	_, err = c.Msgs.SubmitConsent(c.Ctx, msg.(*types.MsgSubmitConsent))
	require.NoError(t, err)
	consent, err := c.Keeper.GetConsent(c.Ctx, made.Id, signed.Certificate.DataCommitment)
	require.NoError(t, err)
	require.Equal(t, []types.TermAnswer{{TermId: 1, Agreed: true}, {TermId: 2}}, consent.Answers)

	_, err = run(t, fixture.Address(t, "somebody"), "consent", file, "--agree", "1,2")
	require.ErrorContains(t, err, "sign with that account")
	_, err = run(t, provider, "consent", file, "--agree", "0")
	require.ErrorContains(t, err, "no term 0")
	signed.Answers = []types.TermAnswer{{TermId: 1}}
	_, err = run(t, provider, "consent", write(t, string(c.Codec.MustMarshalJSON(signed))))
	require.ErrorContains(t, err, "not from the file")
	_, err = run(t, provider, "consent", write(t, "{}"))
	require.Error(t, err)
}

// TestTheExamplesInHelpAreOnes: the deal of the help is a message that a mempool takes; the certificate of the help has the form.
func TestTheExamplesInHelpAreOnes(t *testing.T) {
	c := fixture.New(t)
	msg, err := run(t, fixture.Address(t, "consumer"), "create", write(t, example(t, "create")))
	require.NoError(t, err)
	require.Equal(t, uint64(3), msg.(*types.MsgCreateDeal).DataCount)
	var consent types.MsgSubmitConsent
	text := strings.ReplaceAll(example(t, "consent"), `"signature": "…"`, `"signature": ""`)
	require.NoError(t, c.Codec.UnmarshalJSON([]byte(text), &consent))
	consent.Certificate.Provider = fixture.Address(t, "provider")
	require.NoError(t, consent.Certificate.ValidateBasic())
}
