package keeper_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/medibloc/panacea/did"
	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/resource/internal/fixture"
	"github.com/medibloc/panacea/x/resource/types"
)

const listType = "BitstringStatusListCredential"

// schema returns a resource to publish: a version of a series.
func schema(id, label, previous string) fixture.Resource {
	return fixture.Resource{
		ID: fixture.UUID(id), Name: "patient", Type: "JsonSchema", Version: label, MediaType: "application/schema+json",
		Previous: previous, Data: []byte(`{"title":"` + id + `"}`),
	}
}

func TestTheLifeOfAResource(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	first := schema("first", "1.0.0", "")
	c.Publish(p, first)
	c.NextBlock(10 * time.Second)
	second := schema("second", "", first.ID)
	second.MediaType = "application/json"
	c.Publish(p, second)

	collection := strings.TrimPrefix(p.ID, "did:panacea:")
	metadata, err := c.Keeper.GetMetadata(c.Ctx, collection, first.ID)
	require.NoError(t, err)
	require.Equal(t, types.Metadata{
		CollectionId: collection, Id: first.ID, Name: "patient", ResourceType: "JsonSchema", Version: "1.0.0", MediaType: "application/schema+json",
		Checksum: "c9454257e4b548449a8a655c5e655b6d421cb860e8428ddc07d81ed7bf067eb5", DataSize: uint32(len(first.Data)),
		Created: fixture.Genesis, Height: 1, Number: 1, NextVersionId: second.ID,
		VerificationMethodId: p.Method("key1"), FromAddress: fixture.Address(t, "payer"),
	}, metadata)
	require.Equal(t, p.ID+"/resources/"+first.ID, metadata.URL())

	metadata, err = c.Keeper.GetMetadata(c.Ctx, collection, second.ID)
	require.NoError(t, err)
	require.Equal(t, uint64(2), metadata.Number)
	require.Equal(t, first.ID, metadata.PreviousVersionId)
	require.Empty(t, metadata.NextVersionId)
	require.Equal(t, int64(2), metadata.Height)
	data, err := c.Keeper.GetData(c.Ctx, collection, first.ID)
	require.NoError(t, err)
	require.Equal(t, first.Data, data, "a version stays what it was")

	c.DeactivateDID(p)
	third := p.Message(schema("third", "", second.ID))
	_, err = c.Msgs.CreateResource(c.Ctx, third)
	require.ErrorIs(t, err, didtypes.ErrDIDDeactivated)
	answer, err := c.Queries.Resource(c.Ctx, &types.QueryResourceRequest{Did: p.ID, Id: second.ID})
	require.NoError(t, err, "what a deactivated DID published stays readable")
	require.Equal(t, second.Data, answer.Data)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

func TestTheEventIsTyped(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	c.NextBlock(time.Second)
	r := schema("first", "1.0.0", "")
	c.Publish(p, r)
	events := c.Ctx.EventManager().Events()
	require.Len(t, events, 1)
	require.Equal(t, "panacea.resource.v1.EventResourceCreated", events[0].Type)
	for name, want := range map[string]string{
		"did": p.ID, "id": r.ID, "name": r.Name, "resource_type": r.Type, "version": "1.0.0", "media_type": r.MediaType,
		"checksum": types.Checksum(r.Data), "number": "1", "verification_method_id": p.Method("key1"), "from_address": fixture.Address(t, "payer"),
	} {
		attribute, ok := events[0].GetAttribute(name)
		require.True(t, ok, name)
		require.Equal(t, `"`+want+`"`, attribute.Value)
	}
}

// world makes a chain on which publisher has two versions of a schema and a status list, and ended has been deactivated.
func world(t testing.TB) (*fixture.Chain, fixture.Publisher) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	c.Publish(p, schema("first", "1.0.0", ""))
	c.NextBlock(10 * time.Second)
	c.Publish(p, schema("second", "2.0.0", fixture.UUID("first")))
	c.Publish(p, fixture.Resource{ID: fixture.UUID("list"), Name: "revocation", Type: listType, MediaType: "application/vc", Data: []byte("{}")})

	ended := fixture.NewPublisher(t, "ended")
	c.CreateDID(ended, ended.Document())
	c.Publish(ended, schema("of ended", "", ""))
	c.DeactivateDID(ended)
	c.NextBlock(10 * time.Second)
	return c, p
}

