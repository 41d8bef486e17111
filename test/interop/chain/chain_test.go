package interop_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/app/localnet"
	"github.com/medibloc/panacea/internal/programs"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	didtypes "github.com/medibloc/panacea/x/did/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

const (
	// testTimeout bounds everything: the build, the installation of the clients and all their stories.
	testTimeout = 15 * time.Minute
	// allowance is what each wallet gets, in umed: each of its transactions pays up to 2 MED.
	allowance = "500000000umed"
)

// story is one script and what it must do, step by step. Whatever a step asserts, it asserts in the script; that all of them
// ran and nothing else, and what then stands on the chain, is asserted here.
type story struct {
	name     string
	script   []string
	steps    []string
	signMode signingtypes.SignMode
	// versions is how many versions the story's DID must have in the end, the deactivation included, unless it lives on.
	versions int
	lives    bool
}

func stories() []story {
	before := []string{
		"the account is the one that panacead derives from the same words",
		"sends MED",
		"estimates gas and pays the default price",
		"refuses a message that another account signed",
		"an unknown DID is not found",
		"refuses a creation that another key proved",
		"refuses a DID that does not derive from the signing key",
		"creates a DID",
		"reads it back",
		"refuses to create it again",
		"refuses an update that another key proved",
		"refuses an update that names a method of the new document only",
		"refuses a proof for a sequence to come",
		"is unchanged by all that was refused",
		"updates it, with every field of mainnet",
		"reads the update back",
		"updates it again, without its service",
		"refuses the first update's proof a second time",
		"refuses the first update's proof from another account",
		"is unchanged by what was replayed",
		"rotates the key, and refuses the same transaction a second time",
		"reads the rotation back",
		"refuses the retired key",
	}
	after := []string{
		"refuses a deactivation that the retired key proved",
		"is unchanged by all that was refused since",
		"deactivates it, paid for by another account",
		"reads the deactivation back",
		"refuses to bring it back",
	}
	join := func(lists ...[]string) []string {
		var all []string
		for _, list := range lists {
			all = append(all, list...)
		}
		return all
	}
	exchange := []string{
		"creates a DID that may publish",
		"publishes a schema",
		"reads the schema back by its DID URL",
		"creates a deal",
		"finds the deal under the id that it computed",
		"refuses a certificate that no oracle signed",
		"refuses a consent without a required term",
		"sells a datum",
		"refuses to sell it again",
		"reads the consent back",
		"ends the deal, and gets the rest back",
	}
	return []story{
		{
			name:     "cosmjs exchanges directly",
			script:   []string{"exchange.mjs", "direct"},
			steps:    exchange,
			signMode: signingtypes.SignMode_SIGN_MODE_DIRECT,
			versions: 1,
			lives:    true,
		},
		{
			name:     "cosmjs exchanges in amino JSON",
			script:   []string{"exchange.mjs", "amino"},
			steps:    exchange,
			signMode: signingtypes.SignMode_SIGN_MODE_LEGACY_AMINO_JSON,
			versions: 1,
			lives:    true,
		},
		{
			name:     "cosmjs signs directly",
			script:   []string{"story.mjs", "direct"},
			steps:    join(before, after),
			signMode: signingtypes.SignMode_SIGN_MODE_DIRECT,
			versions: 5,
		},
		{
			name:     "cosmjs signs amino JSON",
			script:   []string{"story.mjs", "amino"},
			steps:    join(before, []string{"refuses amino JSON in another form than mainnet's"}, after),
			signMode: signingtypes.SignMode_SIGN_MODE_LEGACY_AMINO_JSON,
			versions: 5,
		},
		{
			name:   "panacea-js",
			script: []string{"panaceajs.mjs"},
			steps: []string{
				"the account is the one that panacead derives from the same words",
				"sends MED",
				"an unknown DID is null",
				"refuses a creation that another key proved",
				"creates a DID within the client's default gas",
				"reads it back",
				"updates it",
				"reads the update back",
				"updates it back",
				"refuses the first update's proof a second time",
				"deactivates it",
				"reads the deactivation back",
			},
			signMode: signingtypes.SignMode_SIGN_MODE_DIRECT,
			versions: 4,
		},
	}
}

func TestJavaScriptClients(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	app.ConfigureSDK()
	scripts := installClients(ctx, t)
	net := startNetwork(ctx, t)
	net.foundOracle(ctx, t)
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			net.tell(ctx, t, scripts, s)
		})
	}
}

