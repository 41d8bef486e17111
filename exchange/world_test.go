package exchange_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"cosmossdk.io/math"
	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/vault"
	"github.com/medibloc/panacea/vault/dag"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

func TestMain(m *testing.M) {
	app.ConfigureSDK()
	os.Exit(m.Run())
}

const chainID = "panacea-test"

// world is a chain with one deal and oracles that do their cryptography for real, each of whom a test can spoil.
type world struct {
	t           *testing.T
	secret      *seal.OracleSecret
	public      []byte
	deal        datadealtypes.Deal
	oracles     []*fakeOracle
	consumerKey *seal.PrivateKey

	mu          sync.Mutex
	height      int64
	consents    map[seal.Commitment]datadealtypes.Consent
	sent        int               // consents that were sent
	refusal     error             // why the chain takes no consent
	loseAnswers bool              // the chain executes, and the sender is told that it is not known
	objects     map[string][]byte // in the oracles' vaults, by CID
	made        []datadealtypes.Deal
	killed      bool                         // the process dies once a node has its transaction
	mempool     *datadealtypes.MsgCreateDeal // what was kept, and is in no block yet
}

type fakeOracle struct {
	w       *world
	address string
	node    ed25519.PrivateKey
	hpke    []byte
	power   int64
	rate    math.LegacyDec
	server  *httptest.Server

	spoil  func(*api.ValidateDataResponse) // changes an answer before it is signed
	refuse string                          // code
	forged bool                            // attests with other keys than the chain has
	bogus  bool                            // gives another content key
	asked  int
	salts  map[string]bool // that it was given
}

func accounts(t *testing.T, name string) exchange.Account {
	t.Helper()
	encoding, err := app.NewEncoding()
	require.NoError(t, err)
	keys := keyring.NewInMemory(encoding.Codec)
	_, _, err = keys.NewMnemonic(name, keyring.English, sdk.GetConfig().GetFullBIP44Path(), "", hd.Secp256k1)
	require.NoError(t, err)
	return exchange.Account{Keys: keys, Name: name}
}

func newWorld(t *testing.T, powers ...int64) *world {
	t.Helper()
	w := &world{t: t, secret: seal.NewOracleSecret(), height: 100, consents: map[seal.Commitment]datadealtypes.Consent{}, objects: map[string][]byte{}}
	key, err := w.secret.HPKEKey(seal.Hybrid)
	require.NoError(t, err)
	w.public = key.Public().Bytes()
	w.consumerKey, err = seal.GenerateKey(seal.X25519)
	require.NoError(t, err)
	w.deal = datadealtypes.Deal{
		Id: "0102030405060708090a0b0c0d0e0f10", Budget: sdk.NewInt64Coin("umed", 1000), DataCount: 1, Status: datadealtypes.DEAL_STATUS_ACTIVE,
		ExpiresAt: time.Now().Add(time.Hour), Quorum: oracletypes.Fraction{Numerator: 1, Denominator: 2}, ConsumerKey: w.consumerKey.Public().Bytes(),
		Requirements: datadealtypes.Requirements{MediaType: "text/plain"},
	}
	for i, power := range powers {
		_, node, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		hpke, err := seal.GenerateKey(seal.X25519)
		require.NoError(t, err)
		o := &fakeOracle{w: w, address: sdk.AccAddress(bytes.Repeat([]byte{byte(i + 1)}, 20)).String(), node: node, hpke: hpke.Public().Bytes(), power: power,
			rate: math.LegacyNewDecWithPrec(int64(i+1), 2), salts: map[string]bool{}}
		o.server = httptest.NewServer(o.handler())
		t.Cleanup(o.server.Close)
		w.oracles = append(w.oracles, o)
	}
	return w
}

func (w *world) provider(t *testing.T, dir string, v *memoryVault, a exchange.Account) *exchange.Provider {
	t.Helper()
	return &exchange.Provider{Chain: w, Account: a, Vault: v, Dir: dir, AllowSimulated: true, Patience: time.Millisecond}
}

func (w *world) ChainID() string { return chainID }

