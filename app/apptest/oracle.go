package apptest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"

	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"
	sdked25519 "github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// oracleSecret is the secret that the oracles of this package share.
var oracleSecret = sha256.Sum256([]byte("the oracle secret of tests"))

// OracleSecret returns the secret that the oracles of this package share.
func OracleSecret(t testing.TB) *seal.OracleSecret {
	t.Helper()
	secret, err := seal.ParseOracleSecret(oracleSecret[:])
	require.NoError(t, err)
	return secret
}

// OraclePublicKey returns what providers encrypt to.
func OraclePublicKey(t testing.TB) []byte {
	t.Helper()
	key, err := OracleSecret(t).HPKEKey(seal.X25519)
	require.NoError(t, err)
	return key.Public().Bytes()
}

// Oracle is an oracle in the simulated enclave of oracled, with its keys in the hands of a test. It makes messages and
// certificates for whatever chain it is told; it is on none yet.
type Oracle struct {
	// Operator is the account of its validator.
	Operator sdk.AccAddress
	// Signing is the node key pair that signs, Receiving the one that secrets are sealed to.
	Signing   ed25519.PrivateKey
	Receiving *seal.PrivateKey
	// Sequence is the number of the next message that the node key signs.
	Sequence uint64

	t       testing.TB
	chainID string
}

// NewOracle returns an operator's oracle on a chain. Its keys derive from a name.
func NewOracle(t testing.TB, chainID string, operator sdk.AccAddress, name string) *Oracle {
	t.Helper()
	signing, receiving := sha256.Sum256([]byte(name+" signs")), sha256.Sum256([]byte(name+" receives"))
	key, err := seal.ParsePrivateKey(append(binary.BigEndian.AppendUint16(nil, uint16(seal.X25519)), receiving[:]...))
	require.NoError(t, err)
	return &Oracle{Operator: operator, Signing: ed25519.NewKeyFromSeed(signing[:]), Receiving: key, t: t, chainID: chainID}
}

// Address returns the oracle's address in Bech32.
func (o *Oracle) Address() string { return o.Operator.String() }

// NodeKey returns the public node signing key.
func (o *Oracle) NodeKey() []byte { return o.Signing.Public().(ed25519.PublicKey) }

// attest returns evidence of the simulated enclave that names a block, and the oracle public key if this is the first oracle.
func (o *Oracle) attest(block oracletypes.TrustedBlock, publicKey []byte) []byte {
	binding := tee.Binding{
		ChainID: o.chainID, OracleAddress: o.Operator, SigningKey: o.NodeKey(), ReceivingKey: o.Receiving.Public().Bytes(),
		OraclePublicKey: publicKey, TrustedHeight: uint64(block.Height), TrustedHash: block.Hash,
	}
	return tee.MarshalEvidence(tee.SignSimulated(tee.SimulatedMeasurement(tee.SimulatedOracle), [32]byte{}, 1, 1, binding.ReportData()))
}

// Register returns the message that registers the oracle, with a commission of ten percent; first says whether it is the
// first oracle, which brings the oracle public key.
func (o *Oracle) Register(block oracletypes.TrustedBlock, first bool) *oracletypes.MsgRegisterOracle {
	o.t.Helper()
	var publicKey []byte
	if first {
		publicKey = OraclePublicKey(o.t)
	}
	percent := func(n int64) math.LegacyDec { return math.LegacyNewDecWithPrec(n, 2) }
	return &oracletypes.MsgRegisterOracle{
		Operator: o.Address(), NodeSigningKey: o.NodeKey(), NodeHpkeKey: o.Receiving.Public().Bytes(), OraclePublicKey: publicKey,
		TrustedBlock: block, Evidence: o.attest(block, publicKey),
		Endpoint: "https://" + o.Address() + ".example", VaultPeer: "/dns4/" + o.Address() + ".example/udp/4001/quic-v1",
		Commission: stakingtypes.NewCommissionRates(percent(10), percent(20), percent(2)),
	}
}

// Approve returns the message by which this oracle lets another one in, sent by any account.
func (o *Oracle) Approve(sender sdk.AccAddress, newcomer *Oracle) *oracletypes.MsgApproveOracle {
	o.t.Helper()
	measurement := tee.SimulatedMeasurement(tee.SimulatedOracle)
	sealed, err := seal.SealOracleSecret(OracleSecret(o.t), newcomer.Receiving.Public(),
		seal.Handshake{ChainID: o.chainID, Target: newcomer.Operator, Measurement: measurement})
	require.NoError(o.t, err)
	message := &oracletypes.MsgApproveOracle{
		Sender: sender.String(), Approver: o.Address(), Target: newcomer.Address(), TargetNodeSigningKey: newcomer.NodeKey(),
		TargetMeasurement: measurement[:], SealedSecret: sealed, Sequence: o.Sequence,
	}
	message.Signature = o.author(message)
	return message
}

// Renew returns the message that renews the oracle's attestation, sent by any account.
func (o *Oracle) Renew(sender sdk.AccAddress, block oracletypes.TrustedBlock) *oracletypes.MsgRenewAttestation {
	o.t.Helper()
	message := &oracletypes.MsgRenewAttestation{
		Sender: sender.String(), Oracle: o.Address(), TrustedBlock: block, Evidence: o.attest(block, nil), Sequence: o.Sequence,
	}
	message.Signature = o.author(message)
	return message
}

// Move returns the message that says where the oracle is reached from now on, sent by any account.
func (o *Oracle) Move(sender sdk.AccAddress, endpoint string) *oracletypes.MsgUpdateOracleInfo {
	o.t.Helper()
	message := &oracletypes.MsgUpdateOracleInfo{
		Sender: sender.String(), Oracle: o.Address(), Endpoint: endpoint, VaultPeer: "12D3KooW", Sequence: o.Sequence,
	}
	message.Signature = o.author(message)
	return message
}

