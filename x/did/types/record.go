package types

import (
	"slices"
	"strings"
	"time"

	"github.com/cosmos/gogoproto/proto"
)

// IsEmpty says whether d has no property at all, which is what is kept of a deactivated DID's document.
func (d *DIDDocument) IsEmpty() bool { return d == nil || d.Size() == 0 }

// NewRecord makes the first version of a DID.
func NewRecord(document *DIDDocument, metadata VersionMetadata) Record {
	return Record{Current: DIDDocumentWithSeq{Document: document}, Metadata: metadata, Created: metadata.Time}
}

// Next makes the version that follows r: document is empty if it ends the DID.
func (r Record) Next(document *DIDDocument, metadata VersionMetadata) Record {
	metadata.VersionId = r.Current.Sequence + 1
	metadata.Deactivated = document.IsEmpty()
	return Record{
		Current:  DIDDocumentWithSeq{Document: document, Sequence: metadata.VersionId},
		Metadata: metadata,
		Created:  r.Created,
	}
}

// Version returns the record's current version.
func (r Record) Version() Version {
	return Version{Document: r.Current.Document, Metadata: r.Metadata}
}

// InForceAt says whether a version written at m.Time was there at t, to the second: metadata is published in whole
// seconds (DID Core §7.1.3), so that a published time names the version that it belongs to. A version without a time, from
// before this chain, was always there.
func (m VersionMetadata) InForceAt(t time.Time) bool {
	return m.Time == nil || m.Time.Unix() <= t.Unix()
}

// absolute makes a reference to a fragment of this document absolute, and leaves everything else.
func (d *DIDDocument) absolute(reference string) string {
	if strings.HasPrefix(reference, "#") {
		return d.Id + reference
	}
	return reference
}

// FindAuthentication returns the verification method that stands in the document's authentications under id, embedded or
// by reference to the document's own verification methods; nil if there is none. A fragment stands for this document's.
func (d *DIDDocument) FindAuthentication(id string) *VerificationMethod {
	id = d.absolute(id)
	for _, relationship := range d.Authentications {
		if embedded := relationship.GetVerificationMethod(); embedded != nil {
			if d.absolute(embedded.Id) == id {
				return embedded
			}
			continue
		}
		if d.absolute(relationship.GetVerificationMethodId()) != id {
			continue
		}
		for _, method := range d.VerificationMethods {
			if d.absolute(method.Id) == id {
				return method
			}
		}
	}
	return nil
}

// HasController says whether id is one of the document's controllers.
func (d *DIDDocument) HasController(id string) bool {
	return slices.Contains(d.Controller.GetValues(), id)
}

// DIDOfURL returns what precedes the fragment of a DID URL.
func DIDOfURL(url string) string {
	id, _, _ := strings.Cut(url, "#")
	return id
}

// Equal says whether both documents are the same message.
func (d *DIDDocument) Equal(other *DIDDocument) bool { return proto.Equal(d, other) }