// refusal is a message that must fail with an error and leave the state as it was.
type refusal struct {
	name string
	send func(c *fixture.Chain, p fixture.Publisher) error
	want *errorsmod.Error
}

func checkRefusals(t *testing.T, refusals []refusal) {
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) {
			c, p := world(t)
			before := c.Export()
			ctx, _ := c.Ctx.CacheContext()
			c.Ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
			err := r.send(c, p)
			require.ErrorIs(t, err, r.want)
			codespace, code, _ := errorsmod.ABCIInfo(err, false)
			require.Equal(t, r.want.Codespace(), codespace, "the error is registered")
			require.Equal(t, r.want.ABCICode(), code)
			require.Equal(t, before, c.Export(), "the state is unchanged even within the transaction")
		})
	}
}

// third is what the refusals would publish: it would be accepted as it is.
func third() fixture.Resource { return schema("third", "3.0.0", fixture.UUID("second")) }

func TestTheResourceOfTheRefusalsIsAccepted(t *testing.T) {
	c, p := world(t)
	c.Publish(p, third())
}

func TestCreateRefuses(t *testing.T) {
	// spoiled changes the signed message; resigned changes it before it is signed.
	spoiled := func(change func(m *types.MsgCreateResource)) func(*fixture.Chain, fixture.Publisher) error {
		return func(c *fixture.Chain, p fixture.Publisher) error {
			msg := p.Message(third())
			change(msg)
			_, err := c.Msgs.CreateResource(c.Ctx, msg)
			return err
		}
	}
	resigned := func(change func(m *types.MsgCreateResource)) func(*fixture.Chain, fixture.Publisher) error {
		return func(c *fixture.Chain, p fixture.Publisher) error {
			msg := p.Message(third())
			change(msg)
			if err := msg.Sign(fixture.ChainID, p.Key); err != nil {
				return err
			}
			_, err := c.Msgs.CreateResource(c.Ctx, msg)
			return err
		}
	}
	// by signs with a key of a document that the publisher has only for this.
	by := func(key did.PrivateKey, method string, change func(p fixture.Publisher, d *didtypes.DIDDocument)) func(*fixture.Chain, fixture.Publisher) error {
		return func(c *fixture.Chain, p fixture.Publisher) error {
			document := p.Document()
			change(p, document)
			c.UpdateDID(p, document)
			msg := p.Message(third())
			msg.VerificationMethodId = p.Method(method)
			if err := msg.Sign(fixture.ChainID, key); err != nil {
				msg.Signature = make([]byte, types.SignatureSize)
			}
			_, err := c.Msgs.CreateResource(c.Ctx, msg)
			return err
		}
	}
	text := func(field func(m *types.MsgCreateResource) *string, value string) func(*fixture.Chain, fixture.Publisher) error {
		return resigned(func(m *types.MsgCreateResource) { *field(m) = value })
	}
	name := func(m *types.MsgCreateResource) *string { return &m.Name }
	resourceType := func(m *types.MsgCreateResource) *string { return &m.ResourceType }
	version := func(m *types.MsgCreateResource) *string { return &m.Version }
	mediaType := func(m *types.MsgCreateResource) *string { return &m.MediaType }
	id := func(m *types.MsgCreateResource) *string { return &m.Id }
	uuid := fixture.UUID("third")
	other, ended := fixture.NewPublisher(t, "other"), fixture.NewPublisher(t, "ended")
	secondKey := fixture.Key(t, did.Secp256k1, "second key")
	withMethod := func(methodType string, key did.PublicKey, relate func(d *didtypes.DIDDocument, m *didtypes.VerificationMethod)) func(fixture.Publisher, *didtypes.DIDDocument) {
		return func(p fixture.Publisher, d *didtypes.DIDDocument) {
			m := p.NewMethod("key2", methodType, key)
			relate(d, m)
			d.VerificationMethods = append(d.VerificationMethods, m)
		}
	}
	asserts := func(d *didtypes.DIDDocument, m *didtypes.VerificationMethod) {
		d.AssertionMethods = append(d.AssertionMethods, didtypes.NewReference(m.Id))
	}
	checkRefusals(t, []refusal{
		{"no DID", spoiled(func(m *types.MsgCreateResource) { m.Did = "" }), types.ErrInvalidDID},
		{"another method's DID", spoiled(func(m *types.MsgCreateResource) { m.Did = "did:key:z6MkexampleKey" }), types.ErrInvalidDID},
		{"a DID URL", spoiled(func(m *types.MsgCreateResource) { m.Did += "#key1" }), types.ErrInvalidDID},
		{"a DID with a NUL", spoiled(func(m *types.MsgCreateResource) { m.Did += "\x00" }), types.ErrInvalidDID},
		{"a DID that is not there", func(c *fixture.Chain, _ fixture.Publisher) error {
			_, err := c.Msgs.CreateResource(c.Ctx, other.Message(schema("x", "", "")))
			return err
		}, didtypes.ErrDIDNotFound},
		{"a deactivated DID", func(c *fixture.Chain, _ fixture.Publisher) error {
			_, err := c.Msgs.CreateResource(c.Ctx, ended.Message(schema("x", "", fixture.UUID("of ended"))))
			return err
		}, didtypes.ErrDIDDeactivated},

		{"no id", text(id, ""), types.ErrInvalidID},
		{"an id that is no UUID", text(id, "patient-schema"), types.ErrInvalidID},
		{"an id in upper case", text(id, strings.ToUpper(uuid)), types.ErrInvalidID},
		{"an id without hyphens", text(id, strings.ReplaceAll(uuid, "-", "0")), types.ErrInvalidID},
		{"an id in braces", text(id, "{"+uuid[1:35]+"}"), types.ErrInvalidID},
		{"an id that is too long", text(id, uuid+"0"), types.ErrInvalidID},
		{"the nil UUID", text(id, "00000000-0000-0000-0000-000000000000"), types.ErrInvalidID},
		{"the max UUID", text(id, "ffffffff-ffff-ffff-ffff-ffffffffffff"), types.ErrInvalidID},
		{"an existing id", text(id, fixture.UUID("first")), types.ErrResourceExists},
		{"an existing id under another name", resigned(func(m *types.MsgCreateResource) {
			m.Id, m.Name, m.PreviousVersionId = fixture.UUID("list"), "other", ""
		}), types.ErrResourceExists},
		{"the replay of a message", func(c *fixture.Chain, p fixture.Publisher) error {
			_, err := c.Msgs.CreateResource(c.Ctx, p.Message(schema("second", "2.0.0", fixture.UUID("first"))))
			return err
		}, types.ErrResourceExists},
		{"the replay of a message by another payer", func(c *fixture.Chain, p fixture.Publisher) error {
			msg := p.Message(schema("first", "1.0.0", ""))
			msg.FromAddress = fixture.Address(t, "thief")
			_, err := c.Msgs.CreateResource(c.Ctx, msg)
			return err
		}, types.ErrResourceExists},

		{"no name", text(name, ""), types.ErrInvalidName},
		{"a name that is too long", text(name, strings.Repeat("x", types.MaxNameLength+1)), types.ErrInvalidName},
		{"a name with a NUL", text(name, "patient\x00"), types.ErrInvalidName},
		{"a name that is not UTF-8", text(name, "patient\xff"), types.ErrInvalidName},
		{"a name with a line end", text(name, "patient\n"), types.ErrInvalidName},
		{"a name that ends with a space", text(name, "patient "), types.ErrInvalidName},
		{"a name that reads backwards", text(name, "patient\u202e"), types.ErrInvalidName},
		{"a name with a character that nobody sees", text(name, "pat\u200bient"), types.ErrInvalidName},
		{"no type", text(resourceType, ""), types.ErrInvalidName},
		{"a type with a NUL", text(resourceType, "Json\x00Schema"), types.ErrInvalidName},
		{"a version that is too long", text(version, strings.Repeat("1", types.MaxNameLength+1)), types.ErrInvalidName},
		{"a version of spaces", text(version, " "), types.ErrInvalidName},
		{"an existing version", text(version, "1.0.0"), types.ErrVersionExists},
		{"no media type", text(mediaType, ""), types.ErrInvalidMediaType},
		{"a media type without subtype", text(mediaType, "application"), types.ErrInvalidMediaType},
		{"a media type in upper case", text(mediaType, "Application/JSON"), types.ErrInvalidMediaType},
		{"a media type that starts a header", text(mediaType, "text/html\r\nSet-Cookie: a=b"), types.ErrInvalidMediaType},
		{"a wildcard media type", text(mediaType, "*/*"), types.ErrInvalidMediaType},
		{"a media type that is too long", text(mediaType, "a/"+strings.Repeat("b", 300)), types.ErrInvalidMediaType},

		{"no bytes", resigned(func(m *types.MsgCreateResource) { m.Data = nil }), types.ErrEmpty},
		{"more bytes than the hard limit", resigned(func(m *types.MsgCreateResource) { m.Data = make([]byte, types.MaxDataBytes+1) }), types.ErrTooLarge},
		{"more bytes than the parameter", func(c *fixture.Chain, p fixture.Publisher) error {
			params := types.DefaultParams()
			params.MaxDataBytes = 5
			require.NoError(c, c.Keeper.Params.Set(c.Ctx, params))
			_, err := c.Msgs.CreateResource(c.Ctx, p.Message(third()))
			require.NoError(c, c.Keeper.Params.Set(c.Ctx, types.DefaultParams()))
			return err
		}, types.ErrTooLarge},

		{"no previous version", resigned(func(m *types.MsgCreateResource) { m.PreviousVersionId = "" }), types.ErrNotLatest},
		{"a previous version that has been followed", resigned(func(m *types.MsgCreateResource) { m.PreviousVersionId = fixture.UUID("first") }), types.ErrNotLatest},
		{"a previous version of another name", resigned(func(m *types.MsgCreateResource) { m.PreviousVersionId = fixture.UUID("list") }), types.ErrNotLatest},
		{"a previous version that is not there", resigned(func(m *types.MsgCreateResource) { m.Name = "other" }), types.ErrNotLatest},
		{"a previous version that is no UUID", resigned(func(m *types.MsgCreateResource) { m.PreviousVersionId = "second" }), types.ErrInvalidID},

		{"no verification method", spoiled(func(m *types.MsgCreateResource) { m.VerificationMethodId = "" }), types.ErrMethodNotFound},
		{"a verification method that is not there", spoiled(func(m *types.MsgCreateResource) { m.VerificationMethodId += "0" }), types.ErrMethodNotFound},
		{"a verification method of a stranger", spoiled(func(m *types.MsgCreateResource) { m.VerificationMethodId = other.Method("key1") }), types.ErrMethodNotFound},
		{"a verification method's name that is too long", spoiled(func(m *types.MsgCreateResource) {
			m.VerificationMethodId += strings.Repeat("x", types.MaxVerificationMethodIDLength)
		}), types.ErrMethodNotFound},
		{"a method that only authenticates", by(secondKey, "key2", withMethod(did.Multikey, secondKey.Public(), func(d *didtypes.DIDDocument, m *didtypes.VerificationMethod) {
			d.Authentications = append(d.Authentications, didtypes.NewReference(m.Id))
		})), types.ErrMethodNotFound},
		{"a method that no relationship names", by(secondKey, "key2", withMethod(did.Multikey, secondKey.Public(), func(*didtypes.DIDDocument, *didtypes.VerificationMethod) {})), types.ErrMethodNotFound},
		{"a method that another DID controls", by(secondKey, "key2", withMethod(did.Multikey, secondKey.Public(), func(d *didtypes.DIDDocument, m *didtypes.VerificationMethod) {
			asserts(d, m)
			m.Controller = other.ID
		})), types.ErrMethodNotFound},
		{"an assertion method that has been removed", by(fixture.NewPublisher(t, "publisher").Key, "key1", func(_ fixture.Publisher, d *didtypes.DIDDocument) {
			d.AssertionMethods = nil
		}), types.ErrMethodNotFound},
		{"a controller's assertion method", func(c *fixture.Chain, p fixture.Publisher) error {
			controller := fixture.NewPublisher(t, "controller")
			c.CreateDID(controller, controller.Document())
			document := p.Document()
			document.Controller = &didtypes.Strings{Values: []string{controller.ID}}
			c.UpdateDID(p, document)
			msg := p.Message(third())
			msg.VerificationMethodId = controller.Method("key1")
			require.NoError(c, msg.Sign(fixture.ChainID, controller.Key))
			_, err := c.Msgs.CreateResource(c.Ctx, msg)
			return err
		}, types.ErrMethodNotFound},
		{"an expired method", by(secondKey, "key2", withMethod(did.Multikey, secondKey.Public(), func(d *didtypes.DIDDocument, m *didtypes.VerificationMethod) {
			asserts(d, m)
			m.Extra = `{"expires":"2020-01-01T00:00:00Z"}`
		})), types.ErrMethodInactive},
		{"a revoked method", by(secondKey, "key2", withMethod(did.Multikey, secondKey.Public(), func(d *didtypes.DIDDocument, m *didtypes.VerificationMethod) {
			asserts(d, m)
			m.Extra = `{"revoked":"2020-01-01T00:00:00Z"}`
		})), types.ErrMethodInactive},
		{"a P-384 key", by(secondKey, "key2", withMethod(did.Multikey, fixture.Key(t, did.P384, "p").Public(), asserts)), types.ErrUnsupportedKey},
		{"a BLS12-381 key", by(secondKey, "key2", withMethod(did.Multikey, fixture.Key(t, did.BLS12381G2, "b").Public(), asserts)), types.ErrUnsupportedKey},
		{"a type of method that is not known", by(secondKey, "key2", withMethod(did.Multikey, secondKey.Public(), func(d *didtypes.DIDDocument, m *didtypes.VerificationMethod) {
			asserts(d, m)
			m.Type = "FutureKey2040"
		})), types.ErrUnsupportedKey},

		{"no signature", spoiled(func(m *types.MsgCreateResource) { m.Signature = nil }), types.ErrInvalidSignature},
		{"63 bytes of signature", spoiled(func(m *types.MsgCreateResource) { m.Signature = m.Signature[:63] }), types.ErrInvalidSignature},
		{"65 bytes of signature", spoiled(func(m *types.MsgCreateResource) { m.Signature = append(m.Signature, 0) }), types.ErrInvalidSignature},
		{"a zero signature", spoiled(func(m *types.MsgCreateResource) { m.Signature = make([]byte, 64) }), types.ErrInvalidSignature},
		{"one bit of the signature flipped", spoiled(func(m *types.MsgCreateResource) { m.Signature[40] ^= 1 }), types.ErrInvalidSignature},
		{"another key", func(c *fixture.Chain, p fixture.Publisher) error {
			msg := p.Message(third())
			require.NoError(c, msg.Sign(fixture.ChainID, other.Key))
			_, err := c.Msgs.CreateResource(c.Ctx, msg)
			return err
		}, types.ErrInvalidSignature},
		{"a signature for another chain", func(c *fixture.Chain, p fixture.Publisher) error {
			msg := p.Message(third())
			require.NoError(c, msg.Sign("panacea-2", p.Key))
			_, err := c.Msgs.CreateResource(c.Ctx, msg)
			return err
		}, types.ErrInvalidSignature},
		{"another DID's resource", func(c *fixture.Chain, p fixture.Publisher) error {
			c.CreateDID(other, other.Document())
			msg := p.Message(schema("x", "", ""))
			msg.Did, msg.VerificationMethodId = other.ID, other.Method("key1")
			_, err := c.Msgs.CreateResource(c.Ctx, msg)
			return err
		}, types.ErrInvalidSignature},
		{"another id than signed", spoiled(func(m *types.MsgCreateResource) { m.Id = fixture.UUID("x") }), types.ErrInvalidSignature},
		{"another name than signed", spoiled(func(m *types.MsgCreateResource) { m.Name, m.PreviousVersionId = "revocation", "" }), types.ErrInvalidSignature},
		{"another type than signed", spoiled(func(m *types.MsgCreateResource) { m.ResourceType, m.PreviousVersionId = listType, "" }), types.ErrInvalidSignature},
		{"another version than signed", spoiled(func(m *types.MsgCreateResource) { m.Version = "" }), types.ErrInvalidSignature},
		{"another media type than signed", spoiled(func(m *types.MsgCreateResource) { m.MediaType = "text/html" }), types.ErrInvalidSignature},
		{"other bytes than signed", spoiled(func(m *types.MsgCreateResource) { m.Data = slices.Concat(m.Data, []byte(" ")) }), types.ErrInvalidSignature},
		{"bytes moved into the name", spoiled(func(m *types.MsgCreateResource) {
			m.Name, m.Data, m.PreviousVersionId = m.Name+string(m.Data[:1]), m.Data[1:], ""
		}), types.ErrInvalidSignature},

		{"no payer", spoiled(func(m *types.MsgCreateResource) { m.FromAddress = "" }), types.ErrInvalidAddress},
		{"a payer of another chain", spoiled(func(m *types.MsgCreateResource) { m.FromAddress = "cosmos1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnrujsuw" }), types.ErrInvalidAddress},
	})
}

