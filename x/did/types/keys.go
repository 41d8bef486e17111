package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the module's name, the codespace of its errors, and the key of its genesis.
	ModuleName = "did"
	// StoreKey is the key of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's state. They are part of the state format and never change their meaning.
var (
	ParamsPrefix      = collections.NewPrefix(0)
	DocumentsPrefix   = collections.NewPrefix(1)
	VersionsPrefix    = collections.NewPrefix(2)
	AccountDIDsPrefix = collections.NewPrefix(3)
)
