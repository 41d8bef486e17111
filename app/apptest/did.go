package apptest

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/did"
	didtypes "github.com/medibloc/panacea/x/did/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// DID is a DID with the key that owns it, and the state of its document as its owner knows it.
type DID struct {
	ID       string
	Document *didtypes.DIDDocument
	Sequence uint64

	t      testing.TB
	key    did.PrivateKey
	latest map[string]string // id of the latest version of each resource, by its name
}

// NewDID returns a DID that derives from a name, with one key for authentication and assertion. It is not on any chain yet.
func NewDID(t testing.TB, name string) *DID {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	key, err := did.NewPrivateKey(did.Secp256k1, seed[:])
	require.NoError(t, err)
	derived, err := did.PanaceaDID(key.Public())
	require.NoError(t, err)
	d := &DID{ID: derived.String(), t: t, key: key, latest: make(map[string]string)}
	d.Document = &didtypes.DIDDocument{
		Contexts: &didtypes.Strings{Values: []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}},
		Id:       d.ID,
		VerificationMethods: []*didtypes.VerificationMethod{{
			Id: d.methodID(), Type: did.Multikey, Controller: d.ID, PublicKeyMultibase: key.Public().Multibase(),
		}},
		Authentications:  []*didtypes.VerificationRelationship{didtypes.NewReference(d.methodID())},
		AssertionMethods: []*didtypes.VerificationRelationship{didtypes.NewReference(d.methodID())},
	}
	return d
}

func (d *DID) methodID() string { return d.ID + "#key1" }

func (d *DID) sign(document *didtypes.DIDDocument) []byte {
	d.t.Helper()
	signature, err := didtypes.Sign(d.key, document, d.Sequence)
	require.NoError(d.t, err)
	return signature
}

// Create returns the message that creates the DID.
func (d *DID) Create(from sdk.AccAddress) sdk.Msg {
	return &didtypes.MsgCreateDIDRequest{
		Did: d.ID, Document: d.Document, VerificationMethodId: d.methodID(), Signature: d.sign(d.Document), FromAddress: from.String(),
	}
}

// AddService returns the message that adds a service to the document, and takes it for done.
func (d *DID) AddService(from sdk.AccAddress) sdk.Msg {
	n := len(d.Document.Services)
	next := *d.Document
	next.Services = append(append([]*didtypes.Service{}, next.Services...), &didtypes.Service{
		Id: fmt.Sprintf("%s#service%d", d.ID, n), Type: "Example", ServiceEndpoint: fmt.Sprintf("https://example.com/%d", n),
	})
	message := &didtypes.MsgUpdateDIDRequest{
		Did: d.ID, Document: &next, VerificationMethodId: d.methodID(), Signature: d.sign(&next), FromAddress: from.String(),
	}
	d.Document = &next
	d.Sequence++
	return message
}

// Deactivate returns the message that ends the DID, and takes it for done.
func (d *DID) Deactivate(from sdk.AccAddress) sdk.Msg {
	message := &didtypes.MsgDeactivateDIDRequest{
		Did: d.ID, VerificationMethodId: d.methodID(), Signature: d.sign(didtypes.DeactivationDocument(d.ID)), FromAddress: from.String(),
	}
	d.Sequence++
	return message
}

// Publish returns the message that publishes a JSON Schema under a name, after the last version that this made of it, and
// takes it for done.
func (d *DID) Publish(chainID string, from sdk.AccAddress, name, schema string) *resourcetypes.MsgCreateResource {
	d.t.Helper()
	seed := sha256.Sum256([]byte(d.ID + name + d.latest[name]))
	seed[6], seed[8] = seed[6]&0x0f|0x80, seed[8]&0x3f|0x80 // RFC 9562 §5.8: a UUID of version 8
	id := fmt.Sprintf("%x-%x-%x-%x-%x", seed[:4], seed[4:6], seed[6:8], seed[8:10], seed[10:16])
	message := &resourcetypes.MsgCreateResource{
		Did: d.ID, Id: id, Name: name, ResourceType: "JsonSchema", MediaType: "application/schema+json", Data: []byte(schema),
		PreviousVersionId: d.latest[name], VerificationMethodId: d.methodID(), FromAddress: from.String(),
	}
	require.NoError(d.t, message.Sign(chainID, d.key))
	d.latest[name] = id
	return message
}
