package types

import (
	"context"

	didtypes "github.com/medibloc/panacea/x/did/types"
)

// DIDKeeper knows the DIDs that publish resources.
type DIDKeeper interface {
	// ActiveRecord returns what is kept of a DID that has not been deactivated. The errors are didtypes.ErrDIDNotFound and
	// didtypes.ErrDIDDeactivated.
	ActiveRecord(ctx context.Context, id string) (didtypes.Record, error)
	// Record returns what is kept of a DID. The error is didtypes.ErrDIDNotFound.
	Record(ctx context.Context, id string) (didtypes.Record, error)
}
