//go:build linux

package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/app/localnet"
	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/internal/programs"
	"github.com/medibloc/panacea/internal/rpcproxy"
	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/internal/fixture"
	"github.com/medibloc/panacea/seal"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// patience bounds every wait, generously: the machine may be busy.
const patience = 20 * time.Second

// plainMarker stands in every datum of these tests, and must stand nowhere that an oracle writes.
const plainMarker = "MARKER-DATUM-5e0b77"

// scene is an oracle in this process, on a real chain of one validator, which it sees through one node only: one that may lie.
type scene struct {
	ctx      context.Context
	network  *localnet.Network
	liar     *rpcproxy.Proxy
	oracle   *Node
	at       Addresses
	log      *lockedBuffer
	answers  *lockedBuffer // all that the oracle answered
	consumer *client.Account
	provider *client.Account
	seller   *fixture.Provider
	buyerKey *seal.PrivateKey
	did      string
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}

func newScene(t *testing.T, home string) *scene {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	s := &scene{ctx: ctx, log: &lockedBuffer{}, answers: &lockedBuffer{}, seller: fixture.NewProvider(1)}
	built, err := programs.Build(ctx, "cmd/panacead")
	require.NoError(t, err)
	c := localnet.DefaultConfig(filepath.Join(t.TempDir(), "net"))
	c.Validators, c.Binary, c.BlockTime = 1, filepath.Join(built, "panacead"), 300*time.Millisecond
	s.network, err = localnet.Start(ctx, c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.network.Stop() })
	s.liar = rpcproxy.New(t, s.network.Nodes[0].RPC)
	s.people(t)
	s.begin(t, home)
	return s
}

func (s *scene) keys(t *testing.T) keyring.Keyring {
	keys, err := OpenKeyring("test", s.network.Home)
	require.NoError(t, err)
	return keys
}

// people are a consumer with a DID, and a provider, who see the chain as it is.
func (s *scene) people(t *testing.T) {
	t.Helper()
	c, err := client.New(client.Config{ChainID: s.network.ChainID, Nodes: []string{s.network.Nodes[0].RPC}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	signer, err := client.KeyringSigner(s.keys(t), "bob")
	require.NoError(t, err)
	s.consumer = c.Account(client.AccountConfig{Signer: signer})
	signer, err = client.KeySigner(bytes.Repeat([]byte{1}, 32)) // fixture.NewProvider(1)
	require.NoError(t, err)
	s.provider = c.Account(client.AccountConfig{Signer: signer})
	require.Equal(t, s.seller.Address, s.provider.Address().String())
	owner := apptest.NewDID(t, t.Name())
	s.did, s.buyerKey = owner.ID, apptest.ConsumerKey(t, s.consumer.Address().String())
	_, err = s.consumer.Send(s.ctx, owner.Create(s.consumer.Address()),
		banktypes.NewMsgSend(s.consumer.Address(), s.provider.Address(), sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 100_000_000))))
	require.NoError(t, err)
}

// begin makes the chain's first oracle, and runs it.
func (s *scene) begin(t *testing.T, home string) {
	t.Helper()
	c := testConfig()
	c.Chain.ID, c.Chain.Nodes, c.Oracle.Operator = s.network.ChainID, []string{s.liar.URL}, s.network.Accounts["validator0"]
	c.Chain.PollInterval, c.Chain.MaxBlockAge = Duration(300*time.Millisecond), Duration(5*time.Second)
	c.Sender.KeyringDir, c.Sender.Key = s.network.Home, "alice"
	require.NoError(t, s.network.Nodes[0].WaitForHeight(s.ctx, 3))
	_, trusted, err := light.Newest(s.ctx, s.liar.URL)
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h, err := Init(s.ctx, home, c, trusted, log)
	require.NoError(t, err)
	_, err = h.GenesisKey(s.ctx)
	require.NoError(t, err)
	message, err := h.Register(s.ctx, Registration{Commission: DefaultCommission()})
	require.NoError(t, err)
	_, err = h.SendRegistration(s.ctx, message, s.keys(t), "validator0")
	require.NoError(t, err)
	require.NoError(t, h.WriteCard(s.ctx))
	require.NoError(t, h.Close())

	s.oracle, err = Open(s.ctx, home, log)
	require.NoError(t, err)
	serving, stop := context.WithCancel(s.ctx)
	ready, ended := make(chan Addresses, 1), make(chan error, 1)
	go func() { ended <- s.oracle.Run(serving, func(at Addresses) { ready <- at }) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, s.oracle.Close())
	})
	s.at = <-ready
	s.eventually(t, "the oracle is healthy", func() bool { return s.oracle.Health().Healthy })
}

