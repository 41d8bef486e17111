// Package simulation makes random oracles with simulated enclaves, and what happens to them, for the SDK's simulation.
//
// The keys of an enclave derive from its operator's account and a number, so that nothing needs to be remembered between
// operations, nor when a simulation goes on from an exported state: the registry says which key is whose.
package simulation

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/x/oracle/keeper"
	"github.com/medibloc/panacea/x/oracle/types"
)

// enclavesPerAccount bounds how many enclaves an operator makes in one simulation, since no node key is used twice.
const enclavesPerAccount = 8

// versions is the number of enclave versions that governance chooses among.
const versions = 3

// measurement returns the measurement of a version of the simulated enclave.
func measurement(version int) [32]byte {
	return tee.SimulatedMeasurement("x/oracle simulation " + string(rune('a'+version)))
}

// enclave holds the keys that a simulated enclave has made.
type enclave struct {
	signing ed25519.PrivateKey
	hpke    []byte
}

func newEnclave(account simtypes.Account, number int) enclave {
	seed := derive("node key", account, number)
	return enclave{signing: ed25519.NewKeyFromSeed(seed), hpke: hpkeKey(derive("node HPKE key", account, number))}
}

func derive(what string, account simtypes.Account, number int) []byte {
	h := sha256.New()
	h.Write([]byte("panacea x/oracle simulation " + what))
	h.Write(account.PrivKey.Bytes())
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(number)))
	return h.Sum(nil)
}

// hpkeKey returns an X25519 public key in the encoding of package seal; any 32 bytes are one.
func hpkeKey(seed []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(seal.X25519)), seed...)
}

func (e enclave) nodeKey() []byte { return e.signing.Public().(ed25519.PublicKey) }

// sign signs a message with the node key.
func (e enclave) sign(ctx context.Context, msg types.NodeMessage) []byte {
	signBytes, err := types.SignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), msg)
	if err != nil {
		panic(fmt.Sprintf("x/oracle simulation: %v", err)) // a message that was just made encodes
	}
	return ed25519.Sign(e.signing, signBytes)
}

// attest returns evidence of the enclave.
func (e enclave) attest(ctx context.Context, operator sdk.AccAddress, version [32]byte, publicKey []byte, block types.TrustedBlock) []byte {
	binding := tee.Binding{
		ChainID: sdk.UnwrapSDKContext(ctx).ChainID(), OracleAddress: operator, SigningKey: e.nodeKey(), ReceivingKey: e.hpke,
		OraclePublicKey: publicKey, TrustedHeight: uint64(block.Height), TrustedHash: block.Hash,
	}
	return tee.MarshalEvidence(tee.SignSimulated(version, [32]byte{}, 1, 1, binding.ReportData()))
}

// SigningKey returns the node signing key of a simulated oracle by its operator and public key, for simulations of modules in which
// oracles act.
func SigningKey(operator simtypes.Account, nodeKey []byte) (ed25519.PrivateKey, bool) {
	for number := range enclavesPerAccount {
		if e := newEnclave(operator, number); string(e.nodeKey()) == string(nodeKey) {
			return e.signing, true
		}
	}
	return nil, false
}

// find returns the keys of an oracle in the registry.
func find(accounts []simtypes.Account, oracle types.Oracle) (enclave, bool) {
	for _, account := range accounts {
		if account.AddressBech32 != oracle.Address {
			continue
		}
		for number := range enclavesPerAccount {
			if e := newEnclave(account, number); string(e.nodeKey()) == string(oracle.NodeSigningKey) {
				return e, true
			}
		}
	}
	return enclave{}, false
}

// randomOracle returns one of some oracles, with its keys.
func randomOracle(data *simsx.ChainDataSource, oracles []types.Oracle) (types.Oracle, enclave, bool) {
	if len(oracles) == 0 {
		return types.Oracle{}, enclave{}, false
	}
	oracle := oracles[data.Rand().Intn(len(oracles))]
	keys, ok := find(data.AllAccounts(), oracle)
	return oracle, keys, ok
}

// all returns all oracles of a map.
func all(ctx context.Context, from collections.Map[sdk.AccAddress, types.Oracle]) (oracles []types.Oracle) {
	err := from.Walk(ctx, nil, func(_ sdk.AccAddress, oracle types.Oracle) (bool, error) {
		oracles = append(oracles, oracle)
		return false, nil
	})
	if err != nil {
		panic(fmt.Sprintf("x/oracle simulation: %v", err)) // the store is broken
	}
	return oracles
}

// active returns the oracles that are active now.
func active(ctx context.Context, k keeper.Keeper) (oracles []types.Oracle) {
	for _, oracle := range all(ctx, k.Oracles) {
		if _, err := k.ActiveOracle(ctx, sdk.MustAccAddressFromBech32(oracle.Address)); err == nil {
			oracles = append(oracles, oracle)
		}
	}
	return oracles
}

// trustedBlock returns a recent block.
func trustedBlock(ctx context.Context, k keeper.Keeper, r *rand.Rand) (types.TrustedBlock, bool) {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight() - int64(r.Intn(4))
	hash, err := k.Blocks.Get(ctx, height)
	return types.TrustedBlock{Height: height, Hash: hash}, err == nil
}
