package types

// MaxDocumentBytes is the most bytes that a document's protobuf encoding may ever have, whatever the parameters say: what
// is longer is refused before anything is computed over it.
const MaxDocumentBytes = 64 << 10

// maxEntries is the hard limit of the other parameters: package did reads no document that has more in a set.
const maxEntries = 256

// Gas of a message beside what its reads and writes of the store cost.
const (
	// GasPerDocumentByte pays for decoding, validating and hashing a byte of a document's protobuf encoding.
	GasPerDocumentByte = 10
	// GasPerVerificationMethod pays for checking that a key is a point of its curve; a point of G2 costs most.
	GasPerVerificationMethod = 1000
	// GasPerSignature pays for verifying a proof of ownership, as much as the SDK takes for a transaction's signature.
	GasPerSignature = 1000
)

// DefaultParams returns the parameters of a new chain: documents of 16 KiB with 64 verification methods, 64 services and
// 16 controllers.
func DefaultParams() Params {
	return Params{MaxDocumentBytes: 16 << 10, MaxVerificationMethods: 64, MaxServices: 64, MaxControllers: 16}
}

// Validate checks that every bound is positive and within its hard limit.
func (p Params) Validate() error {
	for _, bound := range []struct {
		name       string
		value, max uint32
	}{
		{"max_document_bytes", p.MaxDocumentBytes, MaxDocumentBytes},
		{"max_verification_methods", p.MaxVerificationMethods, maxEntries},
		{"max_services", p.MaxServices, maxEntries},
		{"max_controllers", p.MaxControllers, maxEntries},
	} {
		if bound.value == 0 || bound.value > bound.max {
			return ErrInvalidParams.Wrapf("%s is %d; it must be 1 to %d", bound.name, bound.value, bound.max)
		}
	}
	return nil
}
