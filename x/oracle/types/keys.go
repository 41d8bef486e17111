package types

const (
	// ModuleName is the module's name, the codespace of its errors, and the key of its genesis.
	ModuleName = "oracle"
	// StoreKey is the key of the module's store.
	StoreKey = ModuleName
)