// TestAVersionHeldBackCannotComeLater: whoever carries signed messages to the chain cannot put an old status list after a new one.
func TestAVersionHeldBackCannotComeLater(t *testing.T) {
	c, p := world(t)
	held := p.Message(third())
	c.Publish(p, schema("published meanwhile", "", fixture.UUID("second")))
	before := c.Export()
	_, err := c.Msgs.CreateResource(c.Ctx, held)
	require.ErrorIs(t, err, types.ErrNotLatest)
	require.Equal(t, before, c.Export())
}

func TestUpdateParamsRefuses(t *testing.T) {
	update := func(authority string, change func(p *types.Params)) func(*fixture.Chain, fixture.Publisher) error {
		return func(c *fixture.Chain, _ fixture.Publisher) error {
			params := types.DefaultParams()
			change(&params)
			_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: fixture.Address(t, authority), Params: params})
			return err
		}
	}
	checkRefusals(t, []refusal{
		{"another account", update("payer", func(*types.Params) {}), types.ErrUnauthorized},
		{"no bytes", update("governance", func(p *types.Params) { p.MaxDataBytes = 0 }), types.ErrInvalidParams},
		{"more bytes than the hard limit", update("governance", func(p *types.Params) { p.MaxDataBytes = types.MaxDataBytes + 1 }), types.ErrInvalidParams},
		{"no gas", update("governance", func(p *types.Params) { p.GasPerByte = 0 }), types.ErrInvalidParams},
		{"too much gas", update("governance", func(p *types.Params) { p.GasPerByte = 1001 }), types.ErrInvalidParams},
	})
}