// installClients copies the scripts to a directory of their own and installs what they depend on, as the lock file pins it.
// Nothing that comes from npm may run code of its own at installation.
func installClients(ctx context.Context, t *testing.T) string {
	for _, program := range []string{"node", "npm"} {
		_, err := exec.LookPath(program)
		require.NoErrorf(t, err, "this test needs %s: install Node.js 20.19 or later (see test/interop/README.md)", program)
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("js")))
	for _, name := range []string{"package.json", "package-lock.json"} {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	run(ctx, t, dir, "npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier")
	return dir
}

// network is a running chain of one validator, and how to ask it.
type network struct {
	*localnet.Network
	binary   string
	encoding app.Encoding
	queries  client.Context
	oracle   oracle
}

// oracle is the network's only oracle, whose node key the scripts hold.
type oracle struct {
	Address string `json:"address"`
	Seed    string `json:"seed"` // of the Ed25519 node key, 32 bytes in hexadecimal
}

func startNetwork(ctx context.Context, t *testing.T) network {
	built, err := programs.Build(ctx, "cmd/panacead")
	require.NoError(t, err)
	binary := filepath.Join(built, "panacead")

	config := localnet.DefaultConfig(t.TempDir())
	config.Validators, config.Binary, config.BlockTime = 1, binary, 200*time.Millisecond
	started, err := localnet.Start(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, started.Stop()) })

	encoding, err := app.NewEncoding()
	require.NoError(t, err)
	for _, register := range []func(codectypes.InterfaceRegistry){
		didtypes.RegisterInterfaces, resourcetypes.RegisterInterfaces, oracletypes.RegisterInterfaces, datadealtypes.RegisterInterfaces,
	} {
		register(encoding.Registry)
	}
	rpc, err := started.Nodes[0].Client()
	require.NoError(t, err)
	return network{
		Network: started, binary: binary, encoding: encoding,
		queries: client.Context{}.WithClient(rpc).WithCodec(encoding.Codec).WithInterfaceRegistry(encoding.Registry),
	}
}

// foundOracle registers the oracle of the validator.
func (n *network) foundOracle(ctx context.Context, t *testing.T) {
	operator := strings.TrimSpace(string(n.panacead(ctx, t, "keys", "show", "validator0", "--address")))
	account, err := sdk.AccAddressFromBech32(operator)
	require.NoError(t, err)
	simulated := apptest.NewOracle(t, n.ChainID, account, "the oracle")
	n.oracle = oracle{Address: operator, Seed: hex.EncodeToString(simulated.Signing.Seed())}

	rpc, err := n.Nodes[0].Client()
	require.NoError(t, err)
	status, err := rpc.Status(ctx)
	require.NoError(t, err)
	block := oracletypes.TrustedBlock{Height: status.SyncInfo.LatestBlockHeight, Hash: status.SyncInfo.LatestBlockHash}
	builder := n.encoding.TxConfig.NewTxBuilder()
	require.NoError(t, builder.SetMsgs(simulated.Register(block, true)))
	builder.SetGasLimit(500_000)
	builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 2_500_000)))
	unsigned, err := n.encoding.TxConfig.TxJSONEncoder()(builder.GetTx())
	require.NoError(t, err)
	file, signed := filepath.Join(t.TempDir(), "unsigned.json"), filepath.Join(t.TempDir(), "signed.json")
	require.NoError(t, os.WriteFile(file, unsigned, 0o600))
	n.panacead(ctx, t, "tx", "sign", file, "--from", "validator0", "--output-document", signed)
	n.succeeds(ctx, t, "tx", "broadcast", signed, "--output", "json")
}

// succeeds runs a command that sends a transaction, which must succeed in its block.
func (n network) succeeds(ctx context.Context, t *testing.T, args ...string) {
	var sent struct {
		Code   uint32 `json:"code"`
		Log    string `json:"raw_log"`
		TxHash string `json:"txhash"`
	}
	require.NoError(t, json.Unmarshal(n.panacead(ctx, t, args...), &sent))
	require.Zero(t, sent.Code, sent.Log)
	require.NoError(t, json.Unmarshal(n.panacead(ctx, t, "query", "wait-tx", sent.TxHash, "--output", "json"), &sent))
	require.Zero(t, sent.Code, sent.Log)
}

// wallet is an account in the form that the scripts take.
type wallet struct {
	Mnemonic string `json:"mnemonic"`
	Address  string `json:"address"`
}

