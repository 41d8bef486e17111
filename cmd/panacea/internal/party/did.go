package party

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/medibloc/panacea/did"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

// Document is the document that the home's DID begins with: its keys, and its vault as a service and as a key that records are sealed to.
func (p *Party) Document() (*did.Document, error) {
	entries, err := p.DIDKeys.List()
	if err != nil {
		return nil, err
	}
	d := &did.Document{ID: p.Config.DID, Contexts: did.ContextURLs(did.ContextV1, contextMultikey)}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name, p.Config.DID+"#") {
			continue
		}
		relationships := []*[]did.MethodRef{&d.Authentication, &d.AssertionMethod}
		switch e.Public.Type() {
		case did.BLS12381G2:
			relationships = []*[]did.MethodRef{&d.AssertionMethod}
		case did.X25519:
			relationships = []*[]did.MethodRef{&d.KeyAgreement}
		}
		if err := addMethod(d, e.Name, e.Public, relationships...); err != nil {
			return nil, err
		}
	}
	id, err := p.vaultIdentity()
	if err != nil {
		return nil, err
	}
	agreement, err := did.ParsePublicKeyMultibase(id.Agreement)
	if err != nil {
		return nil, err
	}
	if err := addMethod(d, p.Config.DID+"#vault-key", agreement, &d.KeyAgreement); err != nil {
		return nil, err
	}
	d.Services = append(d.Services, id.Service)
	return d, nil
}

// contextMultikey defines the terms of Multikey in JSON-LD.
const contextMultikey = "https://w3id.org/security/multikey/v1"

func addMethod(d *did.Document, id string, key did.PublicKey, relationships ...*[]did.MethodRef) error {
	method, err := did.NewVerificationMethod(id, did.Multikey, d.ID, key)
	if err != nil {
		return err
	}
	d.VerificationMethods = append(d.VerificationMethods, method)
	for _, r := range relationships {
		*r = append(*r, did.MethodRef{Reference: id})
	}
	return nil
}

// record reads what the chain keeps of a DID, by proof. Error: didtypes.ErrDIDNotFound.
func (p *Party) record(ctx context.Context, id string) (didtypes.Record, error) {
	c, err := p.Chain(ctx)
	if err != nil {
		return didtypes.Record{}, err
	}
	s, err := c.Snapshot(ctx)
	if err != nil {
		return didtypes.Record{}, err
	}
	return s.DIDRecord(ctx, id)
}

// CreateDID puts the home's DID on the chain. It is there already: no error and no transaction.
func (p *Party) CreateDID(ctx context.Context) (tx string, err error) {
	_, err = p.record(ctx, p.Config.DID)
	if err == nil || !errors.Is(err, didtypes.ErrDIDNotFound) {
		return "", err
	}
	document, err := p.Document()
	if err != nil {
		return "", err
	}
	message, err := didtypes.FromW3C(document)
	if err != nil {
		return "", err
	}
	if err := message.Validate(); err != nil {
		return "", err
	}
	method, key, err := p.owner()
	if err != nil {
		return "", err
	}
	signature, err := didtypes.Sign(key, message, 0)
	if err != nil {
		return "", err
	}
	from, err := p.Address()
	if err != nil {
		return "", err
	}
	return p.connection.Send(ctx, p.Account(), &didtypes.MsgCreateDIDRequest{
		Did: p.Config.DID, Document: message, VerificationMethodId: method, Signature: signature, FromAddress: from.String(),
	})
}

// owner is the key that the DID derives from and is changed with.
func (p *Party) owner() (method string, key did.PrivateKey, err error) {
	method = p.Config.DID + "#key1"
	key, err = p.key(method)
	return method, key, err
}

// UpdateDID changes the document on the chain.
func (p *Party) UpdateDID(ctx context.Context, edit func(*did.Document) error) (tx string, err error) {
	stored, err := p.record(ctx, p.Config.DID)
	if err != nil {
		return "", err
	}
	if stored.Metadata.Deactivated {
		return "", didtypes.ErrDIDDeactivated.Wrap(p.Config.DID)
	}
	document, err := stored.Current.Document.ToW3C()
	if err != nil {
		return "", err
	}
	before, err := document.MarshalJSON()
	if err != nil {
		return "", err
	}
	if err := edit(document); err != nil {
		return "", err
	}
	after, err := document.MarshalJSON()
	if err != nil || string(before) == string(after) {
		return "", err
	}
	message, err := didtypes.FromW3C(document)
	if err != nil {
		return "", err
	}
	if err := message.Validate(); err != nil {
		return "", err
	}
	method, key, err := p.owner()
	if err != nil {
		return "", err
	}
	signature, err := didtypes.Sign(key, message, stored.Current.Sequence)
	if err != nil {
		return "", err
	}
	from, err := p.Address()
	if err != nil {
		return "", err
	}
	return p.connection.Send(ctx, p.Account(), &didtypes.MsgUpdateDIDRequest{
		Did: p.Config.DID, Document: message, VerificationMethodId: method, Signature: signature, FromAddress: from.String(),
	})
}

