package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/did"
)

const (
	flagAddKey            = "add-key"
	flagRemoveKey         = "remove-key"
	flagAddService        = "add-service"
	flagRemoveService     = "remove-service"
	flagAddController     = "add-controller"
	flagRemoveController  = "remove-controller"
	flagAddAlsoKnownAs    = "add-also-known-as"
	flagRemoveAlsoKnownAs = "remove-also-known-as"
)

// contextMultikey defines the terms of Multikey in JSON-LD (Controlled Identifiers 1.0 §2.2.2).
const contextMultikey = "https://w3id.org/security/multikey/v1"

func addEditFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArray(flagAddKey, nil, "TYPE[:RELATIONSHIP,…]: a fresh key of type secp256k1, ed25519, p256, p384, bls12381g2 or x25519, "+
		"kept in the DID keystore; or the Multikey (z…) of a key kept elsewhere. Relationships are authentication, assertionMethod, "+
		"keyAgreement, capabilityInvocation, capabilityDelegation; without them, what such a key is commonly for")
	f.StringArray(flagAddService, nil, "ID,TYPE,ENDPOINT: a service, such as site,LinkedDomains,https://clinic.example; "+
		`an endpoint may also be JSON, such as vault,PanaceaVault,{"peerId":"12D3…"}`)
	f.StringArray(flagAddController, nil, "DID that may also change this one")
	f.StringArray(flagAddAlsoKnownAs, nil, "URI by which the subject is also known")
	f.StringArray(flagRemoveKey, nil, "ID of a verification method to remove, with all references to it, such as key2")
	f.StringArray(flagRemoveService, nil, "ID of a service to remove")
	f.StringArray(flagRemoveController, nil, "DID that shall no longer change this one")
	f.StringArray(flagRemoveAlsoKnownAs, nil, "URI to remove")
}

// newKey is a key made by an edit, to be kept under the id of its verification method.
type newKey struct {
	method string
	key    did.PrivateKey
}

// edits changes a document as the flags ask: it removes first, then adds.
type edits struct {
	document *did.Document
	keys     []newKey // made on the way
	changed  bool
}

// apply makes the changes that the command's flags ask for.
func (e *edits) apply(cmd *cobra.Command) error {
	for _, edit := range []struct {
		flag string
		make func(string) error
	}{
		{flagRemoveKey, e.removeKey}, {flagRemoveService, e.removeService},
		{flagRemoveController, e.remover(&e.document.Controllers, "controller")},
		{flagRemoveAlsoKnownAs, e.remover(&e.document.AlsoKnownAs, "also known as")},
		{flagAddKey, e.addKey}, {flagAddService, e.addService},
		{flagAddController, e.adder(&e.document.Controllers)}, {flagAddAlsoKnownAs, e.adder(&e.document.AlsoKnownAs)},
	} {
		values, err := cmd.Flags().GetStringArray(edit.flag)
		if err != nil {
			return err
		}
		for _, value := range values {
			if err := edit.make(value); err != nil {
				return fmt.Errorf("--%s %s: %w", edit.flag, value, err)
			}
			e.changed = true
		}
	}
	return nil
}

// addKey adds a verification method of type Multikey under the next free name key1, key2, …
func (e *edits) addKey(value string) error {
	kind, names, given := strings.Cut(value, ":")
	var key did.PrivateKey
	public, err := did.ParsePublicKeyMultibase(kind)
	if err != nil {
		keyType, err := did.ParseKeyType(kind)
		if err != nil {
			return err
		}
		if key, err = did.GenerateKey(keyType, nil); err != nil {
			return err
		}
		public = key.Public()
	}
	relationships := commonRelationships(public.Type())
	if given {
		if relationships, err = parseRelationships(names); err != nil {
			return err
		}
	}
	id := e.freeKeyID()
	if err := e.addMethod(id, public, relationships); err != nil {
		return err
	}
	if key.Type() != 0 {
		e.keys = append(e.keys, newKey{id, key})
	}
	return nil
}

func (e *edits) addMethod(id string, public did.PublicKey, relationships []did.Relationship) error {
	method, err := did.NewVerificationMethod(id, did.Multikey, e.document.ID, public)
	if err != nil {
		return err
	}
	e.document.VerificationMethods = append(e.document.VerificationMethods, method)
	for _, relationship := range relationships {
		references := e.relationship(relationship)
		*references = append(*references, did.MethodRef{Reference: id})
	}
	if len(e.document.Contexts) == 0 {
		e.document.Contexts = did.ContextURLs(did.ContextV1)
	}
	context := did.ContextURLs(contextMultikey)[0]
	if !slices.ContainsFunc(e.document.Contexts, func(c json.RawMessage) bool { return bytes.Equal(c, context) }) {
		e.document.Contexts = append(e.document.Contexts, context)
	}
	return nil
}