func (w *world) Head(context.Context) (exchange.Head, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return exchange.Head{Height: w.height, Time: time.Now()}, nil
}

func (w *world) Deal(_ context.Context, id string) (datadealtypes.Deal, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range append(w.made, w.deal) {
		if d.Id == id {
			return d, nil
		}
	}
	return datadealtypes.Deal{}, exchange.ErrNotFound
}

func (w *world) Consent(_ context.Context, _ string, c seal.Commitment) (datadealtypes.Consent, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	consent, ok := w.consents[c]
	if !ok {
		return consent, exchange.ErrNotFound
	}
	return consent, nil
}

func (w *world) Oracle(_ context.Context, address string) (exchange.OracleRecord, error) {
	for _, o := range w.oracles {
		if o.address == address {
			return o.record(), nil
		}
	}
	return exchange.OracleRecord{}, exchange.ErrNotFound
}

func (w *world) OracleParams(context.Context) (oracletypes.Params, error) {
	return oracletypes.DefaultParams(), nil
}

func (w *world) ActiveOracles(context.Context) (all []exchange.OracleHint, err error) {
	for _, o := range w.oracles {
		all = append(all, exchange.OracleHint{Address: o.address, Power: math.LegacyNewDec(o.power), Commission: o.rate})
	}
	return all, nil
}

func (w *world) ActiveDeals(context.Context) ([]datadealtypes.Deal, error) {
	return []datadealtypes.Deal{w.deal}, nil
}

func (w *world) ConsumerDeals(context.Context, string) ([]datadealtypes.Deal, error) {
	d := w.deal
	w.mu.Lock()
	defer w.mu.Unlock()
	d.Consents = uint64(len(w.consents))
	return append([]datadealtypes.Deal{d}, w.made...), nil
}

func (w *world) DealConsents(context.Context, string) (all []datadealtypes.Consent, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.consents {
		all = append(all, c)
	}
	return all, nil
}

func (w *world) Resource(context.Context, string) ([]byte, error) { return nil, exchange.ErrNotFound }

func (w *world) WaitForBlock(ctx context.Context, above int64) (exchange.Head, error) {
	w.mu.Lock()
	w.height = max(w.height, above) + 1
	w.mu.Unlock()
	return w.Head(ctx)
}

var errLost = fmt.Errorf("the answer got lost")

// Send executes a consent as the chain would, as far as this package depends on it.
func (w *world) Send(_ context.Context, _ exchange.Account, messages ...sdk.Msg) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := messages[0].(*datadealtypes.MsgSubmitConsent)
	var c seal.Commitment
	copy(c[:], m.Certificate.DataCommitment)
	w.sent++
	if w.refusal != nil {
		return "", w.refusal
	}
	if _, used := w.consents[c]; used {
		return "", datadealtypes.ErrDataUsed
	}
	w.consents[c] = datadealtypes.Consent{Certificate: m.Certificate, Signatures: m.Signatures, Answers: m.Answers, Height: w.height,
		ProviderReward: sdk.NewInt64Coin("umed", 900)}
	if w.loseAnswers {
		return "", errLost
	}
	return "HASH", nil
}

// SendKept makes a deal as the chain would, as far as this package depends on it.
func (w *world) SendKept(_ context.Context, _ exchange.Account, keep func(client.Signed) error, messages ...sdk.Msg) (string, error) {
	if w.refusal != nil {
		return "", w.refusal
	}
	if err := keep(client.Signed{Tx: []byte("signed"), Sequence: 7, TimeoutHeight: 1000}); err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mempool = messages[0].(*datadealtypes.MsgCreateDeal)
	if w.killed {
		return "", context.Canceled
	}
	w.block()
	return "HASH", nil
}

// block takes up what is in the mempool.
func (w *world) block() {
	if m := w.mempool; m != nil {
		w.made = append(w.made, datadealtypes.Deal{Id: fmt.Sprint("made", len(w.made)), Consumer: m.Consumer, ConsumerDid: m.ConsumerDid, ConsumerKey: m.ConsumerKey,
			Budget: m.Budget, DataCount: m.DataCount, Requirements: m.Requirements, ExpiresAt: m.ExpiresAt})
		w.mempool = nil
	}
}