// DeactivateDID ends the DID, for ever.
func (p *Party) DeactivateDID(ctx context.Context) (tx string, err error) {
	stored, err := p.record(ctx, p.Config.DID)
	if err != nil || stored.Metadata.Deactivated {
		return "", err
	}
	method, key, err := p.owner()
	if err != nil {
		return "", err
	}
	signature, err := didtypes.Sign(key, didtypes.DeactivationDocument(p.Config.DID), stored.Current.Sequence)
	if err != nil {
		return "", err
	}
	from, err := p.Address()
	if err != nil {
		return "", err
	}
	return p.connection.Send(ctx, p.Account(), &didtypes.MsgDeactivateDIDRequest{
		Did: p.Config.DID, VerificationMethodId: method, Signature: signature, FromAddress: from.String(),
	})
}

// FileSignature is a statement by a key of a DID about a file.
type FileSignature struct {
	Method    string `json:"verificationMethod"`
	Created   string `json:"created"`
	SHA256    string `json:"sha256"`
	Signature string `json:"signature"` // hexadecimal, over signedFile
}

// fileLabel stands before what is signed about a file, so that the signature means nothing else.
const fileLabel = "panacea/v1/file-signature"

func (s FileSignature) signed() ([]byte, error) {
	return json.Marshal([]string{fileLabel, s.Method, s.Created, s.SHA256})
}

// SignFile signs a file's SHA-256, in lower-case hexadecimal, with the Ed25519 key of the DID.
func (p *Party) SignFile(digest string, now time.Time) (FileSignature, error) {
	key, err := p.KeyOfType(did.Ed25519)
	if err != nil {
		return FileSignature{}, err
	}
	s := FileSignature{Method: key.VerificationMethod, Created: now.UTC().Format(time.RFC3339), SHA256: digest}
	message, err := s.signed()
	if err != nil {
		return s, err
	}
	signature, err := key.PrivateKey.Sign(message)
	s.Signature = fmt.Sprintf("%x", signature)
	return s, err
}

// VerifyFile checks a statement about a file: a key that its DID's document has for assertions now, and the file's digest.
func VerifyFile(ctx context.Context, r did.Resolver, s FileSignature, digest string) error {
	if s.SHA256 != digest {
		return errors.New("the signature is of another file")
	}
	method, err := did.ResolveMethod(ctx, r, s.Method, did.AssertionMethod, did.ResolveOptions{})
	if err != nil {
		return err
	}
	key, err := method.PublicKey()
	if err != nil {
		return err
	}
	message, err := s.signed()
	if err != nil {
		return err
	}
	signature, err := hex.DecodeString(s.Signature)
	if err != nil {
		return err
	}
	return key.Verify(message, signature)
}

// RemoveMethod takes a verification method out of a document.
func RemoveMethod(d *did.Document, id string) error {
	if !strings.Contains(id, "#") {
		id = d.ID + "#" + id
	}
	if _, ok := d.VerificationMethod(id); !ok {
		return fmt.Errorf("the document has no key %s", id)
	}
	d.VerificationMethods = slices.DeleteFunc(d.VerificationMethods, func(m did.VerificationMethod) bool { return m.ID == id })
	for _, r := range []*[]did.MethodRef{&d.Authentication, &d.AssertionMethod, &d.KeyAgreement, &d.CapabilityInvocation, &d.CapabilityDelegation} {
		*r = slices.DeleteFunc(*r, func(m did.MethodRef) bool { return m.Reference == id })
	}
	return nil
}

// RemoveService takes a service out of a document.
func RemoveService(d *did.Document, id string) error {
	id = d.ID + "#" + strings.TrimPrefix(id, "#")
	kept := slices.DeleteFunc(slices.Clone(d.Services), func(s did.Service) bool { return s.ID == id || d.ID+s.ID == id })
	if len(kept) == len(d.Services) {
		return fmt.Errorf("the document has no service %s", id)
	}
	d.Services = kept
	return nil
}