func (e *edits) freeKeyID() string {
	for n := 1; ; n++ {
		id := e.document.ID + "#key" + strconv.Itoa(n)
		if _, taken := e.document.VerificationMethod(id); !taken {
			return id
		}
	}
}

func (e *edits) relationship(r did.Relationship) *[]did.MethodRef {
	switch r {
	case did.Authentication:
		return &e.document.Authentication
	case did.AssertionMethod:
		return &e.document.AssertionMethod
	case did.KeyAgreement:
		return &e.document.KeyAgreement
	case did.CapabilityInvocation:
		return &e.document.CapabilityInvocation
	default:
		return &e.document.CapabilityDelegation
	}
}

// commonRelationships is what a key is for if nobody says: agreement keys agree, BBS keys assert, the others authenticate too.
func commonRelationships(t did.KeyType) []did.Relationship {
	switch t {
	case did.X25519:
		return []did.Relationship{did.KeyAgreement}
	case did.BLS12381G2:
		return []did.Relationship{did.AssertionMethod}
	}
	return []did.Relationship{did.Authentication, did.AssertionMethod}
}

func parseRelationships(names string) ([]did.Relationship, error) {
	var relationships []did.Relationship
	for name := range strings.SplitSeq(names, ",") {
		relationship := did.Relationship(name)
		if !slices.Contains(did.Relationships(), relationship) {
			return nil, fmt.Errorf("%q is no verification relationship; use %v", name, did.Relationships())
		}
		relationships = append(relationships, relationship)
	}
	return relationships, nil
}

// removeKey removes a verification method and every mention of it.
func (e *edits) removeKey(value string) error {
	id := e.absolute(value)
	if _, ok := e.document.VerificationMethod(id); !ok {
		return fmt.Errorf("the document has no verification method %s", id)
	}
	e.document.VerificationMethods = slices.DeleteFunc(e.document.VerificationMethods,
		func(m did.VerificationMethod) bool { return e.absolute(m.ID) == id })
	for _, relationship := range did.Relationships() {
		references := e.relationship(relationship)
		*references = slices.DeleteFunc(*references, func(r did.MethodRef) bool {
			if r.Embedded != nil {
				return e.absolute(r.Embedded.ID) == id
			}
			return e.absolute(r.Reference) == id
		})
	}
	return nil
}

func (e *edits) addService(value string) error {
	parts := strings.SplitN(value, ",", 3)
	if len(parts) != 3 {
		return fmt.Errorf("a service is ID,TYPE,ENDPOINT")
	}
	service := did.NewService(e.absolute(parts[0]), parts[1], parts[2])
	if endpoint := parts[2]; strings.HasPrefix(endpoint, "{") || strings.HasPrefix(endpoint, "[") {
		if !json.Valid([]byte(endpoint)) {
			return fmt.Errorf("the endpoint is no JSON")
		}
		service.Endpoint = json.RawMessage(endpoint)
	}
	e.document.Services = append(e.document.Services, service)
	return nil
}

func (e *edits) removeService(value string) error {
	id := e.absolute(value)
	kept := slices.DeleteFunc(slices.Clone(e.document.Services), func(s did.Service) bool { return e.absolute(s.ID) == id })
	if len(kept) == len(e.document.Services) {
		return fmt.Errorf("the document has no service %s", id)
	}
	e.document.Services = kept
	return nil
}

func (e *edits) adder(set *[]string) func(string) error {
	return func(value string) error {
		if slices.Contains(*set, value) {
			return fmt.Errorf("the document has it already")
		}
		*set = append(*set, value)
		return nil
	}
}

func (e *edits) remover(set *[]string, what string) func(string) error {
	return func(value string) error {
		at := slices.Index(*set, value)
		if at < 0 {
			return fmt.Errorf("the document has no such %s", what)
		}
		*set = slices.Delete(slices.Clone(*set), at, at+1)
		return nil
	}
}

// absolute makes key2 and #key2 the DID URL of this document's key2.
func (e *edits) absolute(id string) string { return absoluteID(e.document.ID, id) }

func absoluteID(document, id string) string {
	if strings.Contains(id, ":") {
		return id
	}
	return document + "#" + strings.TrimPrefix(id, "#")
}
