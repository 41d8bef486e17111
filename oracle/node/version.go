package node

import sdkversion "github.com/cosmos/cosmos-sdk/version"

// Version is that of the program, which the linker sets; "dev" if it did not.
func Version() string {
	if sdkversion.Version == "" {
		return "dev"
	}
	return sdkversion.Version
}
