package party

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"

	"github.com/medibloc/panacea/did"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// Types of resources that this project's tools publish (docs/protocol/resources.md).
const (
	TypeStatusList = "BitstringStatusListCredential"
	TypeSchema     = "JsonSchema"
	TypeContext    = "JsonLdContext"
)

// Resource is what is published under the home's DID.
type Resource struct {
	ID, Name, Type, MediaType string
	Data                      []byte
}

// VersionURL names this very version, for ever.
func (p *Party) VersionURL(id string) string { return p.Config.DID + "/resources/" + id }

// LatestURL names the latest version of a series.
func (p *Party) LatestURL(name, resourceType string) string {
	return p.Config.DID + "?resourceName=" + url.QueryEscape(name) + "&resourceType=" + url.QueryEscape(resourceType)
}

// Publish puts a resource on the chain as the latest version of its name and type. A resource of that id is there already: no error and no
// transaction.
func (p *Party) Publish(ctx context.Context, r Resource) (tx string, err error) {
	c, err := p.Chain(ctx)
	if err != nil {
		return "", err
	}
	s, err := c.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	_, err = s.Resources().Metadata(ctx, &resourcetypes.QueryMetadataRequest{Did: p.Config.DID, Id: r.ID})
	if err == nil || !errors.Is(err, resourcetypes.ErrResourceNotFound) {
		return "", err
	}
	from, err := p.Address()
	if err != nil {
		return "", err
	}
	key, err := p.KeyOfType(did.Ed25519)
	if err != nil {
		return "", err
	}
	m := &resourcetypes.MsgCreateResource{
		Did: p.Config.DID, Id: r.ID, Name: r.Name, ResourceType: r.Type, MediaType: r.MediaType, Data: r.Data, FromAddress: from.String(),
	}
	latest, err := s.Resources().NamedMetadata(ctx, &resourcetypes.QueryNamedMetadataRequest{Did: p.Config.DID, Name: r.Name, ResourceType: r.Type})
	switch {
	case err == nil:
		m.PreviousVersionId = latest.Metadata.Id
	case !errors.Is(err, resourcetypes.ErrResourceNotFound):
		return "", err
	}
	m.VerificationMethodId = key.VerificationMethod
	if err := m.Sign(c.ChainID(), key.PrivateKey); err != nil {
		return "", err
	}
	return c.Send(ctx, p.Account(), m)
}

// NewUUID makes a random UUID (RFC 9562 §5.4).
func NewUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// DerivedUUID is a UUID that a digest gives (RFC 9562 §5.8), so that publishing the same bytes again is the same resource.
func DerivedUUID(digest [32]byte) string {
	b := digest
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