func TestGovernanceChangesTheBounds(t *testing.T) {
	c, p := world(t)
	params := types.Params{MaxDataBytes: 10, GasPerByte: 100}
	_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: fixture.Address(t, "governance"), Params: params})
	require.NoError(t, err)
	_, err = c.Msgs.CreateResource(c.Ctx, p.Message(third()))
	require.ErrorIs(t, err, types.ErrTooLarge)
	small := third()
	small.Data = []byte("0123456789")
	c.Publish(p, small)
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx), "larger resources from before stay")
}

// TestWhichKeysAuthorise: each type of key and of method, by reference and embedded, absolute and relative.
func TestWhichKeysAuthorise(t *testing.T) {
	for name, method := range map[string]struct {
		keyType    did.KeyType
		methodType string
	}{
		"secp256k1 Multikey":                {did.Secp256k1, did.Multikey},
		"secp256k1 JsonWebKey":              {did.Secp256k1, did.JSONWebKey},
		"EcdsaSecp256k1VerificationKey2019": {did.Secp256k1, did.EcdsaSecp256k1VerificationKey2019},
		"Ed25519 Multikey":                  {did.Ed25519, did.Multikey},
		"Ed25519 JsonWebKey":                {did.Ed25519, did.JSONWebKey},
		"P-256 Multikey":                    {did.P256, did.Multikey},
		"P-256 JsonWebKey":                  {did.P256, did.JSONWebKey},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
			c.CreateDID(p, p.Document())
			key := fixture.Key(t, method.keyType, "asserting")
			previous := ""
			for i, form := range []string{"reference", "embedded", "relative"} {
				document := p.Document()
				m := p.NewMethod("key2", method.methodType, key.Public())
				switch form {
				case "reference":
					document.VerificationMethods = append(document.VerificationMethods, m)
					document.AssertionMethods = []*didtypes.VerificationRelationship{didtypes.NewReference(m.Id)}
				case "embedded":
					document.AssertionMethods = []*didtypes.VerificationRelationship{didtypes.NewEmbedded(m)}
				case "relative":
					m.Id = "#key2"
					document.VerificationMethods = append(document.VerificationMethods, m)
					document.AssertionMethods = []*didtypes.VerificationRelationship{didtypes.NewReference("#key2")}
				}
				c.UpdateDID(p, document)
				msg := p.Message(schema(form, "", previous))
				msg.VerificationMethodId = []string{p.Method("key2"), p.Method("key2"), "#key2"}[i]
				require.NoError(t, msg.Sign(fixture.ChainID, key))
				_, err := c.Msgs.CreateResource(c.Ctx, msg)
				require.NoError(t, err, form)
				previous = msg.Id
			}
		})
	}
}