// newWallets makes keys with panacead, so that its derivation and the clients' must agree, and gives each its allowance.
func (n network) newWallets(ctx context.Context, t *testing.T, names ...string) []wallet {
	wallets := make([]wallet, len(names))
	send := []string{"tx", "bank", "multi-send", "alice"}
	for i, name := range names {
		out := n.panacead(ctx, t, "keys", "add", strings.ReplaceAll(name, " ", "-"), "--output", "json")
		require.NoError(t, json.Unmarshal(out, &wallets[i]))
		send = append(send, wallets[i].Address)
	}
	send = append(send, allowance, "--from", "alice", "--gas", "400000", "--fees", "2000000umed", "--yes", "--output", "json")
	n.succeeds(ctx, t, send...)
	return wallets
}

func (n network) panacead(ctx context.Context, t *testing.T, args ...string) []byte {
	return run(ctx, t, ".", n.binary, append([]string{"--home", n.Home}, args...)...)
}

// report is what a script prints after each step.
type report struct {
	Step  string `json:"step"`
	Error string `json:"error"`
	Facts struct {
		DID  string `json:"did"`
		Hash string `json:"hash"`
	} `json:"facts"`
}

// tell runs a story's script and checks what it reports against the story and the chain.
func (n network) tell(ctx context.Context, t *testing.T, scripts string, s story) {
	wallets := n.newWallets(ctx, t, s.name, s.name+" other")
	input, err := json.Marshal(map[string]any{
		"rpc": n.Nodes[0].RPC, "rest": n.Nodes[0].REST, "chainId": n.ChainID, "wallet": wallets[0], "other": wallets[1], "oracle": n.oracle,
	})
	require.NoError(t, err)

	node := exec.CommandContext(ctx, "node", s.script...)
	node.Dir, node.Stdin = scripts, bytes.NewReader(input)
	var out, errs bytes.Buffer
	node.Stdout, node.Stderr = &out, &errs
	ended := node.Run()

	var told []string
	var did string
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var r report
		require.NoError(t, decoder.Decode(&r))
		told = append(told, r.Step)
		if r.Facts.DID != "" {
			did = r.Facts.DID
		}
		t.Run(r.Step, func(t *testing.T) {
			require.Empty(t, r.Error)
			if r.Facts.Hash != "" {
				n.requireSigned(ctx, t, r.Facts.Hash, s.signMode)
			}
		})
	}
	require.NoError(t, ended, "%s: %s", s.script, errs.String())
	require.Equal(t, s.steps, told, "the steps of %s", s.script)
	n.requireHistory(ctx, t, did, s)
}

// requireSigned checks that the transaction succeeded on the chain and was signed in the mode.
func (n network) requireSigned(ctx context.Context, t *testing.T, hash string, mode signingtypes.SignMode) {
	raw, err := hex.DecodeString(hash)
	require.NoError(t, err)
	found, err := n.queries.Client.Tx(ctx, raw, false)
	require.NoError(t, err)
	require.Zero(t, found.TxResult.Code, found.TxResult.Log)
	tx, err := n.encoding.TxConfig.TxDecoder()(found.Tx)
	require.NoError(t, err)
	signatures, err := tx.(authsigning.SigVerifiableTx).GetSignaturesV2()
	require.NoError(t, err)
	require.Len(t, signatures, 1)
	require.Equal(t, mode, signatures[0].Data.(*signingtypes.SingleSignatureData).SignMode)
}

// requireHistory checks the DID's history on the chain: so many versions, of which the last and only the last is its end, if it has ended.
func (n network) requireHistory(ctx context.Context, t *testing.T, did string, s story) {
	answer, err := didtypes.NewQueryClient(n.queries).Versions(ctx, &didtypes.QueryVersionsRequest{Did: did})
	require.NoError(t, err)
	require.Len(t, answer.Versions, s.versions)
	for i, version := range answer.Versions {
		require.EqualValues(t, i, version.VersionId)
		require.Equal(t, !s.lives && i == s.versions-1, version.Deactivated, "version %d", i)
	}
}

// run runs a program that must succeed and returns what it writes to standard output.
func run(ctx context.Context, t *testing.T, dir, program string, args ...string) []byte {
	cmd := exec.CommandContext(ctx, program, args...)
	var errs bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &errs
	out, err := cmd.Output()
	require.NoError(t, err, "%s %s: %s%s", filepath.Base(program), strings.Join(args, " "), out, errs.String())
	return out
}