func (w *world) Settle(_ context.Context, _ exchange.Account, tx client.Signed) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if string(tx.Tx) != "signed" || tx.Sequence != 7 || tx.TimeoutHeight != 1000 {
		return errLost
	}
	w.block()
	return nil
}

func (o *fakeOracle) binding() tee.Binding {
	address, err := sdk.AccAddressFromBech32(o.address)
	require.NoError(o.w.t, err)
	b := tee.Binding{ChainID: chainID, OracleAddress: address, SigningKey: o.node.Public().(ed25519.PublicKey), ReceivingKey: o.hpke,
		TrustedHeight: 1, TrustedHash: bytes.Repeat([]byte{1}, 32)}
	if o.forged {
		b.SigningKey = bytes.Repeat([]byte{9}, 32)
	}
	return b
}

func (o *fakeOracle) record() exchange.OracleRecord {
	measurement := tee.SimulatedMeasurement("test")
	return exchange.OracleRecord{
		Oracle: oracletypes.Oracle{
			Address: o.address, NodeSigningKey: o.node.Public().(ed25519.PublicKey), NodeHpkeKey: o.hpke, Endpoint: o.server.URL, ApprovedHeight: 1,
			VaultPeer:   "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
			Commission:  stakingtypes.Commission{CommissionRates: stakingtypes.CommissionRates{Rate: o.rate}},
			Attestation: oracletypes.Attestation{Measurement: measurement[:], Svn: 1, Simulated: true, ExpiresAt: time.Now().Add(time.Hour)},
		},
		Measurement:    oracletypes.Measurement{Measurement: measurement[:], MinimumSvn: 1, ActivationHeight: 1, Simulated: true},
		Params:         oracletypes.DefaultParams(),
		PublicKey:      o.w.public,
		AllowSimulated: true,
		Head:           exchange.Head{Height: 100, Time: time.Now()},
	}
}

func (o *fakeOracle) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(rw http.ResponseWriter, _ *http.Request) {
		evidence := tee.MarshalEvidence(tee.SignSimulated(tee.SimulatedMeasurement("test"), [32]byte{}, 1, 1, o.binding().ReportData()))
		o.write(rw, &api.StatusResponse{ChainId: chainID, Oracle: o.address, Evidence: evidence, NodeSigningKey: o.node.Public().(ed25519.PublicKey),
			NodeHpkeKey: o.hpke, OraclePublicKey: o.w.public, TrustedBlock: oracletypes.TrustedBlock{Height: 1, Hash: bytes.Repeat([]byte{1}, 32)}})
	})
	mux.HandleFunc("POST /v1/deals/{deal}/data", func(rw http.ResponseWriter, r *http.Request) {
		o.w.mu.Lock()
		o.asked++
		o.w.mu.Unlock()
		if o.refuse != "" {
			rw.WriteHeader(http.StatusUnprocessableEntity)
			_ = json.NewEncoder(rw).Encode(map[string]string{"code": o.refuse, "detail": "as the test says"})
			return
		}
		answer, err := o.validate(r)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		o.write(rw, answer)
	})
	mux.HandleFunc("GET /v1/deals/{deal}/content-keys/{commitment}", func(rw http.ResponseWriter, r *http.Request) {
		var c seal.Commitment
		_, err := hex.Decode(c[:], []byte(r.PathValue("commitment")))
		d := seal.Deal{ChainID: chainID, ID: o.w.deal.Id}
		secret := o.w.secret
		if o.bogus {
			secret = seal.NewOracleSecret()
		}
		var sealed []byte
		if err == nil {
			sealed, err = seal.SealContentKey(secret.ContentKey(d, c), o.w.consumerKey.Public(), d, c)
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		o.write(rw, &api.ContentKeyResponse{SealedKey: sealed})
	})
	return mux
}

type protoMessage interface {
	Reset()
	String() string
	ProtoMessage()
}