func TestAMethodExpiresWithBlockTime(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	document := p.Document()
	expires, err := json.Marshal(map[string]string{"expires": fixture.Genesis.Add(time.Hour).Format(time.RFC3339)})
	require.NoError(t, err)
	document.VerificationMethods[0].Extra = string(expires)
	c.CreateDID(p, document)
	c.Publish(p, schema("first", "", ""))
	c.NextBlock(2 * time.Hour)
	_, err = c.Msgs.CreateResource(c.Ctx, p.Message(schema("second", "", fixture.UUID("first"))))
	require.ErrorIs(t, err, types.ErrMethodInactive)
}

func TestTwoDIDsMayUseOneID(t *testing.T) {
	c, p := world(t)
	other := fixture.NewPublisher(t, "other")
	c.CreateDID(other, other.Document())
	c.Publish(other, schema("first", "1.0.0", ""))
	answer, err := c.Queries.NamedMetadata(c.Ctx, &types.QueryNamedMetadataRequest{Did: other.ID, Name: "patient", ResourceType: "JsonSchema"})
	require.NoError(t, err)
	require.Equal(t, uint64(1), answer.Metadata.Number)
	require.NotEqual(t, p.ID, answer.Metadata.DID())
	require.NoError(t, c.Keeper.CheckInvariants(c.Ctx))
}

