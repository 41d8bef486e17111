// Package types holds the messages, queries, state and errors of x/resource, and the rules that need no state.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the module's name, the codespace of its errors, and the key of its genesis.
	ModuleName = "resource"
	// StoreKey is the key of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's state. They are part of the state format and never change their meaning.
var (
	ParamsPrefix   = collections.NewPrefix(0)
	MetadataPrefix = collections.NewPrefix(1)
	DataPrefix     = collections.NewPrefix(2)
	LatestPrefix   = collections.NewPrefix(3)
	TypesPrefix    = collections.NewPrefix(4)
	VersionsPrefix = collections.NewPrefix(5)
	LabelsPrefix   = collections.NewPrefix(6)
)
