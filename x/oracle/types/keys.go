package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the module's name, the codespace of its errors, the key of its genesis, and its route in x/evidence.
	ModuleName = "oracle"
	// StoreKey is the key of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's state. They are part of the state format and never change their meaning. 32 to 47 are kept for
// disputes and liveness.
var (
	ParamsPrefix          = collections.NewPrefix(0)
	AllowSimulatedPrefix  = collections.NewPrefix(1)
	OraclePublicKeyPrefix = collections.NewPrefix(2)
	MeasurementsPrefix    = collections.NewPrefix(3)
	CollateralPrefix      = collections.NewPrefix(4)
	OraclesPrefix         = collections.NewPrefix(5)
	RegistrationsPrefix   = collections.NewPrefix(6)
	NodeKeysPrefix        = collections.NewPrefix(7)
	EvidencePrefix        = collections.NewPrefix(8)
	ApprovalsPrefix       = collections.NewPrefix(9)
	JudgementsPrefix      = collections.NewPrefix(10)
	PowersPrefix          = collections.NewPrefix(11)
	PastPowersPrefix      = collections.NewPrefix(12)
	PastPowersTimePrefix  = collections.NewPrefix(13)
	BlocksPrefix          = collections.NewPrefix(14)
	ApprovedPrefix        = collections.NewPrefix(15)
)