func (s *scene) eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-limit.C:
			t.Fatalf("waited in vain: %s; the log:\n%s", what, s.log.bytes())
		case <-tick.C:
		}
	}
}

func (s *scene) makeDeal(t *testing.T) (id string) {
	t.Helper()
	m := apptest.NewDeal(t, s.consumer.Address(), s.did, sdk.NewInt64Coin(app.BaseDenom, 10_000_000), 10, time.Now().Add(time.Hour))
	m.Terms = nil
	result, err := s.consumer.Send(s.ctx, m)
	require.NoError(t, err)
	var data sdk.TxMsgData
	require.NoError(t, data.Unmarshal(result.Data))
	var made datadeal.MsgCreateDealResponse
	require.NoError(t, made.Unmarshal(data.MsgResponses[0].Value))
	return made.DealId
}

// ask asks the oracle, for a short time only, and keeps what it answers. The code is that of a refusal, or "" of an answer.
func (s *scene) ask(t *testing.T, request *http.Request, into func(body []byte)) (code string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	response, err := http.DefaultClient.Do(request.WithContext(ctx))
	if err != nil {
		return "no answer"
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "no answer"
	}
	_, _ = s.answers.Write(body)
	if response.StatusCode != http.StatusOK {
		return response.Header.Get("X-Panacea-Code")
	}
	into(body)
	return ""
}

// datum is one that is for sale.
type datum struct {
	deal        seal.Deal
	content     []byte
	salt        seal.Salt
	commitment  seal.Commitment
	certificate oracletypes.Certificate
	signature   oracletypes.OracleSignature
}

func (s *scene) newDatum(deal, content string) *datum {
	d := &datum{deal: seal.Deal{ChainID: s.network.ChainID, ID: deal}, content: []byte(plainMarker + content), salt: seal.NewSalt()}
	d.commitment = seal.Commit(d.salt, d.content)
	return d
}

// submit asks the oracle to vouch for a datum.
func (s *scene) submit(t *testing.T, d *datum) (code string) {
	t.Helper()
	key, err := s.oracle.SubmissionKey()
	require.NoError(t, err)
	height, err := s.network.Nodes[0].Height(s.ctx)
	if err != nil {
		height = s.oracle.view.Load().Height // the node is down
	}
	header, err := (&api.SubmissionHeader{
		Salt: d.salt[:], LastHeight: height + 250, MediaType: "application/octet-stream", ContentSize: uint64(len(d.content)),
	}).Marshal()
	require.NoError(t, err)
	sealed := fixture.SealTo(t, key.Public(), seal.Submission{Deal: d.deal, Provider: s.seller.Raw}, fixture.Plain(header, d.content))
	digest, now := sha256.Sum256(sealed), time.Now()
	token := s.seller.Token(fixture.Claims{
		Issuer: s.seller.Address, Audience: s.oracle.identity.Operator, Deal: d.deal.ID, Digest: hex.EncodeToString(digest[:]),
		IssuedAt: now.Unix(), Expires: now.Add(4 * time.Minute).Unix(), ID: fixture.NewID(),
	})
	request, err := http.NewRequest(http.MethodPost, s.at.API+"/v1/deals/"+d.deal.ID+"/data", bytes.NewReader(sealed))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	return s.ask(t, request, func(body []byte) {
		var answer api.ValidateDataResponse
		require.NoError(t, jsonpb.Unmarshal(bytes.NewReader(body), &answer))
		d.certificate, d.signature = answer.Certificate, answer.Signature
	})
}

// sell brings the consent to the chain.
func (s *scene) sell(t *testing.T, d *datum) {
	t.Helper()
	_, err := s.provider.Send(s.ctx, &datadeal.MsgSubmitConsent{
		Provider: s.seller.Address, Certificate: d.certificate, Signatures: []oracletypes.OracleSignature{d.signature},
	})
	require.NoError(t, err)
}