func (o *fakeOracle) write(rw http.ResponseWriter, m protoMessage) {
	text, err := (&jsonpb.Marshaler{OrigName: true}).MarshalToString(m)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(rw, text)
}

// validate opens the submission, makes the object, and signs.
func (o *fakeOracle) validate(r *http.Request) (*api.ValidateDataResponse, error) {
	provider, err := providerOf(r.Header.Get("Authorization"))
	if err != nil {
		return nil, err
	}
	address, err := sdk.AccAddressFromBech32(provider)
	if err != nil {
		return nil, err
	}
	d := seal.Deal{ChainID: chainID, ID: r.PathValue("deal")}
	key, err := o.w.secret.HPKEKey(seal.Hybrid)
	if err != nil {
		return nil, err
	}
	opened, err := seal.OpenSubmission(key, seal.Submission{Deal: d, Provider: address}, r.Body)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(opened)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(plain)
	var header api.SubmissionHeader
	if err := header.Unmarshal(plain[4 : 4+n]); err != nil {
		return nil, err
	}
	content := plain[4+n:]
	var salt seal.Salt
	copy(salt[:], header.Salt)
	c := seal.Commit(salt, content)
	var object bytes.Buffer
	sealer, err := seal.SealObject(o.w.secret.ContentKey(d, c), salt, &object)
	if err != nil {
		return nil, err
	}
	if _, err := sealer.Write(content); err != nil {
		return nil, err
	}
	if err := sealer.Close(); err != nil {
		return nil, err
	}
	root, err := dag.Import(bytes.NewReader(object.Bytes()), func(cid.Cid, []byte) error { return nil })
	if err != nil {
		return nil, err
	}
	digest, err := seal.DigestBytes(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	tag := o.w.secret.ContentTag(d, digest)
	o.w.mu.Lock()
	o.salts[hex.EncodeToString(header.Salt)] = true
	o.w.objects[root.String()] = object.Bytes()
	o.w.mu.Unlock()
	answer := &api.ValidateDataResponse{
		Certificate: oracletypes.Certificate{ChainId: chainID, DealId: d.ID, Provider: provider, DataCommitment: c[:], ObjectCid: root.String(),
			ObjectSize: uint64(object.Len()), UniquenessTag: tag[:], LastHeight: header.LastHeight},
		Signature: oracletypes.OracleSignature{Oracle: o.address},
	}
	if o.spoil != nil {
		o.spoil(answer)
	}
	answer.Signature.Signature = ed25519.Sign(o.node, answer.Certificate.SignBytes())
	return answer, nil
}

// memoryVault is a vault in memory: the object of a deal comes from the world's oracles.
type memoryVault struct {
	w       *world
	mu      sync.Mutex
	records map[string][]byte
}

func newVault(w *world) *memoryVault { return &memoryVault{w: w, records: map[string][]byte{}} }

func (v *memoryVault) PutRecord(_ context.Context, r io.Reader, _ vault.RecordOptions) (vault.Object, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return vault.Object{}, err
	}
	root := cid.NewCidV1(cid.Raw, multihash(content))
	v.mu.Lock()
	defer v.mu.Unlock()
	v.records[root.String()] = content
	return vault.Object{CID: root.String()}, nil
}

func multihash(content []byte) []byte {
	digest := sha256.Sum256(content)
	return append([]byte{0x12, 32}, digest[:]...)
}

func (v *memoryVault) OpenRecord(_ context.Context, root cid.Cid) (io.Reader, vault.Object, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	content, ok := v.records[root.String()]
	if !ok {
		return nil, vault.Object{}, os.ErrNotExist
	}
	return bytes.NewReader(content), vault.Object{CID: root.String()}, nil
}

func (v *memoryVault) Fetch(_ context.Context, q vault.FetchRequest) (vault.Object, error) {
	v.w.mu.Lock()
	object, ok := v.w.objects[q.CID.String()]
	v.w.mu.Unlock()
	if !ok {
		return vault.Object{}, os.ErrNotExist
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.records[q.CID.String()] = object
	return vault.Object{CID: q.CID.String()}, nil
}