func TestGasGrowsWithTheBytes(t *testing.T) {
	gas := func(size int) uint64 {
		c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
		c.CreateDID(p, p.Document())
		r := schema("first", "", "")
		r.Data = make([]byte, size)
		msg := p.Message(r)
		c.Ctx = c.Ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		_, err := c.Msgs.CreateResource(c.Ctx, msg)
		require.NoError(t, err)
		return c.Ctx.GasMeter().GasConsumed()
	}
	small, large := gas(10), gas(100_010)
	require.Greater(t, small, uint64(types.GasPerSignature))
	require.GreaterOrEqual(t, large-small, 100_000*(uint64(types.DefaultParams().GasPerByte)+storetypes.KVGasConfig().WriteCostPerByte))
}

func TestAMessageThatCannotPayIsNotExecuted(t *testing.T) {
	c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
	c.CreateDID(p, p.Document())
	r := schema("first", "", "")
	r.Data = make([]byte, types.MaxDataBytes)
	msg := p.Message(r)
	c.Ctx = c.Ctx.WithGasMeter(storetypes.NewGasMeter(100_000))
	require.Panics(t, func() { _, _ = c.Msgs.CreateResource(c.Ctx, msg) }, "out of gas, which the SDK recovers")
}

// TestListingsReadNoBytes: the cost of a list does not depend on the size of what is listed.
func TestListingsReadNoBytes(t *testing.T) {
	gas := func(size int) uint64 {
		c, p := fixture.New(t), fixture.NewPublisher(t, "publisher")
		c.CreateDID(p, p.Document())
		r := schema("first", "", "")
		r.Data = make([]byte, size)
		c.Publish(p, r)
		c.Ctx = c.Ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		_, err := c.Queries.Latest(c.Ctx, &types.QueryLatestRequest{Did: p.ID})
		require.NoError(t, err)
		_, err = c.Queries.Resources(c.Ctx, &types.QueryResourcesRequest{Did: p.ID})
		require.NoError(t, err)
		return c.Ctx.GasMeter().GasConsumed()
	}
	require.InDelta(t, gas(1), gas(200_000), 100)
}