// key asks for a content key.
func (s *scene) key(t *testing.T, d *datum) (key *seal.ContentKey, code string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/v1/deals/%s/content-keys/%x", s.at.API, d.deal.ID, d.commitment), nil)
	require.NoError(t, err)
	code = s.ask(t, request, func(body []byte) {
		var answer struct {
			SealedKey []byte `json:"sealed_key"`
		}
		require.NoError(t, json.Unmarshal(body, &answer))
		key, err = seal.OpenContentKey(s.buyerKey, d.deal, d.commitment, answer.SealedKey)
		require.NoError(t, err)
	})
	return key, code
}

// vouches submits a datum until the oracle vouches for it.
func (s *scene) vouches(t *testing.T, d *datum) {
	t.Helper()
	code := "not submitted"
	s.eventually(t, "it vouches", func() bool {
		if now := s.submit(t, d); now != code {
			code = now
			t.Logf("submitted: %q", code)
		}
		return code == ""
	})
}

// vouchedFor says whether the oracle has recorded that it vouches for a datum, which comes before any signature.
func (s *scene) vouchedFor(t *testing.T, d *datum) bool {
	t.Helper()
	for entry, err := range s.oracle.state.Scan(s.ctx, spaceJournal) {
		require.NoError(t, err)
		if strings.Contains(string(entry.Key), hex.EncodeToString(d.commitment[:])) {
			return true
		}
	}
	return false
}

// lie is what the node shows from a height on. It returns how often it has lied.
type lie func(t *testing.T, p *rpcproxy.Proxy, from int64) *atomic.Int64

// headers lets the node show other headers from a height on.
func headers(change func(t *testing.T, commit *coretypes.ResultCommit)) lie {
	return func(t *testing.T, p *rpcproxy.Proxy, from int64) *atomic.Int64 {
		told := &atomic.Int64{}
		p.Handle(changed(t, from, told, change))
		return told
	}
}

func changed(t *testing.T, from int64, told *atomic.Int64, change func(*testing.T, *coretypes.ResultCommit)) func(rpcproxy.Call) rpcproxy.Answer {
	return func(c rpcproxy.Call) rpcproxy.Answer {
		result, failed := c.Forward()
		var commit coretypes.ResultCommit
		if c.Method != "commit" || failed != nil || cmtjson.Unmarshal(result, &commit) != nil || commit.Height < from {
			return rpcproxy.Answer{Result: result, Error: failed}
		}
		change(t, &commit)
		told.Add(1)
		return rpcproxy.Answer{Result: marshal(t, commit)}
	}
}

func marshal(t *testing.T, v any) json.RawMessage {
	raw, err := cmtjson.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return raw
}

// fork is the chain as others would have it: the same blocks, with the same states and good proofs, but with validators who are not the
// chain's, and who have signed them all.
func fork(t *testing.T, p *rpcproxy.Proxy, from int64) *atomic.Int64 {
	others := cmttypes.NewMockPV()
	public, err := others.GetPubKey()
	require.NoError(t, err)
	set := cmttypes.NewValidatorSet([]*cmttypes.Validator{cmttypes.NewValidator(public, 100_000)})
	told := &atomic.Int64{}
	forged := changed(t, from, told, func(t *testing.T, commit *coretypes.ResultCommit) {
		commit.ValidatorsHash, commit.NextValidatorsHash, commit.ProposerAddress = set.Hash(), set.Hash(), public.Address()
		commit.Commit.BlockID.Hash = commit.Header.Hash()
		commit.Commit.Signatures = []cmttypes.CommitSig{{
			BlockIDFlag: cmttypes.BlockIDFlagCommit, ValidatorAddress: public.Address(), Timestamp: commit.Time.Add(time.Millisecond),
		}}
		signature, err := others.PrivKey.Sign(commit.Commit.VoteSignBytes(commit.ChainID, 0))
		if err != nil {
			t.Error(err)
		}
		commit.Commit.Signatures[0].Signature = signature
	})
	p.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
		var asked struct {
			Height int64 `json:"height,string"`
		}
		if c.Method == "validators" && json.Unmarshal(c.Params, &asked) == nil && asked.Height >= from {
			return rpcproxy.Answer{Result: marshal(t, coretypes.ResultValidators{BlockHeight: asked.Height, Validators: set.Validators, Count: 1, Total: 1})}
		}
		return forged(c)
	})
	return told
}