// Charge returns the message that changes the oracle's commission rate, sent by any account.
func (o *Oracle) Charge(sender sdk.AccAddress, rate math.LegacyDec) *oracletypes.MsgUpdateOracleCommission {
	o.t.Helper()
	message := &oracletypes.MsgUpdateOracleCommission{Sender: sender.String(), Oracle: o.Address(), Rate: rate, Sequence: o.Sequence}
	message.Signature = o.author(message)
	return message
}

// author signs a message with the node key, and takes it for sent.
func (o *Oracle) author(message oracletypes.NodeMessage) []byte {
	o.t.Helper()
	signBytes, err := oracletypes.SignBytes(o.chainID, message)
	require.NoError(o.t, err)
	o.Sequence++
	return ed25519.Sign(o.Signing, signBytes)
}

// Vouch returns the oracle's signature of a certificate.
func (o *Oracle) Vouch(certificate oracletypes.Certificate) oracletypes.OracleSignature {
	return oracletypes.OracleSignature{Oracle: o.Address(), Signature: ed25519.Sign(o.Signing, certificate.SignBytes())}
}

// Report returns the message by which any account reports that the oracle signed two certificates.
func (o *Oracle) Report(sender sdk.AccAddress, first, second oracletypes.Certificate) *evidencetypes.MsgSubmitEvidence {
	o.t.Helper()
	message, err := evidencetypes.NewMsgSubmitEvidence(sender, oracletypes.NewContradiction(o.NodeKey(),
		first, o.Vouch(first).Signature, second, o.Vouch(second).Signature))
	require.NoError(o.t, err)
	return message
}

// Certificate returns a certificate of a datum, which a name stands for, in a deal.
func Certificate(chainID, dealID string, provider sdk.AccAddress, datum string, lastHeight int64) oracletypes.Certificate {
	commitment, tag := sha256.Sum256([]byte("commitment "+datum)), sha256.Sum256([]byte("tag "+datum))
	return oracletypes.Certificate{
		ChainId: chainID, DealId: dealID, Provider: provider.String(), DataCommitment: commitment[:],
		ObjectCid: oracletypes.NewObjectCID(commitment), ObjectSize: 1 << 20, UniquenessTag: tag[:], LastHeight: lastHeight,
	}
}

// allowSimulatedOracle lets oracles of a new chain run in the simulated enclave of oracled.
func allowSimulatedOracle(cdc codec.JSONCodec, state map[string]json.RawMessage) {
	var genesis oracletypes.GenesisState
	cdc.MustUnmarshalJSON(state[oracletypes.ModuleName], &genesis)
	measurement := tee.SimulatedMeasurement(tee.SimulatedOracle)
	genesis.AllowSimulatedEnclaves = true
	genesis.Measurements = []oracletypes.Measurement{{Measurement: measurement[:], Name: tee.SimulatedOracle, MinimumSvn: 1, Simulated: true}}
	state[oracletypes.ModuleName] = cdc.MustMarshalJSON(&genesis)
}

// Validate returns the message by which account i creates a validator with a stake.
func (c *Chain) Validate(i int, stake sdk.Coin) sdk.Msg {
	c.t.Helper()
	key := sdked25519.GenPrivKeyFromSecret(fmt.Appendf(nil, "validator of account %d", i)).PubKey()
	percent := func(n int64) math.LegacyDec { return math.LegacyNewDecWithPrec(n, 2) }
	message, err := stakingtypes.NewMsgCreateValidator(sdk.ValAddress(c.Address(i)).String(), key, stake,
		stakingtypes.NewDescription(fmt.Sprint("validator of account ", i), "", "", "", ""),
		stakingtypes.NewCommissionRates(percent(5), percent(20), percent(1)), math.OneInt())
	require.NoError(c.t, err)
	return message
}

// NewOracle returns the oracle of account i's validator.
func (c *Chain) NewOracle(i int) *Oracle {
	c.t.Helper()
	return NewOracle(c.t, ChainID, c.Address(i), fmt.Sprint("oracle ", i))
}

// TrustedBlock returns the last block, as oracles name it in their evidence.
func (c *Chain) TrustedBlock() oracletypes.TrustedBlock {
	c.t.Helper()
	hash, err := c.OracleKeeper.Blocks.Get(c.Context(), c.LastBlockHeight())
	require.NoError(c.t, err)
	return oracletypes.TrustedBlock{Height: c.LastBlockHeight(), Hash: hash}
}

// StartOracles makes validators of the first accounts, one for each stake in MED, and oracles of them, which the first one lets
// in: its stake must exceed a third of the stake of those before each newcomer.
func (c *Chain) StartOracles(stakes ...int64) []*Oracle {
	c.t.Helper()
	oracles := make([]*Oracle, len(stakes))
	var validate, register [][]byte
	for i, stake := range stakes {
		oracles[i] = c.NewOracle(i)
		validate = append(validate, c.Tx(i, c.Validate(i, sdk.NewInt64Coin(app.BaseDenom, stake*1_000_000))))
	}
	c.MustBlock(validate...)
	for i, oracle := range oracles {
		register = append(register, c.Tx(i, oracle.Register(c.TrustedBlock(), i == 0)))
	}
	c.MustBlock(register...)
	for _, newcomer := range oracles[1:] {
		c.MustBlock(c.Tx(0, oracles[0].Approve(c.Address(0), newcomer)))
	}
	return oracles
}
