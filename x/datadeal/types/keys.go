package types

import (
	"encoding/hex"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/codec"
)

const (
	// ModuleName is the module's name, the codespace of its errors, the key of its genesis, and what escrow addresses derive from.
	ModuleName = "datadeal"
	// StoreKey is the key of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's state. They are part of the state format and never change their meaning. 32 to 47 are kept for
// disputes and rewards that wait for them.
var (
	ParamsPrefix             = collections.NewPrefix(0)
	DealsPrefix              = collections.NewPrefix(1)
	ContentsPrefix           = collections.NewPrefix(2)
	NumbersPrefix            = collections.NewPrefix(3)
	DealsByConsumerPrefix    = collections.NewPrefix(4)
	DealsByStatusPrefix      = collections.NewPrefix(5)
	ExpiriesPrefix           = collections.NewPrefix(6)
	EscrowsPrefix            = collections.NewPrefix(7)
	ConsentsPrefix           = collections.NewPrefix(8)
	TagsPrefix               = collections.NewPrefix(9)
	ConsentsByProviderPrefix = collections.NewPrefix(10)
	ConsentsByConsumerPrefix = collections.NewPrefix(11)
	ObjectsPrefix            = collections.NewPrefix(12)
)

// Codecs of the keys that others prove. A deal id is 16 bytes inside a key, not text.
var (
	// DealKeyCodec is that of deals and their contents.
	DealKeyCodec codec.KeyCodec[[]byte] = collections.BytesKey
	// DatumKeyCodec is that of consents (deal id, data commitment) and of tags (deal id, uniqueness tag).
	DatumKeyCodec = collections.PairKeyCodec(collections.BytesKey, collections.BytesKey)
)

// DealKey returns the key of a Deal in the module's store. The error is ErrInvalidRequest if the id is malformed.
func DealKey(dealID string) ([]byte, error) { return dealKey(DealsPrefix, dealID) }

// ContentsKey returns the key of a deal's DealContents in the module's store. The error is ErrInvalidRequest.
func ContentsKey(dealID string) ([]byte, error) { return dealKey(ContentsPrefix, dealID) }

// ConsentKey returns the key of a Consent in the module's store. The error is ErrInvalidRequest.
func ConsentKey(dealID string, commitment []byte) ([]byte, error) {
	return datumKey(ConsentsPrefix, dealID, commitment)
}

// TagKey returns the key of a used uniqueness tag in the module's store, whose value is the data commitment. The error is
// ErrInvalidRequest.
func TagKey(dealID string, tag []byte) ([]byte, error) { return datumKey(TagsPrefix, dealID, tag) }

func dealKey(prefix collections.Prefix, dealID string) ([]byte, error) {
	id, err := DealIDBytes(dealID)
	if err != nil {
		return nil, err
	}
	return collections.EncodeKeyWithPrefix(prefix, DealKeyCodec, id)
}

func datumKey(prefix collections.Prefix, dealID string, digest []byte) ([]byte, error) {
	id, err := DealIDBytes(dealID)
	if err != nil {
		return nil, err
	}
	return collections.EncodeKeyWithPrefix(prefix, DatumKeyCodec, collections.Join(id, digest))
}

// DealIDBytes returns the 16 bytes of a deal id. The error is ErrInvalidRequest.
func DealIDBytes(dealID string) ([]byte, error) {
	id, err := hex.DecodeString(dealID)
	if err != nil || len(id) != dealIDSize || hex.EncodeToString(id) != dealID {
		return nil, ErrInvalidRequest.Wrapf("the deal id %.40q is not %d lower-case hexadecimal characters", dealID, 2*dealIDSize)
	}
	return id, nil
}

// DealIDString returns the text of a deal id, as inverse of DealIDBytes.
func DealIDString(id []byte) string { return fmt.Sprintf("%x", id) }