// values lets the node answer otherwise about what is stored under a key.
func values(key []byte, change func(c rpcproxy.Call) (json.RawMessage, *json.RawMessage)) lie {
	return func(_ *testing.T, p *rpcproxy.Proxy, _ int64) *atomic.Int64 {
		told := &atomic.Int64{}
		p.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
			if c.Method == "abci_query" && strings.Contains(strings.ToLower(string(c.Params)), hex.EncodeToString(key)) {
				told.Add(1)
				result, failed := change(c)
				return rpcproxy.Answer{Result: result, Error: failed}
			}
			result, failed := c.Forward()
			return rpcproxy.Answer{Result: result, Error: failed}
		})
		return told
	}
}

func silence(_ *testing.T, p *rpcproxy.Proxy, _ int64) *atomic.Int64 {
	told := &atomic.Int64{}
	p.Handle(func(rpcproxy.Call) rpcproxy.Answer {
		told.Add(1)
		return rpcproxy.Answer{Drop: true}
	})
	return told
}

// falseHeaders are lies about headers.
func falseHeaders() map[string]lie {
	return map[string]lie{
		"a fork that others have signed": fork,
		"headers that nobody has signed": headers(func(_ *testing.T, c *coretypes.ResultCommit) {
			c.Commit.Signatures = []cmttypes.CommitSig{cmttypes.NewCommitSigAbsent()}
		}),
		"headers of another state": headers(func(_ *testing.T, c *coretypes.ResultCommit) { c.AppHash = make([]byte, 32) }),
		"another state, for whose block the signature is not": headers(func(_ *testing.T, c *coretypes.ResultCommit) {
			c.AppHash = make([]byte, 32)
			c.Commit.BlockID.Hash = c.Header.Hash()
		}),
		"nothing": silence,
	}
}