// TestPublicationsOfTwoSeriesWriteNoKeyTwice: so they execute in parallel, whether one DID publishes them or two.
func TestPublicationsOfTwoSeriesWriteNoKeyTwice(t *testing.T) {
	c, p := world(t)
	other := fixture.NewPublisher(t, "other")
	c.CreateDID(other, other.Document())
	before := c.Store()
	written := map[string]string{}
	for name, msg := range map[string]*types.MsgCreateResource{
		"the next version":     p.Message(third()),
		"another DID's":        other.Message(schema("first", "1.0.0", "")),
		"another name":         p.Message(fixture.Resource{ID: fixture.UUID("a"), Name: "other", Type: "JsonSchema", MediaType: "a/b", Data: []byte("x")}),
		"another type":         p.Message(fixture.Resource{ID: fixture.UUID("b"), Name: "patient", Type: "other", MediaType: "a/b", Data: []byte("x")}),
		"the next of the list": p.Message(fixture.Resource{ID: fixture.UUID("c"), Name: "revocation", Type: listType, MediaType: "a/b", Data: []byte("x"), Previous: fixture.UUID("list")}),
	} {
		at := *c
		at.Ctx, _ = c.Ctx.CacheContext()
		_, err := at.Msgs.CreateResource(at.Ctx, msg)
		require.NoError(t, err)
		for key, value := range at.Store() {
			if before[key] != value {
				require.Empty(t, written[key], "%s and %s write %x", name, written[key], key)
				written[key] = name
			}
		}
	}
	require.NotEmpty(t, written)
}
