package light

import (
	"context"

	didtypes "github.com/medibloc/panacea/x/did/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// DIDRecord returns what the chain keeps of a DID: its current document, sequence and metadata; for a deactivated DID with an empty
// document. The error is didtypes.ErrDIDNotFound. History is read through DIDs.
func (s *Snapshot) DIDRecord(ctx context.Context, did string) (didtypes.Record, error) {
	return get(ctx, s, func(ctx context.Context) (didtypes.Record, error) {
		return s.client.modules.did.Record(ctx, did)
	})
}

// Resource returns a resource of a DID by its id (a UUID). The error is resourcetypes.ErrResourceNotFound.
func (s *Snapshot) Resource(ctx context.Context, did, id string) (resourcetypes.Metadata, []byte, error) {
	answer, err := s.Resources().Resource(ctx, &resourcetypes.QueryResourceRequest{Did: did, Id: id})
	if err != nil {
		return resourcetypes.Metadata{}, nil, err
	}
	return answer.Metadata, answer.Data, nil
}

// LatestResource returns the latest version of a DID's resource of a name and type. The error is resourcetypes.ErrResourceNotFound.
func (s *Snapshot) LatestResource(ctx context.Context, did, name, resourceType string) (resourcetypes.Metadata, []byte, error) {
	answer, err := s.Resources().NamedResource(ctx, &resourcetypes.QueryNamedResourceRequest{Did: did, Name: name, ResourceType: resourceType})
	if err != nil {
		return resourcetypes.Metadata{}, nil, err
	}
	return answer.Metadata, answer.Data, nil
}