// TestALyingNode: whatever the one node that an oracle asks shows, it vouches for nothing and releases nothing that the chain does not have;
// and once the node tells the truth again, it works.
func TestALyingNode(t *testing.T) {
	needsNetwork(t)
	home, small := smallDisk(t)
	s := newScene(t, home)
	deal := s.makeDeal(t)

	t.Run("nothing is vouched for in a deal that is proven by nothing", func(t *testing.T) {
		for name, tell := range falseHeaders() {
			t.Run(name, func(t *testing.T) {
				t.Cleanup(s.liar.Honest)
				told := tell(t, s.liar, s.height(t)+1)
				d := s.newDatum(s.makeDeal(t), name) // the chain has the deal; what the node shows of it does not hold
				s.refused(t, told, func() string { return s.submit(t, d) })
				require.False(t, s.vouchedFor(t, d))
				s.liar.Honest()
				s.vouches(t, d)
				require.True(t, s.vouchedFor(t, d))
			})
		}
	})

	d := s.newDatum(deal, "sold")
	s.vouches(t, d)
	t.Run("no key before the consent, whatever a node says of it", func(t *testing.T) {
		_, code := s.key(t, d)
		require.Equal(t, string(api.ConsentNotFound), code)
		consentKey, err := datadeal.ConsentKey(deal, d.commitment[:])
		require.NoError(t, err)
		dealKey, err := datadeal.DealKey(deal)
		require.NoError(t, err)
		invented, err := (&datadeal.Consent{Certificate: d.certificate, Height: 1}).Marshal()
		require.NoError(t, err)
		for name, tell := range map[string]lie{
			"a value beside the proof that there is none": values(consentKey, func(c rpcproxy.Call) (json.RawMessage, *json.RawMessage) {
				result, failed := c.Forward()
				return withValue(t, result, invented), failed
			}),
			"a proof of another key": values(consentKey, func(c rpcproxy.Call) (json.RawMessage, *json.RawMessage) {
				var params map[string]any
				if err := json.Unmarshal(c.Params, &params); err != nil {
					t.Error(err)
				}
				params["data"] = hex.EncodeToString(dealKey)
				result, failed := c.With(params).Forward()
				return withValue(t, result, invented), failed
			}),
		} {
			t.Run(name, func(t *testing.T) {
				t.Cleanup(s.liar.Honest)
				told := tell(t, s.liar, 0)
				s.refused(t, told, func() string { _, code := s.key(t, d); return code })
			})
		}
	})

	t.Run("no key for a consent that is proven by nothing", func(t *testing.T) {
		for name, tell := range falseHeaders() {
			t.Run(name, func(t *testing.T) {
				d := s.newDatum(deal, name)
				s.vouches(t, d)
				t.Cleanup(s.liar.Honest)
				told := tell(t, s.liar, s.height(t)+1)
				s.sell(t, d) // the chain has the consent; what the node shows of it does not hold
				s.refused(t, told, func() string { _, code := s.key(t, d); return code })
				s.liar.Honest()
				s.released(t, d)
			})
		}
	})

	t.Run("a chain whose node is down, and starts again", func(t *testing.T) {
		s.network.Nodes[0].Kill()
		s.eventually(t, "it says that it cannot work", func() bool { return !s.oracle.Health().Healthy })
		other := s.newDatum(deal, "while it was down")
		s.eventually(t, "it says that it cannot read the chain", func() bool { return s.submit(t, other) == string(api.ChainUnavailable) })
		require.False(t, s.vouchedFor(t, other))
		_, code := s.key(t, d)
		require.Equal(t, string(api.ChainUnavailable), code)
		require.NoError(t, s.network.Nodes[0].Start())
		s.vouches(t, other)
		s.vouches(t, d) // its certificate may be too old by now
		s.sell(t, d)
		s.released(t, d)
	})

	t.Run("a node that is slow", func(t *testing.T) {
		t.Cleanup(s.liar.Honest)
		s.liar.Handle(func(c rpcproxy.Call) rpcproxy.Answer {
			<-time.After(300 * time.Millisecond)
			result, failed := c.Forward()
			return rpcproxy.Answer{Result: result, Error: failed}
		})
		s.vouches(t, s.newDatum(deal, "by a slow node"))
	})

	t.Run("a clock that is wrong", func(t *testing.T) {
		for name, skew := range map[string]time.Duration{"ahead": time.Hour, "behind": -time.Hour} {
			t.Run(name, func(t *testing.T) {
				t.Cleanup(func() { s.oracle.skew.Store(0) })
				s.oracle.skew.Store(int64(skew))
				require.False(t, s.oracle.Health().Healthy)
				d := s.newDatum(deal, "by a clock "+name)
				require.NotEmpty(t, s.submit(t, d))
				require.False(t, s.vouchedFor(t, d))
				_, code := s.key(t, d)
				require.Equal(t, string(api.ChainUnavailable), code)
				s.oracle.skew.Store(0)
				s.vouches(t, d)
			})
		}
	})

	t.Run("a full disk", func(t *testing.T) {
		if !small {
			t.Skip("only root can make a small disk")
		}
		full := filepath.Join(home, "full")
		var disk syscall.Statfs_t
		require.NoError(t, syscall.Statfs(home, &disk))
		const left = 32 << 20 // stores leave 64 MiB free
		require.NoError(t, os.WriteFile(full, make([]byte, int64(disk.Bavail)*disk.Bsize-left), 0o600))
		d := s.newDatum(deal, "on a full disk")
		s.eventually(t, "it says that the disk is full", func() bool {
			code := s.submit(t, d)
			require.NotEmpty(t, code)
			return code == string(api.StorageFull) || code == string(api.ChainUnavailable) // verified blocks have no room either
		})
		require.False(t, s.vouchedFor(t, d))
		require.NoError(t, os.Remove(full))
		s.vouches(t, d)
	})

	t.Run("secrets stay", s.secretsStay(d))
}

func needsNetwork(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs a real network: left out with -short")
	}
}

// smallDisk returns a directory on a disk of its own, of 400 MiB, if this process may make one.
func smallDisk(t *testing.T) (dir string, small bool) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=400m"); err != nil {
		t.Logf("no small disk: %v", err)
		return dir, false
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	return dir, true
}

func (s *scene) height(t *testing.T) int64 {
	t.Helper()
	height, err := s.network.Nodes[0].Height(s.ctx)
	require.NoError(t, err)
	return height
}

