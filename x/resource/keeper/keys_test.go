package keeper_test

import (
	"cosmossdk.io/collections"

	"github.com/medibloc/panacea/x/resource/internal/fixture"
)

type (
	seriesKey  = collections.Triple[string, string, string]
	versionKey = collections.Quad[string, string, string, uint64]
	labelKey   = collections.Quad[string, string, string, string]
)

func join(collection, id string) collections.Pair[string, string] {
	return collections.Join(collection, fixture.UUID(id))
}

func join3(collection, second, third string) seriesKey {
	return collections.Join3(collection, second, third)
}

func joinVersion(collection, name, resourceType string, number uint64) versionKey {
	return collections.Join4(collection, name, resourceType, number)
}

func joinLabel(collection, name, resourceType, label string) labelKey {
	return collections.Join4(collection, name, resourceType, label)
}
