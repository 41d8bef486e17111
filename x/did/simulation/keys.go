// Package simulation makes random DIDs and changes of them for the SDK's simulation.
//
// The keys of every DID derive from the account that pays for it and a number, and the methods of its document name those
// keys, so that nothing needs to be remembered between operations, nor when a simulation goes on from an exported state.
package simulation

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand"

	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/did/types"
)

// Bounds of what is simulated, per account and per DID.
const (
	didsPerAccount = 4
	keysPerDID     = 3
	maxServices    = 3
)

// identity is one of an account's possible DIDs.
type identity struct {
	id   string
	keys [keysPerDID]did.PrivateKey // the DID derives from the first
}

// newIdentity derives the DID of an account and a number.
func newIdentity(account simtypes.Account, number int) identity {
	var i identity
	for n := range i.keys {
		seed := sha256.New()
		seed.Write([]byte("panacea x/did simulation"))
		seed.Write(account.PrivKey.Bytes())
		seed.Write(binary.BigEndian.AppendUint64(nil, uint64(number*keysPerDID+n)))
		key, err := did.GenerateKey(did.Secp256k1, bytes.NewReader(seed.Sum(nil)))
		if err != nil {
			panic(fmt.Sprintf("x/did simulation: %v", err)) // a hash that is no scalar: one in 2^128
		}
		i.keys[n] = key
	}
	derived, err := did.PanaceaDID(i.keys[0].Public())
	if err != nil {
		panic(fmt.Sprintf("x/did simulation: %v", err))
	}
	i.id = derived.String()
	return i
}

func (i identity) methodID(n int) string { return fmt.Sprintf("%s#key%d", i.id, n) }

// signer returns a method that may change the DID, and its key: one of the identity's own in the document's authentications.
func (i identity) signer(r *rand.Rand, document *types.DIDDocument) (string, did.PrivateKey, bool) {
	for _, n := range r.Perm(keysPerDID) {
		if document.FindAuthentication(i.methodID(n)) != nil {
			return i.methodID(n), i.keys[n], true
		}
	}
	return "", did.PrivateKey{}, false
}

// document makes a random document in which some of the keys may change the DID: all of authenticating, the first one always
// if it is the DID's first document.
func (i identity) document(r *rand.Rand, first bool, controllers []string) *types.DIDDocument {
	d := &types.DIDDocument{
		Contexts: &types.Strings{Values: []string{did.ContextV1}},
		Id:       i.id,
	}
	kept := r.Intn(keysPerDID)
	for n, key := range i.keys {
		if n == kept || first && n == 0 || r.Intn(2) == 0 {
			i.addKey(r, d, n, key.Public())
		}
	}
	if len(controllers) > 0 {
		d.Controller = &types.Strings{Values: controllers}
	}
	for n := range r.Intn(maxServices + 1) {
		d.Services = append(d.Services, randomService(r, fmt.Sprintf("%s#service%d", i.id, n)))
	}
	if r.Intn(3) == 0 {
		d.AlsoKnownAs = []string{fmt.Sprintf("https://simulated.example/%d", r.Intn(1000))}
	}
	if r.Intn(4) == 0 {
		d.Extra = fmt.Sprintf(`{"simulated":[%d,{"by":"chance"}]}`, r.Intn(1000))
	}
	return d
}

// addKey adds a key as one of the kinds of method that may prove ownership, by reference or embedded.
func (i identity) addKey(r *rand.Rand, d *types.DIDDocument, n int, key did.PublicKey) {
	kinds := []string{did.Multikey, did.JSONWebKey, did.EcdsaSecp256k1VerificationKey2019, did.Secp256k1VerificationKey2018}
	w3c, err := did.NewVerificationMethod(i.methodID(n), kinds[r.Intn(len(kinds))], i.id, key)
	if err != nil {
		panic(fmt.Sprintf("x/did simulation: %v", err))
	}
	method := &types.VerificationMethod{
		Id: w3c.ID, Type: w3c.Type, Controller: w3c.Controller,
		PublicKeyMultibase: w3c.PublicKeyMultibase, PublicKeyBase58: w3c.PublicKeyBase58, PublicKeyJwk: string(w3c.PublicKeyJWK),
	}
	if r.Intn(4) == 0 {
		d.Authentications = append(d.Authentications, types.NewEmbedded(method))
		return
	}
	d.VerificationMethods = append(d.VerificationMethods, method)
	d.Authentications = append(d.Authentications, types.NewReference(method.Id))
	if r.Intn(2) == 0 {
		d.AssertionMethods = append(d.AssertionMethods, types.NewReference(method.Id))
	}
}

func randomService(r *rand.Rand, id string) *types.Service {
	s := &types.Service{Id: id, Type: "SimulatedService"}
	if r.Intn(2) == 0 {
		s.Type, s.Types = "", []string{"SimulatedService", "PanaceaVault"}
	}
	s.ServiceEndpoint = fmt.Sprintf("https://simulated.example/%d", r.Intn(1000))
	if r.Intn(2) == 0 {
		s.ServiceEndpoint, s.ServiceEndpointJson = "", fmt.Sprintf(`["https://simulated.example",{"weight":%d}]`, r.Intn(1000))
	}
	return s
}