// refused asks until the node has lied several times and the oracle has decided, and is refused each time.
func (s *scene) refused(t *testing.T, told *atomic.Int64, ask func() (code string)) {
	t.Helper()
	decided := false
	s.eventually(t, "the node lies, and the oracle refuses", func() bool {
		code := ask()
		require.NotEmpty(t, code, "the oracle has believed it")
		decided = decided || told.Load() > 0 && code != string(api.RateLimited)
		return decided && told.Load() >= 3
	})
}

// released waits for the content key, which is the right one.
func (s *scene) released(t *testing.T, d *datum) {
	t.Helper()
	var got *seal.ContentKey
	s.eventually(t, "the key is released", func() (ok bool) {
		var code string
		got, code = s.key(t, d)
		return code == ""
	})
	secret, err := s.oracle.Secret()
	require.NoError(t, err)
	require.Equal(t, secret.ContentKey(d.deal, d.commitment), got)
}

func withValue(t *testing.T, result json.RawMessage, value []byte) json.RawMessage {
	var answer map[string]map[string]any
	if err := json.Unmarshal(result, &answer); err != nil {
		t.Error(err)
		return result
	}
	answer["response"]["value"] = base64.StdEncoding.EncodeToString(value)
	changed, err := json.Marshal(answer)
	if err != nil {
		t.Error(err)
	}
	return changed
}

// secretsStay looks for the enclave's secrets and for what was sold, in all forms in which programs write bytes: in every file of the home, in
// the log, in what the oracle answered, and in its metrics.
func (s *scene) secretsStay(sold *datum) func(*testing.T) {
	return func(t *testing.T) {
		secret, err := s.oracle.Secret()
		require.NoError(t, err)
		receiving, err := s.oracle.keys.receiving.Bytes()
		require.NoError(t, err)
		submission, err := s.oracle.secrets.Load().submission.Bytes()
		require.NoError(t, err)
		contentKey := secret.ContentKey(sold.deal, sold.commitment)
		markers := map[string][]byte{
			"the oracle secret": secret.Bytes(), "the node's signing key": s.oracle.keys.signing.Seed(), "the node's receiving key": receiving[2:],
			"the submission key": submission[2:], "the vault's secret": s.oracle.keys.vault.secret, "the vault's store key": s.oracle.keys.vault.store,
			"a content key": bytesOf(contentKey), "the plaintext": []byte(plainMarker),
		}
		where := map[string][]byte{"the log": s.log.bytes(), "the API's answers": s.answers.bytes()}
		for _, path := range []string{"/metrics", "/health"} {
			response, err := http.Get(s.at.Metrics + path)
			require.NoError(t, err)
			where[path], err = io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
		}
		require.NoError(t, filepath.WalkDir(s.oracle.Dir, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
				return nil
			}
			if err != nil {
				return err
			}
			if where[path], err = os.ReadFile(path); errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}))
		require.Greater(t, len(where), 8)
		for place, content := range where {
			for name, marker := range markers {
				for _, form := range forms(marker) {
					require.False(t, bytes.Contains(content, form), "%s is in %s", name, place)
				}
			}
		}
	}
}

// bytesOf reads the bytes that a type keeps to itself.
func bytesOf(key *seal.ContentKey) []byte {
	var b []byte
	for i := range reflect.ValueOf(*key).Field(0).Len() {
		b = append(b, byte(reflect.ValueOf(*key).Field(0).Index(i).Uint()))
	}
	return b
}

// forms are how bytes may stand somewhere: raw, in hexadecimal, as a list of numbers, and in base64 at any place of a longer text.
func forms(b []byte) [][]byte {
	all := [][]byte{b, []byte(hex.EncodeToString(b)), []byte(strings.ToUpper(hex.EncodeToString(b))), []byte(strings.Trim(fmt.Sprint(b), "[]"))}
	for before := range 3 {
		whole := append(make([]byte, before), b...)
		whole = whole[:len(whole)/3*3]
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			all = append(all, []byte(encoding.EncodeToString(whole)[(before*8+5)/6:]))
		}
	}
	return all
}

func TestFormsAreFound(t *testing.T) {
	b := []byte("0123456789abcdef0123456789abcdef\xff\xfe")
	for before := range 3 {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString(append(append(bytes.Repeat([]byte{0xa5}, before), b...), 0x5a, 0x5a))
			found := false
			for _, form := range forms(b) {
				found = found || strings.Contains(text, string(form))
			}
			require.True(t, found, text)
		}
	}
}
