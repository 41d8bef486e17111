package resolver

import (
	"fmt"
	"strings"
	"time"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/x/resource/types"
)

// The DID parameters of resources (DID-Linked Resources, Resource resolution and dereferencing parameters). versionTime, the
// parameter of DID Resolution, means the same as resourceVersionTime where a URL names a resource.
const (
	paramID           = "resourceId"
	paramVersionID    = "resourceVersionId" // an id names a version, so this is the same
	paramName         = "resourceName"
	paramType         = "resourceType"
	paramVersion      = "resourceVersion"
	paramVersionTime  = "resourceVersionTime"
	paramCollectionID = "resourceCollectionId"
	paramChecksum     = "checksum"
	paramMetadata     = "resourceMetadata"
)

// pathPrefix is followed by a resource's id.
const pathPrefix = "/resources/"

// question is what a DID URL asks for. Empty fields ask for nothing.
type question struct {
	did          string
	collectionID string
	id           string
	name         string
	resourceType string
	version      string
	time         *time.Time
	checksum     string
	metadataOnly bool
}

// parseQuestion reads a DID URL. Errors are *did.Error: ErrNotFound for a path that no resource has, and for a question that
// contradicts itself; ErrFeatureNotSupported for a parameter that is not known; ErrInvalidDIDURL and ErrInvalidOptions for
// values that mean nothing.
func parseQuestion(u did.URL, opts did.DereferenceOptions) (question, error) {
	q := question{did: u.DID.String()}
	if u.DID.Method() != did.MethodPanacea {
		if u.Path == "" {
			return q, &did.Error{Code: did.CodeFeatureNotSupported, Detail: "the DID's method has no such parameters"}
		}
		return q, notFound()
	}
	if err := did.ValidatePanaceaDID(q.did); err != nil {
		return q, err
	}
	q.collectionID = u.DID.ID()
	if opts.VersionID != "" {
		return q, noVersionID()
	}
	if !opts.VersionTime.IsZero() {
		q.time = &opts.VersionTime
	}
	if u.Path != "" {
		id, ok := strings.CutPrefix(u.Path, pathPrefix)
		if !ok {
			return q, notFound()
		}
		if err := q.setID(id); err != nil {
			return q, err
		}
	}
	params, err := u.Params()
	if err != nil {
		return q, err
	}
	for _, p := range params {
		if err := q.set(p); err != nil {
			return q, err
		}
	}
	if u.Path == "" && !hasQualifier(params) {
		return q, &did.Error{Code: did.CodeInvalidDIDURL, Detail: "it names no resource: it needs an id, a name or a type"}
	}
	return q, nil
}

// hasQualifier says whether a parameter says which resources are meant, beside their time.
func hasQualifier(params []did.Param) bool {
	for _, p := range params {
		if p.Name != paramVersionTime && p.Name != "versionTime" {
			return true
		}
	}
	return false
}

func (q *question) set(p did.Param) error {
	switch p.Name {
	case "versionId":
		return noVersionID()
	case paramID, paramVersionID:
		return q.setID(p.Value)
	case paramName:
		return setText(&q.name, p, types.ValidateName)
	case paramType:
		return setText(&q.resourceType, p, types.ValidateType)
	case paramVersion:
		return setText(&q.version, p, types.ValidateName)
	case paramVersionTime, "versionTime":
		return q.setTime(p.Value)
	case paramChecksum:
		q.checksum = strings.ToLower(p.Value)
		return nil
	case paramCollectionID:
		if p.Value != q.collectionID {
			return notFound()
		}
		return nil
	case paramMetadata:
		if p.Value != "true" && p.Value != "false" {
			return &did.Error{Code: did.CodeInvalidDIDURL, Detail: paramMetadata + " is true or false"}
		}
		q.metadataOnly = p.Value == "true"
		return nil
	}
	return &did.Error{Code: did.CodeFeatureNotSupported, Detail: fmt.Sprintf("this resolver does not know the DID parameter %.64q beside those of resources", p.Name)}
}

func setText(field *string, p did.Param, validate func(string) error) error {
	if validate(p.Value) != nil {
		return notFound() // no resource has such a name
	}
	*field = p.Value
	return nil
}

func (q *question) setID(id string) error {
	if types.ValidateID(id) != nil || q.id != "" && q.id != id {
		return notFound()
	}
	q.id = id
	return nil
}

func (q *question) setTime(s string) error {
	t, err := did.ParseVersionTime(s)
	if err != nil {
		return err
	}
	if q.time != nil && !q.time.Equal(t) {
		return invalidOptions(paramVersionTime + " and versionTime differ")
	}
	q.time = &t
	return nil
}

func noVersionID() error {
	return invalidOptions("versionId names a version of a document; for a resource use " + paramID + " or " + paramVersion)
}

func invalidOptions(detail string) error {
	return &did.Error{Code: did.CodeInvalidOptions, Detail: detail}
}

// listsAll says whether the question asks for the metadata of every version that matches.
func (q question) listsAll() bool { return q.metadataOnly && q.id == "" }

// matches says whether a version is among what the question asks for. Which one of a series, or all, is not decided here.
func (q question) matches(m types.Metadata) bool {
	return m.CollectionId == q.collectionID &&
		(q.id == "" || q.id == m.Id) &&
		(q.name == "" || q.name == m.Name) &&
		(q.resourceType == "" || q.resourceType == m.ResourceType) &&
		(q.version == "" || q.version == m.Version) &&
		(q.checksum == "" || q.checksum == m.Checksum) &&
		(q.time == nil || m.InForceAt(*q.time))
}
