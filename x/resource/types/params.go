package types

// MaxDataBytes is the most bytes that a resource may ever have, whatever the parameters say.
const MaxDataBytes = 256 << 10

// maxGasPerByte is the hard limit of Params.GasPerByte: with it a resource of MaxDataBytes does not fit into a block, which is
// as far as governance can mean to go.
const maxGasPerByte = 1000

// Gas of a message beside what its reads and writes of the store, and GasPerByte of the parameters, cost.
const (
	// GasPerSignature pays for verifying the publisher's signature, as much as the SDK takes for a transaction's.
	GasPerSignature = 1000
	// GasPerDocumentByte pays for reading a byte of the protobuf encoding of the publisher's DID document.
	GasPerDocumentByte = 2
)

// DefaultParams returns the parameters of a new chain: resources of 256 KiB, and 2 gas for each byte.
func DefaultParams() Params { return Params{MaxDataBytes: MaxDataBytes, GasPerByte: 2} }

// Validate checks that both parameters are positive and within their hard limits.
func (p Params) Validate() error {
	for _, bound := range []struct {
		name       string
		value, max uint32
	}{
		{"max_data_bytes", p.MaxDataBytes, MaxDataBytes},
		{"gas_per_byte", p.GasPerByte, maxGasPerByte},
	} {
		if bound.value == 0 || bound.value > bound.max {
			return ErrInvalidParams.Wrapf("%s is %d; it must be 1 to %d", bound.name, bound.value, bound.max)
		}
	}
	return nil
}
